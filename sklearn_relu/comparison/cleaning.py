"""One column of a file: its kind, its values, and what was done to read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np

from sklearn_relu.comparison.delimited import are_codes
from sklearn_relu.comparison.doubts import DoubtError, three
from sklearn_relu.comparison.formats import NOT_THERE
from sklearn_relu.comparison.text_dates import dates_in, times_in
from sklearn_relu.tables.columns import is_missing
from sklearn_relu.tables.kinds import (
    FEW_UNITS,
    MANY_NUMBERS,
    SAMPLE,
    Kind,
    is_text,
    kind_of,
    nearly_unique,
    numbers_or_dates,
)
from sklearn_relu.tables.text_numbers import (
    CURRENCIES,
    Written,
    decimal_marks,
    decimal_of,
    value,
    written,
)

PLACEHOLDERS = {
    "-", "--", "---", ".", "..", "*", "/", "n/a", "na", "n.a.", "#n/a", "#na", "<na>", "none",
    "null", "(null)", "nil", "unknown", "missing", "undefined", "not available", "n.v.", "k.a.",
    "#value!", "#div/0!",
}  # fmt: skip
"""Texts among numbers that say that there is no number, in small letters."""


@dataclass
class Column:
    """A column that was read."""

    values: Any
    """A Series: numbers, pandas' categories, dates, or objects for all else."""
    kind: Kind
    said: str = ""
    """How its texts were read, if that was no matter of course."""
    own: bool = False
    """Whether its texts are different in nearly every row."""
    quantity: bool = False
    """Whether its numbers are written as classes never are: with separators or a unit."""


def read_column(
    values: Any,
    *,
    missing: Sequence[str] = (),
    decimal: str | None = None,
    file_decimal: str | None = None,
    use: Literal["feature", "target", "category"] = "feature",
) -> Column:
    """Decide what a column holds, and read its texts.

    Parameters
    ----------
    values : Series
    missing : sequence of str
        Cells that are missing values, beside empty ones, "?" and NaN.
    decimal : {".", ","}, default=None
        The decimal mark that the user names.
    file_decimal : {".", ","}, default=None
        The one that other columns of the file have.
    use : {"feature", "target", "category"}
        A category stays text. Words such as "None" are values of a target, unless it holds numbers.

    Returns
    -------
    column : Column

    Raises
    ------
    DoubtError
        For a column that can be read in several ways, or not at all.
    """
    values = _without(values, missing)
    try:
        kind = kind_of(values)
    except TypeError:
        present = [cell for cell in values.tolist() if np.ndim(cell) or not is_missing(cell)]
        raise DoubtError(
            f"holds lists, records or other objects in its cells ({three(present)})"
        ) from None
    if use == "category":
        return Column(_categories(_texts(values)), "category")
    if kind != "category" or values.notna().sum() == 0:
        return Column(values, kind)
    if not is_text(values):
        return Column(_categories(_texts(values)), "category")
    return _from_texts(_texts(values), decimal, file_decimal, use)


def _without(values: Any, missing: Sequence[str]) -> Any:
    """The column with missing values where cells say so; blanks around texts are taken away."""
    if values.dtype.kind in "iuf":
        numbers = [number for number in map(_plain, missing) if number is not None]
        return values.mask(values.isin(numbers)) if numbers else values
    if not is_text(values):
        return values
    gone = {*NOT_THERE, *missing}
    kept = {
        cell: np.nan if (cell.strip() in gone) else cell.strip()
        for cell in {cell for cell in values.tolist() if isinstance(cell, str)}
    }
    if any(isinstance(cell, bytes) for cell in values.head(100)):
        raise DoubtError(f"holds bytes ({three(values.dropna())})")
    cells = [kept[cell] if isinstance(cell, str) else cell for cell in values.tolist()]
    return type(values)(cells, index=values.index, name=values.name, dtype=object)


