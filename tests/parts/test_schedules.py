"""Schedules against points computed by hand, and in fits."""

import re

import numpy as np
import pytest
from helpers import name_of
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklearn_relu import MLPClassifier
from sklearn_relu.part import resolve_part
from sklearn_relu.schedules import (
    SCHEDULES,
    Adaptive,
    ConstantRate,
    Cosine,
    CosineLog,
    ExponentialDecay,
    FlatCosine,
    FunctionRate,
    InverseScaling,
    OneCycle,
    Progress,
    Schedule,
    StepDecay,
    WarmUp,
)
from sklearn_relu.testing import check_part

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

STEPS_PER_EPOCH, N_EPOCHS = 4, 50


def half(progress):
    return 0.5


VARIANTS = [
    *[cls() for cls in SCHEDULES.values()],
    InverseScaling(2.0),
    Adaptive(patience=3, factor=1e300),
    StepDecay(1, 1e300),
    ExponentialDecay(1e-10),
    Cosine(period=3),
    Cosine(period=2, multiplier=1.5, min_fraction=0.1),
    CosineLog(1),
    CosineLog(50),
    FlatCosine(0.0),
    FlatCosine(0.75),
    OneCycle(0.5, 0.0, 0.0),
    OneCycle(0.2, 1.0, 0.5),
    FunctionRate(half),
    WarmUp(schedule="cosine"),
    WarmUp(0.5, OneCycle(), 0.0),
    WarmUp(3, WarmUp(2, "invscaling")),
]
every_schedule = pytest.mark.parametrize("schedule", VARIANTS, ids=name_of)
FALLING = [InverseScaling(), Adaptive(), StepDecay(), ExponentialDecay(), Cosine()]


def progress(**values):
    start = {"epoch": 0, "step": 0, "n_steps": 100, "samples_seen": 0, "n_plateaus": 0}
    return Progress(**{**start, "learning_rate": np.nan, **values})


def at(step, n_plateaus=0):
    """Progress at a step of a training of 50 epochs of 4 steps, of 10 samples each."""
    epoch, within = divmod(step, STEPS_PER_EPOCH)
    return Progress(
        epoch=epoch,
        step=step,
        n_steps=STEPS_PER_EPOCH * N_EPOCHS,
        samples_seen=10 * STEPS_PER_EPOCH * epoch,
        n_plateaus=n_plateaus,
        learning_rate=np.nan,
        epoch_fraction=within / STEPS_PER_EPOCH,
    )


def curve(schedule, initial=0.3, n_steps=STEPS_PER_EPOCH * N_EPOCHS):
    return np.array([schedule.rate(initial, at(step)) for step in range(n_steps)])


def test_progress_counts_epochs_by_their_shares_and_the_horizon_up_to_its_end():
    assert [at(step).epochs for step in (0, 1, 4, 7)] == [0.0, 0.25, 1.0, 1.75]
    assert [at(step).of_horizon for step in (0, 50, 200, 400)] == [0.0, 0.25, 1.0, 1.0]


def test_constant_is_the_initial_rate():
    assert {ConstantRate().rate(0.3, progress(samples_seen=n, step=n)) for n in range(9)} == {0.3}


@pytest.mark.parametrize("power_t", [0.0, 0.5, 1.0, 2.0])
def test_invscaling_falls_with_a_power_of_the_samples_seen(power_t):
    schedule = InverseScaling(power_t)
    for seen in (0, 1, 3, 1000):
        expected = 0.3 / (seen + 1) ** power_t
        np.testing.assert_allclose(schedule.rate(0.3, progress(samples_seen=seen)), expected)


@pytest.mark.parametrize(("factor", "min_rate"), [(5.0, 1e-6), (2, 1e-3), (1.5, 0.25)])
def test_adaptive_divides_at_each_plateau_until_the_smallest_rate(factor, min_rate):
    schedule, rate, n_plateaus = Adaptive(factor=factor, min_rate=min_rate), 0.3, 0
    while not schedule.stops(progress(n_plateaus=n_plateaus, learning_rate=rate)):
        n_plateaus += 1
        rate = schedule.rate(0.3, progress(n_plateaus=n_plateaus))
        np.testing.assert_allclose(rate, 0.3 / factor**n_plateaus)
    assert rate <= min_rate < rate * factor


def test_adaptive_is_by_default_that_of_scikit_learn():
    assert Adaptive().get_params() == {"patience": None, "factor": 5.0, "min_rate": 1e-6}


