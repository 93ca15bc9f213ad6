"""Losses against independent formulas, and where floats end."""

import numpy as np
import pytest
from helpers import EVERY_LOSS, name_of
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, huber, logit, softmax
from scipy.stats import norm
from sklearn.metrics import (
    hinge_loss,
    log_loss,
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    mean_tweedie_deviance,
)

from sklearn_relu import MLPClassifier, MLPRegressor, kernels
from sklearn_relu.losses import (
    LOSSES,
    AbsoluteError,
    FocalLoss,
    Gamma,
    GaussianNLL,
    Hinge,
    Huber,
    LogCosh,
    LogLoss,
    Loss,
    Poisson,
    Quantile,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
    SquaredError,
    SquaredHinge,
    Tweedie,
)
from sklearn_relu.testing import check_part

VARIANTS = [
    LogLoss(0.1),
    SoftmaxLogLoss(0.1),
    FocalLoss(0.0),
    FocalLoss(0.5),
    SoftmaxFocalLoss(0.0),
    SoftmaxFocalLoss(0.5),
    SquaredError("logistic"),
    Huber(0.3),
    Quantile(0.9),
    GaussianNLL(0.1),
    Tweedie(-1.0),
    Tweedie(0.0),
    Tweedie(1.0),
    Tweedie(1.001),
    Tweedie(2.0),
    Tweedie(3.0),
]
"""Losses with other hyper-parameters than the default ones."""

ALL = EVERY_LOSS + VARIANTS


def excludes_others(loss):
    """Whether it is a loss of one class of several, not a sum over targets."""
    return loss.out_activation == "softmax"


every_loss = pytest.mark.parametrize("loss", ALL, ids=name_of)
every_loss_by_target = pytest.mark.parametrize(
    "loss", [loss for loss in ALL if not excludes_others(loss)], ids=name_of
)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_kind_of_weight = pytest.mark.parametrize("weighted", ["no", "sample", "target"])


def evaluate(loss, y, raw, weight=None):
    """Value and gradient, from a buffer full of NaN."""
    grad = np.full_like(raw, np.nan)
    return loss.value_and_gradient(y, raw, weight, grad), grad


def plain_targets(loss, shape, seed=0):
    """Targets in the loss's domain, not yet encoded: classes, or fractions above 0."""
    rng = np.random.RandomState(seed)
    if excludes_others(loss):
        return np.eye(shape[-1])[rng.randint(shape[-1], size=shape[:-1])]
    if loss.for_classes:
        return rng.randint(0, 2, shape).astype(float)
    return rng.uniform(0.05, 0.95, shape)


def batch(loss, dtype=np.float64, shape=(2, 50, 3), weighted="no"):
    """Encoded targets of some networks, raw outputs, weights."""
    rng = np.random.RandomState(1)
    y = loss.encode(plain_targets(loss, shape).reshape(-1, shape[-1])).reshape(shape)
    raw = rng.normal(0, 3, (*shape[:-1], loss.n_raw(shape[-1])))
    weight = {
        "no": None,
        "sample": rng.uniform(0, 2, (*shape[:-1], 1)).astype(dtype),
        "target": rng.uniform(0, 2, shape).astype(dtype),
    }["sample" if weighted == "target" and excludes_others(loss) else weighted]
    return y.astype(dtype), raw.astype(dtype), weight


def a_metric(metric, factor=1.0, link=lambda raw: raw, **params):
    """A metric of scikit-learn's, of one target after the other, as a weighted sum."""

    def loss_of(y, raw, weight):
        return factor * sum(
            metric(y[:, k], link(raw[:, k]), sample_weight=weight, **params) * weight.sum()
            for k in range(y.shape[1])
        )

    return loss_of


def a_formula(formula):
    """A formula for single outputs as a weighted sum."""
    return lambda y, raw, weight: (formula(y, raw).sum(axis=1) * weight).sum()


def log_likelihood(y, raw):
    mean, rest = raw[:, : y.shape[1]], raw[:, y.shape[1] :]
    return norm.logpdf(y, mean, np.sqrt(np.log(1 + np.exp(rest)) + 0.1))


def focal(p, gamma):
    return -((1 - p) ** gamma) * np.log(p)


def softmax_log_loss(y, raw, weight):
    classes = range(y.shape[1])
    p = softmax(raw, axis=1)
    return log_loss(y.argmax(axis=1), p, sample_weight=weight, labels=classes) * weight.sum()


