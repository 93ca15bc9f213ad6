"""The contract of the learning rate's schedules, and what they look at."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from sklearn_relu.part import Part


@dataclass(frozen=True)
class Progress:
    """How far the training of one network is.

    Attributes
    ----------
    epoch : int
        Complete epochs.
    step : int
        Steps of the optimizer so far, below `n_steps`; equal to it where :meth:`Schedule.stops` is
        asked after the last epoch. A batch whose weights are all 0 counts, though it is skipped.
    n_steps : int
        The horizon: steps until ``max_iter`` epochs are done.
    samples_seen : int
        Samples in all complete epochs.
    n_plateaus : int
        How often training went on after a plateau.
    learning_rate : float
        The rate of the last step of this epoch; NaN before the first one. Where
        :meth:`Schedule.stops` is asked, that of the last step of the epoch that has ended.
    epoch_fraction : float, default=0.0
        Share of the present epoch's steps that are done, in [0, 1).
    """

    epoch: int
    step: int
    n_steps: int
    samples_seen: int
    n_plateaus: int
    learning_rate: float
    epoch_fraction: float = 0.0

    @property
    def epochs(self) -> float:
        """Epochs done, the present one by its share."""
        return self.epoch + self.epoch_fraction

    @property
    def of_horizon(self) -> float:
        """Share of the horizon that is done; 1 beyond it too."""
        return min(self.step / self.n_steps, 1.0)


class Schedule(Part, ABC):
    """The learning rate as a function of progress; or, as `regularization_schedule`, a factor of
    dropout and weight decay, whose initial value is 1."""

    elsewhere = {
        "plateau": "adaptive",
        "reduceonplateau": "adaptive",
        "reducelronplateau": "adaptive",
        "steplr": "step",
        "multistep": "step",
        "exp": "exponential",
        "exponentiallr": "exponential",
        "cosineannealing": "cosine",
        "cosineannealinglr": "cosine",
        "cosinedecay": "cosine",
        "coslog": "cosine_log",
        "coslog4": "cosine_log",
        "flatcos": "flat_cosine",
        "1cycle": "one_cycle",
        "onecyclelr": "one_cycle",
        "fixed": "constant",
        "linearwarmup": "warm_up",
        "inversescaling": "invscaling",
        "inversetimedecay": "invscaling",
    }

    changes_within_epoch: bool = False
    """True: :meth:`rate` is asked before every step that is made, not once an epoch."""

    has_horizon: bool = False
    """True: depends on ``max_iter``, so that 5 epochs and 5 more differ from 10. Each call of
    ``partial_fit`` has a horizon of one epoch."""

    patience: int | None = None
    """Epochs without improvement that make a plateau; None: the estimator's `n_iter_no_change`."""

    stop_reason: str = ""
    """The log's words beside the plateau at which :meth:`stops` ends training."""

    @abstractmethod
    def rate(self, initial: float, progress: Progress) -> float:
        """The learning rate, given the initial one."""

    def cycle_ends(self, n_epochs: int) -> tuple[int, ...] | None:
        """Of a horizon of so many epochs those after which a cycle ends, the rate being at its
        lowest; None for a schedule without cycles."""
        return None

    def stops(self, progress: Progress) -> bool:
        """Whether training ends at a plateau; if not, ``n_plateaus`` is counted up."""
        return True
