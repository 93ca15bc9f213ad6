"""Layers that are computed together give what they give one by one."""

import tracemalloc

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, name_of

from sklearn_relu.activations import GELU, Identity, ReLU
from sklearn_relu.kernels import fused
from sklearn_relu.layers import AveragePooling, Convolution, Dense, MaxPooling
from sklearn_relu.losses import SquaredError
from sklearn_relu.network import inference, stack
from sklearn_relu.network.inference import raw_outputs
from sklearn_relu.network.joining import Computed, computed
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.objective import Objective
from sklearn_relu.network.stack import NetworkStack, Scales
from sklearn_relu.network.stage import Stage
from sklearn_relu.penalties import ACTIVITY_PENALTIES

SHAPE = 9, 7, 2
MONOTONE = [each for each in EVERY_ACTIVATION if each.is_monotone]
ROUNDING = {np.float32: 1e-6, np.float64: 1e-14}


def layers_of(activation, pooling=MaxPooling):
    """Two convolutions with their pools, and the outputs."""
    first = Convolution(SHAPE, 4, activation)
    pool = pooling(first.output_shape)
    second = Convolution(pool.output_shape, 5, activation, (2, 3))
    last = pooling(second.output_shape, (3, 2), "valid")
    return [first, pool, second, last, Dense(last.gives, 3, Identity())]


def one_by_one(layers, apart=()):
    return [Computed(layer, i) for i, layer in enumerate(layers)]


def objective_of(stages, dtype=np.float64, n_networks=2, n_rows=6):
    """A stack with parameters, a run with data, and the call that computes the objective."""
    goal = Objective(stages=stages, loss=SquaredError(), dtype=np.dtype(dtype), n_targets=3)
    networks, draw = NetworkStack(goal, n_networks), np.random.default_rng(0)
    networks.params[...] = 0.3 * draw.normal(size=networks.params.shape)
    run = networks.run(slice(0, n_networks), n_rows)
    run.x[...], run.y[...] = draw.normal(size=run.x.shape), draw.normal(size=run.y.shape)
    ones = np.ones(n_networks)
    scales = Scales.of(n_rows * ones, 0 * ones, 0.1 * ones)
    return networks, run, lambda: networks.objective(run, scales)[0].copy()


def stages_of(layers, **of_the_first):
    first, *others = layers
    return (Stage(first, **of_the_first), *map(Stage, others))


def names(layers):
    return [type(layer).__name__ for layer in layers]


def test_which_layers_are_joined():
    joined = names(layer for layer, _ in computed(layers_of(ReLU())))
    assert joined == ["Sums", "ActivatedMaxPooling"] * 2 + ["Dense"]
    assert [owner for _, owner in computed(layers_of(ReLU()))] == [0, 0, 2, 2, 4]
    for layers in (layers_of(GELU()), layers_of(ReLU(), AveragePooling)):
        assert [layer for layer, _ in computed(layers)] == layers


