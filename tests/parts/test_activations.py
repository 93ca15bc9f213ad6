"""Activations: the buffer contract, and what must hold for their values."""

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, SLOW_VARIANTS, backward, forward, layer_arrays, name_of
from scipy.special import erfc, expit
from sklearn.base import clone

from sklearn_relu import MLPRegressor
from sklearn_relu.activations import (
    ACTIVATIONS,
    CELU,
    ELU,
    GELU,
    LWTA,
    SELU,
    Activation,
    ClippedReLU,
    CReLU,
    HardSigmoid,
    HardSwish,
    HardTanh,
    Identity,
    LeakyReLU,
    Logistic,
    Maxout,
    Mish,
    NegativeReLU,
    Parametric,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    SignedReLU,
    SiLU,
    Softplus,
    Softsign,
    SquaredReLU,
    Tanh,
    ThresholdReLU,
)
from sklearn_relu.kernels.memory import PIECE
from sklearn_relu.testing import check_part

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


@pytest.mark.parametrize("activation", SLOW_VARIANTS, ids=name_of)
def test_every_activation_keeps_the_contract_of_its_family(activation):
    check_part(activation)


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
    with_bias = z + bias

    z, a, _, grads = layer_arrays(activation, z, params, shared)
    activation.bias_forward(z, bias, a, params)
    # Parametric's loops have an exponential of their own.
    accuracy = 1e-14 if isinstance(activation, Parametric) else 0
    np.testing.assert_allclose(a, expected, rtol=accuracy, atol=accuracy)
    assert np.array_equal(z, expected if shared else with_bias)
    grad_z, grad_bias = np.full_like(z, np.nan), np.full_like(bias, np.nan)
    activation.bias_backward(z, a, grad_a, grad_z, grad_bias, params, grads)
    # Compiled loops may round in another way than NumPy's forms.
    np.testing.assert_allclose(grad_z, expected_grad, rtol=1e-14, atol=accuracy)
    np.testing.assert_allclose(grad_bias, expected_grad.sum(1, keepdims=True), rtol=1e-9)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, expected_grads[name], rtol=1e-12)


def values(activation, z=Z, slope=None, dtype=np.float64):
    """The activations of single units, each with the summed input z."""
    z = z.astype(dtype)[None, :, None]
    params = None if slope is None else {"slope": np.full((1, 1, 1), slope, dtype)}
    return forward(activation, z, params)[0].squeeze(-1)


def rectifier(negative_slope):
    """The formula of a rectifier with that slope on the left."""
    return lambda z: np.where(z > 0, z, negative_slope * z)


def straight(*corners):
    """The formula of a function through these corners, constant beyond the outermost."""
    return lambda z: np.interp(z, *zip(*corners, strict=True))


FORMULAS = [
    (Identity(), lambda z: z),
    (Logistic(), expit),
    (Tanh(), np.tanh),
    (Softsign(), lambda z: z / (1 + abs(z))),
    (HardSigmoid(), straight((-3, 0), (3, 1))),
    (HardTanh(), straight((-1, -1), (1, 1))),
    (ReLU(), rectifier(0)),
    (NegativeReLU(), lambda z: np.where(z < 0, z, 0)),
    (SquaredReLU(), lambda z: np.where(z > 0, z**2, 0)),
    (ThresholdReLU(), lambda z: np.where(z > 1, z, 0)),
    (ThresholdReLU(0.25), lambda z: np.where(z > 0.25, z, 0)),
    (ClippedReLU(), straight((0, 0), (20, 20))),
    (ClippedReLU(1.5), straight((0, 0), (1.5, 1.5))),
    (ReLU6(), straight((0, 0), (6, 6))),
    (LeakyReLU(0.2), rectifier(0.2)),
    (PReLU(-0.4), rectifier(-0.4)),
    (PReLU(3.0), rectifier(3)),
    (PReLU(0.5, shared=True), rectifier(0.5)),
    (RReLU(), rectifier(11 / 48)),
    (ELU(0.7), lambda z: np.where(z > 0, z, 0.7 * np.expm1(z))),
    (ELU(2.0), lambda z: np.where(z > 0, z, 2 * np.expm1(z))),
    (CELU(0.7), lambda z: np.where(z > 0, z, 0.7 * np.expm1(z / 0.7))),
    (CELU(2.0), lambda z: np.where(z > 0, z, 2 * np.expm1(z / 2))),
    (SELU(), lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z))),
    (Softplus(), lambda z: np.logaddexp(0, z)),
    (Softplus(3.0), lambda z: np.logaddexp(0, 3 * z) / 3),
    (SiLU(), lambda z: z * expit(z)),
    (GELU(), lambda z: z / 2 * erfc(-z / np.sqrt(2))),
    (GELU("tanh"), lambda z: z * expit(2 * np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    (HardSwish(), lambda z: z * np.interp(z, [-3, 3], [0, 1])),
    (Mish(), lambda z: z * np.tanh(np.logaddexp(0, z))),
    (Maxout(1), lambda z: z),
    (LWTA(), lambda z: z),
    (
        Parametric(),
        lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z)),
    ),
    (Parametric("mish"), lambda z: z * np.tanh(np.logaddexp(0, z))),
]
"""Of activations with one output."""


