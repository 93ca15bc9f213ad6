"""Optimizers against their textbook formulas."""

import numpy as np
import pytest
from helpers import step
from scipy.optimize import rosen, rosen_der
from sklearn import linear_model

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.kernels.memory import PIECE
from sklearn_relu.optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    AMSGrad,
    FullBatchOptimizer,
    Lion,
    Nadam,
    Optimizer,
    RAdam,
    RMSprop,
)
from sklearn_relu.testing import check_part

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

NAMES = [name for name, cls in OPTIMIZERS.items() if issubclass(cls, Optimizer)]
STOCHASTIC = [OPTIMIZERS[name]() for name in NAMES] + [RMSprop(heavy_ball=0.5)]
DECAYING = [cls for cls in OPTIMIZERS.values() if "weight_decay" in cls().get_params()]
N_PARAMS = PIECE + 57
RATES = np.array([[0.1], [0.003], [1.0]])

every_stochastic = pytest.mark.parametrize("optimizer", STOCHASTIC, ids=repr)


def gradients(n_steps=6, n_networks=3, n_params=N_PARAMS):
    return np.random.RandomState(0).normal(size=(n_steps, n_networks, n_params))


def run(optimizer, steps, rates=RATES, networks=slice(None), n_weights=10, step_size=None):
    """The parameters after each step, for some of the networks."""
    params = np.random.RandomState(1).normal(size=steps.shape[1:])[networks].copy()
    state, path = optimizer.init_state(params), [params.copy()]
    for grads in steps:
        step(
            optimizer, params, grads[networks].copy(), state, rates[networks], n_weights, step_size
        )
        path.append(params.copy())
    return np.array(path)


def sgd_path(steps, start, momentum, nesterov):
    """Sutskever et al. (2013), as scikit-learn writes it."""
    path, velocity = [start], np.zeros_like(start)
    for g in steps:
        velocity = momentum * velocity - RATES * g
        move = momentum * velocity - RATES * g if nesterov else velocity
        path.append(path[-1] + move)
    return np.array(path)


