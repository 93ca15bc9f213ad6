"""Reports as small tables for notebooks, light or dark."""

from collections.abc import Sequence
from html import escape

BOX = "overflow-x:auto;max-width:100%"
TABLE = (
    "border-collapse:collapse;margin:.4em 0;color:inherit;background:transparent;font-size:inherit"
)
HEAD = "padding:.2em .6em;border-bottom:1px solid currentColor;color:inherit"
CELL = "padding:.2em .6em;border-bottom:1px solid rgba(128,128,128,.35);color:inherit"
"""Styles of elements. Colours are those of the notebook around them, whatever its theme."""


def html_report(kind: str, title: str, rows: Sequence[Sequence[str]]) -> str:
    """A report as HTML that needs nothing else.

    Parameters
    ----------
    kind : str
        The report's name, in bold type.
    title : str
        One line that says the most important.
    rows : sequence of sequence of str
        The names of the columns, then the rows; none for a report without a table. All texts are
        escaped here.

    Returns
    -------
    html : str
    """
    heading = f"<div><strong>{escape(kind)}</strong>: {escape(title)}</div>"
    return f'<div style="{BOX}">{heading}{_table(rows) if rows else ""}</div>'


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    sides = [_side([row[i] for row in body]) for i in range(len(head))]
    names = _cells("th", head, HEAD, sides)
    lines = "".join(f"<tr>{_cells('td', row, CELL, sides)}</tr>" for row in body)
    return f'<table style="{TABLE}"><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>'


def _cells(tag: str, texts: Sequence[str], style: str, sides: Sequence[str]) -> str:
    return "".join(
        f'<{tag} style="{style};text-align:{side}">{escape(text)}</{tag}>'
        for text, side in zip(texts, sides, strict=True)
    )


def _side(texts: Sequence[str]) -> str:
    """Numbers end at the right, words begin at the left."""
    try:
        for text in texts:
            float(text.replace("...", "0"))
    except ValueError:
        return "left"
    return "right"
