"""The results of a comparison, as a table in the terminal."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sklearn_relu.comparison.table import MEASURED, best_row

WIDTH = 100
"""Columns that a table takes at most where no terminal says how many there are."""

LEAST = 6
"""Columns that a folded name has at least; a narrower terminal wraps the lines itself."""


@dataclass(frozen=True)
class TextColumn:
    """A column of the table: header, cells, and the room it takes.

    Attributes
    ----------
    header : str
        One line, or two.
    cells : list of str
        One a row.
    folds_at : int, default=None
        What is wider may be folded to this width. None: never folded.
    """

    header: str
    cells: list[str]
    folds_at: int | None = None

    @property
    def natural(self) -> int:
        """The width of the widest line."""
        return max(map(_width, [*self.header.split("\n"), *self.cells]))

    @property
    def least(self) -> int:
        """The width without which other columns are left out."""
        return min(self.natural, self.folds_at or self.natural)


def rich_table(rows: list[dict[str, Any]], score: str, width: int = WIDTH):
    """The rows as a table for the terminal.

    What names a row is never left out, nor the score. Of the other figures there are as many as
    the width has room for, the most important first. Parameters with one value only are left out.

    Parameters
    ----------
    rows : list of dict
        See :func:`comparison_rows`.
    score : str
        The score's name, for the header.
    width : int, default=100
        Columns of the terminal.

    Returns
    -------
    table : rich.table.Table
        The best row is bold. At widths that have no room for the names and the score the table
        is wider than the terminal.
    left_out : list of str
        The figures without room, by their keys in `rows`.
    """
    names = _names(rows)
    figures = _figures(rows, score)
    shown, gap = _with_room(names, figures, width)
    columns = [figures[name] for name in figures if name in shown]
    widths = [column.natural for column in columns]
    gaps = gap * (len(names) + len(columns) - 1)
    widths = [*_widths_of_names(names, width - sum(widths) - gaps), *widths]
    left_out = [name for name in figures if name not in shown]
    return _drawn(rows, [*names, *columns], widths, gap), left_out


def _names(rows: list[dict[str, Any]]) -> list[TextColumn]:
    """The labels that tell a row from the others."""
    names = [
        TextColumn("activation", [str(row["activation"]) for row in rows], folds_at=20),
        TextColumn("network", [row["network"] for row in rows], folds_at=14),
    ]
    others = _searched_beside_activation_and_network(rows)
    if others:
        header = "settings" if len(others) > 1 else others[0].replace("_", "\n")
        cells = [_settings(row, others) for row in rows]
        longest = max(map(_width, " ".join([header, *cells]).split()))
        names.append(TextColumn(header, cells, folds_at=min(longest, 24)))
    return names


def _figures(rows: list[dict[str, Any]], score: str) -> dict[str, TextColumn]:
    """The columns of figures by key, in their order from left to right."""
    columns = {"score": TextColumn(f"{score}\n(mean ± sd)", [score_in_words(row) for row in rows])}
    for name, (header, shown) in FIGURES.items():
        columns[name] = TextColumn(header, [shown(row[name]) for row in rows])
    return columns


def _with_room(
    names: list[TextColumn], figures: dict[str, TextColumn], width: int
) -> tuple[set[str], int]:
    """The figures that there is room for, and the blanks between columns: two, if all fit so."""
    columns = [*names, *figures.values()]
    if sum(column.least for column in columns) + 2 * (len(columns) - 1) <= width:
        return set(figures), 2
    shown = {"score"}
    room = width - sum(1 + column.least for column in names) - figures["score"].least
    for name in IMPORTANCE:
        room -= 1 + figures[name].least
        if room < 0:
            break
        shown.add(name)
    return shown, 1


def _widths_of_names(names: list[TextColumn], room: int) -> list[int]:
    """The width of each name's column, together no more than the room if that is possible."""
    widths = [column.least for column in names]
    while sum(widths) > room and max(widths) > LEAST:
        widths[widths.index(max(widths))] -= 1
    for i in reversed(range(len(names))):  # the settings first
        widths[i] += min(max(room - sum(widths), 0), names[i].natural - widths[i])
    return widths


