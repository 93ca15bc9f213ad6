"""Layers that are computed together with the next one, in less time and with the same results."""

from collections.abc import Collection
from typing import NamedTuple

from sklearn_relu.layers import Layer


class Computed(NamedTuple):
    """The layer that computes in the place of another one."""

    layer: Layer
    owner: int
    """Index of the layer whose parameters it reads."""


def computed(layers: list[Layer], apart: Collection[int] = ()) -> list[Computed]:
    """For each layer the one that computes in its place: itself, or its half of a pair.

    Parameters
    ----------
    layers : list of Layer
    apart : collection of int, default=()
        Layers whose activations are asked for, so that they cannot be joined with the next one.
    """
    found = [Computed(layer, i) for i, layer in enumerate(layers)]
    for i, layer in enumerate(layers[:-1]):
        pair = None if i in apart else layer.joined_with(layers[i + 1])
        if pair is not None:
            found[i : i + 2] = [Computed(half, i) for half in pair]
    return found
