"""Within lockstep(), what scikit-learn starts trains together and gives the same results."""

import _thread
import os
import signal
import threading
import time
import tracemalloc
import warnings
from contextlib import contextmanager

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from helpers import slow
from joblib import effective_n_jobs, parallel_config
from lockstep_failures import FailsWithin
from lockstep_failures import run as run_with_failures
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import BaggingClassifier, BaggingRegressor, StackingClassifier
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFECV
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklearn_relu import MLPClassifier, MLPRegressor, lockstep
from sklearn_relu.activations import ReLU, Tanh
from sklearn_relu.estimators.parts import resolve_parts
from sklearn_relu.optimizers import Adam
from sklearn_relu.parallel import another_backend_is_set
from sklearn_relu.training import gathering
from sklearn_relu.training.stacks import Fit, stacks_of, train_stack

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

X, Y = make_classification(90, 6, n_informative=4, n_classes=3, random_state=0)
TARGETS = make_regression(90, 6, n_targets=2, random_state=0)[1] / 100


def model(**params):
    """A small classifier that a test does not wait for."""
    given = {"batch_size": 16, "max_iter": 5, "random_state": 0, **params}
    return MLPClassifier((8,), **given)


def regressor():
    """A small regressor."""
    return MLPRegressor(hidden_layer_sizes=(8,), max_iter=3, random_state=0)


def fitted(estimator, X, y, fit_params):
    """What a task does."""
    return estimator.fit(X, y, **fit_params)


def fit_all(estimators, X=X, y=Y, n_jobs=None, **fit_params):
    """Clones of all, fitted in tasks."""
    rows = [np.arange(len(y)) % (i + 5) != i for i in range(len(estimators))]
    return Parallel(n_jobs=n_jobs)(
        delayed(fitted)(
            clone(estimator), X[of], y[of], {name: v[of] for name, v in fit_params.items()}
        )
        for estimator, of in zip(estimators, rows, strict=True)
    )


def assert_same_fit(one, other):
    assert one.n_iter_ == other.n_iter_
    assert one.t_ == other.t_
    np.testing.assert_equal(one.loss_curve_, other.loss_curve_)
    np.testing.assert_equal(one.validation_scores_, other.validation_scores_)
    for name in ("coefs_", "intercepts_"):
        for ours, theirs in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def assert_fit_as_without(estimators, *args, **kwargs):
    """Returns the sizes of the stacks."""
    alone = fit_all(estimators, *args, **kwargs)
    with lockstep() as stacks:
        together = fit_all(estimators, *args, **kwargs)
    for one, other in zip(alone, together, strict=True):
        assert_same_fit(one, other)
    return stacks.sizes


VARIED = {
    "random_state": range(8),
    "learning_rate_init": [0.1, 0.03, 0.01, 0.003, 0.001],
    "alpha": [0, 1e-4, 0.1],
    "initialization": ["auto", "lecun_normal", "orthogonal", "sklearn"],
    "bias_initialization": [0.0, 0.1],
    "max_iter": [1, 3, 12],
    "tol": [1e-4, 0.1],
    "n_iter_no_change": [1, 3],
    "learning_rate": ["constant", "adaptive", "cosine", "invscaling"],
    "early_stopping": [False, False, True],
    "shuffle": [True, True, False],
}
"""What may differ within a stack."""

SHARED = {
    "hidden_layer_sizes": [(8,), (5, 4)],
    "activation": ["relu", "tanh", "prelu", "maxout", ["relu", "elu"], ReLU()],
    "solver": ["adam", "sgd", "lion", "lbfgs", Adam(beta_1=0.5)],
    "penalty": ["l2", "l1", None],
    "activity_penalty": [None, "l1"],
    "dropout": [0.0, 0.3],
    "input_noise": [0.0, 0.1],
    "batch_size": [16, 40],
    "dtype": [None, "float32"],
    "max_norm": [None, 1.0],
    "ensemble_size": [1, 2],
    "warm_start": [False, True],
}
"""What stacks differ in."""


