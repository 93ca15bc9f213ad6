"""Networks that read series: numbers, step after step."""

import math
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.images import is_whole
from sklearn_relu.estimators.lengths import check_steps, joined, listed, without_absent_steps
from sklearn_relu.estimators.quick import is_sound_table
from sklearn_relu.estimators.tables import Tables

SeriesShape = tuple[int, int]
"""Steps and channels."""

OTHER_LENGTHS = (
    "Series of other lengths than in training come as a list of arrays, or as an array of 3 "
    "dimensions; shorter ones also with NaN at their end, and longer rows with series_shape."
)
"""Advice for rows of other numbers of columns than in training."""

A_LIST = (
    "Series of unequal length are a list of arrays: [np.asarray(series) for series in X]. One "
    "series alone is a list of one: [X]."
)
"""Advice for what is neither rows nor a list of series."""

ADVICE = {
    "features, but": OTHER_LENGTHS,
    "Expected 2D array": A_LIST,
    "array element with a sequence": A_LIST,
}
"""By words of scikit-learn's errors and NumPy's."""


class Series(Tables):
    """A network whose X are series, of equal or of unequal lengths.

    X may be

    - rows of numbers, an array or a data frame: (n_series, steps), or with `series_shape`
      (n_series, steps * channels);
    - an array (n_series, steps, channels);
    - a list, a tuple or a 1-D array of objects, of arrays (steps,) or (steps, channels), whose
      steps may differ. Plain lists of numbers, all of one length, are rows.

    Steps at the end of a series that are NaN in all channels are absent: the series has ended. Any
    other NaN is an error. Series in predictions may have other lengths than in training, longer
    ones too: as a list, or as an array of 3 dimensions. Rows have as many columns as in training,
    as scikit-learn asks for; where `series_shape` says that they are series, they may have more.
    Plain lists may have any length where training had series of one channel, and no rows.

    The engine sees rows, step after step, each with its channels: (n_series, steps * channels),
    where steps are those of the longest series of this X. So memory is that of an array in which
    all series are as long as the longest one. Absent steps are NaN in all channels.
    """

    series_shape: Any = None
    channels_first: Any = False
    series_shape_: SeriesShape
    reads_series = True

    _described_parameters = {
        "series_shape": Parameter(
            "tuple of int or None",
            ["array-like", None],
            """
            (steps,) or (steps, channels) of the longest series in training, where X has one series
            in each row, step after step. None: a row is a series of one channel; arrays and lists
            of series have their own shape.
            """,
        ),
        "channels_first": Parameter(
            "bool",
            ["boolean"],
            """
            Whether channels come before steps: X is (n_series, channels, steps), a list of
            (channels, steps) or, flat, all steps of the first channel come first. `series_shape`
            is (steps, channels) in either case.
            """,
        ),
    }

    _described_attributes = {
        "n_features_in_": Attribute(
            "int", "Columns of X in training; of lists and arrays of series, steps times channels."
        ),
        "series_shape_": Attribute(
            "tuple of int", "Steps of the longest series in training, and channels."
        ),
    }

    _takes_sparse = False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _check_data(self, X, y, reset):
        if reset:
            self._channels_first = bool(self.channels_first)
        if not reset and self._is_sound(X, self._float_dtypes()):
            return super(Series, self._expecting(X.shape[1]))._check_data(X, y, reset)
        X, shape = self._as_rows(X)
        reader = self if reset else self._reader_of(X, shape)
        X, y = super(Series, reader)._check_data(X, y, reset)
        if reset:
            n_channels = self._learned_shape(shape, X.shape[1])[1]
            self._has_one_width = shape is None and self.series_shape is None
            self._takes_rows = shape is None or self.series_shape is not None or n_channels == 1
        else:
            n_channels = self.series_shape_[1]
        X = self._checked_steps(X, n_channels, are_rows=shape is None)
        if reset:
            self.series_shape_ = X.shape[1] // n_channels, n_channels
        return X, y

    def _check_inputs(self, X):
        check_is_fitted(self)
        if self._reads_arrays or self._is_sound(X, self._float_dtypes()):
            return X
        X, shape = self._as_rows(X)
        X = self._reader_of(X, shape)._checked_table(X, reset=False, order="C")
        return self._checked_steps(X, self.series_shape_[1], are_rows=shape is None)

    _reads_arrays = False

    def _reading_arrays(self):
        copied = super()._reading_arrays()
        copied._reads_arrays = True
        return copied

    # From X to rows.

    def _as_rows(self, X) -> tuple[Any, SeriesShape | None]:
        """Series as rows, step after step, and the shape of the longest; a table as it was."""
        series = listed(X)
        if series is not None:
            X = joined(series, self._float_dtypes(), self._channels_first)
        elif getattr(X, "ndim", 0) < 3:
            return X, None
        else:
            X = self._as_array(X)
        shape = X.shape[1], X.shape[2]
        return X.reshape(len(X), math.prod(shape)), shape

    def _as_array(self, X) -> np.ndarray:
        """An array of 3 dimensions with channels last, without steps that no series has."""
        X = np.asarray(X)
        axes = "n_series, channels, steps" if self._channels_first else "n_series, steps, channels"
        if X.ndim > 3 or 0 in X.shape[1:]:
            raise ValueError(
                f"X must be (n_series, steps), ({axes}) with at least one step and one channel, or "
                f"a list of series; got an array of {X.ndim} dimensions, {X.shape}."
            )
        if self._channels_first:
            X = X.swapaxes(1, 2)
        if X.dtype.kind not in "biuf" or not len(X):
            return X  # scikit-learn makes numbers of it, or says why not
        X = without_absent_steps(X)
        dtypes = self._float_dtypes()
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(X, dtype=X.dtype if X.dtype in dtypes else dtypes[0])

    def _checked_steps(self, X: np.ndarray, n_channels: int, are_rows: bool) -> np.ndarray:
        """Rows of floats, step after step, without steps that no series has."""
        n = len(X)
        if are_rows and self._channels_first:
            series = X.reshape(n, n_channels, -1).swapaxes(1, 2)
        else:
            series = X.reshape(n, -1, n_channels)
        series = without_absent_steps(series)
        check_steps(series)
        return np.ascontiguousarray(series).reshape(n, -1)

    def _is_sound(self, X, dtypes):
        """Whether X is rows, step after step, that scikit-learn need not look at."""
        if type(X) is not np.ndarray or X.ndim != 2 or "feature_names_in_" in vars(self):
            return False
        n_columns, n_channels = X.shape[1], self.series_shape_[1]
        if n_channels > 1 and (self._channels_first or not self._takes_rows):
            return False
        fits = n_columns >= self.n_features_in_ and n_columns % n_channels == 0
        if self._has_one_width:
            fits = n_columns == self.n_features_in_
        return fits and is_sound_table(X, dtypes, n_columns)

    def _validated(self, X, y, dtypes, reset, **checks):
        try:
            # What is not finite may be the end of a series.
            return super()._validated(X, y, dtypes, reset, ensure_all_finite=False, **checks)
        except ValueError as error:
            for words, advice in ADVICE.items():
                if words in str(error):
                    raise ValueError(f"{error} {advice}") from error
            raise

    # Shapes.

    def _expecting(self, n_columns: int) -> Self:
        """A copy that expects rows of so many columns."""
        reader = self._shallow_copy()
        reader.n_features_in_ = n_columns
        return reader

    def _reader_of(self, X, shape: SeriesShape | None) -> Self:
        """A copy that expects X, which may be longer than in training.

        Raises
        ------
        ValueError
            If X has other channels than in training.
        """
        n_channels = self.series_shape_[1]
        if shape is not None:
            if shape[1] != n_channels:
                raise ValueError(
                    f"X has series of {shape[1]} channels, but {type(self).__name__} is expecting "
                    f"{n_channels}, as in training. Pass series of the same channels, or fit again."
                )
            return self._expecting(math.prod(shape))
        n_columns = _n_columns(X)
        if n_columns is None or self._has_one_width:
            return self  # scikit-learn says what is wrong
        # A list of plain lists is rows if these happen to be of one length, of which one always is.
        are_lists = isinstance(X, list | tuple) and n_channels == 1
        if n_columns < self.n_features_in_ and not are_lists:
            return self
        if not self._takes_rows or n_columns % n_channels:
            raise ValueError(
                f"X has rows of {n_columns} columns, but {type(self).__name__} is expecting series "
                f"of {n_channels} channels, as in training. Pass {self._expected_axes}, or a list "
                f"of series{self._or_multiple}."
            )
        return self._expecting(n_columns)

    @property
    def _expected_axes(self) -> str:
        n_channels = self.series_shape_[1]
        axes = f"{n_channels}, steps" if self._channels_first else f"steps, {n_channels}"
        return f"an array (n_series, {axes})"

    @property
    def _or_multiple(self) -> str:
        """The number of columns that rows may have, where X may be rows."""
        if not self._takes_rows:
            return ""
        return f", or rows of a multiple of {self.series_shape_[1]} columns"

    def _learned_shape(self, shape: SeriesShape | None, n_columns: int) -> SeriesShape:
        """The shape of series in training.

        Raises
        ------
        ValueError
            If `series_shape` is another, or does not fit the columns.
        """
        given = self._given_shape()
        if shape is None:
            if given is None:
                return n_columns, 1
            if math.prod(given) != n_columns:
                raise ValueError(
                    f"series_shape={self.series_shape!r} has {math.prod(given)} values, and X has "
                    f"{n_columns} columns. Pass (steps,) or (steps, channels) whose product is "
                    f"{n_columns}."
                )
            return given
        if given is not None and (given[1] != shape[1] or given[0] < shape[0]):
            raise ValueError(
                f"series_shape={self.series_shape!r} does not fit X's longest series, of "
                f"{shape[0]} steps and {shape[1]} channels. Leave series_shape=None for lists and "
                f"arrays of series{self._hint(given, shape)}."
            )
        return shape

    def _hint(self, given: SeriesShape, shape: SeriesShape) -> str:
        """Advice where channels are on another axis than expected."""
        if given != shape[::-1]:
            return ""
        return f", and set channels_first={not self.channels_first} for these"

    def _given_shape(self) -> SeriesShape | None:
        """The parameter `series_shape` with its channels.

        Raises
        ------
        ValueError
            If it is none.
        """
        if self.series_shape is None:
            return None
        sizes = np.asarray(self.series_shape, dtype=object).ravel().tolist()
        if len(sizes) not in (1, 2) or not all(is_whole(size) and size > 0 for size in sizes):
            raise ValueError(
                "series_shape must be (steps,) or (steps, channels), whole numbers > 0; got "
                f"{self.series_shape!r}."
            )
        steps, channels = map(int, (*sizes, 1)[:2])
        return steps, channels

    def _check_shape_is_as_fitted(self) -> None:
        """Raise a ValueError if parameters say other channels than those that are fitted."""
        if self._channels_first != bool(self.channels_first):
            raise ValueError(
                "warm_start and partial_fit go on with the fitted network, and channels_first has "
                f"changed from {self._channels_first} to {self.channels_first}. Set it back, or "
                "clone the estimator, to start anew."
            )
        given, n_channels = self._given_shape(), self.series_shape_[1]
        if given is not None and given[1] != n_channels:
            raise ValueError(
                "warm_start and partial_fit go on with the fitted network of series of "
                f"{n_channels} channels, and series_shape={self.series_shape!r} says {given[1]}. "
                "Set it back, or clone the estimator, to start anew."
            )


def _n_columns(X: Any) -> int | None:
    """The columns of a table; None where it is none."""
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if len(shape) == 2:
        return shape[1]
    if isinstance(X, list | tuple) and X and isinstance(X[0], list | tuple):
        return len(X[0])
    return None
