"""The epochs of a fit, as the tasks that scikit-learn's callbacks see."""

from collections.abc import Callable
from typing import Any

from sklearn_relu.optimizers import FullBatchOptimizer
from sklearn_relu.training.jobs import Job


class EpochTasks:
    """Tells callbacks of the beginning and the end of a fit, and of each of its epochs.

    An epoch is one of all networks of the estimator; under a full-batch solver, which trains them
    one after the other, an iteration of one network.

    Parameters
    ----------
    estimator : BaseNetwork
        The one that callbacks know.
    context : sklearn.callback.CallbackContext
        That of the fit.
    jobs : list of Job
    fitted : callable
        Returns the attributes that the fit would set if it ended now.
    data : dict
        `X`, `y` and `metadata` of the fit.
    """

    def __init__(
        self,
        estimator,
        context: Any,
        jobs: list[Job],
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
        # Where a fit is resumed, those that are left.
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
        if goes_on and not stops and index + 1 < self._context.max_subtasks:
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
        return any(job.outcome == "interrupted" for job in self._jobs)

    def _n_epochs(self) -> int:
        counts = [job.n_epochs for job in self._jobs]
        one_by_one = isinstance(self._jobs[0].recipe.optimizer, FullBatchOptimizer)
        return sum(counts) if one_by_one else max(counts)