def adam_path(steps, start, beta_1, beta_2, epsilon):
    """Kingma & Ba (2015), section 2: the efficient order of algorithm 1."""
    path, m, v = [start], np.zeros_like(start), np.zeros_like(start)
    for t, g in enumerate(steps, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        rate = RATES * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        path.append(path[-1] - rate * m / (np.sqrt(v) + epsilon))
    return np.array(path)


def amsgrad_path(steps, start, beta_1, beta_2, epsilon):
    """Reddi et al. (2018), algorithm 2, with the corrections of PyTorch's Adam(amsgrad=True).

    But epsilon is added before the correction, as in our Adam.
    """
    path, m, v, v_max = [start], *np.zeros((3, *start.shape))
    for t, g in enumerate(steps, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        v_max = np.maximum(v_max, v)
        rate = RATES * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        path.append(path[-1] - rate * m / (np.sqrt(v_max) + epsilon))
    return np.array(path)


def nadam_path(steps, start, beta_1, beta_2, epsilon, momentum_decay=0.004):
    """PyTorch's NAdam, but epsilon is added before the correction, as in our Adam."""
    path, m, v = [start], *np.zeros((2, *start.shape))
    mu = beta_1 * (1 - 0.5 * 0.96 ** (momentum_decay * np.arange(1, len(steps) + 2)))
    for t, g in enumerate(steps, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        now, ahead = mu[:t].prod(), mu[: t + 1].prod()
        direction = mu[t] * m / (1 - ahead) + (1 - mu[t - 1]) * g / (1 - now)
        rate = RATES * np.sqrt(1 - beta_2**t)
        path.append(path[-1] - rate * direction / (np.sqrt(v) + epsilon))
    return np.array(path)


def radam_path(steps, start, beta_1, beta_2, epsilon):
    """Liu et al. (2020), algorithm 2, with the 5 of PyTorch's RAdam."""
    path, m, v = [start], *np.zeros((2, *start.shape))
    longest = 2 / (1 - beta_2) - 1
    for t, g in enumerate(steps, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        step = RATES * m / (1 - beta_1**t)
        length = longest - 2 * t * beta_2**t / (1 - beta_2**t)
        if length > 5:
            numerator = (length - 4) * (length - 2) * longest
            step *= np.sqrt(numerator / ((longest - 4) * (longest - 2) * length))
            step *= np.sqrt(1 - beta_2**t) / (np.sqrt(v) + epsilon)
        path.append(path[-1] - step)
    return np.array(path)


def rmsprop_path(steps, start, rho, heavy_ball, epsilon):
    """PyTorch's RMSprop: epsilon outside of the root, the rate outside of the momentum."""
    path, square, velocity = [start], *np.zeros((2, *start.shape))
    for g in steps:
        square = rho * square + (1 - rho) * g**2
        velocity = heavy_ball * velocity + g / (np.sqrt(square) + epsilon)
        path.append(path[-1] - RATES * velocity)
    return np.array(path)


def adagrad_path(steps, start, epsilon):
    """Duchi et al. (2011), figure 1; epsilon outside of the root, as in PyTorch."""
    path, squares = [start], np.zeros_like(start)
    for g in steps:
        squares = squares + g**2
        path.append(path[-1] - RATES * g / (np.sqrt(squares) + epsilon))
    return np.array(path)


def adadelta_path(steps, start, rho, eps):
    """Zeiler (2012), algorithm 1; the rate only scales what is added to the parameters."""
    path, squares, moves = [start], *np.zeros((2, *start.shape))
    for g in steps:
        squares = rho * squares + (1 - rho) * g**2
        move = np.sqrt(moves + eps) / np.sqrt(squares + eps) * g
        moves = rho * moves + (1 - rho) * move**2
        path.append(path[-1] - RATES * move)
    return np.array(path)


def lion_path(steps, start, b1, b2):
    """Chen et al. (2023), algorithm 2."""
    path, m = [start], np.zeros_like(start)
    for g in steps:
        path.append(path[-1] - RATES * np.sign(b1 * m + (1 - b1) * g))
        m = b2 * m + (1 - b2) * g
    return np.array(path)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_steps_are_those_of_the_formula(momentum, nesterov):
    steps = gradients()
    path = run(SGD(momentum, nesterov), steps)
    expected = sgd_path(steps, path[0], momentum, nesterov)
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.5), (0.5, 0.0), (0.99, 0.9999)])
@pytest.mark.parametrize("epsilon", [1e-8, 1e-2])
def test_adam_steps_are_those_of_the_formula(betas, epsilon):
    steps = gradients()
    path = run(Adam(*betas, epsilon), steps)
    expected = adam_path(steps, path[0], *betas, epsilon)
    np.testing.assert_allclose(path, expected, rtol=1e-11, atol=1e-12)


BETAS = [(0.9, 0.999, 1e-8), (0.0, 0.5, 1e-8), (0.5, 0.0, 1e-2), (0.99, 0.9, 1e-3)]


@pytest.mark.parametrize(
    ("cls", "textbook", "parameters"),
    [
        *[(AMSGrad, amsgrad_path, betas) for betas in BETAS],
        *[(Nadam, nadam_path, betas) for betas in BETAS],
        (Nadam, nadam_path, (0.9, 0.999, 1e-8, 0.5)),
        *[(RAdam, radam_path, betas) for betas in BETAS],
        (RMSprop, rmsprop_path, (0.9, 0.0, 1e-8)),
        (RMSprop, rmsprop_path, (0.99, 0.9, 1e-2)),
        (RMSprop, rmsprop_path, (0.0, 0.5, 1e-2)),
        (Adagrad, adagrad_path, (1e-8,)),
        (Adagrad, adagrad_path, (0.1,)),
        (Adadelta, adadelta_path, (0.95, 1e-6)),
        (Adadelta, adadelta_path, (0.0, 1e-2)),
        (Lion, lion_path, (0.9, 0.99)),
        (Lion, lion_path, (0.0, 0.5)),
        (Lion, lion_path, (0.5, 0.0)),
    ],
)
def test_steps_are_those_of_the_formula(cls, textbook, parameters):
    # 12 steps: Adam's relatives with beta_2=0.999 are rectified from the sixth on.
    steps = gradients(n_steps=12)
    steps[4:6] *= 30  # large gradients that AMSGrad remembers
    path = run(cls(*parameters), steps)
    expected = textbook(steps, path[0], *parameters)
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-11)


