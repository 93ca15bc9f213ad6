"""The scikit-learn surface: validation, labels, fitted attributes; one file an estimator."""

from sklearn_relu.estimators.autoencoder import Autoencoder
from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.classifier import MLPClassifier
from sklearn_relu.estimators.rbm import RBM
from sklearn_relu.estimators.regressor import MLPRegressor
from sklearn_relu.estimators.tabular import TabularMLPClassifier, TabularMLPRegressor

__all__ = [
    "RBM",
    "Autoencoder",
    "MLPClassifier",
    "MLPRegressor",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
]

ESTIMATORS: dict[str, type[BaseNetwork]] = {
    "MLPClassifier": MLPClassifier,
    "MLPRegressor": MLPRegressor,
    "TabularMLPClassifier": TabularMLPClassifier,
    "TabularMLPRegressor": TabularMLPRegressor,
    "Autoencoder": Autoencoder,
}
"""The networks of this package, by the names that files have for them: saved models, the trust list
of skops, ONNX converters. A new estimator is one file, and one line here."""
