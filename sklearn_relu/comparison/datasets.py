"""Data for a comparison: what is wrong with it, its kinds of columns, the task of its target."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from sklearn.utils import column_or_1d

from sklearn_relu.tables.columns import is_missing, levels_of
from sklearn_relu.tables.kinds import is_number, kind_of

Task = Literal["classification", "regression"]

FEW_VALUES, MANY_VALUES, ROWS_PER_CLASS = 10, 50, 5
"""Whole numbers are classes up to FEW_VALUES different ones; also up to MANY_VALUES, if none of
them is rarer than ROWS_PER_CLASS rows. More are a quantity."""

NUMBERS_IN_TEXT = 20
"""From so many different numbers on, a column of text that is mostly numbers is a mistake."""


def infer_task(y: np.ndarray) -> Task:
    """Classification or regression, by what the target holds.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)

    Returns
    -------
    task : {"classification", "regression"}
    """
    if y.dtype.kind not in "iuf":
        return "classification"
    if not np.all(y == np.floor(y)):
        return "regression"
    counts = np.unique(y, return_counts=True)[1]
    few = len(counts) <= FEW_VALUES
    frequent = len(counts) <= MANY_VALUES and counts.min() >= ROWS_PER_CLASS
    return "classification" if few or frequent else "regression"


def check_target(y: Any, task: str | None) -> tuple[np.ndarray, Task]:
    """The target as an array, and its task.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
    task : {"classification", "regression"} or None
        None: inferred.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        Numbers, or texts for classes that are not numbers.
    task : {"classification", "regression"}

    Raises
    ------
    ValueError
        For missing values, one value only, or values that do not fit the task.
    """
    is_categorical = str(getattr(y, "dtype", "")) == "category"
    y = column_or_1d(np.asarray(y))
    if len(y) == 0:
        raise ValueError("y is empty: there are no rows to compare on.")
    n_missing = sum(map(is_missing, y)) if y.dtype.kind in "fO" else 0
    if n_missing:
        raise ValueError(
            f"y must not have missing values; got {n_missing} of them. Leave these rows out."
        )
    y = _as_numbers_or_text(y)
    if task is None:
        task = "classification" if is_categorical else infer_task(y)
    if task not in ("classification", "regression"):
        raise ValueError(f"task must be 'classification', 'regression' or None; got {task!r}.")
    _check_fits(y, task)
    return y, task  # type: ignore[return-value]


def _as_numbers_or_text(y: np.ndarray) -> np.ndarray:
    if y.dtype.kind in "iuf":
        return y
    if y.dtype.kind == "O" and not any(isinstance(value, str | bool | np.bool_) for value in y):
        try:
            return y.astype(np.float64)
        except (TypeError, ValueError):
            pass
    return y.astype(str).astype(object)


def _check_fits(y: np.ndarray, task: str) -> None:
    values = np.unique(y)
    if y.dtype.kind == "O" and task == "regression":
        raise ValueError(
            f"y must hold numbers for regression; got {values[0]!r}. Choose another target, or "
            "task 'classification'."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y must hold finite numbers; got an infinite one. Leave its row out.")
    if y.dtype.kind == "f" and task == "classification" and not np.all(y == np.floor(y)):
        fraction = y[y != np.floor(y)][0]
        raise ValueError(
            f"y must hold classes for classification; got the number {fraction:g}. Choose another "
            "target, or task 'regression'."
        )
    if len(values) == 1:
        what = "class" if task == "classification" else "value"
        raise ValueError(
            f"y must have at least two {'classes' if what == 'class' else 'values'}; got the one "
            f"{what} {values[0]} in all {len(y)} rows. Choose another target."
        )


@dataclass
class Columns:
    """Names (or positions) of the numeric and of the categorical columns."""

    numeric: list = field(default_factory=list)
    categorical: list = field(default_factory=list)


def columns_of(X: Any, categorical: Sequence) -> Columns:
    """Tell columns of numbers from columns of categories.

    Parameters
    ----------
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Columns of text, booleans, mixed objects and pandas' categories are categorical; see
        :func:`sklearn_relu.tables.kind_of`.
    categorical : sequence of str or int
        Names, or for an array positions, of further categorical columns.

    Returns
    -------
    columns : Columns
        Positions for an array.

    Raises
    ------
    ValueError
        For an unknown column, for one that is neither, for infinite numbers, and for text among
        numbers.
    """
    if sp.issparse(X):
        raise ValueError("X must be an array or a DataFrame; got a sparse one. Pass X.toarray().")
    is_frame = hasattr(X, "iloc")
    if not is_frame:
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"X must have two dimensions; got an array of shape {X.shape}.")
    names = list(X.columns) if is_frame else list(range(X.shape[1]))
    if not names:
        raise ValueError("X has no columns: at least one feature is needed.")
    unknown = [name for name in categorical if name not in names]
    if unknown:
        raise ValueError(
            f"categorical must name columns of X: {listed(names)}; got {unknown[0]!r}."
        )
    columns = Columns()
    for position, name in enumerate(names):
        values = X.iloc[:, position] if is_frame else X[:, position]
        kind = "categorical" if name in categorical else _checked_kind(values, name, is_frame)
        getattr(columns, kind).append(name)
    return columns


def _checked_kind(values: Any, name: Any, is_frame: bool) -> Literal["numeric", "categorical"]:
    """The kind of a column that the pipeline of a comparison can take."""
    try:
        kind = kind_of(values)
    except TypeError:
        raise _unusable(name, "others") from None
    if kind == "category":
        if not is_frame and values.dtype.kind not in "Ob":
            raise ValueError(
                f"X must hold numbers in column {name}, but it holds others. Name the column in "
                "categorical, or pass a DataFrame."
            )
        _check_is_text(values, name)
        return "categorical"
    if kind == "date" or values.dtype.kind == "m":
        raise _unusable(name, "dates" if values.dtype.kind == "O" else values.dtype)
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):  # of times and durations
        raise _unusable(name, "others") from None
    if np.isinf(numbers).any():
        raise ValueError(
            f"column {name!r} must hold finite numbers; got an infinite one. Drop the column, or "
            "leave the value empty."
        )
    return "numeric"


def _unusable(name: Any, got: Any) -> ValueError:
    return ValueError(
        f"column {name!r} must hold numbers or categories; got {got}. Drop it, or turn it into "
        "numbers."
    )


def _check_is_text(values: Any, name: Any) -> None:
    """Refuse numbers with a few texts among them, which would become hundreds of categories."""
    texts = [value for value in dict.fromkeys(levels_of(values).values) if isinstance(value, str)]
    others = [value for value in texts if not is_number(value)]
    n_numbers = len(texts) - len(others)
    if n_numbers >= NUMBERS_IN_TEXT and n_numbers > len(others):
        among = f", and among them {others[0]!r}" if others else ""
        raise ValueError(
            f"column {name!r} must hold numbers or categories; got {n_numbers} different numbers "
            f"as text{among}. Clean it, drop it, or name it in categorical."
        )


def category_texts(X: Any) -> np.ndarray:
    """Categories as texts, with NaN for whatever means missing.

    Numbers and booleans become the text of their float, so that 1, 1.0 and True are one category.

    Parameters
    ----------
    X : {array-like, DataFrame} of shape (n_samples, n_features)

    Returns
    -------
    texts : ndarray of object, of shape (n_samples, n_features)
    """
    texts = _Texts()
    values = np.asarray(X, dtype=object)
    return np.array([texts[value] for value in values.ravel()], dtype=object).reshape(values.shape)


class _Texts(dict):
    """The text of each value met."""

    def __missing__(self, value):
        number = isinstance(value, Real | np.bool_)
        text = str(float(value) if number else value)
        self[value] = np.nan if is_missing(value) else text
        return self[value]


def listed(names: list) -> str:
    """Names in a message, not more than a dozen of them."""
    shown = ", ".join(repr(name) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"
