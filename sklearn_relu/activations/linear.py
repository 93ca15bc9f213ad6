"""The identity."""

import numpy as np

from sklearn_relu.activations.base import Activation
from sklearn_relu.kernels import fused


class Identity(Activation):
    """Identity: ``z``. A network of it is linear, through a bottleneck if a layer is narrow."""

    gain = 1.0
    onnx_function = "Affine", 1.0, 0.0
    needs_summed_input = False
    passes_through = True
    is_piecewise_linear = True
    is_monotone = True

    def forward(self, z, a, params, noise=None):
        """``a = z``."""
        if a is not z:
            np.copyto(a, z)

    def expression(self, z, params):
        """``z``."""
        return z

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a``."""
        np.copyto(grad_z, grad_a)

    def bias_forward(self, z, bias, a, params, noise=None):
        """Add the bias, then :meth:`forward`, in one pass where loops are compiled."""
        if a is not z or not fused.run("shift", z, bias):
            super().bias_forward(z, bias, a, params, noise)
