"""Loops over codes of categories, compiled along with those of `fused.py`."""

import numpy as np


def look_up(codes: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    """``out = table[codes]`` for each network.

    `codes` is (k or 1, rows), `table` (k, levels, width), `out` (k, rows, width). Codes without a
    row in the table are taken to the nearest.
    """
    n_networks, n_levels, width = table.shape
    for i in range(n_networks):
        source = i if codes.shape[0] > 1 else 0
        for j in range(codes.shape[1]):
            code = int(min(max(codes[source, j], 0), n_levels - 1))
            for k in range(width):
                out[i, j, k] = table[i, code, k]


def add_up(codes: np.ndarray, grads: np.ndarray, out: np.ndarray) -> None:
    """``out[code]`` is the sum of the rows of `grads` with that code, for each network; in float64,
    then in the precision of `out`."""
    n_networks, n_levels, width = out.shape
    sums = np.empty((n_levels, width))
    for i in range(n_networks):
        source = i if codes.shape[0] > 1 else 0
        sums[:] = 0
        for j in range(codes.shape[1]):
            code = int(min(max(codes[source, j], 0), n_levels - 1))
            for k in range(width):
                sums[code, k] += grads[i, j, k]
        for code in range(n_levels):
            for k in range(width):
                out[i, code, k] = sums[code, k]
