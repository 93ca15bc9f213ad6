"""The contract of all parts, which are found in the registries of their families."""

import copy
import importlib
import inspect
import pickle
import pkgutil
import re
import sys

import numpy as np
import pytest
from helpers import other_value
from sklearn.base import clone
from sklearn.utils._param_validation import (
    generate_invalid_param_val,
    make_constraint,
)

import sklearn_relu
from sklearn_relu import MLPClassifier, MLPRegressor, RNNClassifier, TabularMLPClassifier
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.estimators.parts import FAMILIES, WITH_FLAT_PARAMETERS
from sklearn_relu.losses import LOSSES, LogLoss
from sklearn_relu.part import Part, resolve_part
from sklearn_relu.penalties import KLSparsity
from sklearn_relu.schedules import FunctionRate

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

NAMES = [(parameter, name) for parameter, (family, _) in FAMILIES.items() for name in family]
CLASSES = list(dict.fromkeys(FAMILIES[parameter][0][name] for parameter, name in NAMES))
HYPER_PARAMETERS = [(cls, name) for cls in CLASSES for name in cls().get_params()]
FLAT = [
    (parameter, name, flat)
    for parameter, name in NAMES
    if parameter in WITH_FLAT_PARAMETERS
    for flat in FAMILIES[parameter][0][name]().get_params()
    if flat in MLPRegressor().get_params()
]
REFUSED = {
    ("initialization", "from_coefs"): "from_coefs needs coefs=",
    ("bias_initialization", "from_coefs"): "from_coefs needs intercepts=",
    ("bias_initialization", "identity"): "Identity is for weights only",
    ("bias_initialization", "lsuv"): "LSUV is for weights only",
    ("bias_initialization", "unit_variance"): "UnitVariance is for weights only",
    ("recurrent_initialization", "from_coefs"): "from_coefs needs coefs=",
    ("gate_activation", "prelu"): "gates have none",
    ("gate_activation", "parametric"): "gates have none",
    ("gate_activation", "maxout"): "an LSTM needs one of each",
    ("gate_activation", "crelu"): "an LSTM needs one of each",
}
"""Names that a fit does not take, and what it says: they need arguments, or have no sense there."""

every_name = pytest.mark.parametrize(("parameter", "name"), NAMES)
every_class = pytest.mark.parametrize("cls", CLASSES)
every_hyper_parameter = pytest.mark.parametrize(("cls", "name"), HYPER_PARAMETERS)
every_parameter = pytest.mark.parametrize("parameter", FAMILIES)


@every_class
def test_constructs_without_arguments_and_is_valid(cls):
    part = cls()
    part.check()
    assert vars(part) == part.get_params()


@every_class
@pytest.mark.parametrize("make_copy", [clone, copy.copy, copy.deepcopy], ids=lambda f: f.__name__)
def test_copies_are_equal_and_independent(cls, make_copy):
    part = cls(**{name: other_value(cls, name) for name in cls().get_params()})
    twin = make_copy(part)
    assert type(twin) is cls
    assert twin is not part
    assert vars(twin) == vars(part)


@every_class
def test_pickles(cls):
    part = cls(**{name: other_value(cls, name) for name in cls().get_params()})
    twin = pickle.loads(pickle.dumps(part))
    assert type(twin) is cls
    assert vars(twin) == vars(part)


@every_hyper_parameter
def test_set_params_sets_and_repr_tells(cls, name):
    part, value = cls(), other_value(cls, name)
    assert part.set_params(**{name: value}) is part
    assert part.get_params() == {**cls().get_params(), name: value}
    assert repr(part) == f"{cls.__name__}({name}={value!r})"
    assert vars(eval(repr(part), {cls.__name__: cls})) == vars(part)
    with pytest.raises(ValueError, match="no_such_parameter"):
        part.set_params(no_such_parameter=1)


@every_class
def test_repr_without_changes_is_the_constructor_call(cls):
    assert repr(cls()) == f"{cls.__name__}()"


