"""Rectifiers: piecewise linear, with their kink at 0."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_relu.activations.base import Activation
from sklearn_relu.engine import kernels


def _slopes(x, slope, out):
    """Overwrite `out` with a leaky rectifier's derivative: 1 where x > 0, `slope` elsewhere."""
    np.sign(x, out=out)
    np.maximum(out, 0, out=out)
    out *= 1 - slope
    out += slope


class ReLU(Activation):
    """Rectified linear unit: ``max(z, 0)``.

    The derivative is 1 for z > 0 and 0 for z <= 0; at the kink it is 0, as in Goodfellow, Bengio &
    Courville (2016, section 6.3).

    References
    ----------
    Nair & Hinton (2010), Rectified linear units improve restricted Boltzmann machines.
    Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks.
    """

    gain = np.sqrt(2.0)
    initialization = "he_normal"
    needs_summed_input = False

    def forward(self, z, a, params, noise=None):
        """``a = max(z, 0)``."""
        np.maximum(z, 0, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where the unit is active, else 0."""
        # [a > 0] as min(ceil(a), 1): the processor's vector units have these two, but not sign.
        np.ceil(a, out=grad_z)
        np.minimum(grad_z, 1, out=grad_z)
        grad_z *= grad_a


class LeakyReLU(Activation):
    """Leaky rectified linear unit: ``z`` for z > 0, ``negative_slope * z`` elsewhere.

    The derivative at the kink is `negative_slope`.

    Parameters
    ----------
    negative_slope : float, default=0.01
        Slope for negative summed inputs, in [0, 1].

    References
    ----------
    Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models.
    """

    initialization = "he_normal"

    _parameter_constraints = {"negative_slope": [Interval(Real, 0, 1, closed="both")]}

    def __init__(self, negative_slope=0.01):
        self.negative_slope = negative_slope

    @property
    def gain(self):  # type: ignore[override]
        """``sqrt(2 / (1 + negative_slope**2))`` (He et al. 2015, equation 15)."""
        return np.sqrt(2.0 / (1.0 + self.negative_slope**2))

    def forward(self, z, a, params, noise=None):
        """``a = max(z, negative_slope * z)``."""
        np.multiply(z, self.negative_slope, out=a)
        np.maximum(a, z, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where z > 0, else ``negative_slope * grad_a``."""
        _slopes(z, self.negative_slope, out=grad_z)
        grad_z *= grad_a


class PReLU(Activation):
    """Parametric rectified linear unit: ``max(z, 0) + slope * min(z, 0)``, learned per unit.

    The derivative at the kink is the slope. Slopes are not penalised (He et al. 2015, section 2.1).

    Parameters
    ----------
    initial_slope : float, default=0.25
        Value of every slope before training.

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers, equations 1, 8 and 15.
    """

    initialization = "he_normal"

    _parameter_constraints = {"initial_slope": [Interval(Real, None, None, closed="neither")]}

    def __init__(self, initial_slope=0.25):
        self.initial_slope = initial_slope

    @property
    def gain(self):  # type: ignore[override]
        """``sqrt(2 / (1 + initial_slope**2))`` (He et al. 2015, equation 15)."""
        return np.sqrt(2.0 / (1.0 + self.initial_slope**2))

    def parameter_shapes(self, n_units):
        """One slope per unit."""
        return {"slope": (n_units,)}

    def init_parameters(self, params):
        """Every slope starts at `initial_slope`."""
        params["slope"][...] = self.initial_slope

    def forward(self, z, a, params, noise=None):
        """``a = z + (slope - 1) * min(z, 0)``, the definition without a temporary."""
        np.minimum(z, 0, out=a)
        a *= params["slope"] - 1
        a += z

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_slope`` is the sum of ``grad_a * min(z, 0)`` over the samples."""
        np.minimum(z, 0, out=grad_z)
        grad_z *= grad_a
        kernels.sum_samples(grad_z, grad_params["slope"])
        _slopes(z, params["slope"], out=grad_z)
        grad_z *= grad_a
