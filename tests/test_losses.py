"""Losses against scikit-learn's metrics, and where floats end."""

import numpy as np
import pytest
from helpers import EVERY_LOSS, name_of
from scipy.special import expit, softmax
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.losses import LogLoss, Poisson, SoftmaxLogLoss, SquaredError

every_loss = pytest.mark.parametrize("loss", EVERY_LOSS, ids=name_of)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
weighted_or_not = pytest.mark.parametrize("weighted", [False, True])


def evaluate(loss, y, raw, weight=None):
    """Value and gradient, from a buffer full of NaN."""
    grad = np.full_like(raw, np.nan)
    return loss.value_and_gradient(y, raw, weight, grad), grad


def batch(loss, dtype=np.float64, n_samples=50, n_targets=3):
    """Targets of 2 networks in every loss's domain, raw outputs, sample weights."""
    rng = np.random.RandomState(0)
    y = rng.dirichlet(np.ones(n_targets), (2, n_samples)).astype(dtype)
    raw = rng.normal(0, 3, (2, n_samples, loss.n_raw(n_targets))).astype(dtype)
    return y, raw, rng.uniform(0, 2, (2, n_samples, 1)).astype(dtype)


def check_against_metric(loss, y, raw, weighted, metric):
    """The value is the metric's mean, times the sum of the weights, for each network."""
    weight = batch(loss, n_samples=y.shape[1])[2] if weighted else None
    value, _ = evaluate(loss, y, raw, weight)
    for i in range(2):
        weights = weight[i, :, 0] if weighted else np.ones(y.shape[1])
        expected = metric(y[i], loss.predict(raw[i]), weights) * weights.sum()
        np.testing.assert_allclose(value[i], expected, rtol=1e-12)


@weighted_or_not
@pytest.mark.parametrize("n_targets", [1, 3])
def test_squared_error_is_half_of_scikit_learns_summed_over_the_targets(weighted, n_targets):
    rng = np.random.RandomState(0)
    y, raw = rng.normal(size=(2, 2, 40, n_targets))
    check_against_metric(
        SquaredError(),
        y,
        raw,
        weighted,
        lambda y, mu, w: n_targets * mean_squared_error(y, mu, sample_weight=w) / 2,
    )


@weighted_or_not
def test_poisson_is_half_of_scikit_learns_deviance(weighted):
    rng = np.random.RandomState(0)
    y, raw = rng.poisson(2.0, (2, 40, 1)).astype(float), rng.normal(size=(2, 40, 1))
    assert (y == 0).any()
    check_against_metric(
        Poisson(),
        y,
        raw,
        weighted,
        lambda y, mu, w: mean_poisson_deviance(y[:, 0], mu[:, 0], sample_weight=w) / 2,
    )


@weighted_or_not
def test_log_loss_of_two_classes_is_scikit_learns(weighted):
    rng = np.random.RandomState(0)
    y, raw = rng.randint(0, 2, (2, 40, 1)).astype(float), rng.normal(size=(2, 40, 1))
    check_against_metric(
        LogLoss(),
        y,
        raw,
        weighted,
        lambda y, p, w: log_loss(y[:, 0], np.hstack([1 - p, p]), sample_weight=w),
    )


@weighted_or_not
def test_log_loss_of_several_labels_is_the_sum_over_them(weighted):
    rng = np.random.RandomState(0)
    y, raw = rng.randint(0, 2, (2, 40, 3)).astype(float), rng.normal(size=(2, 40, 3))
    check_against_metric(
        LogLoss(),
        y,
        raw,
        weighted,
        lambda y, p, w: sum(
            log_loss(y[:, k], np.stack([1 - p[:, k], p[:, k]], 1), sample_weight=w)
            for k in range(3)
        ),
    )


@weighted_or_not
def test_log_loss_of_several_classes_is_scikit_learns(weighted):
    rng = np.random.RandomState(0)
    classes = rng.randint(0, 4, (2, 40))
    check_against_metric(
        SoftmaxLogLoss(),
        np.eye(4)[classes],
        rng.normal(size=(2, 40, 4)),
        weighted,
        lambda y, p, w: log_loss(y.argmax(axis=1), p, sample_weight=w),
    )


@every_loss
@every_dtype
@weighted_or_not
def test_gradient_is_overwritten_and_inputs_are_not_written(loss, dtype, weighted):
    y, raw, weight = batch(loss, dtype)
    inputs = y.copy(), raw.copy(), weight.copy()
    value, grad = evaluate(loss, y, raw, weight if weighted else None)
    assert value.shape == (2,)
    assert grad.dtype == dtype
    assert not np.isnan(grad).any()
    for array, before in zip((y, raw, weight), inputs, strict=True):
        assert np.array_equal(array, before)


