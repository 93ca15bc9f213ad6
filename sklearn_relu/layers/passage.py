"""The way of one network through the steps of its series, and back."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.kernels import Call
from sklearn_relu.layers.base import Arrays, Noise
from sklearn_relu.layers.cells import Cell, Learned
from sklearn_relu.layers.steps import Order, order_of, samples_first, time_first
from sklearn_relu.layers.summaries import SUMMARIES


class Passage:
    """A recurrent layer of one network with its arrays bound.

    Parameters
    ----------
    layer : Recurrent
    x : ndarray of shape (n_samples, n_steps * n_channels)
        NaN at the steps that a series does not have.
    memory : dict of ndarray of shape (n_samples, columns)
        Flat room: what is by step lies time first in it.
    params, grads : dict of ndarray of shape (1, ...)
    noise : sequence of one Generator, or None

    Attributes
    ----------
    order : Order
        Of the last pass.
    arrays : dict of ndarray of shape (n_steps or n_steps + 1, 1, n_samples, width)
        Those of a cell.
    output : ndarray of shape (n_samples, gives)
    grads : dict of ndarray
    """

    order: Order

    def __init__(
        self, layer: Any, x: np.ndarray, memory: Arrays, params: Arrays, noise: Noise, grads: Arrays
    ):
        self.x, self.output, self.grads, self.noise = x, memory["a"], grads, noise
        self.rate = layer.recurrent_dropout
        self.n_steps, n = layer.n_steps, len(x)
        self.arrays = self._by_step(layer, memory, n)
        self.states = self.arrays["states"]
        self.inputs = memory["inputs"].reshape(self.n_steps, n, layer.n_channels)
        self.more, self.grad_state = memory["more"][None], memory["grad_state"][None]
        self.mask = memory.get("mask")
        self.summary = SUMMARIES[layer.summary]
        self.room = {name: memory[name] for name in self.summary.arrays}
        self.room["states"] = self.states[1:, 0]
        self._bind(layer, params, memory)

    def _by_step(self, layer: Any, memory: Arrays, n: int) -> Arrays:
        """Views by step; where summed inputs are not kept, states take their place."""
        names = {"z", "grad_z", "masked", "states", *layer.widths_of_cell()}
        shape = self.n_steps + 1, 1, n, -1
        arrays = {name: memory[name].reshape(shape) for name in names & memory.keys()}
        self._before = [array[0] for array in arrays.values()]
        self._are_apart = "states" in arrays
        arrays.setdefault("states", arrays["z"])
        return arrays | {name: arrays[name][1:] for name in {"z", "grad_z"} & arrays.keys()}

    def _bind(self, layer: Any, params: Arrays, memory: Arrays) -> None:
        """The cell, and the products of all steps at once."""
        weight, n = params["weight"], layer.n_channels
        self.bias, self.of_states = params["bias"][0], weight[0, n:]
        # Products with a transposed view take up to twice the time, and there is one a step.
        self.to_states = np.empty(self.of_states.shape[::-1], weight.dtype)
        learned = Learned(layer.activation, params, self.grads, self.noise)
        steps = {name: list(array) for name, array in self.arrays.items()}
        if not self._are_apart:  # activations ask whether both are one and the same array
            steps["z"] = steps["states"][1:]
        room = {name: memory[name][None] for name in (*layer.widths_of_room(), "more")}
        self.cell: Cell = layer.cell(steps, learned, room)
        self.of_inputs = weight[:, :n]
        self._products_of_all = Products(self, self.n_steps)

    def forward(self) -> None:
        """From inputs to the output."""
        self.order = order_of(self.x, self.n_steps)
        time_first(self.x, self.order, self.inputs)
        self._products().forward()
        z = self.arrays["z"][: self.order.n_steps]
        z += self.bias
        if self.mask is not None:
            self._draw_mask()
        self._go(self._step)

    def activate(self, sums: np.ndarray) -> None:
        """From the summed inputs at all steps, as rows, to the output."""
        self.order = order_of(sums, self.n_steps)
        time_first(sums, self.order, self.arrays["z"][:, 0])
        self._go(lambda t, views: None)

    def _go(self, step: Callable[[int, "Views"], None]) -> None:
        """Step by step; `step` overwrites what the state before adds to the summed inputs."""
        for state in (*self._before, self.more):
            state.fill(0)
        if self.order.rows is not None and self._are_apart:
            self.states[: self.order.n_steps + 1].fill(0)
        views = self._views()
        forward = views.cell.forward
        for t, more in enumerate(views.more):
            if t:
                step(t, views)
            forward(t, more)
        states = [state[0] for state in self.states[1 : self.order.n_steps + 1]]
        self.summary.forward(states, self.order, self.output, self.room)

    def _step(self, t: int, views: "Views") -> None:
        """Multiply the state before step t, as the step sees it, and the weights."""
        read = views.read[t]
        if self.mask is not None:
            n = len(read)
            np.multiply(self.states[t, 0, :n], self.mask[:n], out=read)
        _multiply(read, self.of_states, views.more[t][0])

    def _draw_mask(self) -> None:
        """Draw the mask of each series; without a generator all units are seen."""
        mask: Any = self.mask
        self.arrays["masked"][: self.order.n_steps].fill(0)  # all that is not written is not seen
        if self.noise is None:
            mask.fill(1)
            return
        keep = 1.0 - self.rate
        self.noise[0].random(out=mask, dtype=mask.dtype)
        mask += keep
        np.floor(mask, out=mask)
        mask *= 1 / keep

    def backward(self, grad_output: np.ndarray) -> None:
        """From the gradient of the output to those of summed inputs and parameters."""
        self.order = order_of(self.x, self.n_steps)
        self.go_back(grad_output)
        self.products_for_weights()

    def input_gradient(self, grad_x: np.ndarray) -> None:
        """From the gradient of the summed inputs to that of the inputs, which are overwritten."""
        self._products().for_inputs()
        samples_first(self.inputs, self.order, grad_x, 0.0)

    def products_for_weights(self) -> None:
        """Overwrite the gradients of weights and biases."""
        for call in self._products().for_parameters:
            call()

    def go_back(self, grad_output: np.ndarray) -> None:
        """Overwrite the gradient of the summed inputs at all steps."""
        if self.order.rows is not None:
            self.arrays["grad_z"][: self.order.n_steps].fill(0)
        np.copyto(self.to_states, self.of_states.T)
        self.grad_state.fill(0)
        self.summary.begin_back(grad_output, self.order, self.room)
        views = self._views()
        backward = views.cell.backward
        views.cell.begin_back()
        last = len(views.more) - 1
        for t in range(last, -1, -1):
            if t < last:
                self._step_back(t + 1, views)
            grad = views.grad_states[t]
            self.summary.backward(t, views.states[t], grad[0], self.order, self.room)
            backward(t, grad)

    def _step_back(self, t: int, views: "Views") -> None:
        """The gradient of the state before step t, of the series that have the step."""
        grad = views.grad_states[t][0]
        _multiply(views.grad_z[t], self.to_states, grad)
        if self.mask is not None:
            grad *= self.mask[: len(grad)]

    def _views(self) -> "Views":
        """Those for the order of the pass."""
        order = self.order
        if order.rows is None:
            return self._views_of_all
        return Views(self, order.counts, self.cell.with_rows(order.counts))

    @cached_property
    def _views_of_all(self) -> "Views":
        """Those of all series at all steps."""
        return Views(self, [len(self.x)] * self.n_steps + [0], self.cell)

    def _products(self) -> "Products":
        """Those for the order of the pass."""
        n_steps = self.order.n_steps
        return self._products_of_all if n_steps == self.n_steps else Products(self, n_steps)


class Products:
    """The products of the first steps, up to the last one that a series of the batch has.

    Attributes
    ----------
    forward : callable
        Overwrites the summed inputs with the share of the inputs.
    for_parameters : list of callable
        Overwrite the gradients of weights and biases.
    for_inputs : callable
        Overwrites the inputs with their gradient.
    """

    def __init__(self, passage: Passage, n_steps: int):
        inputs, of_inputs = _flat(passage.inputs[:n_steps]), passage.of_inputs
        self.forward = kernels.product(inputs, of_inputs, _flat(passage.arrays["z"][:n_steps]))
        self.for_parameters: list[Call] = []
        if not passage.grads:
            return
        grad_z = _flat(passage.arrays["grad_z"][:n_steps])
        read = _flat(passage.arrays.get("masked", passage.states)[:n_steps])
        n, weight = of_inputs.shape[1], passage.grads["weight"]
        self.for_parameters = [
            kernels.product(inputs.swapaxes(1, 2), grad_z, weight[:, :n]),
            kernels.product(read.swapaxes(1, 2), grad_z, weight[:, n:]),
            partial(kernels.sum_samples, grad_z, passage.grads["bias"]),
        ]
        self.for_inputs = kernels.product(grad_z, of_inputs.swapaxes(1, 2), inputs)


class Views:
    """For each step, views of the rows that it moves: of (1, n_samples, width) or (n_samples,
    width).

    Attributes
    ----------
    cell : Cell
    more, grad_states : list of ndarray of shape (1, n, width)
        Room that all steps share.
    read, states, grad_z : list of ndarray of shape (n, width)
        The state before each step as the step sees it, the one after it, and the gradient of its
        summed inputs.
    """

    def __init__(self, passage: Passage, counts: list[int], cell: Cell):
        self.cell = cell
        counts = [n for n in counts if n]
        arrays = passage.arrays
        self.more = [passage.more[:, :n] for n in counts]
        self.grad_states = [passage.grad_state[:, :n] for n in counts]
        read, states = arrays.get("masked", passage.states), passage.states[1:]
        self.read = [array[0, :n] for array, n in zip(read, counts, strict=False)]
        self.states = [array[0, :n] for array, n in zip(states, counts, strict=False)]
        grads = arrays.get("grad_z", ())
        self.grad_z = [array[0, :n] for array, n in zip(grads, counts, strict=False)]


def _multiply(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """``out = left @ right`` for contiguous matrices."""
    n, m = left.shape
    pieces = kernels.pieces_of_rows(n, m, right.shape[1])
    if pieces > 1:
        left, out = left.reshape(pieces, n // pieces, m), out.reshape(pieces, n // pieces, -1)
    np.matmul(left, right, out=out)


def _flat(by_step: np.ndarray) -> np.ndarray:
    """A view (1, n_steps * n_samples, width)."""
    return by_step.reshape(1, -1, by_step.shape[-1])
