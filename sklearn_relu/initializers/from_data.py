"""Initializers that take more than a shape: training rows, or the weights of another model."""

from numbers import Integral

import numpy as np

from sklearn_relu.initializers.base import Initializer
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
