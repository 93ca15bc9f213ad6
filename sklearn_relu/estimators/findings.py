"""What figures of a fit mean, in plain words, each with a remedy; the worst as warnings."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from sklearn_relu.estimators.diagnosis import Diagnosis
from sklearn_relu.exceptions import TrainingWarning

CONSTANT = 1e-3
"""Predictions hardly vary if their standard deviation is below this share of the targets'."""

DEAD = 0.95
"""A hidden layer is dead if more than this share of its units are."""

VANISHED = 1e-3
"""The gradient vanishes if the first hidden layer's is below this share of the last's."""

UNEQUAL_SCALES = 1e4
"""A warning is due if standard deviations of features differ by more than this factor."""


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


def serious_findings(diagnosis: Diagnosis, unequal=UNEQUAL_SCALES) -> Iterator[Finding]:
    """What makes a network useless: a dead layer, or predictions that hardly vary; or may do so:
    features of different scales.

    Parameters
    ----------
    diagnosis : Diagnosis
        Of an ensemble the worst network counts.
    unequal : float, default=1e4
        How much the scales must differ.

    Yields
    ------
    finding : Finding
    """
    dead = diagnosis.dead.max(axis=0, initial=0.0)
    if (dead > DEAD).any():
        layer = int(dead.argmax())
        yield Finding(
            "dead layer",
            float(dead[layer]),
            f"{100 * dead[layer]:.0f} % of the units of hidden layer {layer + 1} are dead: 0 on "
            "every row.",
            "Lower learning_rate_init, or use activation='leaky_relu'.",
        )
    spread = diagnosis.spread.min()
    if spread < CONSTANT:
        yield Finding(
            "constant predictor",
            float(spread),
            f"The predictions hardly vary: their standard deviation is {spread:.1g} of the "
            "targets'.",
            _remedy_for_constant(diagnosis),
        )
    if diagnosis.scales > unequal:
        factor = float(f"{diagnosis.scales:.1g}")
        yield Finding(
            "inputs not scaled",
            diagnosis.scales,
            f"The features' scales differ by a factor of {factor:,.0f}: the largest standard "
            "deviation over the smallest.",
            "Put a StandardScaler before the network.",
        )


def _remedy_for_constant(diagnosis: Diagnosis) -> str:
    if (diagnosis.dead > DEAD).any():
        return "Nothing passes its dead layer: cure that first."
    if vanishes(diagnosis):
        return "Its gradient vanishes on the way back: use activation='relu', or fewer layers."
    return (
        "Scale the inputs (StandardScaler) and a regressor's targets (standardize_y=True), and "
        "train long enough: a larger max_iter or learning_rate_init."
    )


def vanishes(diagnosis: Diagnosis) -> bool:
    """Whether a network's gradient vanishes on its way back."""
    return bool((diagnosis.flow < VANISHED).any())


def warn(diagnosis: Diagnosis) -> None:
    """One :class:`TrainingWarning` of all serious findings, if there are any."""
    found = [f"{finding.text} {finding.remedy}" for finding in serious_findings(diagnosis)]
    if found:
        warnings.warn("\n".join(found), TrainingWarning, stacklevel=2)
