"""A stack of networks of one shape: forward, backward, the objective."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sklearn_relu.kernels import Call
from sklearn_relu.layers import Arrays, Layer, SparseBatch, first_that_learns
from sklearn_relu.network.joining import computed
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.memory import Memory
from sklearn_relu.network.noise import Dropout, Generators, add_noise, drop_sparse
from sklearn_relu.network.objective import Objective
from sklearn_relu.penalties import ActivityPenalty, Penalty

Batch = tuple[np.ndarray | SparseBatch, np.ndarray, np.ndarray | None]
"""Inputs, targets and sample weights of a run."""

GRADIENTS = "gradient", "other gradient"
"""Two blocks of memory serve the backward pass of all layers."""


@dataclass(frozen=True)
class Penalised:
    """Weights under one penalty: a layer's, or all as one block where the penalty allows it."""

    penalty: Penalty
    weights: np.ndarray
    grads: np.ndarray
    columns: slice
    """Where the weights are in the flat array."""
    value_and_gradient: Callable[[np.ndarray], np.ndarray | Sequence[float]] = field(init=False)
    """Maps strengths to ``strength * penalty`` of each network; adds its gradient to `grads`."""

    def __post_init__(self) -> None:
        bound = self.penalty.bound(self.weights, self.grads)
        object.__setattr__(self, "value_and_gradient", bound)

    def prox(self, step: np.ndarray) -> None:
        """The penalty's proximal step, given those of all weights: (n_networks, n_weights)."""
        self.penalty.prox(self.weights, step[:, self.columns].reshape(self.weights.shape))


@dataclass
class Run:
    """A contiguous run of networks whose batches have the same number of rows.

    The caller fills `x`, `y` and, if there are sample weights, `weight`, in place, before the
    objective is computed.

    Attributes
    ----------
    networks : slice
        Where they are in the stack.
    x : ndarray of shape (n_networks, n_rows, n_features), or list of csr array
    y : ndarray of shape (n_networks, n_rows, n_targets)
    weight : ndarray of shape (n_networks, n_rows, 1 or n_targets) or None
    raw, grad_raw : ndarray of shape (n_networks, n_rows, n_raw)
        The outputs of the last layer, and where the loss puts their gradient.
    penalised : list of Penalised
    forward : list of callable
        The first calls of a step, with their arrays bound: from `x` to `raw`.
    backward : list of (list of callable)
        The other ones, from `grad_raw` to the gradient of all parameters: for each layer, from
        the last to the first.
    activity : ndarray of shape (n_networks,)
        The activity penalties of a step, which the calls of `backward` add up.
    activity_strength : ndarray of shape (n_networks,)
        What these are multiplied by.
    """

    networks: slice
    x: np.ndarray | SparseBatch
    y: np.ndarray
    weight: np.ndarray | None
    raw: np.ndarray
    grad_raw: np.ndarray
    penalised: list[Penalised]
    activity: np.ndarray
    activity_strength: np.ndarray
    forward: list[Call] = field(default_factory=list)
    backward: list[list[Call]] = field(default_factory=list)


@dataclass(frozen=True)
class Scales:
    """The factor of each part of the objective: (n_networks,), in the stack's dtype."""

    loss: np.ndarray
    penalty: np.ndarray
    activity_penalty: np.ndarray
    loss_of_rows: np.ndarray
    """`loss` for arrays of rows: (n_networks, 1, 1), or without axes if it is one number."""

    @classmethod
    def of(cls, weight_sum: np.ndarray, alpha: np.ndarray, activity_alpha: np.ndarray) -> "Scales":
        """For the sum of a batch's sample weights, and the strengths in the stack's dtype."""
        loss = (1.0 / weight_sum).astype(alpha.dtype)
        of_rows = loss[0, ...] if (loss == loss[0]).all() else loss[:, None, None]
        return cls(loss, alpha * loss, activity_alpha * loss, of_rows)


