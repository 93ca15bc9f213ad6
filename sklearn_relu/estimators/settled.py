"""Parameters that are as they were in the last call, and need not be checked again."""

from collections.abc import Callable, Iterable
from functools import cache
from operator import is_
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import clone

from sklearn_relu.estimators.parts import Parts, resolve_parts
from sklearn_relu.part import Part
from sklearn_relu.sklearn_private import parameter_names, validate_parameters

_checked: "WeakKeyDictionary[Any, tuple[list, Parts]]" = WeakKeyDictionary()
"""For each estimator what its parameters hold, and its parts. It is not in the estimator, for it is
no part of its state; what it holds refers to nothing, so it keeps no estimator alive."""

_names_of: Callable[[Any], list[str]] = cache(parameter_names)

_SETTLED = {str, int, float, bool, type(None), np.random.RandomState}
"""Types of values that stay valid as long as they are the same objects."""


def checked_parts(estimator) -> Parts:
    """The parts of an estimator whose parameters are valid.

    Raises
    ------
    ValueError
        Naming the parameter, what was got, what is allowed and what to do.
    """
    held = _held([getattr(estimator, name) for name in _names_of(type(estimator))])
    known = _checked.get(estimator)
    if known is not None and held is not None and _are_same(held, known[0]):
        return known[1]
    validate_parameters(estimator)
    parts = resolve_parts(estimator)
    if held is not None:
        _checked[estimator] = held, parts
    return parts


def copied_parts(parts: list, copies: list) -> list:
    """Copies of parts, which do not change if the user changes a part; those of `copies` that are
    copies of them as they are now."""
    if len(parts) == len(copies) and all(map(_is_copy, copies, parts)):
        return copies
    return [clone(part) for part in parts]


def _is_copy(one: Part, other: Part) -> bool:
    if type(one) is not type(other):
        return False
    held = _held(vars(one).values())
    others = _held(vars(other).values())
    return held is not None and others is not None and _are_same(held, others)


def _held(values: Iterable) -> list | None:
    """All that values hold, down to what cannot change; None if something may change unseen."""
    held: list[Any] = []
    for value in values:
        if type(value) in _SETTLED or isinstance(value, np.number | np.bool_):
            held.append(value)
            continue
        if isinstance(value, Part):
            within = _held(vars(value).values())
            held.append(value)
        elif type(value) in (list, tuple):
            within = _held(value)
        else:
            return None
        if within is None:
            return None
        # None of these is among the values of parameters: so no two structures look alike.
        held += [_held, *within, _are_same]
    return held


def _are_same(held: list, others: list) -> bool:
    return len(held) == len(others) and all(map(is_, held, others))
