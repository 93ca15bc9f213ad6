"""Losses on classes."""

from numbers import Real

import numpy as np
from scipy.special import (
    expit,
    exprel,
    log_expit,
    log_softmax,
    logsumexp,
)

from sklearn_relu import kernels
from sklearn_relu.kernels import fused
from sklearn_relu.losses.base import (
    ElementwiseLoss,
    Loss,
    log_odds,
    weighted_by_sample,
    weighted_mean,
)
from sklearn_relu.sklearn_private import Interval

FRACTIONS = Interval(Real, 0, 1, closed="both")


def _signs(y):
    """Targets 0 and 1 as -1 and +1."""
    return 2 * y - 1


def _smooth(y, label_smoothing, n_classes):
    """A share of each class's probability, spread evenly over all of them."""
    return y * (1 - label_smoothing) + label_smoothing / n_classes if label_smoothing else y


class _Logistic(ElementwiseLoss):
    """A loss of logistic outputs, one for each target."""

    out_activation = "logistic"
    for_classes = True
    gives_probabilities = True
    domain = FRACTIONS

    def predict(self, raw):
        """``1 / (1 + exp(-raw))``."""
        return expit(raw)

    def decision(self, raw):
        """Log-odds of the mean probabilities, finite also where those round to 0 or 1."""
        return logsumexp(log_expit(raw), axis=0) - logsumexp(log_expit(-raw), axis=0)


class _Softmax(Loss):
    """A loss of a softmax over as many outputs as there are classes."""

    out_activation = "softmax"
    for_classes = True
    gives_probabilities = True
    domain = FRACTIONS

    def predict(self, raw):
        """``softmax(raw)``."""
        powers = np.exp(raw - np.max(raw, axis=-1, keepdims=True))
        return powers / np.sum(powers, axis=-1, keepdims=True)

    def decision(self, raw):
        """Log-odds of the mean probabilities, finite also where those round to 0 or 1."""
        log_sums = logsumexp(log_softmax(raw, axis=-1), axis=0)
        top = log_sums.argmax(axis=-1, keepdims=True)
        highest = np.take_along_axis(log_sums, top, axis=-1)
        rest = log_sums.copy()
        np.put_along_axis(rest, top, -np.inf, axis=-1)
        powers = np.exp(rest - highest)
        # What all classes but one have: nothing cancels, as the highest one counts 1 among them.
        others = highest + np.log1p(powers.sum(axis=-1, keepdims=True) - powers)
        np.put_along_axis(others, top, logsumexp(rest, axis=-1, keepdims=True), axis=-1)
        return log_sums - others


class LogLoss(_Logistic):
    """Logistic loss: minus the log-likelihood of the classes.

    Two classes and multilabel targets have one logistic output per target; three classes or more
    have a softmax over as many outputs (:class:`SoftmaxLogLoss`). A regressor minimizes it for
    targets that are fractions, each its own logistic output.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of a target that is spread evenly over the classes: with K of them `y` becomes
        ``y * (1 - label_smoothing) + label_smoothing / K``; K is 2 for a logistic output. In
        [0, 1).

    References
    ----------
    Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the Inception architecture for
    computer vision, section 7.
    """

    for_numbers = True

    _parameter_constraints = {"label_smoothing": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, label_smoothing=0.0):
        self.label_smoothing = label_smoothing

    def for_target(self, target_type):
        """A softmax for several classes that exclude each other."""
        return SoftmaxLogLoss(self.label_smoothing) if target_type == "multiclass" else self

    def encode(self, y):
        """Smoothed targets; raises ValueError outside [0, 1]."""
        return _smooth(super().encode(y), self.label_smoothing, 2)

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """The sum of :meth:`elements`, in one pass where loops are compiled."""
        if weight is not None and weight.shape[2] > 1:
            return super().value_and_gradient(y, raw, weight, grad_raw)
        per_sample = np.empty(raw.shape[:2], raw.dtype)
        if not fused.run("logistic_loss", y, raw, grad_raw, per_sample):
            return super().value_and_gradient(y, raw, weight, grad_raw)
        return weighted_by_sample(per_sample, weight, grad_raw)

    def constant(self, y, weight):
        """The log-odds of each target's mean."""
        return log_odds(weighted_mean(y, weight))

    def elements(self, y, raw, value, grad):
        """``log(1 + exp(raw)) - y * raw``, whose derivative is ``expit(raw) - y``."""
        # As log1p(exp(-|raw|)) + (max(raw, 0) - y * raw): no overflow, and no cancellation when a
        # sample is classified correctly with a large margin.
        np.maximum(raw, 0, out=value)
        np.multiply(y, raw, out=grad)
        value -= grad
        np.abs(raw, out=grad)
        np.negative(grad, out=grad)
        np.exp(grad, out=grad)
        np.log1p(grad, out=grad)
        value += grad
        expit(raw, out=grad)
        np.maximum(grad, np.exp(fused.least_exponent(raw.dtype)), out=grad)
        grad -= y


