"""Gradients of every activation, loss and penalty, and what is documented at each kink."""

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, EVERY_LOSS, GradientCheck, backward, forward, name_of

from sklearn_relu.activations import (
    ELU,
    GELU,
    LWTA,
    SELU,
    ClippedReLU,
    CReLU,
    HardSigmoid,
    HardSwish,
    HardTanh,
    Identity,
    LeakyReLU,
    Logistic,
    Maxout,
    NegativeReLU,
    Parametric,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    SignedReLU,
    ThresholdReLU,
)
from sklearn_relu.losses import LOSSES
from sklearn_relu.penalties import ACTIVITY_PENALTIES, PENALTIES, ActivityL2

TOLERANCE = 1e-9
DTYPES = [np.float32, np.float64]

every_activation = pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
every_loss = pytest.mark.parametrize("loss", EVERY_LOSS, ids=name_of)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def activity_penalties(activation):
    """None, and the names of the activity penalties that are for such an activation."""
    low, high = activation.bounds
    are_rates = low >= 0 and high <= 1
    fitting = [k for k, cls in ACTIVITY_PENALTIES.items() if are_rates or not cls.needs_rates]
    return [None, *fitting]


def worst_errors(activation, losses=EVERY_LOSS[:1], penalties=("l2",), activity_penalties=(None,)):
    """The error of the gradient for every combination, with sample weights and without."""
    return {
        (loss, penalty, activity_penalty, weighted): GradientCheck(
            [activation, activation],
            loss,
            PENALTIES[penalty]() if penalty else None,
            ACTIVITY_PENALTIES[activity_penalty]() if activity_penalty else None,
            weighted,
        ).relative_error(n_directions=2)
        for loss in losses
        for penalty in penalties
        for activity_penalty in activity_penalties
        for weighted in (False, True)
    }


# The gradient is a chain of links, each of which meets every kind of neighbour that it has: an
# activation meets activity penalties and losses, a penalty meets losses.


@every_activation
def test_gradient_with_each_activation_and_every_activity_penalty(activation):
    errors = worst_errors(activation, activity_penalties=activity_penalties(activation))
    assert max(errors.values()) < TOLERANCE, errors


@every_activation
def test_gradient_with_each_activation_and_every_loss(activation):
    errors = worst_errors(activation, losses=EVERY_LOSS)
    assert max(errors.values()) < TOLERANCE, errors


@every_loss
@pytest.mark.parametrize("activation", [Logistic(), PReLU()], ids=name_of)
def test_gradient_with_each_loss_every_penalty_and_every_activity_penalty(loss, activation):
    errors = worst_errors(activation, [loss], (None, *PENALTIES), activity_penalties(activation))
    assert max(errors.values()) < TOLERANCE, errors


@every_loss
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("activity_penalty", ["l1", "l2"])
def test_objective_is_mean_loss_plus_penalty_on_weights_plus_penalty_on_hidden_activations(
    loss, weighted, penalty, activity_penalty
):
    penalties = PENALTIES[penalty](), ACTIVITY_PENALTIES[activity_penalty]()
    check = GradientCheck([PReLU(), Maxout()], loss, *penalties, weighted)
    value, run = check.value(), check.run
    weight = run.weight if weighted else np.ones((2, 6, 1))
    each = {"l1": abs, "l2": lambda a: a**2 / 2}[activity_penalty]
    h, omega, activity = run.x, 0.0, 0.0
    for layer, params in zip(
        check.stack.layers, check.stack.layout.views(check.stack.params), strict=True
    ):
        omega = omega + penalties[0].value(params["weight"])
        learned = {name: params[name] for name in layer.activation.parameter_shapes(1)}
        h = forward(layer.activation, h @ params["weight"] + params["bias"], learned)
        if layer is not check.stack.layers[-1]:
            activity = activity + (weight * each(h)).sum(axis=(1, 2))
    data = loss.value_and_gradient(run.y, h, weight, np.empty_like(h))
    weight_sum = weight.sum(axis=(1, 2))
    expected = (data + check.alpha * omega + check.activity_alpha * activity) / weight_sum
    np.testing.assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["weight", "bias", "activation"])
@every_activation
def test_gradient_of_each_kind_of_parameter(activation, kind):
    check = GradientCheck([activation, activation], EVERY_LOSS[0], PENALTIES["l2"]())
    n_weights, n_params = check.stack.layout.n_weights, check.stack.layout.n_params
    n_biases = sum(layer.memory()["z"] for layer in check.stack.layers)
    columns = {
        "weight": slice(0, n_weights),
        "bias": slice(n_weights, n_weights + n_biases),
        "activation": slice(n_weights + n_biases, n_params),
    }[kind]
    shapes = [activation.parameter_shapes(n).values() for n in (5, 4)]
    n_learned = sum(np.prod(shape, dtype=int) for layer in shapes for shape in layer)
    assert n_params == n_weights + n_biases + n_learned
    if columns.start < columns.stop:
        assert check.relative_error(columns=columns) < TOLERANCE


