"""Penalties against their formulas."""

import numpy as np
import pytest
from helpers import slow
from sklearn import linear_model

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.initializers import Auto
from sklearn_relu.kernels.memory import PIECE
from sklearn_relu.optimizers import OPTIMIZERS, SGD, Adam, Optimizer
from sklearn_relu.penalties import (
    ACTIVITY_PENALTIES,
    L1,
    L2,
    PENALTIES,
    ElasticNet,
    GroupLasso,
    KLSparsity,
)
from sklearn_relu.testing import check_part

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
EVERY_PENALTY = [cls() for cls in PENALTIES.values()] + [
    ElasticNet(0.0),
    ElasticNet(0.2),
    ElasticNet(1.0),
    GroupLasso("units"),
]
every_penalty = pytest.mark.parametrize("penalty", EVERY_PENALTY, ids=repr)
ELEMENTWISE = [penalty for penalty in EVERY_PENALTY if penalty.elementwise]
RATE_FACTORS = {"adadelta": 100.0, "adagrad": 10.0, "lion": 0.1}
"""By what to multiply the usual learning rate for a solver."""
STOCHASTIC = {name: cls() for name, cls in OPTIMIZERS.items() if issubclass(cls, Optimizer)}
SOLVERS = [(solver, RATE_FACTORS.get(name, 1.0)) for name, solver in STOCHASTIC.items()]
SOLVERS += [(SGD(0.0), 10.0), (SGD(0.9, nesterovs_momentum=False), 1.0)]
every_solver = pytest.mark.parametrize(("solver", "speed"), SOLVERS, ids=repr)
STRENGTH = np.array([0.5, 2.0])


