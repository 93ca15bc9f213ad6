"""Loops that numba compiles where it can; where it cannot, their callers do without."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_lock = threading.RLock()
"""For importing numba, and saying what came of it."""
_compiler_locks: list[Any] = []
"""numba's own, once it is imported."""
_said: set[str] = set()


class NotCompiled(Exception):  # noqa: N818
    """Raised by a loop that numba cannot compile for such arguments, before it does anything."""


class Loop:
    """A function compiled for each kind of arguments when they first come.

    Whether it is compiled for a kind is decided then, for the life of the process: so results do
    not change in the middle.

    Parameters
    ----------
    numba : module
    function : callable
        It must not be called again after an error of its own, for it works in place.
    options : dict
        For ``numba.njit``.
    """

    def __init__(self, numba: Any, function: Callable, options: dict):
        self._numba = numba
        self._function = function
        self._options = options
        self._refused: set[tuple] = set()
        try:
            self._compiled = self._new(cache=True)
        except Exception:  # no folder to keep it in that can be written
            self._compiled = self._new(cache=False)

    def __call__(self, *args):
        compiled = self._compiled
        if self._refused and self._kind(args) in self._refused:
            raise NotCompiled
        n_kinds = len(compiled.overloads)
        try:
            return compiled(*args)
        except Exception as error:
            kind = self._kind(args)
            if kind not in compiled.overloads:
                compiled = self._compile_again(kind, error)
            elif len(compiled.overloads) == n_kinds:
                raise
        # It was compiled, but could not be kept, or what was kept could not be read.
        return compiled(*args)

    @property
    def cache_path(self) -> str | None:
        """The folder in which numba keeps what it compiles, or None."""
        return self._compiled.stats.cache_path

    @property
    def is_kept(self) -> bool:
        """Whether something compiled is there already."""
        return bool(self._kept("nbi"))

    def _new(self, cache: bool) -> Any:
        return self._numba.njit(cache=cache, **self._options)(self._function)

    def _kind(self, args: tuple) -> tuple:
        return tuple(self._numba.typeof(arg) for arg in args)

    def _kept(self, suffix: str) -> list[Path]:
        """Files in which numba keeps it."""
        name = Path(self._function.__code__.co_filename).stem
        pattern = f"{name}.{self._function.__name__}-*.{suffix}"
        try:
            return [] if self.cache_path is None else list(Path(self.cache_path).glob(pattern))
        except OSError:
            return []

    def _compile_again(self, kind: tuple, error: Exception) -> Any:
        """Without what was kept, for that may be unreadable; then without keeping it."""
        for path in self._kept("nb[ic]"):
            try:
                path.unlink(missing_ok=True)
            except OSError:
                break
        for cache in (True, False):
            try:
                compiled = self._new(cache)
                compiled.compile(kind)
            except Exception as another:
                error = another
            else:
                self._compiled = compiled
                return compiled
        self._refused.add(kind)
        say_numpy_does(f"numba cannot compile its loops ({in_a_line(error)})")
        raise NotCompiled from error


def import_numba() -> Any:
    """The module, or None where it is missing, fails or is switched off."""
    with _lock:
        try:
            import numba
            from numba.core.compiler_lock import global_compiler_lock
        except Exception as error:
            if not (isinstance(error, ModuleNotFoundError) and error.name == "numba"):
                say_numpy_does(f"numba cannot be imported ({in_a_line(error)})")
            return None
        if getattr(numba.config, "DISABLE_JIT", False):
            say_numpy_does("numba is switched off (NUMBA_DISABLE_JIT)")
            return None
        _compiler_locks[:] = [global_compiler_lock]
        return numba


def say_numpy_does(reason: str) -> None:
    """Say that NumPy's forms run, once."""
    say("fallback", f"NumPy does what compiled loops would, in more time: {reason}.")


def say(subject: str, message: str) -> None:
    """Say something on a subject, once in a process."""
    with _lock:
        if subject not in _said:
            _said.add(subject)
            logging.getLogger("sklearn_relu").warning("sklearn_relu: %s", message)


def in_a_line(error: BaseException) -> str:
    """Its class and the beginning of its message."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}".removesuffix(": ")


def _wait_for_compilers() -> None:
    """Fork when no other thread imports numba or compiles: the child would wait for it for ever."""
    _lock.acquire()
    for lock in _compiler_locks:
        lock.acquire()


def _let_compilers_go_on() -> None:
    for lock in _compiler_locks:
        lock.release()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_wait_for_compilers,
        after_in_parent=_let_compilers_go_on,
        after_in_child=_let_compilers_go_on,
    )
