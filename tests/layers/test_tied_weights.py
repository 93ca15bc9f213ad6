"""One array for the weights of two layers, of which one has it transposed."""

import tracemalloc

import numpy as np
import pytest
from helpers import stages_of
from scipy.sparse import csr_array

from sklearn_relu.activations import Identity, PReLU, ReLU, Tanh
from sklearn_relu.estimators.fitted_arrays import fitted_arrays, initial_params
from sklearn_relu.initializers import Constant, HeNormal
from sklearn_relu.kernels import fused, product
from sklearn_relu.layers import Dense
from sklearn_relu.losses import LogLoss, SquaredError
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.objective import Objective
from sklearn_relu.network.stack import NetworkStack, Scales
from sklearn_relu.network.trace import back, trace, weight_gradients
from sklearn_relu.penalties import L1, L2, GroupLasso

WIDTHS = [(7, 4), (7, 5, 3), (1, 1), (1, 3), (3, 1)]


def layers_of(widths, activation=None):
    """An encoder and its decoder, whose weights are the encoder's."""
    activation = activation or Tanh()
    n = len(widths) - 1
    encoder = [Dense(widths[i], widths[i + 1], activation) for i in range(n)]
    decoder = [
        Dense(widths[i + 1], widths[i], activation if i else Identity(), transposes=i)
        for i in reversed(range(n))
    ]
    return encoder + decoder


def stack_of(layers, n_networks=2, n_rows=6, dtype=float, penalty=None, sparse=False, loss=None):
    """A stack with random parameters, and a run with random rows that it is to give back."""
    goal = Objective(
        stages=stages_of(layers, penalty),
        loss=loss or SquaredError(),
        dtype=np.dtype(dtype),
        n_targets=layers[0].reads,
    )
    stack = NetworkStack(goal, n_networks, sparse=sparse, reconstructs=True)
    draw = np.random.default_rng(0)
    stack.params[...] = draw.uniform(0.1, 0.9, stack.params.shape)
    stack.params *= draw.choice([-1, 1], stack.params.shape)
    run = stack.run(slice(0, n_networks), n_rows)
    rows = draw.uniform(size=(n_networks, n_rows, layers[0].reads)).astype(dtype)
    if sparse:
        rows[rows < 0.5] = 0
        run.x[:] = [csr_array(each) for each in rows]
        run.y[...] = rows
    else:
        run.x[...] = rows
        assert run.y is run.x
    return stack, run


def scales(n_networks, alpha=0.0, dtype=float):
    ones = np.ones(n_networks, dtype)
    return Scales.of(6 * ones, alpha * ones, ones)


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
@pytest.mark.parametrize("n_rows", [1, 6])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("penalty", [None, L2()], ids=repr)
def test_the_gradient_is_that_of_differences(widths, n_rows, sparse, penalty):
    stack, run = stack_of(layers_of(widths), n_rows=n_rows, sparse=sparse, penalty=penalty)
    strength = scales(2, alpha=0.3)

    def value():
        return stack.objective(run, strength)[0].copy()

    value()
    gradient, start = stack.grads.copy(), stack.params.copy()
    draw = np.random.default_rng(1)
    for _ in range(3):
        direction = draw.normal(size=start.shape)
        values = []
        for sign in (1, -1):
            stack.params[...] = start + sign * 1e-5 * direction
            values.append(value())
        slope = (values[0] - values[1]) / 2e-5
        expected = (gradient * direction).sum(axis=1)
        np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-9)


