"""A smaller network that gives the same predictions."""

import copy
from dataclasses import dataclass

import numpy as np

from sklearn_relu.estimators.fitted import Fitted, exchange
from sklearn_relu.estimators.fitted_arrays import fitted_arrays
from sklearn_relu.inspection.model import (
    Network,
    editable_params,
    final_network,
    fitted_network,
    own_network,
)
from sklearn_relu.inspection.units import check_units_are_alike, dead_units
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.network.trace import Trace

MARGIN = 0.01
"""How far a folded unit stays from the ends of its linear piece, as a share of what is known of it:
rounding must not take it to the next piece."""

LEAST_WIDTH = 1e-6
"""Units are not folded if all of their summed inputs vary by less, as a share of their size: what
is then left of their digits is too little."""


def prune(model, X):
    """A copy of a model with fewer units, whose predictions on X are the same.

    Dead units, which give exactly 0 on every row of X, are removed. A unit that is on one and the
    same linear piece on all of X (such as a ReLU that is always active) is a linear function there:
    of several of them, all are folded into as few units as the product of their incoming and
    outgoing weights has ranks, never more than the next layer has summed inputs; and one that is
    constant goes into the biases of the next layer. A layer keeps at least one unit.

    Predictions on X are equal within 1e-9 for weights in float64, and within rounding in float32.
    On inputs unlike X they may differ: a unit that was removed might fire, one that was folded
    leave its piece.

    Parameters
    ----------
    model : estimator
        Fitted; an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or a
        Pipeline that ends in one. It is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Inputs like those that the model is for, such as the training data.

    Returns
    -------
    pruned : estimator
        Of the same kind. Its network's `hidden_layer_sizes` are the new ones. An ensemble's layers
        are as wide as its widest network needs.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network.
    ValueError
        If the units of a layer depend on each other or on their place, and for an autoencoder.

    References
    ----------
    Serra, Kumar & Ramalingam (2020), Lossless compression of deep neural networks.
    """
    seen = fitted_network(model, X)
    check_units_are_alike(seen, "prune")
    if Fitted(own_network(model)).is_mirrored:
        raise ValueError(
            "prune changes the width of single layers, and an autoencoder's decoder mirrors its "
            "encoder. Fit with smaller hidden_layer_sizes."
        )
    X = seen.X.astype(np.float64)
    pruned = []
    for k in range(seen.n_networks):
        params = [
            {name: array[k : k + 1].astype(np.float64) for name, array in arrays.items()}
            for arrays in editable_params(model)
        ]
        network = Network(list(seen.layers), params, X)
        for i in range(len(network.hidden_layers)):
            _remove_dead(network, i)
            _fold_linear(network, i)
        pruned.append(network)
    return _with_networks(copy.deepcopy(model), pruned)


def _remove_dead(network: Network, i: int) -> None:
    _keep(network, i, np.flatnonzero(~dead_units(network)[i][0]))


def _keep(network: Network, i: int, units: np.ndarray) -> None:
    """Keep only some of a layer's units; if there are none, one that gives nothing."""
    layer, arrays, above = network.layers[i], network.params[i], network.params[i + 1]
    if not len(units):
        units = np.array([0])
        above["weight"][:] = 0
    incoming = layer.columns_of(units, layer.memory()["z"])
    outgoing = layer.columns_of(units, layer.gives)
    network.params[i] = {
        name: array[
            ..., incoming if name in ("weight", "bias") else _of_params(units, array, layer)
        ]
        for name, array in arrays.items()
    }
    network.params[i + 1] = above | {"weight": above["weight"][:, outgoing]}
    network.layers[i] = layer.resized(layer.reads, len(units))
    following = network.layers[i + 1]
    network.layers[i + 1] = following.resized(network.layers[i].gives, following.n_units)


def _of_params(units: np.ndarray, array: np.ndarray, layer: Layer):
    """Where the units' learned parameters are; all, if the layer shares one."""
    return units if array.shape[-1] == layer.n_units else slice(None)


@dataclass(frozen=True)
class _Pieces:
    """The linear pieces of a layer's units on X, each array of shape (n_units,).

    Where `is_single`, ``a = slope * z + offset`` on all of X; `low` and `high` bound z.
    """

    is_single: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def is_constant(self) -> np.ndarray:
        """Whether the unit gives the same on all of X."""
        return self.is_single & ((self.slope == 0) | (self.low == self.high))

    @property
    def widths(self) -> np.ndarray:
        """How wide the known part of each piece is for how far it is from 0."""
        farthest = np.maximum(np.abs(self.low), np.abs(self.high))
        return np.divide(
            self.high - self.low, farthest, out=np.zeros_like(farthest), where=farthest > 0
        )


def _fold_linear(network: Network, i: int) -> None:
    """Fold the units of a layer that are on one linear piece on all of X."""
    layer = network.layers[i]
    is_one_to_one = layer.memory()["z"] == layer.gives == layer.n_units
    if not (layer.is_piecewise_linear and is_one_to_one):
        return
    pieces = _pieces(network, i)
    outgoing = network.params[i + 1]["weight"][0]
    bias_above = network.params[i + 1]["bias"][0, 0]
    constant = np.flatnonzero(pieces.is_constant)
    bias_above += (pieces.slope * pieces.low + pieces.offset)[constant] @ outgoing[constant]
    gone = constant
    linear = np.flatnonzero(pieces.is_single & ~pieces.is_constant)
    if len(linear):
        weight, bias = network.params[i]["weight"][0], network.params[i]["bias"][0, 0]
        slopes = pieces.slope[linear]
        left, right = _factors(weight[:, linear], slopes[:, None] * outgoing[linear])
        host = linear[pieces.widths[linear].argmax()]
        # Where they pass nothing on the rank is 0, and only their constants are kept.
        if len(right) < len(linear) and (not len(right) or pieces.widths[host] > LEAST_WIDTH):
            bias_above += (slopes * bias[linear] + pieces.offset[linear]) @ outgoing[linear]
            if len(right):
                _put_in(network, i, linear[: len(right)], left, right, pieces, host)
            gone = np.concatenate([gone, linear[len(right) :]])
    if len(gone):
        _keep(network, i, np.setdiff1d(np.arange(layer.n_units), gone))


