"""Data in the form that a network takes, which scikit-learn need not look at, and wide frames.

A call with a few rows takes about as long as its checks do.
"""

from typing import Any

import numpy as np

SOUND_LABELS = "biuU"
"""Kinds of dtypes of labels of which none can be missing."""


def is_sound_table(X: Any, dtypes: list[type], n_features: int) -> bool:
    """Whether X is a plain array of finite numbers, in one of the dtypes and of that width.

    Where it is not, scikit-learn says why, or makes one of it.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.shape[1] == n_features
        and X.shape[0] > 0
        and X.dtype in dtypes
        and X.flags.c_contiguous
        and is_finite(X)
    )


def is_sound_target(y: Any, n_samples: int, numeric: bool) -> bool:
    """Whether y is a plain array of finite numbers or, unless it must be `numeric`, of labels: one
    for each sample, or one for each of several targets of it."""
    if type(y) is not np.ndarray or y.ndim != 1 or len(y) != n_samples:
        return False
    kind = y.dtype.kind
    if not numeric:
        return kind in SOUND_LABELS
    return kind in "iu" or (kind == "f" and is_finite(y))


def is_finite(values: np.ndarray) -> bool:
    """Whether all values are finite, and their sum is: it may also overflow."""
    # Every value counts in it, and NaN and infinity stay what they are.
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.add.reduce(values, axis=None)
    return bool(np.isfinite(total))
