"""Layers: the computation of one layer, forward and backward, for a whole stack of networks."""

from sklearn_relu.layers.base import Arrays, Block, Layer, Output, SparseBatch, largest_product
from sklearn_relu.layers.dense import Dense

__all__ = [
    "LAYERS",
    "Arrays",
    "Block",
    "Dense",
    "Layer",
    "Output",
    "SparseBatch",
    "largest_product",
]

LAYERS: dict[str, type[Layer]] = {"dense": Dense}
