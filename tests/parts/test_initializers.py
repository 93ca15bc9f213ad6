"""Initializers: the distributions they draw from, and what they do to the signal."""

import pickle

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, SLOW_VARIANTS, VARIANTS, forward, layer_arrays, name_of, slow
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as SklearnClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import ACTIVATIONS, Logistic, Maxout, PReLU, ReLU, Tanh
from sklearn_relu.estimators.fitted_arrays import initial_params
from sklearn_relu.initializers import (
    INITIALIZERS,
    LSUV,
    Auto,
    Constant,
    FromCoefs,
    HeNormal,
    Identity,
    Initializer,
    LayerStart,
    LeCunNormal,
    Ones,
    Orthogonal,
    SklearnUniform,
    Sparse,
    UnitVariance,
    VarianceScaling,
    Zeros,
)
from sklearn_relu.initializers.scaling import _Scaling
from sklearn_relu.layers import dense_layers
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.testing import check_part

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

FAN_IN, FAN_OUT = 300, 700
FANS = {"fan_in": FAN_IN, "fan_out": FAN_OUT, "fan_avg": (FAN_IN + FAN_OUT) / 2}
VARIANCES = {"he": 2 / FAN_IN, "glorot": 2 / (FAN_IN + FAN_OUT), "lecun": 1 / FAN_IN}
FAMOUS = {
    f"{author}_{distribution}": variance
    for author, variance in VARIANCES.items()
    for distribution in ("normal", "uniform", "truncated_normal")
}
PRESETS = {
    "variance_scaling": 1.7**2 / FAN_IN,  # scale=None: the gain given to fill, squared
    "fan_in_uniform": 1 / (3 * FAN_IN),
    **FAMOUS,
}
"""Variances by name, for the fans and the gain that `fill` gives."""

KURTOSIS = {"normal": 3, "uniform": 1.8, "truncated_normal": 2.36557}
BOUND = {"normal": np.inf, "uniform": np.sqrt(3), "truncated_normal": 2.273694}
"""In standard deviations."""
BEYOND_TWO = {"normal": 0.0455, "uniform": 0, "truncated_normal": 0.03460}
"""How many draws are beyond 2 standard deviations."""

GENERAL = [
    (VarianceScaling(scale, mode, distribution), scale / fan)
    for scale in (0.5, 3.0)
    for mode, fan in FANS.items()
    for distribution in KURTOSIS
]
DRAWS_NOTHING = Constant | Zeros | Ones | FromCoefs
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def fill(initializer, shape=(FAN_IN, FAN_OUT), gain=1.7, seed=0, dtype=np.float64):
    weights = np.full(shape, np.nan, dtype)
    initializer.fill(weights, gain, np.random.RandomState(seed))
    return weights


