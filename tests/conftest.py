"""Settings that all tests share."""

import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Results are compared bit by bit, which holds for one BLAS thread; set before NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# The same few examples in each run; for a hunt: --hypothesis-profile=long. Never by time.
unhurried = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", derandomize=True, max_examples=40, **unhurried)
settings.register_profile("long", max_examples=3000, print_blob=True, **unhurried)
settings.load_profile("quick")

FOLDER = Path(__file__).parent
QUICK = (
    "callbacks/test_checkpoint.py",
    "estimators/test_data_frames.py",
    "estimators/test_estimators.py",
    "estimators/test_meta_estimators.py",
    "estimators/test_metadata_routing.py",
    "estimators/test_sklearn_versions.py",
    "files/test_container.py",
    "kernels/test_threads.py",
    "persistence/test_golden.py",
    "persistence/test_save.py",
    "project/test_portability.py",
)
"""Test modules that feel most of what operating systems and Pythons differ in: a minute."""


def pytest_addoption(parser):
    """To test what NumPy does where numba could; and a part of the tests."""
    parser.addoption("--without-numba", action="store_true", help="as if it were not installed")
    parser.addoption("--quick", action="store_true", help="what systems differ in: a minute")


def pytest_ignore_collect(collection_path, config):
    """Leave out what is not quick, if asked to."""
    if collection_path.match("test_*.py") and config.getoption("--quick"):
        return collection_path.relative_to(FOLDER).as_posix() not in QUICK or None
    return None


def pytest_collection_modifyitems(items):
    """Refuse ids that could not be told apart, or that differ from process to process.

    Tests in parallel are collected by each process, and shared out by their ids.
    """
    from helpers import ADDRESS  # imports NumPy

    ids = [item.nodeid for item in items]
    found = [one for one, n in Counter(ids).items() if n > 1 or re.search(ADDRESS, one)]
    if found:
        raise pytest.UsageError(f"ids that are not unique or hold an address: {found}")


def pytest_configure(config):
    """Hide numba before anything imports it; let Ctrl-C be heard."""
    # A shell that starts the tests in the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--without-numba"):
        sys.modules["numba"] = None
        os.environ["WITHOUT_NUMBA"] = "1"  # for processes that a test starts
