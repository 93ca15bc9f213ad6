"""Fits at the same time, in threads and in processes: each as if it were alone."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, cross_val_predict
from threadpoolctl import threadpool_info

from sklearn_relu import MLPClassifier, MLPRegressor, lockstep
from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.losses import LOSSES
from sklearn_relu.optimizers import OPTIMIZERS

X, y = make_classification(60, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
POSITIVE = np.linspace(0.01, 0.99, 60)
SMALL = {"hidden_layer_sizes": (6, 5), "max_iter": 4, "batch_size": 20, "random_state": 0}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]


@pytest.fixture
def restless():
    """Threads take turns every few microseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def models():
    """One of each part, and of what has state of its own."""
    classifiers = [
        *({"activation": name} for name in ACTIVATIONS),
        *({"solver": name} for name in OPTIMIZERS),
        *({"loss": name} for name, loss in LOSSES.items() if loss.for_classes),
        *({"dropout": 0.3, "input_noise": 0.1}, {"early_stopping": True, "penalty": "l1"}),
        *({"ensemble_size": 2}, {"dtype": "float32"}, {"class_weight": {0: 1, 1: 2, 2: 1}}),
    ]
    losses = [name for name, loss in LOSSES.items() if loss.for_numbers]
    return [MLPClassifier(**SMALL, **params) for params in classifiers] + [
        MLPRegressor(name, **SMALL) for name in losses
    ]


def fitted(model):
    """Its parameters and predictions after a fit, and after a call of partial_fit."""
    target = y if isinstance(model, MLPClassifier) else POSITIVE
    model.fit(X, target)
    outputs = [*model.coefs_, model.predict(X)]
    if not model.early_stopping and model.solver != "lbfgs":
        model.partial_fit(X, target)
    return [*outputs, *model.coefs_, model.predict(X)]


def at_once(calls):
    """The results of calls that begin together, one a thread."""
    barrier = threading.Barrier(len(calls))

    def waiting(call):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result() for each in [pool.submit(waiting, call) for call in calls]]


def assert_same(some, others):
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one, other)


def test_fits_in_8_threads_give_what_they_give_one_by_one(restless):
    alone = [fitted(model) for model in models()]
    waiting, done = iter(enumerate(models())), [None] * len(alone)
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                i, model = next(waiting, (None, None))
            if model is None:
                return
            done[i] = fitted(model)

    limits = [library["num_threads"] for library in threadpool_info()]
    at_once([work] * 8)
    for one, other in zip(done, alone, strict=True):
        assert_same(one, other)
    assert [library["num_threads"] for library in threadpool_info()] == limits


def test_8_threads_may_predict_with_one_model(restless):
    model = MLPClassifier(**SMALL, ensemble_size=2).fit(X, y)
    parts = np.array_split(np.tile(X, (40, 1)), 8)
    alone = [model.predict_proba(part) for part in parts]
    with sklearn.config_context(working_memory=0.01):
        assert_same(at_once([lambda part=part: model.predict_proba(part) for part in parts]), alone)


def test_one_part_serves_fits_in_several_threads(restless):
    activation, solver = ACTIVATIONS["prelu"](), OPTIMIZERS["adam"]()

    def fit():
        return fitted(MLPClassifier(**SMALL, activation=activation, solver=solver))

    alone = fit()
    for each in at_once([fit] * 8):
        assert_same(each, alone)


def test_one_estimator_that_two_threads_fit_is_that_of_one_of_them(restless):
    for _ in range(10):
        model = MLPClassifier(**SMALL)
        at_once([lambda m=model: m.fit(X, y), lambda m=model: m.fit(X[:, :3], y > 0)])
        data, target = (X, y) if model.n_features_in_ == 5 else (X[:, :3], y > 0)
        alone = MLPClassifier(**SMALL).fit(data, target)
        assert vars(model).keys() == vars(alone).keys()
        assert_same(model.coefs_, alone.coefs_)
        assert_same([model.predict(data)], [alone.predict(data)])


def test_gatherings_in_several_threads_do_not_meet(restless):
    # It converges: filters of warnings are the process's, so in threads some could get through.
    model = MLPClassifier(**SMALL, tol=1e3, n_iter_no_change=1)

    def predictions():
        with lockstep():
            return cross_val_predict(model, X, y, cv=3)

    alone = cross_val_predict(model, X, y, cv=3)
    for each in at_once([predictions] * 4):
        np.testing.assert_array_equal(each, alone)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_search_gives_the_same_with_any_n_jobs(backend):
    grid = {"activation": ["relu", "tanh"], "dropout": [0.0, 0.3]}

    def search(n_jobs):
        with joblib.parallel_config(backend, n_jobs=n_jobs):
            return GridSearchCV(MLPClassifier(**SMALL), grid, cv=2).fit(X, y)

    one, two = search(1), search(2)
    for name in one.cv_results_:
        if "time" not in name:
            np.testing.assert_array_equal(one.cv_results_[name], two.cv_results_[name])
    assert_same(one.best_estimator_.coefs_, two.best_estimator_.coefs_)


FIT = """
import hashlib, threading, warnings
import numpy as np
from sklearn_relu import MLPClassifier
warnings.simplefilter("ignore")
X = np.random.RandomState(0).normal(size=(40, 4))
y = np.digitize(X[:, 0], [-0.5, 0.5])
start = threading.Barrier({n_threads})
digests = set()
def fit():
    start.wait()
    model = MLPClassifier((6,), max_iter=3, random_state=0, alpha=0.1, dropout=0.2).fit(X, y)
    digests.add(hashlib.sha256(b"".join(coefs.tobytes() for coefs in model.coefs_)).hexdigest())
threads = [threading.Thread(target=fit) for _ in range({n_threads})]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(*digests)
"""


def in_processes(n_processes, n_threads, tmp_path):
    """What fits in threads of new processes that run at once print: digests of their networks."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", FIT.format(n_threads=n_threads)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(n_processes)
    ]
    printed = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0] * n_processes, printed
    assert not any("Traceback" in errors for _, errors in printed), printed
    return [output.split() for output, _ in printed]


@pytest.mark.slow
def test_processes_and_threads_that_compile_at_once_train_the_same_network(tmp_path):
    pytest.importorskip("numba")
    results = in_processes(2, 4, tmp_path)  # none finds anything compiled
    results += in_processes(1, 4, tmp_path)  # all find it
    assert len(results[0]) == 1
    assert all(each == results[0] for each in results)
