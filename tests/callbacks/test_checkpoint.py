"""A fit goes on from its checkpoint, exactly; no other fit does."""

import os
import pickle
import re
import shutil
import subprocess
import sys
import warnings
from datetime import timedelta
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
import versions
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import (
    Autoencoder,
    CheckpointWarning,
    MLPClassifier,
    MLPRegressor,
    TabularMLPRegressor,
    lockstep,
)
from sklearn_relu.activations import ReLU
from sklearn_relu.callbacks import Checkpoint, fit_file, writing
from sklearn_relu.estimators import base
from sklearn_relu.optimizers import OPTIMIZERS, SGD, Adam, Optimizer
from sklearn_relu.penalties import L1
from sklearn_relu.schedules import SCHEDULES, WarmUp

X, y = make_classification(90, 6, n_informative=4, n_classes=3, random_state=0)
X_r, y_r = make_regression(90, 6, n_targets=2, random_state=0)
WEIGHT = np.random.RandomState(1).uniform(0, 2, 90)
SMALL = {"hidden_layer_sizes": (6,), "batch_size": 32, "random_state": 3, "max_iter": 6, "tol": 0}
STOCHASTIC = [name for name, cls in OPTIMIZERS.items() if issubclass(cls, Optimizer)]

pytestmark = [
    versions.with_callbacks,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*(hardly vary|are dead):sklearn_relu.TrainingWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch):
    """Most of a small fit's time; that it is waited for is tested with the container."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


class Copies:
    """Copies the file at the end of each epoch, where it is what a kill would leave."""

    def __init__(self, path):
        self.path = str(path)
        self.paths = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            self.paths.append(shutil.copy(self.path, f"{self.path}.{len(self.paths)}"))


def comparable(value):
    """Bytes that are equal for values that are the same to the last bit."""
    if isinstance(value, dict):
        # Kept without their times, and without what finds callbacks.
        names = [name for name in value if name not in ("seconds", "_skl_callbacks")]
        return {name: comparable(value[name]) for name in names}
    if isinstance(value, list | tuple):
        return [comparable(each) for each in value]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.tolist()
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    if isinstance(value, np.random.RandomState):
        return comparable(value.get_state(legacy=False))
    if hasattr(value, "__dict__"):
        return type(value), comparable(vars(value))
    return pickle.dumps(value)


def assert_same(model, other):
    """All that one estimator holds equals what the other holds."""
    mine, others = comparable(vars(model)), comparable(vars(other))
    assert mine.keys() == others.keys()
    for name in mine:
        assert mine[name] == others[name], name


def check_resumes(model, path, *data, fresh=None, **more):
    """A fit equals that without a checkpoint, and goes on from wherever it was killed.

    `fresh` makes the estimator of another process; it is a clone by default.
    """
    fresh = fresh or (lambda: clone(model))
    expected = fresh().fit(*data, **more)
    copies = Copies(path)
    whole = fresh().set_callbacks(Checkpoint(path), copies).fit(*data, **more)
    assert_same(whole, expected)
    assert len(copies.paths) >= 4
    for at in (copies.paths[0], copies.paths[2], copies.paths[-1], path):
        resumed = fresh().set_callbacks(Checkpoint(at)).fit(*data, **more)
        assert_same(resumed, expected)
        if resumed.warm_start:
            further = fresh().fit(*data, **more).fit(*data, **more)
            assert_same(resumed.set_callbacks().fit(*data, **more), further)
    return expected


CASES = {
    "early stopping": {"early_stopping": True, "max_iter": 12, "n_iter_no_change": 3},
    "dropout": {"dropout": 0.3, "input_dropout": 0.1, "input_noise": 0.1},
    "random slopes": {"activation": "rrelu", "early_stopping": True},
    "learned slopes": {"activation": "prelu", "solver": "sgd"},
    "zeros": {"penalty": L1(), "alpha": 0.1},
    "one order": {"shuffle": False},
    "bounds": {"max_norm": 1.0, "gradient_clipping": 0.5},
    "class weights": {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}},
    "a metric": {"early_stopping": True, "early_stopping_metric": "neg_log_loss"},
    "float32": {"dtype": "float32"},
    "a start from data": {"initialization": "lsuv"},
    "an ensemble": {"ensemble_size": 3, "dropout": 0.2},
    "an ensemble that ends in pieces": {
        "ensemble_size": 3,
        "early_stopping": True,
        "max_iter": 60,
        "n_iter_no_change": 4,
        "learning_rate_init": 0.03,
    },
    "what to go on from": {"warm_start": True, "early_stopping": True, "dropout": 0.2},
}


@pytest.mark.parametrize("case", CASES)
def test_a_killed_fit_goes_on_exactly(case, tmp_path):
    check_resumes(MLPClassifier(**(SMALL | CASES[case])), tmp_path / "fit", X, y)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_under_every_stochastic_solver(solver, early_stopping, tmp_path):
    model = MLPRegressor(**SMALL, solver=solver, early_stopping=early_stopping, warm_start=True)
    check_resumes(model, tmp_path / "fit", X_r, y_r, sample_weight=WEIGHT)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_under_every_schedule(schedule, tmp_path):
    params = SMALL | {"n_iter_no_change": 1, "tol": 1.0, "max_iter": 8}
    if schedule != "adaptive":  # whose plateaus count; others would stop at them
        params |= {"n_iter_no_change": np.inf}
    check_resumes(MLPClassifier(**params, learning_rate=schedule), tmp_path / "fit", X, y)


@pytest.mark.parametrize("params", [{}, {"ensemble_size": 2, "early_stopping": True}])
def test_with_weights_and_held_out_data(params, tmp_path):
    held_out = {"X_val": X[:20], "y_val": y[:20], "sample_weight_val": WEIGHT[:20]}
    model = MLPClassifier(**SMALL, **params)
    check_resumes(model, tmp_path / "fit", X[20:], y[20:], WEIGHT[20:], **held_out)


def test_with_sparse_rows_and_labels_of_text(tmp_path):
    names = np.array(["ash", "birch", "cedar"], dtype=object)
    rows = sp.csr_array(np.where(X > 0, X, 0))
    check_resumes(MLPClassifier(**SMALL), tmp_path / "fit", rows, names[y])


def test_a_warm_start_goes_on_from_a_checkpoint_of_its_own(tmp_path):
    params = SMALL | {"warm_start": True, "dropout": 0.2}

    def second():
        return MLPClassifier(**params).fit(X, y)

    expected = check_resumes(second(), tmp_path / "fit", X, y, fresh=second)
    assert expected.n_iter_ == 6
    assert len(expected.loss_curve_) == 12
    # One that has seen something else is not this one.
    other = MLPClassifier(**params).fit(X + 1, y)
    with pytest.raises(ValueError, match="the network that training goes on from was"):
        other.set_callbacks(Checkpoint(tmp_path / "fit")).fit(X, y)


@pytest.mark.parametrize("params", [{}, {"early_stopping": True, "ensemble_size": 2}])
def test_without_a_random_state_too(params, tmp_path):
    """The weights, the split and the order that were drawn are those of the file."""
    path = tmp_path / "fit"
    model = MLPClassifier(**(SMALL | params | {"random_state": None, "dropout": 0.2}))
    copies = Copies(path)
    whole = clone(model).set_callbacks(Checkpoint(path), copies).fit(X, y)
    for at in (*copies.paths, path):
        assert_same(clone(model).set_callbacks(Checkpoint(at)).fit(X, y), whole)


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.PCG64])
def test_a_generator_that_the_user_passed_ends_where_it_would_have(kind, tmp_path):
    path = tmp_path / "fit"

    def draws_after(checkpoint):
        rng = np.random.RandomState(kind(7))
        model = MLPClassifier(**(SMALL | {"random_state": rng}))
        model.set_callbacks(*checkpoint).fit(X, y)
        return [coef.tolist() for coef in model.coefs_], rng.uniform(size=3).tolist()

    copies = Copies(path)
    expected = draws_after([])
    assert draws_after([Checkpoint(path), copies]) == expected
    for at in (*copies.paths, path):
        assert draws_after([Checkpoint(at)]) == expected


def test_a_fit_that_diverges_does_so_again(tmp_path):
    class Exploding(SGD):
        def init_state(self, params):
            return super().init_state(params) | {"t": np.zeros((len(params), 1))}

        def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
            super().step(params, grads, state, learning_rate, n_weights)
            params[:, 0] = np.where(state["t"][:, 0] == 17, np.inf, params[:, 0])

        def begin_step(self, state, learning_rate):
            state["t"] += 1
            super().begin_step(state, learning_rate)

    model = MLPClassifier(**SMALL, solver=Exploding())
    copies = Copies(tmp_path / "fit")
    for path in (copies.path, f"{copies.path}.4", copies.path):
        resumed = clone(model).set_callbacks(Checkpoint(path), copies)
        with pytest.warns(ConvergenceWarning, match="non-finite.*epoch 6.*last finite"):
            resumed.fit(X, y)
        assert resumed.n_iter_ == 5


# Which fit a file belongs to


CHANGES = {
    "alpha": {"alpha": 0.5},
    "hidden_layer_sizes": {"hidden_layer_sizes": (7,)},
    "activation": {"activation": "tanh"},
    "solver": {"solver": Adam(beta_1=0.8)},
    "random_state": {"random_state": 4},
    "max_iter": {"max_iter": 7},
    "ensemble_size": {"ensemble_size": 2},
    "early_stopping": {"early_stopping": True},
    "initialization": {"initialization": "orthogonal"},
    "dtype": {"dtype": "float32"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_of_other_parameters_is_refused(name, tmp_path):
    path = tmp_path / "fit"
    MLPClassifier(**SMALL).set_callbacks(Checkpoint(path)).fit(X, y)
    before = path.read_bytes()
    other = MLPClassifier(**(SMALL | CHANGES[name])).set_callbacks(Checkpoint(path))
    with pytest.raises(ValueError, match=rf"checkpoint '.*fit' is of another fit: .*{name} was"):
        other.fit(X, y)
    assert path.read_bytes() == before
    assert not hasattr(other, "coefs_")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("X", {"X": X + 1e-9}),
        ("X", {"X": X[:80], "y": y[:80]}),
        ("X", {"X": sp.csr_array(X)}),
        ("y", {"y": (y + 1) % 3}),
        ("y", {"y": y + 1}),
        ("sample_weight", {"sample_weight": WEIGHT}),
        ("X_val", {"X_val": X, "y_val": y}),
    ],
)
def test_a_file_of_other_data_is_refused(name, data, tmp_path):
    path = tmp_path / "fit"
    model = MLPClassifier(**SMALL).set_callbacks(Checkpoint(path)).fit(X, y)
    given = {"X": X, "y": y} | data
    with pytest.raises(ValueError, match=rf"another fit: .*{name} was .*now.*remove this one"):
        clone(model).fit(**given)


def test_another_estimator_is_another_fit(tmp_path):
    path, target = tmp_path / "fit", (y > 0).astype(float)
    params = SMALL | {"loss": "log_loss"}
    MLPClassifier(**params).set_callbacks(Checkpoint(path)).fit(X, target)
    with pytest.raises(ValueError, match=r"estimator was .*MLPClassifier, now .*MLPReg"):
        MLPRegressor(**params).set_callbacks(Checkpoint(path)).fit(X, target)


def test_what_does_not_change_a_fit_may_change(tmp_path):
    path = tmp_path / "fit"
    model = MLPClassifier(**SMALL).set_callbacks(Checkpoint(path)).fit(X, y)
    again = MLPClassifier(**SMALL, time_limit=1e6, verbose=True)
    again.set_callbacks(Checkpoint(path, every=3)).fit(X.tolist(), list(y))
    assert again.history_ == model.history_


def test_functions_and_objects_count_by_their_names(tmp_path):
    def metric(estimator, X, y):
        return -estimator.loss_ if hasattr(estimator, "loss_") else estimator.score(X, y)

    class Metric:
        def __call__(self, estimator, X, y):
            return estimator.score(X, y)

    made_by = {
        "function": lambda: metric,
        "object": Metric,
        "partial": lambda: partial(metric),
        "method": lambda: Metric().__call__,
    }
    for name, make in made_by.items():
        path, histories = tmp_path / name, []
        for _ in range(2):
            made = make()
            model = MLPClassifier(**SMALL, early_stopping=True, early_stopping_metric=made)
            histories.append(model.set_callbacks(Checkpoint(path)).fit(X, y).history_)
        # With the seconds of each epoch: the second fit is the first one's file.
        assert histories[0] == histories[1], name


def test_long_parameters_are_told_apart_and_shortened(tmp_path):
    path, labels = tmp_path / "fit", np.arange(90) // 2
    weights = {int(label): 1.0 + label for label in labels}
    model = MLPClassifier(**SMALL, class_weight=weights).set_callbacks(Checkpoint(path))
    model.fit(X, labels)
    clone(model).fit(X, labels)
    with pytest.raises(ValueError, match=r"class_weight was \{0: 1.0, .*checksum") as caught:
        clone(model).set_params(class_weight=weights | {44: 2.0}).fit(X, labels)
    assert len(str(caught.value)) < 1000


def test_a_file_of_another_fit_without_a_complete_epoch_is_replaced(tmp_path):
    path = tmp_path / "fit"
    copies = Copies(path)
    MLPClassifier(**SMALL).set_callbacks(Checkpoint(path), copies).fit(X, y)
    model = MLPClassifier(**(SMALL | {"alpha": 1.0}))
    resumed = clone(model).set_callbacks(Checkpoint(copies.paths[0])).fit(X, y)
    assert_same(resumed, model.fit(X, y))


# Ends


def test_a_fit_that_has_ended_gives_its_model_without_training(tmp_path, monkeypatch):
    path = tmp_path / "fit"
    model = MLPClassifier(**SMALL).set_callbacks(Checkpoint(path))
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        model.fit(X, y)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    monkeypatch.setattr(base, "train_fit", None)
    again = clone(model)
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        again.fit(X, y)
    assert_same(again, model)
    assert again.history_ == model.history_  # the times too
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_one_that_a_time_limit_ended_goes_on(tmp_path):
    params = SMALL | {"max_iter": 4}
    model = MLPClassifier(**params, time_limit=1e-9).set_callbacks(Checkpoint(tmp_path / "fit"))
    for n in (1, 2, 3):
        with pytest.warns(ConvergenceWarning, match="1e-09 seconds"):
            assert clone(model).fit(X, y).n_iter_ == n
    last = clone(model).fit(X, y)
    assert last.loss_curve_ == MLPClassifier(**params).fit(X, y).loss_curve_


class Stops(Copies):
    """Asks to stop, or raises, after so many epochs."""

    def __init__(self, n, error=None):
        self.n, self.error = n, error

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name == "epoch" and fitted_estimator.n_iter_ == self.n:
            if self.error is not None:
                raise self.error
            return True


def test_one_that_a_callback_stopped_has_ended(tmp_path):
    path = tmp_path / "fit"
    stopped = MLPClassifier(**SMALL).set_callbacks(Checkpoint(path), Stops(3)).fit(X, y)
    again = MLPClassifier(**SMALL).set_callbacks(Checkpoint(path)).fit(X, y)
    assert_same(again, stopped)
    assert again.n_iter_ == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("no")])
@pytest.mark.parametrize("every", [1, 100, timedelta(hours=1)])
def test_an_interrupted_fit_keeps_its_last_epoch_however_seldom_it_writes(error, every, tmp_path):
    path = tmp_path / "fit"
    model = MLPClassifier(**SMALL)
    interrupted = clone(model).set_callbacks(Stops(4, error), Checkpoint(path, every=every))
    with pytest.raises(type(error)):
        interrupted.fit(X, y)
    kept = fit_file.read(str(path))[1]
    assert [snapshot.n_epochs for snapshot in kept] == [4]
    assert_same(clone(model).set_callbacks(Checkpoint(path)).fit(X, y), model.fit(X, y))


@pytest.mark.parametrize("corruption", [None, "masking", "gaussian", "salt_and_pepper"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_an_autoencoder_goes_on_to_the_same_end(corruption, early_stopping, tmp_path):
    model = Autoencoder(
        **SMALL, tied_weights=True, corruption=corruption, early_stopping=early_stopping
    )
    path = tmp_path / "fit"
    interrupted = clone(model).set_callbacks(Stops(3, KeyboardInterrupt()), Checkpoint(path))
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(X, sample_weight=WEIGHT)
    assert interrupted.n_iter_ == 3
    again = clone(model).set_callbacks(Checkpoint(path)).fit(X, sample_weight=WEIGHT)
    assert_same(again, clone(model).fit(X, sample_weight=WEIGHT))
    with pytest.raises(ValueError, match="corruption_level"):
        clone(model).set_params(corruption_level=0.1).set_callbacks(Checkpoint(path)).fit(
            X, sample_weight=WEIGHT
        )


def test_a_stream_of_an_autoencoder_goes_on(tmp_path):
    whole, first = Autoencoder(**SMALL), Autoencoder(**SMALL)
    first.set_callbacks(Checkpoint(tmp_path / "stream"))
    for rows in np.array_split(X, 2):
        whole.partial_fit(rows)
        first.partial_fit(rows)
    again = Autoencoder(**SMALL)
    checkpoint = Checkpoint(tmp_path / "stream")
    assert checkpoint.resume(again) == 2
    assert_same(again.set_callbacks(checkpoint).partial_fit(X[:40]), whole.partial_fit(X[:40]))


@pytest.mark.parametrize("n_epochs", [3, 25])
def test_a_network_for_tables_goes_on_to_the_same_end(n_epochs, tmp_path):
    noise = np.random.default_rng(1).normal(size=(100, 4))
    data = noise, noise[::-1, 0]
    model = TabularMLPRegressor(hidden_layer_sizes=(32,), ensemble_size=4, random_state=0)
    whole = clone(model).fit(*data)
    assert 30 < whole.n_iter_ < 200  # the best epoch was long ago
    path = tmp_path / "fit"
    interrupted = clone(model).set_callbacks(Stops(n_epochs, KeyboardInterrupt()), Checkpoint(path))
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(*data)
    assert interrupted.n_iter_ == n_epochs
    again = clone(model).set_callbacks(Checkpoint(path)).fit(*data)
    assert again.validation_scores_ == whole.validation_scores_
    for one, other in zip(again.coefs_, whole.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_resumed_fit_has_as_many_tasks_as_epochs_are_left(tmp_path):
    copies = Copies(tmp_path / "fit")
    model = MLPClassifier(**SMALL).set_callbacks(Checkpoint(copies.path), copies).fit(X, y)
    again = Copies(copies.paths[2])  # of two epochs
    clone(model).set_callbacks(Checkpoint(again.path), again).fit(X, y)
    assert len(again.paths) == 4


# When it is written


def written_epochs(monkeypatch, every, seconds_an_epoch=0.0, n_iter=7):
    """The epochs after which a fit writes its file."""
    epochs, write = [], fit_file.write
    clock = iter(np.arange(1000) * seconds_an_epoch)
    monkeypatch.setattr(writing.time, "monotonic", lambda: 0.0)

    def recording(path, identity, snapshots):
        epochs.append(snapshots[0].n_epochs)
        write(path, identity, snapshots)

    class Clock(Stops):
        def on_fit_task_end(self, estimator, context):
            now = float(next(clock)) + seconds_an_epoch
            monkeypatch.setattr(writing.time, "monotonic", lambda: now)

    monkeypatch.setattr(fit_file, "write", recording)
    model = MLPClassifier(**(SMALL | {"max_iter": n_iter}))
    model.set_callbacks(Clock(0), every).fit(X, y)
    return epochs


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (1, [0, 1, 2, 3, 4, 5, 6, 7]),
        (3, [0, 3, 6, 7]),
        (np.int64(7), [0, 7]),
        (100, [0, 7]),
        (timedelta(seconds=20), [0, 2, 4, 6, 7]),
        (timedelta(seconds=25), [0, 3, 6, 7]),
        (timedelta(days=1), [0, 7]),
    ],
)
def test_it_is_written_every_so_many_epochs_or_seconds(every, expected, tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "fit", every=every)
    assert written_epochs(monkeypatch, checkpoint, seconds_an_epoch=10.0) == expected


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "1", None, timedelta(0), timedelta(-1)])
def test_other_intervals_are_refused(every):
    with pytest.raises(ValueError, match=r"every must be a whole number of epochs.*timedelta"):
        Checkpoint("fit", every=every)


def test_a_file_without_weights_of_a_thousand_units_has_no_array_twice(tmp_path):
    path = tmp_path / "fit"
    model = MLPClassifier(**(SMALL | {"hidden_layer_sizes": (2000,)}), early_stopping=True)
    model.set_callbacks(Checkpoint(path)).fit(X, y)
    n_params = sum(array.size for array in [*model.coefs_, *model.intercepts_])
    assert path.stat().st_size < 4 * 8 * n_params + 30_000  # the last, the best, and Adam's two


# Where it may be


def test_in_a_pipeline(tmp_path):
    path = tmp_path / "fit"
    copies = Copies(path)

    def pipeline(*callbacks):
        network = MLPClassifier(**SMALL).set_callbacks(*callbacks)
        return make_pipeline(StandardScaler(), network)

    whole = pipeline(Checkpoint(path), copies).fit(X, y)
    resumed = pipeline(Checkpoint(copies.paths[3])).fit(X, y)
    np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


def test_in_lockstep_each_fit_has_its_own(tmp_path):
    def vote(folder):
        folder.mkdir()
        networks = [
            MLPClassifier(**(SMALL | {"random_state": i})).set_callbacks(
                Checkpoint(folder / f"{i}")
            )
            for i in range(3)
        ]
        with lockstep() as stacks:
            voting = VotingClassifier([(f"{i}", each) for i, each in enumerate(networks)])
            voting.fit(X, y)
        assert sum(stacks.sizes) == 3
        return voting

    voting = vote(tmp_path / "one")
    for i, network in enumerate(voting.estimators_):
        alone = MLPClassifier(**(SMALL | {"random_state": i}))
        alone.set_callbacks(Checkpoint(tmp_path / "one" / f"{i}")).fit(X, y)
        assert_same(alone, network)


def test_a_search_is_refused(tmp_path):
    model = MLPClassifier(**SMALL).set_callbacks(Checkpoint(tmp_path / "fit"))
    search = GridSearchCV(model, {"alpha": [0.1, 1.0]}, error_score="raise")
    with pytest.raises(ValueError, match=r"Checkpoint\(.*for one fit, and GridSearchCV makes"):
        search.fit(X, y)
    assert not (tmp_path / "fit").exists()


def test_two_are_refused(tmp_path):
    model = MLPClassifier(**SMALL).set_callbacks(Checkpoint("a"), Checkpoint("b", every=2))
    with pytest.raises(ValueError, match=r"One Checkpoint is enough.*'b', every=2"):
        model.fit(X, y)


def test_lbfgs_is_refused(tmp_path):
    model = MLPClassifier(**SMALL, solver="lbfgs").set_callbacks(Checkpoint(tmp_path / "fit"))
    with pytest.raises(ValueError, match=r"solver='lbfgs'.*warm_start=True"):
        model.fit(X, y)


# Files that cannot be written


def test_a_fit_whose_file_cannot_be_written_does_not_begin(tmp_path):
    model = MLPClassifier(**SMALL).set_callbacks(Checkpoint(tmp_path / "none" / "fit"))
    with pytest.raises(FileNotFoundError, match=r"training has not begun.*none.*fit"):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")
    model.set_callbacks(Checkpoint(tmp_path))
    with pytest.raises(ValueError, match="not a file"):
        model.fit(X, y)


def test_a_file_in_the_present_folder_stays_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    class Wanders(Stops):
        def on_fit_task_begin(self, estimator, context):
            os.chdir("/")

    MLPClassifier(**SMALL).set_callbacks(Checkpoint("fit"), Wanders(0)).fit(X, y)
    assert fit_file.read(str(tmp_path / "fit"))[1][0].n_epochs == 6


def test_what_a_kill_left_unfinished_is_removed(tmp_path):
    left, others = tmp_path / ".fit.0123456789abcdef.tmp", tmp_path / ".fit2.01234.tmp"
    for path in (left, others):
        path.write_bytes(b"half")
    MLPClassifier(**SMALL).set_callbacks(Checkpoint(tmp_path / "fit")).fit(X, y)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".fit2.01234.tmp", "fit"]


def test_later_errors_are_warnings_and_training_goes_on(tmp_path, monkeypatch):
    """The third and the fourth write fail; the last good file stays until the fifth."""
    path = tmp_path / "fit"
    model = MLPClassifier(**SMALL)
    write, n_calls, during = fit_file.write, [], []

    def failing(*args):
        n_calls.append(1)
        if len(n_calls) in (4, 5):
            during.append(fit_file.read(str(path))[1][0].n_epochs)
            raise OSError(28, "No space left on device")
        write(*args)

    monkeypatch.setattr(fit_file, "write", failing)
    resumed = clone(model).set_callbacks(Checkpoint(path))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resumed.fit(X, y)
    messages = [str(each.message) for each in caught if each.category is CheckpointWarning]
    assert len(messages) == 2
    assert repr(str(path)) in messages[0]
    assert "after epoch 3: [Errno 28] No space left on device. Training goes on" in messages[0]
    assert "the file of epoch 2 stays" in messages[0]
    assert during == [2, 2]
    assert len(n_calls) == 7
    assert fit_file.read(str(path))[1][0].n_epochs == 6
    assert_same(resumed, model.fit(X, y))


# What a function is, and parameters of other versions


CHILD = """
import os, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
from sklearn_relu import MLPRegressor
from sklearn_relu.callbacks import Checkpoint

