"""Training by partial_fit over a stream of batches goes on from a checkpoint."""

import os
import pickle
import shutil
from datetime import timedelta
from itertools import islice

import numpy as np
import pytest
import versions
from helpers import name_of
from sklearn.base import clone
from test_checkpoint import assert_same

from sklearn_relu import CheckpointWarning, LoadError, MLPClassifier, MLPRegressor, load, save
from sklearn_relu.activations import ReLU
from sklearn_relu.callbacks import Checkpoint, checkpoint, writing
from sklearn_relu.optimizers import OPTIMIZERS, Optimizer

pytestmark = versions.with_callbacks

STOCHASTIC = [name for name, cls in OPTIMIZERS.items() if issubclass(cls, Optimizer)]


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def batches(n=12):
    for i in range(n):
        rng = np.random.RandomState(i)
        X = rng.normal(size=(30 + i % 3, 4))
        yield X, (X[:, 0] * X[:, 1] > 0).astype(int)


def run(model, path, n=12, every=3, dies_after=None):
    """The script of a user: it may end anywhere."""
    keeper = Checkpoint(path, every=every)
    model.set_callbacks(keeper)
    for i, (X, y) in enumerate(islice(batches(n), keeper.resume(model), None)):
        if i == dies_after:
            return None
        classes = {"classes": [0, 1]} if isinstance(model, MLPClassifier) else {}
        model.partial_fit(X, y, **classes)
    return model


class Own(ReLU):
    """An activation of a user."""


@pytest.mark.parametrize(
    "model",
    [
        *[MLPClassifier((6,), solver=solver, random_state=0) for solver in STOCHASTIC],
        MLPClassifier((6,), dropout=0.2, batch_size=8, ensemble_size=2, random_state=0),
        MLPRegressor(hidden_layer_sizes=(6,), activation=[Own()], random_state=0),
        MLPRegressor(hidden_layer_sizes=(6,), random_state=np.random.RandomState(3)),
    ],
    ids=name_of,
)
def test_a_stream_goes_on_exactly(model, tmp_path):
    expected = run(clone(model), tmp_path / "whole")
    path = tmp_path / "stream"
    assert run(clone(model), path, dies_after=5) is None
    for dies_after, seen in ((5, 3), (0, 6), (3, 6), (None, 9)):
        resumed = clone(model)
        assert Checkpoint(path).resume(clone(resumed)) == seen
        resumed = run(resumed, path, dies_after=dies_after)
    assert_same(resumed, expected)


def test_without_a_random_state_too(tmp_path):
    path, copy = tmp_path / "stream", tmp_path / "copy"
    model = run(MLPClassifier((6,), dropout=0.2), path, n=5, every=1)
    shutil.copy(path, copy)
    for X, y in islice(batches(), 5, None):
        model.partial_fit(X, y)
    assert_same(run(MLPClassifier((6,), dropout=0.2), copy), model)


def test_the_end_of_a_stream_gives_its_model(tmp_path):
    path = tmp_path / "stream"
    model = run(MLPClassifier((6,), random_state=0), path, every=4)
    again = MLPClassifier((6,), random_state=0)
    assert Checkpoint(path).resume(again) == 12
    assert_same(again, model)
    assert_same(load(path), model)


def test_the_file_is_written_after_so_many_calls_or_seconds(tmp_path, monkeypatch):
    counts, clock = [], [0.0]
    monkeypatch.setattr(
        checkpoint,
        "save",
        lambda model, path: (counts.append(checkpoint._n_epochs(model)), save(model, path)),
    )
    monkeypatch.setattr(writing.time, "monotonic", lambda: clock[0])
    run(MLPClassifier((6,), random_state=0), tmp_path / "a", every=5)
    assert counts == [0, 5, 10]
    counts.clear()
    model = MLPClassifier((6,), random_state=0)
    model.set_callbacks(Checkpoint(tmp_path / "b", every=timedelta(seconds=25)))
    for X, y in batches(6):
        clock[0] += 10.0
        model.partial_fit(X, y, classes=[0, 1])
    assert counts == [0, 4]  # at 10, 40 seconds


