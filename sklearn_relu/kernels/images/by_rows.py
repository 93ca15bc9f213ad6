"""Windows along the columns, for images of several channels.

Of each row of an image the windows of all its places lie below each other, as a matrix (places,
kernel columns x channels). A row of the kernel reads such a matrix where it is, some rows of the
image further down. So an image is copied as often as a kernel has columns, not as often as it has
pixels; the price is one more sum for each row of the kernel, over memory that is in the cache.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from sklearn_relu.kernels.images.kernel import BLOCK, PRODUCTS, TOGETHER, WINDOWS, Kernel, padded
from sklearn_relu.kernels.memory import scratch
from sklearn_relu.kernels.products import SMALL_PRODUCT

FEW_PLACES = 64
"""Images of fewer places are multiplied together, which takes one more copy."""

PARTS = range(1, 9)
"""Into how many parts the places of an image may be cut."""


def rows_at_once(channels: int, places: np.ndarray, kernel: Kernel) -> int:
    """How many rows of places make a block."""
    columns, filters = places.shape[-2:]
    return BLOCK // (columns * (kernel.size[1] * channels + 2 * filters))


def windows(images: np.ndarray, rows: slice, columns: int, kernel: Kernel) -> np.ndarray:
    """The windows along the columns of all rows of images that those rows of places read.

    Returns
    -------
    windows : ndarray of shape (n_images, strides, places, kernel columns * channels)
        Rows that come `strides` rows after each other in the image are neighbours.
    """
    n_images, channels = len(images), images.shape[3]
    stride, width = kernel.strides[0], kernel.size[1] * channels
    n_rows = rows.stop - rows.start + (kernel.size[0] - 1) // stride
    out = scratch((n_images, stride, n_rows, columns, width), images.dtype, WINDOWS)
    first = rows.start * stride - kernel.before[0]
    whole = padded(images, first, n_rows * stride, columns, kernel)
    of_image, of_row, of_column, of_channel = whole.strides
    along = of_image, of_row, stride * of_row, kernel.strides[1] * of_column, of_channel
    np.copyto(out, as_strided(whole, out.shape, along))
    return out.reshape(n_images, stride, n_rows * columns, width)


def multiply(laid_out: np.ndarray, weight: np.ndarray, out: np.ndarray, kernel: Kernel) -> None:
    """Overwrite `out`, the places of a band, with the products of their windows and the weights."""
    sums = _matrices(out, laid_out)
    for row, matrix in enumerate(weight.reshape(kernel.size[0], -1, weight.shape[1])):
        read = _read_by(laid_out, row, out, kernel).reshape(*sums.shape[:3], -1)
        if row == 0:
            np.matmul(read, matrix, out=sums)
            continue
        product = scratch(sums.shape, sums.dtype, PRODUCTS)
        np.matmul(read, matrix, out=product)
        sums += product


def add_gradient(
    laid_out: np.ndarray, grad_out: np.ndarray, grad_weight: np.ndarray, kernel: Kernel
) -> None:
    """Add to `grad_weight` what the places of a band bring."""
    grads = _matrices(grad_out, laid_out)
    by_rows = grad_weight.reshape(kernel.size[0], -1, grad_weight.shape[1])
    products = scratch((*grads.shape[:2], *by_rows.shape), grad_out.dtype, PRODUCTS)
    for row in range(kernel.size[0]):
        read = _read_by(laid_out, row, grad_out, kernel).reshape(*grads.shape[:3], -1)
        np.matmul(read.swapaxes(2, 3), grads, out=products[:, :, row])
    for product in products.reshape(-1, *by_rows.shape):
        by_rows += product


def _matrices(places: np.ndarray, laid_out: np.ndarray) -> np.ndarray:
    """The places of images as matrices that are multiplied one by one.

    They are those of an image or, where OpenBLAS multiplies smaller ones without packing them
    first, parts of them.

    Returns
    -------
    matrices : ndarray of shape (n_images, n_parts, n_places, filters)
        A view.
    """
    n_images, rows, columns, filters = places.shape
    n_places, per_place = rows * columns, laid_out.shape[-1] * filters
    if n_places < FEW_PLACES:
        return places.reshape(1, 1, -1, filters)
    n_parts = next((n for n in PARTS if _is_small(n_places, n, per_place)), 1)
    return places.reshape(n_images, n_parts, -1, filters)


def _is_small(n_places: int, n_parts: int, per_place: int) -> bool:
    """Whether parts of equal size are small products."""
    return n_places % n_parts == 0 and n_places // n_parts * per_place <= SMALL_PRODUCT


def _read_by(laid_out: np.ndarray, row: int, places: np.ndarray, kernel: Kernel) -> np.ndarray:
    """The windows that one row of the kernel reads, (n_images, places, their width)."""
    n_places, stride = places.shape[1] * places.shape[2], kernel.strides[0]
    start = row // stride * places.shape[2]
    read = laid_out[:, row % stride, start : start + n_places]
    if n_places >= FEW_PLACES:
        return read
    together = scratch(read.shape, read.dtype, TOGETHER)
    np.copyto(together, read)
    return together
