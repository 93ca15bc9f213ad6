"""Initializers: the weights, and if asked the biases, before training."""

from numbers import Integral

from sklearn_relu.initializers.base import Initializer, LayerStart
from sklearn_relu.initializers.from_data import LSUV, FromCoefs, UnitVariance
from sklearn_relu.initializers.scaling import (
    FanInUniform,
    GlorotNormal,
    GlorotTruncatedNormal,
    GlorotUniform,
    HeNormal,
    HeTruncatedNormal,
    HeUniform,
    LeCunNormal,
    LeCunTruncatedNormal,
    LeCunUniform,
    SklearnUniform,
    VarianceScaling,
)
from sklearn_relu.initializers.structured import (
    Constant,
    Identity,
    Ones,
    Orthogonal,
    SmallNormal,
    Sparse,
    Zeros,
)
from sklearn_relu.sklearn_private import Interval


class Auto(Initializer):
    """scikit-learn's draws up to eight hidden layers, what activations name in deeper networks.

    The initialization that an activation names keeps the size of the signal from layer to layer,
    such as He's variance for rectifiers. Under SGD ten layers train better from it, and twenty
    train from nothing else. Up to eight layers the error on tables is smaller from scikit-learn's
    draws. Activations that need a variance of their own (SELU, softplus, hard swish, the
    thresholded ReLU) get it at any depth. As `bias_initialization` "auto" leaves the biases that
    `initialization` has set: scikit-learn's in its draws, else 0.

    Parameters
    ----------
    n_shallow : int, default=8
        Hidden layers up to which a network counts as shallow.

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers, section 2.2.
    """

    _parameter_constraints = {"n_shallow": [Interval(Integral, 0, None, closed="left")]}

    def __init__(self, n_shallow=8):
        self.n_shallow = n_shallow

    def fill(self, weights, gain, rng):
        """Fill one matrix as for a layer without an activation."""
        INITIALIZERS["glorot_uniform"]().fill(weights, gain, rng)

    def initialize(self, layers, rng, X=None):
        """Fill the weights of one network."""
        # The output layer needs none of its own. It is not here where its weights are tied.
        need_their_own = any(layer.activation.needs_its_initialization for layer in layers)
        if len(layers) - 1 <= self.n_shallow and not need_their_own:
            INITIALIZERS["sklearn"]().initialize(layers, rng)
            return
        for layer in layers:
            INITIALIZERS[layer.activation.initialization]().initialize([layer], rng)

    def initialize_biases(self, layers, rng):
        """Leave the biases as they are."""


INITIALIZERS: dict[str, type[Initializer]] = {
    "auto": Auto,
    "variance_scaling": VarianceScaling,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "he_truncated_normal": HeTruncatedNormal,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "glorot_truncated_normal": GlorotTruncatedNormal,
    "lecun_normal": LeCunNormal,
    "lecun_uniform": LeCunUniform,
    "lecun_truncated_normal": LeCunTruncatedNormal,
    "fan_in_uniform": FanInUniform,
    "orthogonal": Orthogonal,
    "identity": Identity,
    "small_normal": SmallNormal,
    "sparse": Sparse,
    "constant": Constant,
    "zeros": Zeros,
    "ones": Ones,
    "lsuv": LSUV,
    "unit_variance": UnitVariance,
    "from_coefs": FromCoefs,
    "sklearn": SklearnUniform,
}
"""The initializers by name."""

__all__ = [
    "INITIALIZERS",
    "LSUV",
    "Auto",
    "Constant",
    "FanInUniform",
    "FromCoefs",
    "GlorotNormal",
    "GlorotTruncatedNormal",
    "GlorotUniform",
    "HeNormal",
    "HeTruncatedNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LayerStart",
    "LeCunNormal",
    "LeCunTruncatedNormal",
    "LeCunUniform",
    "Ones",
    "Orthogonal",
    "SklearnUniform",
    "SmallNormal",
    "Sparse",
    "UnitVariance",
    "VarianceScaling",
    "Zeros",
]
