"""Values that note what NumPy's functions do to them, as nodes of an ONNX graph."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from scipy.special import erf, expit, ndtr

from sklearn_relu.layers.windows import Windows
from sklearn_relu.persistence.onnx_recurrence import recurrence

NODES: dict[Callable, str] = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.power: "Pow",
    np.negative: "Neg",
    np.abs: "Abs",
    np.sign: "Sign",
    np.sqrt: "Sqrt",
    np.exp: "Exp",
    np.log: "Log",
    np.tanh: "Tanh",
    np.sin: "Sin",
    np.maximum: "Max",
    np.minimum: "Min",
    expit: "Sigmoid",
    np.where: "Where",
}
"""Functions that are one node."""

CONDITIONS: dict[Callable, str] = {
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.less: "Less",
    np.less_equal: "LessOrEqual",
    np.equal: "Equal",
    np.logical_and: "And",
    np.logical_or: "Or",
    np.logical_not: "Not",
}
"""Functions that are one node, and give conditions for ``np.where``."""

DERIVED: dict[Callable, Callable[..., Any]] = {
    np.square: lambda x: x * x,
    np.reciprocal: lambda x: 1 / x,
    np.cos: lambda x: np.sin(x + math.pi / 2),
    np.log1p: lambda x: np.log(1 + x),
    np.expm1: lambda x: np.exp(x) - 1,
    np.clip: lambda x, low, high: np.minimum(np.maximum(x, low), high),
    np.logaddexp: lambda x, y: np.maximum(x, y) + np.log(1 + np.exp(-np.abs(x - y))),
    ndtr: lambda x: 0.5 * (1 + erf(x / math.sqrt(2))),
}
"""Functions that others make up."""

REDUCTIONS: dict[Callable, str] = {np.max: "ReduceMax", np.sum: "ReduceSum", np.mean: "ReduceMean"}
"""Functions over the last axis, with ``axis=-1, keepdims=True``."""

ONNX_FUNCTIONS = (*NODES, *CONDITIONS, *DERIVED, *REDUCTIONS, erf, np.concatenate)
"""The functions of NumPy and SciPy that an ``expression`` may use."""


class Graph:
    """Adds nodes to a model that skl2onnx is making.

    Parameters
    ----------
    scope, container : object
        skl2onnx's own.
    dtype : dtype
        What it computes in: float32 or float64.
    """

    def __init__(self, scope, container, dtype):
        self.scope = scope
        self.container = container
        self.dtype = np.dtype(dtype)

    def constant(self, array: np.ndarray) -> str:
        """The name of a constant with these values."""
        from onnx import numpy_helper

        tensor = numpy_helper.from_array(np.ascontiguousarray(array).reshape(np.shape(array)))
        name = self.scope.get_unique_variable_name("constant")
        if array.dtype.kind in "OU":  # skl2onnx takes over numbers as they are, text anew
            text = [str(value).encode() for value in array.ravel()]
            self.container.add_initializer(name, tensor.data_type, array.shape, text)
        else:
            self.container.add_initializer(name, None, None, tensor)
        return name

    def node(self, op: str, inputs: list[str], output: str | None = None, **attributes) -> str:
        """The name of what a new node gives."""
        name = output or self.scope.get_unique_variable_name(op.lower())
        unique = self.scope.get_unique_operator_name(op)
        self.container.add_node(op, inputs, name, name=unique, **attributes)
        return name

    def cast(self, name: str, dtype, output: str | None = None) -> str:
        """The values in another dtype."""
        from onnx.helper import np_dtype_to_tensor_dtype

        return self.node("Cast", [name], output, to=np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def reduce(self, op: str, name: str, axis: int, keepdims: bool) -> str:
        """A reduction over one axis, in the form that the opset has."""
        if self.container.target_opset >= (13 if op == "ReduceSum" else 18):
            axes = self.constant(np.array([axis]))
            return self.node(op, [name, axes], keepdims=int(keepdims))
        return self.node(op, [name], axes=[axis], keepdims=int(keepdims))

    def value(self, array) -> "Value":
        """A value that is known: parameters, or a number."""
        array = np.asarray(array)
        if array.dtype.kind != "b":
            array = array.astype(self.dtype)
        width = array.shape[-1] if array.ndim else 1
        return Value(self, self.constant(array), width, len(array) if array.ndim == 3 else 1)

    def product(self, x: "Value", weight: "Value") -> "Value":
        """``x @ weight`` for each network."""
        name = self.node("MatMul", [x.name, weight.name])
        return Value(self, name, weight.width, max(x.n_networks, weight.n_networks))

    def reshape(self, x: "Value", width: int) -> "Value":
        """The numbers in rows of another width."""
        return Value(self, self.shaped(x.name, x.n_networks, -1, width), width, x.n_networks)

    def rows(self, x: "Value", output: str) -> None:
        """Give out the numbers of one network, (n_samples, width)."""
        self.node("Reshape", [x.name, self.constant(np.array([-1, x.width]))], output)

    def convolution(
        self,
        x: "Value",
        weight: "Value",
        image_shape: tuple[int, int, int],
        along: tuple[Windows, Windows],
    ) -> "Value":
        """A convolution with zeros beyond the edges, place by place.

        Parameters
        ----------
        x : Value of shape (n_networks, n_samples, rows * columns * channels)
        weight : Value of shape (n_networks, kernel rows * kernel columns * channels, n_filters)
        image_shape : tuple of (rows, columns, channels)
        along : tuple of (Windows, Windows)
            The windows along rows and along columns.

        Returns
        -------
        z : Value of shape (n_networks, n_samples * places, n_filters)
        """
        rows, columns, channels = image_shape
        n, k, n_filters = x.n_networks, weight.n_networks, weight.width
        kernel_size = along[0].size, along[1].size
        filters = self.shaped(weight.name, k, *kernel_size, channels, n_filters)
        filters = self.node("Transpose", [filters], perm=[0, 4, 3, 1, 2])
        filters = self.shaped(filters, k * n_filters, channels, *kernel_size)
        images = self.shaped(x.name, n, -1, *image_shape)
        images = self.node("Transpose", [images], perm=[1, 0, 4, 2, 3])
        images = self.shaped(images, -1, n * channels, rows, columns)
        # Networks are groups of channels, unless all read the same.
        z = self.node("Conv", [images, filters], group=n, **_strides_and_pads(along))
        z = self.shaped(z, -1, k, n_filters, along[0].n_windows, along[1].n_windows)
        z = self.node("Transpose", [z], perm=[1, 0, 3, 4, 2])
        return Value(self, self.shaped(z, k, -1, n_filters), n_filters, k)

    def pooling(
        self,
        op: str,
        x: "Value",
        image_shape: tuple[int, int, int],
        along: tuple[Windows, Windows],
    ) -> "Value":
        """MaxPool or AveragePool over the windows along rows and along columns, channels last."""
        images = self.node("Transpose", [self.shaped(x.name, -1, *image_shape)], perm=[0, 3, 1, 2])
        kernel_shape = along[0].size, along[1].size
        pooled = self.node(op, [images], kernel_shape=kernel_shape, **_strides_and_pads(along))
        pooled = self.node("Transpose", [pooled], perm=[0, 2, 3, 1])
        width = along[0].n_windows * along[1].n_windows * image_shape[2]
        return Value(self, self.shaped(pooled, x.n_networks, -1, width), width, x.n_networks)

    def channels_last(self, x: "Value", image_shape: tuple[int, int, int]) -> "Value":
        """Images whose channels came first."""
        rows, columns, channels = image_shape
        images = self.shaped(x.name, x.n_networks, -1, channels, rows * columns)
        images = self.node("Transpose", [images], perm=[0, 1, 3, 2])
        return Value(self, self.shaped(images, x.n_networks, -1, x.width), x.width, x.n_networks)

    def recurrence(
        self,
        operator: str,
        x: "Value",
        n_channels: int,
        params: dict[str, np.ndarray],
        gates: tuple[int, ...],
        functions: list[tuple],
        summary: str | None,
    ) -> "Value":
        """A recurrent layer: see :func:`sklearn_relu.persistence.onnx_recurrence.recurrence`."""
        return recurrence(self, operator, x, n_channels, params, gates, functions, summary)

    def shaped(self, name: str, *shape: int) -> str:
        """The numbers in another shape."""
        return self.node("Reshape", [name, self.constant(np.array(shape))])


def _strides_and_pads(along: tuple[Windows, Windows]) -> dict[str, Any]:
    """Of a node that looks at windows."""
    return {
        "strides": [windows.stride for windows in along],
        "pads": [*(windows.before for windows in along), *(windows.after for windows in along)],
    }


def dtype_of(operator) -> np.dtype:
    """float64 where inputs are, else float32."""
    from skl2onnx.common.data_types import DoubleTensorType

    double = any(isinstance(given.type, DoubleTensorType) for given in operator.inputs)
    return np.dtype(np.float64 if double else np.float32)


def tensor_type(operator):
    """Return skl2onnx's type for tensors of :func:`dtype_of`."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    return DoubleTensorType if dtype_of(operator) == np.float64 else FloatTensorType