def weights(dtype=np.float64, shape=(2, PIECE // 7 + 50, 7)):
    """Weights of 2 networks, larger than the pieces that kernels work on; some exactly 0."""
    w = np.random.RandomState(0).normal(size=shape)
    w[:, ::5] = 0
    return w.astype(dtype)


def soft_threshold(w, step):
    return np.sign(w) * np.maximum(abs(w) - step, 0)


@pytest.mark.parametrize(
    ("penalty", "ratio"),
    [(L1(), 1), (L2(), 0), (ElasticNet(), 0.5), (ElasticNet(0.2), 0.2)],
    ids=repr,
)
@every_dtype
def test_value_gradient_and_prox_are_those_of_the_formula(penalty, ratio, dtype):
    w = weights(dtype)
    exact = w.astype(np.float64)
    eps = np.finfo(dtype).eps

    value = ratio * abs(exact).sum(axis=(1, 2)) + (1 - ratio) * (exact**2).sum(axis=(1, 2)) / 2
    np.testing.assert_allclose(penalty.value(w), value, rtol=10 * eps)

    grad = np.ones_like(w)
    penalty.add_gradient(w, grad, STRENGTH.astype(dtype))
    expected = 1 + (1 - ratio) * STRENGTH[:, None, None] * exact
    np.testing.assert_allclose(grad, expected, rtol=2 * eps, atol=4 * eps)

    step = np.random.RandomState(1).uniform(0, 1, w.shape).astype(dtype)
    moved = w.copy()
    penalty.prox(moved, step)
    expected = soft_threshold(exact, ratio * step.astype(np.float64))
    np.testing.assert_allclose(moved, expected, rtol=2 * eps, atol=4 * eps)
    assert np.array_equal(moved == 0, expected == 0)


@pytest.mark.parametrize(
    "penalty", [*EVERY_PENALTY, *(cls() for cls in ACTIVITY_PENALTIES.values())], ids=repr
)
def test_every_penalty_keeps_the_contract_of_its_family(penalty):
    check_part(penalty)


@pytest.mark.parametrize("penalty", ELEMENTWISE, ids=repr)
def test_elementwise_penalties_may_come_as_one_block(penalty):
    w = weights()
    block = w.reshape(2, -1, 1)
    np.testing.assert_allclose(penalty.value(w), penalty.value(block), rtol=1e-12)
    moved, moved_block = w.copy(), block.copy()
    penalty.prox(moved, np.full_like(w, 0.1))
    penalty.prox(moved_block, np.full_like(block, 0.1))
    assert np.array_equal(moved, moved_block.reshape(w.shape))


@every_penalty
def test_prox_minimizes_the_penalty_plus_half_the_squared_distance(penalty):
    # Only the part that is not smooth; it is what value has over the part that gradients come from.
    def cost(x):
        grad = np.zeros_like(x)
        penalty.add_gradient(x, grad, np.ones(1))
        not_smooth = penalty.value(x)[0] - 0.5 * (grad * x).sum()
        return ((x - w) ** 2 / (2 * step)).sum() + not_smooth

    rng = np.random.RandomState(0)
    for spread in (0, 1, 3):  # orders of magnitude between the steps of two weights
        w = rng.normal(size=(1, 4, 3)) * [[[2], [1], [0.3], [0]]]
        step = 0.4 * 10 ** rng.uniform(-spread, 0, w.shape)
        x = w.copy()
        penalty.prox(x, step)
        for size in (1e-6, 1e-3, 1.0):
            for _ in range(50):
                aside = rng.normal(size=w.shape) * (rng.uniform(size=w.shape) < 0.5)
                assert cost(x) <= cost(x + size * aside) + 1e-14


def test_elasticnet_lies_between_l1_and_l2():
    w, step = weights(), np.full((2, PIECE // 7 + 50, 7), 0.3)
    for ends, ratio in (((L2(), L1()), 0.25), ((L1(), L2()), 0.75)):
        low, high = (penalty.value(w) for penalty in ends)
        middle = ElasticNet(0.25).value(w)
        np.testing.assert_allclose(middle, low + ratio * (high - low), rtol=1e-12)
    for ratio, penalty in ((0.0, L2()), (1.0, L1())):
        expected, moved = w.copy(), w.copy()
        penalty.prox(expected, step)
        ElasticNet(ratio).prox(moved, step)
        assert np.array_equal(ElasticNet(ratio).value(w), penalty.value(w))
        assert np.array_equal(moved, expected)


def in_rows(groups, w):
    """Weights with the groups in the last axis."""
    return w if groups == "inputs" else w.swapaxes(1, 2)


@pytest.mark.parametrize("groups", ["inputs", "units"])
@every_dtype
def test_group_lasso_is_that_of_the_formula(groups, dtype):
    # Larger than a piece either way; groups of weights 0 among them.
    w = weights(dtype, shape=(2, 300, 250))
    w[:, :, ::7] = 0
    exact, eps = in_rows(groups, w.astype(np.float64)), np.finfo(dtype).eps
    norms = np.linalg.norm(exact, axis=2, keepdims=True)
    root = np.sqrt(exact.shape[2])
    np.testing.assert_allclose(
        GroupLasso(groups).value(w), root * norms.sum(axis=(1, 2)), rtol=10 * eps
    )

    # Some groups are moved by nearly all their length, some by more.
    step = np.ones_like(in_rows(groups, w)) * np.linspace(0, 1.5, exact.shape[1])[:, None]
    step = step.astype(dtype)
    moved = w.copy()
    GroupLasso(groups).prox(moved, np.ascontiguousarray(in_rows(groups, step)))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = exact * np.nan_to_num(np.maximum(1 - root * step / norms, 0))
    np.testing.assert_allclose(in_rows(groups, moved), expected, atol=40 * eps)
    zero = (expected == 0).all(axis=2)
    assert 0 < zero[norms[..., 0] > 0].mean() < 1
    assert np.array_equal((in_rows(groups, moved) == 0).all(axis=2), zero)


@pytest.mark.parametrize("groups", ["inputs", "units"])
def test_a_weight_that_steps_far_takes_none_of_its_group_along(groups):
    # A dead unit has no gradient, so Adam's step for its weights is 1e8 times the learning rate.
    w = weights(shape=(1, 9, 9))
    step = np.full_like(w, 0.01)
    step[:, 3, 4] = 1e6
    w[:, 3, 4] = 0
    expected, moved = w.copy(), w.copy()
    GroupLasso(groups).prox(expected, np.full_like(w, 0.01))
    GroupLasso(groups).prox(moved, step)
    np.testing.assert_allclose(moved, expected, rtol=1e-12)


@every_dtype
def test_group_lasso_leaves_what_is_not_finite_for_training_to_notice(dtype):
    for value in (np.nan, np.inf):
        w = np.ones((1, 2, 3), dtype)
        w[0, 0, 0] = value
        with np.errstate(invalid="ignore"):
            GroupLasso().prox(w, np.full_like(w, 0.1))
        assert not np.isfinite(w[0, 0]).all()
        assert np.isfinite(w[0, 1]).all()


@pytest.mark.parametrize("solver", [SGD(0.0), SGD(0.9, False), SGD(0.9, True), Adam()], ids=repr)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_linear_fit_ends_at_the_exact_solution_of_the_group_lasso(solver):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 8))
    Y = X[:, :4] @ rng.normal(size=(4, 3)) * [3, 2, 0.3] + rng.normal(size=(60, 3)) + 4
    exact = linear_model.MultiTaskLasso(alpha=0.8, tol=1e-12).fit(X, Y)
    network = MLPRegressor(hidden_layer_sizes=(), solver=solver, penalty="group_lasso")
    network.set_params(alpha=0.8 * len(X) / np.sqrt(3), learning_rate_init=0.02, random_state=0)
    network.set_params(max_iter=1500, tol=0, n_iter_no_change=np.inf).fit(X, Y)
    np.testing.assert_allclose(network.coefs_[0], exact.coef_.T, atol=1e-8)
    assert np.array_equal(network.coefs_[0] == 0, exact.coef_.T == 0)
    assert 0 < (exact.coef_ == 0).mean() < 1


@pytest.mark.parametrize("ratio", [1.0, 0.5])
@pytest.mark.parametrize("solver", [SGD(0.0), SGD(0.9, False), SGD(0.9, True), Adam()], ids=repr)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_linear_fit_ends_at_the_exact_solution_of_the_elastic_net(solver, ratio):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 8))
    y = X @ [3, -2, 1, 0.5, 0, 0, 0, 0] + rng.normal(size=60) + 4
    exact = linear_model.ElasticNet(alpha=0.3, l1_ratio=ratio, tol=1e-12).fit(X, y)
    network = MLPRegressor(hidden_layer_sizes=(), solver=solver, penalty=ElasticNet(ratio))
    network.set_params(alpha=0.3 * len(X), learning_rate_init=0.02, random_state=0)
    network.set_params(max_iter=1500, tol=0, n_iter_no_change=np.inf).fit(X, y)
    np.testing.assert_allclose(network.coefs_[0].ravel(), exact.coef_, atol=1e-8)
    assert np.array_equal(network.coefs_[0].ravel() == 0, exact.coef_ == 0)


