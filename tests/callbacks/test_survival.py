"""Real processes that are killed, interrupted, out of time or diverging, and their checkpoints."""

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress

import long_fit
import numpy as np
import pytest
import versions

from sklearn_relu.callbacks import Checkpoint, fit_file

pytestmark = [
    versions.with_callbacks,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(os.name != "posix", reason="signals"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.fixture(scope="module")
def processes():
    """Makes processes quickly: forks of one that has imported all they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["sklearn_relu.callbacks", "sklearn.datasets", "sklearn.callback"]
    )
    return context


class Running:
    """A process that fits a case; it has begun to train, or could not."""

    def __init__(self, processes, case, folder, max_bytes=None):
        self._messages, out = processes.Pipe(duplex=False)
        files = str(folder / "fit.ckpt"), str(folder / "result")
        self._process = processes.Process(
            target=long_fit.run, args=(case, *files, out.send, max_bytes), daemon=True
        )
        self._process.start()
        out.close()
        self._last = self._messages.recv()

    def complete_an_epoch(self):
        """Wait for the first one, which takes long, unless none is left."""
        with suppress(EOFError):
            self._last = self._messages.recv()

    def send(self, signal_number):
        os.kill(self._process.pid, signal_number)

    def end(self):
        """What it said at its end."""
        while self._last in ("begun", "under way"):
            self._last = self._messages.recv()
        self._process.join()
        assert self._process.exitcode == 0
        return json.loads(self._last)

    def is_killed(self):
        """Kill it; whether that came before its end."""
        with suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self._process.join()
        return self._process.exitcode == -signal.SIGKILL


def fitted(case, **params):
    model = long_fit.model_of(case).set_params(**params)
    return model.fit(long_fit.X, long_fit.y, long_fit.WEIGHT)


def n_epochs_in(folder):
    """The epochs of the fit in the file, which is whole at any moment."""
    _, snapshots = fit_file.read(str(folder / "fit.ckpt"))
    return max(snapshot.n_epochs for snapshot in snapshots)


def check_survives(processes, case, folder, n_kills, longest):
    """However often it is killed, it ends with the model of an undisturbed fit."""
    random = np.random.RandomState(n_kills)
    whole = long_fit.contents(fitted(case))
    epochs, n_unfinished = [], 0
    while len(epochs) < n_kills:
        running = Running(processes, case, folder)
        if random.uniform() < 0.7:
            running.complete_an_epoch()
        time.sleep(random.uniform(0, longest))
        if running.is_killed():
            epochs.append(n_epochs_in(folder))
            n_unfinished += len(list(folder.glob(".fit.ckpt.*.tmp")))
        else:  # a fast machine; begin another fit
            assert (folder / "result").read_bytes() == whole
            for path in folder.iterdir():
                path.unlink()
    assert Running(processes, case, folder).end()["end"] == "whole"
    assert (folder / "result").read_bytes() == whole
    assert not list(folder.glob(".*"))
    return epochs, n_unfinished


@pytest.mark.parametrize("case", ["noise", "ensemble"])
def test_a_fit_survives_kills(case, processes, tmp_path):
    check_survives(processes, case, tmp_path, 4, 0.1)


@pytest.mark.slow
def test_a_fit_survives_fifty_kills(processes, tmp_path):
    epochs, _ = check_survives(processes, "long", tmp_path, 50, 0.15)
    print("\nepochs in the file after each kill:", epochs)
    assert len(set(epochs)) > 10


@pytest.mark.slow
def test_a_fit_survives_kills_while_its_file_is_written(processes, tmp_path):
    """12 MB an epoch: most of the time is spent in writing."""
    epochs, n_unfinished = check_survives(processes, "large file", tmp_path, 30, 0.3)
    print("\nepochs:", epochs, "kills in the middle of a write:", n_unfinished)
    assert n_unfinished > 0


def interrupt(processes, folder, more_than):
    """Ctrl-C, once there are more epochs than so many; how many there are then."""
    running = Running(processes, "endless", folder)
    while n_epochs_in(folder) <= more_than:
        time.sleep(0.01)
    running.send(signal.SIGINT)
    assert running.end()["end"] == "interrupted"
    result = (folder / "result").read_bytes()
    n_iter = pickle.loads(result)[0]
    assert result == long_fit.contents(fitted("endless", max_iter=n_iter))
    _, [snapshot] = fit_file.read(str(folder / "fit.ckpt"))
    assert (snapshot.n_epochs, snapshot.outcome) == (n_iter, "running")
    return n_iter


def test_ctrl_c_keeps_the_last_complete_epoch_and_the_fit_goes_on_from_it(processes, tmp_path):
    n_iter = interrupt(processes, tmp_path, more_than=0)
    assert interrupt(processes, tmp_path, more_than=n_iter) > n_iter


@pytest.mark.slow
def test_a_time_limit_ends_a_fit_and_each_run_goes_on(processes, tmp_path):
    last = 0
    for _ in range(2):
        ended = Running(processes, "with a limit", tmp_path).end()
        assert ended["end"] == "whole"
        assert "stopped after 0.3 seconds (time_limit)" in ended["warnings"][0]
        n_iter = pickle.loads((tmp_path / "result").read_bytes())[0]
        assert n_iter > last
        last = n_iter
    expected = fitted("with a limit", max_iter=last, time_limit=None)
    assert (tmp_path / "result").read_bytes() == long_fit.contents(expected)


def test_a_fit_that_diverges_goes_back_and_says_so(processes, tmp_path):
    ended = Running(processes, "diverging", tmp_path).end()
    assert ended["end"] == "whole"
    assert "non-finite" in ended["warnings"][0]
    first = (tmp_path / "result").read_bytes()
    assert pickle.loads(first)[0] >= 1
    assert Running(processes, "diverging", tmp_path).end() == ended
    assert (tmp_path / "result").read_bytes() == first


def test_a_disk_that_is_full_later_does_not_end_training(processes, tmp_path):
    """The system refuses files above a size, as a full disk does in the middle of a write."""
    model = long_fit.model_of("adam").set_params(max_iter=1)
    model.set_callbacks(Checkpoint(tmp_path / "small")).fit(long_fit.X, long_fit.y)
    # The first file, without the solver's slots, has room; the next has not.
    size = (tmp_path / "small").stat().st_size - 5000
    ended = Running(processes, "adam", tmp_path, max_bytes=size).end()
    assert ended["end"] == "whole"
    assert "File too large. Training goes on, the file of epoch 0 stays" in ended["warnings"][0]
    expected = long_fit.contents(fitted("adam"))
    assert (tmp_path / "result").read_bytes() == expected
    assert n_epochs_in(tmp_path) == 0
    assert not list(tmp_path.glob(".*"))
    # With room again, the same script goes on.
    assert Running(processes, "adam", tmp_path).end()["end"] == "whole"
    assert (tmp_path / "result").read_bytes() == expected
    assert n_epochs_in(tmp_path) == 20


def test_a_disk_that_is_full_at_once_is_an_error(processes, tmp_path):
    ended = Running(processes, "adam", tmp_path, max_bytes=5000).end()
    assert ended["end"].startswith("OSError: [Errno 27] The checkpoint cannot be written")
    assert "fit.ckpt" in ended["end"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_script_in_an_interpreter_of_its_own_goes_on_with_what_this_process_began(tmp_path):
    path = tmp_path / "fit.ckpt"
    model = long_fit.model_of("adam")

    class Ends(long_fit.Begun):
        def on_fit_task_end(self, estimator, context):
            if context.task_id == 7:
                raise KeyboardInterrupt

    model.set_callbacks(Checkpoint(path), Ends(lambda said: None))
    with pytest.raises(KeyboardInterrupt):
        model.fit(long_fit.X, long_fit.y, long_fit.WEIGHT)
    assert n_epochs_in(tmp_path) == 8
    script = [sys.executable, long_fit.__file__, "adam", path, tmp_path / "result"]
    printed = subprocess.run(script, check=True, capture_output=True, text=True).stdout
    assert json.loads(printed.splitlines()[-1])["end"] == "whole"
    assert (tmp_path / "result").read_bytes() == long_fit.contents(fitted("adam"))
