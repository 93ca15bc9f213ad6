"""A comparison as a figure: scores by activation and depth, and loss curves."""

from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.utils.parallel import Parallel, delayed

from sklearn_relu.comparison.ranking import candidate_pipeline, fitted_with_held_out
from sklearn_relu.comparison.table import candidates, per_fit
from sklearn_relu.displays import ComparisonDisplay, LossCurve
from sklearn_relu.displays.candidates import are_ordered, layers_in_words, sizes_of
from sklearn_relu.displays.loss_curve import draw_curve, loss_curve
from sklearn_relu.displays.style import styles, write_title
from sklearn_relu.displays.ticks import logarithmic, whole_numbers
from sklearn_relu.inspection import final_network
from sklearn_relu.sklearn_private import rows_of

PANELS_PER_ROW = 3

HIGHEST_LOSS = 10.0
"""Losses above so many times the median of the curves' highest are not drawn."""

Cell = tuple[str, tuple[int, ...] | None]
"""An activation, and the sizes of the hidden layers."""


def comparison_figure(
    search: GridSearchCV, X: Any, y: Any, n_jobs: int | None = None, *, name: str | None = None
):
    """Scores of every fold by activation and network, and loss curves for each network.

    Where more was searched than activations and networks, the best candidate of each activation
    and network is drawn. For its loss curves it is fitted once more, to the training rows of the
    first fold; the rows that this fold holds out give the validation loss.

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        The data it was given.
    n_jobs : int, default=None
        Processes for the fits.
    name : str, default=None
        The table's, for the title.

    Returns
    -------
    figure : matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    cells = _best_candidates(search)
    curves = _loss_curves(search, cells, X, y, n_jobs)
    networks = list(dict.fromkeys(network for _, network in curves))
    activations = list(dict.fromkeys(activation for activation, _ in cells))
    style_of = dict(zip(activations, styles(len(activations)), strict=True))
    n_rows = -(-len(networks) // PANELS_PER_ROW)
    figure = Figure(figsize=(10, 4 + 2.8 * n_rows), layout="constrained")
    heights = [4, 2.8 * n_rows] if networks else [4]
    parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights).ravel()
    scores = parts[0].subplots()
    if networks:
        n_columns = min(len(networks), PANELS_PER_ROW)
        panels = parts[1].subplots(n_rows, n_columns, sharey=True, squeeze=False)
        _draw_losses(panels, networks, curves, style_of)
    # After the others, for numbers are written where nothing else is.
    _draw_scores(scores, search, cells, y, name)
    return figure


def _best_candidates(search: GridSearchCV) -> dict[Cell, list[int]]:
    """The best candidate of each activation and network.

    Candidates are lists of indices. One of which a fit failed is the best only where a fit of each
    did.
    """
    best: dict[Cell, list[int]] = {}
    for labels, indices in candidates(search):
        sizes = sizes_of(search.cv_results_["params"][indices[0]])
        cell = labels["activation"], sizes
        if cell not in best or _goodness(search, indices) > _goodness(search, best[cell]):
            best[cell] = indices
    return best


def _goodness(search: GridSearchCV, indices: list[int]) -> float:
    return float(np.nan_to_num(_scores(search, indices).mean(), nan=-np.inf))


def _scores(search: GridSearchCV, indices: list[int]) -> np.ndarray:
    return per_fit(search, f"test_{search.refit}", indices).ravel()


def _draw_scores(ax, search, cells, y, name) -> None:
    more = len(candidates(search)) > len(cells)
    title = f"Score: mean, and each fit{' (best settings of each)' if more else ''}"
    ComparisonDisplay(
        {
            (activation, None, layers_in_words(network)): _scores(search, indices)
            for (activation, network), indices in cells.items()
        },
        score_name=f"cross-validated {_score_name(search)}",
        baseline=_baselines(search, y),
        name=title if name is None else f"{name}. {title}",
        joined=are_ordered(list(dict.fromkeys(network for _, network in cells))),
    ).plot(ax)


def _score_name(search: GridSearchCV) -> str:
    return {"r2": "R²"}.get(search.refit, search.refit)


def _baselines(search, y) -> list[tuple[float, str]]:
    """The scores of baselines or, without any, of a constant."""
    scores = {
        name: float(np.mean(each["test_score"]))
        for name, each in getattr(search, "baselines_", {}).items()
    }
    if scores:
        return [(score, name) for name, score in scores.items() if np.isfinite(score)]
    if search.refit == "r2":
        return [(0.0, "mean of the target")]
    if search.refit == "accuracy":
        return [(np.unique(y, return_counts=True)[1].max() / len(y), "most frequent class")]
    return []


def _loss_curves(search, cells, X, y, n_jobs) -> dict[Cell, LossCurve]:
    """Losses of one fit to the first fold's training rows for each activation and network."""
    train, held_out = next(search.cv.split(X, y))
    fitted = {
        cell: indices[0] for cell, indices in cells.items() if _goodness(search, indices) > -np.inf
    }
    curves = Parallel(n_jobs=n_jobs)(
        delayed(_loss_curve)(
            candidate_pipeline(search, i),
            *(rows_of(X, train), rows_of(y, train)),
            *(rows_of(X, held_out), rows_of(y, held_out)),
        )
        for i in fitted.values()
    )
    return dict(zip(fitted, curves, strict=True))


def _loss_curve(model, X, y, X_val, y_val) -> LossCurve:
    network = final_network(fitted_with_held_out(model, X, y, X_val, y_val))
    return loss_curve(str(network.activation), network)


def _draw_losses(panels, networks: list, curves: dict[Cell, LossCurve], style_of: dict) -> None:
    for panel in panels.ravel()[len(networks) :]:
        panel.set_visible(False)
    for panel, network in zip(panels.ravel(), networks, strict=False):
        for (activation, each), curve in curves.items():
            if each == network:
                draw_curve(panel, curve, style_of[activation], {})
        whole_numbers(panel.xaxis)
        panel.set_xlabel("epoch")
        write_title(panel, layers_in_words(network).replace(",", ", "))
        panel.grid(alpha=0.3)
    logarithmic(panels[0, 0].yaxis)
    _leave_out_high_losses(panels[0, 0], list(curves.values()))
    for first in panels[:, 0]:
        first.set_ylabel("loss")
    _explain_lines(panels[0, 0].figure)


def _leave_out_high_losses(panel, curves: list[LossCurve]) -> None:
    """Bound the scale, so that a fit that diverges does not flatten the others."""
    lines = [line for curve in curves for line in (*curve.training, *curve.validation)]
    highest = [line[np.isfinite(line)].max(initial=0.0) for line in lines]
    bound = HIGHEST_LOSS * float(np.median(highest))
    if max(highest) > bound > 0:
        panel.set_ylim(top=bound)


def _explain_lines(figure) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color="0.4", linestyle="-", label="training"),
        Line2D([], [], color="0.4", linestyle="--", label="held-out rows of the first fold"),
        Line2D([], [], color="0.4", linestyle="none", marker="o", label="best epoch"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
