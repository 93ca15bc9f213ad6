"""The linear map that a piecewise linear network is around each sample."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.inspection.model import Network, fitted_network
from sklearn_relu.inspection.names import columns_by_name, feature_names
from sklearn_relu.inspection.report import Report, without_axis_of_one
from sklearn_relu.layers import Layer
from sklearn_relu.network.trace import Trace, back, input_gradient


@dataclass(frozen=True, eq=False, repr=False)
class LocalLinearMap(Report):
    """For each sample the linear map that the network is around it.

    With one network the arrays have no network axis. Features are those that the network reads:
    after a Pipeline's earlier steps.

    Attributes
    ----------
    coef : ndarray of shape (n_samples, n_outputs, n_features) or with the network axis first
        The effective weights of each raw output; 0 at steps that a series does not have.
    intercept : ndarray of shape (n_samples, n_outputs) or with the network axis first
        ``coef @ x + intercept`` is the raw output: what the last layer gives, before the link that
        makes probabilities of it, and in the units of `standardize_y` where that is set.
    feature_names : list of str or None
        Names of the features, where the model was fitted on a data frame or its steps tell them.
    """

    coef: np.ndarray
    intercept: np.ndarray
    feature_names: list[str] | None = None

    def _title(self):
        return f"{_shape_in_words(self.coef)}"

    def _columns(self):
        return _by_sample(self.coef, {"intercept": self.intercept}, "coef", self.feature_names)


@dataclass(frozen=True, eq=False, repr=False)
class Attributions(Report):
    """The contribution of each feature to each raw output; see :func:`attributions`.

    With one network the arrays have no network axis.

    Attributes
    ----------
    contributions : ndarray of shape (n_samples, n_outputs, n_features)
        Effective weight times feature.
    intercept : ndarray of shape (n_samples, n_outputs)
        What the biases contribute.
    output : ndarray of shape (n_samples, n_outputs)
        The raw output: the contributions' sum plus the intercept.
    feature_names : list of str or None
        Names of the features, where the model was fitted on a data frame or its steps tell them.
    """

    contributions: np.ndarray
    intercept: np.ndarray
    output: np.ndarray
    feature_names: list[str] | None = None

    def _title(self):
        return f"{_shape_in_words(self.contributions)}"

    def _columns(self):
        figures = {"output": self.output, "intercept": self.intercept}
        return _by_sample(self.contributions, figures, "feature", self.feature_names)


def local_linear_map(model, X) -> LocalLinearMap:
    """The exact slope and intercept of the linear piece that each sample is on.

    A network of piecewise linear activations (ReLU and its kin, maxout, hard_tanh, identity ...)
    is a linear map on each of the regions that its units' kinks cut the input space into. A sample
    on a kink gets the derivative that training takes there.

    Parameters
    ----------
    model : estimator
        Fitted; an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a
        Pipeline that ends in one, whose earlier steps transform X.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    map : LocalLinearMap
        It holds n_samples * n_outputs * n_features numbers a network.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network.
    ValueError
        If an activation is not piecewise linear.

    References
    ----------
    Montufar, Pascanu, Cho & Bengio (2014), On the number of linear regions of deep neural networks.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import MLPClassifier, local_linear_map
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> pieces = local_linear_map(model, X)
    >>> raw = (pieces.coef @ X[:, :, None])[:, :, 0] + pieces.intercept
    >>> bool(abs(raw - model.decision_function(X)).max() < 1e-9)
    True
    """
    coef, intercept, _, _ = _maps(fitted_network(model, X))
    names = feature_names(model, coef.shape[-1])
    return LocalLinearMap(without_axis_of_one(coef), without_axis_of_one(intercept), names)


def attributions(model, X) -> Attributions:
    """The contribution of each feature to each raw output: local effective weight times feature.

    Parameters
    ----------
    model : estimator
        As for :func:`local_linear_map`.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    attributions : Attributions

    Raises
    ------
    NotFittedError, TypeError, ValueError
        As :func:`local_linear_map`.

    References
    ----------
    Ancona, Ceolini, Öztireli & Gross (2018), Towards better understanding of gradient-based
    attribution methods for deep neural networks (gradient * input).
    """
    coef, intercept, raw, X = _maps(fitted_network(model, X))
    contributions = coef * X[:, None, :]
    contributions, intercept, raw = map(without_axis_of_one, (contributions, intercept, raw))
    return Attributions(contributions, intercept, raw, feature_names(model, coef.shape[-1]))


def angle(model, X) -> np.ndarray:
    """The angle between each sample and the effective weights of each raw output.

    Small where the network looks for what the sample is like, pi / 2 where it looks elsewhere.

    Parameters
    ----------
    model : estimator
        As for :func:`local_linear_map`.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    angle : ndarray of shape (n_samples, n_outputs) or (n_networks, n_samples, n_outputs)
        In radians, between 0 and pi; NaN where the sample or the weights are all 0.

    Raises
    ------
    NotFittedError, TypeError, ValueError
        As :func:`local_linear_map`.
    """
    coef, _, _, X = _maps(fitted_network(model, X))
    lengths = np.linalg.norm(coef, axis=-1) * np.linalg.norm(X, axis=-1)[:, None]
    products = np.einsum("knof,nf->kno", coef, X)
    cosine = np.divide(products, lengths, out=np.full_like(products, np.nan), where=lengths > 0)
    return without_axis_of_one(np.arccos(np.clip(cosine, -1, 1)))


def check_piecewise_linear(network: Network, what: str) -> None:
    """Raise a ValueError if an activation is not piecewise linear; `what` needs it."""
    for i, layer in enumerate(network.hidden_layers, start=1):
        if not layer.is_piecewise_linear:
            is_never = type(layer).is_piecewise_linear is False  # whatever its activation
            if is_never or layer.activation.is_piecewise_linear:
                raise ValueError(
                    f"{what} needs layers that are piecewise linear; hidden layer {i} is "
                    f"{type(layer).__name__}{'' if is_never else _and_summary(layer)}, which is "
                    "not."
                )
            able = sorted(name for name, cls in ACTIVATIONS.items() if cls().is_piecewise_linear)
            raise ValueError(
                f"{what} needs piecewise linear activations; that of hidden layer {i} is "
                f"{layer.activation!r}. Train the network with one of {able}."
            )


def _and_summary(layer: Layer) -> str:
    summary = getattr(layer, "summary", None)
    return "" if summary is None else f" with summary={summary!r}"


def _maps(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Slopes, intercepts, raw outputs, network axis first; and X as a dense array."""
    check_piecewise_linear(network, "local_linear_map")
    X = network.X if isinstance(network.X, np.ndarray) else network.X.toarray()
    X = np.nan_to_num(X)  # steps that a series does not have: their slopes are 0
    n_outputs = network.layers[-1].gives
    shape = network.n_networks, X.shape[0], n_outputs
    coef, raw = np.empty((*shape, X.shape[1]), X.dtype), np.empty(shape, X.dtype)
    for rows, trace in network.traces():
        raw[:, rows] = trace.a[-1]
        for output, slopes in enumerate(_slopes(trace)):
            coef[:, rows, output] = slopes
    intercept = raw - np.einsum("knof,nf->kno", coef, X)
    return coef, intercept, raw, X


