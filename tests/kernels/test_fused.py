"""Compiled loops give what their NumPy forms give."""

import numpy as np
import pytest
from helpers import layer_arrays, name_of, step
from layers_at_hand import EXAMPLES, inputs, memory_of, params_of
from layers_at_hand import name_of as layer_name
from scipy.special import expit, log_softmax, softmax
from sklearn.datasets import load_digits

from sklearn_relu import MLPClassifier, MLPRegressor, kernels
from sklearn_relu.activations import ACTIVATIONS, SELU, Mish, Parametric
from sklearn_relu.kernels import fused
from sklearn_relu.losses import LOSSES, SoftmaxLogLoss
from sklearn_relu.optimizers import OPTIMIZERS, Optimizer
from sklearn_relu.penalties import L2
from sklearn_relu.training.contrastive import move_with_momentum

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

needs_numba = pytest.mark.skipif(fused.loops() is None, reason="numba is not installed")
ACCURACY = {np.float32: 1e-6, np.float64: 1e-12}
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
EACH_ACTIVATION = [
    *(cls() for cls in dict.fromkeys(ACTIVATIONS.values())),
    *(Parametric(name) for name in ("relu", "silu", "mish", "gelu")),
]
FEW_WAVES = [layer for layer in EXAMPLES["table_inputs"] if layer.scratch < 300]
"""The loops as they are written take long for many."""
WITH_SHARE_LOOPS = [each for each in EACH_ACTIVATION if "share_loop" in vars(type(each))]
SHAPES = [(1, 1, 1), (1, 7, 3), (3, 20, 17)]
EXTREMES = [-1e4, -90.0, -1e-30, 0.0, 1e-30, 90.0, 1e4]


def as_written(loop):
    return loop


@pytest.fixture(params=[pytest.param("compiled", marks=needs_numba), "plain Python"])
def with_loops(request, monkeypatch):
    """Loops are used: as numba compiles them, or as they are written."""
    if request.param != "compiled":
        monkeypatch.setattr(fused, "loops", lambda: fused.made_by(as_written, as_written))


@pytest.fixture
def by_numpy(with_loops, monkeypatch):
    """Calls a function with the loops out of the way."""

    def call(function, *args):
        with monkeypatch.context() as patch:
            patch.setattr(fused, "loops", lambda: None)
            return function(*args)

    return call


def summed_inputs(activation, shape, dtype):
    n_networks, n_samples, n_units = shape
    z = np.random.RandomState(0).normal(
        size=(n_networks, n_samples, activation.input_width(n_units))
    )
    z.ravel()[: len(EXTREMES)] = EXTREMES[: z.size]
    return z.astype(dtype)


def one_layer(activation, z, contiguous):
    """Activations and all gradients of one layer; parameters of a stack are strided views."""
    rng = np.random.RandomState(1)
    shape = (len(z), 1, z.shape[-1])
    rows = rng.normal(size=(2 * len(z), *shape[1:]) if not contiguous else shape).astype(z.dtype)
    bias = rows if contiguous else rows[::2]
    z, a, params, grads = layer_arrays(activation, z)
    activation.bias_forward(z, bias, a, params)
    grad_a = rng.normal(size=a.shape).astype(z.dtype)
    grad_z, grad_bias = np.full_like(z, np.nan), np.full_like(bias, np.nan)
    activation.bias_backward(z, a, grad_a, grad_z, grad_bias, params, grads)
    return [a, grad_z, grad_bias, *grads.values()]


@every_dtype
@pytest.mark.parametrize("contiguous", [True, False])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("activation", EACH_ACTIVATION, ids=name_of)
def test_activations(by_numpy, activation, shape, contiguous, dtype):
    z = summed_inputs(activation, shape, dtype)
    compiled = one_layer(activation, z, contiguous)
    for one, other in zip(compiled, by_numpy(one_layer, activation, z, contiguous), strict=True):
        assert one.dtype == dtype
        # Sums over samples may cancel: errors are in units of what is summed.
        size = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=ACCURACY[dtype], atol=ACCURACY[dtype] * size)


@pytest.mark.parametrize("missing", ["below", "shift_below", "exponential", "blend", "blend_back"])
@pytest.mark.parametrize("inner", WITH_SHARE_LOOPS, ids=name_of)
def test_where_one_of_a_pair_of_loops_is_not_compiled(by_numpy, monkeypatch, inner, missing):
    activation = Parametric(inner)
    z = summed_inputs(activation, SHAPES[-1], np.float64)
    expected = by_numpy(one_layer, activation, z, True)
    run = fused.run
    monkeypatch.setattr(fused, "run", lambda name, *args: name != missing and run(name, *args))
    for one, other in zip(one_layer(activation, z, True), expected, strict=True):
        size = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * size)