@pytest.mark.parametrize("schedule", [part for part in VARIANTS if type(part) is not Adaptive])
def test_other_schedules_stop_at_the_first_plateau(schedule):
    assert schedule.stops(progress(learning_rate=0.5))
    assert schedule.patience is None


def test_step_divides_every_few_epochs():
    schedule = StepDecay(n_epochs=3, factor=2)
    rates = [schedule.rate(8.0, progress(epoch=epoch)) for epoch in range(8)]
    assert rates == [8, 8, 8, 4, 4, 4, 2, 2]


def test_exponential_multiplies_after_each_epoch():
    rates = [ExponentialDecay(0.5).rate(8.0, progress(epoch=epoch)) for epoch in range(4)]
    assert rates == [8, 4, 2, 1]


def test_cosine_without_a_period_falls_over_the_horizon():
    rates = [Cosine().rate(8.0, at(step)) for step in (0, 50, 100, 150, 200)]
    falling = [8, 4 + 2 * np.sqrt(2), 4, 4 - 2 * np.sqrt(2), 0]
    np.testing.assert_allclose(rates, falling, atol=1e-12)
    raised = [Cosine(min_fraction=0.5).rate(8.0, at(step)) for step in (0, 100, 200)]
    np.testing.assert_allclose(raised, [8, 6, 4])


def test_cosine_with_a_period_starts_again():
    schedule = Cosine(period=2)
    assert np.array_equal(curve(schedule)[:8], curve(schedule)[8:16])
    np.testing.assert_allclose(schedule.rate(8.0, at(4)), 4.0)
    growing = Cosine(period=1, multiplier=2)
    # Periods of 1, 2, 4 epochs: restarts at steps 0, 4, 12, 28; their middles are half way down.
    assert [growing.rate(8.0, at(step)) for step in (0, 4, 12, 28)] == [8.0] * 4
    np.testing.assert_allclose([growing.rate(8.0, at(step)) for step in (2, 8, 20)], 4.0)
    restarts = np.flatnonzero(np.diff(curve(growing)) > 0) + 1
    assert list(restarts) == [4, 12, 28, 60, 124]


@pytest.mark.parametrize("n_cycles", [1, 2, 4, 7])
def test_cosine_log_has_cycles_that_each_last_twice_as_long(n_cycles):
    schedule, shortest = CosineLog(n_cycles), 1 / (2**n_cycles - 1)
    starts = [(2**cycle - 1) * shortest for cycle in range(n_cycles + 1)]
    tops = [(2 ** (cycle + 0.5) - 1) * shortest for cycle in range(n_cycles)]
    n_steps = 10**9
    for shares, expected in ((starts, 0.0), (tops, 8.0)):
        steps = [round(share * n_steps) for share in shares]
        rates = [schedule.rate(8.0, progress(step=step, n_steps=n_steps)) for step in steps]
        np.testing.assert_allclose(rates, expected, atol=1e-9)
    rises = np.diff(curve(schedule, n_steps=200)) > 0
    if n_cycles < 5:  # else the first cycles are shorter than a step
        assert np.count_nonzero(np.diff(rises.astype(int)) == -1) == n_cycles


def test_cosine_log_is_the_formula_of_the_paper():
    done = np.arange(200) / 200
    expected = 0.3 * 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * done)))
    np.testing.assert_allclose(curve(CosineLog()), expected, atol=1e-15)
    assert CosineLog().rate(8.0, at(999)) == 0


def test_flat_cosine_is_flat_and_then_falls():
    rates = [FlatCosine(0.25).rate(8.0, at(step)) for step in (0, 49, 50, 125, 200, 999)]
    np.testing.assert_allclose(rates, [8, 8, 8, 4, 0, 0], atol=1e-12)
    assert rates[:3] == [8.0] * 3
    np.testing.assert_allclose(curve(FlatCosine(0.0)), curve(Cosine()), rtol=1e-14)


def test_one_cycle_rises_and_falls_in_straight_lines():
    schedule = OneCycle(up=0.25, start_fraction=0.5, final_fraction=0.0)
    rates = [schedule.rate(8.0, at(step)) for step in (0, 25, 50, 125, 200, 999)]
    np.testing.assert_allclose(rates, [4, 6, 8, 4, 0, 0], atol=1e-12)