def _drawn(rows: list[dict[str, Any]], columns: list[TextColumn], widths: list[int], gap: int):
    from rich import box
    from rich.table import Table

    # The box itself puts one blank between columns.
    padding = (0, gap - 1, 0, 0)
    # All widths are said, and the table's is their sum: rich takes what is missing from columns
    # that may fold, down to nothing.
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=padding,
        pad_edge=False,
        width=sum(widths) + gap * (len(widths) - 1),
    )
    for column, width in zip(columns, widths, strict=True):
        is_name = column.folds_at is not None
        table.add_column(
            column.header,
            justify="left" if is_name else "right",
            width=width,
            no_wrap=not is_name,
            overflow="fold",
        )
    best = best_row(rows)
    for i, (row, following) in enumerate(zip(rows, [*rows[1:], None], strict=True)):
        table.add_row(
            *(column.cells[i] for column in columns),
            style="bold" if row is best else "",
            end_section=following is not None and following["network"] != row["network"],
        )
    return table


def figure_in_words(name: str) -> str:
    """A figure as its header calls it, in one line.

    Parameters
    ----------
    name : str
        A key of a row.

    Returns
    -------
    words : str
    """
    return FIGURES[name][0].replace("-\n", "").replace("\n", " ")


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def row_label(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """The labels that tell a row from the others, in words.

    Parameters
    ----------
    row : dict
    rows : list of dict
        See :func:`comparison_rows`.

    Returns
    -------
    label : str
    """
    others = _searched_beside_activation_and_network(rows)
    parts = [str(row["activation"]), row["network"], *([_settings(row, others)] if others else [])]
    return ", ".join(parts)


def _searched_beside_activation_and_network(rows: list[dict[str, Any]]) -> list[str]:
    names = [name for name in rows[0] if name not in ("activation", "network", *MEASURED)]
    candidates = [row for row in rows if not row["is_baseline"]]
    return [name for name in names if len({row[name] for row in candidates}) > 1]


def _settings(row: dict[str, Any], names: list[str]) -> str:
    """One setting as its value; several by name, in one column, for the table must stay narrow."""
    if len(names) == 1 or row["is_baseline"]:
        return str(row[names[0]])
    short = {"initialization": "", "learning_rate": "rate="}
    return ", ".join(f"{short.get(name, name + '=')}{row[name]}" for name in names)


def score_in_words(row: dict[str, Any]) -> str:
    """The mean score and its deviation, or why there is none.

    Parameters
    ----------
    row : dict
        See :func:`comparison_rows`.

    Returns
    -------
    words : str
    """
    if row["n_not_run"]:
        return "not run"
    if row["n_failed"]:
        return f"{row['n_failed']} of {row['n_fits']} failed"
    return f"{_number(row['score'], '.3f')} ± {_number(row['score_sd'], '.3f')}"


def _number(value: float, form: str) -> str:
    if math.isnan(value):
        return "-"
    return format(value, form if abs(value) < 1e4 else ".1e")


def _share(value: float) -> str:
    """A share in percent; 0 % only for what is exactly 0."""
    if 0 < value < 0.0005:
        return "<0.1 %"
    return "-" if math.isnan(value) else f"{100 * value:.{0 if value in (0, 1) else 1}f} %"


def _ratio(value: float) -> str:
    return _number(value, ".2f" if value == 0 or 0.01 <= value < 1e3 else ".1e")


def _count(value: float) -> str:
    """A count in two digits, from a thousand on with its unit: 650, 7.4k, 74k, 1.2M."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            in_units = value / size
            return f"{in_units:.{1 if in_units < 9.95 else 0}f}{unit}"
    return _number(value, ".0f")


FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "train_score": ("train\nscore", lambda value: _number(value, ".3f")),
    "fit_seconds": ("fit\nseconds", lambda value: _number(value, ".2f")),
    "epochs": ("epochs", lambda value: _number(value, ".0f")),
    "sparsity": ("exact\nzeros", _share),
    "dead_units": ("dead\nunits", _share),
    "saturation": ("satu-\nrated", _share),
    "gradient_ratio": ("gradient\nratio", _ratio),
    "n_parameters": ("para-\nmeters", _count),
}
"""For each figure after the score its header, and how it is written."""

IMPORTANCE = (
    "train_score",
    "epochs",
    "gradient_ratio",
    "dead_units",
    "sparsity",
    "fit_seconds",
    "saturation",
    "n_parameters",
)
"""The figures from the one that stays longest to the one that is left out first."""
