"""Settings that all tests share."""

import os

# Results are compared bit by bit, which holds for one BLAS thread; set before NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
