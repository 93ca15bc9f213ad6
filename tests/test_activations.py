"""Activations: the buffer contract, and what must hold for their values."""

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, backward, forward, layer_arrays, name_of
from scipy.special import expit

from sklearn_relu.activations import (
    ELU,
    Identity,
    LeakyReLU,
    Logistic,
    Maxout,
    PReLU,
    ReLU,
    Tanh,
)
from sklearn_relu.engine.kernels import PIECE

every_activation = pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
N_ROWS = PIECE // 6 + 101
"""Kernels work on pieces: of 6 units' activations this is one piece and a part of another."""
Z = np.concatenate([np.linspace(-30, 30, 4001), np.linspace(-1, 1, 1001)])


def random_layer(activation, dtype=np.float64, n_rows=N_ROWS, seed=0):
    """Summed inputs of 3 networks of 6 units, exact zeros among them, and gradients of a."""
    rng = np.random.RandomState(seed)
    z = rng.normal(size=(3, n_rows, activation.input_width(6))).astype(dtype)
    z[:, ::7] = 0
    grad_a = rng.normal(size=(3, n_rows, activation.output_width(6))).astype(dtype)
    shapes = activation.parameter_shapes(6)
    params = {name: rng.normal(size=(3, 1, *s)).astype(dtype) for name, s in shapes.items()}
    return z, grad_a, params


@every_dtype
@every_activation
def test_outputs_are_overwritten_fully_and_inputs_are_not_written(activation, dtype):
    z, grad_a, params = random_layer(activation, dtype)
    inputs = {"z": z, "grad_a": grad_a, **params}
    before = {name: array.copy() for name, array in inputs.items()}
    _, a, _, grads = layer_arrays(activation, z, params)
    grad_z = np.full_like(z, np.nan)
    activation.forward(z, a, params)
    a_before = a.copy()
    activation.backward(z, a, grad_a, grad_z, params, grads)
    for name, array in inputs.items():
        assert np.array_equal(array, before[name]), name
    assert np.array_equal(a, a_before)
    assert grads.keys() == params.keys()
    for array in (a, grad_z, *grads.values()):
        assert not np.isnan(array).any()
        assert array.dtype == dtype


@every_dtype
@every_activation
def test_what_was_in_the_buffers_does_not_matter(activation, dtype):
    z, grad_a, params = random_layer(activation, dtype)
    results = []
    for filler in (np.nan, 3.0):
        _, a, _, grads = layer_arrays(activation, z, params)
        a.fill(filler)
        for grad in grads.values():
            grad.fill(filler)
        grad_z = np.full_like(z, filler)
        activation.forward(z, a, params)
        activation.backward(z, a, grad_a, grad_z, params, grads)
        results.append((a, grad_z, *grads.values()))
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    "activation", [part for part in EVERY_ACTIVATION if not part.needs_summed_input], ids=name_of
)
def test_shared_memory_gives_the_same_and_backward_reads_activations_only(activation):
    z, grad_a, params = random_layer(activation)
    assert np.array_equal(forward(activation, z), forward(activation, z, shared=True))
    expected, _ = backward(activation, z, grad_a)
    assert np.array_equal(backward(activation, z, grad_a, shared=True)[0], expected)
    a, grad_z = forward(activation, z), np.full_like(z, np.nan)
    activation.backward(np.full_like(z, np.nan), a, grad_a, grad_z, params, {})
    assert np.array_equal(grad_z, expected)


@every_dtype
@every_activation
@pytest.mark.parametrize("n_rows", [1, 3, N_ROWS])
def test_a_network_of_a_stack_gives_the_bits_that_it_gives_alone(activation, n_rows, dtype):
    z, grad_a, params = random_layer(activation, dtype, n_rows)
    together = (
        forward(activation, z, params),
        *_flat(backward(activation, z, grad_a, params)),
    )
    for i in range(3):
        one = slice(i, i + 1)
        own = {name: values[one] for name, values in params.items()}
        alone = (
            forward(activation, z[one], own),
            *_flat(backward(activation, z[one], grad_a[one], own)),
        )
        for stacked, single in zip(together, alone, strict=True):
            assert np.array_equal(stacked[one], single)


def _flat(gradients):
    grad_z, grads = gradients
    return grad_z, *grads.values()


@pytest.mark.parametrize(
    ("activation", "shared"),
    [
        (part, shared)
        for part in EVERY_ACTIVATION
        for shared in ([False] if part.needs_summed_input else [False, True])
    ],
    ids=repr,
)
def test_hooks_with_a_bias_add_it_before_and_sum_its_gradient_over_the_samples(activation, shared):
    z, grad_a, params = random_layer(activation)
    bias = np.random.RandomState(1).normal(size=(3, 1, z.shape[-1]))
    expected = forward(activation, z + bias, params)
    expected_grad, expected_grads = backward(activation, z + bias, grad_a, params)

    z, a, _, grads = layer_arrays(activation, z, params, shared)
    activation.bias_forward(z, bias, a, params)
    assert np.array_equal(a, expected)
    grad_z, grad_bias = np.full_like(z, np.nan), np.full_like(bias, np.nan)
    activation.bias_backward(z, a, grad_a, grad_z, grad_bias, params, grads)
    assert np.array_equal(grad_z, expected_grad)
    np.testing.assert_allclose(grad_bias, expected_grad.sum(1, keepdims=True), rtol=1e-9)
    for name, grad in grads.items():
        assert np.array_equal(grad, expected_grads[name])


def values(activation, z=Z, slope=None, dtype=np.float64):
    """The activations of single units, each with the summed input z."""
    z = z.astype(dtype)[None, :, None]
    params = None if slope is None else {"slope": np.full((1, 1, 1), slope, dtype)}
    return forward(activation, z, params)[0, :, 0]


