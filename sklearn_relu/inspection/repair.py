"""New weights for dead units."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from sklearn_relu.initializers import INITIALIZERS
from sklearn_relu.inspection.model import Network, editable_params, fitted_network, make_editable
from sklearn_relu.inspection.report import Report, by_layer, without_axis_of_one
from sklearn_relu.inspection.units import check_units_are_alike, dead_units

FARTHEST = 20
"""Powers of 2 up to this one are tried as what the middle summed input should be."""


@dataclass(frozen=True, eq=False, repr=False)
class RepairReport(Report):
    """The units that were repaired.

    Attributes
    ----------
    n_repaired : ndarray of int of shape (n_hidden_layers,) or (n_networks, n_hidden_layers)
    unit_repaired : tuple of ndarray of bool of shape (n_units,) or (n_networks, n_units)
        One a hidden layer.
    """

    n_repaired: np.ndarray
    unit_repaired: tuple[np.ndarray, ...]

    def _title(self):
        return f"{self.n_repaired.sum()} units"

    def _columns(self):
        return by_layer({"repaired": self.n_repaired})


def repair_dead_units(model, X, *, random_state=None) -> RepairReport:
    """Give dead units new weights with which they fire, in place.

    A dead unit gives exactly 0 on every row of X. It gets new incoming weights, as
    ``initialization="auto"`` draws them, and a bias with which it fires on about half of the rows;
    its outgoing weights become 0, so that the network can learn what it is good for. Go on with
    ``partial_fit``, or ``fit`` under ``warm_start=True``.

    **What is kept:** the raw outputs, and so the predictions, on all rows of X, exactly: what a
    dead unit passed on was 0, and is 0. So they are on every input on which the unit was silent.
    On an input for which it did fire, which is none of X, its contribution is lost. The
    activations of all other units on X are kept likewise.

    Parameters
    ----------
    model : estimator
        Fitted; an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a
        Pipeline that ends in one. Its ``coefs_`` and ``intercepts_`` are changed; of a model that
        is read-only, as when it is mapped from a file, they become copies.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The training data.
    random_state : int, RandomState or None, default=None
        Draws the weights.

    Returns
    -------
    report : RepairReport

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network.
    ValueError
        If the units of a layer depend on each other, or weights are tied.
    """
    rng = check_random_state(random_state)
    seen = fitted_network(model, X)
    check_units_are_alike(seen, "repair_dead_units")
    make_editable(model)
    network = Network(seen.layers, editable_params(model), seen.X)
    repaired = []
    # Layer by layer: what repaired units give reaches dead units of the next layer only.
    for i, layer in enumerate(network.hidden_layers):
        dead = dead_units(network)[i]
        for k, units in enumerate(dead):
            outgoing = layer.columns_of(np.flatnonzero(units), layer.gives)
            network.params[i + 1]["weight"][k, outgoing] = 0
        _renew(network, i, dead, rng)
        repaired.append(dead & ~dead_units(network)[i])
    counts = [units.sum(axis=1, keepdims=True) for units in repaired]
    n_repaired = np.concatenate([np.zeros((network.n_networks, 0), int), *counts], axis=1)
    return RepairReport(
        without_axis_of_one(n_repaired), tuple(without_axis_of_one(each) for each in repaired)
    )


def _renew(network: Network, i: int, dead: np.ndarray, rng: np.random.RandomState) -> None:
    """Draw the weights of a layer's dead units (n_networks, n_units), and find their biases."""
    layer, arrays = network.layers[i], network.params[i]
    initializer = INITIALIZERS[layer.activation.initialization]()
    for k, units in enumerate(dead):
        incoming = layer.columns_of(np.flatnonzero(units), layer.memory()["z"])
        drawn = np.empty(arrays["weight"].shape[1:])
        initializer.fill(drawn, layer.activation.gain, rng)
        arrays["weight"][k][:, incoming] = drawn[:, incoming]
        arrays["bias"][k, 0, incoming] = 0
    if not dead.any():
        return
    z = np.concatenate([trace.z[i] for _, trace in network.traces()], axis=1)
    middle = np.median(z, axis=1)
    # Where half of the rows are above 0 most units fire; others have another threshold.
    powers = 2.0 ** np.arange(FARTHEST)
    for offset in (0.0, *np.column_stack([powers, -powers]).ravel()):
        for k, units in enumerate(dead):
            incoming = layer.columns_of(np.flatnonzero(units), layer.memory()["z"])
            arrays["bias"][k, 0, incoming] = offset - middle[k, incoming]
        dead = dead & dead_units(network)[i]
        if not dead.any():
            return
