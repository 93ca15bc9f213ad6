"""Colours, markers, lines and legends of all pictures."""

import math
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from sklearn_relu.inspection import final_network

# Okabe & Ito's palette, which colour-blind readers can tell apart, without its yellow.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")

DIVERGING = "RdBu_r"
SEQUENTIAL = "viridis"
"""Maps of colours for values of both signs, and of one."""


TITLE_LETTER = 0.1
"""Inches that a letter of a title takes."""

WIDTH_BESIDE_LEGEND = 5.5
"""Inches of a figure of ours that a legend does not take."""


def styles(n: int) -> Iterator[dict[str, str]]:
    """A colour, a marker and a line for each of n things.

    No two of up to 56 have the same colour and marker; lines change once colours repeat.
    """
    for i in range(n):
        yield {
            "color": COLORS[i % len(COLORS)],
            "marker": MARKERS[i % len(MARKERS)],
            "linestyle": LINES[i // len(COLORS) % len(LINES)],
        }


def marks_along(style: dict[str, str], n_points: int) -> dict[str, Any]:
    """Marks along a line whose colour others have too and whose dashes mean something else.

    Parameters
    ----------
    style : dict
        Of :func:`styles`.
    n_points : int

    Returns
    -------
    options : dict
        For ``Axes.plot``; none for the first line of a colour.
    """
    if style["linestyle"] == LINES[0]:
        return {}
    return {"marker": style["marker"], "markersize": 4, "markevery": max(1, n_points // 8)}


def figure_of(ax):
    """The figure that axes are in, around all subfigures.

    Parameters
    ----------
    ax : matplotlib Axes

    Returns
    -------
    figure : matplotlib Figure
    """
    return ax.figure.figure


def draw_legend(ax, **options) -> None:
    """A legend of all entries that takes no room from the lines.

    It stands beside the axes where the layout makes room for it, in as many columns as the height
    of the figure asks for; a figure of ours is widened. Elsewhere it is inside of the axes.

    Parameters
    ----------
    ax : matplotlib Axes
    **options
        For ``Axes.legend``.
    """
    n_entries = len(ax.get_legend_handles_labels()[0])
    options = {"frameon": False, "fontsize": 10 if n_entries <= 12 else 8} | options
    figure = figure_of(ax)
    if figure.get_layout_engine() is None:
        ax.legend(**options)
        return
    beside = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)} | options
    height = ax.legend(**beside).get_window_extent().height
    n_columns = math.ceil(height / (0.9 * ax.figure.bbox.height))
    legend = ax.legend(**beside, ncols=n_columns)
    if len(figure.axes) == 1:
        inches = legend.get_window_extent().width / figure.dpi
        figure.set_figwidth(max(figure.get_figwidth(), WIDTH_BESIDE_LEGEND + inches))


def in_words(value: Any) -> str:
    """A value as it is written in a picture: NumPy's numbers are plain ones.

    Parameters
    ----------
    value : Any

    Returns
    -------
    words : str
    """
    return re.sub(r"\bnp\.\w+\(([^()]*)\)", r"\1", str(value))


def write_title(ax, title: str) -> None:
    """Write a title in as many lines as it takes, at the left.

    Parameters
    ----------
    ax : matplotlib Axes
    title : str
    """
    letters = int(ax.get_window_extent().width / (TITLE_LETTER * ax.figure.dpi))
    ax.set_title(textwrap.fill(in_words(title), max(1, letters)), loc="left")


def named_models(model, name: str | list[str] | None = None) -> dict[str, Any]:
    """One model, a sequence of them, or a dict from names to them, as a dict.

    Parameters
    ----------
    model : estimator, sequence of estimator or dict of str to estimator
    name : str or list of str, default=None
        The name of a single model, or a name for each; None takes their activations'.

    Returns
    -------
    models : dict of str to estimator
        Without names of their own they have those of their activations, numbered where two are
        equal.
    """
    if isinstance(model, dict):
        return model
    models = list(model) if isinstance(model, list | tuple) else [model]
    given = [name] if isinstance(name, str) else name
    if given is not None:
        if len(given) != len(models):
            raise ValueError(
                f"name must be a str for one model, or a list of {len(models)}, one for each; "
                f"got {name!r}."
            )
        return dict(zip(given, models, strict=True))
    names = [in_words(final_network(each).activation) for each in models]
    return {
        name if names.count(name) == 1 else f"{name} {i + 1}": each
        for i, (name, each) in enumerate(zip(names, models, strict=True))
    }
