"""The convolution of images, channels last, and its two gradients.

All three work on windows along the columns only: of each row of an image, those of all its places
lie below each other, as a matrix (places, kernel columns x channels). A row of the kernel reads
such a matrix where it is, a few rows of the image further down. So an image is copied as often as
a kernel has columns, not as often as it has pixels; the price is one more sum for each row of the
kernel, over memory that is in the cache.

Images are walked in blocks whose windows stay in the cache: some images of one network, or some
rows of one. Going back, windows are made anew, for that takes less time than reading those of a
batch from memory. A network's blocks, and an image's products, do not depend on other networks.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from sklearn_relu.kernels import fused
from sklearn_relu.kernels.memory import PIECE, scratch
from sklearn_relu.kernels.products import SMALL_PRODUCT

WINDOWS = 4 * PIECE
"""Elements of the windows of a block: half a megabyte in float32. Half and twice as many measure
alike, a quarter is slower."""

FEW_PLACES = 64
"""Images of fewer places are multiplied together, which takes one more copy."""

PARTS = range(1, 9)
"""Into how many parts the places of an image may be cut."""

PADDED, WINDOWS_OF_ROWS, TOGETHER, PRODUCTS, TURNED = range(5)
"""Slots of scratch memory."""

Band = tuple[slice, slice]
"""Images of a network, and rows of their places."""


class Kernel(NamedTuple):
    """How the windows of an image lie.

    Attributes
    ----------
    size : tuple of (int, int)
        Rows and columns of a window.
    strides : tuple of (int, int)
        Rows and columns from one window to the next.
    before : tuple of (int, int)
        Rows and columns of the first window that are beyond the edges.
    spread : tuple of (int, int), default=(1, 1)
        Rows and columns from one pixel to the next; between them are zeros.
    """

    size: tuple[int, int]
    strides: tuple[int, int]
    before: tuple[int, int]
    spread: tuple[int, int] = (1, 1)

    @property
    def back(self) -> "Kernel":
        """The windows, of the output's gradient, whose product is the input's gradient."""
        before = (self.size[0] - 1 - self.before[0], self.size[1] - 1 - self.before[1])
        return Kernel(self.size, (1, 1), before, self.strides)


def convolve(images: np.ndarray, weight: np.ndarray, out: np.ndarray, kernel: Kernel) -> None:
    """Overwrite `out` with the products of all windows and the weights.

    Parameters
    ----------
    images : ndarray of shape (n_networks or 1, n_images, rows, columns, channels)
        The first axis may have one entry, for all networks.
    weight : ndarray of shape (n_networks, kernel rows * kernel columns * channels, filters)
    out : ndarray of shape (n_networks, n_images, rows of places, columns of places, filters)
    kernel : Kernel
    """
    by_rows = weight.reshape(len(weight), kernel.size[0], -1, weight.shape[2])
    for i, band, windows in _blocks(images, out, kernel):
        sums = _matrices(out[i][band], windows)
        for row, matrix in enumerate(by_rows[i]):
            read = _read_by(windows, row, out[i][band], kernel).reshape(*sums.shape[:3], -1)
            if row == 0:
                np.matmul(read, matrix, out=sums)
                continue
            product = scratch(sums.shape, sums.dtype, PRODUCTS)
            np.matmul(read, matrix, out=product)
            sums += product


def weight_gradient(
    images: np.ndarray, grad_out: np.ndarray, grad_weight: np.ndarray, kernel: Kernel
) -> None:
    """Overwrite `grad_weight`, given the gradient of the output of :func:`convolve`."""
    by_rows = grad_weight.reshape(len(grad_weight), kernel.size[0], -1, grad_weight.shape[2])
    grad_weight[...] = 0
    for i, band, windows in _blocks(images, grad_out, kernel):
        grads = _matrices(grad_out[i][band], windows)
        shape = *grads.shape[:2], *by_rows.shape[1:]
        products = scratch(shape, grad_out.dtype, PRODUCTS)
        for row in range(kernel.size[0]):
            read = _read_by(windows, row, grad_out[i][band], kernel)
            read = read.reshape(*grads.shape[:3], -1)
            np.matmul(read.swapaxes(2, 3), grads, out=products[:, :, row])
        for product in products.reshape(-1, *by_rows.shape[1:]):
            by_rows[i] += product


def image_gradient(
    grad_out: np.ndarray, weight: np.ndarray, grad_images: np.ndarray, kernel: Kernel
) -> None:
    """Overwrite `grad_images`, given the gradient of the output of :func:`convolve`.

    It is a convolution too, of that gradient, by the kernel turned around.
    """
    channels, filters = grad_images.shape[-1], weight.shape[2]
    turned = scratch((1, *kernel.size, filters, channels), weight.dtype, TURNED)
    around = weight.reshape(-1, *kernel.size, channels, filters)[:, ::-1, ::-1]
    for i in range(len(weight)):
        network = slice(i, i + 1)
        np.copyto(turned, around[network].swapaxes(3, 4))
        by_places = turned.reshape(1, -1, channels)
        convolve(grad_out[network], by_places, grad_images[network], kernel.back)


def _blocks(
    images: np.ndarray, places: np.ndarray, kernel: Kernel
) -> Iterator[tuple[int, Band, np.ndarray]]:
    """For each network its bands, and the windows along the columns of their rows."""
    n_networks, n_images, rows, columns, filters = places.shape
    width = columns * (kernel.size[1] * images.shape[-1] + 2 * filters)
    for band in _bands(n_images, rows, width):
        for i in range(n_networks):
            if i < len(images):
                windows = _windows(images[i, band[0]], band[1], columns, kernel)
            yield i, band, windows


def _bands(n_images: int, rows: int, width: int) -> Iterator[Band]:
    """Images, or rows of one, whose windows fill a block; a row has `width` elements of them."""
    if rows * width <= WINDOWS:
        step = WINDOWS // (rows * width)
        for first in range(0, n_images, step):
            yield slice(first, min(first + step, n_images)), slice(0, rows)
        return
    n_bands = -(-rows // max(1, WINDOWS // width))
    step = -(-rows // n_bands)
    for image in range(n_images):
        for first in range(0, rows, step):
            yield slice(image, image + 1), slice(first, min(first + step, rows))


def _windows(images: np.ndarray, rows: slice, columns: int, kernel: Kernel) -> np.ndarray:
    """The windows along the columns of all rows of images that those rows of places read.

    Returns
    -------
    windows : ndarray of shape (n_images, strides, places, kernel columns * channels)
        Rows that come `strides` rows after each other in the image are neighbours.
    """
    n_images, channels = len(images), images.shape[3]
    stride, width = kernel.strides[0], kernel.size[1] * channels
    n_rows = rows.stop - rows.start + (kernel.size[0] - 1) // stride
    windows = scratch((n_images, stride, n_rows, columns, width), images.dtype, WINDOWS_OF_ROWS)
    first, (_, before) = rows.start * stride - kernel.before[0], kernel.before
    if kernel.spread != (1, 1) or not fused.run(
        "lay_out", images, windows, first, before, kernel.strides[1]
    ):
        padded = _padded(images, first, n_rows * stride, columns, kernel)
        of_image, of_row, of_column, of_channel = padded.strides
        along = of_image, of_row, stride * of_row, kernel.strides[1] * of_column, of_channel
        np.copyto(windows, as_strided(padded, windows.shape, along))
    return windows.reshape(n_images, stride, n_rows * columns, width)


def _padded(
    images: np.ndarray, first: int, n_rows: int, columns: int, kernel: Kernel
) -> np.ndarray:
    """Some rows of images, from the `first` on, with zeros wherever there are no pixels."""
    n_images, length, width, channels = images.shape
    n_columns = (columns - 1) * kernel.strides[1] + kernel.size[1]
    padded = scratch((n_images, n_rows, n_columns, channels), images.dtype, PADDED)
    padded.fill(0)
    rows, pixel_rows = _overlap(length, kernel.spread[0], first, n_rows)
    here, pixels = _overlap(width, kernel.spread[1], -kernel.before[1], n_columns)
    padded[:, rows, here] = images[:, pixel_rows, pixels]
    return padded


def _overlap(length: int, spread: int, first: int, n: int) -> tuple[slice, slice]:
    """Of n places from `first` on those that have a pixel, and these pixels, which are `spread`
    places apart."""
    start = max(0, -(-first // spread))
    stop = max(start, min(length, -(-(first + n) // spread)))
    return slice(start * spread - first, max(0, stop * spread - first), spread), slice(start, stop)


def _matrices(places: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """The places of images as matrices that are multiplied one by one.

    They are those of an image or, where OpenBLAS multiplies smaller ones without packing them
    first, parts of them.

    Returns
    -------
    matrices : ndarray of shape (n_images, n_parts, n_places, filters)
        A view.
    """
    n_images, rows, columns, filters = places.shape
    n_places, per_place = rows * columns, windows.shape[-1] * filters
    if n_places < FEW_PLACES:
        return places.reshape(1, 1, -1, filters)
    n_parts = next((n for n in PARTS if _is_small(n_places, n, per_place)), 1)
    return places.reshape(n_images, n_parts, -1, filters)


def _is_small(n_places: int, n_parts: int, per_place: int) -> bool:
    """Whether parts of equal size are small products."""
    rest = n_places % n_parts
    return rest == 0 and n_places // n_parts * per_place <= SMALL_PRODUCT


def _read_by(windows: np.ndarray, row: int, places: np.ndarray, kernel: Kernel) -> np.ndarray:
    """The windows that one row of the kernel reads, (n_images, places, their width)."""
    n_places, stride = places.shape[1] * places.shape[2], kernel.strides[0]
    start = row // stride * places.shape[2]
    read = windows[:, row % stride, start : start + n_places]
    if n_places >= FEW_PLACES:
        return read
    together = scratch(read.shape, read.dtype, TOGETHER)
    np.copyto(together, read)
    return together
