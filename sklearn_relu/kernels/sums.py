"""Sums and norms, network by network."""

import numpy as np
from numpy.typing import DTypeLike
from scipy.linalg import blas

from sklearn_relu.kernels import fused
from sklearn_relu.kernels.memory import PIECE, constant, pieces, scratch


def sum_abs(x: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Sum of ``weight * |x|`` over each network's values.

    Parameters
    ----------
    x : ndarray of shape (n_networks, n_rows, width)
    weight : ndarray of shape (n_networks, n_rows, 1) or None

    Returns
    -------
    total : ndarray of shape (n_networks,), float64
    """
    totals = np.zeros(len(x))
    width = x.shape[-1]
    for i, rows in enumerate(x):
        for piece in pieces(len(rows), width):
            block = scratch(rows[piece].shape, x.dtype)
            np.abs(rows[piece], out=block)
            if weight is not None:
                block *= weight[i, piece]
            totals[i] += block.sum()
    return totals


def sum_squares(x: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Sum of ``weight * x**2`` over each network's values; shapes as for :func:`sum_abs`."""
    if weight is None:
        flat = x.reshape(len(x), -1)
        return dot(flat, flat)
    squares = np.vecdot(x, x)[:, :, None]
    squares *= weight
    return squares.sum(axis=(1, 2))


def dot(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``(x * y).sum(axis=1)`` of (n_networks, n), in pieces in float32, where BLAS loses digits."""
    n = x.shape[1]
    if x.itemsize > 4 or n <= PIECE:
        return np.vecdot(x, y)
    total = np.zeros(len(x))
    for piece in pieces(n):
        total += np.vecdot(x[:, piece], y[:, piece])
    return total.astype(x.dtype)


def sum_samples(x: np.ndarray, out: np.ndarray, weight: np.ndarray | None = None) -> None:
    """``out = (weight * x).sum(axis=1, keepdims=True)``, as a product: BLAS outruns the reduction.

    BLAS sums in order, four rows at a time. So in float32 the sums of blocks are added up in
    float64, as in compiled loops (:data:`sklearn_relu.kernels.fused.IN_ORDER`).

    Parameters
    ----------
    x : ndarray of shape (n_networks, n_samples, width)
    out : ndarray of shape (n_networks, 1, width)
    weight : ndarray of shape (n_networks, n_samples, 1), default=None
        None means that each sample counts 1.
    """
    n_networks, n, width = x.shape
    size = 4 * fused.IN_ORDER
    row = _ones(n, x.dtype) if weight is None else weight.swapaxes(1, 2)
    if x.itemsize > 4 or n <= size:
        np.matmul(row, x, out=out)
        return
    n_blocks = n // size
    whole = n_blocks * size
    factors = row[..., :whole].reshape(-1, n_blocks, 1, size)
    sums = factors @ x[:, :whole].reshape(n_networks, n_blocks, size, width)
    total = sums.sum(axis=1, dtype=np.float64)
    if whole < n:
        total += row[..., whole:] @ x[:, whole:]
    out[...] = total


def sum_columns(x: np.ndarray) -> np.ndarray:
    """``x.sum(axis=2, keepdims=True)`` of (n_networks, n_samples, width), as a product too."""
    return np.matmul(x, _ones(x.shape[2], x.dtype).T)


def column_norms(weights: np.ndarray) -> np.ndarray:
    """Euclidean norm of each column: (n_networks, fan_in, width) to (n_networks, width)."""
    squares = np.zeros((len(weights), weights.shape[2]))
    for total, matrix in zip(squares, weights, strict=True):
        for piece in pieces(*matrix.shape):
            part = scratch(matrix[piece].shape, matrix.dtype)
            np.multiply(matrix[piece], matrix[piece], out=part)
            total += np.matmul(_ones(len(part), part.dtype)[0], part)
    return np.sqrt(squares.astype(weights.dtype, copy=False))


def limit_column_norms(weights: np.ndarray, bound: float) -> None:
    """Scale columns down whose Euclidean norm exceeds `bound`, in place: max-norm.

    What enters a unit is one column. One that is not finite stays so.

    Parameters
    ----------
    weights : ndarray of shape (n_networks, fan_in, width)
    bound : float

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), Dropout: a simple way to
    prevent neural networks from overfitting, section 5.1.
    """
    norms = column_norms(weights)
    factors = np.ones_like(norms)
    np.divide(bound, norms, out=factors, where=(norms > bound) & (norms < np.inf))
    for matrix, factor in zip(weights, factors, strict=True):
        if (factor < 1).any():
            matrix *= factor


def limit_norms(grads: np.ndarray, bound: float) -> list[int]:
    """Scale each network's whole gradient down to the norm `bound` if it exceeds it, in place.

    A gradient whose norm is not finite has no direction, and stays as it is.

    Parameters
    ----------
    grads : ndarray of shape (n_networks, n_params), each row contiguous
    bound : float

    Returns
    -------
    without : list of int
        The networks whose norm is not finite.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks,
    algorithm 1.
    """
    # Unlike the root of a sum of squares, BLAS's norm does not overflow for a huge gradient.
    nrm2 = blas.dnrm2 if grads.dtype == np.float64 else blas.snrm2
    without = []
    for i, row in enumerate(grads):
        norm = nrm2(row)
        if not norm < np.inf:
            without.append(i)
        elif norm > bound:
            row *= bound / norm
    return without


def _ones(n: int, dtype: DTypeLike) -> np.ndarray:
    return constant("ones", (1, n), dtype)
