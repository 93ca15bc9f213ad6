"""Optimizers: how gradients become new parameters."""

from sklearn_relu.optimizers.adam import Adam, AdamW, AMSGrad, Nadam, RAdam
from sklearn_relu.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from sklearn_relu.optimizers.base import Optimizer, Solver
from sklearn_relu.optimizers.full_batch import LBFGS, FullBatchOptimizer
from sklearn_relu.optimizers.sgd import SGD, Lion

OPTIMIZERS: dict[str, type[Solver]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "amsgrad": AMSGrad,
    "nadam": Nadam,
    "radam": RAdam,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "lion": Lion,
    "lbfgs": LBFGS,
}
"""The solvers by name."""

__all__ = [
    "LBFGS",
    "OPTIMIZERS",
    "SGD",
    "AMSGrad",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "FullBatchOptimizer",
    "Lion",
    "Nadam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Solver",
]