@pytest.mark.parametrize("inner", WITH_SHARE_LOOPS, ids=name_of)
def test_parametric_activations_run_their_loops(with_loops, monkeypatch, inner):
    names, run = [], fused.run
    monkeypatch.setattr(fused, "run", lambda *args: names.append(args[0]) or run(*args))
    activation = Parametric(inner)
    one_layer(activation, summed_inputs(activation, SHAPES[-1], np.float32), True)
    exponential = ["exponential"] if isinstance(inner, SELU | Mish) else []
    assert names == ["shift_below", *exponential, "blend", "below", *exponential, "blend_back"]


@every_dtype
@pytest.mark.parametrize("weight", [None, 1, "each"], ids=str)
@pytest.mark.parametrize("n_targets", [1, 10])
@pytest.mark.parametrize("target_type", ["binary", "multiclass"])
def test_log_losses(by_numpy, target_type, n_targets, weight, dtype):
    loss = LOSSES["log_loss"]().for_target(target_type)
    rng = np.random.RandomState(0)
    raw = (5 * rng.normal(size=(2, 50, n_targets))).astype(dtype)
    raw.ravel()[: len(EXTREMES)] = EXTREMES
    y = rng.dirichlet(np.ones(n_targets + 1), (2, 50))[:, :, :n_targets].astype(dtype)
    if weight == "each" and target_type == "multiclass":
        weight = 1  # a softmax has one weight a sample
    columns = n_targets if weight == "each" else 1
    weights = None if weight is None else rng.uniform(size=(2, 50, columns)).astype(dtype)

    def value_and_gradient():
        grad = np.full_like(raw, np.nan)
        return loss.value_and_gradient(y, raw, weights, grad), grad

    for one, other in zip(value_and_gradient(), by_numpy(value_and_gradient), strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=ACCURACY[dtype], atol=ACCURACY[dtype])


@every_dtype
def test_losses_against_scipy(with_loops, dtype):
    raw = np.array(EXTREMES, dtype).reshape(1, -1, 1)
    y, grad, value = np.full_like(raw, 0.3), np.empty_like(raw), np.empty(raw.shape[:2], dtype)
    fused.loops().logistic_loss(y, raw, grad, value)
    exact = raw.astype(np.float64)
    np.testing.assert_allclose(grad, expit(exact) - 0.3, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(value, (np.logaddexp(0, exact) - 0.3 * exact)[:, :, 0], rtol=1e-6)
    raw = raw.reshape(1, 1, -1)
    y, grad, value = np.zeros_like(raw), np.empty_like(raw), np.empty((1, 1), dtype)
    y[0, 0, 2] = 1
    value = SoftmaxLogLoss().value_and_gradient(y, raw, None, grad)[:, None]
    np.testing.assert_allclose(grad, softmax(raw.astype(float), -1) - y, atol=1e-6)
    np.testing.assert_allclose(value, -log_softmax(raw.astype(float), -1)[:, :, 2], rtol=1e-6)


@every_dtype
def test_the_ridge_of_a_layer_and_of_all_weights(by_numpy, dtype):
    rng = np.random.RandomState(0)
    params, start = rng.normal(size=(2, 3, 50)).astype(dtype)
    strength = np.array([0.0, 0.1, 2.0], dtype)
    for weights in (np.s_[:, :40, None], np.s_[:, 10:, None], np.s_[1:2, :, None]):

        def value_and_gradient(weights=weights):
            grads = start.copy()
            bound = L2().bound(params[weights], grads[weights])
            return np.array(bound(strength[weights[0]])), grads

        value, grads = value_and_gradient()
        for one, other in zip((value, grads), by_numpy(value_and_gradient), strict=True):
            np.testing.assert_allclose(one, other, rtol=ACCURACY[dtype], atol=ACCURACY[dtype])
        untouched = np.ones(start.shape, bool)
        untouched[weights[:2]] = False
        np.testing.assert_array_equal(grads[untouched], start[untouched])


@every_dtype
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_moves_with_momentum(by_numpy, dtype, decay):
    start = np.random.RandomState(0).normal(size=(3, 2, 50)).astype(dtype)

    def moved():
        params, velocity, grads = start.copy()
        move_with_momentum(params, velocity, grads, 0.5, decay)
        return params, velocity

    params, velocity, grads = start.astype(np.float64)
    velocity = 0.5 * velocity + grads - decay * params
    for one, other, exact in zip(
        moved(), by_numpy(moved), (params + velocity, velocity), strict=True
    ):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=ACCURACY[dtype], atol=ACCURACY[dtype])
        np.testing.assert_allclose(one, exact, rtol=ACCURACY[dtype], atol=ACCURACY[dtype])


