"""Schedules: the learning rate as a function of progress."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

from sklearn.utils._param_validation import Interval

from sklearn_relu.part import Part


@dataclass(frozen=True)
class Progress:
    """How far the training of one network is.

    Attributes
    ----------
    epoch : int
        Complete epochs.
    step : int
        Steps of the optimizer.
    n_steps : int
        Steps until ``max_iter`` epochs are done.
    samples_seen : int
        Samples in all complete epochs.
    n_plateaus : int
        How often training went on after a plateau.
    learning_rate : float
        The rate of the last step.
    """

    epoch: int
    step: int
    n_steps: int
    samples_seen: int
    n_plateaus: int
    learning_rate: float


class Schedule(Part, ABC):
    """The learning rate as a function of progress."""

    changes_within_epoch: ClassVar[bool] = False
    """True: :meth:`rate` is asked before every step, not once an epoch."""

    stop_reason: ClassVar[str] = ""
    """What the log says beside the plateau when :meth:`stops` ends training."""

    @abstractmethod
    def rate(self, initial: float, progress: Progress) -> float:
        """The learning rate, given the initial one."""

    def stops(self, progress: Progress) -> bool:
        """Whether training ends at a plateau; if not, ``n_plateaus`` is counted up."""
        return True


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
    """``initial / 5 ** n_plateaus``, until the rate is 1e-6 or less, as in scikit-learn."""

    stop_reason = " Learning rate too small."
    _smallest: ClassVar[float] = 1e-6

    def rate(self, initial, progress):
        """``initial / 5 ** n_plateaus``."""
        return initial / 5.0**progress.n_plateaus

    def stops(self, progress):
        """Only when the rate has become as small as 1e-6."""
        return progress.learning_rate <= self._smallest


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": ConstantRate,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
}
"""The schedules by name."""
