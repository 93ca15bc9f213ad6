"""A fit that was killed in pre-training, or later, repeats no layer that it has learned."""

import os
import shutil

import numpy as np
import pytest
import versions
from sklearn.base import clone
from sklearn.datasets import make_classification

from sklearn_relu import RBM, Autoencoder, CheckpointWarning, MLPClassifier
from sklearn_relu.callbacks import Checkpoint, fit_file
from sklearn_relu.estimators.pretrainers import Pretrainer

X, Y = make_classification(90, 6, n_informative=4, n_classes=3, random_state=0)
UNLABELED = np.random.RandomState(1).normal(size=(40, 6))
QUICK = Autoencoder(max_iter=2, corruption="masking")
MODEL = MLPClassifier(
    (6, 5, 4), batch_size=32, random_state=3, max_iter=4, tol=0, pretraining=QUICK
)
CASES = {
    "plain": {},
    "early stopping": {"early_stopping": True, "dropout": 0.2},
    "an ensemble": {"ensemble_size": 2},
    "learned slopes": {"activation": "prelu", "dtype": "float32"},
    "what to go on from": {"warm_start": True},
    "machines": {"pretraining": RBM(n_iter=2, batch_size=32)},
}

pytestmark = [
    versions.with_callbacks,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch):
    """Most of a small fit's time; that it is waited for is tested with the container."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def learned(monkeypatch):
    """A list that gets the rows that each layer learns from."""
    found, learn = [], Pretrainer._fitted

    def noting(self, reads, *args, **of_layer):
        found.append(reads)
        return learn(self, reads, *args, **of_layer)

    monkeypatch.setattr(Pretrainer, "_fitted", noting)
    return found


def copies_of_all_files(monkeypatch, path):
    """A list that gets a copy of the file whenever it is written: what a kill leaves."""
    copies, write = [], fit_file.write

    def copying(written, *args):
        write(written, *args)
        if written == str(path):
            copies.append(shutil.copy(path, f"{path}.{len(copies)}"))

    monkeypatch.setattr(fit_file, "write", copying)
    return copies


def assert_same(model, other):
    for name in ("coefs_", "intercepts_", "pretraining_history_"):
        np.testing.assert_equal(*(_without_times(getattr(each, name)) for each in (model, other)))
    assert model.loss_curve_ == other.loss_curve_


def _without_times(value):
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if name != "seconds"}
    return [_without_times(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES)
def test_it_goes_on_from_wherever_it_was_killed(case, tmp_path, monkeypatch, learned):
    model = clone(MODEL).set_params(**CASES[case])
    expected = clone(model).fit(X, Y, X_unlabeled=UNLABELED)
    n_layers = 3 * model.ensemble_size
    assert len(learned) == n_layers
    path = tmp_path / "fit.ckpt"
    copies = copies_of_all_files(monkeypatch, path)
    clone(model).set_callbacks(Checkpoint(path)).fit(X, Y, X_unlabeled=UNLABELED)
    # At the beginning, after each layer, and after each epoch.
    assert len(copies) == 1 + n_layers + 4
    for n_kept, copy in enumerate(copies.copy()):
        learned.clear()
        again = clone(model).set_callbacks(Checkpoint(copy))
        again.fit(X, Y, X_unlabeled=UNLABELED)
        assert len(learned) == max(n_layers - n_kept, 0)
        assert_same(again, expected)


def test_without_a_seed_too_what_was_drawn_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "fit.ckpt"
    copies = copies_of_all_files(monkeypatch, path)
    model = clone(MODEL).set_params(random_state=None)
    whole = clone(model).set_callbacks(Checkpoint(path)).fit(X, Y)
    again = clone(model).set_callbacks(Checkpoint(copies[2])).fit(X, Y)
    assert_same(again, whole)


@pytest.mark.parametrize("n_written", [2, 6])
def test_the_file_of_other_pretraining_is_an_error(n_written, tmp_path, monkeypatch):
    path = tmp_path / "fit.ckpt"
    copies = copies_of_all_files(monkeypatch, path)
    clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, Y, X_unlabeled=UNLABELED)
    model = clone(MODEL).set_callbacks(Checkpoint(copies[n_written]))
    with pytest.raises(ValueError, match=r"another fit: X_unlabeled was .*, now not given"):
        model.fit(X, Y)
    with pytest.raises(ValueError, match=r"another fit: X_unlabeled was .*, now sparse|float64"):
        model.fit(X, Y, X_unlabeled=UNLABELED[1:])
    model.set_params(pretraining__corruption_level=0.5)
    with pytest.raises(ValueError, match="another fit: pretraining was"):
        model.fit(X, Y, X_unlabeled=UNLABELED)
    model.set_params(pretraining=None)
    with pytest.raises(ValueError, match="X_unlabeled is for pretraining"):
        model.fit(X, Y, X_unlabeled=UNLABELED)
    # Without effect on what is learned.
    model.set_params(pretraining=clone(QUICK).set_params(verbose=False, time_limit=1e9))
    model.fit(X, Y, X_unlabeled=UNLABELED)


def test_a_fit_that_began_without_pretraining_goes_on_without(tmp_path):
    path = tmp_path / "fit.ckpt"
    plain = clone(MODEL).set_params(pretraining=None)
    expected = clone(plain).set_callbacks(Checkpoint(path)).fit(X, Y)
    with pytest.raises(ValueError, match="another fit: pretraining was None"):
        clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, Y)
    again = clone(plain).set_callbacks(Checkpoint(path)).fit(X, Y)
    assert again.loss_curve_ == expected.loss_curve_


def test_a_full_disk_in_pretraining_is_a_warning(tmp_path, monkeypatch):
    path = tmp_path / "fit.ckpt"
    n_calls, write = [], fit_file.write

    def failing(*args):
        n_calls.append(1)
        if len(n_calls) == 2:
            raise OSError(28, "No space left on device")
        write(*args)

    monkeypatch.setattr(fit_file, "write", failing)
    with pytest.warns(CheckpointWarning, match="could not be written after epoch 0"):
        clone(MODEL).set_callbacks(Checkpoint(path)).fit(X, Y)


def test_callbacks_of_the_autoencoder_are_refused(tmp_path):
    part = clone(QUICK).set_callbacks(Checkpoint(tmp_path / "fit.ckpt"))
    with pytest.raises(ValueError, match=r"has callbacks: .* Set them on the network"):
        MLPClassifier(pretraining=part).fit(X, Y)
