"""Greedy pre-training: layer by layer, each on the codes that the ones before it give.

References
----------
Hinton, Osindero & Teh (2006), A fast learning algorithm for deep belief nets.
Bengio, Lamblin, Popovici & Larochelle (2007), Greedy layer-wise training of deep networks.
Erhan, Bengio, Courville, Manzagol, Vincent & Bengio (2010), Why does unsupervised pre-training
help deep learning?
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from sklearn_relu.estimators.pretrainers import Pretrainer
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.network.inference import raw_outputs
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.training.jobs import Job


def pretrain(
    jobs: list[Job], pretrainer: Pretrainer, verbose: bool, on_layer_end: Callable[[], None]
) -> None:
    """Give the networks of a fit hidden layers that have learned from rows without targets.

    Each job has its layers' histories in `pretraining`, the time in `seconds_before`, and new
    parameters in its state. The output layer stays as it is. Where the time limit has come, the
    layers that are left keep their initial draw. Of a fit that was interrupted, a job that has
    some layers goes on with the next one, and one that has epochs is left alone.

    Parameters
    ----------
    jobs : list of Job
    pretrainer : Pretrainer
    verbose : bool
        Whether to print the log of each layer.
    on_layer_end : callable
        Called after each layer.

    Raises
    ------
    ValueError
        If a layer cannot be learned; the message names it.
    """
    n_fits = sum(map(_n_left, jobs))
    share = 1 / (n_fits + 1) if pretrainer.trains_in_stacks else 1.0
    clock = _Clock(jobs[0].time_limit)
    for i, job in enumerate(jobs, start=1):
        if not _n_left(job):
            continue
        network = f"network {i} of {len(jobs)}, " if len(jobs) > 1 else ""
        climb = _Climb(job, pretrainer, network, verbose, share)
        while _n_left(job) and clock.left > 0:
            clock.spent += climb.learn(clock.left)
            on_layer_end()
    for job in jobs:
        job.seconds_before, job.share = clock.spent, share
        job.unlabeled = None  # they are needed no more


def _n_left(job: Job) -> int:
    """The hidden layers that are to be pre-trained."""
    return 0 if job.n_epochs else len(job.recipe.layers) - 1 - len(job.pretraining)


class _Clock:
    """The seconds that pre-training has taken, and those that are left."""

    def __init__(self, limit: float):
        self._limit = limit
        self.spent = 0.0

    @property
    def left(self) -> float:
        return self._limit - self.spent


class _Climb:
    """One network, from layer to layer."""

    def __init__(self, job: Job, pretrainer: Pretrainer, network: str, verbose: bool, share: float):
        self._job, self._pretrainer, self._network = job, pretrainer, network
        self._verbose, self._share = verbose, share
        self._layers = job.recipe.layers
        done = len(job.pretraining)
        self._reads = _codes(self._layers[:done], self._views()[:done], _rows(job))
        # Of a copy: the network starts and shuffles as it would without pre-training.
        rng = copy.deepcopy(job.rng)
        self._seeds = rng.randint(np.iinfo(np.int32).max, size=len(self._layers) - 1)

    def learn(self, time_left: float) -> float:
        """Pre-train the next layer; returns the seconds that it took."""
        job, i = self._job, len(self._job.pretraining)
        layer = self._layers[i]
        name = f"{self._network}layer {i + 1} of {len(self._layers) - 1}"
        before = self._layers[i - 1].activation if i else None
        settings = self._settings(i, name, time_left)
        try:
            learned, history = self._pretrainer.learn(layer, self._reads, before, settings)
        except ValueError as error:
            raise ValueError(f"In pretraining, {name}: {error}") from error
        params = job.state.params.copy()
        views = ParameterLayout(self._layers).views(params[None])[i]
        for block, array in learned.items():
            views[block][...] = array
        self._reads = _codes([layer], [views], self._reads)
        job.state = job.state.with_changes(params=params)
        job.pretraining = [*job.pretraining, history]
        return sum(history["seconds"])

    def _settings(self, i: int, name: str, time_left: float) -> dict[str, Any]:
        """Attributes of the estimator that learns a layer."""
        settings: dict[str, Any] = {
            "random_state": int(self._seeds[i]),
            "log_prefix": f"Pre-training, {name}: ",
            "share_of_fit": self._share,
        }
        if self._verbose:
            settings["verbose"] = True
        if np.isfinite(time_left):
            settings["time_limit"] = time_left
        return settings

    def _views(self) -> list[Arrays]:
        return ParameterLayout(self._layers).views(self._job.state.params[None])


def _rows(job: Job) -> Any:
    """The rows that a network trains on and that count, and those without targets."""
    X = job.X if job.rows is None else job.X[job.rows]
    weight = job.sample_weight
    if weight is not None:
        counts = weight.any(axis=1) if job.rows is None else weight[job.rows].any(axis=1)
        X = X if counts.all() else X[counts]
    if job.unlabeled is None:
        return X
    if sp.issparse(X) or sp.issparse(job.unlabeled):
        return sp.vstack([sp.csr_array(X), sp.csr_array(job.unlabeled)], format="csr")
    return np.concatenate([X, job.unlabeled])


def _codes(layers: list[Layer], params: list[Arrays], X: Any) -> Any:
    """The outputs of some layers for X."""
    if not layers:
        return X
    with np.errstate(over="ignore", invalid="ignore"):
        return raw_outputs(layers, params, X, X.dtype, working_memory())[0]
