"""Loops over waves: cosines of each column, mixed, as numerical embeddings have them.

They are compiled along with those of `fused.py`. A column's waves are computed for `TILE` rows at a
time, in memory that stays in the first cache; nothing of a row's waves is kept for the way back,
where a polynomial takes less time than reading them.

Angles are counted in turns. Less the nearest whole number they lie within half a turn, and each
quarter of the cosine and of the sine is that of ``sin(2 pi t)``, |t| <= 1 / 4.
"""

import math

import numpy as np

TILE = 256
"""Rows at once. Sums of so many are made in the arrays' precision, and added up in float64."""

SINE = tuple(
    (-1) ** k * (2 * math.pi) ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(11)
)
"""Taylor's terms of ``sin(2 pi t)``: for |t| <= 1 / 4 the first one left out is below 1e-17."""


def waves(
    x: np.ndarray,
    frequency: np.ndarray,
    phase: np.ndarray,
    mix: np.ndarray,
    offset: np.ndarray,
    sine: np.ndarray,
    out: np.ndarray,
) -> None:
    """``cos(2 pi x * frequency + phase) @ mix + offset`` of each column, then the column.

    `x` is (k or 1, rows, columns), `frequency` and `phase` (k, columns, waves), `mix`
    (k, columns, outputs, waves), `offset` (k, columns, outputs), `sine` the terms of `SINE`, and
    `out` (k, rows, columns * (outputs + 1)).
    """
    n_networks, n_columns, n_mixed, n_waves = mix.shape
    half, quarter = sine.dtype.type(0.5), sine.dtype.type(0.25)
    per_radian = sine.dtype.type(0.5 / math.pi)  # turns
    s0, s1, s2, s3, s4, s5 = sine[0], sine[1], sine[2], sine[3], sine[4], sine[5]
    s6, s7, s8, s9, s10 = sine[6], sine[7], sine[8], sine[9], sine[10]
    values, mixed = np.empty(TILE, out.dtype), np.empty((n_mixed, TILE), out.dtype)
    cosine = np.empty(TILE, out.dtype)
    for i in range(n_networks):
        source = i if x.shape[0] > 1 else 0
        for first in range(0, x.shape[1], TILE):
            n_rows = min(TILE, x.shape[1] - first)
            for column in range(n_columns):
                for j in range(n_rows):
                    values[j] = x[source, first + j, column]
                for k in range(n_mixed):
                    start = offset[i, column, k]
                    for j in range(n_rows):
                        mixed[k, j] = start
                for m in range(n_waves):
                    factor, shift = frequency[i, column, m], phase[i, column, m] * per_radian
                    for j in range(n_rows):
                        t = values[j] * factor + shift
                        t = quarter - abs(t - np.floor(t + half))
                        q = t * t
                        high = ((((s10 * q + s9) * q + s8) * q + s7) * q + s6) * q + s5
                        cosine[j] = t * (((((high * q + s4) * q + s3) * q + s2) * q + s1) * q + s0)
                    for k in range(n_mixed):
                        weight = mix[i, column, k, m]
                        for j in range(n_rows):
                            mixed[k, j] += weight * cosine[j]
                place = column * (n_mixed + 1)
                for j in range(n_rows):
                    for k in range(n_mixed):
                        out[i, first + j, place + k] = mixed[k, j]
                    out[i, first + j, place + n_mixed] = values[j]


def waves_back(
    x: np.ndarray,
    frequency: np.ndarray,
    phase: np.ndarray,
    mix: np.ndarray,
    sine: np.ndarray,
    grad_out: np.ndarray,
    grad_frequency: np.ndarray,
    grad_phase: np.ndarray,
    grad_mix: np.ndarray,
    grad_offset: np.ndarray,
) -> None:
    """The gradients of what :func:`waves` takes, but for `x`."""
    n_networks, n_columns, n_mixed, n_waves = mix.shape
    half, quarter = sine.dtype.type(0.5), sine.dtype.type(0.25)
    per_radian = sine.dtype.type(0.5 / math.pi)  # turns
    s0, s1, s2, s3, s4, s5 = sine[0], sine[1], sine[2], sine[3], sine[4], sine[5]
    s6, s7, s8, s9, s10 = sine[6], sine[7], sine[8], sine[9], sine[10]
    zero = half - half
    values, grads = np.empty(TILE, x.dtype), np.empty((n_mixed, TILE), grad_out.dtype)
    cosine, minus_sine = np.empty(TILE, grad_out.dtype), np.empty(TILE, grad_out.dtype)
    sums = np.empty((n_mixed + 2, n_waves + 1))
    for i in range(n_networks):
        source = i if x.shape[0] > 1 else 0
        for column in range(n_columns):
            place = column * (n_mixed + 1)
            sums[:] = 0
            for first in range(0, x.shape[1], TILE):
                n_rows = min(TILE, x.shape[1] - first)
                for j in range(n_rows):
                    values[j] = x[source, first + j, column]
                    for k in range(n_mixed):
                        grads[k, j] = grad_out[i, first + j, place + k]
                for k in range(n_mixed):
                    total = zero
                    for j in range(n_rows):
                        total += grads[k, j]
                    sums[k, n_waves] += total
                for m in range(n_waves):
                    factor, shift = frequency[i, column, m], phase[i, column, m] * per_radian
                    for j in range(n_rows):
                        turn = values[j] * factor + shift
                        turn -= np.floor(turn + half)
                        t = quarter - abs(turn)
                        q = t * t
                        high = ((((s10 * q + s9) * q + s8) * q + s7) * q + s6) * q + s5
                        cosine[j] = t * (((((high * q + s4) * q + s3) * q + s2) * q + s1) * q + s0)
                        t = abs(quarter - abs(turn)) - quarter
                        t = t if turn > zero else -t
                        q = t * t
                        high = ((((s10 * q + s9) * q + s8) * q + s7) * q + s6) * q + s5
                        slope = t * (((((high * q + s4) * q + s3) * q + s2) * q + s1) * q + s0)
                        minus_sine[j] = slope
                    for k in range(n_mixed):
                        total = zero
                        for j in range(n_rows):
                            total += grads[k, j] * cosine[j]
                        sums[k, m] += total
                    for j in range(n_rows):
                        cosine[j] = 0
                    for k in range(n_mixed):
                        weight = mix[i, column, k, m]
                        for j in range(n_rows):
                            cosine[j] += grads[k, j] * weight
                    total, moment = zero, zero
                    for j in range(n_rows):
                        back = cosine[j] * minus_sine[j]
                        total += back
                        moment += back * values[j]
                    sums[n_mixed, m] += total
                    sums[n_mixed + 1, m] += moment
            for k in range(n_mixed):
                grad_offset[i, column, k] = sums[k, n_waves]
                for m in range(n_waves):
                    grad_mix[i, column, k, m] = sums[k, m]
            for m in range(n_waves):
                grad_phase[i, column, m] = sums[n_mixed, m]
                grad_frequency[i, column, m] = 2 * math.pi * sums[n_mixed + 1, m]
