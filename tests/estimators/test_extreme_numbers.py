"""Numbers at the ends of their range: an error that says so, or a finite model. Over all losses,
solvers, activations, penalties and schedules, in both precisions."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.initializers import INITIALIZERS
from sklearn_relu.losses import LOSSES
from sklearn_relu.optimizers import OPTIMIZERS
from sklearn_relu.penalties import PENALTIES
from sklearn_relu.schedules import SCHEDULES

rng = np.random.RandomState(0)
X = np.clip(rng.normal(size=(24, 3)), -2, 2)
CLASSES = (X[:, 0] > 0).astype(int)
FRACTIONS = np.clip(abs(X[:, 0]) / 2, 0.01, 1)
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]
SMALL = {"hidden_layer_sizes": (4, 3), "max_iter": 3, "batch_size": 12, "random_state": 0}

EXTREMES = {
    "X of 1e30": {"X": 1e30},
    "the largest X": {"X": "max"},
    "X of the smallest normal numbers": {"X": "tiny"},
    "X of denormals": {"X": "denormal"},
    "y of 1e200": {"y": 1e200},
    "y of 1e-300": {"y": 1e-300},
    "y of 1e30, standardized": {"y": 1e30, "standardize_y": True},
    "the largest y, standardized": {"y": "max", "standardize_y": True},
    "a learning rate of 1e6": {"learning_rate_init": 1e6},
    "a learning rate of 1e300": {"learning_rate_init": 1e300},
    "a learning rate of 1e-300": {"learning_rate_init": 1e-300},
    "alpha of 1e30": {"alpha": 1e30},
    "alpha of 1e300": {"alpha": 1e300},
    "activity_alpha of 1e300": {"activity_alpha": 1e300, "activity_penalty": "l2"},
    "weights of 1e30": {"weight": 1e30},
    "weights of 1e300": {"weight": 1e300},
    "the largest weights": {"weight": "max"},
    "weights of 1e-30": {"weight": 1e-30},
    "weights of denormals": {"weight": "denormal"},
    "X and a learning rate": {"X": 1e10, "learning_rate_init": 1e10},
    "X and weights": {"X": 1e100, "weight": 1e100},
    "a bias of 1e300": {"bias_initialization": 1e300},
    "noise of 1e300": {"input_noise": 1e300},
}
EXPECTED = (
    "Solver produced non-finite parameter weights",  # scikit-learn's words
    "must be finite in float",
    "Parameters before training must be finite",
    "Input X contains infinity or a value too large",
    "Sample weights must contain at least one non-zero number",
    "Outputs of the network are not finite",
)


def number(value, dtype):
    """A number by its name, as far as the dtype goes."""
    info = np.finfo(dtype)
    named = {"max": info.max / 4, "tiny": info.tiny, "denormal": info.smallest_subnormal * 8}
    return named.get(value, value)


def finite_model_or_error(estimator, case, dtype, X=X, **params):
    """Fit and look at all that there is; what an error said, or None."""
    case = dict(case)
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite
        X = (X * number(case.pop("X", 1), dtype)).astype(dtype)
    size = np.float64(number(case.pop("y", 1), dtype))
    weight = case.pop("weight", None)
    if weight is not None:
        weight = np.full(X.shape[0], number(weight, dtype))
    if estimator is MLPClassifier:
        y = CLASSES
    else:
        loss = LOSSES[params.get("loss", "squared_error")]()
        y = FRACTIONS if loss.domain.right == 1 else FRACTIONS * size
        if case.get("standardize_y") and not loss.any_real_target:
            del case["standardize_y"]
    known = estimator._parameter_constraints
    case = {name: value for name, value in case.items() if name in known}
    model = estimator(**(SMALL | params | case))
    try:
        model.fit(X, y, weight)
        look_at(model, X)
    except ValueError as error:
        message = str(error)
        assert message.startswith(EXPECTED) or any(part in message for part in EXPECTED), message
        return message
    return None


def look_at(model, X):
    for array in [*model.coefs_, *model.intercepts_]:
        assert np.isfinite(array).all()
    assert np.isfinite(model.loss_)
    assert all(np.isfinite(loss).all() for loss in model.history_["loss"])
    for name in ("predict", "predict_proba", "decision_function"):
        if hasattr(model, name):
            outputs = getattr(model, name)(X)
            assert np.isfinite(outputs).all(), name
    if isinstance(model, MLPClassifier):
        assert 0 <= model.score(X, CLASSES) <= 1
    if hasattr(model, "predict_proba"):
        assert not np.isnan(model.predict_log_proba(X)).any()


def fits_of(loss):
    return [
        estimator
        for estimator, takes in (
            (MLPClassifier, LOSSES[loss].for_classes),
            (MLPRegressor, LOSSES[loss].for_numbers),
        )
        if takes
    ]


PARTS = [
    *(("loss", name) for name in LOSSES),
    *(("solver", name) for name in OPTIMIZERS),
    *(("activation", name) for name in ACTIVATIONS),
    *(("penalty", name) for name in PENALTIES),
    *(("initialization", name) for name in INITIALIZERS if name != "from_coefs"),
    *(("learning_rate", name) for name in SCHEDULES),
    ("early_stopping", True),
    ("ensemble_size", 2),
    ("dropout", 0.5),
    ("max_norm", 1.0),
    ("gradient_clipping", 1.0),
    ("class_weight", "balanced"),
]
QUICK = {"log_loss", "squared_error", "poisson", "adam", "sgd", "lbfgs"}
"""Of these parts, the ones whose numbers go their own ways; the whole product is slow."""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("parameter", "value"),
    [pytest.param(*part, marks=[] if part[1] in QUICK else pytest.mark.slow) for part in PARTS],
)
def test_extreme_numbers_are_an_error_or_leave_a_finite_model(parameter, value, dtype):
    estimators = [MLPClassifier, MLPRegressor]
    if parameter == "loss":
        estimators = fits_of(value)
    elif parameter == "class_weight":
        estimators = [MLPClassifier]
    for i, (name, case) in enumerate(EXTREMES.items()):
        if value == "lbfgs" and "input_noise" in case:  # refused, whatever its size
            continue
        # A solver meets all; what matters less to sums and steps, each with one estimator.
        for estimator in estimators if parameter == "solver" else [estimators[i % len(estimators)]]:
            try:
                finite_model_or_error(estimator, case, dtype, **{parameter: value})
            except (Exception, Warning) as error:
                raise AssertionError(f"{estimator.__name__}, {name}: {error!r}") from error


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_numbers_in_sparse_inputs_too(estimator, name):
    if "input_noise" not in EXTREMES[name]:
        finite_model_or_error(estimator, EXTREMES[name], np.float64, sp.csr_array(X * (X > 0)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_overflows_in_predict_is_an_error_that_counts_the_rows(dtype):
    model = MLPRegressor(**SMALL).fit(X, X[:, 0])
    rows = X.astype(dtype)
    rows[[5, 7]] = np.finfo(dtype).max
    with pytest.raises(ValueError, match=r"not finite for 2 of 24 rows of X, of which row 5 is"):
        model.predict(rows)
    assert np.isfinite(model.predict(np.delete(rows, [5, 7], axis=0))).all()


def test_an_exponential_that_overflows_in_predict_is_the_same_error():
    model = MLPRegressor("poisson", **SMALL).fit(X, FRACTIONS)
    with pytest.raises(ValueError, match="Outputs of the network are not finite"):
        model.predict(X * 1e6)


def test_the_logarithm_of_a_probability_of_0_is_minus_infinity():
    model = MLPClassifier(**SMALL).fit(X, CLASSES)
    log_proba = model.predict_log_proba(X * 1e6)
    np.testing.assert_array_equal(log_proba == -np.inf, model.predict_proba(X * 1e6) == 0)
    assert (log_proba == -np.inf).any()


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e30, 1e300])
def test_standardized_targets_of_any_size_give_the_same_network(size):
    y = X @ [1.0, -2.0, 0.5]
    plain, scaled = (
        MLPRegressor(**SMALL, standardize_y=True).fit(X, y * factor) for factor in (1, size)
    )
    np.testing.assert_allclose(plain.coefs_[0], scaled.coefs_[0], rtol=1e-9)
    np.testing.assert_allclose(plain.predict(X), scaled.predict(X) / size, rtol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weights_far_from_1_give_the_same_network_without_a_penalty(solver):
    params = {**SMALL, "alpha": 0, "solver": solver}
    weight = np.linspace(1, 2, 24)
    plain, scaled = (
        MLPClassifier(**params).fit(X, CLASSES, weight * factor) for factor in (1, 2.0**500)
    )
    np.testing.assert_allclose(plain.coefs_[0], scaled.coefs_[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("params", "data", "message"),
    [
        ({}, {"y": FRACTIONS * 1e200}, r"y must be finite in float32.*1e\+200.*standardize_y"),
        ({}, {"sample_weight": np.full(24, 1e300)}, "sample_weight must be finite in float32"),
        ({}, {"sample_weight": np.full(24, 3e38)}, "The sum of sample_weight must be finite"),
        ({"bias_initialization": 1e300}, {}, r"bias_initialization=1e\+300"),
    ],
    ids=["y", "sample_weight", "sum of sample_weight", "bias"],
)
def test_what_float32_cannot_hold_is_an_error_that_names_it(params, data, message):
    model = MLPRegressor(**SMALL, **params)
    with pytest.raises(ValueError, match=message):
        model.fit(**({"X": X.astype(np.float32), "y": FRACTIONS} | data))
    assert not hasattr(model, "coefs_")


def test_a_last_step_after_which_outputs_overflow_is_said():
    model = MLPClassifier(**(SMALL | {"max_iter": 1}), learning_rate_init=1e300, solver="sgd")
    model.set_params(batch_size=24, hidden_layer_sizes=(4, 4, 4))
    with pytest.warns(ConvergenceWarning, match="after epoch 1, outputs for training data overf"):
        model.fit(X, CLASSES)
    with pytest.raises(ValueError, match="Outputs of the network are not finite"):
        model.predict(X)
