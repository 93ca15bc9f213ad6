"""Activations: what a hidden unit does with its summed input."""

from sklearn_relu.activations.base import Activation
from sklearn_relu.activations.competition import LWTA, Maxout
from sklearn_relu.activations.gated import GELU, HardSwish, Mish, SiLU
from sklearn_relu.activations.leaky import LeakyReLU, PReLU, RReLU
from sklearn_relu.activations.linear import Identity
from sklearn_relu.activations.rectifiers import (
    ClippedReLU,
    NegativeReLU,
    ReLU,
    ReLU6,
    SquaredReLU,
    ThresholdReLU,
)
from sklearn_relu.activations.sigmoids import HardSigmoid, HardTanh, Logistic, Softsign, Tanh
from sklearn_relu.activations.smooth import CELU, ELU, SELU, Softplus
from sklearn_relu.activations.two_sided import CReLU, SignedReLU

ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "sigmoid": Logistic,
    "tanh": Tanh,
    "softsign": Softsign,
    "hard_sigmoid": HardSigmoid,
    "hard_tanh": HardTanh,
    "relu": ReLU,
    "negative_relu": NegativeReLU,
    "squared_relu": SquaredReLU,
    "threshold_relu": ThresholdReLU,
    "clipped_relu": ClippedReLU,
    "relu6": ReLU6,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "rrelu": RReLU,
    "crelu": CReLU,
    "signed_relu": SignedReLU,
    "elu": ELU,
    "celu": CELU,
    "selu": SELU,
    "softplus": Softplus,
    "silu": SiLU,
    "swish": SiLU,
    "gelu": GELU,
    "hard_swish": HardSwish,
    "mish": Mish,
    "maxout": Maxout,
    "lwta": LWTA,
}
"""The activations by name; ``sigmoid`` is also ``logistic``, and ``swish`` is ``silu``."""

__all__ = [
    "ACTIVATIONS",
    "CELU",
    "ELU",
    "GELU",
    "LWTA",
    "SELU",
    "Activation",
    "CReLU",
    "ClippedReLU",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "Logistic",
    "Maxout",
    "Mish",
    "NegativeReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "SignedReLU",
    "Softplus",
    "Softsign",
    "SquaredReLU",
    "Tanh",
    "ThresholdReLU",
]
