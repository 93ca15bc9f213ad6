"""Optimizers and schedules against their textbook formulas."""

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from sklearn_relu.engine.kernels import PIECE
from sklearn_relu.optimizers import LBFGS, OPTIMIZERS, SGD, Adam, FullBatchOptimizer, Optimizer
from sklearn_relu.schedules import Adaptive, ConstantRate, InverseScaling, Progress

STOCHASTIC = [cls() for cls in OPTIMIZERS.values() if issubclass(cls, Optimizer)]
N_PARAMS = PIECE + 57
"""More than the pieces that optimizers work on, and no whole number of them."""
RATES = np.array([[0.1], [0.003], [1.0]])

every_stochastic = pytest.mark.parametrize("optimizer", STOCHASTIC, ids=repr)


def gradients(n_steps=6, n_networks=3, n_params=N_PARAMS):
    return np.random.RandomState(0).normal(size=(n_steps, n_networks, n_params))


def run(optimizer, steps, rates=RATES, networks=slice(None), n_weights=10, step_size=None):
    """The parameters after each step, for some of the networks."""
    params = np.random.RandomState(1).normal(size=steps.shape[1:])[networks].copy()
    state, path = optimizer.init_state(params), [params.copy()]
    for grads in steps:
        optimizer.step(params, grads[networks].copy(), state, rates[networks], n_weights, step_size)
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
        optimizer.step(params, grads.astype(np.float32), state, RATES.astype(np.float32), 10)
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
    optimizer.step(params[middle], grads[middle], views, RATES[middle], 10)
    assert np.array_equal(params[[0, 2]], before[[0, 2]])
    assert not np.array_equal(params[1], before[1])
    fresh = optimizer.init_state(params)
    for name, values in state.items():
        assert np.array_equal(values[[0, 2]], fresh[name][[0, 2]])
        assert not np.array_equal(values[1], fresh[name][1]), name


@every_stochastic
def test_state_is_arrays_with_the_network_axis_first(optimizer):
    for values in optimizer.init_state(np.zeros((4, 9))).values():
        assert isinstance(values, np.ndarray)
        assert len(values) == 4


STEADY = [*STOCHASTIC, SGD(0.0), SGD(0.5, False), SGD(0.9, False), SGD(1.0), Adam(0.5, 0.9, 0.1)]


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


@every_stochastic
def test_asking_for_the_step_size_does_not_change_the_step(optimizer):
    steps = gradients()
    step_size = np.empty((3, 100))
    with_size = run(optimizer, steps, n_weights=100, step_size=step_size)
    assert np.array_equal(with_size, run(optimizer, steps, n_weights=100))


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


def progress(**values):
    start = {"epoch": 0, "step": 0, "n_steps": 100, "samples_seen": 0, "n_plateaus": 0}
    return Progress(**{**start, "learning_rate": np.nan, **values})


def test_constant_is_the_initial_rate():
    assert {ConstantRate().rate(0.3, progress(samples_seen=n, step=n)) for n in range(9)} == {0.3}


@pytest.mark.parametrize("power_t", [0.0, 0.5, 1.0, 2.0])
def test_invscaling_falls_with_a_power_of_the_samples_seen(power_t):
    schedule = InverseScaling(power_t)
    for seen in (0, 1, 3, 1000):
        expected = 0.3 / (seen + 1) ** power_t
        np.testing.assert_allclose(schedule.rate(0.3, progress(samples_seen=seen)), expected)


def test_adaptive_divides_by_five_at_each_plateau_until_a_millionth():
    schedule, rate, n_plateaus = Adaptive(), 0.3, 0
    while not schedule.stops(progress(n_plateaus=n_plateaus, learning_rate=rate)):
        n_plateaus += 1
        rate = schedule.rate(0.3, progress(n_plateaus=n_plateaus))
        np.testing.assert_allclose(rate, 0.3 / 5**n_plateaus)
    assert rate <= 1e-6 < rate * 5


@pytest.mark.parametrize("schedule", [ConstantRate(), InverseScaling()], ids=repr)
def test_other_schedules_stop_at_the_first_plateau(schedule):
    assert schedule.stops(progress(learning_rate=0.5))