def test_radam_rectifies_each_network_by_its_own_number_of_steps():
    steps = gradients(n_steps=9, n_params=20)
    alone = run(RAdam(), steps, networks=slice(1, 2))
    params = np.random.RandomState(1).normal(size=(3, 20))
    state = RAdam().init_state(params)
    for number, grads in enumerate(steps):
        grads = grads.copy()
        if number < 5:  # only the second network steps
            one = {name: values[1:2] for name, values in state.items()}
            step(RAdam(), params[1:2], grads[1:2], one, RATES[1:2], 10)
        else:
            step(RAdam(), params, grads, state, RATES, 10)
    assert np.array_equal(state["t"].ravel(), [4, 9, 4])
    assert np.array_equal(params[1], alone[-1, 0])


@pytest.mark.parametrize("cls", DECAYING)
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e6])
def test_weight_decay_is_decoupled_from_gradients_and_for_weights_only(cls, scale):
    steps, n_weights = scale * gradients(), 20_000
    with_decay = run(cls(weight_decay=0.1), steps, n_weights=n_weights)
    without = run(cls(weight_decay=0.0), steps, n_weights=n_weights)
    moves = np.diff(without, axis=0)
    weights = with_decay[0, :, :n_weights].copy()
    for move in moves:
        weights -= RATES * 0.1 * weights
        weights += move[:, :n_weights]
    np.testing.assert_allclose(with_decay[-1, :, :n_weights], weights, rtol=1e-12, atol=1e-9)
    assert np.array_equal(with_decay[..., n_weights:], without[..., n_weights:])


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e4, 1e15])
def test_adam_does_not_depend_on_the_gradients_scale_unless_epsilon_is_reached(scale):
    steps = scale * gradients(n_params=50)
    path = run(Adam(), steps)
    expected = adam_path(steps, path[0], 0.9, 0.999, 1e-8)
    np.testing.assert_allclose(path, expected, rtol=1e-10, atol=1e-12)


@every_stochastic
def test_float32_takes_the_float64_steps_rounded(optimizer):
    steps = gradients(n_params=200)
    exact = run(optimizer, steps)
    params = exact[0].astype(np.float32)
    state = optimizer.init_state(params)
    for grads in steps:
        step(optimizer, params, grads.astype(np.float32), state, RATES.astype(np.float32), 10)
    assert params.dtype == np.float32
    np.testing.assert_allclose(params, exact[-1], rtol=1e-5, atol=1e-5)


@every_stochastic
def test_networks_step_as_they_would_alone_each_with_its_rate(optimizer):
    steps = gradients()
    together = run(optimizer, steps)
    for networks in (slice(0, 1), slice(2, 3), slice(1, 3)):
        assert np.array_equal(run(optimizer, steps, networks=networks), together[:, networks])


@every_stochastic
def test_a_run_of_the_stack_leaves_the_other_networks_as_they_are(optimizer):
    params, grads = gradients(n_steps=2, n_params=40)
    state = optimizer.init_state(params)
    before = params.copy()
    middle = slice(1, 2)
    views = {name: values[middle] for name, values in state.items()}
    step(optimizer, params[middle], grads[middle].copy(), views, RATES[middle], 10)
    assert np.array_equal(params[[0, 2]], before[[0, 2]])
    assert not np.array_equal(params[1], before[1])
    fresh = optimizer.init_state(params)
    for name, values in state.items():
        assert np.array_equal(values[[0, 2]], fresh[name][[0, 2]])
        assert not np.array_equal(values[1], fresh[name][1]), name


