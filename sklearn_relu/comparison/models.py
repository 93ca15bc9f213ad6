"""The models of a comparison: a preparation of the table, then a network."""

from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from sklearn_relu.comparison.datasets import Columns
from sklearn_relu.comparison.series import SeriesShape, scaler_of_series
from sklearn_relu.estimators import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    RNNClassifier,
    RNNRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from sklearn_relu.tables import TabularEncoder

ESTIMATORS = ("mlp", "tabular", "cnn", "rnn")
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


@dataclass(frozen=True)
class Choice:
    """The parameters that make the pipeline one of a network of another kind.

    Attributes
    ----------
    params : dict of str to list
        Parameters of the pipeline, each with one value; none for the network that it has.
    prefix : str
        The beginning of the names of the network's parameters.
    own : dict of str to list
        Values of the network's parameters that take the place of those that are searched.
    """

    params: dict[str, list[Any]]
    prefix: str
    own: dict[str, list[Any]] = field(default_factory=dict)


def choices_of(
    name: str,
    columns: Columns,
    task: str,
    image_shape: tuple[int, ...],
    series_shape: SeriesShape,
    options: dict[str, Any],
) -> list[Choice]:
    """The choices that make the pipeline one of networks of another kind.

    Parameters
    ----------
    name : {"mlp", "tabular", "cnn", "rnn"}
    columns : Columns
    task : {"classification", "regression"}
    image_shape : tuple of int
        Of a convolutional network.
    series_shape : tuple of (steps, channels)
        Of a recurrent network.
    options : dict
        Parameters of all networks that do not go by a budget.

    Returns
    -------
    choices : list of Choice
        Several for "rnn": the simple cell, and an LSTM of tanh.
    """
    is_classification = task == "classification"
    path = "mlp" if is_classification else "mlp__regressor"
    prefix = f"{path}__"
    if name == "mlp":
        return [Choice({}, prefix)]
    if name == "cnn":
        convolutional = CNNClassifier if is_classification else CNNRegressor
        images = convolutional(image_shape=image_shape, **options)
        return [Choice({"prepare": [MaxAbsScaler()], path: [images]}, prefix)]
    if name == "rnn":
        recurrent = RNNClassifier if is_classification else RNNRegressor
        return [
            Choice(
                {
                    "prepare": [scaler_of_series(series_shape)],
                    path: [recurrent(cell=cell, series_shape=series_shape, **options)],
                },
                prefix,
                own,
            )
            for cell, own in (("rnn", {}), ("lstm", {"activation": ["tanh"]}))
        ]
    kind = TabularMLPClassifier if is_classification else TabularMLPRegressor
    network = kind(categorical_features=columns.positions or "from_dtype")
    return [Choice({"prepare": ["passthrough"], path: [network]}, prefix)]


def kind_of_network(params: dict[str, Any]) -> str:
    """The name of a candidate's network.

    Parameters
    ----------
    params : dict
        Of the pipeline.

    Returns
    -------
    name : {"mlp", "tabular", "cnn", "rnn", "lstm"}
    """
    network = params.get("mlp__regressor", params.get("mlp"))
    if isinstance(network, RNNClassifier | RNNRegressor):
        return network.cell
    if isinstance(network, CNNClassifier | CNNRegressor):
        return "cnn"
    return "mlp" if network is None else "tabular"
