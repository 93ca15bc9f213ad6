"""Callbacks, besides those of scikit-learn, for ``set_callbacks``."""

import os
import time
import warnings
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from glob import escape, iglob
from numbers import Integral
from typing import Any

from sklearn_relu import container, values
from sklearn_relu.engine.jobs import Job, Snapshot, TrainingState
from sklearn_relu.estimators.keeping import Keeper, StateCallback
from sklearn_relu.exceptions import LoadError, TrainingWarning

CONTENT, VERSION = "checkpoint", 1


class Checkpoint(StateCallback):
    """Keeps a fit's training in a file, from which the same fit goes on exactly.

    ``model.set_callbacks(Checkpoint("fit.ckpt")).fit(X, y)`` writes the file as it trains. After a
    crash, a kill or Ctrl-C, run the same script again: the fit goes on from the file, and ends with
    the very model that it would have ended with, bit for bit (with as many BLAS threads, on the
    same kind of machine).

    Parameters
    ----------
    path : str or path-like
        The file, in a folder that exists. It is about as large as 3 to 5 times the network's
        weights, and 8 bytes for each training row.
    every : int or datetime.timedelta, default=1
        The epochs, or the time, between two writes. Training waits while the file is written. It
        is also written when a fit begins and when it ends.

    Notes
    -----
    What the file is for is decided by all parameters but `verbose` and `time_limit`, and by
    checksums of the data, weights and held-out data, and of the network that ``warm_start`` goes
    on from. With ``random_state=None`` too, the file keeps what was drawn.

    - The file of a fit that has ended gives its model at once. One that `time_limit` ended goes
      on, for as long again.
    - The file of another fit is an error, which says what differs, unless no epoch of it is
      complete.
    - The file is replaced as a whole, once the new one is on the disk. If it cannot be written
      as a fit begins, that is an error. If so later, training goes on with a warning, the last
      file stays, and writing is tried again when it is next due.
    - One file is for one fit: in a search, or for several calls of ``fit``, each needs its own.
    - `lbfgs` keeps its memory to itself and is refused.

    Examples
    --------
    >>> from datetime import timedelta
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import MLPClassifier
    >>> from sklearn_relu.callbacks import Checkpoint
    >>> model = MLPClassifier((8,), tol=0.01, random_state=0)
    >>> checkpoint = Checkpoint("iris.ckpt", every=timedelta(minutes=5))
    >>> model.set_callbacks(checkpoint).fit(*load_iris(return_X_y=True))  # doctest: +SKIP
    """

    def __init__(self, path, *, every=1):
        is_number = isinstance(every, Integral) and not isinstance(every, bool)
        if not (is_number and every >= 1) and not (
            isinstance(every, timedelta) and every > timedelta(0)
        ):
            raise ValueError(
                "every must be a whole number of epochs, at least 1, or a datetime.timedelta above "
                f"0; got {every!r}."
            )
        self.path = os.fspath(path)
        self.every = every

    def __repr__(self):
        return f"Checkpoint({self.path!r}, every={self.every!r})"

    def setup(self, estimator, context):
        """Called by scikit-learn as a fit begins.

        Raises
        ------
        ValueError
            In a search, whose fits would all take the same file.
        """
        while context.parent is not None:
            context = context.parent
            if not context.sequential_subtasks:
                raise ValueError(
                    f"{self!r} is for one fit, and {context.estimator_name} makes several that "
                    "would overwrite its file. Fit without the search, with its best parameters."
                )

    def teardown(self, estimator, context):
        """Called by scikit-learn when a fit has ended."""

    def on_fit_task_begin(self, estimator, context):
        """Called by scikit-learn as an epoch begins."""

    def on_fit_task_end(self, estimator, context):
        """Called by scikit-learn when an epoch has ended."""

    def keeper(self):
        """What writes and reads the file, for a fit that begins."""
        return _FitFile(os.path.abspath(self.path), _Due(self.every))


class _Due:
    """Tells when to write again."""

    def __init__(self, every: int | timedelta):
        self._every = every
        self._count, self._time = 0, 0.0

    def restart(self, count: int) -> None:
        """It was written now, after so many epochs."""
        self._count, self._time = count, time.monotonic()

    def __call__(self, count: int) -> bool:
        """Whether to write again now, after so many epochs."""
        if isinstance(self._every, timedelta):
            return time.monotonic() - self._time >= self._every.total_seconds()
        return count - self._count >= self._every


