"""Competition: of several summed inputs only the largest passes."""

from functools import lru_cache, reduce
from numbers import Integral

import numpy as np
from scipy.special import ndtr

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation
from sklearn_relu.sklearn_private import Interval


@lru_cache
def _largest_square(n: int) -> float:
    """E[max(z_1, ..., z_n)**2] for independent standard normal z."""
    z, weights = np.polynomial.hermite_e.hermegauss(100)
    density = weights / weights.sum() * n * ndtr(z) ** (n - 1)
    return np.sum(density * z**2)


def _pass_winners(top, rivals, sources, outs):
    """Overwrite each rival's `out` with its `source` where it is the first to equal `top`, else 0.

    Parameters
    ----------
    top : ndarray of shape (n_samples, width)
    rivals, sources, outs : sequence of ndarray of shape (n_samples, at most width)
        One a rival.
    """
    free = kernels.scratch(top.shape, bool)
    free.fill(True)
    for rival, source, out in zip(rivals, sources, outs, strict=True):
        width = rival.shape[1]
        wins = kernels.scratch(rival.shape, bool, slot=1)
        np.equal(rival, top[:, :width], out=wins)
        wins &= free[:, :width]
        free[:, :width] ^= wins
        np.multiply(source, wins, out=out)


def _only_winners(rivals):
    """Each rival where it is the first to equal the largest of them, else 0."""
    winners = []
    for i, rival in enumerate(rivals):
        for earlier in rivals[:i]:
            rival = np.where(rivals[i] > earlier, rival, 0)
        for later in rivals[i + 1 :]:
            rival = np.where(rivals[i] >= later, rival, 0)
        winners.append(rival)
    return winners


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
    is_piecewise_linear = True

    _parameter_constraints = {"n_pieces": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, n_pieces=2):
        self.n_pieces = n_pieces

    @property
    def gain(self):
        """1 / sqrt(E[max(z_1, ..., z_n)**2]) for independent standard normal pieces."""
        return 1.0 / np.sqrt(_largest_square(self.n_pieces))

    def input_width(self, n_units):
        """`n_pieces` summed inputs per unit."""
        return self.n_pieces * n_units

    def forward(self, z, a, params, noise=None):
        """``a = max(z_1, ..., z_n)``."""
        first, *others = np.split(z, self.n_pieces, axis=-1)
        np.copyto(a, first)
        for piece in others:
            np.maximum(a, piece, out=a)

    def expression(self, z, params):
        """``max(z_1, ..., z_n)``."""
        n_units = z.shape[-1] // self.n_pieces
        pieces = [z[..., i * n_units : (i + 1) * n_units] for i in range(self.n_pieces)]
        return reduce(np.maximum, pieces)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z`` is `grad_a` for the first piece that reaches the maximum, 0 for the others."""
        n_samples, width = a.shape[1:]
        for network in range(len(a)):
            for rows in kernels.pieces(n_samples, width):
                pieces = np.split(z[network, rows], self.n_pieces, axis=-1)
                grads = np.split(grad_z[network, rows], self.n_pieces, axis=-1)
                sources = [grad_a[network, rows]] * self.n_pieces
                _pass_winners(a[network, rows], pieces, sources, grads)


class LWTA(Activation):
    """Local winner takes all: ``z`` for the largest of each block of units, 0 for its rivals.

    A layer's units form ``ceil(n_units / block_size)`` blocks: unit i is in block
    ``i % n_blocks``. If `block_size` does not divide n_units, some blocks are smaller. Where units
    tie, the first of them wins, and it alone gets the gradient.

    Parameters
    ----------
    block_size : int, default=2
        The most units in a block.

    References
    ----------
    Srivastava, Masci, Kazerounian, Gomez & Schmidhuber (2013), Compete to compute.
    """

    initialization = "variance_scaling"
    is_piecewise_linear = True
    units_are_alike = False

    _parameter_constraints = {"block_size": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, block_size=2):
        self.block_size = block_size

    @property
    def gain(self):
        """1 / sqrt(E[max(z_1, ..., z_n)**2] / n) for a full block of n standard normal units."""
        return np.sqrt(self.block_size / _largest_square(self.block_size))

    def forward(self, z, a, params, noise=None):
        """``a = z`` for winners, else 0."""
        self._pass_winners(z, z, a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a`` for winners, else 0."""
        self._pass_winners(z, grad_a, grad_z)

    def expression(self, z, params):
        """``z`` for winners, else 0."""
        width = z.shape[-1]
        n_blocks = -(-width // self.block_size)
        rivals = [z[..., start : start + n_blocks] for start in range(0, width, n_blocks)]
        n_full = rivals[-1].shape[-1]  # blocks in which the last rival has a unit
        in_full = _only_winners([rival[..., :n_full] for rival in rivals])
        if n_full == n_blocks:
            return np.concatenate(in_full, axis=-1)
        in_others = _only_winners([rival[..., n_full:] for rival in rivals[:-1]])
        columns = [column for pair in zip(in_full, in_others, strict=False) for column in pair]
        return np.concatenate([*columns, in_full[-1]], axis=-1)

    def _pass_winners(self, z, source, out):
        """Overwrite `out` with `source` where the unit wins, else 0."""
        n_samples, width = z.shape[1:]
        n_blocks = -(-width // self.block_size)
        columns = range(n_blocks, width, n_blocks)
        for network in range(len(z)):
            for rows in kernels.pieces(n_samples, width):
                rivals, sources, outs = (
                    np.split(array[network, rows], columns, axis=-1) for array in (z, source, out)
                )
                top = kernels.scratch(rivals[0].shape, z.dtype)
                np.copyto(top, rivals[0])
                for rival in rivals[1:]:
                    beaten = top[:, : rival.shape[1]]
                    np.maximum(beaten, rival, out=beaten)
                _pass_winners(top, rivals, sources, outs)
