"""Parameters and fitted attributes that are described once: their constraints, and docstrings."""

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from sklearn_relu.docstrings import filled, has_line
from sklearn_relu.parameters import WithQuickParameters


class Parameter(NamedTuple):
    """A parameter of an estimator.

    Its default is that of the constructor.

    Attributes
    ----------
    kind : str
        Its type, in words.
    constraints : list or str
        As scikit-learn's ``_parameter_constraints`` have them.
    text : str
    """

    kind: str
    constraints: list | str
    text: str


class Attribute(NamedTuple):
    """A fitted attribute of an estimator.

    Attributes
    ----------
    kind : str
        Its type, in words.
    text : str
    """

    kind: str
    text: str


class Described(WithQuickParameters):
    """An estimator whose classes describe parameters and fitted attributes once for all that derive
    from them.

    A class describes its own in `_described_parameters` and `_described_attributes`, which come
    before those of its bases. Where a class has a constructor, its `_parameter_constraints` are
    made from these. In a docstring the line ``{parameters}`` stands for the parameters of the
    constructor, and the line ``{attributes}`` for all fitted attributes.
    """

    _described_parameters: ClassVar[dict[str, Parameter]] = {}
    _described_attributes: ClassVar[dict[str, Attribute]] = {}
    _parameter_constraints: dict[str, Any]

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "__init__" in own and "_parameter_constraints" not in own:
            cls._parameter_constraints = _constraints(cls)
        if cls.__doc__ is not None:
            cls.__doc__ = _completed(cls.__doc__, cls)


def _constraints(cls: type) -> dict[str, list | str]:
    """The constraints of the constructor's parameters, those of the nearest class that has some."""
    found: dict[str, list | str] = {}
    for base in reversed(cls.__mro__):
        own = vars(base)
        if issubclass(base, Described):
            described = own.get("_described_parameters", {})
            found |= {name: parameter.constraints for name, parameter in described.items()}
            found |= own.get("_parameter_constraints", {})
    names = inspect.signature(cls).parameters
    return {name: found[name] for name in names if name in found}


def _completed(doc: str, cls: type) -> str:
    """A docstring with descriptions in place of the two lines."""
    for line, described in (("parameters", _parameter_lines), ("attributes", _attribute_lines)):
        if has_line(doc, line):
            doc = filled(doc, line, "\n".join(described(cls)))
    return doc


def _parameter_lines(cls: type) -> Iterable[str]:
    described = _nearest(cls, "_described_parameters")
    for parameter in inspect.signature(cls).parameters.values():
        kind, _, text = described[parameter.name]
        yield f"{parameter.name} : {kind}, default={_shown(parameter.default)}"
        yield from _indented(text)


def _attribute_lines(cls: type) -> Iterable[str]:
    for name, (kind, text) in _nearest(cls, "_described_attributes").items():
        yield f"{name} : {kind}"
        yield from _indented(text)


def _nearest(cls: type, table: str) -> dict:
    """The entries of the tables of a class and its bases, each of the nearest that has it."""
    found: dict = {}
    for base in cls.__mro__:
        found = found | {k: v for k, v in vars(base).get(table, {}).items() if k not in found}
    return found


def _shown(default: Any) -> str:
    return f'"{default}"' if isinstance(default, str) else repr(default)


def _indented(text: str) -> Iterable[str]:
    return ("    " + line for line in inspect.cleandoc(text).splitlines())
