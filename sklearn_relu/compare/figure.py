"""A comparison as a figure: scores by activation and depth, and loss curves."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.utils.parallel import Parallel, delayed

from sklearn_relu.compare.table import candidates, per_fit
from sklearn_relu.engine.threads import suitable_blas_threads
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.inspection import final_network

# Okabe & Ito's palette, which colour-blind readers can tell apart, without its yellow.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")

PANELS_PER_ROW = 3

MOST_VALUES = 12
"""Up to so many scores are written beside their marks; more would overlap."""


def comparison_figure(search: GridSearchCV, X: Any, y: Any, n_jobs: int | None = None):
    """Scores of every fold by activation and network, and loss curves for each network.

    Where more was searched than activations and networks, the best candidate of each activation
    and network is drawn. For its loss curve it is fitted once more, to all rows.

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        The data it was given.
    n_jobs : int, default=None
        Processes for the fits.

    Returns
    -------
    figure : matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    cells = _best_candidates(search)
    networks = list(dict.fromkeys(network for _, network in cells))
    activations = list(dict.fromkeys(activation for activation, _ in cells))
    styles = {
        activation: {
            "color": COLORS[i % len(COLORS)],
            "marker": MARKERS[i % len(MARKERS)],
            "linestyle": LINES[i % len(LINES)],
        }
        for i, activation in enumerate(activations)
    }
    n_rows = -(-len(networks) // PANELS_PER_ROW)
    figure = Figure(figsize=(10, 4 + 2.8 * n_rows), layout="constrained")
    ((top,), (bottom,)) = figure.subfigures(2, 1, squeeze=False, height_ratios=[4, 2.8 * n_rows])
    _draw_scores(top.subplots(), search, cells, networks, styles, y)
    curves = _loss_curves(search, cells, X, y, n_jobs)
    panels = bottom.subplots(
        n_rows, min(len(networks), PANELS_PER_ROW), sharey=True, squeeze=False
    ).ravel()
    for panel in panels[len(networks) :]:
        panel.set_visible(False)
    for panel, network in zip(panels, networks, strict=False):
        drawn = {a: curve for (a, n), curve in curves.items() if n == network}
        _draw_losses(panel, network, drawn, styles)
    panels[0].set_ylabel("training loss")
    return figure


def _best_candidates(search: GridSearchCV) -> dict[tuple[str, str], list[int]]:
    """For each activation and network, the indices of its candidate with the best score.

    Candidates of which a fit failed have none.
    """
    best: dict[tuple[str, str], tuple[float, list[int]]] = {}
    for labels, indices in candidates(search):
        cell = labels["activation"], labels["network"]
        score = _scores(search, indices).mean()
        if np.isfinite(score) and (cell not in best or score > best[cell][0]):
            best[cell] = score, indices
    return {cell: indices for cell, (_, indices) in best.items()}


def _scores(search: GridSearchCV, indices: list[int]) -> np.ndarray:
    return per_fit(search, f"test_{search.refit}", indices).ravel()


def _draw_scores(ax, search, cells, networks, styles, y) -> None:
    width = 0.6 / len(styles)
    for i, (activation, style) in enumerate(styles.items()):
        offset = (i - (len(styles) - 1) / 2) * width
        shown = [network for network in networks if (activation, network) in cells]
        places = np.array([networks.index(network) for network in shown]) + offset
        scores = [_scores(search, cells[activation, network]) for network in shown]
        means, spreads = [each.mean() for each in scores], [each.std() for each in scores]
        ax.errorbar(
            places,
            means,
            spreads,
            fmt=style["marker"],
            color=style["color"],
            capsize=4,
            label=activation,
        )
        for place, mean, spread, each in zip(places, means, spreads, scores, strict=True):
            beside = np.full(len(each), place + 0.35 * width)
            ax.plot(beside, each, ".", color=style["color"], alpha=0.4)
            if len(cells) <= MOST_VALUES:
                above = (place, mean + spread)
                ax.annotate(
                    f"{mean:.3f}", above, (0, 5), textcoords="offset points", ha="center", size=8
                )
    ax.margins(y=0.1)
    classification = search.refit == "accuracy"
    chance = np.unique(y, return_counts=True)[1].max() / len(y) if classification else 0.0
    ax.axhline(
        chance,
        color="0.5",
        linestyle=":",
        label="most frequent class" if classification else "mean of the target",
    )
    ax.set_xticks(range(len(networks)), [_network_name(network) for network in networks])
    ax.set_xlim(-0.5, len(networks) - 0.5)
    ax.set_xlabel("hidden layers")
    ax.set_ylabel("cross-validated " + ("accuracy" if classification else "R²"))
    more = len(candidates(search)) > len(cells)
    best = " (best settings of each)" if more else ""
    ax.set_title(f"Score: mean ± sd, and each fit{best}", loc="left")
    ax.grid(axis="y", alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _network_name(label: str) -> str:
    """What a network's label means: 10 layers of 80 for ``80x10``."""
    units, _, depth = label.partition("x")
    if depth:
        return f"{depth} layers of {units}"
    layers = units.split(",")
    return f"1 layer of {units}" if len(layers) == 1 else f"{len(layers)} layers: {units}"


def _loss_curves(search, cells, X, y, n_jobs) -> dict[tuple[str, str], list[float]]:
    """Losses of one fit to all rows for each activation and network."""
    params = search.cv_results_["params"]
    fitted = {cell: indices[0] for cell, indices in cells.items()}
    curves = Parallel(n_jobs=n_jobs)(
        delayed(_loss_curve)(clone(search.estimator).set_params(**params[i]), X, y)
        for i in fitted.values()
    )
    return dict(zip(fitted, curves, strict=True))


def _loss_curve(model, X, y) -> list[float]:
    with suitable_blas_threads(), warnings.catch_warnings():
        # How many fits reached max_iter is said with the scores.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", TrainingWarning)
        return final_network(model.fit(X, y)).loss_curve_


def _draw_losses(ax, network: str, curves: dict, styles: dict) -> None:
    for activation, curve in curves.items():
        style = {name: styles[activation][name] for name in ("color", "linestyle")}
        ax.plot(np.arange(1, len(curve) + 1), curve, **style)
        # The marker at the end tells where training stopped, and the activation without colour.
        ax.plot(len(curve), curve[-1], styles[activation]["marker"], color=style["color"])
    ax.set_yscale("log")
    ax.set_xlabel("epoch")
    ax.set_title(_network_name(network), loc="left")
    ax.grid(alpha=0.3)
