"""Initializers that draw each weight by itself, with a variance that depends on the fans."""

from numbers import Real

import numpy as np
from scipy.special import ndtr, ndtri

from sklearn_relu.initializers.base import Initializer
from sklearn_relu.sklearn_private import Interval, StrOptions

CUT = 2.0
"""Where a standard normal is truncated, on both sides."""

CUT_SD = np.sqrt(1 - 2 * CUT * np.exp(-(CUT**2) / 2) / np.sqrt(2 * np.pi) / (1 - 2 * ndtr(-CUT)))
"""The standard deviation that it has then, 0.8796."""


def _normal(sd, shape, rng):
    return rng.normal(0.0, sd, shape)


def _uniform(sd, shape, rng):
    return rng.uniform(-np.sqrt(3) * sd, np.sqrt(3) * sd, shape)


def _truncated_normal(sd, shape, rng):
    return sd / CUT_SD * ndtri(rng.uniform(ndtr(-CUT), ndtr(CUT), shape))


DRAWS = {"normal": _normal, "uniform": _uniform, "truncated_normal": _truncated_normal}
"""By distribution: how an array with mean 0 and standard deviation `sd` is drawn."""


class _Scaling(Initializer):
    """Independent draws around 0 with variance ``scale / fan``."""

    scale: float | None
    mode: str
    distribution: str

    def fill(self, weights, gain, rng):
        """Draw each weight with variance ``scale / fan``."""
        fan_in, fan_out = weights.shape
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        scale = gain**2 if self.scale is None else self.scale
        weights[...] = DRAWS[self.distribution](np.sqrt(scale / fan), weights.shape, rng)


class VarianceScaling(_Scaling):
    """Independent draws around 0 with variance ``scale / fan``: the scheme behind the presets.

    Parameters
    ----------
    scale : float or None, default=None
        None means the square of the activation's gain: the scale that keeps the variance of the
        signal from layer to layer.
    mode : {"fan_in", "fan_out", "fan_avg"}, default="fan_in"
        The meaning of `fan`: inputs of the layer, its summed inputs, or their mean.
    distribution : {"normal", "uniform", "truncated_normal"}, default="normal"
        The uniform distribution has bounds ``+-sqrt(3 * scale / fan)``. The truncated one is a
        normal one cut at 2 of its standard deviations, which is wider by 1 / 0.8796 so that the
        variance after the cut is the one stated; the bounds are ``+-2.2737 * sqrt(scale / fan)``.

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers, section 2.2.
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 4.2.1.
    """

    _parameter_constraints = {
        "scale": [Interval(Real, 0, None, closed="neither"), None],
        "mode": [StrOptions({"fan_in", "fan_out", "fan_avg"})],
        "distribution": [StrOptions(set(DRAWS))],
    }

    def __init__(self, scale=None, mode="fan_in", distribution="normal"):
        self.scale = scale
        self.mode = mode
        self.distribution = distribution


class HeNormal(_Scaling):
    """Normal with variance 2 / fan_in (He et al. 2015, equation 10): made for ReLU."""

    scale, mode, distribution = 2.0, "fan_in", "normal"


class HeUniform(_Scaling):
    """Within +-sqrt(6 / fan_in), variance 2 / fan_in (He et al. 2015, equation 10)."""

    scale, mode, distribution = 2.0, "fan_in", "uniform"


class HeTruncatedNormal(_Scaling):
    """:class:`HeNormal`, cut at 2 standard deviations; the variance is 2 / fan_in all the same."""

    scale, mode, distribution = 2.0, "fan_in", "truncated_normal"


class GlorotNormal(_Scaling):
    """Normal with variance 2 / (fan_in + fan_out) (Glorot & Bengio 2010, equation 12)."""

    scale, mode, distribution = 1.0, "fan_avg", "normal"


class GlorotUniform(_Scaling):
    """Within +-sqrt(6 / (fan_in + fan_out)): normalized Xavier (Glorot & Bengio 2010, eq. 16)."""

    scale, mode, distribution = 1.0, "fan_avg", "uniform"


class GlorotTruncatedNormal(_Scaling):
    """:class:`GlorotNormal`, cut at 2 standard deviations; variance 2 / (fan_in + fan_out)."""

    scale, mode, distribution = 1.0, "fan_avg", "truncated_normal"


class LeCunNormal(_Scaling):
    """Normal with variance 1 / fan_in (LeCun, Bottou, Orr & Müller 1998, Efficient BackProp)."""

    scale, mode, distribution = 1.0, "fan_in", "normal"


class LeCunUniform(_Scaling):
    """Within +-sqrt(3 / fan_in), variance 1 / fan_in (LeCun et al. 1998, Efficient BackProp)."""

    scale, mode, distribution = 1.0, "fan_in", "uniform"


class LeCunTruncatedNormal(_Scaling):
    """:class:`LeCunNormal`, cut at 2 standard deviations; the variance is 1 / fan_in all the same.

    It is what Klambauer et al. (2017), Self-normalizing neural networks, need for SELU.
    """

    scale, mode, distribution = 1.0, "fan_in", "truncated_normal"


class FanInUniform(_Scaling):
    """Within +-1 / sqrt(fan_in): the plain Xavier heuristic (Glorot & Bengio 2010, equation 1)."""

    scale, mode, distribution = 1.0 / 3.0, "fan_in", "uniform"


class SklearnUniform(Initializer):
    """scikit-learn's draws: for each layer weights, then biases, within one and the same bound.

    The bound is ``sqrt(factor / (fan_in + fan_out))``; the factor is the activation's
    `sklearn_init_factor`, the output layer's that of the last hidden layer. Weights are the same
    whatever `bias_initialization` is.
    """

    splits_after_weights = True

    def fill(self, weights, gain, rng):
        """Fill one matrix with the factor of most activations, 6."""
        self._draw(weights, np.sqrt(6.0 / sum(weights.shape)), rng)

    def initialize(self, layers, rng, X=None):
        """Draw W, b, W, b ... in scikit-learn's order."""
        for layer, bound in zip(layers, self._bounds(layers), strict=True):
            self._draw(layer.weights, bound, rng)
            self._draw(layer.bias, bound, rng)

    def initialize_biases(self, layers, rng):
        """Draw b, b ... within scikit-learn's bounds, beside weights of another scheme."""
        for layer, bound in zip(layers, self._bounds(layers), strict=True):
            self._draw(layer.bias, bound, rng)

    @staticmethod
    def _bounds(layers):
        factors = [layer.activation.sklearn_init_factor for layer in layers]
        if len(layers) > 1:
            factors[-1] = factors[-2]
        fans = [sum(layer.weights.shape) for layer in layers]
        return np.sqrt(np.array(factors) / fans)

    @staticmethod
    def _draw(out, bound, rng):
        out[...] = rng.uniform(-bound, bound, out.shape)
