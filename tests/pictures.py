"""What a rendered picture must not have: texts over each other, over lines, marks or images, or
anything outside of it."""

from itertools import combinations, pairwise

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
        found += [f"{text!r} of {name} is over {what}" for text, what in _cut(ax)]
        found += [f"the ticks of {name} are {each}" for each in _jungle(ax)]
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


def _cut(ax):
    """Texts within axes that are over a line, a mark or a pixel of an image."""
    for text in ax.texts:
        box = text.get_window_extent()
        for line in ax.lines:
            if (_along(line) & _within(_pixels_of(line), box)).any():
                yield text.get_text(), f"line {line.get_label()}"
            elif line.get_marker() not in ("None", None, ""):
                radius = line.get_markersize() / 2 * ax.figure.dpi / 72 - SLACK
                places = line.get_transform().transform(line.get_xydata())
                if _within(places, box, radius).any():
                    yield text.get_text(), f"a mark of {line.get_label()}"
        for image in ax.images:
            rows, columns = np.nonzero(~np.ma.getmaskarray(image.get_array()))
            middles = ax.transData.transform(np.column_stack([columns, rows]))
            pixel = np.abs(ax.transData.transform((1, 1)) - ax.transData.transform((0, 0)))
            if _within(middles, box, pixel / 2 - SLACK).any():
                yield text.get_text(), "an image"


def _pixels_of(line):
    """Points along a line, so near to each other that none of a text's height is between."""
    ends = line.get_transform().transform(line.get_xydata())
    shares = np.linspace(0, 1, 200)[:, None]
    parts = [a + shares * (b - a) for a, b in pairwise(ends)]
    return np.concatenate([np.empty((0, 2)), *parts])


def _along(line):
    return line.get_linestyle() != "None"


def _within(points, box, margin=0.0):
    near = (points > box.min - margin) & (points < box.max + margin)
    return near.all(axis=1)


def _jungle(ax):
    """Labels of a logarithmic axis that are no plain numbers, or too many."""
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() != "log":
            continue
        low, high = sorted(axis.get_view_interval())
        labels = [
            tick.label1.get_text()
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
            if low <= tick.get_loc() <= high and tick.label1.get_visible()
        ]
        labels = [label for label in labels if label]
        if any("$" in label or len(label) > 7 for label in labels):
            yield f"not plain: {labels}"
        if len(labels) > 12:
            yield f"too many: {labels}"


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
