"""The contract of an activation."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from sklearn_relu.engine import kernels
from sklearn_relu.part import Part

Arrays = dict[str, np.ndarray]


class Activation(Part, ABC):
    """What a hidden unit does with its summed input.

    A subclass gives :meth:`forward` and :meth:`backward`; every other hook has a default.

    **Shapes.** Summed inputs, activations and their gradients are (n_networks, n_samples, width).
    Parameters and their gradients, for example PReLU's slopes, are (n_networks, 1, n_units).

    **Buffers.** Outputs are overwritten fully; inputs are never written; no reference is kept.
    `grad_z` never aliases `grad_a`, so it doubles as scratch memory. `z` and `a` are one and the
    same array when `needs_summed_input` is False.
    """

    gain: float = 1.0
    """What scales weights so that the variance of the signal is kept from layer to layer."""

    initialization: str = "glorot_uniform"
    """What ``initialization="auto"`` means for a layer with this activation."""

    sklearn_init_factor: float = 6.0
    """Under ``initialization="sklearn"`` weights are within sqrt(factor / (fan_in + fan_out))."""

    needs_summed_input: ClassVar[bool] = True
    """False: :meth:`backward` reads `a` only, so `z` and `a` may share memory."""

    def input_width(self, n_units: int) -> int:
        """Summed inputs that a layer of `n_units` units computes."""
        return n_units

    def output_width(self, n_units: int) -> int:
        """Activations that a layer of `n_units` units gives to the next one."""
        return n_units

    def parameter_shapes(self, n_units: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the learned parameters of one network's layer, by name."""
        return {}

    def init_parameters(self, params: Arrays) -> None:
        """Fill the learned parameters in place before training."""

    @abstractmethod
    def forward(self, z: np.ndarray, a: np.ndarray, params: Arrays, noise=None) -> None:
        """Overwrite `a` with the activations of `z`; `noise` is None when predicting."""

    @abstractmethod
    def backward(
        self,
        z: np.ndarray,
        a: np.ndarray,
        grad_a: np.ndarray,
        grad_z: np.ndarray,
        params: Arrays,
        grad_params: Arrays,
    ) -> None:
        """Overwrite `grad_z`, and each array of `grad_params` summed over the samples."""

    def bias_forward(
        self, z: np.ndarray, bias: np.ndarray, a: np.ndarray, params: Arrays, noise=None
    ) -> None:
        """Add `bias` to `z` in place, then :meth:`forward`; a fused kernel may replace it."""
        kernels.add_bias(z, bias)
        self.forward(z, a, params, noise)

    def bias_backward(
        self,
        z: np.ndarray,
        a: np.ndarray,
        grad_a: np.ndarray,
        grad_z: np.ndarray,
        grad_bias: np.ndarray,
        params: Arrays,
        grad_params: Arrays,
    ) -> None:
        """:meth:`backward`, then the gradient of the bias: `grad_z` summed over the samples."""
        self.backward(z, a, grad_a, grad_z, params, grad_params)
        kernels.sum_samples(grad_z, grad_bias)
