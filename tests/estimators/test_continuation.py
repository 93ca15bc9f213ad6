"""warm_start and partial_fit go on exactly where the last call ended."""

import pickle

import numpy as np
import pytest
from helpers import assert_same_model
from sklearn.datasets import make_classification, make_regression

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.optimizers import OPTIMIZERS, Optimizer
from sklearn_relu.schedules import SCHEDULES, Cosine

X, y = make_classification(70, 6, n_informative=4, n_classes=3, random_state=0)
X_r, y_r = make_regression(70, 6, n_targets=2, random_state=0)

STOCHASTIC = [name for name, cls in OPTIMIZERS.items() if issubclass(cls, Optimizer)]
SMALL = {"hidden_layer_sizes": (6,), "batch_size": 16, "random_state": 3, "tol": 0}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    ("solver", "schedule"),
    [(solver, "constant") for solver in STOCHASTIC]
    + [
        (solver, name)
        for name, schedule in SCHEDULES.items()
        if not schedule().has_horizon
        for solver in ("sgd", "adam")
    ],
)
@pytest.mark.parametrize("between", [lambda m: m, lambda m: pickle.loads(pickle.dumps(m))])
def test_five_and_five_epochs_equal_ten(solver, schedule, early_stopping, between):
    params = SMALL | {
        "solver": solver,
        "learning_rate": schedule,
        "early_stopping": early_stopping,
        "n_iter_no_change": 2,  # plateaus within ten epochs
        "tol": 0.05,
        "activation": "prelu",
    }
    if schedule != "adaptive":
        params |= {"n_iter_no_change": 10}
    ten = MLPClassifier(**params, max_iter=10, warm_start=True).fit(X, y)
    five = MLPClassifier(**params, max_iter=5, warm_start=True).fit(X, y)
    five = between(five).fit(X, y)
    assert_same_model(five, ten)
    assert five.n_iter_ == 5
    plain = MLPClassifier(**params, max_iter=10).fit(X, y)
    assert_same_model(plain, ten)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_calls_of_partial_fit_on_the_same_data_equal_one_fit(solver):
    params = SMALL | {"solver": solver}
    fit = MLPRegressor(**params, max_iter=6).fit(X_r, y_r)
    model = MLPRegressor(**params)
    for _ in range(3):
        model.partial_fit(X_r, y_r)
    model = pickle.loads(pickle.dumps(model))
    for _ in range(3):
        model.partial_fit(X_r, y_r)
    assert_same_model(model, fit)
    assert model.n_iter_ == 1


def test_partial_fit_goes_on_after_another_number_of_rows():
    model = MLPClassifier(**SMALL)
    for rows in (slice(0, 30), slice(30, 70), slice(0, 20)):
        model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert model.t_ == 90
    assert len(model.loss_curve_) == 3


def test_a_warm_start_after_a_plain_fit_goes_on_from_its_weights():
    model = MLPClassifier(**SMALL, max_iter=4).fit(X, y)
    losses, coefs = list(model.loss_curve_), [coef.copy() for coef in model.coefs_]
    model.set_params(warm_start=True, max_iter=1, learning_rate_init=1e-12).fit(X, y)
    assert model.loss_curve_[:4] == losses
    assert len(model.loss_curve_) == 5
    for coef, before in zip(model.coefs_, coefs, strict=True):
        np.testing.assert_allclose(coef, before, atol=1e-9)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_weights_that_a_user_assigns_are_where_training_goes_on(early_stopping):
    params = SMALL | {"early_stopping": early_stopping, "warm_start": True, "max_iter": 3}
    model, other = (MLPClassifier(**params).fit(X, y) for _ in range(2))
    model.coefs_ = [np.full_like(coef, 0.25) for coef in model.coefs_]
    for fitted in (model, other):
        fitted.set_params(max_iter=1, learning_rate_init=1e-12, early_stopping=False).fit(X, y)
    for coef in model.coefs_:
        np.testing.assert_allclose(coef, 0.25, atol=1e-9)
    assert abs(other.coefs_[0] - 0.25).max() > 0.1


def test_training_goes_on_from_the_last_weights_not_the_best():
    params = SMALL | {"early_stopping": True, "learning_rate_init": 0.3, "max_iter": 8}
    model = MLPClassifier(**params, warm_start=True).fit(X, y)
    best = int(np.argmax(model.validation_scores_))
    assert best < model.n_iter_ - 1  # else this test shows nothing
    model.fit(X, y)
    reference = MLPClassifier(**(params | {"max_iter": 16})).fit(X, y)
    assert model.validation_scores_ == reference.validation_scores_


def test_a_fit_without_warm_start_keeps_no_state_of_the_optimizer():
    plain, warm = (
        MLPClassifier(**SMALL, max_iter=2, warm_start=w).fit(X, y) for w in (False, True)
    )
    assert not hasattr(plain, "_states")
    assert warm._states[0]["slots"]


def test_a_change_of_solver_begins_with_a_new_state():
    model = MLPClassifier(**SMALL, max_iter=2, warm_start=True).fit(X, y)
    model.set_params(solver="sgd").fit(X, y)
    assert "velocity" in model._states[0]["slots"]


