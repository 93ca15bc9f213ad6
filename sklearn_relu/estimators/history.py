"""The history that still counts: best losses and scores, patience, and networks at their end.

States of 0.1.0 do not say what they have of these; what they leave open goes on.
"""

import re
import warnings
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_relu.estimators.data import Data
from sklearn_relu.files.digests import UnknowableError, digest
from sklearn_relu.training.jobs import TrainingState
from sklearn_relu.training.recipe import Recipe

UNKNOWN = "unknown"
"""The name of data that cannot be known; equal to nothing."""

_NOT_FOR_A_CONVERGED_NETWORK = {
    "max_iter",
    "time_limit",
    "verbose",
    "warm_start",
    "random_state",
    "initialization",
    "bias_initialization",
    "pretraining",
}
"""Parameters that do not change what one more epoch of a network would do."""


class History:
    """Tells what of the states that the last call left counts in a call of ``fit``.

    Parameters
    ----------
    estimator : BaseNetwork
    recipe : Recipe
    data : Data
    held_out : Data or None
        What the user held out.
    early_stopping : bool
    """

    def __init__(
        self, estimator, recipe: Recipe, data: Data, held_out: Data | None, early_stopping
    ):
        self._estimator = estimator
        self._recipe = recipe
        self._early_stopping = early_stopping
        self._metric = estimator.early_stopping_metric
        self._trained_on = digest([data.X, data.targets, data.weight])
        held_out_on = None if held_out is None else [held_out.X, held_out.targets, held_out.weight]
        parameters = estimator.get_params(deep=False)
        for name in _NOT_FOR_A_CONVERGED_NETWORK:
            parameters.pop(name, None)
        try:
            self._conditions = digest([parameters, self._trained_on, held_out_on])
        except UnknowableError:
            self._conditions = UNKNOWN
        self._has_warned = False

    def carry_over(
        self,
        states: Sequence[TrainingState],
        rows: Sequence[np.ndarray | None],
        validations: Sequence[Data | None],
        is_this_fit: bool,
    ) -> list[TrainingState]:
        """The states of the networks, without what does not count any more.

        A best score is of held-out data (rows, targets and weights), a metric, a loss and
        activations; a best loss, of the objective and the training data. Best ones of anything
        else do not compare. A network that had converged under other conditions has its patience
        anew. Where some networks of an ensemble had come to their end under these conditions, and
        others had not, the former stand still (`ended` stays), so that 5 epochs and 5 more equal
        10. Where all had, the call is a wish to train on.

        Parameters
        ----------
        states : list of TrainingState
        rows : list of (ndarray of int or None)
            The rows that each trains on; None means all.
        validations : list of (Data or None)
            What the score of each is on.
        is_this_fit : bool
            Whether the states are of this very fit, which was interrupted: then all counts.
        """
        of = [self._score_of(*each) for each in zip(states, rows, validations, strict=True)]
        if not is_this_fit:
            each = zip(states, of, validations, strict=True)
            states = self._standing_still([self._carried_over(*one) for one in each])
        return [
            state.with_changes(score_of=name, conditions=self._conditions)
            for state, name in zip(states, of, strict=True)
        ]

    def _carried_over(
        self, state: TrainingState, of: str, validation: Data | None
    ) -> TrainingState:
        if not self._counts(state, of, validation):
            state = without_best(state)
        if state.ended and not state.conditions == self._conditions != UNKNOWN:
            patience_used = 0 if state.ended == "converged" else state.no_improvement
            state = state.with_changes(ended="", no_improvement=patience_used)
        return state

    def _standing_still(self, states: list[TrainingState]) -> list[TrainingState]:
        is_full_batch = not self._recipe.optimizer.takes_batches
        if is_full_batch or all(state.ended for state in states):
            return [state.with_changes(ended="") for state in states]
        return states

    def _counts(self, state: TrainingState, of: str, validation: Data | None) -> bool:
        """Whether the state's best loss, or score, is of the same."""
        if state.score_of == of:
            return of != UNKNOWN
        if not self._early_stopping:
            return not state.score_of
        assert validation is not None
        return _without_address(state.score_of) == _as_in_0_1_0(self._metric, validation)

    def _score_of(
        self, state: TrainingState, rows: np.ndarray | None, validation: Data | None
    ) -> str:
        try:
            if self._early_stopping:
                return digest(self._of_a_score(validation))
            return digest(self._of_a_loss(rows))
        except UnknowableError as error:
            if state.epoch and not self._has_warned:
                self._has_warned = True
                warnings.warn(
                    f"The best {'score' if self._early_stopping else 'loss'} of the last call is "
                    "forgotten: early_stopping_metric, or another parameter, holds "
                    f"{error}, so it cannot be known whether it is as it was. Without that, "
                    "training would go on with it.",
                    stacklevel=2,
                )
            return UNKNOWN

    def _of_a_score(self, validation: Data | None) -> list[Any]:
        assert validation is not None
        weight = validation.weight if self._metric == "loss" else validation.sample_weight
        recipe = self._recipe
        network = recipe.loss, [layer.activation for layer in recipe.layers]
        return [self._metric, network, validation.X, validation.targets, weight]

    def _of_a_loss(self, rows: np.ndarray | None) -> list[Any]:
        recipe, estimator = self._recipe, self._estimator
        strengths = float(estimator.alpha), float(estimator.activity_alpha)
        stages = recipe.stages
        penalties = (
            [stage.penalty for stage in stages],
            [stage.activity_penalty for stage in stages[:-1]],
        )
        noise: tuple[Any, ...] = recipe.dropout_rates, float(recipe.input_noise)
        if recipe.corruption is not None:
            noise = *noise, recipe.corruption
        if estimator.regularization_schedule is not None and recipe.is_random:
            noise = *noise, estimator.regularization_schedule
        network = recipe.loss, [layer.activation for layer in recipe.layers]
        # A full-batch optimizer's is of fixed weights, others' of weights that change meanwhile.
        is_full_batch = not recipe.optimizer.takes_batches
        return [network, strengths, penalties, noise, is_full_batch, self._trained_on, rows]


def without_best(state: TrainingState) -> TrainingState:
    """The state, without a best loss or score, and without epochs that improved nothing."""
    return state.with_changes(
        best_loss=np.inf, best_score=-np.inf, best_params=None, no_improvement=0
    )


def carry_over_a_stream(state: TrainingState) -> TrainingState:
    """The state for a call of ``partial_fit``, whose rows are of a kind with those before.

    As in scikit-learn losses of all calls compare, of whatever rows they are.
    """
    if not (state.score_of or state.conditions):
        return state
    if np.isfinite(state.best_score):
        state = without_best(state)
    return state.with_changes(score_of="", conditions="", ended="")


def _as_in_0_1_0(metric, validation: Data) -> str:
    """The text that 0.1.0 wrote of a score, without the address of a function."""
    checksum = zlib.crc32(np.ascontiguousarray(validation.targets).data)
    return _without_address(f"{metric!r} {checksum}")


def _without_address(text: str) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)
