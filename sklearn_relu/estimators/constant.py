"""A fit and the constant prediction that is best on the same rows."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sklearn_relu.training.batches import dense
from sklearn_relu.training.jobs import Job

WORSE = 1e-3
"""A loss is worse than a constant's if it is above it by more than this share of it. What a network
of dead units gives, which is a constant, moves by so much with its last steps."""

ROUNDING = 1e-6
"""Sums in different orders may differ by this share."""

Decide = Callable[[np.ndarray, float], np.ndarray | None]
"""The numbers of the classes that predictions, or targets, above a threshold mean; None if they
mean no classes."""


class AgainstConstant(NamedTuple):
    """Networks and the constant that is best on the same rows; all of shape (n_networks,).

    Attributes
    ----------
    loss, constant_loss : ndarray
        Means over the rows that count, as ``loss_curve_`` shows them; NaN if targets are constant.
    accuracy, majority : ndarray
        Shares of the rows, or of their labels, that are classified rightly, and that the most
        frequent class has; NaN if there are no classes, or only one.
    """

    loss: np.ndarray
    constant_loss: np.ndarray
    accuracy: np.ndarray
    majority: np.ndarray

    @property
    def is_worse(self) -> np.ndarray:
        """Whether each network is worse than the constant."""
        return has_larger_loss(self) | has_less_accuracy(self)


def has_larger_loss(compared) -> np.ndarray:
    """Whether the loss is above the constant's by more than that of a network that is one may be.

    Parameters
    ----------
    compared : AgainstConstant or Diagnosis
    """
    constant = compared.constant_loss
    return compared.loss > constant + WORSE * np.abs(constant)


def has_less_accuracy(compared) -> np.ndarray:
    """Whether fewer are classified rightly than the most frequent class has; so by its labels."""
    return compared.accuracy < compared.majority * (1 - ROUNDING)


def against_constant(
    jobs: Sequence[Job],
    rows: slice | np.ndarray,
    raw: np.ndarray,
    value: np.ndarray,
    decide: Decide,
) -> AgainstConstant:
    """Compare on some of the rows, of which those count that were trained on, by their weights.

    Parameters
    ----------
    jobs : sequence of Job
    rows : slice or ndarray of int
    raw : ndarray of shape (n_networks, n_rows, n_raw)
    value : ndarray of shape (n_networks,)
        The weighted sum of the loss, with :func:`weights_of` the rows.
    decide : callable

    Returns
    -------
    compared : AgainstConstant
    """
    loss, n_targets = jobs[0].recipe.loss, jobs[0].recipe.n_targets
    y, weights = dense(jobs[0].y[rows]), weights_of(jobs, rows)
    figures = np.full((4, len(jobs)), np.nan)
    constant_value = None
    for i, job in enumerate(jobs):
        weight = None if weights is None else weights[i]
        total = len(y) if weight is None else weight.sum() / weight.shape[1]
        if not total or (y == y[0]).all():
            continue
        if constant_value is None or job.rows is not None:  # else the rows are those of the last
            constant_value = _value_of_constant(loss, y, weight)
        reported = loss.reported(np.stack([value[i], constant_value]) / total, n_targets)
        figures[:2, i] = reported
        decided, true = decide(loss.predict(raw[i]), loss.threshold), decide(y, 0.5)
        if decided is not None and true is not None:
            figures[2:, i] = _shares(decided, true, weight)
    return AgainstConstant(*figures)


def weights_of(jobs: Sequence[Job], rows: slice | np.ndarray) -> np.ndarray | None:
    """Weights (n_networks, n_rows, 1 or n_targets): 0 where a network was not trained on a row."""
    weight, n_rows = jobs[0].sample_weight, jobs[0].X.shape[0]
    if weight is None and jobs[0].rows is None:
        return None
    given = np.ones((n_rows, 1), jobs[0].recipe.dtype)[rows] if weight is None else weight[rows]
    weights = np.repeat(given[None], len(jobs), axis=0)
    for i, job in enumerate(jobs):
        if job.rows is not None:
            trained_on = np.zeros((n_rows, 1), bool)
            trained_on[job.rows] = True
            weights[i] *= trained_on[rows]
    return weights


def _value_of_constant(loss, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    constant = loss.constant(y, weight).astype(y.dtype, copy=False)
    raw = np.repeat(constant[None, None], len(y), axis=1)
    batched = None if weight is None else weight[None]
    return loss.value_and_gradient(y[None], raw, batched, np.empty_like(raw))[0]


def _shares(decided: np.ndarray, true: np.ndarray, weight: np.ndarray | None) -> tuple:
    """The share that was decided rightly, and that of the most frequent class."""
    decided, true = (each.reshape(len(each), -1) for each in (decided, true))
    weight = np.ones((1, 1)) if weight is None else weight
    weight = np.broadcast_to(weight, true.shape)
    frequent = sum(np.bincount(label, w).max() for label, w in zip(true.T, weight.T, strict=True))
    right, total = (weight * (decided == true)).sum(), weight.sum()
    return (right / total, frequent / total) if frequent < total else (np.nan, np.nan)
