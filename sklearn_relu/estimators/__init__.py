"""The scikit-learn surface: validation, labels, fitted attributes; one file an estimator."""

from sklearn_relu.estimators.classifier import MLPClassifier
from sklearn_relu.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
