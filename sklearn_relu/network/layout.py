"""The layout of all parameters of a network in one flat array."""

import math
from functools import lru_cache

import numpy as np

from sklearn_relu.layers import Arrays, Block, Dense


class ParameterLayout:
    """Where each layer's parameters are in the flat array (n_networks, n_params).

    All weights come first, then all biases, then what activations learn: so a penalty reads one
    block, and the order is that of scikit-learn's packed parameters.
    """

    def __init__(self, layers: list[Dense]):
        blocks = tuple(tuple(layer.parameter_blocks().items()) for layer in layers)
        self._places, self.n_weights, self.n_params = _places(blocks)

    def views(self, flat: np.ndarray) -> list[Arrays]:
        """For each layer its parameters by name, as views (n_networks, ...) of `flat`."""
        return [
            {
                name: flat[:, columns].reshape(len(flat), *shape)
                for name, (columns, shape) in places.items()
            }
            for places in self._places
        ]

    def first_layer(self, columns: slice) -> int:
        """The first layer that has parameters among these columns."""
        return next(
            i
            for i, places in enumerate(self._places)
            if any(p.start < columns.stop and columns.start < p.stop for p, _ in places.values())
        )


Places = tuple[dict[str, tuple[slice, tuple[int, ...]]], ...]
"""For each layer where its parameters are, by name, and their shapes."""


@lru_cache(maxsize=64)  # a small call asks for the same one several times
def _places(layers: tuple[tuple[tuple[str, Block], ...], ...]) -> tuple[Places, int, int]:
    """Where the parameters of layers are, how many are weights, and how many there are."""
    places: Places = tuple({} for _ in layers)
    n_params = n_weights = 0
    for kind in ("weight", "bias", "activation"):
        for blocks, of_layer in zip(layers, places, strict=True):
            for name, block in blocks:
                if block.kind == kind:
                    start, n_params = n_params, n_params + _size(block.shape)
                    of_layer[name] = slice(start, n_params), block.shape
        if kind == "weight":
            n_weights = n_params
    return places, n_weights, n_params


def _size(shape: tuple[int, ...]) -> int:
    return math.prod(shape)
