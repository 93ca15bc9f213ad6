"""The few element-wise loops that more than one part needs, and the scratch memory for them.

A large array is walked in pieces that stay in the processor's cache; temporaries live in one
scratch buffer per thread, made once. So no loop here allocates in proportion to its input.
"""

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from scipy.linalg import blas

from sklearn_relu.engine import fused

Call = Callable[[], object]
"""What is made once, with its arrays bound, and called in each step."""

PIECE = 32768
"""Elements in one piece: the five float64 arrays of Adam fill 1.3 MB of it, most of a level 2
cache; smaller pieces measure slower, for each costs a call per operation."""

ROW = 2048
"""Elements of a constant that stays in the level 1 cache."""

CONSTANTS = {"zeros": 0, "ones": 1}

MAX_VIEWS = 1000
"""Of scratch memory, which a thread keeps: each new batch size brings some."""

SMALL_PRODUCT = 1_000_000
"""Multiplications up to which OpenBLAS takes matrices as they are."""


class _Local(threading.local):
    def __init__(self):
        self.memory = {}
        self.views = {}


_local = _Local()


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
    return _view(slot, shape, dtype)


def pieces(n: int, width: int = 1) -> Iterator[slice]:
    """Slices that cover ``range(n)``, each of at most `PIECE` elements in rows of `width`."""
    step = max(1, PIECE // width)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def blocks(n_networks: int, n: int, width: int = 1) -> Iterator[tuple[slice, slice]]:
    """Networks, and rows of each, that together fill a piece: several networks, or a part of one.

    A network's pieces, and so the bits of its sums, do not depend on how many others there are.
    """
    for networks in pieces(n_networks, n * width):
        for rows in pieces(n, width):
            yield networks, rows


def product(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> Call:
    """A call that does ``out = left @ right`` for each network.

    OpenBLAS multiplies small matrices (up to 1e6 products) without packing them first, a third
    faster. A product just above that is therefore made of two halves.

    Parameters
    ----------
    left : ndarray of shape (n_networks, n, m) or (1, n, m)
        The latter is one for all networks.
    right : ndarray of shape (n_networks, m, k)
    out : ndarray of shape (n_networks, n, k)
    """
    _, n, m = left.shape
    k = right.shape[2]
    if m == 1 and len(left) == len(right):
        by_numpy = partial(_bound_outer, left, right, out)
        if out.flags.c_contiguous:
            return fused.bound("outer", left, right, out, otherwise=by_numpy)
        return by_numpy()
    if n % 2 == 0 and SMALL_PRODUCT < n * m * k <= 2 * SMALL_PRODUCT:
        left = left.reshape(len(left), 2, n // 2, m)
        out = out.reshape(len(out), 2, n // 2, k)
        right = right[:, None]
    return partial(np.matmul, left, right, out)


def _bound_outer(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> Call:
    return partial(_outer, list(zip(left, right, out, strict=True)))


def _outer(networks: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> None:
    """``out = column @ row`` for each network, by BLAS: numpy's matmul has a slow loop of its own
    for these, and its broadcasting takes twice the time."""
    for column, row, out in networks:
        np.dot(column, row, out=out)


def add_outer(out: np.ndarray, column: np.ndarray, row: np.ndarray) -> None:
    """``out += column @ row`` by a BLAS update of rank 1.

    Parameters
    ----------
    out : ndarray of shape (n_networks, n_samples, width), each network's part contiguous
    column : ndarray of shape (n_networks, n_samples, 1)
    row : ndarray of shape (n_networks, 1, width)
    """
    ger = blas.dger if out.dtype == np.float64 else blas.sger
    for rows, left, right in zip(out, column, row, strict=True):
        ger(1.0, right[0], left[:, 0], a=rows.T, overwrite_a=1)


def as_memory(x: np.ndarray) -> tuple[np.ndarray, int]:
    """All memory from the first to the last element of an array whose first axis has gaps, as a
    view (n,); and after how many elements of it a row begins."""
    row = x.strides[0] // x.itemsize
    if len(x) == 1:
        return x.reshape(-1), row
    shape = ((len(x) - 1) * row + x[0].size,)
    return np.lib.stride_tricks.as_strided(x, shape, (x.itemsize,)), row


def axpy(x: np.ndarray, out: np.ndarray, scale: float) -> None:
    """``out += scale * x`` for contiguous arrays (n,): BLAS needs one pass and no temporary."""
    (blas.daxpy if out.dtype == np.float64 else blas.saxpy)(x, out, a=scale)


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


def rectify(x: np.ndarray, out: np.ndarray) -> None:
    """``out = max(x, 0)``; against an array of zeros that stays in the first cache, which takes
    half the time of numpy's loop for a number.

    Parameters
    ----------
    x, out : ndarray
        Of one shape.
    """
    if not (x.flags.c_contiguous and out.flags.c_contiguous):
        np.maximum(x, 0, out=out)
        return
    x, out = x.reshape(-1), out.reshape(-1)
    zeros = _view("zeros", (ROW,), x.dtype)
    if x.size >= ROW:
        whole = x.size - x.size % ROW
        np.maximum(x[:whole].reshape(-1, ROW), zeros, out=out[:whole].reshape(-1, ROW))
        x, out = x[whole:], out[whole:]
    np.maximum(x, zeros[: x.size], out=out)


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
    float64, as in compiled loops (:data:`sklearn_relu.engine.fused.IN_ORDER`).

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


def limit_norms(grads: np.ndarray, bound: float) -> None:
    """Scale each network's whole gradient down to the norm `bound` if it exceeds it, in place.

    One that is not finite stays as it is, so that the divergence is noticed.

    Parameters
    ----------
    grads : ndarray of shape (n_networks, n_params), each row contiguous
    bound : float

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks,
    algorithm 1.
    """
    # Unlike the root of a sum of squares, BLAS's norm does not overflow for a huge gradient.
    nrm2 = blas.dnrm2 if grads.dtype == np.float64 else blas.snrm2
    for row in grads:
        norm = nrm2(row)
        if bound < norm < np.inf:
            row *= bound / norm


def _ones(n: int, dtype) -> np.ndarray:
    return _view("ones", (1, n), dtype)


def _view(name: int | str, shape: tuple[int, ...], dtype) -> np.ndarray:
    """The beginning of this thread's memory of that name, in that shape."""
    key = name, shape, dtype
    view = _local.views.get(key)
    return _make_view(*key) if view is None else view


def _make_view(name: int | str, shape: tuple[int, ...], dtype) -> np.ndarray:
    size, memory = math.prod(shape), _local.memory.get((name, dtype))
    if memory is None or memory.size < size:
        memory = np.empty(max(size, PIECE), dtype)
        if name in CONSTANTS:
            memory.fill(CONSTANTS[name])
        _local.memory[name, dtype] = memory
        # No view is to keep the memory that this one replaces.
        for key in [key for key in _local.views if (key[0], key[2]) == (name, dtype)]:
            del _local.views[key]
    if len(_local.views) == MAX_VIEWS:
        _local.views.clear()
    view = _local.views[name, shape, dtype] = memory[:size].reshape(shape)
    return view