@every_dtype
@pytest.mark.parametrize(
    ("activation", "formula"), FORMULAS, ids=lambda value: "" if callable(value) else repr(value)
)
def test_values_are_those_of_the_textbook_formula(activation, formula, dtype):
    eps = np.finfo(dtype).eps
    expected = formula(Z.astype(dtype).astype(np.float64))
    np.testing.assert_allclose(values(activation, dtype=dtype), expected, rtol=8 * eps, atol=eps)


def test_every_activation_with_one_output_has_a_textbook_formula():
    classes = {cls for cls in ACTIVATIONS.values() if cls().output_width(1) == 1}
    assert {type(activation) for activation, _ in FORMULAS} == classes - {SignedReLU}


@every_dtype
@every_activation
def test_activations_are_within_their_bounds_and_reach_or_approach_a_finite_one(activation, dtype):
    low, high = activation.bounds
    z = np.concatenate([Z, [-1e4, 1e4]]).astype(dtype)[None, :, None]
    a = forward(activation, np.tile(z, activation.input_width(2)))
    assert low * (1 + 1e-6) <= a.min()
    assert a.max() <= high * (1 + 1e-6)
    for bound, extreme in ((low, a.min()), (high, a.max())):
        assert np.isinf(bound) or abs(extreme - bound) < 2e-4


@every_dtype
def test_relu_is_never_negative_and_exactly_zero_for_negative_inputs(dtype):
    a = values(ReLU(), dtype=dtype)
    assert (a >= 0).all()
    assert (a[Z <= 0] == 0).all()
    assert np.array_equal(a[Z > 0], Z.astype(dtype)[Z > 0])


@every_dtype
@pytest.mark.parametrize(
    "activation",
    [LeakyReLU(0.0), PReLU(0.0), RReLU(0.0, 0.0), ELU(0.0), ThresholdReLU(0.0), ClippedReLU(99.0)],
    ids=repr,
)
def test_without_a_negative_side_it_is_relu(activation, dtype):
    assert np.array_equal(values(activation, dtype=dtype), values(ReLU(), dtype=dtype))


@every_dtype
@pytest.mark.parametrize(
    "activation", [LeakyReLU(1.0), PReLU(1.0), RReLU(1.0, 1.0), Maxout(1), LWTA(1)], ids=repr
)
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


def test_a_shared_slope_is_that_of_all_units_and_learns_from_all():
    z, grad_a, _ = random_layer(ReLU())
    slope = np.array([0.3, -0.2, 1.4]).reshape(3, 1, 1)
    one, each = {"slope": slope}, {"slope": np.tile(slope, 6)}
    assert np.array_equal(forward(PReLU(shared=True), z, one), forward(PReLU(), z, each))
    grad_z, grads = backward(PReLU(shared=True), z, grad_a, one)
    expected_z, expected = backward(PReLU(), z, grad_a, each)
    assert np.array_equal(grad_z, expected_z)
    total = expected["slope"].sum(axis=2, keepdims=True)
    np.testing.assert_allclose(grads["slope"], total, rtol=1e-10)


@every_dtype
def test_prelu_is_exact_for_the_smallest_slopes(dtype):
    assert np.array_equal(
        values(PReLU(), dtype=dtype, slope=1e-17),
        np.where(Z > 0, Z.astype(dtype), Z.astype(dtype) * dtype(1e-17)),
    )


