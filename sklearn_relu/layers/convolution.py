"""The convolution of images, channels last."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.kernels import Call
from sklearn_relu.layers.base import Arrays, Inputs
from sklearn_relu.layers.dense import Dense
from sklearn_relu.layers.windows import Windows


class Convolution(Dense):
    """A convolution of images.

    Channels come last, so it is a fully connected layer over all places: each reads its window,
    with zeros beyond the edges. A filter is a column of the weights (rows x columns x channels,
    filters); so activations, penalties and initializers need to know nothing of places.

    Parameters
    ----------
    image_shape : tuple of (int, int, int)
        Rows, columns and channels of the input.
    n_filters : int
    activation : Activation
    kernel_size : tuple of (int, int), default=(3, 3)
        Rows and columns of a window.
    strides : tuple of (int, int), default=(1, 1)
        Rows and columns from one window to the next.
    padding : {"same", "valid"}, default="same"
        Whether windows reach beyond the edges; see :class:`Windows`.
    is_trained : bool, default=True
        Whether the layer learns. Otherwise it keeps the parameters with which it starts.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document
    recognition, section II.
    """

    takes_sparse = False
    units_are_columns = False

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        n_filters: int,
        activation: Activation,
        kernel_size: tuple[int, int] = (3, 3),
        strides: tuple[int, int] = (1, 1),
        padding: str = "same",
        is_trained: bool = True,
    ):
        rows, columns, channels = self.image_shape = image_shape
        self.kernel_size = kernel_size
        self.along = (
            Windows.of(rows, kernel_size[0], strides[0], padding),
            Windows.of(columns, kernel_size[1], strides[1], padding),
        )
        if not is_trained:
            self._rates = 0.0, 0.0
        places = self.along[0].n_windows * self.along[1].n_windows
        fan_in = kernel_size[0] * kernel_size[1] * channels
        self._shape(rows * columns * channels, fan_in, n_filters, activation, places)
        self.scratch = self._memory["windows"] = places * fan_in

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of the output."""
        return self.along[0].n_windows, self.along[1].n_windows, self.gives // self.places

    def read(self, x: Inputs, memory: Arrays) -> tuple[list[Call], np.ndarray]:
        """The windows of all places, as rows."""
        windows = memory["windows"][: len(x)]
        images, of_places = self._images(x), self._of_places(windows)
        return [partial(self._fill, images, of_places)], self.by_place(windows)

    def spread(self, read: np.ndarray, grad_x: np.ndarray) -> tuple[np.ndarray, list[Call]]:
        """Each pixel's gradient is the sum over the windows that it is in."""
        add = partial(self._add, self._of_places(read), self._images(grad_x))
        return read, [add]

    def windows(self, x: Any) -> Any:
        """The windows of all places, (n_networks, n_samples * places, fan_in)."""
        windows = np.empty((*x.shape[:2], self._memory["windows"]), x.dtype)
        self._fill(self._images(x), self._of_places(windows))
        return self.by_place(windows)

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """The sum of the gradients of all windows that a pixel is in."""
        grad_windows = super().input_gradient(x, z, grad_z, params)
        grad_x = np.empty((*grad_z.shape[:2], self.reads), grad_z.dtype)
        self._add(self._of_places(grad_windows), self._images(grad_x))
        return grad_x

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """Conv, then the activation's expression place by place."""
        known = {name: graph.value(array) for name, array in params.items()}
        weight, bias = known.pop("weight"), known.pop("bias")
        z = graph.convolution(x, weight, self.image_shape, self.along)
        a = self.activation.expression(z + bias, known)
        return graph.reshape(a, self.gives)

    def _images(self, x: Any) -> np.ndarray:
        """A view (images, rows, columns, channels)."""
        return x.reshape(-1, *self.image_shape)

    def _of_places(self, windows: np.ndarray) -> np.ndarray:
        """A view (images, rows, columns, kernel rows, kernel columns, channels)."""
        counts = self.along[0].n_windows, self.along[1].n_windows
        return windows.reshape(-1, *counts, *self.kernel_size, self.image_shape[2])

    def _shifts(self) -> Iterator[tuple[int, int, tuple, tuple]]:
        """For each place of the kernel: its row and column, the part of the places whose windows
        have a pixel there, and the pixels that these are."""
        for i in range(self.kernel_size[0]):
            for j in range(self.kernel_size[1]):
                (rows, pixel_rows), (columns, pixel_columns) = (
                    self.along[0].at(i),
                    self.along[1].at(j),
                )
                yield i, j, np.s_[:, rows, columns, i, j], np.s_[:, pixel_rows, pixel_columns]

    def _fill(self, images: np.ndarray, windows: np.ndarray) -> None:
        """Copy pixels to all windows that they are in; beyond the edges are zeros."""
        for i, j, places, pixels in self._shifts():
            if windows[places].size < windows[:, :, :, i, j].size:
                windows[:, :, :, i, j] = 0
            windows[places] = images[pixels]

    def _add(self, windows: np.ndarray, images: np.ndarray) -> None:
        """Overwrite pixels with the sums over all windows that they are in."""
        images[...] = 0
        for _, _, places, pixels in self._shifts():
            images[pixels] += windows[places]