@every_hyper_parameter
def test_hyper_parameters_out_of_range_are_refused_by_name(cls, name):
    constraints = [make_constraint(c) for c in cls._parameter_constraints[name]]
    invalid = [object(), "no such value", np.nan]
    for constraint in constraints:
        try:
            invalid.append(generate_invalid_param_val(constraint))
        except NotImplementedError:  # all values of the type are allowed
            continue
    for value in invalid:
        if any(constraint.is_satisfied_by(value) for constraint in constraints):
            continue
        part = cls(**{name: value})  # constructors take what they are given
        assert vars(part)[name] is value
        with pytest.raises(ValueError, match=rf"'{name}' parameter of {cls.__name__} must be"):
            part.check()


@every_name
def test_unknown_names_are_answered_with_the_nearest_known_one(parameter, name):
    family, base = FAMILIES[parameter]
    for wrong in (name + "x", name.upper()):
        with pytest.raises(ValueError, match="Did you mean") as error:
            resolve_part(wrong, family, base, parameter)
        message = str(error.value)
        assert message.startswith(f"{parameter} must be one of {sorted(family)} or a")
        assert message.endswith(f"; got {wrong!r}. Did you mean {name!r}?")


@every_parameter
def test_names_that_are_near_to_none_get_no_guess(parameter):
    with pytest.raises(ValueError, match=r"got 'qqqqqqqq'\.$"):
        resolve_part("qqqqqqqq", *FAMILIES[parameter], parameter)


@every_name
def test_a_class_in_place_of_an_instance_gets_a_hint(parameter, name):
    family, base = FAMILIES[parameter]
    cls = family[name]
    hint = f"That is a class: pass an instance, {cls.__name__}()."
    with pytest.raises(ValueError, match=re.escape(hint)):
        resolve_part(cls, family, base, parameter)


@every_parameter
def test_what_is_neither_a_name_nor_a_part_of_the_family_is_refused(parameter):
    family, base = FAMILIES[parameter]
    stranger = next(cls() for cls in CLASSES if not issubclass(cls, base))
    for value in (stranger, 3, b"relu"):
        with pytest.raises(ValueError, match=f"^{parameter} must be one of"):
            resolve_part(value, family, base, parameter)


@every_name
def test_a_name_resolves_to_a_default_part_and_a_part_to_itself(parameter, name):
    family, base = FAMILIES[parameter]
    part = resolve_part(name, family, base, parameter)
    assert type(part) is family[name]
    assert vars(part) == vars(family[name]())
    assert resolve_part(part, family, base, parameter) is part


@every_name
def test_registries_hold_concrete_parts_of_their_family(parameter, name):
    family, base = FAMILIES[parameter]
    cls = family[name]
    assert issubclass(cls, base)
    assert issubclass(base, Part)
    assert not inspect.isabstract(cls)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)


