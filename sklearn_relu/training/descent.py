"""From gradients to new parameters."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.kernels import Call
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.stack import NetworkStack, Penalised, Run
from sklearn_relu.optimizers import Optimizer
from sklearn_relu.penalties import Penalty
from sklearn_relu.training.recipe import Recipe


@dataclass(frozen=True)
class _Piece:
    """Some parameters of some networks of a run, few enough for the cache."""

    networks: slice
    penalised: Penalised | None
    step: Call


class Descent:
    """A step's way from gradients to new parameters, for a run of networks: penalties, clipping,
    the optimizer, proximal steps, bounds on norms.

    Parameters are updated piece by piece. Where the penalty allows it and nothing needs the whole
    gradient, a piece has its turn as soon as its gradient is complete, while that is in the cache.

    With clipping, a network skips the step if the norm of its gradient is not finite: after the
    step its parameters and its state of the solver are as they were.

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
    regularization : ndarray of shape (n_networks of the stack, 1) or None
        Factors of the solver's weight decay, which the caller changes in place; None: all are 1.
    step_size : ndarray of shape (n_networks of the stack, n_weights) or None
        Memory for the sizes of the proximal steps, if there are any.

    Attributes
    ----------
    skipped : list of int
        The networks of the run that have skipped the last step.
    """

    def __init__(
        self,
        stack: NetworkStack,
        run: Run,
        recipe: Recipe,
        optimizer: Optimizer,
        slots: dict[str, np.ndarray],
        rates: np.ndarray,
        regularization: np.ndarray | None,
        step_size: np.ndarray | None,
    ):
        networks = run.networks
        self.optimizer, self.penalised = optimizer, run.penalised
        self.gradient_clipping = recipe.gradient_clipping
        self.params, self.grads = stack.params[networks], stack.grads[networks]
        self.slots = {name: values[networks] for name, values in slots.items()}
        self.rates = rates[networks]
        self.regularization = None if regularization is None else regularization[networks]
        self.step_size = None if step_size is None else step_size[networks]
        self.bounded = self._bounded(recipe, stack.layout)
        self.total = [0.0] * len(self.params)
        self.skipped: list[int] = []
        self.kept: list[tuple[np.ndarray, np.ndarray]] = []
        self._cut(stack.layout)

    def _bounded(self, recipe: Recipe, layout: ParameterLayout) -> list[tuple[np.ndarray, float]]:
        """The weights whose norms have a bound, with it; not those that stay as they start."""
        if all(stage.max_norm is None for stage in recipe.stages):
            return []
        views = layout.views(self.params)
        return [
            (views[i][name], stage.max_norm)
            for i, stage in enumerate(recipe.stages)
            if stage.max_norm is not None
            for name in layout.weights(i)
            if stage.layer.blocks()[name].rate
        ]

    def _cut(self, layout: ParameterLayout) -> None:
        """Make the pieces; penalties on whole layers, or to be clipped, come before them."""
        penalty, n_weights = None, layout.n_weights
        if self.gradient_clipping is None and len(self.penalised) == 1:
            sole = self.penalised[0]
            if sole.penalty.elementwise and sole.columns == slice(0, n_weights):
                penalty = sole.penalty
        self.penalised_first = self.penalised if penalty is None else []
        waits = self.penalised_first or self.gradient_clipping is not None
        self.pieces_after: dict[int, list[_Piece]] = defaultdict(list)
        self.scaled: list[tuple[np.ndarray, float, np.ndarray]] = []
        for segment in layout.segments:
            rates = self._scaled(self.rates, segment.rate)
            slots = self.slots | {
                name: self._scaled(self.slots[name], segment.rate)
                for name in self.optimizer.rate_slots
            }
            optimizer = self.optimizer if segment.rate else None
            decay = self._decay(segment.decay)
            start, stop = segment.columns.start, segment.columns.stop
            for networks, within in kernels.blocks(len(self.params), stop - start):
                columns = slice(start + within.start, start + within.stop)
                layer = 0 if waits else layout.first_layer(columns)
                size = max(0, min(columns.stop, n_weights) - columns.start)
                piece = self._piece(
                    networks, columns, size, penalty, rates, slots, optimizer, decay
                )
                self.pieces_after[layer].append(piece)

    def _decay(self, factor: float) -> float | np.ndarray:
        """The solver's weight decay of parameters that have such a factor of it."""
        decay = factor * getattr(self.optimizer, "weight_decay", 0.0)
        if self.regularization is None or not decay:
            return decay
        out = np.empty_like(self.regularization)
        self.scaled.append((self.regularization, decay, out))
        return out

    def _scaled(self, of_networks: np.ndarray, factor: float) -> np.ndarray:
        """Numbers of the networks times a factor; :meth:`_begin_solver` computes them."""
        if factor == 1:
            return of_networks
        out = np.empty_like(of_networks)
        self.scaled.append((of_networks, factor, out))
        return out

    def _piece(
        self,
        networks: slice,
        columns: slice,
        size: int,
        penalty: Penalty | None,
        rates: np.ndarray,
        slots: dict[str, np.ndarray],
        optimizer: Optimizer | None,
        decay: float | np.ndarray,
    ) -> _Piece:
        """Some columns of some networks, of which the first `size` are weights; without an
        optimizer they stay as they are."""
        block = networks, columns
        params, grads = self.params[block], self.grads[block]
        slots = {
            name: values[block] if values.shape == self.params.shape else values[networks]
            for name, values in slots.items()
        }
        weights = slice(columns.start, columns.start + size)
        step_size = None if self.step_size is None else self.step_size[networks, weights]
        penalised = None
        if penalty is not None and size:
            of_weights = np.s_[:, :size, None]
            penalised = Penalised(penalty, params[of_weights], grads[of_weights], weights)
        if optimizer is None:
            step: Call = partial(_stand_still, step_size)
        else:
            own = decay[networks] if isinstance(decay, np.ndarray) else decay
            optimizer = optimizer.with_decay(own)
            step = partial(optimizer.step, params, grads, slots, rates[networks], size, step_size)
        return _Piece(networks, penalised, step)

    def begin(self, strength: np.ndarray) -> None:
        """Begin a step.

        Parameters
        ----------
        strength : ndarray of shape (n_networks of the run,)
            Of the penalties.
        """
        self.strength, self.total = strength, [0.0] * len(self.params)
        self.is_penalised = bool(strength.any())
        if self.gradient_clipping is None:
            self._begin_solver()

    def _begin_solver(self) -> None:
        """Begin the optimizer's step, before that of any piece."""
        self.optimizer.begin_step(self.slots, self.rates)
        for of_networks, factor, out in self.scaled:
            np.multiply(of_networks, factor, out=out)

    def after_layer(self, layer: int) -> None:
        """Update what has its gradient, without the penalties', once a layer has gone back."""
        if layer == 0:
            for block in self.penalised_first if self.is_penalised else ():
                _add(block.value_and_gradient(self.strength), self.total, 0)
            if self.gradient_clipping is not None:
                self.skipped = kernels.limit_norms(self.grads, self.gradient_clipping)
                if self.skipped:
                    self._keep_the_skipped()
                self._begin_solver()
        for piece in self.pieces_after[layer]:
            if piece.penalised is not None and self.is_penalised:
                value = piece.penalised.value_and_gradient(self.strength[piece.networks])
                _add(value, self.total, piece.networks.start)
            piece.step()

    def _keep_the_skipped(self) -> None:
        """Copy what a step overwrites, of networks that skip it; :meth:`end` puts it back."""
        of_networks = [self.params, *self.slots.values()]
        own = [values[i] for values in of_networks for i in self.skipped]
        self.kept = [(values, values.copy()) for values in own]

    def end(self) -> list[float]:
        """End the step; returns for each network the penalties before it, times their strength."""
        if self.step_size is not None:
            self.step_size *= self.strength[:, None]
            for block in self.penalised:
                block.prox(self.step_size)
        for weights, bound in self.bounded:
            kernels.limit_column_norms(weights, bound)
        while self.kept:
            values, before = self.kept.pop()
            values[...] = before
        return self.total


def _add(values: np.ndarray | Sequence[float], total: list[float], first: int) -> None:
    """``total += values``, for the networks from the first on."""
    for i, value in enumerate(values, start=first):
        total[i] += float(value)


def _stand_still(step_size: np.ndarray | None) -> None:
    """The step of parameters whose learning rate is 0: a proximal step has no size either."""
    if step_size is not None:
        step_size[...] = 0
