"""Jobs trained as one stack equal the same jobs trained alone, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import stages_of
from sklearn.datasets import make_classification

from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.estimators.fitted_arrays import initial_params
from sklearn_relu.initializers import Auto, Constant
from sklearn_relu.layers import dense_layers
from sklearn_relu.losses import LogLoss
from sklearn_relu.optimizers import SGD, Adam
from sklearn_relu.penalties import ACTIVITY_PENALTIES, L1, L2
from sklearn_relu.schedules import SCHEDULES, Adaptive, ConstantRate, FunctionRate, WarmUp
from sklearn_relu.training.batches import Batches
from sklearn_relu.training.epochs import train
from sklearn_relu.training.jobs import Job, TrainingState
from sklearn_relu.training.recipe import Recipe

X, LABELS = make_classification(60, 8, random_state=0)
Y = LABELS[:, None].astype(float)
FOLDS = [np.flatnonzero(np.arange(60) % 7 != i)[: 60 - 3 * i] for i in range(7)]


def make_recipe(
    activation="relu",
    sizes=(9, 7),
    optimizer=None,
    penalty=None,
    activity=None,
    dropout=(),
    max_norm=None,
    **more,
):
    layers = dense_layers(8, list(sizes), [ACTIVATIONS[activation]()] * len(sizes), 1)
    return Recipe(
        stages=stages_of(layers, penalty or L2(), activity, dropout, max_norm),
        loss=LogLoss(),
        optimizer=optimizer or Adam(),
        batch_size=16,
        dtype=np.dtype(float),
        n_targets=1,
        **more,
    )


def curve(job):
    """The loss in each epoch."""
    return [epoch.loss for epoch in job.state.history]


def figures(job):
    """All that its history says of each epoch, but for the seconds."""
    return np.array([epoch[:-1] for epoch in job.state.history])


def make_jobs(recipe, X=X, sample_weight=None, max_epochs=10, **changes):
    """Seven jobs that differ in all that jobs of one stack may differ in."""
    jobs = []
    for i, rows in enumerate(FOLDS):
        rng = np.random.RandomState(i)
        params = initial_params(recipe.layers, Auto(), Constant(0.1), rng, X, recipe.dtype)
        job = Job(
            recipe,
            X,
            Y,
            sample_weight,
            rows,
            rng,
            TrainingState(params),
            learning_rate=0.002 * (i + 1),
            schedule=ConstantRate() if i % 2 else Adaptive(),
            alpha=10.0 ** (i - 5),
            activity_alpha=0.001 * i,
            shuffle=i != 3,
            max_epochs=max_epochs - (i == 5),
            tol=1e-4 if i != 2 else 0.1,
            n_iter_no_change=3,
            resumable=True,
        )
        for name, value in changes.items():
            setattr(job, name, value)
        jobs.append(job)
    return jobs


def assert_same(alone, together):
    for one, other in zip(alone, together, strict=True):
        assert one.outcome == other.outcome
        assert one.n_epochs == other.n_epochs
        np.testing.assert_array_equal(figures(one), figures(other))
        np.testing.assert_array_equal(one.state.params, other.state.params)
        for name, values in one.state.slots.items():
            np.testing.assert_array_equal(values, other.state.slots[name])


def check(recipe, **kwargs):
    alone, together = make_jobs(recipe, **kwargs), make_jobs(recipe, **kwargs)
    for job in alone:
        train([job])
    train(together)
    assert_same(alone, together)
    return together


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_stack_of_seven_jobs_equals_each_alone(activation):
    jobs = check(make_recipe(activation))
    assert len({job.n_rows for job in jobs}) > 3  # folds of different size
    assert len({job.n_epochs for job in jobs}) > 1  # some left the stack early


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("copied", [0, 2**30], ids=["each from its own", "from one"])
def test_jobs_with_tables_of_their_own(monkeypatch, copied, weighted):
    monkeypatch.setattr("sklearn_relu.training.batches.COPIED", copied)
    recipe = make_recipe()
    stacks = []
    for _ in range(2):
        jobs = make_jobs(recipe)
        for i, job in enumerate(jobs):
            job.X, job.y = X[FOLDS[i]] + i, Y[FOLDS[i]]
            job.rows = None if i % 2 else np.arange(len(job.X) - 1)
            if weighted:
                job.sample_weight = np.random.RandomState(i).uniform(size=job.y.shape)
        stacks.append(jobs)
    for job in stacks[0]:
        train([job])
    train(stacks[1])
    assert_same(*stacks)
    assert (Batches(stacks[1]).table is None) == (copied == 0)


def test_jobs_with_one_table_do_not_copy_it(monkeypatch):
    monkeypatch.setattr("sklearn_relu.training.batches.COPIED", 0)
    batches = Batches(make_jobs(make_recipe()))
    assert batches.table is not None
    assert batches.table[0] is X


def test_a_deep_network_equals_itself_alone_after_60_epochs():
    jobs = check(make_recipe("tanh", sizes=(12,) * 8), max_epochs=60, n_iter_no_change=np.inf)
    assert [job.n_epochs for job in jobs] == [60, 60, 60, 60, 60, 59, 60]


@pytest.mark.parametrize("activity", ACTIVITY_PENALTIES)
@pytest.mark.parametrize("optimizer", [Adam(), SGD(), SGD(nesterovs_momentum=False)])
def test_penalties_and_sample_weights_in_a_stack(optimizer, activity):
    weight = np.random.RandomState(0).uniform(size=(60, 1))
    weight[:20] = 0
    penalty = ACTIVITY_PENALTIES[activity]()
    activation = "logistic" if penalty.needs_rates else "prelu"
    check(make_recipe(activation, (9, 7), optimizer, L1(), penalty), sample_weight=weight)


@pytest.mark.parametrize("activation", ["relu", "rrelu", "selu"])
def test_networks_of_a_stack_draw_the_noise_that_they_draw_alone(activation):
    noise = {"dropout": [0.3, 0.0], "input_dropout": 0.1, "input_noise": 0.2}
    check(make_recipe(activation, **noise, max_norm=1.0, gradient_clipping=0.5))


def test_dropout_rates_may_differ_in_a_stack():
    recipe = make_recipe("relu", dropout=[0.3, 0.0], input_dropout=0.1)
    rates = [0.05 + 0.1 * i for i in range(len(make_jobs(recipe)))]

    def jobs():
        jobs = make_jobs(recipe)
        for job, rate in zip(jobs, rates, strict=True):
            first, *others = recipe.stages
            stages = (replace(first, dropout=rate), *others)
            job.recipe = replace(recipe, stages=stages, input_dropout=rate / 2)
        return jobs

    alone, together = jobs(), jobs()
    for job in alone:
        train([job])
    train(together)
    assert_same(alone, together)


def test_weights_of_each_target_in_a_stack():
    check(make_recipe(activity=ACTIVITY_PENALTIES["l2"]()), sample_weight=np.full((60, 1), 0.3))


def test_sparse_inputs_in_a_stack():
    check(make_recipe(), X=sp.csr_array(X))


def test_a_job_that_diverges_leaves_the_others_as_they_are():
    recipe = make_recipe(optimizer=SGD())
    alone, together = make_jobs(recipe), make_jobs(recipe)
    for jobs in (alone, together):
        jobs[4].learning_rate = 1e200
    for job in alone:
        train([job])
    train(together)
    assert together[4].outcome == "diverged"
    assert together[4].n_epochs == 0
    untouched = make_jobs(recipe)[4].state.params
    np.testing.assert_array_equal(together[4].state.params, untouched)
    del alone[4], together[4]
    assert_same(alone, together)


def test_a_batch_without_weight_is_skipped():
    """Such a network stands still, even with momentum left over."""
    recipe = make_recipe(optimizer=SGD())
    weight = np.ones((60, 1))
    weight[16:32] = 0
    with_empty_batch = make_jobs(recipe, sample_weight=weight, rows=None, shuffle=False)[0]
    rows = np.r_[0:16, 32:60]
    without = make_jobs(recipe, sample_weight=weight, rows=rows, shuffle=False)[0]
    train([with_empty_batch])
    train([without])
    np.testing.assert_array_equal(with_empty_batch.state.params, without.state.params)
    np.testing.assert_allclose(curve(with_empty_batch), curve(without))


def test_the_hook_at_the_end_of_an_epoch_can_stop_its_job():
    recipe = make_recipe()
    jobs = make_jobs(recipe)
    jobs[0].on_epoch_end = lambda: jobs[0].n_epochs == 4
    train(jobs)
    assert (jobs[0].outcome, jobs[0].n_epochs) == ("stopped", 4)


def test_a_step_allocates_nothing_in_proportion_to_its_arrays():
    import tracemalloc

    recipe = make_recipe(sizes=(200, 200))
    rng = np.random.RandomState(0)
    big_X = rng.normal(size=(4000, 8))
    params = initial_params(recipe.layers, Auto(), Constant(), rng, big_X, recipe.dtype)
    job = make_jobs(recipe, X=big_X, rows=None, y=(big_X[:, :1] > 0) * 1.0, max_epochs=3)[0]
    job.state = TrainingState(params)
    peaks = []

    def reset():
        peaks.append(tracemalloc.get_traced_memory()[1] - tracemalloc.get_traced_memory()[0])
        tracemalloc.reset_peak()

    job.on_epoch_end = reset
    job.resumable = False
    tracemalloc.start()
    train([job])
    tracemalloc.stop()
    # The last epoch: its order of the rows and a copy of the parameters, which are per epoch; a
    # temporary of one hidden layer or of the parameters in a step would add 16 * 200 * 8 bytes.
    per_epoch = 2 * 4000 * 8 + job.state.params.nbytes
    assert peaks[-1] < per_epoch + 16 * 200 * 8


class HalvingRate(ConstantRate):
    """Changes within an epoch: the rate halves with each step of it."""

    changes_within_epoch = True

    def rate(self, initial, progress):
        return initial / 2.0**progress.step


def test_a_schedule_can_change_the_rate_at_each_step():
    """With plain SGD and a gradient that hardly changes, steps are as long as the rates say."""
    recipe = make_recipe(optimizer=SGD(momentum=0), activation="identity")
    jobs = make_jobs(recipe, schedule=HalvingRate(), rows=None, learning_rate=1e-9, max_epochs=1)
    constant = make_jobs(
        recipe, schedule=ConstantRate(), rows=None, learning_rate=1e-9, max_epochs=1
    )
    for job in (*jobs[:1], *constant[:1]):
        job.start = job.state.params
        train([job])
    halved, full = (abs(job.state.params - job.start).sum() for job in (jobs[0], constant[0]))
    # Rates 1, 1/2, 1/4, 1/8 against 1, 1, 1, 1; batches differ, so only roughly.
    assert 0.25 < halved / full < 0.75
    assert jobs[0].state.step == 4
    check(recipe, schedule=HalvingRate())


@pytest.mark.parametrize(
    "schedule",
    [cls() for cls in SCHEDULES.values()]
    + [WarmUp(20, Adaptive(min_rate=0.0015), start_fraction=0.0), HalvingRate()],
    ids=repr,
)
def test_a_stack_of_unequal_jobs_has_the_rates_that_each_has_alone(schedule):
    """Also where a rate that is no longer above a bound ends training."""
    together = check(make_recipe(), schedule=schedule, tol=10.0, n_iter_no_change=1)
    assert len({job.n_rows for job in together}) > 1


class Watch:
    """A function of progress that notes each one it sees."""

    def __init__(self):
        self.seen = []

    def __call__(self, progress):
        self.seen.append(progress)
        return 1.0


@pytest.mark.parametrize("case", ["unequal rows", "batches without weight", "one that diverges"])
def test_a_schedule_is_asked_once_for_each_step_that_is_made_and_for_no_other(case):
    weight = None
    if case == "batches without weight":
        weight = np.where(np.arange(60) < 40, 0.0, 1.0)[:, None]
    jobs = make_jobs(make_recipe(), sample_weight=weight, shuffle=False)
    if case == "one that diverges":
        jobs[2].state = replace(jobs[2].state, params=np.full_like(jobs[2].state.params, 1e300))
    for job in jobs:
        job.schedule = FunctionRate(Watch())
    train(jobs)
    for i, job in enumerate(jobs):
        starts = np.arange(0, job.n_rows, 16)
        made = [
            batch
            for batch, start in enumerate(starts)
            if weight is None or weight[job.rows[start : start + 16]].any()
        ]
        n_batches, epochs = len(starts), range(job.n_epochs)
        steps = [epoch * n_batches + batch for epoch in epochs for batch in made]
        if case == "one that diverges" and i == 2:
            steps = [0]
        seen = job.schedule.function.seen
        assert [progress.step for progress in seen] == steps
        for progress in seen:
            assert progress.n_steps == job.max_epochs * n_batches > progress.step
            assert 0 <= progress.epoch_fraction < 1
            first = progress.step % n_batches == made[0]
            np.testing.assert_equal(progress.learning_rate, np.nan if first else job.learning_rate)
    if case == "batches without weight":
        assert any(len(job.schedule.function.seen) < job.state.step for job in jobs)


def test_a_schedule_is_not_asked_for_steps_after_the_last_epoch():
    class Table(Adaptive):
        def rate(self, initial, progress):
            return np.linspace(1e-3, 1e-4, 3)[progress.epoch]  # of 3 epochs

    lines = []
    jobs = make_jobs(make_recipe(), schedule=Table(), tol=10.0, n_iter_no_change=1, max_epochs=3)
    jobs[0].report = lines.append
    jobs[5].max_epochs = 3
    train(jobs)
    assert {job.n_epochs for job in jobs} == {3}
    assert jobs[0].state.n_plateaus == 1
    assert lines[-1].endswith("for 1 consecutive epochs.")


def test_rows_in_order_in_a_stack():
    check(make_recipe(), rows=None, shuffle=False)