def random_estimators(seed):
    """Estimators of one to three shapes, drawn like the candidates of a search."""
    rng = np.random.RandomState(seed)

    def draw(values):
        return {name: options[rng.randint(len(options))] for name, options in values.items()}

    shapes = [draw(SHARED) for _ in range(rng.randint(1, 4))]
    for shape in shapes:
        if isinstance(shape["activation"], list):
            shape["hidden_layer_sizes"] = (5, 4)
        if shape["solver"] == "lbfgs":
            shape.update(penalty="l2", dropout=0.0, input_noise=0.0, max_norm=None)
    cls = [MLPClassifier, MLPRegressor][seed % 2]
    return [cls(**shapes[rng.randint(len(shapes))], **draw(VARIED)) for _ in range(12)]


@pytest.mark.parametrize("seed", [0, 1, 2, 3, *map(slow, range(4, 12))])
def test_random_grids_give_the_same_bits(seed):
    estimators = random_estimators(seed)
    kwargs = {"y": [Y, TARGETS][seed % 2]}
    if seed % 3 == 0:
        kwargs["sample_weight"] = np.random.RandomState(seed).uniform(size=len(X))
    if seed % 4 == 0 and not any(each.input_noise for each in estimators):
        kwargs["X"] = sp.csr_array(np.where(X > 0, X, 0))
    alone = fit_all(estimators, **kwargs)
    with lockstep():
        together = fit_all(estimators, n_jobs=1 + seed % 3 // 2, **kwargs)
    for one, other in zip(alone, together, strict=True):
        assert one.n_iter_ == other.n_iter_
        np.testing.assert_equal(one.history_["loss"], other.history_["loss"])
        for ours, theirs in zip(one.coefs_, other.coefs_, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_what_a_stack_may_differ_in():
    estimators = [
        model(random_state=3),
        model(learning_rate_init=0.1, learning_rate="cosine"),
        model(alpha=1.0, max_iter=2),
        model(initialization="orthogonal", bias_initialization=0.1),
        model(early_stopping=True, tol=0.1, n_iter_no_change=1),
        model(warm_start=True, shuffle=False),
    ]
    assert assert_fit_as_without(estimators) == [6]


@pytest.mark.parametrize(
    "params",
    [
        {"hidden_layer_sizes": (7,)},
        {"activation": "leaky_relu"},
        {"penalty": "l1"},
        {"penalty": ["l2", "l2"]},
        {"loss": "focal"},
        {"solver": Adam(beta_2=0.99)},
        {"batch_size": 20},
        {"dropout": 0.1},
        {"dtype": "float32"},
        {"class_weight": "balanced"},
    ],
    ids=str,
)
def test_what_is_in_a_stack_of_its_own(params):
    estimators = [model(), model().set_params(**params), model(alpha=0.1)]
    assert sorted(assert_fit_as_without(estimators)) == [1, 2]


def test_dropout_rates_may_differ_in_a_stack():
    estimators = [model(dropout=rate, input_dropout=rate / 2) for rate in (0.1, 0.2, 0.4)]
    assert assert_fit_as_without(estimators) == [3]


def error_treatment(number):
    return np.geterr()["over"]


def test_tasks_have_the_callers_context_also_those_made_late():
    with np.errstate(over="raise"), lockstep():
        seen = Parallel()(delayed(error_treatment)(i) for i in range(800))
    assert set(seen) == {"raise"}


def test_parts_that_are_equal_share_a_stack():
    estimators = [model(activation=ReLU()), model(), model(activation="relu", solver=Adam())]
    assert assert_fit_as_without(estimators) == [3]


class Shifted(Tanh):
    """A part whose hyper-parameter may be anything."""

    def __init__(self, by=None):
        self.by = by


def test_hyper_parameters_of_any_type_are_compared():
    values = [
        np.arange(3),
        np.arange(3),
        np.arange(4),
        [1, {"a": 2}],
        [1, {"a": 2}],
        {1, 2},
        {1, 2},
    ]
    estimators = [model(activation=Shifted(by), max_iter=1) for by in values]
    # What cannot be hashed is equal to itself only.
    assert assert_fit_as_without(estimators) == [2, 1, 2, 1, 1]


@pytest.mark.parametrize("params", [{"time_limit": 100.0}, {"solver": "lbfgs"}], ids=str)
def test_what_trains_alone(params):
    estimators = [model(random_state=seed, **params) for seed in range(3)]
    alone = fit_all(estimators)
    with lockstep() as stacks:
        together = fit_all(estimators)
    assert stacks.sizes == [1, 1, 1]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])


