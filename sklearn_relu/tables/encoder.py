"""TabularEncoder: the table of a user, as the numbers of a network."""

import warnings
from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.sklearn_private import Interval, StrOptions, fit_context
from sklearn_relu.tables.calendar import calendar_number, parts_of, times_vary
from sklearn_relu.tables.columns import (
    EXACT,
    Levels,
    Numbers,
    columns_of,
    counted,
    exact_numbers,
    is_array_of_numbers,
    is_frame,
    levels_of,
    moments_of,
    numbers_of,
)
from sklearn_relu.tables.kinds import doubts, is_text, kind_of
from sklearn_relu.tables.scaling import centres_and_scales, squash

CELLS = 2**16
"""So many numbers of an array are scaled at once, to stay in a processor's cache."""

FEW_ROWS = 2**12


class TabularEncoder(TransformerMixin, BaseEstimator):
    """Turn a table as it is into numbers for a network, or for any other estimator.

    The table is an array of numbers or objects, a pandas or polars DataFrame, or a pyarrow Table.
    Values that a masked array hides are missing.
    The columns of the output come in this order:

    1. Numbers, and the calendar of dates. They are centred at the median and divided by the
       interquartile range (half of the range where that is 0), and then squashed:
       ``x / sqrt(1 + (x / 3) ** 2)``. A constant column becomes 0. Missing values become the
       median, which is 0. The calendar of a date is the seconds since 1970, the sine and cosine
       of the month and of the day of the week, and of the hour if the times of day vary.
       Durations and times of day are numbers of seconds.
    2. Columns of -1, 0 and 1. First come the categories: one column for each level, or for two
       levels one column of -1 and 1. Missing and unseen categories are 0 everywhere. Then come
       indicators for each number or date with missing values in training: 1 missing, -1 present.
    3. Codes of categories with many levels, if ``many_levels`` is "codes": 1 to the number of
       levels, and 0 for missing and unseen ones.

    Parameters
    ----------
    categorical_features : "from_dtype" or array-like of bool, int or str, default="from_dtype"
        Columns to take as categories: a mask of shape (n_features,), positions or names. Text,
        booleans, categories and mixed objects are categories in any case. Text that is named here
        is taken without a warning.
    many_levels : {"one-hot", "codes"}, default="one-hot"
        How categories with more than ``max_one_hot`` levels are given. Codes are for an embedding
        layer.
    max_one_hot : int, default=9
        The most levels that are one-hot with ``many_levels="codes"``.
    max_levels : int, default=None
        Of a category, so many levels are told apart: the most frequent ones. Others are as unseen
        ones. None: all.
    dtype : {"float64", "float32"}, default="float64"
        The dtype of the output. All is calculated in float64.

    Attributes
    ----------
    kinds_ : list of str
        For each column "number", "category" or "date".
    categories_ : list of ndarray of shape (n_levels,)
        The levels of each categorical column that are told apart, sorted.
    calendar_ : dict of int to list of str
        For each column of dates its position, and the names of what it became.
    center_ : ndarray of shape (`n_scaled_out_`,)
        Medians, in the order of the output.
    scale_ : ndarray of shape (`n_scaled_out_`,)
        Interquartile ranges, in the order of the output. Infinite for a constant column.
    n_scaled_out_ : int
        The number of scaled columns, which come first.
    n_numeric_out_ : int
        The number of columns before the codes.
    indicator_features_ : ndarray of shape (n_indicators,)
        The positions in the table of the columns that have an indicator of missing values.
    code_features_ : ndarray of shape (n_codes,)
        The positions in the table of the columns that became codes.
    cardinalities_ : ndarray of shape (n_codes,)
        The number of levels of each column of codes, 0 not counted.
    n_features_in_ : int
        The number of columns of the table.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if all of them are text.

    Warns
    -----
    TrainingWarning
        For a column of text that is mostly numbers or dates, or nearly all different, and that
        is not named in ``categorical_features``.

    Notes
    -----
    The scaling is that of RealMLP [1]_.

    References
    ----------
    .. [1] Holzmüller, D., Grinsztajn, L. and Steinwart, I. (2024). Better by Default: Strong
       Pre-Tuned MLPs and Boosted Trees on Tabular Data. Advances in Neural Information Processing
       Systems 37.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu.tables import TabularEncoder
    >>> X = np.array([[1.0, "red"], [2.0, "blue"], [None, "red"], [5.0, "green"]], dtype=object)
    >>> encoder = TabularEncoder().fit(X)
    >>> encoder.kinds_
    ['number', 'category']
    >>> encoder.get_feature_names_out().tolist()
    ['x0', 'x1_blue', 'x1_green', 'x1_red', 'x0_missing']
    >>> encoder.transform(X).round(2)
    array([[-0.49,  0.  ,  0.  ,  1.  , -1.  ],
           [ 0.  ,  1.  ,  0.  ,  0.  , -1.  ],
           [ 0.  ,  0.  ,  0.  ,  1.  ,  1.  ],
           [ 1.34,  0.  ,  1.  ,  0.  , -1.  ]])
    """

    _parameter_constraints: dict = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like"],
        "many_levels": [StrOptions({"one-hot", "codes"})],
        "max_one_hot": [Interval(Integral, 0, None, closed="left")],
        "max_levels": [Interval(Integral, 1, None, closed="left"), None],
        "dtype": [StrOptions({"float64", "float32"})],
    }

    def __init__(
        self,
        categorical_features="from_dtype",
        *,
        many_levels="one-hot",
        max_one_hot=9,
        max_levels=None,
        dtype="float64",
    ):
        self.categorical_features = categorical_features
        self.many_levels = many_levels
        self.max_one_hot = max_one_hot
        self.max_levels = max_levels
        self.dtype = dtype

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    @fit_context
    def fit(self, X, y=None):
        """Learn medians, quartiles and levels.

        Parameters
        ----------
        X : {array-like, DataFrame, Table} of shape (n_samples, n_features)
            A table with at least one row.
        y : None
            Ignored.

        Returns
        -------
        self : TabularEncoder

        Raises
        ------
        ValueError
            For infinite numbers, and for names or positions that X does not have.
        TypeError
            For sparse X, complex numbers, and cells that hold lists or dicts.
        """
        X = self._checked(X, reset=True)
        columns = columns_of(X)
        named = self._named_categories(len(columns))
        self.kinds_ = [
            "category" if chosen else self._kind(column, position)
            for position, (column, chosen) in enumerate(zip(columns, named, strict=True))
        ]
        self.categories_: list[np.ndarray] = []
        self.calendar_: dict[int, list[str]] = {}
        bases: list[float] = []
        scales: list[tuple[float, float]] = []
        missing, pending = [], []
        for position, (column, kind) in enumerate(zip(columns, self.kinds_, strict=True)):
            if kind == "category":
                self._fit_categories(column, position, named[position])
                continue
            base, numbers = self._fit_numbers(column, position)
            if np.isnan(numbers[0]).any():
                missing.append(position)
            bases += [base] * len(numbers)
            pending += numbers
            if len(pending) * len(numbers[0]) > CELLS:
                scales += centres_and_scales(pending)
                pending = []
        scales += centres_and_scales(pending)
        self._bases = np.array(bases, dtype=np.float64)
        self._shifts, self.scale_ = np.array(scales).reshape(-1, 2).T.copy()
        self.center_ = self._bases + self._shifts
        self.indicator_features_ = np.array(missing, dtype=np.intp)
        self._set_sizes()
        return self

    def _kind(self, column: Any, position: int) -> str:
        try:
            return kind_of(column)
        except TypeError as error:
            raise TypeError(f"Column {self._name(position)!r} cannot be used. {error}") from None

    def _fit_numbers(self, column, position: int) -> tuple[float, list[np.ndarray]]:
        """A whole number to subtract first, and the numbers of a column less it."""
        if self.kinds_[position] == "number":
            numbers = numbers_of(column)
            base = _base(numbers)
            return base, [self._finite(numbers.minus(base), position)]
        moments = moments_of(column)
        parts = self.calendar_[position] = parts_of(times_vary(moments))
        return 0.0, [calendar_number(moments, part) for part in parts]

    def _fit_categories(self, column, position: int, named: bool) -> None:
        levels = levels_of(column)
        counts = self._hashed(position, lambda: counted(levels))
        self.categories_.append(_sorted(_most_frequent(counts, self.max_levels)))
        doubt = None if named or not is_text(column) else doubts(counts)
        if doubt:
            warnings.warn(
                f"Column {self._name(position)!r} {doubt}, and is taken as categories. Turn it "
                "into numbers or dates, drop it, or name it in categorical_features to keep it as "
                "it is.",
                TrainingWarning,
                stacklevel=4,
            )

    def _hashed(self, position: int, read: Callable) -> Any:
        """Call a function that looks values up; unhashable ones are named."""
        try:
            return read()
        except TypeError as error:
            raise TypeError(
                f"Column {self._name(position)!r} must hold strings, numbers or other hashable "
                f"values to be categories; got others ({error}). Drop the column."
            ) from None

    def _set_sizes(self) -> None:
        sizes = [len(levels) for levels in self.categories_]
        positions = [i for i, kind in enumerate(self.kinds_) if kind == "category"]
        coded = [self.many_levels == "codes" and size > self.max_one_hot for size in sizes]
        self.n_scaled_out_ = len(self.center_)
        start = self.n_scaled_out_
        for size, is_coded in zip(sizes, coded, strict=True):
            start += 0 if is_coded else width_of(size)
        self.n_numeric_out_ = start + len(self.indicator_features_)
        codes = [
            (i, size) for i, size, is_coded in zip(positions, sizes, coded, strict=True) if is_coded
        ]
        self.code_features_ = np.array([i for i, _ in codes], dtype=np.intp)
        self.cardinalities_ = np.array([size for _, size in codes], dtype=np.intp)

    def transform(self, X):
        """Turn a table into numbers.

        Parameters
        ----------
        X : {array-like, DataFrame, Table} of shape (n_samples, n_features)
            A table with the columns of that in training.

        Returns
        -------
        Xt : ndarray of shape (n_samples, n_features_out)
            C-contiguous, of ``dtype``.

        Raises
        ------
        ValueError
            For infinite numbers, other columns than in training, and text where numbers were. For
            categories if none of a column is known, and they are numbers where texts were, or the
            other way round.
        """
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        n_out = self.n_numeric_out_ + len(self.code_features_)
        out = np.zeros((X.shape[0], n_out), dtype=self.dtype)
        if isinstance(X, np.ndarray) and X.dtype.kind in "iuf" and not self.calendar_:
            self._array_numbers(X, out)
        else:
            self._column_numbers(columns_of(X), out)
        self._categories(X, out)
        return out

    def _array_numbers(self, X: np.ndarray, out: np.ndarray) -> None:
        """Scale the numbers of an array, block by block of rows."""
        n_scaled = self.n_scaled_out_
        positions = self._positions("number")
        if not n_scaled:
            return
        every = n_scaled == X.shape[1]
        n_rows = max(1, CELLS // n_scaled)
        exact = np.flatnonzero(self._bases)
        n_indicators = len(self.indicator_features_)
        indicators = out[:, self.n_numeric_out_ - n_indicators : self.n_numeric_out_]
        marked = np.searchsorted(positions, self.indicator_features_)
        for first in range(0, len(X), n_rows):
            rows = slice(first, first + n_rows)
            block = X[rows] if every else X[rows, positions]
            values = np.array(block, dtype=np.float64, order="C")
            for place in exact:
                values[:, place] = Numbers(block[:, place], None).minus(self._bases[place])
            if len(marked):
                indicators[rows] = np.where(np.isnan(values[:, marked]), 1, -1)
            squash(values, self._shifts, self.scale_)
            out[rows, :n_scaled] = values

    def _column_numbers(self, columns: list, out: np.ndarray) -> None:
        """Scale the numbers and dates of a table, column by column."""
        place = 0
        indicator = self.n_numeric_out_ - len(self.indicator_features_)
        indicated = set(self.indicator_features_.tolist())
        # Of few rows all columns are scaled at once: a call of NumPy costs more than its numbers.
        few = len(out) <= FEW_ROWS
        raw = np.empty((len(out) if few else 0, self.n_scaled_out_))
        target = raw if few else out
        positions = []
        for position, kind in enumerate(self.kinds_):
            if kind == "category":
                continue
            column, base = columns[position], self._bases[place]
            plain = few and kind == "number" and not base and is_array_of_numbers(column)
            numbers = [column] if plain else self._read(column, position, base)
            if position in indicated:
                out[:, indicator] = np.where(np.isnan(numbers[0]), 1, -1)
                indicator += 1
            for values in numbers:
                if not few:
                    squash(values, self._shifts[place], self.scale_[place])
                target[:, place] = values
                place += 1
            positions += [position] * len(numbers)
        if few and place:
            for at in np.flatnonzero(np.isinf(raw).any(axis=0)):
                self._finite(raw[:, at], positions[at])
            n_rows = max(1, CELLS // place)
            for first in range(0, len(raw), n_rows):
                squash(raw[first : first + n_rows], self._shifts, self.scale_)
            out[:, :place] = raw

    def _read(self, column: Any, position: int, base: float) -> list[np.ndarray]:
        """The numbers that a column of numbers or dates becomes, before they are scaled."""
        kind = self.kinds_[position]
        try:
            if kind == "date":
                moments = moments_of(column)
                return [calendar_number(moments, part) for part in self.calendar_[position]]
            values = numbers_of(column).minus(base)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {self._name(position)!r} must hold {kind}s, as it did in training; "
                f"got others ({error}). Turn them into {kind}s, or leave them empty."
            ) from None
        return [self._finite(values, position)]

    def _categories(self, X: Any, out: np.ndarray) -> None:
        """Write one-hot and binary columns, and codes."""
        if not self.categories_:
            return
        columns = columns_of(X)
        start, code = self.n_scaled_out_, self.n_numeric_out_
        coded = set(self.code_features_.tolist())
        positions = self._positions("category").tolist()
        for position, lookup in zip(positions, _lookups_of(self), strict=True):
            codes = self._codes(columns[position], position, lookup)
            if position in coded:
                out[:, code] = codes
                code += 1
                continue
            if len(lookup) == 2:
                out[:, start] = _SIGNS[codes]
            else:
                rows = np.flatnonzero(codes)
                out[rows, start - 1 + codes[rows]] = 1
            start += width_of(len(lookup))

    def _codes(self, column: Any, position: int, lookup: dict) -> np.ndarray:
        """For each row the position of its level, from 1 on; 0 for missing and unseen ones."""
        levels = levels_of(column)
        find = lookup.get
        codes = self._hashed(position, lambda: [find(value, 0) for value in levels.values])
        found = np.array(codes, dtype=np.intp)
        if not found.any():
            self._check_same_type(levels, position, lookup)
        # The code -1 of missing values finds the 0 at the end.
        return found if levels.codes is None else np.append(found, 0)[levels.codes]

    def _check_same_type(self, levels: Levels, position: int, lookup: dict) -> None:
        """Refuse other values where texts were, and texts where others were."""
        values = list(counted(levels))
        if not values or not lookup:
            return
        known, given = (_are_texts(some) for some in (lookup, values))
        if None in (known, given) or known == given:
            return
        kind = "text" if known else "no text"
        raise ValueError(
            f"Column {self._name(position)!r} must hold {kind}, as it did in training; got "
            f"{values[0]!r} where {next(iter(lookup))!r} was a level. Turn its values "
            "into those of training, or leave them empty."
        )

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The names of the columns of the table. None: the names in training, or x0, x1, ...

        Returns
        -------
        names : ndarray of str objects
            Such as "age", "born_month_sin", "city_Paris", "smoker_yes" (the level that is 1),
            "age_missing", and the name alone for a column of codes. A name that is there already
            gets a number.
        """
        check_is_fitted(self)
        given = self._input_names(input_features)
        scaled, small = [], []
        coded = set(self.code_features_.tolist())
        levels_left = iter(self.categories_)
        for position, kind in enumerate(self.kinds_):
            name = given[position]
            if kind == "number":
                scaled.append(name)
            elif kind == "date":
                scaled += [f"{name}_{part}" for part in self.calendar_[position]]
            else:
                levels = next(levels_left)
                if position not in coded:
                    shown = levels[1:] if len(levels) == 2 else levels
                    small += [f"{name}_{level}" for level in shown]
        small += [f"{given[position]}_missing" for position in self.indicator_features_]
        codes = [given[position] for position in self.code_features_]
        return np.array(_unique([*scaled, *small, *codes]), dtype=object)

    def _input_names(self, input_features) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        if input_features is None:
            generic = [f"x{position}" for position in range(self.n_features_in_)]
            return generic if names is None else list(names)
        input_features = list(input_features)
        if names is not None and input_features != list(names):
            raise ValueError("input_features is not equal to feature_names_in_")
        if len(input_features) != self.n_features_in_:
            raise ValueError(
                "input_features should have length equal to number of features "
                f"({self.n_features_in_}), got {len(input_features)}"
            )
        return [str(name) for name in input_features]

    def _checked(self, X: Any, reset: bool) -> Any:
        """X as a frame or an array, with the columns of the training."""
        if is_frame(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if X.shape[0] == 0 or X.shape[1] == 0:
                what = "sample" if X.shape[0] == 0 else "feature"
                raise ValueError(
                    f"Found array with 0 {what}(s) (shape={X.shape}) while a minimum of 1 is "
                    "required by TabularEncoder."
                )
            numbers = exact_numbers(X)
            return X if numbers is None else numbers
        if not sp.issparse(X) and not hasattr(X, "dtype"):
            X = _listed(X)
        if isinstance(X, np.ma.MaskedArray):
            masked = np.ma.getmaskarray(X)
            X = X.data.astype(object)
            X[masked] = None
        return validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")

    def _finite(self, values: np.ndarray, position: int) -> np.ndarray:
        """Numbers of a column, none of which is infinite."""
        if np.isinf(values).any():
            raise ValueError(
                "Input X contains infinity or a value too large for dtype('float64'). It is in "
                f"column {self._name(position)!r}: leave the value empty, or leave its row out."
            )
        return values

    def _positions(self, kind: str) -> np.ndarray:
        found = [position for position, one in enumerate(self.kinds_) if one == kind]
        return np.array(found, dtype=np.intp)

    def _name(self, position: int) -> Any:
        names = getattr(self, "feature_names_in_", None)
        return position if names is None else str(names[position])

    def _named_categories(self, n_features: int) -> np.ndarray:
        """A mask of the columns that categorical_features names."""
        mask = np.zeros(n_features, dtype=bool)
        chosen = self.categorical_features
        if isinstance(chosen, str):
            return mask
        chosen = np.asarray(chosen)
        if chosen.ndim != 1:
            raise ValueError(
                f"categorical_features must have one dimension; got the shape {chosen.shape}."
            )
        if chosen.dtype.kind == "b":
            if len(chosen) != n_features:
                raise ValueError(
                    "categorical_features must have an item for each column if it is a mask; got "
                    f"{len(chosen)} for {n_features} columns."
                )
            return chosen
        for one in chosen.tolist():
            mask[self._position(one, n_features)] = True
        return mask

    def _position(self, one: Any, n_features: int) -> int:
        if isinstance(one, str):
            names = list(getattr(self, "feature_names_in_", []))
            if one not in names:
                raise ValueError(
                    f"categorical_features must name columns of X; got {one!r}. "
                    + (f"The columns are {names}." if names else "X has no names: give positions.")
                )
            return names.index(one)
        if not isinstance(one, int) or not 0 <= one < n_features:
            raise ValueError(
                "categorical_features must hold names, a mask, or positions from 0 to "
                f"{n_features - 1}; got {one!r}."
            )
        return one


def _listed(X: Any) -> np.ndarray:
    """Lists as an array; numbers beside texts stay what they are."""
    read = check_array(X, dtype=None, ensure_all_finite=False, ensure_2d=False)
    return np.asarray(X, dtype=object) if read.dtype.kind in "US" else read


def _base(numbers: Numbers) -> float:
    """A whole number near the middle of integers beyond 2**53, by which they stay exact; else 0."""
    values = numbers.values
    if values.dtype.kind not in "iu" or values.dtype.itemsize < 8:
        return 0.0
    if numbers.missing is not None:
        values = values[~numbers.missing]
    if not len(values) or max(-int(values.min()), int(values.max())) <= EXACT:
        return 0.0
    return float(np.partition(values, len(values) // 2)[len(values) // 2])


def _are_texts(values: Iterable) -> bool | None:
    """Whether all values are texts; None if some are and others are not."""
    found = {isinstance(value, str) for value in values}
    return found.pop() if len(found) == 1 else None


def width_of(n_levels: int) -> int:
    """The number of columns of -1, 0 and 1 of a category."""
    return 1 if n_levels == 2 else n_levels


def _most_frequent(counts: dict[Any, int], n_levels: int | None) -> list:
    """The most frequent levels; of equally frequent ones those that are first in order."""
    if n_levels is None or len(counts) <= n_levels:
        return list(counts)
    ordered = _sorted(list(counts)).tolist()
    return sorted(ordered, key=lambda level: -counts[level])[:n_levels]


def _sorted(values: list) -> np.ndarray:
    """Levels in order, as an array of their own dtype if they have one."""
    try:
        values = sorted(values)
    except TypeError:  # of several types
        values = sorted(values, key=lambda value: (type(value).__name__, str(value)))
    kinds = set(map(type, values))
    if kinds in ({bool}, {float}) or (
        kinds == {int} and -(2**63) <= values[0] <= values[-1] < 2**63
    ):
        return np.array(values)
    levels = np.empty(len(values), dtype=object)
    levels[:] = values
    return levels


def _lookups_of(encoder: TabularEncoder) -> list[dict]:
    """The code of each level, for each categorical column."""
    made_of, lookups = _lookups.get(encoder, (None, []))
    if made_of is not encoder.categories_:
        lookups = [
            {level: code for code, level in enumerate(levels.tolist(), 1)}
            for levels in encoder.categories_
        ]
        _lookups[encoder] = encoder.categories_, lookups
    return lookups


_lookups: WeakKeyDictionary[TabularEncoder, tuple[list, list[dict]]] = WeakKeyDictionary()
"""Lookups of encoders, kept out of their pickles, and the levels that they were made of."""

_SIGNS = np.array([0, -1, 1])
"""The one column of two levels, by their code."""


def _unique(names: list[str]) -> list[str]:
    """Names, with a number after those that are there already."""
    taken: set[str] = set()
    for place, name in enumerate(names):
        number = 2
        while names[place] in taken:
            names[place] = f"{name}_{number}"
            number += 1
        taken.add(names[place])
    return names
