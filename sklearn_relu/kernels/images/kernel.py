"""How the windows of images lie, and the blocks in which images are walked."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sklearn_relu.kernels.memory import PIECE, scratch

BLOCK = 4 * PIECE
"""Elements of a block's windows and products: half a megabyte in float32. Twice as many measure
alike, half as many are slower."""

PADDED, WINDOWS, TOGETHER, PRODUCTS, TURNED = range(5)
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


def bands(n_images: int, rows: int, at_once: int) -> Iterator[Band]:
    """Several images, or several rows of one: at most `at_once` rows of places, if it is not 0."""
    if rows <= at_once:
        step = at_once // rows
        for first in range(0, n_images, step):
            yield slice(first, min(first + step, n_images)), slice(0, rows)
        return
    n_bands = -(-rows // max(1, at_once))
    step = -(-rows // n_bands)
    for image in range(n_images):
        for first in range(0, rows, step):
            yield slice(image, image + 1), slice(first, min(first + step, rows))


def padded(
    images: np.ndarray, first: int, n_rows: int, n_places: int, kernel: Kernel
) -> np.ndarray:
    """Rows of images from the `first` on, for so many places along the columns, with zeros wherever
    there are no pixels."""
    n_images, length, width, channels = images.shape
    n_columns = (n_places - 1) * kernel.strides[1] + kernel.size[1]
    out = scratch((n_images, n_rows, n_columns, channels), images.dtype, PADDED)
    out.fill(0)
    rows, pixel_rows = _overlap(length, kernel.spread[0], first, n_rows)
    columns, pixels = _overlap(width, kernel.spread[1], -kernel.before[1], n_columns)
    out[:, rows, columns] = images[:, pixel_rows, pixels]
    return out


def _overlap(length: int, spread: int, first: int, n: int) -> tuple[slice, slice]:
    """Of n places from `first` on those that have a pixel, and these pixels, which are `spread`
    places apart."""
    start = max(0, -(-first // spread))
    stop = max(start, min(length, -(-(first + n) // spread)))
    return slice(start * spread - first, max(0, stop * spread - first), spread), slice(start, stop)