@pytest.mark.parametrize("first", range(len(EVERY_ACTIVATION)))
def test_gradient_of_a_network_with_a_different_activation_in_each_layer(first):
    # Widths go up and down, so that memory which layers share is used in every size.
    order = np.random.RandomState(first).permutation(len(EVERY_ACTIVATION))
    activations = [EVERY_ACTIVATION[i] for i in (first, *order[:4])]
    check = GradientCheck(
        activations,
        EVERY_LOSS[first % len(EVERY_LOSS)],
        PENALTIES["l2"](),
        ACTIVITY_PENALTIES["l2"](),
        weighted=True,
        sizes=[2, 7, 3, 6, 5],
    )
    assert check.relative_error() < TOLERANCE


@pytest.mark.parametrize("sizes", [(), (4,)], ids=str)
@every_loss
def test_gradient_with_sparse_inputs(loss, sizes):
    check = GradientCheck(
        [Identity()] * len(sizes), loss, PENALTIES["l2"](), None, True, sparse=True, sizes=sizes
    )
    assert check.relative_error() < TOLERANCE


def test_only_weights_are_penalised():
    with_penalty, without = (
        GradientCheck([PReLU(), PReLU()], EVERY_LOSS[0], penalty)
        for penalty in (PENALTIES["l2"](), None)
    )
    n_weights = with_penalty.stack.layout.n_weights
    difference = with_penalty.gradient() - without.gradient()
    assert np.array_equal(difference[:, n_weights:], np.zeros_like(difference[:, n_weights:]))
    strength = with_penalty.alpha / with_penalty.weight_sum
    expected = strength[:, None] * with_penalty.stack.params[:, :n_weights]
    np.testing.assert_allclose(difference[:, :n_weights], expected, rtol=1e-12)


def test_weighting_a_sample_double_is_the_same_as_having_it_twice():
    twice = GradientCheck([ReLU(), ReLU()], EVERY_LOSS[0], PENALTIES["l2"](), weighted=True)
    double = GradientCheck([ReLU(), ReLU()], EVERY_LOSS[0], PENALTIES["l2"](), weighted=True)
    for array in (twice.run.x, twice.run.y, double.run.x, double.run.y):
        array[:, 1] = array[:, 0]
    twice.run.weight[...] = 1
    double.run.weight[...] = [[[2], [0], [1], [1], [1], [1]]]
    np.testing.assert_allclose(twice.value(), double.value(), rtol=1e-14)
    np.testing.assert_allclose(twice.gradient(), double.gradient(), rtol=1e-11, atol=1e-15)


def summed_inputs(activation, dtype=np.float64):
    """Summed inputs of 2 networks, none near a kink, and gradients of their activations."""
    rng = np.random.RandomState(3)
    width = activation.input_width(4)
    # Whole numbers of steps plus a half: no zeros; and no ties, as the offsets differ by column.
    z = (rng.randint(-8, 8, (2, 30, width)) + 0.5) / 2 + np.arange(width) / (7 * width)
    return z.astype(dtype), rng.normal(size=(2, 30, activation.output_width(4))).astype(dtype)


@every_activation
def test_backward_is_the_derivative_of_forward(activation):
    z, grad_a = summed_inputs(activation)
    grad_z, grads = backward(activation, z, grad_a)
    step = 1e-5
    for column in range(z.shape[-1]):
        shift = np.zeros(z.shape[-1])
        shift[column] = step
        slope = (forward(activation, z + shift) - forward(activation, z - shift)) / (2 * step)
        numeric = np.vecdot(slope, grad_a)
        np.testing.assert_allclose(grad_z[..., column], numeric, rtol=1e-8, atol=1e-9)
    for name, grad in grads.items():
        assert np.isfinite(grad).all(), name


