"""Initializers: the weights, and if asked the biases, before training."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_relu.part import Part


@dataclass(frozen=True)
class LayerStart:
    """One layer of one network, to be filled in place.

    Attributes
    ----------
    weights : ndarray of shape (fan_in, fan_out)
    bias : ndarray of shape (fan_out,)
    activation : Activation
    """

    weights: np.ndarray
    bias: np.ndarray
    activation: Any


class Initializer(Part, ABC):
    """What the weights of a network are before training.

    A subclass gives :meth:`fill`. One that needs to see all layers, or that sets biases of its own,
    overrides :meth:`initialize` instead, and says so with `sets_biases`.
    """

    sets_biases: bool = False
    """True: :meth:`initialize` sets the biases too; ``bias_initialization`` is not looked at."""

    @abstractmethod
    def fill(self, weights: np.ndarray, gain: float, rng: np.random.RandomState) -> None:
        """Fill one network's matrix of shape (fan_in, fan_out) in place.

        Draws are float64 and cast to the matrix's dtype, so that a seed means the same weights in
        both precisions. `gain` is the activation's; textbook schemes with a fixed scale ignore it.
        """

    def initialize(self, layers: list[LayerStart], rng: np.random.RandomState, X=None) -> None:
        """Fill the weights of one network, layer by layer.

        Parameters
        ----------
        layers : list of LayerStart
        rng : RandomState
        X : array-like of shape (n_samples, n_features), default=None
            Training rows, for an initializer that looks at them.
        """
        for layer in layers:
            self.fill(layer.weights, layer.activation.gain, rng)

    def initialize_biases(self, layers: list[LayerStart], rng: np.random.RandomState) -> None:
        """Fill the biases of one network, each layer's as one row of its weights would be."""
        for layer in layers:
            matrix = np.empty(layer.weights.shape)
            self.fill(matrix, layer.activation.gain, rng)
            layer.bias[...] = matrix[0]


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
        sd = np.sqrt(scale / fan)
        if self.distribution == "normal":
            weights[...] = rng.normal(0.0, sd, weights.shape)
        else:
            weights[...] = rng.uniform(-np.sqrt(3) * sd, np.sqrt(3) * sd, weights.shape)


class VarianceScaling(_Scaling):
    """Independent draws around 0 with variance ``scale / fan``: the scheme behind the presets.

    Parameters
    ----------
    scale : float or None, default=None
        None means the square of the activation's gain: the scale that keeps the variance of the
        signal from layer to layer.
    mode : {"fan_in", "fan_out", "fan_avg"}, default="fan_in"
        What `fan` is: inputs of the layer, its summed inputs, or their mean.
    distribution : {"normal", "uniform"}, default="normal"
        The uniform distribution has bounds ``+-sqrt(3 * scale / fan)``.

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers, section 2.2.
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 4.2.1.
    """

    _parameter_constraints = {
        "scale": [Interval(Real, 0, None, closed="neither"), None],
        "mode": [StrOptions({"fan_in", "fan_out", "fan_avg"})],
        "distribution": [StrOptions({"normal", "uniform"})],
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


class GlorotNormal(_Scaling):
    """Normal with variance 2 / (fan_in + fan_out) (Glorot & Bengio 2010, equation 12)."""

    scale, mode, distribution = 1.0, "fan_avg", "normal"


class GlorotUniform(_Scaling):
    """Within +-sqrt(6 / (fan_in + fan_out)): normalized Xavier (Glorot & Bengio 2010, eq. 16)."""

    scale, mode, distribution = 1.0, "fan_avg", "uniform"


class LeCunNormal(_Scaling):
    """Normal with variance 1 / fan_in (LeCun, Bottou, Orr & Müller 1998, Efficient BackProp)."""

    scale, mode, distribution = 1.0, "fan_in", "normal"


class LeCunUniform(_Scaling):
    """Within +-sqrt(3 / fan_in), variance 1 / fan_in (LeCun et al. 1998, Efficient BackProp)."""

    scale, mode, distribution = 1.0, "fan_in", "uniform"


class FanInUniform(_Scaling):
    """Within +-1 / sqrt(fan_in): the plain Xavier heuristic (Glorot & Bengio 2010, equation 1)."""

    scale, mode, distribution = 1.0 / 3.0, "fan_in", "uniform"


class Orthogonal(Initializer):
    """Columns (or rows, of a wide matrix) that are orthogonal and of one length.

    Parameters
    ----------
    gain : float or None, default=None
        Length of the columns; None means the activation's gain.

    References
    ----------
    Saxe, McClelland & Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks.
    """

    _parameter_constraints = {"gain": [Interval(Real, 0, None, closed="neither"), None]}

    def __init__(self, gain=None):
        self.gain = gain

    def fill(self, weights, gain, rng):
        """QR-decompose a matrix of standard normals, with the signs that make Q uniform."""
        fan_in, fan_out = weights.shape
        draws = rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out)))
        q, r = np.linalg.qr(draws)
        q *= np.sign(np.diag(r))
        scale = gain if self.gain is None else self.gain
        weights[...] = scale * (q if fan_in >= fan_out else q.T)


class Constant(Initializer):
    """The same value everywhere. All units of a layer stay equal, so it is for biases.

    Parameters
    ----------
    value : float, default=0.0
    """

    _parameter_constraints = {"value": [Interval(Real, None, None, closed="neither")]}

    def __init__(self, value=0.0):
        self.value = value

    def fill(self, weights, gain, rng):
        """Every weight is `value`."""
        weights[...] = self.value


class SklearnUniform(Initializer):
    """scikit-learn's draws: for each layer weights, then biases, within one and the same bound.

    The bound is ``sqrt(factor / (fan_in + fan_out))``; the factor is the activation's
    `sklearn_init_factor`, the output layer's that of the last hidden layer.
    """

    sets_biases = True

    def fill(self, weights, gain, rng):
        """Fill one matrix with the factor of most activations, 6."""
        self._draw(weights, sum(weights.shape), 6.0, rng)

    def initialize(self, layers, rng, X=None):
        """Draw W, b, W, b ... in scikit-learn's order."""
        factors = [layer.activation.sklearn_init_factor for layer in layers]
        if len(layers) > 1:
            factors[-1] = factors[-2]
        for layer, factor in zip(layers, factors, strict=True):
            fans = sum(layer.weights.shape)
            self._draw(layer.weights, fans, factor, rng)
            self._draw(layer.bias, fans, factor, rng)

    @staticmethod
    def _draw(out, fans, factor, rng):
        bound = np.sqrt(factor / fans)
        out[...] = rng.uniform(-bound, bound, out.shape)


class Auto(Initializer):
    """For each layer the initialization that its activation names, such as He for rectifiers."""

    def fill(self, weights, gain, rng):
        """Fill one matrix as for a layer without an activation."""
        GlorotUniform().fill(weights, gain, rng)

    def initialize(self, layers, rng, X=None):
        """Fill the weights of one network, layer by layer."""
        for layer in layers:
            scheme = INITIALIZERS[layer.activation.initialization]()
            scheme.fill(layer.weights, layer.activation.gain, rng)


INITIALIZERS: dict[str, type[Initializer]] = {
    "auto": Auto,
    "variance_scaling": VarianceScaling,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "lecun_normal": LeCunNormal,
    "lecun_uniform": LeCunUniform,
    "fan_in_uniform": FanInUniform,
    "orthogonal": Orthogonal,
    "constant": Constant,
    "sklearn": SklearnUniform,
}
"""The initializers by name."""
