"""Columns that cannot be read for certain."""

from collections.abc import Iterable
from itertools import islice


class DoubtError(Exception):
    """A column holds what can be read in several ways, or not at all.

    The message is a sentence without its subject, without a point, and with three values.
    """


def three(values: Iterable) -> str:
    """The first three values, as a message shows them."""
    return ", ".join(shortened(value) for value in islice(values, 3))


def shortened(value: object) -> str:
    """A value in a message, not longer than 30 characters."""
    shown = repr(value)
    return shown if len(shown) <= 30 else f"{shown[:26]}...{shown[-1]}"


def listed(names: list) -> str:
    """Names in a message, not more than a dozen of them."""
    shown = ", ".join(repr(name) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"
