"""Sigmoids: bounded, saturating on both sides, smoothly or at a kink."""

import numpy as np
from scipy.special import expit

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation, flat_pieces
from sklearn_relu.kernels import fused


class Logistic(Activation):
    """Logistic sigmoid: ``1 / (1 + exp(-z))``, with derivative ``a * (1 - a)``.

    Summed inputs below -80 count as -80, where the activation is 2e-35: so it cannot overflow, and
    it is never exactly 0.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 3.
    """

    bounds = (0.0, 1.0)
    tanh_form = (0.5, 0.5, 0.5)
    onnx_function = ("Sigmoid",)
    sklearn_init_factor = 2.0
    machine_units = "binary"
    needs_summed_input = False
    is_monotone = True
    saturation = bounds

    def forward(self, z, a, params, noise=None):
        """``a = 1 / (1 + exp(-z))``."""
        kernels.logistic(z, a)

    def expression(self, z, params):
        """``1 / (1 + exp(-z))``."""
        return expit(z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * a * (1 - a)``."""
        np.subtract(1, a, out=grad_z)
        grad_z *= a
        grad_z *= grad_a

    def bias_backward(self, z, a, grad_a, grad_z, grad_bias, params, grad_params):
        """:meth:`backward` and the gradient of the bias, in one pass where loops are compiled."""
        if not fused.run("parabola_back", a, grad_a, grad_z, grad_bias, 0, 1):
            super().bias_backward(z, a, grad_a, grad_z, grad_bias, params, grad_params)


class Tanh(Activation):
    """Hyperbolic tangent: ``tanh(z)``, with derivative ``1 - a**2``.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 3.
    """

    bounds = (-1.0, 1.0)
    tanh_form = (1.0, 1.0, 0.0)
    onnx_function = ("Tanh",)
    needs_summed_input = False
    is_monotone = True

    def forward(self, z, a, params, noise=None):
        """``a = tanh(z)``."""
        np.tanh(z, out=a)

    def expression(self, z, params):
        """``tanh(z)``."""
        return np.tanh(z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (1 - a**2)``."""
        np.multiply(a, a, out=grad_z)
        np.subtract(1, grad_z, out=grad_z)
        grad_z *= grad_a

    def bias_backward(self, z, a, grad_a, grad_z, grad_bias, params, grad_params):
        """:meth:`backward` and the gradient of the bias, in one pass where loops are compiled."""
        if not fused.run("parabola_back", a, grad_a, grad_z, grad_bias, 1, 0):
            super().bias_backward(z, a, grad_a, grad_z, grad_bias, params, grad_params)


class Softsign(Activation):
    """Softsign: ``z / (1 + |z|)``, with derivative ``1 / (1 + |z|)**2 = (1 - |a|)**2``.

    It saturates like a power, not like an exponential. At 0 the derivative is 1 from both sides.

    References
    ----------
    Bergstra, Desjardins, Lamblin & Bengio (2009), Quadratic polynomials learn better image
    features.
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 3.
    """

    bounds = (-1.0, 1.0)
    onnx_function = ("Softsign",)
    needs_summed_input = False
    is_monotone = True

    def forward(self, z, a, params, noise=None):
        """``a = z / (1 + |z|)``."""
        for z_piece, a_piece in flat_pieces(z, a):
            size = kernels.scratch(z_piece.shape, z.dtype)
            np.abs(z_piece, out=size)
            size += 1
            np.divide(z_piece, size, out=a_piece)

    def expression(self, z, params):
        """``z / (1 + |z|)``."""
        return z / (1 + np.abs(z))

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (1 - |a|)**2``."""
        np.abs(a, out=grad_z)
        np.subtract(1, grad_z, out=grad_z)
        np.square(grad_z, out=grad_z)
        grad_z *= grad_a


class HardTanh(Activation):
    """Tanh of straight pieces: ``min(max(z, -1), 1)``.

    The derivative is 1 for -1 < z < 1 and 0 elsewhere, also at both kinks.

    References
    ----------
    Collobert (2004), Large scale machine learning (PhD thesis).
    """

    bounds = (-1.0, 1.0)
    needs_summed_input = False
    is_piecewise_linear = True
    is_monotone = True

    def forward(self, z, a, params, noise=None):
        """``a = min(max(z, -1), 1)``."""
        np.clip(z, -1, 1, out=a)

    def expression(self, z, params):
        """``min(max(z, -1), 1)``."""
        return np.minimum(np.maximum(z, -1), 1)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where ``|a| < 1``, else 0."""
        np.abs(a, out=grad_z)
        np.less(grad_z, 1, out=grad_z)
        grad_z *= grad_a

    def linear_pieces(self, z, a, params):
        """0, 1 or 2 from left to right: the outer two have the same derivative."""
        return np.add(a > -1, a >= 1, dtype=z.dtype)


class HardSigmoid(Activation):
    """Logistic of straight pieces: ``min(max(z / 6 + 1 / 2, 0), 1)``.

    The derivative is 1/6 for -3 < z < 3 and 0 elsewhere, also at both kinks. Other sources give the
    middle piece a slope of 1/5 or 1/2.

    References
    ----------
    Howard et al. (2019), Searching for MobileNetV3, section 5.2.
    """

    bounds = (0.0, 1.0)
    onnx_function = "HardSigmoid", 1 / 6, 0.5
    sklearn_init_factor = 2.0
    needs_summed_input = False
    is_piecewise_linear = True
    is_monotone = True
    saturation = bounds

    def forward(self, z, a, params, noise=None):
        """``a = min(max(z / 6 + 1 / 2, 0), 1)``."""
        np.multiply(z, 1 / 6, out=a)
        a += 0.5
        np.clip(a, 0, 1, out=a)

    def expression(self, z, params):
        """``min(max(z / 6 + 1 / 2, 0), 1)``."""
        return np.minimum(np.maximum(z / 6 + 0.5, 0), 1)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a / 6`` where 0 < a < 1, else 0."""
        np.subtract(1, a, out=grad_z)
        grad_z *= a
        np.greater(grad_z, 0, out=grad_z)
        grad_z *= 1 / 6
        grad_z *= grad_a

    def linear_pieces(self, z, a, params):
        """0, 1 or 2 from left to right: the outer two have the same derivative."""
        return np.add(a > 0, a >= 1, dtype=z.dtype)
