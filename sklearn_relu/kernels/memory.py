"""Scratch memory of a thread, and the pieces in which large arrays are walked.

A large array is walked in pieces that stay in the processor's cache; temporaries live in one
scratch buffer per thread, made once. So no loop allocates in proportion to its input.
"""

import math
import threading
from collections.abc import Iterator

import numpy as np

PIECE = 32768
"""Elements in one piece: the five float64 arrays of Adam fill 1.3 MB of it, most of a level 2
cache; smaller pieces measure slower, for each costs a call per operation."""

ROW = 2048
"""Elements of a constant that stays in the level 1 cache."""

CONSTANTS = {"zeros": 0, "ones": 1}

MAX_VIEWS = 1000
"""Of scratch memory, which a thread keeps: each new batch size brings some."""


class _Local(threading.local):
    def __init__(self):
        self.memory = {}
        self.views = {}


_local = _Local()


def scratch(shape: tuple[int, ...], dtype, slot: int = 0) -> np.ndarray:
    """Uninitialised memory of this thread; good until the next call with the same `slot`.

    Parameters
    ----------
    shape : tuple of int
        At most about `PIECE` elements: the memory is kept for the life of the thread.
    dtype : dtype
    slot : int, default=0
        Temporaries in use at the same time need different slots.

    Returns
    -------
    buffer : ndarray of `shape`
    """
    return _view(slot, shape, dtype)


def constant(name: str, shape: tuple[int, ...], dtype) -> np.ndarray:
    """Return an array of "zeros" or "ones", kept by this thread; nobody writes to it."""
    return _view(name, shape, dtype)


def pieces(n: int, width: int = 1) -> Iterator[slice]:
    """Slices that cover ``range(n)``, each of at most `PIECE` elements in rows of `width`."""
    step = max(1, PIECE // width)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def blocks(n_networks: int, n: int, width: int = 1) -> Iterator[tuple[slice, slice]]:
    """Networks, and rows of each, that together fill a piece: several networks, or a part of one.

    A network's pieces, and so the bits of its sums, do not depend on how many others there are.
    """
    for networks in pieces(n_networks, n * width):
        for rows in pieces(n, width):
            yield networks, rows


def _view(name: int | str, shape: tuple[int, ...], dtype) -> np.ndarray:
    """The beginning of this thread's memory of that name, in that shape."""
    key = name, shape, dtype
    view = _local.views.get(key)
    return _make_view(*key) if view is None else view


def _make_view(name: int | str, shape: tuple[int, ...], dtype) -> np.ndarray:
    size, memory = math.prod(shape), _local.memory.get((name, dtype))
    if memory is None or memory.size < size:
        memory = np.empty(max(size, PIECE), dtype)
        if name in CONSTANTS:
            memory.fill(CONSTANTS[name])
        _local.memory[name, dtype] = memory
        # No view is to keep the memory that this one replaces.
        for key in [key for key in _local.views if (key[0], key[2]) == (name, dtype)]:
            del _local.views[key]
    if len(_local.views) == MAX_VIEWS:
        _local.views.clear()
    view = _local.views[name, shape, dtype] = memory[:size].reshape(shape)
    return view
