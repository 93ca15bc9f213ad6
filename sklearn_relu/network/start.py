"""Networks before training, as initializers see them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from sklearn_relu.initializers import LayerStart
from sklearn_relu.layers import Arrays, Layer


def layer_starts(
    layers: list[Layer], params: list[Arrays], for_biases: bool = False
) -> list[LayerStart]:
    """The weights that an initializer is to fill, in the order of the layers.

    Parameters
    ----------
    layers : list of Layer
    params : list of dict of ndarray
        Of one network, network axis first.
    for_biases : bool, default=False
        Whether layers take part whose weights are another layer's: their biases are their own.
    """
    starts = []
    before: list[tuple[Layer, Arrays]] = []  # without weights to fill, since the last that has some
    for layer, arrays in zip(layers, params, strict=True):
        blocks = layer.blocks().items()
        names = [
            name
            for name, block in blocks
            if block.kind == "weight" and (block.drawn or (for_biases and not block.is_own))
        ]
        biases = [arrays[name][0, 0] for name, block in blocks if block.kind == "bias"]
        is_whole = all(len(layer.drawn(arrays[name][0])) == len(arrays[name][0]) for name in names)
        sums = _sums_of(layer, names, before) if is_whole else _unknown_sums
        for name in names:
            weights = layer.drawn(arrays[name][0])
            # A layer's bias belongs to the last of its matrices.
            bias = biases[0] if biases and name == names[-1] else np.zeros(weights.shape[1])
            is_output = layer is layers[-1]
            starts.append(
                LayerStart(weights, bias, layer.activation, is_output, layer.places, sums)
            )
        before = [] if names else [*before, (layer, arrays)]
    return starts


def _sums_of(
    layer: Layer, names: list[str], before: list[tuple[Layer, Arrays]]
) -> Callable[[Any, np.ndarray], np.ndarray]:
    """The function for a layer's summed inputs, given its weights."""
    return partial(_sums, before, layer, names[0]) if len(names) == 1 else _unknown_sums


def _sums(
    before: list[tuple[Layer, Arrays]], layer: Layer, name: str, x: Any, weights: np.ndarray
) -> np.ndarray:
    """The summed inputs of a layer, without biases, given what the layers before it read."""
    x = x if sp.issparse(x) else x[None]
    for each, arrays in before:
        x = each.activations(each.sums(x, arrays), arrays)
    return layer.sums(x, {name: weights[None]}, biased=False)[0]


def _unknown_sums(x: Any, weights: np.ndarray) -> np.ndarray:
    raise ValueError(
        "An initializer that scales weights to training rows is for layers with one matrix of "
        "weights, all of which it fills. Choose another initialization, such as 'glorot_uniform'."
    )
