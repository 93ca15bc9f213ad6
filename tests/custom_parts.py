"""Three parts of one's own: an activation, an initializer and a penalty."""

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.initializers import Initializer
from sklearn_relu.penalties import Penalty


class InverseSquareRoot(Activation):
    """Inverse square root unit: ``z / sqrt(1 + alpha * z**2)``, a sigmoid without exponentials.

    Its derivative is ``(1 + alpha * z**2) ** -1.5``.

    Parameters
    ----------
    alpha : float, default=1.0
        Activations are within ``+-1 / sqrt(alpha)``.

    References
    ----------
    Carlile, Delamarter, Kinney, Marti & Whitney (2017), Improving deep learning by inverse square
    root linear units (ISRLUs), equations 3 and 4.
    """

    initialization = "glorot_uniform"  # what initialization="auto" means for it

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, z, a, params, noise=None):
        """Overwrite `a`; each step writes into memory that is there already."""
        self._one_plus_square(z, out=a)
        np.sqrt(a, out=a)
        np.divide(z, a, out=a)

    def expression(self, z, params):
        """The same in one expression, which to_onnx exports."""
        return z / np.sqrt(1 + self.alpha * z * z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """Overwrite `grad_z` with `grad_a` times the derivative."""
        self._one_plus_square(z, out=grad_z)
        np.power(grad_z, -1.5, out=grad_z)
        grad_z *= grad_a

    def _one_plus_square(self, z, out):
        np.multiply(z, z, out=out)
        out *= self.alpha
        out += 1


class SparseNormal(Initializer):
    """Normal weights from a few inputs to each unit; all other weights are 0.

    Units then differ from each other, and none is saturated, however many inputs there are.

    Parameters
    ----------
    n_inputs : int, default=15
        Weights of each unit that are not 0.

    References
    ----------
    Martens (2010), Deep learning via Hessian-free optimization, section 5.
    """

    def __init__(self, n_inputs=15):
        self.n_inputs = n_inputs

    def fill(self, weights, gain, rng):
        """Fill the matrix (fan_in, fan_out) of one layer of one network."""
        weights[...] = 0
        n_inputs = min(self.n_inputs, len(weights))
        for unit in weights.T:
            inputs = rng.choice(len(unit), n_inputs, replace=False)
            unit[inputs] = rng.normal(0, gain / np.sqrt(n_inputs), n_inputs)


class Negativity(Penalty):
    """Sum of the absolute values of negative weights: makes most weights 0 or positive.

    Units that only add are easier to read (Chorowski & Zurada 2015, Learning understandable neural
    networks with nonnegative weight constraints).
    """

    is_smooth = False  # there is a kink at 0: solver="lbfgs" will say that it cannot take it

    def value(self, weights):
        """One number for each network: (n_networks, fan_in, fan_out) to (n_networks,)."""
        return -np.minimum(weights, 0).sum(axis=(1, 2))

    def prox(self, weights, step):
        """Move negative weights up by `step`, and to 0 where they would pass it."""
        np.copyto(weights, np.minimum(weights + step, 0), where=weights < 0)
