"""From an estimator and its checked data to jobs for the engine."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sklearn_relu.estimators.data import Data
from sklearn_relu.estimators.history import History, carry_over_a_stream
from sklearn_relu.estimators.parts import Parts, schedule_of
from sklearn_relu.estimators.starts import Start, restore, resume, start
from sklearn_relu.estimators.validation import Validation, folds, resolve_metric, split
from sklearn_relu.losses import Loss
from sklearn_relu.network.stage import Stage
from sklearn_relu.parameters import with_python_numbers
from sklearn_relu.training.jobs import Job, Snapshot, TrainingState
from sklearn_relu.training.recipe import Recipe


def make_jobs(
    estimator,
    parts: Parts,
    loss: Loss,
    data: Data,
    held_out: Data | None,
    goes_on: bool,
    incremental: bool,
    is_kept: bool = False,
    snapshots: list[Snapshot] | None = None,
) -> list[Job]:
    """One job for each network.

    Parameters
    ----------
    estimator : BaseNetwork
    parts : Parts
    loss : Loss
        The loss for this kind of target.
    data : Data
    held_out : Data or None
        What the user held out.
    goes_on : bool
        Whether training goes on where the last call left it.
    incremental : bool
        Whether it is for one epoch only.
    is_kept : bool, default=False
        Whether something keeps the states in which training ends and in between.
    snapshots : list of Snapshot, default=None
        What was kept of this very fit: it goes on.

    Returns
    -------
    jobs : list of Job
    """
    planned = with_python_numbers(estimator._for_data(data, held_out))
    if planned.max_iter != estimator.max_iter:
        parts = replace(parts, schedule=schedule_of(planned))
    estimator = planned
    X = data.X
    stages = estimator._stages(X.shape[1], parts, loss.n_raw(data.targets.shape[1]))
    layers = [stage.layer for stage in stages]
    if goes_on:
        starts = resume(estimator, layers, parts, data.dtype, is_stream=incremental)
    else:
        starts = start(estimator, layers, parts, data)
    if snapshots is not None:
        starts = restore(estimator, starts, snapshots)
    early_stopping = estimator.early_stopping and parts.solver.takes_batches
    starts, rows, validations = _held_out(estimator, starts, data, held_out, early_stopping)
    n_rows = X.shape[0] if rows[0] is None else len(rows[0])
    recipe = _recipe(estimator, parts, stages, loss, data, n_rows)
    metric = resolve_metric(estimator, estimator.early_stopping_metric)
    # One for networks with the same rows, which says what they are together.
    distinct = {id(each): each for each in validations if each is not None}
    by_data = {
        key: Validation(estimator, recipe, parts.activations, each, metric)
        for key, each in distinct.items()
    }
    validate = [by_data.get(id(each)) for each in validations]
    states = [state for _, state in starts]
    if incremental:
        states = [carry_over_a_stream(state) for state in states]
    elif estimator.warm_start:
        history = History(estimator, recipe, data, held_out, early_stopping)
        is_this_fit = snapshots is not None
        states = history.carry_over(states, rows, validations, is_this_fit=is_this_fit)
    shared = _shared(estimator, parts) | {
        "early_stopping": early_stopping,
        "fellows": validate if estimator.n_folds else None,
        "max_epochs": 1 if incremental else _epochs_to_come(estimator, states, snapshots),
        "resumable": estimator.warm_start or incremental or is_kept,
    }
    if estimator.keeps_a_rest:
        n_epochs = _epochs_before(states, snapshots) + shared["max_epochs"]
        shared["rests"] = parts.schedule.cycle_ends(n_epochs)
    jobs = [
        Job(
            recipe,
            X,
            data.targets,
            data.weight,
            train_rows,
            rng,
            state,
            validate=validation,
            stands_still=bool(state.ended),
            **shared,
            **how_far,
        )
        for (rng, _), state, train_rows, validation, how_far in zip(
            starts, states, rows, validate, _how_far(snapshots, states), strict=True
        )
    ]
    if not incremental:  # of whose only epoch the end is kept, or nothing
        for job in jobs:
            job.note_generators()
    return jobs


def _shared(estimator, parts: Parts) -> dict[str, Any]:
    """Gather what all jobs have of the estimator's parameters."""
    return {
        "learning_rate": estimator.learning_rate_init,
        "schedule": parts.schedule,
        "regularization": parts.regularization_schedule,
        "alpha": estimator.alpha,
        "activity_alpha": estimator.activity_alpha,
        "shuffle": estimator.shuffle,
        "tol": estimator.tol,
        "n_iter_no_change": estimator.n_iter_no_change,
        "time_limit": np.inf if estimator.time_limit is None else estimator.time_limit,
        "report": print if estimator.verbose else lambda line: None,
    }


