"""Losses on numbers of either sign."""

import math
from numbers import Real

import numpy as np
from scipy.special import expit

from sklearn_relu import kernels
from sklearn_relu.losses.base import (
    ElementwiseLoss,
    Loss,
    log_odds,
    weighted_by_sample,
    weighted_mean,
    weighted_quantile,
)
from sklearn_relu.sklearn_private import Interval, StrOptions

ROBUST_STEPS = 10
"""Steps from the median towards the constant that is best for a robust loss."""


class _Identity(ElementwiseLoss):
    """A loss for targets of any sign and size, whose predictions are raw outputs."""

    for_numbers = True
    any_real_target = True

    def predict(self, raw):
        """Raw outputs are predictions."""
        return raw


class SquaredError(ElementwiseLoss):
    """Half the squared error, summed over the targets. It is least for the mean.

    `reported` divides by the number of targets, as scikit-learn does, which shows the mean over
    the targets but minimizes the sum.

    Parameters
    ----------
    link : {"identity", "logistic"}, default="identity"
        With "logistic" predictions are ``1 / (1 + exp(-raw))``, and targets must be fractions.
    """

    for_numbers = True

    _parameter_constraints = {"link": [StrOptions({"identity", "logistic"})]}

    def __init__(self, link="identity"):
        self.link = link

    def for_target(self, target_type):
        """The sum as it is, where targets are the inputs."""
        if target_type != "inputs":
            return self
        return SummedSquaredError(self.link)

    @property
    def out_activation(self):  # type: ignore[override]
        """The link's name, which is also its inverse's."""
        return self.link

    @property
    def any_real_target(self):  # type: ignore[override]
        """Only with the identity as link."""
        return self.link == "identity"

    @property
    def domain(self):
        """Fractions with the logistic link, which gives no other predictions."""
        return Interval(Real, 0, 1, closed="both") if self.link == "logistic" else Loss.domain

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """As of any sum over targets; but many outputs (an autoencoder's) are squared and summed in
        one pass."""
        by_target = weight is not None and weight.shape[2] > 1
        if self.link == "logistic" or by_target:
            return super().value_and_gradient(y, raw, weight, grad_raw)
        np.subtract(raw, y, out=grad_raw)
        per_sample = 0.5 * np.vecdot(grad_raw, grad_raw)
        return weighted_by_sample(per_sample, weight, grad_raw)

    def elements(self, y, raw, value, grad):
        """The derivative is ``raw - y``; with the logistic link ``(p - y) * p * (1 - p)``, p being
        ``expit(raw)``."""
        if self.link == "identity":
            np.subtract(raw, y, out=grad)
            np.multiply(grad, grad, out=value)
        else:
            expit(raw, out=grad)
            np.subtract(grad, y, out=value)
            rest = kernels.scratch(raw.shape, raw.dtype, slot=1)
            np.subtract(1, grad, out=rest)
            grad *= rest
            grad *= value
            value *= value
        value *= 0.5

    def constant(self, y, weight):
        """The mean."""
        mean = weighted_mean(y, weight)
        return log_odds(mean) if self.link == "logistic" else mean

    def reported(self, value, n_targets):
        """The mean over the targets."""
        return value / n_targets

    def predict(self, raw):
        """Raw outputs, or with the logistic link ``1 / (1 + exp(-raw))``."""
        return expit(raw) if self.link == "logistic" else raw


class SummedSquaredError(SquaredError):
    """The squared error that shows the sum which it minimizes; what ``squared_error`` means for an
    autoencoder.

    There penalties on the code compare with it: training that looked at the mean over the features
    would stop while the code still grows.

    Parameters
    ----------
    link : {"identity", "logistic"}, default="identity"
        As for :class:`SquaredError`.
    """

    def reported(self, value, n_targets):
        """The sum over the targets."""
        return value


class AbsoluteError(_Identity):
    """Absolute error: ``|raw - y|``. It is least for the median.

    The derivative is 0 where the error is.
    """

    def elements(self, y, raw, value, grad):
        """The derivative is ``sign(raw - y)``."""
        np.subtract(raw, y, out=value)
        np.sign(value, out=grad)
        np.abs(value, out=value)

    def constant(self, y, weight):
        """The median."""
        return weighted_quantile(y, weight, 0.5)


class _Robust(_Identity):
    """A loss between the squared and the absolute error, whose curvature is at most 1."""

    def constant(self, y, weight):
        """Between the mean and the median.

        As the curvature is at most 1, a step of the mean gradient never leads too far.
        """
        constant = weighted_quantile(y, weight, 0.5)
        value, grad = np.empty_like(y)[None], np.empty_like(y)[None]
        for _ in range(ROBUST_STEPS):
            self.elements(y[None], np.broadcast_to(constant, y.shape)[None], value, grad)
            constant = constant - weighted_mean(grad[0], weight)
        return constant


