"""Neural networks for scikit-learn with pluggable activations, initializations and penalties."""

from sklearn_relu.compare import compare
from sklearn_relu.estimators import MLPClassifier, MLPRegressor
from sklearn_relu.parallel import lockstep

__version__ = "0.1.0.dev0"

__all__ = ["MLPClassifier", "MLPRegressor", "compare", "lockstep"]
