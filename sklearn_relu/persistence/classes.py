"""The classes that a file may name."""

import inspect
from abc import ABC
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator

import sklearn_relu.activations as activations
import sklearn_relu.embeddings as embeddings
import sklearn_relu.initializers as initializers
import sklearn_relu.losses as losses
import sklearn_relu.optimizers as optimizers
import sklearn_relu.penalties as penalties
import sklearn_relu.schedules as schedules
from sklearn_relu.estimators import ESTIMATORS, RBM
from sklearn_relu.inspection import HiddenLayer
from sklearn_relu.part import Part
from sklearn_relu.sklearn_private import CALLBACKS
from sklearn_relu.tables import TabularEncoder

_OTHERS = RBM, HiddenLayer, TabularEncoder, FrozenEstimator
"""Estimators that are no networks, that hold one, and that prepare its inputs."""


def storable() -> dict[str, Any]:
    """Estimators by the name that stands for them in a file."""
    return {**ESTIMATORS, **{cls.__name__: cls for cls in _OTHERS}}


def _parts(*families) -> dict[str, type[Part]]:
    """The public parts of the families' packages, but for their contracts."""
    found = {}
    for family in families:
        for name in family.__all__:
            cls = getattr(family, name)
            is_part = isinstance(cls, type) and issubclass(cls, Part)
            if is_part and not inspect.isabstract(cls) and ABC not in cls.__bases__:
                found[f"{family.__name__.rpartition('.')[2]}.{name}"] = cls
    return found


PARTS = _parts(activations, embeddings, initializers, losses, optimizers, penalties, schedules)
"""All parts of this package, such as ``activations.ReLU``: those that have a name for the
estimators' parameters, and those that these become, such as ``losses.SoftmaxLogLoss``."""

PART_NAMES = {cls: name for name, cls in PARTS.items()}


def attributes(part: BaseEstimator) -> dict[str, Any]:
    """Attributes of an estimator or a part beside its parameters, but for callbacks."""
    others = CALLBACKS.union(part.get_params(deep=False))
    return {name: value for name, value in vars(part).items() if name not in others}


_OWN: list[type] = [*ESTIMATORS.values(), RBM, HiddenLayer, TabularEncoder, *PARTS.values()]

SKOPS_TRUSTED_TYPES = sorted(f"{cls.__module__}.{cls.__qualname__}" for cls in _OWN)
"""Names for ``skops.io.load(path, trusted=SKOPS_TRUSTED_TYPES)``, enough for any model of this
package: its estimators and parts. None of them runs anything when it is loaded."""
