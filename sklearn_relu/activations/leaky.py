"""Leaky rectifiers: a smaller slope in place of 0 on the left, given, learned or drawn."""

from numbers import Real

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation, flat_pieces
from sklearn_relu.kernels import fused
from sklearn_relu.sklearn_private import Interval


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

    initialization = "variance_scaling"
    machine_units = "nrelu"
    needs_summed_input = False
    is_piecewise_linear = True
    is_monotone = True

    _parameter_constraints = {"negative_slope": [Interval(Real, 0, 1, closed="both")]}

    def __init__(self, negative_slope=0.01):
        self.negative_slope = negative_slope

    @property
    def onnx_function(self):
        """LeakyRelu, with the slope."""
        return "LeakyRelu", float(self.negative_slope)

    @property
    def gain(self):
        """``sqrt(2 / (1 + negative_slope**2))`` (He et al. 2015, equation 15)."""
        return np.sqrt(2.0 / (1.0 + self.negative_slope**2))

    def forward(self, z, a, params, noise=None):
        """``a = max(z, negative_slope * z)``."""
        for z_piece, a_piece in flat_pieces(z, a):
            leak = kernels.scratch(z_piece.shape, z.dtype)
            np.multiply(z_piece, self.negative_slope, out=leak)
            np.maximum(z_piece, leak, out=a_piece)

    def expression(self, z, params):
        """``max(z, negative_slope * z)``."""
        return np.maximum(z, self.negative_slope * z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where a > 0, else ``negative_slope * grad_a``."""
        np.greater(a, 0, out=grad_z)
        np.maximum(grad_z, self.negative_slope, out=grad_z)
        grad_z *= grad_a


class PReLU(Activation):
    """Parametric rectified linear unit: ``max(z, 0) + slope * min(z, 0)``, the slope learned.

    The derivative at the kink is the slope. Slopes are not penalised (He et al. 2015, section 2.1).

    Parameters
    ----------
    initial_slope : float, default=0.25
        Value of every slope before training.
    shared : bool, default=False
        Whether a layer learns one slope for all its units, not one for each.

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers, equations 1, 8 and 15.
    """

    initialization = "variance_scaling"
    machine_units = "nrelu"
    is_piecewise_linear = True

    _parameter_constraints = {
        "initial_slope": [Interval(Real, None, None, closed="neither")],
        "shared": ["boolean"],
    }

    def __init__(self, initial_slope=0.25, shared=False):
        self.initial_slope = initial_slope
        self.shared = shared

    @property
    def gain(self):
        """``sqrt(2 / (1 + initial_slope**2))`` (He et al. 2015, equation 15)."""
        return np.sqrt(2.0 / (1.0 + self.initial_slope**2))

    def parameter_shapes(self, n_units):
        """One slope per unit, or one."""
        return {"slope": (1 if self.shared else n_units,)}

    def init_parameters(self, params):
        """Every slope starts at `initial_slope`."""
        params["slope"][...] = self.initial_slope

    def forward(self, z, a, params, noise=None):
        """``a = max(z, 0) + slope * min(z, 0)``."""
        np.minimum(z, 0, out=a)
        a *= params["slope"]
        for z_piece, a_piece in flat_pieces(z, a):
            positive = kernels.scratch(z_piece.shape, z.dtype)
            np.maximum(z_piece, 0, out=positive)
            a_piece += positive

    def expression(self, z, params):
        """``max(z, 0) + slope * min(z, 0)``."""
        return np.maximum(z, 0) + params["slope"] * np.minimum(z, 0)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_slope`` is the sum of ``grad_a * min(z, 0)`` over the samples."""
        slope, grad_slope = params["slope"], grad_params["slope"]
        np.minimum(z, 0, out=grad_z)
        if self.shared:
            n_networks = len(z)
            products = kernels.dot(grad_z.reshape(n_networks, -1), grad_a.reshape(n_networks, -1))
            grad_slope[:, 0, 0] = products
        else:
            grad_z *= grad_a
            kernels.sum_samples(grad_z, grad_slope)
        np.less_equal(z, 0, out=grad_z)
        grad_z *= slope - 1
        grad_z += 1
        grad_z *= grad_a

    def bias_forward(self, z, bias, a, params, noise=None):
        """Add the bias, then :meth:`forward`, in one pass where loops are compiled."""
        if self.shared or not fused.run("leak", z, bias, a, params["slope"]):
            super().bias_forward(z, bias, a, params, noise)

    def bias_backward(self, z, a, grad_a, grad_z, grad_bias, params, grad_params):
        """:meth:`backward` and the gradient of the bias, in one pass where loops are compiled."""
        slopes = params["slope"], grad_params["slope"]
        if self.shared or not fused.run("leak_back", z, grad_a, grad_z, grad_bias, *slopes):
            super().bias_backward(z, a, grad_a, grad_z, grad_bias, params, grad_params)


class RReLU(Activation):
    """Randomized leaky rectified linear unit: in training each negative input draws its slope.

    ``z`` for z > 0, ``slope * z`` elsewhere, the slope uniform between `lower` and `upper` for
    every unit, sample and step. When predicting it is the mean of the two, which is the derivative
    at the kink too.

    Parameters
    ----------
    lower : float, default=1/8
        The smallest slope, in [0, 1].
    upper : float, default=1/3
        The largest slope, in [lower, 1].

    References
    ----------
    Xu, Wang, Chen & Li (2015), Empirical evaluation of rectified activations in convolutional
    network; there inputs are divided by a uniform draw from 3 to 8.
    """

    initialization = "variance_scaling"
    machine_units = "nrelu"
    is_random = True
    is_piecewise_linear = True

    _parameter_constraints = {
        "lower": [Interval(Real, 0, 1, closed="both")],
        "upper": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, lower=1 / 8, upper=1 / 3):
        self.lower = lower
        self.upper = upper

    def check(self):
        """Raise ValueError if a bound is out of range, or `lower` above `upper`."""
        super().check()
        if self.lower > self.upper:
            raise ValueError(
                "The 'lower' parameter of RReLU must be at most its 'upper'; got "
                f"lower={self.lower!r} and upper={self.upper!r}."
            )

    @property
    def gain(self):
        """``sqrt(2 / (1 + E[slope**2]))``: He et al. 2015, equation 15, for a drawn slope."""
        square = (self.lower**2 + self.lower * self.upper + self.upper**2) / 3
        return np.sqrt(2.0 / (1.0 + square))

    @property
    def _mean_slope(self):
        return (self.lower + self.upper) / 2

    def forward(self, z, a, params, noise=None):
        """``a = max(z, slope * z)``."""
        if noise is None:
            np.multiply(z, self._mean_slope, out=a)
        else:
            for rows, generator in zip(a, noise, strict=True):
                generator.random(out=rows, dtype=rows.dtype)
            a *= self.upper - self.lower
            a += self.lower
            a *= z
        np.maximum(a, z, out=a)

    def expression(self, z, params):
        """``max(z, slope * z)`` with the mean slope."""
        return np.maximum(z, self._mean_slope * z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * a / z``: the slope that was drawn, and 1 on the right."""
        grad_z.fill(self._mean_slope)
        for z_piece, a_piece, slope in flat_pieces(z, a, grad_z):
            off_kink = kernels.scratch(z_piece.shape, bool)
            np.not_equal(z_piece, 0, out=off_kink)
            np.divide(a_piece, z_piece, out=slope, where=off_kink)
        grad_z *= grad_a

    def linear_pieces(self, z, a, params):
        """1 where z > 0, else 0: the quotient that gives the slope is rounded."""
        return np.greater(z, 0).astype(z.dtype)