@every_activation
def test_float32_gives_the_float64_result_rounded(activation):
    z, grad_a = summed_inputs(activation, np.float32)
    precise, rounded = (
        (forward(activation, x), *backward(activation, x, grad))
        for x, grad in ((z.astype(np.float64), grad_a.astype(np.float64)), (z, grad_a))
    )
    assert rounded[0].dtype == rounded[1].dtype == np.float32
    np.testing.assert_allclose(rounded[0], precise[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(rounded[1], precise[1], rtol=2e-6, atol=1e-6)
    for name, grad in rounded[2].items():
        assert grad.dtype == np.float32
        np.testing.assert_allclose(grad, precise[2][name], rtol=1e-5)


KINKS = [
    (ReLU(), 0, 0),
    (NegativeReLU(), 0, 0),
    (ThresholdReLU(), 1, 0),
    (ThresholdReLU(0.0), 0, 0),
    (ThresholdReLU(0.5), 0.5, 0),
    (ClippedReLU(), 0, 0),
    (ClippedReLU(), 20, 0),
    (ClippedReLU(1.0), 0, 0),
    (ClippedReLU(1.0), 1, 0),
    (ReLU6(), 0, 0),
    (ReLU6(), 6, 0),
    (LeakyReLU(), 0, 0.01),
    (LeakyReLU(0.0), 0, 0),
    (LeakyReLU(0.3), 0, 0.3),
    (PReLU(), 0, 0.25),
    (PReLU(-0.5), 0, -0.5),
    (PReLU(2.0), 0, 2),
    (PReLU(shared=True), 0, 0.25),
    (RReLU(), 0, (1 / 8 + 1 / 3) / 2),
    (RReLU(0.0, 1.0), 0, 0.5),
    (CReLU(), 0, 0),
    (SignedReLU(), 0, 0),
    (ELU(0.0), 0, 0),
    (ELU(0.3), 0, 0.3),
    (ELU(2.5), 0, 2.5),
    (SELU(), 0, 1.0507009873554805 * 1.6732632423543772),
    (HardSwish(), -3, 0),
    (HardSwish(), 3, 1),
    (HardSigmoid(), -3, 0),
    (HardSigmoid(), 3, 0),
    (HardTanh(), -1, 0),
    (HardTanh(), 1, 0),
    (Parametric(), 0, 1.0507009873554805 * 1.6732632423543772),
    (Parametric("relu", 2.0), 0, 0),
    (Parametric(PReLU(0.5)), 0, 0.5),
    (Parametric("hard_tanh"), -1, 0),
    (Parametric("hard_tanh"), 1, 0),
]
"""Activations of one summed input, where their derivative jumps, and what it is there."""

NO_KINK = [(ELU(), 0, 1), (GELU(), 0, 0.5), (GELU("tanh"), 0, 0.5)]
"""What is special in the formula at 0, but not in the function."""


@every_dtype
@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(("activation", "kink", "slope"), [*KINKS, *NO_KINK], ids=repr)
def test_derivative_at_the_kink_is_the_documented_one(activation, kink, slope, zero, dtype):
    z = np.full((1, 2, 3), kink or zero, dtype)
    grad_z, _ = backward(activation, z, np.full((1, 2, activation.output_width(3)), 2, dtype))
    np.testing.assert_allclose(grad_z, np.full_like(z, 2 * slope), rtol=np.finfo(dtype).eps)


@pytest.mark.parametrize(
    "activation", [part for part in EVERY_ACTIVATION if part.input_width(1) == 1], ids=name_of
)
def test_every_kink_is_documented(activation):
    step = 1 / 1024
    z = np.arange(-25, 25, step)[None, :, None]
    at, left, right = (forward(activation, z + shift) for shift in (0, -step, step))
    # A second difference is about step where the slope jumps, but step**2 where it does not.
    jumps = (abs(left - 2 * at + right) > step / 100).any(axis=-1, keepdims=True)
    documented = [kink for part, kink, _ in KINKS if repr(part) == repr(activation)]
    assert jumps.any() == bool(documented)
    for place in z[jumps]:
        assert min(abs(place - np.array(documented))) <= step


@every_dtype
@pytest.mark.parametrize("n_pieces", [2, 3, 5])
def test_gradient_of_a_maxout_tie_goes_to_the_first_piece(n_pieces, dtype):
    z = np.full((2, 4, n_pieces * 3), 0.7, dtype)
    z[:, 0, :3] = -1  # in the first row the tie is among all pieces but the first
    grad_a = np.random.RandomState(0).normal(size=(2, 4, 3)).astype(dtype)
    grad_z, _ = backward(Maxout(n_pieces), z, grad_a)
    expected = np.zeros_like(z)
    expected[:, 1:, :3] = grad_a[:, 1:]
    expected[:, 0, 3:6] = grad_a[:, 0]
    assert np.array_equal(grad_z, expected)


@every_dtype
def test_the_first_of_the_units_that_tie_wins_and_gets_the_gradient(dtype):
    # The blocks are the units 0, 2, 4 and the units 1, 3, 5.
    z = np.array([[[2, 1, 2, 1, 0, 1], [-1, 0, -1, -2, -1, -2]]], dtype)
    grad_a = np.arange(1, 13).reshape(z.shape).astype(dtype)
    wins = np.array([[[1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]]])
    assert np.array_equal(forward(LWTA(3), z), z * wins)
    assert np.array_equal(backward(LWTA(3), z, grad_a)[0], grad_a * wins)


def test_the_activity_penalty_weighs_a_row_by_the_mean_of_its_targets_weights():
    one = GradientCheck([ReLU(), ReLU()], LOSSES["log_loss"](), None, ActivityL2(), weighted=True)
    each = GradientCheck([ReLU(), ReLU()], LOSSES["log_loss"](), None, ActivityL2(), weighted=True)
    weight = np.random.RandomState(0).uniform(0.1, 3, (2, 6, 3))
    run = each.run
    each.run = each.stack.run(run.networks, 6, each.noise, data=(run.x, run.y, weight))
    one.run.weight[...] = weight.mean(axis=2, keepdims=True)
    losses = []
    for check in (one, each):
        check.weight_sum = one.run.weight.sum(axis=(1, 2))
        check.activity_alpha = np.zeros(2)
        without = check.value()
        check.activity_alpha = np.array([0.9, 0.4])
        losses.append(check.value() - without)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-12)
    assert each.relative_error() < TOLERANCE
