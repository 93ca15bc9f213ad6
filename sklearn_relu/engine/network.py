"""A stack of networks of one shape: forward, backward, the objective."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.utils import gen_batches

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.engine.buffers import Memory, ParameterLayout
from sklearn_relu.engine.layers import Arrays, Dense, Output, SparseBatch
from sklearn_relu.engine.threads import largest_product, suitable_blas_threads
from sklearn_relu.losses import Loss
from sklearn_relu.penalties import ActivityPenalty, Penalty

CHUNK_BYTES = 4 * 2**20
"""Hidden activations that a forward pass over many rows holds at once: they stay in the cache."""


def dense_layers(
    n_features: int, hidden_layer_sizes: list[int], activations: list[Activation], n_raw: int
) -> list[Dense]:
    """The layers of a multi-layer perceptron; the last one is linear, its link is the loss's."""
    layers = []
    for n_units, activation in zip(hidden_layer_sizes, activations, strict=True):
        layers.append(Dense(n_features, n_units, activation))
        n_features = layers[-1].output_width
    return [*layers, Dense(n_features, n_raw, Identity())]


@dataclass
class Run:
    """A contiguous run of networks whose batches have the same number of rows.

    The caller fills `x`, `y` and, if there are sample weights, `weight` before the objective is
    computed; `x` and `y` may be replaced by views of the data.
    """

    networks: slice
    x: np.ndarray | SparseBatch
    y: np.ndarray
    weight: np.ndarray | None
    outputs: list[Output]
    grad_outputs: list[np.ndarray]
    params: list[Arrays]
    grads: list[Arrays]
    penalised: list[tuple[np.ndarray, np.ndarray]]


