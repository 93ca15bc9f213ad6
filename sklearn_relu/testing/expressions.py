"""A stand-in for the values that ``to_onnx`` gives to an expression, which computes."""

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from sklearn_relu.activations import Activation
from sklearn_relu.persistence import ONNX_FUNCTIONS


def is_given(part: Activation) -> bool:
    """Tell whether the activation has an expression."""
    return type(part).expression is not Activation.expression


class Noted(NDArrayOperatorsMixin):
    """An array with which only what can be exported can be done.

    Parameters
    ----------
    values : ndarray
    """

    def __init__(self, values: Any):
        self.values = np.asarray(values)

    @property
    def shape(self) -> tuple[None, None, int]:
        """Only the width is known when a model is exported."""
        return None, None, self.values.shape[-1]

    def __getitem__(self, key):
        return Noted(self.values[key])

    def __bool__(self):
        raise TypeError("an expression does not know its numbers: choose by np.where, not by if")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__" or kwargs or not _is_known(ufunc):
            raise TypeError(_refusal(ufunc, kwargs))
        return Noted(ufunc(*map(_plain, inputs)))

    def __array_function__(self, function, types, args, kwargs):
        if not _is_known(function):
            raise TypeError(_refusal(function, kwargs))
        return Noted(function(*map(_plain, args), **kwargs))


class NotedGraph:
    """A stand-in for the graph that ``to_onnx`` gives to layers and embeddings."""

    def value(self, array: Any) -> Noted:
        """A value that is known."""
        return Noted(np.asarray(array, dtype=np.float64))

    def product(self, x: Noted, weight: Noted) -> Noted:
        """``x @ weight`` for each network."""
        return Noted(x.values @ weight.values)


def _plain(value):
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.values if isinstance(value, Noted) else value


def _is_known(function) -> bool:
    return function in ONNX_FUNCTIONS


def _refusal(function, kwargs) -> str:
    given = f" with {sorted(kwargs)}" if kwargs else ""
    return (
        f"to_onnx does not know {function.__name__}{given}; it knows the functions of "
        "sklearn_relu.persistence.ONNX_FUNCTIONS, without out="
    )
