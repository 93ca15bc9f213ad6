"""Columns of tables of any library, as arrays of NumPy."""

from collections.abc import Iterator
from decimal import Decimal
from numbers import Number
from typing import Any, Literal, NamedTuple

import numpy as np

Kind = Literal["number", "category", "date"]


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    name : object
        Its name, or its position.
    kind : {"number", "category", "date"}
    values : ndarray of shape (n_samples,)
        Numbers in float64 or float32, with NaN for missing ones; datetime64, with NaT; or of
        categories the objects, with None.
    is_text : bool
        Whether it is a category by its dtype alone: text or objects, and no dtype for categories.
    """

    name: Any
    kind: Kind
    values: np.ndarray
    is_text: bool = False


def is_frame(X: Any) -> bool:
    """Whether X is a table with columns of their own dtypes: of pandas, polars or pyarrow."""
    return hasattr(X, "iloc") or hasattr(X, "get_column") or hasattr(X, "column_names")


def names_of(X: Any) -> list:
    """Names of a frame's columns, or positions of an array's."""
    if not is_frame(X):
        return list(range(X.shape[1]))
    return list(getattr(X, "column_names", None) or X.columns)


def columns_of(X: Any) -> Iterator[Column]:
    """The columns of a frame, or of a 2-D array, one after the other."""
    for position, name in enumerate(names_of(X)):
        if hasattr(X, "iloc"):
            yield _of_pandas(name, X.iloc[:, position])
        elif hasattr(X, "get_column"):
            yield _of_polars(name, X.get_column(name))
        elif hasattr(X, "column_names"):
            yield _of_arrow(name, X.column(position))
        else:
            yield _of_array(name, X[:, position])


def _of_pandas(name: Any, series: Any) -> Column:
    dtype = series.dtype
    text = str(dtype)
    if text == "category":
        return Column(name, "category", _objects(series.astype(object).to_numpy(), series.isna()))
    kind = getattr(dtype, "kind", "O")
    if kind == "M":
        return Column(name, "date", series.to_numpy(dtype="datetime64[us]"))
    if kind == "m":
        return Column(name, "number", _seconds(series.to_numpy(dtype="timedelta64[us]")))
    if kind in "iuf":
        return Column(name, "number", series.to_numpy(dtype=_precision(dtype), na_value=np.nan))
    values = _objects(series.to_numpy(dtype=object), series.isna())
    return _of_array(name, values, is_boolean=kind == "b")


def _of_polars(name: Any, series: Any) -> Column:
    dtype = series.dtype
    if dtype.is_numeric():
        values = series.to_numpy() if dtype.is_float() else _floats(series.to_list())
        return Column(name, "number", np.asarray(values, dtype=_precision(values.dtype)))
    text = str(dtype)
    if text.startswith(("Datetime", "Date")):
        return Column(name, "date", np.array(series.to_list(), dtype="datetime64[us]"))
    if text.startswith("Duration"):
        return Column(name, "number", _seconds(np.array(series.to_list(), dtype="timedelta64[us]")))
    values = _objects(series.to_list())
    if text.startswith(("Categorical", "Enum")):
        return Column(name, "category", values)
    return _of_array(name, values, is_boolean=text == "Boolean")


def _of_arrow(name: Any, column: Any) -> Column:
    text, values = str(column.type), column.to_pylist()
    if text.startswith(("timestamp", "date")):
        return Column(name, "date", np.array(_without_zone(values), dtype="datetime64[us]"))
    if text.startswith("duration"):
        return Column(name, "number", _seconds(np.array(values, dtype="timedelta64[us]")))
    if text.startswith(("int", "uint", "float", "double", "half", "decimal")):
        return Column(name, "number", _floats(values))
    if text.startswith("dictionary"):
        return Column(name, "category", _objects(values))
    return _of_array(name, _objects(values), is_boolean=text == "bool")


def _of_array(name: Any, values: np.ndarray, is_boolean: bool = False) -> Column:
    """A column of an array, or of objects, by the values where the dtype does not tell."""
    kind = values.dtype.kind
    if kind == "M":
        return Column(name, "date", values.astype("datetime64[us]"))
    if kind == "m":
        return Column(name, "number", _seconds(values))
    if kind in "iuf":
        return Column(name, "number", values.astype(_precision(values.dtype), copy=False))
    if kind == "c":
        raise ValueError(f"Complex data not supported: column {name!r} holds complex numbers.")
    values = _objects(values)
    if is_boolean or kind == "b":
        return Column(name, "category", values)
    present = [value for value in values if value is not None]
    if present and all(_is_number(value) for value in present):
        return Column(name, "number", _floats(values))
    return Column(name, "category", values, is_text=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, Number | Decimal) and not isinstance(value, bool | np.bool_)


def _precision(dtype: Any) -> type:
    """float32 for numbers that it holds exactly, else float64."""
    return np.float32 if str(dtype).lower() in ("float32", "float16") else np.float64


def _objects(values: Any, missing: Any = None) -> np.ndarray:
    """An array of Python's objects with None for missing ones."""
    values = values.tolist() if isinstance(values, np.ndarray) else list(values)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    if missing is None:
        missing = [value is None or value != value or _is_na(value) for value in values]
    objects[np.asarray(missing, dtype=bool)] = None
    return objects


def _is_na(value: Any) -> bool:
    return type(value).__name__ in ("NAType", "NaTType")


def _floats(values: Any) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values], np.float64)


def _seconds(durations: np.ndarray) -> np.ndarray:
    seconds = durations.astype("timedelta64[us]").astype(np.int64) / 1e6
    seconds[np.isnat(durations)] = np.nan
    return seconds


def _without_zone(moments: list) -> list:
    """Moments in UTC, as datetime64 has them."""
    return [
        value
        if value is None or getattr(value, "tzinfo", None) is None
        else (value - value.utcoffset()).replace(tzinfo=None)
        for value in moments
    ]