@every_stochastic
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zero_gradients_move_nothing_but_what_decays_or_has_momentum(optimizer, dtype):
    params = np.random.RandomState(1).normal(size=(3, 30)).astype(dtype)
    state, before = optimizer.init_state(params), params.copy()
    step_size = np.full((3, 10), np.nan, dtype)
    with np.errstate(all="raise"):
        for _ in range(8):
            step(
                optimizer, params, np.zeros_like(params), state, RATES.astype(dtype), 10, step_size
            )
            assert np.isfinite(step_size).all()
            assert (step_size > 0).all()
    assert np.array_equal(params[:, 10:], before[:, 10:])
    assert np.array_equal(params, before) == (not getattr(optimizer, "weight_decay", 0))


@pytest.mark.parametrize("optimizer", [*STOCHASTIC, LBFGS()], ids=repr)
def test_every_solver_keeps_the_contract_of_its_family(optimizer):
    check_part(optimizer)


STEADY = [
    *[cls() for cls in OPTIMIZERS.values() if issubclass(cls, Optimizer) and cls is not AdamW],
    AdamW(weight_decay=0.0),  # decay is no part of what a gradient does
    *[SGD(0.0), SGD(0.5, False), SGD(0.9, False), SGD(1.0), Adam(0.5, 0.9, 0.1)],
    *[Nadam(0.0), Nadam(0.5, 0.9, 0.1, 0.3), RAdam(0.5, 0.9, 0.1), RAdam(0.9, 0.5), Lion(0.0, 0.0)],
]


@pytest.mark.parametrize("optimizer", STEADY, ids=repr)
def test_step_size_is_how_far_a_steady_gradient_moves_a_weight(optimizer):
    # So in each step a proximal operator with this size weighs as much as the gradient does.
    n_weights = N_PARAMS - 30
    steps = np.repeat(gradients(n_steps=1), 12, axis=0)
    step_size = np.full((3, n_weights), np.nan)
    for n_steps in range(1, len(steps) + 1):
        path = run(optimizer, steps[:n_steps], n_weights=n_weights, step_size=step_size)
        moved = (path[-2] - path[-1])[:, :n_weights]
        np.testing.assert_allclose(step_size * steps[0][:, :n_weights], moved, rtol=1e-6, atol=1e-9)


def test_step_size_of_rmsprop_with_momentum_is_that_once_the_averages_are_steady():
    steps, step_size = np.repeat(gradients(n_steps=1, n_params=50), 300, axis=0), np.empty((3, 50))
    path = run(RMSprop(0.8, 0.9), steps, n_weights=50, step_size=step_size)
    np.testing.assert_allclose(step_size * steps[0], path[-2] - path[-1], rtol=1e-6)


@every_stochastic
def test_asking_for_the_step_size_does_not_change_the_step(optimizer):
    steps = gradients()
    step_size = np.empty((3, 100))
    with_size = run(optimizer, steps, n_weights=100, step_size=step_size)
    # A compiled loop, which gives no size, may round in another way.
    without = run(optimizer, steps, n_weights=100)
    np.testing.assert_allclose(with_size, without, rtol=1e-12, atol=1e-14)


def test_lbfgs_finds_the_minimum_and_reports_each_iteration():
    seen = []
    result = LBFGS().minimize(
        lambda x: (rosen(x), rosen_der(x)), np.zeros(5), 500, 1e-9, lambda x: seen.append(x.copy())
    )
    np.testing.assert_allclose(result.x, np.ones(5), rtol=1e-5)
    assert result.status == 0
    assert len(seen) == result.nit
    assert np.array_equal(seen[-1], result.x)
    values = [rosen(x) for x in seen]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("max_iter", [4, 500])
def test_lbfgs_stops_cleanly_when_asked_to(max_iter):
    seen = []

    def on_iteration(x):
        seen.append(x.copy())
        return len(seen) == 4

    result = LBFGS().minimize(
        lambda x: (rosen(x), rosen_der(x)), np.zeros(5), max_iter, 1e-9, on_iteration
    )
    assert (len(seen), result.nit, result.status, result.success) == (4, 4, 99, False)
    assert "CALLBACK" in result.message
    assert np.array_equal(result.x, seen[-1])
    np.testing.assert_allclose(result.fun, rosen(result.x))


