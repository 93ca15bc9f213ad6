"""What all benchmarks share: NumPy's products as they are by themselves, and what runs them.

To be imported before NumPy: some environments set variables for other software by which OpenBLAS,
as it is loaded, chooses kernels of half the speed. Processes that a benchmark starts do not have
them either.
"""

import os
import sys
from contextlib import contextmanager

SLOWED_BY = "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"

if {os.environ.pop(name, None) for name in SLOWED_BY} != {None} and "numpy" in sys.modules:
    raise ImportError(
        f"{__name__} takes {SLOWED_BY} out of the environment: import it before NumPy"
    )


def kernels() -> str:
    """The libraries of BLAS that are loaded, and their kernels, in a line."""
    import numpy  # noqa: F401
    import scipy.linalg.blas  # noqa: F401
    from threadpoolctl import threadpool_info

    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    return "; ".join(
        f"{os.path.basename(os.path.dirname(info['filepath']))}: {info['internal_api']} "
        f"{info['version']}, kernels {info.get('architecture', 'unknown')}, "
        f"{info['num_threads']} threads"
        for info in sorted(found, key=lambda info: info["filepath"])
    )


@contextmanager
def compiled_loops(wanted):
    """Whether sklearn_relu uses its compiled loops."""
    from sklearn_relu.kernels import fused

    loops = fused.loops
    if not wanted:
        fused.loops = lambda: None
    try:
        yield
    finally:
        fused.loops = loops
