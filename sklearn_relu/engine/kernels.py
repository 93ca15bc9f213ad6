"""The few element-wise loops that more than one part needs, and the scratch memory for them.

A large array is walked in pieces that stay in the processor's cache; temporaries live in one
scratch buffer per thread, made once. So no loop here allocates in proportion to its input.
"""

import threading
from collections.abc import Iterator

import numpy as np

PIECE = 8192
"""Elements in one piece: two float64 arrays of it fill 128 kB, well inside a level 2 cache."""

_local = threading.local()


def scratch(shape: tuple[int, ...], dtype, slot: int = 0) -> np.ndarray:
    """Uninitialised memory of this thread; good until the next call with the same `slot`.

    Parameters
    ----------
    shape : tuple of int
        At most about `PIECE` elements: the memory is kept for the life of the thread.
    dtype : dtype
    slot : int, default=0
        Temporaries in use at the same time need different slots.

    Returns
    -------
    buffer : ndarray of `shape`
    """
    buffers = _local.__dict__.setdefault("buffers", {})
    key = (slot, np.dtype(dtype).char)
    size = int(np.prod(shape))
    buffer = buffers.get(key)
    if buffer is None or buffer.size < size:
        buffer = buffers[key] = np.empty(max(size, PIECE), dtype)
    return buffer[:size].reshape(shape)


def pieces(n: int, width: int = 1) -> Iterator[slice]:
    """Slices that cover ``range(n)``, each of at most `PIECE` elements in rows of `width`."""
    step = max(1, PIECE // width)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def add_scaled(out: np.ndarray, x: np.ndarray, scale: np.ndarray, function=None) -> None:
    """``out += scale * function(x)`` for each network, without a temporary of their size.

    Parameters
    ----------
    out, x : ndarray of shape (n_networks, n_rows, width)
    scale : ndarray of shape (n_networks,) or (n_networks, n_rows, 1)
    function : ufunc, default=None
        None means x itself.
    """
    for out_rows, x_rows, factor in zip(out, x, scale, strict=True):
        for piece in pieces(*x_rows.shape):
            rows = x_rows[piece]
            product = scratch(rows.shape, rows.dtype)
            if function is not None:
                rows = function(rows, out=product)
            np.multiply(rows, factor[piece] if factor.ndim else factor, out=product)
            out_rows[piece] += product


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
        return np.vecdot(flat, flat)
    squares = np.vecdot(x, x)[:, :, None]
    squares *= weight
    return squares.sum(axis=(1, 2))


def sum_samples(x: np.ndarray, out: np.ndarray) -> None:
    """``out = x.sum(axis=1, keepdims=True)``, as a product with ones: BLAS outruns the reduction.

    Parameters
    ----------
    x : ndarray of shape (n_networks, n_samples, width)
    out : ndarray of shape (n_networks, 1, width)
    """
    np.matmul(_ones(x.shape[1], x.dtype), x, out=out)


def _ones(n: int, dtype) -> np.ndarray:
    cache = _local.__dict__.setdefault("ones", {})
    char = np.dtype(dtype).char
    if char not in cache or cache[char].shape[1] < n:
        cache[char] = np.ones((1, n), dtype)
    return cache[char][:, :n]
