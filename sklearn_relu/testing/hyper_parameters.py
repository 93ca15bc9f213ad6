"""Rules of all parts: hyper-parameters, copies, pickles."""

import copy
import inspect
import pickle

from sklearn.base import clone

from sklearn_relu.part import Part
from sklearn_relu.testing.reporting import call, fail, require

STORE = "Write 'self.{name} = {name}' in __init__, and nothing else; validate in check()."


def constructor_stores_its_parameters(part: Part) -> None:
    """Each parameter is stored unchanged, under its own name; the constructor does nothing else."""
    cls = type(part)
    parameters = _parameters(part)
    markers = {name: object() for name in parameters}
    try:
        stored = vars(cls(**markers))
    except Exception as error:
        fail(
            part,
            "__init__",
            f"raises {type(error).__name__} ({error}) for values that it only has to store",
            STORE.format(name=next(iter(parameters), "parameter")),
        )
    for name, marker in markers.items():
        require(
            stored.get(name) is marker,
            part,
            "__init__",
            f"does not store its parameter {name} unchanged as the attribute {name}",
            STORE.format(name=name),
        )
    extra = sorted(stored.keys() - parameters)
    require(
        not extra,
        part,
        "__init__",
        f"sets the attributes {extra}, which are no parameters",
        "A part holds hyper-parameters only: compute the rest where it is used, or make it a "
        "property.",
    )


def _parameters(part: Part) -> set[str]:
    if "__init__" not in {name for cls in type(part).__mro__[:-1] for name in vars(cls)}:
        return set()
    signature = inspect.signature(type(part).__init__)
    parameters = list(signature.parameters.values())[1:]
    for parameter in parameters:
        require(
            parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD),
            part,
            "__init__",
            f"takes {parameter}",
            "Name each parameter, as scikit-learn's get_params and clone need.",
        )
    return {parameter.name for parameter in parameters}


def copies_are_equal_and_independent(part: Part) -> None:
    """``clone``, ``copy`` and ``deepcopy`` give another part with the same hyper-parameters."""
    for make_copy in (clone, copy.copy, copy.deepcopy):
        name = f"{make_copy.__module__.split('.')[0]}.{make_copy.__name__}"
        try:
            twin = make_copy(part)
        except Exception as error:
            fail(part, "__init__", f"does not let {name} work: {error}", STORE.format(name="..."))
        require(
            twin is not part and type(twin) is type(part) and repr(vars(twin)) == repr(vars(part)),
            part,
            "__init__",
            f"and {name} do not fit together: got {twin!r} for {part!r}",
            "Leave __sklearn_clone__, __copy__, __deepcopy__ and get_params as the base class has "
            "them, so that a copy is another part with the same parameters.",
        )


def parameters_can_be_set(part: Part) -> None:
    """``set_params`` sets what ``get_params`` gives, and returns the part."""
    for name in part.get_params(deep=False):
        twin, marker = copy.copy(part), object()
        returned = call(twin, "set_params", **{name: marker})
        require(
            returned is twin and twin.get_params(deep=False)[name] is marker,
            part,
            "set_params",
            f"does not set {name}, or does not return the part",
            "Searches set parameters by it. Leave set_params and get_params as the base class has "
            "them, or call them there.",
        )


def repr_names_the_parameters(part: Part) -> None:
    """The representation is the constructor's call, with each parameter that is not a default."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(part)).parameters.items()
    }
    changed = {
        name
        for name, value in part.get_params(deep=False).items()
        if repr(value) != repr(defaults.get(name))
    }
    text = repr(part)
    require(
        text.startswith(f"{type(part).__name__}(") and all(f"{name}=" in text for name in changed),
        part,
        "__repr__",
        f"gives {text!r}, which does not name the class and its parameters {sorted(changed)}",
        "Logs and errors show it. Leave __repr__ as the base class has it.",
    )


def pickles(part: Part) -> None:
    """A pickle holds the hyper-parameters, so that other processes can fit with the part."""
    try:
        twin = pickle.loads(pickle.dumps(part))
    except Exception as error:
        fail(
            part,
            "__reduce__",
            f"cannot be pickled: {type(error).__name__}: {error}",
            "Define the class, and functions among its parameters, at the top of a module: "
            "neither in a function nor as a lambda.",
        )
    require(
        type(twin) is type(part) and repr(vars(twin)) == repr(vars(part)),
        part,
        "__getstate__",
        f"loses hyper-parameters in a pickle: {part!r} becomes {twin!r}",
        "Leave __getstate__, __setstate__ and __reduce__ as the base class has them.",
    )


def hyper_parameters_are_valid(part: Part) -> None:
    """``check`` accepts the part; constraints are of parameters that there are."""
    unknown = sorted(set(type(part)._parameter_constraints) - set(part.get_params(deep=False)))
    require(
        not unknown,
        part,
        "_parameter_constraints",
        f"names {unknown}, which are no parameters of the constructor",
        "Give each constraint the name of its parameter.",
    )
    call(part, "check")


CHECKS = (
    constructor_stores_its_parameters,
    copies_are_equal_and_independent,
    parameters_can_be_set,
    repr_names_the_parameters,
    hyper_parameters_are_valid,
)
