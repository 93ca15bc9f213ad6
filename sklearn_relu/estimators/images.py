"""Networks that read images, or series: images of one row."""

import math
import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.tables import Tables
from sklearn_relu.exceptions import TrainingWarning

ImageShape = tuple[int, int, int]
"""Rows, columns and channels."""

NARROW = [np.uint8, np.int8, np.uint16, np.int16, np.bool_]
"""Types of pixels that float32 holds exactly: arrays of them stay as they are, and are cast batch
by batch."""

SMALLEST_SQUARE = 8
"""Side of a square from which on so many columns may well be an image."""


class Images(Tables):
    """A network whose X are images: an array of them, or rows of pixels.

    The engine sees rows, in the order in which pixels come.
    """

    image_shape: Any = None
    channels_first: Any = False
    reads_images = True

    _described_parameters = {
        "image_shape": Parameter(
            "tuple of int or None",
            ["array-like", None],
            """
            (rows, columns) or (rows, columns, channels) of an image, where X has one image in each
            row. None: a row is a series, an image of one row; an array of images has its own shape.
            ``(1, 784)`` says that 784 columns are a series, and no image of 28 x 28.
            """,
        ),
        "channels_first": Parameter(
            "bool",
            ["boolean"],
            """
            Whether channels come before rows and columns: X is (n_samples, channels, rows, columns)
            or, flat, all pixels of the first channel come first. `image_shape` is (rows, columns,
            channels) in either case.
            """,
        ),
    }

    _described_attributes = {
        "n_features_in_": Attribute("int", "Pixels of an image times its channels."),
        "image_shape_": Attribute("tuple of int", "Rows, columns and channels of an image."),
    }

    _takes_sparse = False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _check_data(self, X, y, reset):
        if reset:
            self._channels_first = bool(self.channels_first)
        X, shape = self._as_rows(X)
        if not reset:
            self._check_shape(shape)
        X, y = super()._check_data(X, y, reset)
        if reset:
            self.image_shape_ = self._learned_shape(shape, X.shape[1])
        return X, y

    def _check_inputs(self, X):
        check_is_fitted(self)
        X, shape = self._as_rows(X)
        self._check_shape(shape)
        return super()._check_inputs(X)

    def _computing_dtype(self, X):
        if X.dtype.kind == "f":
            return X.dtype
        return np.dtype(np.float32 if self.dtype is None else self.dtype)

    def _float_dtypes(self):
        return [*super()._float_dtypes(), *NARROW]

    def _as_rows(self, X) -> tuple[Any, ImageShape | None]:
        """Images as rows, and their shape; anything but an array of images is as it was."""
        if isinstance(X, list | tuple):
            X = _array_or_as_it_was(X)
        if getattr(X, "ndim", 0) < 3:
            return X, None
        X = np.asarray(X)
        if X.ndim > 4:
            raise ValueError(
                f"X must be (n_samples, rows, columns), (n_samples, {self._axes}) or rows of "
                f"pixels; got an array of {X.ndim} dimensions, {X.shape}."
            )
        shape = X.shape[1:] if X.ndim == 4 else (*X.shape[1:], 1)
        if X.ndim == 4 and self._channels_first:
            shape = *shape[1:], shape[0]
        if 0 in shape:
            raise ValueError(f"Images must have pixels; X is {X.shape}, ({_axes_of(X.ndim)}).")
        return X.reshape(len(X), math.prod(shape)), shape

    @property
    def _axes(self) -> str:
        return "channels, rows, columns" if self.channels_first else "rows, columns, channels"

    def _learned_shape(self, shape: ImageShape | None, n_columns: int) -> ImageShape:
        """The shape of images in training.

        Raises
        ------
        ValueError
            If `image_shape` is another, or does not fit the columns.
        """
        given = self._given_shape()
        if shape is None:
            if given is None:
                _warn_of_square(n_columns)
                return 1, n_columns, 1
            if math.prod(given) != n_columns:
                raise ValueError(
                    f"image_shape={self.image_shape!r} has {math.prod(given)} values, and X has "
                    f"{n_columns} columns. Pass (rows, columns) or (rows, columns, channels) whose "
                    f"product is {n_columns}."
                )
            return given
        if given is not None and given != shape:
            raise ValueError(
                f"image_shape={self.image_shape!r} differs from the shape of X's images, "
                f"{in_words(shape)}. Leave image_shape=None for arrays of images"
                f"{self._hint(given, shape)}."
            )
        return shape

    def _hint(self, given: ImageShape, shape: ImageShape) -> str:
        """Advice where channels are on another axis than expected."""
        rows, columns, channels = shape
        first = (columns, channels, rows) if not self.channels_first else (channels, rows, columns)
        if given != first:
            return ""
        return f", and set channels_first={not self.channels_first} for these"

    def _given_shape(self) -> ImageShape | None:
        """The parameter `image_shape` with its channels.

        Raises
        ------
        ValueError
            If it is none.
        """
        if self.image_shape is None:
            return None
        sizes = np.asarray(self.image_shape, dtype=object).ravel().tolist()
        if len(sizes) not in (2, 3) or not all(is_whole(size) and size > 0 for size in sizes):
            raise ValueError(
                "image_shape must be (rows, columns) or (rows, columns, channels), whole numbers "
                f"> 0; got {self.image_shape!r}."
            )
        rows, columns, channels = map(int, (*sizes, 1)[:3])
        return rows, columns, channels

    def _check_shape(self, shape: ImageShape | None) -> None:
        """Raise a ValueError if images are not shaped like those in training."""
        if shape is not None and shape != self.image_shape_:
            raise ValueError(
                f"X has images of {in_words(shape)}, but {type(self).__name__} is expecting images "
                f"of {in_words(self.image_shape_)}, as in training. Resize the images, or fit "
                "again."
            )

    def _check_shape_is_as_fitted(self) -> None:
        """Raise a ValueError if parameters say another shape than the one that is fitted."""
        if self._channels_first != bool(self.channels_first):
            raise ValueError(
                "warm_start and partial_fit go on with the fitted network, and channels_first has "
                f"changed from {self._channels_first} to {self.channels_first}. Set it back, or "
                "clone the estimator, to start anew."
            )
        if self._given_shape() not in (None, self.image_shape_):
            raise ValueError(
                "warm_start and partial_fit go on with the fitted network of images of "
                f"{in_words(self.image_shape_)}, and image_shape={self.image_shape!r} says "
                "another shape. Set it back, or clone the estimator, to start anew."
            )


def in_words(shape: ImageShape) -> str:
    """A shape such as "28 x 28" or "32 x 32 x 3"."""
    return " x ".join(map(str, shape if shape[2] > 1 else shape[:2]))


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_)


def _axes_of(ndim: int) -> str:
    return ", ".join(["n_samples", "rows", "columns", "channels"][:ndim])


def _array_or_as_it_was(X: list | tuple) -> Any:
    """An array of nested lists, unless they are rows or differ in length: scikit-learn says so."""
    try:
        array = np.asarray(X)
    except ValueError:
        return X
    return array if array.ndim > 2 else X


def _warn_of_square(n_columns: int) -> None:
    side = math.isqrt(n_columns)
    if side < SMALLEST_SQUARE or side**2 != n_columns:
        return
    warnings.warn(
        f"X has {n_columns} columns, which are taken for series, as image_shape is None; but "
        f"{n_columns} = {side} x {side}. If rows are images, pass image_shape=({side}, {side}); if "
        f"they are series, pass image_shape=(1, {n_columns}).",
        TrainingWarning,
        stacklevel=2,
    )
