"""A stack of networks of one shape: forward, backward, the objective."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.engine import kernels
from sklearn_relu.engine.buffers import Memory, ParameterLayout
from sklearn_relu.engine.layers import Arrays, Dense, Output, SparseBatch
from sklearn_relu.engine.noise import Dropout, Generators, add_noise, drop_sparse
from sklearn_relu.engine.recipe import Objective
from sklearn_relu.penalties import Penalty


def dense_layers(
    n_features: int, hidden_layer_sizes: list[int], activations: list[Activation], n_raw: int
) -> list[Dense]:
    """The layers of a multi-layer perceptron; the last one is linear, its link is the loss's."""
    layers = []
    for n_units, activation in zip(hidden_layer_sizes, activations, strict=True):
        layers.append(Dense(n_features, n_units, activation))
        n_features = layers[-1].output_width
    return [*layers, Dense(n_features, n_raw, Identity())]


@dataclass(frozen=True)
class Penalised:
    """Weights under one penalty: a layer's, or all as one block where the penalty allows it."""

    penalty: Penalty
    weights: np.ndarray
    grads: np.ndarray
    columns: slice
    """Where the weights are in the flat array."""


@dataclass
class Run:
    """A contiguous run of networks whose batches have the same number of rows.

    The caller fills `x`, `y` and, if there are sample weights, `weight` before the objective is
    computed; `x`, `y` and `weight` may be replaced by views of the data. If the objective is
    random, it gives `noise` too.
    """

    networks: slice
    x: np.ndarray | SparseBatch
    y: np.ndarray
    weight: np.ndarray | None
    noise: Generators
    noisy_x: np.ndarray | None
    input_dropout: Dropout | None
    dropouts: list[Dropout | None]
    outputs: list[Output]
    grad_outputs: list[np.ndarray]
    params: list[Arrays]
    grads: list[Arrays]
    penalised: list[Penalised]