@pytest.mark.parametrize("activation", MONOTONE, ids=name_of)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("compiled", [True, False])
def test_a_joined_network_gives_the_same(activation, dtype, compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(fused, "loops", lambda: None)
    stages = stages_of(layers_of(activation))
    joined, run, objective = objective_of(stages, dtype)
    value = objective()
    assert "ActivatedMaxPooling" in names(joined.layers)
    monkeypatch.setattr(stack, "computed", one_by_one)
    usual, usual_run, objective = objective_of(stages, dtype)
    np.testing.assert_allclose(value, objective(), rtol=ROUNDING[dtype])
    np.testing.assert_allclose(run.raw, usual_run.raw, rtol=ROUNDING[dtype], atol=ROUNDING[dtype])
    size = np.abs(usual.grads).max()
    np.testing.assert_allclose(joined.grads, usual.grads, atol=ROUNDING[dtype] * size)


@pytest.mark.parametrize("of_the_first", [{"dropout": 0.5}, "activity penalty"], ids=str)
def test_layers_whose_activations_are_asked_for_are_not_joined(of_the_first):
    if of_the_first == "activity penalty":
        of_the_first = {"activity_penalty": next(iter(ACTIVITY_PENALTIES.values()))()}
    stages = stages_of(layers_of(ReLU()), **of_the_first)
    goal = Objective(stages=stages, loss=SquaredError(), dtype=np.dtype(float), n_targets=3)
    assert names(NetworkStack(goal, 1).layers[:3]) == ["Convolution", "MaxPooling", "Sums"]


def test_an_activity_penalty_sees_what_the_pool_gives():
    penalty = next(iter(ACTIVITY_PENALTIES.values()))()
    layers = layers_of(ReLU())
    stages = stages_of(layers)
    stages = (stages[0], Stage(layers[1], activity_penalty=penalty), *stages[2:])
    networks, _, objective = objective_of(stages)
    with_penalty = objective()
    start, gradient = networks.params.copy(), networks.grads.copy()
    assert (with_penalty > objective_of(stages_of(layers))[2]()).all()
    direction = np.random.default_rng(4).normal(size=start.shape)
    values = []
    for sign in (1, -1):
        networks.params[...] = start + sign * 1e-6 * direction
        values.append(objective())
    slope = (values[0] - values[1]) / 2e-6
    np.testing.assert_allclose(slope, (gradient * direction).sum(axis=1), rtol=1e-5)


def test_untrained_filters_stay_so():
    first = Convolution(SHAPE, 4, ReLU(), is_trained=False)
    pool = MaxPooling(first.output_shape)
    layers = [first, pool, Dense(pool.gives, 3, Identity())]
    networks, _, objective = objective_of(stages_of(layers))
    networks.grads[...] = np.nan
    objective()
    of_first, _, of_last = networks.layout.views(networks.grads)
    assert all((grads == 0).all() for grads in of_first.values())
    assert all(np.isfinite(grads).all() for grads in of_last.values())


def test_predictions_are_the_same(monkeypatch):
    layers, draw = layers_of(ReLU()), np.random.default_rng(0)
    layout = ParameterLayout(layers)
    params = layout.views(0.3 * draw.normal(size=(2, layout.n_params)))
    X = draw.normal(size=(50, layers[0].reads))
    joined = raw_outputs(layers, params, X, X.dtype, 2**20)
    monkeypatch.setattr(inference, "computed", one_by_one)
    np.testing.assert_array_equal(joined, raw_outputs(layers, params, X, X.dtype, 2**20))


@pytest.mark.parametrize("compiled", [True, False])
def test_a_step_allocates_nothing_in_proportion_to_its_batch(compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(fused, "loops", lambda: None)
    _, run, objective = objective_of(stages_of(layers_of(ReLU())), n_rows=3000)
    objective()
    tracemalloc.start()
    objective()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.25 * run.x.nbytes


def peak_of(run):
    run()
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_predictions_take_memory_that_does_not_grow_with_the_rows():
    convolution = Convolution((32, 32, 3), 16, ReLU(), (5, 5))
    pool = MaxPooling(convolution.output_shape)
    layers = [convolution, pool, Dense(pool.gives, 3, Identity())]
    layout, draw = ParameterLayout(layers), np.random.default_rng(0)
    params = layout.views(draw.normal(size=(1, layout.n_params)))
    X = np.zeros((400, convolution.reads))
    peaks = [
        peak_of(lambda n=n: raw_outputs(layers, params, X[:n], X.dtype, 2**22)) for n in (100, 400)
    ]
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 2**23


def test_a_step_keeps_no_windows():
    """Memory of a batch is that of its activations; windows would be 25 times the images."""
    convolution = Convolution((16, 16, 8), 8, ReLU(), (5, 5))
    pool = MaxPooling(convolution.output_shape)
    layers = [convolution, pool, Dense(pool.gives, 3, Identity())]
    peaks = [peak_of(lambda n=n: objective_of(stages_of(layers), n_rows=n)[2]()) for n in (50, 200)]
    of_a_row = (peaks[1] - peaks[0]) / 150 / 2
    assert of_a_row < 8 * 8 * convolution.reads
