"""What a call costs, without a clock."""

import sys
import tracemalloc


def calls_and_bytes_of(function):
    """Calls of functions, Python's and C's, and the most memory that is new at once."""
    counts = {"call": 0, "c_call": 0}

    def count(frame, event, argument):
        if event in counts:
            counts[event] += 1

    tracemalloc.start()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return counts, peak
