"""Networks of one fit are divided among threads, and nothing but the time tells."""

import threading

import numpy as np
import pytest

from sklearn_relu import MLPClassifier
from sklearn_relu.estimators.parts import resolve_parts
from sklearn_relu.training import epochs
from sklearn_relu.training.epochs import LARGE_EPOCH, train

N_ROWS, N_COLUMNS, N_NETWORKS = 2000, 20, 5

draw = np.random.default_rng(0)
X = draw.normal(size=(N_ROWS, N_COLUMNS))
y = (X[:, 0] * X[:, 1] > 0).astype(int)


def jobs(**params):
    model = MLPClassifier(
        (64, 64), ensemble_size=N_NETWORKS, max_iter=3, dropout=0.1, random_state=0, **params
    )
    return model._make_jobs(resolve_parts(model), X, y)


def params_of(all_jobs):
    return np.array([job.state.params for job in all_jobs])


@pytest.fixture(scope="module")
def alone():
    trained = jobs()
    train(trained)
    return params_of(trained)


def test_there_is_enough_to_do():
    assert (N_COLUMNS * 64 + 64 * 64) * N_ROWS * N_NETWORKS > LARGE_EPOCH


@pytest.mark.parametrize("n_threads", [2, 3, 5, 50])
def test_any_number_of_threads_gives_the_same_bits(n_threads, alone):
    trained = jobs()
    train(trained, n_threads=n_threads)
    np.testing.assert_array_equal(params_of(trained), alone)
    assert [job.n_epochs for job in trained] == [3] * N_NETWORKS


def test_networks_that_end_early_leave_their_thread(alone):
    trained = jobs()
    trained[0].max_epochs = trained[1].max_epochs = 1
    train(trained, n_threads=3)
    assert [job.n_epochs for job in trained] == [1, 1, 3, 3, 3]
    np.testing.assert_array_equal(params_of(trained)[2:], alone[2:])


def test_a_small_epoch_stays_in_one_thread(monkeypatch):
    monkeypatch.setattr(epochs, "LARGE_EPOCH", 10**12)
    monkeypatch.setattr(threading, "Thread", None)
    trained = jobs()
    train(trained, n_threads=2)
    assert [job.n_epochs for job in trained] == [3] * N_NETWORKS


def test_where_the_system_gives_no_thread_one_does_all(monkeypatch, alone):
    def start(thread):
        raise RuntimeError("can't start new thread")

    trained = jobs()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        train(trained, n_threads=2)
    np.testing.assert_array_equal(params_of(trained), alone)


@pytest.mark.parametrize("lane", [0, 1])
def test_an_error_in_any_thread_is_raised_and_all_keep_their_last_epoch(lane, monkeypatch):
    batches_of_epoch, calls = epochs._Epochs.batches_of_epoch, []
    trained = jobs()

    def failing(self, stop=None):
        if trained[3 * lane] in self.jobs:
            calls.append(self)
            if len(calls) == 2:
                raise KeyboardInterrupt
        batches_of_epoch(self, stop)

    monkeypatch.setattr(epochs._Epochs, "batches_of_epoch", failing)
    n_threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        train(trained, n_threads=2)
    assert [job.n_epochs for job in trained] == [1] * N_NETWORKS
    assert threading.active_count() == n_threads


def test_another_thread_may_stop_all():
    trained, stop = jobs(), threading.Event()
    trained[0].on_epoch_end = stop.set
    with pytest.raises(KeyboardInterrupt):
        train(trained, stop, n_threads=2)
    assert [job.n_epochs for job in trained] == [1] * N_NETWORKS