def test_wide_networks_share_no_stack_that_would_leave_the_cache(monkeypatch):
    monkeypatch.setattr("sklearn_relu.training.stacks.CACHE", 4_000_000)
    estimators = [model(random_state=seed, max_iter=1) for seed in range(4)]
    for estimator in estimators:
        estimator.set_params(hidden_layer_sizes=(200, 200))
    with threadpool_limits(1):
        assert assert_fit_as_without(estimators) == [2, 2]


def test_a_stack_with_long_calls_is_divided_for_threads_that_train_at_the_same_time(monkeypatch):
    monkeypatch.setattr("sklearn_relu.training.stacks.CACHE", 2**40)
    estimators = [model(random_state=seed) for seed in range(17)]
    short = [Fit(job) for job in jobs_of(estimators)]
    assert len(stacks_of(short, 2)) == 1
    for estimator in estimators:
        estimator.set_params(hidden_layer_sizes=(80, 80))
    long = [Fit(job) for job in jobs_of(estimators)]
    n_multiplications = long[0].n_multiplications
    monkeypatch.setattr("sklearn_relu.training.stacks.LONG_CALL", 8 * n_multiplications)
    assert len(stacks_of(long, 2)) == 2
    assert len(stacks_of(long[:15], 2)) == 1
    # Where the cache asks for three, a fourth keeps both threads busy.
    monkeypatch.setattr("sklearn_relu.training.stacks.CACHE", 7 * long[0].n_bytes_of_a_step)
    assert [len(stack) for stack in stacks_of(long, 2)] == [4, 4, 5, 4]


@pytest.mark.parametrize("n_threads", [1, 2, 3, 8])
@pytest.mark.parametrize("bytes_of_a_step", [0.5, 1, 2.5])
def test_every_fit_is_in_one_stack_and_no_stack_is_empty(monkeypatch, bytes_of_a_step, n_threads):
    fits = [Fit(jobs) for jobs in jobs_of([model(random_state=seed) for seed in range(9)])]
    n_bytes = int(bytes_of_a_step * fits[0].n_bytes_of_a_step)
    monkeypatch.setattr("sklearn_relu.training.stacks.CACHE", n_bytes)
    monkeypatch.setattr("sklearn_relu.training.stacks.LONG_CALL", fits[0].n_multiplications)
    for n in range(1, 10):
        stacks = stacks_of(fits[:n], n_threads)
        assert all(stacks)
        assert [fit for stack in stacks for fit in stack] == fits[:n]


def jobs_of(estimators):
    """What they would hand over, on the same rows."""
    return [each._make_jobs(resolve_parts(each), X, Y) for each in map(clone, estimators)]


def test_a_fit_outside_of_any_task_trains_at_once():
    alone = model().fit(X, Y)
    with lockstep() as stacks:
        assert_same_fit(alone, model().fit(X, Y))
    assert stacks.sizes == []


def grid_search(n_jobs=None):
    pipeline = make_pipeline(StandardScaler(), model())
    grid = {"mlpclassifier__alpha": [1e-4, 0.1], "mlpclassifier__learning_rate_init": [0.01, 0.1]}
    return GridSearchCV(pipeline, grid, cv=3, return_train_score=True, n_jobs=n_jobs)


