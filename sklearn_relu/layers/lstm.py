"""Long short-term memory."""

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.initializers import Initializer
from sklearn_relu.layers.base import Arrays
from sklearn_relu.layers.cells import Cell, Learned, Steps
from sklearn_relu.layers.gates import Gated, Squashed, forms_of
from sklearn_relu.layers.recurrent import Recurrent

GATES = "write (i)", "keep (f)", "show (o)"
"""In the order of the columns of the weights."""


class LSTM(Recurrent):
    """A layer whose units have a memory cell, and three gates that write, keep and show it.

    With the summed inputs of the gates i, f, o and of the candidate g, in this order in the columns
    of the weights::

        c = gate(f) * c + gate(i) * activation(g)
        h = gate(o) * activation(c)

    Parameters
    ----------
    n_steps, n_channels : int
    n_units : int
    activation : Activation
        Of the candidate, and of the cell where it is shown. A unit has one summed input for each.
    summary, recurrent_initializer, recurrent_dropout : object
        As for :class:`Recurrent`.
    gate_activation : Activation
    forget_bias : float, default=1.0
        Added to the biases of the gates that keep, before training.

    References
    ----------
    Hochreiter & Schmidhuber (1997), Long short-term memory. Gers, Schmidhuber & Cummins (2000),
    Learning to forget: the gate that keeps. Jozefowicz, Zaremba & Sutskever (2015), An empirical
    exploration of recurrent network architectures: its bias of 1.
    """

    n_gates = 4
    is_piecewise_linear = False
    onnx_operator = "LSTM"
    onnx_gates = 0, 2, 1, 3

    def __init__(
        self,
        n_steps: int,
        n_channels: int,
        n_units: int,
        activation: Activation,
        gate_activation: Activation,
        summary: str | None = "last",
        recurrent_initializer: Initializer | None = None,
        recurrent_dropout: float = 0.0,
        forget_bias: float = 1.0,
    ):
        for part in (activation, gate_activation):
            if (part.input_width(1), part.output_width(1)) != (1, 1):
                raise ValueError(
                    f"{part!r} has several summed inputs or activations for a unit; an LSTM needs "
                    "one of each. Use another activation, or cell='rnn'."
                )
        if gate_activation.parameter_shapes(1):
            raise ValueError(
                f"gate_activation={gate_activation!r} learns parameters, and gates have none. Use "
                "an activation that learns nothing, or the default."
            )
        self.gate_activation, self.forget_bias = gate_activation, forget_bias
        self._forms = forms_of(gate_activation, activation)
        of_state = summary, recurrent_initializer, recurrent_dropout
        super().__init__(n_steps, n_channels, n_units, activation, *of_state)

    def _set_widths(self, keeps_sums: bool) -> None:
        super()._set_widths(keeps_sums or self._forms is None)

    @property
    def is_random(self) -> bool:
        """Whether training draws: masks, or noise of activations."""
        return super().is_random or self.gate_activation.is_random

    def widths_of_cell(self) -> dict[str, int]:
        """States, cells, and cells as they are shown; values of the gates beside their sums."""
        widths = dict.fromkeys(("states", "cells", "shown"), self.n_units)
        return widths | ({"values": self.n_sums} if self._keeps_sums else {})

    def widths_of_room(self) -> dict[str, int]:
        """Gradients, and arrays for a call of an activation."""
        widths = {"grad_cells": self.n_units, "grad_shown": self.n_units}
        if self._keeps_sums:
            widths |= dict.fromkeys(("sums", "activations", "grads", "grad_sums"), 3 * self.n_units)
        return widths

    def cell(self, steps: dict[str, Steps], learned: Learned, room: Arrays) -> Cell:
        """Take one tanh for all gates where all are one, else two calls of activations."""
        if self._keeps_sums or self._forms is None:
            gates = Learned(self.gate_activation, {}, {}, learned.noise)
            return Gated(steps, room, learned, gates)
        return Squashed(steps, room, self._forms)

    def finish_start(self, params: Arrays, rng: np.random.RandomState) -> None:
        """Fill the rows for the state, and open the gates that keep."""
        super().finish_start(params, rng)
        params["bias"][..., self.n_units : 2 * self.n_units] += self.forget_bias

    def gates(self, z: np.ndarray, params: Arrays) -> Arrays:
        """The three gates at all steps."""
        by_step = z.reshape(len(z), -1, self.n_gates, self.n_units)
        found = {}
        for i, name in enumerate(GATES):
            sums = by_step[:, :, i].copy()
            values = np.empty_like(sums)
            self.gate_activation.forward(sums, values, {})
            found[name] = values.reshape(*z.shape[:2], -1)
        return found

    def _onnx_parts(self) -> list[Activation]:
        """Those of the gates, of the candidate, and of the cell where it is shown."""
        return [self.gate_activation, self.activation, self.activation]
