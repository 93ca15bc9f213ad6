"""From the scores of rows to the score below which a row is an outlier."""

import numpy as np

STRETCH = 1.5
"""Tukey's factor: how many interquartile ranges the fence is beyond the upper quartile."""

ROUNDING = 1e-9
"""A share of the weight is reached within this share of it."""


def offset_of_share(scores: np.ndarray, weight: np.ndarray | None, share: float) -> float:
    """Return the score below which so large a share of the rows is, by their weights.

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
    """Return the score of Tukey's fence on the cube roots of errors, which are minus the scores.

    The cube root of a sum of squares is nearly normal, however many squares there are. Of normal
    values 0.35 % are beyond the fence.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
    weight : ndarray of shape (n_samples,) or None
        Positive.

    Returns
    -------
    offset : float

    References
    ----------
    Tukey (1977), Exploratory data analysis, chapter 2.
    Wilson & Hilferty (1931), The distribution of chi-square.
    """
    errors = -scores.astype(np.float64)
    quartiles = _quantiles(errors, weight, (0.25, 0.75))
    lower, upper = np.cbrt(quartiles)
    fence = (upper + STRETCH * (upper - lower)) ** 3
    # Of rows that are all alike none is an outlier, whatever the rounding in another batch.
    least = quartiles[1] + np.sqrt(np.finfo(scores.dtype).eps) * abs(quartiles[1])
    return -float(max(fence, least))


def _quantiles(values: np.ndarray, weight: np.ndarray | None, shares) -> np.ndarray:
    """Values below which such shares of the weight are; between two of them their mean.

    A row of weight 2 counts as two rows.
    """
    order = np.argsort(values)
    ordered = values[order].astype(np.float64)
    below = np.cumsum(np.ones(len(values)) if weight is None else weight[order], dtype=float)
    wanted = np.asarray(shares) * below[-1]
    first = np.searchsorted(below, wanted * (1 - ROUNDING))
    last = np.searchsorted(below, wanted * (1 + ROUNDING), side="right")
    return (ordered[first] + ordered[np.minimum(last, len(values) - 1)]) / 2
