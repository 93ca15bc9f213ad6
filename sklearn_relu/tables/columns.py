"""Columns of any container, read as numbers, as moments or as levels.

A column is an ndarray, a pandas or polars Series, or a pyarrow array. No container's package is
imported before a column of it is there.
"""

from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

EXACT = 2**53
"""Up to here float64 holds every whole number."""

FRAMES = {"pandas", "polars", "pyarrow"}
"""The packages whose tables are read column by column."""


class Numbers(NamedTuple):
    """A column of numbers: integers or floats, and where they are missing."""

    values: np.ndarray
    missing: np.ndarray | None
    """None where NaN says so."""

    def minus(self, base: float) -> np.ndarray:
        """Give the numbers less a whole number as float64, NaN where missing.

        Integers beyond 2**53 are subtracted in two halves, so that their differences stay exact.
        """
        if base and self.values.dtype.kind in "iu" and self.values.dtype.itemsize == 8:
            whole = int(base)
            high = (self.values >> 32).astype(np.float64) - (whole >> 32)
            low = (self.values & 0xFFFFFFFF).astype(np.float64) - (whole & 0xFFFFFFFF)
            given = high * 2.0**32 + low
        else:
            given = self.values.astype(np.float64)
            if base:
                given -= base
        if self.missing is not None:
            given[self.missing] = np.nan
        return given


class Moments(NamedTuple):
    """A column of dates, as datetime64 of microseconds."""

    utc: np.ndarray
    wall: np.ndarray
    """By the calendar and the clock of the column's time zone."""


class Levels(NamedTuple):
    """A column of categories."""

    values: list
    codes: np.ndarray | None
    """Positions in values, -1 for missing ones. None: values has one item a row."""


def package(thing: Any) -> str:
    """The package of a frame or its column, also of a derived class; "" for anything else."""
    if type(thing) is np.ndarray:
        return ""
    for cls in type(thing).__mro__:
        name = cls.__module__.partition(".")[0]
        if name in FRAMES:
            return name
    return ""


def is_frame(X: Any) -> bool:
    """Whether X is a table with columns of their own: pandas, polars or pyarrow."""
    return package(X) in FRAMES and len(getattr(X, "shape", ())) == 2


def is_array_of_numbers(column: Any) -> bool:
    """Whether a column is an ndarray with a dtype of numbers."""
    return type(column) is np.ndarray and column.dtype.kind in "iuf"


def columns_of(X: Any) -> list:
    """The columns of a frame or of an ndarray with two dimensions."""
    name = package(X)
    if name == "pandas":
        return _pandas_columns(X)
    if name == "polars":
        return X.get_columns()
    if name == "pyarrow":
        return list(X.columns)
    return list(X.T)


def _pandas_columns(X: Any) -> list:
    """Columns of pandas; those of numbers are arrays, of which wide frames have many."""
    columns: list = [None] * X.shape[1]
    of_numbers: dict[np.dtype, list[int]] = {}
    for position, dtype in enumerate(X.dtypes.tolist()):
        if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
            of_numbers.setdefault(dtype, []).append(position)
        else:
            columns[position] = X.iloc[:, position]
    for dtype, positions in of_numbers.items():
        block = X.iloc[:, positions].to_numpy(dtype=dtype)
        for position, column in zip(positions, block.T, strict=True):
            columns[position] = column
    return columns


def exact_numbers(X: Any) -> np.ndarray | None:
    """The numbers of a pandas frame as one array, if its columns are arrays of one dtype."""
    if package(X) != "pandas":
        return None
    dtypes = set(X.dtypes)
    dtype = dtypes.pop()
    if dtypes or not isinstance(dtype, np.dtype) or dtype.kind not in "iuf":
        return None
    return X.to_numpy(dtype=dtype)


def numbers_of_frame(X: Any) -> np.ndarray | None:
    """The numbers of a pandas frame as one array, if it holds numbers only; missing ones are NaN.

    scikit-learn and pandas take a wide frame column by column.
    """
    if not hasattr(type(X), "isetitem") or not len(X.columns):
        return None
    own = []
    for dtype in set(X.dtypes):
        # Nullable and Arrow-backed columns have a dtype of NumPy's beneath; sparse ones do not.
        plain = dtype if isinstance(dtype, np.dtype) else getattr(dtype, "numpy_dtype", None)
        if plain is None or plain.kind not in "fiu":
            return None
        own.append(plain)
    common = np.result_type(*own)
    if common.kind != "f":
        common = np.dtype(np.float64)
    return X.to_numpy(dtype=common, na_value=np.nan)


