"""From jobs to the arrays of a step: the stack, the rows of a batch, and bringing them together."""

import numpy as np

from sklearn_relu.engine.jobs import Job
from sklearn_relu.engine.network import Batch, NetworkStack, Run

Rows = slice | np.ndarray


def make_stack(jobs: list[Job]) -> NetworkStack:
    """A stack with the parameters of each job's network."""
    weight = jobs[0].sample_weight
    stack = NetworkStack(
        jobs[0].recipe,
        len(jobs),
        n_weights_per_row=0 if weight is None else weight.shape[1],
        sparse=not isinstance(jobs[0].X, np.ndarray),
    )
    for row, job in zip(stack.params, jobs, strict=True):
        row[:] = job.state.params
    return stack


def rows_of(job: Job, order: np.ndarray | None) -> np.ndarray | None:
    """The rows of X that a job trains on in an epoch, in their order; None is all as they come."""
    if job.rows is None or order is None:
        return job.rows if order is None else order
    return job.rows[order]


def weight_of(weight: np.ndarray | None, n_rows: int) -> float:
    """The sum of some rows' sample weights; of several weights in a row, their mean counts."""
    return float(n_rows) if weight is None else float(weight.sum() / weight.shape[-1])


def all_rows(job: Job) -> Batch:
    """Everything that one job trains on, where it is if these are all rows."""
    rows = slice(None) if job.rows is None else job.rows
    weight = None if job.sample_weight is None else job.sample_weight[rows][None]
    x = job.X[rows]
    return x[None] if isinstance(x, np.ndarray) else [x], job.y[rows][None], weight


def gather(jobs: list[Job], rows: list[Rows], run: Run) -> None:
    """Bring the batches of a run together."""
    for i, (job, batch) in enumerate(zip(jobs, rows, strict=True)):
        if isinstance(run.x, np.ndarray):
            _take(job.X, batch, run.x[i])
        else:
            run.x[i] = job.X[batch]
        _take(job.y, batch, run.y[i])
        if job.sample_weight is not None and run.weight is not None:
            _take(job.sample_weight, batch, run.weight[i])


def _take(source: np.ndarray, rows: Rows, out: np.ndarray) -> None:
    if isinstance(rows, slice):
        out[...] = source[rows]
    else:
        # The rows are in range; with mode="raise", numpy would first take into other memory.
        source.take(rows, axis=0, out=out, mode="clip")
