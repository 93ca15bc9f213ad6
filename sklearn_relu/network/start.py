"""Networks before training, as initializers see them."""

from functools import partial

import numpy as np
import scipy.sparse as sp

from sklearn_relu.initializers import LayerStart
from sklearn_relu.layers import Arrays, Layer


def layer_starts(layers: list[Layer], params: list[Arrays]) -> list[LayerStart]:
    """The layers that have weights, for an initializer to fill.

    Parameters
    ----------
    layers : list of Layer
    params : list of dict of ndarray
        Of one network, network axis first.
    """
    starts = []
    before: list[Layer] = []  # without weights, since the last one that has some
    for layer, arrays in zip(layers, params, strict=True):
        names = {block.kind: name for name, block in layer.blocks().items()}
        if "weight" not in names:
            before.append(layer)
            continue
        starts.append(
            LayerStart(
                arrays[names["weight"]][0],
                arrays[names["bias"]][0, 0],
                layer.activation,
                layer is layers[-1],
                layer.places,
                partial(_sums, before, layer, names["weight"]),
            )
        )
        before = []
    return starts


def _sums(before: list[Layer], layer: Layer, name: str, x, weights: np.ndarray) -> np.ndarray:
    """The summed inputs of a layer, without biases, given what the layers before it read."""
    x = x if sp.issparse(x) else x[None]
    for each in before:
        x = each.activations(each.sums(x, {}), {})
    return layer.sums(x, {name: weights[None]}, biased=False)[0]