def _epochs_before(states: list[TrainingState], snapshots: list[Snapshot] | None) -> int:
    """Epochs before this fit."""
    return states[0].epoch - (0 if snapshots is None else snapshots[0].n_epochs)


def _epochs_to_come(
    estimator, states: list[TrainingState], snapshots: list[Snapshot] | None
) -> int:
    """`max_iter` epochs; or, for networks that keep an end of a cycle, what an interrupted fit has
    left of them."""
    before = _epochs_before(states, snapshots)
    if estimator.keeps_a_rest and before < estimator.max_iter:
        return estimator.max_iter - before
    return estimator.max_iter


def _how_far(snapshots: list[Snapshot] | None, states: list[TrainingState]) -> list[dict[str, Any]]:
    """The number of epochs that each network has had of this fit, and how these ended."""
    if snapshots is None:
        return [{"outcome": state.ended or "running"} for state in states]
    return [{"n_epochs": each.n_epochs, "outcome": each.outcome} for each in snapshots]


HeldOut = tuple[list[Start], Sequence[np.ndarray | None], Sequence[Data | None]]
"""Starts, rows to train on, and data to validate on, for each network."""


def _held_out(
    estimator, starts: list[Start], data: Data, held_out: Data | None, early_stopping: bool
) -> HeldOut:
    """Hold out what the user gave; or under early stopping a part of the data for each network."""
    rows: Sequence[np.ndarray | None] = [None] * len(starts)
    validations: Sequence[Data | None] = [held_out] * len(starts)
    if early_stopping and held_out is None:
        hold_out = _fold if estimator.n_folds else _split
        starts, rows, validations = hold_out(estimator, starts, data)
    if early_stopping:
        _check_scores_count(validations)
    return starts, rows, validations


def _split(estimator, starts: list[Start], data: Data) -> HeldOut:
    """A part for each network to hold out."""
    labels = estimator._stratify_by(data.y)
    starts, splits = split(estimator, starts, data.X.shape[0], labels)
    rows = [train for train, _ in splits]
    return starts, rows, [data.take(validation) for _, validation in splits]


def _fold(estimator, starts: list[Start], data: Data) -> HeldOut:
    """A fold of the rows that count for each pair of networks to hold out."""
    counting = np.arange(data.X.shape[0])
    if data.weight is not None:
        counting = np.flatnonzero(data.weight.any(axis=1))
    labels = estimator._stratify_by(data.y[counting])
    starts, splits = folds(starts, len(counting), labels, estimator.n_folds)
    rows = [counting[train] for train, _ in splits]
    distinct = {id(held_out): held_out for _, held_out in splits}
    taken = {key: data.take(counting[held_out]) for key, held_out in distinct.items()}
    return starts, rows, [taken[id(held_out)] for _, held_out in splits]


def _check_scores_count(validations: Sequence[Data | None]) -> None:
    for validation in validations:
        if validation is not None and validation.weight is not None and not validation.weight.any():
            raise ValueError(
                "early_stopping=True needs held-out rows that count; all of theirs have weight 0. "
                "Pass X_val and y_val, or another random_state or validation_fraction."
            )


def _recipe(
    estimator, parts: Parts, stages: tuple[Stage, ...], loss: Loss, data: Data, n_rows: int
) -> Recipe:
    return Recipe(
        stages=stages,
        loss=loss,
        dtype=data.dtype,
        n_targets=data.targets.shape[1],
        input_dropout=estimator.input_dropout,
        input_noise=estimator.input_noise,
        optimizer=parts.solver,
        batch_size=_batch_size(estimator, parts, n_rows),
        gradient_clipping=estimator.gradient_clipping,
    )


def _batch_size(estimator, parts: Parts, n_rows: int) -> int:
    if not parts.solver.takes_batches:
        return n_rows
    if estimator.batch_size == "auto":
        return min(200, n_rows)
    if estimator.batch_size > n_rows:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=2,
        )
    return min(estimator.batch_size, n_rows)
