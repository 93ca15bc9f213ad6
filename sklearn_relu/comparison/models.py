"""The models of a comparison: a preparation of the table, then a network."""

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from sklearn_relu.comparison.datasets import Columns
from sklearn_relu.estimators import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from sklearn_relu.tables import TabularEncoder

ESTIMATORS = ("mlp", "tabular", "cnn")
"""The networks that are compared, by name."""

MAX_CATEGORIES = 50
"""Of a categorical column, the most frequent so many categories are told apart."""


def pipeline_of(columns: Columns, task: str, options: dict[str, Any]) -> Pipeline:
    """The pipeline whose parameters are searched, with the plain network.

    Parameters
    ----------
    columns : Columns
    task : {"classification", "regression"}
    options : dict
        Parameters of the network.

    Returns
    -------
    pipeline : Pipeline
        Steps `prepare` and `mlp`.
    """
    if task == "classification":
        network: BaseEstimator = MLPClassifier(**options)
    else:
        # Standardizing y within the pipeline keeps predictions of the search in y's own units.
        network = TransformedTargetRegressor(MLPRegressor(**options), transformer=StandardScaler())
    return Pipeline([("prepare", preparation(columns)), ("mlp", network)])


def preparation(columns: Columns) -> BaseEstimator:
    """An estimator that makes numbers of a table."""
    return TabularEncoder(columns.positions or "from_dtype", max_levels=MAX_CATEGORIES)


def choice_of(
    name: str, columns: Columns, task: str, image_shape: tuple[int, ...], options: dict[str, Any]
) -> tuple[dict[str, list[Any]], str]:
    """The choice that makes the pipeline one of a network of another kind.

    Parameters
    ----------
    name : {"mlp", "tabular", "cnn"}
    columns : Columns
    task : {"classification", "regression"}
    image_shape : tuple of int
        Of a convolutional network.
    options : dict
        Parameters of all networks that do not go by a budget.

    Returns
    -------
    choice : dict of str to list
        Parameters of the pipeline, each with one value. None for the network that it has.
    prefix : str
        What the names of the network's parameters begin with.
    """
    path = "mlp" if task == "classification" else "mlp__regressor"
    if name == "mlp":
        return {}, f"{path}__"
    if name == "cnn":
        convolutional = CNNClassifier if task == "classification" else CNNRegressor
        images = convolutional(image_shape=image_shape, **options)
        return {"prepare": [MaxAbsScaler()], path: [images]}, f"{path}__"
    kind = TabularMLPClassifier if task == "classification" else TabularMLPRegressor
    network = kind(categorical_features=columns.positions or "from_dtype")
    return {"prepare": ["passthrough"], path: [network]}, f"{path}__"
