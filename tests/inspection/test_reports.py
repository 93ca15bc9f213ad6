"""Units, updates and signals in the reports; scikit-learn's own networks under them."""

import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import neural_network
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, activation_report, gradient_report
from sklearn_relu.inspection import (
    final_network,
    hidden_activations,
    local_linear_map,
    repair_dead_units,
    signal_report,
)
from sklearn_relu.inspection.model import TRACED_ROWS
from sklearn_relu.inspection.moments import Moments, effective_rank
from sklearn_relu.scorers import (
    dead_units_scorer,
    n_epochs_scorer,
    n_parameters_scorer,
    saturation_scorer,
)

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

rng = np.random.RandomState(0)
X, y = rng.normal(size=(120, 5)), rng.randint(3, size=120)


def quick(model, X=X, y=y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def network(activation="relu", **params):
    options = {"hidden_layer_sizes": (7, 6), "max_iter": 2, "random_state": 0}
    return quick(MLPClassifier(activation=activation, **{**options, **params}))


def test_figures_of_units_are_those_of_their_activations():
    model = network()
    model.intercepts_[0][[1, 4]] = -100
    model.intercepts_[0][2] = 100
    report = activation_report(model, X)
    for i in range(2):
        a = hidden_activations(model, X, i)
        assert_allclose(report.unit_zeros[i], (a == 0).mean(axis=0))
        assert_allclose(report.unit_firing_rate[i], (a > 0).mean(axis=0))
        assert_array_equal(report.unit_dead[i], (a == 0).all(axis=0))
        assert_array_equal(report.unit_always_active[i], (a > 0).all(axis=0))
        assert_allclose(report.unit_mean[i], a.mean(axis=0), rtol=1e-12)
        assert_allclose(report.unit_sd[i], a.std(axis=0), rtol=1e-9, atol=1e-12)
        assert report.layer_mean[i] == pytest.approx(a.mean())
        assert report.layer_sd[i] == pytest.approx(a.std())
        assert report.layer_always_active[i] == report.unit_always_active[i].mean()
    assert report.unit_dead[0].tolist() == [False, True, False, False, True, False, False]
    assert report.layer_dead[0] == 2 / 7
    assert report.unit_always_active[0][2]


@pytest.mark.parametrize(
    ("activation", "is_saturated"),
    [
        ("tanh", lambda a: np.abs(a) >= 0.99),
        ("softsign", lambda a: np.abs(a) >= 0.99),
        ("logistic", lambda a: (a <= 0.01) | (a >= 0.99)),
        ("hard_sigmoid", lambda a: (a <= 0.01) | (a >= 0.99)),
        ("elu", lambda a: a <= -0.99),
        ("relu6", lambda a: a >= 5.94),
        ("relu", lambda a: a < 0),
        ("silu", lambda a: a < -1),
        ("softplus", lambda a: a < 0),
    ],
)
def test_saturated_is_within_1_percent_of_a_bound(activation, is_saturated):
    model = network(activation)
    model.coefs_[0] *= 500
    report = activation_report(model, X)
    for i in range(2):
        expected = is_saturated(hidden_activations(model, X, i))
        assert_allclose(report.unit_saturated[i], expected.mean(axis=0))
    assert (report.saturated > 0) == (activation not in ("relu", "silu", "softplus"))


def test_effective_rank_counts_directions():
    def rank(a):
        moments = Moments(1)
        for rows in np.array_split(a, 7):
            moments.add(rows[None])
        assert_allclose(moments.variance[0], a.var(axis=0), atol=1e-9)
        return effective_rank(moments.scatter)[0]

    direction = rng.normal(size=(300, 1))
    assert rank(direction @ rng.normal(size=(1, 6)) + 1e3) == pytest.approx(1, abs=1e-3)
    even = np.linalg.qr(np.column_stack([np.ones(300), rng.normal(size=(300, 5))]))[0][:, 1:]
    assert rank(even) == pytest.approx(5)
    assert rank(np.full((300, 4), 3.0)) == 0
    values = np.linalg.svd(even * [4, 1, 1, 1, 1], compute_uv=False)
    shares = values / values.sum()
    assert rank(even * [4, 1, 1, 1, 1]) == pytest.approx(np.exp(-shares @ np.log(shares)))


def test_many_rows_are_as_few():
    model = network()
    few = activation_report(model, X)
    many = activation_report(model, np.tile(X, (TRACED_ROWS // 50, 1)))
    for by in ("layer", "unit"):
        few_figures, many_figures = few.to_frame(by).to_numpy(float), many.to_frame(by)
        assert_allclose(few_figures, many_figures.to_numpy(float), rtol=1e-9, atol=1e-12)


def test_reports_are_frozen_and_have_tables():
    model = network()
    report = activation_report(model, X)
    with pytest.raises(FrozenInstanceError):
        report.sparsity = 0.5
    lines = repr(report).splitlines()
    assert lines[0].startswith("ActivationReport: ")
    assert "dead units" in lines[0]
    assert lines[1].split()[:4] == ["layer", "units", "zeros", "dead"]
    assert len(lines) == 4
    frame = report.to_frame()
    assert frame["layer"].tolist() == [1, 2]
    assert frame["units"].tolist() == [7, 6]
    assert_array_equal(frame["effective_rank"], report.layer_effective_rank)
    units = report.to_frame(by="unit")
    assert len(units) == 13
    second = units[units["layer"] == 2]
    assert second["unit"].tolist() == list(range(6))
    assert_array_equal(second["firing_rate"], report.unit_firing_rate[1])
    assert units["dead"].dtype == bool
    with pytest.raises(ValueError, match="by must be 'layer' or 'unit'; got 'network'"):
        report.to_frame(by="network")
    gradients = gradient_report(model, X, y)
    assert gradients.to_frame()["weight_norm"].tolist() == gradients.weight_norms.tolist()
    assert repr(gradients).startswith("GradientReport: first to last layer ")


def test_tables_of_ensembles_name_the_network():
    model = network(ensemble_size=2)
    report = activation_report(model, X)
    frame = report.to_frame()
    assert frame["network"].tolist() == [0, 0, 1, 1]
    assert frame["zeros"].tolist() == report.layer_sparsity.ravel().tolist()
    units = report.to_frame(by="unit")
    chosen = units[(units["network"] == 1) & (units["layer"] == 2)]
    assert_array_equal(chosen["mean"], report.unit_mean[1][1])
    assert len(gradient_report(model, X, y).to_frame()) == 6


def test_a_network_without_hidden_layers_has_empty_tables():
    model = network(hidden_layer_sizes=())
    report = activation_report(model, X)
    assert report.to_frame().empty
    assert report.to_frame(by="unit").empty
    assert repr(report) == "ActivationReport: 0 % exact zeros, 0 % dead units, 0 % saturated"
    assert signal_report(model, X).forward.size == 0
    assert repr(signal_report(model, X)) == "SignalReport: no hidden layers"


def test_a_long_table_shows_its_ends():
    model = network("tanh", hidden_layer_sizes=(3,) * 20)
    lines = repr(activation_report(model, X)).splitlines()
    assert len(lines) == 2 + 13
    assert lines[8].split()[0] == "..."
    assert lines[-1].split()[0] == "20"


def test_gradients_of_activations_are_those_of_each_sample_s_loss():
    # Half the squared error of a linear network: the gradient is the error, times the weights.
    target = X[:, 0]
    model = MLPRegressor(hidden_layer_sizes=(4,), activation="identity", random_state=0, max_iter=1)
    quick(model, X, target)
    error = model.predict(X) - target
    hidden = error[:, None] * model.coefs_[1].T
    expected = [np.sqrt((hidden**2).sum(axis=1).mean()), np.sqrt((error**2).mean())]
    assert_allclose(gradient_report(model, X, target).activation_norms, expected, rtol=1e-10)


def test_update_ratios_are_those_of_the_first_step():
    options = {"random_state": 0, "alpha": 0, "batch_size": 120, "shuffle": False, "max_iter": 1}
    for solver in ("sgd", "adam", "rmsprop", "lion"):
        model = MLPClassifier((7, 6), solver=solver, learning_rate_init=0.01, **options)
        start = quick(clone(model).set_params(learning_rate_init=1e-300)).coefs_
        after = quick(clone(model)).coefs_
        expected = [
            np.linalg.norm(b - a) / np.linalg.norm(a) for a, b in zip(start, after, strict=True)
        ]
        report = gradient_report(model, X, y, initial=True)
        assert_allclose(report.update_ratios, expected, rtol=1e-5)
    model.set_params(solver="lbfgs")
    assert np.isnan(gradient_report(model, X, y, initial=True).update_ratios).all()
    fitted = quick(model.set_params(solver="adam"))
    fitted.coefs_[1][:] = 0
    assert np.isnan(gradient_report(fitted, X, y).update_ratios).tolist() == [False, True, False]


def test_signals_are_those_of_the_initial_weights():
    many = np.random.RandomState(1).normal(size=(3000, 5))
    model = MLPClassifier((30, 20), "tanh", random_state=0, max_iter=1, learning_rate_init=1e-300)
    report = signal_report(model, many)
    assert not hasattr(model, "coefs_")
    quick(model, many, np.arange(3000) % 2)
    z = many @ model.coefs_[0] + model.intercepts_[0]
    above = np.tanh(z) @ model.coefs_[1] + model.intercepts_[1]
    assert_allclose(report.forward, [z.var(), above.var()], rtol=1e-10)
    assert report.forward_ratio == pytest.approx(above.var() / z.var())
    # Standard normal noise on the activations, through the derivatives.
    last = np.mean((1 - np.tanh(above) ** 2) ** 2)
    assert report.backward[1] == pytest.approx(last, rel=0.05)
    back = (1 - np.tanh(above) ** 2) ** 2 @ (model.coefs_[1] ** 2).T
    assert report.backward[0] == pytest.approx(np.mean(back * (1 - np.tanh(z) ** 2) ** 2), rel=0.05)
    frame = report.to_frame()
    assert frame.columns.tolist() == ["layer", "forward_variance", "backward_variance"]
    assert repr(report).startswith("SignalReport: forward x ")


@pytest.mark.parametrize(
    ("activation", "initialization", "keeps"),
    [
        ("relu", "he_normal", True),
        ("relu", "fan_in_uniform", False),
        ("logistic", "glorot_uniform", False),
        ("leaky_relu", "auto", True),
    ],
)
def test_signals_tell_initializations_apart(activation, initialization, keeps):
    inputs = np.random.RandomState(0).normal(size=(300, 100))
    model = MLPClassifier((100,) * 20, activation, initialization=initialization, random_state=0)
    report = signal_report(model, inputs)
    assert (0.1 < report.forward_ratio < 10 and 0.1 < report.backward_ratio < 10) == keeps


def test_signals_of_pipelines_ensembles_and_regressors():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), random_state=0))
    inner = signal_report(pipeline[-1], StandardScaler().fit_transform(X))
    assert_array_equal(signal_report(pipeline, X).forward, inner.forward)
    ensemble = MLPRegressor("poisson", hidden_layer_sizes=(5, 4), ensemble_size=3, random_state=0)
    report = signal_report(ensemble, X.tolist())
    assert report.forward.shape == report.backward.shape == (3, 2)
    assert report.forward_ratio == pytest.approx(
        np.exp(np.log(report.forward[:, 1] / report.forward[:, 0]).mean())
    )
    with pytest.raises(ValueError, match="from_coefs needs coefs"):
        signal_report(MLPClassifier(initialization="from_coefs"), X)


TARGETS = [y > 0, y, np.array(["a", "b", "c"])[y], np.column_stack([y > 0, y > 1])]


@pytest.mark.parametrize("target", TARGETS, ids=["binary", "multiclass", "text", "multilabel"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scikit_learn_s_own_classifier_is_seen_as_one_of_ours(solver, target):
    options = {"hidden_layer_sizes": (6, 5), "solver": solver, "max_iter": 3, "random_state": 0}
    theirs = quick(neural_network.MLPClassifier(**options), X, target)
    ours = quick(MLPClassifier(**options, initialization="sklearn"), X, target)
    ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
    assert_same_reports(theirs, ours, target)
    assert_allclose(
        gradient_report(clone(theirs), X, target, initial=True).weight_norms,
        gradient_report(clone(ours), X, target, initial=True).weight_norms,
    )


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("n_targets", [1, 2])
def test_scikit_learn_s_own_regressor_is_seen_as_one_of_ours(loss, n_targets):
    target = np.abs(X[:, :n_targets].squeeze())
    options = {"loss": loss, "hidden_layer_sizes": (6,), "max_iter": 3, "random_state": 0}
    theirs = quick(neural_network.MLPRegressor(**options), X, target)
    ours = quick(MLPRegressor(**options), X, target)
    ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
    assert_same_reports(theirs, ours, target)


def assert_same_reports(theirs, ours, target):
    pipeline = quick(
        make_pipeline(StandardScaler(with_mean=False, with_std=False), theirs), X, target
    )
    for model in (theirs, FrozenEstimator(theirs)):
        assert_array_equal(hidden_activations(model, X), hidden_activations(ours, X))
        norms = gradient_report(model, X, target).weight_norms
        assert_allclose(norms, gradient_report(ours, X, target).weight_norms, rtol=1e-12)
        assert_array_equal(local_linear_map(model, X).coef, local_linear_map(ours, X).coef)
        assert activation_report(model, X).sparsity == activation_report(ours, X).sparsity
        assert n_epochs_scorer(model) == theirs.n_iter_
        assert n_parameters_scorer(model) == n_parameters_scorer(ours)
    assert final_network(pipeline) is theirs
    assert saturation_scorer(pipeline, X) == 0
    assert signal_report(theirs, X, target).forward.shape == (len(theirs.coefs_) - 1,)


def test_scikit_learn_s_raw_outputs_are_those_of_the_map():
    model = quick(neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=3), X, X[:, 0])
    pieces = local_linear_map(model, X)
    raw = (pieces.coef @ X[:, :, None])[:, 0, 0] + pieces.intercept[:, 0]
    assert_allclose(raw, model.predict(X), rtol=0, atol=1e-9)


def test_what_is_not_fitted_or_no_network_is_refused():
    with pytest.raises(NotFittedError):
        activation_report(neural_network.MLPClassifier(), X)
    with pytest.raises(TypeError, match="of sklearn_relu or scikit-learn"):
        gradient_report(LogisticRegression(), X, y)


def test_figures_of_units_with_two_activations_are_of_both():
    model = network("crelu")
    model.intercepts_[0][1] = 100  # its negative half is 0 throughout, its positive one never
    model.coefs_[0][:, 2] = model.intercepts_[0][2] = 0  # dead
    report = activation_report(model, X)
    a = hidden_activations(model, X, 0).reshape(len(X), 2, 7)
    assert report.unit_dead[0].tolist() == [False, False, True, False, False, False, False]
    assert report.layer_dead.tolist() == [1 / 7, 0]
    assert report.dead == 1 / 13 == dead_units_scorer(model, X)
    assert report.unit_always_active[0][1]
    assert_array_equal(report.unit_zeros[0], (a == 0).all(axis=1).mean(axis=0))
    assert_allclose(report.unit_mean[0], a.mean(axis=(0, 1)))
    assert_allclose(report.unit_sd[0], a.std(axis=(0, 1)))
    assert report.layer_sparsity[0] == np.mean(a == 0) > 0.5
    assert report.to_frame()["units"].tolist() == [7, 6]
    assert len(report.to_frame(by="unit")) == 13
    assert repair_dead_units(model, X).n_repaired.tolist() == [1, 0]


def test_units_of_maxout_are_counted_once():
    model = network("maxout")
    report = activation_report(model, X)
    assert [unit.shape for unit in report.unit_dead] == [(7,), (6,)]
    assert report.dead == dead_units_scorer(model, X) == 0
