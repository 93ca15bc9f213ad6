"""Which fits train together as one stack, and training them."""

import copy
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_relu.engine.jobs import Job
from sklearn_relu.engine.layers import Layer
from sklearn_relu.engine.recipe import Recipe
from sklearn_relu.engine.training import train
from sklearn_relu.optimizers import FullBatchOptimizer
from sklearn_relu.part import Part

CACHE = 2_000_000
"""Bytes that one step of a stack may touch: beyond a processor's cache, a network that is trained
alone finds its parameters there and one in a stack does not."""

WORTHWHILE = 8
"""Networks that make a stack: fewer are not split further to keep a second thread busy."""


@dataclass(eq=False)
class Fit:
    """The jobs of one estimator's fit, and what became of them.

    Attributes
    ----------
    jobs : list of Job
        One for each network; all have the same recipe.
    seconds : float
        Its share of the time that its stack took.
    error : BaseException or None
        What training raised.
    """

    jobs: list[Job]
    seconds: float = 0.0
    error: BaseException | None = None

    @property
    def n_bytes(self) -> int:
        """About the memory that the fit and what leads to it hold.

        Rows count three times: as they came, as they are after what precedes the network, and
        those to score on.
        """
        job = self.jobs[0]
        arrays = [job.y, job.sample_weight]
        if isinstance(job.X, np.ndarray):
            arrays.append(job.X)
        else:
            arrays += [job.X.data, job.X.indices, job.X.indptr]
        rows = sum(array.nbytes for array in arrays if array is not None)
        # The state and its best parameters are beside those of the stack.
        return 3 * rows + self.n_bytes_of_a_step + 2 * len(self.jobs) * job.state.params.nbytes

    @property
    def n_bytes_of_a_step(self) -> int:
        """About the memory that a step of its networks touches.

        Parameters, gradients and two slots of the solver; the batch, and for each layer summed
        inputs, activations and their gradients.
        """
        job, recipe = self.jobs[0], self.jobs[0].recipe
        widths = sum(layer.fan_in + 2 * layer.output_width for layer in recipe.layers)
        step = 4 * job.state.params.size + recipe.batch_size * widths
        return len(self.jobs) * step * np.dtype(recipe.dtype).itemsize


def stacks_of(fits: list[Fit], n_threads: int = 1) -> list[list[Fit]]:
    """Divide fits into stacks that train together.

    In one stack all have equal recipes; they may differ in their data, weights, generators,
    initial parameters, learning rates and schedules, strengths and stopping rules. What has a
    time limit, or a solver of its own stopping rule, is alone.

    Parameters
    ----------
    fits : list of Fit
    n_threads : int, default=1
        Stacks that can train at the same time.

    Returns
    -------
    stacks : list of list of Fit
    """
    groups: dict[Hashable, list[Fit]] = {}
    for fit in fits:
        groups.setdefault(_kind(fit), []).append(fit)
    stacks = []
    for group in groups.values():
        n_fitting = max(1, CACHE // group[0].n_bytes_of_a_step)
        n_stacks = max(-(-len(group) // n_fitting), min(n_threads, len(group) // WORTHWHILE), 1)
        edges = np.linspace(0, len(group), n_stacks + 1).round().astype(int).tolist()
        stacks += [group[i:j] for i, j in zip(edges, edges[1:], strict=False)]
    return stacks


def _kind(fit: Fit) -> Hashable:
    """Equal for fits that may share a stack."""
    job, recipe = fit.jobs[0], fit.jobs[0].recipe
    if np.isfinite(job.time_limit) or isinstance(recipe.optimizer, FullBatchOptimizer):
        return id(fit)
    # One penalty for all layers sees their weights as one block; equal ones do not.
    is_shared = all(penalty is recipe.penalties[0] for penalty in recipe.penalties)
    n_weights = 0 if job.sample_weight is None else job.sample_weight.shape[1]
    return _frozen(recipe), is_shared, n_weights, isinstance(job.X, np.ndarray)


def _frozen(value: Any) -> Hashable:
    """Equal for parts of one class with equal hyper-parameters, and for what is built of them."""
    if isinstance(value, Part | Layer | Recipe):
        return type(value), _frozen(vars(value))
    if isinstance(value, dict):
        return tuple((name, _frozen(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(_frozen(each) for each in value)
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    try:
        hash(value)
    except TypeError:
        return "only itself", id(value)
    return type(value), value


def train_stack(fits: list[Fit], stop: threading.Event) -> None:
    """Train fits together; sets `seconds` and, where training raised, `error` of each.

    Where a stack fails, each of its fits begins anew and alone, so that an error is that fit's.

    Parameters
    ----------
    fits : list of Fit
    stop : Event
        Once it is set, training ends at the next batch.
    """
    jobs = [job for fit in fits for job in fit.jobs]
    starts = [_Start(job) for job in jobs] if len(fits) > 1 else []
    start = time.perf_counter()
    try:
        train(jobs, stop)
    except Exception as error:
        if len(fits) == 1:
            fits[0].error = error
        else:
            for job, saved in zip(jobs, starts, strict=True):
                saved.restore(job)
            for fit in fits:
                train_stack([fit], stop)
            return
    except BaseException as error:
        for fit in fits:
            fit.error = error
    seconds = time.perf_counter() - start
    steps = [sum(max(job.n_epochs, 1) * job.n_rows for job in fit.jobs) for fit in fits]
    for fit, n_steps in zip(fits, steps, strict=True):
        fit.seconds = seconds * n_steps / sum(steps)


class _Start:
    """What training changes in a job, as it was before."""

    def __init__(self, job: Job):
        self._attributes = vars(job).copy()
        self._history = list(job.state.history)
        self._rng_state = job.rng.get_state(legacy=False)
        self._noise_state = None if job.noise is None else copy.copy(job.noise.bit_generator.state)

    def restore(self, job: Job) -> None:
        """Make the job as it was."""
        vars(job).update(self._attributes)
        job.state = replace(job.state, history=self._history)
        job.rng.set_state(self._rng_state)
        if job.noise is not None:
            job.noise.bit_generator.state = self._noise_state
