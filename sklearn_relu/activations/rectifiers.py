"""Rectifiers: piecewise linear (or a power of that), and exactly 0 on one side."""

from numbers import Real

import numpy as np
from scipy.special import ndtr

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation, flat_pieces
from sklearn_relu.kernels import fused
from sklearn_relu.sklearn_private import Interval


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
    bounds = (0.0, np.inf)
    share_loop = (fused.RELU, 1, 0.0, None)
    initialization = "he_normal"
    machine_units = "nrelu"
    onnx_function = ("Relu",)
    needs_summed_input = False
    is_piecewise_linear = True
    is_monotone = True

    def forward(self, z, a, params, noise=None):
        """``a = max(z, 0)``."""
        kernels.rectify(z, out=a)

    def expression(self, z, params):
        """``max(z, 0)``."""
        return np.maximum(z, 0)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where the unit is active, else 0."""
        # A comparison into floats takes less time than one into booleans and their product.
        np.greater(a, 0, out=grad_z)
        grad_z *= grad_a

    def bias_forward(self, z, bias, a, params, noise=None):
        """Add the bias, then :meth:`forward`, in one pass where loops are compiled."""
        if a is not z or not fused.run("rectify", z, bias):
            super().bias_forward(z, bias, a, params, noise)

    def sum_forward(self, z, more, a, params, noise=None):
        """Add, then :meth:`forward`, in one pass where loops are compiled."""
        if a is not z or not fused.run("add_rectify", z, more):
            super().sum_forward(z, more, a, params, noise)

    def bias_backward(self, z, a, grad_a, grad_z, grad_bias, params, grad_params):
        """:meth:`backward` and the gradient of the bias, in one pass where loops are compiled."""
        if not fused.run("rectify_back", a, grad_a, grad_z, grad_bias):
            super().bias_backward(z, a, grad_a, grad_z, grad_bias, params, grad_params)


class NegativeReLU(Activation):
    """The other half: ``min(z, 0)``, which is ``-relu(-z)``.

    The derivative is 1 for z < 0 and 0 for z >= 0, the kink included. A network that may give its
    weights either sign does with it what it does with :class:`ReLU`.
    """

    gain = np.sqrt(2.0)
    bounds = (-np.inf, 0.0)
    initialization = "he_normal"
    needs_summed_input = False
    is_piecewise_linear = True
    is_monotone = True

    def forward(self, z, a, params, noise=None):
        """``a = min(z, 0)``."""
        np.minimum(z, 0, out=a)

    def expression(self, z, params):
        """``min(z, 0)``."""
        return np.minimum(z, 0)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where a < 0, else 0."""
        np.less(a, 0, out=grad_z)
        grad_z *= grad_a


class SquaredReLU(Activation):
    """Squared rectifier: ``max(z, 0)**2``, with derivative ``2 * max(z, 0)``: no kink.

    Twice the input is four times the output, so no gain keeps the size of the signal in a deep
    network: what a layer is off by doubles in the next one. The gain is right for one layer.

    References
    ----------
    So, Mańke, Liu, Dai, Shazeer & Le (2021), Primer: searching for efficient transformers for
    language modeling.
    """

    gain = np.sqrt(2.0 / 3.0)
    bounds = (0.0, np.inf)
    initialization = "variance_scaling"
    needs_summed_input = False
    is_monotone = True

    def forward(self, z, a, params, noise=None):
        """``a = max(z, 0)**2``."""
        np.maximum(z, 0, out=a)
        np.square(a, out=a)

    def expression(self, z, params):
        """``max(z, 0)**2``."""
        return np.square(np.maximum(z, 0))

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * 2 * sqrt(a)``."""
        np.sqrt(a, out=grad_z)
        grad_z *= 2
        grad_z *= grad_a


class ThresholdReLU(Activation):
    """Thresholded rectifier: ``z`` for z > threshold, 0 elsewhere.

    It jumps at the threshold. The derivative is 1 for z > threshold and 0 elsewhere, also at the
    jump. A layer that gets too little passes next to nothing, so the size of the signal is not
    stable in a deep network. The gain is right for one layer.

    Parameters
    ----------
    threshold : float, default=1.0
        Not negative; 0 is :class:`ReLU`.

    References
    ----------
    Konda, Memisevic & Krueger (2015), Zero-bias autoencoders and the benefits of co-adapting
    features: the truncated rectifier, with threshold 1.
    """

    bounds = (0.0, np.inf)
    initialization = "variance_scaling"
    needs_its_initialization = True
    needs_summed_input = False
    is_piecewise_linear = True
    is_monotone = True

    _parameter_constraints = {"threshold": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, threshold=1.0):
        self.threshold = threshold

    @property
    def gain(self):
        """1 / sqrt(E[z**2; z > threshold]) for a standard normal z."""
        t = self.threshold
        second_moment = t * np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi) + ndtr(-t)
        return 1.0 / np.sqrt(second_moment) if second_moment > 0 else 1.0

    def forward(self, z, a, params, noise=None):
        """``a = z * [z > threshold]``."""
        for z_piece, a_piece in flat_pieces(z, a):
            passes = kernels.scratch(z_piece.shape, z.dtype)
            np.greater(z_piece, self.threshold, out=passes)
            np.multiply(z_piece, passes, out=a_piece)

    def expression(self, z, params):
        """``z`` where it is above the threshold, else 0."""
        return np.where(z > self.threshold, z, 0)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where the unit is active, else 0."""
        np.greater(a, 0, out=grad_z)
        grad_z *= grad_a


class _Clipped(Activation):
    """``min(max(z, 0), max_value)``."""

    initialization = "variance_scaling"
    needs_summed_input = False
    is_piecewise_linear = True
    is_monotone = True

    max_value: float

    @property
    def bounds(self):
        """From 0 to `max_value`."""
        return 0.0, float(self.max_value)

    def forward(self, z, a, params, noise=None):
        """``a = min(max(z, 0), max_value)``."""
        np.clip(z, 0, self.max_value, out=a)

    def expression(self, z, params):
        """``min(max(z, 0), max_value)``."""
        return np.minimum(np.maximum(z, 0), self.max_value)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` where 0 < a < max_value, else 0."""
        np.subtract(self.max_value, a, out=grad_z)
        grad_z *= a
        np.greater(grad_z, 0, out=grad_z)
        grad_z *= grad_a

    def linear_pieces(self, z, a, params):
        """0, 1 or 2 from left to right: the outer two have the same derivative."""
        return np.add(a > 0, a >= self.max_value, dtype=z.dtype)


class ClippedReLU(_Clipped):
    """Clipped rectifier: ``min(max(z, 0), max_value)``.

    The derivative is 1 for 0 < z < max_value and 0 elsewhere, also at both kinks.

    Parameters
    ----------
    max_value : float, default=20.0
        The largest activation. With 1 activations are rates, which ``activity_penalty="kl"`` needs.

    References
    ----------
    Hannun et al. (2014), Deep Speech: scaling up end-to-end speech recognition, section 2.
    """

    _parameter_constraints = {"max_value": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, max_value=20.0):
        self.max_value = max_value


class ReLU6(_Clipped):
    """Rectifier clipped at 6: ``min(max(z, 0), 6)``.

    The derivative is 1 for 0 < z < 6 and 0 elsewhere, also at both kinks.

    References
    ----------
    Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10.
    """

    max_value = 6.0