def results(search):
    """A search's results, but for times."""
    return {name: v for name, v in search.cv_results_.items() if "time" not in name}


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_grid_search_over_a_pipeline(n_jobs):
    alone = grid_search().fit(X, Y)
    with lockstep() as stacks:
        together = grid_search(n_jobs).fit(X, Y)
    assert sum(stacks.sizes) == 12
    assert n_jobs == 2 or stacks.sizes == [12]
    np.testing.assert_equal(results(together), results(alone))
    assert_same_fit(together.best_estimator_[-1], alone.best_estimator_[-1])


def nested_search():
    search = GridSearchCV(model(), {"alpha": [1e-4, 0.1]}, cv=2)
    return cross_validate(search, X, Y, cv=3)["test_score"]


SEARCHES = {
    "randomized": (
        lambda: (
            RandomizedSearchCV(
                model(), {"alpha": np.logspace(-5, 0, 20)}, n_iter=6, cv=3, random_state=0
            )
            .fit(X, Y)
            .cv_results_["mean_test_score"]
        ),
        [18],
    ),
    "halving": (
        lambda: (
            HalvingGridSearchCV(
                model(),
                {"alpha": [1e-4, 1e-3, 0.1, 1.0]},
                cv=2,
                factor=2,
                min_resources=44,
                random_state=0,
            )
            .fit(X, Y)
            .cv_results_["mean_test_score"]
        ),
        [8, 4],
    ),
    "cross_validate": (lambda: cross_validate(model(), X, Y, cv=5)["test_score"], [5]),
    "learning_curve": (
        lambda: learning_curve(model(), X, Y, cv=3, train_sizes=[40, 50])[2],
        [6],
    ),
    "validation_curve": (
        lambda: validation_curve(model(), X, Y, param_name="alpha", param_range=[0, 0.1], cv=3)[1],
        [6],
    ),
    "permutation_test_score": (
        # Its first fits, on y as it is, are in no task.
        lambda: permutation_test_score(model(), X, Y, cv=2, n_permutations=5, random_state=0)[1],
        [5, 5],
    ),
    "bagging": (
        lambda: BaggingClassifier(model(), 7, random_state=0).fit(X, Y).predict_proba(X),
        [7],
    ),
    "one_vs_rest": (lambda: OneVsRestClassifier(model()).fit(X, Y).decision_function(X), [3]),
    "multi_output": (
        lambda: MultiOutputRegressor(regressor()).fit(X, TARGETS).predict(X),
        [2],
    ),
    "stacking": (
        lambda: (
            StackingClassifier([("a", model()), ("b", model(alpha=0.1))], model(max_iter=2), cv=3)
            .fit(X, Y)
            .predict_proba(X)
        ),
        [2, 6],
    ),
    "rfecv": (
        lambda: (
            RFECV(
                model(), cv=3, step=2, importance_getter=lambda m: np.abs(m.coefs_[0]).sum(axis=1)
            )
            .fit(X, Y)
            .cv_results_["mean_test_score"]
        ),
        [3, 3, 3, 3],
    ),
    "nested search": (nested_search, [12, 3]),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_whatever_starts_fits_has_them_gathered(name):
    run, sizes = SEARCHES[name]
    alone = run()
    with lockstep() as stacks:
        together = run()
    np.testing.assert_array_equal(together, alone)
    assert stacks.sizes == sizes


def test_bagging_with_weights_is_gathered_by_whether_there_are_any():
    bagging = BaggingRegressor(regressor(), 4, random_state=0)
    weight = np.random.RandomState(0).randint(3, size=len(X))
    alone = bagging.fit(X, TARGETS[:, 0], sample_weight=weight).predict(X)
    with lockstep() as stacks:
        together = bagging.fit(X, TARGETS[:, 0], sample_weight=weight).predict(X)
    np.testing.assert_array_equal(together, alone)
    assert stacks.sizes == [4]


def test_the_time_of_a_fit_is_its_share():
    estimators = [model(n_iter_no_change=100, max_iter=n) for n in (2, 8, 30)]
    fits = [Fit(jobs) for jobs in jobs_of(estimators)]
    train_stack(fits, threading.Event())
    shares = [fit.seconds / fits[0].seconds for fit in fits]
    np.testing.assert_allclose(shares, [1, 4, 15])  # by steps


def test_fit_times_of_a_search_add_up_to_no_more_than_it_took():
    search = GridSearchCV(model(), {"max_iter": [2, 30], "random_state": range(5)}, cv=5)
    with lockstep() as stacks:
        start = time.perf_counter()
        search.fit(X, Y)
        seconds = time.perf_counter() - start - search.refit_time_
    assert stacks.sizes == [50]
    assert 0 < 5 * search.cv_results_["mean_fit_time"].sum() < seconds


@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
def test_errors_are_of_one_fit():
    grid = {"alpha": [1e-4, -1.0], "learning_rate_init": [0.01, 1e300], "max_iter": [3]}
    search = GridSearchCV(model(solver="sgd", activation="identity"), grid, cv=3, refit=False)
    outcomes = []
    for context in (warnings.catch_warnings(), lockstep()):
        with context, pytest.warns(FitFailedWarning, match="9 fits failed"):
            outcomes.append(results(search.fit(X, Y)))
    np.testing.assert_equal(*outcomes)
    assert np.isnan(outcomes[0]["mean_test_score"]).tolist() == [False, True, True, True]


def test_an_error_within_a_stack_is_that_fits():
    estimators = [
        model(activation=FailsWithin(), dropout=0.2, random_state=seed, early_stopping=seed == 1)
        for seed in range(4)
    ]
    estimators[2].set_params(bias_initialization=1e4)
    alone = fit_all([*estimators[:2], estimators[0], *estimators[3:]])
    with lockstep() as stacks:
        together = Parallel()(
            delayed(outcome_of)(estimator, i) for i, estimator in enumerate(estimators)
        )
    assert stacks.sizes == [4]
    assert isinstance(together[2], ArithmeticError)
    for i in (0, 1, 3):
        assert_same_fit(alone[i], together[i])


def outcome_of(estimator, i):
    """A fitted clone on the rows of :func:`fit_all`, or the error."""
    rows = np.arange(len(Y)) % (i + 5) != i
    try:
        return clone(estimator).fit(X[rows], Y[rows])
    except ArithmeticError as error:
        return error


def test_an_error_that_is_to_be_raised_ends_all_and_says_where():
    n_threads = threading.active_count()
    search = GridSearchCV(model(), {"alpha": [0.1, -1.0]}, cv=3, error_score="raise")
    with lockstep(), pytest.raises(ValueError, match="'alpha' parameter of MLPClassifier") as error:
        search.fit(X, Y)
    assert "In a task:" in error.value.__notes__[0]
    assert "_fit_and_score" in error.value.__notes__[0]
    assert_no_thread_is_left(n_threads)


def assert_no_thread_is_left(n_threads):
    deadline = time.monotonic() + 5
    while threading.active_count() > n_threads and time.monotonic() < deadline:
        time.sleep(0.001)
    assert threading.active_count() <= n_threads


class Slow(Tanh):
    """Takes its time for each batch."""

    def forward(self, z, a, params, noise=None):
        time.sleep(0.01)
        super().forward(z, a, params, noise)


@contextmanager
def ctrl_c(after):
    """Comes after some seconds, and again while nothing has raised it: Python may swallow one, in
    the callback of a weak reference."""
    raised = threading.Event()

    def press():
        wait = after
        while not raised.wait(wait):
            _thread.interrupt_main()
            wait = 10

    keyboard = threading.Thread(target=press)
    keyboard.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        raised.set()
        keyboard.join()


# An interrupt within the callback of a weak reference is nowhere raised; the next one is.
interrupted_anywhere = pytest.mark.filterwarnings(
    "ignore:(?s).*KeyboardInterrupt:pytest.PytestUnraisableExceptionWarning"
)


@interrupted_anywhere
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_ctrl_c_ends_all(solver):
    n_threads = threading.active_count()
    endless = model(activation=Slow(), solver=solver, max_iter=10**6)
    search = GridSearchCV(endless, {"random_state": range(50)}, cv=3, error_score=np.nan)
    with lockstep(), ctrl_c(0.5):
        search.fit(X, Y)
    assert_no_thread_is_left(n_threads)
    with lockstep():
        assert cross_val_score(model(), X, Y).shape == (5,)


@interrupted_anywhere
def test_ctrl_c_ends_nested_searches():
    n_threads = threading.active_count()
    endless = model(activation=Slow(), max_iter=10**6)
    search = GridSearchCV(endless, {"alpha": [0.1, 0.2]}, cv=2, error_score=np.nan)
    with lockstep(), ctrl_c(0.5):
        cross_validate(search, X, Y, cv=3, error_score=np.nan)
    assert_no_thread_is_left(n_threads)


@pytest.mark.parametrize("seed", [*range(10), *map(slow, range(10, 25))])
def test_no_deadlock_whatever_fails(seed):
    run_with_failures(seed)


class AtOnce(BaseEstimator, ClassifierMixin):
    """An estimator that is not ours; counts how many of it are fitted at the same time."""

    running, most = 0, 0
    lock = threading.Lock()

    def __init__(self, number=0):
        self.number = number

    def fit(self, X, y):
        cls = type(self)
        with cls.lock:
            cls.running += 1
            cls.most = max(cls.most, cls.running)
        time.sleep(0.02)
        with cls.lock:
            cls.running -= 1
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 3])
def test_others_estimators_run_at_most_n_jobs_at_once(n_jobs):
    AtOnce.most = 0
    search = GridSearchCV(AtOnce(), {"number": range(4)}, cv=3, n_jobs=n_jobs)
    with lockstep():
        search.fit(X, Y)
    assert AtOnce.most == (n_jobs or 1)


