"""What keeps the state of training outside of the process: the contract of such callbacks."""

from abc import ABC, abstractmethod

from sklearn_relu.estimators.identity import Identity
from sklearn_relu.optimizers import FullBatchOptimizer
from sklearn_relu.optimizers.base import Solver
from sklearn_relu.sklearn_private import callbacks_of
from sklearn_relu.training.jobs import Job, Snapshot


class Keeper(ABC):
    """Keeps the state of one fit."""

    @abstractmethod
    def find(self, identity: Identity) -> list[Snapshot] | None:
        """What was kept of this very fit, one for each network, or None.

        Raises
        ------
        ValueError
            If what was kept is of another fit, or cannot be read.
        """

    @abstractmethod
    def begin(self, jobs: list[Job]) -> None:
        """Training begins, with states that hold all that is needed to go on.

        Raises
        ------
        OSError
            If nothing can be kept.
        """

    @abstractmethod
    def end_epoch(self, jobs: list[Job]) -> None:
        """Training goes on after an epoch."""

    @abstractmethod
    def end(self, jobs: list[Job]) -> None:
        """Training has ended, or was interrupted."""


class StateCallback(ABC):
    """A callback that sees the whole state of training."""

    @abstractmethod
    def keeper(self) -> Keeper:
        """For a fit that begins."""


def keeper_of(estimator, solver: Solver) -> Keeper | None:
    """What keeps the state of a fit of the estimator, if something does.

    Raises
    ------
    ValueError
        If several callbacks would, or if the solver's state cannot be kept.
    """
    callbacks = [each for each in callbacks_of(estimator) if isinstance(each, StateCallback)]
    if len(callbacks) > 1:
        raise ValueError(
            f"One Checkpoint is enough for an estimator; got {len(callbacks)}: {callbacks}. Pass "
            "one of them to set_callbacks."
        )
    if callbacks and isinstance(solver, FullBatchOptimizer):
        raise ValueError(
            f"Checkpoint cannot go on exactly under solver={estimator.solver!r}, whose memory of "
            "past steps is out of reach. Use another solver; or fit with warm_start=True and a "
            "small max_iter, and call sklearn_relu.save after each fit: each starts from the "
            "weights of the last."
        )
    return callbacks[0].keeper() if callbacks else None