def layer_starts(sizes, activations, dtype=np.float64):
    """Layers to fill, of the given widths from the inputs to the outputs; full of NaN."""
    layers = dense_layers(sizes[0], sizes[1:-1], activations, sizes[-1])
    return [
        LayerStart(
            np.full(layer.blocks()["weight"].shape, np.nan, dtype),
            np.full(layer.blocks()["bias"].shape[1], np.nan, dtype),
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
    assert presets == PRESETS.keys()


@BOTH
@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_their_mean_variance_bounds_and_tails(name, dtype):
    initializer = INITIALIZERS[name]()
    weights = fill(initializer, dtype=dtype).astype(np.float64)
    distribution, sd = initializer.distribution, np.sqrt(PRESETS[name])
    assert name == "variance_scaling" or name.endswith(distribution)
    check_moments(weights, sd**2, KURTOSIS[distribution])
    bound = BOUND[distribution] * sd
    assert abs(weights).max() <= bound * (1 + np.finfo(dtype).eps)
    if distribution != "normal":
        assert weights.max() > 0.999 * bound
        assert weights.min() < -0.999 * bound
    beyond = (abs(weights) > 2 * sd).mean()
    assert abs(beyond - BEYOND_TWO[distribution]) < 0.002


@pytest.mark.parametrize(("scheme", "variance"), GENERAL, ids=repr)
def test_variance_scaling_has_variance_scale_over_fan(scheme, variance):
    check_moments(fill(scheme), variance, KURTOSIS[scheme.distribution])


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


@pytest.mark.parametrize(
    ("initializer", "value"),
    [(Constant(), 0), (Constant(-1.5), -1.5), (Zeros(), 0), (Ones(), 1)],
    ids=repr,
)
def test_constant_is_the_same_value_everywhere(initializer, value):
    assert (fill(initializer) == value).all()


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_identity_repeats_identity_blocks_over_the_longer_side(gain):
    eye = gain * np.eye(3)
    blocks = {(3, 3): eye, (3, 7): np.hstack([eye, eye, eye[:, :1]]), (6, 3): np.vstack([eye, eye])}
    for shape, expected in blocks.items():
        assert np.array_equal(fill(Identity(gain), shape), expected)
    for shape in [(1, 4), (4, 1), (5, 8), (8, 5)]:
        weights = fill(Identity(gain), shape)
        assert (weights != 0).any(axis=0).all()
        assert (weights != 0).any(axis=1).all()
        assert ((weights != 0).sum(axis=int(shape[0] > shape[1])) == 1).all()


def test_identity_is_for_hidden_layers_and_the_output_layer_is_drawn_as_by_glorot_uniform():
    for sizes in ([4, 4, 6, 3], [4, 3]):
        layers = dense_layers(sizes[0], sizes[1:-1], [ReLU()] * (len(sizes) - 2), sizes[-1])
        views = []
        for initializer in (Identity(), INITIALIZERS["glorot_uniform"]()):
            rng, biases = np.random.RandomState(0), Constant()
            if initializer.for_biases:  # what hidden layers draw before the output layer does
                layers = layers[-1:]
            params = initial_params(layers, initializer, biases, rng, None, np.float64)
            views.append(ParameterLayout(layers).views(params[None]))
        hidden, outputs = views[0][:-1], [view[-1]["weight"][0] for view in views]
        assert np.array_equal(*outputs)
        for layer in hidden:
            assert np.array_equal(layer["weight"][0], fill(Identity(), layer["weight"][0].shape))


def test_a_network_of_identity_layers_learns_breast_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = MLPClassifier((50,), initialization="identity", max_iter=60, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        assert model.fit(X, y).score(X, y) > 0.95


class PassesOn(ReLU):
    """Names an initialization that is another one for the output layer."""

    initialization = "identity"


def test_a_hidden_layer_whose_activation_names_the_identity_gets_it():
    layers = dense_layers(4, [4], [PassesOn()], 3)
    rng = np.random.RandomState(0)
    params = initial_params(layers, Auto(n_shallow=0), Constant(), rng, None, np.float64)
    first = ParameterLayout(layers).views(params[None])[0]["weight"][0]
    assert np.array_equal(first, np.eye(4))


def test_identity_layers_of_rectifiers_pass_what_is_positive_on():
    starts = layer_starts([4, 4, 4, 4], [ReLU(), ReLU()])
    Identity().initialize(starts, np.random.RandomState(0))
    x = a = np.random.RandomState(1).uniform(size=(5, 4))
    for layer in starts:
        a = np.maximum(a @ layer.weights, 0)
    assert np.array_equal(a, x)


@pytest.mark.parametrize("n_connections", [1, 15, 300, 1000])
@pytest.mark.parametrize("sd", [1.0, 0.2, None])
def test_sparse_units_have_a_few_normal_weights_at_random_places(n_connections, sd):
    weights = fill(Sparse(n_connections, sd))
    n = min(n_connections, FAN_IN)
    assert ((weights != 0).sum(axis=0) == n).all()
    sd = 1.7 / np.sqrt(n) if sd is None else sd
    check_moments(weights[weights != 0], sd**2, 3)
    # How often each input is chosen: binomial, so within 5 standard deviations of its mean.
    chosen, p = (weights != 0).sum(axis=1), n / FAN_IN
    assert (abs(chosen - FAN_OUT * p) <= 5 * np.sqrt(FAN_OUT * p * (1 - p))).all()


# Weights that are given fit one network only, so that they cannot keep a contract for all shapes.
@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "from_coefs"])
def test_every_initializer_keeps_the_contract_of_its_family(name):
    check_part(INITIALIZERS[name]())


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_seed_means_the_same_weights_in_both_precisions(name):
    rng = np.random.RandomState(4)
    layers, X = dense_layers(20, [15, 10], [ReLU(), Maxout()], 3), rng.normal(size=(30, 20))
    given = {"coefs": [rng.normal(size=shape) for shape in [(20, 15), (15, 20), (10, 3)]]}
    initializer = INITIALIZERS[name](**given if name == "from_coefs" else {})

    def params(seed, dtype):
        rng = np.random.RandomState(seed)
        return initial_params(layers, initializer, Constant(0.1), rng, X, dtype)

    single, double = params(5, np.float32), params(5, np.float64)
    assert single.dtype == np.float32
    assert np.array_equal(single, double.astype(np.float32))
    assert np.array_equal(double, params(5, np.float64))
    assert np.array_equal(double, params(6, np.float64)) == isinstance(initializer, DRAWS_NOTHING)


@pytest.mark.parametrize("n_hidden", [0, 1, 2, 3, 8])
@pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
def test_auto_draws_shallow_networks_as_scikit_learn_does(activation, n_hidden):
    sizes = [*[9, 8, 7, 6, 5, 6, 7, 8, 9][: n_hidden + 1], 3]
    activations = [activation] * n_hidden
    starts, expected = layer_starts(sizes, activations), layer_starts(sizes, activations)
    Auto().initialize(starts, np.random.RandomState(0))
    SklearnUniform().initialize(expected, np.random.RandomState(0))
    needs_its_own = n_hidden > 0 and activation.needs_its_initialization
    for layer, filled in zip(expected, starts, strict=True):
        assert np.array_equal(filled.weights, layer.weights) != needs_its_own
        assert np.array_equal(filled.bias, layer.bias) != needs_its_own


DEEP = [[9, 8, 7, 6, 5, 6, 7, 6, 5, 4, 3], [9, *[5] * 20, 3]]


@pytest.mark.parametrize("sizes", DEEP, ids=len)
@pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
def test_auto_is_in_deep_networks_what_each_layers_activation_names(activation, sizes):
    check_named(Auto(), sizes, [activation, *[Tanh()] * (len(sizes) - 3)])


def test_how_many_layers_are_shallow_can_be_set():
    check_named(Auto(n_shallow=1), [9, 8, 7, 3], [ReLU(), Tanh()])
    starts, expected = layer_starts(DEEP[0], [ReLU()] * 9), layer_starts(DEEP[0], [ReLU()] * 9)
    Auto(n_shallow=9).initialize(starts, np.random.RandomState(0))
    SklearnUniform().initialize(expected, np.random.RandomState(0))
    assert np.array_equal(starts[0].weights, expected[0].weights)
    with pytest.raises(ValueError, match="n_shallow"):
        MLPClassifier(initialization=Auto(n_shallow=-1)).fit([[0.0], [1.0]], [0, 1])


def test_few_activations_need_their_own_initialization():
    needing = {name for name, cls in ACTIVATIONS.items() if cls().needs_its_initialization}
    assert needing == {"hard_swish", "parametric", "selu", "softplus", "threshold_relu"}


@pytest.mark.parametrize("activations", [["selu"], ["relu", "selu"], ["softplus", "relu", "relu"]])
def test_an_activation_that_needs_its_own_variance_has_it_in_a_shallow_network(activations):
    check_named(Auto(), [*[9, 8, 7, 6][: len(activations) + 1], 3], activations)


def check_named(auto, sizes, activations):
    """Each layer's weights are as its activation names, the output layer's Glorot's."""
    activations = [ACTIVATIONS[a]() if isinstance(a, str) else a for a in activations]
    starts, expected = layer_starts(sizes, activations), layer_starts(sizes, activations)
    auto.initialize(starts, np.random.RandomState(0))
    rng = np.random.RandomState(0)
    named = [*(activation.initialization for activation in activations), "glorot_uniform"]
    for name, layer, filled in zip(named, expected, starts, strict=True):
        INITIALIZERS[name]().fill(layer.weights, layer.activation.gain, rng)
        assert np.array_equal(filled.weights, layer.weights)
        assert np.isnan(filled.bias).all()


def test_activations_name_he_for_rectifiers_and_glorot_for_sigmoids():
    names = {name: cls().initialization for name, cls in ACTIVATIONS.items()}
    he_by_slope = {"leaky_relu", "prelu", "rrelu"}  # equation 15: the gain, which has the slope
    glorot = {"identity", "tanh", "logistic", "sigmoid"}
    assert names["relu"] == "he_normal"
    assert {names[name] for name in he_by_slope} == {"variance_scaling"}
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
        network = MLPClassifier((6, 5), activation, initialization="sklearn")
        network = start(network, X, np.arange(30) % 3)
        drawn = zip(network.coefs_, network.intercepts_, strict=True)
    rng = np.random.RandomState(3)
    for fan_in, fan_out, (weights, bias) in zip(sizes, sizes[1:], drawn, strict=False):
        bound = np.sqrt(factor / (fan_in + fan_out))
        assert np.array_equal(weights, rng.uniform(-bound, bound, (fan_in, fan_out)))
        assert np.array_equal(bias, rng.uniform(-bound, bound, fan_out))


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("bias", [0.1, "fan_in_uniform"])
def test_biases_that_are_set_always_count_and_weights_do_not_depend_on_them(name, bias):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(30, 4)), np.arange(30) % 3
    initializer = INITIALIZERS[name]()
    if isinstance(initializer, FromCoefs):
        shapes = [(4, 6), (6, 3)]
        initializer = FromCoefs([rng.normal(size=s) for s in shapes], [np.ones(6), np.ones(3)])
    networks = [
        start(MLPClassifier((6,), initialization=initializer, bias_initialization=each), X, y)
        for each in ("auto", bias, 1.0)
    ]
    for network in networks:
        np.testing.assert_allclose(network.coefs_[0], networks[0].coefs_[0], rtol=0, atol=1e-299)
    assert not np.array_equal(networks[0].intercepts_[0], networks[1].intercepts_[0])
    assert not np.array_equal(networks[1].intercepts_[0], networks[2].intercepts_[0])
    np.testing.assert_allclose(networks[2].intercepts_[0], 1.0, rtol=0, atol=1e-299)


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize(
    "name", sorted(set(INITIALIZERS) - {"auto", "sklearn", "from_coefs", "unit_variance"})
)
def test_biases_are_zero_beside_weights_that_are_named(name):
    X = np.random.RandomState(0).normal(size=(30, 4))
    network = start(MLPClassifier((6,), initialization=name), X, np.arange(30) % 3)
    np.testing.assert_allclose(network.intercepts_[0], 0.0, rtol=0, atol=1e-299)


