"""Units of a Boltzmann machine: their means and their samples, given summed inputs."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from scipy.special import expit

from sklearn_relu import kernels
from sklearn_relu.network.noise import Generators


class Units(ABC):
    """The units of one layer, which are independent of each other where the other layer is known.

    Arrays are those of the engine: summed inputs, means and samples (n_networks, n_samples, width).
    """

    @abstractmethod
    def mean(self, z: np.ndarray, out: np.ndarray) -> None:
        """Overwrite `out`, which may be `z`, with the means given the summed inputs `z`."""

    @abstractmethod
    def expression(self, z: Any) -> Any:
        """Return the means in NumPy's and SciPy's words, which ONNX export reads."""

    @abstractmethod
    def sample(self, z: np.ndarray, mean: np.ndarray, noise: Generators) -> None:
        """Overwrite the summed inputs `z` with samples.

        Parameters
        ----------
        z : ndarray
        mean : ndarray
            The means, another array.
        noise : sequence of Generator
            One for each network.
        """


class VisibleUnits(Units):
    """Units that can stand for the columns of data."""

    @abstractmethod
    def sums_of_means(self, mean: np.ndarray, n_rows: int) -> np.ndarray:
        """Return the summed inputs at which units have these means, found from so many rows."""


class Binary(VisibleUnits):
    """Units that are 0 or 1: 1 with the probability ``1 / (1 + exp(-z))``."""

    def mean(self, z: np.ndarray, out: np.ndarray) -> None:
        """Overwrite `out` with the probabilities."""
        kernels.logistic(z, out)

    def expression(self, z: Any) -> Any:
        """Return ``1 / (1 + exp(-z))``."""
        return expit(z)

    def sample(self, z: np.ndarray, mean: np.ndarray, noise: Generators) -> None:
        """Overwrite `z` with zeros and ones."""
        for drawn, generator in zip(z, noise, strict=True):
            generator.random(out=drawn, dtype=drawn.dtype)
        np.less(z, mean, out=z)

    def sums_of_means(self, mean: np.ndarray, n_rows: int) -> np.ndarray:
        """Return the log odds, with half a row of ones and half a row of zeros added: none is
        infinite.

        References
        ----------
        Hinton (2010), A practical guide to training restricted Boltzmann machines, section 8.
        """
        share = (mean * n_rows + 0.5) / (n_rows + 1)
        return np.log(share / (1 - share))


class Rectified(Units):
    """Noisy rectified linear units: ``max(0, z + N(0, 1 / (1 + exp(-z))))``.

    They stand for infinitely many binary units with the same weights, whose biases are shifted by
    -1/2, -3/2, and so on. The noise has mean 0 and the variance of the logistic; their mean is
    taken to be ``max(0, z)``.

    References
    ----------
    Nair & Hinton (2010), Rectified linear units improve restricted Boltzmann machines, section 2.
    """

    def mean(self, z: np.ndarray, out: np.ndarray) -> None:
        """Overwrite `out` with ``max(0, z)``."""
        kernels.rectify(z, out)

    def expression(self, z: Any) -> Any:
        """Return ``max(0, z)``."""
        return np.maximum(z, 0)

    def sample(self, z: np.ndarray, mean: np.ndarray, noise: Generators) -> None:
        """Overwrite `z` with samples."""
        for of_network, generator in zip(z, noise, strict=True):
            for rows in kernels.pieces(*of_network.shape):
                sums = of_network[rows]
                drawn = kernels.scratch(sums.shape, sums.dtype)
                deviation = kernels.scratch(sums.shape, sums.dtype, slot=1)
                generator.standard_normal(out=drawn, dtype=drawn.dtype)
                kernels.logistic(sums, deviation)
                np.sqrt(deviation, out=deviation)
                drawn *= deviation
                sums += drawn
        kernels.rectify(z, z)


class Gaussian(VisibleUnits):
    """Real numbers with unit variance around the summed input."""

    def mean(self, z: np.ndarray, out: np.ndarray) -> None:
        """Overwrite `out` with the summed inputs."""
        if out is not z:
            out[...] = z

    def expression(self, z: Any) -> Any:
        """Return ``z``."""
        return z

    def sample(self, z: np.ndarray, mean: np.ndarray, noise: Generators) -> None:
        """Overwrite `z` with samples."""
        for of_network, generator in zip(z, noise, strict=True):
            for rows in kernels.pieces(*of_network.shape):
                drawn = kernels.scratch(of_network[rows].shape, z.dtype)
                generator.standard_normal(out=drawn, dtype=drawn.dtype)
                of_network[rows] += drawn

    def sums_of_means(self, mean: np.ndarray, n_rows: int) -> np.ndarray:
        """Return the means."""
        return mean


HIDDEN: dict[str, Units] = {"nrelu": Rectified(), "binary": Binary()}
"""Units of the hidden layer, by the names that a parameter has for them."""

VISIBLE: dict[str, VisibleUnits] = {"binary": Binary(), "gaussian": Gaussian()}
"""Units of the visible layer, by the names that a parameter has for them."""
