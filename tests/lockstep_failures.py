"""Random searches in lockstep whose fits fail in random ways; what must hold of each.

As a script, ``python tests/lockstep_failures.py 1000`` does so many, and dumps all threads if one
of them hangs.
"""

import _thread
import faulthandler
import sys
import threading
import time
import warnings
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline

from sklearn_relu import MLPClassifier, lockstep
from sklearn_relu.activations import Activation

X, Y = make_classification(60, 5, random_state=0)
SECONDS = 60
"""After so many, a run counts as hanging."""


class Fails(BaseEstimator, TransformerMixin):
    """A step that raises, when it is fitted or when it is used, or takes its time."""

    def __init__(self, how="not"):
        self.how = how

    def fit(self, X, y=None):
        if self.how == "fit":
            raise RuntimeError("a failure that was injected")
        if self.how == "slow":
            time.sleep(0.002)
        return self

    def transform(self, X):
        # The rows to score on are fewer than those to fit.
        if self.how == "score" and len(X) < len(Y) / 2:
            raise RuntimeError("a failure that was injected")
        return X


class FailsWithin(Activation):
    """The identity up to a thousand; beyond, raises, in a step of the training of a stack."""

    def forward(self, z, a, params, noise=None):
        if np.abs(z).max() > 1e3:
            raise ArithmeticError("a failure that was injected")
        a[...] = z

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        grad_z[...] = grad_a


FAILURES = {
    "nothing": {},
    "bad parameter": {"mlpclassifier__alpha": -1.0},
    "divergence": {"mlpclassifier__learning_rate_init": 1e300, "mlpclassifier__solver": "sgd"},
    "in a step of the stack": {"mlpclassifier__bias_initialization": 1e4},
    "before the network": {"fails__how": "fit"},
    "in scoring": {"fails__how": "score"},
    "slow": {"fails__how": "slow"},
    "alone": {"mlpclassifier__time_limit": 100.0},
    "many epochs": {"mlpclassifier__max_iter": 20},
}


def run(seed: int) -> str:
    """One random search with failures, with and, unless it is interrupted, without lockstep.

    Returns what happened. Raises an AssertionError if results differ, or a thread is left.
    """
    rng = np.random.RandomState(seed)
    network = MLPClassifier(
        (6,), FailsWithin(), batch_size=16, max_iter=3, random_state=0, n_iter_no_change=100
    )
    pipeline = make_pipeline(Fails(), network)
    names = rng.choice(list(FAILURES), size=rng.randint(1, 4))
    candidates = [
        {key: [value] for key, value in FAILURES[name].items()}
        | {"mlpclassifier__random_state": list(range(rng.randint(1, 5)))}
        for name in names
    ]
    raises, nested, interrupted = rng.uniform(size=3) < [0.3, 0.3, 0.3]
    n_jobs = [None, 2, 3][rng.randint(3)]
    search = GridSearchCV(
        pipeline,
        candidates,
        cv=3,
        error_score="raise" if raises else np.nan,
        n_jobs=n_jobs,
        refit=nested,
        pre_dispatch=[1, "2*n_jobs", "all"][rng.randint(3)],
    )
    n_threads, filters = threading.active_count(), list(warnings.filters)
    # One in three bounds cannot hold the whole search.
    max_bytes = int(10 ** rng.uniform(3, 8))
    timer = threading.Timer(rng.uniform(0, 0.06), _thread.interrupt_main)
    try:
        with _stacks_of_any_size(rng), _few_threads(rng), lockstep(max_bytes=max_bytes):
            if interrupted:
                timer.start()
            together = _outcome(search, nested)
            if interrupted:
                timer.join()
                time.sleep(0.01)  # it may come late, but not after this function's end
    except KeyboardInterrupt:
        timer.join()
        together = "interrupted"
    deadline = time.monotonic() + 5
    while threading.active_count() > n_threads and time.monotonic() < deadline:
        time.sleep(0.001)
    assert threading.active_count() <= n_threads, threading.enumerate()
    assert warnings.filters == filters
    if isinstance(together, str) and together == "interrupted":
        return together
    alone = _outcome(search.set_params(n_jobs=None), nested)
    np.testing.assert_equal(together, alone)
    return alone if isinstance(alone, str) else "finished"


@contextmanager
def _stacks_of_any_size(rng):
    """Divide fits into stacks, and let several train at the same time, whatever is worthwhile."""
    n_threads = int(rng.randint(1, 5))
    limits = {"CACHE": int(10 ** rng.uniform(2, 7)), "LONG_CALL": int(10 ** rng.uniform(0, 6))}
    with (
        patch.multiple("sklearn_relu.training.stacks", **limits),
        patch("sklearn_relu.training.gathering.allowed_blas_threads", lambda: n_threads),
    ):
        yield


@contextmanager
def _few_threads(rng):
    """In one of three runs, the system gives no thread beyond a few."""
    most = threading.active_count() + (rng.randint(8) if rng.uniform() < 1 / 3 else 1000)
    start = threading.Thread.start

    def limited(thread):
        if threading.active_count() >= most and not isinstance(thread, threading.Timer):
            raise RuntimeError("can't start new thread")
        start(thread)

    with patch.object(threading.Thread, "start", limited):
        yield


def _outcome(search, nested):
    """Scores, or the error's type."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if nested:
                return cross_validate(search, X, Y, cv=3, error_score=np.nan)["test_score"]
            results = search.fit(X, Y).cv_results_
            return {name: v for name, v in results.items() if name.endswith("test_score")}
        except Exception as error:
            # Of several failures the first to be noticed is raised.
            return "raised" if "injected" in str(error) or "alpha" in str(error) else str(error)


if __name__ == "__main__":
    outcomes: dict[str, int] = {}
    for each in range(int(sys.argv[1])):
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        print(each, end="\r", flush=True)
        outcome = run(each)[:60]
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    faulthandler.cancel_dump_traceback_later()
    print(outcomes)