@pytest.mark.parametrize("number", [0.0, 0.1, 1, -2.5])
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_biases_start_at_the_number_given(number):
    network = start(MLPRegressor(bias_initialization=number), np.ones((5, 2)), np.ones(5))
    for bias in network.intercepts_:
        np.testing.assert_allclose(bias, number, rtol=0, atol=1e-299)


DRAW_BIASES = [
    name
    for name, cls in INITIALIZERS.items()
    if cls.for_biases and not issubclass(cls, DRAWS_NOTHING | Auto)
]


@pytest.mark.parametrize("name", DRAW_BIASES)
def test_biases_start_as_an_initializer_draws_them_after_all_weights(name):
    X = np.random.RandomState(0).normal(size=(20, 4))
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


def test_auto_leaves_biases_as_the_weights_initialization_set_them():
    starts = layer_starts([9, 8, 3], [ReLU()])
    for layer in starts:
        layer.bias[...] = 0.3
    Auto().initialize_biases(starts, np.random.RandomState(0))
    assert all((layer.bias == 0.3).all() for layer in starts)


def test_sklearn_draws_biases_within_its_bounds_beside_other_weights():
    starts = layer_starts([9, 8, 3], [Logistic()])
    SklearnUniform().initialize_biases(starts, np.random.RandomState(0))
    rng = np.random.RandomState(0)
    for layer, fans in zip(starts, (17, 11), strict=True):
        bound = np.sqrt(2 / fans)
        assert np.array_equal(layer.bias, rng.uniform(-bound, bound, layer.bias.shape))
        assert np.isnan(layer.weights).all()


