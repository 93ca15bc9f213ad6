"""The contract of a layer."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from sklearn_relu import kernels
from sklearn_relu.activations import Activation
from sklearn_relu.activations.base import Arrays, Noise
from sklearn_relu.kernels import Call

SparseBatch = list[sp.csr_array]
"""A batch of sparse rows: one matrix of shape (n_samples, n_features) for each network."""

Inputs = np.ndarray | SparseBatch
"""Arrays (n_networks, n_samples, width), or sparse rows."""

KINDS = "weight", "bias", "activation"
"""Kinds of parameters, in their order in the flat array: penalties are for the first kind alone."""


@dataclass(frozen=True)
class Block:
    """One parameter array of a layer, in one network.

    Attributes
    ----------
    shape : tuple of int
        (n, m) for weights, (1, ...) for other kinds.
    kind : str
        One of `KINDS`.
    rate : float, default=1.0
        Factor of the learning rate; 0 keeps the parameters as they start. A full-batch solver,
        which has no learning rate, knows 0 alone.
    decay : float, default=1.0
        Factor of the solver's weight decay, which acts on weights alone.
    drawn : bool, default=True
        Whether the network's initializer fills it; else :meth:`Layer.init_parameters` does.
    transposes : int or None, default=None
        The number of an earlier layer of the network, of whose block of the same name this one is
        the transpose: tied weights. One array serves both, their gradients add up, and the earlier
        layer alone has it penalised, drawn and kept in files.
    """

    shape: tuple[int, ...]
    kind: str
    rate: float = 1.0
    decay: float = 1.0
    drawn: bool = True
    transposes: int | None = None

    @property
    def is_own(self) -> bool:
        """Whether the layer has an array of its own for it."""
        return self.transposes is None


class Layer(ABC):
    """One layer of every network in a stack. It holds shapes; parameters and memory are given.

    All that reaches the activations goes through the summed inputs: who looks at a network gets
    from the gradient of "z" to those of the input and of the weights. A path around an activation
    is some columns of "z" that the activation passes on.

    **Shapes.** Arrays between layers are (n_networks, n_samples, width), contiguous. Inner axes
    (places, channels, steps) are views of the last one: a layer with `places` has
    (places, columns of one place), and in a place unit after unit.

    **Calls.** :meth:`forward` and :meth:`backward` return the calls that compute a layer, with
    their arrays bound: a step of training makes the same calls on the same arrays each time, and
    the calls allocate nothing.

    **Memory.** `memory` holds an array (n_networks, n_samples, columns) for each name of
    :meth:`memory`. All layers have the summed inputs "z" and the activations "a", which are one
    array where :meth:`memory` has no "a". In the backward pass "grad_z" joins them.

    Attributes
    ----------
    reads, gives : int
        Width of the input, and of the output.
    n_units : int
        Units of one place.
    activation : Activation
        The identity, where a layer has no other.
    scratch : int
        Columns of memory that a row needs beside "z" and "a".
    """

    reads: int
    gives: int
    n_units: int
    activation: Activation
    places: int = 1
    scratch: int = 0

    takes_sparse: ClassVar[bool] = False
    """True: the first layer of a network may read sparse rows, see `SparseBatch`."""

    units_are_columns: ClassVar[bool] = False
    """True: a unit is some columns of the weights, and some rows of those of the next layer; so
    units can be removed and renewed one by one, see :meth:`resized`."""

    reads_series: ClassVar[bool] = False
    """True: a row is a series, which the layer reads step by step, see :meth:`steps_of`."""

    @abstractmethod
    def blocks(self) -> dict[str, Block]:
        """The parameters of one network's layer, by name."""

    @abstractmethod
    def memory(self) -> dict[str, int]:
        """The columns that a row needs, by name."""

    @abstractmethod
    def multiplications(self) -> int:
        """Multiplications in the largest product, for one row."""

    def init_parameters(self, params: Arrays, rng: np.random.RandomState) -> None:
        """Fill in place what no initializer fills, before training: what activations learn."""
        self.activation.init_parameters(params)

    def drawn(self, weights: np.ndarray) -> np.ndarray:
        """The rows of one network's weights that the network's initializer fills; by default all.

        The layer fills the others in :meth:`finish_start`.
        """
        return weights

    def finish_start(self, params: Arrays, rng: np.random.RandomState) -> None:  # noqa: B027
        """Fill or change in place what initializers leave to the layer, after them."""

    def init_from_rows(self, params: Arrays, X: Any) -> None:  # noqa: B027 (most look at none)
        """Fill in place what depends on the training rows that the first layer of a network reads.

        It comes after :meth:`init_parameters`, and before any initializer. By default nothing does.
        """

    @abstractmethod
    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """Calls that overwrite "z" and "a"; `x` may be one network's, for all."""

    @abstractmethod
    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """Calls that overwrite `grads` and, unless it is None, `grad_x`, given that of "a".

        `grad_x` may be the memory of `grad_a`, unless the layer passes gradients through: then
        "grad_z" is.
        """

    def joined_with(self, following: "Layer") -> "tuple[Layer, Layer] | None":
        """Two layers that together give what this one and the next one give, in less time.

        Both are given this layer's parameters, and the second has the other's outputs. They are for
        training and prediction, where nobody asks for the activations in between. By default there
        are none.
        """
        return None

    def activation_forward(self, memory: Arrays, params: Arrays, noise: Noise) -> Call:
        """Return the call that adds the biases to "z" and overwrites "a"."""
        z, a = self.by_place(memory["z"]), self.by_place(memory["a"])
        return partial(self.activation.bias_forward, z, params["bias"], a, params, noise)

    def activation_backward(
        self, memory: Arrays, grad_a: np.ndarray, params: Arrays, grads: Arrays
    ) -> Call:
        """Return the call that overwrites "grad_z", and the gradients of the biases and of what the
        activation learns."""
        z, a, grad_z = (self.by_place(memory[name]) for name in ("z", "a", "grad_z"))
        if self.activation.passes_through:
            return partial(kernels.sum_samples, grad_z, grads["bias"])
        arguments = z, a, self.by_place(grad_a), grad_z, grads["bias"], params, grads
        return partial(self.activation.bias_backward, *arguments)

    def reading(self, width: int) -> "Layer":
        """The layer for inputs of another width, where it can read such with the same parameters:
        longer series. By default it is the same layer."""
        return self

    @property
    def is_random(self) -> bool:
        """Whether training draws random numbers."""
        return self.activation.is_random

    @property
    def passes_through(self) -> bool:
        """Whether the gradient of "z" is that of "a", in the same memory."""
        return self.activation.passes_through

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether the layer is linear between kinks, see :meth:`linear_pieces`."""
        return self.activation.is_piecewise_linear

    # The rest is for whoever looks at a network: arrays are made, and nothing is bound.

    @abstractmethod
    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """Return the summed inputs for `x`, with their biases or without."""

    @abstractmethod
    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """Return the gradient for `x`, given that of the summed inputs."""

    @abstractmethod
    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """Return the gradients for the weights, given that of the summed inputs, by name."""

    @abstractmethod
    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """Return the activations for `x`, a value of an ONNX graph."""

    def activations(self, z: np.ndarray, params: Arrays) -> np.ndarray:
        """Return the activations of summed inputs, as when predicting."""
        a = np.empty((*z.shape[:2], self.gives), z.dtype)
        self.activation.forward(self.by_place(z), self.by_place(a), params)
        return a

    def look(self, x: Any, params: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return summed inputs and activations for `x`, each in an array of its own."""
        z = self.sums(x, params)
        return z, self.activations(z, params)

    def look_back(
        self, z: np.ndarray, a: np.ndarray, grad_a: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """Return the gradient of the summed inputs, given that of the activations."""
        grad_z = np.empty_like(z)
        unused = {name: np.empty_like(values) for name, values in params.items()}
        z, a, grad_a = self.by_place(z), self.by_place(a), self.by_place(grad_a)
        self.activation.backward(z, a, grad_a, self.by_place(grad_z), params, unused)
        return grad_z

    def steps_of(self, x: Any) -> np.ndarray | None:
        """Return which steps the series of `x` have, (n_samples, n_steps); None unless
        `reads_series`.

        Where there are steps, "z" and :meth:`states` have columns for each of them, step after
        step, and NaN at those that a series does not have.
        """
        return None

    def states(self, z: np.ndarray, a: np.ndarray, params: Arrays) -> np.ndarray:
        """Return the activations of all units: `a`, unless that is a summary of several steps."""
        return a

    def gates(self, z: np.ndarray, params: Arrays) -> Arrays:
        """Return the values of gates by name, each shaped like :meth:`states`; by default there are
        none."""
        return {}

    def linear_pieces(self, x: Any, z: np.ndarray, a: np.ndarray, params: Arrays) -> np.ndarray:
        """Return an array like `z` whose equal values mean the same linear piece."""
        pieces = self.activation.linear_pieces(self.by_place(z), self.by_place(a), params)
        return pieces.reshape(z.shape)

    def by_place(self, columns: np.ndarray) -> np.ndarray:
        """A view (n_networks, n_samples * places, columns of one place), for the activation."""
        if self.places == 1:
            return columns
        n_networks, n_samples, width = columns.shape
        return columns.reshape(n_networks, n_samples * self.places, width // self.places)

    def by_unit(self, columns: np.ndarray) -> np.ndarray:
        """Columns of "z" or "a" (..., width), those of a unit below each other.

        A unit has one for each place, and for each of its pieces (maxout, CReLU).

        Returns
        -------
        by_unit : ndarray of shape (..., width / n_units, n_units)
        """
        return columns.reshape(*columns.shape[:-1], -1, self.n_units)

    def features(self, x: Any) -> Any:
        """Inputs (n_samples, reads) as rows of what has weights of its own: those of a place, where
        places share them."""
        return x

    def columns_of(self, units: np.ndarray, width: int) -> np.ndarray:
        """The columns of some units among all `width` ones of "z" or "a": first the first column
        of each unit, then the second ..."""
        starts = np.arange(0, width, self.n_units)
        return (starts[:, None] + units).ravel()

    def resized(self, reads: int, n_units: int) -> "Layer":
        """The same kind of layer with another width, where `units_are_columns`."""
        raise NotImplementedError(f"{type(self).__name__} has no columns of single units.")


def largest_product(layers: Iterable[Layer], n_rows: int) -> int:
    """Multiplications in the largest product of a step with so many rows."""
    return n_rows * max(layer.multiplications() for layer in layers)


def first_that_learns(layers: Sequence[Layer]) -> int:
    """The number of the first layer with parameters to learn, or else of the last: layers below it
    need no gradient."""
    return next(
        i
        for i, layer in enumerate(layers)
        if any(block.rate for block in layer.blocks().values()) or layer is layers[-1]
    )
