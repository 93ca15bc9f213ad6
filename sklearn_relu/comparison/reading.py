"""The words about a table that was read: its columns, their kinds, what was left out and why."""

import textwrap
from collections.abc import Iterable

from sklearn_relu.comparison.datasets import Columns
from sklearn_relu.comparison.files import Table
from sklearn_relu.comparison.models import MAX_CATEGORIES

WIDTH = 80
MANY_COLUMNS = 20
"""Of more columns of one kind, or more reasons, the first are shown and the others counted."""


def columns_in_words(table: Table, columns: Columns) -> list[str]:
    """Say what was read of a table.

    Parameters
    ----------
    table : Table
    columns : Columns
        Of ``table.X``.

    Returns
    -------
    lines : list of str
        Not longer than 80 characters, but for names that are.
    """
    dates = f", {len(columns.dates)} of dates" if columns.dates else ""
    lines = textwrap.wrap(
        f"{table.name}: {len(table.y)} rows, {len(columns.numeric)} numeric and "
        f"{len(columns.categorical)} categorical columns{dates}",
        WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    if hasattr(table.X, "columns"):
        lines += _columns_by_kind(table, columns)
    for name, said in _first(table.read_as):
        lines += _item("read as", f"{name!r}: {said}")
    for name, reason in _first(table.left_out):
        lines += _item("left out", f"{name!r}: {reason}")
    for note in table.notes:
        lines += _item("note", note)
    return lines


def _columns_by_kind(table: Table, columns: Columns) -> list[str]:
    n_levels = {name: table.X[name].nunique() for name in columns.categorical}
    many = [repr(name) for name, n in n_levels.items() if n > MAX_CATEGORIES]
    lines = [
        *_item("numbers", _some(map(repr, columns.numeric))),
        *_item("categories", _some(f"{name!r} ({n})" for name, n in n_levels.items())),
        *_item("dates", _some(map(repr, columns.dates))),
    ]
    if many:
        lines += _item("note", f"of {_some(many)}, {MAX_CATEGORIES} levels are told apart")
    return lines


def _item(what: str, words: str) -> list[str]:
    """A line of the block, wrapped; none if there are no words."""
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=f"  {what:<12}",
        subsequent_indent=" " * 14,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _some(words: Iterable[str]) -> str:
    listed = list(words)
    more = len(listed) - MANY_COLUMNS
    return ", ".join(listed[:MANY_COLUMNS]) + (f" and {more} more" if more > 0 else "")


def _first(said: dict[str, str]) -> list[tuple[str, str]]:
    items = list(said.items())
    more = len(items) - MANY_COLUMNS
    if more > 0:
        items = items[:MANY_COLUMNS]
        items[-1] = (items[-1][0], f"{items[-1][1]}; and {more} more columns likewise")
    return items
