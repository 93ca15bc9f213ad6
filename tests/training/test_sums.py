"""Sums over a million rows in float32 are as accurate as NumPy's pairwise ones.

In the form at hand: compiled loops, or NumPy's where the tests are run without numba.
"""

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, EVERY_LOSS, layer_arrays, name_of, slow

from sklearn_relu import MLPRegressor, kernels
from sklearn_relu.activations import Parametric
from sklearn_relu.kernels import fused
from sklearn_relu.penalties import L1, L2, ActivityL1, ActivityL2, ElasticNet, KLSparsity

N = 10**6
EPS = np.finfo(np.float32).eps
SEVERAL = [activation for activation in EVERY_ACTIVATION if activation.input_width(1) < 3]
"""Of any width all sums are made alike."""


def positive(*shape):
    return np.random.RandomState(0).uniform(0.1, 0.9, shape).astype(np.float32)


def check(total, terms, axis=None):
    """A sum of positive numbers: NumPy's pairwise one of a million is off by about 1 EPS."""
    exact = terms.sum(axis=axis, dtype=np.float64)
    assert np.asarray(total).dtype == np.float32
    np.testing.assert_allclose(np.ravel(total), np.ravel(exact), rtol=2 * EPS)


@pytest.mark.parametrize("width", [1, 2, 7])
@pytest.mark.parametrize("n", [N, N - 1, 100_001])
def test_samples(n, width):
    x, weight = positive(2, n, width), positive(2, n, 1)
    out = np.empty((2, 1, width), np.float32)
    kernels.sum_samples(x, out)
    check(out, x, axis=1)
    kernels.sum_samples(x, out, weight)
    check(out, x.astype(float) * weight, axis=1)
    flat = x.reshape(2, -1)
    check(kernels.dot(flat, flat), flat.astype(float) ** 2, axis=1)


def test_samples_up_to_a_block_are_one_product():
    for n in (1, 200, 4 * fused.IN_ORDER):
        x, out = positive(3, n, 5), np.empty((3, 1, 5), np.float32)
        kernels.sum_samples(x, out)
        assert np.array_equal(out, np.ones((1, n), np.float32) @ x)


def test_a_network_sums_the_same_alone_and_in_a_stack():
    x, out = positive(3, 5000, 7), np.empty((3, 1, 7), np.float32)
    kernels.sum_samples(x, out)
    for i in range(3):
        alone = np.empty((1, 1, 7), np.float32)
        kernels.sum_samples(x[i : i + 1], alone)
        assert np.array_equal(alone[0], out[i])


@pytest.mark.parametrize("activation", SEVERAL, ids=name_of)
def test_gradients_of_biases(activation):
    z = positive(1, N, activation.input_width(1))
    grad_a = np.ones((1, N, activation.output_width(1)), np.float32)
    z, a, params, grads = layer_arrays(activation, z)
    bias = np.zeros((1, 1, z.shape[-1]), np.float32)
    activation.bias_forward(z, bias, a, params)
    grad_z = np.empty_like(z)
    activation.bias_backward(z, a, grad_a, grad_z, bias, params, grads)
    if (grad_z >= 0).all():
        check(bias, grad_z, axis=1)
    else:
        size = np.abs(grad_z).sum(axis=1, dtype=float)
        exact = grad_z.sum(axis=1, dtype=float)
        assert (np.abs(bias[0] - exact) <= 2 * EPS * size).all()


@pytest.mark.parametrize("shared", [False, True])
def test_gradients_of_slopes(shared):
    [prelu] = [each for each in EVERY_ACTIVATION if repr(each) == "PReLU()"]
    prelu = type(prelu)(shared=shared)
    z, a, params, grads = layer_arrays(prelu, -positive(1, N, 2))
    grad_z, bias = np.empty_like(z), np.zeros((1, 1, 2), np.float32)
    prelu.bias_forward(z, bias, a, params)
    prelu.bias_backward(z, a, -np.ones_like(a), grad_z, bias, params, grads)
    check(grads["slope"], -z, axis=None if shared else 1)


@pytest.mark.parametrize("inner", ["selu", "mish", "gelu"])
def test_gradients_of_shares(inner):
    part = Parametric(inner)
    z, a, params, grads = layer_arrays(part, -positive(1, N, 2))
    grad_z, bias = np.empty_like(z), np.zeros((1, 1, 2), np.float32)
    part.bias_forward(z, bias, a, params)
    part.bias_backward(z, a, np.ones_like(a), grad_z, bias, params, grads)
    exact = np.empty(z.shape)
    part.resolve().forward(z.astype(np.float64), exact, {})
    exact -= z
    # Each term is rounded too.
    difference = grads["share"] - exact.sum(axis=1, keepdims=True)
    assert (abs(difference) <= 3 * EPS * abs(exact).sum(axis=1)).all()


@pytest.mark.parametrize("weighted", [True, slow(False)])
@pytest.mark.parametrize("loss", EVERY_LOSS, ids=name_of)
def test_losses(loss, weighted):
    """Against the same loss of each tenth of the rows, in blocks that sum few terms."""
    y, raw = positive(1, N, 3), positive(1, N, loss.n_raw(3))
    y /= y.sum(axis=2, keepdims=True)
    y = np.maximum(y, 1e-3)
    weight = positive(1, N, 1) if weighted else None
    value = loss.value_and_gradient(y, raw, weight, np.empty_like(raw))
    total = 0.0
    for start in range(0, N, 100):
        rows = np.s_[:, start : start + 100]
        part = None if weight is None else weight[rows]
        [of_rows] = loss.value_and_gradient(y[rows], raw[rows], part, np.empty_like(raw[rows]))
        total += float(of_rows)
    assert value.dtype == np.float32
    np.testing.assert_allclose(value, total, rtol=2 * EPS)


@pytest.mark.parametrize("penalty", [L1(), L2(), ElasticNet()], ids=name_of)
def test_penalties_of_all_weights(penalty):
    weights = positive(2, N, 1)
    strength = np.ones(2, np.float32)
    value = penalty.bound(weights, np.zeros_like(weights))(strength)
    exact = penalty.value(weights.astype(float))
    np.testing.assert_allclose(value, exact, rtol=2 * EPS)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("penalty", [ActivityL1(), ActivityL2(), KLSparsity()], ids=name_of)
def test_penalties_of_activities(penalty, weighted):
    a, strength = positive(1, N, 2), np.ones(1, np.float32)
    weight = positive(1, N, 1) if weighted else None
    value = penalty.value_and_gradient(a, weight, strength, np.zeros_like(a))
    wide = None if weight is None else weight.astype(float)
    exact = penalty.value_and_gradient(
        a.astype(float), wide, strength.astype(float), np.zeros(a.shape)
    )
    np.testing.assert_allclose(value, exact, rtol=4 * EPS)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_means_and_scales_of_targets():
    y = 1000 + np.random.RandomState(0).normal(size=(N, 2)).astype(np.float32)
    weight = positive(N)
    X = np.zeros((N, 1), np.float32)
    model = MLPRegressor(
        hidden_layer_sizes=(), standardize_y=True, max_iter=1, batch_size=N, shuffle=False
    )
    for w in (None, weight):
        model.fit(X, y, w)
        mean = np.average(y.astype(float), axis=0, weights=w)
        variance = np.average((y - mean) ** 2, axis=0, weights=w)
        np.testing.assert_allclose(model.target_mean_, mean, rtol=1e-12)
        np.testing.assert_allclose(model.target_scale_, np.sqrt(variance), rtol=1e-9)
