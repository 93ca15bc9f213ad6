"""Gated units: z times a gate that opens from 0 to 1 as z grows.

All dip below 0 before they vanish on the left; only :class:`HardSwish` has exact zeros. A small
signal meets a gate that is half open, a large one a gate that is open: so what a layer is off from
mean square 1 grows in the next one (by 8 % for Mish, 22 % for HardSwish), and a deep network needs
more than the right gain to keep the size of its signal.
"""

import math

import numpy as np
from scipy.special import expit, ndtr

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation, flat_pieces
from sklearn_relu.kernels import fused
from sklearn_relu.sklearn_private import StrOptions

# Python numbers: one of numpy's float64 would take a float32 computation to float64.
ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
CUBIC = 0.044715


class SiLU(Activation):
    """Sigmoid linear unit, or swish: ``z * logistic(z)``.

    The derivative is ``logistic(z) * (1 + z * logistic(-z))``. In the logistic, summed inputs below
    -80 count as -80, so nothing overflows.

    References
    ----------
    Hendrycks & Gimpel (2016), Gaussian error linear units (the name SiLU).
    Elfwing, Uchibe & Doya (2018), Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning.
    Ramachandran, Zoph & Le (2017), Searching for activation functions (swish, with beta 1).
    """

    bounds = (-0.2784645427610738, np.inf)
    share_loop = (fused.SILU, -1, 80.0, np.exp)
    initialization = "variance_scaling"
    saturation = ()

    def forward(self, z, a, params, noise=None):
        """``a = z / (1 + exp(-z))``."""
        np.maximum(z, -80, out=a)
        np.negative(a, out=a)
        np.exp(a, out=a)
        a += 1
        np.divide(z, a, out=a)

    def expression(self, z, params):
        """``z / (1 + exp(-z))``."""
        return z * expit(z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (1 + a * e) / (1 + e)`` with ``e = exp(-z)``."""
        for z_piece, a_piece, slope in flat_pieces(z, a, grad_z):
            e = kernels.scratch(z_piece.shape, z.dtype)
            np.maximum(z_piece, -80, out=e)
            np.negative(e, out=e)
            np.exp(e, out=e)
            np.multiply(a_piece, e, out=slope)
            slope += 1
            e += 1
            slope /= e
        grad_z *= grad_a


class GELU(Activation):
    """Gaussian error linear unit: ``z * Phi(z)``, Phi being the normal distribution function.

    The derivative is ``Phi(z) + z * phi(z)``, phi being the density.

    Parameters
    ----------
    approximate : {"none", "tanh"}, default="none"
        "tanh" means ``z / 2 * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 * z**3)))`` and the derivative
        of that: within 5e-4 of the exact form, and several times faster.

    References
    ----------
    Hendrycks & Gimpel (2016), Gaussian error linear units, section 2.
    """

    initialization = "variance_scaling"
    saturation = ()

    _parameter_constraints = {"approximate": [StrOptions({"none", "tanh"})]}

    def __init__(self, approximate="none"):
        self.approximate = approximate

    @property
    def bounds(self):
        """From the minimum, near z = -0.75, up."""
        return (-0.16997120747990366 if self.approximate == "none" else -0.170040750571254), np.inf

    def forward(self, z, a, params, noise=None):
        """``a = z * Phi(z)``."""
        if self.approximate == "none":
            ndtr(z, out=a)
            a *= z
            return
        for z_piece, a_piece in flat_pieces(z, a):
            _exp_of_minus_twice_tanhs_argument(z_piece, a_piece)
            a_piece += 1
            np.divide(z_piece, a_piece, out=a_piece)

    def expression(self, z, params):
        """``z * Phi(z)``, or its approximation by tanh."""
        if self.approximate == "none":
            return z * ndtr(z)
        return z * 0.5 * (1 + np.tanh(ROOT_2_OVER_PI * (z + CUBIC * z * z * z)))

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (Phi(z) + z * phi(z))``."""
        backward = self._exact_slope if self.approximate == "none" else self._tanh_slope
        for z_piece, a_piece, slope in flat_pieces(z, a, grad_z):
            backward(z_piece, a_piece, slope)
        grad_z *= grad_a

    @staticmethod
    def _exact_slope(z, a, slope):
        density = kernels.scratch(z.shape, z.dtype)
        np.square(z, out=density)
        density *= -0.5
        np.exp(density, out=density)
        density *= z
        density *= ROOT_2_OVER_PI / 2
        # Phi is a / z, for a tenth of its price; next to 0, where that loses digits, 1/2.
        size, off_zero = kernels.scratch(z.shape, z.dtype, slot=1), kernels.scratch(z.shape, bool)
        np.abs(z, out=size)
        np.greater(size, 1e-30, out=off_zero)
        slope.fill(0.5)
        np.divide(a, z, out=slope, where=off_zero)
        slope += density

    @staticmethod
    def _tanh_slope(z, a, slope):
        """With e = exp(-2u), u the argument of tanh: ``(1 + 2 * u' * a * e) / (1 + e)``."""
        e = kernels.scratch(z.shape, z.dtype)
        _exp_of_minus_twice_tanhs_argument(z, e)
        np.square(z, out=slope)
        slope *= 6 * CUBIC * ROOT_2_OVER_PI
        slope += 2 * ROOT_2_OVER_PI
        slope *= a
        slope *= e
        slope += 1
        e += 1
        slope /= e


