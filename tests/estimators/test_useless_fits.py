"""Fits that are worse than a constant, that stop too early or step too far; and healthy ones."""

import warnings

import numpy as np
import pytest
from helpers import EVERY_LOSS, name_of
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_friedman1,
    make_moons,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from sklearn_relu import MLPClassifier, MLPRegressor, TrainingWarning
from sklearn_relu.estimators.setting import setting_of
from sklearn_relu.initializers import Auto
from sklearn_relu.inspection import verdict

DIABETES = load_diabetes(return_X_y=True)
X, z = scale(DIABETES[0]), scale(DIABETES[1])
DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS / 16


def fit(model, X, y, **data):
    """The model, and the texts of its TrainingWarnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y, **data)
    return model, [str(each.message) for each in caught if each.category is TrainingWarning]


def findings(model):
    return {each.name: each for each in verdict(model).findings}


@pytest.mark.parametrize("weighted", [False, True, "by target"])
@pytest.mark.parametrize("loss", EVERY_LOSS, ids=name_of)
def test_no_constant_is_better_than_a_loss_s_own(loss, weighted):
    rng = np.random.RandomState(0)
    if loss.out_activation == "softmax":
        y, weighted = np.eye(3)[rng.choice(3, 80, p=[0.6, 0.3, 0.1])], bool(weighted)
    elif loss.for_classes:
        y = (rng.uniform(size=(80, 2)) < [0.3, 0.8]).astype(float)
    else:
        y = rng.gamma(2, size=(80, 2)) * [0.5, 3]
    y = loss.encode(y)
    shape = {False: None, True: (80, 1), "by target": y.shape}[weighted]
    weight = None if shape is None else rng.gamma(1, size=shape)
    shape = 1, 80, loss.n_raw(y.shape[1])

    def value(raw):
        raw = np.broadcast_to(raw, shape).copy()
        weights = None if weight is None else weight[None]
        return loss.value_and_gradient(y[None], raw, weights, np.empty(shape))[0]

    own = loss.constant(y, weight)
    assert own.shape == shape[2:]
    for start in (own, np.zeros_like(own)):
        best = minimize(value, start, method="Nelder-Mead", options={"maxiter": 2000}).fun
        assert value(own) <= best + 1e-3 * abs(best)


@pytest.mark.parametrize("loss", EVERY_LOSS, ids=name_of)
def test_a_constant_is_finite_for_targets_that_are_all_the_same(loss):
    y = loss.encode(np.tile([1.0, 0.0, 0.0] if loss.for_classes else [1.0, 0.5, 0.5], (5, 1)))
    assert np.isfinite(loss.constant(y, None)).all()


@pytest.mark.parametrize("loss", EVERY_LOSS, ids=name_of)
def test_a_target_without_weight_is_any_constant(loss):
    if loss.out_activation == "softmax":
        pytest.skip("its targets have one weight")
    rng = np.random.RandomState(0)
    y = loss.encode((rng.uniform(0.1, 0.9, size=(50, 2)) > 0.5) * 0.8 + 0.1)
    weight = np.column_stack([rng.gamma(1, size=50), np.zeros(50)])
    constant = loss.constant(y, weight)
    assert np.isfinite(constant).all()
    alone = loss.constant(y[:, :1], weight[:, :1])
    assert_allclose(constant.reshape(-1, 2)[:, 0], alone, atol=1e-4)


USELESS = {
    "small targets": (MLPRegressor(), X, 1e-4 * z, "standardize_y=True"),
    "steps too long": (
        MLPRegressor(hidden_layer_sizes=(20,) * 10, activation="identity", learning_rate_init=0.1),
        X,
        z,
        r"lower learning_rate_init \(it is 0.1\)",
    ),
    "an extreme row": (
        MLPRegressor(),
        np.r_[X, [[1e8] * 10]],
        np.r_[z, 0],
        "Scale the inputs",
    ),
    "steps too short": (
        MLPClassifier((50,), learning_rate_init=1e-7),
        DIGITS,
        LABELS,
        r"Raise learning_rate_init \(it is 1e-07\)",
    ),
    "units alike": (
        MLPClassifier((50,), initialization="ones"),
        DIGITS,
        LABELS,
        "units of a hidden layer are alike: use initialization='auto'",
    ),
    "small targets under lbfgs": (
        MLPRegressor(solver="lbfgs", max_iter=2),
        X,
        1e-6 * z,
        "standardize_y=True",
    ),
}


LARGE_WEIGHTS = {"initialization": Auto(n_shallow=0), "bias_initialization": 0.0}
"""A start from which fits are as these tests want them."""


@pytest.mark.parametrize("case", USELESS)
def test_fits_that_are_worse_than_a_constant_are_told_with_a_remedy(case):
    model, X, y, remedy = USELESS[case]
    model, said = fit(model.set_params(max_iter=min(model.max_iter, 100), random_state=0), X, y)
    assert len(said) == 1
    assert "On its own training rows the network is worse than a constant" in said[0]
    with pytest.warns(TrainingWarning, match=remedy):
        warnings.warn(said[0], TrainingWarning, stacklevel=1)
    told = findings(model)["worse than a constant"]
    assert told.text in said[0]
    if isinstance(model, MLPRegressor):
        assert model.score(X, y) < 0
        assert told.figure == pytest.approx(1 - model.score(X, y), rel=1e-6)


def test_the_figures_are_those_of_the_loss_and_of_the_accuracy():
    y = np.arange(200) % 4 == 0
    inputs = np.random.RandomState(0).normal(size=(200, 3))
    model, _ = fit(MLPClassifier(max_iter=1, random_state=1, **LARGE_WEIGHTS), inputs, y)
    told = findings(model)["worse than a constant"]
    assert told.figure == pytest.approx(model.score(inputs, y) / 0.75)
    assert "75.0 % if the most frequent class" in told.text


def test_weights_count_and_rows_that_were_held_out_do_not():
    # Half of the rows are all of one class: with their weights the majority is another.
    rng = np.random.RandomState(0)
    inputs, y = rng.normal(size=(400, 3)), np.arange(400) % 4 == 0
    model = MLPClassifier(max_iter=3, random_state=0, class_weight="balanced", **LARGE_WEIGHTS)
    model, _ = fit(model, inputs, y)
    noted = model._diagnosis
    weight = np.where(y, 2, 2 / 3)
    assert_allclose(noted["accuracy"], model.score(inputs, y, sample_weight=weight))
    assert_allclose(noted["majority"], 0.5)
    assert_allclose(noted["constant_loss"], np.log(2))

    held_out = MLPRegressor(early_stopping=True, max_iter=3, random_state=0)
    seen = []

    class Watching(MLPRegressor):
        def _make_jobs(self, *args, **kwargs):
            jobs = super()._make_jobs(*args, **kwargs)
            seen.append(jobs[0].rows)
            return jobs

    model, _ = fit(Watching(**held_out.get_params()), X[:100], 10 * z[:100])
    error = model.predict(X[:100]) - 10 * z[:100]
    assert len(seen[0]) == 90
    assert_allclose(model._diagnosis["loss"], np.mean(error[seen[0]] ** 2) / 2)
    assert_allclose(model._diagnosis["constant_loss"], np.var(10 * z[:100][seen[0]]) / 2)


def test_what_some_rows_suspect_all_rows_decide():
    # Of the rows that are looked at, each third, all are outliers.
    rng = np.random.RandomState(0)
    inputs = rng.normal(size=(300, 2))
    target = 100 * inputs[:, 0]
    target[::3] = -target[::3] / 100
    model = MLPRegressor(solver="lbfgs", hidden_layer_sizes=(), max_iter=30, random_state=0)
    model, said = fit(model, inputs, target)
    some, every = slice(0, None, 3), slice(None)
    assert model.score(inputs[some], target[some]) < 0 < model.score(inputs[every], target[every])
    assert not said
    assert_allclose(
        model._diagnosis["loss"], np.mean((model.predict(inputs) - target) ** 2) / 2, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (MLPRegressor(max_iter=1), np.full(len(X), 3.0)),
        (MLPClassifier(max_iter=1), np.zeros(len(X))),
        (MLPRegressor("gaussian_nll", max_iter=1), np.full(len(X), 3.0)),
    ],
)
def test_targets_that_are_all_the_same_compare_with_nothing(model, y):
    model, said = fit(model.set_params(random_state=0), X, y)
    assert not said
    assert np.isnan([model._diagnosis["loss"], model._diagnosis["accuracy"]]).all()


def test_partial_fit_says_nothing_and_a_verdict_on_it_needs_the_curves_only():
    model = MLPRegressor(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.partial_fit(X, 1000 + z)
    assert not findings(model)


@pytest.mark.parametrize("load", [load_iris, load_wine])
@pytest.mark.parametrize("seed", range(3))
def test_an_early_stop_while_the_loss_falls_is_told(load, seed):
    inputs, y = load(return_X_y=True)
    inputs = scale(inputs)
    model = MLPClassifier(early_stopping=True, random_state=seed, initialization="sklearn")
    told = findings(fit(model, inputs, y)[0])["stopped too early"]
    assert told.remedy == "Set early_stopping_metric='loss', or raise n_iter_no_change."
    losses, constant = np.array(model.loss_curve_), model._diagnosis["constant_loss"][0]
    assert 0.05 < told.figure <= (losses[-11] - losses[-1]) / constant + 1e-12
    model, _ = fit(model.set_params(early_stopping=False, max_iter=2000), inputs, y)
    assert not findings(model)


def test_a_stop_by_a_tol_as_large_as_the_loss_is_told():
    model, _ = fit(MLPRegressor(random_state=0), X, 0.01 * z)
    told = findings(model)["stopped too early"]
    assert told.remedy == "Lower tol (it is 0.0001)."


@pytest.mark.parametrize(("solver", "rate"), [("adam", 1.0), ("sgd", 1.0)])
def test_a_rate_that_is_too_large_is_told(solver, rate):
    model = MLPRegressor(
        hidden_layer_sizes=(50,),
        activation="identity",
        solver=solver,
        random_state=0,
        **LARGE_WEIGHTS,
    )
    model, _ = fit(model.set_params(learning_rate_init=rate, max_iter=30), X, 10 * z)
    if model.score(X, 10 * z) < 0.5:
        assert findings(model)["learning rate too large"].remedy == (
            f"Lower learning_rate_init (it is {rate:g})."
        )


def test_a_relu_network_is_not_told_to_use_relu():
    model = MLPClassifier((50, 50), learning_rate_init=1.0, random_state=0)
    model, said = fit(model, DIGITS, LABELS)
    assert model.score(DIGITS, LABELS) < 0.2
    assert said
    assert model._diagnosis["dead"].max() > 0.5
    for text in [*said, repr(verdict(model))]:
        assert "activation='relu'" not in text
        assert "lower learning_rate_init (it is 1)" in text.replace("Lower", "lower")


def remedies(model, **params):
    return setting_of(model.set_params(**params))


def test_no_remedy_recommends_what_is_set():
    model = MLPRegressor(hidden_layer_sizes=(5, 5))
    assert remedies(model).standardize_targets() == "set standardize_y=True"
    assert not remedies(model, standardize_y=True).standardize_targets()
    assert not remedies(model, standardize_y=False, loss="poisson").standardize_targets()
    assert not setting_of(MLPClassifier()).standardize_targets()
    assert remedies(model).lower_rate() == "lower learning_rate_init (it is 0.001)"
    lbfgs = remedies(model, solver="lbfgs")
    assert not lbfgs.lower_rate()
    assert not lbfgs.raise_rate()
    assert not remedies(model, activation="leaky_relu").rectifier()
    assert remedies(model, activation="tanh").rectifier() == "use activation='relu'"
    assert remedies(model).fewer_layers() == "use fewer layers"
    assert not remedies(model, hidden_layer_sizes=5).fewer_layers()
    assert not remedies(model).usual_start()
    assert remedies(model, initialization="ones").usual_start() == "use initialization='auto'"
    assert not remedies(model).lower_alpha()
    penalized = remedies(model, solver="adam", penalty="l1", alpha=3.0)
    assert penalized.lower_alpha() == penalized.weaker_penalty() == "lower alpha (it is 3)"
    stopping = remedies(model, early_stopping=True)
    assert stopping.later_stop().startswith("set early_stopping_metric='loss'")
    assert stopping.against_overfitting() == "raise alpha or dropout"
    by_loss = remedies(model, early_stopping_metric="loss", dropout=0.5)
    assert by_loss.later_stop() == "raise n_iter_no_change"
    assert by_loss.against_overfitting() == "raise alpha"
    at_once = remedies(model, early_stopping=False, tol=0.0)
    assert at_once.later_stop() == "raise n_iter_no_change"


def test_the_remedies_are_for_the_parameters_of_the_fit():
    model, _ = fit(MLPRegressor(max_iter=1, random_state=0), X, 1000 + z)
    before = repr(verdict(model))
    assert "standardize_y=True" in before
    assert repr(verdict(model.set_params(standardize_y=True, solver="lbfgs"))) == before


def test_leaky_units_without_weights_are_not_told_to_leak():
    model = MLPRegressor(activation="leaky_relu", penalty="l1", alpha=1e4, random_state=0)
    model, said = fit(model.set_params(max_iter=50, learning_rate_init=0.01), X, z)
    assert (model.coefs_[0] == 0).all()
    for text in [*said, *(each.remedy for each in verdict(model).findings)]:
        assert "leaky_relu" not in text


def test_features_far_from_0_are_told_and_warned_of():
    year = np.column_stack([X, 2010 + 3 * X[:, 0]])
    model, said = fit(MLPRegressor(random_state=0), year, z)
    assert any("standard deviations away from 0" in text for text in said)
    assert findings(model)["inputs far from 0"].figure == pytest.approx(670, rel=0.05)
    kelvin = np.column_stack([X, 290 + 5 * X[:, 0]])
    model, said = fit(MLPRegressor(random_state=0, max_iter=500), kelvin, z)
    assert not any("away from 0" in text for text in said)
    assert "inputs far from 0" in findings(model)
    assert "inputs far from 0" not in findings(fit(MLPRegressor(random_state=0), X, z)[0])


def test_what_the_first_version_noted_still_has_a_verdict():
    model, _ = fit(MLPClassifier(bias_initialization=-100.0, max_iter=3, random_state=0), X, z > 0)
    kept = ("outcomes", "spread", "dead", "flow", "scales")
    model._diagnosis = {name: model._diagnosis[name] for name in kept}
    assert list(findings(model)) == ["dead layer", "constant predictor"]


def test_a_density_whose_loss_is_below_0_has_a_course():
    model = MLPRegressor("gaussian_nll", solver="lbfgs", max_iter=300, random_state=0)
    model, said = fit(model, X, 0.2 * z)
    assert model._diagnosis["constant_loss"][0] < 0
    assert model._diagnosis["loss"][0] < model._diagnosis["constant_loss"][0]
    assert not said


SOLVERS = ["adam", "sgd", "lbfgs", "rmsprop"]
TASKS = {
    "iris": (scale(load_iris().data), load_iris().target),
    "wine": (scale(load_wine().data), load_wine().target),
    "breast cancer": (scale(load_breast_cancer().data), load_breast_cancer().target),
    "digits": (DIGITS[:600], LABELS[:600]),
    "moons": make_moons(300, noise=0.1, random_state=0),
    "diabetes": (X, z),
    "friedman": tuple(map(scale, make_friedman1(300, random_state=0))),
}


def healthy(task, **params):
    """A fit that converged, with a training score well above a constant's, and its warnings."""
    inputs, y = TASKS[task]
    is_regression = y.dtype.kind == "f"
    cls = MLPRegressor if is_regression else MLPClassifier
    options = {"hidden_layer_sizes": (30,), "max_iter": 3000, "random_state": 0, "tol": 1e-4}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = cls(**{**options, **params}).fit(inputs, y)
    assert not [each for each in caught if each.category is ConvergenceWarning]
    constant = 0 if is_regression else np.bincount(y).max() / len(y)
    assert model.score(inputs, y) > constant + 0.4 * (1 - constant)
    return model, caught