def test_slopes_are_not_drawn():
    layers = dense_layers(4, [6], [ACTIVATIONS["prelu"](0.4)], 2)
    params = initial_params(layers, HeNormal(), Auto(), np.random.RandomState(0), None, np.float64)
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


def in_training(activation, z):
    """The activations of z, with the noise of random ones."""
    z, a, params, _ = layer_arrays(activation, z)
    activation.forward(z, a, params, [np.random.default_rng(seed) for seed in range(len(z))])
    return a


@pytest.mark.parametrize("activation", SLOW_VARIANTS, ids=name_of)
def test_gain_is_one_over_the_root_mean_square_for_standard_normal_inputs(activation):
    z = np.random.RandomState(0).normal(size=(1, 200_000, activation.input_width(12)))
    second_moment = (in_training(activation, z) ** 2).mean()
    np.testing.assert_allclose(activation.gain**2 * second_moment, 1, rtol=0.006)


def is_homogeneous(activation):
    """Whether twice the summed inputs give twice the activations."""
    z = np.random.RandomState(0).normal(size=(1, 50, activation.input_width(12)))
    return np.allclose(in_training(activation, 2 * z), 2 * in_training(activation, z))


HOMOGENEOUS = [
    slow(part) if part in VARIANTS else part for part in EVERY_ACTIVATION if is_homogeneous(part)
]