@pytest.mark.parametrize(
    ("activation", "formula"),
    [
        (Identity(), lambda z: z),
        (Logistic(), expit),
        (Tanh(), np.tanh),
        (ReLU(), lambda z: np.where(z > 0, z, 0)),
        (LeakyReLU(0.2), lambda z: np.where(z > 0, z, 0.2 * z)),
        (PReLU(-0.4), lambda z: np.where(z > 0, z, -0.4 * z)),
        (PReLU(3.0), lambda z: np.where(z > 0, z, 3 * z)),
        (ELU(0.7), lambda z: np.where(z > 0, z, 0.7 * np.expm1(z))),
        (ELU(2.0), lambda z: np.where(z > 0, z, 2 * np.expm1(z))),
    ],
    ids=lambda value: repr(value) if not callable(value) else "",
)
@every_dtype
def test_values_are_those_of_the_textbook_formula(activation, formula, dtype):
    eps = np.finfo(dtype).eps
    expected = formula(Z.astype(dtype).astype(np.float64))
    np.testing.assert_allclose(values(activation, dtype=dtype), expected, rtol=4 * eps, atol=eps)


@every_dtype
def test_relu_is_never_negative_and_exactly_zero_for_negative_inputs(dtype):
    a = values(ReLU(), dtype=dtype)
    assert (a >= 0).all()
    assert (a[Z <= 0] == 0).all()
    assert np.array_equal(a[Z > 0], Z.astype(dtype)[Z > 0])


@every_dtype
@pytest.mark.parametrize("activation", [LeakyReLU(0.0), PReLU(0.0), ELU(0.0)], ids=repr)
def test_without_a_negative_side_it_is_relu(activation, dtype):
    assert np.array_equal(values(activation, dtype=dtype), values(ReLU(), dtype=dtype))


@every_dtype
@pytest.mark.parametrize("activation", [LeakyReLU(1.0), PReLU(1.0), Maxout(1)], ids=repr)
def test_with_the_same_slope_on_both_sides_it_is_the_identity(activation, dtype):
    assert np.array_equal(values(activation, dtype=dtype), Z.astype(dtype))


def test_prelu_with_a_fixed_slope_is_leaky_relu():
    z, grad_a, _ = random_layer(ReLU())
    slope = {"slope": np.full((3, 1, 6), 0.3)}
    leaky, learned = LeakyReLU(0.3), PReLU()
    np.testing.assert_allclose(forward(learned, z, slope), forward(leaky, z), rtol=1e-15)
    np.testing.assert_allclose(
        backward(learned, z, grad_a, slope)[0], backward(leaky, z, grad_a)[0], rtol=1e-15
    )


def test_prelu_learns_each_slope_from_its_own_negative_inputs():
    z, grad_a, params = random_layer(PReLU())
    _, grads = backward(PReLU(), z, grad_a, params)
    expected = (grad_a * np.minimum(z, 0)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(grads["slope"], expected, rtol=1e-11)


@every_dtype
def test_logistic_is_never_exactly_zero_and_at_most_one(dtype):
    a = values(Logistic(), np.array([-1e4, -80, -40, 0, 40, 1e4], dtype))
    assert (a > 0).all()
    assert (a <= 1).all()
    assert a[3] == 0.5
    np.testing.assert_allclose(a[1:], expit([-80, -40, 0, 40, 1e4]), rtol=1e-6)


def test_logistic_of_opposite_inputs_sums_to_one_and_tanh_is_odd():
    np.testing.assert_allclose(values(Logistic()) + values(Logistic(), -Z), 1, rtol=1e-15)
    assert np.array_equal(values(Tanh(), -Z), -values(Tanh()))


@every_dtype
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0, 4.0])
def test_elu_stays_above_minus_alpha_and_is_continuous(alpha, dtype):
    eps = np.finfo(dtype).eps
    a = values(ELU(alpha), dtype=dtype)
    assert (a >= -alpha * (1 + eps)).all()
    around = np.array([-1e-12, 0.0, 1e-12])
    np.testing.assert_allclose(values(ELU(alpha), around, dtype=dtype), 0, atol=1e-11)


@pytest.mark.parametrize("n_pieces", [1, 2, 3, 5])
def test_maxout_of_equal_pieces_is_linear(n_pieces):
    z = np.random.RandomState(0).normal(size=(3, 9, 4))
    assert np.array_equal(forward(Maxout(n_pieces), np.tile(z, n_pieces)), z)


@pytest.mark.parametrize("n_pieces", [1, 2, 3, 5])
def test_maxout_is_the_maximum_over_blocks_of_columns(n_pieces):
    z, grad_a, _ = random_layer(Maxout(n_pieces), n_rows=50)
    blocks = z.reshape(3, 50, n_pieces, 6)
    assert np.array_equal(forward(Maxout(n_pieces), z), blocks.max(axis=2))
    grad_z, _ = backward(Maxout(n_pieces), z, grad_a)
    # Each unit's gradient goes to one piece, so nothing is lost or doubled.
    grad_blocks = grad_z.reshape(blocks.shape)
    assert np.array_equal(grad_blocks.sum(axis=2), grad_a)
    assert ((grad_blocks != 0).sum(axis=2) <= 1).all()


def test_maxout_with_a_piece_of_zeros_is_relu():
    z = np.random.RandomState(0).normal(size=(2, 30, 4))
    both = np.concatenate([z, np.zeros_like(z)], axis=-1)
    assert np.array_equal(forward(Maxout(), both), forward(ReLU(), z))
