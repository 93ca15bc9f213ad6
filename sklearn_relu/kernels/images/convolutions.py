"""The convolution of images, channels last, and its two gradients.

Images are walked in blocks whose windows stay in the cache: some images of one network, or some
rows of one. Going back, windows are made anew, for that takes less time than reading those of a
batch from memory. A network's blocks do not depend on other networks.

Nobody else knows that there are windows: a product of another kind may take their place.
"""

from collections.abc import Iterator
from types import ModuleType

import numpy as np

from sklearn_relu.kernels.images import by_pixels, by_rows
from sklearn_relu.kernels.images.kernel import TURNED, Band, Kernel, bands
from sklearn_relu.kernels.memory import scratch

NARROW = 16
"""Values of one row of a window, below which windows are made pixel by pixel."""


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
    form = _form(images, kernel)
    for i, band, windows in _blocks(form, images, out, kernel):
        form.multiply(windows, weight[i], out[i][band], kernel)


def weight_gradient(
    images: np.ndarray, grad_out: np.ndarray, grad_weight: np.ndarray, kernel: Kernel
) -> None:
    """Overwrite `grad_weight`, given the gradient of the output of :func:`convolve`."""
    form = _form(images, kernel)
    grad_weight[...] = 0
    for i, band, windows in _blocks(form, images, grad_out, kernel):
        form.add_gradient(windows, grad_out[i][band], grad_weight[i], kernel)


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


def _form(images: np.ndarray, kernel: Kernel) -> ModuleType:
    """The kind of windows that suits images of so many channels."""
    return by_pixels if kernel.size[1] * images.shape[-1] < NARROW else by_rows


def _blocks(
    form: ModuleType, images: np.ndarray, places: np.ndarray, kernel: Kernel
) -> Iterator[tuple[int, Band, np.ndarray]]:
    """For each network its bands, with their windows; what all networks read has them once."""
    n_networks, n_images, rows, columns, _ = places.shape
    at_once = form.rows_at_once(images.shape[-1], places, kernel)
    for band in bands(n_images, rows, at_once):
        for i in range(n_networks):
            if i < len(images):
                windows = form.windows(images[i, band[0]], band[1], columns, kernel)
            yield i, band, windows
