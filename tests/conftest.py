"""Settings that all tests share."""

import os
import signal
import sys

from hypothesis import HealthCheck, settings

# Results are compared bit by bit, which holds for one BLAS thread; set before NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# The same few examples in each run; for a hunt: --hypothesis-profile=long. Never by time.
unhurried = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", derandomize=True, max_examples=40, **unhurried)
settings.register_profile("long", max_examples=3000, print_blob=True, **unhurried)
settings.load_profile("quick")


QUICK = (
    "checkpoint",
    "container",
    "data_frames",
    "estimators",
    "golden",
    "meta_estimators",
    "metadata_routing",
    "portability",
    "save",
    "sklearn_versions",
    "threads",
)
"""Test modules that feel most of what operating systems and Pythons differ in: a minute."""


def pytest_addoption(parser):
    """To test what NumPy does where numba could; and a part of the tests."""
    parser.addoption("--without-numba", action="store_true", help="as if it were not installed")
    parser.addoption("--quick", action="store_true", help="what systems differ in: a minute")


def pytest_ignore_collect(collection_path, config):
    """Leave out what is not quick, if asked to."""
    name = collection_path.name
    is_test = name.startswith("test_") and name.endswith(".py")
    if is_test and config.getoption("--quick"):
        return name not in {f"test_{quick}.py" for quick in QUICK} or None
    return None


def pytest_configure(config):
    """Hide numba before anything imports it; let Ctrl-C be heard."""
    # A shell that starts the tests in the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--without-numba"):
        sys.modules["numba"] = None
        os.environ["WITHOUT_NUMBA"] = "1"  # for processes that a test starts
