"""Initializers: the distributions they draw from, and what they do to the signal."""

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, forward, name_of

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import ACTIVATIONS, Logistic, Maxout, ReLU, Tanh
from sklearn_relu.engine.network import ParameterLayout, dense_layers
from sklearn_relu.estimators.weights import initial_params
from sklearn_relu.initializers import (
    INITIALIZERS,
    Auto,
    Constant,
    HeNormal,
    Initializer,
    LayerStart,
    Orthogonal,
    SklearnUniform,
    VarianceScaling,
    _Scaling,
)

FAN_IN, FAN_OUT = 300, 700
VARIANCES = {
    "variance_scaling": 1.7**2 / FAN_IN,  # scale=None: the gain given to fill, squared
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "lecun_normal": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "fan_in_uniform": 1 / (3 * FAN_IN),
}
BOUNDS = {
    "he_uniform": np.sqrt(6 / FAN_IN),
    "glorot_uniform": np.sqrt(6 / (FAN_IN + FAN_OUT)),
    "lecun_uniform": np.sqrt(3 / FAN_IN),
    "fan_in_uniform": 1 / np.sqrt(FAN_IN),
}
GENERAL = [
    (VarianceScaling(scale, mode, distribution), scale / fan)
    for scale in (0.5, 3.0)
    for mode, fan in {
        "fan_in": FAN_IN,
        "fan_out": FAN_OUT,
        "fan_avg": (FAN_IN + FAN_OUT) / 2,
    }.items()
    for distribution in ("normal", "uniform")
]


def fill(initializer, shape=(FAN_IN, FAN_OUT), gain=1.7, seed=0, dtype=np.float64):
    weights = np.full(shape, np.nan, dtype)
    initializer.fill(weights, gain, np.random.RandomState(seed))
    return weights


def layer_starts(sizes, activations, dtype=np.float64):
    """Layers to fill, of the given widths from the inputs to the outputs; full of NaN."""
    layers = dense_layers(sizes[0], sizes[1:-1], activations, sizes[-1])
    return [
        LayerStart(
            np.full((layer.fan_in, layer.input_width), np.nan, dtype),
            np.full(layer.input_width, np.nan, dtype),
            layer.activation,
        )
        for layer in layers
    ]


def start(network, X, y):
    """Fit so that the weights stay as they were initialized."""
    network.set_params(learning_rate_init=1e-300, max_iter=1, random_state=3)
    with pytest.warns(match="Maximum iterations"):
        return network.fit(X, y)


def check_moments(weights, variance, kurtosis):
    """Mean and variance within 4 standard errors."""
    n = weights.size
    assert abs(weights.mean()) < 4 * np.sqrt(variance / n)
    assert abs(weights.var() - variance) < 4 * variance * np.sqrt((kurtosis - 1) / n)


def test_every_variance_scaling_preset_is_in_the_table():
    presets = {name for name, cls in INITIALIZERS.items() if issubclass(cls, _Scaling)}
    assert presets == VARIANCES.keys()
    uniform = {name for name in presets if INITIALIZERS[name]().distribution == "uniform"}
    assert uniform == BOUNDS.keys()


@pytest.mark.parametrize("name", VARIANCES)
def test_presets_have_their_mean_and_variance(name):
    weights = fill(INITIALIZERS[name]())
    check_moments(weights, VARIANCES[name], 1.8 if name in BOUNDS else 3)


@pytest.mark.parametrize("name", BOUNDS)
def test_uniform_presets_fill_the_range_between_their_bounds(name):
    weights = fill(INITIALIZERS[name]())
    assert abs(weights).max() <= BOUNDS[name]
    assert weights.max() > 0.9999 * BOUNDS[name]
    assert weights.min() < -0.9999 * BOUNDS[name]


@pytest.mark.parametrize("name", VARIANCES)
def test_normal_presets_have_tails_and_uniform_ones_have_none(name):
    weights = fill(INITIALIZERS[name]())
    beyond = (abs(weights) > 2 * weights.std()).mean()
    assert (beyond == 0) if name in BOUNDS else abs(beyond - 0.0455) < 0.002