LARGE_WEIGHTS = {"initialization": Auto(n_shallow=0), "bias_initialization": 0.0}
"""A start from which a strong penalty leaves what is useful."""


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("penalty", ["l1", ElasticNet(0.9)], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_network_sets_the_weights_of_useless_inputs_exactly_to_zero(solver, penalty):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(100, 8))
    y = X[:, 0] + X[:, 1] > 0  # the other six inputs say nothing
    network = MLPClassifier((10,), solver=solver, penalty=penalty, alpha=0.3, random_state=0)
    network.set_params(learning_rate_init=0.03, batch_size=25, max_iter=100)
    network.set_params(**LARGE_WEIGHTS).fit(X, y)
    zeros = network.coefs_[0] == 0
    assert zeros[2:].mean() > 0.9
    assert not zeros[:2].all()
    assert network.score(X, y) > 0.95
    network.set_params(penalty="l2").fit(X, y)
    assert not (network.coefs_[0] == 0).any()


def with_useless_inputs(cls, n_samples=100):
    """Eight inputs, of which only the first two say something."""
    X = np.random.RandomState(0).normal(size=(n_samples, 8))
    score = X[:, 0] + X[:, 1]
    return X, score > 0 if cls is MLPClassifier else score


def fit_penalised(cls, solver, speed, penalty):
    """A network of 20 units under a strong penalty; its batch is all samples, without noise."""
    X, y = with_useless_inputs(cls)
    network = cls(hidden_layer_sizes=(20,), solver=solver, penalty=penalty, alpha=1.0)
    network.set_params(learning_rate_init=0.02 * speed, batch_size=len(X), random_state=0)
    network.set_params(**LARGE_WEIGHTS)
    network.set_params(max_iter=600, tol=0, n_iter_no_change=np.inf).fit(X, y)
    assert network.score(X, y) > 0.95
    return network


@pytest.mark.parametrize("cls", [MLPClassifier, slow(MLPRegressor)])
@every_solver
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_solver_sets_weights_inputs_and_units_exactly_to_zero(cls, solver, speed):
    zeros = fit_penalised(cls, solver, speed, "l1").coefs_[0] == 0
    assert zeros[2:].mean() > 0.9
    assert not zeros[:2].all()

    network = fit_penalised(cls, solver, speed, "group_lasso")
    used = network.coefs_[0].any(axis=1)
    assert np.flatnonzero(used).tolist() == [0, 1]
    X, _ = with_useless_inputs(cls)
    other = np.where(used, X, 1e6)
    assert np.array_equal(network.predict(other), network.predict(X))

    w = fit_penalised(cls, solver, speed, GroupLasso("units")).coefs_[0]
    used = w.any(axis=0)
    assert 0 < used.sum() < 15
    assert w[:, used].all()


@pytest.mark.parametrize("solver", [SGD(0.0), SGD(0.9), SGD(1.0), Adam()], ids=repr)
@pytest.mark.parametrize("penalty", EVERY_PENALTY, ids=repr)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_penalty_of_strength_zero_is_no_penalty(solver, penalty):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(40, 3))
    network = MLPClassifier((5,), solver=solver, alpha=0, max_iter=3, random_state=0)
    with_penalty, without = (
        network.set_params(penalty=each).fit(X, X[:, 0] > 0).coefs_ for each in (penalty, None)
    )
    for one, other in zip(with_penalty, without, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["l1", "l2"])
