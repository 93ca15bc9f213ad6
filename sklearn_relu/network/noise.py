"""Random disturbances of a training step: noise on inputs, and dropout.

Each network draws from a generator of its own, so it draws the same alone and in a stack.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sklearn_relu import kernels

Generators = Sequence[np.random.Generator]
"""One generator for each network of a run."""


def noise_generator(rng: np.random.RandomState, saved: Any = None) -> np.random.Generator:
    """A generator for noise, in a saved state or else seeded from `rng`, which is not advanced.

    So a network with noise starts and shuffles as it would without.

    Parameters
    ----------
    rng : RandomState
    saved : dict, default=None
        What an earlier generator's ``bit_generator.state`` was.
    """
    if saved is not None:
        bit_generator = np.random.SFC64()
        bit_generator.state = saved
        return np.random.Generator(bit_generator)
    words = copy.deepcopy(rng).randint(2**32, size=8, dtype=np.uint32)
    return np.random.Generator(np.random.SFC64(words.tolist()))


@dataclass(frozen=True)
class Dropout:
    """Dropout of a layer's values, with the buffers that it needs.

    Values are dropped one by one, or by channel: then all places of a unit are dropped together.
    Each is dropped with its network's rate and is `value` then. Where that is 0, the others are
    divided by ``1 - rate``, which keeps the mean. Otherwise all are scaled and shifted so that
    mean 0 and variance 1 are kept: alpha dropout.

    Attributes
    ----------
    rates : sequence of float
        One for each network, from 0 to below 1.
    value : float
    mask, out : ndarray of shape (n_networks, n_samples, width)
        Of channels (n_networks, n_samples, 1, channels), and `out` with all places.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), Dropout: a simple way to
    prevent neural networks from overfitting.
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), Self-normalizing neural networks, section 2.
    """

    rates: Sequence[float]
    value: float
    mask: np.ndarray
    out: np.ndarray

    def forward(self, a: np.ndarray, noise: Generators) -> None:
        """Overwrite `mask`, which is 0 for what is dropped, and `out`, whose shape `a` has."""
        value = self.value
        for i, (rate, generator) in enumerate(zip(self.rates, noise, strict=True)):
            keep = 1.0 - rate
            scale = 1.0 / (keep if value == 0 else np.sqrt(keep * (1.0 + rate * value**2)))
            for rows in kernels.pieces(a.shape[1], math.prod(a.shape[2:])):
                mask, out = self.mask[i, rows], self.out[i, rows]
                generator.random(out=mask, dtype=mask.dtype)
                mask += keep
                np.floor(mask, out=mask)
                mask *= scale
                if value == 0:
                    np.multiply(a[i, rows], mask, out=out)
                else:
                    np.subtract(a[i, rows], value, out=out)
                    out *= mask
                    out += scale * value * keep

    def backward(self, grad: np.ndarray) -> None:
        """Turn the gradient of `out` into that of the values before dropout, in place."""
        grad *= self.mask


def add_noise(x: np.ndarray, sd: float, noise: Generators, out: np.ndarray) -> None:
    """Overwrite `out` with `x` plus normal noise.

    Parameters
    ----------
    x, out : ndarray of shape (n_networks, n_samples, width)
    sd : float
        Standard deviation.
    noise : sequence of Generator
    """
    for rows, generator in zip(out, noise, strict=True):
        generator.standard_normal(out=rows, dtype=rows.dtype)
    out *= sd
    out += x


def drop_sparse(
    x: list[sp.csr_array], rates: Sequence[float], noise: Generators, out: list[sp.csr_array]
) -> None:
    """Dropout of the stored values of sparse inputs; the others are 0 already."""
    for i, (matrix, rate, generator) in enumerate(zip(x, rates, noise, strict=True)):
        keep = generator.random(matrix.nnz, dtype=np.float32) >= rate
        out[i] = matrix.copy()
        out[i].data *= keep / matrix.dtype.type(1 - rate)
