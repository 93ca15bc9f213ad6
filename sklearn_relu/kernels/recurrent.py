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
    shown: np.ndarray,
    h: np.ndarray,
    forms: np.ndarray,
) -> None:
    """One step of an LSTM: `z` becomes the values of the gates, and of the candidate.

    `forms` has for each column of `z` three numbers (f, g, s), one below the other, such that its
    function is ``g * tanh(f * z) + s``. The cell is shown by the function of the candidate.
    """
    _, n_samples, width = cell.shape
    number = z.dtype.type
    p0, p1, p2, p3 = number(TOP[0]), number(TOP[1]), number(TOP[2]), number(TOP[3])
    p4, p5, p6 = number(TOP[4]), number(TOP[5]), number(TOP[6])
    q0, q1, q2, q3 = number(BOTTOM[0]), number(BOTTOM[1]), number(BOTTOM[2]), number(BOTTOM[3])
    most = number(LARGEST)
    last = 4 * width - 1
    f_last, g_last, s_last = forms[0, last], forms[1, last], forms[2, last]
    for j in range(n_samples):
        values, others = z[0, j], more[0, j]
        for k in range(4 * width):
            x = forms[0, k] * (values[k] + others[k])
            if z.itemsize == 8:
                r = math.tanh(x)
            else:
                t = min(max(x, -most), most)
                y = t * t
                p = ((((((p6 * y + p5) * y + p4) * y + p3) * y + p2) * y + p1) * y + p0) * t
                r = p / (((q3 * y + q2) * y + q1) * y + q0)
                r = r if x == x else x
            values[k] = forms[1, k] * r + forms[2, k]
        for k in range(width):
            c = values[width + k] * cell[0, j, k] + values[k] * values[3 * width + k]
            next_cell[0, j, k] = c
            x = f_last * c
            if z.itemsize == 8:
                r = math.tanh(x)
            else:
                t = min(max(x, -most), most)
                y = t * t
                p = ((((((p6 * y + p5) * y + p4) * y + p3) * y + p2) * y + p1) * y + p0) * t
                r = p / (((q3 * y + q2) * y + q1) * y + q0)
                r = r if x == x else x
            r = g_last * r + s_last
            shown[0, j, k] = r
            h[0, j, k] = values[2 * width + k] * r


def gate_step_back(
    gates: np.ndarray,
    cell: np.ndarray,
    shown: np.ndarray,
    grad_h: np.ndarray,
    grad_cell: np.ndarray,
    grad_z: np.ndarray,
    slopes: np.ndarray,
) -> None:
    """Overwrite `grad_z`, and turn `grad_cell` into that of the step before.

    `slopes` has for the gates, and for the candidate and the cell as it is shown, three numbers
    such that the derivative of a value is ``low + steep * value * (twice - value)``.
    """
    _, n_samples, width = cell.shape
    low, steep, twice = slopes[0, 0], slopes[0, 1], slopes[0, 2]
    low_1, steep_1, twice_1 = slopes[1, 0], slopes[1, 1], slopes[1, 2]
    for j in range(n_samples):
        values, grads = gates[0, j], grad_z[0, j]
        for k in range(width):
            i, o = values[k], values[2 * width + k]
            keep, new = values[width + k], values[3 * width + k]
            r, grad = shown[0, j, k], grad_h[0, j, k]
            grad_c = grad_cell[0, j, k] + grad * o * (low_1 + steep_1 * r * (twice_1 - r))
            grads[k] = grad_c * new * (low + steep * i * (twice - i))
            grads[width + k] = grad_c * cell[0, j, k] * (low + steep * keep * (twice - keep))
            grads[2 * width + k] = grad * r * (low + steep * o * (twice - o))
            grads[3 * width + k] = grad_c * i * (low_1 + steep_1 * new * (twice_1 - new))
            grad_cell[0, j, k] = grad_c * keep