def _exp_of_minus_twice_tanhs_argument(z, out):
    """``exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3))``, at most exp(80)."""
    np.square(z, out=out)
    out *= -2 * CUBIC * ROOT_2_OVER_PI
    out -= 2 * ROOT_2_OVER_PI
    out *= z
    np.minimum(out, 80, out=out)
    np.exp(out, out=out)


class HardSwish(Activation):
    """SiLU of straight pieces: ``z * min(max(z / 6 + 1 / 2, 0), 1)``.

    The derivative is 0 for z <= -3, ``z / 3 + 1 / 2`` for -3 < z < 3, and 1 for z >= 3: at both
    kinks that of the straight side.

    References
    ----------
    Howard et al. (2019), Searching for MobileNetV3, section 5.2.
    """

    bounds = (-0.375, np.inf)
    initialization = "variance_scaling"
    needs_its_initialization = True
    saturation = ()

    def forward(self, z, a, params, noise=None):
        """``a = z * min(max(z / 6 + 1 / 2, 0), 1)``."""
        np.multiply(z, 1 / 6, out=a)
        a += 0.5
        np.clip(a, 0, 1, out=a)
        a *= z

    def expression(self, z, params):
        """``z * min(max(z / 6 + 1 / 2, 0), 1)``."""
        return z * np.minimum(np.maximum(z / 6 + 0.5, 0), 1)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (gate + z / 6 * [|z| < 3])``."""
        for z_piece, slope in flat_pieces(z, grad_z):
            np.multiply(z_piece, 1 / 6, out=slope)
            slope += 0.5
            np.clip(slope, 0, 1, out=slope)
            inner = kernels.scratch(z_piece.shape, z.dtype)
            np.abs(z_piece, out=inner)
            np.less(inner, 3, out=inner)
            inner *= z_piece
            inner *= 1 / 6
            slope += inner
        grad_z *= grad_a


class Mish(Activation):
    """Mish: ``z * tanh(log(1 + exp(z)))``.

    With ``u = 1 + exp(z)`` the gate is ``(u**2 - 1) / (u**2 + 1)`` and the derivative
    ``exp(z) * (u + 1 + 4 * z * u / (u**2 + 1)) / (u**2 + 1)``. In these, summed inputs above 20
    count as 20, where the gate is 1 - 8e-18: so nothing overflows.

    References
    ----------
    Misra (2020), Mish: a self regularized non-monotonic activation function.
    """

    bounds = (-0.30884341301725043, np.inf)
    share_loop = (fused.MISH, 1, 20.0, fused.exp)
    initialization = "variance_scaling"
    saturation = ()

    def forward(self, z, a, params, noise=None):
        """``a = z * e * (e + 2) / (e * (e + 2) + 2)`` with ``e = exp(z)``."""
        for z_piece, a_piece in flat_pieces(z, a):
            e = kernels.scratch(z_piece.shape, z.dtype)
            np.minimum(z_piece, 20, out=e)
            np.exp(e, out=e)
            np.add(e, 2, out=a_piece)
            e *= a_piece
            np.add(e, 2, out=a_piece)
            np.divide(e, a_piece, out=a_piece)
            a_piece *= z_piece

    def expression(self, z, params):
        """``z * tanh(log(1 + exp(z)))``."""
        return z * np.tanh(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * e * (u + 1 + 4 * z * u / q) / q`` with ``q = u**2 + 1``."""
        for z_piece, slope in flat_pieces(z, grad_z):
            e, u, q = (kernels.scratch(z_piece.shape, z.dtype, slot) for slot in range(3))
            np.minimum(z_piece, 20, out=slope)
            np.exp(slope, out=e)
            np.add(e, 1, out=u)
            np.square(u, out=q)
            q += 1
            slope *= 4
            slope *= u
            slope /= q
            slope += u
            slope += 1
            slope *= e
            slope /= q
        grad_z *= grad_a
