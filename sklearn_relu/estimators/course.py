"""Figures of the learning curves of a fit, in units of a constant prediction's loss."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from sklearn_relu.training.batches import dense
from sklearn_relu.training.jobs import Job

STEEP = 30.0
"""Steps were too long if an epoch's loss was so many times what can be had without training. Where
inputs and targets are standardized a network starts at 1 to 3 times that, under a logarithmic link
at up to 20; at rates of 1, which leave ReLUs dead, the first epoch's was 60 to 2e6."""

ROSE = 0.5
"""Steps were too long if the loss rose by so many times what can be had without training. At rates
that work it rose by up to 0.2 and, where little was left in the end, 0.7; at 10 times such rates by
2 to 1e80."""


LOOKED_AT = 2**14
"""Rows whose losses are computed at a time: sparse ones are made dense."""


class Course(NamedTuple):
    """Figures of the epochs of this fit.

    All are of shape (n_networks,), and NaN if targets are constant. The first two are in units of
    the loss of the best constant prediction; the loss of a density has no zero, there the unit is
    1. The other two are in units of what can be had without training: of the largest loss among
    those of this constant and of raw outputs of -1, 0 and 1. It is large if targets are far from 0,
    and not small if they are.

    Attributes
    ----------
    left : ndarray
        The last epoch's loss.
    fell : ndarray
        How far the loss fell while training waited for an improvement and found none, at which it
        stopped; under early stopping the smaller of the falls of the training and the validation
        loss. NaN if training ended otherwise.
    rose : ndarray
        How far the loss rose above what it had been before, at most.
    peak : ndarray
        The largest loss of an epoch.
    """

    left: np.ndarray
    fell: np.ndarray
    rose: np.ndarray
    peak: np.ndarray


def course_of(jobs: Sequence[Job], constant_loss: np.ndarray) -> Course:
    """The courses of some networks of one estimator.

    Parameters
    ----------
    jobs : sequence of Job
        Trained.
    constant_loss : ndarray of shape (n_networks,)

    Returns
    -------
    course : Course
    """
    courses = [_course(job, float(unit)) for job, unit in zip(jobs, constant_loss, strict=True)]
    return Course(*map(np.array, zip(*courses, strict=True)))


def _course(job: Job, constant_loss: float) -> tuple[float, float, float, float]:
    unit = constant_loss
    if job.recipe.loss.gives_variance and np.isfinite(unit):
        unit = 1.0
    epochs = job.history
    losses = np.array([epoch.loss for epoch in epochs])
    if not unit > 0 or not len(losses):
        return np.nan, np.nan, np.nan, np.nan
    validation_losses = np.array([epoch.validation_loss for epoch in epochs])
    left, fell = losses[-1] / unit, _fell(job, losses, validation_losses) / unit
    rises = losses[1:] - np.minimum.accumulate(losses)[:-1]
    extremes = np.array([rises.max(initial=0.0), losses.max()])
    if (extremes > unit * np.array([ROSE, STEEP])).any():  # else a larger unit makes no difference
        unit = max(unit, *(_loss_of(raw, job) for raw in (-1.0, 0.0, 1.0)))
    rose, peak = extremes / unit
    return left, fell, rose, peak


def _fell(job: Job, losses: np.ndarray, validation_losses: np.ndarray) -> float:
    if job.outcome != "converged":
        return np.nan
    waited = job.schedule.patience or job.n_iter_no_change
    if not job.recipe.optimizer.takes_batches:
        waited = 1
    before = -1 - int(min(waited, len(losses) - 1))
    # From the lowest so far on: what a noisy curve comes back from is no fall.
    fell = losses[:before].min(initial=losses[before]) - losses[-1]
    if job.early_stopping and np.isfinite(validation_losses).all():
        lowest = validation_losses[:before].min(initial=validation_losses[before])
        fell = min(fell, lowest - validation_losses[-1])
    return float(fell)


def _loss_of(constant: float, job: Job) -> float:
    """The loss of raw outputs that are all the same."""
    loss, n_targets, n_rows = job.recipe.loss, job.recipe.n_targets, job.y.shape[0]
    total = 0.0
    for rows in gen_batches(n_rows, LOOKED_AT):
        y = dense(job.y[rows])[None]
        raw = np.full((*y.shape[:2], loss.n_raw(n_targets)), constant, y.dtype)
        value = loss.value_and_gradient(y, raw, None, np.empty_like(raw))
        total += float(loss.reported(value, n_targets)[0])
    return total / n_rows