def test_a_change_of_precision_goes_on():
    model = MLPClassifier(**SMALL, max_iter=2, warm_start=True).fit(X, y)
    model.fit(X.astype(np.float32), y)
    assert model.coefs_[0].dtype == np.float32
    assert len(model.loss_curve_) == 4


def test_a_failed_call_leaves_the_curves_of_the_call_before():
    model = MLPRegressor(**SMALL, solver="sgd", max_iter=2, warm_start=True).fit(X_r, y_r / 100)
    losses = list(model.loss_curve_)
    with pytest.raises(ValueError, match="non-finite"):
        model.fit(X_r * 1e200, y_r)
    assert model.loss_curve_ == losses


def test_an_ensemble_goes_on_too():
    ten, five = (
        MLPClassifier(**SMALL, ensemble_size=3, max_iter=n, warm_start=True).fit(X, y)
        for n in (10, 5)
    )
    assert_same_model(pickle.loads(pickle.dumps(five)).fit(X, y), ten)


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"ensemble_size": 2}])
def test_a_pickle_is_hardly_larger_than_the_weights(params):
    model = MLPClassifier((300, 200), max_iter=3, random_state=0, **params).fit(X, y)
    weights = sum(a.nbytes for a in [*model.coefs_, *model.intercepts_])
    assert len(pickle.dumps(model)) < 1.2 * weights + 20_000
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X)
    )


def test_an_ensemble_fitted_without_warm_start_goes_on_with_different_draws():
    model = MLPClassifier(**SMALL, ensemble_size=2, max_iter=3).fit(X, y)
    lengths = [len(curve) for curve in model.loss_curve_]
    model.partial_fit(X, y)
    assert [len(curve) for curve in model.loss_curve_] == [n + 1 for n in lengths]
    orders = [state["order"] for state in model._states]
    assert (orders[0] != orders[1]).any()


def test_a_validation_score_that_is_not_finite_is_nan():
    """Held-out rows may overflow where training rows do not."""
    params = SMALL | {"early_stopping": True, "validation_fraction": 0.2, "shuffle": False}
    model = MLPRegressor("poisson", **params, max_iter=1, initialization="sklearn")
    huge = X_r.copy()
    counts = np.abs(y_r[:, 0]).round()
    held_out = _held_out_rows(model, huge, counts)
    huge[held_out[0]] = 1e5
    model.fit(huge, counts)
    assert np.isnan(model.validation_scores_).all()
    assert np.isfinite(model.coefs_[0]).all()


def _held_out_rows(model, X, y):
    from sklearn_relu.estimators import planning

    seen = []

    def recording(*args, **named):
        starts, splits = split(*args, **named)
        seen.extend(held_out for _, held_out in splits)
        return starts, splits

    split = planning.split
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "split", recording)
        MLPRegressor(**model.get_params()).fit(X, y)
    return seen[0]


def test_curves_stay_right_when_lbfgs_comes_in_between():
    model = MLPClassifier(**SMALL, max_iter=5, warm_start=True).fit(X, y)
    first = list(model.loss_curve_)
    model.set_params(solver="lbfgs", max_iter=3).fit(X, y)
    model.set_params(solver="adam", max_iter=4).fit(X, y)
    assert model.loss_curve_[:5] == first
    assert len(model.loss_curve_) == 5 + 3 + 4
    assert (
        np.isnan(model.history_["learning_rate"]).tolist() == [False] * 5 + [True] * 3 + [False] * 4
    )


def test_scores_stay_right_when_early_stopping_comes_later():
    model = MLPClassifier(**SMALL, max_iter=5, warm_start=True).fit(X, y)
    model.set_params(early_stopping=True, max_iter=2).fit(X, y)
    model.fit(X, y)
    assert len(model.loss_curve_) == 9
    assert np.isnan(model.validation_scores_).tolist() == [True] * 5 + [False] * 4
    assert model.best_validation_score_ == max(model.validation_scores_[5:])


def test_a_generator_of_another_kind_goes_on_too():
    rng = np.random.RandomState(np.random.PCG64(0))
    model = MLPClassifier(**(SMALL | {"random_state": rng}), max_iter=2, warm_start=True)
    model.fit(X, y).fit(X, y)
    assert len(model.loss_curve_) == 4


def test_another_shape_is_named_by_its_layer_and_arrays():
    model = MLPClassifier(**SMALL, activation="prelu", max_iter=2, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"layer 1 fitted as .*'slope': \(1, 1, 6\).*now"):
        model.set_params(activation="relu").fit(X, y)
    with pytest.raises(ValueError, match="fitted 2 layers, now 3"):
        model.set_params(hidden_layer_sizes=(6, 6)).fit(X, y)


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "cosine_log", "flat_cosine"])
def test_partial_fit_refuses_a_schedule_over_a_horizon(schedule):
    model = MLPClassifier(**SMALL, learning_rate=schedule)
    with pytest.raises(ValueError, match=f"learning_rate='{schedule}' spans.*period"):
        model.partial_fit(X, y, classes=[0, 1, 2])
    MLPClassifier(**SMALL, learning_rate=Cosine(period=3)).partial_fit(X, y, classes=[0, 1, 2])