class SoftmaxLogLoss(_Softmax):
    """Multinomial logistic loss: ``logsumexp(raw) - raw[class]``; what ``log_loss`` means for
    three classes or more.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        As for :class:`LogLoss`.
    """

    _parameter_constraints = LogLoss._parameter_constraints

    def __init__(self, label_smoothing=0.0):
        self.label_smoothing = label_smoothing

    def encode(self, y):
        """Smoothed targets; raises ValueError outside [0, 1]."""
        return _smooth(super().encode(y), self.label_smoothing, y.shape[1])

    def constant(self, y, weight):
        """The logarithms of the classes' shares."""
        return np.log(np.maximum(weighted_mean(y, weight), np.finfo(y.dtype).eps))

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """The gradient is ``softmax(raw) - y``."""
        per_sample = np.empty(raw.shape[:2], raw.dtype)
        if fused.run("below_largest", y, raw, grad_raw, per_sample):
            np.exp(grad_raw, out=grad_raw)  # numpy's is vectorized
            if fused.run("normalize", y, grad_raw, per_sample):
                return weighted_by_sample(per_sample, weight, grad_raw)
        # The largest output of each row; over the first axis, numpy's maximum is vectorized.
        outputs_first = grad_raw.reshape(len(raw), raw.shape[2], raw.shape[1])
        np.copyto(outputs_first, raw.swapaxes(1, 2))
        largest = np.maximum.reduce(outputs_first, axis=1)
        np.subtract(raw, largest[:, :, None], out=grad_raw)
        per_sample = -np.vecdot(y, grad_raw)
        np.maximum(grad_raw, fused.least_exponent(raw.dtype), out=grad_raw)
        np.exp(grad_raw, out=grad_raw)
        total = kernels.sum_columns(grad_raw)
        per_sample += np.log(total[:, :, 0])
        grad_raw /= total
        grad_raw -= y
        return weighted_by_sample(per_sample, weight, grad_raw)


class FocalLoss(_Logistic):
    """Focal loss: ``-(1 - p)**gamma * log(p)``, p being the probability of the true class.

    It takes weight from samples that are classified well already, for classes of very different
    frequencies. Its probabilities are drawn towards 1/2: good for ranking, not calibrated. Outputs
    are logistic, or a softmax (:class:`SoftmaxFocalLoss`), as for :class:`LogLoss`.

    Parameters
    ----------
    gamma : float, default=2.0
        0 is the log loss; the larger, the less an easy sample counts. Not negative.

    References
    ----------
    Lin, Goyal, Girshick, He & Dollár (2017), Focal loss for dense object detection, equation 4.
    """

    _parameter_constraints = {"gamma": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, gamma=2.0):
        self.gamma = gamma

    def for_target(self, target_type):
        """A softmax for several classes that exclude each other."""
        return SoftmaxFocalLoss(self.gamma) if target_type == "multiclass" else self

    def encode(self, y):
        """Targets 0 and 1 as -1 and +1."""
        return _signs(super().encode(y))

    def constant(self, y, weight):
        """Searched for, on a sample of each class with the class's share as weight."""
        share = (1 + weighted_mean(y, weight)) / 2
        signs = np.stack([np.ones_like(share), -np.ones_like(share)])
        return super().constant(signs, np.stack([share, 1 - share]))

    def elements(self, y, raw, value, grad):
        """The derivative is ``y (1 - p)**gamma (gamma p log(p) - (1 - p))``, p being expit(y raw):
        the paper's appendix B."""
        np.multiply(y, raw, out=grad)
        log_expit(grad, out=value)
        np.negative(grad, out=grad)
        expit(grad, out=grad)  # 1 - p
        factor = kernels.scratch(raw.shape, raw.dtype, slot=1)
        np.power(grad, self.gamma, out=factor)
        slope = kernels.scratch(raw.shape, raw.dtype, slot=2)
        np.subtract(1, grad, out=slope)
        slope *= self.gamma
        slope *= value
        np.subtract(slope, grad, out=grad)
        grad *= factor
        grad *= y
        value *= factor
        np.negative(value, out=value)


