"""Parameters of estimators and parts, by scikit-learn's convention."""

import copy
import inspect
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any, TypeVar, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if

Method = TypeVar("Method", bound=Callable[..., Any])


def only_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """Decorate a method that an estimator has where its parameters pass the check.

    scikit-learn's decorator has no types; type checkers see through this one.
    """
    return available_if(check)


class WithQuickParameters(BaseEstimator):
    """An estimator whose parameters are looked up once, not in each of the many calls in which
    scikit-learn asks for them: a fit of a search comes to twenty."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constructor = vars(cls).get("__init__")
        if constructor is not None:
            constructor.__signature__ = inspect.signature(constructor)

    def __setstate__(self, state):
        """Take over a pickled state; parameters that came to be after it have their defaults."""
        super().__setstate__(state)
        cls: Any = type(self)
        for name, default in defaults_of(cls).items():
            if name not in vars(self):
                setattr(self, name, default)


@cache
def defaults_of(cls: Hashable) -> dict[str, Any]:
    """The defaults of a class's parameters, by name, for those that have one."""
    parameters = inspect.signature(cast(type, cls)).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


def store_parameters(owner: Any, given: dict[str, Any]) -> None:
    """Set the arguments of a constructor as attributes of the same names.

    Parameters
    ----------
    owner : WithQuickParameters
        The object that is constructed.
    given : dict
        ``locals()`` at the beginning of the constructor.
    """
    for name, value in given.items():
        if name not in ("self", "__class__"):
            setattr(owner, name, value)


_PYTHON = {str, int, float, bool, type(None), list, tuple, dict}
"""Types of most attributes, which need no closer look."""


def with_python_numbers(owner: Any) -> Any:
    """A part or an estimator whose parameters, and those of its parts, are no NumPy scalars.

    One of float64 takes a float32 computation to float64, and one of float32 rounds what is
    computed in float64. Python's numbers do neither.

    Parameters
    ----------
    owner : WithQuickParameters

    Returns
    -------
    owner : WithQuickParameters
        The very same, if it has none; else a shallow copy.
    """
    changed = {}
    for name, value in vars(owner).items():
        if type(value) in _PYTHON:
            continue
        if isinstance(value, np.generic):
            changed[name] = _python_value(value)
        elif isinstance(value, WithQuickParameters):
            inner = with_python_numbers(value)
            if inner is not value:
                changed[name] = inner
    if changed:
        owner = copy.copy(owner)
        vars(owner).update(changed)
    return owner


def _python_value(scalar: np.generic) -> Any:
    # Not item(), which leaves a longdouble as it is.
    kinds = {np.bool_: bool, np.integer: int, np.floating: float, np.str_: str}
    for kind, python in kinds.items():
        if isinstance(scalar, kind):
            return python(scalar)
    return scalar