QUICK = [
    ("iris", {}),
    ("wine", {"activation": "tanh"}),
    ("wine", {"loss": "hinge"}),
    ("breast cancer", {"solver": "lbfgs"}),
    ("breast cancer", {"activation": "crelu", "solver": "nadam"}),
    ("digits", {"activation": "leaky_relu", "learning_rate_init": 0.01}),
    ("digits", {"early_stopping": True, "learning_rate_init": 0.005}),
    ("diabetes", {"learning_rate_init": 0.01}),
    # Without a penalty, whether it ends within the iterations hangs on the last digits of BLAS.
    ("diabetes", {"loss": "huber", "solver": "lbfgs", "alpha": 1.0, **LARGE_WEIGHTS}),
    ("friedman", {"loss": "gaussian_nll", "learning_rate_init": 0.01}),
    ("friedman", {"activation": "maxout", "ensemble_size": 2, "learning_rate_init": 0.01}),
    ("friedman", {"penalty": "l1", "alpha": 0.1, "learning_rate_init": 0.01}),
]


@pytest.mark.parametrize(("task", "params"), QUICK)
def test_nothing_is_found_in_healthy_fits(task, params):
    model, caught = healthy(task, **params)
    assert not caught
    assert not verdict(model).findings


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "elu", "crelu"])
@pytest.mark.parametrize("task", TASKS)
def test_nothing_is_found_in_any_of_many_healthy_fits(task, activation, solver):
    rates = {"sgd": 0.03, "adam": 0.01, "rmsprop": 0.003, "lbfgs": 0.001}
    strength = {"alpha": 1.0} if solver == "lbfgs" else {}  # without, it takes all iterations
    model, caught = healthy(
        task, activation=activation, solver=solver, learning_rate_init=rates[solver], **strength
    )
    assert not caught
    assert not verdict(model).findings
