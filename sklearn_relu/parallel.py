"""Lockstep: what scikit-learn runs as parallel tasks, with the fits in them trained together."""

import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from numbers import Integral
from typing import Any

from joblib import cpu_count, parallel_config
from joblib.parallel import ParallelBackendBase, get_active_backend

from sklearn_relu.training.gathering import MAX_TASKS, Gathering, ParallelCall, current_task
from sklearn_relu.training.watching import Stacks


@contextmanager
def lockstep(*, max_bytes: int = 2**30) -> Iterator[Stacks]:
    """Train together the fits that scikit-learn starts within the context.

    Searches, cross-validation and meta-estimators (whatever uses joblib) run their tasks in
    threads. Where one fits an estimator of this package, it waits, and fits whose networks have
    the same shape are trained as one stack. Each fit gives the same result as without the context.
    Fits that no such task starts are trained at once.

    Parameters
    ----------
    max_bytes : int, default=2**30
        About the memory, in bytes, that tasks that have begun may hold: their copies of rows, and
        their networks. At least one task is always under way.

    Yields
    ------
    stacks : Stacks
        Its `sizes` grow as stacks are trained.

    Raises
    ------
    ValueError
        If `max_bytes` is not a positive whole number.

    Notes
    -----
    `n_jobs` of what runs in the context is how many tasks run at the same time, in threads of this
    process; tasks that wait do not count. Within a task of another such context, that one's
    `max_bytes` and `sizes` count. Stacks whose calls are long enough train in as many
    threads as BLAS may have.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn_relu import MLPClassifier, lockstep
    >>> model = MLPClassifier((8,), batch_size=20, max_iter=200, tol=0.01, random_state=0)
    >>> search = GridSearchCV(model, {"learning_rate_init": [0.003, 0.01, 0.03]})
    >>> with lockstep() as stacks:
    ...     _ = search.fit(*load_iris(return_X_y=True))
    >>> stacks.sizes
    [15]
    """
    if not isinstance(max_bytes, Integral) or max_bytes < 1:
        raise ValueError(
            f"max_bytes must be a positive whole number of bytes, such as 2**30; got {max_bytes!r}."
        )
    stacks = Stacks()
    with parallel_config(backend=_Backend(partial(Gathering, int(max_bytes), stacks))):
        yield stacks


def another_backend_is_set() -> bool:
    """Whether the user chose where parallel tasks run, other than by :func:`lockstep`.

    Returns
    -------
    is_set : bool
        Whether a ``joblib.parallel_config`` names a backend, such as "dask". What joblib sets
        within a task of its own does not count.
    """
    # A hint decides where nothing was chosen, and nowhere else.
    backend, _ = get_active_backend(prefer="processes")
    other, _ = get_active_backend(prefer="threads")
    is_ours_or_nested = isinstance(backend, _Backend) or bool(backend.nesting_level)
    return type(backend) is type(other) and not is_ours_or_nested


class _Backend(ParallelBackendBase):
    """A joblib backend whose tasks are those of a gathering."""

    supports_retrieve_callback = True
    supports_return_generator = False
    uses_threads = True
    supports_sharedmem = True

    def __init__(self, new_gathering: Callable[[], Gathering], nesting_level: int | None = None):
        super().__init__(nesting_level=nesting_level)
        self._new_gathering = new_gathering
        self._limit = 1
        self._calls: list[ParallelCall] = []
        self._at_end = ExitStack()

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many tasks a caller may count on.

        Many, so that whatever divides its work by this number starts all its fits at once. Not so
        within a task: there it is mostly preprocessing that asks, by hand (Parallel passes 1 for
        None), and which may round differently if its work is divided.
        """
        limit = _n_at_once(n_jobs)
        return MAX_TASKS if current_task() is None or n_jobs == 1 else limit

    def configure(self, n_jobs: int | None = 1, parallel: Any = None, **kwargs: Any) -> int:
        """Note how many tasks may run at once; returns how many may begin."""
        self.parallel = parallel
        self._limit = _n_at_once(n_jobs)
        return MAX_TASKS

    def start_call(self) -> None:
        """Begin a parallel call: within a task, in that task's gathering."""
        task = current_task()
        if task is None:
            # Tasks in threads may leave the filters changed; at the end they are the caller's.
            self._at_end.enter_context(warnings.catch_warnings())
        gathering = self._new_gathering() if task is None else task.call.gathering
        self._calls.append(gathering.open(self._limit, task))

    def stop_call(self) -> None:
        """End it; again, if an interrupt has come meanwhile."""
        if not self._calls:
            return
        call = self._calls[-1]
        call.gathering.close(call)
        if call.parent is None:
            self._at_end.close()
        self._calls.pop()

    def submit(self, func: Callable[[], list], callback: Callable) -> None:
        """Add a task, of which joblib's callback takes value and error."""
        call = self._calls[-1]
        call.gathering.add(call, partial(_with_own_fit_time, func), lambda *end: callback(end))

    apply_async = submit  # its name before joblib 1.5

    def retrieve_result_callback(self, end: tuple[Any, BaseException | None]) -> Any:
        """The value of a task that has ended, or its error."""
        value, error = end
        if error is not None:
            # joblib takes the traceback away, which says where in the task it was.
            error.add_note("In a task:\n" + "".join(traceback.format_tb(error.__traceback__)))
            raise error
        return value

    @contextmanager
    def retrieval_context(self) -> Iterator[None]:
        """All first tasks have been submitted, and the caller waits."""
        call = self._calls[-1]
        if call.parent is not None:
            call.gathering.run(call)
            yield
        else:
            call.gathering.go_on(call)
            yield

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """End the call's tasks, after an error or a KeyboardInterrupt."""
        call = self._calls[-1]
        call.gathering.abort(call)

    def get_nested_backend(self) -> tuple["_Backend", None]:
        """The backend within a task."""
        return _Backend(self._new_gathering, (self.nesting_level or 0) + 1), None


def _n_at_once(n_jobs: int | None) -> int:
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 in Parallel has no meaning")
    if n_jobs is None:
        return 1
    return n_jobs if n_jobs > 0 else max(cpu_count() + 1 + n_jobs, 1)


def _with_own_fit_time(function: Callable[[], list]) -> list:
    """A task's results; of a cross-validation's fit, the time without that of others."""
    results = function()
    task = current_task()
    if task is None:  # it had no thread, and waited for nobody
        return results
    if len(results) == 1 and isinstance(results[0], dict) and "fit_time" in results[0]:
        results[0]["fit_time"] = max(results[0]["fit_time"] - task.seconds_waited, 0.0)
    return results
