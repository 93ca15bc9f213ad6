"""Data for a comparison: what is wrong with it, its kinds of columns, the task of its target."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from sklearn.utils import column_or_1d

from sklearn_relu.comparison.doubts import listed
from sklearn_relu.tables.columns import columns_of as columns_in
from sklearn_relu.tables.columns import (
    counted,
    is_frame,
    is_missing,
    levels_of,
    numbers_of,
    numbers_of_frame,
)
from sklearn_relu.tables.kinds import Kind, doubts, is_text, kind_of, numbers_or_dates

Task = Literal["classification", "regression"]

FEW_VALUES, MANY_VALUES, ROWS_PER_CLASS = 10, 50, 5
"""Whole numbers are classes up to FEW_VALUES different ones; also up to MANY_VALUES, if none of
them is rarer than ROWS_PER_CLASS rows. More are a quantity."""

LARGEST_TARGET = 1e150
"""Squares of larger targets overflow."""


def check_random_state_is_number(random_state: Any) -> None:
    """Refuse what gives other folds or seeds with each call, or to each candidate."""
    number = isinstance(random_state, Integral) and not isinstance(random_state, bool)
    if not number or random_state < 0:
        raise ValueError(
            "random_state must be a whole number of at least 0, so that all candidates have the "
            f"same splits and seeds; got {random_state!r}. The default is 0."
        )


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
        For missing values, one value only, values that do not fit the task, dates, and numbers as
        text.
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
    if task not in ("classification", "regression", None):
        raise ValueError(f"task must be 'classification', 'regression' or None; got {task!r}.")
    y = _as_numbers_or_text(y)
    if is_categorical and task is None:
        task = "classification"
    if y.dtype.kind == "O" and task != "classification":
        _check_is_no_text_of_numbers(y)
    if task is None:
        task = infer_task(y)
    _check_fits(y, task)
    return y, task  # type: ignore[return-value]


def _as_numbers_or_text(y: np.ndarray) -> np.ndarray:
    try:
        kind = kind_of(y)
    except TypeError as error:
        raise ValueError(f"y must hold numbers or classes. {error}") from None
    if kind == "date":
        raise ValueError(
            f"y must hold numbers or classes; got dates, such as {str(y[0])!r}. Turn them into "
            "numbers, such as days since the first of them."
        )
    if kind == "category":
        return y.astype(str).astype(object)
    return y if y.dtype.kind in "iuf" else numbers_of(y).minus(0)


def _check_is_no_text_of_numbers(y: np.ndarray) -> None:
    doubt = numbers_or_dates(Counter(y.tolist()))
    if doubt is not None:
        raise ValueError(
            f"y {doubt}. Turn them into numbers, or say task='classification' if each of them is "
            "a class."
        )


def _check_fits(y: np.ndarray, task: str) -> None:
    values = np.unique(y)
    if y.dtype.kind == "O" and task == "regression":
        raise ValueError(
            f"y must hold numbers for regression; got {values[0]!r}. Choose another target, or "
            "task 'classification'."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y must hold finite numbers; got an infinite one. Leave its row out.")
    if task == "regression" and max(-float(values[0]), float(values[-1])) > LARGEST_TARGET:
        raise ValueError(
            f"y must hold numbers up to {LARGEST_TARGET:g} for regression; got "
            f"{max(values, key=abs):g}. Divide all by a power of ten."
        )
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


def check_table(X: Any, n_rows: int) -> Any:
    """Give features as an array or a frame that folds can be taken from.

    Parameters
    ----------
    X : {array-like, DataFrame, Table} of shape (n_samples, n_features)
    n_rows : int
        The number of targets.

    Returns
    -------
    X : {ndarray, DataFrame, Table} of shape (n_samples, n_features)

    Raises
    ------
    ValueError
        For other shapes, sparse X, and names of columns that cannot be told apart.
    """
    if sp.issparse(X):
        raise ValueError("X must be an array or a DataFrame; got a sparse one. Pass X.toarray().")
    if is_frame(X):
        _check_names(X)
    elif isinstance(X, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(X)
        X = X.data.astype(object)
        X[masked] = None
    elif not isinstance(X, np.ndarray):
        array = np.asarray(X)
        # Numbers beside texts stay what they are.
        X = np.asarray(X, dtype=object) if array.dtype.kind in "US" else array
    if len(X.shape) != 2:
        raise ValueError(f"X must have two dimensions; got an array of shape {X.shape}.")
    if X.shape[1] == 0:
        raise ValueError("X has no columns: at least one feature is needed.")
    if X.shape[0] != n_rows:
        raise ValueError(f"X and y must have as many rows; got {X.shape[0]} and {n_rows}.")
    return X


def _check_names(X: Any) -> None:
    """Refuse names of pandas and pyarrow that fits would stumble over."""
    if getattr(X.columns, "nlevels", 1) > 1:
        raise ValueError(
            f"X must have names of one level; got {X.columns[0]!r}. Join them: X.columns = "
            "['_'.join(map(str, name)) for name in X.columns]."
        )
    names = _names(X)
    if len(set(map(type, names))) > 1 and any(isinstance(name, str) for name in names):
        other = next(name for name in names if not isinstance(name, str))
        raise ValueError(
            f"X must have names that are all text, or none; got {other!r} beside text. Make them "
            "text: X.columns = X.columns.astype(str)."
        )
    if len(set(names)) < len(names):
        twice = next(name for name, n in Counter(names).items() if n > 1)
        raise ValueError(
            f"X must have columns of different names; got {twice!r} twice. Rename one."
        )


def _names(X: Any) -> list:
    """Names of a frame's columns, or positions of an array's."""
    if not is_frame(X):
        return list(range(X.shape[1]))
    return list(getattr(X, "column_names", None) or X.columns)


@dataclass
class Columns:
    """Names (or positions) of columns by their kind."""

    numeric: list = field(default_factory=list)
    categorical: list = field(default_factory=list)
    dates: list = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    """The positions of the categorical ones."""


def columns_of(X: Any, categorical: Sequence) -> Columns:
    """Tell columns of numbers, of categories and of dates apart.

    Parameters
    ----------
    X : {ndarray, DataFrame, Table} of shape (n_samples, n_features)
        Columns of text, booleans, mixed objects and categories are categorical; see
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
        For an unknown column, one of lists or records, infinite numbers, and text that is perhaps
        not one of categories.
    """
    names = _names(X)
    unknown = [name for name in categorical if name not in set(names)]
    if unknown:
        raise ValueError(
            f"categorical must name columns of X: {listed(names)}; got {unknown[0]!r}."
        )
    named = set(categorical)
    numbers = X if isinstance(X, np.ndarray) and X.dtype.kind in "iuf" else numbers_of_frame(X)
    if numbers is not None:
        kinds = ["category" if name in named else "number" for name in names]
        _check_finite(numbers, names, kinds)
    else:
        kinds = [
            "category" if name in named else _checked_kind(values, name, is_frame(X))
            for values, name in zip(columns_in(X), names, strict=True)
        ]
    columns = Columns(positions=[i for i, kind in enumerate(kinds) if kind == "category"])
    lists = {"number": columns.numeric, "category": columns.categorical, "date": columns.dates}
    for name, kind in zip(names, kinds, strict=True):
        lists[kind].append(name)
    return columns


def _check_finite(numbers: np.ndarray, names: list, kinds: list[str]) -> None:
    """Refuse infinite numbers among those of one or more columns."""
    infinite = np.isinf(numbers).any(axis=0)
    for position in np.flatnonzero(infinite):
        if kinds[position] == "number":
            raise ValueError(
                f"column {names[position]!r} must hold finite numbers; got an infinite one. Drop "
                "the column, or leave the value empty."
            )


def _checked_kind(values: Any, name: Any, named: bool) -> Kind:
    """The kind of a column, if there is no doubt about it."""
    try:
        kind = kind_of(values)
        doubt = (
            doubts(counted(levels_of(values))) if kind == "category" and is_text(values) else None
        )
    except TypeError:
        raise ValueError(
            f"column {name!r} must hold numbers, categories or dates; got lists, records or other "
            "objects in its cells. Drop it, or turn it into numbers."
        ) from None
    if kind == "category" and not named and values.dtype.kind in "US":
        raise ValueError(
            f"X must hold numbers in column {name}, but it is an array of text. Name the column in "
            "categorical, or pass an array with dtype=object or a DataFrame."
        )
    if doubt is not None:
        raise ValueError(
            f"column {name!r} {doubt}. Turn it into numbers or dates, drop it, or name it in "
            "categorical."
        )
    if kind == "number":
        _check_finite(numbers_of(values).minus(0)[:, np.newaxis], [name], [kind])
    return kind


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
