"""What a rendered picture must not have: texts over each other, or anything outside of it."""

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

SLACK = 1.0
"""Pixels by which boxes may be over each other: they are rounded."""


def faults(figure) -> list[str]:
    """What is wrong with a picture, in words; nothing of a good one.

    Parameters
    ----------
    figure : matplotlib Figure

    Returns
    -------
    faults : list of str
    """
    texts = _drawn_texts(figure)
    seen = [ax for ax in figure.axes if ax.get_visible() and (ax.axison or ax.has_data())]
    axes = {f"axes {i}": ax for i, ax in enumerate(seen)}
    boxes = {name: ax.get_window_extent() for name, ax in axes.items()}
    legends = {
        f"legend of {name}": ax.get_legend().get_window_extent()
        for name, ax in axes.items()
        if ax.get_legend() is not None
    }
    found = [
        *(f"{name} is not all in the figure" for name in _outside(texts | boxes | legends, figure)),
        *(f"{a} is over {b}" for a, b in _over_each_other(texts)),
        *(f"{a} is over {b}" for a, b in _over_each_other(boxes)),
        *(f"{name} is small" for name, box in boxes.items() if min(box.width, box.height) < 12),
    ]
    for name, ax in axes.items():
        found += [f"{each} of {name} has no place" for each in _without_place(ax, figure)]
        found += [f"{a} and {b} of {name} look alike" for a, b in _alike(ax)]
    return found


def _drawn_texts(figure) -> dict:
    """The boxes of the texts that drawing comes to, by their words and a number."""
    found, draw = {}, Text.draw

    def noted(text, renderer, *args, **kwargs):
        if text.get_visible() and text.get_text().strip():
            found[f"{text.get_text()!r} ({len(found)})"] = text.get_window_extent(renderer)
        return draw(text, renderer, *args, **kwargs)

    Text.draw = noted
    try:
        FigureCanvasAgg(figure).draw()
    finally:
        Text.draw = draw
    return found


def _outside(boxes, figure):
    whole = figure.bbox
    for name, box in boxes.items():
        sides = (box.x0 - whole.x0, box.y0 - whole.y0, whole.x1 - box.x1, whole.y1 - box.y1)
        if not min(sides) > -SLACK:
            yield name


def _over_each_other(boxes):
    for (a, one), (b, other) in combinations(boxes.items(), 2):
        width = min(one.x1, other.x1) - max(one.x0, other.x0)
        height = min(one.y1, other.y1) - max(one.y0, other.y0)
        if min(width, height) > SLACK:
            yield a, b


def _without_place(ax, figure):
    """Artists whose box is not finite, or astray though nothing clips it."""
    renderer = figure.canvas.get_renderer()
    for artist in [*ax.lines, *ax.collections, *ax.patches, *ax.images, *ax.texts]:
        box = artist.get_tightbbox(renderer)
        if box is None or not artist.get_visible() or ax.get_label() == "<colorbar>":
            continue
        # Of an empty line the box is a point at the figure's corner.
        astray = max(box.size) == 0 or list(_outside({"": box}, figure))
        if not np.isfinite(box.extents).all() or (astray and not artist.get_clip_on()):
            yield artist


def _alike(ax):
    """Pairs in the legend that no reader could tell apart."""
    handles, labels = ax.get_legend_handles_labels() if ax.get_legend() else ([], [])
    looks = {}
    for handle, label in zip(handles, labels, strict=True):
        if hasattr(handle, "get_linestyle") and hasattr(handle, "get_marker"):
            look = handle.get_color(), handle.get_linestyle(), handle.get_marker()
        else:
            look = str(handle.get_facecolor()), str(handle.get_paths()[0].vertices.round(3))
        if look in looks:
            yield looks[look], label
        looks[look] = label
