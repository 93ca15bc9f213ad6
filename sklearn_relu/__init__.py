"""Neural networks for scikit-learn with pluggable activations, initializations and penalties."""

import os
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING

__version__ = "0.2.0"

__all__ = [
    "RBM",
    "SKOPS_TRUSTED_TYPES",
    "Autoencoder",
    "AutoencoderDetector",
    "CNNClassifier",
    "CNNRegressor",
    "CheckpointWarning",
    "ComparisonReport",
    "LoadError",
    "MLPClassifier",
    "MLPRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
    "TrainingWarning",
    "activation_report",
    "compare",
    "gradient_report",
    "load",
    "local_linear_map",
    "lockstep",
    "save",
    "to_onnx",
]

_HOMES = {
    "RBM": "estimators",
    "SKOPS_TRUSTED_TYPES": "persistence",
    "CNNClassifier": "estimators",
    "CNNRegressor": "estimators",
    "Autoencoder": "estimators",
    "AutoencoderDetector": "estimators",
    "CheckpointWarning": "exceptions",
    "ComparisonReport": "comparison",
    "LoadError": "exceptions",
    "MLPClassifier": "estimators",
    "MLPRegressor": "estimators",
    "RNNClassifier": "estimators",
    "RNNRegressor": "estimators",
    "TabularMLPClassifier": "estimators",
    "TabularMLPRegressor": "estimators",
    "TrainingWarning": "exceptions",
    "activation_report": "inspection",
    "compare": "comparison",
    "gradient_report": "inspection",
    "load": "persistence",
    "local_linear_map": "inspection",
    "lockstep": "parallel",
    "save": "persistence",
    "to_onnx": "persistence",
}
"""For each public name, the module that it is imported from when it is first used."""

_MODULES = (
    "activations",
    "callbacks",
    "comparison",
    "displays",
    "embeddings",
    "estimators",
    "exceptions",
    "initializers",
    "inspection",
    "losses",
    "optimizers",
    "part",
    "penalties",
    "persistence",
    "schedules",
    "scorers",
    "tables",
    "testing",
    "utils",
)
"""Public modules: imported when they are first used, also by ``sklearn_relu.displays`` alone."""

if TYPE_CHECKING:
    from sklearn_relu import activations as activations
    from sklearn_relu import callbacks as callbacks
    from sklearn_relu import comparison as comparison
    from sklearn_relu import displays as displays
    from sklearn_relu import embeddings as embeddings
    from sklearn_relu import estimators as estimators
    from sklearn_relu import exceptions as exceptions
    from sklearn_relu import initializers as initializers
    from sklearn_relu import inspection as inspection
    from sklearn_relu import losses as losses
    from sklearn_relu import optimizers as optimizers
    from sklearn_relu import part as part
    from sklearn_relu import penalties as penalties
    from sklearn_relu import persistence as persistence
    from sklearn_relu import schedules as schedules
    from sklearn_relu import scorers as scorers
    from sklearn_relu import tables as tables
    from sklearn_relu import testing as testing
    from sklearn_relu import utils as utils
    from sklearn_relu.comparison import ComparisonReport, compare
    from sklearn_relu.estimators import (
        RBM,
        Autoencoder,
        AutoencoderDetector,
        CNNClassifier,
        CNNRegressor,
        MLPClassifier,
        MLPRegressor,
        RNNClassifier,
        RNNRegressor,
        TabularMLPClassifier,
        TabularMLPRegressor,
    )
    from sklearn_relu.exceptions import CheckpointWarning, LoadError, TrainingWarning
    from sklearn_relu.inspection import activation_report, gradient_report, local_linear_map
    from sklearn_relu.parallel import lockstep
    from sklearn_relu.persistence import SKOPS_TRUSTED_TYPES, load, save, to_onnx
else:  # Type checkers would take any name for one that this function may give.

    def __getattr__(name):
        """Import a public name or module at its first use."""
        if name not in _HOMES and name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        with _one_at_a_time:
            module = import_module(f"{__name__}.{_HOMES.get(name, name)}")
        if name in _MODULES:
            return module
        value = globals()[name] = getattr(module, name)
        return value


_one_at_a_time = RLock()
"""Held while a name is imported: of two threads that are each in a package which the other one
needs, Python gives one a half of it. No process forks meanwhile."""

# A module that is imported while a fork waits may register hooks too. Python runs only those for
# after the fork: it prints that they release what is not held, and nothing changes.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_one_at_a_time.acquire,
        after_in_parent=_one_at_a_time.release,
        after_in_child=_one_at_a_time.release,
    )


def __dir__() -> list[str]:
    """All public names and modules, imported or not."""
    return sorted([*__all__, *_MODULES, "__version__"])
