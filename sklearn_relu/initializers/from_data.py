"""Initializers that take more than a shape: training rows, or the weights of another model."""

from numbers import Integral

import numpy as np

from sklearn_relu.initializers.base import Initializer
from sklearn_relu.initializers.scaling import LeCunNormal
from sklearn_relu.initializers.structured import Orthogonal
from sklearn_relu.sklearn_private import Interval

LEAST_SPREAD = 1e-6
"""Summed inputs whose standard deviation is less, relative to their size, count as constant: to
scale by it would leave nothing but rounding errors in float32."""


class LSUV(Initializer):
    """Layer-sequential unit variance: orthonormal weights, scaled layer by layer to the data.

    The first rows of X are sent through the network. Each layer's weights, the output layer's too,
    are divided by the standard deviation of its summed inputs over these rows and all units, whose
    variance then is 1. Summed inputs are linear in the weights, so that this is exact at once: the
    paper's tolerance and number of trials are not needed. Biases count as 0. A layer whose summed
    inputs are constant stays orthonormal.

    Parameters
    ----------
    n_rows : int, default=1000
        Rows of X to look at, from the first.

    References
    ----------
    Mishkin & Matas (2016), All you need is a good init, algorithm 1.
    """

    for_biases = False

    _parameter_constraints = {"n_rows": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, n_rows=1000):
        self.n_rows = n_rows

    def fill(self, weights, gain, rng):
        """Fill one matrix orthonormally, as it is before it is scaled."""
        Orthogonal(gain=1.0).fill(weights, gain, rng)

    def initialize(self, layers, rng, X=None):
        """Fill and scale each layer, then send the rows through it to the next; all in float64.

        Raises
        ------
        ValueError
            If there is no X.
        """
        if X is None:
            raise ValueError("LSUV scales weights to training rows: pass X.")
        a = X[: self.n_rows].astype(np.float64)
        for layer in layers:
            weights = np.empty(layer.weights.shape)
            self.fill(weights, layer.activation.gain, rng)
            z = layer.sums(a, weights)
            sd = z.std()
            if sd > LEAST_SPREAD * np.sqrt(np.mean(z**2)):
                weights /= sd
                z /= sd
            layer.weights[...] = weights
            a = layer.activations(z)


N_COMBINED = 5
"""Rows whose summed inputs make a bias."""


class UnitVariance(Initializer):
    """Unit variance unit by unit, and biases from rows: the start of RealMLP.

    Weights are normal. Rows of X are sent through the network. Each unit's weights, the output
    layer's too, are divided by the standard deviation of its summed inputs over these rows, whose
    variance then is 1. A unit whose summed inputs are constant keeps its weights as drawn.

    A unit's bias is minus a random convex combination of its summed inputs in five rows. So each
    unit has its kink among the rows, at a place of its own. The next layer sees activations with
    these biases, also where ``bias_initialization`` replaces them.

    Parameters
    ----------
    n_rows : int, default=1000
        Rows of X to look at. Where X has more, they are spread evenly over it, so that a sorted
        table is seen as a whole.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data: the initialization of RealMLP, with its biases "he+5".

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu.initializers import LayerStart, UnitVariance
    >>> from sklearn_relu.activations import ReLU
    >>> X = np.random.RandomState(0).normal(size=(200, 3)) * [1.0, 10.0, 100.0]
    >>> layer = LayerStart(np.empty((3, 4)), np.zeros(4), ReLU())
    >>> UnitVariance().initialize([layer], np.random.RandomState(0), X)
    >>> (X @ layer.weights).std(axis=0).round(3)
    array([1., 1., 1., 1.])
    """

    for_biases = False

    _parameter_constraints = {"n_rows": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, n_rows=1000):
        self.n_rows = n_rows

    def fill(self, weights, gain, rng):
        """Fill one matrix with variance 1 / fan_in, as it is before it is scaled."""
        LeCunNormal().fill(weights, gain, rng)

    def initialize(self, layers, rng, X=None):
        """Fill and scale each layer, then send the rows through it to the next; all in float64.

        Raises
        ------
        ValueError
            If there is no X.
        """
        if X is None:
            raise ValueError("UnitVariance scales weights to training rows: pass X.")
        n = X.shape[0]
        rows = np.arange(self.n_rows) * n // self.n_rows if n > self.n_rows else slice(None)
        a = X[rows].astype(np.float64)
        for layer in layers:
            weights = np.empty(layer.weights.shape)
            self.fill(weights, layer.activation.gain, rng)
            sums = layer.sums(a, weights)
            z = sums.reshape(-1, weights.shape[1])  # places are rows of their own
            sd = z.std(axis=0)
            varies = sd > LEAST_SPREAD * np.sqrt(np.mean(z**2, axis=0))
            sd = np.where(varies, sd, 1.0)
            layer.weights[...] = weights / sd
            z = z / sd
            bias = -_combinations(z, rng)
            layer.bias[...] = bias
            a = layer.activations((z + bias).reshape(sums.shape))


def _combinations(z: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """For each column a random convex combination of five of its values."""
    size = N_COMBINED, z.shape[1]
    shares = rng.exponential(size=size)
    values = np.take_along_axis(z, rng.randint(len(z), size=size), axis=0)
    return (shares * values).sum(axis=0) / shares.sum(axis=0)


class FromCoefs(Initializer):
    """Given weights, such as those of a fitted model: ``FromCoefs(m.coefs_, m.intercepts_)``.

    The weights are copied. Parameters of activations, such as PReLU's slopes, start anew.
    As `bias_initialization` it gives its intercepts.

    Parameters
    ----------
    coefs : list of ndarray of shape (fan_in, fan_out), default=None
        The weights of each layer, from the first hidden layer to the outputs.
    intercepts : list of ndarray of shape (fan_out,), default=None
        The biases of each layer, unless ``bias_initialization`` is set. None means 0.
    """

    _parameter_constraints = {"coefs": [list, tuple, None], "intercepts": [list, tuple, None]}

    def __init__(self, coefs=None, intercepts=None):
        self.coefs = coefs
        self.intercepts = intercepts

    def fill(self, weights, gain, rng):
        """Copy the weights of a network of one layer."""
        _copy("coefs", self.coefs, [weights])

    def initialize(self, layers, rng, X=None):
        """Copy the weights of all layers, and the biases if there are any.

        Raises
        ------
        ValueError
            If they are not given, or have other shapes than the layers ask for.
        """
        _copy("coefs", self.coefs, [layer.weights for layer in layers])
        if self.intercepts is not None:
            self.initialize_biases(layers, rng)

    def initialize_biases(self, layers, rng):
        """Copy the biases of all layers; errors as those of :meth:`initialize`."""
        _copy("intercepts", self.intercepts, [layer.bias for layer in layers])


def _copy(parameter: str, given, layers: list[np.ndarray]) -> None:
    wanted = [array.shape for array in layers]
    if given is None:
        raise ValueError(
            f"from_coefs needs {parameter}=..., one array for each layer, of shapes {wanted}; got "
            f"None. Pass FromCoefs({parameter}=other.{parameter}_)."
        )
    arrays = [np.asarray(array, dtype=np.float64) for array in given]
    got = [array.shape for array in arrays]
    if got != wanted:
        raise ValueError(
            f"{parameter} of from_coefs must be {len(wanted)} arrays, layer by layer of shapes "
            f"{wanted}; got {len(got)}, of shapes {got}. They follow from the features, "
            f"hidden_layer_sizes, the activation and the outputs."
        )
    for layer, array in zip(layers, arrays, strict=True):
        layer[...] = array
