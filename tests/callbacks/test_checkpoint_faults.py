"""A checkpoint that was cut, changed or half-written is never a wrong model."""

import errno
import os
import shutil
import signal
import subprocess

import numpy as np
import pytest
import versions
from sklearn.base import clone
from sklearn.datasets import make_classification
from test_checkpoint import Copies, Stops, assert_same

from sklearn_relu import CheckpointWarning, LoadError, MLPClassifier
from sklearn_relu.callbacks import Checkpoint, fit_file
from sklearn_relu.files import container

X, y = make_classification(60, 5, random_state=0)
MODEL = MLPClassifier(
    (5,), dropout=0.2, early_stopping=True, random_state=0, max_iter=5, batch_size=20
)

pytestmark = [
    versions.with_callbacks,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*hardly vary:sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.fixture(scope="module")
def expected():
    return clone(MODEL).fit(X, y)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The file of a fit that was killed in its fourth epoch."""
    path = tmp_path_factory.mktemp("kept") / "fit"
    with pytest.raises(KeyboardInterrupt):
        clone(MODEL).set_callbacks(Checkpoint(path), Stops(3, KeyboardInterrupt())).fit(X, y)
    return path.read_bytes()


def check_is_refused(path, content):
    """An error that names the file; it stays as it is, and nothing is fitted."""
    path.write_bytes(content)
    model = clone(MODEL).set_callbacks(Checkpoint(path))
    with pytest.raises(LoadError, match=r"Cannot load '.*the fit'.*[Rr]emove it,? to train anew"):
        model.fit(X, y)
    assert path.read_bytes() == content
    assert not hasattr(model, "coefs_")


def test_the_whole_file_goes_on(kept, expected, tmp_path):
    (tmp_path / "fit").write_bytes(kept)
    assert_same(clone(MODEL).set_callbacks(Checkpoint(tmp_path / "fit")).fit(X, y), expected)


def test_a_file_that_was_cut_is_refused(kept, tmp_path):
    lengths = {0, 1, 4, len(kept) - 1, *np.linspace(0, len(kept) - 1, 60).astype(int).tolist()}
    for length in sorted(lengths):
        check_is_refused(tmp_path / "the fit", kept[:length])


def test_a_file_with_a_bit_that_flipped_is_refused(kept, tmp_path):
    rng = np.random.RandomState(0)
    places = {0, len(kept) - 1, *rng.randint(len(kept), size=150).tolist()}
    for place in sorted(places):
        content = bytearray(kept)
        content[place] ^= 1 << rng.randint(8)
        check_is_refused(tmp_path / "the fit", bytes(content))


def test_a_file_with_a_block_of_zeros_is_refused(kept, tmp_path):
    """As some file systems leave after a loss of power."""
    for start in range(0, len(kept), 4096):
        content = bytearray(kept)
        content[start : start + 4096] = bytes(len(content[start : start + 4096]))
        check_is_refused(tmp_path / "the fit", bytes(content))


def test_other_files_are_refused(kept, tmp_path):
    for content in (b"", b"PK", b"\x80\x04N.", kept + b"\n", kept + kept, b"\n" + kept):
        check_is_refused(tmp_path / "the fit", content)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop("snapshots"),
        lambda value: value["snapshots"][0]["state"].pop("params"),
        lambda value: value["snapshots"][0]["state"].update(more=1),
        lambda value: value["snapshots"][0]["state"]["rng_state"]["state"].update(pos=10**6),
        lambda value: value["snapshots"][0]["state"]["noise_state"].update(bit_generator="MT19937"),
        lambda value: value["snapshots"][0].update(more=1),
    ],
)
def test_a_file_whose_structure_is_another_is_refused(kept, change, tmp_path):
    """With a good checksum, as a faulty program could write it."""
    path = tmp_path / "the fit"
    path.write_bytes(kept)
    content = container.read(path, content="checkpoint", version=1)
    value = fit_file.values.from_structure(content.structure, content.arrays, {})
    change(value)
    structure, arrays = fit_file.values.to_structure(value)
    container.write(path, structure, arrays, content="checkpoint", version=1)
    check_is_refused(path, path.read_bytes())


def test_one_of_a_newer_version_says_so(kept, tmp_path):
    path = tmp_path / "fit"
    path.write_bytes(kept)
    content = container.read(path, content="checkpoint", version=1)
    container.write(path, content.structure, content.arrays, content="checkpoint", version=2)
    with pytest.raises(LoadError, match="Update sklearn_relu"):
        clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, y)


# In the middle of a write


def write_calls(monkeypatch, act):
    """Calls `act` with a number before each thing that writing a file does to the disk."""
    n_calls = []

    def counted(function):
        def call(*args, **kwargs):
            n_calls.append(1)
            act(len(n_calls))
            return function(*args, **kwargs)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(container.os, name, counted(getattr(os, name)))
    write_array = np.lib.format.write_array
    monkeypatch.setattr(container.np.lib.format, "write_array", counted(write_array))
    return n_calls


@pytest.fixture(scope="module")
def n_steps(tmp_path_factory):
    """How many such steps the writes of a whole fit have."""
    with pytest.MonkeyPatch.context() as patch:
        calls = write_calls(patch, lambda n: None)
        path = tmp_path_factory.mktemp("steps") / "fit"
        clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, y)
    assert len(calls) > 6 * 5  # six files, each with arrays, two flushes and a rename
    return len(calls)


def dies_at(step):
    """Kill this process, as the system would, at a step of writing."""

    def act(n):
        if n == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return act


# The child does nothing but train and die.
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_kill_at_each_step_of_a_write_leaves_the_old_file_or_the_new(
    expected, n_steps, tmp_path, monkeypatch
):
    seen = set()
    for at in [*range(1, n_steps, 2), n_steps]:  # the last one flushes the folder
        path = tmp_path / f"{at}"
        if (pid := os.fork()) == 0:
            write_calls(monkeypatch, dies_at(at))
            clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, y)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status)
        assert os.WTERMSIG(status) == signal.SIGKILL
        if path.exists():
            seen.add(fit_file.read(str(path))[1][0].n_epochs)
        resumed = clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, y)
        assert_same(resumed, expected)
        assert not list(tmp_path.glob(f".{at}.*"))
    assert seen == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_an_error_at_any_step_of_a_write_keeps_the_old_file_and_the_fit(
    number, expected, n_steps, tmp_path, monkeypatch
):
    for at in range(n_steps // 6 + 1, n_steps + 1, 7):  # after the first of six files
        path = tmp_path / f"{at}"

        def fails(n, at=at):
            if n == at:
                raise OSError(number, os.strerror(number))

        copies = Copies(path)
        model = clone(MODEL).set_callbacks(Checkpoint(path), copies)
        with monkeypatch.context() as patch:
            write_calls(patch, fails)
            with pytest.warns(CheckpointWarning, match=os.strerror(number)):
                model.fit(X, y)
        assert_same(model, expected)
        for copy in (*copies.paths, path):
            assert_same(clone(MODEL).set_callbacks(Checkpoint(copy)).fit(X, y), expected)
        assert not list(tmp_path.glob(f".{at}.*"))


def test_an_error_in_the_first_write_ends_the_fit_before_it_begins(tmp_path, monkeypatch):
    def fails(n):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_calls(monkeypatch, fails)
    model = clone(MODEL).set_callbacks(Checkpoint(tmp_path / "fit"))
    with pytest.raises(OSError, match=r"No space left on device\), so training has not begun"):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk, expected):
    path, other = small_disk / "fit", small_disk / "other"

    def fill():
        disk = os.statvfs(small_disk)
        other.write_bytes(bytes(disk.f_bavail * disk.f_bsize))

    class Fills(Copies):
        def on_fit_task_end(self, estimator, context):
            if context.task_id == 2:
                fill()

    with pytest.warns(CheckpointWarning, match="No space left on device"):
        model = clone(MODEL).set_callbacks(Checkpoint(path), Fills(path)).fit(X, y)
    assert_same(model, expected)
    assert fit_file.read(str(path))[1][0].n_epochs == 2
    other.unlink()
    assert_same(clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, y), expected)
    path.unlink()
    fill()
    with pytest.raises(OSError, match=r"No space left on device\), so training has not begun"):
        clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, y)
