"""The fully connected layer, and what all layers with one matrix of weights share."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from sklearn_relu import kernels
from sklearn_relu.activations import Activation, Identity
from sklearn_relu.kernels import Call
from sklearn_relu.layers.base import Arrays, Block, Inputs, Layer, Noise, SparseBatch


class Dense(Layer):
    """A fully connected layer: ``a = activation(x @ weight + bias)``.

    A subclass with several places, each of which reads another part of the input, has products of
    its own: :meth:`product`, :meth:`product_for_weights` and :meth:`product_for_input`.

    Parameters
    ----------
    reads : int
        Width of the input.
    n_units : int
    activation : Activation
    rate, bias_rate : float, default=1.0
        Factors of the learning rate of weights and of biases. The solver's decay of the weights
        goes by the whole rate. Where both are 0, the layer learns nothing.
    transposes : int, default=None
        The number of an earlier layer whose weights, transposed, are those of this one.
    """

    takes_sparse = True
    units_are_columns = True

    def __init__(
        self,
        reads: int,
        n_units: int,
        activation: Activation,
        rate: float = 1.0,
        bias_rate: float = 1.0,
        transposes: int | None = None,
    ):
        self._rates, self._transposes = (rate, bias_rate), transposes
        self._shape(reads, reads, n_units, activation)

    _rates = 1.0, 1.0
    _transposes: int | None = None

    def _shape(
        self, reads: int, fan_in: int, n_units: int, activation: Activation, places: int = 1
    ) -> None:
        """Note all widths; `fan_in` counts the inputs of one unit in one place."""
        self.reads, self.n_units, self.places = reads, n_units, places
        self.activation = activation
        sums = activation.input_width(n_units)
        self.gives = places * activation.output_width(n_units)
        rate, bias_rate = self._rates
        decay = 1 / rate if rate else 1.0
        tie = self._transposes
        self._blocks = {
            "weight": Block((fan_in, sums), "weight", rate, decay, tie is None, transposes=tie),
            "bias": Block((1, sums), "bias", rate=bias_rate),
        }
        of_activation = activation.parameters_rate if any(self._rates) else 0.0
        for name, shape in activation.parameter_shapes(n_units).items():
            self._blocks[name] = Block((1, *shape), "activation", of_activation)
        self._memory = {"z": places * sums}
        if activation.needs_summed_input:
            self._memory["a"] = self.gives

    def blocks(self) -> dict[str, Block]:
        """Weights, biases, and what the activation learns."""
        return self._blocks

    def memory(self) -> dict[str, int]:
        """Summed inputs, and activations unless they may share memory."""
        return self._memory

    def multiplications(self) -> int:
        """Of its product."""
        fan_in, sums = self._blocks["weight"].shape
        return self.places * fan_in * sums

    def product(self, x: Inputs, weight: np.ndarray, z: np.ndarray) -> Call:
        """Return the call that does ``z = x @ weight``; `z` is by places."""
        return _product(x, weight, z)

    def product_for_weights(self, x: Inputs, grad_z: np.ndarray, grad_weight: np.ndarray) -> Call:
        """Return the call that does ``grad_weight = x.T @ grad_z``."""
        return _transposed_product(x, grad_z, grad_weight)

    def product_for_input(self, grad_z: np.ndarray, weight: np.ndarray, grad_x: np.ndarray) -> Call:
        """Return the call that does ``grad_x = grad_z @ weight.T``."""
        return kernels.product(grad_z, weight.swapaxes(1, 2), grad_x)

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """``z = x @ weight + bias``, then the activation."""
        z = self.by_place(memory["z"])
        return [
            self.product(x, params["weight"], z),
            self.activation_forward(memory, params, noise),
        ]

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """The chain rule through the activation, the bias, the weights and the input."""
        activation = self.activation_backward(memory, grad_a, params, grads)
        return [activation, *self.products_backward(x, memory["grad_z"], grad_x, params, grads)]

    def products_backward(
        self,
        x: Inputs,
        grad_z: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """Calls that go from the gradient of the summed inputs to those of weights and input."""
        grad_z = self.by_place(grad_z)
        if any(self._rates):
            calls = [self.product_for_weights(x, grad_z, grads["weight"])]
        else:
            calls = [partial(grad.fill, 0) for grad in grads.values()]
        if grad_x is not None:
            calls.append(self.product_for_input(grad_z, params["weight"], grad_x))
        return calls

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """``x @ weight + bias``."""
        weight = params["weight"]
        z = np.stack([x @ w for w in weight]) if sp.issparse(x) else x @ weight
        if biased:
            z += params["bias"]
        return z

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """``grad_z @ weight.T``."""
        return grad_z @ params["weight"].swapaxes(1, 2)

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """``x.T @ grad_z``; 0 where the layer learns nothing."""
        if not any(self._rates):
            return {"weight": np.zeros_like(params["weight"])}
        if sp.issparse(x):
            return {"weight": np.stack([x.T @ grad for grad in grad_z])}
        return {"weight": x.swapaxes(1, 2) @ grad_z}

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """A product, then the activation's expression."""
        known = {name: graph.value(array) for name, array in params.items()}
        z = graph.product(x, known.pop("weight")) + known.pop("bias")
        return self.activation.expression(z, known)

    def resized(self, reads: int, n_units: int) -> "Dense":
        """With other units, which read other ones."""
        return Dense(reads, n_units, self.activation, *self._rates, self._transposes)


def dense_layers(
    n_features: int,
    hidden_layer_sizes: Sequence[int],
    activations: Sequence[Activation],
    n_raw: int,
) -> list[Layer]:
    """The layers of a multi-layer perceptron; the last one is linear, its link is the loss's."""
    layers: list[Layer] = []
    for n_units, activation in zip(hidden_layer_sizes, activations, strict=True):
        layers.append(Dense(n_features, n_units, activation))
        n_features = layers[-1].gives
    return [*layers, Dense(n_features, n_raw, Identity())]


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
