"""A comparison that ends early: what has come to its end is kept."""

import os
import signal
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklearn_relu import MLPClassifier, compare, lockstep
from sklearn_relu.comparison import answer, comparison_rows
from sklearn_relu.comparison import search as search_module
from sklearn_relu.comparison.progress import time_left
from sklearn_relu.comparison.terminal import rich_table
from sklearn_relu.training.watching import Stacks, StoppedError

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore:(?s).*stopped before its training:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:One or more of the:UserWarning"),
]

RNG = np.random.RandomState(0)
X = RNG.normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)
ENDLESS = {"n_iter_no_change": [10**9]}


def after_two_stacks(monkeypatch, function):
    """Have something done once two stacks have ended: L-BFGS trains each fit alone."""
    end, calls = Stacks.end, []

    def then(self, stack):
        end(self, stack)
        calls.append(stack)
        if len(calls) == 2:
            function()

    monkeypatch.setattr(Stacks, "end", then)


def one_that_ends_and_one_that_does_not(**options):
    """L-BFGS converges; nothing ends Adam."""
    return compare(
        X,
        Y,
        activations=["relu"],
        networks=[(4,)],
        parts={"solver": ["lbfgs", "adam"], **ENDLESS},
        max_iter=10**9,
        folds=2,
        n_jobs=1,
        **options,
    )


def check_what_is_kept(search, reason):
    assert search.ended_by_ == reason
    first, second = comparison_rows(search)
    assert np.isfinite(first["score"])
    assert (first["n_not_run"], second["n_not_run"], second["n_failed"]) == (0, 2, 0)
    assert np.isnan(second["score"])
    assert search.best_params_["mlp__solver"] == "lbfgs"
    assert search.predict(X).shape == (40,)
    assert "nothing to compare it with" in answer(search)[0]
    table, _ = rich_table([first, second], search.refit, 100)
    assert "not run" in [*table.columns[-1].cells, *table.columns[3].cells]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_the_first_ctrl_c_keeps_what_has_ended(monkeypatch):
    after_two_stacks(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGINT))
    search = one_that_ends_and_one_that_does_not()
    check_what_is_kept(search, "interrupted")
    assert search.baselines_ == {}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_the_first_ctrl_c_where_nothing_has_ended_is_one(monkeypatch):
    begin = Stacks.begin

    def interrupted(self, stack):
        begin(self, stack)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Stacks, "begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        one_that_ends_and_one_that_does_not()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_end_of_its_time_keeps_what_has_ended(monkeypatch):
    timers = []

    class Timer:
        daemon = False

        def __init__(self, seconds, function, args):
            timers.append((seconds, function, args))

        def start(self):
            """Nothing to do."""

        cancel = start

    monkeypatch.setattr(threading, "Timer", Timer)
    after_two_stacks(monkeypatch, lambda: timers[0][1](*timers[0][2]))
    search = one_that_ends_and_one_that_does_not(time_limit=60)
    assert [seconds for seconds, *_ in timers] == [60]
    check_what_is_kept(search, "time_limit")


def test_a_time_in_which_nothing_ends():
    with pytest.raises(ValueError, match=r"no candidate came to its end within time_limit=0\.001"):
        compare(
            X,
            Y,
            activations=["relu"],
            networks=[(4,)],
            parts=ENDLESS,
            max_iter=10**9,
            folds=2,
            time_limit=0.001,
        )


def test_another_thread_than_the_main_one_has_a_time_too():
    errors = []

    def run():
        try:
            one_that_ends_and_one_that_does_not(time_limit=0.001)
        except ValueError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(errors) <= 1  # the first candidate may have come to its end


@pytest.mark.parametrize("time_limit", [0, -1, float("nan")])
def test_a_time_limit_that_is_none(time_limit):
    with pytest.raises(ValueError, match="time_limit must be seconds above 0"):
        compare(X, Y, time_limit=time_limit)


def test_stacks_tell_how_far_training_is():
    seen = []
    with lockstep() as stacks:

        class Watching(MLPClassifier):
            def fit(self, X, y):
                seen.append(stacks.n_trained())
                return super().fit(X, y)

        model = Watching((3,), max_iter=4, random_state=0)
        cross_val_score(model, X, Y, cv=3)
        assert stacks.n_trained() == sum(stacks.sizes) == 3
        assert seen == [0, 0, 0]
        stacks.stop()
        with pytest.raises(ValueError, match="StoppedError"):
            cross_val_score(clone(model), X, Y, cv=3)
    assert issubclass(StoppedError, RuntimeError)


@pytest.mark.parametrize(
    ("share", "elapsed", "words"),
    [
        (0, 10, ""),
        (0.005, 10, ""),
        (0.5, 0.5, ""),
        (0.5, 10, "10 s left at most"),
        (0.1, 60, "9 min left at most"),
        (0.01, 600, "16.5 h left at most"),
        (1.2, 60, "0 s left at most"),
    ],
)
def test_time_left_in_words(share, elapsed, words):
    assert time_left(share, elapsed) == words


def test_a_plan_knows_how_many_networks_it_trains(monkeypatch):
    seen = []
    carry_out = search_module.carry_out

    def counted(plan):
        seen.append(plan.n_fits)

        @contextmanager
        def watch(stacks):
            yield
            seen.append(sum(stacks.sizes))

        return carry_out(plan, watch)

    monkeypatch.setattr(search_module, "carry_out", counted)
    options = {"activations": ["relu", "tanh"], "networks": [(2,)], "folds": 2, "max_iter": 2}
    compare(X, Y, baselines=["constant", "tabular"], **options)
    compare(X, Y, baselines=["constant"], **options)
    assert seen == [6, 6, 4, 4]


def test_fits_in_another_backend_are_not_stopped(monkeypatch):
    options = {"activations": ["relu"], "networks": [(2,)], "folds": 2, "max_iter": 2}
    seen = []
    fit = GridSearchCV.fit

    def noted(self, X, y):
        seen.append(signal.getsignal(signal.SIGINT))
        return fit(self, X, y)

    monkeypatch.setattr(GridSearchCV, "fit", noted)
    with parallel_config("threading"):
        with pytest.raises(ValueError, match="time_limit needs fits in lockstep"):
            compare(X, Y, time_limit=10, **options)
        search = compare(X, Y, baselines=(), **options)
    compare(X, Y, baselines=(), **options)
    assert search.ended_by_ == ""
    assert seen[0] is signal.default_int_handler
    assert seen[1] is not signal.default_int_handler
