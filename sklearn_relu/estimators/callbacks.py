"""Callbacks along with training: the tasks that scikit-learn's callbacks see, and the contract of
those that keep the state of training outside of the process."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sklearn_relu.estimators.identity import Identity
from sklearn_relu.optimizers.base import Solver
from sklearn_relu.sklearn_private import callback_context, callbacks_of
from sklearn_relu.training.jobs import Job, Outcome, Snapshot


class Keeper(ABC):
    """Keeps the state of one fit."""

    @abstractmethod
    def find(self, identity: Identity) -> list[Snapshot] | None:
        """Return the snapshots that were kept of this very fit, one a network, or None.

        Raises
        ------
        ValueError
            If what was kept is of another fit, or cannot be read.
        """

    @abstractmethod
    def begin(self, jobs: list[Job]) -> None:
        """Note that training begins, with states that hold all that is needed to go on.

        Raises
        ------
        OSError
            If nothing can be kept.
        """

    @abstractmethod
    def end_layer(self, jobs: list[Job]) -> None:
        """Note that a layer is pre-trained, before the first epoch."""

    @abstractmethod
    def end_epoch(self, jobs: list[Job]) -> None:
        """Note that training goes on after an epoch."""

    @abstractmethod
    def end(self, jobs: list[Job]) -> None:
        """Note that training has ended, or was interrupted."""


class StateCallback(ABC):
    """A callback that sees the whole state of training."""

    @abstractmethod
    def keeper(self) -> Keeper:
        """Return the keeper for a fit that begins."""


def keeper_of(estimator, solver: Solver) -> Keeper | None:
    """Return the keeper of a fit of the estimator, or None.

    Raises
    ------
    ValueError
        If several callbacks would, or if the solver's state cannot be kept.
    """
    callbacks = [each for each in callbacks_of(estimator) if isinstance(each, StateCallback)]
    if len(callbacks) > 1:
        raise ValueError(
            f"One Checkpoint is enough for an estimator; got {len(callbacks)}: {callbacks}. Pass "
            "one of them to set_callbacks."
        )
    if callbacks and not solver.takes_batches:
        raise ValueError(
            f"Checkpoint cannot go on exactly under solver={estimator.solver!r}, whose memory of "
            "past steps is out of reach. Use another solver; or fit with warm_start=True and a "
            "small max_iter, and call sklearn_relu.save after each fit: each starts from the "
            "weights of the last."
        )
    return callbacks[0].keeper() if callbacks else None


def refuse_keepers(estimator) -> None:
    """Raise if a callback would keep the state of training, of an estimator that has no such state.

    Raises
    ------
    ValueError
    """
    name = type(estimator).__name__
    if any(isinstance(each, StateCallback) for each in callbacks_of(estimator)):
        raise ValueError(
            f"Checkpoint keeps the training of networks; {name} is none of them. Train by "
            "partial_fit, an epoch a call, and call sklearn_relu.save after each: a loaded model "
            "goes on exactly."
        )


def epochs_of(estimator, solver: Solver) -> int | None:
    """The epochs of a fit at most, in the sense of :class:`EpochTasks`; None: the data decide."""
    if isinstance(estimator.max_iter, str):
        return None
    return estimator.max_iter * (1 if solver.takes_batches else estimator.ensemble_size)


def context_of(estimator, n_epochs: int | None, incremental: bool) -> Any:
    """The context of a fit that begins, for scikit-learn's callbacks; None if there are none."""
    if not callbacks_of(estimator):
        return None
    return callback_context(
        estimator,
        task_name="partial_fit" if incremental else "fit",
        max_subtasks=1 if incremental else n_epochs,
    )


class Training(Protocol):
    """All that callbacks need to know of a job of whatever engine."""

    on_epoch_end: Callable[[], bool | None] | None
    n_epochs: int
    outcome: Outcome

    @property
    def is_whole(self) -> bool:
        """Whether it has an epoch that a fit can end with."""

    @property
    def one_by_one(self) -> bool:
        """Whether the jobs of a fit are trained one after the other."""


