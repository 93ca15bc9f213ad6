"""From the scores of rows to the score below which a row is an outlier."""

import numpy as np

STRETCH = 1.5
"""Tukey's factor: how many interquartile ranges the fence is beyond the upper quartile."""

ROUNDING = 1e-9
"""A share of the weight is reached within this share of it."""


def offset_of_share(scores: np.ndarray, weight: np.ndarray | None, share: float) -> float:
    """The score below which so large a share of the rows is, by their weights.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
    weight : ndarray of shape (n_samples,) or None
        Positive.
    share : float

    Returns
    -------
    offset : float
        Half way between the last row below it and the next one, where rows divide so.
    """
    return float(_quantiles(scores, weight, share))


def offset_of_fence(scores: np.ndarray, weight: np.ndarray | None) -> float:
    """The score of Tukey's fence on the logarithms of errors, which are minus the scores.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        None is above 0.
    weight : ndarray of shape (n_samples,) or None
        Positive.

    Returns
    -------
    offset : float

    References
    ----------
    Tukey (1977), Exploratory data analysis, chapter 2.
    """
    errors = -scores.astype(np.float64)
    largest = errors.max()
    if not largest:
        return 0.0
    # An error below the rounding of the largest is as good as none, which has no logarithm.
    logs = np.log(np.maximum(errors, largest * np.finfo(scores.dtype).eps))
    lower, upper = _quantiles(logs, weight, (0.25, 0.75))
    return -float(np.exp(upper + STRETCH * (upper - lower)))


def _quantiles(values: np.ndarray, weight: np.ndarray | None, shares) -> np.ndarray:
    """Values below which such shares of the weight are; between two of them their mean.

    A row of weight 2 counts as two rows.
    """
    order = np.argsort(values)
    ordered = values[order]
    below = np.cumsum(np.ones(len(values)) if weight is None else weight[order], dtype=float)
    wanted = np.asarray(shares) * below[-1]
    first = np.searchsorted(below, wanted * (1 - ROUNDING))
    last = np.searchsorted(below, wanted * (1 + ROUNDING), side="right")
    return (ordered[first] + ordered[np.minimum(last, len(values) - 1)]) / 2