class SoftmaxFocalLoss(_Softmax, ElementwiseLoss):
    """Focal loss of a softmax; what ``focal`` means for three classes or more.

    Parameters
    ----------
    gamma : float, default=2.0
        As for :class:`FocalLoss`.
    """

    _parameter_constraints = FocalLoss._parameter_constraints

    def __init__(self, gamma=2.0):
        self.gamma = gamma

    def constant(self, y, weight):
        """Searched for, on a sample of each class with the class's share as weight."""
        shares = weighted_mean(y, weight)
        present = np.flatnonzero(shares)
        samples = np.zeros((len(present), len(shares)))
        samples[np.arange(len(present)), present] = 1
        return super().constant(samples, shares[present, None])

    def elements(self, y, raw, value, grad):
        """``-y (1 - p)**gamma log(p)`` of each class, p being its probability.

        With ``g = p * d value / d p = -y (1 - p)**gamma (1 - gamma p log(p) / (1 - p))``, the
        gradient is ``g - p * sum(g)``.
        """
        np.subtract(raw, raw.max(axis=-1, keepdims=True), out=value)
        np.exp(value, out=grad)
        total = kernels.sum_columns(grad)
        grad /= total  # p
        value -= np.log(total)  # log(p)
        # -(1 - p) / log(p), which tends to 1 as p does.
        ratio = kernels.scratch(raw.shape, raw.dtype, slot=1)
        exprel(value, out=ratio)
        factor = kernels.scratch(raw.shape, raw.dtype, slot=2)
        np.multiply(value, ratio, out=factor)
        np.negative(factor, out=factor)  # 1 - p
        np.power(factor, self.gamma, out=factor)
        factor *= y
        value *= factor
        np.negative(value, out=value)
        np.divide(grad, ratio, out=ratio)
        ratio *= self.gamma
        ratio += 1
        ratio *= factor  # -g
        grad *= kernels.sum_columns(ratio)
        grad -= ratio


class Hinge(ElementwiseLoss):
    """Hinge loss: ``max(0, 1 - y * raw)``, y being -1 or +1.

    Several classes are told apart one versus rest, each with an output of its own. The derivative
    is 0 where the margin ``y * raw`` is 1. Raw outputs are decisions, not probabilities.

    References
    ----------
    Cortes & Vapnik (1995), Support-vector networks.
    """

    for_classes = True
    threshold = 0.0
    domain = FRACTIONS

    def encode(self, y):
        """Targets 0 and 1 as -1 and +1."""
        return _signs(super().encode(y))

    def elements(self, y, raw, value, grad):
        """The derivative is ``-y`` where the margin is below 1."""
        _shortfall(y, raw, value)
        np.sign(value, out=grad)
        grad *= y
        np.negative(grad, out=grad)

    def constant(self, y, weight):
        """The more frequent side, with a margin of 1."""
        return np.where(weighted_mean(y, weight) > 0, 1.0, -1.0).astype(y.dtype)

    def predict(self, raw):
        """Raw outputs are decisions."""
        return raw


class SquaredHinge(Hinge):
    """Squared hinge loss: ``max(0, 1 - y * raw)**2``, y being -1 or +1; like :class:`Hinge`, but
    with no kink.

    References
    ----------
    Tang (2013), Deep learning using linear support vector machines.
    """

    def elements(self, y, raw, value, grad):
        """The derivative is ``-2 * y * max(0, 1 - y * raw)``."""
        _shortfall(y, raw, value)
        np.multiply(value, y, out=grad)
        grad *= -2
        value *= value

    def constant(self, y, weight):
        """The mean of the signs."""
        return weighted_mean(y, weight)


def _shortfall(y, raw, out):
    """``out = max(0, 1 - y * raw)``."""
    np.multiply(y, raw, out=out)
    np.subtract(1, out, out=out)
    np.maximum(out, 0, out=out)
