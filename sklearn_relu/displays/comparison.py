"""Scores of a search, by activation, depth and initialization."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sklearn_relu.displays.base import Display, options_of_curves, with_options
from sklearn_relu.displays.candidates import are_ordered, scores_of_search, sizes_of
from sklearn_relu.displays.scale import lowest_shown
from sklearn_relu.displays.style import (
    COLORS,
    LINES,
    MARKERS,
    draw_legend,
    in_words,
    styles,
    write_title,
)
from sklearn_relu.displays.values import number, write_values

DODGE = 0.6
"""Share of the distance between two networks that their series take."""

LETTER = 0.085
"""Inches that a letter of a network's name takes."""

LINE = 0.2
"""Inches that a line of it takes."""

SHORT, LONG = 8, 24
"""Letters of a line of such a name: fewer when level are too narrow; so many when upright."""

MOST_VALUES = 12
"""Up to so many scores are written beside their marks."""

VALUE = 0.42
"""Inches that a written score takes: with less between two marks, none are written."""

BESIDE = 0.11
"""Inches from a mean to the single fits, if there is room."""

GREYS = ("0.5", "0.3", "0.65")
"""Colours of baselines."""


class ComparisonDisplay(Display):
    """Scores of every fold by activation and network, and by initialization if there are several.

    Means are large marks, with their values where there is room; each fit is a small mark beside
    them. Lines join the means where the networks grow in one way, in depth or in width. Candidates
    whose scores would flatten the scale of the others stand at the lower edge, as a triangle with
    their mean; those with a failed fit as a cross.

    Parameters
    ----------
    scores : dict of (activation, initialization, network) to ndarray of shape (n_fits,)
        Names, as they are drawn; the score of each fit, NaN if it failed. `initialization` is None
        where it was not searched.
    score_name : str, default="score"
    baseline : tuple of (float, str) or list of them, default=None
        Scores to compare with, and what they are: drawn as level lines.
    name : str, default=None
        What was compared, such as a table: for the title.
    joined : bool, default=False
        Whether lines join the means of a series.

    Attributes
    ----------
    lines_ : dict of (activation, initialization) to matplotlib Line2D
        Means, by network.
    folds_ : dict of (activation, initialization) to matplotlib Line2D
        The single fits.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize = (8, 4.5)

    def __init__(
        self, scores: Mapping, *, score_name="score", baseline=None, name=None, joined=False
    ):
        self.scores = scores
        self.score_name = score_name
        self.baseline = baseline
        self.name = name
        self.joined = joined

    @classmethod
    def from_search(cls, search, *, metric=None, name=None, ax=None, curve_kwargs=None):
        """Draw the scores of a search.

        Parameters
        ----------
        search : GridSearchCV or another search
            Fitted. What it searches over must include `activation` or `hidden_layer_sizes`, in any
            step of a pipeline. Over other parameters the best candidate of each activation,
            initialization and network is drawn, over `random_state` all of them.
        metric : str, default=None
            Which score, if there are several; None takes the one that the search is refit on.
        name : str, default=None
            What was compared, such as a table: for the title.
        ax : matplotlib Axes, default=None
            None makes a figure.
        curve_kwargs : dict or list of dict, default=None
            Options for ``Axes.plot``, which draws the means: for all activations, or for each entry
            of the legend.

        Returns
        -------
        display : ComparisonDisplay

        Raises
        ------
        ValueError
            If the search is over neither activations nor networks, or has no such metric.
        """
        metric = metric or (search.refit if isinstance(search.refit, str) else "score")
        scores = scores_of_search(search, metric)
        networks = list(dict.fromkeys(map(sizes_of, search.cv_results_["params"])))
        joined = are_ordered(networks)
        display = cls(scores, score_name=metric, name=name, joined=joined)
        return display.plot(ax, curve_kwargs=curve_kwargs)

    def plot(self, ax=None, *, name=None, curve_kwargs=None):
        """Draw the picture that the class describes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes to draw into. None makes a figure.
        name : str, default=None
            For the title. None takes that of the display.
        curve_kwargs : dict or list of dict, default=None
            Options for ``Axes.plot``, which draws the means: for all activations, or for each entry
            of the legend.

        Returns
        -------
        self : Display
            With `figure_`, `ax_` and what was drawn, which the class lists under Attributes.

        Raises
        ------
        ValueError
            If there are not as many dicts as entries of the legend.
        ImportError
            If matplotlib is not installed.
        """
        options = options_of_curves(curve_kwargs, len(self._series))
        title = self.name if name is None else name
        return self._plot(ax, lambda axes: self._draw(axes, title, options))

    @property
    def _series(self) -> list[tuple[str, str | None]]:
        return list(dict.fromkeys((a, i) for a, i, _ in self.scores))

    @property
    def _networks(self) -> list[str]:
        return list(dict.fromkeys(network for _, _, network in self.scores))

    @property
    def _baselines(self) -> list[tuple[float, str]]:
        if self.baseline is None:
            return []
        return [self.baseline] if isinstance(self.baseline, tuple) else list(self.baseline)

    @property
    def _width(self) -> float:
        """The distance between two series."""
        return DODGE / max(1, len(self._series))

    def _inches(self, ax) -> float:
        """The distance between two networks."""
        return ax.get_window_extent().width / ax.figure.dpi / max(1, len(self._networks))

    def _places(self) -> Iterator[tuple[tuple, float, np.ndarray]]:
        """For each candidate its series, its place on the axis, and its scores."""
        series, networks = self._series, self._networks
        for (activation, initialization, network), scores in self.scores.items():
            each = activation, initialization
            beside = (series.index(each) - (len(series) - 1) / 2) * self._width
            yield each, networks.index(network) + beside, np.asarray(scores, dtype=np.float64)

    def _draw(self, ax, title: str | None, options: list[dict]) -> None:
        style_of = _styles(self._series)
        given = dict(zip(self._series, options, strict=True))
        self.lines_: dict[tuple, Any] = {}
        self.folds_: dict[tuple, Any] = {}
        for each in self._series:
            style = with_options(
                {"linewidth": 1, "label": _label(each), **style_of[each]}, given[each]
            )
            if not self.joined:
                style["linestyle"] = "none"
            self._draw_series(ax, each, style)
        lowest = self._set_scale(ax)
        self._draw_baselines(ax, lowest)
        self._draw_at_edge(ax, lowest)
        _write_networks(ax, self._networks, self._inches(ax))
        ax.tick_params(axis="x", length=0, pad=7)
        ax.set_xlim(-0.5, len(self._networks) - 0.5)
        ax.set_xlabel("hidden layers")
        ax.set_ylabel(self.score_name)
        if title is not None:
            write_title(ax, title)
        ax.grid(axis="y", alpha=0.3)
        draw_legend(ax)
        self._write_values(ax, lowest)

    def _draw_series(self, ax, series: tuple, style: dict) -> None:
        shown = sorted(
            ((place, scores) for each, place, scores in self._places() if each == series),
            key=lambda candidate: candidate[0],
        )
        places = [place for place, _ in shown]
        means = [scores.mean() for _, scores in shown]
        (self.lines_[series],) = ax.plot(places, means, **style)
        right = min(0.3 * self._width, BESIDE / self._inches(ax))
        beside = np.repeat(np.add(places, right), [len(scores) for _, scores in shown])
        (self.folds_[series],) = ax.plot(
            beside,
            np.concatenate([scores for _, scores in shown]),
            ".",
            color=self.lines_[series].get_color(),
            alpha=0.5,
            markersize=5,
        )

    def _set_scale(self, ax) -> float:
        """Set the limits of the scores; the lowest score that is within them is returned."""
        levels = [level for level, _ in self._baselines]
        finite = [scores for _, _, scores in self._places() if np.isfinite(scores).all()]
        if not finite:
            self._say_that_all_failed(ax, levels)
            return -np.inf
        lowest = lowest_shown(finite, levels)
        highest = max([*map(np.max, finite), *levels])
        span = highest - lowest or abs(highest) or 1.0
        ax.set_ylim(lowest - 0.1 * span, highest + 0.1 * span)
        return lowest

    def _say_that_all_failed(self, ax, levels: list[float]) -> None:
        if levels:  # they have the lower half
            span = max(levels) - min(levels) or abs(levels[0]) or 1.0
            ax.set_ylim(min(levels) - 0.1 * span, max(levels) + 1.5 * span)
        place = {"transform": ax.transAxes, "ha": "center", "va": "center"}
        ax.text(0.5, 0.75, "a fit of every candidate failed", color="0.4", **place)

    def _draw_baselines(self, ax, lowest: float) -> None:
        for i, (level, what) in enumerate(self._baselines):
            is_below = level < lowest
            label = f"{what}: {number(level)},\nbelow the picture" if is_below else what
            ax.axhline(
                level,
                color=GREYS[i % len(GREYS)],
                linestyle=LINES[-1 - i % len(LINES)],
                label=label,
                zorder=1,
            )

    def _draw_at_edge(self, ax, lowest: float) -> None:
        """Draw those that have no place on the scale on the axis itself."""
        kinds = {"v": "below the picture", "x": "a fit failed"}
        seen = set()
        for series, place, scores in self._places():
            if not scores.mean() >= lowest:
                mark = "v" if np.isfinite(scores.mean()) else "x"
                look = {"color": self.lines_[series].get_color(), "clip_on": False, "zorder": 3}
                ax.plot(place, 0, mark, transform=ax.get_xaxis_transform(), **look)
                seen.add(mark)
        for mark, meaning in kinds.items():
            if mark in seen:
                ax.plot([], [], mark, color="0.4", label=meaning)

    def _write_values(self, ax, lowest: float) -> None:
        apart = self._inches(ax) * (1.0 if len(self._series) == 1 else self._width)
        if len(self.scores) > MOST_VALUES or apart < VALUE:
            return
        values = [(place, scores.mean()) for _, place, scores in self._places()]
        write_values(
            ax,
            [
                (number(mean), place, mean if mean >= lowest else 0.0, mean < lowest)
                for place, mean in values
                if np.isfinite(mean)
            ],
        )


def _label(series: tuple[str, str | None]) -> str:
    return in_words(", ".join(name for name in series if name is not None))


def _write_networks(ax, networks: list[str], inches: float) -> None:
    """Names below their places: folded where they are many, and upright where they are more."""
    longest = max(map(len, networks), default=0)
    letters = int(inches / LETTER)
    if upright := letters < min(SHORT, longest):
        letters = max(LONG, math.ceil(longest / max(1, int(inches / LINE))))
        if len(ax.figure.axes) == 1:
            more = (min(letters, longest) - LONG) * LETTER
            ax.figure.set_figheight(ax.figure.get_figheight() + max(0.0, more))
    names = [fold(name, letters) for name in networks]
    ax.set_xticks(range(len(networks)), names, rotation=90 if upright else 0)


def fold(name: str, letters: int) -> str:
    """A network's name in lines of so many letters, also within a list of sizes.

    Parameters
    ----------
    name : str
    letters : int

    Returns
    -------
    folded : str
    """
    return textwrap.fill(name.replace(",", ", ") if len(name) > letters else name, letters)


def _styles(series: list[tuple[str, str | None]]) -> dict[tuple, dict]:
    """A colour for each activation, a mark and a line for each initialization.

    Where there are too many of them, or one activation or initialization only, a style of its own
    for each.
    """
    activations = list(dict.fromkeys(activation for activation, _ in series))
    initializations = list(dict.fromkeys(initialization for _, initialization in series))
    few = len(initializations) <= len(LINES) and len(activations) <= len(COLORS)
    if not few or 1 in (len(activations), len(initializations)):
        return dict(zip(series, styles(len(series)), strict=True))
    of = dict(zip(activations, styles(len(activations)), strict=True))
    return {
        (activation, initialization): {
            "color": of[activation]["color"],
            "marker": MARKERS[initializations.index(initialization)],
            "linestyle": LINES[initializations.index(initialization)],
        }
        for activation, initialization in series
    }
