"""Rules of schedules."""

from numbers import Integral

import numpy as np

from sklearn_relu.schedules import Progress, Schedule
from sklearn_relu.testing.reporting import call, require

STEPS_PER_EPOCH, N_EPOCHS, INITIAL = 4, 50, 0.3


def _at(step: int, n_plateaus: int = 0, n_steps: int = STEPS_PER_EPOCH * N_EPOCHS) -> Progress:
    """Progress at a step of a training of 50 epochs, each of 4 steps of 10 samples."""
    epoch, within = divmod(step, STEPS_PER_EPOCH)
    return Progress(
        epoch=epoch,
        step=step,
        n_steps=n_steps,
        samples_seen=10 * STEPS_PER_EPOCH * epoch,
        n_plateaus=n_plateaus,
        learning_rate=np.nan if step == 0 else INITIAL,
        epoch_fraction=within / STEPS_PER_EPOCH,
    )


def rates_are_finite_and_not_negative(part: Schedule) -> None:
    """Rates are numbers from 0 on, also beyond the horizon, and not all are 0."""
    rates = []
    for n_plateaus in (0, 1, 500):
        for step in (*range(0, 4 * STEPS_PER_EPOCH * N_EPOCHS, 7), 10**6):
            rate = call(part, "rate", INITIAL, _at(step, n_plateaus))
            require(
                isinstance(rate, float | int | np.floating) and 0 <= rate < np.inf,
                part,
                "rate",
                f"gives {rate!r} for {_at(step, n_plateaus)}",
                "Return a finite number that is not negative, as a float.",
            )
            rates.append(rate)
    advice = "Return the initial rate times a factor above 0."
    require(any(rates), part, "rate", "is 0 always, so that nothing is learned", advice)


def rate_depends_on_progress_alone(part: Schedule) -> None:
    """The same progress gives the same rate, whatever was asked before: training resumes."""
    steps = [*range(STEPS_PER_EPOCH * N_EPOCHS)]
    forwards = [call(part, "rate", INITIAL, _at(step)) for step in steps]
    backwards = [call(part, "rate", INITIAL, _at(step)) for step in reversed(steps)][::-1]
    require(
        forwards == backwards,
        part,
        "rate",
        "gives other rates for the same progress when it is asked again",
        "Compute it from progress: count no calls, keep nothing and draw nothing.",
    )


def changes_within_epochs_are_declared(part: Schedule) -> None:
    """Unless `changes_within_epoch`, the rate is one number an epoch."""
    steps = range(STEPS_PER_EPOCH * N_EPOCHS)
    rates = np.array([call(part, "rate", INITIAL, _at(step)) for step in steps])
    rates = rates.reshape(N_EPOCHS, STEPS_PER_EPOCH)
    require(
        part.changes_within_epoch or (rates == rates[:, :1]).all(),
        part,
        "changes_within_epoch",
        "is False, and rate changes from step to step",
        "Set it to True, or training asks for the rate once an epoch.",
    )


def horizons_are_declared(part: Schedule) -> None:
    """The rate depends on ``n_steps`` just if `has_horizon`."""
    steps = range(0, 40, 3)
    short, long = (
        [call(part, "rate", INITIAL, _at(step, n_steps=n)) for step in steps] for n in (40, 100)
    )
    require(
        (short != long) == bool(part.has_horizon),
        part,
        "has_horizon",
        f"is {part.has_horizon!r}, and the rate "
        f"{'depends' if short != long else 'does not depend'} on n_steps",
        "Set it to True just if 5 epochs and 5 more differ from 10: a fit that goes on must know.",
    )


def plateaus_are_answered(part: Schedule) -> None:
    """``stops`` says yes or no; `patience` is a number of epochs or None; `stop_reason` is text."""
    for n_plateaus in (0, 1, 500):
        answer = call(part, "stops", _at(40, n_plateaus))
        require(
            isinstance(answer, bool | np.bool_),
            part,
            "stops",
            f"returns {answer!r}",
            "Return True to end training at this plateau, or False to go on.",
        )
    patience = part.patience
    require(
        patience is None or (isinstance(patience, Integral) and patience >= 1),
        part,
        "patience",
        f"is {patience!r}",
        "Give a number of epochs, at least 1, or None for the estimator's n_iter_no_change.",
    )
    require(
        isinstance(part.stop_reason, str),
        part,
        "stop_reason",
        f"is {part.stop_reason!r}",
        "Give what the log is to say beside the plateau, as a str.",
    )


CHECKS = (
    rates_are_finite_and_not_negative,
    rate_depends_on_progress_alone,
    changes_within_epochs_are_declared,
    horizons_are_declared,
    plateaus_are_answered,
)
