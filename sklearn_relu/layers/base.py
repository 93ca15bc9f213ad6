"""Layers: what one layer computes, forward and backward, for a whole stack of networks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sklearn_relu.activations.base import Arrays
from sklearn_relu.kernels import Call

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
    """One layer of every network in a stack. It holds shapes; parameters and buffers are given.

    :meth:`forward` and :meth:`backward` return the calls that compute a layer, with their arrays
    bound. A step of training makes the same calls on the same arrays each time.
    """

    @abstractmethod
    def parameter_blocks(self) -> dict[str, Block]:
        """The parameters of one network's layer, by name."""

    @abstractmethod
    def forward(self, x, out: Output, params: Arrays, noise=None) -> list[Call]:
        """Calls that overwrite `out.z` and `out.a`."""

    @abstractmethod
    def backward(
        self,
        x,
        out: Output,
        grad_out: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grad_params: Arrays,
    ) -> list[Call]:
        """Calls that overwrite `grad_params` and, unless it is None, `grad_x`, given the gradient
        of `out.a`.

        `grad_x` may be the memory of `grad_out`, unless the activation passes gradients through:
        then `out.grad_z` is.
        """


def largest_product(layers: list, n_rows: int) -> int:
    """Multiplications in the largest product of a step with so many rows."""
    return n_rows * max(layer.multiplications for layer in layers)
