"""How many threads BLAS uses."""

import os
import sys
import threading
import weakref
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from types import FrameType

from threadpoolctl import LibController, ThreadpoolController

LARGE_PRODUCT = 16_000_000
"""Multiplications in a product from which a second thread pays."""

_lock = threading.RLock()  # a signal's handler may predict, or fork, in the thread that has it
_limits: set[weakref.ref["_Limit"]] = set()
"""Those in force. One that was not left is gone with the function that it was for.

No WeakSet: a KeyboardInterrupt while one is iterated over leaves it unable to forget, and later to
tell how many it has.
"""
_before: dict[str, int] = {}
"""For each library under a limit, by file: its threads without it."""


def suitable_blas_threads(product: int = 0) -> AbstractContextManager:
    """A context for products of at most so many multiplications.

    Small ones run on one thread: more are no faster. Large ones run on as many as the user allows.
    scipy's BLAS always has one: where numpy brings another, the threads of the two, which wait by
    spinning, would take the processor from each other.

    The limits are the process's. Contexts may be open in several threads at once: the first sets a
    limit, the last takes it back. A KeyboardInterrupt may keep one from taking it back, and the
    threads of a parent process do not exist in its child: such limits end with the fork, or with
    the next context.

    Parameters
    ----------
    product : int, default=0

    Returns
    -------
    context : context manager
        For a ``with`` statement in a function that is no generator: it holds as long as that
        function runs, at most.
    """
    return _Limit(_all_blas() if product < LARGE_PRODUCT else _blas_of_scipy())


def allowed_blas_threads() -> int:
    """How many threads numpy's BLAS may use, whatever limits this package has set."""
    with _lock:
        numbers = [_before.get(lib.filepath) or lib.num_threads for lib in _all_blas()]
    return max(numbers, default=1)


@cache
def _all_blas() -> list[LibController]:
    return [lib for lib in ThreadpoolController().lib_controllers if lib.user_api == "blas"]


@cache
def _blas_of_scipy() -> list[LibController]:
    """Empty if numpy and scipy share a BLAS."""
    return [lib for lib in _all_blas() if {"scipy", "scipy.libs"} & set(Path(lib.filepath).parts)]


class _Limit:
    """One thread for each of some libraries, while the function that says ``with`` runs."""

    def __init__(self, libraries: list[LibController]):
        self.libraries = libraries
        self.thread = threading.current_thread()
        self.frame: FrameType | None = None
        self.reference = weakref.ref(self)

    def __enter__(self) -> None:
        self.thread, self.frame = threading.current_thread(), sys._getframe(1)
        with _lock:
            if _limits or _before:
                _end_those_left()
            _limits.add(self.reference)
            for library in self.libraries:
                if library.filepath not in _before:
                    _before[library.filepath] = n_threads = library.num_threads
                    if n_threads > 1:  # for one row, setting it takes as long as the products
                        _set_threads(library, 1)

    def __exit__(self, *error: object) -> None:
        with _lock:
            _limits.discard(self.reference)
            _restore(self.libraries)
        self.frame = None

    def holds(self) -> bool:
        """Whether its function runs, or if that is another thread's, whether that thread lives.

        A KeyboardInterrupt comes in the main thread, which ends what it has left when it comes here
        again, also if a traceback keeps the limit. Frames of another thread are not looked at, for
        they change meanwhile.
        """
        if self.thread is not threading.current_thread():
            return self.thread.is_alive()
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame is not self.frame:
            frame = frame.f_back
        return frame is not None


# All that follows needs the lock.


def _end_those_left() -> None:
    """Forget limits whose functions run no more; a context was not left, or a process forked."""
    for reference in list(_limits):
        limit = reference()
        if limit is None or not limit.holds():
            _limits.discard(reference)
    _restore(_all_blas())


def _restore(libraries: list[LibController]) -> None:
    """Take limits back where none is in force; done again, it does what an interrupt cut off."""
    for library in libraries:
        limits = [reference() for reference in list(_limits)]
        is_limited = any(limit is not None and library in limit.libraries for limit in limits)
        if library.filepath in _before and not is_limited:
            if _before[library.filepath] > 1:
                _set_threads(library, _before[library.filepath])
            del _before[library.filepath]


def _set_threads(library: LibController, n_threads: int) -> None:
    """Set it from whatever thread.

    Newer threadpoolctl does nothing in a thread while another one has set OpenBLAS's. Here limits
    are counted across threads, and nobody is kept from setting others afterwards.
    """
    clear = getattr(library, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    library.set_num_threads(n_threads)
    clear(force=True)


def _begin_in_child() -> None:
    """Have a lock that no other thread held, and end the limits of threads that are not here."""
    global _lock
    _lock = threading.RLock()
    if _limits or _before:
        _end_those_left()


if hasattr(os, "register_at_fork"):
    # Fork when no other thread is at it: neither this lock nor threadpoolctl's is then held.
    os.register_at_fork(
        before=lambda: _lock.acquire(),
        after_in_parent=lambda: _lock.release(),
        after_in_child=_begin_in_child,
    )