def test_n_jobs_of_an_outer_and_an_inner_search():
    for outer, inner, most in ((None, None, 1), (2, None, 2), (None, 2, 2)):
        AtOnce.most = 0
        search = GridSearchCV(AtOnce(), {"number": range(3)}, cv=2, n_jobs=inner)
        with lockstep():
            cross_validate(search, X, Y, cv=3, n_jobs=outer)
        assert AtOnce.most == most


def effective_numbers():
    return [effective_n_jobs(n) for n in (None, 1, 2)]


def test_transformers_in_a_task_divide_their_work_as_without():
    with lockstep():
        assert Parallel()(delayed(effective_numbers)() for _ in range(2)) == [[1, 1, 2]] * 2
        assert effective_n_jobs(None) > 100
        with pytest.raises(ValueError, match="n_jobs == 0"):
            Parallel(n_jobs=0)(delayed(effective_numbers)() for _ in range(2))


class Held(BaseEstimator, TransformerMixin):
    """Counts the tasks that have begun and not ended."""

    most = 0

    def fit(self, X, y=None):
        held = threading.active_count()
        type(self).most = max(type(self).most, held)
        return self

    def transform(self, X):
        return X.copy()


def test_max_bytes_bounds_stacks_and_tasks_in_flight():
    wide_X = np.random.RandomState(0).normal(size=(400, 500))  # 1.6 MB
    wide_y = np.arange(400) % 2
    search = GridSearchCV(
        make_pipeline(Held(), model(max_iter=1)), {"mlpclassifier__alpha": range(8)}, cv=4
    )
    peaks, sizes, begun = [], [], []
    for max_bytes in (20_000_000, 2**30):
        Held.most, before = 0, threading.active_count()
        tracemalloc.start()
        with lockstep(max_bytes=max_bytes) as stacks:
            search.fit(wide_X, wide_y)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(max(stacks.sizes))
        begun.append(Held.most - before)
    assert sizes[0] == 3
    assert peaks[0] < 20_000_000 + wide_X.nbytes < peaks[1]
    assert begun[0] < 8 < begun[1]


