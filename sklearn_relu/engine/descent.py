"""From the gradient of the data's part of the objective to new parameters."""

from dataclasses import dataclass

import numpy as np

from sklearn_relu.engine import kernels
from sklearn_relu.engine.network import NetworkStack, Penalised, Run
from sklearn_relu.engine.recipe import Recipe
from sklearn_relu.optimizers import Optimizer


@dataclass(frozen=True)
class _Piece:
    """Some parameters of some networks of a run, few enough for the cache."""

    networks: slice
    penalised: Penalised | None
    step_arguments: tuple


class Descent:
    """The second half of a step of training, for a run of networks: penalties, clipping, the
    optimizer, proximal steps, bounds on norms.

    Where the penalty allows it, its gradient and the optimizer's step are taken piece by piece,
    while a piece is in the cache.

    Parameters
    ----------
    stack : NetworkStack
    run : Run
    recipe : Recipe
    optimizer : Optimizer
    slots : dict of ndarray
        The optimizer's state, for all networks of the stack.
    rates : ndarray of shape (n_networks of the stack, 1)
        The learning rates; the caller changes them in place.
    step_size : ndarray of shape (n_networks of the stack, n_weights) or None
        Memory for the sizes of the proximal steps, if there are any.
    """

    def __init__(
        self,
        stack: NetworkStack,
        run: Run,
        recipe: Recipe,
        optimizer: Optimizer,
        slots: dict[str, np.ndarray],
        rates: np.ndarray,
        step_size: np.ndarray | None,
    ):
        networks = run.networks
        self.optimizer, self.penalised = optimizer, run.penalised
        self.gradient_clipping, self.max_norm = recipe.gradient_clipping, recipe.max_norm
        self.params, self.grads = stack.params[networks], stack.grads[networks]
        self.slots = {name: values[networks] for name, values in slots.items()}
        self.rates = rates[networks]
        self.step_size = None if step_size is None else step_size[networks]
        self.hidden_weights = [layer["weight"] for layer in stack.layout.views(self.params)[:-1]]
        self._cut(stack.layout.n_weights)

    def _cut(self, n_weights: int) -> None:
        """Make the pieces; penalties on whole layers, or to be clipped, come before them."""
        penalty = None
        if self.gradient_clipping is None and len(self.penalised) == 1:
            sole = self.penalised[0]
            if sole.penalty.elementwise and sole.columns == slice(0, n_weights):
                penalty = sole.penalty
        self.penalised_first = self.penalised if penalty is None else []
        self.pieces = []
        for block in kernels.blocks(*self.params.shape):
            networks, columns = block
            params, grads = self.params[block], self.grads[block]
            slots = {
                name: values[block] if values.shape == self.params.shape else values[networks]
                for name, values in self.slots.items()
            }
            weights = slice(columns.start, max(columns.start, min(columns.stop, n_weights)))
            size = weights.stop - weights.start
            step_size = None if self.step_size is None else self.step_size[networks, weights]
            penalised = None
            if penalty is not None and size:
                of_weights = np.s_[:, :size, None]
                penalised = Penalised(penalty, params[of_weights], grads[of_weights], weights)
            arguments = params, grads, slots, self.rates[networks], size, step_size
            self.pieces.append(_Piece(networks, penalised, arguments))

    def step(self, strength: np.ndarray) -> list[float]:
        """Update the parameters, given the gradient without the penalties'.

        Parameters
        ----------
        strength : ndarray of shape (n_networks of the run,)
            Of the penalties.

        Returns
        -------
        penalty : list of float
            For each network the penalties before the step, times their strength.
        """
        optimizer, total = self.optimizer, [0.0] * len(self.params)
        for block in self.penalised_first:
            _add(block.value_and_gradient(strength), total, 0)
        if self.gradient_clipping is not None:
            kernels.limit_norms(self.grads, self.gradient_clipping)
        optimizer.begin_step(self.slots, self.rates)
        for piece in self.pieces:
            if piece.penalised is not None:
                value = piece.penalised.value_and_gradient(strength[piece.networks])
                _add(value, total, piece.networks.start)
            optimizer.step(*piece.step_arguments)
        if self.step_size is not None:
            self.step_size *= strength[:, None]
            for block in self.penalised:
                block.prox(self.step_size)
        if self.max_norm is not None:
            for weights in self.hidden_weights:
                kernels.limit_column_norms(weights, self.max_norm)
        return total


def _add(values: np.ndarray, total: list[float], first: int) -> None:
    """``total += values``, for the networks from the first on."""
    for i, value in enumerate(values.tolist(), start=first):
        total[i] += value
