"""Verdicts: the faults of a fit, in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.diagnosis import Diagnosis
from sklearn_relu.estimators.findings import (
    TO_TELL,
    Finding,
    further_findings,
    serious_findings,
)
from sklearn_relu.estimators.fitted import Fitted
from sklearn_relu.estimators.setting import Setting, either, sentence, setting_of
from sklearn_relu.inspection.model import own_network
from sklearn_relu.inspection.report import Report

LAST = 0.1
"""The share of the epochs that tells whether the loss still falls."""

FALLS = 0.01
"""The loss still falls if it fell by more than this share of itself in the last epochs."""

RISES = 1.1
"""A network overfits if its validation loss has risen from its lowest by this factor."""


@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Report):
    """The faults of a fit.

    Attributes
    ----------
    findings : tuple of Finding
        Each with `name`, `figure`, `text` and `remedy`; empty if nothing was found.
    """

    findings: tuple[Finding, ...]

    def _title(self):
        return ", ".join(finding.name for finding in self.findings) or "nothing wrong was found"

    def _columns(self):
        names = ("name", "figure", "text", "remedy")
        return {name: [getattr(finding, name) for finding in self.findings] for name in names}

    def __repr__(self):
        """Each finding in plain words."""
        lines = [f"- {finding.text} {finding.remedy}" for finding in self.findings]
        return "\n".join([f"{type(self).__name__}: {self._title()}", *lines])


def verdict(model) -> Verdict:
    """Tell the faults of a fit, in plain words, from the figures that the fit noted.

    It knows these findings, each with a figure and one remedy, which is not set already:
    *diverged*, *dead layer* or *dead units*, *skipped steps*, *constant predictor*, *worse than a
    constant*, *inputs not scaled*, *inputs far from 0*, *vanishing gradient*, *vanishing through
    time* or *exploding through time* in a recurrent network, *learning rate too large*, *stopped
    too early*, *still improving* at `max_iter`, and *overfitting*, where there is a validation
    loss. The last two need the learning curves only, the others what ``fit`` noted.

    Parameters
    ----------
    model : estimator
        Fitted; an MLPClassifier or MLPRegressor, or a Pipeline that ends in one. What
        scikit-learn's own fit, or ``partial_fit``, did not note cannot be told.

    Returns
    -------
    verdict : Verdict

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network.
    """
    network = own_network(model)
    diagnosis = Fitted(network).diagnosis
    if diagnosis is None:
        return Verdict(tuple(_of_curves(network, setting_of(network))))
    # As it was in the fit: parameters may have been set since.
    setting = Setting(**diagnosis.setting) if diagnosis.setting else setting_of(network)
    found = _of_diagnosis(network, diagnosis, setting)
    return Verdict((*found, *_of_curves(network, setting)))


def _of_diagnosis(
    network: BaseNetwork, diagnosis: Diagnosis, setting: Setting
) -> Iterator[Finding]:
    if "diverged" in diagnosis.outcomes:
        cure = either(setting.clip(), setting.lower_rate()) or setting.scale_inputs()
        yield Finding(
            "diverged",
            float(network.n_iter_ + 1),
            f"The loss or a parameter stopped being finite in epoch {network.n_iter_ + 1}; the "
            "network is that of an earlier one.",
            sentence(cure),
        )
    yield from serious_findings(diagnosis, setting, TO_TELL)
    yield from further_findings(diagnosis, setting)


def _of_curves(network: BaseNetwork, setting: Setting) -> Iterator[Finding]:
    losses = _curves(network, "loss")
    falls = min(map(_fall, losses), default=0.0)
    if network.n_iter_ == network.max_iter and falls > FALLS:
        n_last = _n_last(network.n_iter_)
        yield Finding(
            "still improving",
            falls,
            f"The loss fell by {100 * falls:.1f} % in the last {n_last} of {network.max_iter} "
            "epochs.",
            "Raise max_iter.",
        )
    restored = getattr(network, "validation_scores_", None)
    rises = max(map(_rise, _curves(network, "validation_loss")), default=1.0)
    if not restored and rises > RISES:
        yield Finding(
            "overfitting",
            rises,
            f"The validation loss is {rises:.2f} times its lowest.",
            sentence(setting.against_overfitting()),
        )


def _curves(network: BaseNetwork, name: str) -> list[np.ndarray]:
    """A column of the history, a curve a network, as far as it was noted."""
    curves = Fitted(network).curves(name)
    return [curve for curve in curves if np.isfinite(curve).all() and len(curve)]


def _n_last(n_epochs: int) -> int:
    return max(1, round(LAST * n_epochs))


def _fall(losses: np.ndarray) -> float:
    """Share of itself by which the loss fell in the last epochs."""
    before, now = losses[-1 - _n_last(len(losses)) :][[0, -1]]
    return float((before - now) / abs(before)) if before else 0.0


def _rise(losses: np.ndarray) -> float:
    """The last loss over the lowest."""
    lowest = losses.min()
    return float(losses[-1] / lowest) if lowest > 0 else 1.0
