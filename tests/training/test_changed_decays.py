"""Decays that are set anew between two calls mean what the solvers' formulas say."""

import math
import pickle
from functools import partial

import numpy as np
import pytest

from sklearn_relu import MLPRegressor
from sklearn_relu.initializers import FromCoefs
from sklearn_relu.optimizers import (
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adam,
    AdamW,
    AMSGrad,
    Lion,
    Nadam,
    Optimizer,
    RAdam,
    RMSprop,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

G = -1e6
"""The gradient of one weight at 0, far from its target: steady, however the weight moves."""

N_BEFORE, N_AFTER = 5, 4


def network(solver, rate):
    """One weight and a bias, of which each epoch is a step."""
    return MLPRegressor(
        hidden_layer_sizes=(),
        solver=solver,
        learning_rate_init=rate,
        alpha=0,
        tol=0,
        shuffle=False,
        batch_size=8,
        initialization=FromCoefs([np.zeros((1, 1))], [np.zeros(1)]),
        warm_start=True,
    )


def moves(before, after, rate, between=lambda model: model):
    """How far each step of the second call moves the weight, in learning rates."""
    X, y = np.ones((8, 1)), np.full(8, -G)
    model = between(network(before, rate).set_params(max_iter=N_BEFORE).fit(X, y))
    path = [model.coefs_[0][0, 0]]
    model.set_params(solver=after, max_iter=1)
    path += [model.fit(X, y).coefs_[0][0, 0] for _ in range(N_AFTER)]
    return np.diff(path) / rate


def adam(s, t, beta_1, beta_2, **_):
    s["m"] = beta_1 * s.get("m", 0) + (1 - beta_1) * G
    s["v"] = beta_2 * s.get("v", 0) + (1 - beta_2) * G**2
    return s["m"] / (1 - beta_1**t) / math.sqrt(s["v"] / (1 - beta_2**t))


def amsgrad(s, t, beta_1, beta_2, **_):
    adam(s, t, beta_1, beta_2)
    s["v_max"] = max(s.get("v_max", 0), s["v"])
    return s["m"] / (1 - beta_1**t) / math.sqrt(s["v_max"] / (1 - beta_2**t))


def nadam(s, t, beta_1, beta_2, momentum_decay, **_):
    adam(s, t, beta_1, beta_2)
    mu, ahead = (beta_1 * (1 - 0.5 * 0.96 ** (momentum_decay * i)) for i in (t, t + 1))
    s["product"] = s.get("product", 1) * mu
    m = ahead * s["m"] / (1 - s["product"] * ahead) + (1 - mu) * G / (1 - s["product"])
    return m / math.sqrt(s["v"] / (1 - beta_2**t))


def radam(s, t, beta_1, beta_2, **_):
    step = adam(s, t, beta_1, beta_2)
    n = 2 / (1 - beta_2) - 1
    n_t = n - 2 * t * beta_2**t / (1 - beta_2**t)
    if n_t <= 5:
        return s["m"] / (1 - beta_1**t)
    return step * math.sqrt((n_t - 4) * (n_t - 2) * n / ((n - 4) * (n - 2) * n_t))


def rmsprop(s, t, rho, heavy_ball, **_):
    s["s"] = rho * s.get("s", 0) + (1 - rho) * G**2
    s["u"] = (heavy_ball and heavy_ball * s.get("u", 0)) + G / math.sqrt(s["s"])
    if not heavy_ball:
        s["u"], u = 0, s["u"]  # momentum begins where it is switched on
        return u
    return s["u"]


def adadelta(s, t, rho, eps, **_):
    s["s"] = rho * s.get("s", 0) + (1 - rho) * G**2
    d = math.sqrt(s.get("x", 0) + eps) / math.sqrt(s["s"] + eps) * G
    s["x"] = rho * s.get("x", 0) + (1 - rho) * d**2
    return d


def sgd(s, t, momentum, nesterovs_momentum, **_):
    s["v"] = momentum * s.get("v", 0) + G
    return momentum * s["v"] + G if nesterovs_momentum else s["v"]


def expected(formula, before, after):
    state = {}
    solvers = [before] * N_BEFORE + [after] * N_AFTER
    steps = [-formula(state, t, **solver.get_params()) for t, solver in enumerate(solvers, start=1)]
    return steps[N_BEFORE:]


CHANGES = [
    (formula, cls(*old), cls(*new), 1e-12 if formula is radam else 1e-3)
    for formula, cls in [
        (adam, Adam),
        (adam, partial(AdamW, weight_decay=0)),
        (amsgrad, AMSGrad),
        (nadam, Nadam),
        (radam, RAdam),
    ]
    for old, new in [
        ((0.9, 0.99), (0.5, 0.99)),
        ((0.5, 0.99), (0.9, 0.99)),
        ((0.9, 0.9), (0.9, 0.999)),
        ((0.9, 0.999), (0.9, 0.9)),
        ((0.9, 0.99), (0.0, 0.999)),
        ((0.9, 0.99), (0.9, 0.99)),
    ]
]
CHANGES += [
    (rmsprop, RMSprop(*old), RMSprop(*new), 1e-3)
    for old, new in [
        ((0.9,), (0.99,)),
        ((0.99,), (0.9,)),
        ((0.9, 0.5), (0.9, 0.8)),
        ((0.9, 0.5), (0.5, 0.0)),
        ((0.9, 0.0), (0.5, 0.8)),
    ]
]
CHANGES += [(adadelta, Adadelta(*old), Adadelta(*new), 1.0) for old, new in [((0.95,), (0.5,))]]
CHANGES += [
    (sgd, SGD(*old), SGD(*new), 1e-12)
    for old, new in [((0.9, True), (0.5, True)), ((0.5, False), (0.9, False)), ((0.9,), (0.0,))]
]


def name_of(value):
    return getattr(value, "__name__", repr(value))


@pytest.mark.parametrize("between", [lambda m: m, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize(("formula", "before", "after", "rate"), CHANGES, ids=name_of)
def test_steps_after_a_change_are_those_of_the_formula(formula, before, after, rate, between):
    np.testing.assert_allclose(
        moves(before, after, rate, between), expected(formula, before, after), rtol=1e-6
    )


def test_every_solver_with_a_decay_is_here():
    decays = {"beta_1", "beta_2", "rho", "momentum", "b2", "heavy_ball"}
    having = {
        cls
        for cls in OPTIMIZERS.values()
        if issubclass(cls, Optimizer) and decays & cls().get_params().keys()
    }
    assert having == {type(before) for _, before, _, _ in CHANGES} | {Lion}


def test_flat_parameters_are_decays_too():
    X, y = np.ones((8, 1)), np.full(8, -G)
    model = network("adam", 1e-3).set_params(max_iter=N_BEFORE).fit(X, y)
    start = model.coefs_[0][0, 0]
    model.set_params(beta_1=0.5, beta_2=0.9, max_iter=N_AFTER).fit(X, y)
    moved = (model.coefs_[0][0, 0] - start) / 1e-3
    np.testing.assert_allclose(moved, sum(expected(adam, Adam(), Adam(0.5, 0.9))), rtol=1e-6)


def test_partial_fit_goes_on_with_other_decays():
    X, y = np.ones((8, 1)), np.full(8, -G)
    model = network(RMSprop(0.9), 1e-3)
    path = []
    for solver in [RMSprop(0.9)] * N_BEFORE + [RMSprop(0.99)] * N_AFTER:
        path.append(model.set_params(solver=solver).partial_fit(X, y).coefs_[0][0, 0])
    moved = (path[-1] - path[N_BEFORE - 1]) / 1e-3
    last = sum(expected(rmsprop, RMSprop(0.9), RMSprop(0.99)))
    np.testing.assert_allclose(moved, last, rtol=1e-6)


@pytest.mark.parametrize("b2", [0.01, 0.5, 0.99])
def test_lion_weighs_a_gradient_that_turns_against_its_average(b2):
    """The average after 5 steps is 4.9 % of the gradient: too little to outweigh the new one."""
    X, y = np.ones((8, 1)), np.full(8, -G)
    model = network(Lion(0.9, 0.99), 1e-3).set_params(max_iter=N_BEFORE).fit(X, y)
    before = model.coefs_[0][0, 0]
    model.set_params(solver=Lion(0.9, b2), max_iter=1).fit(X, -y)
    assert model.coefs_[0][0, 0] < before


def test_each_network_of_a_stack_knows_its_own_decays():
    """Those of an ensemble go on together, from states that one call wrote."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(40, 3))
    both = MLPRegressor(
        hidden_layer_sizes=(4,), ensemble_size=2, max_iter=3, warm_start=True, random_state=0
    )
    both.fit(X, X[:, 0])
    apart = pickle.loads(pickle.dumps(both))
    for state in apart._states:
        state["factors"] = None  # as in states of 0.1.0: taken for those of the new decays
    unchanged = pickle.loads(pickle.dumps(apart)).fit(X, X[:, 0])
    again = pickle.loads(pickle.dumps(both)).fit(X, X[:, 0])
    for one, other in zip(unchanged.coefs_, again.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)
    changed = [model.set_params(beta_1=0.5).fit(X, X[:, 0]) for model in (both, apart)]
    assert all((changed[0].coefs_[0] != changed[1].coefs_[0]).any(axis=(1, 2)))