class Huber(_Robust):
    """Huber's loss: half the squared error up to `delta`, then linear, so that outliers count less.

    ``d**2 / 2`` for ``|d| <= delta``, ``delta * (|d| - delta / 2)`` elsewhere, d being
    ``raw - y``.

    Parameters
    ----------
    delta : float, default=1.0
        The error from which on the loss is linear, in the units of y (as standardized, if it is).
        Positive.

    References
    ----------
    Huber (1964), Robust estimation of a location parameter.
    """

    _parameter_constraints = {"delta": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, delta=1.0):
        self.delta = delta

    def elements(self, y, raw, value, grad):
        """The derivative is d, at most `delta` and at least -`delta`."""
        # With g the derivative, both pieces are g * (d - g / 2).
        np.subtract(raw, y, out=value)
        np.minimum(value, self.delta, out=grad)
        np.maximum(grad, -self.delta, out=grad)
        half = kernels.scratch(raw.shape, raw.dtype, slot=1)
        np.multiply(grad, 0.5, out=half)
        value -= half
        value *= grad


class LogCosh(_Robust):
    """Logarithm of the hyperbolic cosine: ``log(cosh(raw - y))``, a :class:`Huber` without a seam.

    It is half the squared error near 0, and ``|raw - y| - log(2)`` far from it.

    References
    ----------
    Green (1990), Bayesian reconstructions from emission tomography data using a modified EM
    algorithm.
    """

    def elements(self, y, raw, value, grad):
        """The derivative is ``tanh(raw - y)``."""
        np.subtract(raw, y, out=grad)
        np.abs(grad, out=value)
        # log(cosh(d)) is log1p(sinh(d)**2) / 2, all digits for a small d; beyond 20 it is linear
        # to the last digit.
        near = kernels.scratch(raw.shape, raw.dtype, slot=1)
        np.minimum(value, 20, out=near)
        value -= near
        np.sinh(near, out=near)
        near *= near
        np.log1p(near, out=near)
        near *= 0.5
        value += near
        np.tanh(grad, out=grad)


class Quantile(_Identity):
    """Quantile (pinball) loss: ``level * (y - raw)`` where y is larger, else
    ``(1 - level) * (raw - y)``. It is least for that quantile.

    The derivative is ``1/2 - level`` where ``raw = y``, half way between those of both sides.

    Parameters
    ----------
    level : float, default=0.5
        The quantile to predict, in (0, 1); 0.5 is the median, and half the absolute error.

    References
    ----------
    Koenker & Bassett (1978), Regression quantiles.
    """

    _parameter_constraints = {"level": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, level=0.5):
        self.level = level

    def elements(self, y, raw, value, grad):
        """The derivative is ``-level`` where y is larger, else ``1 - level``."""
        np.subtract(raw, y, out=value)
        np.sign(value, out=grad)
        grad *= 0.5
        grad += 0.5 - self.level
        value *= grad

    def constant(self, y, weight):
        """The quantile."""
        return weighted_quantile(y, weight, self.level)


class GaussianNLL(_Identity):
    """Minus the log-likelihood of a normal distribution, of which the network predicts the mean
    and the variance.

    There are two raw outputs for each target, all means first. The variance is
    ``log(1 + exp(raw)) + min_variance``. Predictions are the means.

    Parameters
    ----------
    min_variance : float, default=1e-6
        The smallest variance that can be predicted, in squared units of y (as standardized, if it
        is). Positive.

    References
    ----------
    Nix & Weigend (1994), Estimating the mean and variance of the target probability distribution.
    """

    gives_variance = True

    _parameter_constraints = {"min_variance": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, min_variance=1e-6):
        self.min_variance = min_variance

    def n_raw(self, n_targets):
        """A mean and a variance for each target."""
        return 2 * n_targets

    def elements(self, y, raw, value, grad):
        """``(log(2 pi v) + (mean - y)**2 / v) / 2``, v being the variance."""
        means, rest = _halves(raw)
        grad_means, grad_rest = _halves(grad)
        variance = kernels.scratch(y.shape, y.dtype, slot=1)
        self._variance(rest, out=variance)
        np.subtract(means, y, out=grad_means)
        np.multiply(grad_means, grad_means, out=value)
        value /= variance
        grad_means /= variance
        value -= 1
        expit(rest, out=grad_rest)
        grad_rest /= variance  # before the squares: it is at most 1
        grad_rest *= value
        grad_rest *= -0.5
        np.log(variance, out=variance)
        value += variance
        value += 1 + math.log(2 * math.pi)
        value *= 0.5

    def constant(self, y, weight):
        """The mean, and the output whose variance is that of the targets."""
        mean = weighted_mean(y, weight)
        least = np.finfo(y.dtype).eps
        beyond = np.maximum(weighted_mean((y - mean) ** 2, weight) - self.min_variance, least)
        return np.concatenate([mean, beyond + np.log(-np.expm1(-beyond))])

    def _variance(self, rest, out=None):
        variance = np.logaddexp(rest, 0, out=out)
        variance += self.min_variance
        return variance

    def predict(self, raw):
        """The means."""
        return _halves(raw)[0]

    def variance(self, raw):
        """``log(1 + exp(raw)) + min_variance`` of the second half of the outputs."""
        return self._variance(_halves(raw)[1])


def _halves(raw):
    half = raw.shape[-1] // 2
    return raw[..., :half], raw[..., half:]
