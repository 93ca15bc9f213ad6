"""Corruption of the inputs of a training step, whose targets stay clean.

Each network draws from a generator of its own, so it draws the same alone and in a stack.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.layers import SparseBatch
from sklearn_relu.network.noise import Generators, add_noise


class Corruption(ABC):
    """A random disturbance of the rows of a batch.

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked denoising autoencoders, section
    3.3.
    """

    @abstractmethod
    def corrupt(self, x: np.ndarray, noise: Generators, out: np.ndarray) -> None:
        """Overwrite `out` with corrupted `x`, both (n_networks, n_samples, width)."""

    def corrupt_sparse(self, x: SparseBatch, noise: Generators, out: SparseBatch) -> None:
        """Put corrupted matrices into `out`, whose zeros are those of `x`."""
        raise NotImplementedError(f"{type(self).__name__} fills the zeros of sparse rows.")


@dataclass(frozen=True)
class Masking(Corruption):
    """Sets values to 0, without scaling up the others.

    Attributes
    ----------
    share : float
        Of the values; of sparse rows, of those that are stored.
    """

    share: float

    def corrupt(self, x: np.ndarray, noise: Generators, out: np.ndarray) -> None:
        """Multiply by 0 or 1."""
        for own, generator in zip(out, noise, strict=True):
            generator.random(out=own, dtype=own.dtype)
        out += 1 - self.share
        np.floor(out, out=out)
        out *= x

    def corrupt_sparse(self, x: SparseBatch, noise: Generators, out: SparseBatch) -> None:
        """Multiply stored values."""
        for i, (matrix, generator) in enumerate(zip(x, noise, strict=True)):
            out[i] = matrix.copy()
            out[i].data *= generator.random(matrix.nnz, dtype=np.float32) >= self.share


@dataclass(frozen=True)
class GaussianNoise(Corruption):
    """Adds normal noise.

    Attributes
    ----------
    sd : float
        Standard deviation.
    """

    sd: float

    def corrupt(self, x: np.ndarray, noise: Generators, out: np.ndarray) -> None:
        """Add a draw to each value."""
        add_noise(x, self.sd, noise, out)


@dataclass(frozen=True)
class SaltAndPepper(Corruption):
    """Sets values to an end of their column's range, half of them to each.

    Attributes
    ----------
    share : float
        Of the values.
    low, high : ndarray of shape (width,)
        The ends.
    """

    share: float
    low: np.ndarray
    high: np.ndarray

    def corrupt(self, x: np.ndarray, noise: Generators, out: np.ndarray) -> None:
        """Draw a number for each value: the smallest ones mean `low`, those that follow `high`."""
        for i, generator in enumerate(noise):
            for rows in kernels.pieces(*x.shape[1:]):
                own = out[i, rows]
                drawn = kernels.scratch(own.shape, own.dtype)
                at_end = kernels.scratch(own.shape, np.bool_)
                generator.random(out=drawn, dtype=drawn.dtype)
                np.copyto(own, x[i, rows])
                for share, end in ((self.share, self.high), (self.share / 2, self.low)):
                    np.less(drawn, share, out=at_end)
                    np.copyto(own, end, where=at_end)
