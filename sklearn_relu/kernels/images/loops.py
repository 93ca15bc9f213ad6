"""Loops over images, channels last; they are compiled along with those of `fused.py`."""

import numpy as np


def largest(
    images: np.ndarray, pooled: np.ndarray, height: int, width: int, above: int, left: int
) -> None:
    """The largest number of each window, channel by channel; windows do not overlap.

    `images` and `pooled` are (images, rows, columns, channels). The first window begins `above`
    rows and `left` columns before the image.
    """
    n_images, n_rows, n_columns, channels = images.shape
    for image in range(n_images):
        for row in range(pooled.shape[1]):
            top = row * height - above
            for column in range(pooled.shape[2]):
                start = column * width - left
                out = pooled[image, row, column]
                for c in range(channels):
                    out[c] = -np.inf
                for i in range(max(0, top), min(n_rows, top + height)):
                    for j in range(max(0, start), min(n_columns, start + width)):
                        pixel = images[image, i, j]
                        for c in range(channels):
                            before = out[c]  # NaN stays, as in NumPy's maximum
                            out[c] = before if before >= pixel[c] or before != before else pixel[c]


def to_largest(
    images: np.ndarray,
    pooled: np.ndarray,
    grad_pooled: np.ndarray,
    grad_images: np.ndarray,
    height: int,
    width: int,
    above: int,
    left: int,
) -> None:
    """The gradient of :func:`largest`: that of each window to its first pixel that is the largest;
    `grad_pooled` is overwritten."""
    n_images, n_rows, n_columns, channels = images.shape
    zero = grad_images.dtype.type(0)
    for image in range(n_images):
        for row in range(pooled.shape[1]):
            top = row * height - above
            for column in range(pooled.shape[2]):
                start = column * width - left
                out, rest = pooled[image, row, column], grad_pooled[image, row, column]
                for i in range(max(0, top), min(n_rows, top + height)):
                    for j in range(max(0, start), min(n_columns, start + width)):
                        pixel, grad = images[image, i, j], grad_images[image, i, j]
                        for c in range(channels):
                            is_it = pixel[c] == out[c]
                            grad[c] = rest[c] if is_it else zero
                            rest[c] = zero if is_it else rest[c]
