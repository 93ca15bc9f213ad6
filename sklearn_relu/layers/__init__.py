"""Layers: the computation of one layer, forward and backward, for a whole stack of networks."""

from collections.abc import Iterable

from sklearn_relu.layers.base import (
    KINDS,
    Arrays,
    Block,
    Layer,
    SparseBatch,
    first_that_learns,
    largest_product,
)
from sklearn_relu.layers.channels import ChannelsLast
from sklearn_relu.layers.contrast import LocalContrast
from sklearn_relu.layers.convolution import Convolution
from sklearn_relu.layers.dense import Dense, dense_layers
from sklearn_relu.layers.lstm import LSTM
from sklearn_relu.layers.pooling import AveragePooling, MaxPooling
from sklearn_relu.layers.recurrent import RNN
from sklearn_relu.layers.tabular import Scale, TableInputs

LAYERS: dict[str, type[Layer]] = {
    "dense": Dense,
    "convolution": Convolution,
    "max_pooling": MaxPooling,
    "average_pooling": AveragePooling,
    "local_contrast": LocalContrast,
    "channels_last": ChannelsLast,
    "table_inputs": TableInputs,
    "scale": Scale,
    "rnn": RNN,
    "lstm": LSTM,
}
"""The kinds of layers by name."""


def kinds_of(layers: Iterable[Layer]) -> tuple[str, ...]:
    """The names of layers in :data:`LAYERS`; of a class that is not there, its own name."""
    names = {cls: name for name, cls in LAYERS.items()}
    return tuple(names.get(type(layer), type(layer).__name__) for layer in layers)


__all__ = [
    "KINDS",
    "LAYERS",
    "LSTM",
    "RNN",
    "Arrays",
    "AveragePooling",
    "Block",
    "ChannelsLast",
    "Convolution",
    "Dense",
    "Layer",
    "LocalContrast",
    "MaxPooling",
    "Scale",
    "SparseBatch",
    "TableInputs",
    "dense_layers",
    "first_that_learns",
    "kinds_of",
    "largest_product",
]
