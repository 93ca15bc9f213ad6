"""A step of an LSTM: its gates and its cells."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.kernels import fused
from sklearn_relu.layers.base import Arrays
from sklearn_relu.layers.cells import Cell, Learned, Steps

Form = tuple[float, float, float]
"""The numbers (f, g, s) of a function ``g * tanh(f * z) + s``."""


class WithCells(Cell):
    """A step of an LSTM: how the cells move."""

    def __init__(self, steps: dict[str, Steps], room: Arrays):
        super().__init__(steps)
        self.room = room

    def begin_back(self) -> None:
        """No later step has used the cells."""
        self.room["grad_cells"].fill(0)

    def _move(self, t: int, values: np.ndarray) -> np.ndarray:
        """Overwrite the cells after step t, and return them."""
        n = values.shape[1]
        i, keep, _, new = np.split(values, 4, axis=2)
        before, after = self.steps["cells"][t][:, :n], self.steps["cells"][t + 1]
        np.multiply(keep, before, out=after)
        product = self.room["grad_shown"][:, :n]
        np.multiply(i, new, out=product)
        after += product
        return after

    def _share(self, t: int, values: np.ndarray, grad_state: np.ndarray) -> None:
        """Overwrite the gradients of the values of all gates, given that of the cells, and turn
        the latter into that of the cells before."""
        n = values.shape[1]
        i, keep, _, new = np.split(values, 4, axis=2)
        grad_i, grad_keep, grad_o, grad_new = np.split(self.steps["grad_z"][t], 4, axis=2)
        grad_cells = self.room["grad_cells"][:, :n]
        np.multiply(grad_cells, new, out=grad_i)
        np.multiply(grad_cells, self.steps["cells"][t][:, :n], out=grad_keep)
        np.multiply(grad_state, self.steps["shown"][t + 1], out=grad_o)
        np.multiply(grad_cells, i, out=grad_new)
        grad_cells *= keep


class Forms(NamedTuple):
    """Of functions ``g * tanh(f * z) + s``: those of the gates, and that of candidate and cell.

    The derivative is ``f * (g - (a - s)**2 / g)``, which is ``low + steep * a * (2 * s - a)``.
    """

    numbers: tuple[Form, ...]

    @property
    def slopes(self) -> list[Form]:
        """The numbers low, steep and 2 * s of each."""
        return [(f * (g - s * s / g), f / g, 2 * s) for f, g, s in self.numbers]


class Squashed(WithCells):
    """A step in which one tanh does for all gates and the candidate; sums are not kept."""

    def __init__(self, steps: dict[str, Steps], room: Arrays, forms: Forms):
        super().__init__(steps, room)
        dtype, width = steps["z"][0].dtype, steps["cells"][0].shape[2]
        of_column = np.repeat([0, 0, 0, 1], width)
        self._forms = np.array(forms.numbers, dtype)[of_column].T.copy()
        self._form_of_shown = forms.numbers[1]
        self._slopes = np.array(forms.slopes, dtype)
        self._slopes_of_columns = self._slopes[of_column].T.copy()

    def forward(self, t: int, more: np.ndarray) -> None:
        """One pass where loops are compiled."""
        steps = self.steps
        z, before = steps["z"][t], steps["cells"][t][:, : more.shape[1]]
        after, shown, state = (steps[name][t + 1] for name in ("cells", "shown", "states"))
        arrays = z, more, before, after, shown, state, self._forms
        if fused.run("gate_step", *arrays):
            return
        z += more
        _squash(z, self._forms)
        after = self._move(t, z)
        np.copyto(shown, after)
        _squash(shown, self._form_of_shown)
        width = shown.shape[2]
        np.multiply(z[..., 2 * width : 3 * width], shown, out=state)

    def backward(self, t: int, grad_state: np.ndarray) -> None:
        """One pass where loops are compiled."""
        steps, n = self.steps, grad_state.shape[1]
        values, grad_z, shown = steps["z"][t], steps["grad_z"][t], steps["shown"][t + 1]
        before, grad_cells = steps["cells"][t][:, :n], self.room["grad_cells"][:, :n]
        arrays = values, before, shown, grad_state, grad_cells, grad_z, self._slopes
        if fused.run("gate_step_back", *arrays):
            return
        grad_shown, width = self.room["grad_shown"][:, :n], shown.shape[2]
        _slope(shown, self._slopes[1].tolist(), grad_shown)
        grad_shown *= values[..., 2 * width : 3 * width]
        grad_shown *= grad_state
        grad_cells += grad_shown
        self._share(t, values, grad_state)
        slope = self.room["more"][:, :n]
        _slope(values, self._slopes_of_columns, slope)
        grad_z *= slope


class Gated(WithCells):
    """A step with any activations, whose summed inputs are kept."""

    def __init__(self, steps: dict[str, Steps], room: Arrays, learned: Learned, gates: Learned):
        super().__init__(steps, room)
        self.learned, self.gates = learned, gates

    def begin_back(self) -> None:
        """No later step has used the cells."""
        super().begin_back()
        self.learned.begin_back()

    def forward(self, t: int, more: np.ndarray) -> None:
        """Gates, candidate, cells, and what is shown of them."""
        z, values = self.steps["z"][t], self.steps["values"][t + 1]
        z += more
        for part, columns in self._parts():
            sums, activations = self._room(columns, z, "sums", "activations")
            np.copyto(sums, z[..., columns])
            part.forward(sums, activations)
            np.copyto(values[..., columns], activations)
        cells, shown = self._move(t, values), self.steps["shown"][t + 1]
        self.learned.forward(cells, shown)
        shown_by = values[..., self._columns_of(2)]
        np.multiply(shown_by, shown, out=self.steps["states"][t + 1])

    def backward(self, t: int, grad_state: np.ndarray) -> None:
        """Back through what is shown, the cells, the candidate and the gates."""
        steps, n = self.steps, grad_state.shape[1]
        z, values, grad_z = steps["z"][t], steps["values"][t + 1], steps["grad_z"][t]
        grad_cells, grad_shown = (self.room[name][:, :n] for name in ("grad_cells", "grad_shown"))
        (grad_sums,) = self._room(self._columns_of(0), z, "grad_sums")
        np.multiply(grad_state, values[..., self._columns_of(2)], out=grad_shown)
        cells, shown = steps["cells"][t + 1], steps["shown"][t + 1]
        self.learned.backward(cells, shown, grad_shown, grad_sums)
        grad_cells += grad_sums
        self._share(t, values, grad_state)
        for part, columns in self._parts():
            arrays = self._room(columns, z, "sums", "activations", "grads", "grad_sums")
            for array, source in zip(arrays, (z, values, grad_z), strict=False):
                np.copyto(array, source[..., columns])
            part.backward(*arrays)
            np.copyto(grad_z[..., columns], arrays[-1])

    def _columns_of(self, gate: int) -> slice:
        width = self.steps["cells"][0].shape[2]
        return slice(gate * width, (gate + 1) * width)

    def _parts(self) -> list[tuple[Learned, slice]]:
        """The gates and their columns, and the candidate."""
        last = self._columns_of(3)
        return [(self.gates, slice(0, last.start)), (self.learned, last)]

    def _room(self, columns: slice, z: np.ndarray, *names: str) -> list[np.ndarray]:
        """Contiguous arrays for some columns."""
        n, width = z.shape[1], columns.stop - columns.start
        flat = (self.room[name].reshape(-1) for name in names)
        return [array[: n * width].reshape(1, n, width) for array in flat]


def forms_of(gates: Activation, activation: Activation) -> Forms | None:
    """The forms, unless one of the activations has none."""
    forms = [vars(type(part)).get("tanh_form") for part in (gates, activation)]
    known = [form for form in forms if form is not None]
    return Forms(tuple(known)) if len(known) == len(forms) else None


def _squash(z: np.ndarray, form: Sequence[Any]) -> None:
    """Overwrite `z` with ``g * tanh(f * z) + s``."""
    f, g, s = form
    z *= f
    np.tanh(z, out=z)
    z *= g
    z += s


def _slope(a: np.ndarray, slopes: Sequence[Any], out: np.ndarray) -> None:
    """Overwrite `out` with the derivative, ``low + steep * a * (twice - a)``."""
    low, steep, twice = slopes
    np.subtract(twice, a, out=out)
    out *= a
    out *= steep
    out += low
