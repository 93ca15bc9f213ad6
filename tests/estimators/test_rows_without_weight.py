"""Rows of weight 0 count for nothing, whatever they hold."""

import numpy as np
import pytest
from helpers import slow
from scipy.sparse import csr_array
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.utils.parallel import Parallel, delayed

from sklearn_relu import MLPClassifier, MLPRegressor, lockstep
from sklearn_relu.losses import LOSSES
from sklearn_relu.training import batches

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

N, N_CLASSES = 90, 3
RNG = np.random.RandomState(0)
X = RNG.normal(size=(N, 4))
NUMBERS = RNG.uniform(0.1, 0.9, N)  # in the domain of every loss for numbers
LABELS = np.array(["a", "b", "c"])[(3 * NUMBERS).astype(int)]
INDICATOR = RNG.randint(2, size=(N, 3))
WEIGHT = RNG.uniform(0.5, 2, N) * (RNG.uniform(size=N) < 0.6)
WEIGHT[0] = 0  # the first row is no stand-in for itself
IDLE = WEIGHT == 0
GARBAGE = {
    np.float32: [0.0, 1e30, -3e38],
    np.float64: [0.0, 1e200, -1e308],
}

VARIANTS = {
    "defaults": {},
    "a batch of all rows": {"batch_size": N},
    "rows as they come": {"shuffle": False},
    "lbfgs": {"solver": "lbfgs"},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3},
    "its loss": {"early_stopping": True, "early_stopping_metric": "loss"},
    "ensemble": {"ensemble_size": 2, "early_stopping": True},
    "lsuv": {"initialization": "lsuv"},
    "unit variance": {"initialization": "unit_variance"},
    "dropout": {"dropout": 0.3, "input_dropout": 0.2},
    "kl": {"activation": "logistic", "activity_penalty": "kl", "activity_alpha": 0.1},
    "activity": {"activity_penalty": "l1", "activity_alpha": 0.1},
    "noise": {"activation": "rrelu", "input_noise": 0.1},
    "square": {"activation": "squared_relu"},
}

TASKS = {
    "numbers": (MLPRegressor, NUMBERS, {}),
    "standardized": (MLPRegressor, NUMBERS, {"standardize_y": True}),
    "several": (MLPRegressor, np.column_stack([NUMBERS, X[:, 0]]), {"standardize_y": True}),
    "classes": (MLPClassifier, LABELS, {}),
    "balanced": (MLPClassifier, LABELS, {"class_weight": "balanced"}),
    "labels": (MLPClassifier, INDICATOR, {"class_weight": "balanced"}),
}


def fitted(Estimator, X, y, sample_weight=WEIGHT, **parameters):
    settings = {"hidden_layer_sizes": (8, 6), "max_iter": 4, "batch_size": 16, "random_state": 0}
    return Estimator(**settings | parameters).fit(X, y, sample_weight)


def check_same(one, other):
    """The same bits of all that was fitted, and of its history."""
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(one, name), getattr(other, name), strict=True):
            assert np.array_equal(a, b)
    for name in one.history_.keys() - {"seconds"}:
        np.testing.assert_array_equal(one.history_[name], other.history_[name])
    for name in ("target_mean_", "target_scale_"):
        np.testing.assert_array_equal(getattr(one, name, 0), getattr(other, name, 0))
    # A network went back to no earlier epoch, and its figures are of rows that count.
    for name in ("spread", "dead", "flow", "scales"):
        np.testing.assert_array_equal(one._diagnosis[name], other._diagnosis[name])


def other_targets(y, splits=False):
    """Other ones in the rows without weight: extreme numbers, or permuted labels.

    As in scikit-learn, a split is stratified by all labels: there they stay.
    """
    y = y.copy()
    if splits and y.ndim == 1 and y.dtype.kind == "U":
        return y
    if y.dtype.kind == "f":
        y[IDLE] = np.resize([1e30, -1e30, 0], y[IDLE].shape)
    else:
        y[IDLE] = np.roll(y[IDLE], 5, axis=0)
    return y


@pytest.mark.parametrize("dtype", [np.float32, slow(np.float64)])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("task", TASKS)
def test_whatever_is_in_them(task, variant, dtype):
    Estimator, y, parameters = TASKS[task]
    given = parameters | VARIANTS[variant]
    rows = X.astype(dtype)
    expected = fitted(Estimator, rows, y, **given)
    for garbage in GARBAGE[dtype]:
        rows = X.astype(dtype)
        rows[IDLE] = garbage
        check_same(
            fitted(Estimator, rows, other_targets(y, "early_stopping" in given), **given), expected
        )


