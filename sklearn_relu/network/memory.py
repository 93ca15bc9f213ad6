"""Buffers of a pass through a network, made once."""

import math

import numpy as np

from sklearn_relu.layers import Arrays, Layer


class Memory:
    """Named flat buffers that grow, and contiguous views of their beginnings in any shape.

    A view of fewer networks or rows is contiguous too: results do not depend on the buffer's size.
    """

    def __init__(self, dtype):
        self.dtype = dtype
        self._flat: dict = {}

    def view(self, name, shape: tuple[int, ...]) -> np.ndarray:
        """The beginning of the buffer of that name, in that shape."""
        size = math.prod(shape)
        if name not in self._flat or self._flat[name].size < size:
            self._flat[name] = np.empty(size, self.dtype)
        return self._flat[name][:size].reshape(shape)

    def of_layer(self, index: int, layer: Layer, n_networks: int, n_rows: int) -> Arrays:
        """All that a layer asks for, by name; its "a" is its "z" unless it asks for both."""
        arrays = {
            name: self.view((index, name), (n_networks, n_rows, columns))
            for name, columns in layer.memory().items()
        }
        if "a" not in arrays:
            arrays["a"] = arrays["z"]
        return arrays