class Value(NDArrayOperatorsMixin):
    """Stands for an array of shape (n_networks, n_samples, width)."""

    lengths: str | None = None
    """Of states at all steps, the name of how many each series has."""

    def __init__(self, graph: Graph, name: str, width: int, n_networks: int = 1):
        self.graph = graph
        self.name = name
        self.width = width
        self.n_networks = n_networks

    @property
    def shape(self) -> tuple[None, None, int]:
        """Only the width is known."""
        return None, None, self.width

    def __getitem__(self, key):
        if not (isinstance(key, tuple) and len(key) == 2 and key[0] is Ellipsis):
            raise _unknown(f"indexing with [{key!r}]; slice the last axis, z[..., a:b]")
        start, stop, step = key[1].indices(self.width)
        if step != 1:
            raise _unknown("a slice with a step")
        bounds = [self.graph.constant(np.array([n])) for n in (start, stop, 2)]
        name = self.graph.node("Slice", [self.name, *bounds])
        return Value(self.graph, name, stop - start, self.n_networks)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__" or kwargs:
            raise _unknown(f"np.{ufunc.__name__} with {method if method != '__call__' else kwargs}")
        return self._apply(ufunc, inputs)

    def __array_function__(self, function, types, args, kwargs):
        if function in REDUCTIONS:
            if kwargs != {"axis": -1, "keepdims": True}:
                raise _unknown(f"np.{function.__name__} but with axis=-1, keepdims=True")
            name = self.graph.reduce(REDUCTIONS[function], args[0].name, 2, True)
            return Value(self.graph, name, 1, args[0].n_networks)
        if function is np.concatenate:
            if kwargs != {"axis": -1}:
                raise _unknown("np.concatenate but with axis=-1")
            values = [self._as_value(value) for value in args[0]]
            name = self.graph.node("Concat", [value.name for value in values], axis=2)
            width, n_networks = sum(each.width for each in values), values[0].n_networks
            return Value(self.graph, name, width, n_networks)
        if kwargs:
            raise _unknown(f"np.{function.__name__} with {kwargs}")
        return self._apply(function, args)

    def __array__(self, dtype=None, copy=None):
        raise _unknown("what needs the numbers themselves")

    def _apply(self, function, inputs):
        if function in DERIVED:
            return DERIVED[function](*inputs)
        values = [self._as_value(value) for value in inputs]
        names = [value.name for value in values]
        width = max(value.width for value in values)
        n_networks = max(value.n_networks for value in values)
        if function is erf:
            return Value(self.graph, self._erf(names[0]), width, n_networks)
        op = NODES.get(function) or CONDITIONS.get(function)
        if op is None:
            raise _unknown(f"np.{function.__name__}")
        return Value(self.graph, self.graph.node(op, names), width, n_networks)

    def _erf(self, name: str) -> str:
        """onnxruntime has it in float32 only, which is off by 1e-7 at most."""
        if self.graph.dtype == np.float32:
            return self.graph.node("Erf", [name])
        single = self.graph.node("Erf", [self.graph.cast(name, np.float32)])
        return self.graph.cast(single, self.graph.dtype)

    def _as_value(self, value) -> "Value":
        return value if isinstance(value, Value) else self.graph.value(value)


def _unknown(what: str) -> NotImplementedError:
    names = sorted(function.__name__ for function in ONNX_FUNCTIONS)
    return NotImplementedError(
        f"ONNX export does not know {what}. Use operators and {', '.join(names)}, without out."
    )
