"""Sample weights and held-out rows through pipelines and searches, by scikit-learn's routing."""

import numpy as np
import pytest
import sklearn
import versions
from sklearn.datasets import load_iris
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, lockstep

X, Y = load_iris(return_X_y=True)
ORDER = np.random.RandomState(0).permutation(len(X))
X, Y = X[ORDER], Y[ORDER]
X, X_VAL, Y, Y_VAL = X[:100], X[100:], Y[:100], Y[100:]
WEIGHT = np.linspace(0.1, 2, len(X))
FOLDS = KFold(3)
NETWORK = MLPClassifier((5,), batch_size=20, max_iter=8, random_state=0)
GRID = {"mlpclassifier__learning_rate_init": [0.001, 0.01]}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.fixture(autouse=True)
def _routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def by_hand(rate, train, test, weight=None, **metadata):
    """Accuracy of a candidate on a fold, and its scaler and network, without a pipeline."""
    scaler = StandardScaler().fit(X[train])
    model = MLPClassifier(**NETWORK.get_params()).set_params(learning_rate_init=rate)
    if "X_val" in metadata:
        metadata["X_val"] = scaler.transform(metadata["X_val"])
    model.fit(scaler.transform(X[train]), Y[train], **metadata)
    return model.score(scaler.transform(X[test]), Y[test], weight), model


@pytest.mark.skipif(
    versions.Version("1.8") > versions.SKLEARN,
    reason="scikit-learn's searches pass weights on to a pipeline's score since 1.8",
)
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "lockstep"])
def test_weights_reach_the_network_of_each_candidate_and_fold(together):
    network = MLPClassifier(**NETWORK.get_params())
    network.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    model = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), network)
    search = GridSearchCV(model, GRID, cv=FOLDS)
    if together:
        with lockstep():
            search.fit(X, Y, sample_weight=WEIGHT)
    else:
        search.fit(X, Y, sample_weight=WEIGHT)
    for i, rate in enumerate(GRID["mlpclassifier__learning_rate_init"]):
        for fold, (train, test) in enumerate(FOLDS.split(X)):
            score, _ = by_hand(rate, train, test, WEIGHT[test], sample_weight=WEIGHT[train])
            assert search.cv_results_[f"split{fold}_test_score"][i] == score


def test_weights_reach_the_score():
    network = MLPClassifier(**NETWORK.get_params())
    network.set_fit_request(sample_weight=False).set_score_request(sample_weight=True)
    scores = cross_validate(
        network, X, Y, cv=FOLDS, params={"sample_weight": WEIGHT}, return_estimator=True
    )
    for fold, (_, test) in enumerate(FOLDS.split(X)):
        hits = scores["estimator"][fold].predict(X[test]) == Y[test]
        expected = np.average(hits, weights=WEIGHT[test])
        assert scores["test_score"][fold] == pytest.approx(expected)


def test_held_out_rows_are_scaled_by_each_folds_own_scaler():
    network = MLPClassifier(**NETWORK.get_params()).set_params(early_stopping=True)
    network.set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
    model = make_pipeline(StandardScaler(), network, transform_input=["X_val"])
    held_out = {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": np.arange(1.0, 51)}
    done = cross_validate(model, X, Y, cv=FOLDS, params=held_out, return_estimator=True)
    for fold, (train, test) in enumerate(FOLDS.split(X)):
        scaler = StandardScaler().fit(X[train])
        alone = MLPClassifier(**NETWORK.get_params()).set_params(early_stopping=True)
        alone.fit(
            scaler.transform(X[train]),
            Y[train],
            **held_out | {"X_val": scaler.transform(X_VAL)},
        )
        assert done["test_score"][fold] == alone.score(scaler.transform(X[test]), Y[test])
        found = done["estimator"][fold][-1].history_
        assert found["validation_loss"] == alone.history_["validation_loss"]


def test_a_search_over_a_pipeline_passes_held_out_rows():
    network = MLPClassifier(**NETWORK.get_params()).set_fit_request(X_val=True, y_val=True)
    model = make_pipeline(StandardScaler(), network, transform_input=["X_val"])
    search = GridSearchCV(model, GRID, cv=FOLDS).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    for i, rate in enumerate(GRID["mlpclassifier__learning_rate_init"]):
        for fold, (train, test) in enumerate(FOLDS.split(X)):
            score, _ = by_hand(rate, train, test, X_val=X_VAL, y_val=Y_VAL)
            assert search.cv_results_[f"split{fold}_test_score"][i] == score
    everything = np.arange(len(X))
    _, refit = by_hand(
        search.best_params_["mlpclassifier__learning_rate_init"],
        everything,
        everything,
        X_val=X_VAL,
        y_val=Y_VAL,
    )
    found = search.best_estimator_[-1].history_["validation_loss"]
    assert found == refit.history_["validation_loss"]


def test_what_was_not_requested_is_an_error_that_says_how_to_request_it():
    model = make_pipeline(StandardScaler(), MLPClassifier())
    with pytest.raises(UnsetMetadataPassedError, match="set_fit_request"):
        model.fit(X, Y, X_val=X_VAL)


def test_weights_reach_partial_fit():
    network = MLPClassifier(**NETWORK.get_params())
    network.set_partial_fit_request(sample_weight=True)
    requests = network.get_metadata_routing().partial_fit.requests
    assert requests["sample_weight"] is True
