"""Activations of hidden units: exact zeros, dead and saturated units, their spread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.inspection.model import Network, fitted_network
from sklearn_relu.inspection.moments import Moments, effective_rank
from sklearn_relu.inspection.report import (
    Report,
    by_layer,
    frame_of,
    percent,
    without_axis_of_one,
)
from sklearn_relu.layers import Layer

SATURATED_WITHIN = 0.01
"""An activation is saturated if it is so near to a bound, as a share of the largest bound."""


@dataclass(frozen=True, eq=False, repr=False)
class ActivationReport(Report):
    """Exact zeros, dead and saturated units among the hidden activations.

    A unit is silent on a row where its activation is exactly 0, and fires where it is not. One with
    two activations, as under CReLU, is silent where both are 0; its other figures are means over
    the two, and its standard deviation is that of both together. Arrays of layers are of shape
    (n_hidden_layers,), or (n_networks, n_hidden_layers) for an ensemble. Those of units are tuples
    with one array a hidden layer, of shape (n_units,) or (n_networks, n_units). Of a recurrent
    layer each step that a series has is a row.

    Attributes
    ----------
    sparsity : float
        Share of exact zeros among all hidden activations, of all networks; 0 without hidden layers.
    dead : float
        Share of dead units among all hidden units: those that fire on no row.
    saturated : float
        Share of saturated activations: within 1 % of a bound, such as -1 and 1 for tanh; 1 % of
        the largest absolute bound. A rectifier's exact zeros are no saturation.
    layer_sparsity, layer_dead, layer_saturated : ndarray
        The same for each layer.
    layer_always_active : ndarray
        Share of units that fire on all rows: all of them for an activation without exact zeros.
    layer_mean, layer_sd : ndarray
        Of all activations of the layer.
    layer_effective_rank : ndarray
        In how many directions the layer's activations vary: the exponential of the entropy of the
        singular values of the centred activations, over their sum (Roy & Vetterli 2007, equation
        3). From 0, for constant activations, to the layer's width.
    unit_zeros, unit_saturated : tuple of ndarray
        Shares of rows on which the unit is silent, and on which it is saturated.
    unit_mean, unit_sd : tuple of ndarray
        Of a unit's activations over the rows.
    layer_kinds : tuple of str
        The kind of each hidden layer, such as "convolution" or "max_pooling"; empty where all
        layers of the network are of one kind.

    References
    ----------
    Roy & Vetterli (2007), The effective rank: a measure of effective dimensionality.
    """

    sparsity: float
    dead: float
    saturated: float
    layer_sparsity: np.ndarray
    layer_dead: np.ndarray
    layer_always_active: np.ndarray
    layer_saturated: np.ndarray
    layer_mean: np.ndarray
    layer_sd: np.ndarray
    layer_effective_rank: np.ndarray
    unit_zeros: tuple[np.ndarray, ...]
    unit_saturated: tuple[np.ndarray, ...]
    unit_mean: tuple[np.ndarray, ...]
    unit_sd: tuple[np.ndarray, ...]
    layer_kinds: tuple[str, ...] = ()

    @property
    def unit_firing_rate(self) -> tuple[np.ndarray, ...]:
        """Share of the rows on which each unit fires."""
        return tuple(1 - zeros for zeros in self.unit_zeros)

    @property
    def unit_dead(self) -> tuple[np.ndarray, ...]:
        """Whether each unit fires on no row."""
        return tuple(zeros == 1 for zeros in self.unit_zeros)

    @property
    def unit_always_active(self) -> tuple[np.ndarray, ...]:
        """Whether each unit fires on all rows."""
        return tuple(zeros == 0 for zeros in self.unit_zeros)

    def to_frame(self, by="layer"):
        """The report as a data frame.

        Parameters
        ----------
        by : {"layer", "unit"}, default="layer"
            What has a row.

        Returns
        -------
        frame : pandas.DataFrame

        Raises
        ------
        ValueError
            For another value of `by`.
        """
        if by == "layer":
            return super().to_frame()
        if by != "unit":
            raise ValueError(f"by must be 'layer' or 'unit'; got {by!r}.")
        return frame_of(self._unit_columns())

    def _title(self):
        return (
            f"{percent(self.sparsity)} exact zeros, {percent(self.dead)} dead units, "
            f"{percent(self.saturated)} saturated"
        )

    def _columns(self):
        widths = [unit.shape[-1] for unit in self.unit_zeros]
        return by_layer(
            {
                "units": np.broadcast_to(np.array(widths, int), self.layer_sparsity.shape),
                "zeros": self.layer_sparsity,
                "dead": self.layer_dead,
                "always_active": self.layer_always_active,
                "saturated": self.layer_saturated,
                "mean": self.layer_mean,
                "sd": self.layer_sd,
                "effective_rank": self.layer_effective_rank,
            },
            self.layer_kinds,
        )

    def _unit_columns(self) -> dict[str, Sequence]:
        shapes = [zeros.shape for zeros in self.unit_zeros]

        def column(arrays):
            return np.concatenate([np.ravel(array) for array in arrays] or [np.empty(0)])

        columns = {
            "layer": column(np.full(s, i) for i, s in enumerate(shapes, 1)).astype(int),
            **self._kinds_of_units(shapes),
            "unit": column(np.broadcast_to(np.arange(s[-1]), s) for s in shapes).astype(int),
            "zeros": column(self.unit_zeros),
            "firing_rate": column(self.unit_firing_rate),
            "dead": column(self.unit_dead).astype(bool),
            "always_active": column(self.unit_always_active).astype(bool),
            "saturated": column(self.unit_saturated),
            "mean": column(self.unit_mean),
            "sd": column(self.unit_sd),
        }
        if self.layer_sparsity.ndim == 2:
            networks = column(np.broadcast_to(np.arange(s[0])[:, None], s) for s in shapes).astype(
                int
            )
            columns = {"network": networks} | columns
        return columns

    def _kinds_of_units(self, shapes) -> dict[str, np.ndarray]:
        if not self.layer_kinds:
            return {}
        sizes = [math.prod(shape) for shape in shapes]
        return {"kind": np.repeat(np.array(self.layer_kinds), sizes)}


@dataclass(frozen=True)
class UnitShares:
    """Shares of rows of one layer.

    Attributes
    ----------
    zeros : ndarray of shape (n_networks, output_width)
        Of each activation.
    silent, saturated : ndarray of shape (n_networks, n_units)
        Of each unit.
    """

    zeros: np.ndarray
    silent: np.ndarray
    saturated: np.ndarray


def unit_shares(model, X) -> list[UnitShares]:
    """Exact zeros and saturated activations of each hidden unit: the cheap part of the report.

    Parameters
    ----------
    model : estimator
    X : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    shares : list of UnitShares
        One a hidden layer.
    """
    return _measure(fitted_network(model, X), moments=False)[0]


def activation_report(model, X) -> ActivationReport:
    """Exact zeros, dead and saturated units among the hidden activations for X.

    Parameters
    ----------
    model : estimator
        Fitted; an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a
        Pipeline that ends in one, whose earlier steps transform X.
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
        If the model does not end in a network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import MLPClassifier, activation_report
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((10,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> activation_report(model, X).unit_firing_rate[0].shape
    (10,)
    """
    network = fitted_network(model, X)
    shares, moments = _measure(network)
    of_layers = list(zip(network.hidden_layers, moments, strict=True))
    means = [layer.by_unit(each.mean) for layer, each in of_layers]
    variances = [layer.by_unit(each.variance) for layer, each in of_layers]
    shape = (network.n_networks, 0)

    def layers(values):
        return without_axis_of_one(np.stack(values, axis=1) if values else np.zeros(shape))

    def units(values):
        return tuple(without_axis_of_one(value) for value in values)

    return ActivationReport(
        sparsity=overall([each.zeros for each in shares]),
        dead=overall([each.silent == 1 for each in shares]),
        saturated=overall([each.saturated for each in shares]),
        layer_sparsity=layers([each.zeros.mean(axis=1) for each in shares]),
        layer_dead=layers([(each.silent == 1).mean(axis=1) for each in shares]),
        layer_always_active=layers([(each.silent == 0).mean(axis=1) for each in shares]),
        layer_saturated=layers([each.saturated.mean(axis=1) for each in shares]),
        layer_mean=layers([each.mean.mean(axis=1) for each in moments]),
        layer_sd=layers(
            [np.sqrt(each.variance.mean(axis=1) + each.mean.var(axis=1)) for each in moments]
        ),
        layer_effective_rank=layers([effective_rank(each.scatter) for each in moments]),
        unit_zeros=units([each.silent for each in shares]),
        unit_saturated=units([each.saturated for each in shares]),
        unit_mean=units([mean.mean(axis=-2) for mean in means]),
        unit_sd=units(
            [
                np.sqrt(variance.mean(axis=-2) + mean.var(axis=-2))
                for variance, mean in zip(variances, means, strict=True)
            ]
        ),
        layer_kinds=network.layer_kinds[:-1],
    )


def overall(layers: Sequence[np.ndarray]) -> float:
    """The mean over all units of all layers and networks, of arrays (n_networks, width)."""
    return float(np.concatenate(layers, axis=1).mean()) if layers else 0.0


def _measure(network: Network, moments=True) -> tuple[list[UnitShares], list[Moments]]:
    """Shares and moments of each hidden layer's units, over all rows."""
    counts = [_Counts(layer) for layer in network.hidden_layers]
    spread = [Moments(network.n_networks) for _ in counts] if moments else []
    for _, trace in network.traces():
        for i, of_layer in enumerate(counts):
            rows = trace.rows(i, trace.states(i))
            of_layer.add(rows)
            if moments:
                spread[i].add(rows)
    return [of_layer.shares for of_layer in counts], spread


class _Counts:
    """Rows of one layer, counted for each activation and each unit."""

    def __init__(self, layer: Layer):
        self.layer, self.n_rows = layer, 0
        self.zeros = self.silent = self.saturated = np.zeros(())

    def add(self, a: np.ndarray) -> None:
        """Count activations (n_networks, n_rows, width)."""
        by_unit, is_zero = self.layer.by_unit, a == 0
        self.n_rows += a.shape[1]
        self.zeros = self.zeros + np.count_nonzero(is_zero, axis=1)
        silent = by_unit(is_zero).all(axis=-2)
        self.silent = self.silent + np.count_nonzero(silent, axis=1)
        near = np.count_nonzero(_is_saturated(a, self.layer.activation), axis=1)
        self.saturated = self.saturated + by_unit(near).mean(axis=-2)

    @property
    def shares(self) -> UnitShares:
        """Shares of the rows."""
        counts = self.zeros, self.silent, self.saturated
        return UnitShares(*(count / self.n_rows for count in counts))


def _is_saturated(a: np.ndarray, activation: Activation) -> np.ndarray:
    bounds = activation.saturation
    near = np.zeros(a.shape, bool)
    for bound in bounds:
        near |= np.abs(a - bound) <= SATURATED_WITHIN * max(map(abs, bounds))
    return near