def test_prelu_learns_each_slope_from_its_own_negative_inputs():
    z, grad_a, params = random_layer(PReLU())
    _, grads = backward(PReLU(), z, grad_a, params)
    expected = (grad_a * np.minimum(z, 0)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(grads["slope"], expected, rtol=1e-11)


SMOOTH_AND_KINKED = ["selu", "mish", "silu", "relu", "gelu", "tanh", PReLU(0.5)]


@pytest.mark.parametrize("shares", [0.0, 1.0, "each"], ids=str)
@pytest.mark.parametrize("inner", SMOOTH_AND_KINKED, ids=name_of)
def test_parametric_goes_from_the_identity_to_the_activation(inner, shares):
    part = Parametric(inner)
    z, grad_a, params = random_layer(part)
    if shares != "each":
        params["share"][...] = shares
    share = params["share"]
    f, of_f = part.resolve(), {name: params[name] for name in params if name != "share"}
    value, (slope, grads_of_f) = forward(f, z, of_f), backward(f, z, grad_a, of_f)
    np.testing.assert_allclose(forward(part, z, params), z + share * (value - z), atol=1e-13)
    grad_z, grads = backward(part, z, grad_a, params)
    expected = share * slope + (1 - share) * grad_a
    np.testing.assert_allclose(grad_z, expected, rtol=1e-10, atol=1e-13)
    of_share = (grad_a * (value - z)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(grads["share"], of_share, rtol=1e-10)
    for name, grad in grads_of_f.items():
        np.testing.assert_allclose(grads[name], share * grad, rtol=1e-10, atol=1e-10)


@every_dtype
@pytest.mark.parametrize("inner", SMOOTH_AND_KINKED, ids=name_of)
def test_parametric_starts_as_its_activation_to_the_bit(inner, dtype):
    part = Parametric(inner)
    assert np.array_equal(values(part, dtype=dtype), values(part.resolve(), dtype=dtype))
    for name in ("gain", "initialization", "needs_its_initialization", "sklearn_init_factor"):
        assert getattr(part, name) == getattr(part.resolve(), name)
    assert (part.dropout_value, part.bounds) == (0, (-np.inf, np.inf))


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("maxout", "has several summed inputs a unit"),
        ("crelu", "has several outputs a unit"),
        ("rrelu", "draws random numbers"),
        ("lwta", "treats a unit by its place or by the other units"),
        ("signed_relu", "treats a unit by its place or by the other units"),
        ("parametric", "learns a share already"),
    ],
)
def test_parametric_refuses_what_does_not_treat_unit_by_unit(inner, problem):
    message = f"'activation' parameter of Parametric must treat unit by unit; .*{problem}. Use"
    for given in (inner, ACTIVATIONS[inner]()):
        with pytest.raises(ValueError, match=message):
            Parametric(given).check()


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Parametric("silou"), "activation must be one of .*Did you mean 'silu'"),
        (Parametric(SELU), "'activation' parameter of Parametric must be"),
        (Parametric(LeakyReLU(7.0)), "'negative_slope' parameter of LeakyReLU"),
        (Parametric(parameters_rate=-0.1), "'parameters_rate' parameter of Parametric"),
    ],
    ids=str,
)
def test_the_activation_of_a_parametric_one_is_checked(part, message):
    with pytest.raises(ValueError, match=message):
        part.check()


