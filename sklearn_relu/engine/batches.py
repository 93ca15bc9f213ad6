"""From jobs to the arrays of a step: the stack, the rows of a batch, and bringing them together."""

import numpy as np

from sklearn_relu.engine.jobs import Job
from sklearn_relu.engine.network import NetworkStack, Run

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


def rows_of(job: Job, order: np.ndarray | None, start: int, stop: int) -> Rows:
    """The rows of X in one batch of a job; `order` is None if they are not shuffled."""
    if order is None:
        return slice(start, stop) if job.rows is None else job.rows[start:stop]
    batch = order[start:stop]
    return batch if job.rows is None else job.rows[batch]


def n_rows_of(rows: Rows) -> int:
    """How many rows there are."""
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def weight_of(job: Job, rows: Rows) -> float:
    """The sum of the rows' sample weights; of several weights in a row, their mean counts."""
    weight = job.sample_weight
    return n_rows_of(rows) if weight is None else float(weight[rows].sum() / weight.shape[1])


def gather(jobs: list[Job], rows: list[Rows], run: Run) -> None:
    """Bring the batches of a run together; one network's rows in order are used where they are."""
    run.noise = [job.noise for job in jobs if job.noise is not None]
    if len(jobs) == 1 and isinstance(rows[0], slice):
        job, sole = jobs[0], rows[0]
        run.x = job.X[sole][None] if isinstance(job.X, np.ndarray) else [job.X[sole]]
        run.y = job.y[sole][None]
        if job.sample_weight is not None:
            run.weight = job.sample_weight[sole][None]
        return
    for i, (job, batch) in enumerate(zip(jobs, rows, strict=True)):
        if isinstance(job.X, np.ndarray):
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
