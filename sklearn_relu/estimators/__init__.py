"""The scikit-learn surface: validation, labels, fitted attributes; one file an estimator."""

from sklearn_relu.estimators.autoencoder import Autoencoder
from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.classifier import MLPClassifier
from sklearn_relu.estimators.convolutional import CNNClassifier, CNNRegressor
from sklearn_relu.estimators.detector import AutoencoderDetector
from sklearn_relu.estimators.rbm import RBM
from sklearn_relu.estimators.recurrent import RNNClassifier, RNNRegressor
from sklearn_relu.estimators.regressor import MLPRegressor
from sklearn_relu.estimators.tabular import TabularMLPClassifier, TabularMLPRegressor

__all__ = [
    "RBM",
    "Autoencoder",
    "AutoencoderDetector",
    "CNNClassifier",
    "CNNRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
]

ESTIMATORS: dict[str, type[BaseNetwork]] = {
    "MLPClassifier": MLPClassifier,
    "MLPRegressor": MLPRegressor,
    "TabularMLPClassifier": TabularMLPClassifier,
    "TabularMLPRegressor": TabularMLPRegressor,
    "Autoencoder": Autoencoder,
    "AutoencoderDetector": AutoencoderDetector,
    "CNNClassifier": CNNClassifier,
    "CNNRegressor": CNNRegressor,
    "RNNClassifier": RNNClassifier,
    "RNNRegressor": RNNRegressor,
}
"""The networks of this package, by the names that files have for them: saved models, the trust list
of skops, ONNX converters. A new estimator is one file, and one line here."""
