"""Reports as text and as data frames: all kinds of them share this."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_relu.inspection.html import html_report

SHOWN_ROWS = 12
SHOWN_COLUMNS = 11
LEFT_OUT = "..."
"""Rows and columns of a table in a repr; of a longer or wider one the first and the last, with a
mark between them."""


class Report(ABC):
    """Figures in arrays, with a title and a table."""

    @abstractmethod
    def _title(self) -> str:
        """One line that says the most important."""

    @abstractmethod
    def _columns(self) -> dict[str, Sequence]:
        """The table: columns of one length by name."""

    def __repr__(self):
        """The title, and the table below it."""
        table = text_table(self._columns())
        return f"{type(self).__name__}: {self._title()}" + (f"\n{table}" if table else "")

    def _repr_html_(self):
        """The title and the table, for notebooks."""
        return html_report(type(self).__name__, self._title(), shown_rows(self._columns()))

    def to_frame(self):
        """The table as a data frame.

        Returns
        -------
        frame : pandas.DataFrame

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return frame_of(self._columns())


def frame_of(columns: dict[str, Sequence]):
    """Columns as a data frame.

    Parameters
    ----------
    columns : dict of str to sequence

    Returns
    -------
    frame : pandas.DataFrame
    """
    import pandas as pd

    return pd.DataFrame(columns)


def by_layer(
    figures: dict[str, np.ndarray],
    kinds: Sequence[str] = (),
    numbers: np.ndarray | None = None,
) -> dict[str, Any]:
    """Figures of layers, (n_layers,) or (n_networks, n_layers), as columns of a table.

    Parameters
    ----------
    figures : dict of str to ndarray
    kinds : sequence of str, default=()
        The kind of each layer, where layers are of several kinds.
    numbers : ndarray of int or None, default=None
        The number of each layer; None counts from 1.

    Returns
    -------
    columns : dict of str to ndarray
        Before the figures come the columns "network", if there are several networks, "layer" and,
        if there are several kinds of layers, "kind".
    """
    shape = next(iter(figures.values())).shape
    if numbers is None:
        numbers = np.arange(1, shape[-1] + 1)
    columns: dict[str, Any] = {"layer": np.broadcast_to(numbers, shape).ravel()}
    if kinds:
        columns["kind"] = np.broadcast_to(np.array(kinds), shape).ravel()
    if len(shape) == 2:
        columns = {"network": np.repeat(np.arange(shape[0]), shape[1])} | columns
    return columns | {name: np.ravel(values) for name, values in figures.items()}


def without_axis_of_one(values: np.ndarray) -> np.ndarray:
    """An array without its network axis where there is one network only."""
    return values[0] if len(values) == 1 else values


def percent(share: float) -> str:
    """A share in percent; 0 % only for what is exactly 0.

    Parameters
    ----------
    share : float

    Returns
    -------
    text : str
    """
    if 0 < share < 0.0005:
        return "<0.1 %"
    return f"{100 * share:.{0 if share in (0, 1) else 1}f} %"


def shown_rows(columns: dict[str, Sequence]) -> list[list[str]]:
    """A table as texts, the numbers in four digits, and the middle of a large one left out.

    Parameters
    ----------
    columns : dict of str to sequence

    Returns
    -------
    rows : list of list of str
        The names of the columns, then the rows; empty if there are no rows.
    """
    n_rows = min(map(len, columns.values()), default=0)
    if not n_rows:
        return []
    names = _middle_left_out(list(columns), SHOWN_COLUMNS)
    places = _middle_left_out(list(range(n_rows)), SHOWN_ROWS)
    return [
        [LEFT_OUT if name is None else name for name in names],
        *(
            [
                LEFT_OUT if name is None or place is None else _cell(columns[name][place])
                for name in names
            ]
            for place in places
        ),
    ]


def text_table(columns: dict[str, Sequence]) -> str:
    """Columns as aligned text, the numbers in four digits.

    Parameters
    ----------
    columns : dict of str to sequence

    Returns
    -------
    text : str
        Empty if there are no rows.
    """
    table = shown_rows(columns)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in table
    )


def _middle_left_out(values: list, most: int) -> list:
    """The first and the last of a list that is too long, with None between them."""
    half = most // 2
    return values if len(values) <= most else [*values[:half], None, *values[-half:]]


def _cell(value) -> str:
    is_number = isinstance(value, float | np.floating)
    return f"{value + 0:.4g}" if is_number else str(value)
