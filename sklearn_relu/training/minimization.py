"""Training on all rows at once, with an optimizer of its own stopping rule."""

import threading
import time

import numpy as np

from sklearn_relu.network.stack import Scales
from sklearn_relu.optimizers import FullBatchOptimizer
from sklearn_relu.training.batches import all_rows, make_stack, weight_of
from sklearn_relu.training.jobs import Job
from sklearn_relu.training.stopping import ask, record


def minimize(
    job: Job,
    optimizer: FullBatchOptimizer,
    time_limit: float,
    stop: threading.Event | None = None,
) -> None:
    """Train one network on all its rows at once, for at most about `time_limit` seconds."""
    stack = make_stack([job])
    run = stack.run(slice(0, 1), job.n_rows, data=all_rows(job))
    scales = Scales.of(
        np.array([weight_of(run.weight, job.n_rows)]),
        *np.array([[job.alpha], [job.activity_alpha]], job.recipe.dtype),
    )
    start = now = time.perf_counter()
    loss = np.inf

    def objective(params: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its gradient."""
        nonlocal loss
        if stop is not None and stop.is_set():
            raise KeyboardInterrupt
        stack.params[0] = params
        value, reported = stack.objective(run, scales)
        loss = float(reported[0])
        for segment in stack.layout.segments:
            if segment.rate == 0:
                stack.grads[:, segment.columns] = 0
        return float(value[0]), stack.grads[0].astype(np.float64)

    def on_iteration(params: np.ndarray) -> bool:
        """Keep an iteration, whose parameters are those evaluated last; True ends training."""
        nonlocal now
        kept = params.astype(job.recipe.dtype)
        if np.isfinite(loss) and np.isfinite(kept).all():
            last, now = now, time.perf_counter()
            record(job, {"params": kept}, stack.layout, loss, np.nan, now - last)
            job.state = job.state.with_changes(best_loss=loss)
        if now - start >= time_limit:
            job.outcome = "time_limit"
        ask([job])
        return job.outcome != "running"

    first = job.state.params.astype(np.float64)
    result = optimizer.minimize(objective, first, job.max_epochs, job.tol, on_iteration)
    objective(result.x)
    if not (np.isfinite(loss) and np.isfinite(stack.params).all()):
        job.outcome = "diverged"
        return
    job.state = job.state.with_changes(params=stack.params[0].copy(), best_loss=loss)
    job.n_epochs = min(result.nit, job.max_epochs)
    if job.outcome == "running":
        job.outcome = "converged" if result.status == 0 else "max_iter"
    job.message = f"(status={result.status}):\n{result.message}\n"
