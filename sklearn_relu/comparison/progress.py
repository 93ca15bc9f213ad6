"""A bar that tells how far the training of a comparison is."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sklearn_relu.parallel import Stacks

SECONDS = 0.25
"""Between two looks at the stacks."""


def bar_on_stderr(n_fits: int) -> Callable[[Stacks], AbstractContextManager] | None:
    """Make a context in which a bar goes on with the epochs of all networks.

    Parameters
    ----------
    n_fits : int
        Networks that will be trained.

    Returns
    -------
    watch : callable or None
        Makes of :class:`~sklearn_relu.parallel.Stacks` a context. None where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        return None

    @contextmanager
    def watch(stacks: Stacks) -> Iterator[None]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        bar = Progress(
            TextColumn("training {task.fields[n_ended]} of {task.fields[n_fits]} networks"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(stderr=True),
            transient=True,
        )
        task = bar.add_task("", total=n_fits, n_fits=n_fits, n_ended=0, left="")
        is_over = threading.Event()

        def look() -> None:
            while not is_over.wait(SECONDS):
                n_trained = stacks.n_trained()
                left = time_left(n_trained / n_fits, bar.tasks[0].elapsed or 0.0)
                n_ended = min(sum(stacks.sizes), n_fits)
                bar.update(task, completed=n_trained, n_ended=n_ended, left=left)

        thread = threading.Thread(target=look, daemon=True)
        with bar:
            thread.start()
            try:
                yield
            finally:
                is_over.set()
                thread.join()

    return watch


def time_left(share: float, elapsed: float) -> str:
    """How long it will take, in words; empty as long as that would be a guess.

    Parameters
    ----------
    share : float
        Of the epochs that networks take at most.
    elapsed : float
        Seconds.

    Returns
    -------
    words : str
        Networks may end before their last epoch, so it is an upper bound.
    """
    if share < 0.01 or elapsed < 1:
        return ""
    seconds = elapsed * (1 - min(share, 1)) / share
    if seconds < 90:
        return f"{seconds:.0f} s left at most"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min left at most"
    return f"{seconds / 3600:.1f} h left at most"