def test_every_concrete_part_of_the_package_can_be_named():
    for module in pkgutil.walk_packages(sklearn_relu.__path__, "sklearn_relu."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    contracts = {base for _, base in FAMILIES.values()}
    classes, found = [Part], set()
    while classes:
        subclasses = classes.pop().__subclasses__()
        classes += subclasses
        found |= {
            cls
            for cls in subclasses
            if cls.__module__.startswith("sklearn_relu.")
            and hasattr(sys.modules[cls.__module__], cls.__name__)  # else of a docstring's example
            and not (inspect.isabstract(cls) or cls.__name__.startswith("_"))
        }
    kinds = ("multiclass", "inputs")
    meant = {type(cls().for_target(kind)) for cls in LOSSES.values() for kind in kinds}
    nameless = {FunctionRate}  # there is no function that a name could stand for
    assert found - contracts == set(CLASSES) | meant | nameless


@every_class
def test_parts_are_public_and_documented(cls):
    module = importlib.import_module(cls.__module__)
    assert getattr(module, cls.__name__) is cls
    assert not any(piece.startswith("_") for piece in f"{cls.__module__}.{cls.__name__}".split("."))
    assert cls.__doc__.strip()
    for name in cls().get_params():
        assert re.search(rf"^    {name} : .*default=", cls.__doc__, re.M), name
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_") and method.__module__.startswith("sklearn_relu"):
            assert method.__doc__, f"{cls.__name__}.{name}"


def small_fit(parameter, value):
    """Fit a small network with one part given, by the estimator that it is for."""
    rng = np.random.RandomState(0)
    X, scores = rng.normal(size=(40, 4)), rng.normal(size=40)
    loss = value if parameter == "loss" else "log_loss"
    cls = LOSSES.get(loss, LogLoss) if isinstance(loss, str) else type(loss)
    estimator = MLPClassifier if cls.for_classes else MLPRegressor
    y = scores > 0 if cls.for_classes else np.exp(scores)
    params = {"hidden_layer_sizes": (6, 5), "max_iter": 3, "random_state": 1, "activity_alpha": 0.1}
    if parameter == "learning_rate":
        params |= {"solver": "sgd"}
    if parameter == "numerical_embedding":
        estimator = TabularMLPClassifier
    if parameter in ("gate_activation", "recurrent_initialization"):
        estimator, params = RNNClassifier, {"cell": "lstm", "max_iter": 3, "random_state": 1}
    if value == "kl" or isinstance(value, KLSparsity):
        params |= {"activation": "logistic"}
    return estimator(**params).set_params(**{parameter: value}).fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("parameter", "name"), [pair for pair in NAMES if pair not in REFUSED])
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_a_fit_by_name_and_by_part_are_the_same_and_leave_the_part_as_it_was(parameter, name):
    part = FAMILIES[parameter][0][name]()
    before = pickle.dumps(part)
    by_name, by_part = small_fit(parameter, name), small_fit(parameter, part)
    assert getattr(by_part, parameter) is part
    assert getattr(by_name, parameter) == name
    assert pickle.dumps(part) == before
    assert vars(part) == vars(type(part)())
    for one, other in zip(by_name.coefs_, by_part.coefs_, strict=True):
        assert np.array_equal(one, other)
    assert by_name.loss_ == by_part.loss_


@pytest.mark.parametrize(("parameter", "name"), REFUSED)
def test_a_fit_refuses_a_name_that_says_too_little_or_makes_no_sense_there(parameter, name):
    with pytest.raises(ValueError, match=REFUSED[parameter, name]):
        small_fit(parameter, name)


@every_name
def test_an_estimator_says_what_a_parameter_takes(parameter, name):
    with pytest.raises(ValueError, match=rf"^{parameter} must be one of .*Did you mean '{name}'"):
        small_fit(parameter, name + "x")


def test_a_hyper_parameter_out_of_range_is_refused_by_fit_and_the_estimator_stays_unfitted():
    network = MLPClassifier(activation=LeakyReLU(negative_slope=2))
    with pytest.raises(ValueError, match="'negative_slope' parameter of LeakyReLU must be"):
        network.fit([[0.0], [1.0]], [0, 1])
    assert not hasattr(network, "coefs_")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("parameter", "name", "flat"), FLAT)
def test_a_named_solver_or_schedule_takes_the_estimators_flat_parameters(parameter, name, flat):
    cls = FAMILIES[parameter][0][name]
    value = other_value(cls, flat)

    def weights(**params):
        network = MLPRegressor(hidden_layer_sizes=(4,), random_state=0, max_iter=9)
        X = np.random.RandomState(0).normal(size=(30, 3))
        solver = {"solver": "sgd"} if parameter == "learning_rate" else {}
        return network.set_params(**solver, **params).fit(X, X[:, 0] ** 2).coefs_[0]

    by_name = weights(**{parameter: name, flat: value})
    assert np.array_equal(by_name, weights(**{parameter: cls(**{flat: value})}))
    assert not np.array_equal(by_name, weights(**{parameter: name}))
