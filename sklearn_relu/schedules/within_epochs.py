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


class CosineLog(Schedule):
    """Cycles from 0 up to the initial rate and down again, each twice as long as the one before.

    ``initial * (1 - cos(2 * pi * log2(1 + (2**n_cycles - 1) * done))) / 2`` with the share of
    ``max_iter`` epochs that is done. The first step and the end have the rate 0, where the rate
    stays beyond its horizon. Short cycles try large rates early, the last cycle fills half of the
    training.

    Parameters
    ----------
    n_cycles : int, default=4
        Number of cycles, from 1 to 50.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data: the schedule of RealMLP.

    Examples
    --------
    >>> from sklearn_relu.schedules import CosineLog, Progress
    >>> steps = [Progress(0, step, 15, 0, 0, 0.1) for step in (0, 1, 3, 5, 7, 15)]
    >>> [round(CosineLog().rate(0.1, step), 3) for step in steps]
    [0.0, 0.0, 0.0, 0.093, 0.0, 0.0]
    """

    changes_within_epoch = True
    has_horizon = True

    _parameter_constraints = {"n_cycles": [Interval(Integral, 1, 50, closed="both")]}

    def __init__(self, n_cycles=4):
        self.n_cycles = n_cycles

    def rate(self, initial, progress):
        """``initial * (1 - cos(2 * pi * cycles)) / 2`` with the cycles that are done."""
        cycles = math.log2(1 + (2**self.n_cycles - 1) * progress.of_horizon)
        return initial * (1 - math.cos(2 * math.pi * cycles)) / 2

    def cycle_ends(self, n_epochs):
        """The epochs next to the ends; each has one, the horizon the last one."""
        shares = [(2**cycle - 1) / (2**self.n_cycles - 1) for cycle in range(1, self.n_cycles + 1)]
        return tuple(sorted({max(1, round(share * n_epochs)) for share in shares}))


class FlatCosine(Schedule):
    """The initial rate for a share of ``max_iter`` epochs, then down half a cosine to 0.

    Beyond its horizon it stays at 0.

    Parameters
    ----------
    flat : float, default=0.5
        Share of all steps before the rate falls, in [0, 1). With 0 it is :class:`Cosine`.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data: the schedule of RealMLP's dropout and weight decay.

    Examples
    --------
    >>> from sklearn_relu.schedules import FlatCosine, Progress
    >>> steps = [Progress(0, step, 100, 0, 0, 0.1) for step in (0, 50, 75, 100)]
    >>> [round(FlatCosine().rate(0.1, step), 3) for step in steps]
    [0.1, 0.1, 0.05, 0.0]
    """

    changes_within_epoch = True
    has_horizon = True

    _parameter_constraints = {"flat": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, flat=0.5):
        self.flat = flat

    def rate(self, initial, progress):
        """``initial`` at first, then ``initial * (1 + cos(pi * fallen)) / 2``."""
        fallen = max(progress.of_horizon - self.flat, 0.0) / (1 - self.flat)
        return initial * (1 + math.cos(math.pi * fallen)) / 2


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