SAME_IN_OTHER_WORDS = [
    (LogLoss(), a_metric(log_loss, link=expit, labels=[0, 1])),
    (SoftmaxLogLoss(), softmax_log_loss),
    (FocalLoss(0.0), a_metric(log_loss, link=expit, labels=[0, 1])),
    (FocalLoss(), a_formula(lambda y, x: focal(np.where(y, expit(x), expit(-x)), 2.0))),
    (FocalLoss(0.5), a_formula(lambda y, x: focal(np.where(y, expit(x), expit(-x)), 0.5))),
    (SoftmaxFocalLoss(0.0), softmax_log_loss),
    (SoftmaxFocalLoss(), a_formula(lambda y, x: y * focal(softmax(x, axis=1), 2.0))),
    (SoftmaxFocalLoss(0.5), a_formula(lambda y, x: y * focal(softmax(x, axis=1), 0.5))),
    (Hinge(), a_metric(hinge_loss)),
    (SquaredHinge(), a_formula(lambda y, x: np.maximum(0, 1 - np.where(y, x, -x)) ** 2)),
    (SquaredError(), a_metric(mean_squared_error, 0.5)),
    (SquaredError("logistic"), a_metric(mean_squared_error, 0.5, expit)),
    (AbsoluteError(), a_metric(mean_absolute_error)),
    (Huber(), a_formula(lambda y, x: huber(1.0, x - y))),
    (Huber(0.3), a_formula(lambda y, x: huber(0.3, x - y))),
    (LogCosh(), a_formula(lambda y, x: np.log(np.cosh(x - y)))),
    (Quantile(), a_metric(mean_pinball_loss, alpha=0.5)),
    (Quantile(0.9), a_metric(mean_pinball_loss, alpha=0.9)),
    (GaussianNLL(0.1), a_formula(lambda y, x: -log_likelihood(y, x))),
    (Poisson(), a_metric(mean_poisson_deviance, 0.5, np.exp)),
    (Gamma(), a_metric(mean_gamma_deviance, 0.5, np.exp)),
    (Tweedie(), a_metric(mean_tweedie_deviance, 0.5, np.exp, power=1.5)),
    (Tweedie(-1.0), a_metric(mean_tweedie_deviance, 0.5, np.exp, power=-1.0)),
    (Tweedie(0.0), a_metric(mean_squared_error, 0.5, np.exp)),
    (Tweedie(1.0), a_metric(mean_poisson_deviance, 0.5, np.exp)),
    (Tweedie(2.0), a_metric(mean_gamma_deviance, 0.5, np.exp)),
    (Tweedie(3.0), a_metric(mean_tweedie_deviance, 0.5, np.exp, power=3.0)),
]


def test_every_loss_is_compared_with_another_formula():
    assert {type(loss) for loss in EVERY_LOSS} == {type(loss) for loss, _ in SAME_IN_OTHER_WORDS}


@pytest.mark.parametrize("weighted", ["no", "sample"])
@pytest.mark.parametrize("n_targets", [1, 3])
@pytest.mark.parametrize(("loss", "formula"), SAME_IN_OTHER_WORDS, ids=name_of)
def test_value_is_that_of_an_independent_formula(loss, formula, n_targets, weighted):
    if excludes_others(loss):
        n_targets += 1
    shape = (2, 40, n_targets)
    y, raw, weight = batch(loss, shape=shape, weighted=weighted)
    value, _ = evaluate(loss, y, raw, weight)
    weights = np.ones((2, 40)) if weight is None else weight[:, :, 0]
    plain = plain_targets(loss, shape)
    expected = [formula(plain[i], raw[i], weights[i]) for i in range(2)]
    np.testing.assert_allclose(value, expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("loss", "metric"),
    [
        (Poisson(), mean_poisson_deviance),
        (Tweedie(), lambda *a: mean_tweedie_deviance(*a, power=1.5)),
    ],
    ids=name_of,
)
def test_targets_may_be_zero_where_the_domain_says_so(loss, metric):
    y, raw = np.array([0.0, 0.0, 2.0]), np.array([-3.0, 2.0, 1.0])
    value, grad = evaluate(loss, y[None, :, None], raw[None, :, None])
    np.testing.assert_allclose(2 * value / 3, metric(y, np.exp(raw)), rtol=1e-13)
    assert (grad[0, :2] > 0).all()


def test_negative_targets_of_a_tweedie_loss_are_as_scikit_learn_has_them():
    y, raw = np.array([-1.0, 2.0]), np.array([0.5, -0.5])
    value, _ = evaluate(Tweedie(-1.0), y[None, :, None], raw[None, :, None])
    expected = mean_tweedie_deviance(y, np.exp(raw), power=-1.0)
    np.testing.assert_allclose(value, expected, rtol=1e-13)


@every_loss
def test_every_loss_keeps_the_contract_of_its_family(loss):
    check_part(loss)


