"""What all pictures share: colours, markers, lines, axes."""

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


def styles(n: int) -> Iterator[dict[str, str]]:
    """A colour and a marker for each of n things; no two of up to 56 have both."""
    for i in range(n):
        yield {"color": COLORS[i % len(COLORS)], "marker": MARKERS[i % len(MARKERS)]}


def figure_and_axes(ax=None, **options) -> tuple[Any, Any]:
    """The given axes and their figure, or new ones.

    Parameters
    ----------
    ax : matplotlib Axes or None
    **options
        For ``matplotlib.pyplot.subplots``.

    Returns
    -------
    figure : matplotlib Figure
    ax : matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    if ax is not None:
        return ax.figure, ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("displays need matplotlib: pip install matplotlib") from error
    return plt.subplots(layout="constrained", **options)


def named_models(model, fallback: str | None = None) -> dict[str, Any]:
    """One model, a sequence of them, or a dict from names to them, as a dict.

    Parameters
    ----------
    model : estimator, sequence of estimator or dict of str to estimator
    fallback : str, default=None
        The name of a single model; None takes its activation's.

    Returns
    -------
    models : dict of str to estimator
        Without names of their own they have those of their activations, numbered where two are
        equal.
    """
    if isinstance(model, dict):
        return model
    models = list(model) if isinstance(model, list | tuple) else [model]
    if fallback is not None and len(models) == 1:
        return {fallback: models[0]}
    names = [str(final_network(each).activation) for each in models]
    return {
        name if names.count(name) == 1 else f"{name} {i + 1}": each
        for i, (name, each) in enumerate(zip(names, models, strict=True))
    }
