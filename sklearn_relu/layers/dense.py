"""The fully connected layer."""

from functools import partial

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.activations import Activation
from sklearn_relu.kernels import Call
from sklearn_relu.layers.base import Block, Layer, SparseBatch


class Dense(Layer):
    """A fully connected layer: ``a = activation(x @ weight + bias)``.

    Parameters
    ----------
    fan_in : int
        Width of the input.
    n_units : int
    activation : Activation
    """

    def __init__(self, fan_in: int, n_units: int, activation: Activation):
        self.fan_in = fan_in
        self.n_units = n_units
        self.activation = activation
        self.input_width = activation.input_width(n_units)
        self.output_width = activation.output_width(n_units)
        self.shares_memory = not activation.needs_summed_input
        self._blocks = {
            "weight": Block((fan_in, self.input_width), "weight"),
            "bias": Block((1, self.input_width), "bias"),
        }
        for name, shape in activation.parameter_shapes(n_units).items():
            self._blocks[name] = Block((1, *shape), "activation")

    def by_unit(self, columns: np.ndarray) -> np.ndarray:
        """Columns of summed inputs or of activations (..., width), a unit's own next to each other.

        A unit's are n_units apart, see Maxout and CReLU.

        Returns
        -------
        by_unit : ndarray of shape (..., width / n_units, n_units)
        """
        return columns.reshape(*columns.shape[:-1], -1, self.n_units)

    def parameter_blocks(self):
        """Weights, biases, and what the activation learns."""
        return self._blocks

    @property
    def multiplications(self):
        """Of its product, for one row."""
        return self.fan_in * self.input_width

    def forward(self, x, out, params, noise=None):
        """``z = x @ weight + bias``, then the activation."""
        activate = self.activation.bias_forward
        return [
            _product(x, params["weight"], out.z),
            partial(activate, out.z, params["bias"], out.a, params, noise),
        ]

    def backward(self, x, out, grad_out, grad_x, params, grad_params):
        """The chain rule through the activation, the bias, the weights and the input."""
        activation, grad_bias = self.activation, grad_params["bias"]
        calls: list[Call] = [_transposed_product(x, out.grad_z, grad_params["weight"])]
        if activation.passes_through:
            calls.insert(0, partial(kernels.sum_samples, out.grad_z, grad_bias))
        else:
            arguments = out.z, out.a, grad_out, out.grad_z, grad_bias, params, grad_params
            calls.insert(0, partial(activation.bias_backward, *arguments))
        if grad_x is not None:
            calls.append(kernels.product(out.grad_z, params["weight"].swapaxes(1, 2), grad_x))
        return calls


def _product(x: np.ndarray | SparseBatch, weight: np.ndarray, out: np.ndarray) -> Call:
    if isinstance(x, np.ndarray):
        return kernels.product(x, weight, out)
    return partial(_sparse_product, x, weight, out)


def _transposed_product(x: np.ndarray | SparseBatch, grad_z: np.ndarray, out: np.ndarray) -> Call:
    if isinstance(x, np.ndarray):
        return kernels.product(x.swapaxes(1, 2), grad_z, out)
    return partial(_sparse_transposed_product, x, grad_z, out)


# scipy has no product into given memory.


def _sparse_product(x: SparseBatch, weight: np.ndarray, out: np.ndarray) -> None:
    for matrix, w, z in zip(x, weight, out, strict=True):
        z[...] = matrix @ w


def _sparse_transposed_product(x: SparseBatch, grad_z: np.ndarray, out: np.ndarray) -> None:
    for matrix, grad, w in zip(x, grad_z, out, strict=True):
        w[...] = matrix.T @ grad
