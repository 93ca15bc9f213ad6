"""Activations: what a hidden unit does with its summed input."""

from sklearn_relu.activations.base import Activation
from sklearn_relu.activations.rectifiers import LeakyReLU, PReLU, ReLU
from sklearn_relu.activations.sigmoids import Logistic, Tanh
from sklearn_relu.activations.smooth import ELU, Identity
from sklearn_relu.activations.widening import Maxout

ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "sigmoid": Logistic,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "elu": ELU,
    "maxout": Maxout,
}
"""The activations by name; ``sigmoid`` is another name of ``logistic``."""

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "Activation",
    "Identity",
    "LeakyReLU",
    "Logistic",
    "Maxout",
    "PReLU",
    "ReLU",
    "Tanh",
]
