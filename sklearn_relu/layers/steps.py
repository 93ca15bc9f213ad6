"""Series in a batch: how many steps each has, and copies of them time first."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Order:
    """The series of a batch, by falling length: step t is for the first ``counts[t]`` of them.

    Attributes
    ----------
    rows : ndarray of shape (n_samples,) or None
        The numbers of the series in that order. None: all have as many steps, and stay as they are.
    counts : list of int
        One a step, up to the last one that a series has, and of one step at least: the series that
        have it; then 0.
    """

    rows: np.ndarray | None
    counts: list[int]

    @property
    def n_steps(self) -> int:
        """Steps up to the last one that a series has, and at least one."""
        return len(self.counts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """The steps of each series, in this order."""
        counts = np.array(self.counts)
        return np.count_nonzero(counts[:, None] > np.arange(counts[0]), axis=0)


def order_of(x: np.ndarray, n_steps: int) -> Order:
    """The order of the series of one network.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_steps * n_channels)
        Step after step; NaN in steps that a series does not have, which are its last ones.
    n_steps : int
    """
    n_samples = len(x)
    n_channels = x.shape[1] // n_steps
    if not np.isnan(x[:, -n_channels]).any():
        return Order(None, [n_samples] * n_steps + [0])
    has = ~np.isnan(x[:, ::n_channels])
    lengths = np.count_nonzero(has, axis=1)
    rows = np.argsort(-lengths, kind="stable")
    has = has[:, : max(1, int(lengths.max()))]
    return Order(rows, [*np.count_nonzero(has, axis=0).tolist(), 0])


def time_first(x: np.ndarray, order: Order, out: np.ndarray) -> None:
    """Copy series; the steps that they do not have are 0, up to the last one of the order.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_steps * n_channels)
    order : Order
    out : ndarray of shape (n_steps, n_samples, n_channels)
    """
    n_steps, n_samples, n_channels = out.shape
    by_step = x.reshape(n_samples, n_steps, n_channels).swapaxes(0, 1)
    if order.rows is None:
        out[...] = by_step
        return
    for t, n in enumerate(order.counts[:-1]):
        out[t, :n] = by_step[t, order.rows[:n]]
        out[t, n:] = 0


def samples_first(steps: np.ndarray, order: Order, out: np.ndarray, absent: float) -> None:
    """The way back of :func:`time_first`.

    Parameters
    ----------
    steps : ndarray of shape (n_steps, n_samples, n_channels)
    order : Order
    out : ndarray of shape (n_samples, n_steps * n_channels)
    absent : float
        The value of the steps that a series does not have.
    """
    n_steps, n_samples, n_channels = steps.shape
    by_step = out.reshape(n_samples, n_steps, n_channels).swapaxes(0, 1)
    if order.rows is None:
        by_step[...] = steps
        return
    out.fill(absent)
    for t, n in enumerate(order.counts[:-1]):
        by_step[t, order.rows[:n]] = steps[t, :n]