@pytest.mark.parametrize(("scheme", "variance"), GENERAL, ids=repr)
def test_variance_scaling_has_variance_scale_over_fan(scheme, variance):
    check_moments(fill(scheme), variance, 3 if scheme.distribution == "normal" else 1.8)


@pytest.mark.parametrize("shape", [(40, 25), (25, 40), (30, 30), (1, 5)], ids=str)
@pytest.mark.parametrize("gain", [None, 0.5])
def test_orthogonal_weights_are_orthogonal_and_of_the_gains_length(shape, gain):
    weights = fill(Orthogonal(gain), shape)
    short = weights.T if shape[0] < shape[1] else weights
    length = 1.7 if gain is None else gain
    gram = short.T @ short
    np.testing.assert_allclose(gram, length**2 * np.eye(min(shape)), atol=1e-13)


def test_orthogonal_matrices_are_uniform_as_their_signs_have_no_bias():
    draws = np.array([fill(Orthogonal(1.0), (3, 3), seed=seed) for seed in range(2000)])
    # Each entry has mean 0 and variance 1/3; without the signs of R, the diagonal has not.
    assert abs(draws.mean(axis=0)).max() < 4 * np.sqrt(1 / 3 / 2000)
    np.testing.assert_allclose((draws**2).mean(axis=0), 1 / 3, atol=0.04)


@pytest.mark.parametrize("value", [0.0, -1.5])
def test_constant_is_the_same_value_everywhere(value):
    assert (fill(Constant(value)) == value).all()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_seed_means_the_same_weights_in_both_precisions(name):
    initializer = INITIALIZERS[name]()
    layers = dense_layers(20, [15, 10], [ReLU(), Maxout()], 3)
    params = {
        dtype: initial_params(
            layers, initializer, Constant(0.1), np.random.RandomState(5), None, dtype
        )
        for dtype in (np.float32, np.float64)
    }
    assert params[np.float32].dtype == np.float32
    assert np.array_equal(params[np.float32], params[np.float64].astype(np.float32))
    again = initial_params(
        layers, initializer, Constant(0.1), np.random.RandomState(5), None, np.float64
    )
    assert np.array_equal(params[np.float64], again)
    other = initial_params(
        layers, initializer, Constant(0.1), np.random.RandomState(6), None, np.float64
    )
    assert np.array_equal(params[np.float64], other) == isinstance(initializer, Constant)


@pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
def test_auto_is_for_each_layer_what_its_activation_names(activation):
    sizes, activations = [9, 8, 7, 3], [activation, Tanh()]
    starts, expected = layer_starts(sizes, activations), layer_starts(sizes, activations)
    Auto().initialize(starts, np.random.RandomState(0))
    rng = np.random.RandomState(0)
    named = [activation.initialization, Tanh.initialization, "glorot_uniform"]
    for name, layer, filled in zip(named, expected, starts, strict=True):
        INITIALIZERS[name]().fill(layer.weights, layer.activation.gain, rng)
        assert np.array_equal(filled.weights, layer.weights)
        assert np.isnan(filled.bias).all()


def test_auto_means_he_for_rectifiers_and_glorot_for_sigmoids():
    names = {name: cls().initialization for name, cls in ACTIVATIONS.items()}
    he = {"relu", "leaky_relu", "prelu", "elu"}
    glorot = {"identity", "tanh", "logistic", "sigmoid"}
    assert {names[name] for name in he} == {"he_normal"}
    assert {names[name] for name in glorot} == {"glorot_uniform"}


@pytest.mark.parametrize(("activation", "factor"), [(Tanh(), 6), (ReLU(), 6), (Logistic(), 2)])
@pytest.mark.parametrize("name", ["fit", "initializer"])
def test_sklearn_draws_weights_then_biases_layer_by_layer(activation, factor, name):
    sizes = [4, 6, 5, 3]
    if name == "initializer":
        starts = layer_starts(sizes, [activation, activation])
        SklearnUniform().initialize(starts, np.random.RandomState(3))
        drawn = [(layer.weights, layer.bias) for layer in starts]
    else:
        X = np.random.RandomState(0).normal(size=(30, 4))
        network = MLPClassifier((6, 5), activation, initialization="sklearn", bias_initialization=7)
        network = start(network, X, np.arange(30) % 3)
        drawn = zip(network.coefs_, network.intercepts_, strict=True)
    rng = np.random.RandomState(3)
    for fan_in, fan_out, (weights, bias) in zip(sizes, sizes[1:], drawn, strict=False):
        bound = np.sqrt(factor / (fan_in + fan_out))
        assert np.array_equal(weights, rng.uniform(-bound, bound, (fan_in, fan_out)))
        assert np.array_equal(bias, rng.uniform(-bound, bound, fan_out))