def _pieces(network: Network, i: int) -> _Pieces:
    layer = network.layers[i]
    single = np.ones(layer.n_units, bool)
    low, high = np.full(layer.n_units, np.inf), np.full(layer.n_units, -np.inf)
    first = slope = offset = np.zeros(0)
    for rows, trace in network.traces():
        z, a = trace.z[i], trace.a[i]
        piece = trace.linear_pieces(i)[0]
        if not rows.start:
            first, slope = piece[0], _slopes(trace, i)[0, 0]
            offset = a[0, 0] - slope * z[0, 0]
        single &= (piece == first).all(axis=0)
        low, high = np.minimum(low, z[0].min(axis=0)), np.maximum(high, z[0].max(axis=0))
    return _Pieces(single, slope, offset, low, high)


def _slopes(trace: Trace, i: int) -> np.ndarray:
    """The derivative of a layer's activations, like its summed inputs."""
    z, a, params = trace.z[i], trace.a[i], trace.params[i]
    return trace.layers[i].look_back(z, a, np.ones_like(a), params)


def _factors(incoming: np.ndarray, outgoing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The product of two matrices as one of two that are as narrow as its rank."""
    product = incoming @ outgoing
    left, sizes, right = np.linalg.svd(product, full_matrices=False)
    rounding = sizes.max(initial=0) * max(product.shape) * np.finfo(product.dtype).eps
    rank = np.count_nonzero(sizes > rounding)
    return left[:, :rank], sizes[:rank, None] * right[:rank]


def _put_in(
    network: Network,
    i: int,
    units: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    pieces: _Pieces,
    host: int,
) -> None:
    """Let some units of a layer add ``x @ left @ right`` to the next layer's summed inputs.

    Each stays on the linear piece of the unit `host`, whose learned parameters it takes over: its
    summed inputs are mapped to those that the host is known to have.
    """
    arrays, above = network.params[i], network.params[i + 1]
    margin = MARGIN * (pieces.high[host] - pieces.low[host])
    low, high = pieces.low[host] + margin, pieces.high[host] - margin
    projections = [
        (trace.inputs[i] @ left).reshape(-1, len(units)) for _, trace in network.traces()
    ]
    lowest = np.min([each.min(axis=0) for each in projections], axis=0)
    highest = np.max([each.max(axis=0) for each in projections], axis=0)
    varies = highest > lowest
    scale = np.divide(high - low, highest - lowest, out=np.ones(len(units)), where=varies)
    shift = np.where(varies, low, (low + high) / 2) - scale * lowest
    arrays["weight"][0][:, units] = scale * left
    arrays["bias"][0, 0, units] = shift
    for name, array in arrays.items():
        if name not in ("weight", "bias") and array.shape[-1] == network.layers[i].n_units:
            array[..., units] = array[..., [host]]
    passed_on = right / (pieces.slope[host] * scale)[:, None]
    above["weight"][0][units] = passed_on
    above["bias"][0, 0] -= (pieces.slope[host] * shift + pieces.offset[host]) @ passed_on


def _with_networks(model, networks: list[Network]):
    """The model with other networks: a stack as wide as its widest."""
    estimator = final_network(model)
    n_hidden = len(networks[0].hidden_layers)
    sizes = [max(each.layers[i].n_units for each in networks) for i in range(n_hidden)]
    padded = [_padded(network, sizes) for network in networks]
    stacked = [
        {name: np.concatenate([params[i][name] for params in padded]) for name in arrays}
        for i, arrays in enumerate(padded[0])
    ]
    dtype = estimator.coefs_[0].dtype
    cast = [{name: array.astype(dtype) for name, array in arrays.items()} for arrays in stacked]
    fitted = fitted_arrays(networks[0].layers, cast)
    exchange(estimator, fitted, sizes)
    return model


def _padded(network: Network, sizes: list[int]) -> list[Arrays]:
    """Parameters of a network whose hidden layers have so many units, the new ones giving 0 on."""
    params = [dict(arrays) for arrays in network.params]
    for i, (layer, size) in enumerate(zip(network.hidden_layers, sizes, strict=True)):
        units = np.append(np.arange(layer.n_units), np.full(size - layer.n_units, 0))
        is_new = np.arange(size) >= layer.n_units
        incoming = layer.columns_of(units, layer.memory()["z"])
        outgoing = layer.columns_of(units, layer.gives)
        for name, array in params[i].items():
            chosen = incoming if name in ("weight", "bias") else _of_params(units, array, layer)
            params[i][name] = array[..., chosen]
        weight = params[i + 1]["weight"][:, outgoing]
        weight[:, np.resize(is_new, len(outgoing))] = 0
        params[i + 1]["weight"] = weight
    return params
