"""Findings: the figures of a fit in plain words, each with a remedy; the worst as warnings."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sklearn_relu.estimators.constant import has_larger_loss, has_less_accuracy
from sklearn_relu.estimators.course import ROSE, STEEP
from sklearn_relu.estimators.diagnosis import Diagnosis
from sklearn_relu.estimators.setting import Setting, either, sentence
from sklearn_relu.exceptions import TrainingWarning

CONSTANT = 1e-3
"""Predictions hardly vary if their standard deviation is below this share of the targets'."""

VANISHED = 1e-3
"""The gradient vanishes if the first hidden layer's is below this share of the last's."""

EXPLODED = 1e3
"""The gradient explodes through time if at the first step of a series it is this many times that at
the last one."""

FAR = 0.25
"""Training has not come far if this share of a constant's loss is left. Below it fits of iris, wine
and breast cancer that were stopped early had at least 0.92 of their rows right; above it 0.3 to
0.9, where 0.9 to 1 could be had."""

FELL = 0.05
"""The loss still fell if it did by this share of a constant's while training waited. It was 0.08
to 0.6 in fits of a dozen held-out rows that ended too early, and below 0.02 at a plateau."""

STOOD = 0.01
"""The loss hardly moved if it fell by less than this share of a constant's."""

LARGE_INPUTS = 10.0
"""Inputs are large if the root mean square of a feature is."""

SMALL_INPUTS = 0.2
"""Inputs are small if their root mean square is."""


@dataclass(frozen=True)
class Limits:
    """From where on something is said; what is far beyond it is a warning.

    Attributes
    ----------
    dead : float
        Share of a hidden layer's units, where training has not come far; else it is that of a
        warning.
    scales : float
        Factor between standard deviations of features.
    offset : float
        Standard deviations that a feature is from 0.
    skipped : float
        Share of the steps of training.
    """

    dead: float
    scales: float
    offset: float
    skipped: float


TO_WARN = Limits(dead=0.95, scales=1e4, offset=100.0, skipped=0.01)
"""One column of ten at 100 standard deviations takes R2 on diabetes from 0.66 to 0.51, and accuracy
on wine from 1 to 0.8."""

TO_TELL = Limits(dead=0.5, scales=1e3, offset=30.0, skipped=0.0)
"""The pixels of scikit-learn's digits, which need no scaling, differ by a factor of 300. All
columns at 30 standard deviations cost as much as one at 100, at 10 a third of it."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a fit.

    Attributes
    ----------
    name : str
    figure : float
        What it was told by.
    text : str
        The figure in words.
    remedy : str
    """

    name: str
    figure: float
    text: str
    remedy: str


def serious_findings(
    diagnosis: Diagnosis, setting: Setting, limits: Limits = TO_WARN
) -> Iterator[Finding]:
    """Yield the findings that make a network useless, or may do so.

    Parameters
    ----------
    diagnosis : Diagnosis
        Of an ensemble the worst network counts.
    setting : Setting
    limits : Limits, default=TO_WARN

    Yields
    ------
    finding : Finding
    """
    yield from _dead_layer(diagnosis, setting, limits)
    yield from _skipped_steps(diagnosis, setting, limits)
    yield from _constant_predictor(diagnosis, setting)
    yield from _worse_than_a_constant(diagnosis, setting)
    if not setting.scales_inputs:
        yield from _inputs_not_scaled(diagnosis, setting, limits)
        yield from _inputs_far_from_0(diagnosis, setting, limits)


def further_findings(diagnosis: Diagnosis, setting: Setting) -> Iterator[Finding]:
    """Yield the findings of a verdict beside the serious ones: no network need be useless for
    them."""
    if vanishes(diagnosis):
        flow = float(np.nanmin(diagnosis.flow))
        yield Finding(
            "vanishing gradient",
            flow,
            f"The gradient in the first hidden layer is {flow:.1g} of that in the last.",
            sentence(_against_vanishing(diagnosis, setting)),
        )
    yield from _through_time(diagnosis, setting)
    yield from _rate_too_large(diagnosis, setting)
    yield from _stopped_too_early(diagnosis, setting)


def warn(diagnosis: Diagnosis, setting: Setting, prefix: str) -> None:
    """One :class:`TrainingWarning` of all serious findings, if there are any, after a prefix."""
    found = [f"{each.text} {each.remedy}" for each in serious_findings(diagnosis, setting)]
    if found:
        warnings.warn(prefix + "\n".join(found), TrainingWarning, stacklevel=2)


def vanishes(diagnosis: Diagnosis) -> bool:
    """Whether a network's gradient vanishes on its way back."""
    return bool((diagnosis.flow < VANISHED).any())


def explodes_through_time(diagnosis: Diagnosis) -> bool:
    """Whether a gradient grows on its way back through the steps of series."""
    return bool((diagnosis.through_time > EXPLODED).any())


