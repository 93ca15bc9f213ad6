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

    loss = np.inf

    def objective(params):
        """The objective and its gradient."""
        nonlocal loss
        stack.params[0] = params
        value, reported = stack.objective(run, weight_sum, *strengths)
        loss = float(reported[0])
        return float(value[0]), stack.grads[0].astype(np.float64)

    def on_iteration(params):
        """Keep an iteration, whose parameters are those evaluated last."""
        kept = params.astype(job.recipe.dtype)
        if np.isfinite(loss) and np.isfinite(kept).all():
            job.n_epochs += 1
            job.state = replace(job.state, params=kept, best_loss=loss)

    start = job.state.params.astype(np.float64)
    result = optimizer.minimize(objective, start, job.max_epochs, job.tol, on_iteration)
    objective(result.x)
    if not all_finite(np.array([loss]), stack.params)[0]:
        job.outcome = "diverged"
        return
    job.state = replace(job.state, params=stack.params[0].copy(), best_loss=loss)
    job.n_epochs = min(result.nit, job.max_epochs)
    job.outcome = "converged" if result.status == 0 else "max_iter"
    job.message = f"(status={result.status}):\n{result.message}\n"