def test_one_task_runs_however_much_it_needs():
    with lockstep(max_bytes=1) as stacks:
        assert cross_val_score(model(), X, Y, cv=3).shape == (3,)
    assert stacks.sizes == [1, 1, 1]


@pytest.mark.parametrize("max_bytes", [0, -1, 1e9, "1G", None])
def test_max_bytes_is_checked(max_bytes):
    with pytest.raises(ValueError, match="max_bytes must be a positive whole number"):
        lockstep(max_bytes=max_bytes).__enter__()


def test_warnings_come_as_without_and_filters_stay():
    def caught():
        with warnings.catch_warnings(record=True) as records:
            warnings.simplefilter("always")
            filters = list(warnings.filters)
            grid_search().fit(X, Y)
            assert warnings.filters == filters
        return sorted(str(each.message) for each in records)

    alone = caught()
    with lockstep():
        together = caught()
    assert together == alone
    assert len(alone) == 13


def config_and_filters():
    model().fit(X, Y)
    with pytest.raises(ConvergenceWarning):
        warnings.warn("an error here", ConvergenceWarning, stacklevel=1)
    return sklearn.get_config()["working_memory"], np.geterr()["over"]


def test_tasks_have_the_callers_settings_also_after_waiting():
    with (
        sklearn.config_context(working_memory=7),
        np.errstate(over="raise"),
        warnings.catch_warnings(),
        lockstep() as stacks,
    ):
        warnings.filterwarnings("error", "an error here")
        found = Parallel()(delayed(config_and_filters)() for _ in range(3))
    assert found == [(7, "raise")] * 3
    assert stacks.sizes == [3]


