"""Embeddings by waves."""

import math
from functools import cache
from numbers import Integral, Real

import numpy as np

from sklearn_relu.embeddings import columns
from sklearn_relu.embeddings.base import Arrays, NumericalEmbedding
from sklearn_relu.kernels import fused
from sklearn_relu.kernels.waves import SINE
from sklearn_relu.sklearn_private import Interval


class PBLD(NumericalEmbedding):
    """Periodic embedding with a bias, a linear map, and the column itself ("densely" connected).

    ``[cos(2 pi frequency * x + phase) @ mix + offset, x]`` for each column. Frequencies are drawn
    from ``frequency_scale`` times a standard normal distribution, phases from (-pi, pi), `mix` and
    `offset` from within ``1 / sqrt(n_frequencies)``; all of them learn.

    Parameters
    ----------
    n_frequencies : int, default=16
        Waves of a column.
    n_outputs : int, default=4
        Outputs of a column, with the column itself.
    frequency_scale : float, default=0.1
        Standard deviation of the frequencies, in periods for a unit of the column.
    rate : float, default=0.1
        Factor of the learning rate of its parameters.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data, section 3. Gorishniy, Rubachev & Babenko (2022), On embeddings for
    numerical features in tabular deep learning, section 3.3.

    Examples
    --------
    >>> from sklearn_relu.embeddings import PBLD
    >>> PBLD(n_frequencies=8).width
    4
    """

    _parameter_constraints = {
        "n_frequencies": [Interval(Integral, 1, None, closed="left")],
        "n_outputs": [Interval(Integral, 2, None, closed="left")],
        "frequency_scale": [Interval(Real, 0, None, closed="neither")],
        "rate": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_frequencies=16, n_outputs=4, frequency_scale=0.1, rate=0.1):
        self.n_frequencies = n_frequencies
        self.n_outputs = n_outputs
        self.frequency_scale = frequency_scale
        self.rate = rate

    @property
    def width(self):
        """Outputs of a column."""
        return self.n_outputs

    def parameter_shapes(self, n_columns):
        """Frequencies, phases, the linear map and its offset."""
        n_waves, n_mixed = self.n_frequencies, self.n_outputs - 1
        return {
            "frequency": ("weight", (n_columns, n_waves)),
            "phase": ("bias", (1, n_columns * n_waves)),
            "mix": ("weight", (n_columns * n_mixed, n_waves)),
            "offset": ("bias", (1, n_columns * n_mixed)),
        }

    def memory(self, n_columns):
        """The angles, the cosines, and the outputs or their gradients column by column."""
        return {
            "angles": n_columns * self.n_frequencies,
            "waves": n_columns * self.n_frequencies,
            "mixed": n_columns * (self.n_outputs - 1),
        }

    def init_parameters(self, params, rng):
        """Frequencies, phases, `mix` and `offset`, in this order."""
        bound = 1 / math.sqrt(self.n_frequencies)
        frequency, phase, mix, offset = (params[n] for n in ("frequency", "phase", "mix", "offset"))
        frequency[...] = self.frequency_scale * rng.normal(size=frequency.shape)
        phase[...] = rng.uniform(-math.pi, math.pi, phase.shape)
        mix[...] = rng.uniform(-bound, bound, mix.shape)
        offset[...] = rng.uniform(-bound, bound, offset.shape)

    def forward(self, x, out, params, memory):
        """Mix the waves of each column, and put the column beside them."""
        frequency, phase, mix, offset = self._of_columns(params)
        sine = _terms_of_sine(out.dtype)
        if fused.run("waves", x, frequency, phase, mix, offset, sine, out):
            return
        angles, waves, mixed = self._by_column(memory, out)
        _angles(x, frequency, phase, angles)
        np.cos(angles, out=waves)
        np.matmul(waves, mix.swapaxes(2, 3), out=mixed)
        mixed += offset[:, :, None]
        embedded = columns.by_output(out, self.n_outputs)
        embedded[..., :-1] = mixed.swapaxes(1, 2)
        embedded[..., -1] = x

    def backward(self, x, grad_out, grad_x, params, grads, memory):
        """Go back through the linear map and the cosines, which are computed anew."""
        frequency, phase, mix, _ = self._of_columns(params)
        grad_frequency, grad_phase, grad_mix, grad_offset = self._of_columns(grads)
        sine = _terms_of_sine(grad_out.dtype)
        if grad_x is None and fused.run(
            "waves_back", x, frequency, phase, mix, sine, grad_out,
            grad_frequency, grad_phase, grad_mix, grad_offset,
        ):  # fmt: skip
            return
        angles, waves, mixed = self._by_column(memory, grad_out)
        embedded = columns.by_output(grad_out, self.n_outputs)
        mixed[...] = embedded[..., :-1].swapaxes(1, 2)
        _angles(x, frequency, phase, angles)
        np.cos(angles, out=waves)
        np.matmul(mixed.swapaxes(2, 3), waves, out=grad_mix)
        np.sum(mixed, axis=2, out=grad_offset)
        np.sin(angles, out=angles)
        np.matmul(mixed, mix, out=waves)
        waves *= angles
        np.negative(waves, out=waves)
        np.sum(waves, axis=2, out=grad_phase)
        rows = x.swapaxes(1, 2)[:, :, None]
        np.matmul(rows, waves, out=grad_frequency[:, :, None])
        grad_frequency *= 2 * math.pi
        if grad_x is not None:
            waves *= frequency[:, :, None]
            np.sum(waves, axis=3, out=angles[..., 0])
            angles[..., 0] *= 2 * math.pi
            np.add(angles[..., 0].swapaxes(1, 2), embedded[..., -1], out=grad_x)

    def onnx(self, graph, x, params):
        """Two products: columns spread over their waves, and waves mixed into their columns."""
        frequency, phase, mix, offset = self._of_columns(params)
        n_networks, n_columns, n_waves = frequency.shape
        spread = columns.spread(n_columns, n_waves)
        flat = n_networks, 1, n_columns * n_waves
        angles = graph.product(x, graph.value(spread)) * graph.value(
            2 * math.pi * frequency.reshape(flat)
        ) + graph.value(phase.reshape(flat))
        width, n_mixed = self.n_outputs, self.n_outputs - 1
        padded = np.zeros((n_networks, n_columns, width, n_waves))
        padded[:, :, :n_mixed] = mix
        own = np.zeros((1, n_columns, n_columns, width))
        shift = np.zeros((n_networks, n_columns, width))
        for i in range(n_columns):
            own[:, i, i, n_mixed] = 1
        shift[..., :n_mixed] = offset
        all_columns = n_columns * width
        embedded = graph.product(np.cos(angles), graph.value(columns.one_matrix(padded)))
        embedded = embedded + graph.product(x, graph.value(own.reshape(1, n_columns, all_columns)))
        return embedded + graph.value(shift.reshape(n_networks, 1, all_columns))

    def _of_columns(self, arrays: Arrays) -> tuple[np.ndarray, ...]:
        """Parameters or their gradients as (n_networks, n_columns, ...): frequencies, phases,
        `mix` and `offset`."""
        frequency = arrays["frequency"]
        n_networks, n_columns, n_waves = frequency.shape
        of_columns = n_networks, n_columns
        return (
            frequency,
            arrays["phase"].reshape(*of_columns, n_waves),
            arrays["mix"].reshape(*of_columns, -1, n_waves),
            arrays["offset"].reshape(*of_columns, -1),
        )

    def _by_column(self, memory: Arrays, out: np.ndarray) -> tuple[np.ndarray, ...]:
        """The memory of angles, waves and outputs as (n_networks, n_columns, n_samples, ...)."""
        n_networks, n_samples, _ = out.shape
        widths = self.n_frequencies, self.n_frequencies, self.n_outputs - 1
        return tuple(
            memory[name].reshape(n_networks, -1, n_samples, width)
            for name, width in zip(("angles", "waves", "mixed"), widths, strict=True)
        )


def _angles(x: np.ndarray, frequency: np.ndarray, phase: np.ndarray, out: np.ndarray) -> None:
    """``2 pi x * frequency + phase``, column by column."""
    np.multiply(x.swapaxes(1, 2)[..., None], frequency[:, :, None], out=out)
    out *= 2 * math.pi
    out += phase[:, :, None]


@cache
def _terms_of_sine(dtype: np.dtype) -> np.ndarray:
    return np.array(SINE, dtype)