def test_a_call_that_would_overwrite_the_file_is_refused(tmp_path):
    path = tmp_path / "stream"
    run(MLPClassifier((6,), random_state=0), path)
    before = path.read_bytes()
    model = MLPClassifier((6,), random_state=0).set_callbacks(Checkpoint(path))
    X, y = next(batches())
    with pytest.raises(ValueError, match=r"stream' is there already.*resume\(model\)"):
        model.partial_fit(X, y, classes=[0, 1])
    assert path.read_bytes() == before
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("every", [1, timedelta(microseconds=1)])
def test_a_checkpoint_follows_one_model(every, tmp_path):
    path = tmp_path / "stream"
    model = run(MLPClassifier((6,), random_state=0), path, every=every)
    X, y = next(batches())
    with pytest.raises(ValueError, match=r"for 12 epochs; this one has had 0.*of its own"):
        clone(model).partial_fit(X, y, classes=[0, 1])
    assert_same(load(path), model)
    model.partial_fit(X, y)
    assert_same(load(path), model)


def test_a_file_of_other_parameters_is_refused(tmp_path):
    path = tmp_path / "stream"
    run(MLPClassifier((6,), random_state=0), path)
    other = MLPClassifier((7,), random_state=0)
    with pytest.raises(ValueError, match=r"another model: hidden_layer_sizes was \(6\), now \(7\)"):
        Checkpoint(path).resume(other)
    assert not hasattr(other, "coefs_")
    with pytest.raises(ValueError, match="estimator was"):
        Checkpoint(path).resume(MLPRegressor(hidden_layer_sizes=(6,), random_state=0))
    Checkpoint(path).resume(MLPClassifier((6,), random_state=0, verbose=True))


def test_the_file_of_a_fit_is_another(tmp_path):
    X, y = next(batches())
    fit, stream = tmp_path / "fit", tmp_path / "stream"
    model = MLPClassifier((6,), random_state=0, tol=0.1).set_callbacks(Checkpoint(fit))
    model.fit(X, y)
    run(clone(model).set_callbacks(), stream)
    with pytest.raises(LoadError, match=r"fit'.*a checkpoint, not a model"):
        Checkpoint(fit).resume(clone(model))
    with pytest.raises(LoadError, match=r"stream'.*a model, not a checkpoint"):
        clone(model).set_callbacks(Checkpoint(stream)).fit(X, y)


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "stream"
    run(MLPClassifier((6,), random_state=0), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(LoadError, match="stream'"):
        Checkpoint(path).resume(MLPClassifier((6,), random_state=0))


def test_errors_of_the_disk(tmp_path, monkeypatch):
    X, y = next(batches())
    model = MLPClassifier((6,), random_state=0)
    model.set_callbacks(Checkpoint(tmp_path / "none" / "stream"))
    with pytest.raises(FileNotFoundError, match="training has not begun"):
        model.partial_fit(X, y, classes=[0, 1])
    assert not hasattr(model, "coefs_")
    model.set_callbacks(Checkpoint(tmp_path / "stream")).partial_fit(X, y, classes=[0, 1])

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.warns(CheckpointWarning, match="after epoch 2: .*No space.*the file of epoch 1"):
        model.partial_fit(X, y)
    assert len(model.loss_curve_) == 2
    monkeypatch.undo()
    model.partial_fit(X, y)
    assert len(load(tmp_path / "stream").loss_curve_) == 3


def test_a_call_that_fails_leaves_file_and_model(tmp_path):
    path = tmp_path / "stream"
    model = run(MLPClassifier((6,), random_state=0), path, every=1)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(np.ones((5, 9)), [0, 1, 0, 1, 0])
    assert path.read_bytes() == before
    X, y = next(batches())
    model.partial_fit(X, y)
    assert Checkpoint(path).resume(clone(model)) == 13


def test_a_model_in_another_process_goes_on_with_its_checkpoint(tmp_path):
    """Its clock may be behind."""
    path = tmp_path / "stream"
    model = MLPClassifier((6,), random_state=0)
    model.set_callbacks(Checkpoint(path, every=timedelta(hours=1)))
    X, y = next(batches())
    model.partial_fit(X, y, classes=[0, 1])
    pickle.loads(pickle.dumps(model)).partial_fit(X, y)
    assert len(load(path).loss_curve_) == 2
