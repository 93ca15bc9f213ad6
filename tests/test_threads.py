"""BLAS threads: one for small products, taken back afterwards, also by fits in threads."""

import threading

import numpy as np
import pytest
import sklearn
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_relu import MLPClassifier
from sklearn_relu.engine.threads import LARGE_PRODUCT, suitable_blas_threads

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


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


def test_predictions_run_under_the_limit_chunk_by_chunk(two_threads, monkeypatch):
    from sklearn_relu.activations import ReLU

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
