"""Blocks of a convolutional network, from parameters: one for all, or one for each."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from sklearn_relu.estimators.images import is_whole
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
