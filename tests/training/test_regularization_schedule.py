"""A schedule of dropout and of weight decay."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklearn_relu import MLPClassifier, MLPRegressor, lockstep
from sklearn_relu.optimizers import SGD, AdamW
from sklearn_relu.schedules import Cosine, ExponentialDecay, Schedule, StepDecay

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

X, y = load_iris(return_X_y=True)


class Always(Schedule):
    """A factor that may be out of bounds."""

    changes_within_epoch = True

    def __init__(self, value=1.0):
        self.value = value

    def rate(self, initial, progress):
        return initial * self.value


def fitted(schedule, **params):
    params = {"max_iter": 6, "random_state": 0, "alpha": 0.0} | params
    return MLPClassifier((7, 5), regularization_schedule=schedule, **params).fit(X, y)


def assert_same(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


REGULARIZED = {
    "dropout": {"dropout": [0.3, 0.1]},
    "inputs": {"input_dropout": 0.2},
    "alpha dropout": {"dropout": 0.3, "activation": "selu"},
    "adamw": {"solver": AdamW(weight_decay=0.3)},
    "sgd": {"solver": SGD(weight_decay=0.3)},
    "both": {"dropout": 0.2, "solver": AdamW(weight_decay=0.3), "ensemble_size": 2},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("params", REGULARIZED.values(), ids=REGULARIZED)
def test_a_factor_of_one_changes_no_bit(params, dtype):
    assert_same(fitted(Always(), dtype=dtype, **params), fitted(None, dtype=dtype, **params))


@pytest.mark.parametrize("value", [-1.0, 0.0])
@pytest.mark.parametrize("params", [REGULARIZED["adamw"], REGULARIZED["sgd"]])
def test_a_factor_of_zero_is_no_decay(params, value):
    solver = params["solver"].__class__(weight_decay=0.0)
    assert_same(fitted(Always(value), **params), fitted(None, solver=solver))


@pytest.mark.parametrize("name", ["dropout", "inputs", "alpha dropout"])
def test_a_factor_of_zero_is_no_dropout(name):
    params = {key: value for key, value in REGULARIZED[name].items() if key == "activation"}
    scheduled = fitted(Always(0.0), **REGULARIZED[name])
    for a, b in zip(scheduled.coefs_, fitted(None, **params).coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-12)


def test_factors_are_bounded_by_one():
    params = REGULARIZED["both"]
    assert_same(fitted(Always(7.0), **params), fitted(None, **params))


def test_decay_is_half_where_the_factor_is_half():
    halved = fitted(Always(0.5), solver=AdamW(weight_decay=0.5))
    assert_same(halved, fitted(None, solver=AdamW(weight_decay=0.25)))


@pytest.mark.parametrize("params", REGULARIZED.values(), ids=REGULARIZED)
def test_a_schedule_within_training_has_an_effect(params):
    for schedule in ("flat_cosine", "exponential", StepDecay(2), Cosine(period=2)):
        scheduled = fitted(schedule, **params)
        assert not np.array_equal(scheduled.coefs_[0], fitted(None, **params).coefs_[0])


class Sluggish(SGD):
    """A solver of one's own with a hyper-parameter that is called decay."""

    def __init__(self, decay=0.5, momentum=0.9, nesterovs_momentum=True, weight_decay=0.1):
        super().__init__(momentum, nesterovs_momentum, weight_decay)
        self.decay = decay


@pytest.mark.parametrize("schedule", [None, "flat_cosine"])
def test_a_solver_of_ones_own_keeps_its_hyper_parameters(schedule):
    expected = fitted(schedule, solver=SGD(weight_decay=0.1), ensemble_size=3)
    assert_same(fitted(schedule, solver=Sluggish(), ensemble_size=3), expected)


def test_a_search_in_lockstep_gives_what_single_fits_give():
    grid = {"regularization_schedule": [None, "flat_cosine", ExponentialDecay(0.5)]}
    params = {"max_iter": 6, "random_state": 0, "alpha": 0.0} | REGULARIZED["both"]
    search = GridSearchCV(MLPClassifier((7, 5), **params), grid, cv=2, refit=False)
    with lockstep():
        search.fit(X, y)
    together = search.cv_results_["mean_test_score"]
    search.set_params(n_jobs=1).fit(X, y)
    np.testing.assert_array_equal(together, search.cv_results_["mean_test_score"])


def test_a_warm_start_goes_on_as_if_it_had_not_stopped():
    params = REGULARIZED["both"] | {"warm_start": True, "dtype": "float32"}
    whole = fitted(ExponentialDecay(0.8), max_iter=8, **params)
    halves = fitted(ExponentialDecay(0.8), max_iter=4, **params)
    halves.fit(X, y)
    assert_same(whole, halves)


def test_a_horizon_is_known_to_partial_fit_and_to_the_end_of_a_fit():
    model = MLPClassifier((4,), regularization_schedule="flat_cosine", dropout=0.1)
    with pytest.raises(ValueError, match="epochs regularization_schedule='flat_cosine' spans"):
        model.partial_fit(X, y, classes=[0, 1, 2])
    with warnings.catch_warnings():  # of a maximum that was reached before convergence
        warnings.simplefilter("error", ConvergenceWarning)
        fitted("flat_cosine", tol=0.0, n_iter_no_change=100)


def test_names_that_are_none():
    with pytest.raises(ValueError, match="regularization_schedule must be one of"):
        MLPRegressor(regularization_schedule="flat").fit(X, y)
