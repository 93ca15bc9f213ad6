"""A loop for exponentials: NumPy's take two to ten times as long on processors without AVX512.

It is compiled along with those of `fused.py`.
"""

import math

import numpy as np

N_DOUBLINGS = 6

LEAST = -40.0
"""Below it ``exp(x) - 1`` is -1 in float64."""

TAYLOR = tuple(1 / math.factorial(k) for k in range(1, 17))
"""Taylor's terms of ``exp(t) - 1``; float32 needs the first eight. For |t| <= 40 / 64 the first one
left out is below 1e-16 times the sum, or 1e-7."""


def exponential(x: np.ndarray, taylor: np.ndarray, plus: int) -> None:
    """``x = exp(x) - 1 + plus`` in place, for numbers up to 20.

    With ``t = x / 64``, the series of ``exp(t) - 1`` is short. Then six times
    ``exp(2 t) - 1 = (exp(t) - 1) (exp(t) - 1 + 2)``. Rounding errors shrink where t is negative,
    and grow with x where t is positive: at 20 they are 30 units in the last place.
    """
    n_networks, n_samples, width = x.shape
    number = taylor.dtype.type
    shift = number(plus)
    two, least, part = number(2), number(LEAST), number(1 / 2**N_DOUBLINGS)
    c1, c2, c3, c4 = taylor[0], taylor[1], taylor[2], taylor[3]
    c5, c6, c7, c8 = taylor[4], taylor[5], taylor[6], taylor[7]
    c9, c10, c11, c12 = taylor[8], taylor[9], taylor[10], taylor[11]
    c13, c14, c15, c16 = taylor[12], taylor[13], taylor[14], taylor[15]
    for i in range(n_networks):
        for j in range(n_samples):
            for k in range(width):
                t = max(x[i, j, k], least) * part
                high = c8
                if x.itemsize == 8:
                    high = (((c16 * t + c15) * t + c14) * t + c13) * t + c12
                    high = (((high * t + c11) * t + c10) * t + c9) * t + c8
                e = ((((((high * t + c7) * t + c6) * t + c5) * t + c4) * t + c3) * t + c2) * t + c1
                e = e * t
                e = e * (e + two)
                e = e * (e + two)
                e = e * (e + two)
                e = e * (e + two)
                e = e * (e + two)
                x[i, j, k] = e * (e + two) + shift
