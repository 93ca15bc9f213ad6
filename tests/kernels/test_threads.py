"""BLAS threads: one for small products, taken back afterwards, also by fits in threads."""

import os
import random
import signal
import sys
import threading

import numpy as np
import pytest
import sklearn
from helpers import slow
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_relu import MLPClassifier, lockstep
from sklearn_relu.activations import ReLU
from sklearn_relu.kernels import threads
from sklearn_relu.kernels.threads import LARGE_PRODUCT, suitable_blas_threads

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
    fits = [threading.Thread(target=model.fit, args=(X, y)) for model in models]
    for thread in fits:
        thread.start()
    for thread in fits:
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
    assert all(numbers == {1} for numbers in seen)
    assert blas_threads() == {2}


def interrupt_at_random(call, n, longest):
    """Call again and again, with Ctrl-C at a random time, n times."""
    draw = random.Random(0)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    config = sklearn.get_config()
    report = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: (
        None if unraisable.exc_type is KeyboardInterrupt else report(unraisable)
    )
    try:
        for _ in range(n):
            try:
                # Again after a while, for what Python calls from C, such as a weak reference's
                # callback, swallows one and only reports it.
                signal.setitimer(signal.ITIMER_REAL, draw.uniform(0.0005, longest), 0.2)
                while True:
                    call()
            except KeyboardInterrupt:
                signal.setitimer(signal.ITIMER_REAL, 0)
                # One as scikit-learn enters a context leaves it set: parameters are not validated.
                sklearn.set_config(**config)
                yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = report


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
@pytest.mark.parametrize("n", [60, slow(1500)])
def test_after_ctrl_c_anywhere_limits_are_right_by_the_next_call(two_threads, n):
    X, y = make_classification(60, random_state=0)
    model = MLPClassifier((8,), max_iter=2, random_state=0).fit(X, y)

    def calls():
        model.predict(X[:1])
        model.partial_fit(X[:5], y[:5])
        with suitable_blas_threads(), suitable_blas_threads(LARGE_PRODUCT):
            pass

    for _ in interrupt_at_random(calls, n, longest=0.005):
        model.predict(X[:1])
        assert blas_threads() == {2}


class InterruptError(Exception):
    """Comes at a step of a context, as a KeyboardInterrupt may."""


@pytest.mark.parametrize("thread_of_next", ["the same", "another"])
def test_an_interrupt_at_any_step_of_a_context_leaves_no_limit_after_the_next(
    two_threads, thread_of_next
):
    n, is_interrupted = 0, True
    while is_interrupted:
        n += 1
        is_interrupted = interrupt(use_a_context, at_step=n)
        if thread_of_next == "another":
            thread = threading.Thread(target=use_a_context)
            thread.start()
            thread.join()
        else:
            use_a_context()
        assert blas_threads() == {2}
    assert n > 20


def use_a_context():
    with suitable_blas_threads():
        pass


def interrupt(function, at_step):
    """Whether there are so many steps in kernels/threads.py; Python looks for signals as a function
    begins, and after one of C."""
    count = 0

    def look(frame, event, arg):
        nonlocal count
        if event in ("call", "c_return") and frame.f_code.co_filename == threads.__file__:
            count += 1
            if count == at_step:
                raise InterruptError

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        function()
    except InterruptError:
        return True
    finally:
        sys.setprofile(before)
    return False


def in_child(call):
    """The exit code of a forked child that makes the call; it is ended where it hangs."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(60)
        try:
            call()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")


@needs_fork
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_has_the_limits_of_its_own_thread_only(two_threads):
    seen = []

    def child():
        assert blas_threads() == {1}
        with suitable_blas_threads():
            pass
        assert blas_threads() == {1}

    def child_of_another():
        assert blas_threads() == {2}
        with suitable_blas_threads():
            assert blas_threads() == {1}
        assert blas_threads() == {2}

    with suitable_blas_threads():
        thread = threading.Thread(target=lambda: seen.append(in_child(child_of_another)))
        thread.start()
        thread.join()
        seen.append(in_child(child))
    assert seen == [0, 0]
    assert blas_threads() == {2}


@needs_fork
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_children_predict_that_were_forked_while_a_thread_did(two_threads):
    X, y = make_classification(60, random_state=0)
    model = MLPClassifier((8,), max_iter=2, random_state=0).fit(X, y)
    stop = threading.Event()

    def predict_on():
        while not stop.is_set():
            model.predict(X[:1])

    thread = threading.Thread(target=predict_on)
    thread.start()
    try:
        assert [in_child(lambda: model.predict(X)) for _ in range(20)] == [0] * 20
    finally:
        stop.set()
        thread.join()
