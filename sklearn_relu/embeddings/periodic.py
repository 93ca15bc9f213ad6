"""Sines and cosines of each column, mixed: "PLR"."""

import math
from numbers import Integral, Real

import numpy as np

from sklearn_relu.embeddings import columns
from sklearn_relu.embeddings.base import Arrays, NumericalEmbedding
from sklearn_relu.sklearn_private import Interval


class Periodic(NumericalEmbedding):
    """Sines and cosines with learned frequencies, a linear map and ReLU ("PLR").

    ``relu([sin(2 pi frequency * x), cos(2 pi frequency * x)] @ mix + offset)`` for each column.
    Each column has frequencies, a linear map and an offset of its own; "PLR(lite)" of later papers,
    where columns share the map, is another form. Frequencies are drawn from ``frequency_scale``
    times a standard normal distribution, `mix` and `offset` from within
    ``1 / sqrt(2 * n_frequencies)``; all of them learn.

    Parameters
    ----------
    n_frequencies : int, default=16
        Frequencies of a column. Each has a sine and a cosine.
    n_outputs : int, default=8
        Outputs of a column.
    frequency_scale : float, default=0.5
        Standard deviation of the frequencies, in periods for a unit of the column. With 0.1 waves
        hardly vary, ReLU cuts many of them off, and small networks may die.
    rate : float, default=0.1
        Factor of the learning rate of its parameters.

    See Also
    --------
    PBLD : One cosine a frequency, and the column itself among the outputs.

    References
    ----------
    Gorishniy, Rubachev & Babenko (2022), On embeddings for numerical features in tabular deep
    learning, section 3.3, equation 2, and the ReLU of section 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu import TabularMLPRegressor
    >>> from sklearn_relu.embeddings import Periodic
    >>> X = np.random.RandomState(0).normal(size=(200, 2))
    >>> model = TabularMLPRegressor(
    ...     numerical_embedding=Periodic(n_frequencies=8), max_iter=20, random_state=0
    ... ).fit(X, np.sin(3 * X[:, 0]))
    >>> model.predict(X).shape
    (200,)
    """

    _parameter_constraints = {
        "n_frequencies": [Interval(Integral, 1, None, closed="left")],
        "n_outputs": [Interval(Integral, 1, None, closed="left")],
        "frequency_scale": [Interval(Real, 0, None, closed="neither")],
        "rate": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_frequencies=16, n_outputs=8, frequency_scale=0.5, rate=0.1):
        self.n_frequencies = n_frequencies
        self.n_outputs = n_outputs
        self.frequency_scale = frequency_scale
        self.rate = rate

    @property
    def width(self):
        """Outputs of a column."""
        return self.n_outputs

    def parameter_shapes(self, n_columns):
        """Frequencies, the linear map and its offset."""
        return {
            "frequency": ("weight", (n_columns, self.n_frequencies)),
            "mix": ("weight", (n_columns * self.n_outputs, 2 * self.n_frequencies)),
            "offset": ("bias", (1, n_columns * self.n_outputs)),
        }

    def memory(self, n_columns):
        """The waves, their gradients, and the outputs or their gradients column by column."""
        return {
            "waves": n_columns * 2 * self.n_frequencies,
            "grad_waves": n_columns * 2 * self.n_frequencies,
            "mixed": n_columns * self.n_outputs,
        }

    def init_parameters(self, params, rng):
        """Frequencies, `mix` and `offset`, in this order."""
        bound = 1 / math.sqrt(2 * self.n_frequencies)
        frequency, mix, offset = (params[name] for name in ("frequency", "mix", "offset"))
        frequency[...] = self.frequency_scale * rng.normal(size=frequency.shape)
        mix[...] = rng.uniform(-bound, bound, mix.shape)
        offset[...] = rng.uniform(-bound, bound, offset.shape)

    def forward(self, x, out, params, memory):
        """Mix the waves of each column; waves and outputs stay in memory."""
        frequency, mix, offset = self._of_columns(params)
        waves, _, mixed = self._by_column(memory)
        n = self.n_frequencies
        sines, cosines = waves[..., :n], waves[..., n:]
        np.multiply(x.swapaxes(1, 2)[..., None], frequency[:, :, None], out=sines)
        sines *= 2 * math.pi
        np.cos(sines, out=cosines)
        np.sin(sines, out=sines)
        columns.map_columns(waves, mix, offset, mixed)
        np.maximum(mixed, 0, out=mixed)
        columns.by_output(out, self.n_outputs)[...] = mixed.swapaxes(1, 2)

    def backward(self, x, grad_out, grad_x, params, grads, memory):
        """Go back through ReLU, the linear map and the waves."""
        frequency, mix, _ = self._of_columns(params)
        grad_frequency, grad_mix, grad_offset = self._of_columns(grads)
        waves, grad_waves, mixed = self._by_column(memory)
        n = self.n_frequencies
        np.sign(mixed, out=mixed)  # the slope of ReLU
        mixed *= columns.by_output(grad_out, self.n_outputs).swapaxes(1, 2)
        columns.map_back(waves, mixed, grad_mix, grad_offset)
        np.matmul(mixed, mix, out=grad_waves)
        grad_angles, of_cosines = grad_waves[..., :n], grad_waves[..., n:]
        grad_angles *= waves[..., n:]
        of_cosines *= waves[..., :n]
        grad_angles -= of_cosines
        grad_angles *= 2 * math.pi
        rows = x.swapaxes(1, 2)[:, :, None]
        np.matmul(rows, grad_angles, out=grad_frequency[:, :, None])
        if grad_x is not None:
            grad_angles *= frequency[:, :, None]
            np.sum(grad_angles, axis=3, out=grad_x.swapaxes(1, 2))

    def onnx(self, graph, x, params):
        """Two products: columns spread over their waves, and waves mixed into their columns."""
        frequency, mix, offset = self._of_columns(params)
        n_networks, n_columns, n = frequency.shape
        turns = 2 * math.pi * frequency.reshape(n_networks, 1, n_columns * n)
        angles = graph.product(x, graph.value(columns.spread(n_columns, n))) * graph.value(turns)
        mixed = graph.value(offset.reshape(n_networks, 1, -1))
        for waves, own in ((np.sin(angles), mix[..., :n]), (np.cos(angles), mix[..., n:])):
            mixed = graph.product(waves, graph.value(columns.one_matrix(own))) + mixed
        return np.maximum(mixed, 0.0)

    def _of_columns(self, arrays: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Frequencies, `mix` and `offset`, or their gradients, as (n_networks, n_columns, ...)."""
        frequency = arrays["frequency"]
        n_columns = frequency.shape[1]
        return (
            frequency,
            columns.of_columns(arrays["mix"], n_columns, self.n_outputs, -1),
            columns.of_columns(arrays["offset"], n_columns, self.n_outputs),
        )

    def _by_column(self, memory: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The memory of waves, their gradients and outputs, column by column."""
        n_waves = 2 * self.n_frequencies
        return (
            columns.by_column(memory["waves"], n_waves),
            columns.by_column(memory["grad_waves"], n_waves),
            columns.by_column(memory["mixed"], self.n_outputs),
        )
