"""Lists with one figure for each epoch: they grow from call to call, and are not copied."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from sklearn_relu.training.jobs import Epoch, Job

CURVES = "history_", "loss_curve_", "validation_scores_"
"""The attributes that are such lists, or hold them."""

Growth = list[tuple[list, int, list]]
"""Lists of an estimator, their lengths, and what each is to be extended by."""


def whole_curves(jobs: list[Job], before: dict[str, Any]) -> dict[str, Any]:
    """Return ``history_`` and its like after a fit, as new lists, and the last loss.

    Parameters
    ----------
    jobs : list of Job
        Of the fit.
    before : dict
        The attributes that training went on from; empty if it began anew.

    Returns
    -------
    curves : dict
        By attribute. Of an ensemble there is one list a network in place of each.
    """
    sole = len(jobs) == 1

    def column(name: str):
        old = before["history_"][name] if before else [] if sole else [[]] * len(jobs)
        columns = [
            [*one[: job.first_epoch], *(getattr(epoch, name) for epoch in job.history)]
            for one, job in zip([old] if sole else old, jobs, strict=True)
        ]
        return columns[0] if sole else columns

    curves: dict[str, Any] = {"history_": {name: column(name) for name in Epoch._fields}}
    if jobs[0].recipe.optimizer.takes_batches:
        curves["loss_curve_"] = column("loss")
        curves["loss_"] = _last_loss(jobs, before)
        scored = jobs[0].early_stopping
        curves["validation_scores_"] = column("validation_score") if scored else None
    return curves


def growing_curves(jobs: list[Job], before: dict[str, Any]) -> tuple[dict[str, Any], Growth]:
    """The same, as the very lists of `before` where that is possible, not extended yet."""
    if not before:
        return whole_curves(jobs, before), []
    curves: dict[str, Any] = {"history_": before["history_"]}
    if jobs[0].recipe.optimizer.takes_batches:
        curves["loss_curve_"] = before.get("loss_curve_")
        curves["loss_"] = _last_loss(jobs, before)
        scored = jobs[0].early_stopping
        curves["validation_scores_"] = before.get("validation_scores_") if scored else None
    growth: Growth = []
    for curve, name, job in _lists(curves, jobs):
        # One that is longer is another estimator's too, which has been trained since.
        if not isinstance(curve, list) or len(curve) > job.first_epoch:
            return whole_curves(jobs, before), []
        growth.append((curve, len(curve), [getattr(epoch, name) for epoch in job.history]))
    return curves, growth


def _last_loss(jobs: list[Job], before: dict[str, Any]) -> float:
    """The loss of the last epoch, of an ensemble the mean over its networks."""
    # Members of an ensemble that stand still had their last epoch in an earlier call.
    losses = [
        job.history[-1].loss if job.history else before["history_"]["loss"][i][job.first_epoch - 1]
        for i, job in enumerate(jobs)
    ]
    return float(losses[0] if len(losses) == 1 else np.mean(losses))


def _lists(curves: dict[str, Any], jobs: list[Job]) -> Iterator[tuple[Any, str, Job]]:
    """Each list, with the figure that it is of, and its network's job."""
    columns = [(curves["history_"][name], name) for name in Epoch._fields]
    if "loss_curve_" in curves:
        columns.append((curves["loss_curve_"], "loss"))
        if jobs[0].early_stopping:
            columns.append((curves["validation_scores_"], "validation_score"))
    for column, name in columns:
        networks = [column] if len(jobs) == 1 else column or [None] * len(jobs)
        for curve, job in zip(networks, jobs, strict=True):
            yield curve, name, job


def extend(growth: Growth) -> None:
    """Let the lists grow."""
    for curve, _, more in growth:
        curve += more


def take_back(growth: Growth) -> None:
    """Undo :func:`extend`, also if it was interrupted."""
    for curve, length, _ in growth:
        del curve[length:]


def copied_curves(attributes: dict[str, Any]) -> dict[str, Any]:
    """The curves among an estimator's attributes, as lists of their own."""
    return {name: copy.deepcopy(attributes[name]) for name in CURVES if name in attributes}