class NetworkStack:
    """Networks of one shape that are trained in lockstep.

    Parameters
    ----------
    goal : Objective
    n_networks : int
    n_weights_per_row : int, default=0
        Sample weights of a row: 0 if there are none, 1, or one for each target.
    sparse : bool, default=False
        Whether inputs are sparse.
    reconstructs : bool, default=False
        Whether targets are the inputs themselves: then dense ones are one array.

    Attributes
    ----------
    params, grads : ndarray of shape (n_networks, n_params)
    layout : ParameterLayout
    layers : list of Layer
        As they are computed: those of the goal, or pairs that give the same.
    """

    def __init__(
        self,
        goal: Objective,
        n_networks: int,
        n_weights_per_row: int = 0,
        sparse: bool = False,
        reconstructs: bool = False,
    ):
        self.goal = goal
        apart = [
            i for i, stage in enumerate(goal.stages) if stage.dropout or stage.activity_penalty
        ]
        self._computed = computed(goal.layers, apart)
        self.layers = [layer for layer, _ in self._computed]
        self.n_weights_per_row = n_weights_per_row
        self.sparse, self.reconstructs = sparse, reconstructs
        self.layout = ParameterLayout(goal.layers)
        self.params = np.zeros((n_networks, self.layout.n_params), goal.dtype)
        self.grads = np.zeros_like(self.params)
        self._has_activity_penalties = any(
            stage.activity_penalty is not None for stage in goal.stages
        )
        self._memory = Memory(np.dtype(goal.dtype))

    def keep(self, networks: list[int]) -> None:
        """Let all other networks leave the stack; runs made before are no longer of use."""
        self.params[: len(networks)] = self.params[networks]
        self.params = self.params[: len(networks)]
        self.grads = self.grads[: len(networks)]

    def run(
        self,
        networks: slice,
        n_rows: int,
        noise: Generators = (),
        dropout_rates: Sequence[Sequence[float]] = (),
        data: Batch | None = None,
    ) -> Run:
        """The views and the calls of a step, for a run of networks and a number of rows.

        All runs share their memory: only one is in use at a time.

        Parameters
        ----------
        networks : slice
        n_rows : int
        noise : sequence of Generator, default=()
            One for each network. Without them, what is random gives what it gives on average.
        dropout_rates : sequence of sequence of float, default=()
            For the inputs and for each hidden layer those of each network; by default the goal's.
            Sequences are not copied: later steps see their new values.
        data : tuple of (x, y, weight), default=None
            What to read instead of memory that the caller fills.
        """
        k, layers = networks.stop - networks.start, self.layers
        for name, width in _gradient_widths(layers).items():
            self._memory.view(name, (k, n_rows, width))
        x, y, weight = data or self._batch(k, n_rows)
        params = self.layout.views(self.params[networks])
        grads = self.layout.views(self.grads[networks])
        run = Run(
            networks,
            x,
            y,
            weight,
            raw=self._memory.of_layer(len(layers) - 1, layers[-1], k, n_rows)["a"],
            grad_raw=self._memory.view(GRADIENTS[0], (k, n_rows, layers[-1].gives)),
            penalised=self._penalised(networks, params, grads),
            activity=np.zeros(k),
            activity_strength=np.zeros(k, self.params.dtype),
        )
        rates = dropout_rates or [[rate] * k for rate in self.goal.dropout_rates]
        params, grads = (
            [arrays[owner] for _, owner in self._computed] for arrays in (params, grads)
        )
        self._bind(run, params, grads, noise, [*rates, ()])  # the output layer has no dropout
        return run

    def _batch(self, k: int, n_rows: int) -> Batch:
        """Memory for the rows of a batch."""
        view, n_weights = self._memory.view, self.n_weights_per_row
        x = [None] * k if self.sparse else view("x", (k, n_rows, self.layers[0].reads))
        if self.reconstructs and isinstance(x, np.ndarray):
            y = x
        else:
            y = view("y", (k, n_rows, self.goal.n_targets))
        return x, y, view("weight", (k, n_rows, n_weights)) if n_weights else None

    def _bind(
        self,
        run: Run,
        params: list[Arrays],
        grads: list[Arrays],
        noise: Generators,
        dropout_rates: list[Sequence[float]],
    ) -> None:
        """Make the calls of a step, forward layer by layer and backward likewise."""
        k, n_rows = run.y.shape[:2]
        view = self._memory.view
        row_weight = self._row_weight(run)
        x = self._disturbed_x(run, noise, dropout_rates[0])
        inputs, memories, dropouts = [], [], []
        for i, layer in enumerate(self.layers):
            memory = self._memory.of_layer(i, layer, k, n_rows)
            run.forward += layer.forward(x, memory, params[i], noise or None)
            inputs.append(x)
            memories.append(memory)
            x = memory["a"]
            value = self.goal.layers[i].activation.dropout_value
            by_channel = layer.places if self.goal.stages[i].drops_channels else None
            dropout = self._dropout(i, dropout_rates[i + 1], x.shape, value, by_channel)
            dropouts.append(dropout)
            if dropout is not None:
                run.forward.append(partial(dropout.forward, x.reshape(dropout.out.shape), noise))
                x = dropout.out.reshape(x.shape)
        # Going back, a layer turns the gradient of its activations into that of its summed inputs,
        # in other memory, and this into the gradient of the activations below, in the first again.
        # Where the two gradients are the same, the memories change their parts.
        here, there = GRADIENTS
        first = first_that_learns(self.layers)
        for i, layer in reversed(list(enumerate(self.layers))):
            if i < first:
                run.backward.append([partial(grad.fill, 0) for grad in grads[i].values()])
                continue
            memory, dropout = memories[i], dropouts[i]
            grad_a = view(here, (k, n_rows, layer.gives))
            calls: list[Call] = []
            if dropout is not None:
                calls.append(partial(dropout.backward, grad_a.reshape(dropout.out.shape)))
            penalty = self.goal.stages[i].activity_penalty
            if penalty is not None:
                # Arrays, not the run: it would hold itself, and memory wait for the collector.
                add = partial(_add_activity, run.activity, run.activity_strength, penalty)
                add = partial(add, memory["a"], row_weight, grad_a)
                calls.append(add)
            if layer.passes_through:
                here, there = there, here
            memory["grad_z"] = view(there, memory["z"].shape)
            grad_x = view(here, (k, n_rows, layer.reads)) if i > first else None
            own, adding = self._own_gradients(i, grads[i])
            calls += layer.backward(inputs[i], memory, grad_a, grad_x, params[i], own)
            run.backward.append(calls + adding)

    def _own_gradients(self, layer: int, grads: Arrays) -> tuple[Arrays, list[Call]]:
        """Return the arrays that a layer's way back overwrites, and calls to follow it.

        Where a later layer transposes a block, that layer's gradient is there already: the call
        adds this layer's.
        """
        own = dict(grads)
        adding: list[Call] = []
        for _, name, other in self.layout.transposed:
            if other == layer:
                total = grads[name]
                own[name] = self._memory.view((layer, name, "gradient"), total.shape)
                adding.append(partial(np.add, total, own[name], total))
        return own, adding

    def _row_weight(self, run: Run) -> np.ndarray | None:
        """One weight a row; where targets have weights of their own, their mean."""
        if run.weight is None or run.weight.shape[2] == 1:
            return run.weight
        row_weight = self._memory.view("row weight", (*run.weight.shape[:2], 1))
        run.forward.append(partial(np.mean, run.weight, axis=2, keepdims=True, out=row_weight))
        return row_weight

    def _disturbed_x(
        self, run: Run, noise: Generators, rates: Sequence[float]
    ) -> np.ndarray | SparseBatch:
        """The input of the first layer: x, or x with noise."""
        x = self._corrupted_x(run, noise)
        if isinstance(x, list):
            if any(rates):
                dropped: SparseBatch = list(x)
                run.forward.append(partial(drop_sparse, x, rates, noise, dropped))
                return dropped
            return x
        if self.goal.input_noise:
            noisy = self._memory.view("noisy x", x.shape)
            run.forward.append(partial(add_noise, x, self.goal.input_noise, noise, noisy))
            x = noisy
        dropout = self._dropout("input", rates, x.shape)
        if dropout is not None:
            run.forward.append(partial(dropout.forward, x, noise))
            x = dropout.out
        return x

    def _corrupted_x(self, run: Run, noise: Generators) -> np.ndarray | SparseBatch:
        corruption = self.goal.corruption
        if corruption is None:
            return run.x
        if isinstance(run.x, list):
            corrupted: SparseBatch = list(run.x)
            run.forward.append(partial(corruption.corrupt_sparse, run.x, noise, corrupted))
            return corrupted
        out = self._memory.view("corrupted x", run.x.shape)
        run.forward.append(partial(corruption.corrupt, run.x, noise, out))
        return out

    def _dropout(
        self,
        name: int | str,
        rates: Sequence[float],
        shape: tuple[int, ...],
        value: float = 0.0,
        places: int | None = None,
    ) -> Dropout | None:
        """Dropout with its buffers, if there is any; given places, of whole channels."""
        if not any(rates):
            return None
        view, of_mask = self._memory.view, shape
        if places is not None:
            shape = *shape[:2], places, shape[2] // places
            of_mask = *shape[:2], 1, shape[3]
        # Names that no layer's own memory has, which may have a mask too.
        mask, dropped = view(("mask of dropout", name), of_mask), view(("dropped", name), shape)
        return Dropout(rates, value, mask, dropped)

    def _penalised(
        self, networks: slice, params: list[Arrays], grads: list[Arrays]
    ) -> list[Penalised]:
        """The penalised weights: as one block if there is one penalty for all that allows it."""
        penalties = {
            i: stage.penalty for i, stage in enumerate(self.goal.stages) if self.layout.weights(i)
        }
        first = next(iter(penalties.values()))
        is_one = all(penalty is first for penalty in penalties.values())
        if first is not None and first.elementwise and is_one:
            columns = slice(0, self.layout.n_weights)
            block = (networks, columns, None)
            return [Penalised(first, self.params[block], self.grads[block], columns)]
        return [
            Penalised(penalty, params[i][name], grads[i][name], columns)
            for i, penalty in penalties.items()
            if penalty is not None
            for name, columns in self.layout.weights(i).items()
        ]

    def objective(self, run: Run, scales: Scales) -> tuple[np.ndarray, np.ndarray]:
        """The objective of each network on its batch, and its gradient, left in `grads`.

        It is the weighted mean loss, plus ``alpha * Omega(W) / weight_sum``, plus
        ``activity_alpha`` times the weighted mean of the activity penalty.

        Parameters
        ----------
        run : Run
        scales : Scales

        Returns
        -------
        value : ndarray of shape (n_networks of the run,)
            The objective, of which `grads` is the gradient.
        reported : ndarray of shape (n_networks of the run,)
            The same with the loss as ``loss_curve_`` shows it.
        """
        value, reported = self.data_objective(run, scales)
        for block in run.penalised:
            penalty = block.value_and_gradient(scales.penalty)
            value, reported = value + penalty, reported + penalty
        return value, reported

    def data_objective(
        self, run: Run, scales: Scales, after_layer: Callable[[int], object] = lambda layer: None
    ) -> tuple[np.ndarray, np.ndarray]:
        """:meth:`objective` without the penalties on weights.

        Layers go back from the last to the first; once one has, and its parameters and those of
        the later ones are no longer read, `after_layer` is called with its index.
        """
        for call in run.forward:
            call()
        loss = self.goal.loss
        value = loss.value_and_gradient(run.y, run.raw, run.weight, run.grad_raw)
        value = value * scales.loss
        np.multiply(run.grad_raw, scales.loss_of_rows, out=run.grad_raw)
        if self._has_activity_penalties:
            run.activity_strength[:] = scales.activity_penalty
            run.activity[:] = 0
        layer = len(self.layers)
        for calls in run.backward:
            for call in calls:
                call()
            layer -= 1
            after_layer(layer)
        reported = loss.reported(value, self.goal.n_targets)
        if self._has_activity_penalties:
            return value + run.activity, reported + run.activity
        return value, reported


def _gradient_widths(layers: list[Layer]) -> dict[str, int]:
    """How wide the blocks of memory for gradients must be, as `_bind` uses them."""
    here, there = GRADIENTS
    widths = dict.fromkeys(GRADIENTS, 0)
    for layer in reversed(layers):
        widths[here] = max(widths[here], layer.gives)
        if layer.passes_through:
            here, there = there, here
        widths[there] = max(widths[there], layer.memory()["z"])
        # The gradient of its input, in `here`, is as wide as the output of the layer below.
    return widths


def _add_activity(
    total: np.ndarray,
    strength: np.ndarray,
    penalty: ActivityPenalty,
    a: np.ndarray,
    row_weight: np.ndarray | None,
    grad_out: np.ndarray,
) -> None:
    total += penalty.value_and_gradient(a, row_weight, strength, grad_out)
