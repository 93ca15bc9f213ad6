"""Sigmoids: bounded, saturating on both sides."""

import numpy as np

from sklearn_relu.activations.base import Activation


class Logistic(Activation):
    """Logistic sigmoid: ``1 / (1 + exp(-z))``, with derivative ``a * (1 - a)``.

    Summed inputs below -80 count as -80, where the activation is 2e-35: so it cannot overflow, and
    it is never exactly 0.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 3.
    """

    sklearn_init_factor = 2.0
    needs_summed_input = False

    def forward(self, z, a, params, noise=None):
        """``a = 1 / (1 + exp(-z))``."""
        np.maximum(z, -80, out=a)
        np.negative(a, out=a)
        np.exp(a, out=a)
        a += 1
        np.reciprocal(a, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * a * (1 - a)``."""
        np.subtract(1, a, out=grad_z)
        grad_z *= a
        grad_z *= grad_a


class Tanh(Activation):
    """Hyperbolic tangent: ``tanh(z)``, with derivative ``1 - a**2``.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 3.
    """

    needs_summed_input = False

    def forward(self, z, a, params, noise=None):
        """``a = tanh(z)``."""
        np.tanh(z, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * (1 - a**2)``."""
        np.multiply(a, a, out=grad_z)
        np.subtract(1, grad_z, out=grad_z)
        grad_z *= grad_a
