"""Penalties against their formulas."""

import numpy as np
import pytest
from sklearn import linear_model

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.engine.kernels import PIECE
from sklearn_relu.optimizers import SGD, Adam
from sklearn_relu.penalties import ACTIVITY_PENALTIES, L1, L2, PENALTIES, ElasticNet

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
EVERY_PENALTY = [cls() for cls in PENALTIES.values()] + [
    ElasticNet(0.0),
    ElasticNet(0.2),
    ElasticNet(1.0),
]
every_penalty = pytest.mark.parametrize("penalty", EVERY_PENALTY, ids=repr)
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


@every_penalty
def test_weights_and_steps_are_not_written_where_only_read(penalty):
    w = weights()
    before, step = w.copy(), np.full_like(w, 0.3)
    penalty.value(w)
    penalty.add_gradient(w, np.zeros_like(w), STRENGTH)
    assert np.array_equal(w, before)
    penalty.prox(w, step)
    assert (step == 0.3).all()


@every_penalty
@every_dtype
def test_a_network_of_a_stack_gives_the_bits_that_it_gives_alone(penalty, dtype):
    def results(w, strength):
        grad, moved = np.zeros_like(w), w.copy()
        penalty.add_gradient(w, grad, strength)
        penalty.prox(moved, np.full_like(w, 0.1))
        return penalty.value(w), grad, moved

    w, strength = weights(dtype), STRENGTH.astype(dtype)
    together = results(w, strength)
    for i in range(2):
        one = slice(i, i + 1)
        for stacked, alone in zip(together, results(w[one], strength[one]), strict=True):
            assert np.array_equal(stacked[one], alone)


@every_penalty
def test_elementwise_penalties_may_come_as_one_block(penalty):
    assert penalty.elementwise
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
    def not_smooth(w):
        grad = np.zeros((1, 1, 1))
        w = np.array([[[w]]])
        penalty.add_gradient(w, grad, np.ones(1))
        return penalty.value(w)[0] - 0.5 * (grad * w).item()

    candidates = np.linspace(-3, 3, 601)
    for start in (-2.0, -0.3, 0.0, 0.1, 1.5):
        w, step = np.array([[[start]]]), 0.4
        penalty.prox(w, np.array([[[step]]]))
        costs = [0.5 * (c - start) ** 2 + step * not_smooth(c) for c in candidates]
        np.testing.assert_allclose(w.item(), candidates[np.argmin(costs)], atol=0.0051)


@every_penalty
def test_what_is_smooth_has_no_prox_and_what_is_not_has_one(penalty):
    w = weights()
    moved = w.copy()
    penalty.prox(moved, np.full_like(w, 0.1))
    assert np.array_equal(moved, w) == penalty.is_smooth


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


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("penalty", ["l1", ElasticNet(0.9)], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_network_sets_the_weights_of_useless_inputs_exactly_to_zero(solver, penalty):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(100, 8))
    y = X[:, 0] + X[:, 1] > 0  # the other six inputs say nothing
    network = MLPClassifier((10,), solver=solver, penalty=penalty, alpha=0.3, random_state=0)
    network.set_params(learning_rate_init=0.03, batch_size=25, max_iter=100).fit(X, y)
    zeros = network.coefs_[0] == 0
    assert zeros[2:].mean() > 0.9
    assert not zeros[:2].all()
    assert network.score(X, y) > 0.95
    network.set_params(penalty="l2").fit(X, y)
    assert not (network.coefs_[0] == 0).any()


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


@pytest.mark.parametrize("name", ACTIVITY_PENALTIES)
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
