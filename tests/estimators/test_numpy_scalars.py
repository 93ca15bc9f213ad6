"""Hyper-parameters that are NumPy scalars mean what Python's numbers of the same value mean.

In the form at hand: compiled loops, or NumPy's where the tests are run without numba.
"""

import pickle

import numpy as np
import pytest
from helpers import other_value, slow
from models import may_be_a_gate
from sklearn.base import clone

from sklearn_relu import MLPClassifier, MLPRegressor, RNNRegressor, TabularMLPRegressor
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.estimators.parts import FAMILIES
from sklearn_relu.penalties import ElasticNet
from sklearn_relu.schedules import Cosine, WarmUp

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # convergence, dead layers

N = 60
X = np.random.RandomState(0).normal(size=(N, 4))
Y = np.random.RandomState(1).uniform(0.1, 0.9, N)  # in the domain of every loss for numbers

SCALARS = {
    bool: [np.bool_],
    int: [np.int64, np.int16, np.uint8],
    float: [np.float64, np.float32, np.float16, np.longdouble],
    str: [np.str_],
}
"""By type of a value: what else it may come as."""

PARTS = [
    (parameter, cls, name)
    for parameter, (family, _) in FAMILIES.items()
    if parameter != "bias_initialization"
    for cls in dict.fromkeys(family.values())
    if parameter != "gate_activation" or may_be_a_gate(cls())
    for name in cls().get_params()
]

AROUND = {
    "activity_penalty": {"activation": "logistic", "activity_alpha": 0.1},
    "penalty": {"alpha": 0.1},
    "learning_rate": {"tol": 10.0, "n_iter_no_change": 1, "solver": "sgd"},
    "regularization_schedule": {"tol": 10.0, "n_iter_no_change": 1, "dropout": 0.3},
}
"""With what a family's parts are at work."""

OF_SERIES = {
    "recurrent_initialization", "gate_activation", "recurrent_dropout", "forget_bias"
}  # fmt: skip
"""Parameters of recurrent networks."""

NUMBERS = {
    "hidden_layer_sizes": (5, {}),
    "alpha": (0.3, {}),
    "batch_size": (7, {}),
    "learning_rate_init": (0.013, {}),
    "power_t": (0.7, {"solver": "sgd", "learning_rate": "invscaling"}),
    "max_iter": (3, {}),
    "shuffle": (False, {}),
    "random_state": (5, {}),
    "tol": (0.3, {"n_iter_no_change": 1}),
    "verbose": (False, {}),
    "warm_start": (True, {}),
    "momentum": (0.7, {"solver": "sgd"}),
    "nesterovs_momentum": (False, {"solver": "sgd"}),
    "early_stopping": (True, {}),
    "validation_fraction": (0.3, {"early_stopping": True}),
    "beta_1": (0.7, {}),
    "beta_2": (0.97, {}),
    "epsilon": (0.01, {}),
    "n_iter_no_change": (2, {"tol": 10.0}),
    "max_fun": (3, {"solver": "lbfgs"}),
    "bias_initialization": (0.3, {}),
    "activity_alpha": (0.3, {"activity_penalty": "l2"}),
    "dropout": (0.3, {}),
    "input_dropout": (0.3, {}),
    "input_noise": (0.3, {}),
    "max_norm": (0.7, {}),
    "gradient_clipping": (0.013, {}),
    "time_limit": (1000.0, {}),
    "ensemble_size": (2, {}),
    "standardize_y": (True, {}),
    "recurrent_dropout": (0.3, {}),
    "forget_bias": (0.3, {}),
    "dtype": ("float32", {}),
}
"""The estimators' own numbers and names: a value, and with what it has an effect."""


# A scalar of NumPy's may widen float32; nothing widens float64.
every_dtype = pytest.mark.parametrize("dtype", [np.float32, slow(np.float64)])


def fitted(precision, **parameters):
    """A small model after some epochs, for the task that its loss is for."""
    loss = parameters.get("loss")
    settings = {"hidden_layer_sizes": (6, 5), "max_iter": 4, "batch_size": 16, "random_state": 0}
    Estimator, y = MLPRegressor, Y.astype(precision)
    if loss is not None and not loss.for_numbers:
        Estimator, y = MLPClassifier, (3 * Y).astype(int)
    if parameters.keys() & OF_SERIES:
        Estimator, settings = RNNRegressor, settings | {"cell": "lstm"}
    if "numerical_embedding" in parameters:
        Estimator = TabularMLPRegressor
        settings |= {"dtype": np.dtype(precision).name}
    model = Estimator(**settings | parameters)
    given = model.get_params()
    model.fit(X.astype(precision), y)
    after = model.get_params()
    assert all(after[name] is value for name, value in given.items())
    return model


