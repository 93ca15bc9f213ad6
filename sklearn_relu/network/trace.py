"""A forward and a backward pass that keep what every layer sees: for looking, not for training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sklearn_relu.layers import Arrays, Dense


@dataclass(frozen=True)
class Trace:
    """What each layer computed for some rows, network axis first.

    Attributes
    ----------
    layers : list of Dense
    params : list of dict of ndarray
    inputs : list of {ndarray of shape (n_networks or 1, n_samples, fan_in), sparse matrix}
        What each layer read; the first of them X.
    z : list of ndarray of shape (n_networks, n_samples, input_width)
        Summed inputs.
    a : list of ndarray of shape (n_networks, n_samples, output_width)
        Activations, the last ones the raw outputs.
    """

    layers: list[Dense]
    params: list[Arrays]
    inputs: list[Any]
    z: list[np.ndarray]
    a: list[np.ndarray]


@dataclass(frozen=True)
class Gradients:
    """The gradient of a sum over the rows for what each layer computed, shaped like it.

    Attributes
    ----------
    z, a : list of ndarray
        One a layer.
    """

    z: list[np.ndarray]
    a: list[np.ndarray]


def trace(layers: list[Dense], params: list[Arrays], X) -> Trace:
    """Run all layers on X.

    Parameters
    ----------
    layers : list of Dense
    params : list of dict of ndarray
        For each layer its parameters by name, network axis first.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    trace : Trace
        In X's dtype. It holds all activations: give many rows in batches.
    """
    x = X if sp.issparse(X) else np.asarray(X)[None]
    inputs, summed, activations = [], [], []
    for layer, arrays in zip(layers, params, strict=True):
        inputs.append(x)
        z = _product(x, arrays["weight"])
        z += arrays["bias"]
        a = np.empty((*z.shape[:2], layer.output_width), z.dtype)
        layer.activation.forward(z, a, arrays)
        summed.append(z)
        activations.append(a)
        x = a
    return Trace(layers, params, inputs, summed, activations)


def back(trace: Trace, grad_a: np.ndarray, start: int = -1) -> Gradients:
    """Back-propagate through a trace.

    Parameters
    ----------
    trace : Trace
    grad_a : ndarray of shape (n_networks, n_samples, output_width)
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
        grad_z = np.empty_like(trace.z[i])
        arrays = trace.params[i]
        unused = {name: np.empty_like(values) for name, values in arrays.items()}
        activation = trace.layers[i].activation
        activation.backward(trace.z[i], trace.a[i], grad_a, grad_z, arrays, unused)
        grads_z.append(grad_z)
        if i:
            grad_a = input_gradient(trace, i, grad_z)
    return Gradients(grads_z[::-1], grads_a[::-1])


def input_gradient(trace: Trace, layer: int, grad_z: np.ndarray) -> np.ndarray:
    """The gradient for what a layer read, (n_networks, n_samples, fan_in)."""
    return grad_z @ trace.params[layer]["weight"].swapaxes(1, 2)


def weight_gradient(trace: Trace, layer: int, grad_z: np.ndarray) -> np.ndarray:
    """The gradient for a layer's weights, summed over the rows: (n_networks, fan_in, width)."""
    x = trace.inputs[layer]
    if sp.issparse(x):
        return np.stack([x.T @ grad for grad in grad_z])
    return x.swapaxes(1, 2) @ grad_z


def _product(x, weight: np.ndarray) -> np.ndarray:
    if sp.issparse(x):
        return np.stack([x @ w for w in weight])
    return x @ weight
