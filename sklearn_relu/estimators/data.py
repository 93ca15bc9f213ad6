"""The checked data of a fit; numbers that must be finite, in it and in predictions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from sklearn_relu.estimators.quick import SOUND_LABELS
from sklearn_relu.sklearn_private import check_sample_weight

RESCALE_WEIGHTS = (
    "Divide all weights by their mean: with alpha divided by it too, the fit is the same."
)


@dataclass(frozen=True)
class Data:
    """Rows with their targets and weights.

    Attributes
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        Of `dtype`, or integers that become numbers of it batch by batch.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        As given: labels, or numbers in their own units.
    targets : ndarray of shape (n_samples, n_targets)
        What the loss compares raw outputs with; where the sample weight is 0, those of a row that
        counts.
    sample_weight : ndarray of shape (n_samples,) or None
        As given, in its own precision.
    weight : ndarray of shape (n_samples, 1 or n_targets) or None
        The same times the classes' weights.
    dtype : dtype
        What is computed in.
    """

    X: Any
    y: np.ndarray
    targets: np.ndarray
    sample_weight: np.ndarray | None
    weight: np.ndarray | None
    dtype: np.dtype

    @property
    def counting_rows(self) -> Any:
        """The rows of X that have a weight."""
        if self.weight is None:
            return self.X
        counts = self.weight.any(axis=1)
        return self.X if counts.all() else self.X[counts]

    def take(self, rows: np.ndarray) -> "Data":
        """Some of the rows."""

        def some(array):
            return None if array is None else array[rows]

        return Data(
            self.X[rows],
            self.y[rows],
            self.targets[rows],
            some(self.sample_weight),
            some(self.weight),
            self.dtype,
        )


def checked_weight(sample_weight, X, dtype) -> np.ndarray | None:
    """Sample weights that are not negative, in their own precision.

    Raises
    ------
    ValueError
        If they are not one number that is not negative for each row, or their sum overflows in
        the dtype.
    """
    if sample_weight is None:
        return None
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # scikit-learn adds them up
            weight = check_sample_weight(sample_weight, X)
    except (TypeError, ValueError, OverflowError) as error:
        if "sample_weight" in str(error) or "ample weights" in str(error):
            raise
        raise ValueError(f"sample_weight must hold one number for each row: {error}.") from error
    _summable(weight, dtype, "sample_weight")
    return weight


def combined_weight(
    sample_weight: np.ndarray | None, class_weight: np.ndarray | None, dtype
) -> np.ndarray | None:
    """The product of sample weights (n_samples,) and weights by class (n_samples, ...), 2-D.

    Raises
    ------
    ValueError
        If their sum overflows.
    """
    if sample_weight is None and class_weight is None:
        return None
    weight = np.ones((1, 1), dtype) if class_weight is None else class_weight
    if sample_weight is not None:
        with np.errstate(over="ignore"):
            weight = weight * sample_weight[:, None]
    return _summable(weight, dtype, "sample_weight times class_weight")


def _summable(weight: np.ndarray, dtype, name: str) -> np.ndarray:
    """Weights in a dtype in which they and their sum are finite."""
    weight = in_precision(weight, dtype, name, RESCALE_WEIGHTS)
    with np.errstate(over="ignore"):
        in_precision(weight.sum(), dtype, f"The sum of {name}", RESCALE_WEIGHTS)
    return weight


def plain_columns(X):
    """A pandas frame with NumPy columns in place of nullable, categorical and Arrow-backed ones.

    By itself pandas may look for one dtype for all columns first: a missing category of integers
    becomes -2**63. And scikit-learn makes float64 of nullable float32. Anything else is as it was.
    """
    is_pandas_frame = hasattr(X, "isetitem")
    if is_pandas_frame and not len(X.columns):  # for which scikit-learn knows no dtype
        return np.empty(X.shape)
    if not is_pandas_frame or all(isinstance(dtype, np.dtype) for dtype in X.dtypes):
        return X
    columns = [
        column.array if hasattr(column.dtype, "fill_value") else np.asarray(column)  # sparse stays
        for _, column in X.items()
    ]
    return type(X)(dict(enumerate(columns)), index=X.index).set_axis(X.columns, axis=1)


def float_dtype(X, dtypes: list[type]) -> list[type]:
    """The dtypes, or only the one that X has where X is a frame of Polars or a table of Arrow.

    scikit-learn sees the dtype of arrays and of pandas frames only.
    """
    if hasattr(X, "__array__") and hasattr(type(X), "schema"):
        own = np.asarray(X[:1]).dtype.type
        if own in dtypes:
            return [own]
    return dtypes


def target_array(y, numeric: bool):
    """Targets as an array, in the NumPy dtype that their values have: Int8 is int8.

    Raises
    ------
    ValueError
        If some are missing, or if they should be numbers and are not.
    """
    if type(y) is np.ndarray and y.dtype.kind in ("biu" if numeric else SOUND_LABELS):
        return np.asarray(y, order="C")
    if y is None or issparse(y):
        return y
    y = plain_columns(y)
    try:
        targets = np.asarray(y, order="C")
    except ValueError as error:  # of rows that differ in length
        raise ValueError(f"y, and classes, must be arrays: {error}") from error
    n_missing = np.count_nonzero(_is_missing(targets))
    if n_missing:
        raise ValueError(
            f"Input y contains NaN: {n_missing} of {targets.size} values are missing. Leave such "
            "rows out, of X and of y."
        )
    if not numeric:  # scikit-learn knows what dtype the columns of a frame share
        return y if targets.ndim == 2 else targets
    if targets.dtype.kind in "biufc":
        return targets
    try:
        if targets.dtype.kind != "O":
            raise TypeError(f"{targets.dtype} is no dtype of numbers")
        return targets.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"Input y must be numbers for a regressor; got dtype {targets.dtype}: {error}. "
            "Convert y to numbers, or use a classifier for labels."
        ) from error


def _is_missing(values: np.ndarray):
    if values.dtype.kind == "O":
        return [_is_missing_object(value) for value in values.ravel()]
    return values != values if values.dtype.kind in "fcmM" else False


def _is_missing_object(value) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas' NA
        return True


@contextmanager
def unusable_values_explained() -> Iterator[None]:
    """scikit-learn's errors for missing values and for text in X, with what to do about them."""
    try:
        # scikit-learn adds values up to see whether they are finite.
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except OverflowError as error:  # of Python's integers
        raise ValueError(f"Input X contains a value too large for float64: {error}.") from error
    except (TypeError, ValueError) as error:
        message = str(error)
        if "'NAType'" in message:
            message = "Input X contains NaN, as pandas' NA."
        if "X contains NaN" in message:
            raise ValueError(
                f"{message}\nTo fill in missing values, put a SimpleImputer before the network: "
                "make_pipeline(SimpleImputer(), StandardScaler(), ...)."
            ) from error
        if "could not convert string to float" in message:
            raise ValueError(
                f"Input X contains text: {message}\nTo make numbers of it, put a OneHotEncoder (or "
                "OrdinalEncoder) for such columns before the network: make_column_transformer("
                "(OneHotEncoder(), [...]), remainder=StandardScaler())."
            ) from error
        if message.startswith(("float() argument", "setting an array element")):
            raise type(error)(f"Input X must be a table of numbers: {message}") from error
        raise