@every_loss
@every_dtype
@weighted_or_not
def test_a_network_of_a_stack_gives_the_bits_that_it_gives_alone(loss, dtype, weighted):
    y, raw, weight = batch(loss, dtype)
    values, grads = evaluate(loss, y, raw, weight if weighted else None)
    for i in range(2):
        one = slice(i, i + 1)
        value, grad = evaluate(loss, y[one], raw[one], weight[one] if weighted else None)
        assert np.array_equal(value, values[one])
        assert np.array_equal(grad, grads[one])


@every_loss
def test_float32_gives_the_float64_result_rounded(loss):
    y, raw, weight = batch(loss, np.float32)
    value, grad = evaluate(loss, y, raw, weight)
    exact = [array.astype(np.float64) for array in (y, raw, weight)]
    exact_value, exact_grad = evaluate(loss, *exact)
    np.testing.assert_allclose(value, exact_value, rtol=2e-6)
    np.testing.assert_allclose(grad, exact_grad, rtol=1e-5, atol=1e-6)


@every_dtype
@pytest.mark.parametrize("loss", [LogLoss(), SoftmaxLogLoss(), SquaredError()], ids=name_of)
def test_extreme_raw_outputs_give_finite_losses_without_a_warning(loss, dtype):
    raw = np.array([[[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4], [-1e4, -1e4], [0, 1e4]]], dtype)
    for y in (np.array([1, 0], dtype), np.array([0, 1], dtype)):
        targets = np.broadcast_to(y, raw.shape)
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            value, grad = evaluate(loss, targets, raw)
            predictions = loss.predict(raw)
        assert np.isfinite(value).all()
        assert np.isfinite(grad).all()
        assert np.isfinite(predictions).all()


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


def test_poisson_of_a_rate_near_zero_is_finite():
    y, raw = np.array([[[0.0], [3.0]]]), np.array([[[-1e4], [-1e4]]])
    value, grad = evaluate(Poisson(), y, raw)
    np.testing.assert_allclose(value, 3 * np.log(3) - 3 + 3e4)
    assert np.array_equal(grad, -y)


@every_loss
def test_a_perfect_prediction_has_no_loss_and_no_gradient(loss):
    y = np.array([[[0.2, 0.5, 0.3]]])
    inverse = {
        "identity": y,
        "exp": np.log(y),
        "softmax": np.log(y),
        "logistic": np.log(y / (1 - y)),
    }
    raw = inverse[loss.out_activation]
    value, grad = evaluate(loss, y, raw)
    np.testing.assert_allclose(loss.predict(raw), y, rtol=1e-14)
    np.testing.assert_allclose(grad, 0, atol=1e-15)
    worse, _ = evaluate(loss, y, raw + np.array([0.1, 0, 0]))
    assert worse > value


def test_links_are_the_named_ones():
    raw = np.random.RandomState(0).normal(size=(2, 5, 3))
    links = {"identity": raw, "exp": np.exp(raw), "logistic": expit(raw)}
    links["softmax"] = softmax(raw, axis=-1)
    for loss in EVERY_LOSS:
        np.testing.assert_allclose(loss.predict(raw), links[loss.out_activation], rtol=1e-15)


def test_only_the_squared_error_is_reported_as_a_mean_over_the_targets():
    value = np.array([6.0, 9.0])
    for loss in EVERY_LOSS:
        expected = value / 3 if isinstance(loss, SquaredError) else value
        assert np.array_equal(loss.reported(value, 3), expected)


def test_poisson_refuses_negative_targets_and_says_what_to_do():
    y = np.array([1.0, 2.0, -0.5])
    with pytest.raises(
        ValueError, match=r"targets >= 0; the smallest in y is -0\.5.*squared_error"
    ):
        Poisson().encode(y[:, None])
    network = MLPRegressor("poisson")
    with pytest.raises(ValueError, match="targets >= 0"):
        network.fit(np.ones((3, 1)), y)
    assert not hasattr(network, "coefs_")


@every_loss
@pytest.mark.parametrize("dtype", [np.int64, bool, np.float32, np.float64])
def test_targets_become_floats(loss, dtype):
    encoded = loss.encode(np.array([[0], [1]], dtype))
    assert encoded.dtype.kind == "f"
    assert np.array_equal(encoded, [[0.0], [1.0]])


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
@every_loss
def test_an_estimator_refuses_a_loss_that_is_for_other_targets(estimator, loss):
    takes = loss.for_classes if estimator is MLPClassifier else loss.for_numbers
    if takes:
        return
    with pytest.raises(ValueError, match=f"is not for {estimator.__name__}; use one of"):
        estimator(loss=loss).fit([[0.0], [1.0]], [0, 1])
