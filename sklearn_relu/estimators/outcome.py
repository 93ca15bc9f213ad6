"""The outcome of a fit: fitted attributes, warnings, errors."""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu.estimators import fitted_arrays
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.training.jobs import Epoch, Job, TrainingState

# Both sentences are scikit-learn's.
NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


ENDS = "converged", "diverged"
"""Outcomes after which a longer fit would have gone on without the network."""

NOT_KEPT = np.empty(0)
"""Parameters of a state that are those of the fitted arrays."""


def raise_or_warn(jobs: list[Job], incremental: bool, prefix: str) -> None:
    """Say what went wrong, as an error if there is nothing to fall back on.

    Warnings begin with a prefix, which may name the layer that a fit pre-trains.

    Raises
    ------
    ValueError
        If the loss or a parameter of a network stopped being finite and there is no complete
        epoch of this call.
    """
    for job in jobs:
        if job.outcome == "diverged":
            cure = _cure(job)
            where = "an earlier call" if job.stands_still else f"epoch {job.n_epochs + 1}"
            if job.recipe.optimizer.takes_batches:
                where += f", learning_rate_init={job.learning_rate:g}"
            if not job.is_whole:
                raise ValueError(f"{NON_FINITE} It happened in {where}. {cure}")
            kept = "best" if job.state.best_params is not None else "last finite"
            _warn(
                f"{NON_FINITE} It happened in {where}; the network went back to its {kept} epoch. "
                f"{cure}",
                prefix,
            )
    if any(job.early_stopping and job.state.best_params is None for job in jobs):
        _warn(
            "early_stopping_metric was NaN in every epoch, so there is no best one; the network is "
            "that of the last. Look for overflow in predictions, or choose another metric.",
            prefix,
        )
    if any(job.outcome == "time_limit" for job in jobs):
        _warn(
            f"Training stopped after {jobs[0].time_limit:g} seconds (time_limit), before it "
            "converged.",
            prefix,
        )
    if not jobs[0].recipe.optimizer.takes_batches:
        _warn_full_batch(jobs, prefix)
    elif not incremental and any(job.outcome == "max_iter" for job in jobs):
        _warn(
            f"Stochastic Optimizer: Maximum iterations ({jobs[0].max_epochs}) reached and the "
            "optimization hasn't converged yet.",
            prefix,
        )


def _warn(message: str, prefix: str) -> None:
    warnings.warn(f"{prefix}{message}", ConvergenceWarning, stacklevel=3)


def _cure(job: Job) -> str:
    """The cure for numbers that are not finite."""
    recipe = job.recipe
    cure = "Scale the series" if recipe.reads_series else "Scale the inputs (StandardScaler)"
    if recipe.optimizer.takes_batches:
        cure += ", lower learning_rate_init"
        if recipe.reads_series and recipe.gradient_clipping is None:
            cure += ", set gradient_clipping=1"
    extreme = "X and y" if job.sample_weight is None else "X, y and sample_weight"
    return f"{cure}, and look for extreme values in {extreme}."


def warn_of_overflow(job: Job) -> None:
    """The last step left finite parameters with which outputs for training data overflow."""
    warnings.warn(
        f"With the parameters after epoch {job.n_epochs}, outputs for training data overflow in "
        f"{job.recipe.dtype}; predictions for them are an error. {_cure(job)}",
        ConvergenceWarning,
        stacklevel=2,
    )


def _warn_full_batch(jobs: list[Job], prefix: str) -> None:
    for job in jobs:
        if job.outcome != "max_iter":
            continue
        name = type(job.recipe.optimizer).__name__.lower()
        message = f"{name} failed to converge after {job.n_epochs} iteration(s) {job.message}"
        if job.n_epochs == job.max_epochs:
            message += (
                "\nIncrease the number of iterations to improve the convergence "
                f"(max_iter={job.max_epochs})."
            )
        message += "\nYou might also want to scale the data, for example with StandardScaler."
        _warn(message, prefix)


def fitted_attributes(jobs: list[Job]) -> dict[str, Any]:
    """Return the attributes that training sets, but for curves and their last loss.

    Of an ensemble, losses and scores are means over the networks, and `n_iter_` is the largest.
    """
    recipe, states = jobs[0].recipe, [job.state for job in jobs]
    chosen = np.array([chosen_params(job) for job in jobs])
    attributes = fitted_arrays.fitted_arrays(
        recipe.layers, ParameterLayout(recipe.layers).views(chosen)
    )
    attributes |= {
        "n_layers_": len(recipe.layers) + 1,
        "n_outputs_": recipe.n_targets,
        "out_activation_": recipe.loss.out_activation,
        "n_iter_": max(job.n_epochs for job in jobs),
        "t_": max(state.samples_seen for state in states),
    }
    if not recipe.optimizer.takes_batches:
        attributes["loss_"] = _mean([state.best_loss for state in states])
        return attributes
    if recipe.gradient_clipping is not None:
        skipped = [state.skipped_steps for state in states]
        attributes["n_skipped_steps_"] = skipped if len(skipped) > 1 else skipped[0]
    early_stopping = jobs[0].early_stopping
    attributes |= {
        "best_loss_": None if early_stopping else _mean([s.best_loss for s in states]),
        "best_validation_score_": None,
    }
    if early_stopping:
        attributes["best_validation_score_"] = _mean([s.best_score for s in states])
    return attributes


def _mean(values: list[float]) -> float:
    return float(values[0] if len(values) == 1 else np.mean(values))


def chosen_params(job: Job) -> np.ndarray:
    """The best parameters by the validation score if there is one, else the last."""
    best = job.state.best_params
    return best if job.early_stopping and best is not None else job.state.params


def continuation(jobs: list[Job]) -> list[dict[str, Any]]:
    """All that the next call needs beside the fitted attributes to go on exactly: a state as a dict
    for each network.

    Parameters are kept only where they are not those of ``coefs_``, and no history: nothing is
    stored twice.
    """
    return [
        job.state.with_changes(
            params=NOT_KEPT if chosen_params(job) is job.state.params else job.state.params,
            best_params=NOT_KEPT,
            ended=job.outcome if job.state.conditions and job.outcome in ENDS else "",
            history=[],
        ).to_dict()
        for job in jobs
    ]


def fitted_curves(estimator, n_networks: int) -> list[TrainingState]:
    """States with all that is known of the training of an estimator without warm_start."""
    history = estimator.history_
    if n_networks == 1:
        history = {name: [values] for name, values in history.items()}
    early_stopping = getattr(estimator, "validation_scores_", None) is not None
    skipped = getattr(estimator, "n_skipped_steps_", [0] * n_networks)
    states = []
    for i in range(n_networks):
        columns = [history[name][i] for name in Epoch._fields]
        epochs = [Epoch(*row) for row in zip(*columns, strict=True)]
        scores = [epoch.validation_score for epoch in epochs] if early_stopping else []
        states.append(
            TrainingState(
                params=NOT_KEPT,
                epoch=len(epochs),
                samples_seen=estimator.t_,
                skipped_steps=skipped[i] if isinstance(skipped, list) else skipped,
                best_loss=min((epoch.loss for epoch in epochs), default=np.inf),
                best_score=max((s for s in scores if s == s), default=-np.inf),
            )
        )
    return states
