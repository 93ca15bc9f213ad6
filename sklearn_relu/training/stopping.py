"""The end of an epoch: what it was like, and whether another one follows."""

from collections import defaultdict
from typing import Any

import numpy as np

from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.training.jobs import Epoch, Job, Outcome


def record(
    job: Job,
    state: dict[str, Any],
    layout: ParameterLayout,
    loss: float,
    learning_rate: float,
    seconds: float,
) -> None:
    """Give a job its state after an epoch, with the epoch's figures; count those that improved
    nothing.

    What improves is the validation score under early stopping, else the loss.

    Parameters
    ----------
    job : Job
    state : dict
        What changed in the job's state, `params` above all, but for the figures.
    layout : ParameterLayout
        Where each layer's parameters are.
    loss, learning_rate, seconds : float
    """
    last, params = job.state, state["params"]
    job.report(f"Iteration {job.n_epochs + 1}, loss = {loss:.8f}")
    validation_loss = score = np.nan
    if job.validate is not None:
        validation_loss, score = job.validate(layout.views(params[None]))
        job.report(f"Validation score: {score:f}")
    # Beyond an interrupted epoch's figures, which are of no complete epoch.
    n_complete = last.epoch - job.first_epoch
    last.history[n_complete:] = [Epoch(loss, validation_loss, score, learning_rate, seconds)]
    if job.early_stopping:
        counts = job.fellows is None and job.is_at_rest_after(last.epoch + 1)
        stale = not (counts and score >= last.best_score + job.tol)
        if counts and score > last.best_score:
            state |= {"best_score": score, "best_params": params}
    else:
        stale = loss > last.best_loss - job.tol
        state["best_loss"] = min(loss, last.best_loss)
    no_improvement = last.no_improvement + 1 if stale else 0
    state |= {"epoch": last.epoch + 1, "no_improvement": no_improvement}
    job.state = last.with_changes(**state)
    job.n_epochs += 1


SLACK = 0.05
"""Share of the best loss on held-out rows within which another is as good: on few rows it goes up
and down, and what two networks lose by more training the mean of eight may not."""


def agree(jobs: list[Job]) -> None:
    """Keep the last epoch in which the fellows of a group are about as good together as in their
    best; end them after the third or a later cycle of the schedule whose end is not.

    Parameters
    ----------
    jobs : list of Job
        All that took part in the epoch, which is recorded.
    """
    groups: dict[int, list[Job]] = defaultdict(list)
    for job in jobs:
        if job.fellows is not None and job.outcome != "diverged":
            groups[id(job.fellows)].append(job)
    for fellows in groups.values():
        if not fellows[0].is_at_rest_after(fellows[0].state.epoch):
            continue
        score = _score_together(fellows)
        for job in fellows:
            state = job.state
            if np.isfinite(score) and score >= _least_of(state.best_score):
                is_stale = score < state.best_score + job.tol
                job.state = state.with_changes(
                    best_score=max(score, state.best_score),
                    best_params=state.params,
                    no_improvement=state.no_improvement if is_stale else 0,
                )
            elif score < 0 and state.epoch in job.last_rests:
                job.outcome = "completed"


def _least_of(best: float) -> float:
    """The least score that is as good as the best. Minus a loss it is below 0 and has slack; others
    have none, for nothing is known of their scale."""
    return best - SLACK * max(-best, 0.0)


def _score_together(fellows: list[Job]) -> float:
    """The mean score of networks that hold the same rows out, as far as there are several, of their
    mean prediction: noise that one has learned may go with the other's."""
    groups: dict[Any, list[Job]] = defaultdict(list)
    for job in fellows:
        groups[job.validate].append(job)
    views = ParameterLayout(fellows[0].recipe.layers).views
    return float(
        np.mean(
            [
                validate(views(np.stack([job.state.params for job in group])))[1]
                if len(group) > 1
                else group[0].state.history[-1].validation_score
                for validate, group in groups.items()
            ]
        )
    )


def decide(job: Job, learning_rate: float, elapsed: float) -> None:
    """Stop at a plateau, unless the schedule can go on; at the last epoch; or out of time.

    A job that has ended stays as it is.

    Parameters
    ----------
    job : Job
    learning_rate : float
        That of the last step.
    elapsed : float
        Seconds since the beginning of training.
    """
    if job.outcome != "running":
        return
    state = job.state
    outcome: Outcome | None = None
    if job.n_epochs == job.max_epochs:
        outcome = "completed" if job.has_horizon else "max_iter"
    patience = job.schedule.patience or job.n_iter_no_change
    if state.no_improvement > patience:
        what = "Validation score" if job.early_stopping else "Training loss"
        message = (
            f"{what} did not improve more than tol={job.tol:f} for {patience} consecutive epochs."
        )
        if job.schedule.stops(job.progress(0, learning_rate)):
            job.report(f"{message}{job.schedule.stop_reason} Stopping.")
            outcome = "converged"
        else:
            job.state = state.with_changes(no_improvement=0, n_plateaus=state.n_plateaus + 1)
            if outcome is None:  # a schedule is not asked for steps beyond its horizon
                rate = job.schedule.rate(job.learning_rate, job.progress(0, np.nan))
                message += f" Setting learning rate to {rate:f}"
            job.report(message)
    if outcome is None and job.seconds_before + elapsed >= job.time_limit:
        outcome = "time_limit"
    if outcome is not None:
        job.outcome = outcome


def ask(jobs: list[Job]) -> None:
    """Call the jobs' hooks after an epoch, each once, and stop the jobs of one that says so.

    Parameters
    ----------
    jobs : list of Job
        Those that took part in the epoch.
    """
    for hook in dict.fromkeys(job.on_epoch_end for job in jobs):
        if hook is None or not hook():
            continue
        for job in jobs:
            if job.on_epoch_end == hook and job.outcome != "diverged":
                job.outcome = "stopped"
