"""Blocks of a convolutional network: from parameters, one for all or one for each, to layers."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.estimators.images import ImageShape, in_words, is_whole
from sklearn_relu.layers import (
    AveragePooling,
    ChannelsLast,
    Convolution,
    Dense,
    Layer,
    LocalContrast,
    MaxPooling,
)
from sklearn_relu.layers.windows import PADDINGS

POOLINGS = "max", "average", "global_average"
NORMALIZATIONS = ("local_contrast",)

Pair = tuple[int, int]
"""Along rows and along columns."""


class Block(NamedTuple):
    """A convolution with its activation, then a normalization and a pool, if there are any."""

    kernel_size: Pair
    strides: Pair
    padding: str
    pooling: str | None
    pool_size: Pair
    normalization: str | None


def blocks_of(estimator, n_blocks: int) -> list[Block]:
    """The blocks that the parameters of an estimator say.

    Raises
    ------
    ValueError
        Naming the parameter, what was got and what is allowed.
    """

    def sizes(name: str) -> list[Pair]:
        return _sizes(name, getattr(estimator, name), n_blocks)

    def words(name: str, allowed: Sequence[str | None]) -> list:
        return _words(name, getattr(estimator, name), n_blocks, allowed)

    poolings = words("pooling", [*POOLINGS, None])
    if "global_average" in poolings[:-1]:
        proposal = (*("max" for _ in poolings[1:]), "global_average")
        raise ValueError(
            "pooling='global_average' is for the last block, for it leaves one place of an image; "
            f"got pooling={estimator.pooling!r} for {n_blocks} blocks. Pass one for each, such as "
            f"{proposal}."
        )
    columns = (
        sizes("kernel_size"),
        sizes("strides"),
        words("padding", PADDINGS),
        poolings,
        sizes("pool_size"),
        words("normalization", [*NORMALIZATIONS, None]),
    )
    return [Block(*of_block) for of_block in zip(*columns, strict=True)]


def for_each_block(name: str, value: Any, n_blocks: int, is_one: Callable[[Any], bool]) -> list:
    """A value for each block: one for all, or those of a sequence.

    Parameters
    ----------
    name : str
        The parameter.
    value : object
    n_blocks : int
    is_one : callable
        Whether a value is one for all blocks.

    Raises
    ------
    ValueError
        If it is neither one nor as many.
    """
    if is_one(value):
        return [value] * n_blocks
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != n_blocks:
        raise ValueError(
            f"{name} must be one for all blocks, or a list with one for each of {n_blocks}; got "
            f"{value!r}."
        )
    return list(value)


def _sizes(name: str, value: Any, n_blocks: int) -> list[Pair]:
    """Pairs of whole numbers > 0: a number counts for both; two in a tuple are a pair."""
    sizes = for_each_block(name, value, n_blocks, _is_size)
    if not all(_is_size(size) and min(_pair(size)) > 0 for size in sizes):
        raise ValueError(
            f"{name} must be a whole number > 0 or a tuple (rows, columns) of two, the same for "
            f"all blocks, or a list with one for each of the {n_blocks} blocks; got {value!r}."
        )
    return [_pair(size) for size in sizes]


def _is_size(value: Any) -> bool:
    is_pair = isinstance(value, tuple) and len(value) == 2 and all(map(is_whole, value))
    return is_pair or is_whole(value)


def _pair(size: Any) -> Pair:
    rows, columns = size if isinstance(size, tuple) else (size, size)
    return int(rows), int(columns)


def _words(name: str, value: Any, n_blocks: int, allowed: Sequence[str | None]) -> list:
    """Words that are allowed."""
    words = for_each_block(
        name, value, n_blocks, lambda each: each is None or isinstance(each, str)
    )
    for word in words:
        if not (word is None or isinstance(word, str)) or word not in allowed:
            raise ValueError(
                f"{name} must be one of {', '.join(map(repr, allowed))}, the same for all blocks "
                f"or a list with one for each; got {value!r}."
            )
    return [None if word is None else str(word) for word in words]


def groups_of_layers(
    image_shape: ImageShape,
    channels_first: bool,
    blocks: tuple[Block, ...],
    units: tuple[int, ...],
    activations: tuple[Activation, ...],
    n_raw: int,
    are_trained: bool = True,
) -> tuple[tuple[Layer, ...], ...]:
    """All layers of a network, in groups: those before the first block; those of each block, the
    convolution first; each fully connected layer by itself, the outputs last.

    Parameters
    ----------
    image_shape : tuple of (rows, columns, channels)
    channels_first : bool
    blocks : tuple of Block
    units : tuple of int
        Filters of each block, then units of each fully connected layer.
    activations : tuple of Activation
        One for each of these.
    n_raw : int
    are_trained : bool, default=True
        Whether convolutions learn.

    Raises
    ------
    ValueError
        If a block has no output.
    """
    rearranged = channels_first and image_shape[2] > 1
    groups: list[tuple[Layer, ...]] = [(ChannelsLast(image_shape),) if rearranged else ()]
    shape, series = image_shape, (image_shape[0] == 1, image_shape[1] == 1)
    for i, block in enumerate(blocks):
        made = _layers_of_block(i, block, shape, series, units[i], activations[i], are_trained)
        groups.append(tuple(made))
        shape = made[-1].output_shape
    width = int(np.prod(shape))
    for n_units, activation in zip(units[len(blocks) :], activations[len(blocks) :], strict=True):
        groups.append((Dense(width, n_units, activation),))
        width = groups[-1][0].gives
    return *groups, (Dense(width, n_raw, Identity()),)


groups_of_fitted = lru_cache(maxsize=32)(groups_of_layers)
"""The same for a fitted network, whose activations are its own and do not change: each small
prediction asks for it."""


def _layers_of_block(
    i: int,
    block: Block,
    shape: ImageShape,
    series: tuple[bool, bool],
    n_filters: int,
    activation: Activation,
    is_trained: bool,
) -> list:
    """The layers of a block for images of that shape; `series` says which directions have a length
    of 1 from the beginning."""
    padding = block.padding
    kernel_size = _fitting(block.kernel_size, shape, series, padding)
    _check_has_output(i, "kernel_size", kernel_size, shape, padding)
    layers: list[Any] = [
        Convolution(shape, n_filters, activation, kernel_size, block.strides, padding, is_trained)
    ]
    shape = layers[-1].output_shape
    if block.normalization is not None:
        layers.append(LocalContrast(shape))
    if block.pooling == "global_average":
        layers.append(AveragePooling(shape, shape[:2]))
    elif block.pooling is not None:
        pool_size = _fitting(block.pool_size, shape, series, padding)
        _check_has_output(i, "pool_size", pool_size, shape, padding)
        pool = MaxPooling if block.pooling == "max" else AveragePooling
        layers.append(pool(shape, pool_size, padding))
    return layers


def _fitting(size: Pair, shape: ImageShape, series: tuple[bool, bool], padding: str) -> Pair:
    """The size of a window: 1 in a direction in which images have a length of 1."""
    along = zip(size, shape[:2], series, strict=True)
    rows, columns = (
        1 if is_series or (length == 1 and padding == "same") else n
        for n, length, is_series in along
    )
    return rows, columns


def _check_has_output(i: int, parameter: str, size: Pair, shape: ImageShape, padding: str) -> None:
    if padding == "valid" and (size[0] > shape[0] or size[1] > shape[1]):
        raise ValueError(
            f"Block {i + 1} would have no output: {parameter}={size} is larger than its input, "
            f"which is {in_words((*shape[:2], 1))}, under padding='valid'. Use padding='same', a "
            f"smaller {parameter}, less pooling before it, or fewer blocks."
        )
