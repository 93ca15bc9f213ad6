"""Series of unequal lengths in one array, in which absent steps are NaN."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from sklearn_relu.estimators.quick import is_finite
from sklearn_relu.tables.columns import numbers_of_frame, package


def listed(X: Any) -> list | None:
    """Return the series of a list, a tuple or a 1-D array of objects.

    Returns
    -------
    series : list or None
        None: X is anything else. Plain lists of numbers, all of one length, are rows of a table.

    Raises
    ------
    ValueError
        If only some of the items are series.
    """
    if isinstance(X, np.ndarray):
        if X.ndim != 1 or X.dtype != object:
            return None
        series = list(X)
    elif isinstance(X, list | tuple):
        if _are_rows(X):
            return None
        series = list(X)
    else:
        return None
    are_series = [_is_series(each) for each in series]
    if not any(are_series):
        return None
    if not all(are_series):
        number = are_series.index(False)
        raise ValueError(
            f"X is a list of series, and item {number} of it is {series[number]!r}. Each item must "
            "be an array of (steps,) or (steps, channels): put a step of one number into a list."
        )
    return series


def _are_rows(X: Sequence) -> bool:
    """Whether all items are plain lists of as many values, none of which is a list itself."""
    if not all(isinstance(each, list | tuple) for each in X):
        return False
    types = set(map(type, chain.from_iterable(X)))  # of millions of numbers there are few
    is_flat = not any(issubclass(each, list | tuple) or _is_array(each) for each in types)
    return is_flat and len(set(map(len, X))) == 1


def _is_series(value: Any) -> bool:
    is_list = isinstance(value, list | tuple)
    return is_list or (_is_array(type(value)) and getattr(value, "ndim", 1) > 0)


def _is_array(cls: type) -> bool:
    return hasattr(cls, "__array__") and hasattr(cls, "__len__") and not issubclass(cls, str)


def joined(series: list, dtypes: list[type], channels_first: bool) -> np.ndarray:
    """Bring series together in one array.

    Parameters
    ----------
    series : list of array-like
        Of shape (steps,) or (steps, channels); (channels, steps) if channels come first.
    dtypes : list of type
        Floating dtypes that the array may have; the first, unless all series have another.
    channels_first : bool

    Returns
    -------
    array : ndarray of shape (n_series, n_steps of the longest series, n_channels)
        NaN after the end of each series.

    Raises
    ------
    ValueError
        If a series is empty, holds no numbers, or has other channels than the first one. The error
        names it.
    """
    arrays = [_steps(each, number, channels_first) for number, each in enumerate(series)]
    _check_channels(arrays)
    own = {array.dtype for array in arrays}
    dtype = own.pop() if len(own) == 1 else np.dtype(object)
    dtype = dtype if dtype in dtypes else np.dtype(dtypes[0])
    n_steps = max(map(len, arrays))
    out = np.empty((len(arrays), n_steps, arrays[0].shape[1]), dtype)
    with np.errstate(over="ignore"):  # what overflows in this dtype is found as infinite
        for row, array in zip(out, arrays, strict=True):
            row[: len(array)] = array
            row[len(array) :] = np.nan
    return out


def _steps(series: Any, number: int, channels_first: bool) -> np.ndarray:
    """A series up to its end, as an array of numbers: (steps, channels)."""
    array = _numbers(series, number)
    if array.ndim not in (1, 2):
        axes = "(channels, steps)" if channels_first else "(steps, channels)"
        raise ValueError(
            f"Series {number} of X has {array.ndim} dimensions, {array.shape}. A series must be "
            f"(steps,) or {axes}."
        )
    if array.ndim == 1:
        array = array[:, None]
    elif channels_first:
        array = array.T
    array = array[: _end(array)]
    if not array.size:
        raise ValueError(_empty(number))
    return array


def _numbers(series: Any, number: int) -> np.ndarray:
    try:
        array = _as_array(series)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"Series {number} of X is no array of numbers: {error}. Pass each series as an array "
            "of (steps,) or (steps, channels), with NaN for what is missing."
        ) from error
    if array.dtype.kind not in "biuf":
        what = "Complex data not supported: s" if array.dtype.kind == "c" else "S"
        raise ValueError(
            f"{what}eries {number} of X has dtype {array.dtype}. Make real numbers of it."
        )
    return array


def _as_array(series: Any) -> np.ndarray:
    """A series as an array; what is missing in nullable columns of pandas is NaN."""
    if package(series) == "pandas":
        frame = series.to_frame() if series.ndim == 1 else series
        numbers = numbers_of_frame(frame)
        if numbers is not None:
            return numbers[:, 0] if series.ndim == 1 else numbers
    return np.asarray(series)


def _end(array: np.ndarray) -> int:
    """The number of steps up to the last one that is not NaN in all channels."""
    if not len(array) or array.dtype.kind != "f" or not np.isnan(array[-1]).all():
        return len(array)
    present = np.flatnonzero(~np.isnan(array).all(axis=1))
    return int(present[-1]) + 1 if len(present) else 0


def _check_channels(arrays: list[np.ndarray]) -> None:
    first = arrays[0].shape[1]
    for number, array in enumerate(arrays):
        if array.shape[1] != first:
            raise ValueError(
                f"Series {number} of X has {array.shape[1]} channels, and series 0 has {first}. "
                "All series must have the same channels. Set channels_first=True if each series "
                "is (channels, steps), and False if each is (steps, channels)."
            )


def without_absent_steps(X: np.ndarray) -> np.ndarray:
    """Cut the steps off at the end that no series has.

    Parameters
    ----------
    X : ndarray of shape (n_series, n_steps, n_channels)

    Returns
    -------
    X : ndarray of shape (n_series, n_steps of the longest series, n_channels)
        A view.

    Raises
    ------
    ValueError
        If no series has a step.
    """
    n_steps = X.shape[1]
    while X.dtype.kind == "f" and n_steps and np.isnan(X[:, n_steps - 1]).all():
        n_steps -= 1
    if not n_steps:
        raise ValueError(_empty(0))
    return X[:, :n_steps]


def check_steps(X: np.ndarray) -> None:
    """Check that each series has a step, and that all numbers up to its end are finite.

    Parameters
    ----------
    X : ndarray of shape (n_series, n_steps, n_channels)

    Raises
    ------
    ValueError
        If not. The error names the series and the step.
    """
    if is_finite(X):
        return
    is_there = ~np.isnan(X).all(axis=2)
    lengths = X.shape[1] - is_there[:, ::-1].argmax(axis=1)
    if not is_there.any(axis=1).all():
        raise ValueError(_empty(int(is_there.any(axis=1).argmin())))
    steps = np.arange(X.shape[1])
    wrong = (steps < lengths[:, None]) & ~np.isfinite(X).all(axis=2)
    if wrong.any():
        number, step = map(int, np.argwhere(wrong)[0])
        raise ValueError(_not_finite(X, number, step))


def _empty(number: int) -> str:
    return (
        f"Series {number} of X is empty: it has no step, or all of its steps are NaN. Leave it "
        "out, of X and of y."
    )


def _not_finite(X: np.ndarray, number: int, step: int) -> str:
    values = X[number, step]
    channel = int(np.isfinite(values).argmin())
    where = f"series {number} at step {step}"
    if X.shape[2] > 1:
        where += f" in channel {channel}"
    if np.isnan(values[channel]):
        return (
            f"Input X contains NaN: {where}. Only steps at the end of a series may be missing, in "
            "all channels. Fill in what is missing between steps, for example from the steps "
            "around it (numpy.interp), or leave such series out, of X and of y."
        )
    return (
        f"Input X contains infinity or a value too large for {X.dtype!r}: {where}. Replace such "
        "values, or leave such series out, of X and of y."
    )
