"""scikit-learn's own networks, seen as networks of this package."""

from typing import Any

import numpy as np
from sklearn import neural_network
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.estimators import MLPClassifier, MLPRegressor
from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.fitted import adopt
from sklearn_relu.training.jobs import Epoch

SKLEARN_MLPS = neural_network.MLPClassifier, neural_network.MLPRegressor

FITTED = (
    "coefs_",
    "intercepts_",
    "n_features_in_",
    "feature_names_in_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "n_iter_",
    "t_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
)
"""Fitted attributes that mean the same in both packages."""


def as_own(mlp) -> BaseNetwork:
    """scikit-learn's network as one of this package.

    Parameters
    ----------
    mlp : sklearn.neural_network.MLPClassifier or MLPRegressor

    Returns
    -------
    network : MLPClassifier or MLPRegressor
        With the same parameters, and if `mlp` is fitted with its very arrays. Its initialization
        draws what scikit-learn draws.
    """
    is_classifier = isinstance(mlp, neural_network.MLPClassifier)
    cls = MLPClassifier if is_classifier else MLPRegressor
    network: Any = cls(**mlp.get_params(deep=False), initialization="sklearn")
    if not hasattr(mlp, "coefs_"):
        return network
    check_is_fitted(mlp)
    attributes = {name: getattr(mlp, name) for name in FITTED if hasattr(mlp, name)}
    attributes["activation_parameters_"] = [{} for _ in mlp.coefs_[1:]]  # they learn nothing
    attributes["history_"] = _history(mlp)
    adopt(network, attributes, _example_targets(mlp, is_classifier))
    return network


def _example_targets(mlp, is_classifier: bool) -> np.ndarray:
    """Targets like those that the network was fitted to: of each class, or one row of numbers."""
    if not is_classifier:
        return np.zeros((1, mlp.n_outputs_))
    is_multilabel = mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1
    if is_multilabel:
        return np.repeat([[0], [1]], mlp.n_outputs_, axis=1)
    return np.asarray(mlp.classes_)


def _history(mlp) -> dict[str, list[float]]:
    """Columns of ``history_``; NaN for what scikit-learn does not note."""
    losses = list(getattr(mlp, "loss_curve_", []))
    scores = getattr(mlp, "validation_scores_", None) or [np.nan] * len(losses)
    history = {name: [np.nan] * len(losses) for name in Epoch._fields}
    return history | {"loss": losses, "validation_score": list(scores)}
