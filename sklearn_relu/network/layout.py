"""The layout of all parameters of a network in one flat array."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sklearn_relu.layers import KINDS, Arrays, Block, Layer


class Segment(NamedTuple):
    """Neighbouring parameters with the same factors of the learning rate and of decay."""

    columns: slice
    rate: float
    decay: float


class ParameterLayout:
    """Where each layer's parameters are in the flat array (n_networks, n_params).

    All weights come first, then all biases, then what activations learn: so a penalty reads one
    block, and the order is that of scikit-learn's packed parameters. A block that transposes
    another layer's has no place of its own: it is a view of the other one.

    Attributes
    ----------
    n_weights, n_params : int
    segments : list of Segment
        One, unless blocks have factors.
    transposed : tuple of (layer, name, other)
        The blocks that transpose another layer's: their layer, their name and the other layer.
    """

    def __init__(self, layers: list[Layer]):
        self._places = _places_of(tuple(layers))
        self.n_weights, self.n_params = self._places.n_weights, self._places.n_params
        self.segments, self.transposed = self._places.segments, self._places.transposed

    def views(self, flat: np.ndarray) -> list[Arrays]:
        """For each layer its parameters by name, as views (n_networks, ...) of `flat`."""
        return self.completed(
            [
                {
                    name: flat[:, columns].reshape(len(flat), *shape)
                    for name, (columns, shape) in places.items()
                }
                for places in self._places.of_layers
            ]
        )

    def completed(self, params: list[Arrays]) -> list[Arrays]:
        """Add to the layers' own parameters, network axis first, views of what they transpose."""
        for layer, name, other in self.transposed:
            params[layer][name] = params[other][name].swapaxes(1, 2)
        return params

    def weights(self, layer: int) -> dict[str, slice]:
        """The columns of a layer's weights, by name: all that a penalty is for."""
        return self._places.weights[layer]

    def first_layer(self, columns: slice) -> int:
        """The first layer that has parameters among these columns."""
        return next(
            i
            for i, places in enumerate(self._places.of_layers)
            if any(p.start < columns.stop and columns.start < p.stop for p, _ in places.values())
        )


class _Places(NamedTuple):
    """Where parameters are in the flat array."""

    of_layers: tuple[dict[str, tuple[slice, tuple[int, ...]]], ...]
    """For each layer the columns of its parameters, by name, and their shapes."""
    weights: tuple[dict[str, slice], ...]
    """For each layer the columns of its weights, by name."""
    segments: list[Segment]
    n_weights: int
    n_params: int
    transposed: tuple[tuple[int, str, int], ...]


@lru_cache(maxsize=8)  # a small call asks for the same layers several times
def _places_of(layers: tuple[Layer, ...]) -> _Places:
    return _places(tuple(tuple(layer.blocks().items()) for layer in layers))


@lru_cache(maxsize=64)  # and the next call for layers of the same blocks
def _places(layers: tuple[tuple[tuple[str, Block], ...], ...]) -> _Places:
    """Go through all parameters in their order in the flat array."""
    of_layers: tuple[dict[str, tuple[slice, tuple[int, ...]]], ...] = tuple({} for _ in layers)
    weights: tuple[dict[str, slice], ...] = tuple({} for _ in layers)
    segments: list[Segment] = []
    n_params = n_weights = 0
    for kind in KINDS:
        for blocks, of_layer, of_weights in zip(layers, of_layers, weights, strict=True):
            for name, block in blocks:
                if block.kind != kind or not block.is_own:
                    continue
                start, n_params = n_params, n_params + math.prod(block.shape)
                of_layer[name] = slice(start, n_params), block.shape
                factors = block.rate, block.decay
                if segments and segments[-1][1:] == factors:
                    start = segments.pop().columns.start
                segments.append(Segment(slice(start, n_params), *factors))
                if kind == "weight":
                    of_weights[name] = of_layer[name][0]
                    n_weights = n_params
    transposed = tuple(
        (i, name, block.transposes)
        for i, blocks in enumerate(layers)
        for name, block in blocks
        if block.transposes is not None
    )
    return _Places(of_layers, weights, segments, n_weights, n_params, transposed)