def _slopes(trace: Trace) -> Iterator[np.ndarray]:
    """For each raw output its derivative for the inputs, (n_networks, n_samples, n_features)."""
    raw = trace.a[-1]
    for output in range(raw.shape[2]):
        chosen = np.zeros_like(raw)
        chosen[:, :, output] = 1
        yield input_gradient(trace, 0, back(trace, chosen).z[0])


def _shape_in_words(values: np.ndarray) -> str:
    n_samples, n_outputs, n_features = values.shape[-3:]
    networks = f"{len(values)} networks, " if values.ndim == 4 else ""
    return f"{networks}{n_samples} samples, {n_outputs} outputs, {n_features} features"


def _by_sample(
    values: np.ndarray, figures: dict[str, np.ndarray], name: str, names: list[str] | None
) -> dict:
    """A row for each sample and output, with a column for each feature."""
    *shape, n_features = values.shape
    places = np.indices(shape).reshape(len(shape), -1)
    columns = dict(zip(("network", "sample", "output")[-len(shape) :], places, strict=True))
    columns |= {key: figure.ravel() for key, figure in figures.items()}
    flat = values.reshape(-1, n_features)
    features = columns_by_name(names, name, n_features, list(columns))
    return columns | dict(zip(features, flat.T, strict=True))
