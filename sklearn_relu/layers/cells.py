"""The computation of one step, in one network: what recurrent layers differ in."""

import copy
from abc import ABC, abstractmethod

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.layers.base import Arrays, Noise

Steps = list[np.ndarray]
"""An array (1, n_samples, columns) for each step."""


class Cell(ABC):
    """A step, given the arrays of all of them.

    Attributes
    ----------
    steps : dict of Steps
        "states" has one array more than there are steps: the first one is the state before all of
        them. "z" has the summed inputs, and on the way back "grad_z" their gradient.
    """

    def __init__(self, steps: dict[str, Steps]):
        self.steps = steps

    def with_rows(self, counts: list[int]) -> "Cell":
        """The same for the first rows: as many as series have each step, as :class:`Order` says.

        What is passed from step to step counts as the later one's, and is there for the series
        that have the earlier one.
        """
        copied = copy.copy(self)
        views: dict[int, np.ndarray] = {}  # what is one array for two names stays one
        n_steps = len(self.steps["z"])
        copied.steps = {
            name: first_rows(steps, [counts[0]] * (len(steps) - n_steps) + counts[:-1], views)
            for name, steps in self.steps.items()
        }
        return copied

    @abstractmethod
    def forward(self, t: int, more: np.ndarray) -> None:
        """Overwrite the state after step t; `more` is what the one before adds to summed inputs."""

    @abstractmethod
    def backward(self, t: int, grad_state: np.ndarray) -> None:
        """Overwrite the gradient of the summed inputs of step t, given that of the state."""

    def begin_back(self) -> None:  # noqa: B027 (most need not)
        """Begin to go back, from the last step."""


def first_rows(steps: Steps, counts: list[int], views: dict[int, np.ndarray]) -> Steps:
    """Views of the first rows of each array, as many as the counts say, up to the last count; those
    that are known are taken by the array's identity."""
    return [views.setdefault(id(step), step[:, :n]) for step, n in zip(steps, counts, strict=False)]


class Learned:
    """An activation in one network, and the gradient of its parameters: a sum over the steps."""

    def __init__(self, activation: Activation, params: Arrays, grads: Arrays, noise: Noise):
        self.activation, self.params, self.noise = activation, params, noise
        names = activation.parameter_shapes(1)
        self._total = {name: grads[name] for name in names if name in grads}
        self._of_step = {name: np.empty_like(params[name]) for name in names}

    def begin_back(self) -> None:
        """Begin to add up."""
        for total in self._total.values():
            total[...] = 0

    def sum_forward(self, z: np.ndarray, more: np.ndarray, a: np.ndarray) -> None:
        """Add `more` to `z`, and overwrite `a` with the activations of that."""
        self.activation.sum_forward(z, more, a, self.params, self.noise)

    def forward(self, z: np.ndarray, a: np.ndarray) -> None:
        """The activations of `z`."""
        self.activation.forward(z, a, self.params, self.noise)

    def backward(
        self, z: np.ndarray, a: np.ndarray, grad_a: np.ndarray, grad_z: np.ndarray
    ) -> None:
        """Overwrite `grad_z`, and add to the gradient of what is learned."""
        self.activation.backward(z, a, grad_a, grad_z, self.params, self._of_step)
        for name, total in self._total.items():
            total += self._of_step[name]


class Simple(Cell):
    """A step without gates: ``h = activation(x @ of_inputs + h @ of_states + bias)``."""

    def __init__(self, steps: dict[str, Steps], learned: Learned):
        super().__init__(steps)
        self.learned = learned

    def forward(self, t: int, more: np.ndarray) -> None:
        """Add, then activate."""
        self.learned.sum_forward(self.steps["z"][t], more, self.steps["states"][t + 1])

    def begin_back(self) -> None:
        """Begin to add up what the activation learns."""
        self.learned.begin_back()

    def backward(self, t: int, grad_state: np.ndarray) -> None:
        """The derivative of the activation."""
        z, grad_z, state = (self.steps[name] for name in ("z", "grad_z", "states"))
        self.learned.backward(z[t], state[t + 1], grad_state, grad_z[t])
