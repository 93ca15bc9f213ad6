"""Scores written beside their marks: where they cut nothing, or not at all."""

from collections.abc import Sequence

import numpy as np

from sklearn_relu.displays.style import figure_of

POSITIONS = (
    ((-6, 0), "right", "center"),
    ((0, 6), "center", "bottom"),
    ((0, -6), "center", "top"),
    ((-5, 5), "right", "bottom"),
    ((-5, -5), "right", "top"),
    ((12, 0), "left", "center"),
    ((5, 5), "left", "bottom"),
    ((5, -5), "left", "top"),
    ((0, 11), "center", "bottom"),
    ((0, -11), "center", "top"),
)
"""Points from a mark to the number beside it, and the side of the number that is there; the place
before the mark is the best, for there a number is at its height."""


def number(score: float) -> str:
    """A score in few letters.

    Parameters
    ----------
    score : float

    Returns
    -------
    text : str
    """
    return f"{score:.3f}" if abs(score) < 1000 else f"{score:.2g}".replace("e+0", "e")


def write_values(ax, values: Sequence[tuple[str, float, float, bool]]) -> None:
    """Write numbers beside marks, where they are over no line, no mark and no other number.

    Those that find no such place are not written.

    Parameters
    ----------
    ax : matplotlib Axes
        With all else drawn, and their limits set.
    values : sequence of (text, x, y, is_at_edge)
        The place of a mark, in data or, at the edge, with y as a share of the height.
    """
    figure_of(ax).draw_without_rendering()  # now the layout is known
    lines, taken = _obstacles(ax)
    for text, x, y, is_at_edge in values:
        note = ax.annotate(
            text,
            (x, y),
            (0, 0),
            xycoords=ax.get_xaxis_transform() if is_at_edge else "data",
            textcoords="offset points",
            size=8,
        )
        for offset, horizontal, vertical in POSITIONS:
            note.xyann = offset
            note.set(ha=horizontal, va=vertical)
            box = note.get_window_extent()
            if _is_free(box, ax.bbox, lines, taken):
                taken.append(box)
                break
        else:
            note.remove()


def _obstacles(ax) -> tuple[list, list]:
    """Lines as paths, marks as boxes, in pixels."""
    from matplotlib.transforms import Bbox

    lines, marks = [], []
    for line in ax.lines:
        path = line.get_transform().transform_path(line.get_path())
        if line.get_linestyle() != "None":
            lines.append(path.cleaned(remove_nans=True))
        if line.get_marker() not in ("None", None, ""):
            radius = (line.get_markersize() / 2 + 1) * ax.figure.dpi / 72
            places = path.vertices[np.isfinite(path.vertices).all(axis=1)]
            marks += [Bbox([place - radius, place + radius]) for place in places]
    return lines, marks


def _is_free(box, whole, lines: list, taken: list) -> bool:
    is_inside = whole.x0 <= box.x0 and box.x1 <= whole.x1
    is_inside = is_inside and whole.y0 <= box.y0 and box.y1 <= whole.y1
    return (
        is_inside
        and not any(box.overlaps(other) for other in taken)
        and not any(line.intersects_bbox(box, filled=False) for line in lines)
    )
