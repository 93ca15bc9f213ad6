"""The share of the variance of rows that their reconstructions explain."""

from collections.abc import Iterable

import numpy as np

Rows = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Some rows, their reconstructions (n_rows, n_features), and their weights (n_rows,) or None."""


def explained_share(parts: Iterable[Rows]) -> float:
    """The share of variance explained: 1 minus squared errors over squares about the mean.

    Both are summed over all features, so this is R2 of all features together, weighted by their
    variance. It is 1 for perfect reconstructions, and 0 for the mean row.

    Parameters
    ----------
    parts : iterable of (rows, reconstructed, weight)
        All rows, some at a time. Sums are in float64.

    Returns
    -------
    share : float
        At most 1; NaN if the rows do not vary.
    """
    errors = weights = squares = 0.0
    first, sums = None, 0.0
    for rows, reconstructed, weight in parts:
        weight = np.ones(len(rows)) if weight is None else weight.astype(np.float64)
        errors += weight @ _squares(rows.astype(np.float64) - reconstructed)
        if first is None:
            first = rows[0].astype(np.float64)
        shifted = rows - first  # about a row, for the mean may be far from 0
        weights += weight.sum()
        sums += weight @ shifted
        squares += weight @ _squares(shifted)
    if not weights:
        return np.nan
    total = squares - np.dot(sums, sums) / weights
    return float(1 - errors / total) if total > squares * np.finfo(float).eps else np.nan


def _squares(rows: np.ndarray) -> np.ndarray:
    return np.vecdot(rows, rows)
