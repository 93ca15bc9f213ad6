"""Activations whose number of inputs or outputs is not the number of units."""

from numbers import Integral

import numpy as np
from scipy.special import ndtr
from sklearn.utils._param_validation import Interval

from sklearn_relu.activations.base import Activation
from sklearn_relu.engine import kernels


class Maxout(Activation):
    """Maxout: the largest of `n_pieces` summed inputs, each with weights and a bias of its own.

    The summed inputs of a layer of n_units units are ``n_pieces * n_units`` wide: all units' first
    pieces, then all units' second pieces, and so on. Where pieces tie, the gradient goes to the
    first of them.

    Parameters
    ----------
    n_pieces : int, default=2
        Summed inputs per unit.

    References
    ----------
    Goodfellow, Warde-Farley, Mirza, Courville & Bengio (2013), Maxout networks.
    """

    initialization = "variance_scaling"

    _parameter_constraints = {"n_pieces": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, n_pieces=2):
        self.n_pieces = n_pieces

    @property
    def gain(self):  # type: ignore[override]
        """1 / sqrt(E[max(z_1, ..., z_n)**2]) for independent standard normal pieces."""
        z, weights = np.polynomial.hermite_e.hermegauss(100)
        density = weights / weights.sum() * self.n_pieces * ndtr(z) ** (self.n_pieces - 1)
        return 1.0 / np.sqrt(np.sum(density * z**2))

    def input_width(self, n_units):
        """`n_pieces` summed inputs per unit."""
        return self.n_pieces * n_units

    def _pieces(self, z):
        return np.split(z, self.n_pieces, axis=-1)

    def forward(self, z, a, params, noise=None):
        """``a = max(z_1, ..., z_n)``."""
        first, *others = self._pieces(z)
        np.copyto(a, first)
        for piece in others:
            np.maximum(a, piece, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z`` is `grad_a` for the first piece that reaches the maximum, 0 for the others."""
        width = a.shape[-1]
        pieces = self._pieces(z)
        grads = self._pieces(grad_z)
        for network in range(len(a)):
            for rows in kernels.pieces(a.shape[1], width):
                top, grad_top = a[network, rows], grad_a[network, rows]
                free = kernels.scratch(top.shape, bool)
                wins = kernels.scratch(top.shape, bool, slot=1)
                free.fill(True)
                for piece, grad in zip(pieces, grads, strict=True):
                    np.equal(piece[network, rows], top, out=wins)
                    wins &= free
                    free ^= wins
                    np.multiply(grad_top, wins, out=grad[network, rows])
