"""Scorers in searches, through pipelines and in worker processes."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, scorers
from sklearn_relu.inspection import activation_report, gradient_report, hidden_activations

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

SCORERS = {
    "sparsity": scorers.sparsity_scorer,
    "dead": scorers.dead_units_scorer,
    "saturation": scorers.saturation_scorer,
    "n_parameters": scorers.n_parameters_scorer,
    "ratio": scorers.gradient_ratio_scorer,
    "epochs": scorers.n_epochs_scorer,
}
X, y = make_classification(60, 5, random_state=0)


def pipeline():
    return make_pipeline(StandardScaler(), MLPClassifier((6, 4), max_iter=3, random_state=0))


def test_scores_are_those_of_the_reports():
    model = pipeline().fit(X, y)
    report = activation_report(model, X)
    assert scorers.sparsity_scorer(model, X, y) == report.sparsity > 0
    assert scorers.dead_units_scorer(model, X) == report.dead
    assert scorers.saturation_scorer(model, X) == report.saturated == 0
    initial = gradient_report(model, X, y, initial=True).ratio
    assert scorers.gradient_ratio_scorer(model, X, y) == initial
    assert scorers.gradient_ratio_scorer(pipeline(), X, y) == initial
    assert scorers.n_epochs_scorer(model) == 3.0
    assert scorers.n_parameters_scorer(model) == (5 * 6 + 6) + (6 * 4 + 4) + (4 + 1)


def test_saturated_activations_are_counted():
    model = make_pipeline(StandardScaler(), MLPClassifier((6,), "tanh", max_iter=3, random_state=0))
    model.fit(X, y)
    model[-1].coefs_[0][:] *= 100
    a = hidden_activations(model, X)
    share = scorers.saturation_scorer(model, X)
    assert 0.5 < share < 1
    assert share == pytest.approx(np.mean(np.abs(a) >= 0.99), rel=1e-14)


def test_learned_slopes_and_all_networks_are_parameters():
    model = MLPClassifier((6, 4), "prelu", ensemble_size=3, max_iter=1, random_state=0).fit(X, y)
    assert scorers.n_parameters_scorer(model) == 3 * ((30 + 6) + (24 + 4) + (4 + 1) + 6 + 4)


def test_figures_of_an_unfitted_model_are_refused():
    for scorer in (scorers.n_epochs_scorer, scorers.n_parameters_scorer):
        with pytest.raises(NotFittedError):
            scorer(pipeline(), X, y)


@pytest.mark.parametrize("name", SCORERS)
def test_scorers_survive_a_pickle(name):
    assert pickle.loads(pickle.dumps(SCORERS[name])) is SCORERS[name]


def test_a_search_scores_the_same_in_workers():
    grid = {"mlpclassifier__activation": ["relu", "tanh"]}
    results = []
    for n_jobs in (1, 2):
        search = GridSearchCV(
            pipeline(),
            grid,
            scoring={"accuracy": "accuracy", **SCORERS},
            refit="accuracy",
            cv=2,
            n_jobs=n_jobs,
        )
        results.append(search.fit(X, y).cv_results_)
    for name in SCORERS:
        np.testing.assert_allclose(
            results[0][f"mean_test_{name}"], results[1][f"mean_test_{name}"], rtol=1e-10
        )
    relu, tanh = results[0]["mean_test_sparsity"]
    assert relu > 0.2
    assert tanh == 0
