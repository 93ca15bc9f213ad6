"""Writing a file every so often as training goes on, whatever the disk says."""

import os
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from glob import escape, iglob

from sklearn_relu.exceptions import CheckpointWarning


class Writer:
    """Writes a file when training begins, and then every so many epochs or so often.

    Parameters
    ----------
    path : str
    every : int or timedelta
        Epochs, or time.

    Attributes
    ----------
    path : str
    n_written : int
        The epochs that training had when the file was last written; -1 if it was not.
    """

    def __init__(self, path: str, every: int | timedelta):
        self.path = path
        self._every = every
        self._count, self._time = 0, -float("inf")
        self.n_written = -1

    def __getstate__(self):
        return vars(self) | {"_time": -float("inf")}  # another process has another clock

    def note(self, n_epochs: int) -> None:
        """The file is as it should be after so many epochs."""
        self.n_written = n_epochs
        self._restart(n_epochs)

    def begin(self, n_epochs: int, write: Callable[[], None]) -> None:
        """Write for the first time.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        self.remove_unfinished()
        try:
            write()
        except OSError as error:
            raise OSError(
                error.errno,
                f"The checkpoint cannot be written ({error.strerror}), so training has not begun. "
                "Name a file in a folder that exists and has room",
                self.path,
            ) from error
        self.note(n_epochs)

    def is_due(self, n_epochs: int) -> bool:
        """Whether it is time to write again, after so many epochs."""
        if isinstance(self._every, timedelta):
            return time.monotonic() - self._time >= self._every.total_seconds()
        return n_epochs - self._count >= self._every

    def write(self, n_epochs: int, write: Callable[[], None]) -> None:
        """Write again; what goes wrong is a warning, for training is worth more than the file."""
        try:
            write()
        except OSError as error:
            self._restart(n_epochs)
            warnings.warn(
                f"The checkpoint {self.path!r} could not be written after epoch {n_epochs}: "
                f"{error}. Training goes on, the file of epoch {self.n_written} stays, and writing "
                "will be tried again. Make room on the disk.",
                CheckpointWarning,
                stacklevel=2,
            )
        else:
            self.note(n_epochs)

    def remove_unfinished(self) -> None:
        """Remove the unfinished files that kills have left beside the file."""
        folder, name = os.path.split(os.path.realpath(self.path))
        for path in iglob(os.path.join(escape(folder), f".{escape(name[:100])}.*.tmp")):
            with suppress(OSError):
                os.unlink(path)

    def _restart(self, n_epochs: int) -> None:
        self._count, self._time = n_epochs, time.monotonic()
