"""Schedules: the learning rate as a function of progress."""

from sklearn_relu.schedules.base import Progress, Schedule
from sklearn_relu.schedules.decays import (
    Adaptive,
    ConstantRate,
    ExponentialDecay,
    InverseScaling,
    StepDecay,
)
from sklearn_relu.schedules.warm_up import SCHEDULES, WarmUp
from sklearn_relu.schedules.within_epochs import (
    Cosine,
    CosineLog,
    FlatCosine,
    FunctionRate,
    OneCycle,
)

__all__ = [
    "SCHEDULES",
    "Adaptive",
    "ConstantRate",
    "Cosine",
    "CosineLog",
    "ExponentialDecay",
    "FlatCosine",
    "FunctionRate",
    "InverseScaling",
    "OneCycle",
    "Progress",
    "Schedule",
    "StepDecay",
    "WarmUp",
]
