"""How initial weights keep, shrink or blow up the signal, forward and back."""

from dataclasses import dataclass

import numpy as np

from sklearn_relu.inspection.model import initial_problem
from sklearn_relu.inspection.moments import Moments
from sklearn_relu.inspection.report import Report, by_layer, without_axis_of_one
from sklearn_relu.network.trace import back


@dataclass(frozen=True, eq=False, repr=False)
class SignalReport(Report):
    """The variance of the signal in each hidden layer before training.

    A good initialization keeps both about equal from layer to layer. With one network the arrays
    have no network axis.

    Of a recurrent layer all steps that series have count, each as a sample.

    Attributes
    ----------
    forward : ndarray of shape (n_hidden_layers,) or (n_networks, n_hidden_layers)
        Variance of the layer's summed inputs over its units and the samples.
    backward : ndarray of shape (n_hidden_layers,) or (n_networks, n_hidden_layers)
        Mean square of the gradient for the layer's summed inputs, where that for the last hidden
        layer's activations is standard normal noise.
    layer_kinds : tuple of str
        The kind of each hidden layer, such as "convolution"; empty where all layers of the network
        are of one kind.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, section 4.2.1. He, Zhang, Ren & Sun (2015), Delving deep into rectifiers, section 2.2.
    """

    forward: np.ndarray
    backward: np.ndarray
    layer_kinds: tuple[str, ...] = ()

    @property
    def forward_ratio(self) -> float:
        """The last hidden layer's forward variance over the first's; of an ensemble, the geometric
        mean."""
        return _ratio(self.forward, -1, 0)

    @property
    def backward_ratio(self) -> float:
        """The first hidden layer's backward variance over the last's; of an ensemble, the
        geometric mean."""
        return _ratio(self.backward, 0, -1)

    def _title(self):
        if not self.forward.size:
            return "no hidden layers"
        return f"forward x {self.forward_ratio:.3g}, backward x {self.backward_ratio:.3g}"

    def _columns(self):
        figures = {"forward_variance": self.forward, "backward_variance": self.backward}
        return by_layer(figures, self.layer_kinds)


def signal_report(model, X, y=None) -> SignalReport:
    """The variance of signals and gradients in each layer at the start of training.

    For choosing an initialization before training: no target is needed.

    Parameters
    ----------
    model : estimator
        An MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a Pipeline that
        ends in one. It need not be fitted, and is not changed; the weights are those that ``fit``
        would start with, from the same `random_state`.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Only for steps before the network that need it, and for an initialization that depends on
        the number of outputs.

    Returns
    -------
    report : SignalReport

    Raises
    ------
    TypeError
        If the model does not end in a network.
    ValueError
        As ``fit`` for parameters or data that cannot be used.
    """
    problem = initial_problem(model, X, y)
    network = problem.network
    n, hidden = network.n_networks, network.hidden_layers
    noise = np.random.default_rng(0)
    sums, gradients = ([Moments(n) for _ in hidden] for _ in range(2))
    for _, trace in network.traces() if hidden else ():
        last = trace.a[-2]
        grads = back(trace, noise.standard_normal(last.shape).astype(last.dtype), start=-2).z
        for i, grad in enumerate(grads):
            sums[i].add(trace.rows(i, trace.z[i]).reshape(n, -1, 1))
            gradients[i].add(trace.rows(i, grad).reshape(n, -1, 1))
    forward = _by_layer([of_layer.variance for of_layer in sums], n)
    backward = _by_layer([of_layer.variance + of_layer.mean**2 for of_layer in gradients], n)
    figures = without_axis_of_one(forward), without_axis_of_one(backward)
    return SignalReport(*figures, network.layer_kinds[:-1])


def _by_layer(figures: list[np.ndarray], n_networks: int) -> np.ndarray:
    """Figures (n_networks, 1) of each layer as one array."""
    return np.concatenate([np.zeros((n_networks, 0)), *figures], axis=1)


def _ratio(variances: np.ndarray, of: int, to: int) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.exp(np.mean(np.log(variances[..., of] / variances[..., to]))))
