"""Images in a comparison: rows of pixels, with a shape."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def rows_of_images(X: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Images as rows, with the shape of one; tables as they are.

    Parameters
    ----------
    X : array-like
        Images if it is an array of three or four dimensions.

    Returns
    -------
    X : array-like of shape (n_samples, n_features)
    image_shape : tuple of int or None
    """
    if not isinstance(X, np.ndarray) or X.ndim not in (3, 4) or not X.size:
        return X, None
    return X.reshape(len(X), -1), X.shape[1:]


def checked_shape(
    image_shape: Sequence[int] | None, own: tuple[int, ...] | None, n_columns: int
) -> tuple[int, ...]:
    """The shape of an image, of one row where nothing says it.

    Parameters
    ----------
    image_shape : sequence of int or None
        As given.
    own : tuple of int or None
        That of an array of images.
    n_columns : int

    Raises
    ------
    ValueError
        If the shape is no one, or does not fit the columns.
    """
    if image_shape is None:
        return own or (1, n_columns)
    shape = tuple(int(size) for size in image_shape)
    if len(shape) not in (2, 3) or math.prod(shape) != n_columns or min(shape) < 1:
        raise ValueError(
            f"image_shape must be (rows, columns) or (rows, columns, channels) whose product is "
            f"{n_columns}, the number of columns; got {image_shape!r}."
        )
    return shape
