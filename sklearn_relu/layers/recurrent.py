"""Recurrent layers: what all of them share, and the simple one."""

import copy
from abc import abstractmethod
from functools import partial
from typing import Any, Self

import numpy as np

from sklearn_relu.activations import ACTIVATIONS, Activation
from sklearn_relu.initializers import Initializer
from sklearn_relu.kernels import Call
from sklearn_relu.layers.base import Arrays, Block, Inputs, Layer, Noise
from sklearn_relu.layers.cells import Cell, Learned, Simple, Steps
from sklearn_relu.layers.passage import Passage
from sklearn_relu.layers.steps import samples_first, time_first
from sklearn_relu.layers.summaries import SUMMARIES


class Recurrent(Layer):
    """A layer that reads series step by step, and has a state.

    A series is a row, step after step. Steps that it does not have come last, and are NaN: a batch
    is then sorted by length, and each step moves the series that have it. Inside, time comes first:
    the product of the inputs of all steps is one, and so are those that give the gradients of the
    weights. The weights are one matrix: rows for the inputs of a step, then rows for the state.

    Parameters
    ----------
    n_steps, n_channels : int
    n_units : int
    activation : Activation
    summary : {"last", "mean", "max", None}, default="last"
        The output: of the states the last, the mean or the largest, or all.
    recurrent_initializer : Initializer, default=None
        Fills the rows of the weights that are for the state, where the layer is to be trained.
    recurrent_dropout : float, default=0.0
        Share of units that the next step does not see, the same at all steps of a series
        (Gal & Ghahramani 2016).
    """

    n_gates = 1
    reads_series = True

    def __init__(
        self,
        n_steps: int,
        n_channels: int,
        n_units: int,
        activation: Activation,
        summary: str | None = "last",
        recurrent_initializer: Initializer | None = None,
        recurrent_dropout: float = 0.0,
    ):
        self.n_steps, self.n_channels, self.n_units = n_steps, n_channels, n_units
        self.activation, self.summary = activation, summary
        self.recurrent_initializer = recurrent_initializer
        self.recurrent_dropout = recurrent_dropout
        self.width = activation.output_width(n_units)
        self.n_sums = self.n_gates * activation.input_width(n_units)
        self._blocks = {
            "weight": Block((n_channels + self.width, self.n_sums), "weight"),
            "bias": Block((1, self.n_sums), "bias"),
        }
        for name, shape in activation.parameter_shapes(n_units).items():
            self._blocks[name] = Block((1, *shape), "activation", activation.parameters_rate)
        self._set_widths(keeps_sums=activation.needs_summed_input)

    def _set_widths(self, keeps_sums: bool) -> None:
        """Note all widths that go by the number of steps, or by whether summed inputs are kept."""
        self._keeps_sums, every = keeps_sums, self.n_steps + 1
        self.reads = self.n_steps * self.n_channels
        self.gives = self.width * (self.n_steps if self.summary is None else 1)
        of_summary = dict.fromkeys(SUMMARIES[self.summary].arrays, self.width)
        self._memory = {
            "z": every * self.n_sums,
            "a": self.gives,
            "inputs": self.reads,
            "more": self.n_sums,
            "grad_state": self.width,
            **of_summary,
            **self.widths_of_room(),
            **{name: every * width for name, width in self.widths_of_cell().items()},
        }
        if self.recurrent_dropout:
            self._memory |= {"mask": self.width, "masked": every * self.width}
        self.scratch = sum(n for name, n in self._memory.items() if name not in ("z", "a"))

    @abstractmethod
    def widths_of_cell(self) -> dict[str, int]:
        """Columns of what a cell keeps of each step beside summed inputs, by name; "states" among
        it, unless they take the place of the summed inputs."""

    def widths_of_room(self) -> dict[str, int]:
        """Columns of what a cell needs for a single step, by name."""
        return {}

    @abstractmethod
    def cell(self, steps: dict[str, Steps], learned: Learned, room: Arrays) -> Cell:
        """The cell of one network; `room` has arrays (1, n_samples, columns) for one step."""

    def blocks(self) -> dict[str, Block]:
        """Weights, biases, and what the activation learns."""
        return self._blocks

    def memory(self) -> dict[str, int]:
        """Numbers of all steps, and room for those of one."""
        return self._memory

    def multiplications(self) -> int:
        """Of one step: products of all steps at once are the smaller share of the work."""
        return (self.n_channels + self.width) * self.n_sums

    @property
    def is_random(self) -> bool:
        """Whether training draws: masks, or noise of the activation."""
        return self.recurrent_dropout > 0 or self.activation.is_random

    @property
    def passes_through(self) -> bool:
        """False: gradients go through time, whatever the activation."""
        return False

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether the layer is linear between kinks: not where the largest states are taken."""
        return self.activation.is_piecewise_linear and self.summary != "max"

    def reading(self, width: int) -> Self:
        """The same layer, with the same parameters, for longer or shorter series."""
        if width == self.reads:
            return self
        layer = copy.copy(self)
        layer.n_steps = width // self.n_channels
        layer._set_widths(self._keeps_sums)
        return layer

    def drawn(self, weights: np.ndarray) -> np.ndarray:
        """The rows for the inputs of a step."""
        return weights[: self.n_channels]

    def finish_start(self, params: Arrays, rng: np.random.RandomState) -> None:
        """Fill the rows for the state."""
        initializer: Any = self.recurrent_initializer
        for weights in params["weight"]:
            initializer.fill(weights[self.n_channels :], 1.0, rng)

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """Step by step, then the summary; network by network."""
        return [passage.forward for passage in self._passages(x, memory, params, noise)]

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """Back through the summary and all steps. Once all networks have read `grad_a`, `grad_x`
        may overwrite it: one network's part of it may be where another one's was."""
        passages = self._passages(x, memory, params, None, grads)
        pairs = zip(passages, grad_a, strict=True)
        calls: list[Call] = [partial(each.backward, grad) for each, grad in pairs]
        if grad_x is not None:
            pairs = zip(passages, grad_x, strict=True)
            calls += [partial(each.input_gradient, grad) for each, grad in pairs]
        return calls

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """The summed inputs at all steps; NaN at those that a series does not have."""
        if not biased:
            params = params | {"bias": np.zeros_like(params["bias"])}
        passages = self._looking(x, params)
        for passage in passages:
            passage.forward()
        return self._rows_of(passages, "z", np.nan)

    def activations(self, z: np.ndarray, params: Arrays) -> np.ndarray:
        """The output, given the summed inputs at all steps."""
        return np.stack([passage.output for passage in self._activated(z, params)])

    def look_back(
        self, z: np.ndarray, a: np.ndarray, grad_a: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """The gradient of the summed inputs at all steps; 0 at those that a series does not
        have."""
        passages = self._activated(z, params)
        for passage, grad in zip(passages, grad_a, strict=True):
            passage.go_back(grad)
        return self._rows_of(passages, "grad_z", 0.0)

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """The gradient of each step's inputs, by that of its summed inputs."""
        of_inputs = params["weight"][:, : self.n_channels].swapaxes(1, 2)
        by_step = grad_z.reshape(len(grad_z), -1, self.n_sums)
        return (by_step @ of_inputs).reshape(*grad_z.shape[:2], -1)

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """The products of inputs and states with the gradients of summed inputs."""
        passages = self._looking(x, params)
        for passage, grad in zip(passages, grad_z, strict=True):
            passage.forward()
            time_first(grad, passage.order, passage.arrays["grad_z"][:, 0])
            passage.products_for_weights()
        return {"weight": np.concatenate([passage.grads["weight"] for passage in passages])}

    def steps_of(self, x: Any) -> np.ndarray:
        """The steps that are not NaN; series are the same for all networks."""
        first = x[0]
        return ~np.isnan(first.reshape(len(first), -1, self.n_channels)[:, :, 0])

    def states(self, z: np.ndarray, a: np.ndarray, params: Arrays) -> np.ndarray:
        """The states at all steps, whatever the summary."""
        if self.summary is None:
            return a
        layer = copy.copy(self)
        layer.summary = None
        return layer.activations(z, params)

    def linear_pieces(self, x: Any, z: np.ndarray, a: np.ndarray, params: Arrays) -> np.ndarray:
        """The pieces of the activation at all steps; NaN at those that a series does not have."""
        by_step = z.reshape(len(z), -1, self.n_sums)
        states = np.empty((*by_step.shape[:2], self.width), z.dtype)
        self.activation.forward(by_step, states, params)
        pieces = self.activation.linear_pieces(by_step, states, params).reshape(z.shape)
        return np.where(np.isnan(z), np.nan, pieces)

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """ONNX' operator for the cell, and the summary."""
        functions = [self._onnx_function(part) for part in self._onnx_parts()]
        return graph.recurrence(
            self.onnx_operator, x, self.n_channels, params, self.onnx_gates, functions, self.summary
        )

    onnx_operator: str
    onnx_gates: tuple[int, ...] = (0,)
    """Our numbers of the gates, in ONNX' order."""

    def _onnx_parts(self) -> list[Activation]:
        """The functions that the operator asks for, in its order."""
        return [self.activation]

    def _onnx_function(self, part: Activation) -> tuple:
        """The name and the numbers of a function.

        Raises
        ------
        NotImplementedError
            If the operator has no such function.
        """
        function = part.onnx_function if "onnx_function" in vars(type(part)) else None
        if function is None:
            known = [name for name, cls in ACTIVATIONS.items() if cls().onnx_function is not None]
            raise NotImplementedError(
                f"ONNX' operator {self.onnx_operator} has no {part!r}. It has "
                f"{', '.join(map(repr, known))}, as they are by default; save() takes all."
            )
        return function

    def features(self, x: Any) -> Any:
        """The channels of all steps that series have."""
        by_step = x.reshape(-1, self.n_channels)
        return by_step[~np.isnan(by_step[:, 0])]

    def _passages(
        self, x: Any, memory: Arrays, params: Arrays, noise: Noise, grads: Arrays | None = None
    ) -> list[Passage]:
        """Those of all networks; `x` may be one network's, for all."""
        return [
            Passage(
                self,
                x[i if len(x) > 1 else 0],
                {name: array[i] for name, array in memory.items()},
                {name: array[i : i + 1] for name, array in params.items()},
                None if noise is None else noise[i : i + 1],
                {name: array[i : i + 1] for name, array in (grads or {}).items()},
            )
            for i in range(len(memory["z"]))
        ]

    def _looking(self, x: np.ndarray, params: Arrays, n_steps: int | None = None) -> list[Passage]:
        """Passages that have memory of their own, and keep the summed inputs."""
        layer = copy.copy(self)
        layer.n_steps = n_steps or x.shape[2] // self.n_channels
        layer.recurrent_dropout = 0.0
        layer._set_widths(keeps_sums=True)
        shape, dtype = (len(params["weight"]), x.shape[1]), params["weight"].dtype
        memory = {name: np.empty((*shape, n), dtype) for name, n in layer.memory().items()}
        memory["grad_z"] = np.empty_like(memory["z"])
        grads = {name: np.empty_like(array) for name, array in params.items()}
        return layer._passages(x, memory, params, None, grads)

    def _activated(self, z: np.ndarray, params: Arrays) -> list[Passage]:
        """Passages from given summed inputs on."""
        passages = self._looking(z, params, z.shape[2] // self.n_sums)
        for passage, sums in zip(passages, z, strict=True):
            passage.activate(sums)
        return passages

    def _rows_of(self, passages: list[Passage], name: str, absent: float) -> np.ndarray:
        """Numbers of all steps as rows (n_networks, n_samples, width)."""
        arrays = [passage.arrays[name][:, 0] for passage in passages]
        n_steps, n_samples, width = arrays[0].shape
        rows = np.empty((len(arrays), n_samples, n_steps * width), arrays[0].dtype)
        for passage, array, out in zip(passages, arrays, rows, strict=True):
            samples_first(array, passage.order, out, absent)
        return rows


class RNN(Recurrent):
    """The simple recurrent layer: ``h = activation(x @ of_inputs + h @ of_states + bias)``.

    References
    ----------
    Elman (1990), Finding structure in time.
    Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified linear
    units.
    """

    onnx_operator = "RNN"

    def widths_of_cell(self) -> dict[str, int]:
        return {"states": self.width} if self._keeps_sums else {}

    def cell(self, steps: dict[str, Steps], learned: Learned, room: Arrays) -> Cell:
        """Make one call of the activation a step."""
        return Simple(steps, learned)