def plain(column: Any) -> Any:
    """Turn pandas columns of NumPy's dtypes into arrays, and those of Arrow's into Arrow's."""
    if package(column) != "pandas":
        return column
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return column.to_numpy()
    if type(dtype).__name__ == "ArrowDtype":
        import pyarrow

        return pyarrow.array(column)
    if type(dtype).__name__ == "SparseDtype":
        return np.asarray(column)
    return column


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, float | np.floating | np.datetime64 | np.timedelta64):
        return bool(value != value)
    return False


def numbers_of(column: Any) -> Numbers:
    """Read a column of numbers; durations and times of day become seconds.

    Raises
    ------
    ValueError, TypeError
        If the column holds something else.
    """
    if is_array_of_numbers(column):
        return Numbers(column, None)
    column = plain(column)
    read = {"pandas": _pandas_numbers, "polars": _polars_numbers, "pyarrow": _arrow_numbers}
    return read.get(package(column), _array_numbers)(column)


def _array_numbers(column: np.ndarray) -> Numbers:
    if column.dtype.kind == "O":
        return _object_numbers(column.tolist())
    if column.dtype.kind == "m":
        seconds = column.astype("timedelta64[us]").astype(np.float64) / 1e6
        seconds[np.isnat(column)] = np.nan
        return Numbers(seconds, None)
    if column.dtype.kind not in "biuf":
        raise TypeError(f"it holds {column.dtype}")
    return Numbers(column, None)


def _object_numbers(values: list) -> Numbers:
    if set(map(type, values)) <= {float, int, type(None)}:
        with suppress(OverflowError):  # of an integer
            floats = np.array(values, dtype=np.float64)
            if not (np.abs(floats) > EXACT).any():
                return Numbers(floats, None)
    missing = np.fromiter(map(is_missing, values), dtype=bool, count=len(values))
    present = [_as_number(value) for value, out in zip(values, missing, strict=True) if not out]
    dtype = _integer_dtype(present)
    if dtype is not None:
        integers: np.ndarray = np.zeros(len(values), dtype=dtype)
        integers[~missing] = present
        return Numbers(integers, missing)
    floats = np.full(len(values), np.nan)
    try:
        floats[~missing] = [float(value) for value in present]
    except OverflowError:  # of an integer
        floats[~missing] = np.inf
    return Numbers(floats, None)


def _integer_dtype(values: list) -> type | None:
    """The dtype that holds integers exactly; None if there is none, or other numbers are there."""
    if not values or not all(isinstance(value, int | np.integer) for value in values):
        return None
    low, high = int(min(values)), int(max(values))
    for dtype in (np.int64, np.uint64):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return dtype
    return None


def _as_number(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, np.timedelta64):
        return value / np.timedelta64(1, "us") / 1e6
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    if isinstance(value, str | bytes | date | np.datetime64):
        raise TypeError(f"it holds {value!r}")
    return value


def _pandas_numbers(column: Any) -> Numbers:
    kind = getattr(column.dtype, "kind", "O")
    if kind in "iuf" and hasattr(column.array, "isna"):
        missing = np.asarray(column.isna())
        filled = column.fillna(0) if missing.any() else column
        return Numbers(filled.to_numpy(dtype=column.dtype.numpy_dtype), missing)
    return _object_numbers(column.tolist())


def _polars_numbers(column: Any) -> Numbers:
    import polars

    dtype = column.dtype
    if dtype == polars.Object:
        return _object_numbers(column.to_list())
    if dtype == polars.Duration:
        return Numbers(column.dt.total_microseconds().cast(polars.Float64).to_numpy() / 1e6, None)
    if dtype == polars.Time:
        return Numbers(column.cast(polars.Int64).cast(polars.Float64).to_numpy() / 1e9, None)
    if dtype in (polars.Int64, polars.UInt64):
        return Numbers(column.fill_null(0).to_numpy(), column.is_null().to_numpy())
    if not (dtype.is_numeric() or dtype in (polars.Null, polars.Boolean)):
        raise TypeError(f"it holds {dtype}")
    return Numbers(column.cast(polars.Float64).to_numpy(), None)


def _arrow_numbers(column: Any) -> Numbers:
    import pyarrow

    types, dtype = pyarrow.types, column.type
    if types.is_duration(dtype) or types.is_time(dtype):
        per_second = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[dtype.unit]
        whole = pyarrow.int32() if types.is_time32(dtype) else pyarrow.int64()
        return Numbers(_arrow_floats(column.cast(whole)) / per_second, None)
    if types.is_integer(dtype) and dtype.bit_width == 64:
        missing = _to_numpy(column.is_null())
        return Numbers(_to_numpy(column.fill_null(0)), missing)
    numeric = types.is_integer(dtype) or types.is_floating(dtype) or types.is_decimal(dtype)
    if not (numeric or types.is_null(dtype) or types.is_boolean(dtype)):
        raise TypeError(f"it holds {dtype}")
    return Numbers(_arrow_floats(column), None)


