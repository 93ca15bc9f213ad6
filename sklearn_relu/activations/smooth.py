"""Rectifiers with an exponential on the left, whose kink is soft."""

from numbers import Real

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation, flat_pieces
from sklearn_relu.kernels import fused
from sklearn_relu.sklearn_private import Interval


class _ScaledELU(Activation):
    """``scale * z`` for z > 0, ``scale * alpha * (exp(z) - 1)`` elsewhere."""

    needs_summed_input = False

    alpha: float
    scale: float = 1.0
    is_monotone = True

    @property
    def bounds(self):
        """From ``-scale * alpha`` up."""
        return -float(self.scale * self.alpha), np.inf

    def forward(self, z, a, params, noise=None):
        """``a = scale * (max(z, 0) + alpha * (exp(min(z, 0)) - 1))``."""
        for z_piece, a_piece in flat_pieces(z, a):
            left = kernels.scratch(z_piece.shape, z.dtype)
            np.minimum(z_piece, 0, out=left)
            np.expm1(left, out=left)
            left *= self.alpha
            if self.alpha <= 1:  # then left >= z where z < 0, and 0 where it is not
                np.maximum(z_piece, left, out=a_piece)
            else:
                np.maximum(z_piece, 0, out=a_piece)
                a_piece += left
        if self.scale != 1:
            a *= self.scale

    def expression(self, z, params):
        """``scale * (max(z, 0) + alpha * (exp(min(z, 0)) - 1))``."""
        left = self.alpha * np.expm1(np.minimum(z, 0))
        return self.scale * (np.maximum(z, 0) + left)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * scale`` where a > 0, else ``grad_a * (a + scale * alpha)``."""
        np.minimum(a, 0, out=grad_z)
        grad_z += self.scale
        if self.alpha != 1:
            for a_piece, slope in flat_pieces(a, grad_z):
                excess = kernels.scratch(a_piece.shape, a.dtype)
                np.less_equal(a_piece, 0, out=excess)
                excess *= self.scale * (self.alpha - 1)
                slope += excess
        grad_z *= grad_a


class ELU(_ScaledELU):
    """Exponential linear unit: ``z`` for z > 0, ``alpha * (exp(z) - 1)`` elsewhere.

    The derivative is 1 for z > 0 and ``a + alpha`` elsewhere, so it is `alpha` at z = 0 (the
    paper's equation 15). With ``alpha=1`` there is no kink.

    Parameters
    ----------
    alpha : float, default=1.0
        The activation tends to ``-alpha`` for large negative summed inputs. Not negative.

    References
    ----------
    Clevert, Unterthiner & Hochreiter (2016), Fast and accurate deep network learning by
    exponential linear units.
    """

    initialization = "variance_scaling"

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    @property
    def onnx_function(self):
        """Elu, with alpha."""
        return "Elu", float(self.alpha)


class SELU(_ScaledELU):
    """Scaled exponential linear unit: ``scale * elu(z)``, its constants made for fixed points.

    With ``scale = 1.0507`` and ``alpha = 1.6733`` standard normal summed inputs give activations
    of mean 0 and variance 1 again. The derivative at the kink is ``scale * alpha``, that of the
    left side. A dropped unit becomes ``-scale * alpha``: alpha dropout.

    References
    ----------
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), Self-normalizing neural networks, equation 2,
    and section 2 for alpha dropout.
    """

    alpha = fused.SELU_ALPHA
    scale = fused.SELU_SCALE

    share_loop = (fused.SELU, 1, 0.0, fused.expm1)
    gain = 1.0
    initialization = "lecun_normal"
    needs_its_initialization = True
    dropout_value = -scale * alpha


class CELU(Activation):
    """Continuously differentiable ELU: ``z`` for z > 0, ``alpha * (exp(z / alpha) - 1)`` elsewhere.

    The derivative is 1 for z >= 0 and ``a / alpha + 1`` elsewhere: no kink.

    Parameters
    ----------
    alpha : float, default=1.0
        The activation tends to ``-alpha`` for large negative summed inputs. Positive.

    References
    ----------
    Barron (2017), Continuously differentiable exponential linear units.
    """

    initialization = "variance_scaling"
    needs_summed_input = False
    is_monotone = True

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    @property
    def bounds(self):
        """From ``-alpha`` up."""
        return -float(self.alpha), np.inf

    def forward(self, z, a, params, noise=None):
        """``a = max(z, alpha * (exp(min(z, 0) / alpha) - 1))``."""
        for z_piece, a_piece in flat_pieces(z, a):
            left = kernels.scratch(z_piece.shape, z.dtype)
            np.minimum(z_piece, 0, out=left)
            left *= 1 / self.alpha
            np.expm1(left, out=left)
            left *= self.alpha
            np.maximum(z_piece, left, out=a_piece)

    def expression(self, z, params):
        """``max(z, 0) + alpha * (exp(min(z, 0) / alpha) - 1)``."""
        left = self.alpha * np.expm1(np.minimum(z, 0) / self.alpha)
        return np.maximum(z, 0) + left

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (min(a, 0) / alpha + 1)``."""
        np.minimum(a, 0, out=grad_z)
        grad_z *= 1 / self.alpha
        grad_z += 1
        grad_z *= grad_a


class Softplus(Activation):
    """Softplus: ``log(1 + exp(beta * z)) / beta``, a rectifier without a kink and without zeros.

    The derivative is ``logistic(beta * z) = 1 - exp(-beta * a)``.

    Parameters
    ----------
    beta : float, default=1.0
        Sharpness: the larger, the nearer to ReLU.

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau & Garcia (2001), Incorporating second-order functional knowledge
    for better option pricing.
    Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks, section 3.
    """

    bounds = (0.0, np.inf)
    initialization = "variance_scaling"
    needs_its_initialization = True
    needs_summed_input = False
    is_monotone = True

    _parameter_constraints = {"beta": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, beta=1.0):
        self.beta = beta

    @property
    def onnx_function(self):
        """Softplus, which is ours where beta is 1."""
        return ("Softplus",) if self.beta == 1 else None

    def forward(self, z, a, params, noise=None):
        """``a = max(z, 0) + log(1 + exp(-beta * |z|)) / beta``, which cannot overflow."""
        for z_piece, a_piece in flat_pieces(z, a):
            soft = kernels.scratch(z_piece.shape, z.dtype)
            np.abs(z_piece, out=soft)
            soft *= -self.beta
            np.exp(soft, out=soft)
            np.log1p(soft, out=soft)
            soft *= 1 / self.beta
            np.maximum(z_piece, 0, out=a_piece)
            a_piece += soft

    def expression(self, z, params):
        """``max(z, 0) + log(1 + exp(-beta * |z|)) / beta``."""
        soft = np.log1p(np.exp(-self.beta * np.abs(z))) / self.beta
        return np.maximum(z, 0) + soft

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (1 - exp(-beta * a))``."""
        np.multiply(a, -self.beta, out=grad_z)
        np.expm1(grad_z, out=grad_z)
        np.negative(grad_z, out=grad_z)
        grad_z *= grad_a
