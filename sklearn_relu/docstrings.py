"""Descriptions that several docstrings share."""

import re
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

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


def with_argument(documented: Any, argument: str) -> Callable[[T], T]:
    """A decorator that gives a method the docstring of another one, with an argument more.

    Parameters
    ----------
    documented : callable
        The other method, whose docstring has a section on what it returns.
    argument : str
        The description of the argument that comes last, without a margin.

    Returns
    -------
    decorator : callable
    """

    def complete(method: T) -> T:
        if documented.__doc__ is None:
            return method
        pattern = r"\n\n( *)Returns$"
        before, margin, after = re.split(pattern, documented.__doc__, maxsplit=1, flags=re.M)
        more = textwrap.indent(argument.strip("\n"), margin)
        method.__doc__ = f"{before}\n{more}\n\n{margin}Returns{after}"
        return method

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
