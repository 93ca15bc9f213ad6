"""Gates of recurrent layers: how often they are closed, and open."""

from dataclasses import dataclass

import numpy as np

from sklearn_relu.inspection.model import fitted_network
from sklearn_relu.inspection.report import Report, percent, without_axis_of_one

CLOSED, OPEN = 0.1, 0.9
"""A gate is closed below the one, and open above the other (Karpathy, Johnson & Li 2015)."""


@dataclass(frozen=True, eq=False, repr=False)
class GateReport(Report):
    """How often the gates of an LSTM are closed and open, over all units, series and steps.

    A gate that is always closed or always open learns nothing, for its derivative is near 0. A gate
    that keeps the cell and is open holds what it has for many steps. With one network the arrays
    have no network axis.

    Attributes
    ----------
    gates : tuple of str
        "write (i)", "keep (f)" and "show (o)".
    closed, opened : ndarray of shape (n_layers, 3) or (n_networks, n_layers, 3)
        Share of the values below 0.1, and above 0.9.
    mean : ndarray of shape (n_layers, 3) or (n_networks, n_layers, 3)
        Of the values.

    References
    ----------
    Karpathy, Johnson & Li (2015), Visualizing and understanding recurrent networks, section 4.2.
    """

    gates: tuple[str, ...]
    closed: np.ndarray
    opened: np.ndarray
    mean: np.ndarray

    def _title(self):
        return f"{percent(self.closed.mean())} closed, {percent(self.opened.mean())} open"

    def _columns(self):
        shape = self.mean.shape
        names = ("network", "layer", "gate")[-len(shape) :]
        places = np.indices(shape).reshape(len(shape), -1)
        columns: dict = dict(zip(names, places, strict=True))
        columns["layer"] = columns["layer"] + 1
        columns["gate"] = np.array(self.gates)[columns["gate"]]
        figures = {"closed": self.closed, "open": self.opened, "mean": self.mean}
        return columns | {name: values.ravel() for name, values in figures.items()}


def gate_report(model, X) -> GateReport:
    """How often the gates of an LSTM are closed and open for X.

    Parameters
    ----------
    model : estimator
        Fitted; an RNNClassifier or RNNRegressor with ``cell="lstm"``, or a Pipeline that ends in
        one.
    X : array-like or list of array-like
        Series as in ``fit``, of equal or of unequal lengths.

    Returns
    -------
    report : GateReport

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network with gates.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu import RNNRegressor
    >>> from sklearn_relu.inspection import gate_report
    >>> X = np.random.default_rng(0).normal(size=(100, 12))
    >>> model = RNNRegressor(8, cell="lstm", max_iter=30, random_state=0).fit(X, X.mean(axis=1))
    >>> gate_report(model, X).mean.shape
    (1, 3)
    """
    network = fitted_network(model, X)
    found: dict[str, dict[int, _Shares]] = {}
    for _, trace in network.traces():
        for i, layer in enumerate(network.hidden_layers):
            for gate, values in layer.gates(trace.z[i], trace.params[i]).items():
                found.setdefault(gate, {}).setdefault(i, _Shares()).add(trace.rows(i, values))
    if not found:
        raise TypeError(
            f"gate_report needs a network with gates; got {model!r}. Fit an RNNClassifier or "
            "RNNRegressor with cell='lstm'."
        )
    of_gates = [[shares.means for shares in layers.values()] for layers in found.values()]
    figures = np.transpose(of_gates, (2, 3, 1, 0))  # from (n_gates, n_layers, 3, n_networks)
    return GateReport(tuple(found), *map(without_axis_of_one, figures))


class _Shares:
    """Sums over the values of one gate: those that are closed, those that are open, and all."""

    def __init__(self) -> None:
        self.sums, self.n_values = np.zeros(()), 0

    def add(self, values: np.ndarray) -> None:
        """Add values (n_networks, n_rows, width)."""
        of_each = values < CLOSED, values > OPEN, values
        self.sums = self.sums + [each.sum(axis=(1, 2), dtype=np.float64) for each in of_each]
        self.n_values += values[0].size

    @property
    def means(self) -> np.ndarray:
        """Of shape (3, n_networks)."""
        return self.sums / self.n_values
