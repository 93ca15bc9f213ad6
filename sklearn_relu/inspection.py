"""What a network does: its hidden activations, and how the gradient flows through it."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import gen_batches

from sklearn_relu.engine.inference import forward_batches
from sklearn_relu.engine.network import NetworkStack, Scales
from sklearn_relu.engine.recipe import Objective
from sklearn_relu.engine.threads import largest_product, suitable_blas_threads
from sklearn_relu.estimators import weights
from sklearn_relu.estimators.base import BaseMLP
from sklearn_relu.estimators.parts import resolve_parts
from sklearn_relu.estimators.validation import working_memory

GRADIENT_ROWS = 1024
"""Rows of which the gradient is computed at once."""


@dataclass(frozen=True, eq=False)
class ActivationReport:
    """Exact zeros and dead units among the hidden activations.

    With one network the arrays have no network axis.

    Attributes
    ----------
    sparsity : float
        Share of exact zeros among all hidden activations, of all networks; 0 without hidden layers.
    layer_sparsity : ndarray of shape (n_hidden_layers,) or (n_networks, n_hidden_layers)
        The same for each layer.
    dead : float
        Share of dead units among all hidden units: those whose activation is exactly 0 on every
        row.
    layer_dead : ndarray of shape (n_hidden_layers,) or (n_networks, n_hidden_layers)
        The same for each layer.
    """

    sparsity: float
    layer_sparsity: np.ndarray
    dead: float
    layer_dead: np.ndarray


@dataclass(frozen=True, eq=False)
class GradientReport:
    """How large the gradient is in each layer.

    With one network the array has no network axis.

    Attributes
    ----------
    weight_norms : ndarray of shape (n_layers,) or (n_networks, n_layers)
        Norm of the gradient of the mean loss for each layer's weights, the output layer's last.
        Penalties are left out: they would hide a vanished gradient.
    ratio : float
        The first layer's norm over the last layer's: far below 1 where the gradient vanishes on
        its way back, far above 1 where it explodes; 0 if nothing reaches the first layer. Of an
        ensemble, the geometric mean over its networks.
    """

    weight_norms: np.ndarray
    ratio: float


def final_network(model) -> BaseMLP:
    """The network at the end of a model.

    Parameters
    ----------
    model : estimator
        An estimator of this package; or a Pipeline, or a TransformedTargetRegressor, that ends in
        one. Fitted, if it is a TransformedTargetRegressor.

    Returns
    -------
    network : MLPClassifier or MLPRegressor

    Raises
    ------
    TypeError
        If the model ends in something else.
    """
    if isinstance(model, Pipeline):
        return final_network(model[-1])
    if isinstance(model, TransformedTargetRegressor):
        return final_network(getattr(model, "regressor_", model.regressor))
    if isinstance(model, BaseMLP):
        return model
    raise TypeError(
        "model must be an MLPClassifier or MLPRegressor of sklearn_relu, or a Pipeline that ends "
        f"in one; got {model!r}. Of a search pass its best_estimator_."
    )


def hidden_activations(model, X) -> list[np.ndarray]:
    """The activations of every hidden layer.

    Parameters
    ----------
    model : estimator
        Fitted; an estimator of this package, or a Pipeline that ends in one, whose earlier steps
        transform X.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    activations : list of ndarray of shape (n_samples, width) or (n_networks, n_samples, width)
        One a hidden layer; with the network axis if the model is an ensemble.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network of this package.
    """
    batches = [[a.copy() for a in batch] for _, batch in _hidden_batches(model, X)]
    activations = [np.concatenate(layer, axis=1) for layer in zip(*batches, strict=True)]
    return [a[0] if len(a) == 1 else a for a in activations]


def activation_report(model, X) -> ActivationReport:
    """Exact zeros and dead units among the hidden activations for X.

    Parameters
    ----------
    model : estimator
        Fitted; an estimator of this package, or a Pipeline that ends in one, whose earlier steps
        transform X.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        For dead units pass the training data: those that never fire on it cannot learn from it.

    Returns
    -------
    report : ActivationReport

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network of this package.
    """
    counts = []  # for each batch and layer (n_networks, width)
    n_rows = 0
    for rows, batch in _hidden_batches(model, X):
        counts.append([np.count_nonzero(a == 0, axis=1) for a in batch])
        n_rows = rows.stop
    shares = [np.sum(layer, axis=0) / n_rows for layer in zip(*counts, strict=True)]
    if not shares:
        return ActivationReport(0.0, np.zeros(0), 0.0, np.zeros(0))
    everything = np.concatenate(shares, axis=1)
    layer_sparsity = np.stack([share.mean(axis=1) for share in shares], axis=1)
    layer_dead = np.stack([(share == 1).mean(axis=1) for share in shares], axis=1)
    sole = len(everything) == 1
    return ActivationReport(
        sparsity=float(everything.mean()),
        layer_sparsity=layer_sparsity[0] if sole else layer_sparsity,
        dead=float((everything == 1).mean()),
        layer_dead=layer_dead[0] if sole else layer_dead,
    )


def gradient_report(model, X, y, *, initial=False) -> GradientReport:
    """The gradient of the mean loss on X and y, layer by layer.

    Parameters
    ----------
    model : estimator
        An estimator of this package, or a Pipeline that ends in one. Fitted, unless `initial`.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    initial : bool, default=False
        Whether to look at the start of training: the weights that ``fit(X, y)`` would start with,
        from the same `random_state`; steps before the network are fitted on X and y, as copies.
        The model is not changed.

    Returns
    -------
    report : GradientReport

    Raises
    ------
    NotFittedError
        If the model is not fitted and `initial` is False.
    TypeError
        If the model does not end in a network of this package.
    ValueError
        As ``fit`` for parameters or data that cannot be used.
    """
    network, X, y = _reach(model, X, y, initial)
    stack, X, targets = (_initial_stack if initial else _fitted_stack)(network, X, y)
    norms = _weight_gradient_norms(stack, X, targets)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(norms[:, 0] == 0, 0.0, norms[:, 0] / norms[:, -1])
        ratio = float(np.exp(np.log(ratios).mean()))
    return GradientReport(norms if len(norms) > 1 else norms[0], ratio)


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
    return final_network(model), X, y


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


def _hidden_batches(model, X) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Rows of X, and the hidden layers' activations for them, (n_networks, n_rows, width).

    They are overwritten by the next batch.
    """
    network, X, _ = _reach(model, X)
    X = network._check_inputs(X)
    layers, params = network._network(X.dtype)
    for rows, outputs in forward_batches(layers, params, X, X.dtype, working_memory()):
        yield rows, outputs[:-1]