class NetworkStack:
    """Networks of one shape that are trained in lockstep.

    Parameters
    ----------
    layers : list of Dense
    loss : Loss
    n_networks : int
    dtype : dtype
        float32 or float64.
    n_targets : int
        Columns of the targets.
    penalty : Penalty or None
    activity_penalty : ActivityPenalty or None
    weighted : bool
        Whether batches come with sample weights.
    sparse : bool
        Whether inputs are sparse.

    Attributes
    ----------
    params, grads : ndarray of shape (n_networks, n_params)
    layout : ParameterLayout
    """

    def __init__(
        self,
        layers: list[Dense],
        loss: Loss,
        n_networks: int,
        dtype,
        n_targets: int,
        penalty: Penalty | None,
        activity_penalty: ActivityPenalty | None,
        weighted: bool,
        sparse: bool,
    ):
        self.layers = layers
        self.loss = loss
        self.n_targets = n_targets
        self.penalty = penalty
        self.activity_penalty = activity_penalty
        self.weighted = weighted
        self.sparse = sparse
        self.layout = ParameterLayout(layers)
        self.params = np.zeros((n_networks, self.layout.n_params), dtype)
        self.grads = np.zeros_like(self.params)
        self._memory = Memory(np.dtype(dtype))
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
        # As one block if the penalty allows, else layer by layer.
        penalised = [(p["weight"], g["weight"]) for p, g in zip(params, grads, strict=True)]
        if self.penalty is not None and self.penalty.elementwise:
            block = (networks, slice(self.layout.n_weights), None)
            penalised = [(self.params[block], self.grads[block])]
        return Run(
            networks,
            x=[None] * k if self.sparse else view("x", (k, n_rows, layers[0].fan_in)),
            y=view("y", (k, n_rows, self.n_targets)),
            weight=view("weight", (k, n_rows, 1)) if self.weighted else None,
            outputs=outputs,
            grad_outputs=[view("grad_a", (k, n_rows, layer.output_width)) for layer in layers],
            params=params,
            grads=grads,
            penalised=penalised,
        )

    def objective(
        self, run: Run, weight_sum: np.ndarray, alpha: np.ndarray, activity_alpha: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The objective of each network on its batch, and its gradient, left in `grads`.

        It is the weighted mean loss, plus ``alpha * Omega(W) / weight_sum``, plus
        ``activity_alpha`` times the weighted mean of the activity penalty.

        Parameters
        ----------
        run : Run
        weight_sum : ndarray of shape (n_networks of the run,)
            The sum of the batch's sample weights.
        alpha, activity_alpha : ndarray of shape (n_networks of the run,)
            In the stack's dtype.

        Returns
        -------
        value : ndarray of shape (n_networks of the run,)
            The objective, of which `grads` is the gradient.
        reported : ndarray of shape (n_networks of the run,)
            The same with the loss as ``loss_curve_`` shows it.
        """
        per_weight = (1.0 / weight_sum).astype(self.params.dtype)
        data_loss = self._data_loss(run) * per_weight
        run.grad_outputs[-1] *= per_weight[:, None, None]
        extra = self._backward(run, activity_alpha * per_weight)
        if self.penalty is not None:
            strength = alpha * per_weight
            for weights, grads in run.penalised:
                extra = extra + strength * self.penalty.value(weights)
                self.penalty.add_gradient(weights, grads, strength)
        return data_loss + extra, self.loss.reported(data_loss, self.n_targets) + extra

    def _data_loss(self, run: Run) -> np.ndarray:
        raw = _forward(self.layers, run.params, run.x, run.outputs)
        return self.loss.value_and_gradient(run.y, raw, run.weight, run.grad_outputs[-1])

    def _backward(self, run: Run, activity_strength: np.ndarray) -> np.ndarray | float:
        """Back-propagate; returns the activity penalty of each network, times its strength."""
        penalty: np.ndarray | float = 0.0
        last = len(self.layers) - 1
        for i in range(last, -1, -1):
            out, grad_out = run.outputs[i], run.grad_outputs[i]
            if self.activity_penalty is not None and i < last:
                penalty = penalty + self.activity_penalty.value_and_gradient(
                    out.a, run.weight, activity_strength, grad_out
                )
            x, grad_x = (run.outputs[i - 1].a, run.grad_outputs[i - 1]) if i else (run.x, None)
            self.layers[i].backward(x, out, grad_out, grad_x, run.params[i], run.grads[i])
        return penalty

    def prox(self, run: Run, step: np.ndarray) -> None:
        """The penalty's proximal step; `step` is (n_networks of the run, n_weights)."""
        assert self.penalty is not None
        start = 0
        for weights, _ in run.penalised:
            stop = start + weights[0].size
            self.penalty.prox(weights, step[:, start:stop].reshape(weights.shape))
            start = stop


def raw_outputs(layers: list[Dense], params: list[Arrays], X, dtype, max_bytes: int) -> np.ndarray:
    """What the last layer gives for X, in bounded memory.

    Parameters
    ----------
    layers : list of Dense
    params : list of dict of ndarray
        For each layer its parameters by name, network axis first.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
    dtype : dtype
    max_bytes : int
        Bound on the memory for activations, beside the output.

    Returns
    -------
    raw : ndarray of shape (n_networks, n_samples, n_raw)
    """
    out = np.empty((len(params[0]["weight"]), X.shape[0], layers[-1].output_width), dtype)
    for rows, outputs in forward_batches(layers, params, X, dtype, max_bytes):
        out[:, rows] = outputs[-1]
    return out


def forward_batches(
    layers: list[Dense], params: list[Arrays], X, dtype, max_bytes: int
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Every layer's activations for X, some rows at a time: memory as for :func:`raw_outputs`.

    Yields
    ------
    rows : slice
        The rows of X.
    activations : list of ndarray of shape (n_networks, n_rows, width)
        One a layer, the last one's being the raw outputs; overwritten by the next batch.
    """
    n_networks = len(params[0]["weight"])
    memory = Memory(np.dtype(dtype))
    width = sum(layer.input_width + layer.output_width for layer in layers)
    row_bytes = memory.dtype.itemsize * n_networks * width
    n_rows = max(1, min(max_bytes, CHUNK_BYTES) // row_bytes)
    for rows in gen_batches(X.shape[0], n_rows):
        batch = X[rows]
        x = [batch] * n_networks if sp.issparse(batch) else batch[None]
        outputs = [
            memory.output(i, layer, n_networks, batch.shape[0]) for i, layer in enumerate(layers)
        ]
        with suitable_blas_threads(largest_product(layers, batch.shape[0])):
            _forward(layers, params, x, outputs)
        yield rows, [output.a for output in outputs]


def _forward(
    layers: list[Dense], params: list[Arrays], x: np.ndarray | SparseBatch, outputs: list[Output]
) -> np.ndarray:
    for layer, layer_params, out in zip(layers, params, outputs, strict=True):
        layer.forward(x, out, layer_params)
        x = out.a
    return outputs[-1].a
