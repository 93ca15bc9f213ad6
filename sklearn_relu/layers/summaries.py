"""The output of a recurrent layer, from its hidden states at all steps."""

from abc import ABC, abstractmethod

import numpy as np

from sklearn_relu.layers.base import Arrays
from sklearn_relu.layers.steps import Order, samples_first


class Summary(ABC):
    """The output of a series, given its hidden states, and the way back.

    Arrays are those of one network. States are lists with an array (n_samples, width) for each
    step, of the series in their order; outputs are (n_samples, width), as series come. `room` has
    the arrays of :attr:`arrays`, all (n_samples, width). The output of a series without a step is
    NaN: a layer below has left it without numbers.
    """

    arrays: tuple[str, ...] = ("summary", "grad_summary")

    @abstractmethod
    def forward(
        self, states: list[np.ndarray], order: Order, out: np.ndarray, room: Arrays
    ) -> None:
        """Overwrite `out`."""

    def begin_back(self, grad_out: np.ndarray, order: Order, room: Arrays) -> None:
        """Note the gradient of the output, in the order of the series."""
        room["grad_summary"][...] = grad_out if order.rows is None else grad_out[order.rows]

    @abstractmethod
    def backward(
        self, t: int, state: np.ndarray, grad_state: np.ndarray, order: Order, room: Arrays
    ) -> None:
        """Add to `grad_state`, the gradient of the states of step t; steps come from the last to
        the first."""


class Last(Summary):
    """The state at the last step of each series."""

    arrays = ("grad_summary",)

    def forward(
        self, states: list[np.ndarray], order: Order, out: np.ndarray, room: Arrays
    ) -> None:
        """Take each series' last state."""
        if order.rows is None:
            out[...] = states[-1]
            return
        out.fill(np.nan)
        for t, state in enumerate(states):
            ended = slice(order.counts[t + 1], order.counts[t])
            out[order.rows[ended]] = state[ended]

    def backward(
        self, t: int, state: np.ndarray, grad_state: np.ndarray, order: Order, room: Arrays
    ) -> None:
        """The gradient of series that end here."""
        ended = slice(order.counts[t + 1], order.counts[t])
        if ended.start == ended.stop:
            return
        grad_state[ended] += room["grad_summary"][ended]


class Mean(Summary):
    """The mean of the states of a series."""

    def forward(
        self, states: list[np.ndarray], order: Order, out: np.ndarray, room: Arrays
    ) -> None:
        """Add states up, step by step."""
        total = room["summary"]
        total[...] = states[0]
        for n, state in zip(order.counts[1:], states[1:], strict=False):
            total[:n] += state[:n]
        total[: order.counts[0]] /= order.lengths[:, None].astype(total.dtype)
        _to_rows(total, order, out)

    def begin_back(self, grad_out: np.ndarray, order: Order, room: Arrays) -> None:
        """Each state has its share of the gradient."""
        super().begin_back(grad_out, order, room)
        grad = room["grad_summary"][: order.counts[0]]
        grad /= order.lengths[:, None].astype(grad.dtype)

    def backward(
        self, t: int, state: np.ndarray, grad_state: np.ndarray, order: Order, room: Arrays
    ) -> None:
        """The share is the same at each step."""
        grad_state += room["grad_summary"][: len(grad_state)]


class Max(Summary):
    """The largest value of each unit over the steps; of equal ones the last has the gradient."""

    arrays = ("summary", "grad_summary", "hits")

    def forward(
        self, states: list[np.ndarray], order: Order, out: np.ndarray, room: Arrays
    ) -> None:
        """Go through the steps, with the largest values so far."""
        largest = room["summary"]
        largest[...] = states[0]
        for n, state in zip(order.counts[1:], states[1:], strict=False):
            np.maximum(largest[:n], state[:n], out=largest[:n])
        _to_rows(largest, order, out)

    def backward(
        self, t: int, state: np.ndarray, grad_state: np.ndarray, order: Order, room: Arrays
    ) -> None:
        """The gradient of values that are the largest here, and of no later step."""
        n = len(grad_state)
        hits, rest = room["hits"][:n], room["grad_summary"][:n]
        np.equal(state, room["summary"][:n], out=hits)
        hits *= rest
        grad_state += hits
        rest -= hits


class Every(Summary):
    """The states at all steps, for another layer to read; NaN after the last step of a series.

    A state that is not a number would end the series for that layer, and the rest of the network
    would go on as if it were shorter. So such a series is NaN from its first step on.
    """

    arrays = ()

    def forward(
        self, states: list[np.ndarray], order: Order, out: np.ndarray, room: Arrays
    ) -> None:
        """Copy all states."""
        samples_first(room["states"], order, out, np.nan)
        if lost := _lost(states, order):
            out[lost] = np.nan

    def begin_back(self, grad_out: np.ndarray, order: Order, room: Arrays) -> None:
        """Keep a view of the gradient by steps."""
        by_step = grad_out.reshape(len(grad_out), len(room["states"]), -1)
        room["grad_states"] = by_step.swapaxes(0, 1)

    def backward(
        self, t: int, state: np.ndarray, grad_state: np.ndarray, order: Order, room: Arrays
    ) -> None:
        """Each step has its own gradient."""
        grads = room["grad_states"][t]
        grad_state += grads if order.rows is None else grads[order.rows[: len(grad_state)]]


def _lost(states: list[np.ndarray], order: Order) -> list[int]:
    """The series whose last state, which all before it go into, is no number."""
    lost: list[int] = []
    for t, state in enumerate(states):
        ended = slice(order.counts[t + 1], order.counts[t])
        if ended.start < ended.stop and np.isnan(state[ended, 0]).any():
            rows = np.arange(len(state)) if order.rows is None else order.rows
            lost += rows[ended][np.isnan(state[ended, 0])].tolist()
    return lost


def _to_rows(values: np.ndarray, order: Order, out: np.ndarray) -> None:
    if order.rows is None:
        out[...] = values
        return
    n = order.counts[0]
    out[order.rows[:n]] = values[:n]
    out[order.rows[n:]] = np.nan


SUMMARIES: dict[str | None, Summary] = {
    "last": Last(),
    "mean": Mean(),
    "max": Max(),
    None: Every(),
}
"""By name; None gives all states."""
