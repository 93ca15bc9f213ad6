"""Activations: what a hidden unit does with its summed input."""

from sklearn_relu.activations.base import Activation
from sklearn_relu.activations.competition import LWTA, Maxout
from sklearn_relu.activations.gated import GELU, HardSwish, Mish, SiLU
from sklearn_relu.activations.leaky import LeakyReLU, PReLU, RReLU
from sklearn_relu.activations.linear import Identity
from sklearn_relu.activations.parametric import ACTIVATIONS, Parametric
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
    "Parametric",
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
