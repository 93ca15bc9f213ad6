"""Descriptions that several docstrings share."""

import re
import textwrap
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def sharing(**texts: str) -> Callable[[T], T]:
    """A decorator that puts texts in place of the lines ``{name}`` of a docstring.

    Parameters
    ----------
    **texts
        By name, without a margin; each gets the margin of its line.

    Returns
    -------
    decorator : callable
        For a class or a function, which stays itself.

    Raises
    ------
    ValueError
        By the decorator, if the docstring does not have one such line for each text.
    """

    def complete(documented: T) -> T:
        doc = documented.__doc__
        if doc is None:  # as it is under python -OO
            return documented
        for name, text in texts.items():
            doc = filled(doc, name, text)
        documented.__doc__ = doc
        return documented

    return complete


def has_line(doc: str, name: str) -> bool:
    """Whether a docstring has one line ``{name}``."""
    return len(_around(doc, name)) == 3


def filled(doc: str, name: str, text: str) -> str:
    """A docstring with a text in place of its line ``{name}``, with that line's margin."""
    # Newer Pythons take the margin from docstrings, older ones leave it.
    before, margin, after = _around(doc, name)
    return before + textwrap.indent(text, margin) + after


def _around(doc: str, name: str) -> list[str]:
    """The text before the line, its margin and the text after it; more or less, if it is not one
    line."""
    return re.split(rf"^( *)\{{{name}\}}$", doc, flags=re.MULTILINE)
