"""Wrong parts for the rules of whole fits."""

import numpy as np
from custom_parts import InverseSquareRoot

from sklearn_relu.activations import Activation
from wrong_parts.initializers import Small


class Remembers(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params, noise)
        self.last_shape = z.shape


class DrawsGlobally(Small):
    def fill(self, weights, gain, rng):
        super().fill(weights, gain, rng)
        np.random.uniform()  # noqa: NPY002


class IsAlwaysZero(Activation):
    def forward(self, z, a, params, noise=None):
        a[...] = 0

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        grad_z[...] = 0


WRONG = [
    (Remembers(), "a_fit_leaves_the_part_as_it_was", r"last_shape is changed by a fit"),
    (DrawsGlobally(), "a_fit_draws_from_its_own_generators", "the global generator of np.random"),
    (IsAlwaysZero(), "a_fit_lowers_the_loss", "does not let a network learn: after 60 epochs"),
]
