"""Neural networks for scikit-learn with pluggable activations, initializations and penalties."""

from sklearn_relu.compare import compare
from sklearn_relu.estimators import MLPClassifier, MLPRegressor
from sklearn_relu.exceptions import CheckpointWarning, LoadError, TrainingWarning
from sklearn_relu.inspection import activation_report, gradient_report, local_linear_map
from sklearn_relu.parallel import lockstep
from sklearn_relu.persistence import SKOPS_TRUSTED_TYPES, load, save, to_onnx

__version__ = "0.2.0"

__all__ = [
    "SKOPS_TRUSTED_TYPES",
    "CheckpointWarning",
    "LoadError",
    "MLPClassifier",
    "MLPRegressor",
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
