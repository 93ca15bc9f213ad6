"""Numbers that must be finite: in the precision of a fit, and in what a network gives."""

import numpy as np


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
