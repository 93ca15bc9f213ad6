"""Loops over images, channels last; they are compiled along with those of `fused.py`."""

import numpy as np


def lay_out_rows(
    images: np.ndarray, windows: np.ndarray, first: int, before: int, stride: int
) -> None:
    """Windows along the columns of rows of images, from the row `first` on, with zeros beyond the
    edges; see `by_rows.py`.

    `images` is (images, rows, columns, channels), `windows` (images, strides, rows, places, kernel
    columns * channels). The first window begins `before` columns before the image, and each
    `stride` columns after the one before.
    """
    n_images, length, n_columns, channels = images.shape
    n_strides, n_rows, n_places, width = windows.shape[1:]
    zero = images.dtype.type(0)
    size = n_columns * channels
    flat = images.reshape(n_images, length, size)
    for image in range(n_images):
        for phase in range(n_strides):
            for row in range(n_rows):
                y = first + row * n_strides + phase
                rows = windows[image, phase, row]
                if y < 0 or y >= length:
                    for place in range(n_places):
                        for k in range(width):
                            rows[place, k] = zero
                    continue
                pixels = flat[image, y]
                for place in range(n_places):
                    start = (place * stride - before) * channels
                    low, high = max(0, -start), min(width, size - start)
                    for k in range(low):
                        rows[place, k] = zero
                    for k in range(low, high):
                        rows[place, k] = pixels[start + k]
                    for k in range(max(low, high), width):
                        rows[place, k] = zero


def lay_out_pixels(
    images: np.ndarray, windows: np.ndarray, first: int, before: int, down: int, across: int
) -> None:
    """Windows pixel by pixel, with zeros beyond the edges; see `by_pixels.py`.

    `images` is (images, rows, columns, channels), `windows` (kernel rows, kernel columns, channels,
    images, rows of places, columns of places). The first window begins in the row `first`, and
    `before` columns before the image; the next ones are `down` rows and `across` columns apart.
    """
    length, n_columns = images.shape[1:3]
    height, width, channels, n_images, n_rows, n_places = windows.shape
    zero = images.dtype.type(0)
    for i in range(height):
        for j in range(width):
            shift = j - before
            low = min(n_places, max(0, (across - 1 - shift) // across))
            high = max(low, min(n_places, (n_columns - 1 - shift) // across + 1))
            for c in range(channels):
                for image in range(n_images):
                    for row in range(n_rows):
                        y, places = first + row * down + i, windows[i, j, c, image, row]
                        if y < 0 or y >= length:
                            for k in range(n_places):
                                places[k] = zero
                            continue
                        pixels = images[image, y, :, c]
                        for k in range(low):
                            places[k] = zero
                        for k in range(low, high):
                            places[k] = pixels[k * across + shift]
                        for k in range(high, n_places):
                            places[k] = zero


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
                            out[c] = max(out[c], pixel[c])


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
