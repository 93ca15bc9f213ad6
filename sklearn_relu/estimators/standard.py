"""Codes that are standardized, and a layer that undoes it."""

from typing import NamedTuple

import numpy as np

from sklearn_relu.estimators.machines import Columns

LEAST_DEVIATION = 0.1
"""Columns of a smaller deviation, in units of their root mean square, are left out: standardized,
their rare values would be larger than all others."""


class Standard(NamedTuple):
    """Codes with mean 0 and standard deviation 1 in each column, or 0 where they hardly vary.

    Attributes
    ----------
    mean, factor : ndarray of shape (n_features,)
    """

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray) -> "Standard":
        """Return the mean and the factor of codes (n_samples, n_features)."""
        columns = Columns(codes)
        deviation = columns.deviation
        varies = deviation > LEAST_DEVIATION * np.sqrt(np.mean(deviation**2))
        factor = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=varies)
        return cls(columns.mean.astype(codes.dtype), factor.astype(codes.dtype))

    def codes(self, codes: np.ndarray) -> np.ndarray:
        """Return codes that are standardized."""
        return (codes - self.mean) * self.factor

    def undone(self, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and a bias whose sums of codes are those of standardized codes with these.

        Parameters
        ----------
        weight : ndarray of shape (n_features, n_units)
        bias : ndarray of shape (n_units,)
        """
        weight = weight * self.factor[:, None]
        return weight, bias - self.mean @ weight
