"""Whole windows, pixel by pixel, for images of few channels.

The first pixels of all windows are a row of a matrix, the second ones another: so what is copied is
long, however few channels there are, and one product does all.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from sklearn_relu.kernels.images.kernel import BLOCK, PRODUCTS, WINDOWS, Kernel, padded
from sklearn_relu.kernels.memory import scratch
from sklearn_relu.kernels.products import SMALL_PRODUCT


def rows_at_once(channels: int, places: np.ndarray, kernel: Kernel) -> int:
    """How many rows of places make a block; it is a product that OpenBLAS takes unpacked."""
    columns, filters = places.shape[-2:]
    pixels = kernel.size[0] * kernel.size[1] * channels
    return min(BLOCK // (columns * pixels), SMALL_PRODUCT // (columns * pixels * filters))


def windows(images: np.ndarray, rows: slice, columns: int, kernel: Kernel) -> np.ndarray:
    """The windows of those rows of places, (kernel rows * kernel columns * channels, places)."""
    n_images, channels = len(images), images.shape[3]
    stride, n_rows = kernel.strides[0], rows.stop - rows.start
    shape = *kernel.size, channels, n_images, n_rows, columns
    out = scratch(shape, images.dtype, WINDOWS)
    first = rows.start * stride - kernel.before[0]
    whole = padded(images, first, (n_rows - 1) * stride + kernel.size[0], columns, kernel)
    of_image, of_row, of_column, of_channel = whole.strides
    along = of_image, stride * of_row, kernel.strides[1] * of_column
    np.copyto(out, as_strided(whole, shape, (of_row, of_column, of_channel, *along)))
    return out.reshape(-1, n_images * n_rows * columns)


def multiply(laid_out: np.ndarray, weight: np.ndarray, out: np.ndarray, kernel: Kernel) -> None:
    """Overwrite `out`, the places of a band, with the products of their windows and the weights."""
    np.matmul(laid_out.T, weight, out=out.reshape(-1, weight.shape[1]))


def add_gradient(
    laid_out: np.ndarray, grad_out: np.ndarray, grad_weight: np.ndarray, kernel: Kernel
) -> None:
    """Add to `grad_weight` what the places of a band bring."""
    product = scratch(grad_weight.shape, grad_weight.dtype, PRODUCTS)
    np.matmul(laid_out, grad_out.reshape(-1, grad_weight.shape[1]), out=product)
    grad_weight += product
