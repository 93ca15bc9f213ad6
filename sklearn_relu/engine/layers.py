"""Layers: what one layer computes, forward and backward, for a whole stack of networks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sklearn_relu.activations import Activation
from sklearn_relu.activations.base import Arrays
from sklearn_relu.engine import kernels

SparseBatch = list[sp.csr_array]
"""A batch of sparse rows: one matrix of shape (n_samples, n_features) for each network."""


@dataclass(frozen=True)
class Block:
    """One parameter array of a layer: its shape in one network, and which kind it is.

    `kind` is "weight", "bias" or "activation": the order of the flat parameter array.
    """

    shape: tuple[int, ...]
    kind: str


@dataclass(frozen=True)
class Output:
    """What a layer writes: summed inputs, activations, and scratch for the gradient of the former.

    All are (n_networks, n_samples, width); `a` is `z` where the activation allows it.
    """

    z: np.ndarray
    a: np.ndarray
    grad_z: np.ndarray | None = None


class Layer(ABC):
    """One layer of every network in a stack. It holds shapes; parameters and buffers are given."""

    @abstractmethod
    def parameter_blocks(self) -> dict[str, Block]:
        """The parameters of one network's layer, by name."""

    @abstractmethod
    def forward(self, x, out: Output, params: Arrays, noise=None) -> None:
        """Overwrite `out.z` and `out.a`."""

    @abstractmethod
    def backward(
        self,
        x,
        out: Output,
        grad_out: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grad_params: Arrays,
    ) -> None:
        """Overwrite `grad_params` and, unless it is None, `grad_x`, given the gradient of `out.a`.

        `grad_x` may be the memory of `grad_out`.
        """


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

    def parameter_blocks(self):
        """Weights, biases, and what the activation learns."""
        blocks = {
            "weight": Block((self.fan_in, self.input_width), "weight"),
            "bias": Block((1, self.input_width), "bias"),
        }
        for name, shape in self.activation.parameter_shapes(self.n_units).items():
            blocks[name] = Block((1, *shape), "activation")
        return blocks

    def forward(self, x, out, params, noise=None):
        """``z = x @ weight + bias``, then the activation."""
        _product(x, params["weight"], out.z)
        self.activation.bias_forward(out.z, params["bias"], out.a, params, noise)

    def backward(self, x, out, grad_out, grad_x, params, grad_params):
        """The chain rule through the activation, the bias, the weights and the input."""
        self.activation.bias_backward(
            out.z, out.a, grad_out, out.grad_z, grad_params["bias"], params, grad_params
        )
        _transposed_product(x, out.grad_z, grad_params["weight"])
        if grad_x is not None:
            weight_transposed = params["weight"].swapaxes(1, 2)
            if self.input_width == 1:
                kernels.outer(out.grad_z, weight_transposed, grad_x)
            else:
                np.matmul(out.grad_z, weight_transposed, out=grad_x)


def _product(x: np.ndarray | SparseBatch, weight: np.ndarray, out: np.ndarray) -> None:
    if isinstance(x, np.ndarray):
        kernels.matmul(x, weight, out)
    else:  # scipy has no product into given memory
        for matrix, w, z in zip(x, weight, out, strict=True):
            z[...] = matrix @ w


def _transposed_product(x: np.ndarray | SparseBatch, grad_z: np.ndarray, out: np.ndarray) -> None:
    if isinstance(x, np.ndarray):
        kernels.matmul(x.swapaxes(1, 2), grad_z, out)
    else:
        for matrix, grad, w in zip(x, grad_z, out, strict=True):
            w[...] = matrix.T @ grad