def metric(estimator, X, y):
    return -float((np.abs(estimator.predict(X) - y) ** POWER).mean())

class KillAfter:
    def __init__(self, n_epochs):
        self.left = n_epochs
    def setup(self, estimator, context):
        pass
    def teardown(self, estimator, context):
        pass
    def on_fit_task_begin(self, estimator, context):
        pass
    def on_fit_task_end(self, estimator, context):
        self.left -= 1
        if not self.left:
            os._exit(9)

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 5))
y = X[:, 0] + rng.normal(size=60)
model = MLPRegressor(
    hidden_layer_sizes=(50,), early_stopping=True, early_stopping_metric=metric, max_iter=60,
    n_iter_no_change=1000, learning_rate_init=0.02, random_state=1,
)
path, n_epochs = sys.argv[1], int(sys.argv[2])
model.set_callbacks(*[Checkpoint(path)] * bool(path), *[KillAfter(n_epochs)] * bool(n_epochs))
model.fit(X, y)
print(model.best_validation_score_, model.coefs_[0].tolist())
print(int(np.argmax(model.validation_scores_)), file=sys.stderr)
"""


def in_a_process(tmp_path, *arguments, power=1):
    script = tmp_path / "script.py"
    script.write_text(CHILD.replace("POWER", str(power)), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.mark.slow
def test_a_fit_by_a_users_metric_goes_on_in_another_process_with_its_best_epoch(tmp_path):
    path = tmp_path / "fit"
    whole = in_a_process(tmp_path, "", 0)
    best = int(whole.stderr)
    assert best < 40  # the best epoch is one that the killed process had
    assert in_a_process(tmp_path, path, 40).returncode == 9
    other = in_a_process(tmp_path, path, 0, power=2)
    assert "another fit: early_stopping_metric was __main__.metric (code" in other.stderr
    assert in_a_process(tmp_path, path, 0).stdout == whole.stdout != ""


def test_a_file_of_another_function_of_the_same_name_is_refused(tmp_path):
    def by(factor):
        def metric(estimator, X, y):
            return factor * estimator.score(X, y)

        return metric

    def rate(progress):
        return 1 / (1 + progress.epoch)

    same = rate

    def rate(progress):
        return 1 / (2 + progress.epoch)

    for name, first, again, other in [
        ("early_stopping_metric", by(1), by(1), by(2)),
        ("early_stopping_metric", partial(max, 1), partial(max, 1), partial(max, 2)),
        ("learning_rate", same, same, rate),
    ]:
        path = tmp_path / f"{name}{first}".replace("/", "")
        model = MLPClassifier(**SMALL, **{name: first})
        model.set_callbacks(Checkpoint(path)).fit(X, y)
        again = clone(model).set_params(**{name: again}).fit(X, y)
        assert again.history_ == model.history_
        with pytest.raises(ValueError, match=rf"another fit: {name} was .*\(code .*\(code"):
            clone(model).set_params(**{name: other}).fit(X, y)


def rewrite(path, change):
    """Change what a file says its fit is, as another version would have written it."""
    described, snapshots = fit_file.read(str(path))
    change(described)
    fit_file.write(str(path), described, snapshots)


class Growing(MLPClassifier):
    """A later version: with a new parameter, and another default of one."""

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        batch_size="auto",
        max_iter=200,
        tol=1e-4,
        random_state=None,
        bias_initialization="zeros",
        novelty=None,
    ):
        super().__init__(
            hidden_layer_sizes,
            batch_size=batch_size,
            max_iter=max_iter,
            tol=tol,
            random_state=random_state,
            bias_initialization=bias_initialization,
        )
        self.novelty = novelty


@pytest.mark.parametrize(
    ("change", "params", "message"),
    [
        (lambda said: said.pop("novelty"), {}, None),
        (lambda said: said.pop("novelty"), {"novelty": 1}, "novelty was not given, now 1"),
        (lambda said: said.update(bias_initialization="0.0"), {}, None),
        (
            lambda said: said.update(bias_initialization="0.0"),
            {"bias_initialization": "orthogonal"},
            "bias_initialization was 0.0, now 'orthogonal'",
        ),
        (
            lambda said: said.update(bias_initialization="0.1"),
            {},
            "bias_initialization was 0.1, now 'zeros'",
        ),
        (lambda said: said.update(tol="0.0"), {"tol": 1e-4}, "tol was 0.0, now 0.0001"),
        (lambda said: said.update(gone="1"), {}, "gone was 1, now not given"),
        (lambda said: said.pop("y"), {}, "y was not given"),
    ],
)
def test_a_parameter_that_is_new_or_has_another_default_makes_no_other_fit(
    change, params, message, tmp_path
):
    path = tmp_path / "fit"
    model = Growing(**SMALL).set_callbacks(Checkpoint(path)).fit(X, y)
    rewrite(path, change)
    again = clone(model).set_params(**params)
    if message is None:
        assert again.fit(X, y).history_ == model.history_
    else:
        with pytest.raises(ValueError, match=f"another fit: {re.escape(message)}"):
            again.fit(X, y)


def test_functions_in_files_of_0_1_0_have_their_names_alone(tmp_path):
    def metric(estimator, X, y):
        return estimator.score(X, y)

    def rate(progress):
        return 1.0

    long = {int(label): 1.0 + label for label in np.arange(45)}
    labels = np.arange(90) // 2
    model = MLPClassifier(
        **SMALL,
        early_stopping_metric=metric,
        learning_rate=WarmUp(2, rate),
        activation=[Hooked(metric, "x" * 300)],
        class_weight=long,
    )
    path = tmp_path / "fit"
    model.set_callbacks(Checkpoint(path)).fit(X, labels)
    rewrite(
        path,
        lambda said: said.update({k: re.sub(r" \(code .*\)", "", v) for k, v in said.items()}),
    )
    assert "(code" not in str(fit_file.read(str(path))[0])
    assert clone(model).fit(X, labels).history_ == model.history_


class Hooked(ReLU):
    """An activation that holds a function."""

    def __init__(self, hook=None, text=""):
        self.hook = hook
        self.text = text


def test_a_warm_start_with_members_that_stand_still_goes_on(tmp_path):
    params = SMALL | {"tol": 0.03, "n_iter_no_change": 1, "max_iter": 8, "ensemble_size": 4}
    first = MLPRegressor(**params, warm_start=True, learning_rate_init=0.05)
    target = X[:, 0] + 0.5 * np.random.RandomState(5).normal(size=90)
    first.fit(X, target)
    lengths = [len(curve) for curve in first.loss_curve_]
    assert min(lengths) < 8 == max(lengths)
    whole = pickle.loads(pickle.dumps(first)).fit(X, target)
    copies = Copies(tmp_path / "fit")
    again = pickle.loads(pickle.dumps(first))
    again.set_callbacks(Checkpoint(copies.path), copies).fit(X, target)
    assert_same(again, whole)
    assert [len(c) == n for c, n in zip(again.loss_curve_, lengths, strict=True)].count(True) >= 1
    for path in copies.paths:
        resumed = pickle.loads(pickle.dumps(first)).set_callbacks(Checkpoint(path))
        assert_same(resumed.fit(X, target), whole)
        assert resumed._states[0]["conditions"] == whole._states[0]["conditions"]
