"""Training: epochs, batches and stopping rules, for jobs of one shape at once."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sklearn_relu.engine import kernels
from sklearn_relu.engine.batches import (
    Rows,
    gather,
    make_stack,
    n_rows_of,
    rows_of,
    weight_of,
)
from sklearn_relu.engine.full_batch import minimize
from sklearn_relu.engine.jobs import Job
from sklearn_relu.engine.network import Scales
from sklearn_relu.engine.stopping import decide, record
from sklearn_relu.engine.threads import largest_product, suitable_blas_threads
from sklearn_relu.optimizers import FullBatchOptimizer, Optimizer


def train(jobs: list[Job], stop: threading.Event | None = None) -> None:
    """Train jobs of one recipe; each gives the same bits as if it were alone.

    Results are left in each job's `state`, `n_epochs` and `outcome`. On KeyboardInterrupt each job
    keeps its last complete epoch, and the exception is raised again.

    Parameters
    ----------
    jobs : list of Job
        All with the same recipe, and all or none with sample weights.
    stop : Event, default=None
        Once another thread sets it, KeyboardInterrupt is raised at the next batch.
    """
    recipe = jobs[0].recipe
    product = largest_product(recipe.layers, recipe.batch_size)
    # Whatever overflows is found as a loss or a parameter that is not finite, and ends the job.
    errors = np.errstate(over="ignore", invalid="ignore", divide="ignore")
    with errors, suitable_blas_threads(product):
        optimizer = recipe.optimizer
        if isinstance(optimizer, FullBatchOptimizer):
            start = time.perf_counter()
            for i, job in enumerate(jobs, start=1):
                # Each has its share of the time, and what the ones before it left.
                share = job.time_limit * i / len(jobs) - (time.perf_counter() - start)
                minimize(job, optimizer, share, stop)
        else:
            _Epochs(jobs, optimizer).train(stop)


@dataclass
class _Views:
    """Views of all that a run of neighbouring networks has, network axis first."""

    networks: slice
    jobs: list[Job]
    params: np.ndarray
    grads: np.ndarray
    slots: dict[str, np.ndarray]
    step_size: np.ndarray | None
    rates: np.ndarray
    alpha: np.ndarray
    activity_alpha: np.ndarray
    loss_sum: np.ndarray
    scales: dict[int, Scales]
    """By the number of rows, where there are no sample weights."""


class _Epochs:
    """The stochastic training of a stack: what one network a job needs, and the epochs."""

    def __init__(self, jobs: list[Job], optimizer: Optimizer):
        # Longest first: then the jobs with the same number of rows left are next to each other.
        self.jobs = sorted(jobs, key=lambda job: -job.n_rows)
        self.optimizer = optimizer
        self.batch_size = jobs[0].recipe.batch_size
        self.stack = make_stack(self.jobs)
        self.slots = optimizer.init_state(self.stack.params)
        for i, job in enumerate(self.jobs):
            # Another solver than in the last call begins anew.
            if job.state.slots is not None and job.state.slots.keys() == self.slots.keys():
                for name, values in job.state.slots.items():
                    self.slots[name][i] = values[0]
        self.recipe = jobs[0].recipe
        penalties = self.recipe.penalties
        self.has_prox = any(p is not None and not p.is_smooth for p in penalties)
        n_weights = self.stack.layout.n_weights if self.has_prox else 0
        self.step_size = np.empty((len(jobs), n_weights), self.stack.params.dtype)
        self.start = self.epoch_start = time.perf_counter()
        self._lay_out()

    def train(self, stop: threading.Event | None = None) -> None:
        """Epoch after epoch, until the last job has left the stack."""
        while self.jobs:
            self.epoch_start = time.perf_counter()
            self._begin_epoch()
            for batch, start in enumerate(range(0, self.jobs[0].n_rows, self.batch_size)):
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt
                self._batch(batch, start)
                if not any(self.finite):
                    break
            for i in range(len(self.jobs)):
                self._end_epoch(i)
            self._drop_the_done()

    def _lay_out(self) -> None:
        """Make the figures that each network has one of."""
        n, dtype = len(self.jobs), self.stack.params.dtype
        self.alpha = np.array([job.alpha for job in self.jobs], dtype)
        self.activity_alpha = np.array([job.activity_alpha for job in self.jobs], dtype)
        self.rates = np.empty((n, 1), dtype)
        self.finite = [True] * n
        self.loss_sum, self.n_trained = np.zeros(n), [0] * n
        self.n_rows = [job.n_rows for job in self.jobs]
        self.within_epoch = [
            i for i, job in enumerate(self.jobs) if job.schedule.changes_within_epoch
        ]
        self._views_of: dict[tuple[int, int], _Views] = {}

    def _begin_epoch(self) -> None:
        self.orders = [_next_order(job) for job in self.jobs]
        for i, job in enumerate(self.jobs):
            self.rates[i] = job.schedule.rate(job.learning_rate, job.progress(0, np.nan))
        self.loss_sum[:] = 0
        self.n_trained = [0] * len(self.jobs)

    def _batch(self, batch: int, start: int) -> None:
        """One step of every network that has rows left; those with as many rows step together."""
        for i in self.within_epoch:
            job = self.jobs[i]
            progress = job.progress(batch, float(self.rates[i, 0]))
            self.rates[i] = job.schedule.rate(job.learning_rate, progress)
        for first, rows, weight_sum in self._runs(start):
            self._step(first, rows, weight_sum)

    def _runs(self, start: int) -> Iterator[tuple[int, list[Rows], np.ndarray]]:
        """Neighbours in the stack whose batches have the same number of rows, and weight."""
        first, n_rows = 0, 0
        rows: list[Rows] = []
        weight_sums: list[float] = []
        for i, job in enumerate(self.jobs):
            stop = min(start + self.batch_size, self.n_rows[i])
            batch = rows_of(job, self.orders[i], start, stop)
            weight_sum = weight_of(job, batch)
            # Nothing to learn from a batch without weight: such a network stands still.
            takes_part = stop > start and weight_sum > 0 and self.finite[i]
            if rows and not (takes_part and stop - start == n_rows):
                yield first, rows, np.array(weight_sums)
                rows, weight_sums = [], []
            if takes_part:
                if not rows:
                    first, n_rows = i, stop - start
                rows.append(batch)
                weight_sums.append(weight_sum)
        if rows:
            yield first, rows, np.array(weight_sums)

    def _step(self, first: int, rows: list[Rows], weight_sum: np.ndarray) -> None:
        stack, n_rows = self.stack, n_rows_of(rows[0])
        views = self._views(first, first + len(rows))
        run = stack.run(views.networks.start, views.networks.stop, n_rows)
        gather(views.jobs, rows, run)
        value, reported = stack.objective(run, self._scales(views, n_rows, weight_sum))
        if self.recipe.gradient_clipping is not None:
            kernels.limit_norms(views.grads, self.recipe.gradient_clipping)
        self.optimizer.step(
            views.params,
            views.grads,
            views.slots,
            views.rates,
            stack.layout.n_weights,
            views.step_size,
        )
        if views.step_size is not None:
            views.step_size *= (views.alpha / weight_sum).astype(views.params.dtype)[:, None]
            stack.prox(run, views.step_size)
        if self.recipe.max_norm is not None:
            stack.limit_norms(run, self.recipe.max_norm)
        # A parameter that is not finite shows in the next batch's value, or at the epoch's end.
        self.finite[views.networks] = np.isfinite(value).tolist()
        views.loss_sum += reported * n_rows
        for i in range(first, first + len(rows)):
            self.n_trained[i] += n_rows

    def _scales(self, views: "_Views", n_rows: int, weight_sum: np.ndarray) -> Scales:
        if views.jobs[0].sample_weight is not None:
            return Scales.of(weight_sum, views.alpha, views.activity_alpha)
        if n_rows not in views.scales:
            views.scales[n_rows] = Scales.of(weight_sum, views.alpha, views.activity_alpha)
        return views.scales[n_rows]

    def _views(self, first: int, last: int) -> "_Views":
        """The views for a run of networks; made once, until a network leaves."""
        if (first, last) not in self._views_of:
            networks = slice(first, last)
            self._views_of[first, last] = _Views(
                networks,
                self.jobs[networks],
                self.stack.params[networks],
                self.stack.grads[networks],
                {name: values[networks] for name, values in self.slots.items()},
                self.step_size[networks] if self.has_prox else None,
                self.rates[networks],
                self.alpha[networks],
                self.activity_alpha[networks],
                self.loss_sum[networks],
                {},
            )
        return self._views_of[first, last]

    def _end_epoch(self, i: int) -> None:
        job, state = self.jobs[i], self.jobs[i].state
        if not (self.finite[i] and np.isfinite(self.stack.params[i]).all()):
            job.outcome = "diverged"
            return
        n_batches = -(-job.n_rows // self.batch_size)
        state = replace(
            state,
            params=self.stack.params[i].copy(),
            order=self.orders[i],
            epoch=state.epoch + 1,
            step=state.step + n_batches,
            samples_seen=state.samples_seen + job.n_rows,
        )
        if job.resumable:
            state = replace(
                state,
                slots={name: values[i : i + 1].copy() for name, values in self.slots.items()},
                rng_state=job.rng.get_state(legacy=False),
                noise_state=None if job.noise is None else job.noise.bit_generator.state,
            )
        loss = float(self.loss_sum[i] / max(self.n_trained[i], 1))
        rate, now = float(self.rates[i, 0]), time.perf_counter()
        network = self.stack.layout.views(self.stack.params[i : i + 1])
        job.state = record(job, state, network, loss, rate, now - self.epoch_start)
        job.n_epochs += 1
        decide(job, rate, now - self.start)

    def _drop_the_done(self) -> None:
        """Let the networks leave whose training has ended."""
        keep = [i for i, job in enumerate(self.jobs) if job.outcome == "interrupted"]
        if len(keep) == len(self.jobs):
            return
        self.jobs = [self.jobs[i] for i in keep]
        self.stack.keep(keep)
        self.slots = {name: values[keep] for name, values in self.slots.items()}
        self.step_size = self.step_size[: len(keep)]
        self._lay_out()


def _next_order(job: Job) -> np.ndarray | None:
    """The order of the rows in the next epoch: the last one's, shuffled again."""
    if not job.shuffle:
        return None
    order = job.state.order
    if order is None or len(order) != job.n_rows:
        order = np.arange(job.n_rows)
    permutation = np.arange(job.n_rows)
    job.rng.shuffle(permutation)
    return order[permutation]
