"""How large gradients are at each step of series, on their way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklearn_relu.network.trace import Trace


@dataclass(frozen=True)
class ThroughTime:
    """Squared norms of a gradient for the summed inputs of one layer, counted back from the end of
    each series.

    Attributes
    ----------
    squares : ndarray of shape (n_networks, n_samples, n_steps)
        At ``[..., k]`` those of the step that is k steps before the last one; 0 where a series does
        not have it, infinite where the gradient is not finite.
    lengths : ndarray of int of shape (n_samples,)
        The steps of each series.
    """

    squares: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, trace: Trace, i: int, grad_z: np.ndarray) -> Self:
        """Those of layer i of a trace, which reads series."""
        steps: Any = trace.layers[i].steps_of(trace.inputs[i])
        lengths = np.count_nonzero(steps, axis=1)
        by_step = np.square(grad_z.reshape(len(grad_z), *steps.shape, -1), dtype=np.float64)
        squares = np.nan_to_num(by_step.sum(axis=-1), nan=np.inf, posinf=np.inf)
        place = lengths[:, None] - 1 - np.arange(steps.shape[1])
        squares = np.take_along_axis(squares, np.maximum(place, 0)[None], axis=2)
        return cls(np.where(place >= 0, squares, 0.0), lengths)

    @classmethod
    def joined(cls, parts: Sequence["ThroughTime"]) -> "ThroughTime":
        """Those of several batches."""
        squares = np.concatenate([part.squares for part in parts], axis=1)
        return cls(squares, np.concatenate([part.lengths for part in parts]))

    @property
    def counts(self) -> np.ndarray:
        """The number of series that have each step, (n_steps,)."""
        return np.count_nonzero(self.lengths[:, None] > np.arange(self.squares.shape[2]), axis=0)

    @property
    def norms(self) -> np.ndarray:
        """Root mean squares over the series that have the step, (n_networks, n_steps)."""
        sums, counts = self.squares.sum(axis=1), self.counts
        return np.sqrt(sums[:, counts > 0] / counts[counts > 0])

    @property
    def reach(self) -> int:
        """Steps that at least half of the series have."""
        return int(np.sort(self.lengths)[len(self.lengths) // 2])

    @property
    def ratio(self) -> np.ndarray:
        """The norm at the first of the steps that half of the series have over that at the last
        step, of these series; NaN where the latter is 0. Of shape (n_networks,)."""
        own = self.squares[:, self.lengths >= self.reach]
        last, first = own[..., 0].sum(axis=1), own[..., self.reach - 1].sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.sqrt(np.where(np.isinf(first), first, first / last))
        return np.where(last > 0, ratio, np.nan)
