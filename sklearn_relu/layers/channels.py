"""Images whose channels come first, rearranged."""

from functools import partial
from typing import Any

import numpy as np

from sklearn_relu.activations import Identity
from sklearn_relu.kernels import Call
from sklearn_relu.layers.base import Arrays, Block, Inputs, Layer, Noise


class ChannelsLast(Layer):
    """Makes images with channels last of images with channels first, batch by batch.

    Parameters
    ----------
    image_shape : tuple of (int, int, int)
        Rows, columns and channels.
    """

    is_piecewise_linear = True

    def __init__(self, image_shape: tuple[int, int, int]):
        rows, columns, channels = self.image_shape = self.output_shape = image_shape
        self.activation = Identity()
        self.n_units, self.places = channels, rows * columns
        self.reads = self.gives = rows * columns * channels

    def blocks(self) -> dict[str, Block]:
        """None."""
        return {}

    def memory(self) -> dict[str, int]:
        """The outputs."""
        return {"z": self.gives}

    def multiplications(self) -> int:
        """None."""
        return 0

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """Copy each channel to its places."""
        assert isinstance(x, np.ndarray)  # it takes no sparse rows
        return [partial(np.copyto, self._last(memory["z"]), self._first(x).swapaxes(2, 3))]

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """Copy the gradients back."""
        if grad_x is None:
            return []
        grad_z = self._last(memory["grad_z"]).swapaxes(2, 3)
        return [partial(np.copyto, self._first(grad_x), grad_z)]

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """The images, with channels last."""
        z = np.empty(x.shape, x.dtype)
        np.copyto(self._last(z), self._first(x).swapaxes(2, 3))
        return z

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """The gradients, with channels first."""
        grad_x = np.empty_like(grad_z)
        np.copyto(self._first(grad_x), self._last(grad_z).swapaxes(2, 3))
        return grad_x

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """None."""
        return {}

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """Transpose."""
        return graph.channels_last(x, self.image_shape)

    def features(self, x: Any) -> Any:
        """The channels of all pixels; a copy, unless there is one."""
        return x.reshape(-1, self.n_units, self.places).swapaxes(1, 2).reshape(-1, self.n_units)

    def _first(self, images: np.ndarray) -> np.ndarray:
        """A view (n_networks, n_samples, channels, places)."""
        return images.reshape(*images.shape[:2], self.n_units, self.places)

    def _last(self, images: np.ndarray) -> np.ndarray:
        """A view (n_networks, n_samples, places, channels)."""
        return images.reshape(*images.shape[:2], self.places, self.n_units)