class EpochTasks:
    """Tells callbacks of the beginning and the end of a fit, and of each of its epochs.

    An epoch is one of all networks of the estimator; under a full-batch solver, which trains them
    one after the other, an iteration of one network.

    Parameters
    ----------
    estimator : estimator
        The one that callbacks know.
    context : sklearn.callback.CallbackContext
        That of the fit.
    jobs : list of Training
    fitted : callable
        Returns the attributes that the fit would set if it ended now.
    data : dict
        `X`, `y` and `metadata` of the fit.
    """

    def __init__(
        self,
        estimator,
        context: Any,
        jobs: Sequence[Training],
        fitted: Callable[[], dict[str, Any]],
        data: dict[str, Any],
    ):
        self._context = context
        self._jobs = jobs
        self._fitted = fitted
        self._arguments = {"estimator": estimator, **data}
        self._epochs: list = []
        self._begun = False
        self._n_before = self._n_ended = self._n_epochs()

    def begin(self) -> None:
        """The fit begins, and its first epoch."""
        if self._context.max_subtasks is not None:  # where a fit is resumed, those that are left
            self._context.max_subtasks -= self._n_before
        self._context.call_on_fit_task_begin(**self._arguments)
        if self._goes_on():
            self._begin_epoch(0)

    def end_epoch(self) -> bool:
        """An epoch has ended, and another one begins or none; whether a callback asks to stop."""
        goes_on = self._goes_on()
        n_epochs = self._n_epochs()
        if n_epochs == self._n_ended and not goes_on:
            return False  # it was not completed: what was left has diverged
        self._n_ended = n_epochs
        # Some network may not have had an epoch yet.
        fitted = self._fitted if all(job.is_whole for job in self._jobs) else None
        # Where another fit of the stack failed, training began anew: the same tasks again.
        index = n_epochs - self._n_before - 1
        if index == len(self._epochs):  # of the network that follows one that was asked to stop
            self._begin_epoch(index)
        stops = self._epochs[index].call_on_fit_task_end(
            **self._arguments, reconstruction_attributes=fitted
        )
        self._begun = False
        most = self._context.max_subtasks
        if goes_on and not stops and (most is None or index + 1 < most):
            self._begin_epoch(index + 1)
        return stops

    def end(self) -> None:
        """The fit ends."""
        if self._begun:  # diverged; or what would have been the solver's next iteration
            self._epochs[-1].call_on_fit_task_end(**self._arguments)
        self._context.call_on_fit_task_end(
            **self._arguments, reconstruction_attributes=self._fitted
        )

    def _begin_epoch(self, index: int) -> None:
        if index == len(self._epochs):
            self._epochs.append(self._context.subcontext(task_name="epoch"))
        self._begun = True
        self._epochs[index].call_on_fit_task_begin(**self._arguments)

    def _goes_on(self) -> bool:
        return any(job.outcome == "running" for job in self._jobs)

    def _n_epochs(self) -> int:
        counts = [job.n_epochs for job in self._jobs]
        return sum(counts) if self._jobs[0].one_by_one else max(counts)


class Hooks:
    """Around the training of a fit, and after each of its epochs: a context.

    Epochs may be trained in another fit's thread. What is raised there, by a callback, stops this
    fit alone, and is raised again at the end of the context.

    Parameters
    ----------
    jobs : list of Training
    tasks : EpochTasks
    keeper : Keeper or None
    """

    def __init__(self, jobs: list[Any], tasks: EpochTasks, keeper: Keeper | None):
        self._jobs = jobs
        self._tasks = tasks
        self._keeper = keeper
        self._error: Exception | None = None

    def __enter__(self):
        if self._keeper is not None:
            self._keeper.begin(self._jobs)
        self._tasks.begin()
        for job in self._jobs:
            job.on_epoch_end = self._end_epoch

    def __exit__(self, error_type, error, traceback):
        for job in self._jobs:
            job.on_epoch_end = None  # that nothing is left to the garbage collector
            if self._error is not None and job.outcome == "stopped":
                job.outcome = "running"
        if self._keeper is not None:
            self._keeper.end(self._jobs)
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """The fit ends well."""
        self._tasks.end()

    def _end_epoch(self) -> bool:
        try:
            stops = self._tasks.end_epoch()
            if self._keeper is not None and not stops:
                self._keeper.end_epoch(self._jobs)
            return stops
        except Exception as error:
            self._error = error
            return True