@pytest.mark.parametrize("weighted", [False, True])
@every_dtype
def test_activity_penalties_are_those_of_the_formula(name, weighted, dtype):
    a = weights(dtype)
    exact, eps = a.astype(np.float64), np.finfo(dtype).eps
    weight = np.ones((*a.shape[:2], 1), dtype)
    if weighted:
        weight = np.random.RandomState(2).uniform(0, 2, weight.shape).astype(dtype)
    each, slope = {
        "l1": (abs(exact), np.sign(exact)),
        "l2": (exact**2 / 2, exact),
    }[name]
    before, grad = a.copy(), np.full_like(a, 0.5)
    value = ACTIVITY_PENALTIES[name]().value_and_gradient(
        a, weight if weighted else None, STRENGTH.astype(dtype), grad
    )
    np.testing.assert_allclose(
        value, STRENGTH * (weight.astype(np.float64) * each).sum(axis=(1, 2)), rtol=10 * eps
    )
    expected = 0.5 + STRENGTH[:, None, None] * weight.astype(np.float64) * slope
    np.testing.assert_allclose(grad, expected, rtol=4 * eps, atol=4 * eps)
    assert np.array_equal(a, before)


def rates_of(dtype, shape=(2, PIECE // 7 + 50, 7)):
    """Activations in [0, 1]; units differ in how active they are."""
    uniform = np.random.RandomState(3).uniform(size=shape)
    return (uniform ** np.arange(1, shape[-1] + 1)).astype(dtype)


@pytest.mark.parametrize("rho", [0.05, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@every_dtype
def test_kl_is_that_of_the_formula(rho, weighted, dtype):
    a = rates_of(dtype)
    exact, eps = a.astype(np.float64), np.finfo(dtype).eps
    weight = np.ones((*a.shape[:2], 1), dtype)
    if weighted:
        weight = np.random.RandomState(2).uniform(0, 2, weight.shape).astype(dtype)
    exact_weight = weight.astype(np.float64)
    weight_sum = exact_weight.sum(axis=1)
    rate = (exact_weight * exact).sum(axis=1) / weight_sum
    before, grad = a.copy(), np.full_like(a, 0.5)
    value = KLSparsity(rho).value_and_gradient(
        a, weight if weighted else None, STRENGTH.astype(dtype), grad
    )
    divergence = rho * np.log(rho / rate) + (1 - rho) * np.log((1 - rho) / (1 - rate))
    np.testing.assert_allclose(
        value, STRENGTH * (weight_sum * divergence).sum(axis=1), rtol=100 * eps
    )
    slope = (1 - rho) / (1 - rate) - rho / rate
    expected = 0.5 + STRENGTH[:, None, None] * exact_weight * slope[:, None]
    np.testing.assert_allclose(grad, expected, rtol=100 * eps, atol=100 * eps)
    assert np.array_equal(a, before)


@every_dtype
def test_kl_is_zero_at_its_rate_and_finite_at_rates_of_zero_and_one(dtype):
    rho = 0.25
    a = np.zeros((1, 8, 3), dtype)
    a[:, :2, 0], a[:, :, 2] = 1, 1
    values, grads = [], []
    for columns in (slice(0, 1), slice(1, 2), slice(2, 3)):
        unit = np.ascontiguousarray(a[:, :, columns])
        grad = np.zeros_like(unit)
        values += list(KLSparsity(rho).value_and_gradient(unit, None, np.ones(1, dtype), grad))
        grads.append(grad[0, 0, 0])
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(values[0], 0, atol=10 * eps)
    np.testing.assert_allclose(grads[0], 0, atol=10 * eps)
    assert np.isfinite(values).all()
    assert np.isfinite(grads).all()
    assert grads[1] < -0.1 / eps
    assert grads[2] > 0.1 / eps


@pytest.mark.parametrize("rho", [0.05, 0.4])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_kl_makes_units_active_at_the_rate_that_it_aims_at(rho):
    X, y = with_useless_inputs(MLPRegressor, 200)
    network = MLPRegressor(hidden_layer_sizes=(12,), activation="logistic", solver="lbfgs")
    network.set_params(activity_penalty=KLSparsity(rho), activity_alpha=10, max_iter=500)
    network.set_params(random_state=0).fit(X, y)
    a = 1 / (1 + np.exp(-(X @ network.coefs_[0] + network.intercepts_[0])))
    np.testing.assert_allclose(a.mean(axis=0), rho, rtol=0.1)
