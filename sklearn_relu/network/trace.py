"""A forward and a backward pass that keep what every layer sees: for looking, not for training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.network.inference import n_networks_of

MOST_NUMBERS = 2**24
"""Numbers that a look holds at once, about, of all that the layers compute."""


def rows_at_once(layers: list[Layer], n_networks: int, least: int, most: int) -> int:
    """The number of rows to look at, so that memory does not grow with the size of images.

    Parameters
    ----------
    layers : list of Layer
    n_networks : int
    least, most : int
        Bounds on the number.
    """
    width = n_networks * sum(layer.memory()["z"] + layer.gives + layer.scratch for layer in layers)
    return min(most, max(least, MOST_NUMBERS // width))


@dataclass(frozen=True)
class Trace:
    """The numbers that each layer computed for some rows, network axis first.

    Attributes
    ----------
    layers : list of Layer
    params : list of dict of ndarray
    inputs : list of {ndarray of shape (n_networks or 1, n_samples, width), sparse matrix}
        The input of each layer; the first of them X.
    z : list of ndarray of shape (n_networks, n_samples, columns)
        Summed inputs.
    a : list of ndarray of shape (n_networks, n_samples, width)
        Activations, the last ones the raw outputs.
    """

    layers: list[Layer]
    params: list[Arrays]
    inputs: list[Any]
    z: list[np.ndarray]
    a: list[np.ndarray]

    def linear_pieces(self, i: int) -> np.ndarray:
        """The linear piece that each summed input of a layer is on, see :class:`Layer`."""
        return self.layers[i].linear_pieces(self.inputs[i], self.z[i], self.a[i], self.params[i])

    def states(self, i: int) -> np.ndarray:
        """The activations of a layer's units, at all steps where it reads series."""
        return self.layers[i].states(self.z[i], self.a[i], self.params[i])

    def rows(self, i: int, values: np.ndarray) -> np.ndarray:
        """Numbers of a layer as rows to count and to average.

        Parameters
        ----------
        i : int
            The layer.
        values : ndarray of shape (n_networks, n_samples, columns)
            Shaped like its summed inputs, or its :meth:`states`.

        Returns
        -------
        rows : ndarray of shape (n_networks, n_rows, columns of a row)
            A row for each sample; where the layer reads series, for each step that a series has.
        """
        steps = self.layers[i].steps_of(self.inputs[i])
        if steps is None:
            return values
        return values.reshape(len(values), *steps.shape, -1)[:, steps]


@dataclass(frozen=True)
class Gradients:
    """The gradient of a sum over the rows for the numbers of each layer, shaped like them.

    Attributes
    ----------
    z, a : list of ndarray
        One a layer.
    """

    z: list[np.ndarray]
    a: list[np.ndarray]


def trace(layers: list[Layer], params: list[Arrays], X: Any) -> Trace:
    """Run all layers on X.

    Parameters
    ----------
    layers : list of Layer
    params : list of dict of ndarray
        For each layer its parameters by name, network axis first.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    trace : Trace
        In X's dtype. It holds all activations: give many rows in batches.
    """
    x = X if sp.issparse(X) else np.asarray(X)[None]
    n_networks = n_networks_of(params)
    inputs, summed, activations = [], [], []
    for layer, arrays in zip(layers, params, strict=True):
        inputs.append(x)
        looked = layer.look(x, arrays)
        # Of what all networks read, a layer without parameters makes one for all.
        z, x = (np.repeat(e, n_networks, axis=0) if len(e) < n_networks else e for e in looked)
        summed.append(z)
        activations.append(x)
    return Trace(layers, params, inputs, summed, activations)


def back(trace: Trace, grad_a: np.ndarray, start: int = -1) -> Gradients:
    """Back-propagate through a trace.

    Parameters
    ----------
    trace : Trace
    grad_a : ndarray of shape (n_networks, n_samples, width)
        The gradient for the activations of one layer: of the raw outputs, unless `start` says
        another.
    start : int, default=-1
        The layer whose activations it is for.

    Returns
    -------
    gradients : Gradients
        For the layers up to that one.
    """
    n_layers = range(len(trace.layers))[start] + 1
    grads_z, grads_a = [], []
    for i in reversed(range(n_layers)):
        grads_a.append(grad_a)
        layer, z, a, arrays = trace.layers[i], trace.z[i], trace.a[i], trace.params[i]
        grads_z.append(layer.look_back(z, a, grad_a, arrays))
        if i:
            grad_a = input_gradient(trace, i, grads_z[-1])
    return Gradients(grads_z[::-1], grads_a[::-1])


def input_gradient(trace: Trace, layer: int, grad_z: np.ndarray) -> np.ndarray:
    """The gradient for the input of a layer, (n_networks, n_samples, width)."""
    x, z, params = trace.inputs[layer], trace.z[layer], trace.params[layer]
    return trace.layers[layer].input_gradient(x, z, grad_z, params)


def weight_gradients(trace: Trace, layer: int, grad_z: np.ndarray) -> Arrays:
    """The gradients for a layer's weights, summed over the rows, by name."""
    return trace.layers[layer].weight_gradients(trace.inputs[layer], grad_z, trace.params[layer])
