"""Losses: each owns its link, and works on raw outputs, never on probabilities."""

from sklearn_relu.losses.base import ElementwiseLoss, Loss
from sklearn_relu.losses.classification import (
    FocalLoss,
    Hinge,
    LogLoss,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
    SquaredHinge,
)
from sklearn_relu.losses.positive import Gamma, Poisson, Tweedie
from sklearn_relu.losses.regression import (
    AbsoluteError,
    GaussianNLL,
    Huber,
    LogCosh,
    Quantile,
    SquaredError,
    SummedSquaredError,
)

LOSSES: dict[str, type[Loss]] = {
    "log_loss": LogLoss,
    "focal": FocalLoss,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "log_cosh": LogCosh,
    "quantile": Quantile,
    "gaussian_nll": GaussianNLL,
    "poisson": Poisson,
    "gamma": Gamma,
    "tweedie": Tweedie,
}
"""The losses by name."""

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "ElementwiseLoss",
    "FocalLoss",
    "Gamma",
    "GaussianNLL",
    "Hinge",
    "Huber",
    "LogCosh",
    "LogLoss",
    "Loss",
    "Poisson",
    "Quantile",
    "SoftmaxFocalLoss",
    "SoftmaxLogLoss",
    "SquaredError",
    "SquaredHinge",
    "SummedSquaredError",
    "Tweedie",
]