@dataclass(frozen=True)
class Scales:
    """What each part of the objective is multiplied by: (n_networks,), in the stack's dtype."""

    loss: np.ndarray
    penalty: np.ndarray
    activity_penalty: np.ndarray

    @classmethod
    def of(cls, weight_sum: np.ndarray, alpha: np.ndarray, activity_alpha: np.ndarray) -> "Scales":
        """For the sum of a batch's sample weights, and the strengths in the stack's dtype."""
        per_weight = (1.0 / weight_sum).astype(alpha.dtype)
        return cls(per_weight, alpha * per_weight, activity_alpha * per_weight)


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

    Attributes
    ----------
    params, grads : ndarray of shape (n_networks, n_params)
    layout : ParameterLayout
    """

    def __init__(
        self, goal: Objective, n_networks: int, n_weights_per_row: int = 0, sparse: bool = False
    ):
        self.goal = goal
        self.layers = goal.layers
        self.n_weights_per_row = n_weights_per_row
        self.sparse = sparse
        self.layout = ParameterLayout(goal.layers)
        self.params = np.zeros((n_networks, self.layout.n_params), goal.dtype)
        self.grads = np.zeros_like(self.params)
        # The output layer has no dropout and no penalty on its activations.
        n_hidden = len(self.layers) - 1
        self._dropout_rates = [*(goal.dropout or [0.0] * n_hidden), 0.0]
        self._activity_penalties = [*(goal.activity_penalties or [None] * n_hidden), None]
        self._memory = Memory(np.dtype(goal.dtype))
        self._runs: dict[tuple[int, int, int], Run] = {}

    def keep(self, networks: list[int]) -> None:
        """Let all other networks leave the stack."""
        self.params[: len(networks)] = self.params[networks]
        self.params = self.params[: len(networks)]
        self.grads = self.grads[: len(networks)]
        self._runs.clear()

    def run(self, start: int, stop: int, n_rows: int) -> Run:
        """The views for a run of networks and a number of rows; made once, then reused."""
        key = start, stop, n_rows
        if key not in self._runs:
            self._runs[key] = self._make_run(slice(start, stop), n_rows)
        return self._runs[key]

    def _make_run(self, networks: slice, n_rows: int) -> Run:
        k, layers = networks.stop - networks.start, self.layers
        view = self._memory.view
        # Going back, a layer turns the gradient of its activations into that of its summed inputs,
        # in other memory, and this into the gradient of the activations below, in the first again.
        # One block of each kind serves all layers; made here, wide enough for every one.
        view("grad_a", (k, n_rows, max(layer.output_width for layer in layers)))
        view("grad_z", (k, n_rows, max(layer.input_width for layer in layers)))
        outputs = []
        for i, layer in enumerate(layers):
            output = self._memory.output(i, layer, k, n_rows)
            grad_z = view("grad_z", (k, n_rows, layer.input_width))
            outputs.append(Output(output.z, output.a, grad_z))
        params = self.layout.views(self.params[networks])
        grads = self.layout.views(self.grads[networks])
        x_shape = (k, n_rows, layers[0].fan_in)
        n_weights = self.n_weights_per_row
        return Run(
            networks,
            x=[None] * k if self.sparse else view("x", x_shape),
            y=view("y", (k, n_rows, self.goal.n_targets)),
            weight=view("weight", (k, n_rows, n_weights)) if n_weights else None,
            noise=(),
            noisy_x=view("noisy x", x_shape) if self.goal.input_noise else None,
            input_dropout=(
                None if self.sparse else self._dropout("input", self.goal.input_dropout, x_shape)
            ),
            dropouts=[
                self._dropout(i, rate, output.a.shape, layer.activation.dropout_value)
                for i, (rate, output, layer) in enumerate(
                    zip(self._dropout_rates, outputs, layers, strict=True)
                )
            ],
            outputs=outputs,
            grad_outputs=[view("grad_a", (k, n_rows, layer.output_width)) for layer in layers],
            params=params,
            grads=grads,
            penalised=self._penalised(networks, params, grads),
        )

    def _dropout(self, name, rate: float, shape, value: float = 0.0) -> Dropout | None:
        if not rate:
            return None
        view = self._memory.view
        return Dropout(rate, value, view((name, "mask"), shape), view((name, "dropped"), shape))

    def _penalised(
        self, networks: slice, params: list[Arrays], grads: list[Arrays]
    ) -> list[Penalised]:
        """The penalised weights: as one block if there is one penalty for all that allows it."""
        penalties = self.goal.penalties or [None] * len(self.layers)
        first = penalties[0]
        if first is not None and first.elementwise and all(each is first for each in penalties):
            columns = slice(0, self.layout.n_weights)
            block = (networks, columns, None)
            return [Penalised(first, self.params[block], self.grads[block], columns)]
        penalised, start = [], 0
        for penalty, p, g in zip(penalties, params, grads, strict=True):
            columns = slice(start, start + p["weight"][0].size)
            start = columns.stop
            if penalty is not None:
                penalised.append(Penalised(penalty, p["weight"], g["weight"], columns))
        return penalised

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
        inputs = self._forward(run)
        loss, grad_raw = self.goal.loss, run.grad_outputs[-1]
        data_loss = loss.value_and_gradient(run.y, run.outputs[-1].a, run.weight, grad_raw)
        data_loss = data_loss * scales.loss
        grad_raw *= scales.loss[:, None, None]
        extra = self._backward(run, inputs, scales.activity_penalty)
        for block in run.penalised:
            strength = scales.penalty
            block.penalty.add_gradient(block.weights, block.grads, strength)
            value = strength * block.penalty.value(block.weights)
            extra = value if extra is None else extra + value
        reported = loss.reported(data_loss, self.goal.n_targets)
        if extra is None:
            return data_loss, reported
        value = data_loss + extra
        return value, value if reported is data_loss else reported + extra

    def _forward(self, run: Run) -> list:
        """Run all layers, with noise; returns what each of them read."""
        x, inputs = self._disturbed_x(run), []
        for layer, params, out, dropout in zip(
            self.layers, run.params, run.outputs, run.dropouts, strict=True
        ):
            inputs.append(x)
            layer.forward(x, out, params, run.noise or None)
            x = out.a if dropout is None else dropout.forward(out.a, run.noise)
        return inputs

    def _disturbed_x(self, run: Run) -> Any:
        x: Any = run.x
        rate = self.goal.input_dropout
        if run.noisy_x is not None:
            x = add_noise(x, self.goal.input_noise, run.noise, run.noisy_x)
        if run.input_dropout is not None:
            x = run.input_dropout.forward(x, run.noise)
        elif rate:
            x = drop_sparse(x, rate, run.noise)
        return x

    def _backward(self, run: Run, inputs: list, activity_strength: np.ndarray) -> np.ndarray | None:
        """Back-propagate; returns the activity penalty of each network, times its strength."""
        value = None
        row_weight = run.weight
        if row_weight is not None and row_weight.shape[2] > 1:
            row_weight = row_weight.mean(axis=2, keepdims=True)
        for i in reversed(range(len(self.layers))):
            out, grad_out, dropout = run.outputs[i], run.grad_outputs[i], run.dropouts[i]
            if dropout is not None:
                dropout.backward(grad_out)
            penalty = self._activity_penalties[i]
            if penalty is not None:
                of_layer = penalty.value_and_gradient(
                    out.a, row_weight, activity_strength, grad_out
                )
                value = of_layer if value is None else value + of_layer
            grad_x = run.grad_outputs[i - 1] if i else None
            self.layers[i].backward(inputs[i], out, grad_out, grad_x, run.params[i], run.grads[i])
        return value

    def prox(self, run: Run, step: np.ndarray) -> None:
        """The penalties' proximal steps; `step` is (n_networks of the run, n_weights)."""
        for block in run.penalised:
            sizes = step[:, block.columns].reshape(block.weights.shape)
            block.penalty.prox(block.weights, sizes)

    def limit_norms(self, run: Run, bound: float) -> None:
        """Keep the norm of the weights into each hidden unit's summed inputs within a bound."""
        for params in run.params[:-1]:
            kernels.limit_column_norms(params["weight"], bound)
