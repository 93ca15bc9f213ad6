"""From a table as it is to an array of numbers."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_relu.documentation import Documented
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.sklearn_private import Interval, StrOptions, fit_context
from sklearn_relu.tables.calendar import NAMES, calendar_numbers
from sklearn_relu.tables.columns import Column, columns_of, is_frame, names_of
from sklearn_relu.tables.scaling import center_and_scale, scaled

MANY_TEXTS = 20
"""From so many different texts on, a column that is mostly numbers, or nearly all different, is
worth a warning."""


class TabularEncoder(Documented, TransformerMixin, BaseEstimator):
    """Make numbers of a table's columns: numbers, categories, dates, missing values.

    First come numbers, and those of dates: centred at the median, divided by the interquartile
    range (if that is 0, by half of the range), and bent towards 3 and -3,
    ``x / sqrt(1 + (x / 3)^2)``. A missing number is 0, the median. A constant column is 0.

    Then come columns of -1, 0 and 1: of categories of two levels one column, -1 or 1; of others one
    for each level, 0 or 1; of numbers of which some were missing in training one that is 1 where
    they are, else -1. Missing and unseen categories are 0 in all columns.

    Last come codes of categories with many levels, if these are asked for: 1 for the first level,
    0 for what is missing or unseen.

    Parameters
    ----------
    categorical_features : str, array-like of bool, int or str, default="from_dtype"
        Columns that are categories. "from_dtype" takes those of categorical, text, boolean and
        object dtypes; objects that are all numbers (such as ``Decimal``) are numbers. A mask,
        positions or names of columns are taken beside those that hold text.
    many_levels : {"one-hot", "codes"}, default="one-hot"
        Whether categories of more than `max_one_hot` levels become columns, or one of codes.
    max_one_hot : int, default=9
        With ``many_levels="codes"``, the most levels that become columns.
    dtype : {"float64", "float32"}, default="float64"
        Precision of the output.

    Attributes
    ----------
    kinds_ : list of str
        For each column "number", "category" or "date".
    categories_ : list of list
        For each column its levels; empty if it holds no categories.
    center_, scale_ : ndarray of shape (n_scaled_out_,)
        Of numbers and of those of dates: the median, and 1 over the interquartile range.
    missing_ : ndarray of int
        Columns of numbers or dates of which some were missing.
    n_scaled_out_ : int
        Output columns that are scaled numbers: the first ones.
    n_numeric_out_ : int
        All output columns before those of codes.
    code_features_ : ndarray of int
        Columns that become codes.
    cardinalities_ : ndarray of int
        For each of these its levels; codes go from 0 to that number.
    n_features_in_ : int
        Columns seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where all are strings.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu.tables import TabularEncoder
    >>> X = np.array([[1.0, "red"], [2.0, "blue"], [None, "green"], [5.0, "red"]], dtype=object)
    >>> encoder = TabularEncoder().fit(X)
    >>> encoder.get_feature_names_out().tolist()
    ['x0', 'x1_blue', 'x1_green', 'x1_red', 'x0_missing']
    >>> encoder.transform(X).round(2).tolist()[2]
    [0.0, 0.0, 1.0, 0.0, 1.0]
    """

    _parameter_constraints = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like"],
        "many_levels": [StrOptions({"one-hot", "codes"})],
        "max_one_hot": [Interval(Integral, 1, None, closed="left")],
        "dtype": [StrOptions({"float64", "float32"})],
    }

    def __init__(
        self,
        categorical_features="from_dtype",
        *,
        many_levels="one-hot",
        max_one_hot=9,
        dtype="float64",
    ):
        self.categorical_features = categorical_features
        self.many_levels = many_levels
        self.max_one_hot = max_one_hot
        self.dtype = dtype

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.sparse = False
        tags.transformer_tags.preserves_dtype = []
        return tags

    @fit_context
    def fit(self, X, y=None):
        """Learn the kinds of the columns, and the scales and levels.

        Parameters
        ----------
        X : {array-like, data frame} of shape (n_samples, n_features)
            A frame of pandas, polars or pyarrow, or an array.
        y : object, default=None
            Not used.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For infinite numbers, sparse X, and columns that `categorical_features` does not find.

        Warns
        -----
        TrainingWarning
            If a column of text is mostly numbers, or nearly all different.
        """
        X = self._checked(X, reset=True)
        chosen = self._chosen(X)
        self.kinds_, self.categories_, centers, scales, missing = [], [], [], [], []
        for position, column in enumerate(columns_of(X)):
            if chosen[position]:
                column = _as_category(column)
            self.kinds_.append(column.kind)
            self.categories_.append(_levels(column) if column.kind == "category" else [])
            if column.kind == "category":
                if column.is_text and not chosen[position]:
                    _look_at(column, self.categories_[-1])
                continue
            numbers = _numbers(column)
            if np.isnan(numbers[:, 0]).any():
                missing.append(position)
            for values in numbers.T:
                center, scale = center_and_scale(values[~np.isnan(values)])
                centers.append(center)
                scales.append(scale)
        self.center_, self.scale_ = np.array(centers), np.array(scales)
        self.missing_ = np.array(missing, dtype=int)
        self._lay_out()
        return self

    def transform(self, X):
        """Return the numbers for a table with the same columns.

        Parameters
        ----------
        X : {array-like, data frame} of shape (n_samples, n_features)

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out)
        """
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        out = np.zeros((X.shape[0], self._n_out), dtype=self.dtype)
        if self._are_all_numbers and isinstance(X, np.ndarray) and X.dtype.kind in "iuf":
            out[:, : self.n_scaled_out_] = scaled(X, self.center_, self.scale_)
            self._put_missing(out, np.isnan(X[:, self.missing_]))
            return out
        at, absent = 0, []
        for position, column in enumerate(columns_of(X)):
            if self.kinds_[position] == "category":
                self._put_category(out, position, _as_category(column).values)
                continue
            numbers = _numbers(self._as_fitted(column, position))
            span = slice(at, at + numbers.shape[1])
            out[:, span] = scaled(numbers, self.center_[span], self.scale_[span])
            at = span.stop
            if position in self._indicator_of:
                absent.append(np.isnan(numbers[:, 0]))
        if absent:
            self._put_missing(out, np.column_stack(absent))
        return out

    def get_feature_names_out(self, input_features=None):
        """Return names of the output columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; by default those of the fit, else "x0", "x1" ...

        Returns
        -------
        names : ndarray of str objects
        """
        check_is_fitted(self)
        names = self._names(input_features)
        scaled_names, one_hot, codes = [], [], []
        for position, name in enumerate(names):
            if self.kinds_[position] == "number":
                scaled_names.append(name)
            elif self.kinds_[position] == "date":
                scaled_names += [f"{name}_{what}" for what in NAMES]
            elif position in self.code_features_:
                codes.append(name)
            else:
                levels = self.categories_[position]
                one_hot += [f"{name}_{level}" for level in levels[-1:] if len(levels) == 2]
                one_hot += [f"{name}_{level}" for level in levels if len(levels) != 2] or (
                    [] if levels else [name]
                )
        absent = [f"{names[position]}_missing" for position in self.missing_]
        return np.array([*scaled_names, *one_hot, *absent, *codes], dtype=object)

    def _names(self, input_features) -> list[str]:
        fitted = getattr(self, "feature_names_in_", None)
        if input_features is None:
            named = fitted is not None
            return (
                [str(n) for n in fitted] if named else [f"x{i}" for i in range(self.n_features_in_)]
            )
        names = [str(name) for name in input_features]
        if fitted is not None and names != [str(name) for name in fitted]:
            raise ValueError("input_features is not equal to feature_names_in_")
        if len(names) != self.n_features_in_:
            raise ValueError(
                f"input_features should have length equal to number of features "
                f"({self.n_features_in_}), got {len(names)}"
            )
        return names

    def _checked(self, X: Any, reset: bool) -> Any:
        """X as a frame or an array of any dtype, with as many columns as in the fit."""
        if is_frame(X) and not issparse(X):
            if X.shape[0] == 0 or X.shape[1] == 0:
                check_array(np.empty(X.shape), estimator=self, input_name="X")
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        finite = False if _has_objects(X) else "allow-nan"
        return validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=finite)

    def _chosen(self, X: Any) -> np.ndarray:
        """The columns that `categorical_features` names, as a mask."""
        n, given = X.shape[1], self.categorical_features
        mask = np.zeros(n, bool)
        if isinstance(given, str):
            return mask
        given = np.asarray(given)
        if given.dtype.kind == "b":
            if given.shape != (n,):
                raise ValueError(
                    f"categorical_features as a mask must have one value for each of the {n} "
                    f"columns; got shape {given.shape}."
                )
            return given.copy()
        names = names_of(X)
        for each in given.tolist():
            position = names.index(each) if each in names else each
            if not isinstance(position, int) or not -n <= position < n:
                raise ValueError(
                    f"categorical_features must name columns of X; got {each!r}, and X has "
                    f"{n} columns{': ' + ', '.join(map(str, names[:10])) if is_frame(X) else ''}."
                )
            mask[position] = True
        return mask

    def _lay_out(self) -> None:
        """Note where in the output each column is."""
        self._are_all_numbers = all(kind == "number" for kind in self.kinds_)
        self.n_scaled_out_ = len(self.center_)
        self._places: dict[int, int] = {}
        codes = []
        at = self.n_scaled_out_
        for position, levels in enumerate(self.categories_):
            if self.kinds_[position] != "category":
                continue
            if self.many_levels == "codes" and len(levels) > self.max_one_hot:
                codes.append(position)
                continue
            self._places[position] = at
            at += 1 if len(levels) == 2 else max(1, len(levels))
        self._first_indicator = at
        self._indicator_of = {int(position) for position in self.missing_}
        at += len(self.missing_)
        self.n_numeric_out_ = at
        for position in codes:
            self._places[position] = at
            at += 1
        self.code_features_ = np.array(codes, dtype=int)
        self.cardinalities_ = np.array([len(self.categories_[p]) for p in codes], dtype=int)
        self._n_out = at

    def _as_fitted(self, column: Column, position: int) -> Column:
        """A column of numbers or dates, as it was one in the fit."""
        kind = self.kinds_[position]
        if column.kind == kind:
            return column
        if all(value is None for value in column.values.tolist()):  # nothing tells its kind
            empty = np.full(len(column.values), "NaT", "datetime64[us]")
            return Column(
                column.name, kind, empty if kind == "date" else empty.astype(float) * np.nan
            )
        raise ValueError(
            f"column {column.name!r} held {kind}s in fit, and holds {column.values.dtype} values "
            f"now, such as {column.values[0]!r}. Convert it, or fit again."
        )

    def _put_category(self, out: np.ndarray, position: int, values: np.ndarray) -> None:
        levels = self.categories_[position]
        numbers = {level: i for i, level in enumerate(levels)}
        codes = np.array([numbers.get(value, -1) for value in values.tolist()], dtype=int)
        place = self._places[position]
        if position in self.code_features_:
            out[:, place] = codes + 1
        elif len(levels) == 2:
            out[:, place] = np.where(codes < 0, 0, 2 * codes - 1)
        else:
            rows = np.flatnonzero(codes >= 0)
            out[rows, place + codes[rows]] = 1

    def _put_missing(self, out: np.ndarray, absent: np.ndarray) -> None:
        span = slice(self._first_indicator, self._first_indicator + len(self.missing_))
        out[:, span] = np.where(absent, 1, -1)


def _has_objects(X: Any) -> bool:
    """Whether X holds more than numbers."""
    return not issparse(X) and np.asarray(X).dtype.kind not in "biufc"


def _as_category(column: Column) -> Column:
    """A column whose values are levels, whatever they are."""
    if column.kind == "category":
        return column
    values = np.empty(len(column.values), dtype=object)
    values[:] = [
        None if value is None or value != value else value for value in column.values.tolist()
    ]
    return Column(column.name, "category", values)


def _levels(column: Column) -> list:
    """The levels of a column in their order, which is that of numbers or of text."""
    levels = {value for value in column.values.tolist() if value is not None}
    try:
        return sorted(levels)
    except TypeError:
        return sorted(levels, key=lambda level: (type(level).__name__, str(level)))


def _numbers(column: Column) -> np.ndarray:
    """A column of numbers, or those of dates: (n_samples, 1 or more)."""
    if column.kind == "date":
        return calendar_numbers(column.values)
    if np.isinf(column.values).any():
        raise ValueError(
            f"Input X contains infinity or a value too large for {column.values.dtype} in column "
            f"{column.name!r}. Drop the column, or leave the value empty."
        )
    return column.values[:, None]


def _look_at(column: Column, levels: list) -> None:
    """Warn of text that looks as if it was not meant to be categories."""
    texts = [level for level in levels if isinstance(level, str)]
    if len(texts) < MANY_TEXTS:
        return
    n_present = sum(value is not None for value in column.values.tolist())
    if sum(map(_reads_as_number, texts)) > len(texts) / 2:
        what, cure = "mostly numbers", "pandas.to_numeric(column, errors='coerce')"
    elif sum(map(_reads_as_date, texts)) > len(texts) / 2:
        what, cure = "mostly dates", "pandas.to_datetime(column)"
    elif len(levels) > 0.9 * n_present:
        what, cure = "nearly all different", "dropping it"
    else:
        return
    shown = ", ".join(repr(text) for text in texts[:3])
    warnings.warn(
        f"Column {column.name!r} is text and becomes {len(levels)} categories, though its values "
        f"are {what}: {shown}. If that is not meant, try {cure}; if it is, name the column in "
        "categorical_features.",
        TrainingWarning,
        stacklevel=2,
    )


def _reads_as_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _reads_as_date(text: str) -> bool:
    try:
        np.datetime64(text.strip().replace(" ", "T"))
    except ValueError:
        return False
    return True