def test_nested_parameters_of_a_parametric_activation():
    part = Parametric()
    assert part.set_params(activation="elu", activation__alpha=0.5) is part
    assert repr(part) == "Parametric(activation=ELU(alpha=0.5))"
    with pytest.raises(ValueError, match="Invalid parameter 'alpha' for estimator SELU"):
        Parametric().set_params(activation__alpha=0.5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("inner", ["mish", "selu", PReLU(0.5)], ids=name_of)
def test_shares_learn_at_a_rate_of_their_own(inner, solver):
    X = np.random.RandomState(0).normal(size=(60, 3))
    model = MLPRegressor(
        hidden_layer_sizes=(7, 5), solver=solver, max_iter=6, random_state=0, batch_size=20
    )

    def fitted(activation):
        return clone(model).set_params(activation=activation).fit(X, abs(X[:, 0]))

    frozen, slow = fitted(Parametric(inner, 0.0)), fitted(Parametric(inner, 1e-3))
    fast = fitted(Parametric(inner, 1.0))
    moved = []
    for each in (frozen, slow, fast):
        shares = [layer["share"] for layer in each.activation_parameters_]
        assert [len(share) for share in shares] == [7, 5]
        moved.append(max(abs(share - 1).max() for share in shares))
    assert moved[0] == 0
    if solver == "lbfgs":  # has no learning rate
        assert 0 < moved[1] == moved[2]
    else:
        assert 0 < moved[1] < moved[2] / 50
    if isinstance(inner, str):
        for one, other in zip(frozen.coefs_, fitted(inner).coefs_, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
    else:
        assert (frozen.activation_parameters_[0]["slope"] == 0.5).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_the_rate_of_shares_may_change_between_calls():
    X = np.random.RandomState(0).normal(size=(60, 3))
    model = MLPRegressor(
        hidden_layer_sizes=(7,),
        activation=Parametric("mish"),
        max_iter=3,
        warm_start=True,
        random_state=0,
    ).fit(X, abs(X[:, 0]))
    first = model.activation_parameters_[0]["share"].copy()
    weights = model.coefs_[0].copy()
    model.set_params(activation__parameters_rate=0).fit(X, abs(X[:, 0]))
    assert np.array_equal(model.activation_parameters_[0]["share"], first)
    assert not np.array_equal(model.coefs_[0], weights)
    model.set_params(activation__parameters_rate=0.5).fit(X, abs(X[:, 0]))
    assert (model.activation_parameters_[0]["share"] != first).all()


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


@every_dtype
def test_crelu_keeps_both_signs(dtype):
    z, grad_a, _ = random_layer(CReLU(), dtype)
    a = forward(CReLU(), z)
    assert np.array_equal(a, np.concatenate([np.maximum(z, 0), np.maximum(-z, 0)], axis=-1))
    grad_z, _ = backward(CReLU(), z, grad_a)
    expected = np.where(z > 0, grad_a[..., :6], np.where(z < 0, -grad_a[..., 6:], 0))
    assert np.array_equal(grad_z, expected)


@pytest.mark.parametrize(("n_units", "n_positive"), [(1, 1), (2, 1), (5, 3), (6, 3)])
def test_signed_relu_is_relu_times_minus_one_in_half_of_the_units(n_units, n_positive):
    z, grad_a = np.random.RandomState(0).normal(size=(2, 3, 50, n_units))
    sign = np.where(np.arange(n_units) < n_positive, 1, -1)
    assert np.array_equal(forward(SignedReLU(), z), sign * np.maximum(z, 0))
    assert np.array_equal(backward(SignedReLU(), z, grad_a)[0], sign * (z > 0) * grad_a)


@pytest.mark.parametrize("n_units", [1, 3, 5, 6, 7])
@pytest.mark.parametrize("block_size", [1, 2, 3, 10])
def test_of_each_block_of_units_the_winner_takes_all(block_size, n_units):
    z, grad_a = np.random.RandomState(0).normal(size=(2, 3, 50, n_units))
    n_blocks = -(-n_units // block_size)
    wins = np.zeros_like(z)
    for block in range(n_blocks):
        units = np.arange(block, n_units, n_blocks)
        assert 1 <= len(units) <= block_size
        winners = units[z[..., units].argmax(axis=-1)]
        np.put_along_axis(wins, winners[..., None], 1, axis=-1)
    assert np.array_equal(forward(LWTA(block_size), z), z * wins)
    assert np.array_equal(backward(LWTA(block_size), z, grad_a)[0], grad_a * wins)


def test_selu_keeps_mean_0_and_variance_1_and_a_dropped_unit_is_saturated():
    z = np.linspace(-12, 12, 100_001)
    density = np.exp(-(z**2) / 2)
    density /= density.sum()
    a = values(SELU(), z)
    assert abs(density @ a) < 1e-7
    assert abs(density @ a**2 - 1) < 1e-7
    assert SELU().dropout_value == values(SELU(), np.array([-1e4]))
    others = [part for part in EVERY_ACTIVATION if not isinstance(part, SELU)]
    assert {part.dropout_value for part in others} == {0}


def test_the_tanh_form_of_gelu_is_near_the_exact_one():
    assert 1e-4 < abs(values(GELU("tanh")) - values(GELU())).max() < 5e-4


def noisy_forward(activation, z, params=None, seeds=(1, 2, 3)):
    """What is read and written in training: the arrays of layer_arrays, a being filled."""
    z, a, params, grads = layer_arrays(activation, z, params)
    activation.forward(z, a, params, [np.random.default_rng(seed) for seed in seeds])
    return z, a, params, grads


@every_dtype
def test_rrelu_draws_slopes_uniformly_and_the_gradient_goes_through_them(dtype):
    activation = RReLU(0.2, 0.5)
    z, grad_a, _ = random_layer(activation, dtype)
    z, a, params, grads = noisy_forward(activation, z)
    assert np.array_equal(a[z >= 0], z[z >= 0])
    slopes = a[z < 0] / z[z < 0]
    eps = np.finfo(dtype).eps
    assert 0.2 - eps <= slopes.min() < 0.201
    assert 0.499 < slopes.max() <= 0.5 + eps
    np.testing.assert_allclose(slopes.mean(), 0.35, rtol=0.005)
    grad_z = np.full_like(z, np.nan)
    activation.backward(z, a, grad_a, grad_z, params, grads)
    expected = grad_a.copy()
    expected[z < 0] *= slopes
    expected[z == 0] *= 0.35
    np.testing.assert_allclose(grad_z, expected, rtol=2 * eps)


def test_rrelu_refuses_bounds_in_the_wrong_order():
    with pytest.raises(ValueError, match="'lower' parameter of RReLU must be at most its 'upper'"):
        RReLU(0.5, 0.4).check()


@every_activation
def test_a_gain_in_closed_form_is_what_the_default_computes(activation):
    if not isinstance(activation, LWTA | RReLU):  # of units that compete, or without the noise
        np.testing.assert_allclose(Activation.gain.fget(activation), activation.gain, rtol=0.01)


def test_the_default_gain_of_an_activation_that_is_always_0_is_1():
    assert Activation.gain.fget(PReLU(0.0)) == pytest.approx(np.sqrt(2))
    assert Activation.gain.fget(ThresholdReLU(50.0)) == 1


UNSTABLE = (SquaredReLU, ThresholdReLU, SiLU, GELU, HardSwish, Mish)
"""Activations that make what a signal's size is off from 1 larger still, as their docs say."""


def sizes_through_layers(activation, rescale):
    """Mean square of the summed inputs of each of 20 layers, whose weights follow the gain.

    Parameters
    ----------
    rescale : bool
        Whether each layer gets summed inputs of mean square 1, sample by sample. What is returned
        is then the product of what each layer makes of them.
    """
    rng = np.random.default_rng(0)
    n_networks, width = 6, 300
    z = rng.standard_normal((n_networks, 20, activation.input_width(width)), np.float32)
    size, sizes = 1.0, []
    for layer in range(20):
        _, a, _, _ = noisy_forward(activation, z, seeds=range(6 * layer, 6 * layer + 6))
        sd = activation.gain / np.sqrt(a.shape[-1])
        z = a @ rng.standard_normal((n_networks, a.shape[-1], z.shape[-1]), np.float32) * sd
        squares = np.square(z).mean(axis=2, keepdims=True)
        if rescale:
            z /= np.sqrt(squares)
        size = squares.mean() * (size if rescale else 1)
        sizes.append(size)
    return np.array(sizes)


@pytest.mark.parametrize("activation", SLOW_VARIANTS, ids=name_of)
def test_the_signal_keeps_its_size_through_twenty_layers(activation):
    at_first = activation.resolve() if isinstance(activation, Parametric) else activation
    sizes = sizes_through_layers(activation, rescale=isinstance(at_first, UNSTABLE))
    assert sizes.min() > 0.5
    assert sizes.max() < 2


@every_activation
def test_which_activations_make_deviations_of_the_signals_size_grow(activation):
    z = np.random.RandomState(0).normal(size=(1, 20_000, activation.input_width(12)))
    low, high = (np.square(forward(activation, scale * z)).mean() for scale in (0.95, 1.05))
    growth = np.log(high / low) / np.log(1.05 / 0.95) / 2
    at_first = activation.resolve() if isinstance(activation, Parametric) else activation
    if isinstance(at_first, UNSTABLE) and at_first.get_params() != {"threshold": 0.0}:
        assert growth > 1.02
    else:
        assert growth < 1 + 1e-6
