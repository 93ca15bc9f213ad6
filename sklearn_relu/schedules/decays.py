"""Schedules that change the rate between epochs, and the constant one."""

from numbers import Integral, Real

from sklearn_relu.schedules.base import Schedule
from sklearn_relu.sklearn_private import Interval


class ConstantRate(Schedule):
    """The initial learning rate, always."""

    def rate(self, initial, progress):
        """``initial``."""
        return initial


class InverseScaling(Schedule):
    """``initial / (samples_seen + 1) ** power_t``, as in scikit-learn.

    Parameters
    ----------
    power_t : float, default=0.5
    """

    _parameter_constraints = {"power_t": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, power_t=0.5):
        self.power_t = power_t

    def rate(self, initial, progress):
        """``initial / (samples_seen + 1) ** power_t``."""
        return initial / (progress.samples_seen + 1) ** self.power_t


class Adaptive(Schedule):
    """``initial / factor ** n_plateaus``, until the rate is `min_rate` or less.

    The defaults are scikit-learn's.

    Parameters
    ----------
    patience : int or None, default=None
        Epochs without improvement that make a plateau; None is the estimator's
        `n_iter_no_change`.
    factor : float, default=5.0
        The divisor of the rate at a plateau, above 1.
    min_rate : float, default=1e-6
        Training stops at a plateau if the rate is not above it.
    """

    _parameter_constraints = {
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "factor": [Interval(Real, 1, None, closed="neither")],
        "min_rate": [Interval(Real, 0, None, closed="left")],
    }

    stop_reason = " Learning rate too small."

    def __init__(self, patience=None, factor=5.0, min_rate=1e-6):
        self.patience = patience
        self.factor = factor
        self.min_rate = min_rate

    def rate(self, initial, progress):
        """``initial / factor ** n_plateaus``."""
        return initial * float(self.factor) ** -progress.n_plateaus

    def stops(self, progress):
        """Only when the rate has become as small as `min_rate`."""
        return progress.learning_rate <= self.min_rate


class StepDecay(Schedule):
    """``initial / factor ** (epoch // n_epochs)``: lower by a factor every few epochs.

    Parameters
    ----------
    n_epochs : int, default=30
        Epochs with the same rate.
    factor : float, default=10.0
        The divisor of the rate after them, at least 1.

    References
    ----------
    Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour, section 5.1:
    divided by 10 after 30 and 60 epochs.
    """

    _parameter_constraints = {
        "n_epochs": [Interval(Integral, 1, None, closed="left")],
        "factor": [Interval(Real, 1, None, closed="left")],
    }

    def __init__(self, n_epochs=30, factor=10.0):
        self.n_epochs = n_epochs
        self.factor = factor

    def rate(self, initial, progress):
        """``initial / factor ** (epoch // n_epochs)``."""
        return initial * float(self.factor) ** -(progress.epoch // self.n_epochs)


class ExponentialDecay(Schedule):
    """``initial * decay ** epoch``.

    Parameters
    ----------
    decay : float, default=0.97
        The factor of the rate after each epoch, in (0, 1].
    """

    _parameter_constraints = {"decay": [Interval(Real, 0, 1, closed="right")]}

    def __init__(self, decay=0.97):
        self.decay = decay

    def rate(self, initial, progress):
        """``initial * decay ** epoch``."""
        return initial * self.decay**progress.epoch