@every_dtype
def test_outer_products(by_numpy, dtype):
    rng = np.random.RandomState(0)
    column, weight = rng.normal(size=(3, 7, 1)).astype(dtype), rng.normal(size=(3, 5, 1))
    row = weight.astype(dtype).swapaxes(1, 2)

    def outer():
        out = np.full((3, 7, 5), np.nan, dtype)
        kernels.product(column, row, out)()
        return out

    np.testing.assert_array_equal(outer(), column * row)
    np.testing.assert_array_equal(by_numpy(outer), column * row)


@every_dtype
@pytest.mark.parametrize(
    "optimizer",
    [cls() for cls in OPTIMIZERS.values() if issubclass(cls, Optimizer)],
    ids=name_of,
)
def test_optimizers(by_numpy, optimizer, dtype):
    def path():
        params = np.random.RandomState(1).normal(size=(2, 400)).astype(dtype)
        state = optimizer.init_state(params)
        for seed in range(5):
            grads = np.random.RandomState(seed).normal(size=params.shape).astype(dtype)
            step(optimizer, params, grads, state, np.array([[0.01], [0.1]], dtype), 300)
        return [params, *state.values()]

    for one, other in zip(path(), by_numpy(path), strict=True):
        accuracy = 10 * ACCURACY[dtype]  # of five steps
        np.testing.assert_allclose(one, other, rtol=accuracy, atol=accuracy)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize("activation", ["relu", "prelu", "tanh", "logistic", "parametric"])
def test_whole_fits(by_numpy, activation):
    X, y = load_digits(return_X_y=True)
    X = X[:40] / 16
    for Estimator, target in ((MLPClassifier, y[:40]), (MLPRegressor, X[:, :3] + 1)):
        model = Estimator(
            hidden_layer_sizes=(7, 5), activation=activation, max_iter=5, random_state=0
        )
        one = model.fit(X, target).loss_curve_
        np.testing.assert_allclose(by_numpy(model.fit, X, target).loss_curve_, one, rtol=1e-10)


def test_a_network_gives_the_same_bits_alone_and_in_a_stack(with_loops):
    for activation in EACH_ACTIVATION:
        z = summed_inputs(activation, (3, 40, 17), np.float64)
        stacked = one_layer(activation, z, contiguous=True)[0]
        bias = np.random.RandomState(1).normal(size=(3, 1, z.shape[-1]))
        for i in range(3):
            one = slice(i, i + 1)
            z_i, a, params, _ = layer_arrays(activation, z[one])
            activation.bias_forward(z_i, bias[one].copy(), a, params)
            assert np.array_equal(a, stacked[one])


def through_layer(layer, dtype, n_samples, n_shared, n_networks=3):
    """Outputs of a layer, and the gradients of its parameters, as the first layer has them."""
    x = inputs(n_networks if n_shared is None else n_shared, n_samples, dtype)
    params, memory = (
        params_of(layer, n_networks, dtype),
        memory_of(layer, n_networks, n_samples, dtype),
    )
    grads = {name: np.full_like(values, np.nan) for name, values in params.items()}
    for call in layer.forward(x, memory, params):
        call()
    memory["grad_z"] = np.random.default_rng(5).normal(size=memory["z"].shape).astype(dtype)
    for call in layer.backward(x, memory, memory["grad_z"], None, params, grads):
        call()
    return [memory["a"], *grads.values()]


@every_dtype
@pytest.mark.parametrize("n_shared", [None, 1])
@pytest.mark.parametrize("n_samples", [1, 7, 300])
@pytest.mark.parametrize("layer", FEW_WAVES, ids=layer_name)
def test_inputs_of_tables(by_numpy, layer, n_samples, n_shared, dtype):
    arguments = layer, dtype, n_samples, n_shared
    looped, expected = through_layer(*arguments), by_numpy(through_layer, *arguments)
    for one, two in zip(looped, expected, strict=True):
        scale = max(np.abs(two).max(), 1)
        np.testing.assert_allclose(one, two, rtol=0, atol=5 * ACCURACY[dtype] * scale)
