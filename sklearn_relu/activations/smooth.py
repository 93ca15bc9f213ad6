"""The identity, and linear units whose kink is soft."""

from numbers import Real

import numpy as np
from scipy.special import ndtr
from sklearn.utils._param_validation import Interval

from sklearn_relu.activations.base import Activation
from sklearn_relu.engine import kernels


class Identity(Activation):
    """Identity: ``z``. A network of it is linear, through a bottleneck if a layer is narrow."""

    needs_summed_input = False

    def forward(self, z, a, params, noise=None):
        """``a = z``."""
        if a is not z:
            np.copyto(a, z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a``."""
        np.copyto(grad_z, grad_a)


class ELU(Activation):
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

    initialization = "he_normal"

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    @property
    def gain(self):  # type: ignore[override]
        """1 / sqrt(E[elu(z)**2]) for a standard normal z."""
        negative = np.exp(2) * ndtr(-2) - 2 * np.exp(0.5) * ndtr(-1) + 0.5
        return 1.0 / np.sqrt(0.5 + self.alpha**2 * negative)

    def forward(self, z, a, params, noise=None):
        """``a = max(z, 0) + alpha * (exp(min(z, 0)) - 1)``."""
        np.minimum(z, 0, out=a)
        np.expm1(a, out=a)
        a *= self.alpha
        if self.alpha <= 1:  # then alpha * (exp(z) - 1) >= z on the left, and is 0 on the right
            np.maximum(a, z, out=a)
            return
        flat_z, flat_a = z.reshape(-1), a.reshape(-1)
        for piece in kernels.pieces(flat_z.size):
            positive = kernels.scratch(flat_z[piece].shape, z.dtype)
            np.maximum(flat_z[piece], 0, out=positive)
            flat_a[piece] += positive

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where a > 0, else ``grad_a * (a + alpha)``."""
        # 1 + min(a, 0) + (alpha - 1) * [a <= 0]; the bracket is 1 - max(sign(a), 0).
        np.minimum(a, 0, out=grad_z)
        grad_z += 1
        if self.alpha != 1:
            flat_a, flat_grad = a.reshape(-1), grad_z.reshape(-1)
            for piece in kernels.pieces(flat_a.size):
                bracket = kernels.scratch(flat_a[piece].shape, a.dtype)
                np.sign(flat_a[piece], out=bracket)
                np.maximum(bracket, 0, out=bracket)
                np.subtract(1, bracket, out=bracket)
                bracket *= self.alpha - 1
                flat_grad[piece] += bracket
        grad_z *= grad_a