def check_same(model, expected, dtype):
    """The same bits, in the precision of the data."""
    arrays = [*model.coefs_, *model.intercepts_]
    wanted = [*expected.coefs_, *expected.intercepts_]
    rows = X.astype(dtype)
    arrays.append(model.predict(rows))
    wanted.append(expected.predict(rows))
    for one, other in zip(arrays, wanted, strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert np.asarray(model.coefs_[0]).dtype == (expected.dtype or dtype)
    for name in ("loss", "validation_score", "learning_rate"):
        np.testing.assert_array_equal(model.history_[name], expected.history_[name])


def as_scalars(value):
    """A value as each other type, with the Python value that this one has."""
    for kind in SCALARS[type(value)]:
        scalar = kind(value)
        yield scalar, type(value)(scalar)


def odd_value(cls, name):
    """An allowed value, if it is a number one that float32 rounds."""
    value = other_value(cls, name)
    if type(value) is float:
        cls(**{name: 0.9 * value}).check()
        value = 0.9 * value
    return value


@every_dtype
@pytest.mark.parametrize(("parameter", "cls", "name"), PARTS)
def test_hyper_parameters_of_parts(parameter, cls, name, dtype):
    value = odd_value(cls, name)
    if type(value) not in SCALARS:
        pytest.skip("takes no number or name")
    for scalar, python in as_scalars(value):
        around = AROUND.get(parameter, {})
        part = cls(**{name: scalar})
        model = fitted(dtype, **around | {parameter: part})
        assert getattr(part, name) is scalar
        check_same(model, fitted(dtype, **around | {parameter: cls(**{name: python})}), dtype)


@every_dtype
@pytest.mark.parametrize("name", NUMBERS)
def test_parameters_of_estimators(name, dtype):
    value, around = NUMBERS[name]
    for scalar, python in as_scalars(value):
        model = fitted(dtype, **around | {name: scalar})
        assert getattr(model, name) is scalar
        check_same(model, fitted(dtype, **around | {name: python}), dtype)
        if name in ("ensemble_size", "max_fun", "early_stopping", "dtype"):
            continue
        for each in (model, pickle.loads(pickle.dumps(model)), clone(model)):
            if around.get("solver") != "lbfgs" and not each.early_stopping:
                each.partial_fit(X.astype(dtype), Y.astype(dtype))
                assert each.coefs_[0].dtype == dtype


def test_every_number_of_the_estimators_is_tested():
    for Estimator in (MLPClassifier, MLPRegressor):
        numbers = {
            name
            for name, value in Estimator().get_params().items()
            if value is None or isinstance(value, int | float)
        }
        parts = {"activity_penalty", "pretraining", "regularization_schedule"}
        assert numbers - NUMBERS.keys() <= {*parts, "class_weight"}


def test_numbers_of_layers_and_of_classes():
    kinds = {"hidden_layer_sizes": (6, 5), "dropout": [0.3, 0.2], "bias_initialization": 0.1}
    scalars = {
        "hidden_layer_sizes": np.array([6, 5]),
        "dropout": [np.float64(0.3), np.float64(0.2)],
        "bias_initialization": np.float64(0.1),
    }
    check_same(fitted(np.float32, **scalars), fitted(np.float32, **kinds), np.float32)
    labels = (3 * Y).astype(int)
    weights = {0: 0.7, 1: 1.3, 2: 1.9}
    given = {np.int64(label): np.float64(weight) for label, weight in weights.items()}
    one, other = (
        MLPClassifier((6,), class_weight=each, max_iter=3, random_state=0).fit(
            X.astype(np.float32), labels
        )
        for each in (weights, given)
    )
    check_same(one, other, np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parts_of_parts_and_one_part_for_several_layers(dtype):
    def warm_up(kind):
        return WarmUp(kind(2), Cosine(min_fraction=kind(0.3)), start_fraction=kind(0.3))

    check_same(
        fitted(dtype, learning_rate=warm_up(np.float64)),
        fitted(dtype, learning_rate=warm_up(float)),
        dtype,
    )

    def each_layer(kind):
        penalty, activation = ElasticNet(kind(0.3)), LeakyReLU(kind(0.3))
        return {"penalty": [penalty] * 3, "activation": [activation, activation], "alpha": 0.1}

    check_same(fitted(dtype, **each_layer(np.float64)), fitted(dtype, **each_layer(float)), dtype)
