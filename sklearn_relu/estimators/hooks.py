"""What goes along with training: callbacks' tasks, and keeping its state."""

from sklearn_relu.estimators.keeping import Keeper
from sklearn_relu.estimators.tasks import EpochTasks
from sklearn_relu.training.jobs import Job


class Hooks:
    """Around the training of a fit, and after each of its epochs: a context.

    Epochs may be trained in another fit's thread. What is raised there, by a callback, stops this
    fit alone, and is raised again at the end of the context.

    Parameters
    ----------
    jobs : list of Job
    tasks : EpochTasks
    keeper : Keeper or None
    """

    def __init__(self, jobs: list[Job], tasks: EpochTasks, keeper: Keeper | None):
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
                job.outcome = "interrupted"
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