def test_warm_up_rises_to_the_schedule_and_then_is_it():
    schedule = WarmUp(n_epochs=2, start_fraction=0.0)
    assert [schedule.rate(8.0, at(step)) for step in (0, 1, 4, 7, 8, 90)] == [0, 1, 4, 7, 8, 8]
    assert WarmUp(2, "constant", 0.5).rate(8.0, at(4)) == 6.0
    for inner in (InverseScaling(), StepDecay(), Cosine()):
        warmed = curve(WarmUp(2, inner))
        assert np.array_equal(warmed[8:], curve(inner)[8:])
        assert (warmed[:8] < curve(inner)[:8]).all()
    assert np.array_equal(curve(WarmUp(2, "cosine")), curve(WarmUp(2, Cosine())))


def test_warm_up_is_in_all_else_as_its_schedule():
    adaptive = Adaptive(patience=7, min_rate=0.1)
    schedule = WarmUp(2, adaptive)
    assert (schedule.patience, schedule.stop_reason) == (7, adaptive.stop_reason)
    assert not schedule.stops(progress(learning_rate=0.2))
    assert schedule.stops(progress(learning_rate=0.1))
    assert schedule.rate(0.5, at(99, n_plateaus=1)) == 0.1
    assert [WarmUp(schedule=name).has_horizon for name in ("constant", "cosine")] == [False, True]


def test_a_function_gives_the_factor():
    schedule = FunctionRate(lambda now: np.float32(1 / (1 + now.epoch)))
    np.testing.assert_allclose(
        [schedule.rate(8.0, progress(epoch=e)) for e in (0, 1, 3)], [8, 4, 2]
    )


@pytest.mark.parametrize("value", [0, -1.0, np.nan, np.inf, None, "0.1", 1j, [1.0]], ids=repr)
def test_a_function_that_returns_no_positive_number_is_told_so(value):
    message = f"must return a finite number above 0.*returned {re.escape(repr(value))} for Progress"
    with pytest.raises(ValueError, match=message):
        FunctionRate(lambda now: value).rate(0.1, progress(epoch=3))


def test_a_function_has_to_be_one():
    with pytest.raises(ValueError, match="'function' parameter of FunctionRate must be a callable"):
        FunctionRate(0.5).check()


@every_schedule
def test_every_schedule_keeps_the_contract_of_its_family(schedule):
    check_part(schedule)


@every_schedule
def test_rates_are_finite_and_not_negative_beyond_the_horizon_too(schedule):
    for n_plateaus in (0, 1, 500):
        for step in (*range(0, 800, 7), 10**6):
            rate = schedule.rate(0.3, at(step, n_plateaus))
            assert isinstance(rate, float)
            assert 0 <= rate <= 0.3


@pytest.mark.parametrize(
    "schedule",
    [
        Cosine(),
        Cosine(50),
        FlatCosine(),
        OneCycle(),
        WarmUp(),
        WarmUp(8, Cosine()),
        WarmUp(8, OneCycle()),
    ],
    ids=repr,
)
def test_curves_have_no_jumps(schedule):
    assert abs(np.diff(curve(schedule))).max() < 0.3 * 0.06


@every_schedule
def test_copies_and_reprs(schedule):
    twin = clone(schedule)
    assert np.array_equal(curve(twin), curve(schedule))
    assert repr(twin) == repr(schedule)


def test_nested_parameters_of_a_warm_up():
    schedule = WarmUp(schedule="invscaling")
    assert schedule.set_params(schedule__power_t=0.7, n_epochs=2) is schedule
    assert repr(schedule) == "WarmUp(n_epochs=2, schedule=InverseScaling(power_t=0.7))"
    assert schedule.get_params()["schedule__power_t"] == 0.7
    assert schedule.set_params(schedule="step", schedule__n_epochs=4).schedule.n_epochs == 4
    assert schedule.set_params(start_fraction=0.3).schedule.n_epochs == 4
    with pytest.raises(ValueError, match="Invalid parameter 'power_t' for estimator StepDecay"):
        schedule.set_params(schedule__power_t=0.7)
    with pytest.raises(ValueError, match=r"schedule must be one of .* Did you mean 'cosine'"):
        WarmUp(schedule="cosin").set_params(schedule__period=3)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (WarmUp(schedule="cosin"), "schedule must be one of .* Did you mean 'cosine'"),
        (WarmUp(schedule=Cosine(period=-1)), "'period' parameter of Cosine must be"),
        (WarmUp(schedule=Cosine), "schedule must be one of|'schedule' parameter of WarmUp must be"),
        (
            WarmUp(schedule=WarmUp(schedule=StepDecay(factor=0.5))),
            "'factor' parameter of StepDecay",
        ),
    ],
)
def test_the_schedule_of_a_warm_up_is_checked(schedule, message):
    with pytest.raises(ValueError, match=message):
        resolve_part(schedule, SCHEDULES, Schedule, "learning_rate")