def test_the_gradient_is_the_sum_of_both_layers():
    layers = layers_of((7, 5, 3), PReLU())
    stack, run = stack_of(layers, n_networks=1, loss=LogLoss())
    stack.objective(run, scales(1))
    params = stack.layout.views(stack.params)
    seen = trace(layers, params, run.x[0])
    grad_raw = np.empty_like(run.raw)
    LogLoss().value_and_gradient(run.y, seen.a[-1], None, grad_raw)
    flow, grads = back(seen, grad_raw / 6), stack.layout.views(stack.grads)
    for i, mirror in ((0, 3), (1, 2)):
        own, other = (weight_gradients(seen, j, flow.z[j])["weight"] for j in (i, mirror))
        np.testing.assert_allclose(grads[i]["weight"], own + other.swapaxes(1, 2), rtol=1e-12)


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
@pytest.mark.parametrize("n_rows", [1, 2, 64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("compiled", [True, False])
def test_a_network_has_the_same_bits_alone_and_in_a_stack(
    widths, n_rows, dtype, compiled, monkeypatch
):
    if not compiled:
        monkeypatch.setattr(fused, "loops", lambda: None)
    layers = layers_of(widths, ReLU())
    together, run = stack_of(layers, n_networks=3, n_rows=n_rows, dtype=dtype)
    values = together.objective(run, scales(3, dtype=dtype))[0]
    assert together.grads.dtype == dtype
    for i in range(3):
        alone, own = stack_of(layers, n_networks=1, n_rows=n_rows, dtype=dtype)
        alone.params[...] = together.params[i]
        own.x[...] = run.x[i]
        value = alone.objective(own, scales(1, dtype=dtype))[0]
        np.testing.assert_array_equal(value, values[i : i + 1])
        np.testing.assert_array_equal(alone.grads[0], together.grads[i])


@pytest.mark.parametrize("penalty", [L1(), L2(), GroupLasso()], ids=repr)
def test_weights_are_counted_and_penalised_once(penalty):
    layers = layers_of((7, 4))
    stack, run = stack_of(layers, penalty=penalty)
    assert stack.layout.n_weights == 28
    assert stack.layout.n_params == 28 + 4 + 7
    views = stack.layout.views(stack.params)
    assert np.shares_memory(views[0]["weight"], views[1]["weight"])
    np.testing.assert_array_equal(views[1]["weight"], views[0]["weight"].swapaxes(1, 2))
    found = sum(np.asarray(block.value_and_gradient(np.ones(2))) for block in run.penalised)
    np.testing.assert_allclose(found, penalty.value(views[0]["weight"]), rtol=1e-12)


def test_weights_are_drawn_and_fitted_once_and_biases_each():
    layers = layers_of((7, 5, 3))
    rng = np.random.RandomState(0)
    params = initial_params(layers, HeNormal(), Constant(0.5), rng, None, np.float64)
    views = ParameterLayout(layers).views(params[None])
    assert [view["bias"].mean() for view in views] == [0.5] * 4
    fitted = fitted_arrays(layers, views)
    assert [coef.shape for coef in fitted["coefs_"]] == [(7, 5), (5, 3)]
    assert [bias.shape for bias in fitted["intercepts_"]] == [(5,), (3,), (5,), (7,)]
    usual = layers[:2]
    alone = initial_params(
        usual, HeNormal(), Constant(0.5), np.random.RandomState(0), None, np.float64
    )
    np.testing.assert_array_equal(alone[:50], params[:50])


def test_a_step_allocates_nothing():
    stack, run = stack_of(layers_of((40, 20)), n_rows=3000)
    strength = scales(2)
    stack.objective(run, strength)
    tracemalloc.start()
    stack.objective(run, strength)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.1 * run.x.nbytes


@pytest.mark.parametrize("shapes", [(4, 3, 5), (4, 1, 5), (1, 3, 5), (4, 3, 1), (1, 1, 1)])
@pytest.mark.parametrize("n_networks", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_product_goes_into_transposed_memory(shapes, n_networks, dtype):
    n, m, k = shapes
    draw = np.random.default_rng(0)
    left = draw.normal(size=(n_networks, n, m)).astype(dtype)
    right = draw.normal(size=(n_networks, m, k)).astype(dtype)
    memory = np.full((n_networks, 2 + n * k), np.nan, dtype)  # with gaps, as of parameters
    out = memory[:, 2:].reshape(n_networks, k, n).swapaxes(1, 2)
    product(left, right, out)()
    np.testing.assert_allclose(out, left @ right, rtol=1e-5)
