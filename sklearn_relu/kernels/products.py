"""Products of stacks of matrices, and updates by BLAS."""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from scipy.linalg import blas

from sklearn_relu.kernels import fused

Call = Callable[[], object]
"""A function that is made once, with its arrays bound, and called in each step."""

SMALL_PRODUCT = 1_000_000
"""Multiplications up to which OpenBLAS takes matrices as they are."""


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
    if not out[0].flags.c_contiguous and out[0].T.flags.c_contiguous:
        # Where `out` is a transposed view, the transposed product is the one to be contiguous.
        left, right, out = (each.swapaxes(1, 2) for each in (right, left, out))
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


@lru_cache(maxsize=256)
def pieces_of_rows(n: int, m: int, k: int) -> int:
    """Into how many products of fewer rows to cut one of (n, m) and (m, k) that is made again and
    again with the same right matrix.

    Small products take OpenBLAS less than packing the right matrix anew each time: a tenth less of
    (128, 128) times (128, 512) in float32. Pieces have as many rows each, and eight at least.
    """
    least = -(-n * m * k // SMALL_PRODUCT)
    fitting = (p for p in range(least, n // 8 + 1) if n % p == 0)
    return next(fitting, 1)


FEW_ROWS = 20
"""Rows up to which small products, one after the other, outrun the one that they make up."""

SMALL_OUTPUT = 1_000
"""Outputs of a product with a transposed matrix up to which OpenBLAS takes matrices as they are."""


def product_of_few_rows(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> Call:
    """A call that does ``out = left @ right`` for each network, cut into small products of some
    columns where `left` has few rows.

    With few rows, packing `right` takes OpenBLAS longer than the product: at 10 rows and a matrix
    of (784, 256) in float32 the cut takes two thirds of the time, and where `right` is a transposed
    view a third.

    Parameters
    ----------
    left : ndarray of shape (n_networks, n, m)
    right : ndarray of shape (n_networks, m, k)
    out : ndarray of shape (n_networks, n, k)
    """
    _, n, m = left.shape
    k = right.shape[2]
    is_transposed = right.strides[2] > right.strides[1]
    most = SMALL_OUTPUT // n if is_transposed else SMALL_PRODUCT // (n * m)
    width = max(most - most % 16, 16)
    if n > FEW_ROWS or k <= width:
        return product(left, right, out)
    cuts = [slice(start, min(start + width, k)) for start in range(0, k, width)]
    return partial(
        _all_of, [partial(np.matmul, left, right[..., cut], out[..., cut]) for cut in cuts]
    )


def _all_of(calls: list[Call]) -> None:
    for call in calls:
        call()


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