class _FitFile(Keeper):
    """The file of one fit."""

    def __init__(self, path: str, due: _Due):
        self._path = path
        self._due = due
        self._identity: dict[str, str] = {}
        self._n_written = -1

    def find(self, identity):
        self._identity = identity
        if not os.path.exists(self._path):
            return None
        kept = _read(self._path)
        differences = _differences(kept["identity"], identity)
        if not differences:
            return kept["snapshots"]
        if not any(snapshot.n_epochs for snapshot in kept["snapshots"]):
            return None
        raise ValueError(
            f"The checkpoint {self._path!r} is of another fit: {'; '.join(differences)}. To go on "
            "with that fit, pass what it had; for this fit, name another file, or remove this one."
        )

    def begin(self, jobs):
        _remove_unfinished(self._path)
        if any(job.outcome == "interrupted" for job in jobs):
            try:
                self._write(jobs)
            except OSError as error:
                raise OSError(
                    error.errno,
                    f"The checkpoint cannot be written ({error.strerror}), so training has not "
                    "begun. Name a file in a folder that exists and has room",
                    self._path,
                ) from error

    def end_epoch(self, jobs):
        if self._due(_count(jobs)):
            self._write_or_warn(jobs)

    def end(self, jobs):
        if all(job.n_epochs for job in jobs) and _count(jobs) > self._n_written:
            self._write_or_warn(jobs)

    def _write_or_warn(self, jobs: list[Job]) -> None:
        try:
            self._write(jobs)
        except OSError as error:
            self._due.restart(_count(jobs))
            kept = f"of epoch {self._n_written} stays" if self._n_written >= 0 else "stays"
            warnings.warn(
                f"The checkpoint {self._path!r} could not be written after epoch {_count(jobs)}: "
                f"{error}. Training goes on, the file {kept}, and writing will be tried again. "
                "Make room on the disk.",
                TrainingWarning,
                stacklevel=2,
            )

    def _write(self, jobs: list[Job]) -> None:
        _write(self._path, self._identity, [job.snapshot() for job in jobs])
        self._n_written = _count(jobs)
        self._due.restart(self._n_written)


def _count(jobs: list[Job]) -> int:
    return max(job.n_epochs for job in jobs)


def _differences(kept: dict[str, str], now: dict[str, str]) -> list[str]:
    names = dict.fromkeys([*kept, *now])
    return [
        f"{name} was {kept.get(name, 'not given')}, now {now.get(name, 'not given')}"
        for name in names
        if kept.get(name) != now.get(name)
    ]


def _remove_unfinished(path: str) -> None:
    """Remove what writes that a kill has ended left beside the file."""
    folder, name = os.path.split(os.path.realpath(path))
    for unfinished in iglob(os.path.join(escape(folder), f".{escape(name[:100])}.*.tmp")):
        with suppress(OSError):
            os.unlink(unfinished)


# From snapshots to values of Python and NumPy, and back


def _write(path: str, identity: dict[str, str], snapshots: list[Snapshot]) -> None:
    value = {"identity": identity, "snapshots": [_plain(each) for each in snapshots]}
    structure, arrays = values.to_structure(value)
    container.write(path, structure, arrays, content=CONTENT, version=VERSION)


def _plain(snapshot: Snapshot) -> dict[str, Any]:
    complete = snapshot.state.history[: snapshot.state.epoch]
    state = replace(snapshot.state, history=complete).to_dict()
    if state["best_params"] is state["params"]:
        state["best_params"] = "params"  # no array is stored twice
    return {"state": state, "n_epochs": snapshot.n_epochs, "outcome": snapshot.outcome}


def _read(path: str) -> dict[str, Any]:
    content = container.read(path, content=CONTENT, version=VERSION)
    try:
        value = values.from_structure(content.structure, content.arrays, {})
        return {
            "identity": value["identity"],
            "snapshots": [_snapshot(**each) for each in value["snapshots"]],
        }
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise LoadError(
            f"Cannot load {path!r}: it is no checkpoint that sklearn_relu writes ({error}). Remove "
            "it to train anew."
        ) from error


def _snapshot(state: dict[str, Any], n_epochs: int, outcome: Any) -> Snapshot:
    for name in ("rng_state", "split_rng_state", "noise_state"):
        if state[name] is not None:
            values.bit_generator(state[name])  # raises for one that NumPy would read wrongly
    if isinstance(state["best_params"], str):
        state["best_params"] = state["params"]
    # One that had no time left has time again.
    outcome = "interrupted" if outcome == "time_limit" else outcome
    return Snapshot(TrainingState.from_dict(state), n_epochs, outcome)