def fits_with_fits_inside(alpha):
    return cross_val_score(model(alpha=alpha).fit(X, Y), X, Y, cv=2).mean()


def test_a_task_may_fit_and_call_again():
    alone = [fits_with_fits_inside(alpha) for alpha in (0.1, 0.2)]
    with lockstep() as stacks:
        together = Parallel()(delayed(fits_with_fits_inside)(alpha) for alpha in (0.1, 0.2))
    assert together == alone
    assert stacks.sizes == [2, 4]


def test_fits_while_tasks_are_made_train_at_once():
    made = (delayed(clone)(model(alpha=alpha).fit(X, Y)) for alpha in np.linspace(0, 1, 5))
    with lockstep() as stacks:
        assert len(Parallel(pre_dispatch=2)(made)) == 5
    assert stacks.sizes == []


def test_lockstep_within_lockstep():
    alone = grid_search().fit(X, Y)
    with lockstep() as outer, lockstep() as inner:
        together = grid_search().fit(X, Y)
    assert (outer.sizes, inner.sizes) == ([], [12])
    np.testing.assert_equal(results(together), results(alone))


def test_stacks_of_heavy_fits_train_at_the_same_time(monkeypatch):
    """As many as BLAS may have threads; those of small networks one after the other."""
    at_once = {"now": 0, "most": 0}
    train_stack = gathering.train_stack

    def counted(*args):
        with lock:
            at_once["now"] += 1
            at_once["most"] = max(at_once.values())
        train_stack(*args)
        with lock:
            at_once["now"] -= 1

    lock = threading.Lock()
    monkeypatch.setattr(gathering, "train_stack", counted)
    monkeypatch.setattr(gathering, "allowed_blas_threads", lambda: 2)
    for width, most in ((100, 2), (5, 1)):
        at_once["most"] = 0
        estimators = [
            model(random_state=seed, batch_size=20, max_iter=20).set_params(
                hidden_layer_sizes=(width, width)
            )
            for seed in range(16)
        ]
        assert len(assert_fit_as_without(estimators)) == most
        assert at_once["most"] == most


def test_a_backend_that_the_user_set_is_told_from_lockstep_and_from_what_joblib_sets():
    assert not another_backend_is_set()
    for name in ("threading", "loky"):
        with parallel_config(name):
            assert another_backend_is_set()
            with lockstep():
                assert not another_backend_is_set()
        with lockstep(), parallel_config(name):
            assert another_backend_is_set()
    with parallel_config(n_jobs=2):
        assert not another_backend_is_set()
    within = Parallel(2, backend="threading")(delayed(another_backend_is_set)() for _ in range(2))
    assert within == [False, False]


