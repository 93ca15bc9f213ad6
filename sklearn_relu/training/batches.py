"""From jobs to the arrays of a step: the stack, the rows of a batch, and bringing them together."""

import numpy as np

from sklearn_relu.network.memory import Memory
from sklearn_relu.network.stack import Batch, NetworkStack, Run
from sklearn_relu.training.jobs import Job

Rows = slice | np.ndarray

Table = list[np.ndarray | None]
"""Inputs, targets and sample weights."""

COPIED = 2**24
"""Bytes up to which what different jobs train on is copied into one table."""


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


def weight_of(weight: np.ndarray | None, n_rows: int) -> float:
    """The sum of some rows' sample weights; of several weights in a row, their mean counts."""
    return float(n_rows) if weight is None else float(weight.sum() / weight.shape[-1])


def with_stand_ins(rows: np.ndarray | None, weight: np.ndarray | None) -> np.ndarray | None:
    """Rows as they are read: the first that counts stands in for each that has no weight.

    What a row of weight 0 holds must not matter, and 0 times an overflow is not 0.

    Parameters
    ----------
    rows : ndarray of int or None
        None is all.
    weight : ndarray of shape (n_samples,) or (n_samples, n_weights), or None
        The sample weights of all rows.
    """
    if weight is None:
        return rows
    counts = np.logical_or.reduce(weight.reshape(len(weight), -1) > 0, axis=1)
    if counts.all():
        return rows
    rows = np.arange(len(weight)) if rows is None else rows
    counts = counts[rows]
    return np.where(counts, rows, rows[counts.argmax()])


def all_rows(job: Job) -> Batch:
    """Everything that one job trains on, where it is if these are all rows, and all count."""
    rows, read = (
        slice(None) if each is None else each
        for each in (job.rows, with_stand_ins(job.rows, job.sample_weight))
    )
    weight = None if job.sample_weight is None else job.sample_weight[rows][None]
    x = job.X[read].astype(job.recipe.dtype, copy=False)
    return x[None] if isinstance(x, np.ndarray) else [x], job.y[read][None], weight


class Batches:
    """Where the batches of a stack come from.

    What a job trains on may be of another dtype, such as that of images, than is computed in: then
    it is cast batch by batch.

    What the jobs train on is one table if it is one anyway, or small enough to be copied into one:
    then one call takes the rows of all networks.

    Parameters
    ----------
    jobs : list of Job

    Attributes
    ----------
    rows : list of (ndarray of shape (n_rows,) or None)
        For each job the rows that it trains on in this epoch, in their order; None is all as they
        come.
    read : list of (ndarray of shape (n_rows,) or None)
        The same for inputs and targets: others stand in for rows without weight.
    """

    def __init__(self, jobs: list[Job]):
        self.jobs = jobs
        self._narrow: dict[np.dtype, Memory] = {}
        self.table, self.first_rows = _one_table(jobs)

    def keep(self, networks: list[int]) -> None:
        """Let all other jobs leave."""
        self.jobs = [self.jobs[i] for i in networks]
        self.first_rows = [self.first_rows[i] for i in networks]

    def begin_epoch(self, orders: list[np.ndarray | None]) -> None:
        """Take note of the order of each job's rows; None leaves it as it is."""
        self.rows = [_ordered(*each) for each in zip(self.jobs, orders, strict=True)]
        self.read = [
            with_stand_ins(rows, job.sample_weight)
            for rows, job in zip(self.rows, self.jobs, strict=True)
        ]
        self.index = self._in_table(self.read)
        same = all(read is rows for read, rows in zip(self.read, self.rows, strict=True))
        self.weight_index = self.index if same else self._in_table(self.rows)

    def _in_table(self, rows_of_jobs: list[np.ndarray | None]) -> np.ndarray | None:
        """Where in the table each job's rows are, if there is a table and the rows are given."""
        given = [rows for rows in rows_of_jobs if rows is not None]
        if self.table is None or len(given) < len(rows_of_jobs):
            return None
        all_jobs = np.zeros((len(given), max(map(len, given))), np.intp)
        for index, rows, first in zip(all_jobs, given, self.first_rows, strict=True):
            np.add(rows, first, out=index[: len(rows)])
        return all_jobs

    def gather(self, networks: slice, batch: slice, run: Run) -> None:
        """Bring the batches of a run of networks together: those rows of each one's epoch."""
        if self.index is not None and self.weight_index is not None and self.table is not None:
            rows, weighed = self.index[networks, batch], self.weight_index[networks, batch]
            columns = zip(
                self.table, (rows, rows, weighed), (run.x, run.y, run.weight), strict=True
            )
            for column, places, out in columns:
                if column is not None and isinstance(out, np.ndarray):
                    self._take(column, places, out)
            return
        for i in range(networks.stop - networks.start):
            job = self.jobs[networks.start + i]
            part = _part(self.read[networks.start + i], batch)
            weighed_part = _part(self.rows[networks.start + i], batch)
            if isinstance(run.x, list):
                run.x[i] = job.X[part]
            else:
                self._take(job.X, part, run.x[i])
            self._take(job.y, part, run.y[i])
            if run.weight is not None:
                self._take(job.sample_weight, weighed_part, run.weight[i])

    def _take(self, source: np.ndarray, rows: Rows, out: np.ndarray) -> None:
        """Overwrite `out` with some rows, cast where they are of another dtype."""
        if isinstance(rows, slice):
            out[...] = source[rows]
            return
        taken = out
        if source.dtype != out.dtype:
            if source.dtype not in self._narrow:
                self._narrow[source.dtype] = Memory(source.dtype)
            taken = self._narrow[source.dtype].view("taken", out.shape)
        # The rows are in range; with mode="raise", numpy would first take into other memory.
        source.take(rows, axis=0, out=taken, mode="clip")
        if taken is not out:
            out[...] = taken


def _one_table(jobs: list[Job]) -> tuple[Table | None, list[int]]:
    """The data of all jobs as one table, if there is to be one, and where in it each one's rows
    begin."""
    if not isinstance(jobs[0].X, np.ndarray):
        return None, [0] * len(jobs)
    sources: list[Job] = []
    places: dict[tuple[int, ...], int] = {}
    first_rows, n_rows = [], 0
    for job in jobs:
        key = id(job.X), id(job.y), id(job.sample_weight)
        if key not in places:
            places[key] = n_rows
            sources.append(job)
            n_rows += len(job.X)
        first_rows.append(places[key])
    tables = [[job.X, job.y, job.sample_weight] for job in sources]
    if len(tables) == 1:
        return tables[0], first_rows
    if sum(column.nbytes for table in tables for column in table if column is not None) > COPIED:
        return None, first_rows
    columns = zip(*tables, strict=True)
    return [None if each[0] is None else np.concatenate(each) for each in columns], first_rows


def _ordered(job: Job, order: np.ndarray | None) -> np.ndarray | None:
    if job.rows is None or order is None:
        return job.rows if order is None else order
    return job.rows[order]


def _part(rows: np.ndarray | None, batch: slice) -> Rows:
    return batch if rows is None else rows[batch]
