"""With clipping, a network skips a step whose gradient is not finite, and nobody else notices."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import versions
from test_lockstep_training import FOLDS, X, Y, assert_same, figures, make_jobs, make_recipe

from sklearn_relu import MLPClassifier, load, save
from sklearn_relu.activations import ACTIVATIONS, Activation
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.inspection import verdict
from sklearn_relu.optimizers import OPTIMIZERS, SGD, Adam, AdamW
from sklearn_relu.penalties import L1
from sklearn_relu.schedules import ConstantRate
from sklearn_relu.training.epochs import train

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]
STOCHASTIC = {name: cls for name, cls in OPTIMIZERS.items() if cls.takes_batches}
STEEP_ROWS = [5, 30]
"""Rows where the derivative of `Cliff` is infinite, and its value is not."""


class Cliff(Activation):
    """ReLU, but for an infinite derivative from a height on that ordinary data do not reach."""

    def forward(self, z, a, params, noise=None):
        """ReLU."""
        np.maximum(z, 0, out=a)

    def expression(self, z, params):
        """ReLU."""
        return np.maximum(z, 0)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """Infinite on the cliff."""
        np.greater(z, 0, out=grad_z)
        grad_z *= grad_a
        grad_z[z > 1e4] = np.inf


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "cliff", Cliff)


def steep(X, rows=STEEP_ROWS):
    X = X.copy()
    X[rows] *= 1e6
    return X


def jobs_with_one_on_the_cliff(recipe, **kwargs):
    jobs = make_jobs(recipe, X=X.astype(recipe.dtype), **kwargs)
    for job in jobs:
        job.y = Y.astype(recipe.dtype)
    jobs[2].X = steep(X).astype(recipe.dtype)
    return jobs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_others_of_a_stack_do_not_notice(solver, dtype):
    recipe = make_recipe("cliff", optimizer=STOCHASTIC[solver](), gradient_clipping=0.5)
    recipe = replace(recipe, dtype=np.dtype(dtype))
    alone, together = (jobs_with_one_on_the_cliff(recipe) for _ in range(2))
    for job in alone:
        train([job])
    train(together)
    assert_same(alone, together)
    skipped = [job.state.skipped_steps for job in together]
    assert skipped == [job.state.skipped_steps for job in alone]
    assert skipped.pop(2) > 0
    assert not any(skipped)
    assert all(np.isfinite(job.state.params).all() for job in together)


@pytest.mark.parametrize(
    "parameters",
    [
        *({"optimizer": cls()} for cls in STOCHASTIC.values()),
        {"optimizer": SGD(weight_decay=0.1), "penalty": L1()},
        {"optimizer": AdamW(), "penalty": L1(), "max_norm": 0.7},
        {"optimizer": Adam(), "schedule": "within an epoch"},
    ],
    ids=str,
)
def test_a_skipped_step_leaves_all_as_it_was(parameters):
    """The second batch is never used: training is that on the first."""
    parameters = dict(parameters)
    is_scheduled = parameters.pop("schedule", None) is not None
    recipe = make_recipe("cliff", gradient_clipping=0.5, **parameters)
    changes = {"shuffle": False, "schedule": ConstantRate(), "tol": -np.inf, "max_epochs": 5}
    both, first = (jobs_with_one_on_the_cliff(recipe)[2] for _ in range(2))
    flat = [row for row in range(60) if row not in STEEP_ROWS]
    both.rows = np.array(flat[:16] + STEEP_ROWS + flat[20:34])
    first.rows = np.array(flat[:16])
    for job in (both, first):
        for name, value in changes.items():
            setattr(job, name, value)
        if is_scheduled:
            job.schedule = ByEpoch()
        train([job])
    assert both.n_epochs == first.n_epochs == 5
    assert both.state.skipped_steps == 5
    assert first.state.skipped_steps == 0
    np.testing.assert_array_equal(both.state.params, first.state.params)
    for name, values in first.state.slots.items():
        np.testing.assert_array_equal(both.state.slots[name], values)


class ByEpoch(ConstantRate):
    """A rate that is asked for in each step, and falls from epoch to epoch."""

    changes_within_epoch = True

    def rate(self, learning_rate, progress):
        """Fall."""
        return learning_rate / (1 + progress.epoch)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_epoch_of_skipped_steps_alone_is_a_divergence(dtype):
    recipe = make_recipe("cliff", gradient_clipping=0.5)
    recipe = replace(recipe, batch_size=100, dtype=np.dtype(dtype))
    jobs, calm = (jobs_with_one_on_the_cliff(recipe) for _ in range(2))
    start = jobs[2].state.params.copy()
    train(jobs)
    assert jobs[2].outcome == "diverged"
    assert not jobs[2].is_whole
    np.testing.assert_array_equal(jobs[2].state.params, start)
    others = [i for i in range(len(FOLDS)) if i != 2]
    train([calm[i] for i in others])
    assert_same([calm[i] for i in others], [jobs[i] for i in others])


def test_without_clipping_such_a_gradient_is_a_divergence():
    jobs = jobs_with_one_on_the_cliff(make_recipe("cliff"))
    train(jobs)
    assert jobs[2].outcome == "diverged"
    assert jobs[2].state.skipped_steps == 0


def test_sample_weights_and_noise():
    weight = np.linspace(0, 2, 60)[:, None]
    recipe = make_recipe("cliff", dropout=[0.1, 0.0], input_dropout=0.1, gradient_clipping=0.5)
    alone, together = (jobs_with_one_on_the_cliff(recipe, sample_weight=weight) for _ in range(2))
    for job in alone:
        train([job])
    train(together)
    assert_same(alone, together)
    assert together[2].state.skipped_steps > 0
    assert len(figures(together[2])) == together[2].n_epochs


# Estimators

LABELS = Y[:, 0].astype(int)
STEEP = steep(X)


def small(**params):
    defaults = {"activation": Cliff(), "max_iter": 6, "batch_size": 16, "random_state": 0, "tol": 0}
    return MLPClassifier((9,), **defaults | {"gradient_clipping": 0.5} | params)


def assert_same_models(one, other):
    assert one.n_skipped_steps_ == other.n_skipped_steps_
    for name in ("coefs_", "intercepts_"):
        for first, second in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(first, second)


def test_it_is_counted_since_training_began():
    model = small().fit(STEEP, LABELS)
    assert 6 <= model.n_skipped_steps_ <= 12  # of 4 steps an epoch, with 2 such rows
    assert small().fit(X, LABELS).n_skipped_steps_ == 0
    assert not hasattr(small(gradient_clipping=None).fit(X, LABELS), "n_skipped_steps_")
    model.set_params(gradient_clipping=None).fit(X, LABELS)
    assert not hasattr(model, "n_skipped_steps_")


def test_fits_warn_of_them_and_verdicts_tell_them():
    with pytest.warns(
        TrainingWarning, match="% of the steps of training the gradient was not finite"
    ):
        model = small().fit(STEEP, LABELS)
    (found,) = [each for each in verdict(model).findings if each.name == "skipped steps"]
    assert found.figure == model.n_skipped_steps_ / 24
    assert found.remedy == "Lower learning_rate_init (it is 0.001)."
    assert "skipped steps" not in repr(verdict(small().fit(X, LABELS)))


def test_each_network_of_an_ensemble_has_its_own():
    model = small(ensemble_size=3).fit(STEEP, LABELS)
    assert len(model.n_skipped_steps_) == 3
    assert all(6 <= n <= 12 for n in model.n_skipped_steps_)
    model.partial_fit(STEEP, LABELS)
    assert min(model.n_skipped_steps_) >= 7


def test_going_on_call_by_call_is_exact():
    whole = small().fit(STEEP, LABELS)
    steps = small()
    warm = small(max_iter=2, warm_start=True)
    for _ in range(6):
        steps.partial_fit(STEEP, LABELS, classes=[0, 1])
    for _ in range(3):
        warm.fit(STEEP, LABELS)
    assert_same_models(steps, whole)
    assert_same_models(warm, whole)
    # Without a state that was kept, the count goes on.
    n = whole.n_skipped_steps_
    assert whole.partial_fit(STEEP, LABELS).n_skipped_steps_ > n


@versions.with_callbacks
def test_a_fit_that_was_killed_goes_on_exactly(tmp_path, monkeypatch):
    whole = small().fit(STEEP, LABELS)
    epochs = 0

    def killed(*args, **kwargs):
        nonlocal epochs
        epochs += 1
        if epochs == 4:
            raise KeyboardInterrupt
        return forward(*args, **kwargs)

    from sklearn_relu.training.epochs import _Epochs

    forward = _Epochs.batches_of_epoch
    path = tmp_path / "fit.relu"
    with monkeypatch.context() as patch:
        patch.setattr(_Epochs, "batches_of_epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            small().set_callbacks(Checkpoint(path)).fit(STEEP, LABELS)
    model = small().set_callbacks(Checkpoint(path)).fit(STEEP, LABELS)
    assert_same_models(model, whole)


def test_it_is_pickled_and_saved(tmp_path):
    path = tmp_path / "model.relu"
    for size in (1, 2):
        model = small(activation="relu", ensemble_size=size, warm_start=True).fit(X, LABELS)
        save(model, path)
        for again in (load(path), pickle.loads(pickle.dumps(model))):
            assert_same_models(again, model)
            assert_same_models(
                again.fit(X, LABELS),
                small(activation="relu", ensemble_size=size, max_iter=12).fit(X, LABELS),
            )


def test_nothing_to_learn_from_is_an_error():
    with pytest.raises(ValueError, match="non-finite"):
        small().fit(steep(X, range(60)), LABELS)
