"""What a comparison found, as a table in the terminal."""

import math
from collections.abc import Callable
from typing import Any

from sklearn_relu.compare.table import MEASURED, best_row

WIDTH = 100
"""Columns of the terminal that a table takes at most by itself."""


def rich_table(rows: list[dict[str, Any]], score: str):
    """The rows as a table for the terminal, at most 100 columns wide by itself.

    Parameters
    ----------
    rows : list of dict
        See :func:`comparison_rows`.
    score : str
        The score's name, for the header.

    Returns
    -------
    table : rich.table.Table
        The best score is bold. Parameters with one value only are left out; where there is no room
        for them, so are the number of parameters and the saturated units.
    """
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(width=2 * WIDTH)
    for left_out in ((), ("n_parameters",), ("n_parameters", "saturation")):
        table = _table(rows, score, left_out)
        if Measurement.get(console, console.options, table).minimum <= WIDTH:
            break
    return table


def _table(rows: list[dict[str, Any]], score: str, left_out: tuple[str, ...]):
    from rich import box
    from rich.table import Table

    others = _searched_beside_activation_and_network(rows)
    # Without the padding there is still one blank between columns.
    padding = (0, 0 if others else 1, 0, 0)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=padding)
    table.add_column("activation", min_width=10, max_width=20, overflow="fold")
    table.add_column("network", min_width=7, max_width=14, overflow="fold")
    if others:
        header = "settings" if len(others) > 1 else others[0].replace("_", "\n")
        words = " ".join(_settings(row, others) for row in rows).split()
        table.add_column(header, min_width=min(16, max(map(len, words))), overflow="fold")
    figures = {name: each for name, each in FIGURES.items() if name not in left_out}
    columns = {f"{score}\n(mean ± sd)": [_score(row) for row in rows]}
    for name, (header, shown) in figures.items():
        columns[header] = [shown(row[name]) for row in rows]
    for header, cells in columns.items():
        # Its width is said: rich takes a column that must not wrap for as narrow as a word.
        width = max(map(len, [*header.split("\n"), *cells]))
        table.add_column(header, justify="right", no_wrap=True, min_width=width)
    best = best_row(rows)
    for i, (row, following) in enumerate(zip(rows, [*rows[1:], None], strict=True)):
        table.add_row(
            str(row["activation"]),
            row["network"],
            *([_settings(row, others)] if others else []),
            *(cells[i] for cells in columns.values()),
            style="bold" if row is best else "",
            end_section=following is not None and following["network"] != row["network"],
        )
    return table


def row_label(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """What tells a row from the others, in words.

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
    return [name for name in names if len({row[name] for row in rows}) > 1]


def _settings(row: dict[str, Any], names: list[str]) -> str:
    """One setting as its value; several by name, in one column, for the table must stay narrow."""
    if len(names) == 1:
        return str(row[names[0]])
    short = {"initialization": "", "learning_rate": "rate="}
    return ", ".join(f"{short.get(name, name + '=')}{row[name]}" for name in names)


def _score(row: dict[str, Any]) -> str:
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
