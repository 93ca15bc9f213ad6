"""Measuring what a call allocates."""

import tracemalloc
from collections.abc import Callable


def peak_of(run: Callable[[], object]) -> int:
    """Return the most bytes that a call has allocated at once, its first call apart.

    The first call makes memory that is kept, such as scratch buffers of the thread.
    """
    run()
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not was_tracing:
            tracemalloc.stop()