X = np.random.RandomState(0).normal(size=(40, 4))
y = X[:, 0] > 0


def network(**params):
    return MLPClassifier((6,), batch_size=10, max_iter=12, random_state=0).set_params(**params)


def weights(**params):
    return network(**params).fit(X, y).coefs_[0]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "schedule", [*FALLING, CosineLog(), FlatCosine(), OneCycle(), WarmUp()], ids=repr
)
@pytest.mark.parametrize("solver", ["sgd", "adam", "lion"])
def test_schedules_act_under_every_kind_of_solver(schedule, solver):
    params = {"solver": solver, "max_iter": 40, "tol": 10.0, "n_iter_no_change": 2}
    if not isinstance(schedule, Adaptive):
        params["n_iter_no_change"] = np.inf
    constant = weights(**params)
    assert not np.array_equal(weights(**params, learning_rate=schedule), constant)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "grid",
    [
        {"learning_rate": [*SCHEDULES, FunctionRate(half)]},
        {"learning_rate": ["step"], "learning_rate__n_epochs": [2, 5]},
        {"learning_rate": [Cosine(3)], "learning_rate__multiplier": [1, 2]},
        {
            "learning_rate": [WarmUp(2, "invscaling"), WarmUp(2, InverseScaling(0.1))],
            "learning_rate__schedule__power_t": [0.25, 0.5],
        },
        {
            "learning_rate": ["warm_up"],
            "learning_rate__schedule": ["invscaling"],
            "learning_rate__schedule__power_t": [0.25, 0.5],
        },
    ],
)
def test_grids_over_schedules(grid):
    search = GridSearchCV(network(), grid, cv=2, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_nested_parameters_reach_the_fit():
    by_name = weights(
        learning_rate="warm_up",
        learning_rate__n_epochs=2,
        learning_rate__schedule="invscaling",
        learning_rate__schedule__power_t=0.25,
    )
    by_part = weights(learning_rate=WarmUp(2, InverseScaling(0.25)))
    assert np.array_equal(by_name, by_part)
    assert not np.array_equal(by_part, weights(learning_rate=WarmUp(2, InverseScaling(0.5))))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rates_in_a_fit_are_those_of_the_steps():
    seen = []

    def watch(now):
        seen.append(now)
        return 1.0

    network(learning_rate=FunctionRate(watch), max_iter=3).fit(X, y)
    steps = {now.step: now for now in seen}
    assert list(steps) == list(range(12))
    assert all(now.n_steps == 12 for now in seen)
    assert [now.epochs for now in steps.values()] == [step / 4 for step in range(12)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_function_that_fails_leaves_the_estimator_unfitted():
    model = network(learning_rate=FunctionRate(lambda now: 1 - now.epoch))
    with pytest.raises(ValueError, match="must return a finite number above 0"):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize(("patience", "n_plateaus"), [(None, 1), (1, 5)])
def test_patience_of_the_schedule_comes_before_the_estimators(patience, n_plateaus, capsys):
    schedule = Adaptive(patience=patience, factor=2.0)
    model = network(learning_rate=schedule, tol=10.0, n_iter_no_change=5, verbose=True)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    assert capsys.readouterr().out.count("Setting learning rate") == n_plateaus


@pytest.mark.parametrize("n_epochs", [1, 2, 7, 31, 400])
@pytest.mark.parametrize("n_cycles", [1, 3, 5])
def test_cycles_end_where_the_rate_is_at_its_lowest(n_cycles, n_epochs):
    schedule = CosineLog(n_cycles)
    ends = schedule.cycle_ends(n_epochs)
    assert list(ends) == sorted(set(ends))
    assert ends[-1] == n_epochs
    assert ends[0] >= 1
    if n_epochs == 400:
        rates = [schedule.rate(1.0, progress(step=end, n_steps=n_epochs)) for end in ends]
        assert max(rates) < 0.01
        assert len(ends) == n_cycles


def test_most_schedules_have_no_cycles():
    assert {name for name, cls in SCHEDULES.items() if cls().cycle_ends(10)} == {"cosine_log"}