@pytest.mark.parametrize("number", [0.0, 0.1, 1, -2.5])
def test_biases_start_at_the_number_given(number):
    network = start(MLPRegressor(bias_initialization=number), np.ones((5, 2)), np.ones(5))
    for bias in network.intercepts_:
        np.testing.assert_allclose(bias, number, rtol=0, atol=1e-299)


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "constant"])
def test_biases_start_as_an_initializer_draws_them_after_all_weights(name):
    X = np.ones((5, 4))
    network = start(MLPRegressor(hidden_layer_sizes=(6,), bias_initialization=name), X, X[:, 0])
    rng = np.random.RandomState(3)
    starts = layer_starts([4, 6, 1], [ReLU()])
    Auto().initialize(starts, rng)
    INITIALIZERS[name]().initialize_biases(starts, rng)
    for layer, weights, bias in zip(starts, network.coefs_, network.intercepts_, strict=True):
        assert np.array_equal(weights, layer.weights)
        assert np.array_equal(bias, layer.bias)
    assert len(set(network.intercepts_[0])) == 6


def test_biases_that_are_drawn_have_the_variance_of_a_row_of_weights():
    starts = layer_starts([50, 20000, 1], [ReLU()])
    HeNormal().initialize_biases(starts, np.random.RandomState(0))
    check_moments(starts[0].bias, 2 / 50, 3)


def test_default_biases_are_zero_and_slopes_are_not_drawn():
    layers = dense_layers(4, [6], [ACTIVATIONS["prelu"](0.4)], 2)
    network = MLPRegressor()
    assert network.bias_initialization == 0.0
    params = initial_params(
        layers, HeNormal(), Constant(0.0), np.random.RandomState(0), None, np.float64
    )
    hidden, _ = ParameterLayout(layers).views(params[None])
    assert (hidden["bias"] == 0).all()
    assert (hidden["slope"] == 0.4).all()


class _OnlyFill(Initializer):
    def fill(self, weights, gain, rng):
        weights[...] = gain


def test_an_initializer_that_only_fills_gets_each_layers_gain():
    starts = layer_starts([3, 4, 2], [ReLU()])
    _OnlyFill().initialize(starts, np.random.RandomState(0))
    assert [layer.weights[0, 0] for layer in starts] == [ReLU.gain, 1.0]


KEEPS_VARIANCE = [part for part in EVERY_ACTIVATION if not isinstance(part, Logistic | Tanh)]
"""Sigmoids squash: whatever the gain, the signal shrinks or saturates."""


@pytest.mark.parametrize("activation", KEEPS_VARIANCE, ids=name_of)
def test_gain_is_one_over_the_root_mean_square_for_standard_normal_inputs(activation):
    n = 2_000_000
    z = np.random.RandomState(0).normal(size=(1, n // 10, activation.input_width(10)))
    second_moment = (forward(activation, z) ** 2).mean()
    np.testing.assert_allclose(activation.gain**2 * second_moment, 1, rtol=0.006)


@pytest.mark.parametrize("activation", KEEPS_VARIANCE, ids=name_of)
def test_the_signal_keeps_its_size_through_twenty_layers(activation):
    rng = np.random.RandomState(0)
    width, scheme = 300, VarianceScaling()
    a = rng.normal(size=(3, 100, width)) / activation.gain  # so that summed inputs have variance 1
    sizes = []
    for _ in range(20):
        weights = np.empty((3, width, activation.input_width(width)))
        for matrix in weights:
            scheme.fill(matrix, activation.gain, rng)
        a = forward(activation, a @ weights)
        sizes.append((a**2).mean())
    per_layer = (sizes[-1] / sizes[0]) ** (1 / 19)
    assert abs(per_layer - 1) < 0.03
