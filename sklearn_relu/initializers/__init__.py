"""Initializers: the weights, and if asked the biases, before training."""

from sklearn_relu.initializers.base import Initializer, LayerStart
from sklearn_relu.initializers.from_data import LSUV, FromCoefs
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
    Sparse,
    Zeros,
)


class Auto(Initializer):
    """For each layer the initialization that its activation names, such as He for rectifiers."""

    def fill(self, weights, gain, rng):
        """Fill one matrix as for a layer without an activation."""
        GlorotUniform().fill(weights, gain, rng)

    def initialize(self, layers, rng, X=None):
        """Fill the weights of one network, layer by layer."""
        for layer in layers:
            self._named(layer).initialize([layer], rng)

    def initialize_biases(self, layers, rng):
        """Fill the biases of one network, layer by layer."""
        for layer in layers:
            self._named(layer).initialize_biases([layer], rng)

    @staticmethod
    def _named(layer: LayerStart) -> Initializer:
        return INITIALIZERS[layer.activation.initialization]()


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
    "sparse": Sparse,
    "constant": Constant,
    "zeros": Zeros,
    "ones": Ones,
    "lsuv": LSUV,
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
    "Sparse",
    "VarianceScaling",
    "Zeros",
]
