"""Dates and times of day in text."""

import re
from collections.abc import Sequence
from typing import Any

from sklearn_relu.comparison.doubts import DoubtError, three

_DAY = r"(?P<a>\d{1,4})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})"
_CLOCK = (
    r"(?:[ T]+(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp][Mm])?)"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_NUMERIC = re.compile(_DAY + _CLOCK)
_NAMED = re.compile(
    r"(?:\d{1,2}[- ]?(?P<month>[A-Za-z]{3,9})\.?,?[- ](?:\d{4}|\d{2})|"
    r"(?P<month_2>[A-Za-z]{3,9})\.? \d{1,2},? \d{4})"
)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_TIME = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")


def dates_in(texts: Sequence[str]) -> Any | None:
    """Read texts as dates, if all of them are.

    Parameters
    ----------
    texts : sequence of str
        Different ones.

    Returns
    -------
    dates : Series of datetime64, or None
        One for each text. None if some are no dates.

    Raises
    ------
    DoubtError
        If nothing tells days from months.
    """
    import pandas as pd

    found = [match for match in map(_NUMERIC.fullmatch, texts) if match]
    if len(found) == len(texts):
        order = _order_of(texts, [(match["a"], match["b"], match["c"]) for match in found])
        if order is None:
            return None
        written = [_iso(match, order) for match in found]
    elif all(map(_NAMED.fullmatch, texts)) or all(map(_MONTH.fullmatch, texts)):
        written = list(texts)
    else:
        return None
    zoned = any(match["zone"] for match in found)
    dates = pd.to_datetime(
        pd.Series(written, dtype=object), errors="coerce", format="mixed", utc=zoned
    )
    return None if dates.isna().any() else dates


def _iso(match: re.Match, order: str) -> str:
    """A date with its year first; years of two digits are those from 1969 to 2068."""
    year, month, day = (match[part] for part in order)
    if len(year) == 2:
        year = f"{'20' if int(year) < 69 else '19'}{year}"
    clock = f" {match['clock']}" if match["clock"] else ""
    return f"{year}-{month:0>2}-{day:0>2}{clock}{match['zone'] or ''}"


def _order_of(texts: Sequence[str], parts: list[tuple[str, str, str]]) -> str | None:
    """The names of the parts of dates, from year to day; None if these are no dates."""
    years = {len(a) == 4 for a, _, _ in parts}
    if years == {True}:
        return "abc"
    if years != {False} or not all(len(c) in (2, 4) for _, _, c in parts):
        return None
    first = max(int(a) for a, _, _ in parts)
    second = max(int(b) for _, b, _ in parts)
    if first > 12 >= second:
        return "cba"
    if second > 12 >= first:
        return "cab"
    if max(first, second) > 12:
        return None
    if all(a == b for a, b, _ in parts):
        return "cba"
    raise DoubtError(
        f"holds dates that can be read in two ways ({three(texts)}): days first, or months. Write "
        "them as 2020-01-31"
    )


def times_in(texts: Sequence[str]) -> list[float] | None:
    """Read texts such as 12:30 as seconds, if all of them are times, of the same form."""
    found = [match for match in map(_TIME.fullmatch, texts) if match]
    if len(found) < len(texts) or len({match[3] is None for match in found}) > 1:
        return None
    return [int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3] or 0) for match in found]
