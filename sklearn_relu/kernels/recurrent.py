"""Loops of recurrent steps; they are compiled along with those of `fused.py`."""

import math

import numpy as np

TOP = (
    4.89352455891786e-03, 6.37261928875436e-04, 1.48572235717979e-05, 5.12229709037114e-08,
    -8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16,
)  # fmt: skip
BOTTOM = 4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06
"""Coefficients of the quotient of polynomials in x**2 that is tanh(x) / x up to float32's digits
for |x| < 7.9, from the lowest degree. They are those of Eigen."""

LARGEST = 7.9
"""Numbers beyond it count as it: float32 knows no tanh between there and 1 that would differ."""


def add_rectify(z: np.ndarray, more: np.ndarray) -> None:
    """``z = max(z + more, 0)``."""
    _, n_samples, width = z.shape
    zero = z.dtype.type(0)
    for j in range(n_samples):
        for k in range(width):
            z[0, j, k] = max(z[0, j, k] + more[0, j, k], zero)


def gate_step(
    z: np.ndarray,
    more: np.ndarray,
    cell: np.ndarray,
    next_cell: np.ndarray,
    squashed: np.ndarray,
    h: np.ndarray,
    forms: np.ndarray,
) -> None:
    """One step of an LSTM: `z` becomes the values of the gates, and of the candidate.

    `forms` has for the gates, and for the candidate and the output, three numbers (f, g, s) such
    that their function is ``g * tanh(f * z) + s``.
    """
    _, n_samples, width = cell.shape
    number = z.dtype.type
    f, g, s = forms[0, 0], forms[0, 1], forms[0, 2]
    f_1, g_1, s_1 = forms[1, 0], forms[1, 1], forms[1, 2]
    p0, p1, p2, p3 = number(TOP[0]), number(TOP[1]), number(TOP[2]), number(TOP[3])
    p4, p5, p6 = number(TOP[4]), number(TOP[5]), number(TOP[6])
    q0, q1, q2, q3 = number(BOTTOM[0]), number(BOTTOM[1]), number(BOTTOM[2]), number(BOTTOM[3])
    most = number(LARGEST)
    for j in range(n_samples):
        sums, others = z[0, j], more[0, j]
        if z.itemsize == 8:
            for k in range(3 * width):
                sums[k] = g * math.tanh(f * (sums[k] + others[k])) + s
            for k in range(3 * width, 4 * width):
                sums[k] = g_1 * math.tanh(f_1 * (sums[k] + others[k])) + s_1
        else:
            for k in range(3 * width):
                x = f * (sums[k] + others[k])
                t = min(max(x, -most), most)
                y = t * t
                p = ((((((p6 * y + p5) * y + p4) * y + p3) * y + p2) * y + p1) * y + p0) * t
                r = p / (((q3 * y + q2) * y + q1) * y + q0)
                sums[k] = g * (r if x == x else x) + s
            for k in range(3 * width, 4 * width):
                x = f_1 * (sums[k] + others[k])
                t = min(max(x, -most), most)
                y = t * t
                p = ((((((p6 * y + p5) * y + p4) * y + p3) * y + p2) * y + p1) * y + p0) * t
                r = p / (((q3 * y + q2) * y + q1) * y + q0)
                sums[k] = g_1 * (r if x == x else x) + s_1
        for k in range(width):
            c = sums[width + k] * cell[0, j, k] + sums[k] * sums[3 * width + k]
            next_cell[0, j, k] = c
            x = f_1 * c
            if z.itemsize == 8:
                r = math.tanh(x)
            else:
                t = min(max(x, -most), most)
                y = t * t
                p = ((((((p6 * y + p5) * y + p4) * y + p3) * y + p2) * y + p1) * y + p0) * t
                r = p / (((q3 * y + q2) * y + q1) * y + q0)
                r = r if x == x else x
            r = g_1 * r + s_1
            squashed[0, j, k] = r
            h[0, j, k] = sums[2 * width + k] * r


def gate_step_back(
    gates: np.ndarray,
    cell: np.ndarray,
    squashed: np.ndarray,
    grad_h: np.ndarray,
    grad_cell: np.ndarray,
    grad_z: np.ndarray,
    forms: np.ndarray,
) -> None:
    """Overwrite `grad_z`, and turn `grad_cell` into that of the step before.

    The derivative of ``a = g * tanh(f * z) + s`` is ``f * (g - (a - s)**2 / g)``.
    """
    _, n_samples, width = cell.shape
    f, g, s = forms[0, 0], forms[0, 1], forms[0, 2]
    f_1, g_1, s_1 = forms[1, 0], forms[1, 1], forms[1, 2]
    low, steep = f * (g - s * s / g), f / g
    low_1, steep_1 = f_1 * (g_1 - s_1 * s_1 / g_1), f_1 / g_1
    twice, twice_1 = s + s, s_1 + s_1
    for j in range(n_samples):
        values, grads = gates[0, j], grad_z[0, j]
        for k in range(width):
            i, o = values[k], values[2 * width + k]
            keep, new = values[width + k], values[3 * width + k]
            r, grad = squashed[0, j, k], grad_h[0, j, k]
            grad_c = grad_cell[0, j, k] + grad * o * (low_1 + steep_1 * r * (twice_1 - r))
            grads[k] = grad_c * new * (low + steep * i * (twice - i))
            grads[width + k] = grad_c * cell[0, j, k] * (low + steep * keep * (twice - keep))
            grads[2 * width + k] = grad * r * (low + steep * o * (twice - o))
            grads[3 * width + k] = grad_c * i * (low_1 + steep_1 * new * (twice_1 - new))
            grad_cell[0, j, k] = grad_c * keep
