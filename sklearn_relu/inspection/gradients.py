"""How the gradient flows back through the layers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sklearn_relu.inspection.model import Network, Problem, fitted_problem, initial_problem
from sklearn_relu.inspection.report import Report, by_layer, without_axis_of_one
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.network.trace import Gradients, Trace, back, weight_gradients
from sklearn_relu.training.batches import dense


@dataclass(frozen=True, eq=False, repr=False)
class GradientReport(Report):
    """How large the gradient is in each layer.

    There are figures of each layer that has weights and learns. Filters that stay as they are
    drawn (``train_filters=False``) have none. With one network the arrays have no network axis.
    Penalties are left out: they would hide a vanished gradient.

    Attributes
    ----------
    weight_norms : ndarray of shape (n_layers,) or (n_networks, n_layers)
        Norm of the gradient of the mean loss for each layer's weights, the output layer's last.
    activation_norms : ndarray of shape (n_layers,) or (n_networks, n_layers)
        Root mean square over the samples of the norm of the gradient of a sample's loss for the
        layer's activations, the raw outputs' last.
    update_ratios : ndarray of shape (n_layers,) or (n_networks, n_layers)
        Norm of the first step that the solver takes with this gradient, from a new state and at
        `learning_rate_init`, over the norm of the weights; NaN for a solver without a learning
        rate, and for weights that are all 0. About 0.001 is usual.
    ratio : float
        The first layer's norm in `weight_norms` over the last layer's: far below 1 where the
        gradient vanishes on its way back, far above 1 where it explodes; 0 if nothing reaches the
        first layer. Of an ensemble, the geometric mean over its networks.
    layer_numbers : ndarray of int of shape (n_layers,)
        The number of each of these layers in the network, from 1, as in :func:`activation_report`.
    layer_kinds : tuple of str
        The kind of each of these layers, such as "convolution"; empty where all layers of the
        network are of one kind.
    """

    weight_norms: np.ndarray
    activation_norms: np.ndarray
    update_ratios: np.ndarray
    ratio: float
    layer_numbers: np.ndarray
    layer_kinds: tuple[str, ...] = ()

    def _title(self):
        return f"first to last layer {self.ratio:.3g}"

    def _columns(self):
        return by_layer(
            {
                "weight_norm": self.weight_norms,
                "activation_norm": self.activation_norms,
                "update_ratio": self.update_ratios,
            },
            self.layer_kinds,
            self.layer_numbers,
        )


def gradient_report(model, X, y, *, initial=False) -> GradientReport:
    """The gradient of the mean loss on X and y, layer by layer.

    Parameters
    ----------
    model : estimator
        An MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a Pipeline that
        ends in one. Fitted, unless `initial`.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Ignored by an Autoencoder, whose targets are X: pass None.
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
        If the model does not end in a network.
    ValueError
        As ``fit`` for parameters or data that cannot be used.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_relu import MLPClassifier, gradient_report
    >>> X, y = load_digits(return_X_y=True)
    >>> deep = MLPClassifier((50,) * 8, "logistic", random_state=0)
    >>> gradient_report(deep, X, y, initial=True).ratio < 1e-3
    True
    """
    problem = (initial_problem if initial else fitted_problem)(model, X, y)
    gradients, squares = _mean_loss_gradients(problem)
    weight_norms = np.stack([_norm(gradient) for gradient in gradients], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, last = weight_norms[:, 0], weight_norms[:, -1]
        ratios = np.where(first == 0, 0.0, first / last)
        ratio = float(np.exp(np.log(ratios).mean()))
    kinds = problem.network.layer_kinds
    numbers = np.array([i for i, _ in _weights(problem.network)])
    return GradientReport(
        without_axis_of_one(weight_norms),
        without_axis_of_one(np.sqrt(squares)),
        without_axis_of_one(_update_ratios(problem, gradients)),
        ratio,
        numbers + 1,
        tuple(kinds[i] for i in numbers) if kinds else (),
    )


def _mean_loss_gradients(problem: Problem) -> tuple[list[np.ndarray], np.ndarray]:
    """The mean loss's gradient for the weights of each layer that learns some, (n_networks, n), and
    the mean square over the samples of the norm of its gradient for the layer's activations,
    (n_networks, n_layers)."""
    network = problem.network
    n_rows = network.X.shape[0]
    gradients = [np.zeros(weights.shape) for _, weights in _weights(network)]
    squares = np.zeros((network.n_networks, len(gradients)))
    for trace, flow in loss_gradients(problem):
        for k, (i, _) in enumerate(_weights(network)):
            of_weights = weight_gradients(trace, i, flow.z[i])
            learned = {name: of_weights[name] for name in _learned(network.layers[i])}
            gradients[k] += _flat(learned) / n_rows
            squares[:, k] += np.square(flow.a[i], dtype=np.float64).sum(axis=(1, 2)) / n_rows
    return gradients, squares


def loss_gradients(problem: Problem) -> Iterator[tuple[Trace, Gradients]]:
    """Yield all that the layers compute, and the gradients of the summed loss, some rows at a
    time."""
    network = problem.network
    for rows, trace in network.traces():
        raw = trace.a[-1]
        y = np.repeat(dense(problem.targets[rows])[None], network.n_networks, axis=0)
        grad_raw = np.empty_like(raw)
        with np.errstate(over="ignore", invalid="ignore"):
            problem.loss.value_and_gradient(y, raw, None, grad_raw)
            flow = back(trace, grad_raw)
        yield trace, flow


def _weights(network: Network) -> list[tuple[int, np.ndarray]]:
    """The layers that learn weights, by index, and all weights of each, (n_networks, n)."""
    found = []
    for i, (layer, arrays) in enumerate(zip(network.layers, network.params, strict=True)):
        if weights := {name: arrays[name] for name in _learned(layer)}:
            found.append((i, _flat(weights)))
    return found


def _learned(layer: Layer) -> list[str]:
    """The names of a layer's weights that training changes."""
    blocks = layer.blocks().items()
    return [name for name, block in blocks if block.kind == "weight" and block.rate]


def _flat(arrays: Arrays) -> np.ndarray:
    """All arrays of a layer as one, (n_networks, n)."""
    return np.concatenate([each.reshape(len(each), -1) for each in arrays.values()], axis=1)


def _update_ratios(problem: Problem, gradients: list[np.ndarray]) -> np.ndarray:
    """The solver's first step over the weights, norm by norm: (n_networks, n_layers)."""
    shape = problem.network.n_networks, len(gradients)
    if not problem.solver.takes_batches:
        return np.full(shape, np.nan)
    n = shape[0]
    before = [weights.astype(np.float64) for _, weights in _weights(problem.network)]
    flat = np.concatenate(before, axis=1)
    after = flat.copy()
    grads = np.concatenate(gradients, axis=1)
    rates = np.full((n, 1), float(problem.learning_rate))
    state = problem.solver.init_state(after)
    problem.solver.begin_step(state, rates)
    problem.solver.step(after, grads, state, rates, flat.shape[1])
    ends = np.cumsum([weight[0].size for weight in before])[:-1]
    steps = np.split(after - flat, ends, axis=1)
    sizes = np.stack([_norm(weight) for weight in before], axis=1)
    moves = np.stack([_norm(step) for step in steps], axis=1)
    return np.divide(moves, sizes, out=np.full(shape, np.nan), where=sizes > 0)


def _norm(arrays: np.ndarray) -> np.ndarray:
    """The norm of each network's array, (n_networks,)."""
    return np.linalg.norm(arrays.reshape(len(arrays), -1), axis=1)