@pytest.mark.parametrize("activation", HOMOGENEOUS, ids=name_of)
def test_the_signal_keeps_its_size_through_twenty_layers(activation):
    # With other activations a size that is off by chance drifts further off, or goes back.
    rng = np.random.RandomState(0)
    width, scheme = 300, VarianceScaling()
    shape = 3, activation.output_width(width), activation.input_width(width)
    # So that the first summed inputs have variance 1.
    a = rng.normal(size=(3, 100, shape[1])) / activation.gain
    sizes = []
    for _ in range(20):
        weights = np.empty(shape)
        for matrix in weights:
            scheme.fill(matrix, activation.gain, rng)
        a = in_training(activation, a @ weights)
        sizes.append((a**2).mean())
    per_layer = (sizes[-1] / sizes[0]) ** (1 / 19)
    assert abs(per_layer - 1) < 0.03


def summed_inputs(activations, coefs, intercepts, X):
    """Each layer's summed inputs (1, n_samples, width), with activations as before training."""
    for activation, weights, bias in zip([*activations, None], coefs, intercepts, strict=True):
        z = X @ weights + bias
        yield z
        X = None if activation is None else forward(activation, z[None])[0]


@BOTH
@pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
def test_lsuv_gives_each_layers_summed_inputs_variance_one_ten_layers_deep(activation, dtype):
    activations = [activation] * 9
    starts = layer_starts([20, *[30] * 9, 4], activations, dtype)
    X = np.random.RandomState(0).normal(3.0, 5.0, size=(200, 20)).astype(dtype)
    LSUV().initialize(starts, np.random.RandomState(1), X)
    assert all(np.isnan(layer.bias).all() for layer in starts)
    coefs = [layer.weights for layer in starts]
    variances = [z.var() for z in summed_inputs(activations, coefs, [0] * 10, X)]
    assert len(variances) == 10
    np.testing.assert_allclose(variances, 1, rtol=1e-9 if dtype == np.float64 else 1e-3)


def test_lsuv_weights_are_orthogonal():
    starts = layer_starts([8, 6, 9], [Maxout()])
    LSUV().initialize(
        starts, np.random.RandomState(0), np.random.RandomState(1).normal(size=(9, 8))
    )
    for layer in starts:
        short = layer.weights.T if len(layer.weights) < layer.weights.shape[1] else layer.weights
        gram = short.T @ short
        np.testing.assert_allclose(gram, gram[0, 0] * np.eye(len(gram)), atol=1e-12)


def test_lsuv_looks_at_the_first_rows_only():
    X = np.random.RandomState(0).normal(size=(50, 8))
    coefs = []
    for rows in (X, X[:20]):
        starts = layer_starts([8, 6, 3], [Tanh()])
        LSUV(n_rows=20).initialize(starts, np.random.RandomState(0), rows)
        coefs.append([layer.weights for layer in starts])
    assert all(np.array_equal(one, other) for one, other in zip(*coefs, strict=True))
    variances = [z.var() for z in summed_inputs([Tanh()], coefs[0], [0, 0], X[:20])]
    np.testing.assert_allclose(variances, 1)


