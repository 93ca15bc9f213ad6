"""BLAS threads: one for small products, taken back afterwards, also by fits in threads."""

import threading

import numpy as np
import pytest
import sklearn
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_relu import MLPClassifier, lockstep
from sklearn_relu.activations import ReLU
from sklearn_relu.engine.threads import LARGE_PRODUCT, suitable_blas_threads

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


def blas_threads(part=""):
    return {
        lib["num_threads"]
        for lib in threadpool_info()
        if lib["user_api"] == "blas" and part in lib["filepath"]
    }


@pytest.fixture
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("BLAS has one thread only")
        yield


def test_small_products_use_one_thread(two_threads):
    with suitable_blas_threads(LARGE_PRODUCT - 1):
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_large_products_use_the_users_threads_for_numpy_only(two_threads):
    with suitable_blas_threads(LARGE_PRODUCT):
        assert 2 in blas_threads()
        assert blas_threads("scipy.libs") <= {1}
    assert blas_threads() == {2}


def test_limits_nest_and_are_taken_back_after_an_error(two_threads):
    with pytest.raises(KeyError), suitable_blas_threads(LARGE_PRODUCT):  # noqa: PT012
        with suitable_blas_threads(1):
            assert blas_threads() == {1}
        assert 2 in blas_threads()
        raise KeyError
    assert blas_threads() == {2}


def test_the_limit_holds_in_any_thread_and_leaves_none_in_control(two_threads):
    seen = []

    def fit():
        with suitable_blas_threads():
            seen.append(blas_threads())

    thread = threading.Thread(target=fit)
    thread.start()
    thread.join()
    assert seen == [{1}]
    assert blas_threads() == {2}
    with threadpool_limits(1, user_api="blas"):
        assert blas_threads() == {1}
        fit()
    assert blas_threads() == {2}


def test_fits_in_threads_leave_the_limit_as_it_was(two_threads):
    X, y = make_classification(60, random_state=0)
    alone = MLPClassifier((8,), max_iter=20, random_state=0).fit(X, y)
    models = [MLPClassifier((8,), max_iter=5 * i, random_state=0) for i in range(1, 9)]
    threads = [threading.Thread(target=model.fit, args=(X, y)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert blas_threads() == {2}
    np.testing.assert_array_equal(models[3].coefs_[0], alone.coefs_[0])


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_large_products_in_lockstep_have_all_threads(two_threads, monkeypatch, n_jobs):
    X, y = make_classification(400, 200, random_state=0)
    # Large for 100 rows too: a fit that ends earlier is looked at, and scored, while others train,
    # and what is limited there is limited for all.
    model = MLPClassifier((900,), batch_size=280, max_iter=1, random_state=0)
    seen, forward = [], ReLU.bias_forward

    def spying(self, *args):
        if args[0].shape[1] == 280:  # a batch, not rows to score on
            seen.append(blas_threads("numpy"))
        return forward(self, *args)

    monkeypatch.setattr(ReLU, "bias_forward", spying)
    with lockstep():
        cross_val_score(model, X, y, cv=4, n_jobs=n_jobs)
    assert set(map(frozenset, seen)) == {frozenset({2})}
    assert blas_threads() == {2}


def test_predictions_run_under_the_limit_chunk_by_chunk(two_threads, monkeypatch):
    X, y = make_classification(60, random_state=0)
    model = MLPClassifier((8,), max_iter=2, random_state=0).fit(X, y)
    seen, forward = [], ReLU.bias_forward

    def spying(self, *args):
        seen.append(blas_threads())
        return forward(self, *args)

    monkeypatch.setattr(ReLU, "bias_forward", spying)
    with sklearn.config_context(working_memory=0.005):
        model.predict(X)
    assert len(seen) > 1
    assert all(threads == {1} for threads in seen)
    assert blas_threads() == {2}
