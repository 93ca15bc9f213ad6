"""Rectifiers that give activations of both signs, or keep what either sign of z says."""

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation


class CReLU(Activation):
    """Concatenated rectifier: ``max(z, 0)`` and ``max(-z, 0)``, twice as many outputs as units.

    So the next layer has a set of weights for either sign of z. The outputs are all units'
    positive parts, then all units' negative ones. At the kink both derivatives are 0.

    References
    ----------
    Shang, Sohn, Almeida & Lee (2016), Understanding and improving convolutional neural networks
    via concatenated rectified linear units.
    """

    gain = np.sqrt(2.0)
    bounds = (0.0, np.inf)
    initialization = "he_normal"
    is_piecewise_linear = True

    def output_width(self, n_units):
        """Two activations per unit."""
        return 2 * n_units

    def forward(self, z, a, params, noise=None):
        """``a = [max(z, 0), max(-z, 0)]``."""
        positive, negative = np.split(a, 2, axis=-1)
        np.maximum(z, 0, out=positive)
        np.subtract(positive, z, out=negative)

    def expression(self, z, params):
        """``[max(z, 0), max(-z, 0)]``."""
        return np.concatenate([np.maximum(z, 0), np.maximum(-z, 0)], axis=-1)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z`` is the positive part's gradient for z > 0, minus the negative's for z < 0."""
        grad_positive, grad_negative = np.split(grad_a, 2, axis=-1)
        np.greater(z, 0, out=grad_z)
        grad_z *= grad_positive
        for network, rows in enumerate(z):
            for piece in kernels.pieces(*rows.shape):
                other = kernels.scratch(rows[piece].shape, z.dtype)
                np.less(rows[piece], 0, out=other)
                other *= grad_negative[network, piece]
                grad_z[network, piece] -= other


class SignedReLU(Activation):
    """Rectifier whose output is negated in the last half of a layer's units.

    ``max(z, 0)`` in the first ``n_units - n_units // 2`` units, ``-max(z, 0)`` in the others: so
    activations are 0 on average while all are rectified. The derivative at the kink is 0.

    References
    ----------
    Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks.
    """

    gain = np.sqrt(2.0)
    initialization = "he_normal"
    needs_summed_input = False
    is_piecewise_linear = True
    units_are_alike = False

    def forward(self, z, a, params, noise=None):
        """``a = max(z, 0)``, negated in the last half."""
        np.maximum(z, 0, out=a)
        negated = a[..., a.shape[-1] - a.shape[-1] // 2 :]
        np.negative(negated, out=negated)

    def expression(self, z, params):
        """``max(z, 0)``, negated in the last half."""
        width = z.shape[-1]
        signs = np.where(np.arange(width) < width - width // 2, 1.0, -1.0)
        return np.maximum(z, 0) * signs

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * sign(a)``."""
        np.sign(a, out=grad_z)
        grad_z *= grad_a
