"""Contrastive divergence: the training of a restricted Boltzmann machine.

A step has a positive phase (hidden units given the rows), a negative phase (some steps of Gibbs
sampling), and an update by the difference of what the two phases see together.

References
----------
Hinton (2002), Training products of experts by minimizing contrastive divergence.
Tieleman (2008), Training restricted Boltzmann machines using approximations to the likelihood
gradient.
Hinton (2010), A practical guide to training restricted Boltzmann machines.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.kernels import Call
from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.network.boltzmann import Machine
from sklearn_relu.network.memory import Memory
from sklearn_relu.network.units import Units, VisibleUnits
from sklearn_relu.training.jobs import Outcome


@dataclass(frozen=True)
class MachineState:
    """All that is needed to go on exactly, after a complete epoch; replaced as a whole.

    Attributes
    ----------
    params, velocity : ndarray of shape (1, n_params)
        In the order of :meth:`Machine.of_flat`.
    chains : ndarray of shape (1, n_chains, n_hidden) or None
        The hidden units of the persistent chains.
    noise_state : dict
        That of the generator.
    errors, seconds : list of float
        One for each epoch: the mean squared error of reconstruction, and how long it took.
    """

    params: np.ndarray
    velocity: np.ndarray
    chains: np.ndarray | None
    noise_state: Any
    errors: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass
class MachineJob:
    """A machine to train, with its data and how to train it.

    Attributes
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_visible)
    hidden : Units
    visible : VisibleUnits
    n_hidden : int
    state : MachineState
        Where to start; after training, where it ended.
    noise : Generator
        Draws everything: the order of the rows, and samples.
    learning_rate, momentum, weight_decay : float
    batch_size, n_gibbs, max_epochs : int
    time_limit : float
        Seconds after which no other epoch begins.
    report : callable
        Takes the lines of the log.
    on_epoch_end : callable or None
        Called after each epoch; True stops the job.
    n_epochs : int
        Complete epochs.
    outcome : str
        "running", "completed", "time_limit", "stopped" or "diverged".
    """

    X: Any
    hidden: Units
    visible: VisibleUnits
    n_hidden: int
    state: MachineState
    noise: np.random.Generator
    learning_rate: float
    momentum: float
    weight_decay: float
    batch_size: int
    n_gibbs: int
    max_epochs: int
    time_limit: float = math.inf
    report: Callable[[str], None] = lambda line: None
    on_epoch_end: Callable[[], bool | None] | None = None
    n_epochs: int = 0
    outcome: Outcome = "running"

    @property
    def one_by_one(self) -> bool:
        """Whether the jobs of a fit are trained one after the other; it is the only one."""
        return False

    @property
    def is_whole(self) -> bool:
        """Whether it has an epoch that a fit can end with."""
        return self.n_epochs > 0


def train(job: MachineJob) -> None:
    """Train a machine; results are left in the job's `state`, `n_epochs` and `outcome`.

    On KeyboardInterrupt the job keeps its last complete epoch, and the exception is raised again.
    """
    product = job.batch_size * job.X.shape[1] * job.n_hidden
    # What overflows is found as a figure or a parameter that is not finite, and ends the job.
    with np.errstate(over="ignore", invalid="ignore"), suitable_blas_threads(product):
        epochs, start = _Epochs(job), time.perf_counter()
        while job.outcome == "running":
            epochs.run()
            _decide(job, time.perf_counter() - start)


def _decide(job: MachineJob, elapsed: float) -> None:
    """End the job after its last epoch, out of time, or where its hook says so."""
    if job.outcome == "diverged":
        return
    if job.n_epochs == job.max_epochs:
        job.outcome = "completed"
    elif elapsed >= job.time_limit:
        job.outcome = "time_limit"
    if job.on_epoch_end is not None and job.on_epoch_end():
        job.outcome = "stopped"


class _Epochs:
    """The epochs of a job, and the memory of their steps."""

    def __init__(self, job: MachineJob):
        self.job = job
        state = job.state
        self.params, self.velocity = state.params.copy(), state.velocity.copy()
        self.chains = None if state.chains is None else state.chains.copy()
        self.machine = Machine.of_flat(self.params, job.n_hidden, job.hidden, job.visible)
        self.memory = Memory(self.params.dtype)
        self.steps: dict[int, _Step] = {}

    def run(self) -> None:
        """All batches of an epoch, and a new state if all of it is finite."""
        job, start = self.job, time.perf_counter()
        n_rows = job.X.shape[0]
        order = job.noise.permutation(n_rows)
        total = 0.0
        for first in range(0, n_rows, job.batch_size):
            total += self._step(order[first : first + job.batch_size])
            if not math.isfinite(total):
                break
        if not (math.isfinite(total) and np.isfinite(self.params).all()):
            job.outcome = "diverged"
            return
        self._end(total / (n_rows * job.X.shape[1]), time.perf_counter() - start)

    def _step(self, rows: np.ndarray) -> float:
        """One step; returns the sum of squared errors of reconstruction."""
        n_rows = len(rows)
        if n_rows not in self.steps:
            self.steps[n_rows] = _Step(self, n_rows)
        step = self.steps[n_rows]
        step.take(self.job.X, rows)
        return step.run(self.job.noise)

    def _end(self, error: float, seconds: float) -> None:
        job, last = self.job, self.job.state
        job.report(f"Iteration {job.n_epochs + 1}, reconstruction error = {error:.8f}")
        job.state = MachineState(
            self.params.copy(),
            self.velocity.copy(),
            None if self.chains is None else self.chains.copy(),
            job.noise.bit_generator.state,
            [*last.errors, error],
            [*last.seconds, seconds],
        )
        job.n_epochs += 1


class _Step:
    """A step of as many rows each time: its arrays, and its calls with these bound.

    The rows and what the machine makes of them, its fantasies, are neighbours in memory: one
    product has the correlations of the one less those of the other.
    """

    def __init__(self, epochs: _Epochs, n_rows: int):
        job, memory, machine = epochs.job, epochs.memory, epochs.machine
        self.machine, self.n_gibbs, self.chains = machine, job.n_gibbs, epochs.chains
        n_networks, n_visible, n_hidden = machine.weight.shape
        n_fantasies = n_rows if epochs.chains is None else epochs.chains.shape[1]
        n_all = n_rows + n_fantasies
        self.v = memory.view("v", (n_networks, n_all, n_visible))
        self.h = memory.view("h", (n_networks, n_all, n_hidden))
        self.data, self.fantasy = self.v[:, :n_rows], self.v[:, n_rows:]
        self.h_data, self.h_fantasy = self.h[:, :n_rows], self.h[:, n_rows:]
        self.share = np.empty((n_networks, n_all, 1), self.v.dtype)
        self.share[:, :n_rows] = job.learning_rate / n_rows
        self.share[:, n_rows:] = -job.learning_rate / n_fantasies
        if epochs.chains is None:
            self.states = memory.view("states", self.h_data.shape)
            self.reconstruction = self.fantasy
        else:
            self.states = epochs.chains
            self.reconstruction = memory.view("reconstruction", self.data.shape)
            self.v_mean = memory.view("v_mean", self.fantasy.shape)
        self._bind()
        self.update = _Update(epochs, self.v, self.h)

    def _bind(self) -> None:
        weight, back = self.machine.weight, self.machine.weight.swapaxes(1, 2)
        product = kernels.product_of_few_rows
        first = self.states if self.chains is None else self.h_data
        self.sums_of_data = product(self.data, weight, first)
        self.sums_of_states = product(self.states, back, self.fantasy)
        self.sums_of_fantasy = product(self.fantasy, weight, self.states)
        self.sums_of_h_data = product(self.h_data, back, self.reconstruction)

    def take(self, X: Any, rows: np.ndarray) -> None:
        """Bring the rows of the batch together."""
        if isinstance(X, np.ndarray):
            X.take(rows, axis=0, out=self.data[0], mode="clip")
        else:
            X[rows].toarray(out=self.data[0])

    def run(self, noise: np.random.Generator) -> float:
        """Make the step; returns the sum of squared errors of reconstruction."""
        error = self._diverge(noise) if self.chains is None else self._persist(noise)
        self.h *= self.share
        self.update(self.share)
        return error

    def _diverge(self, noise: np.random.Generator) -> float:
        """Both phases of contrastive divergence: Gibbs sampling begins at the rows.

        Fantasies are means: samples would add noise to what is learned, and nothing else.
        """
        machine = self.machine
        self.sums_of_data()
        self.states += machine.hidden_bias
        machine.hidden.mean(self.states, self.h_data)
        machine.hidden.sample(self.states, self.h_data, [noise])
        error = 0.0
        for i in range(self.n_gibbs):
            if i:
                machine.hidden.sample(self.states, self.h_fantasy, [noise])
            self.sums_of_states()
            self.fantasy += machine.visible_bias
            machine.visible.mean(self.fantasy, self.fantasy)
            if not i:
                error = self._error()
            self.sums_of_fantasy()
            self.states += machine.hidden_bias
            machine.hidden.mean(self.states, self.h_fantasy)
        return error

    def _persist(self, noise: np.random.Generator) -> float:
        """Both phases with persistent chains, where Gibbs sampling goes on from the last step.

        Chains sample both layers: only so do they come to the machine's own distribution.
        """
        machine = self.machine
        self.sums_of_data()
        self.h_data += machine.hidden_bias
        machine.hidden.mean(self.h_data, self.h_data)
        for _ in range(self.n_gibbs):
            self.sums_of_states()
            self.fantasy += machine.visible_bias
            machine.visible.mean(self.fantasy, self.v_mean)
            machine.visible.sample(self.fantasy, self.v_mean, [noise])
            self.sums_of_fantasy()
            self.states += machine.hidden_bias
            machine.hidden.mean(self.states, self.h_fantasy)
            machine.hidden.sample(self.states, self.h_fantasy, [noise])
        self.sums_of_h_data()
        self.reconstruction += machine.visible_bias
        machine.visible.mean(self.reconstruction, self.reconstruction)
        return self._error()

    def _error(self) -> float:
        total = 0.0
        data, reconstruction = self.data[0], self.reconstruction[0]
        for rows in kernels.pieces(*data.shape):
            difference = kernels.scratch(data[rows].shape, data.dtype)
            np.subtract(data[rows], reconstruction[rows], out=difference)
            total += float(np.vdot(difference, difference))
        return total


class _Update:
    """From the two phases to new parameters: momentum and weight decay.

    Weights have their turn piece by piece, while a piece's gradient is in the cache.
    """

    def __init__(self, epochs: _Epochs, v: np.ndarray, h: np.ndarray):
        job, machine = epochs.job, epochs.machine
        self.v, self.h, self.momentum = v, h, job.momentum
        self.decay = [-job.learning_rate * job.weight_decay] * len(v)
        n_networks, n_visible, n_hidden = machine.weight.shape
        params, velocity, memory = epochs.params, epochs.velocity, epochs.memory
        self.pieces: list[tuple[Call, np.ndarray, np.ndarray, np.ndarray]] = []
        for rows in kernels.pieces(n_visible, n_hidden):
            shape = n_networks, rows.stop - rows.start, n_hidden
            grads = memory.view("grads", (n_networks, n_hidden * shape[1]))
            columns = slice(rows.start * n_hidden, rows.stop * n_hidden)
            correlate = partial(np.matmul, v[..., rows].swapaxes(1, 2), h, out=grads.reshape(shape))
            self.pieces.append((correlate, grads, params[:, columns], velocity[:, columns]))
        n_weights = n_visible * n_hidden
        self.biases = params[:, n_weights:], velocity[:, n_weights:]
        self.bias_grads = memory.view("bias_grads", (n_networks, 1, n_hidden + n_visible))
        self.n_hidden = n_hidden

    def __call__(self, share: np.ndarray) -> None:
        """Make the step's update.

        Parameters
        ----------
        share : ndarray of shape (n_networks, n_rows + n_fantasies, 1)
            The learning rate times each row's share of a mean, negative for fantasies. The hidden
            means have it already.
        """
        kernels.sum_samples(self.h, self.bias_grads[..., : self.n_hidden])
        kernels.sum_samples(self.v, self.bias_grads[..., self.n_hidden :], share)
        for correlate, grads, params, velocity in self.pieces:
            correlate()
            velocity *= self.momentum
            velocity += grads
            kernels.add_scaled(velocity, params, self.decay)
            params += velocity
        params, velocity = self.biases
        velocity *= self.momentum
        velocity += self.bias_grads[:, 0]
        params += velocity
