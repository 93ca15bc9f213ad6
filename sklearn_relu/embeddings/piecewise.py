"""Columns cut into bins by their quantiles."""

import math
from numbers import Integral, Real

import numpy as np

from sklearn_relu.embeddings import columns
from sklearn_relu.embeddings.base import Arrays, NumericalEmbedding
from sklearn_relu.sklearn_private import Interval

N_ROWS = 10_000
"""Rows that quantiles are of, spread evenly over those that are given."""

LEAST_WIDTH = 1e-9
"""Narrower bins are empty: their ends differ by rounding."""

FIRST_RANGE = -3.0, 3.0
"""The range of bins before rows are seen: networks for tables squash columns into it."""


class PiecewiseLinear(NumericalEmbedding):
    """Piecewise linear encoding by quantile bins, and a linear map ("Q-L").

    ``encoding @ mix + offset`` for each column. The encoding has a number for each bin: 0 for a
    value below the bin, 1 above it, and in between the share of the bin that lies below the value.
    So each output is a continuous piecewise linear function of the column. Ends of bins are
    quantiles of the training rows, and stay as they are. `mix` and `offset` are drawn from within
    ``1 / sqrt(n_bins)``, and learn.

    A column with few distinct values has empty bins, whose number is 0. Beyond the least and the
    largest training value outputs are constant; in the paper the outer bins go on linearly, where
    a narrow one makes any number of a far value.

    Parameters
    ----------
    n_bins : int, default=32
        Bins of a column.
    n_outputs : int, default=8
        Outputs of a column.
    rate : float, default=0.1
        Factor of the learning rate of `mix` and `offset`.

    References
    ----------
    Gorishniy, Rubachev & Babenko (2022), On embeddings for numerical features in tabular deep
    learning, section 3.2, equation 1, with the bins of section 3.2.1; `PiecewiseLinearEmbeddings`
    of the authors' package rtdl_num_embeddings, version "A" without activation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu import TabularMLPRegressor
    >>> from sklearn_relu.embeddings import PiecewiseLinear
    >>> X = np.random.RandomState(0).normal(size=(200, 2))
    >>> model = TabularMLPRegressor(
    ...     numerical_embedding=PiecewiseLinear(n_bins=8), max_iter=20, random_state=0
    ... ).fit(X, np.abs(X[:, 0]))
    >>> model.predict(X).shape
    (200,)
    """

    _parameter_constraints = {
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "n_outputs": [Interval(Integral, 1, None, closed="left")],
        "rate": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_bins=32, n_outputs=8, rate=0.1):
        self.n_bins = n_bins
        self.n_outputs = n_outputs
        self.rate = rate

    @property
    def width(self):
        """Outputs of a column."""
        return self.n_outputs

    def parameter_shapes(self, n_columns):
        """The bins' lower ends, one over their widths, the linear map and its offset."""
        n_bins, n_mixed = n_columns * self.n_bins, n_columns * self.n_outputs
        return {
            "low": ("fixed", (1, n_bins)),
            "slope": ("fixed", (1, n_bins)),
            "mix": ("weight", (n_mixed, self.n_bins)),
            "offset": ("bias", (1, n_mixed)),
        }

    def memory(self, n_columns):
        """The encoding, its gradient, and the outputs or their gradients column by column."""
        return {
            "encoded": n_columns * self.n_bins,
            "grad_encoded": n_columns * self.n_bins,
            "mixed": n_columns * self.n_outputs,
        }

    def init_parameters(self, params, rng):
        """Draw `mix`, then `offset`; bins are of equal width."""
        bound = 1 / math.sqrt(self.n_bins)
        mix, offset = params["mix"], params["offset"]
        mix[...] = rng.uniform(-bound, bound, mix.shape)
        offset[...] = rng.uniform(-bound, bound, offset.shape)
        ends = np.linspace(*FIRST_RANGE, self.n_bins + 1)
        self._set_bins(params, np.tile(ends, (mix.shape[1] // self.n_outputs, 1)))

    def init_from_rows(self, params, rows):
        """Make bins of quantiles; the outermost ends are the least and the largest value."""
        n = len(rows)
        some = rows[np.arange(N_ROWS) * n // N_ROWS] if n > N_ROWS else rows
        shares = np.linspace(0, 1, self.n_bins + 1)
        ends = np.quantile(some.astype(np.float64), shares, axis=0)
        ends[0], ends[-1] = rows.min(axis=0), rows.max(axis=0)
        self._set_bins(params, ends.T)

    def forward(self, x, out, params, memory):
        """Encode and map each column; the encoding stays in memory."""
        low, slope, mix, offset = self._of_columns(params)
        encoded, _, mixed = self._by_column(memory)
        np.subtract(x.swapaxes(1, 2)[..., None], low[:, :, None], out=encoded)
        encoded *= slope[:, :, None]
        np.clip(encoded, 0, 1, out=encoded)
        columns.map_columns(encoded, mix, offset, mixed)
        columns.by_output(out, self.n_outputs)[...] = mixed.swapaxes(1, 2)

    def backward(self, x, grad_out, grad_x, params, grads, memory):
        """Go back through the linear map and, for `grad_x`, the bins; their gradient is 0."""
        _, slope, mix, _ = self._of_columns(params)
        grad_low, grad_slope, grad_mix, grad_offset = self._of_columns(grads)
        encoded, grad_encoded, mixed = self._by_column(memory)
        grad_low[...] = grad_slope[...] = 0
        mixed[...] = columns.by_output(grad_out, self.n_outputs).swapaxes(1, 2)
        columns.map_back(encoded, mixed, grad_mix, grad_offset)
        if grad_x is not None:
            np.matmul(mixed, mix, out=grad_encoded)
            grad_encoded *= slope[:, :, None]
            # Inside a bin are numbers between 0 and 1.
            np.subtract(encoded, 0.5, out=encoded)
            np.abs(encoded, out=encoded)
            np.less(encoded, 0.5, out=encoded)
            grad_encoded *= encoded
            np.sum(grad_encoded, axis=3, out=grad_x.swapaxes(1, 2))

    def onnx(self, graph, x, params):
        """Two products: columns spread over their bins, and encodings mapped."""
        low, slope, mix, offset = self._of_columns(params)
        n_networks, n_columns, _ = low.shape
        low, slope, offset = (
            graph.value(each.reshape(n_networks, 1, -1)) for each in (low, slope, offset)
        )
        spread = graph.product(x, graph.value(columns.spread(n_columns, self.n_bins)))
        encoded = np.clip((spread - low) * slope, 0.0, 1.0)
        return graph.product(encoded, graph.value(columns.one_matrix(mix))) + offset

    def _set_bins(self, params: Arrays, ends: np.ndarray) -> None:
        """Make the bins of their ends (n_columns, n_bins + 1)."""
        low, slope = (params[name] for name in ("low", "slope"))
        ends = ends.astype(low.dtype)
        widths = np.diff(ends)
        low[...] = ends[:, :-1].ravel()
        slope[...] = 0
        wide = widths.ravel() > LEAST_WIDTH
        slope[..., wide] = 1 / widths.ravel()[wide]

    def _of_columns(self, arrays: Arrays) -> tuple[np.ndarray, ...]:
        """Lower ends, slopes, `mix` and `offset`, or their gradients, column by column."""
        n_columns = arrays["mix"].shape[1] // self.n_outputs
        return (
            columns.of_columns(arrays["low"], n_columns, self.n_bins),
            columns.of_columns(arrays["slope"], n_columns, self.n_bins),
            columns.of_columns(arrays["mix"], n_columns, self.n_outputs, self.n_bins),
            columns.of_columns(arrays["offset"], n_columns, self.n_outputs),
        )

    def _by_column(self, memory: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The memory of encodings, their gradients and outputs, column by column."""
        return (
            columns.by_column(memory["encoded"], self.n_bins),
            columns.by_column(memory["grad_encoded"], self.n_bins),
            columns.by_column(memory["mixed"], self.n_outputs),
        )
