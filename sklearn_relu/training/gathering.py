"""Gathers the fits that tasks start, and has those of one shape trained together.

Tasks run in threads, and in turns: at most as many at once as their caller asked for. One that
comes to train hands its jobs over and waits, without a turn. When no task can go on, what waits is
divided into stacks, and the first fit's thread of each stack trains it for all. Then they go on,
again in turns. A task that makes a call of its own runs that call's tasks itself, one by one; only
when it has to wait in one, others begin in other threads.

Where the system gives no more threads, no more tasks begin until one has ended. A turn that lasts
too long is taken from its task, which may wait for another one: results do not depend on who
trains with whom.
"""

import math
import os
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from sklearn_relu.kernels.threads import allowed_blas_threads
from sklearn_relu.training import epochs
from sklearn_relu.training.jobs import Job
from sklearn_relu.training.stacks import Fit, stacks_of, train_stack, trains_beside_others
from sklearn_relu.training.watching import Stacks, StoppedError

MAX_TASKS = 256
"""Tasks that have begun and not ended; each has a thread."""

PATIENCE = 5.0
"""Seconds that a turn lasts at least, where others wait, before it is taken away; half as many
whenever this has happened, to a limit of `LEAST_PATIENCE`."""

LEAST_PATIENCE = 0.05

USUAL_TURNS = 5
"""A turn also lasts at least as long as so many of the longest yet, by the processor's time: a task
that waits for a lock uses none."""

_here = threading.local()


def current_task() -> "Task | None":
    """The task that this thread runs."""
    return getattr(_here, "task", None)


def _leave_task() -> None:
    _here.task = None


if hasattr(os, "register_at_fork"):
    # Those with whom the task takes turns are not in the child.
    os.register_at_fork(after_in_child=_leave_task)


def train_fit(jobs: list[Job]) -> None:
    """Train the jobs of a fit: in a task together with those of others, else at once.

    Parameters
    ----------
    jobs : list of Job
        As for :func:`sklearn_relu.training.epochs.train`, with the same results.
    """
    task = current_task()
    if task is None:
        epochs.train(jobs, n_threads=allowed_blas_threads() if len(jobs) > 1 else 1)
    else:
        task.call.gathering.train(task, jobs)


class ParallelCall:
    """The tasks of one parallel call.

    Parameters
    ----------
    gathering : Gathering
    limit : int
        How many tasks may run at once; within another call's task, no fewer than there.
    parent : Task or None
        The task that makes the call.

    Attributes
    ----------
    tasks : set of Task
        Those that have not ended.
    new : deque of Task
        Those that have not begun.
    seconds : float
        The time of those that have, without what they waited.
    parent_waits, has_failed : bool
    is_aborted : bool
        Whether its tasks are to end: what trains or waits in them raises KeyboardInterrupt.
    ended : Event
        Set when no task is left.
    """

    def __init__(self, gathering: "Gathering", limit: int, parent: "Task | None" = None):
        self.gathering = gathering
        self.limit, self.depth = limit, 0
        self.parent = parent
        self.tasks: set[Task] = set()
        self.new: deque[Task] = deque()
        self.seconds = 0.0
        # Such as numpy's treatment of errors; tasks may be made in other threads.
        self.context = copy_context()
        self.parent_waits = self.has_failed = self.is_aborted = False
        self.ended = threading.Event()
        if parent is not None:
            self.limit = max(limit, parent.call.limit)
            self.depth = parent.call.depth + 1
            self.is_aborted = parent.call.is_aborted


class Task:
    """A function that runs in turns with others.

    Parameters
    ----------
    call : ParallelCall
    function : callable
    on_end : callable
        Called with the function's value and the exception it raised, one of them None; in the
        task's turn.

    Attributes
    ----------
    turn : Semaphore
        It waits for this.
    lead : Task
        The one that its thread began with: a turn is a thread's.
    n_bytes : int
        About the memory that it holds; until it comes to train, that of the largest yet.
    seconds_waited : float
        Those in which it waited for others, or others' fits were trained.
    stack : dict of Fit to Task
        What it has to train in its next turn.
    calls : list of ParallelCall
        Those that it has made and that have not ended.
    """

    def __init__(
        self, call: ParallelCall, function: Callable[[], Any], on_end: Callable[[Any, Any], None]
    ):
        self.call = call
        self.function = function
        self.context = call.context.copy()
        self.on_end = on_end
        self.turn = threading.Semaphore(0)
        self.lead = self
        self.has_begun = False
        self.n_bytes = 0
        self.seconds_waited = 0.0
        self.stack: dict[Fit, Task] = {}
        self.calls: list[ParallelCall] = []