def vanishes_through_time(diagnosis: Diagnosis) -> bool:
    """Whether a gradient vanishes there, and training has not come far: a network that has learned
    may need the last steps only."""
    fades = (diagnosis.through_time < VANISHED).any(axis=-1)
    return bool((fades & (diagnosis.left > FAR)).any())


def _dead_layer(diagnosis: Diagnosis, setting: Setting, limits: Limits) -> Iterator[Finding]:
    dead = diagnosis.dead.max(axis=0, initial=0.0)
    # A network that learned may do with few units: one of thresholds had 73 % dead on digits.
    limit = limits.dead if (diagnosis.left > FAR).any() else TO_WARN.dead
    if not (dead > limit).any():
        return
    layer = int(dead.argmax())
    yield Finding(
        "dead layer" if dead[layer] > TO_WARN.dead else "dead units",
        float(dead[layer]),
        f"{100 * dead[layer]:.0f} % of the units of hidden layer {layer + 1} are dead: 0 on "
        "every row.",
        sentence(_against_death(diagnosis, setting)),
    )


def _against_death(diagnosis: Diagnosis, setting: Setting) -> str:
    layer = int(diagnosis.dead.max(axis=0).argmax())
    if diagnosis.blank.ndim == 2 and diagnosis.blank[:, layer].max() > TO_TELL.dead:
        # Nothing comes in, so another activation would give the same.
        return either(setting.lower_alpha(), setting.usual_start()) or "look for zeros in X"
    return either(setting.lower_rate(), "use activation='leaky_relu'")


def _skipped_steps(diagnosis: Diagnosis, setting: Setting, limits: Limits) -> Iterator[Finding]:
    skipped = diagnosis.skipped.max()
    if skipped > limits.skipped:
        yield Finding(
            "skipped steps",
            float(skipped),
            f"In {100 * skipped:.2g} % of the steps of training the gradient was not finite, and "
            "they were skipped.",
            sentence(either(setting.lower_rate(), setting.usual_states(), setting.gated_cell())),
        )


def _through_time(diagnosis: Diagnosis, setting: Setting) -> Iterator[Finding]:
    explodes = explodes_through_time(diagnosis)
    if not explodes and not vanishes_through_time(diagnosis):
        return
    worst = np.nanargmax if explodes else np.nanargmin
    place = np.unravel_index(worst(diagnosis.through_time), diagnosis.through_time.shape)
    ratio, remedy = float(diagnosis.through_time[place]), _against_vanishing_through_time(setting)
    yield Finding(
        "exploding through time" if explodes else "vanishing through time",
        ratio,
        f"The gradient in hidden layer {place[1] + 1} is {ratio:.1g} times as large at the first "
        f"of {diagnosis.steps} steps as at the last.",
        sentence(_against_explosion(setting) if explodes else remedy),
    )


def _against_explosion(setting: Setting) -> str:
    cures = setting.clip(), setting.usual_states(), setting.gated_cell(), setting.lower_rate()
    return either(*cures[:3]) or cures[3] or setting.scale_inputs()


def _against_vanishing_through_time(setting: Setting) -> str:
    own = either(setting.usual_states(), setting.rectifier(), setting.gated_cell())
    return own or "use summary='mean', or shorter series"


def _constant_predictor(diagnosis: Diagnosis, setting: Setting) -> Iterator[Finding]:
    spread = diagnosis.spread.min()
    if spread < CONSTANT:
        yield Finding(
            "constant predictor",
            float(spread),
            f"The predictions hardly vary: their standard deviation is {spread:.1g} of the "
            "targets'.",
            _remedy_for_useless(diagnosis, setting),
        )


def _worse_than_a_constant(diagnosis: Diagnosis, setting: Setting) -> Iterator[Finding]:
    name = "worse than a constant"
    fewer, larger = has_less_accuracy(diagnosis), has_larger_loss(diagnosis)
    remedy = _remedy_for_useless(diagnosis, setting)
    if fewer.any():
        worst = np.nanargmin(np.where(fewer, diagnosis.accuracy - diagnosis.majority, np.nan))
        accuracy, majority = diagnosis.accuracy[worst], diagnosis.majority[worst]
        yield Finding(
            name,
            float(accuracy / majority),
            f"On its own training rows the network is worse than a constant: {100 * accuracy:.1f} "
            f"% are right, and {100 * majority:.1f} % if the most frequent class is predicted for "
            "all.",
            remedy,
        )
    elif larger.any():
        worst = np.nanargmax(np.where(larger, diagnosis.loss - diagnosis.constant_loss, np.nan))
        loss, constant = diagnosis.loss[worst], diagnosis.constant_loss[worst]
        yield Finding(
            name,
            float(loss / constant) if constant > 0 else float(loss - constant),
            "On its own training rows the network is worse than a constant: its mean loss is "
            f"{loss:.3g}, and {constant:.3g} if the best constant is predicted for all.",
            remedy,
        )


