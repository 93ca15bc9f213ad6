"""The pictures of a report: scores by fold, loss curves, the flow of gradients, importances."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_relu.comparison.importances import Importance
from sklearn_relu.comparison.ranking import Ranked
from sklearn_relu.comparison.svg import Picture, drawing, label
from sklearn_relu.displays.style import COLORS
from sklearn_relu.displays.ticks import logarithmic, whole_numbers

WIDTH = 4.2
"""Inches: on a phone the letters are still to be read."""

MOST_CANDIDATES, MOST_FEATURES = 20, 15
"""Rows of a picture; a table has all."""

BEST, OTHERS, BASELINES = COLORS[1], COLORS[0], "0.5"
"""Colours of candidates and baselines."""

WIDE = 5.0
"""Values that differ by less than this factor are drawn to a linear scale."""

FAR = 4.0
"""Scores that would make the scale so many times longer are not drawn to it."""


def score_picture(ranking: list[Ranked], baselines: list[Ranked], score: str) -> Picture:
    """The score of each fit, a row for each candidate and baseline, the best at the top.

    Those far below the others are named at the left edge, with their score, so that the ones which
    matter are not drawn over each other.

    Parameters
    ----------
    ranking, baselines : list of Ranked
        The best first.
    score : str
        The score's name.

    Returns
    -------
    picture : Picture
    """
    best = ranking[0]
    shown = sorted([*ranking[:MOST_CANDIDATES], *baselines], key=lambda each: -each.mean)
    with drawing("scores"):
        figure, ax = _figure(0.34 * len(shown) + 0.9)
        least = _least(shown)
        for row, each in enumerate(shown):
            color = BEST if each is best else OTHERS if each.indices else BASELINES
            _draw_scores(ax, row, each, least, color)
        _name_rows(ax, [each.name for each in shown])
        ax.set_xlabel(f"{label(score)} on held-out rows", loc="right")
    text = f"The best of {_counted(ranking)} is {best.name}: {score} {best.mean:.3f} on average, "
    text += f"{best.scores.min():.3f} to {best.scores.max():.3f} in the single fits."
    notes = ["Dots are single fits, diamonds their means; arrows are too far below for the scale."]
    if baselines:
        notes.append("Baselines are grey.")
    if len(ranking) > MOST_CANDIDATES:
        notes.append(f"The picture has the best {MOST_CANDIDATES} of {_counted(ranking)}.")
    return Picture("scores", figure, "Score by fold", text, " ".join(notes))


def _counted(ranking: list[Ranked]) -> str:
    return f"{len(ranking)} candidate{'s' if len(ranking) > 1 else ''}"


def _draw_scores(ax, row: int, each: Ranked, least: float, color: str) -> None:
    if each.mean < least:
        ax.plot(least, row, "<", color=color, markersize=7, clip_on=False)
        beside = {"textcoords": "offset points", "va": "center", "size": 8}
        ax.annotate(f"{each.mean:.3g}", (least, row), (9, 0), **beside)
        return
    folds = each.scores[each.scores >= least]
    ax.plot(folds, np.full(len(folds), row), ".", color=color, alpha=0.6)
    ax.plot(each.mean, row, "D", color=color, markersize=7)


def _least(shown: Sequence[Ranked]) -> float:
    """The score below which nothing is drawn to scale. Half of the candidates are, and two."""
    highest = max(float(each.scores.max()) for each in shown)
    least = highest
    for i, each in enumerate(shown):
        lower = min(least, float(each.scores.min()))
        if i >= max(2, len(shown) / 2) and highest - lower > FAR * (highest - least):
            break
        least = lower
    return least


def curve_picture(training: np.ndarray, validation: np.ndarray, note: str) -> Picture:
    """The loss of each epoch on training rows, and on held-out rows if there are any.

    Parameters
    ----------
    training, validation : ndarray of shape (n_epochs,)
        `validation` is empty if there are no held-out rows.
    note : str
        Which rows these are.

    Returns
    -------
    picture : Picture
    """
    with drawing("curves"):
        figure, ax = _figure(3.2)
        _draw_curve(ax, training, "training rows", COLORS[0], "-")
        text = f"The loss on training rows goes from {training[0]:.3g} to {training[-1]:.3g} in "
        text += f"{len(training)} epochs."
        if len(validation):
            _draw_curve(ax, validation, "held-out rows", COLORS[1], "--")
            best = int(np.argmin(validation))
            ax.plot(best + 1, validation[best], "o", color=COLORS[1], markersize=7)
            text += f" On held-out rows it is least in epoch {best + 1}, {validation[best]:.3g}, "
            text += f"and {validation[-1]:.3g} in the end."
        _log_axis_where_it_helps(ax, np.concatenate([training, validation]))
        whole_numbers(ax.xaxis)
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss")
        ax.legend(frameon=False)
    title = "Training and validation curves" if len(validation) else "Training curve"
    return Picture("curves", figure, title, text, note)


def _draw_curve(ax, losses: np.ndarray, name: str, color: str, line: str) -> None:
    marker = "." if len(losses) == 1 else ""
    ax.plot(range(1, len(losses) + 1), losses, line, marker=marker, color=color, label=name)


def gradient_picture(start: np.ndarray, end: np.ndarray) -> Picture:
    """The norm of each layer's gradient, before training and after.

    Parameters
    ----------
    start, end : ndarray of shape (n_layers,)

    Returns
    -------
    picture : Picture
    """
    with drawing("gradients"):
        figure, ax = _figure(3.2)
        layers = np.arange(1, len(start) + 1)
        for norms, name, color, line in (
            (start, "before training", COLORS[0], "-o"),
            (end, "after training", COLORS[1], "--s"),
        ):
            ax.plot(layers, np.where(norms > 0, norms, np.nan), line, color=color, label=name)
        norms = np.concatenate([start, end])
        _log_axis_where_it_helps(ax, norms[norms > 0])
        whole_numbers(ax.xaxis)
        ax.set_xlim(0.5, len(start) + 0.5)
        ax.set_xlabel("layer, from the inputs to the outputs")
        ax.set_ylabel("norm of the gradient")
        ax.legend(frameon=False)
    text = f"From the first of {len(start)} layers to the last, the norm of the gradient goes from "
    text += f"{start[0]:.2g} to {start[-1]:.2g} before training, and from {end[0]:.2g} to "
    text += f"{end[-1]:.2g} after."
    return Picture("gradients", figure, "Flow of the gradient", text)


def importance_picture(importances: Sequence[Importance], score: str) -> Picture:
    """The loss of score if a feature is permuted, the largest at the top.

    Parameters
    ----------
    importances : sequence of Importance
        The largest first.
    score : str
        The score's name.

    Returns
    -------
    picture : Picture
    """
    shown = importances[:MOST_FEATURES]
    with drawing("importances"):
        figure, ax = _figure(0.3 * len(shown) + 0.9)
        ax.barh(
            range(len(shown)),
            [each.mean for each in shown],
            xerr=[each.sd for each in shown],
            color=COLORS[0],
            ecolor="0.5",
        )
        _name_rows(ax, [each.name for each in shown])
        ax.set_xlabel(f"loss of {label(score)}", loc="right")
    first = ", ".join(f"{each.name} {each.mean:.3g}" for each in shown[:3])
    text = f"Of {len(importances)} columns these matter most, by the loss of {score}: {first}."
    return Picture("importances", figure, "Importance of the columns", text)


def _figure(height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    ax = figure.subplots()
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    return figure, ax


def _name_rows(ax, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), [label(name) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.locator_params(axis="x", nbins=5)


def _log_axis_where_it_helps(ax, values: np.ndarray) -> None:
    """Make the axis logarithmic for positive values that are far apart."""
    if len(values) and values.min() > 0 and values.max() >= WIDE * values.min():
        logarithmic(ax.yaxis)
