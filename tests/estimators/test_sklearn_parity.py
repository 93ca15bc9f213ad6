"""At defaults, the same model as scikit-learn's from the same random_state.

Under early stopping with ``initialization="sklearn"``, whose held-out rows are scikit-learn's too.
"""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import versions
from helpers import slow
from numpy.testing import assert_allclose, assert_array_equal
from parity import SOLVERS, TASKS, assert_same, fit_pair, make_pair, make_task

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = [
    versions.with_the_same_mlp,
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

SGD = [name for name in SOLVERS if name.startswith("sgd")]
STOCHASTIC = [*SGD, "adam"]
EVERY_PAIR = [
    (task, solver)
    for task in TASKS
    for solver in SOLVERS
    if (task, solver) != ("multi-output", "lbfgs")  # see the tests of scikit-learn's inconsistency
]
every_pair = pytest.mark.parametrize(("task", "solver"), EVERY_PAIR)
ignore_max_iter = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def sample_weight():
    """Weights of which some are 0, but not those of a whole batch."""
    return np.random.RandomState(1).randint(0, 4, size=70) / 2


@every_pair
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_every_task_solver_and_activation_gives_the_same_model(task, solver, activation):
    task = make_task(task)
    ours, theirs = fit_pair(task, activation=activation, **SOLVERS[solver])
    assert_same(ours, theirs, task.X_new)


@every_pair
@pytest.mark.parametrize("hidden_layer_sizes", [(), 4, [7, 4], (5, 4, 3)], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_any_depth_gives_the_same_model(task, solver, hidden_layer_sizes):
    task = make_task(task)
    params = SOLVERS[solver] | {"hidden_layer_sizes": hidden_layer_sizes}
    if solver == "lbfgs":
        params["activation"] = "tanh"  # relu's trial steps saturate: TestScikitLearnsLogLoss
    ours, theirs = fit_pair(task, **params)
    assert_same(ours, theirs, task.X_new)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_eight_hidden_layers_give_the_same_model(task, solver):
    task = make_task(task)
    ours, theirs = fit_pair(task, hidden_layer_sizes=(4,) * 8, **SOLVERS[solver])
    assert_same(ours, theirs, task.X_new)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize("solver", SGD)
def test_schedules_stop_at_the_same_plateau(task, schedule, solver):
    task = make_task(task)
    params = SOLVERS[solver] | {"learning_rate_init": 0.05, "learning_rate": schedule}
    ours, theirs = fit_pair(task, max_iter=200, tol=2e-3, n_iter_no_change=2, **params)
    assert theirs.n_iter_ < 200, "the stopping rule has to be met"
    if schedule == "adaptive":
        assert theirs._optimizer.learning_rate <= 1e-6, "the rate has to go all the way down"
    assert_same(ours, theirs, task.X_new)


def test_power_t_is_that_of_scikit_learn():
    task = make_task("binary")
    params = {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5}
    pairs = [fit_pair(task, power_t=power_t, **params) for power_t in (0.0, 0.25)]
    for ours, theirs in pairs:
        assert_same(ours, theirs, task.X_new)
    assert pairs[0][0].loss_ != pairs[1][0].loss_


@pytest.mark.parametrize(
    "params",
    [
        {"alpha": 0.0},
        {"alpha": 3.0},
        {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        {"solver": "sgd", "momentum": 0.3},
        {"solver": "sgd", "momentum": 1.0, "nesterovs_momentum": False},
        {"batch_size": "auto"},
        {"batch_size": 1},
        {"batch_size": 70},
        {"tol": 0.0, "n_iter_no_change": 1},
        {"tol": 0.5, "n_iter_no_change": np.inf},
        {"learning_rate_init": 0.3, "tol": 1e-2, "n_iter_no_change": 1, "max_iter": 100},
        {"random_state": 11},
        {"solver": "lbfgs", "alpha": 3.0, "tol": 1e-2, "max_iter": 200},
        {"solver": "lbfgs", "max_fun": 5},
    ],
    ids=str,
)
@pytest.mark.parametrize("task", ["binary", "single-output"])
def test_hyper_parameters_mean_the_same(task, params):
    task = make_task(task)
    assert_same(*fit_pair(task, **params), task.X_new)


@every_pair
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("sparse", [None, sp.csr_matrix, slow(sp.csc_array)])
def test_sample_weight_shuffle_and_sparse_x(task, solver, shuffle, sparse, sample_weight):
    task = make_task(task)
    X = task.X if sparse is None else sparse(np.where(np.abs(task.X) > 0.6, task.X, 0))
    X_new = task.X_new if sparse is None else sparse(task.X_new)
    params = SOLVERS[solver] | {"shuffle": shuffle}
    ours, theirs = fit_pair(task, X=X, sample_weight=sample_weight, **params)
    assert_same(ours, theirs, X_new)
    unweighted, _ = fit_pair(task, X=X, **params)
    assert unweighted.loss_ != ours.loss_


@pytest.mark.parametrize("task", ["binary", "multilabel", "single-output", "multi-output"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_early_stopping_goes_back_to_the_same_best_epoch(task, weighted, solver, sample_weight):
    task = make_task(task)
    params = SOLVERS[solver] | {"early_stopping": True, "validation_fraction": 0.25}
    params |= {"max_iter": 80, "n_iter_no_change": 3}
    ours, theirs = fit_pair(task, sample_weight=sample_weight if weighted else None, **params)
    assert theirs.n_iter_ < 80, "the stopping rule has to be met"
    assert np.argmax(theirs.validation_scores_) < theirs.n_iter_ - 1, "there must be a way back"
    assert_same(ours, theirs, task.X_new)


def test_early_stopping_lowers_the_adaptive_rate_by_the_validation_score():
    task = make_task("single-output")
    params = {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.05}
    params |= {"early_stopping": True, "max_iter": 200, "n_iter_no_change": 2}
    ours, theirs = fit_pair(task, **params)
    assert theirs._optimizer.learning_rate <= 1e-6
    assert_same(ours, theirs, task.X_new)


def test_lbfgs_takes_no_notice_of_early_stopping():
    task = make_task("binary")
    ours, theirs = fit_pair(task, solver="lbfgs", early_stopping=True)
    assert_same(ours, theirs, task.X_new)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_partial_fit_goes_on_in_the_same_way(task, weighted, solver, sample_weight):
    """One batch a call: shuffling then decides on nothing but the order of a sum."""
    task = make_task(task)
    falling = {"learning_rate": "invscaling", "learning_rate_init": 0.2, "power_t": 0.2}
    params = SOLVERS[solver] | (falling if solver in SGD else {})
    ours, theirs = make_pair(task, **params)
    for estimator in (ours, theirs):
        for start in 3 * list(range(0, 70, 20)):
            batch = slice(start, start + 20)
            with warnings.catch_warnings():
                # The last 10 rows are fewer than batch_size, and both say so.
                warnings.filterwarnings("ignore", "Got `batch_size`")
                estimator.partial_fit(
                    task.X[batch],
                    task.y[batch],
                    sample_weight=sample_weight[batch] if weighted else None,
                    **task.classes,
                )
    assert (theirs.n_iter_, theirs.t_, len(theirs.loss_curve_)) == (1, 210, 12)
    assert_same(ours, theirs, task.X_new)


def test_partial_fit_may_declare_classes_it_has_not_seen():
    task = make_task("multiclass")
    ours, theirs = make_pair(task)
    seen = task.y != "birch"
    X, y = task.X[seen][:20], task.y[seen][:20]
    for estimator in (ours, theirs):
        for _ in range(3):
            estimator.partial_fit(X, y, classes=["ash", "birch", "cedar"])
    assert ours.predict_proba(task.X_new).shape == (20, 3)
    assert_same(ours, theirs, task.X_new)


@ignore_max_iter
@pytest.mark.parametrize("task", TASKS)
def test_partial_fit_goes_on_after_fit(task):
    """Without momentum: a fit of ours keeps no optimizer state, unless by warm_start."""
    task = make_task(task)
    params = SOLVERS["sgd-plain"] | {"shuffle": False}
    ours, theirs = fit_pair(task, **params)
    for estimator in (ours, theirs):
        estimator.partial_fit(task.X, task.y)
    assert (theirs.n_iter_, len(theirs.loss_curve_)) == (1, 13)
    assert_same(ours, theirs, task.X_new)


@ignore_max_iter
@pytest.mark.parametrize("task", [task for task in TASKS if task != "multi-output"])
def test_warm_start_of_lbfgs_goes_on_from_the_last_parameters(task):
    task = make_task(task)
    ours, theirs = fit_pair(task, solver="lbfgs", warm_start=True, max_iter=5)
    first = ours.loss_
    for estimator in (ours, theirs):
        estimator.fit(task.X, task.y)
    assert ours.loss_ < first
    assert_same(ours, theirs, task.X_new)


@ignore_max_iter
@pytest.mark.parametrize("solver", SOLVERS)
def test_fit_again_begins_anew(solver):
    task = make_task("binary")
    ours, theirs = fit_pair(task, **SOLVERS[solver])
    for estimator in (ours, theirs):
        estimator.fit(task.X[:40], task.y[:40])
    assert_same(ours, theirs, task.X_new)


@ignore_max_iter
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_given_generator_is_used_up_to_the_same_point(solver, early_stopping):
    task = make_task("binary")
    rngs = [np.random.RandomState(5), np.random.RandomState(5)]
    pair = make_pair(task, early_stopping=early_stopping, **SOLVERS[solver])
    for estimator, rng in zip(pair, rngs, strict=True):
        estimator.set_params(random_state=rng).fit(task.X, task.y)
    assert_same(*pair, task.X_new)
    assert_array_equal(rngs[0].randint(1 << 30, size=5), rngs[1].randint(1 << 30, size=5))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_float32_stays_float32(task, solver):
    task = make_task(task)
    y = task.y.astype(np.float32) if task.y.dtype == np.float64 else task.y
    ours, theirs = fit_pair(task, X=task.X.astype(np.float32), y=y, **SOLVERS[solver])
    X_new = task.X_new.astype(np.float32)
    for one, other in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert one.dtype == other.dtype == np.float32
        # Rounding in float32, over 48 steps; measured 5e-7.
        assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    method = "predict_proba" if hasattr(ours, "classes_") else "predict"
    assert getattr(ours, method)(X_new).dtype == getattr(theirs, method)(X_new).dtype == np.float32


def test_other_numbers_become_float64():
    task = make_task("binary")
    X = np.round(3 * task.X).astype(int)
    ours, theirs = fit_pair(task, X=X)
    assert ours.coefs_[0].dtype == np.float64
    assert_same(ours, theirs, X)
