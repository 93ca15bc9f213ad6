"""Figures of a fitted network: zeros, dead units, the gradient, a verdict."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_relu.estimators.findings import Finding
from sklearn_relu.inspection import (
    ActivationReport,
    GradientReport,
    activation_report,
    gradient_report,
    verdict,
)
from sklearn_relu.inspection.report import percent


@dataclass(frozen=True)
class Inside:
    """Figures of a fitted network.

    Attributes
    ----------
    sentences : tuple of str
        The most important figures in words; none without data.
    layers : list of dict
        A row for each layer; none without data.
    start, end : ndarray of shape (n_layers,)
        The norm of the gradient for each layer's weights before training and after; empty without
        data.
    findings : tuple of Finding
        The verdict's.
    """

    sentences: tuple[str, ...]
    layers: list[dict[str, Any]]
    start: np.ndarray
    end: np.ndarray
    findings: tuple[Finding, ...]


def look_inside(model: Any, X: Any = None, y: Any = None) -> Inside:
    """Look inside of a fitted model.

    Parameters
    ----------
    model : estimator
        It ends in a network.
    X : {array-like, DataFrame} of shape (n_samples, n_features), default=None
        The rows it was fitted to. Without them there is the verdict only.
    y : array-like of shape (n_samples,), default=None

    Returns
    -------
    inside : Inside
        Of an ensemble with means over its networks.
    """
    findings = verdict(model).findings
    if X is None:
        return Inside((), [], np.empty(0), np.empty(0), findings)
    activations = activation_report(model, X)
    start, end = gradient_report(model, X, y, initial=True), gradient_report(model, X, y)
    norms = _by_layer(start.weight_norms), _by_layer(end.weight_norms)
    sentences = _in_words(activations, start, end)
    layers = _layers(activations, end, *norms)
    return Inside(sentences, layers, *norms, findings)


def _in_words(
    activations: ActivationReport, start: GradientReport, end: GradientReport
) -> tuple[str, ...]:
    return (
        f"{percent(activations.sparsity)} of the hidden activations are exactly 0.",
        f"{percent(activations.dead)} of the hidden units are dead: they are 0 on all rows.",
        f"{percent(activations.saturated)} of the hidden activations are saturated, within 1 % of "
        "a bound.",
        f"The gradient of the first layer is {start.ratio:.2g} times that of the last before "
        f"training, and {end.ratio:.2g} times after.",
    )


def _layers(
    activations: ActivationReport, gradients: GradientReport, start: np.ndarray, end: np.ndarray
) -> list[dict[str, Any]]:
    """A row for each layer: shares of hidden ones, and norms of those that learn weights."""
    shares = {
        "exact zeros": _by_layer(activations.layer_sparsity),
        "dead units": _by_layer(activations.layer_dead),
        "saturated": _by_layer(activations.layer_saturated),
    }
    n_hidden = len(shares["dead units"])
    kinds = *activations.layer_kinds, *gradients.layer_kinds[-1:]
    rows = []
    for i in range(n_hidden + 1):
        row: dict[str, Any] = {"layer": str(i + 1) if i < n_hidden else "output"}
        if kinds:
            row["kind"] = kinds[i]
        for name, values in shares.items():
            row[name] = percent(values[i]) if i < n_hidden else "-"
        for name, norms in (("before training", start), ("after training", end)):
            of_layer = dict(zip(gradients.layer_numbers, norms, strict=True))
            row[f"gradient {name}"] = f"{of_layer[i + 1]:.2g}" if i + 1 in of_layer else "-"
        rows.append(row)
    return rows


def _by_layer(figures: np.ndarray) -> np.ndarray:
    """Figures of each layer, as means over the networks of an ensemble."""
    return np.atleast_2d(figures).mean(axis=0)