def _arrow_floats(column: Any) -> np.ndarray:
    """Cast to float64, NaN for null ones."""
    return _to_numpy(column.cast("float64", safe=False))


def _to_numpy(column: Any) -> np.ndarray:
    if hasattr(column, "chunks"):
        return column.to_numpy()
    return column.to_numpy(zero_copy_only=False)


MICROSECONDS = np.dtype("datetime64[us]")


def moments_of(column: Any) -> Moments:
    """Read a column of dates.

    Raises
    ------
    ValueError, TypeError
        If the column holds something else.
    """
    column = plain(column)
    read = {"pandas": _pandas_moments, "polars": _polars_moments, "pyarrow": _arrow_moments}
    return read.get(package(column), _array_moments)(column)


def _array_moments(column: np.ndarray) -> Moments:
    if column.dtype.kind == "M":
        both = column.astype(MICROSECONDS)
        return Moments(both, both)
    return _object_moments(column.tolist())


def _object_moments(values: list) -> Moments:
    utc = np.full(len(values), "NaT", dtype=MICROSECONDS)
    wall = utc.copy()
    for row, value in enumerate(values):
        if is_missing(value):
            continue
        if not isinstance(value, date | np.datetime64):
            raise TypeError(f"it holds {value!r}")
        if isinstance(value, datetime) and value.tzinfo is not None:
            utc[row] = np.datetime64(value.astimezone(UTC).replace(tzinfo=None))
            wall[row] = np.datetime64(value.replace(tzinfo=None))
        else:
            utc[row] = wall[row] = np.datetime64(value)
    return Moments(utc, wall)


def _pandas_moments(column: Any) -> Moments:
    name = type(column.dtype).__name__
    if name == "PeriodDtype":
        return _array_moments(column.dt.to_timestamp().to_numpy())
    if name == "DatetimeTZDtype":
        utc = column.dt.tz_convert(None).to_numpy().astype(MICROSECONDS)
        return Moments(utc, column.dt.tz_localize(None).to_numpy().astype(MICROSECONDS))
    return _object_moments(column.tolist())


def _polars_moments(column: Any) -> Moments:
    import polars

    if column.dtype == polars.Date:
        column = column.cast(polars.Datetime("us"))
    if column.dtype != polars.Datetime:
        return _object_moments(column.to_list())
    wall = column.dt.replace_time_zone(None)
    utc = wall
    if column.dtype.time_zone is not None:
        utc = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return Moments(utc.to_numpy().astype(MICROSECONDS), wall.to_numpy().astype(MICROSECONDS))


def _arrow_moments(column: Any) -> Moments:
    import pyarrow
    from pyarrow import compute

    types, dtype = pyarrow.types, column.type
    if types.is_date(dtype):
        column = column.cast(pyarrow.timestamp("s" if types.is_date32(dtype) else "ms"))
    elif not types.is_timestamp(dtype):
        return _object_moments(column.to_pylist())
    utc = _to_numpy(column).astype(MICROSECONDS)
    if column.type.tz is None:
        return Moments(utc, utc)
    return Moments(utc, _to_numpy(compute.local_timestamp(column)).astype(MICROSECONDS))


def levels_of(column: Any) -> Levels:
    """Read a column of categories."""
    column = plain(column)
    name = package(column)
    if name == "pandas" and type(column.dtype).__name__ == "CategoricalDtype":
        return Levels(column.cat.categories.tolist(), column.cat.codes.to_numpy())
    if name == "polars":
        return Levels(column.to_list(), None)
    if name == "pyarrow":
        return Levels(column.to_pylist(), None)
    return Levels(column.tolist(), None)


def counted(levels: Levels) -> dict[Any, int]:
    """Count each of the values that are there, in the order in which they come first.

    Raises
    ------
    TypeError
        If a value cannot be a category, such as a list.
    """
    counts: dict[Any, int] = Counter(levels.values)
    if levels.codes is not None:
        present = levels.codes[levels.codes >= 0]
        numbers = np.bincount(present, minlength=len(levels.values)).tolist()
        counts = dict(zip(levels.values, numbers, strict=True))
    return {value: count for value, count in counts.items() if count and not is_missing(value)}
