"""The inputs of an ONNX graph: one for an array, one for each column of a data frame."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sklearn_relu.tables.columns import columns_of, is_frame


@dataclass(frozen=True)
class Input:
    """An array, or a column, as the graph's caller passes it.

    Attributes
    ----------
    name : str
    dtype : dtype
        Of numbers and booleans; object means text.
    shape : tuple of int
        Of one row: its width, or the axes of an image.
    """

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return self.dtype == object


def inputs_of(X) -> list[Input]:
    """The inputs for rows like these.

    Raises
    ------
    ValueError
        If a column holds neither numbers, booleans nor text, or X is a list of unequal series.
    """
    if is_frame(X):
        names = map(str, getattr(X, "column_names", X.columns))  # pyarrow's columns are data
        columns = zip(names, columns_of(X), strict=True)
        return [Input(name, _dtype(column, name), (1,)) for name, column in columns]
    try:
        X = X if sp.issparse(X) else np.asarray(X)
    except ValueError as error:  # of lists of unequal lengths
        raise ValueError(
            f"X must be an array or a data frame: {error}. Pass series of unequal length as an "
            "array (n_series, steps, channels) with NaN after the end of each."
        ) from error
    return [Input("X", _dtype(X, "X"), X.shape[1:])]


def _dtype(values, name: str) -> np.dtype:
    """The dtype that ONNX has for it."""
    if sp.issparse(values):
        dtype = values.dtype
    else:
        own = getattr(values, "dtype", None)
        # Of pandas' nullable columns; others are what NumPy makes of a row.
        dtype = getattr(own, "numpy_dtype", None) or np.asarray(values[:1]).dtype
    if dtype.kind in "OUT":
        return np.dtype(object)
    if dtype.kind not in "biuf":
        raise ValueError(
            f"{name!r} has dtype {dtype}, which has no type in ONNX; pass numbers, booleans or "
            "text, as the model was fitted on."
        )
    return dtype


def computing_dtype(inputs: list[Input]) -> np.dtype:
    """float32 if that holds all numbers of the inputs, else float64."""
    numbers = [given.dtype for given in inputs if not given.is_text]
    return np.result_type(np.float32, *numbers)


def skl2onnx_types(inputs: list[Input]) -> list:
    """Names and types as skl2onnx takes them: all numbers of the computing dtype.

    Of columns of several types it would take that of the first for that of all.
    """
    from skl2onnx.common import data_types

    double = computing_dtype(inputs) == np.float64
    number = data_types.DoubleTensorType if double else data_types.FloatTensorType
    return [
        (
            given.name,
            (data_types.StringTensorType if given.is_text else number)([None, *given.shape]),
        )
        for given in inputs
    ]


def use_own_names_and_types(graph, inputs: list[Input]) -> None:
    """Make the caller's names and dtypes the graph's, which are skl2onnx's.

    A column named like what a node gives, such as ``label``, keeps the name that skl2onnx has
    found for it, ``label1``.

    Parameters
    ----------
    graph : onnx.GraphProto
        Changed in place.
    inputs : list of Input
    """
    from onnx import TensorProto, helper

    made = {name for node in graph.node for name in node.output}
    taken = made | {given.name for given in inputs} | {proto.name for proto in graph.input}
    renamed, casts = {}, []
    for i, (proto, given) in enumerate(zip(graph.input, inputs, strict=True)):
        inside = f"input_{i}"
        while inside in taken:
            inside += "_"
        renamed[proto.name] = inside
        cast_to = proto.type.tensor_type.elem_type
        if given.name not in made:
            proto.name = given.name
        proto.type.tensor_type.elem_type = (
            TensorProto.STRING if given.is_text else helper.np_dtype_to_tensor_dtype(given.dtype)
        )
        casts.append(helper.make_node("Cast", [proto.name], [inside], f"Cast_{inside}", to=cast_to))
    _rename(graph, renamed)
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def _rename(graph, renamed: dict[str, str]) -> None:
    """Rename what nodes read, in graphs within them too."""
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _rename(attribute.g, renamed)