def _initial_stack(network: BaseMLP, X, y):
    """Networks with the parameters that training on X and y would start with."""
    draft = clone(network).set_params(early_stopping=False, batch_size="auto")
    draft._validate_params()
    jobs = draft._make_jobs(resolve_parts(draft), X, y)
    recipe = jobs[0].recipe
    params = np.stack([job.state.params for job in jobs])
    return _stack(recipe.layers, recipe.loss, params, jobs[0].X, jobs[0].y)


def _fitted_stack(network: BaseMLP, X, y):
    """Networks with the fitted parameters."""
    network._check_inputs(X)
    draft = copy.copy(network)  # checking y may note what targets are
    X, y = draft._check_data(X, y, reset=False)
    draft._check_known_targets(y)
    targets = draft._encode_targets(y, network._loss).astype(X.dtype)
    layers, params = network._network(X.dtype)
    n_networks = len(params[0]["weight"])
    flat = weights.flat_params(layers, network, n_networks, X.dtype)
    return _stack(layers, network._loss, flat, X, targets)


def _stack(layers, loss, params, X, targets):
    goal = Objective(layers=layers, loss=loss, dtype=X.dtype, n_targets=targets.shape[1])
    stack = NetworkStack(goal, len(params), sparse=not isinstance(X, np.ndarray))
    stack.params[:] = params
    return stack, X, targets


def _weight_gradient_norms(stack: NetworkStack, X, targets: np.ndarray) -> np.ndarray:
    """Norm of the mean loss's gradient for each layer's weights: (n_networks, n_layers)."""
    n_networks, n_rows = len(stack.params), X.shape[0]
    nothing = np.zeros(n_networks, stack.params.dtype)
    scales = Scales.of(np.full(n_networks, float(n_rows)), nothing, nothing)
    gradient = np.zeros(stack.grads.shape)
    threads = suitable_blas_threads(largest_product(stack.layers, GRADIENT_ROWS))
    with threads, np.errstate(over="ignore", invalid="ignore"):
        for rows in gen_batches(n_rows, GRADIENT_ROWS):
            x, y = X[rows], np.broadcast_to(targets[rows], (n_networks, *targets[rows].shape))
            x = x[None] if isinstance(x, np.ndarray) else [x] * n_networks
            run = stack.run(slice(0, n_networks), y.shape[1], data=(x, y, None))
            stack.data_objective(run, scales)
            gradient += stack.grads
    layers = [layer["weight"] for layer in stack.layout.views(gradient)]
    return np.stack([np.sqrt(np.vecdot(w, w).sum(axis=1)) for w in layers], axis=1)
