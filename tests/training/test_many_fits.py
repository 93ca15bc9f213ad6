"""A process that fits again and again holds no more memory for it."""

import gc
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score

from sklearn_relu import MLPClassifier, MLPRegressor, lockstep

X, y = make_classification(60, 5, random_state=0)
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 2}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]


def fit(seed):
    MLPClassifier(**SMALL, random_state=seed).fit(X, y).predict_proba(X)


def fit_an_ensemble(seed):
    model = MLPRegressor(**SMALL, random_state=seed, ensemble_size=2, dropout=0.2)
    model.fit(X, X[:, 0]).predict(X)


def go_on(seed):
    model = MLPClassifier(**SMALL, random_state=seed, warm_start=True).fit(X, y)
    model.fit(X, y).partial_fit(X, y)


def minimize(seed):
    MLPClassifier(**SMALL, random_state=seed, solver="lbfgs").fit(X, y)


def fit_in_lockstep(seed):
    with lockstep():
        cross_val_score(MLPClassifier(**SMALL, random_state=seed), X, y, cv=3)


def fail(seed):
    model = MLPRegressor(**SMALL, random_state=seed, solver="sgd")
    with pytest.raises(ValueError, match="non-finite"):
        model.fit(X, 1e200 * X[:, 0])


COURSES = [fit, fit_an_ensemble, go_on, minimize, fit_in_lockstep, fail]


def growth(course, n_calls):
    """Bytes that Python holds more after some calls than after as many before them."""
    held = []
    # Python's own cache of attributes holds names that were built to look them up, up to 4,096.
    clear = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache
    tracemalloc.start()
    for _ in range(2):  # in the first, caches fill that have a bound
        for seed in range(n_calls):
            course(seed)
        gc.collect()
        clear()
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return held[1] - held[0]


def resident():
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * 4096


@pytest.mark.slow
@pytest.mark.parametrize("course", COURSES)
def test_a_thousand_fits_leave_no_memory_behind(course):
    assert growth(course, 1000) < 1000 * 20
    if Path("/proc/self/statm").exists():
        before = resident()
        for seed in range(1000):
            course(seed)
        # A thousand networks with their fitted attributes are some 10 MB.
        assert resident() - before < 2 * 2**20


def test_fits_leave_no_thread_behind():
    import threading

    before = threading.active_count()
    for course in COURSES:
        course(0)
    assert threading.active_count() == before


def test_a_failed_fit_holds_nothing_of_its_data():
    import weakref

    data = np.array(X)
    last = weakref.ref(data)
    model = MLPRegressor(**SMALL, solver="sgd")
    with pytest.raises(ValueError, match="non-finite"):
        model.fit(data, 1e200 * X[:, 0])
    del data
    gc.collect()
    assert last() is None