def in_precision(values: np.ndarray, dtype, name: str, cure: str) -> np.ndarray:
    """Values as a contiguous array of a floating dtype.

    Parameters
    ----------
    values : ndarray
    dtype : dtype
    name : str
        What they are, for the error.
    cure : str
        What to do about it, for the error.

    Raises
    ------
    ValueError
        If one is not finite, or too large for the dtype.
    """
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(values, dtype=dtype)
    if not np.isfinite(cast).all():
        raise ValueError(
            f"{name} must be finite in {np.dtype(dtype)}, in which this fit computes; the largest "
            f"is {np.abs(values).max():g}. {cure}"
        )
    return cast


def finite_outputs(outputs: np.ndarray) -> np.ndarray:
    """Predictions (n_samples, ...), if all of them are finite.

    Raises
    ------
    ValueError
        If some are not: rows for which a sum or an exponential in the network overflows.
    """
    finite = np.isfinite(outputs)
    if finite.all():
        return outputs
    rows = np.flatnonzero(~finite.reshape(len(outputs), -1).all(axis=1))
    raise ValueError(
        f"Outputs of the network are not finite for {len(rows)} of {len(outputs)} rows of X, of "
        f"which row {rows[0]} is the first: they overflow in {outputs.dtype}. Look for extreme "
        "values in X and scale it as in training (StandardScaler), or fit and predict with "
        "dtype='float64'."
    )
