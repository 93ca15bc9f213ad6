"""Training: epochs, batches and stopping rules, for jobs of one shape at once."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.layers import largest_product
from sklearn_relu.network.stack import Run, Scales
from sklearn_relu.optimizers import Optimizer
from sklearn_relu.schedules import Schedule
from sklearn_relu.training.batches import Batches, make_stack, weight_of
from sklearn_relu.training.descent import Descent
from sklearn_relu.training.jobs import Job, TrainingState
from sklearn_relu.training.minimization import minimize
from sklearn_relu.training.stopping import agree, ask, decide, record


def train(jobs: list[Job], stop: threading.Event | None = None, n_threads: int = 1) -> None:
    """Train jobs of one recipe; each gives the same bits as if it were alone.

    Results are left in each job's `state`, `n_epochs` and `outcome`. On KeyboardInterrupt each job
    keeps its last complete epoch, and the exception is raised again.

    Parameters
    ----------
    jobs : list of Job
        All with the same recipe, but for dropout rates above 0, and with as many sample
        weights a row, or none.
    stop : Event, default=None
        Once another thread sets it, KeyboardInterrupt is raised at the next batch.
    n_threads : int, default=1
        The most threads among which the networks are divided, where there is enough to do.
    """
    recipe = jobs[0].recipe
    product = largest_product(recipe.layers, recipe.batch_size)
    lanes = _lanes(jobs, n_threads)
    if len(lanes) > 1:
        product = 0  # one BLAS thread for each of them
    with _overflows(), suitable_blas_threads(product):
        optimizer = recipe.optimizer
        if not optimizer.takes_batches:
            start = time.perf_counter()
            for i, job in enumerate(jobs, start=1):
                # Each has its share of the time, and what the ones before it left.
                limit = job.time_limit - job.seconds_before
                share = limit * i / len(jobs) - (time.perf_counter() - start)
                minimize(job, optimizer, share, stop)
        else:
            _train_lanes([_Epochs(lane, optimizer) for lane in lanes], stop)


def _overflows() -> AbstractContextManager:
    """A context: whatever overflows is found as a loss or a parameter that is not finite, and ends
    the job."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def _lanes(jobs: list[Job], n_threads: int) -> list[list[Job]]:
    """The jobs of each thread: neighbours by their number of rows, as many in each."""
    recipe = jobs[0].recipe
    if n_threads == 1 or len(jobs) == 1 or not recipe.optimizer.takes_batches:
        return [jobs]
    per_row = sum(layer.multiplications() for layer in recipe.layers)
    if per_row * sum(job.n_rows for job in jobs) < LARGE_EPOCH:
        return [jobs]
    jobs = sorted(jobs, key=lambda job: -job.n_rows)
    size = -(-len(jobs) // n_threads)
    return [jobs[first : first + size] for first in range(0, len(jobs), size)]


def _train_lanes(lanes: list["_Epochs"], stop: threading.Event | None) -> None:
    """Epoch after epoch of all lanes, until the last job has left. Threads train; what follows an
    epoch, such as validation and hooks, is for the thread that called."""
    while lanes := [lane for lane in lanes if lane.jobs]:
        if len(lanes) == 1:
            lanes[0].batches_of_epoch(stop)
        else:
            _all_batches(lanes, stop or threading.Event())
        for lane in lanes:
            lane.end_epoch()
        jobs = [job for lane in lanes for job in lane.jobs]
        agree(jobs)
        for lane in lanes:
            lane.decide()
        ask(jobs)
        for lane in lanes:
            lane.drop_the_done()


def _all_batches(lanes: list["_Epochs"], stop: threading.Event) -> None:
    """An epoch of each lane: the first one in this thread, each other in its own."""
    errors: list[BaseException] = []

    def run(lane: _Epochs) -> None:
        try:
            with _overflows():  # such a context is a thread's own
                lane.batches_of_epoch(stop)
        except BaseException as error:
            errors.append(error)

    own, begun = lanes[:1], []
    try:
        for lane in lanes[1:]:
            thread = threading.Thread(target=run, args=[lane])
            try:
                thread.start()
                begun.append(thread)
            except RuntimeError:  # the system gives no more
                own.append(lane)
        for lane in own:
            lane.batches_of_epoch(stop)
        for thread in begun:
            thread.join()
    except BaseException:
        stop.set()
        for thread in begun:
            thread.join()
        raise
    if errors:
        raise errors[0]


LARGE_EPOCH = 10_000_000
"""Multiplications in an epoch from which threads pay: a few milliseconds."""

_Group = tuple[int, int, list[float]]
"""The first network of a run, its number of rows, and for each network their sum of weights."""


@dataclass(frozen=True)
class _Step:
    """All that a step of neighbouring networks needs, with as many rows each: made once."""

    networks: slice
    run: Run
    descent: Descent
    dropout_rates: list[list[float]]
    """For the inputs and each hidden layer those of each network, as `run` reads them."""
    scales: Scales | None
    """None if they depend on the batch's sample weights."""


class _Epochs:
    """The stochastic training of a stack: what one network a job needs, and the epochs."""

    def __init__(self, jobs: list[Job], optimizer: Optimizer):
        # Longest first: then the jobs with the same number of rows left are next to each other.
        self.jobs = sorted(jobs, key=lambda job: -job.n_rows)
        self.optimizer = optimizer
        self.batch_size = jobs[0].recipe.batch_size
        self.stack, self.batches = make_stack(self.jobs), Batches(self.jobs)
        self.slots = optimizer.init_state(self.stack.params)
        self.factors = {name: float(factor) for name, factor in optimizer.factors().items()}
        for i, job in enumerate(self.jobs):
            self._take_slots(i, job.state)
        self.recipe = jobs[0].recipe
        penalties = [stage.penalty for stage in self.recipe.stages]
        self.has_prox = any(p is not None and not p.is_smooth for p in penalties)
        n_weights = self.stack.layout.n_weights if self.has_prox else 0
        self.step_size = np.empty((len(jobs), n_weights), self.stack.params.dtype)
        self.start = self.epoch_start = time.perf_counter()
        self._lay_out()

    def _take_slots(self, i: int, state: TrainingState) -> None:
        """Go on with the solver's state; another solver than in the last call begins anew."""
        if state.slots is None:
            return
        if not state.slots.keys() ^ self.slots.keys() <= self.optimizer.optional_slots:
            return
        for name in state.slots.keys() & self.slots.keys():
            self.slots[name][i] = state.slots[name][0]
            then, now = (state.factors or {}).get(name), self.factors.get(name)
            if then is not None and now is not None and then != now:
                self.slots[name][i] *= then / now

    def batches_of_epoch(self, stop: threading.Event | None = None) -> None:
        """All batches of an epoch."""
        self.epoch_start = time.perf_counter()
        self._begin_epoch()
        for batch, start in enumerate(range(0, self.jobs[0].n_rows, self.batch_size)):
            if stop is not None and stop.is_set():
                raise KeyboardInterrupt
            self._batch(batch, start)
            if not any(self.finite):
                break
        are_finite = np.logical_and.reduce(np.isfinite(self.stack.params), axis=1)
        for i, is_finite in enumerate(are_finite.tolist()):
            self.finite[i] &= is_finite and not self._stood_still(i)

    def _stood_still(self, i: int) -> bool:
        """Whether a network skipped all steps of the epoch."""
        return self.n_skipped[i] > 0 and self.skipped_rows[i] == self.n_trained[i]

    def end_epoch(self) -> None:
        """Record the epoch of each network."""
        for i in range(len(self.jobs)):
            self._end_epoch(i)

    def decide(self) -> None:
        """Find which networks have come to their end."""
        elapsed = time.perf_counter() - self.start
        for job, rate in zip(self.jobs, self.rates[:, 0].tolist(), strict=True):
            decide(job, rate, elapsed)

    def _lay_out(self) -> None:
        """Make the figures that each network has one of."""
        n, dtype = len(self.jobs), self.stack.params.dtype
        self.alpha = np.array([job.alpha for job in self.jobs], dtype)
        self.activity_alpha = np.array([job.activity_alpha for job in self.jobs], dtype)
        self.rates = np.empty((n, 1), dtype)
        self.is_regularized = any(job.regularization is not None for job in self.jobs)
        self.regularization = np.ones((n, 1), dtype)
        self.finite = [True] * n
        self._count_anew()
        self.n_rows = [job.n_rows for job in self.jobs]
        self.within_epoch = [job.schedule.changes_within_epoch for job in self.jobs]
        self._steps: dict[tuple[int, int, int], _Step] = {}
        self._runs_from: dict[int, list[_Group]] = {}

    def _count_anew(self) -> None:
        """Begin the sums of an epoch."""
        n = len(self.jobs)
        self.loss_sum, self.n_trained = [0.0] * n, [0] * n
        self.n_skipped, self.skipped_rows = [0] * n, [0] * n

    def _begin_epoch(self) -> None:
        self.orders = [_next_order(job) for job in self.jobs]
        self.batches.begin_epoch(self.orders)
        for i, job in enumerate(self.jobs):
            self.rates[i] = np.nan if self.within_epoch[i] else self._rate(job, 0, np.nan)
            if job.regularization is not None:
                self.regularization[i] = np.nan
                if not job.regularization.changes_within_epoch:
                    self.regularization[i] = self._factor(job.regularization, job, 0, np.nan)
        self._count_anew()

    def _batch(self, batch: int, start: int) -> None:
        """One step of every network that has rows left; those with as many rows step together."""
        for first, n_rows, weight_sums in self._runs(start):
            for i in range(first, first + len(weight_sums)):
                if self.within_epoch[i]:  # of a step that is made, and of no other
                    self.rates[i] = self._rate(self.jobs[i], batch, float(self.rates[i, 0]))
                schedule = self.jobs[i].regularization
                if schedule is not None and schedule.changes_within_epoch:
                    last = float(self.regularization[i, 0])
                    self.regularization[i] = self._factor(schedule, self.jobs[i], batch, last)
            self._step(first, start, n_rows, weight_sums)

    @staticmethod
    def _rate(job: Job, batch: int, last: float) -> float:
        return job.schedule.rate(job.learning_rate, job.progress(batch, last))

    @staticmethod
    def _factor(schedule: Schedule, job: Job, batch: int, last: float) -> float:
        return min(max(schedule.rate(1.0, job.progress(batch, last)), 0.0), 1.0)

    def _runs(self, start: int) -> list[_Group]:
        """Neighbours in the stack whose batches have the same number of rows, and weight."""
        runs = self._runs_from.get(start)
        if runs is None:
            runs = list(self._find_runs(start))
            if self.jobs[0].sample_weight is None:
                self._runs_from[start] = runs
        return runs

    def _find_runs(self, start: int) -> Iterator[_Group]:
        first, n_rows = 0, 0
        weight_sums: list[float] = []
        for i, job in enumerate(self.jobs):
            stop = min(start + self.batch_size, self.n_rows[i])
            weight, rows = job.sample_weight, self.batches.rows[i]
            if weight is not None:
                weight = weight[start:stop] if rows is None else weight[rows[start:stop]]
            weight_sum = weight_of(weight, stop - start)
            # Nothing to learn from a batch without weight: such a network stands still.
            takes_part = stop > start and weight_sum > 0 and self.finite[i]
            if weight_sums and not (takes_part and stop - start == n_rows):
                yield first, n_rows, weight_sums
                weight_sums = []
            if takes_part:
                if not weight_sums:
                    first, n_rows = i, stop - start
                weight_sums.append(weight_sum)
        if weight_sums:
            yield first, n_rows, weight_sums

    def _step(self, first: int, start: int, n_rows: int, weight_sums: list[float]) -> None:
        step = self._made(first, first + len(weight_sums), n_rows)
        self.batches.gather(step.networks, slice(start, start + n_rows), step.run)
        scales = step.scales or self._scales(step.networks, weight_sums)
        if self.is_regularized:
            self._regularize(step)
        step.descent.begin(scales.penalty)
        value, reported = self.stack.data_objective(step.run, scales, step.descent.after_layer)
        penalty = step.descent.end()
        for i in step.descent.skipped:
            self.n_skipped[first + i] += 1
            self.skipped_rows[first + i] += n_rows
        # Plain floats: for a few networks they take less time than small arrays.
        figures = value.tolist(), reported.tolist(), penalty
        for i, (objective, loss, extra) in enumerate(zip(*figures, strict=True), start=first):
            # A parameter that is not finite shows in the next batch's value, or at the epoch's end.
            if not math.isfinite(objective + extra):
                self.finite[i] = False
                self._runs_from.clear()
            self.loss_sum[i] += (loss + extra) * n_rows
            self.n_trained[i] += n_rows

    def _regularize(self, step: _Step) -> None:
        """Have the dropout rates of this step."""
        factors = self.regularization[step.networks, 0].tolist()
        rates = [job.recipe.dropout_rates for job in self.jobs[step.networks]]
        for now, of_networks in zip(step.dropout_rates, zip(*rates, strict=True), strict=True):
            now[:] = [rate * factor for rate, factor in zip(of_networks, factors, strict=True)]

    def _made(self, first: int, last: int, n_rows: int) -> _Step:
        """All that a step of these networks needs; made once, until a network leaves."""
        key = first, last, n_rows
        if key not in self._steps:
            networks = slice(first, last)
            jobs = self.jobs[networks]
            noise = [job.noise for job in jobs if job.noise is not None]
            of_jobs = [job.recipe.dropout_rates for job in jobs]
            rates = [list(of_networks) for of_networks in zip(*of_jobs, strict=True)]
            run = self.stack.run(networks, n_rows, noise, rates)
            step_size = self.step_size if self.has_prox else None
            weighted = jobs[0].sample_weight is not None
            self._steps[key] = _Step(
                networks,
                run,
                Descent(
                    self.stack,
                    run,
                    self.recipe,
                    optimizer=self.optimizer,
                    slots=self.slots,
                    rates=self.rates,
                    regularization=self.regularization if self.is_regularized else None,
                    step_size=step_size,
                ),
                rates,
                None if weighted else self._scales(networks, [n_rows] * len(jobs)),
            )
        return self._steps[key]

    def _scales(self, networks: slice, weight_sums: list[float]) -> Scales:
        return Scales.of(np.array(weight_sums), self.alpha[networks], self.activity_alpha[networks])

    def _end_epoch(self, i: int) -> None:
        job, params = self.jobs[i], self.stack.params[i]
        loss = self.loss_sum[i] / max(self.n_trained[i], 1)
        # Of losses that are finite the sum may not be.
        if not (self.finite[i] and math.isfinite(loss)):
            job.outcome = "diverged"
            return
        last = job.state
        state = {
            "params": params.copy(),
            "order": self.orders[i],
            "step": last.step + -(-job.n_rows // self.batch_size),
            "samples_seen": last.samples_seen + job.n_rows,
            "skipped_steps": last.skipped_steps + self.n_skipped[i],
        }
        if job.resumable:
            state |= {
                "slots": {name: values[i : i + 1].copy() for name, values in self.slots.items()},
                "factors": self.factors,
                **job.generators(),
            }
        rate, seconds = float(self.rates[i, 0]), time.perf_counter() - self.epoch_start
        record(job, state, self.stack.layout, loss, rate, seconds)

    def drop_the_done(self) -> None:
        """Let the networks leave whose training has ended."""
        keep = [i for i, job in enumerate(self.jobs) if job.outcome == "running"]
        if len(keep) == len(self.jobs):
            return
        self.jobs = [self.jobs[i] for i in keep]
        if not keep:
            return
        self.stack.keep(keep)
        self.batches.keep(keep)
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