LIMIT = 6


@pytest.fixture
def few_threads(monkeypatch):
    """The system gives so many threads at a time, and no more; those of other tests may end."""
    start, most, lock, started = threading.Thread.start, [LIMIT], threading.Lock(), []

    def limited(thread):
        with lock:
            started[:] = [each for each in started if each.is_alive()]
            if len(started) >= most[0]:
                raise RuntimeError("can't start new thread")
            start(thread)
            started.append(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return most


@pytest.mark.parametrize("n_more", range(4))
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_where_threads_are_few_stacks_are_small(few_threads, n_more, n_jobs):
    few_threads[0] += n_more - LIMIT
    estimators = [model(random_state=seed) for seed in range(10)]
    alone = fit_all(estimators)
    with lockstep() as stacks:
        together = fit_all(estimators, n_jobs=n_jobs)
    for one, other in zip(alone, together, strict=True):
        assert_same_fit(one, other)
    assert max(stacks.sizes, default=0) == n_more
    assert sum(stacks.sizes) == 10 * (n_more > 0)


@pytest.mark.parametrize("n_more", range(4))
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_nested_searches_where_threads_are_few(few_threads, n_more, n_jobs):
    alone = nested_search()
    few_threads[0] += n_more - LIMIT
    search = GridSearchCV(model(), {"alpha": [1e-4, 0.1]}, cv=2, n_jobs=n_jobs)
    with lockstep():
        together = cross_validate(search, X, Y, cv=3, n_jobs=n_jobs)["test_score"]
    np.testing.assert_array_equal(together, alone)


def test_errors_and_ctrl_c_where_there_are_no_threads(few_threads):
    few_threads[0] -= LIMIT
    search = GridSearchCV(model(), {"alpha": [0.1, -1.0]}, cv=3, error_score="raise")
    with lockstep(), pytest.raises(ValueError, match="'alpha' parameter of MLPClassifier"):
        search.fit(X, Y)
    with lockstep(), pytest.raises(KeyboardInterrupt):
        Parallel()(delayed(_thread.interrupt_main)() for _ in range(3))
    with lockstep():
        assert cross_val_score(model(), X, Y).shape == (5,)


def locked_fit(lock, seed, lock_within):
    with lock:
        fitted = model(random_state=seed).fit(X, Y)
        if lock_within is not None:
            with lock_within:
                pass
        return fitted


@pytest.fixture
def impatient(monkeypatch):
    """So that tests do not wait long; what comes of it does not depend on it."""
    monkeypatch.setattr(gathering, "PATIENCE", 0.2)


@pytest.mark.parametrize("n_jobs", [1, 2, 4])
def test_a_lock_around_fits_does_not_stop_them(impatient, n_jobs):
    lock = threading.Lock()
    with lockstep() as stacks:
        together = Parallel(n_jobs)(delayed(locked_fit)(lock, seed, None) for seed in range(5))
    for seed, each in enumerate(together):
        assert_same_fit(each, model(random_state=seed).fit(X, Y))
    assert stacks.sizes == [1] * 5


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_task_may_wait_for_one_that_has_no_turn(impatient, n_jobs):
    """One lock a pair around fits, and one for all after them."""
    locks = [threading.Lock() for _ in range(3)]
    with lockstep():
        together = Parallel(n_jobs)(
            delayed(locked_fit)(locks[seed // 2], seed, locks[2]) for seed in range(4)
        )
    for seed, each in enumerate(together):
        assert_same_fit(each, model(random_state=seed).fit(X, Y))


def fit_in_child(seed):
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(60)  # ends it where it hangs
        model(random_state=seed).fit(X, Y)
        cross_val_score(model(), X, Y)
        os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_of_a_task_takes_no_turns_with_others():
    with lockstep():
        assert Parallel(n_jobs=2)(delayed(fit_in_child)(seed) for seed in range(3)) == [0] * 3