def _plain(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _texts(values: Any) -> Any:
    """Cells as texts; missing ones stay missing. Whole floats lose their point."""
    if type(values.dtype).__name__ == "CategoricalDtype":
        values = values.astype(object)
    cells = [
        cell if isinstance(cell, str) else np.nan if is_missing(cell) else _text(cell)
        for cell in values.tolist()
    ]
    return type(values)(cells, index=values.index, name=values.name, dtype=object)


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _categories(texts: Any) -> Any:
    return texts.astype("category")


def _from_texts(texts: Any, decimal: str | None, file_decimal: str | None, use: str) -> Column:
    """Numbers, dates or times that are written as texts; else categories."""
    counts = texts.value_counts(sort=False).to_dict()
    levels = list(counts)
    own = nearly_unique(counts)
    if are_codes(levels):
        said = f"codes with leading zeros ({three(levels)})"
        return Column(_categories(texts), "category", said, own)
    read = _numbers(counts, decimal, file_decimal, use)
    if read is not None:
        return Column(
            texts.map(read.values).astype(np.float64), "number", read.said, quantity=read.quantity
        )
    times = times_in(levels)
    if times is not None:
        seconds = texts.map(dict(zip(levels, times, strict=True))).astype(np.float64)
        return Column(seconds, "number", f"times of day in seconds ({three(levels)})")
    absent = [level for level in levels if level.casefold() in PLACEHOLDERS]
    moments = [level for level in levels if level.casefold() not in PLACEHOLDERS]
    dates = dates_in(moments) if moments else None
    if dates is not None:
        said = f"dates ({three(moments)}){_gone(absent)}"
        return Column(texts.map(dict(zip(moments, dates, strict=True))), "date", said)
    doubt = numbers_or_dates(counts)
    if doubt is not None:
        raise DoubtError(doubt)
    return Column(_categories(texts), "category", own=own)


def _gone(absent: list[str]) -> str:
    return f"; missing: {three(absent)}" if absent else ""


class _Numbers(NamedTuple):
    """The numbers that texts are, by the text."""

    values: dict[str, float]
    said: str
    quantity: bool


def _numbers(
    counts: dict[str, int], decimal: str | None, file_decimal: str | None, use: str
) -> _Numbers | None:
    """The numbers that texts are; None for texts that are no numbers."""
    found = {text: written(text) for text in counts}
    numbers = {text: n for text, n in found.items() if n is not None and decimal_marks(n)}
    absent = [t for t in counts if t not in numbers and t.casefold() in PLACEHOLDERS]
    others = [t for t in counts if t not in numbers and t.casefold() not in PLACEHOLDERS]
    many = len(numbers) >= MANY_NUMBERS
    affixes = {number.affix for number in numbers.values() if number.affix or _value(number)}
    if not numbers or len(affixes) > FEW_UNITS or (others and not many):
        return None
    if others:
        if len(others) > len(numbers):
            return None
        raise DoubtError(
            f"holds {len(numbers)} different numbers as text ({three(numbers)}), and among them "
            f"{three(others)}: --missing takes these as missing values"
        )
    units = affixes - {""}
    if len(units) > 1 or ("" in affixes and not units <= CURRENCIES):
        if many:
            raise DoubtError(f"holds numbers as text with several units ({_one_of_each(numbers)})")
        return None
    if absent and use == "target" and not many:
        raise DoubtError(
            f"holds {len(numbers)} different numbers as text, and {three(absent)}: --missing "
            "leaves out these rows, --task classification takes all as classes"
        )
    _check_brackets(numbers)
    mark = _decimal(numbers, decimal, file_decimal)
    values = {text: _value(number, mark) for text, number in numbers.items()}
    wrong = [text for text, number in values.items() if number is None]
    if wrong:
        raise DoubtError(
            f"holds numbers as text that are none with --decimal {mark} ({three(wrong)})"
        )
    how = _how(list(numbers.values()), mark)
    odd = [text for text in numbers if _plain(text) is None] or list(numbers)
    said = f"{', '.join(how) or 'numbers'} ({three(odd)}){_gone(absent)}" if how or absent else ""
    return _Numbers(values, said, bool(how))  # type: ignore[arg-type]


def _value(number: Written, mark: str | None = None) -> float | None:
    marks = decimal_marks(number) if mark is None else mark
    found = value(number, marks[0])
    return -found if found is not None and number.bracketed else found


def _one_of_each(numbers: dict[str, Written]) -> str:
    return three({number.affix: text for text, number in numbers.items()}.values())


def _check_brackets(numbers: dict[str, Written]) -> None:
    """Brackets are negative numbers where others have none."""
    bracketed = {number.bracketed for number in numbers.values()}
    if bracketed == {True} or (
        bracketed == {True, False} and any(number.negative for number in numbers.values())
    ):
        raise DoubtError(
            f"holds numbers as text in brackets ({three(numbers)}), of which nothing tells whether "
            "they are negative"
        )


def _decimal(numbers: dict[str, Written], decimal: str | None, file_decimal: str | None) -> str:
    """The decimal mark of a column."""
    own = decimal_of(numbers.values())
    if len(own) == 1 and decimal in (None, own):
        return own
    marked = [text for text, number in numbers.items() if {*number.digits} & {*",."}]
    if not marked:
        return "."
    if not own:
        raise DoubtError(
            f"holds numbers as text, some with a decimal point and some with a decimal comma "
            f"({three(_extremes(numbers))})"
        )
    chosen = decimal or file_decimal
    if chosen:
        return chosen
    if not any("," in numbers[text].digits for text in marked):
        return "."
    first = numbers[marked[0]]
    raise DoubtError(
        f"holds numbers as text that can be read in two ways ({three(marked)}): say --decimal . if "
        f"{marked[0]} is {value(first, '.'):g}, --decimal , if it is {value(first, ','):g}"
    )


def _extremes(numbers: dict[str, Written]) -> list[str]:
    points = [text for text, number in numbers.items() if decimal_marks(number) == "."]
    commas = [text for text, number in numbers.items() if decimal_marks(number) == ","]
    return [*points[:1], *commas[:2]]


def _how(numbers: list[Written], mark: str) -> list[str]:
    """The ways in which numbers differ from those that Python writes."""
    other = "," if mark == "." else "."
    affix = max((number.affix for number in numbers), key=bool)
    unit = (
        "percent" if affix == "%" else f"in {affix}" if affix in CURRENCIES else f"unit {affix!r}"
    )
    ways = {
        "decimal commas": any(mark == "," in number.digits for number in numbers),
        "thousands separators": any(n.grouped or other in n.digits for n in numbers),
        unit: bool(affix),
        "brackets are negative": any(number.bracketed for number in numbers),
    }
    return [way for way, there in ways.items() if there]


def decimals_of_texts(frame: Any) -> set[str]:
    """Find the decimal marks that columns of text show."""
    marks = set()
    for _, values in frame.items():
        if values.dtype.kind in "iufbM" or not is_text(values):
            continue
        every = dict.fromkeys(cell for cell in values.tolist() if isinstance(cell, str))
        texts = [text.strip() for text in islice(every, SAMPLE)]
        found = [one for one in map(written, texts) if one is not None and decimal_marks(one)]
        if len(found) > len(texts) / 2:
            own = decimal_of(found)
            marks |= {own} if len(own) == 1 else set()
    return marks


def has_fractions(frame: Any) -> bool:
    """Whether a column of numbers has some that are not whole."""
    with np.errstate(invalid="ignore"):
        return any(
            values.dtype.kind == "f" and bool((np.abs(values.to_numpy() % 1) > 0).any())
            for _, values in frame.items()
        )
