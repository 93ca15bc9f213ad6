"""Initializers of whole matrices: orthogonal, identity, sparse, constant."""

from numbers import Integral, Real

import numpy as np

from sklearn_relu.initializers.base import Initializer
from sklearn_relu.initializers.scaling import GlorotUniform
from sklearn_relu.sklearn_private import Interval


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


class _OfHiddenLayers(Initializer):
    """A start for hidden layers; the output layer starts as under "glorot_uniform"."""

    def initialize(self, layers, rng, X=None):
        """Fill the weights of hidden layers, and draw those of the output layer."""
        for layer in layers:
            scheme = GlorotUniform() if layer.is_output else self
            scheme.fill(layer.weights, layer.activation.gain, rng)


class Identity(_OfHiddenLayers):
    """The identity, so that a hidden layer starts by passing its inputs on.

    A matrix that is not square is filled with identity blocks side by side, or one below the other:
    ``W[i, j] = gain`` where i and j are equal modulo ``min(fan_in, fan_out)``, else 0. So each unit
    has an input, and each input a unit. Units of repeated blocks start equal; what makes them
    differ are the layers that follow.

    The output layer, whose outputs would start as some of the features, or as copies of each
    other, starts as under "glorot_uniform". Nothing else is drawn.

    Parameters
    ----------
    gain : float, default=1.0
        The value on the diagonals.

    References
    ----------
    Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified linear
    units, section 2.
    """

    for_biases = False

    _parameter_constraints = {"gain": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, gain=1.0):
        self.gain = gain

    def fill(self, weights, gain, rng):
        """Repeat the identity over the longer side, as for a hidden layer."""
        inputs, units = np.indices(weights.shape, sparse=True)
        weights[...] = self.gain * ((inputs - units) % min(weights.shape) == 0)


class SmallNormal(_OfHiddenLayers):
    """Normal weights of one small standard deviation, whatever the number of inputs.

    It is the start of input weights beside recurrent ones that start as the identity: a layer then
    sums its inputs up, and activations are small. The output layer, from which no signal would come
    back, starts as under "glorot_uniform".

    Parameters
    ----------
    sd : float, default=0.001
        Standard deviation.

    References
    ----------
    Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified linear
    units, section 4.
    """

    _parameter_constraints = {"sd": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, sd=0.001):
        self.sd = sd

    def fill(self, weights, gain, rng):
        """Draw each weight."""
        weights[...] = rng.normal(0.0, self.sd, weights.shape)


class Sparse(Initializer):
    """Each unit has normal weights from a few inputs, chosen at random; its others are 0.

    Units then differ from each other, and the size of their summed inputs does not depend on how
    many inputs there are.

    Parameters
    ----------
    n_connections : int, default=15
        Weights of each unit that are not 0; all of them where there are fewer inputs.
    sd : float or None, default=1.0
        Standard deviation of those weights. None means the activation's gain divided by
        ``sqrt(n_connections)``, which keeps the size of the signal from layer to layer.

    References
    ----------
    Martens (2010), Deep learning via Hessian-free optimization, section 5.
    """

    _parameter_constraints = {
        "n_connections": [Interval(Integral, 1, None, closed="left")],
        "sd": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(self, n_connections=15, sd=1.0):
        self.n_connections = n_connections
        self.sd = sd

    def fill(self, weights, gain, rng):
        """Draw a uniform number for each weight; the least of each unit's are its connections."""
        fan_in, fan_out = weights.shape
        n = min(self.n_connections, fan_in)
        sd = gain / np.sqrt(n) if self.sd is None else self.sd
        # Sorted, as the order in which a partition leaves them depends on the processor.
        chosen = np.argsort(rng.uniform(size=weights.shape), axis=0, kind="stable")[:n]
        weights[...] = 0
        np.put_along_axis(weights, chosen, rng.normal(0.0, sd, (n, fan_out)), axis=0)


class _Same(Initializer):
    """One value everywhere."""

    value: float

    def fill(self, weights, gain, rng):
        """Every weight is `value`; nothing is drawn."""
        weights[...] = self.value


class Constant(_Same):
    """The same value everywhere. All units of a layer stay equal, so it is for biases.

    Parameters
    ----------
    value : float, default=0.0
    """

    _parameter_constraints = {"value": [Interval(Real, None, None, closed="neither")]}

    def __init__(self, value=0.0):
        self.value = value


class Zeros(_Same):
    """0 everywhere: for biases, or to see that a network of equal units does not learn."""

    value = 0.0


class Ones(_Same):
    """1 everywhere. All units of a layer stay equal, so it is for biases."""

    value = 1.0