@BOTH
@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout(3)], ids=name_of)
def test_lsuv_by_name_through_an_estimator_dense_and_sparse(activation, dtype):
    rng = np.random.RandomState(0)
    X = (rng.normal(size=(60, 12)) * (rng.uniform(size=(60, 12)) < 0.3)).astype(dtype)
    network = MLPClassifier((9, 8, 7), activation, initialization="lsuv")
    dense = start(clone(network), X, np.arange(60) % 3)
    layers = summed_inputs([activation] * 3, dense.coefs_, dense.intercepts_, X)
    np.testing.assert_allclose([z.var() for z in layers], 1, rtol=1e-4)
    sparse = start(clone(network), csr_array(X), np.arange(60) % 3)
    for one, other in zip(dense.coefs_, sparse.coefs_, strict=True):
        assert one.dtype == other.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_lsuv_leaves_layers_that_do_not_vary_orthonormal():
    starts = layer_starts([4, 1, 1], [ReLU()])
    LSUV().initialize(starts, np.random.RandomState(0), np.full((7, 4), 0.1))
    for layer in starts:
        np.testing.assert_allclose(np.linalg.norm(layer.weights), 1)


def test_lsuv_without_rows_says_so():
    with pytest.raises(ValueError, match="pass X"):
        LSUV().initialize(layer_starts([4, 2], []), np.random.RandomState(0))


def unit_variance(starts, X, n_rows=1000, seed=1):
    UnitVariance(n_rows).initialize(starts, np.random.RandomState(seed), X)
    return [layer.weights for layer in starts], [layer.bias for layer in starts]


@BOTH
@pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
def test_unit_variance_gives_each_unit_variance_one_ten_layers_deep(activation, dtype):
    activations = [activation] * 9
    starts = layer_starts([20, *[30] * 9, 4], activations, dtype)
    X = np.random.RandomState(0).normal(3.0, 5.0, size=(200, 20)).astype(dtype)
    layers = list(summed_inputs(activations, *unit_variance(starts, X), X))
    assert len(layers) == 10
    for z, layer in zip(layers, starts, strict=True):
        np.testing.assert_allclose(z.var(axis=0), 1, rtol=1e-9 if dtype == np.float64 else 1e-3)
        # Minus a bias is a mean of summed inputs without it: 0 is among those with it.
        assert (z.min(axis=0) <= 1e-5).all()
        assert (z.max(axis=0) >= -1e-5).all()
        assert layer.bias.dtype == layer.weights.dtype == dtype


def test_unit_variance_makes_biases_of_five_rows():
    X = np.random.RandomState(0).normal(size=(400, 6))
    starts = layer_starts([6, 20_000, 1], [ReLU()])
    (weights, _), (bias, _) = unit_variance(starts, X)
    rng = np.random.RandomState(1)
    rng.normal(size=weights.shape)
    shares = rng.exponential(size=(5, 20_000))
    chosen = rng.randint(400, size=(5, 20_000))
    z = np.take_along_axis(X @ weights, chosen, axis=0)
    np.testing.assert_allclose(bias, -(z * shares / shares.sum(axis=0)).sum(axis=0), rtol=1e-9)
    # Of shares that are uniform in the simplex the squares come to 2 / (n + 1).
    check_moments(bias / np.sqrt(1 / 3), 1 + (X.mean(axis=0) @ weights).var(), 4)


def test_unit_variance_of_one_row_has_its_kinks_there():
    X = np.array([[1.0, -2.0, 3.0]])
    starts = layer_starts([3, 8, 8, 2], [Tanh(), Tanh()])
    coefs, intercepts = unit_variance(starts, X)
    for z in summed_inputs([Tanh(), Tanh()], coefs, intercepts, X):
        np.testing.assert_allclose(z, 0, atol=1e-14)
    expected = np.random.RandomState(1).normal(0, np.sqrt(1 / 3), (3, 8))
    np.testing.assert_allclose(coefs[0], expected)


