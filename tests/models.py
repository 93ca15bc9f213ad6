"""Models to save, of every part and kind, and what it means that one came back the same."""

import numpy as np
from helpers import VARIANTS
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification, make_regression
from sklearn.utils.metadata_routing import MetadataRequest

from sklearn_relu import MLPClassifier, MLPRegressor, RNNClassifier, TabularMLPClassifier
from sklearn_relu.activations import PReLU
from sklearn_relu.estimators.parts import FAMILIES
from sklearn_relu.initializers import FromCoefs
from sklearn_relu.schedules import Cosine, WarmUp

X, y = make_classification(60, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
X_numbers, numbers = make_regression(60, 5, n_targets=2, random_state=0)
SMALL = {"hidden_layer_sizes": (4, 3), "max_iter": 3, "random_state": 0}


def assert_same(found, value, where="model"):
    """Equal in value and type, all the way down."""
    assert type(found) is type(value), where
    if isinstance(value, np.random.RandomState):
        assert_same(found.get_state(legacy=False), value.get_state(legacy=False), where)
    elif isinstance(value, MetadataRequest):
        assert repr(found) == repr(value)
    elif isinstance(value, BaseEstimator):
        assert_same(dict(sorted(vars(found).items())), dict(sorted(vars(value).items())), where)
    elif isinstance(value, np.ndarray):
        assert (found.dtype, found.shape) == (value.dtype, value.shape), where
        if value.dtype == object:
            assert_same(found.ravel().tolist(), value.ravel().tolist(), where)
        else:
            assert found.tobytes("A") == value.tobytes("A"), where
            assert found.flags.f_contiguous == value.flags.f_contiguous, where
    elif isinstance(value, dict):
        assert list(found) == list(value), where
        for key in value:
            assert_same(found[key], value[key], f"{where}.{key}")
    elif isinstance(value, list | tuple):
        assert len(found) == len(value), where
        for i, (one, other) in enumerate(zip(found, value, strict=True)):
            assert_same(one, other, f"{where}.{i}")
    else:
        assert found == value or (found != found and value != value), where


def may_be_a_gate(part):
    """Whether a unit has one summed input and one activation, and the part learns nothing."""
    return (part.input_width(1), part.output_width(1), part.parameter_shapes(1)) == (1, 1, {})


def part_cases():
    for parameter, (family, _) in FAMILIES.items():
        for cls in dict.fromkeys(family.values()):
            if parameter == "bias_initialization" and not cls.for_biases:
                continue
            if parameter == "gate_activation" and not may_be_a_gate(cls()):
                continue
            yield parameter, cls()
    yield from (("activation", part) for part in VARIANTS)
    yield "learning_rate", WarmUp(2, Cosine(3))


CASES = list(part_cases())


def estimator_for(parameter, part):
    """One that can fit with the part."""
    more = {"warm_start": True}
    if parameter == "learning_rate":
        more |= {"solver": "sgd"}
    if parameter == "activity_penalty":
        more |= {"activation": "logistic"}
    if isinstance(part, FromCoefs):
        shapes = [(5, 4), (4, 3), (3, 3)]
        rng = np.random.RandomState(0)
        part = FromCoefs([rng.normal(size=s) for s in shapes], [np.ones(s[1]) for s in shapes])
    if parameter == "numerical_embedding":
        return TabularMLPClassifier((4, 3), max_iter=2, random_state=0, **more | {parameter: part})
    if parameter in ("gate_activation", "recurrent_initialization"):
        if isinstance(part, FromCoefs):
            part = FromCoefs([np.ones((4, 16))])
        small = {"hidden_layer_sizes": 4, "max_iter": 2, "random_state": 0, "cell": "lstm"}
        return RNNClassifier(**small, **more | {parameter: part})
    if parameter == "loss" and not part.for_classes:
        return MLPRegressor(**SMALL, **more | {parameter: part})
    return MLPClassifier(**SMALL, **more | {parameter: part})


FITS = {
    "defaults": (MLPClassifier(**SMALL), {}),
    "float32": (MLPClassifier(**SMALL, dtype="float32", warm_start=True), {}),
    "ensemble": (MLPClassifier(**SMALL, ensemble_size=3, activation="prelu", warm_start=True), {}),
    "early stopping": (
        MLPClassifier(**SMALL, early_stopping=True, dropout=0.2, warm_start=True),
        {"sample_weight": np.arange(60.0)},
    ),
    "held out": (MLPClassifier(**SMALL, ensemble_size=2), {"X_val": X[:9], "y_val": y[:9]}),
    "class weights": (MLPClassifier(**SMALL, class_weight={0: 1.0, 1: 2.5, 2: 1}), {}),
    "balanced": (MLPClassifier(**SMALL, class_weight="balanced"), {}),
    "lbfgs": (MLPClassifier(**SMALL, solver="lbfgs", warm_start=True), {}),
    "parts by layer": (
        MLPClassifier(**SMALL, activation=[PReLU(), "tanh"], penalty=("l1", None, "l2")),
        {},
    ),
    "no hidden layer": (MLPClassifier((), max_iter=3, random_state=0), {}),
    "a list, an array, a whole float": (
        MLPClassifier(
            np.array([4, 3]), dropout=[0.1, 0.0], alpha=np.float32(0.1), max_iter=np.int64(3),
            n_iter_no_change=np.inf, time_limit=1000, random_state=np.uint8(3),
        ),
        {},
    ),
    "a generator": (MLPClassifier((4,), max_iter=3, random_state=np.random.RandomState(7)), {}),
}  # fmt: skip
