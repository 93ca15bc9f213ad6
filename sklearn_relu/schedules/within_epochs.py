"""Schedules that change the rate at every step."""

import math
from numbers import Integral, Real

from sklearn_relu.schedules.base import Schedule
from sklearn_relu.sklearn_private import Interval


class Cosine(Schedule):
    """From the initial rate down half a cosine, step by step; with restarts if it has a period.

    ``initial * (min_fraction + (1 - min_fraction) * (1 + cos(pi * done)) / 2)`` with the share of
    the period that is done. Beyond its horizon a cosine without a period stays at its end.

    Parameters
    ----------
    period : int or None, default=None
        Epochs until the first restart; None is one descent over ``max_iter`` epochs.
    multiplier : float, default=1.0
        Each period is as many times as long as the one before, at least 1.
    min_fraction : float, default=0.0
        The lowest rate, as a fraction of the initial one.

    References
    ----------
    Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, equation 5.
    """

    changes_within_epoch = True

    _parameter_constraints = {
        "period": [Interval(Integral, 1, None, closed="left"), None],
        "multiplier": [Interval(Real, 1, None, closed="left")],
        "min_fraction": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, period=None, multiplier=1.0, min_fraction=0.0):
        self.period = period
        self.multiplier = multiplier
        self.min_fraction = min_fraction

    @property
    def has_horizon(self):  # type: ignore[override]
        """True without a period."""
        return self.period is None

    def rate(self, initial, progress):
        """Equation 5 of the paper."""
        done = progress.of_horizon if self.period is None else self._of_period(progress.epochs)
        share = (1 + math.cos(math.pi * done)) / 2
        return initial * (self.min_fraction + (1 - self.min_fraction) * share)

    def _of_period(self, epochs):
        length = self.period
        if self.multiplier == 1:
            epochs %= length
        while epochs >= length:
            epochs -= length
            length *= self.multiplier
        return epochs / length


class OneCycle(Schedule):
    """Up to the initial rate and down again, once over ``max_iter`` epochs, in straight lines.

    From ``start_fraction * initial`` it rises for a share `up` of all steps to the initial rate,
    which may be larger than a constant one could be, and then falls to
    ``final_fraction * initial``, where it stays beyond its horizon.

    Parameters
    ----------
    up : float, default=0.3
        Share of the steps in which the rate rises, in (0, 1). The defaults are PyTorch's.
    start_fraction : float, default=0.04
    final_fraction : float, default=4e-6

    References
    ----------
    Smith (2018), A disciplined approach to neural network hyper-parameters: part 1; in two phases,
    as fastai and PyTorch have it.
    """

    changes_within_epoch = True
    has_horizon = True

    _parameter_constraints = {
        "up": [Interval(Real, 0, 1, closed="neither")],
        "start_fraction": [Interval(Real, 0, 1, closed="both")],
        "final_fraction": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, up=0.3, start_fraction=0.04, final_fraction=4e-6):
        self.up = up
        self.start_fraction = start_fraction
        self.final_fraction = final_fraction

    def rate(self, initial, progress):
        """Between its end's and the initial rate, on a straight line."""
        done = progress.of_horizon
        if done < self.up:
            end, share = self.start_fraction, done / self.up
        else:
            end, share = self.final_fraction, (1 - done) / (1 - self.up)
        return initial * (end + (1 - end) * share)


class FunctionRate(Schedule):
    """``initial * function(progress)``; what a function given as `learning_rate` becomes.

    It has no name, as there is no function that a name could stand for.

    Parameters
    ----------
    function : callable
        Takes the :class:`Progress` before each step and returns a finite number above 0.
    """

    changes_within_epoch = True

    _parameter_constraints = {"function": [callable]}

    def __init__(self, function):
        self.function = function

    def rate(self, initial, progress):
        """``initial * function(progress)``.

        Raises
        ------
        ValueError
            If the function returns anything but a finite number above 0.
        """
        factor = self.function(progress)
        number = float(factor) if isinstance(factor, Real) else math.nan
        if 0 < number < math.inf:
            return initial * number
        raise ValueError(
            "A function given as learning_rate must return a finite number above 0, by which "
            f"learning_rate_init is multiplied; {self.function!r} returned {factor!r} for "
            f"{progress}."
        )
