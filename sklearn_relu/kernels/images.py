"""Loops over images, channels last; they are compiled along with those of `fused.py`."""

import numpy as np


def lay_out(
    images: np.ndarray, windows: np.ndarray, first: int, before: int, stride: int
) -> None:
    """Windows along the columns of rows of images, from the row `first` on, with zeros beyond the
    edges; see `convolutions.py`.

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
