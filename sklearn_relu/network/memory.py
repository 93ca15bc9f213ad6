"""Buffers of a pass through a network, made once."""

import math

import numpy as np

from sklearn_relu.layers import Dense, Output


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

    def output(self, index: int, layer: Dense, n_networks: int, n_rows: int) -> Output:
        """What a layer writes; `a` is `z` where the activation allows it."""
        z = self.view((index, "z"), (n_networks, n_rows, layer.input_width))
        if layer.shares_memory:
            return Output(z, z)
        return Output(z, self.view((index, "a"), (n_networks, n_rows, layer.output_width)))
