"""The file of a fit: what a checkpoint writes as it trains, and finds when it is run again."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sklearn_relu.callbacks.writing import Writer
from sklearn_relu.estimators.callbacks import Keeper
from sklearn_relu.exceptions import LoadError
from sklearn_relu.files import container, values
from sklearn_relu.training.jobs import Job, Snapshot, TrainingState

CONTENT, VERSION = "checkpoint", 1


class FitFile(Keeper):
    """Keeps the state of one fit in a file.

    Parameters
    ----------
    path : str
    every : int or timedelta
    """

    def __init__(self, path: str, every: int | timedelta):
        self._path = path
        self._writer = Writer(path, every)
        self._identity: dict[str, str] = {}

    def find(self, identity):
        self._identity = identity.described
        if not os.path.exists(self._path):
            return None
        kept, snapshots = read(self._path)
        n_epochs = max(snapshot.n_epochs for snapshot in snapshots)
        if found := identity.differences(kept):
            if not n_epochs and not any(snapshot.pretraining for snapshot in snapshots):
                return None  # nothing would be lost
            raise ValueError(
                f"The checkpoint {self._path!r} is of another fit: {'; '.join(found)}. To go on "
                "with that fit, pass what it had; for this fit, name another file, or remove this "
                "one."
            )
        self._writer.note(n_epochs)
        return snapshots

    def begin(self, jobs):
        if any(job.outcome == "running" for job in jobs):
            self._writer.begin(_n_epochs(jobs), lambda: self._write(jobs))

    def end_layer(self, jobs):
        self._writer.write(_n_epochs(jobs), lambda: self._write(jobs))

    def end_epoch(self, jobs):
        if self._writer.is_due(_n_epochs(jobs)):
            self._writer.write(_n_epochs(jobs), lambda: self._write(jobs))

    def end(self, jobs):
        n_epochs = _n_epochs(jobs)
        if all(job.is_whole for job in jobs) and n_epochs > self._writer.n_written:
            self._writer.write(n_epochs, lambda: self._write(jobs))

    def _write(self, jobs: list[Job]) -> None:
        write(self._path, self._identity, [job.snapshot() for job in jobs])


def _n_epochs(jobs: list[Job]) -> int:
    return max(job.n_epochs for job in jobs)


def write(path: str, identity: dict[str, str], snapshots: list[Snapshot]) -> None:
    """Write the file, atomically."""
    value = {"identity": identity, "snapshots": [_plain(each) for each in snapshots]}
    structure, arrays = values.to_structure(value)
    container.write(path, structure, arrays, content=CONTENT, version=VERSION)


def read(path: str) -> tuple[dict[str, str], list[Snapshot]]:
    """The identity of a fit, and a snapshot of each network.

    Raises
    ------
    LoadError
        If it is no such file, or a damaged one.
    """
    try:
        content = container.read(path, content=CONTENT, version=VERSION)
    except LoadError as error:
        raise LoadError(f"{error} Or remove it, to train anew.") from error
    try:
        value = values.from_structure(content.structure, content.arrays, {})
        return value["identity"], [_snapshot(**each) for each in value["snapshots"]]
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        raise LoadError(
            f"Cannot load {path!r}: it is no checkpoint that sklearn_relu writes ({error}). Remove "
            "it to train anew."
        ) from error


def _plain(snapshot: Snapshot) -> dict[str, Any]:
    complete = snapshot.state.history[: snapshot.n_epochs]
    state = snapshot.state.with_changes(history=complete).to_dict()
    if state["best_params"] is state["params"]:
        state["best_params"] = "params"  # no array is stored twice
    plain = {"state": state, "n_epochs": snapshot.n_epochs, "outcome": snapshot.outcome}
    if snapshot.pretraining:
        plain["pretraining"] = list(snapshot.pretraining)
    return plain


def _snapshot(
    state: dict[str, Any],
    n_epochs: int,
    outcome: Any,
    pretraining: Sequence[dict[str, list[float]]] = (),
) -> Snapshot:
    for name in ("rng_state", "split_rng_state", "noise_state"):
        if state[name] is not None:
            values.bit_generator(state[name])  # raises for one that NumPy would read wrongly
    if isinstance(state["best_params"], str):
        state["best_params"] = state["params"]
    # One that had no time left has time again; 0.1.0 called one that goes on "interrupted".
    outcome = "running" if outcome in ("time_limit", "interrupted") else outcome
    return Snapshot(TrainingState.from_dict(state), n_epochs, outcome, pretraining)
