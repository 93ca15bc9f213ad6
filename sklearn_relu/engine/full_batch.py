"""Training on all rows at once, with an optimizer of its own stopping rule."""

from dataclasses import replace

import numpy as np

from sklearn_relu.engine.batches import all_finite, gather, make_stack, weight_of
from sklearn_relu.engine.jobs import Job
from sklearn_relu.optimizers import FullBatchOptimizer


def minimize(job: Job, optimizer: FullBatchOptimizer) -> None:
    """Train one network on all its rows at once."""
    stack = make_stack([job])
    rows = slice(0, job.n_rows) if job.rows is None else job.rows
    run = stack.run(0, 1, job.n_rows)
    gather([job], [rows], run)
    weight_sum = np.array([weight_of(job, rows)])
    strengths = np.array([[job.alpha], [job.activity_alpha]], job.recipe.dtype)

    def objective(params):
        stack.params[0] = params
        value, _ = stack.objective(run, weight_sum, *strengths)
        return float(value[0]), stack.grads[0].astype(np.float64)

    def on_iteration(params):
        job.n_epochs += 1
        job.state = replace(job.state, params=params.astype(job.recipe.dtype), epoch=job.n_epochs)

    start = job.state.params.astype(np.float64)
    result = optimizer.minimize(objective, start, job.max_epochs, job.tol, on_iteration)
    stack.params[0] = result.x
    _, reported = stack.objective(run, weight_sum, *strengths)
    if not all_finite(reported, stack.params)[0]:
        job.outcome = "diverged"
        return
    job.state = replace(job.state, params=stack.params[0].copy(), best_loss=float(reported[0]))
    job.n_epochs = min(result.nit, job.max_epochs)
    job.outcome = "converged" if result.status == 0 else "max_iter"
    job.message = f"(status={result.status}):\n{result.message}\n"
