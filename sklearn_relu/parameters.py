"""Parameters of estimators and parts, by scikit-learn's convention."""

import copy
import inspect
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

PYTHON = {type(None), bool, int, float, complex, str}
"""Types of values that are Python's own."""


class WithQuickParameters(BaseEstimator):
    """An estimator whose parameters are looked up once, not in each of the many calls in which
    scikit-learn asks for them: a fit of a search comes to twenty."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constructor = vars(cls).get("__init__")
        if constructor is not None:
            constructor.__signature__ = inspect.signature(constructor)


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
        if type(value) in PYTHON:
            continue
        python = _python_value(value)
        if python is not value:
            changed[name] = python
    if changed:
        owner = copy.copy(owner)
        vars(owner).update(changed)
    return owner


def _python_value(value: Any) -> Any:
    if isinstance(value, WithQuickParameters):
        return with_python_numbers(value)
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    return str(value) if isinstance(value, np.str_) else value
