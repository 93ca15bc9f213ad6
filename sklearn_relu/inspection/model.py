"""From what the user has, a fitted or unfitted model, to layers with parameters and data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import gen_batches

from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.fitted import Fitted, first_jobs
from sklearn_relu.inspection.from_sklearn import SKLEARN_MLPS, as_own
from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.layers import Arrays, Layer, kinds_of, largest_product
from sklearn_relu.losses import Loss
from sklearn_relu.network.inference import n_networks_of, reading
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.trace import Trace, rows_at_once, trace
from sklearn_relu.optimizers import Solver

TRACED_ROWS = 1024
"""Rows of which all that the layers compute is held at once, at most."""


@dataclass(frozen=True)
class Network:
    """The networks at a model's end, and the rows that are shown to them.

    Attributes
    ----------
    layers : list of Layer
    params : list of dict of ndarray
        For each layer its parameters by name, network axis first.
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        As the network reads it: after a Pipeline's earlier steps.
    """

    layers: list[Layer]
    params: list[Arrays]
    X: Any

    @property
    def n_networks(self) -> int:
        """1, or the size of the ensemble."""
        return n_networks_of(self.params)

    @property
    def layer_kinds(self) -> tuple[str, ...]:
        """The kind of each layer; none where all are of one kind."""
        kinds = kinds_of(self.layers)
        return kinds if len(set(kinds)) > 1 else ()

    @property
    def hidden_layers(self) -> list[Layer]:
        """All layers but the outputs."""
        return self.layers[:-1]

    def traces(self) -> Iterator[tuple[slice, Trace]]:
        """Yield all that the layers compute, some rows at a time."""
        n_rows = rows_at_once(self.layers, self.n_networks, 1, TRACED_ROWS)
        product = largest_product(self.layers, n_rows)
        for rows in gen_batches(self.X.shape[0], n_rows):
            with suitable_blas_threads(product), np.errstate(over="ignore", invalid="ignore"):
                seen = trace(self.layers, self.params, self.X[rows])
            yield rows, seen


@dataclass(frozen=True)
class Problem:
    """Networks with the targets they are to reach.

    Attributes
    ----------
    network : Network
    loss : Loss
    targets : ndarray of shape (n_samples, n_targets)
    solver : Solver
    learning_rate : float
    """

    network: Network
    loss: Loss
    targets: np.ndarray
    solver: Solver
    learning_rate: float


def final_network(model) -> BaseEstimator:
    """The network at the end of a model.

    Parameters
    ----------
    model : estimator
        An MLPClassifier or MLPRegressor, of this package or scikit-learn's own; or a Pipeline, a
        TransformedTargetRegressor or a FrozenEstimator that ends in one.

    Returns
    -------
    network : MLPClassifier or MLPRegressor
        The fitted one of a fitted TransformedTargetRegressor.

    Raises
    ------
    TypeError
        If the model ends in something else.
    """
    if isinstance(model, Pipeline):
        return final_network(model[-1])
    if isinstance(model, TransformedTargetRegressor):
        return final_network(getattr(model, "regressor_", model.regressor))
    if isinstance(model, FrozenEstimator):
        return final_network(model.estimator)
    if isinstance(model, (BaseNetwork, *SKLEARN_MLPS)):
        return model
    raise TypeError(
        "model must be an MLPClassifier or MLPRegressor, of sklearn_relu or scikit-learn, or a "
        f"Pipeline that ends in one; got {model!r}. Of a search pass its best_estimator_."
    )


def own_network(model) -> BaseNetwork:
    """The network at the end of a model; scikit-learn's as one of this package, with its arrays."""
    network = final_network(model)
    return network if isinstance(network, BaseNetwork) else as_own(network)


def fitted_network(model, X) -> Network:
    """The networks of a fitted model, and X as they read it.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If it does not end in a network.
    """
    network, X, _ = _reach(model, X)
    fitted = Fitted(network)
    return _shown(fitted, fitted.inputs(X))


def fitted_problem(model, X, y) -> Problem:
    """A fitted model with targets; errors as for :func:`fitted_network`."""
    network, X, y = _reach(model, X, y)
    fitted = Fitted(network)
    X, targets = fitted.inputs_and_targets(X, y)
    return Problem(_shown(fitted, X), fitted.loss, targets, fitted.solver, fitted.learning_rate)


def _shown(fitted: Fitted, X) -> Network:
    """Fitted networks with rows, which may be longer than in training."""
    layers, params = fitted.network(X.dtype)
    return Network(reading(layers, X.shape[1]), params, X)


def initial_problem(model, X, y=None) -> Problem:
    """A model with the parameters that ``fit(X, y)`` would start with; it is not changed.

    Without y, targets are made up that the network takes.

    Raises
    ------
    ValueError
        As ``fit`` for parameters or data that cannot be used.
    """
    network, X, y = _reach(model, X, y, initial=True)
    jobs = first_jobs(network, X, y)
    job, recipe = jobs[0], jobs[0].recipe
    params = np.stack([job.state.params for job in jobs])
    X = job.X.astype(recipe.dtype, copy=False)
    shown = Network(recipe.layers, ParameterLayout(recipe.layers).views(params), X)
    return Problem(shown, recipe.loss, job.y, recipe.optimizer, job.learning_rate)


def make_editable(model) -> None:
    """Give a fitted model's network copies of arrays that cannot be written in place: those that
    are read-only, as when they are mapped from a file, and those of another dtype than the rest."""
    network = final_network(model)
    dtype = network.coefs_[0].dtype
    if dtype.kind != "f":
        dtype = np.dtype(np.float64)

    def editable(array):
        is_editable = array.flags.writeable and array.dtype == dtype
        return array if is_editable else np.array(array, dtype)

    network.coefs_ = [editable(coef) for coef in network.coefs_]
    network.intercepts_ = [editable(intercept) for intercept in network.intercepts_]
    if hasattr(network, "activation_parameters_"):  # scikit-learn's activations learn nothing
        network.activation_parameters_ = [
            {name: editable(values) for name, values in layer.items()}
            for layer in network.activation_parameters_
        ]


def editable_params(model) -> list[Arrays]:
    """Views of a fitted model's own arrays, if it is editable, one dict a layer, network axis
    first."""
    fitted = Fitted(own_network(model))
    return fitted.network(fitted.dtype)[1]


def _reach(model, X, y=None, initial=False):
    """The network at a model's end, and what the steps before it make of X and y."""
    if isinstance(model, Pipeline):
        steps = model[:-1]
        if len(steps):
            X = clone(steps).fit_transform(X, y) if initial else steps.transform(X)
        return _reach(model[-1], X, y, initial)
    if isinstance(model, TransformedTargetRegressor):
        regressor = model.regressor if initial else getattr(model, "regressor_", model.regressor)
        if y is not None and (initial or hasattr(model, "transformer_")):
            y = _transformed_target(model, np.asarray(y), initial)
        return _reach(regressor, X, y, initial)
    if isinstance(model, FrozenEstimator):
        return _reach(model.estimator, X, y, initial)
    return own_network(model), X, y


def _transformed_target(model: TransformedTargetRegressor, y: np.ndarray, initial: bool):
    columns = y.reshape(len(y), -1)
    if not initial:
        transformer = model.transformer_
    elif model.transformer is not None:
        transformer = clone(model.transformer).fit(columns)
    else:
        transformer = FunctionTransformer(model.func).fit(columns)
    transformed = transformer.transform(columns)
    return transformed.reshape(len(y)) if y.ndim == 1 else transformed