class Gathering:
    """Tasks that take turns, and their fits that wait to be trained.

    Parameters
    ----------
    max_bytes : int
        About the memory that tasks that have begun may hold, with their stacks. One task runs
        however much it needs.
    stacks : Stacks
        Is told of each stack.
    """

    def __init__(self, max_bytes: int, stacks: Stacks):
        self._max_bytes = max_bytes
        self._stacks = stacks
        self._lock = threading.Lock()
        self._calls: list[ParallelCall] = []
        self._ready: deque[Task] = deque()
        self._to_train: deque[Task] = deque()
        self._waiting: dict[Fit, Task] = {}
        # Since when the threads that have a turn have it; those that train, for ever.
        self._running: dict[Task, float] = {}
        self._n_training = self._n_begun = 0
        self._most_begun, self._lacks_threads = MAX_TASKS, False
        self._patience, self._longest_turn = PATIENCE, 0.0
        self._trains_beside = False
        self._n_bytes = self._largest = 0
        self._stop = threading.Event()
        stacks.stops_by(self._stop)
        self._threads: list[threading.Thread] = []

    def open(self, limit: int, parent: Task | None) -> ParallelCall:
        """A new call, made by the task `parent` unless that is None."""
        with self._lock:
            call = ParallelCall(self, limit, parent)
            self._calls.append(call)
            if parent is not None:
                parent.calls.append(call)
            return call

    def close(self, call: ParallelCall) -> None:
        """Forget a call that has ended, and with the outermost one its threads.

        Done again, it does what an interrupt cut off.
        """
        with self._lock:
            for calls in (self._calls, [] if call.parent is None else call.parent.calls):
                if call in calls:
                    calls.remove(call)
        if call.parent is None:
            for thread in self._threads:
                thread.join()

    def add(self, call: ParallelCall, function: Callable[[], Any], on_end: Callable) -> None:
        """Add a task to a call; it begins when the gathering goes on."""
        task = Task(call, function, on_end)
        with self._lock:
            call.tasks.add(task)
            call.new.append(task)

    def go_on(self, call: ParallelCall) -> None:
        """Give turns to tasks, now that a call's first ones are there."""
        # In a thread, where no KeyboardInterrupt can come between two steps.
        if self._start_thread(None):
            return
        # There is no thread at all: as without a gathering.
        while (task := self._take_new(call)) is not None:
            self._run(task, is_gathered=False)

    def run(self, call: ParallelCall) -> None:
        """In the task that made the call: run its tasks until all have ended, or one has failed.

        Raises
        ------
        KeyboardInterrupt
            If the call that this task belongs to is aborted.
        """
        parent, start = call.parent, time.perf_counter()
        assert parent is not None
        self._locked(self._give_turns)
        while True:
            while (task := self._take_new(call)) is not None:
                self._run(task)
            if not self._must_wait(call, until_all_ended=False):
                break
            self._pause(parent)
        parent.seconds_waited += time.perf_counter() - start - call.seconds
        if parent.call.is_aborted:
            raise KeyboardInterrupt

    def _take_new(self, call: ParallelCall) -> Task | None:
        """A task to run in this thread."""
        with self._lock:
            if call.has_failed or not call.new:
                return None
            task = call.new.popleft()
            if call.parent is not None:
                task.lead = call.parent.lead
            self._begin(task)
            return task

    def _must_wait(self, call: ParallelCall, until_all_ended: bool) -> bool:
        """Whether the task that made the call now has to pause; then it will get a turn."""
        with self._lock:
            call.parent_waits = bool(call.tasks) and (until_all_ended or not call.has_failed)
            return call.parent_waits

    def abort(self, call: ParallelCall) -> None:
        """Have all tasks of a call end, and wait until they have.

        Fits that train stop at the next batch if the call is not within another one's task, else
        with their stack. Other code of a task comes to its end.
        """
        thread = threading.Thread(target=self._locked, args=(self._abort, call))
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads
            self._locked(self._abort, call)
        else:
            if call.parent is not None:
                thread.join()
        if call.parent is None:
            call.ended.wait()
            return
        while self._must_wait(call, until_all_ended=True):
            self._pause(call.parent)

    def train(self, task: Task, jobs: list[Job]) -> None:
        """In a task: train together with what others hand over."""
        fit, start = Fit(jobs), time.perf_counter()
        with self._lock:
            if task.call.is_aborted:
                raise KeyboardInterrupt
            if self._stacks.is_stopped:
                raise StoppedError
            self._waiting[fit] = task
            self._largest = max(self._largest, fit.n_bytes)
            self._n_bytes += fit.n_bytes - task.n_bytes
            task.n_bytes = fit.n_bytes
        self._pause(task)
        if task.stack:
            self._train_stack_of(task)
        task.seconds_waited += time.perf_counter() - start - fit.seconds
        was_cut_off = isinstance(fit.error, KeyboardInterrupt) and not task.call.is_aborted
        if was_cut_off and self._stacks.is_stopped:
            raise StoppedError
        if fit.error is not None:
            raise fit.error
        if task.call.is_aborted:
            raise KeyboardInterrupt

    def _train_stack_of(self, task: Task) -> None:
        stack, task.stack = task.stack, {}
        fits = list(stack)
        with self._lock:
            self._stacks.begin(fits)
        try:
            train_stack(fits, self._stop)
        finally:
            _here.turn_began = time.thread_time()
            with self._lock:
                self._stacks.end(fits)
                self._n_training -= 1
                self._begin_turn(task)
                self._ready.extend(other for other in stack.values() if other is not task)
                self._give_turns()

    def _pause(self, task: Task) -> None:
        """Give the turn away until it comes again."""
        # Warnings have one list of filters in a process: on leaving, it is this task's again.
        with warnings.catch_warnings():
            self._locked(self._end_turn, task)
            while not task.turn.acquire(timeout=self._longest_wait()):
                self._locked(self._take_long_turns)
            _here.turn_began = time.thread_time()

    def _run(self, task: Task, is_gathered: bool = True) -> None:
        """Run a task in this thread, which has a turn."""
        outer, _here.task = current_task(), task if is_gathered else None
        value = error = None
        start = time.perf_counter()
        try:
            value = task.context.run(task.function)
        except BaseException as raised:
            error = raised
        seconds = time.perf_counter() - start - task.seconds_waited
        # What the caller does at the end, such as making the next task, is no part of this one.
        _here.task = None
        try:
            task.on_end(value, error)
        finally:
            _here.task = outer
            self._locked(self._end, task, seconds, error is not None)

    def _start_thread(self, task: Task | None) -> bool:
        """Whether the system gave a thread."""
        try:
            threading.Thread(target=self._work, args=(task,), daemon=True).start()
        except RuntimeError:
            return False
        return True

    def _work(self, task: Task | None) -> None:
        """In a thread: run this task and those that take turns after it."""
        self._threads.append(threading.current_thread())
        if task is None:
            task = self._locked(self._give_turns, True)
        while task is not None:
            _here.turn_began = time.thread_time()
            try:
                self._run(task)
            except BaseException:
                self._locked(self._end_turn, task)
                raise
            task = self._locked(self._end_turn, task, True)

    def _longest_wait(self) -> float:
        """How many seconds a turn may last."""
        return max(self._patience, USUAL_TURNS * self._longest_turn)

    def _locked(self, function: Callable, *args: Any) -> Any:
        with self._lock:
            return function(*args)

    # All that follows needs the lock.

    def _begin_turn(self, task: Task) -> None:
        self._running[task.lead] = math.inf if task.stack else time.monotonic()

    def _end_turn(self, task: Task, has_thread: bool = False) -> Task | None:
        self._longest_turn = max(self._longest_turn, time.thread_time() - _here.turn_began)
        self._running.pop(task.lead, None)  # where it was not taken away
        return self._give_turns(has_thread)

    def _take_long_turns(self) -> None:
        """Let others go on beside tasks that have not come back."""
        start = time.monotonic() - self._longest_wait()
        late = [task for task, began in self._running.items() if began < start]
        for task in late:
            del self._running[task]
        if late:
            self._patience = max(self._patience / 2, LEAST_PATIENCE)
            self._give_turns()

    def _begin(self, task: Task) -> None:
        task.has_begun = True
        task.n_bytes = self._largest
        self._n_bytes += task.n_bytes
        self._n_begun += 1

    def _end(self, task: Task, seconds: float, has_failed: bool) -> None:
        call = task.call
        self._n_begun -= 1
        self._n_bytes -= task.n_bytes
        call.tasks.discard(task)
        call.seconds += seconds
        call.has_failed |= has_failed
        self._tell_parent(call)

    def _tell_parent(self, call: ParallelCall) -> None:
        """Let the call's maker know that its tasks have ended, or one has failed."""
        if not call.tasks:
            call.ended.set()
        if call.parent is not None and call.parent_waits and (not call.tasks or call.has_failed):
            call.parent_waits = False
            self._ready.append(call.parent)

    def _give_turns(self, has_thread: bool = False) -> Task | None:
        """Have tasks go on, or begin; returns one to begin in this thread if it has none."""
        own = None
        while (task := self._next()) is not None:
            self._begin_turn(task)
            self._n_training += bool(task.stack)
            if task.has_begun:
                task.turn.release()
                continue
            self._begin(task)
            if has_thread and own is None:
                own = task
            elif not self._start_thread(task):
                self._put_back(task)
        return own

    def _put_back(self, task: Task) -> None:
        """Begin no task beyond those that have a thread."""
        del self._running[task]
        task.has_begun = False
        self._n_bytes -= task.n_bytes
        self._n_begun -= 1
        self._most_begun, self._lacks_threads = max(self._n_begun, 1), True
        task.call.new.appendleft(task)

    def _next(self) -> Task | None:
        """The next task that may run now."""
        # Of a call within another's task first, so that this one can end.
        calls = (call for call in self._calls if call.new)
        deepest = max(calls, key=lambda call: call.depth, default=None)
        new = None if deepest is None else deepest.new
        fits_in = self._n_begun < self._most_begun
        fits_in &= self._n_bytes + self._largest <= self._max_bytes
        n_running = len(self._running)
        nobody_goes_on = n_running == self._n_training and not (self._ready or self._to_train)
        if nobody_goes_on and not (new and fits_in):
            self._make_stacks()
        if self._to_train and self._may_train(self._to_train[0]):
            return self._to_train.popleft()
        if deepest is not None and not (fits_in or n_running or self._ready):
            # All that has begun waits for tasks within it: one more begins, whatever it needs.
            fits_in = not self._lacks_threads or self._n_begun < self._most_begun
            if not fits_in and deepest.parent is not None and deepest.parent_waits:
                # In the thread of the task that made the call.
                deepest.parent_waits = False
                self._ready.append(deepest.parent)
        queue = self._ready or (new if fits_in else None)
        if not queue or n_running >= queue[0].call.limit:
            return None
        return queue.popleft()

    def _may_train(self, task: Task) -> bool:
        """Whether a stack may be trained now: alone, or beside others if all have long calls."""
        beside = trains_beside_others(list(task.stack))
        if self._n_training:
            together = beside and self._trains_beside
            return together and self._n_training < allowed_blas_threads()
        self._trains_beside = beside
        return len(self._running) < task.call.limit

    def _make_stacks(self) -> None:
        """Divide what waits; the first of each stack will train it."""
        for stack in stacks_of(list(self._waiting), allowed_blas_threads()):
            first = self._waiting[stack[0]]
            first.stack = {fit: self._waiting[fit] for fit in stack}
            self._to_train.append(first)
        self._waiting.clear()

    def _abort(self, call: ParallelCall) -> None:
        call.is_aborted = call.has_failed = True
        if call.parent is None:
            self._stop.set()
        # Also one that a KeyboardInterrupt kept from `new`.
        call.tasks = {task for task in call.tasks if task.has_begun}
        call.new.clear()
        for fit, task in list(self._waiting.items()):
            if task.call is call:
                del self._waiting[fit]
                self._ready.append(task)
        for task in call.tasks:
            for inner in task.calls:
                self._abort(inner)
        self._tell_parent(call)
        self._give_turns()
