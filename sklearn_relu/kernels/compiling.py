"""Loops that numba compiles where it can; where it cannot, their callers do without."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

lock = threading.RLock()
"""For importing numba and making loops, and saying what came of it."""
_compiler_locks: list[Any] = []
"""numba's own, once it is imported."""
_said: set[str] = set()


class NotCompiled(Exception):  # noqa: N818
    """Raised by a loop that numba cannot compile for such arguments, before it does anything."""


class OnlyThese:
    """A loop for the kinds of arguments that it was compiled for, as another one failed."""

    def __init__(self, loop: Any):
        self._loop = loop
        self._kinds = set(loop.overloads)

    def __call__(self, *args):
        if _kind(args) not in self._kinds:
            raise NotCompiled
        return self._loop(*args)


def compiled(function: Callable, options: dict, is_kept: bool = True) -> Any:
    """A function that numba compiles for each kind of arguments when they first come.

    Parameters
    ----------
    function : callable
    options : dict
        For ``numba.njit``.
    is_kept : bool, default=True
        Whether what is compiled is kept on disk, if there is a folder for it.
    """
    import numba

    if is_kept:
        try:
            return numba.njit(cache=True, **options)(function)
        except Exception:  # no folder that can be written
            pass
    return numba.njit(**options)(function)


def mended(loop: Any, options: dict, args: tuple, error: Exception) -> Callable:
    """The function to be called in place of a loop that raised an error.

    Whether a loop is compiled for a kind of arguments is decided when they first come, for the
    life of the process: so results do not change in the middle.

    Raises
    ------
    Exception
        The error, if it is of the loop itself, which works in place.
    """
    traceback = error.__traceback__
    is_of_numba = traceback is not None and traceback.tb_next is not None
    if not (is_of_numba and hasattr(loop, "overloads")):
        raise error
    kind = _kind(args)
    if kind in loop.overloads:  # it was compiled, but could not be kept
        return loop
    for path in kept(loop, "nb[ic]"):  # perhaps it cannot be read
        with suppress(OSError):
            path.unlink(missing_ok=True)
    for is_kept in (True, False):
        again = compiled(loop.py_func, options, is_kept)
        try:
            again.compile(kind)
        except Exception as another:
            error = another
        else:
            return again
    say_numpy_does(f"numba cannot compile its loops ({in_a_line(error)})")
    return OnlyThese(loop)


def kept(loop: Any, suffix: str = "nbi") -> list[Path]:
    """Files in which numba keeps a loop."""
    folder, function = loop.stats.cache_path, loop.py_func
    if folder is None:
        return []
    name = Path(function.__code__.co_filename).stem
    with suppress(OSError):
        return list(Path(folder).glob(f"{name}.{function.__name__}-*.{suffix}"))
    return []


def _kind(args: tuple) -> tuple:
    import numba

    return tuple(numba.typeof(arg) for arg in args)


def numba_works() -> bool:
    """Whether numba is there, can be imported and is not switched off; needs the lock."""
    try:
        import numba
        from numba.core.compiler_lock import global_compiler_lock
    except Exception as error:
        if not (isinstance(error, ModuleNotFoundError) and error.name == "numba"):
            say_numpy_does(f"numba cannot be imported ({in_a_line(error)})")
        return False
    if getattr(numba.config, "DISABLE_JIT", False):
        say_numpy_does("numba is switched off (NUMBA_DISABLE_JIT)")
        return False
    _compiler_locks[:] = [global_compiler_lock]
    return True


def say_numpy_does(reason: str) -> None:
    """Say that NumPy's forms run, once."""
    say("fallback", f"NumPy does what compiled loops would, in more time: {reason}.")


def say(subject: str, message: str) -> None:
    """Say something on a subject, once in a process."""
    with lock:
        if subject not in _said:
            _said.add(subject)
            logging.getLogger("sklearn_relu").warning("sklearn_relu: %s", message)


def in_a_line(error: BaseException) -> str:
    """Its class and the beginning of its message."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}".removesuffix(": ")


def _wait_for_compilers() -> None:
    """Fork when no other thread imports numba or compiles: the child would wait for it for ever."""
    lock.acquire()
    for of_numba in _compiler_locks:
        of_numba.acquire()


def _let_compilers_go_on() -> None:
    for of_numba in _compiler_locks:
        of_numba.release()
    lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_wait_for_compilers,
        after_in_parent=_let_compilers_go_on,
        after_in_child=_let_compilers_go_on,
    )
