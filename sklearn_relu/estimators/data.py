"""The checked data of a fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight


@dataclass(frozen=True)
class Data:
    """Rows with their targets and weights.

    Attributes
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        As given: labels, or numbers in their own units.
    targets : ndarray of shape (n_samples, n_targets)
        What the loss compares raw outputs with.
    sample_weight : ndarray of shape (n_samples,) or None
        As given.
    weight : ndarray of shape (n_samples, 1 or n_targets) or None
        The same times the classes' weights.
    """

    X: Any
    y: np.ndarray
    targets: np.ndarray
    sample_weight: np.ndarray | None
    weight: np.ndarray | None

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
        )


def checked_weight(sample_weight, X) -> np.ndarray | None:
    """Sample weights in X's dtype, not negative.

    Raises
    ------
    ValueError
        If they are not one number that is not negative for each row.
    """
    if sample_weight is None:
        return None
    return _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)


def combined_weight(
    sample_weight: np.ndarray | None, class_weight: np.ndarray | None, dtype
) -> np.ndarray | None:
    """The product of sample weights (n_samples,) and weights by class (n_samples, ...), 2-D."""
    if sample_weight is None and class_weight is None:
        return None
    weight = np.ones((1, 1), dtype) if class_weight is None else class_weight
    if sample_weight is not None:
        weight = weight * sample_weight[:, None]
    return np.ascontiguousarray(weight, dtype=dtype)


@contextmanager
def missing_values_explained() -> Iterator[None]:
    """scikit-learn's error for missing values, with what to do about them."""
    try:
        yield
    except ValueError as error:
        if "contains NaN" not in str(error):
            raise
        raise ValueError(
            f"{error}\nTo fill in missing values, put a SimpleImputer before the network: "
            f"make_pipeline(SimpleImputer(), StandardScaler(), ...)."
        ) from error