def test_unit_variance_leaves_units_that_do_not_vary_as_they_are_drawn():
    X = np.random.RandomState(0).normal(size=(50, 4))
    X[:, 0], X[:, 1] = 7.0, 0.0
    starts = layer_starts([4, 30, 5, 2], [ReLU(), ReLU()])
    coefs, intercepts = unit_variance(starts, X)
    for z in summed_inputs([ReLU(), ReLU()], coefs, intercepts, X):
        np.testing.assert_allclose(z.std(axis=0), 1)
    X[:, 2:] = [1e9, 0.1]
    starts = layer_starts([4, 30, 5, 2], [ReLU(), ReLU()])
    coefs, intercepts = unit_variance(starts, X)
    assert np.array_equal(coefs[0], fill(LeCunNormal(), (4, 30), seed=1))
    for z in summed_inputs([ReLU(), ReLU()], coefs, intercepts, X):
        np.testing.assert_allclose(z, 0, atol=1e-5)
    assert all(np.isfinite(each).all() for each in coefs + intercepts)


def test_unit_variance_looks_at_rows_of_the_whole_table():
    X = np.sort(np.random.RandomState(0).normal(size=(999, 1)), axis=0)
    for n_rows, rows in ((1000, X), (999, X), (333, X[::3]), (1, X[:1])):
        few, all_of_few = (
            unit_variance(layer_starts([1, 6, 2], [Tanh()]), each, n_rows) for each in (X, rows)
        )
        for one, other in zip(few[0] + few[1], all_of_few[0] + all_of_few[1], strict=True):
            assert np.array_equal(one, other)


@BOTH
@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout(3)], ids=name_of)
def test_unit_variance_by_name_through_an_estimator_dense_and_sparse(activation, dtype):
    rng = np.random.RandomState(0)
    X = (rng.normal(size=(60, 12)) * (rng.uniform(size=(60, 12)) < 0.3)).astype(dtype)
    network = MLPClassifier((9, 8, 7), activation, initialization="unit_variance")
    dense = start(clone(network), X, np.arange(60) % 3)
    for z in summed_inputs([activation] * 3, dense.coefs_, dense.intercepts_, X):
        np.testing.assert_allclose(z.var(axis=0), 1, rtol=1e-4)
    sparse = start(clone(network), csr_array(X), np.arange(60) % 3)
    pairs = zip(dense.coefs_ + dense.intercepts_, sparse.coefs_ + sparse.intercepts_, strict=True)
    for one, other in pairs:
        assert one.dtype == other.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_unit_variance_without_rows_says_so():
    with pytest.raises(ValueError, match="pass X"):
        UnitVariance().initialize(layer_starts([4, 2], []), np.random.RandomState(0))


@pytest.mark.parametrize("initializer", [cls() for cls in INITIALIZERS.values()], ids=repr)
def test_what_is_not_for_biases_says_so(initializer):
    starts = layer_starts([4, 6, 2], [ReLU()])
    if initializer.for_biases and not isinstance(initializer, FromCoefs):
        for layer in starts:
            layer.bias[...] = 0
        initializer.initialize_biases(starts, np.random.RandomState(0))
        assert all(np.isfinite(layer.bias).all() for layer in starts)
    else:
        with pytest.raises(ValueError, match=r"number or an initializer that is|needs intercepts="):
            initializer.initialize_biases(starts, np.random.RandomState(0))
    assert all(np.isnan(layer.weights).all() for layer in starts)


