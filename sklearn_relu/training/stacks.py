"""Stacks of fits that train together, and their training."""

import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from sklearn_relu.kernels.threads import LARGE_PRODUCT
from sklearn_relu.layers import Layer, largest_product
from sklearn_relu.network.corruption import Corruption
from sklearn_relu.network.stage import Stage
from sklearn_relu.part import Part
from sklearn_relu.training.epochs import train
from sklearn_relu.training.jobs import Job
from sklearn_relu.training.recipe import Recipe

CACHE = 8_000_000
"""Bytes that one step of a stack may touch. Much larger stacks measure slower: one network alone
finds its rows and parameters in the processor's cache, one of many does not."""

LONG_CALL = 1_500_000
"""Multiplications in a stack's largest products, all networks together, from which stacks train at
the same time, in threads. Calls of smaller ones are so short that threads are no faster: each call
would wait for the interpreter, which another one holds."""


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
    kind : hashable
        Equal for fits that may share a stack.
    n_bytes_of_a_step : int
        About the memory that a step of its networks touches.
    n_bytes : int
        About the memory that the fit and what leads to it hold.
    n_multiplications : int
        In the largest product of a step of its networks.
    """

    jobs: list[Job]
    seconds: float = 0.0
    error: BaseException | None = None
    kind: Hashable = field(init=False)
    n_bytes_of_a_step: int = field(init=False)
    n_bytes: int = field(init=False)
    n_multiplications: int = field(init=False)

    @property
    def share(self) -> float:
        """The share that it is of an estimator's fit, of which another may be pre-training."""
        return self.jobs[0].share

    def __post_init__(self) -> None:
        self.kind = _kind(self)
        hash(self.kind)  # here, in the fit's own thread, it may fail
        job, recipe = self.jobs[0], self.jobs[0].recipe
        product = largest_product(recipe.layers, recipe.batch_size)
        self.n_multiplications = len(self.jobs) * product
        # Parameters, gradients and two slots; the batch and, for each layer, three more arrays.
        widths = sum(layer.reads + 2 * layer.gives + layer.scratch for layer in recipe.layers)
        step = 4 * job.state.params.size + recipe.batch_size * widths
        self.n_bytes_of_a_step = len(self.jobs) * step * np.dtype(recipe.dtype).itemsize
        # Rows as they came, after what precedes the network, in the stack's table, and those to
        # score on; the state's parameters and the best ones.
        rows = _n_bytes(job.X) + _n_bytes(job.y) + _n_bytes(job.sample_weight)
        states = 2 * len(self.jobs) * job.state.params.nbytes
        self.n_bytes = 4 * rows + states + self.n_bytes_of_a_step


def _n_bytes(array: Any) -> int:
    if array is None:
        return 0
    if isinstance(array, np.ndarray):
        return array.nbytes
    return array.data.nbytes + array.indices.nbytes + array.indptr.nbytes


def stacks_of(fits: list[Fit], n_threads: int = 1) -> list[list[Fit]]:
    """Divide fits into stacks that train together.

    In one stack all have equal recipes; they may differ in their data, weights, generators,
    initial parameters, learning rates and schedules, strengths and stopping rules. What has a
    time limit, or a solver of its own stopping rule, is alone.

    Parameters
    ----------
    fits : list of Fit
    n_threads : int, default=1
        Stacks that may train at the same time.

    Returns
    -------
    stacks : list of list of Fit
    """
    groups: dict[Hashable, list[Fit]] = {}
    for fit in fits:
        groups.setdefault(fit.kind, []).append(fit)
    stacks = []
    for group in groups.values():
        n_stacks = -(-len(group) // max(1, CACHE // group[0].n_bytes_of_a_step))
        if trains_beside_others(group):
            n_at_once = min(n_threads, _n_multiplications(group) // LONG_CALL)
            n_stacks = -(-n_stacks // n_at_once) * n_at_once
        n_stacks = min(n_stacks, len(group))
        edges = np.linspace(0, len(group), n_stacks + 1).round().astype(int).tolist()
        stacks += [group[i:j] for i, j in pairwise(edges)]
    return stacks


def trains_beside_others(stack: list[Fit]) -> bool:
    """Whether other stacks may train at the same time: its calls are long, and no product runs on
    all of BLAS's threads."""
    if stack[0].n_multiplications // len(stack[0].jobs) >= LARGE_PRODUCT:
        return False
    return _n_multiplications(stack) >= LONG_CALL


def _n_multiplications(stack: list[Fit]) -> int:
    return sum(fit.n_multiplications for fit in stack)


def _kind(fit: Fit) -> Hashable:
    job, recipe = fit.jobs[0], fit.jobs[0].recipe
    if np.isfinite(job.time_limit) or not recipe.optimizer.takes_batches:
        return id(fit)
    # One penalty for all layers sees their weights as one block; equal ones do not.
    penalties = [stage.penalty for stage in recipe.stages if stage.layer.blocks()]
    is_shared = all(penalty is penalties[0] for penalty in penalties)
    n_weights = 0 if job.sample_weight is None else job.sample_weight.shape[1]
    # Where a network of the stack drops units, all do, each at its own rate.
    stages = tuple(replace(stage, dropout=stage.dropout > 0) for stage in recipe.stages)
    recipe = replace(recipe, stages=stages, input_dropout=recipe.input_dropout > 0)
    are_arrays = isinstance(job.X, np.ndarray)
    return _frozen(recipe), is_shared, n_weights, are_arrays, job.reconstructs


def _frozen(value: Any) -> Hashable:
    """Equal for parts of one class with equal hyper-parameters, and for what is built of them."""
    if isinstance(value, Recipe):  # its layers are those of its stages
        held = {name: each for name, each in vars(value).items() if name != "layers"}
        return type(value), _frozen(held)
    if isinstance(value, Part | Layer | Stage | Corruption):
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
    saved_jobs: list[_Saved] = []
    start = time.perf_counter()
    try:
        if len(fits) > 1:
            saved_jobs = [_Saved(job) for job in jobs]
        train(jobs, stop)
    except Exception as error:
        if len(fits) == 1:
            fits[0].error = error
        else:
            for job, saved in zip(jobs, saved_jobs, strict=False):  # none if the first line failed
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


class _Saved:
    """The attributes of a job that training changes, as they were before."""

    def __init__(self, job: Job):
        self._attributes = vars(job).copy()
        self._history = list(job.state.history)
        self._rng_state = job.rng.get_state(legacy=False)
        self._noise_state: Any = None
        if job.noise is not None:
            self._noise_state = job.noise.bit_generator.state

    def restore(self, job: Job) -> None:
        """Make the job as it was."""
        vars(job).update(self._attributes)
        job.state = job.state.with_changes(history=self._history)
        job.rng.set_state(self._rng_state)
        if job.noise is not None:
            job.noise.bit_generator.state = self._noise_state
