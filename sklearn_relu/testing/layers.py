"""Arrays of one layer of three networks, and calls of an activation on them."""

from dataclasses import dataclass

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.testing.reporting import call

N_UNITS = 6

Arrays = dict[str, np.ndarray]


@dataclass
class LayerArrays:
    """The arrays that methods of an activation read and fill; outputs are 0.

    Attributes
    ----------
    z : ndarray of shape (n_networks, n_rows, input_width)
    a, grad_a : ndarray of shape (n_networks, n_rows, output_width)
    grad_z : ndarray like z
    params, grads : dict of ndarray of shape (n_networks, 1, ...)
    """

    z: np.ndarray
    grad_a: np.ndarray
    params: Arrays

    def __post_init__(self):
        self.a, self.grad_z = np.zeros_like(self.grad_a), np.zeros_like(self.z)
        self.grads = {name: np.zeros_like(values) for name, values in self.params.items()}

    def of(self, networks: slice) -> "LayerArrays":
        """Copies for some of the networks."""
        params = {name: values[networks].copy() for name, values in self.params.items()}
        return LayerArrays(self.z[networks].copy(), self.grad_a[networks].copy(), params)

    def astype(self, dtype) -> "LayerArrays":
        """Copies in another precision."""
        params = {name: values.astype(dtype) for name, values in self.params.items()}
        return LayerArrays(self.z.astype(dtype), self.grad_a.astype(dtype), params)

    def back(self, part: Activation) -> None:
        """Call ``backward`` on the arrays."""
        given = self.z, self.a, self.grad_a, self.grad_z, self.params, self.grads
        call(part, "backward", *given)


def layer(
    part: Activation, dtype, n_rows: int = 20, n_networks: int = 3, initial: bool = False
) -> LayerArrays:
    """Make the arrays, with normal summed inputs.

    Learned parameters are near those before training, other ones for each network; or they are
    those before training, if they are to be `initial`.
    """
    rng = np.random.RandomState(0)
    z = rng.normal(0, 2, (n_networks, n_rows, call(part, "input_width", N_UNITS)))
    grad_a = rng.normal(size=(n_networks, n_rows, call(part, "output_width", N_UNITS)))
    shapes = call(part, "parameter_shapes", N_UNITS)
    params = {
        name: np.full((n_networks, 1, *shape), np.nan, dtype) for name, shape in shapes.items()
    }
    call(part, "init_parameters", params)
    if not initial:
        for values in params.values():
            factors = np.asarray(rng.uniform(0.8, 1.2, values.shape))
            values *= factors.astype(dtype)
    return LayerArrays(z.astype(dtype), grad_a.astype(dtype), params)


def forward(part: Activation, z: np.ndarray, params: Arrays, noise=None) -> np.ndarray:
    """Return the activations of z, in new memory."""
    a = np.zeros((*z.shape[:2], call(part, "output_width", N_UNITS)), z.dtype)
    call(part, "forward", z.copy(), a, params, noise)
    return a


def back(part: Activation, arrays: LayerArrays, noise) -> tuple[np.ndarray, Arrays]:
    """Return the gradients of z and of the parameters, in new memory."""
    new = arrays.of(slice(None))
    call(part, "forward", new.z, new.a, new.params, noise)
    new.back(part)
    return new.grad_z, new.grads


def generators(n_networks: int) -> list[np.random.Generator]:
    """Make one generator for each network."""
    return [np.random.default_rng(seed) for seed in range(n_networks)]