@every_loss
@every_kind_of_weight
def test_gradient_is_that_of_the_value(loss, weighted):
    y, raw, weight = batch(loss, shape=(2, 10, 3), weighted=weighted)
    _, grad = evaluate(loss, y, raw, weight)
    step = 1e-4
    for seed in range(5):
        direction = np.random.RandomState(seed).normal(size=raw.shape)
        numeric = sum(
            factor * evaluate(loss, y, raw + steps * step * direction, weight)[0] / (12 * step)
            for steps, factor in ((1, 8), (-1, -8), (2, -1), (-2, 1))
        )
        analytic = (grad * direction).sum(axis=(1, 2))
        scale = np.linalg.norm(grad, axis=(1, 2))
        assert (abs(numeric - analytic) / scale).max() < 1e-9


@every_loss
@every_kind_of_weight
def test_a_batch_that_takes_several_pieces_is_the_sum_of_its_parts(loss, weighted):
    n_samples = kernels.PIECE + 1000
    y, raw, weight = batch(loss, shape=(1, n_samples, 2), weighted=weighted)
    value, grad = evaluate(loss, y, raw, weight)
    total = 0.0
    for part in (slice(0, 12345), slice(12345, 30000), slice(30000, n_samples)):
        part_weight = None if weight is None else weight[:, part]
        part_value, part_grad = evaluate(loss, y[:, part], raw[:, part], part_weight)
        total += part_value
        np.testing.assert_allclose(grad[:, part], part_grad, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(value, total, rtol=1e-11)


@every_loss
def test_weights_are_repetitions(loss):
    y, raw, _ = batch(loss, shape=(1, 9, 3))
    weight = np.array([0, 1, 2, 3, 1, 0, 2, 1, 1])
    value, grad = evaluate(loss, y, raw, weight[None, :, None].astype(float))
    repeated, each = evaluate(loss, np.repeat(y, weight, axis=1), np.repeat(raw, weight, axis=1))
    np.testing.assert_allclose(value, repeated, rtol=1e-13)
    where = np.repeat(np.arange(9), weight)
    np.testing.assert_allclose(
        grad[0], [each[0, where == i].sum(axis=0) for i in range(9)], rtol=1e-13
    )


@every_loss_by_target
@every_dtype
def test_a_weight_of_a_target_weighs_it_alone(loss, dtype):
    y, raw, weight = batch(loss, dtype, weighted="target")
    value, grad = evaluate(loss, y, raw, weight)
    alone = 0.0
    for k in range(3):
        own = slice(k, None, 3)
        value_k, grad_k = evaluate(
            loss,
            np.ascontiguousarray(y[..., k : k + 1]),
            np.ascontiguousarray(raw[..., own]),
            np.ascontiguousarray(weight[..., k : k + 1]),
        )
        alone = alone + value_k
        # Weights of each target go through NumPy's form, one weight through a compiled one; either
        # rounds a probability, from which the target is then taken.
        accuracy = 4 * np.finfo(dtype).eps
        np.testing.assert_allclose(grad[..., own], grad_k, rtol=1e-6, atol=accuracy)
    np.testing.assert_allclose(value, alone, rtol=1e-5 if dtype == np.float32 else 1e-12)


@every_loss_by_target
def test_equal_weights_of_all_targets_are_a_weight_of_the_sample(loss):
    y, raw, weight = batch(loss, weighted="sample")
    value, grad = evaluate(loss, y, raw, weight)
    by_target = evaluate(loss, y, raw, np.repeat(weight, 3, axis=2))
    np.testing.assert_allclose(by_target[0], value, rtol=1e-13)
    np.testing.assert_allclose(by_target[1], grad, rtol=1e-14)


@every_loss
@every_kind_of_weight
def test_float32_gives_the_float64_result_rounded(loss, weighted):
    y, raw, weight = batch(loss, np.float32, weighted=weighted)
    value, grad = evaluate(loss, y, raw, weight)
    exact = [None if array is None else array.astype(np.float64) for array in (y, raw, weight)]
    exact_value, exact_grad = evaluate(loss, *exact)
    np.testing.assert_allclose(value, exact_value, rtol=3e-6)
    np.testing.assert_allclose(grad, exact_grad, rtol=2e-5, atol=2e-6)


EXTREME = np.array([-1e4, -100, -1e-30, 0, 1e-30, 100, 1e4])


@every_dtype
@pytest.mark.parametrize(
    "loss", [loss for loss in ALL if loss.out_activation != "exp"], ids=name_of
)
def test_extreme_raw_outputs_give_finite_losses_without_a_warning(loss, dtype):
    pairs = np.stack(np.meshgrid(EXTREME, EXTREME), axis=-1).reshape(1, -1, 2).astype(dtype)
    n_raw = loss.n_raw(2)
    raw = np.concatenate([pairs, pairs[:, ::-1]], axis=2)[..., :n_raw].copy()
    for y in ([[1, 0]], [[0, 1]]):
        targets = np.broadcast_to(loss.encode(np.array(y, dtype)), pairs.shape).astype(dtype)
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            value, grad = evaluate(loss, targets, raw)
            predictions = loss.predict(raw)
            decision = loss.decision(raw)
        assert np.isfinite(value).all()
        assert np.isfinite(grad).all()
        assert np.isfinite(predictions).all()
        assert np.isfinite(decision).all()


@every_dtype
@pytest.mark.parametrize(
    ("loss", "y", "raw", "value", "slope"),
    [
        (Poisson(), 0, -1e4, 0, 0),
        (Poisson(), 3, -1e4, 3 * np.log(3) - 3 + 3e4, -3),
        (Gamma(), 3, 1e4, 1e4 - np.log(3) - 1, 1),
        (Tweedie(), 0, -1e4, 0, 0),
        (Tweedie(1.0), 3, -1e4, 3 * np.log(3) - 3 + 3e4, -3),
        (Tweedie(1.9), 0, -1e4, 0, 0),
        (Tweedie(2.0), 3, 1e4, 1e4 - np.log(3) - 1, 1),
        (Tweedie(3.0), 4, 1e4, 1 / 8, 0),
        (Tweedie(0.0), 3, -1e4, 4.5, 0),
    ],
    ids=name_of,
)
def test_means_near_zero_or_infinity_give_what_can_be_represented(
    loss, y, raw, value, slope, dtype
):
    y, raw = np.full((1, 1, 1), y, dtype), np.full((1, 1, 1), raw, dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        got, grad = evaluate(loss, y, raw)
    np.testing.assert_allclose(got, value, rtol=10 * np.finfo(dtype).eps, atol=1e-4 * (value == 0))
    np.testing.assert_allclose(grad, slope, rtol=10 * np.finfo(dtype).eps, atol=1e-3)


@pytest.mark.parametrize(
    ("loss", "raw"),
    [(Poisson(), 1e4), (Gamma(), -1e4), (Tweedie(), 1e4), (Tweedie(), -1e4), (Tweedie(2), -1e4)],
    ids=name_of,
)
def test_means_that_overflow_give_infinity_and_no_nan(loss, raw):
    with np.errstate(over="ignore"):
        value, grad = evaluate(loss, np.ones((1, 1, 1)), np.full((1, 1, 1), raw))
    assert value == np.inf
    assert abs(grad) == np.inf


@every_dtype
@pytest.mark.parametrize("loss", [LogLoss(), SoftmaxLogLoss()], ids=name_of)
def test_log_loss_grows_linearly_with_a_wrong_margin_and_vanishes_with_a_right_one(loss, dtype):
    right, wrong = np.array([[[1e4, -1e4]]], dtype), np.array([[[-1e4, 1e4]]], dtype)
    y = np.array([[[1, 0]]], dtype)
    assert evaluate(loss, y, right)[0] == 0
    assert evaluate(loss, y, wrong)[0] == 2e4


def test_log_loss_of_a_right_margin_keeps_all_digits():
    value, _ = evaluate(LogLoss(), np.array([[[1.0, 0.0]]]), np.array([[[30.0, -30.0]]]))
    np.testing.assert_allclose(value, 2 * np.exp(-30), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", [LogLoss(), SoftmaxLogLoss()], ids=name_of)
def test_gradients_of_log_losses_are_far_from_subnormal_numbers(loss, dtype):
    far = np.array([0, -50, -80, -87, -95, -102, -110, -700, -720, -740, -2000], dtype)
    raw = np.stack([np.zeros_like(far), far], axis=-1)[None]
    y, gradient = np.zeros_like(raw), np.empty_like(raw)
    y[..., 0] = 1
    loss.value_and_gradient(y, raw, None, gradient)
    sizes = abs(gradient[gradient != 0])
    assert sizes.min() > 1e10 * np.finfo(dtype).tiny
    np.testing.assert_allclose(gradient[0, 1:3, 1], np.exp(far[1:3]), rtol=1e-4, atol=1e-26)


def test_log_cosh_of_a_small_error_keeps_all_digits():
    value, grad = evaluate(LogCosh(), np.zeros((1, 1, 1)), np.full((1, 1, 1), 1e-9))
    np.testing.assert_allclose(value, 5e-19, rtol=1e-12)
    np.testing.assert_allclose(grad, 1e-9, rtol=1e-12)


SAMPLE = np.random.RandomState(4).gamma(2.0, 0.1, 201).clip(0.001, 0.999)
MEAN, MEDIAN = SAMPLE.mean(), np.median(SAMPLE)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (SquaredError(), MEAN),
        (SquaredError("logistic"), MEAN),
        (AbsoluteError(), MEDIAN),
        (Quantile(), MEDIAN),
        (Quantile(0.9), np.quantile(SAMPLE, 0.9)),
        (Quantile(0.05), np.quantile(SAMPLE, 0.05)),
        (Huber(1e-4), MEDIAN),
        (Huber(10.0), MEAN),
        (LogLoss(), MEAN),
        (Poisson(), MEAN),
        (Gamma(), MEAN),
        (Tweedie(), MEAN),
        (Tweedie(0.0), MEAN),
        (Tweedie(3.0), MEAN),
    ],
    ids=name_of,
)
def test_the_best_constant_prediction_is(loss, expected):
    y = loss.encode(SAMPLE[:, None])[None]
    best = minimize_scalar(
        lambda raw: evaluate(loss, y, np.full_like(y, raw))[0].item(),
        bounds=(-6, 3),
        method="bounded",
        options={"xatol": 1e-9},
    )
    # A median may be any number between two of the sample: the mean spacing is 1e-3.
    atol = 1e-3 if expected in (MEDIAN, np.quantile(SAMPLE, 0.9)) else 1e-6
    np.testing.assert_allclose(loss.predict(np.array(best.x)), expected, atol=atol)


@pytest.mark.parametrize(
    ("loss", "low", "high"), [(LogCosh(), MEDIAN, MEAN), (Huber(0.1), MEDIAN, MEAN)], ids=name_of
)
def test_the_best_constant_prediction_is_between_median_and_mean(loss, low, high):
    y = SAMPLE[None, :, None]
    best = minimize_scalar(lambda raw: evaluate(loss, y, np.full_like(y, raw))[0].item())
    assert low < best.x < high


def test_the_best_constant_normal_distribution_has_the_mean_and_the_variance():
    loss, y = GaussianNLL(), SAMPLE[None, :, None]

    def objective(outputs):
        value, grad = evaluate(loss, y, np.broadcast_to(outputs, (1, 201, 2)).copy())
        return value.item(), grad.sum(axis=(0, 1))

    best = minimize(objective, np.zeros(2), jac=True, options={"gtol": 1e-8}).x
    np.testing.assert_allclose(loss.predict(best), MEAN, rtol=1e-6)
    np.testing.assert_allclose(loss.variance(best), SAMPLE.var(), rtol=1e-6)


@pytest.mark.parametrize("loss", [FocalLoss(), Hinge(), SquaredHinge()], ids=name_of)
def test_the_best_constant_decision_is_for_the_more_frequent_class(loss):
    y = loss.encode(np.repeat([0, 1], [30, 70])[:, None])[None]
    best = minimize_scalar(lambda raw: evaluate(loss, y, np.full_like(y, raw))[0].item()).x
    expected = {
        "FocalLoss": (0.0, logit(0.7)),
        "Hinge": (1 - 1e-6, 1 + 1e-6),
        "SquaredHinge": (0.399, 0.401),
    }
    low, high = expected[type(loss).__name__]
    assert low < best < high
    assert loss.predict(best) > loss.threshold


@pytest.mark.parametrize(
    "loss", [each for each in ALL if not each.n_raw(1) > 1 and each.for_numbers], ids=name_of
)
def test_a_perfect_prediction_has_the_least_loss_and_no_gradient(loss):
    y = np.array([[[0.2, 0.5, 0.3]]])
    raw = {"identity": y, "exp": np.log(y), "logistic": logit(y)}[loss.out_activation]
    value, grad = evaluate(loss, y, raw)
    np.testing.assert_allclose(loss.predict(raw), y, rtol=1e-14)
    kinked = isinstance(loss, Quantile)
    np.testing.assert_allclose(grad, 0.5 - loss.level if kinked else 0, atol=1e-15)
    for shift in (0.1, -0.1):
        worse, _ = evaluate(loss, y, raw + np.array([shift, 0, 0]))
        assert worse > value


KINKS = [
    (AbsoluteError(), 0.5, 0.5, 0.0),
    (Quantile(), 0.5, 0.5, 0.0),
    (Quantile(0.9), 0.5, 0.5, -0.4),
    (Hinge(), 1, 1.0, 0.0),
    (Hinge(), 0, -1.0, 0.0),
]


@every_dtype
@pytest.mark.parametrize(("loss", "y", "raw", "slope"), KINKS, ids=name_of)
def test_derivative_at_the_kink_is_the_documented_one(loss, y, raw, slope, dtype):
    y = loss.encode(np.array([[y]], dtype)).astype(dtype)[None]
    _, grad = evaluate(loss, y, np.full((1, 1, 1), raw, dtype))
    np.testing.assert_allclose(grad, slope, atol=1e-7)


@pytest.mark.parametrize("n_targets", [1, 3])
def test_links_are_the_named_ones(n_targets):
    raw = np.random.RandomState(0).normal(size=(2, 5, 6))
    links = {"identity": lambda x: x, "exp": np.exp, "logistic": expit}
    links["softmax"] = lambda x: softmax(x, axis=-1)
    for loss in ALL:
        outputs = raw[..., : loss.n_raw(n_targets)]
        expected = links[loss.out_activation](outputs)[..., :n_targets]
        np.testing.assert_allclose(loss.predict(outputs), expected, rtol=1e-15)


def test_only_the_squared_error_is_reported_as_a_mean_over_the_targets():
    value = np.array([6.0, 9.0])
    for loss in ALL:
        expected = value / 3 if isinstance(loss, SquaredError) else value
        assert np.array_equal(loss.reported(value, 3), expected)


@every_loss
def test_decision_of_one_network_tells_the_classes_apart_as_predictions_do(loss):
    raw = np.random.RandomState(0).normal(size=(1, 20, 3))
    if not loss.for_classes:
        return
    decision = loss.decision(raw)
    if excludes_others(loss):
        np.testing.assert_allclose(softmax(raw[0], axis=-1), expit(decision), rtol=1e-12)
    else:
        np.testing.assert_allclose(decision, raw[0], rtol=1e-12, atol=1e-15)
        assert np.array_equal(decision > 0, loss.predict(raw[0]) > loss.threshold)


@every_loss
def test_decision_of_several_networks(loss):
    raw = np.random.RandomState(0).normal(size=(4, 20, 3))
    decision = loss.decision(raw)
    if loss.gives_probabilities:
        np.testing.assert_allclose(expit(decision), loss.predict(raw).mean(axis=0), rtol=1e-12)
    else:
        np.testing.assert_allclose(decision, raw.mean(axis=0), rtol=1e-12)


def test_losses_of_classes_give_probabilities_or_margins():
    for loss in ALL:
        assert loss.for_classes or loss.for_numbers
        margins = isinstance(loss, Hinge)
        assert loss.gives_probabilities == (loss.for_classes and not margins)
        assert loss.threshold == (0.0 if margins else 0.5)


@every_loss
def test_only_losses_for_any_real_target_do_not_mind_a_shift(loss):
    y, raw, _ = batch(loss)
    shift = np.zeros(raw.shape[-1])
    shift[:3] = 5
    value, grad = evaluate(loss, y, raw)
    shifted, shifted_grad = evaluate(loss, y + 5, raw + shift)
    assert np.allclose(shifted, value, rtol=1e-9) == loss.any_real_target
    if loss.any_real_target:
        np.testing.assert_allclose(shifted_grad, grad, rtol=1e-9, atol=1e-12)
        assert np.isneginf(loss.domain.left or -np.inf)


@every_loss
def test_only_a_loss_that_gives_a_variance_has_one(loss):
    raw = np.array([[0.5, -1.0, -2.0, 3.0]])
    if loss.gives_variance:
        variance = loss.variance(raw)
        np.testing.assert_allclose(variance, np.log(1 + np.exp(raw[:, 2:])) + loss.min_variance)
        assert loss.predict(raw).shape == variance.shape == (1, 2)
        assert loss.variance(np.array([0.0, -1e4])) == loss.min_variance
    else:
        with pytest.raises(
            ValueError, match=r"gives no standard deviation; use loss='gaussian_nll'"
        ):
            loss.variance(raw)


def test_gaussian_nll_finds_where_the_noise_is():
    rng = np.random.RandomState(0)
    group = rng.randint(0, 2, 2000)
    y = 3.0 * group + rng.normal(size=2000) * np.where(group, 0.2, 1.0)
    model = MLPRegressor("gaussian_nll", hidden_layer_sizes=(), solver="lbfgs", alpha=0)
    raw = model.fit(group[:, None], y)._raw(np.array([[0.0], [1.0]]))
    expected = [[y[group == k].mean(), y[group == k].var()] for k in (0, 1)]
    loss = GaussianNLL()
    got = np.concatenate([loss.predict(raw)[0], loss.variance(raw)[0]], axis=1)
    np.testing.assert_allclose(got, expected, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_label_smoothing_spreads_a_share_evenly(n_classes):
    if n_classes == 2:
        smoothed = LogLoss(0.2).encode(np.array([[0], [1]]))
        np.testing.assert_allclose(smoothed, [[0.1], [0.9]], rtol=1e-15)
        # As with a softmax over two outputs, one of which stays at 0.
        x = np.array([[[0.7], [-1.3]]])
        two = SoftmaxLogLoss(0.2).encode(np.eye(2))[None]
        both = np.concatenate([np.zeros_like(x), x], axis=2)
        one_output, two_outputs = (
            evaluate(LogLoss(), smoothed[None], x),
            evaluate(SoftmaxLogLoss(), two, both),
        )
        np.testing.assert_allclose(one_output[0], two_outputs[0], rtol=1e-14)
    else:
        smoothed = SoftmaxLogLoss(0.2).encode(np.eye(5))
        np.testing.assert_allclose(smoothed, 0.8 * np.eye(5) + 0.04, rtol=1e-15)


@pytest.mark.parametrize("loss", [LogLoss(0.3), SoftmaxLogLoss(0.3)], ids=name_of)
def test_encoding_leaves_the_given_targets_alone(loss):
    y = np.eye(3)
    loss.encode(y)
    assert np.array_equal(y, np.eye(3))


@pytest.mark.parametrize(
    ("loss", "softmax_loss"),
    [(LogLoss(0.2), SoftmaxLogLoss(0.2)), (FocalLoss(3.0), SoftmaxFocalLoss(3.0))],
)
def test_several_classes_turn_a_loss_into_a_softmax_with_the_same_parameters(loss, softmax_loss):
    for target_type in ("binary", "multilabel-indicator", "continuous"):
        assert loss.for_target(target_type) is loss
    turned = loss.for_target("multiclass")
    assert type(turned) is type(softmax_loss)
    assert turned.get_params() == softmax_loss.get_params()
    turned.check()


@every_loss
def test_a_loss_for_several_classes_stays_as_it_is(loss):
    turned = loss.for_target("multiclass")
    assert turned.for_target("multiclass") is turned
    assert turned.get_params() == loss.get_params()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_of_two_classes_is_that_of_a_softmax_over_two_outputs(gamma):
    x = np.random.RandomState(0).normal(0, 3, (1, 30, 1))
    classes = np.random.RandomState(1).randint(0, 2, 30)
    y = FocalLoss().encode(classes[:, None])[None]
    value, grad = evaluate(FocalLoss(gamma), y, x)
    both = np.concatenate([np.zeros_like(x), x], axis=2)
    two_value, two_grad = evaluate(SoftmaxFocalLoss(gamma), np.eye(2)[classes][None], both)
    np.testing.assert_allclose(value, two_value, rtol=1e-12)
    np.testing.assert_allclose(grad[..., 0], two_grad[..., 1], rtol=1e-10)


def test_focal_loss_takes_weight_from_easy_samples():
    y, raw = np.array([[[1.0], [1.0]]]), np.array([[[-1.0], [4.0]]])
    shares = [
        (lambda g: g[0, 0] / g[0, 1])(evaluate(FocalLoss(gamma), y, raw)[1]) for gamma in (0, 1, 2)
    ]
    assert shares[0] < shares[1] < shares[2]


def test_huber_tends_to_the_squared_and_to_the_absolute_error():
    y, raw, _ = batch(Huber())
    squared, absolute = evaluate(SquaredError(), y, raw), evaluate(AbsoluteError(), y, raw)
    for got, expected in zip(evaluate(Huber(1e3), y, raw), squared, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12)
    value, grad = evaluate(Huber(1e-9), y, raw)
    np.testing.assert_allclose(value / 1e-9, absolute[0], rtol=1e-7)
    np.testing.assert_allclose(grad / 1e-9, absolute[1], rtol=1e-7)


def test_the_median_is_half_the_absolute_error():
    y, raw, _ = batch(Quantile())
    for half, whole in zip(
        evaluate(Quantile(), y, raw), evaluate(AbsoluteError(), y, raw), strict=True
    ):
        np.testing.assert_allclose(2 * half, whole, rtol=1e-14)


@pytest.mark.parametrize(("power", "same"), [(1, Poisson()), (2, Gamma())])
@pytest.mark.parametrize("off", [0, 1e-9, -1e-9])
def test_tweedie_tends_to_poisson_and_gamma(power, same, off):
    y, raw, _ = batch(same)
    for got, expected in zip(
        evaluate(Tweedie(power + off), y, raw), evaluate(same, y, raw), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-7 if off else 1e-11)


LOWER_BOUNDS = [
    (Poisson(), ">= 0"),
    (Gamma(), "> 0"),
    (Tweedie(), ">= 0"),
    (Tweedie(0.5), ">= 0"),
    (Tweedie(2), "> 0"),
]
FRACTIONS = [
    LogLoss(),
    SoftmaxLogLoss(),
    FocalLoss(),
    SoftmaxFocalLoss(),
    Hinge(),
    SquaredHinge(),
    SquaredError("logistic"),
]


@pytest.mark.parametrize(("loss", "condition"), LOWER_BOUNDS, ids=name_of)
def test_targets_below_the_domain_are_refused_with_what_to_do(loss, condition):
    y = np.array([[1.0], [2.0], [-0.5]])
    name = type(loss).__name__
    message = rf"loss={name}.*needs targets {condition}; the smallest in y is -0\.5.*squared_error"
    with pytest.raises(ValueError, match=message):
        loss.encode(y)
    y[2] = 0
    if condition == ">= 0":
        assert np.array_equal(loss.encode(y), y)
    else:
        with pytest.raises(ValueError, match=r"needs targets > 0; the smallest in y is 0\.0"):
            loss.encode(y)


@pytest.mark.parametrize("loss", FRACTIONS, ids=name_of)
@pytest.mark.parametrize(("outside", "which"), [(-0.25, "smallest"), (7, "largest")])
def test_targets_that_are_no_fractions_are_refused_with_what_to_do(loss, outside, which):
    y = np.array([[0.0, 1.0], [outside, 1.0]])
    message = rf"needs targets in \[0, 1\]; the {which} in y is {float(outside)}\..*squared_error"
    with pytest.raises(ValueError, match=message):
        loss.encode(y)


def test_every_domain_has_its_error():
    checked = {type(loss) for loss, _ in LOWER_BOUNDS} | {type(loss) for loss in FRACTIONS}
    for loss in ALL:
        try:
            loss.encode(np.array([[-1e9], [1e9]]))
        except ValueError:
            assert type(loss) in checked
        else:
            assert loss.domain is Loss.domain


def test_a_fit_refuses_targets_outside_the_domain_and_the_estimator_stays_unfitted():
    network = MLPRegressor("log_loss")
    with pytest.raises(ValueError, match=r"loss=LogLoss\(\) needs targets in \[0, 1\]"):
        network.fit(np.ones((3, 1)), [0.2, 0.5, 1.5])
    assert not hasattr(network, "coefs_")


@every_loss
@pytest.mark.parametrize("dtype", [np.int64, bool, np.float32, np.float64])
def test_targets_become_floats(loss, dtype):
    if isinstance(loss, Gamma) or getattr(loss, "power", 0) >= 2:
        return
    encoded = loss.encode(np.array([[0], [1]], dtype))
    expected = {-1: [[-1.0], [1.0]], 0: [[0.0], [1.0]]}
    if getattr(loss, "label_smoothing", 0):
        expected[0] = [[0.05], [0.95]] if type(loss) is LogLoss else [[0.1], [1.0]]
    signs = isinstance(loss, FocalLoss | Hinge)
    assert encoded.dtype.kind == "f"
    np.testing.assert_allclose(encoded, expected[-1 if signs else 0], rtol=1e-6)


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
@every_loss
def test_an_estimator_refuses_a_loss_that_is_for_other_targets(estimator, loss):
    takes = loss.for_classes if estimator is MLPClassifier else loss.for_numbers
    if takes:
        return
    with pytest.raises(ValueError, match=f"is not for {estimator.__name__}; use one of"):
        estimator(loss=loss).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", [name for name, cls in LOSSES.items() if cls.for_classes])
def test_a_classifier_learns_with_every_loss(name, n_classes):
    rng = np.random.RandomState(0)
    classes = rng.randint(n_classes, size=200)
    X = 3 * np.eye(n_classes)[classes] + rng.normal(size=(200, n_classes))
    model = MLPClassifier((8,), solver="lbfgs", loss=name, random_state=0).fit(X, classes)
    assert model.score(X, classes) > 0.9


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("name", [name for name, cls in LOSSES.items() if cls.for_numbers])
def test_a_regressor_learns_with_every_loss(name, n_targets):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 2))
    y = expit(X @ [[1.0, -1.0], [0.5, 1.0]] + 0.1 * rng.normal(size=(300, 2)))[:, :n_targets]
    params = {"hidden_layer_sizes": (8,), "solver": "lbfgs", "random_state": 0}
    model = MLPRegressor(name, **params).fit(X, y.squeeze())
    assert model.predict(X).shape == y.squeeze().shape
    assert model.score(X, y.squeeze()) > 0.9
