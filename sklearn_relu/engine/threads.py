"""How many threads BLAS uses."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from threadpoolctl import LibController, ThreadpoolController

from sklearn_relu.engine.layers import Dense

LARGE_PRODUCT = 16_000_000
"""Multiplications in a product from which a second thread pays."""

_lock = threading.Lock()
_held: dict[str, list[int]] = {}
"""For each library under a limit, by file: how many hold it, and its threads without them."""


def largest_product(layers: list[Dense], n_rows: int) -> int:
    """Multiplications in the largest product of a step with so many rows."""
    return n_rows * max(layer.fan_in * layer.input_width for layer in layers)


@contextmanager
def suitable_blas_threads(product: int = 0) -> Iterator[None]:
    """A context for products of at most so many multiplications.

    Small ones run on one thread: more are no faster. Large ones run on as many as the user allows.
    scipy's BLAS always has one: where numpy brings another, the threads of the two, which wait by
    spinning, would take the processor from each other.

    The limits are the process's. Contexts may be open in several threads at once: the first sets a
    limit, the last takes it back.

    Parameters
    ----------
    product : int, default=0
    """
    libraries = _all_blas() if product < LARGE_PRODUCT else _blas_of_scipy()
    _hold(libraries)
    try:
        yield
    finally:
        _release(libraries)


def allowed_blas_threads() -> int:
    """How many threads numpy's BLAS may use, whatever limits this package has set."""
    with _lock:
        numbers = [
            _held[lib.filepath][1] if lib.filepath in _held else lib.num_threads
            for lib in _all_blas()
        ]
    return max(numbers, default=1)


@cache
def _all_blas() -> list[LibController]:
    return [lib for lib in ThreadpoolController().lib_controllers if lib.user_api == "blas"]


@cache
def _blas_of_scipy() -> list[LibController]:
    """Empty if numpy and scipy share a BLAS."""
    return [lib for lib in _all_blas() if {"scipy", "scipy.libs"} & set(Path(lib.filepath).parts)]


def _hold(libraries: list[LibController]) -> None:
    with _lock:
        for library in libraries:
            if library.filepath not in _held:
                n_threads = library.num_threads
                _held[library.filepath] = [0, n_threads]
                if n_threads > 1:  # for one row, setting it takes as long as the products
                    _set_threads(library, 1)
            _held[library.filepath][0] += 1


def _set_threads(library: LibController, n_threads: int) -> None:
    """Set it from whatever thread.

    Newer threadpoolctl does nothing in a thread while another one has set OpenBLAS's. Here limits
    are counted across threads, and nobody is kept from setting others afterwards.
    """
    clear = getattr(library, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    library.set_num_threads(n_threads)
    clear(force=True)


def _release(libraries: list[LibController]) -> None:
    with _lock:
        for library in libraries:
            held = _held[library.filepath]
            held[0] -= 1
            if not held[0]:
                if held[1] > 1:
                    _set_threads(library, held[1])
                del _held[library.filepath]
