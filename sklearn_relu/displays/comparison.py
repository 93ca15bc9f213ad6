"""Scores of a search, by activation, depth and initialization."""

import math
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from sklearn_relu.displays.base import Display
from sklearn_relu.displays.style import LINES, draw_legend, styles

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

VALUE = 0.36
"""Inches that a written score takes: with less between two marks, none are written."""


class ComparisonDisplay(Display):
    """Scores of every fold by activation and network, and by initialization if there are several.

    Means are large marks joined by lines; each fit is a small one beside them.

    Parameters
    ----------
    scores : dict of (activation, initialization, network) to ndarray of shape (n_fits,)
        Names, as they are drawn; the score of each fit. `initialization` is None where it was not
        searched.
    score_name : str, default="score"
    baseline : tuple of (float, str), default=None
        A score to compare with, and what it is: drawn as a dotted line.

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

    def __init__(self, scores: Mapping, *, score_name="score", baseline=None):
        self.scores = scores
        self.score_name = score_name
        self.baseline = baseline

    @classmethod
    def from_search(cls, search, *, metric=None, ax=None):
        """Draw the scores of a search.

        Parameters
        ----------
        search : GridSearchCV or another search
            Fitted. What it searches over must include `activation` or `hidden_layer_sizes`, in any
            step of a pipeline. Over other parameters the best candidate of each activation,
            initialization and network is drawn, over `random_state` all of them.
        metric : str, default=None
            Which score, if there are several; None takes the one that the search is refit on.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : ComparisonDisplay

        Raises
        ------
        ValueError
            If the search is over neither activations nor networks, or has no such metric.
        """
        metric = metric or (search.refit if isinstance(search.refit, str) else "score")
        results = search.cv_results_
        if f"mean_test_{metric}" not in results:
            known = [name.removeprefix("mean_test_") for name in results if "mean_test_" in name]
            raise ValueError(f"metric must be one of {known}; got {metric!r}.")
        splits = [results[f"split{i}_test_{metric}"] for i in range(search.n_splits_)]
        by_candidate = _pooled_over_seeds(results["params"], np.array(splits).T)
        scores: dict[tuple, np.ndarray] = {}
        for params, each in by_candidate:
            cell = _cell(params)
            if np.isfinite(each).all() and (
                cell not in scores or each.mean() > scores[cell].mean()
            ):
                scores[cell] = each
        return cls(scores, score_name=metric).plot(ax=ax)

    def _draw(self, ax) -> None:
        networks = list(dict.fromkeys(network for _, _, network in self.scores))
        series = list(dict.fromkeys((a, i) for a, i, _ in self.scores))
        style_of = _styles(series)
        width = DODGE / max(1, len(series))
        apart = 1.0 if len(series) == 1 else width
        inches = apart * ax.get_window_extent().width / ax.figure.dpi / max(1, len(networks))
        self.lines_, self.folds_ = {}, {}
        for i, each in enumerate(series):
            shown = [network for network in networks if (*each, network) in self.scores]
            places = np.array([networks.index(network) for network in shown])
            places = places + (i - (len(series) - 1) / 2) * width
            scores = [self.scores[*each, network] for network in shown]
            style = style_of[each]
            means = [score.mean() for score in scores]
            (self.lines_[each],) = ax.plot(places, means, linewidth=1, **style, label=_label(each))
            beside = np.concatenate(
                [
                    np.full(len(score), place + 0.3 * width)
                    for place, score in zip(places, scores, strict=True)
                ]
            )
            (self.folds_[each],) = ax.plot(
                beside, np.concatenate(scores), ".", color=style["color"], alpha=0.5, markersize=5
            )
            if len(self.scores) <= MOST_VALUES and inches >= VALUE:
                for place, score in zip(places, scores, strict=True):
                    ax.annotate(
                        f"{score.mean():.3f}",
                        (place, score.max()),
                        (0, 5),
                        textcoords="offset points",
                        ha="center",
                        size=8,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
                    )
        if self.baseline is not None:
            ax.axhline(self.baseline[0], color="0.5", linestyle=":", label=self.baseline[1])
        _write_networks(ax, networks)
        ax.set_xlim(-0.5, len(networks) - 0.5)
        ax.margins(y=0.1)
        ax.set_xlabel("hidden layers")
        ax.set_ylabel(self.score_name)
        ax.grid(axis="y", alpha=0.3)
        draw_legend(ax)


def layers_in_words(sizes: Any) -> str:
    """The sizes that ``hidden_layer_sizes`` means.

    Parameters
    ----------
    sizes : int or sequence of int

    Returns
    -------
    words : str
        Such as ``10 layers of 80``.
    """
    sizes = [int(size) for size in np.atleast_1d(sizes)]
    if not sizes:
        return "none"
    if len(set(sizes)) == 1:
        return f"{len(sizes)} layer{'s' if len(sizes) > 1 else ''} of {sizes[0]}"
    return f"{len(sizes)} layers: {','.join(map(str, sizes))}"


def _pooled_over_seeds(candidates: list[dict], scores: np.ndarray) -> list[tuple[dict, np.ndarray]]:
    """Candidates that differ in `random_state` only as one, with the scores of all."""
    pooled: dict[str, tuple[dict, list]] = {}
    for params, each in zip(candidates, scores, strict=True):
        short = {name.rpartition("__")[2]: value for name, value in params.items()}
        short.pop("random_state", None)
        pooled.setdefault(str(sorted(short.items(), key=lambda item: item[0])), (short, []))[
            1
        ].append(each)
    return [(params, np.concatenate(each)) for params, each in pooled.values()]


def _cell(params: dict) -> tuple[str, str | None, str]:
    """A candidate's activation, initialization and network, by the names that are drawn."""
    if not {"activation", "hidden_layer_sizes"} & params.keys():
        raise ValueError(
            "the search must be over activation or hidden_layer_sizes; it is over "
            f"{sorted(params)}."
        )
    initialization = params.get("initialization")
    sizes = params.get("hidden_layer_sizes")
    return (
        _name(params.get("activation", "score")),
        None if initialization is None else _name(initialization),
        "as given" if sizes is None else layers_in_words(sizes),
    )


def _name(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _label(series: tuple[str, str | None]) -> str:
    return ", ".join(name for name in series if name is not None)


def _write_networks(ax, networks: list[str]) -> None:
    """Names below their places: folded where they are many, and upright where they are more."""
    inches = ax.get_window_extent().width / ax.figure.dpi / max(1, len(networks))
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
    """A colour and a marker for each activation, a line for each initialization.

    Where there are no such lines, or one activation only, a style of its own for each.
    """
    activations = list(dict.fromkeys(activation for activation, _ in series))
    initializations = list(dict.fromkeys(initialization for _, initialization in series))
    if len(initializations) > len(LINES) or len(activations) == 1:
        return dict(zip(series, styles(len(series)), strict=True))
    of = dict(zip(activations, styles(len(activations)), strict=True))
    return {
        (activation, initialization): of[activation]
        | (
            {}
            if len(initializations) == 1
            else {"linestyle": LINES[initializations.index(initialization)]}
        )
        for activation, initialization in series
    }
