"""The first line of a table: names of columns, or the first row."""

from collections import Counter
from collections.abc import Sequence

from sklearn_relu.tables.kinds import is_number
from sklearn_relu.tables.text_numbers import decimal_marks, written

SAMPLE = 200
"""So many rows tell what the columns hold."""

MOSTLY = 0.8
"""A column with numbers in this share of its cells is one of numbers."""


def names_of(path: str, rows: Sequence[Sequence[str]]) -> tuple[list[str], bool, list[str]]:
    """Give the names of columns, all different.

    Parameters
    ----------
    path : str
    rows : sequence of sequence of str
        Rows of cells without blanks around them, as long as each other; the first may be a header.

    Returns
    -------
    names : list of str
        "column 1", "column 2" ... where the file has none.
    has_header : bool
        Whether the first row has the names.
    notes : list of str
        Sentences about names that were made.

    Raises
    ------
    ValueError
        If most names are empty: the table begins further down.
    """
    first = [cell.strip() for cell in rows[0]]
    if not _is_header(first, [[cell.strip() for cell in row] for row in rows[1 : SAMPLE + 1]]):
        names = [f"column {place}" for place in range(1, len(first) + 1)]
        said = f"no header: the columns are named {names[0]!r} to {names[-1]!r}"
        return names, False, [said]
    if sum(map(bool, first)) < len(first) / 2:
        raise ValueError(
            f"{path}: the first line must have the names of the columns; most of them are empty. "
            "Take out the lines above the table."
        )
    names, notes = [], []
    taken = Counter(first)
    for place, name in enumerate(first, 1):
        fresh = name or f"column {place}"
        number = 1
        while fresh in names or (fresh != name and taken[fresh]):
            fresh, number = f"{name}.{number}", number + 1
        if name and fresh != name:
            notes.append(f"two columns are named {name!r}: the second is {fresh!r} here")
        names.append(fresh)
    return names, True, notes


def _is_header(first: list[str], others: list[list[str]]) -> bool:
    """Whether the first row differs from the cells below it, as names do."""
    over_numbers, over_texts = [], []
    for place, name in enumerate(first):
        cells = [row[place] for row in others if row[place]]
        if sum(map(_is_number, cells)) > MOSTLY * len(cells):
            if not (_is_number(name) or name in ("", "?")):
                return True
            over_numbers.append(name)
        elif cells:
            over_texts.append((name, cells))
    if not over_numbers and len(over_texts) < 2:
        return True
    if over_numbers and _count_up([name for name in over_numbers if name]):
        return True
    known = sum(name in cells for name, cells in over_texts)
    if over_numbers:
        return known < len(over_texts) / 2 and not any("." in name for name in over_numbers)
    return known < len(over_texts)


def _is_number(text: str) -> bool:
    if is_number(text):
        return True
    number = written(text)
    return number is not None and bool(decimal_marks(number))


def _count_up(names: list[str]) -> bool:
    """Whether names are 0, 1, 2 ... or years one after another; one alone never does."""
    if not all(name.isdigit() for name in names):
        return False
    numbers = list(map(int, names))
    return len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