def _inputs_not_scaled(diagnosis: Diagnosis, setting: Setting, limits: Limits) -> Iterator[Finding]:
    if diagnosis.scales > limits.scales:
        factor = float(f"{diagnosis.scales:.1g}")
        yield Finding(
            "inputs not scaled",
            diagnosis.scales,
            f"The features' scales differ by a factor of {factor:,.0f}: the largest standard "
            "deviation over the smallest.",
            _before_the_network(setting),
        )


def _before_the_network(setting: Setting) -> str:
    """The remedy for inputs of odd scales."""
    if setting.reads_images or setting.reads_series:
        return sentence(setting.scale_inputs())
    return "Put a StandardScaler before the network."


def _inputs_far_from_0(diagnosis: Diagnosis, setting: Setting, limits: Limits) -> Iterator[Finding]:
    if diagnosis.offset > limits.offset:
        offset = float(f"{diagnosis.offset:.1g}")
        yield Finding(
            "inputs far from 0",
            diagnosis.offset,
            f"A feature is {offset:,.0f} of its standard deviations away from 0, like a year.",
            _before_the_network(setting),
        )


def _rate_too_large(diagnosis: Diagnosis, setting: Setting) -> Iterator[Finding]:
    # Where a layer is dead that is said, with this remedy.
    if not setting.lower_rate() or not rises(diagnosis) or (diagnosis.dead > TO_WARN.dead).any():
        return
    rose, peak = float(np.nanmax(diagnosis.rose)), float(np.nanmax(diagnosis.peak))
    text = (
        f"The loss rose by {rose:.1g} times what can be had without training."
        if rose > ROSE
        else f"In an epoch the loss was {peak:.1g} times what can be had without training."
    )
    yield Finding("learning rate too large", max(rose, peak), text, sentence(setting.lower_rate()))


def rises(diagnosis: Diagnosis) -> bool:
    """Whether steps were too long, and the loss did not come far after it."""
    if diagnosis.largest > LARGE_INPUTS:  # of which the loss may be large at any rate
        return False
    jumps = (diagnosis.rose > ROSE) | (diagnosis.peak > STEEP)
    return bool((jumps & (diagnosis.left > FAR)).any())


def _stopped_too_early(diagnosis: Diagnosis, setting: Setting) -> Iterator[Finding]:
    fell = np.where(diagnosis.left > FAR, diagnosis.fell, np.nan)
    if (fell > FELL).any():
        most = float(np.nanmax(fell))
        what = "The validation score" if setting.early_stopping else "The loss"
        yield Finding(
            "stopped too early",
            most,
            f"{what} stood still by tol={setting.tol:g}, and training stopped, while the loss "
            f"still fell: at last by {most:.2g} times that of the best constant prediction.",
            sentence(setting.later_stop()),
        )


def _remedy_for_useless(diagnosis: Diagnosis, setting: Setting) -> str:
    """The likeliest reason why nothing was learned, of what is not set already."""
    if (diagnosis.dead > TO_WARN.dead).any():
        return "Nothing passes its dead layer: cure that first."
    if (diagnosis.alike == 1).any() and setting.usual_start():
        return f"All units of a hidden layer are alike: {setting.usual_start()}."
    if explodes_through_time(diagnosis):
        return f"Its gradient explodes through time: {_against_explosion(setting)}."
    if rises(diagnosis) and setting.lower_rate():
        return f"Its steps were too long: {setting.lower_rate()}."
    # In a few epochs little changes, also where half of the units happen to be dead.
    if (diagnosis.dead > TO_TELL.dead).any() and "converged" in diagnosis.outcomes:
        return f"Most units of a layer are dead: {_against_death(diagnosis, setting)}."
    if vanishes(diagnosis):
        return f"Its gradient vanishes on the way back: {_against_vanishing(diagnosis, setting)}."
    if vanishes_through_time(diagnosis):
        cure = _against_vanishing_through_time(setting)
        return f"Its gradient vanishes through time: {cure}."
    cures = ["" if _are_scaled(diagnosis) else setting.scale_inputs()]
    if not diagnosis.standard_targets:
        cures.append(setting.standardize_targets())
    if not any(cures):
        cures = [setting.weaker_penalty(), _train_longer(diagnosis, setting)]
    return sentence(either(*cures))


def _train_longer(diagnosis: Diagnosis, setting: Setting) -> str:
    if not {"converged", "stopped"} & set(diagnosis.outcomes):
        return "raise max_iter"
    stood = (diagnosis.fell < STOOD).any()
    return (setting.raise_rate() if stood else "") or setting.later_stop()


def _are_scaled(diagnosis: Diagnosis) -> bool:
    return (
        diagnosis.largest <= LARGE_INPUTS
        and diagnosis.size >= SMALL_INPUTS
        and diagnosis.scales <= TO_TELL.scales
        and diagnosis.offset <= TO_TELL.offset
    )


def _against_vanishing(diagnosis: Diagnosis, setting: Setting) -> str:
    if (diagnosis.dead > TO_TELL.dead).any():
        return _against_death(diagnosis, setting)
    return either(setting.rectifier(), setting.fewer_layers(), setting.usual_start())
