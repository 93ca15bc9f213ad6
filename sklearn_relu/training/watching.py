"""The stacks of a context: those that were trained, and how far the others are."""

import threading

from sklearn_relu.training.stacks import Fit


class StoppedError(RuntimeError):
    """Raised by a fit that was not trained to its end, because its context was stopped."""

    def __init__(self) -> None:
        super().__init__("The fit was stopped before its training had ended.")


class Stacks:
    """The stacks that are trained in a context.

    Attributes
    ----------
    sizes : list of int
        The number of fits in each stack that has ended.
    is_stopped : bool
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.is_stopped = False
        self._stops: list[threading.Event] = []
        self._under_way: list[list[Fit]] = []
        self._n_trained = 0.0

    def stop(self) -> None:
        """Have the fits fail that are in training or come later, with a :class:`StoppedError`.

        Those that have ended keep their results, and so does a search. May be called in a signal's
        handler, or in another thread.
        """
        self.is_stopped = True
        for each in self._stops:
            each.set()

    def stops_by(self, event: threading.Event) -> None:
        """Have an event set once the context is stopped."""
        self._stops.append(event)

    def begin(self, stack: list[Fit]) -> None:
        """A stack is trained from now on."""
        self._under_way.append(stack)

    def end(self, stack: list[Fit]) -> None:
        """Its training has ended."""
        self.sizes.append(len(stack))
        self._n_trained += sum(fit.share for fit in stack)
        self._under_way.remove(stack)

    def n_trained(self) -> float:
        """How many fits were trained, and of those in training the share of their epochs.

        May be called in another thread, meanwhile.

        Returns
        -------
        n_trained : float
            A fit that ends before its last epoch counts as one then. One within another one's, a
            layer's pre-training, counts as its share of that.
        """
        return self._n_trained + sum(
            fit.share * _share_of_epochs(fit) for stack in list(self._under_way) for fit in stack
        )


def _share_of_epochs(fit: Fit) -> float:
    """The share of its epochs that a fit has had."""
    shares = [
        job.n_epochs / job.max_epochs if job.outcome == "running" else 1.0 for job in fit.jobs
    ]
    return min(sum(shares) / len(shares), 1.0)