def blobs(n_classes):
    rng = np.random.RandomState(0)
    y = np.arange(60) % n_classes
    return rng.normal(size=(60, 4)) + y[:, None], y


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("cls", [MLPClassifier, SklearnClassifier])
def test_from_coefs_starts_at_the_predictions_of_the_model_they_are_from(cls, n_classes):
    X, y = blobs(n_classes)
    shape = {"hidden_layer_sizes": (6, 5), "activation": "tanh"}
    model = cls(**shape, max_iter=30, random_state=0).fit(X, y)
    given = FromCoefs(model.coefs_, model.intercepts_)
    network = start(MLPClassifier(**shape, initialization=given), X, y)
    for one, other in zip(network.coefs_, model.coefs_, strict=True):
        assert np.array_equal(one, other)
        assert not np.shares_memory(one, other)
    np.testing.assert_allclose(network.predict_proba(X), model.predict_proba(X), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_from_coefs_goes_on_to_train_and_leaves_what_it_was_given_as_it_is():
    X, y = blobs(3)
    model = MLPClassifier((6,), Maxout(), max_iter=30, random_state=0).fit(X, y)
    given = FromCoefs(model.coefs_, model.intercepts_)
    before = pickle.dumps(given)
    network = MLPClassifier((6,), Maxout(), initialization=given, max_iter=30).fit(X, y)
    assert network.loss_curve_[0] < model.loss_curve_[0]
    assert network.loss_ < model.loss_
    assert pickle.dumps(given) == before


def test_from_coefs_leaves_biases_to_bias_initialization_or_gives_only_these():
    X, y = blobs(3)
    rng = np.random.RandomState(0)
    coefs = [rng.normal(size=shape) for shape in [(4, 6), (6, 3)]]
    intercepts = [rng.normal(size=width) for width in (6, 3)]
    network = MLPClassifier((6,), initialization=FromCoefs(coefs), bias_initialization=0.1)
    start(network, X, y)
    assert np.array_equal(network.coefs_[0], coefs[0])
    np.testing.assert_allclose(np.concatenate(network.intercepts_), 0.1, atol=1e-9)
    network = MLPClassifier((6,), bias_initialization=FromCoefs(intercepts=intercepts))
    start(network, X, y)
    assert not np.array_equal(network.coefs_[0], coefs[0])
    for bias, given in zip(network.intercepts_, intercepts, strict=True):
        np.testing.assert_allclose(bias, given, rtol=1e-12)


@pytest.mark.parametrize(
    ("parameter", "shapes", "message"),
    [
        ("coefs", None, r"needs coefs=.*shapes \[\(4, 6\), \(6, 3\)\]; got None"),
        ("coefs", [(4, 6)], r"must be 2 arrays.*\[\(4, 6\), \(6, 3\)\]; got 1, of .*\[\(4, 6\)\]"),
        ("coefs", [(4, 5), (5, 3)], r"got 2, of shapes \[\(4, 5\), \(5, 3\)\]"),
        ("coefs", [(6, 4), (3, 6)], r"got 2, of shapes \[\(6, 4\), \(3, 6\)\]"),
        ("coefs", [(1, 4, 6), (1, 6, 3)], r"\[\(1, 4, 6\), \(1, 6, 3\)\]"),
        (
            "intercepts",
            [(6,), (1,)],
            r"intercepts .*\[\(6,\), \(3,\)\]; got 2, .*\[\(6,\), \(1,\)\]",
        ),
    ],
)
def test_from_coefs_says_which_shapes_it_wants_and_got(parameter, shapes, message):
    X, y = blobs(3)
    given = {"coefs": [np.ones((4, 6)), np.ones((6, 3))]}
    given[parameter] = shapes if shapes is None else [np.ones(shape) for shape in shapes]
    network = MLPClassifier((6,), initialization=FromCoefs(**given))
    with pytest.raises(ValueError, match=message):
        network.fit(X, y)
    assert not hasattr(network, "coefs_")


def test_from_coefs_fills_the_matrix_of_a_sole_layer():
    given = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(fill(FromCoefs([given]), (2, 3)), given)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_from_coefs_survives_clone_pickle_repr_and_a_search():
    X, y = blobs(3)
    model = MLPClassifier((6,), max_iter=3, random_state=0).fit(X, y)
    part = FromCoefs(model.coefs_, model.intercepts_)
    for twin in (clone(part), pickle.loads(pickle.dumps(part))):
        assert all(map(np.array_equal, twin.coefs, part.coefs))
        assert all(map(np.array_equal, twin.intercepts, part.intercepts))
    assert repr(part).startswith("FromCoefs(coefs=[array([[")
    network = MLPClassifier((6,), initialization="from_coefs", max_iter=2, random_state=0)
    choices = [[np.zeros_like(w) for w in model.coefs_], model.coefs_]
    search = GridSearchCV(network, {"initialization__coefs": choices}, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 2
    assert "FromCoefs" in repr(search.best_estimator_)
