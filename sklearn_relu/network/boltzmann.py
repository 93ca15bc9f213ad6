"""A restricted Boltzmann machine as arrays: each layer's units given the other layer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_relu.network.inference import CHUNK_BYTES
from sklearn_relu.network.noise import Generators
from sklearn_relu.network.units import Units, VisibleUnits


@dataclass(frozen=True)
class Machine:
    """Restricted Boltzmann machines of one shape, network axis first.

    Attributes
    ----------
    hidden : Units
    visible : VisibleUnits
    weight : ndarray of shape (n_networks, n_visible, n_hidden)
    hidden_bias : ndarray of shape (n_networks, 1, n_hidden)
    visible_bias : ndarray of shape (n_networks, 1, n_visible)
    """

    hidden: Units
    visible: VisibleUnits
    weight: np.ndarray
    hidden_bias: np.ndarray
    visible_bias: np.ndarray

    @classmethod
    def of_flat(
        cls, flat: np.ndarray, n_hidden: int, hidden: Units, visible: VisibleUnits
    ) -> "Machine":
        """Machines whose arrays are views of flat parameters (n_networks, n_params): the weights,
        the hidden biases, the visible biases."""
        n_networks, n_params = flat.shape
        n_visible = (n_params - n_hidden) // (n_hidden + 1)
        n_weights = n_visible * n_hidden
        return cls(
            hidden,
            visible,
            flat[:, :n_weights].reshape(n_networks, n_visible, n_hidden),
            flat[:, n_weights : n_weights + n_hidden].reshape(n_networks, 1, n_hidden),
            flat[:, n_weights + n_hidden :].reshape(n_networks, 1, n_visible),
        )

    def hidden_sums(self, v: Any) -> np.ndarray:
        """The summed inputs of the hidden units, in new memory, for one machine.

        Parameters
        ----------
        v : {ndarray, sparse matrix} of shape (n_samples, n_visible)

        Returns
        -------
        z : ndarray of shape (1, n_samples, n_hidden)
        """
        z = np.asarray(v @ self.weight[0])
        z += self.hidden_bias[0]
        return z[None]

    def visible_sums(self, h: np.ndarray) -> np.ndarray:
        """The summed inputs of the visible units, (1, n_samples, n_visible), in new memory."""
        z = h @ self.weight.swapaxes(1, 2)
        z += self.visible_bias
        return z

    def hidden_mean(self, v: Any) -> np.ndarray:
        """The means of the hidden units, (1, n_samples, n_hidden), in new memory."""
        z = self.hidden_sums(v)
        self.hidden.mean(z, z)
        return z

    def visible_mean(self, h: np.ndarray) -> np.ndarray:
        """The means of the visible units, (1, n_samples, n_visible), in new memory."""
        z = self.visible_sums(h)
        self.visible.mean(z, z)
        return z

    def gibbs(self, v: Any, noise: Generators) -> np.ndarray:
        """Sample the hidden units, then the visible ones: (1, n_samples, n_visible), in new
        memory."""
        h = self.hidden_sums(v)
        mean = np.empty_like(h)
        self.hidden.mean(h, mean)
        self.hidden.sample(h, mean, noise)
        v = self.visible_sums(h)
        mean = np.empty_like(v)
        self.visible.mean(v, mean)
        self.visible.sample(v, mean, noise)
        return v

    def free_energy(self, v: Any) -> np.ndarray:
        """The free energy (n_samples,) of visible values where all units are binary."""
        z = self.hidden_sums(v)[0]
        return -(v @ self.visible_bias[0, 0]) - np.logaddexp(0, z).sum(axis=1)

    def multiplications(self, n_rows: int) -> int:
        """The number of multiplications in a product of so many rows with the weights."""
        return n_rows * self.weight[0].size

    def chunks(self, n_rows: int, max_bytes: int) -> list[slice]:
        """Slices that cover the rows; what is computed of each takes at most so many bytes."""
        row_bytes = self.weight.itemsize * 2 * sum(self.weight.shape[1:])
        step = max(1, min(max_bytes, CHUNK_BYTES) // row_bytes)
        return [slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]
