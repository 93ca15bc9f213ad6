"""How many threads BLAS uses in a fit."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from threadpoolctl import ThreadpoolController

from sklearn_relu.engine.layers import Dense

LARGE_PRODUCT = 8_000_000
"""Multiplications in a product from which a second thread pays."""

_lock = threading.Lock()
_users = 0
_controller: ThreadpoolController | None = None
_limiter: Any = None


def largest_product(layers: list[Dense], n_rows: int) -> int:
    """Multiplications in the largest product of a step with so many rows."""
    return n_rows * max(layer.fan_in * layer.input_width for layer in layers)


def suitable_blas_threads(product: int) -> AbstractContextManager[None]:
    """A context for products of at most so many multiplications: with one thread if they are small.

    A small product is not faster on two threads, and much slower where the machine has other work.
    """
    return nullcontext() if product >= LARGE_PRODUCT else one_blas_thread()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread.

    The limit is the process's. Fits may run in several threads at once: the first sets the limit,
    the last takes it back.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _users, _controller, _limiter
    with _lock:
        if not _users:
            _controller = _controller or ThreadpoolController()
            _limiter = _controller.limit(limits=1, user_api="blas")
        _users += 1


def _leave() -> None:
    global _users
    with _lock:
        _users -= 1
        if not _users:
            _limiter.restore_original_limits()