@pytest.mark.parametrize("loss", [name for name, cls in LOSSES.items() if cls.for_numbers])
def test_targets_that_a_loss_does_not_take(loss):
    y = NUMBERS.copy()
    y[IDLE] = -7.0
    check_same(fitted(MLPRegressor, X, y, loss=loss), fitted(MLPRegressor, X, NUMBERS, loss=loss))


@pytest.mark.parametrize("variant", ["defaults", "early stopping", "lbfgs", "dropout"])
def test_sparse_rows_with_other_places(variant):
    given = {"input_dropout": 0.3} if variant == "dropout" else VARIANTS[variant]
    expected = fitted(MLPClassifier, csr_array(np.where(X > 0, X, 0)), LABELS, **given)
    rows = np.where(X > 0, X, 0)
    rows[IDLE] = np.where(X[IDLE] < 0.5, 1e200, 0)
    check_same(fitted(MLPClassifier, csr_array(rows), LABELS, **given), expected)


def test_networks_on_rows_of_their_own(monkeypatch):
    """Jobs whose weights differ, in one stack; rows in one table, or each taken for itself."""
    weights = [WEIGHT, np.roll(WEIGHT, 7), np.ones(N)]

    def other_rows(weight):
        return np.where(weight[:, None] > 0, X, 1e200)

    alone = [fitted(MLPRegressor, X, NUMBERS, weight) for weight in weights]
    for copied in (2**24, 0):
        monkeypatch.setattr(batches, "COPIED", copied)
        for rows in (lambda weight: X, other_rows):
            with lockstep():
                tasks = (delayed(fitted)(MLPRegressor, rows(w), NUMBERS, w) for w in weights)
                together = Parallel(n_jobs=3)(tasks)
            for one, other in zip(together, alone, strict=True):
                check_same(one, other)


def test_a_stream():
    expected, other = (
        MLPRegressor(hidden_layer_sizes=(8,), standardize_y=True, random_state=0) for _ in range(2)
    )
    rows, y = X.copy(), other_targets(NUMBERS)
    rows[IDLE] = 1e200
    for part in (slice(0, 40), slice(40, N)):
        expected.partial_fit(X[part], NUMBERS[part], WEIGHT[part])
        other.partial_fit(rows[part], y[part], WEIGHT[part])
        assert np.array_equal(expected.coefs_[0], other.coefs_[0])


@pytest.mark.parametrize("metric", ["score", "loss", "neg_mean_absolute_error", "unweighted"])
def test_held_out_rows(metric):
    if metric == "unweighted":

        def metric(model, X, y):
            return -mean_absolute_error(y, model.predict(X))

    given = {"early_stopping": True, "early_stopping_metric": metric, "max_iter": 4}
    rows, y = X.copy(), other_targets(NUMBERS)
    rows[IDLE] = 1e300
    models = [
        MLPRegressor(hidden_layer_sizes=(8,), random_state=0, **given).fit(
            X, NUMBERS, X_val=X_val, y_val=y_val, sample_weight_val=WEIGHT
        )
        for X_val, y_val in ((X, NUMBERS), (rows, y))
    ]
    check_same(*models)
    assert np.isfinite(models[0].validation_scores_).all()


def test_a_scorer_without_weights_sees_the_rows_that_count():
    seen = []

    def metric(model, X, y):
        seen.append(len(y))
        return 0.0

    for scoring, number in ((metric, N - IDLE.sum()), (make_scorer(lambda *a, **k: 0.0), 0)):
        MLPRegressor(early_stopping=True, early_stopping_metric=scoring, max_iter=1).fit(
            X, NUMBERS, X_val=X, y_val=NUMBERS, sample_weight_val=WEIGHT
        )
        assert seen == [number] or not number


def test_classes_are_those_of_all_rows_as_in_scikit_learn():
    y = LABELS.copy()
    y[np.flatnonzero(IDLE)[:2]] = "d"
    model = fitted(MLPClassifier, X, y, early_stopping=True, validation_fraction=0.3)
    assert model.classes_.tolist() == ["a", "b", "c", "d"]
