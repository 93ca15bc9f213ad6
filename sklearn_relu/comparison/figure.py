"""A comparison as a figure: scores by activation and depth, and loss curves."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.utils.parallel import Parallel, delayed

from sklearn_relu.comparison.table import candidates, per_fit
from sklearn_relu.displays.comparison import ComparisonDisplay, fold
from sklearn_relu.displays.style import styles, whole_numbers
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.inspection import final_network
from sklearn_relu.kernels.threads import suitable_blas_threads

PANELS_PER_ROW = 3

TITLE_LETTER = 0.1
"""Inches that a letter of a title takes."""


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
    style_of = dict(zip(activations, styles(len(activations)), strict=True))
    n_rows = -(-len(networks) // PANELS_PER_ROW)
    figure = Figure(figsize=(10, 4 + 2.8 * n_rows), layout="constrained")
    ((top,), (bottom,)) = figure.subfigures(2, 1, squeeze=False, height_ratios=[4, 2.8 * n_rows])
    _draw_scores(top.subplots(), search, cells, y)
    curves = _loss_curves(search, cells, X, y, n_jobs)
    panels = bottom.subplots(
        n_rows, min(len(networks), PANELS_PER_ROW), sharey=True, squeeze=False
    ).ravel()
    for panel in panels[len(networks) :]:
        panel.set_visible(False)
    for panel, network in zip(panels, networks, strict=False):
        drawn = {a: curve for (a, n), curve in curves.items() if n == network}
        _draw_losses(panel, network, drawn, style_of)
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


def _draw_scores(ax, search, cells, y) -> None:
    classification = search.refit == "accuracy"
    chance = np.unique(y, return_counts=True)[1].max() / len(y) if classification else 0.0
    ComparisonDisplay(
        {
            (activation, None, _network_name(network)): _scores(search, indices)
            for (activation, network), indices in cells.items()
        },
        score_name="cross-validated " + ("accuracy" if classification else "R²"),
        baseline=(chance, "most frequent class" if classification else "mean of the target"),
    ).plot(ax)
    more = len(candidates(search)) > len(cells)
    best = " (best settings of each)" if more else ""
    ax.set_title(f"Score: mean, and each fit{best}", loc="left")


def _network_name(label: str) -> str:
    """The meaning of a network's label: 10 layers of 80 for ``80x10``."""
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


def _draw_losses(ax, network: str, curves: dict, style_of: dict) -> None:
    for activation, curve in curves.items():
        color, marker = style_of[activation]["color"], style_of[activation]["marker"]
        line = style_of[activation]["linestyle"]
        ax.plot(np.arange(1, len(curve) + 1), curve, line, color=color)
        # The marker at the end tells where training stopped, and the activation without colour.
        ax.plot(len(curve), curve[-1], marker, color=color)
    ax.set_yscale("log")
    whole_numbers(ax.xaxis)
    ax.set_xlabel("epoch")
    letters = int(ax.get_window_extent().width / (TITLE_LETTER * ax.figure.dpi))
    ax.set_title(fold(_network_name(network), letters), loc="left")
    ax.grid(alpha=0.3)
