"""A rise in front of any schedule; and all schedules by name, which it needs."""

from numbers import Real

from sklearn_relu.part import Wrapper, resolve_part
from sklearn_relu.schedules.base import Schedule
from sklearn_relu.schedules.decays import (
    Adaptive,
    ConstantRate,
    ExponentialDecay,
    InverseScaling,
    StepDecay,
)
from sklearn_relu.schedules.within_epochs import (
    Cosine,
    CosineLog,
    FlatCosine,
    FunctionRate,
    OneCycle,
)
from sklearn_relu.sklearn_private import Interval


class WarmUp(Wrapper, Schedule):
    """A linear rise in front of any schedule, whose rate it multiplies.

    The factor rises from `start_fraction` to 1 within `n_epochs`, step by step; the schedule is as
    far as it would be without it.

    Parameters
    ----------
    n_epochs : float, default=5
        Epochs, or a share of one, above 0.
    schedule : str, Schedule or callable, default="constant"
        The schedule to warm up. A name has its default parameters.
    start_fraction : float, default=0.1

    References
    ----------
    Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour, section 2.2.
    """

    inner = "schedule"
    changes_within_epoch = True

    _parameter_constraints = {
        "n_epochs": [Interval(Real, 0, None, closed="neither")],
        "schedule": [str, Schedule, callable],
        "start_fraction": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, n_epochs=5, schedule="constant", start_fraction=0.1):
        self.n_epochs = n_epochs
        self.schedule = schedule
        self.start_fraction = start_fraction

    def resolve(self):
        """Return the schedule to warm up, checked."""
        if callable(self.schedule) and not isinstance(self.schedule, type):
            return FunctionRate(self.schedule)
        return resolve_part(self.schedule, SCHEDULES, Schedule, "schedule")

    @property
    def _warmed(self) -> Schedule:
        """The schedule; not checked, as this is asked before every step."""
        if callable(self.schedule):
            return FunctionRate(self.schedule)
        return SCHEDULES[self.schedule]() if isinstance(self.schedule, str) else self.schedule

    @property
    def has_horizon(self):  # type: ignore[override]
        """The schedule's."""
        return self._warmed.has_horizon

    @property
    def patience(self):  # type: ignore[override]
        """The schedule's."""
        return self._warmed.patience

    @property
    def stop_reason(self):  # type: ignore[override]
        """The schedule's."""
        return self._warmed.stop_reason

    def rate(self, initial, progress):
        """The schedule's rate times the factor."""
        done = min(progress.epochs / self.n_epochs, 1.0)
        factor = self.start_fraction + (1 - self.start_fraction) * done
        return factor * self._warmed.rate(initial, progress)

    def stops(self, progress):
        """As the schedule does."""
        return self._warmed.stops(progress)


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": ConstantRate,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
    "step": StepDecay,
    "exponential": ExponentialDecay,
    "cosine": Cosine,
    "cosine_log": CosineLog,
    "flat_cosine": FlatCosine,
    "one_cycle": OneCycle,
    "warm_up": WarmUp,
}
"""The schedules by name."""
