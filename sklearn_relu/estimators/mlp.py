"""The architecture of a multi-layer perceptron."""

import numpy as np

from sklearn_relu.activations import Identity
from sklearn_relu.estimators.parts import Parts
from sklearn_relu.estimators.weights import check_lengths
from sklearn_relu.layers import Dense, Layer, dense_layers
from sklearn_relu.network.stage import Stage


def stages(estimator, parts: Parts, n_features: int, n_raw: int) -> tuple[Stage, ...]:
    """The layers that parameters ask for, and what training does to each.

    Parameters
    ----------
    estimator : BaseMLP
    parts : Parts
    n_features, n_raw : int
        Width of the inputs and of the outputs.
    """
    layers = dense_layers(n_features, parts.hidden_layer_sizes, parts.activations, n_raw)
    hidden = [
        Stage(layer, penalty, activity_penalty, dropout, estimator.max_norm)
        for layer, penalty, activity_penalty, dropout in zip(
            layers[:-1],
            parts.penalties[:-1],
            parts.activity_penalties,
            parts.dropout,
            strict=True,
        )
    ]
    return *hidden, Stage(layers[-1], parts.penalties[-1])


def fitted_layers(estimator) -> list[Layer]:
    """The layers of a fitted estimator, as wide as its arrays are now.

    Raises
    ------
    ValueError
        If there is not one array a layer.
    """
    activations = [*estimator._activations, Identity()]
    check_lengths(estimator, coefs_=len(activations))
    widths = [(np.shape(coef) or (1,))[-1] for coef in estimator.coefs_]
    widths[-1] = estimator._loss.n_raw(estimator.n_outputs_)
    layers: list[Layer] = []
    reads = estimator.n_features_in_
    for width, activation in zip(widths, activations, strict=True):
        layers.append(Dense(reads, width // activation.input_width(1), activation))
        reads = layers[-1].gives
    return layers
