"""Element-wise loops that more than one part needs."""

from collections.abc import Iterable

import numpy as np

from sklearn_relu.kernels.memory import ROW, constant, pieces, scratch
from sklearn_relu.kernels.products import axpy


def add_scaled(out: np.ndarray, x: np.ndarray, scale: Iterable[float]) -> None:
    """``out[i] += scale[i] * x[i]`` for each network i.

    Parameters
    ----------
    out, x : ndarray of shape (n_networks, ...), each network's part contiguous
    scale : sequence of n_networks numbers
    """
    for out_row, x_row, factor in zip(out, x, scale, strict=True):
        axpy(x_row.reshape(-1), out_row.reshape(-1), factor)


def add_weighted(out: np.ndarray, x: np.ndarray, weight: np.ndarray, function: np.ufunc) -> None:
    """``out += weight * function(x)``, piece by piece.

    Parameters
    ----------
    out, x : ndarray of shape (n_networks, n_rows, width)
    weight : ndarray of shape (n_networks, n_rows, 1)
    function : ufunc
    """
    for out_rows, x_rows, factor in zip(out, x, weight, strict=True):
        for piece in pieces(*x_rows.shape):
            product = scratch(x_rows[piece].shape, x.dtype)
            function(x_rows[piece], out=product)
            product *= factor[piece]
            out_rows[piece] += product


def logistic(x: np.ndarray, out: np.ndarray) -> None:
    """``out = 1 / (1 + exp(-x))``; `out` may be `x`.

    Numbers below -80 count as -80, where the value is 2e-35: so it cannot overflow, and it is never
    exactly 0.
    """
    np.maximum(x, -80, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    out += 1
    np.reciprocal(out, out=out)


FEW_NUMBERS = 4096


def rectify(x: np.ndarray, out: np.ndarray) -> None:
    """``out = max(x, 0)``; against an array of zeros that stays in the first cache, which takes
    half the time of numpy's loop for a number.

    Parameters
    ----------
    x, out : ndarray
        Of one shape.
    """
    is_small = x.size < FEW_NUMBERS  # of which the array of zeros takes longer to find
    if is_small or not (x.flags.c_contiguous and out.flags.c_contiguous):
        np.maximum(x, 0, out=out)
        return
    x, out = x.reshape(-1), out.reshape(-1)
    zeros = constant("zeros", (ROW,), x.dtype)
    if x.size >= ROW:
        whole = x.size - x.size % ROW
        np.maximum(x[:whole].reshape(-1, ROW), zeros, out=out[:whole].reshape(-1, ROW))
        x, out = x[whole:], out[whole:]
    np.maximum(x, zeros[: x.size], out=out)
