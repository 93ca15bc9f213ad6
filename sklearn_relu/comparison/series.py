"""Series in a comparison: rows of numbers, step after step."""

import math
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_relu.estimators.lengths import check_steps, joined, listed

SeriesShape = tuple[int, int]
"""Steps and channels."""


def array_of_series(X: Any) -> Any:
    """Series in a list as one array, with NaN where one has ended; anything else as it is.

    Parameters
    ----------
    X : array-like or list of ndarray

    Returns
    -------
    X : array-like
        Of a list of arrays (steps,) or (steps, channels) an array (n_series, steps, channels).
    """
    if not isinstance(X, list | tuple) or not all(isinstance(each, np.ndarray) for each in X):
        return X
    series = listed(X)
    return X if series is None else joined(series, [np.float64], channels_first=False)


def series_shape_of(shape: tuple[int, ...], is_said: bool) -> SeriesShape:
    """The steps and the channels of a series.

    Parameters
    ----------
    shape : tuple of int
        That of an image: its rows are steps.
    is_said : bool
        Whether the data or the user say so. Else a row is a series of one channel.
    """
    return (shape[0], math.prod(shape[1:])) if is_said else (math.prod(shape), 1)


def check_series(X: Any, shape: SeriesShape) -> None:
    """Raise a ValueError for a series with a step that is missing before its end.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_series, steps * channels)
        All numbers.
    shape : tuple of (steps, channels)
    """
    check_steps(np.asarray(X, dtype=np.float64).reshape(-1, *shape))


def scaler_of_series(shape: SeriesShape) -> Pipeline:
    """Standardize each channel, all steps of all series alike.

    Parameters
    ----------
    shape : tuple of (steps, channels)

    Returns
    -------
    scaler : Pipeline
        From rows to rows; steps that are NaN stay so.
    """
    width, n_channels = math.prod(shape), shape[1]
    return make_pipeline(
        FunctionTransformer(rows_of_width, kw_args={"width": n_channels}),
        StandardScaler(),
        FunctionTransformer(rows_of_width, kw_args={"width": width}),
    )


def rows_of_width(X: Any, width: int) -> np.ndarray:
    """Rows of another width, of the same numbers in the same order.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_rows, n_columns)
    width : int

    Returns
    -------
    rows : ndarray of shape (n_rows * n_columns / width, width)
    """
    return np.asarray(X, dtype=np.float64).reshape(-1, width)