def test_lbfgs_stops_at_its_limits():
    def objective(x):
        return rosen(x), rosen_der(x)

    by_iterations = LBFGS().minimize(objective, np.zeros(5), 3, 1e-9, lambda x: None)
    assert (by_iterations.nit, by_iterations.status) == (3, 1)
    by_evaluations = LBFGS(max_fun=4).minimize(objective, np.zeros(5), 500, 1e-9, lambda x: None)
    assert by_evaluations.status == 1
    assert by_evaluations.nfev <= 4 + 20  # a line search in progress may end


def test_solvers_are_stochastic_or_full_batch():
    for cls in OPTIMIZERS.values():
        assert issubclass(cls, Optimizer) != issubclass(cls, FullBatchOptimizer)


# Adadelta's and Adagrad's usual rates are large, Lion's is small.
BOWL = {"adagrad": 1.0, "adadelta": 30.0, "lion": 0.01}


@pytest.mark.parametrize("name", NAMES)
def test_every_solver_finds_the_bottom_of_a_bowl(name):
    curvature, bottom = np.logspace(-1, 1, 8), np.linspace(-1, 1, 8)
    params, initial = np.zeros((1, 8)), BOWL.get(name, 0.03)
    optimizer = OPTIMIZERS[name](**{"weight_decay": 0.0} if name == "adamw" else {})
    state = optimizer.init_state(params)
    for rate in initial * np.linspace(1, 0, 1500):
        grads = curvature * (params - bottom)
        step(optimizer, params, grads, state, np.array([[rate]]), 8)
    np.testing.assert_allclose(params[0], bottom, atol=1e-3)


# Rates at which 1500 epochs are enough.
LASSO = {"radam": 0.1, "adagrad": 0.3, "adadelta": 30.0}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_l1_sets_exactly_the_weights_to_zero_that_the_lasso_does(name):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(100, 20))
    y = X[:, :3] @ [3, -2, 1] + 0.5 * rng.normal(size=100) + 1
    lasso = linear_model.Lasso(alpha=0.25, tol=1e-12).fit(X, y)
    assert np.array_equal(np.flatnonzero(lasso.coef_), [0, 1, 2])
    network = MLPRegressor(hidden_layer_sizes=(), solver=name, penalty="l1", alpha=0.25 * len(X))
    network.set_params(learning_rate_init=LASSO.get(name, 0.03), max_iter=1500, random_state=0)
    network.set_params(tol=0, n_iter_no_change=np.inf).fit(X, y)
    coef = network.coefs_[0].ravel()
    assert np.array_equal(coef == 0, lasso.coef_ == 0)
    # AdamW's weight decay shrinks them further; Lion's bias goes up and down by its rate.
    np.testing.assert_allclose(coef, lasso.coef_, atol=0.05)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_named_solver_has_its_own_usual_defaults(name):
    X = np.random.RandomState(0).normal(size=(40, 3))

    def weights(solver):
        network = MLPClassifier((5,), solver=solver, max_iter=4, random_state=0)
        return network.fit(X, X[:, 0] > 0).coefs_[0]

    assert np.array_equal(weights(name), weights(OPTIMIZERS[name]()))


def test_usual_defaults_are_those_of_the_sources():
    assert Lion().get_params() == {"b1": 0.9, "b2": 0.99, "weight_decay": 0.0}
    assert RMSprop().get_params() == {"rho": 0.9, "heavy_ball": 0.0, "epsilon": 1e-8}
    assert Adadelta().get_params() == {"rho": 0.95, "eps": 1e-6}
    assert AdamW().weight_decay == 0.01


def test_lions_step_stays_bounded_where_its_direction_changes_sign():
    optimizer, params = Lion(), np.zeros((1, 4))
    state, step_size = optimizer.init_state(params), np.empty((1, 4))
    for _ in range(200):
        step(optimizer, params, np.ones((1, 4)), state, np.array([[0.1]]), 4, step_size)
    np.testing.assert_allclose(step_size, 0.1, rtol=1e-6)
    # The average of gradients is about 1; this one makes the direction exactly 0.
    average = state["m"] * (1 - optimizer.b2)
    opposite = -optimizer.b1 / (1 - optimizer.b1) * average
    step(optimizer, params, opposite, state, np.array([[0.1]]), 4, step_size)
    assert (step_size < 0.2).all()
