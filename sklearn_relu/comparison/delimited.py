"""Text with separators: its encoding, its separator, its rows."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sklearn_relu.comparison.headers import SAMPLE, names_of
from sklearn_relu.tables.text_numbers import written

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes", " ": "blanks"}
NAMED = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
"""Words for separators, where a shell makes the character hard to type."""

_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]


MANY_CELLS = 20_000
"""So many cells tell whether they hold another separator."""


@dataclass
class Text:
    """The text of a file, and how its rows are read."""

    path: str
    text: str
    sep: str
    decimal: str
    names: list[str] = field(default_factory=list)
    has_header: bool = True
    codes: list[str] = field(default_factory=list)
    """Names of the columns of codes with leading zeros, which are no numbers."""
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, path: str, data: bytes, *, sep: str | None, encoding: str | None, decimal: str | None
    ) -> "Text":
        """Decode a file, find its separator, check that its rows are as long as each other."""
        text, notes = cls.decoded(path, data, encoding)
        said = re.match(r"\"?sep=(.)\"?\n", text)  # to Excel
        if said is not None:
            text, sep = text[said.end() :], sep or said[1]
        sep = _separator(path, text) if sep is None else NAMED.get(sep, sep)
        if len(sep) != 1 or sep in '"\r\n':
            raise ValueError(f"--sep must be one character, or {', '.join(NAMED)}; got {sep!r}.")
        if sep != ",":
            notes.append(f"{SEPARATORS.get(sep, repr(sep))} separate the columns")
        self = cls(path, text, sep, decimal or ".", notes=notes)
        self._set_names()
        return self

    @staticmethod
    def decoded(path: str, data: bytes, encoding: str | None) -> tuple[str, list[str]]:
        """Decode a file, and say how if that is a guess."""
        guess = encoding or next((name for mark, name in _MARKS if data.startswith(mark)), None)
        guess = guess or _utf_16(data) or "utf-8"
        notes = []
        try:
            text = data.decode(guess)
        except LookupError:
            raise ValueError(f"--encoding: there is no encoding {encoding!r}.") from None
        except UnicodeError:
            if encoding is not None:
                raise ValueError(
                    f"cannot read {path}: it is not in the encoding {encoding}."
                ) from None
            try:
                text = data.decode("cp1252")
            except UnicodeError:
                raise ValueError(
                    f"cannot read {path}: it is text neither in UTF-8 nor in cp1252. Say another "
                    "encoding with --encoding."
                ) from None
            notes.append("read as cp1252 (Western European); --encoding says otherwise")
        if "\0" in text:
            raise ValueError(
                f"cannot read {path}: it is no text. --encoding may say of which kind."
            )
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        return text, notes

    def rows(self) -> Iterable[list[str]]:
        """Rows of cells, without empty lines.

        Raises
        ------
        ValueError
            For a cell that has no end.
        """
        lines = csv.reader(io.StringIO(self.text), delimiter=self.sep, skipinitialspace=True)
        try:
            for row in lines:
                if len(row) > 1 or (row and row[0].strip()):
                    yield row
        except csv.Error as error:
            raise ValueError(f"cannot read {self.path}: line {lines.line_num}: {error}.") from None

    def _set_names(self) -> None:
        sample = list(islice(self.rows(), SAMPLE + 1))
        width = len(sample[0])
        lengths = Counter(map(len, self.rows()))
        lengths[width] -= 1
        lengths = +lengths
        # R writes no name for the names of rows; others write a separator at the end of each row.
        if set(lengths) == {width + 1}:
            ends = all(not row[-1].strip() for row in sample[1:])
            sample[0] = [*sample[0], ""] if ends else ["", *sample[0]]
        elif lengths and max(lengths) > width:
            self._refuse_long(width)
        width = len(sample[0])
        short = sum(n for length, n in lengths.items() if length < width)
        sample = [[*row, *[""] * (width - len(row))] for row in sample]
        self.names, self.has_header, notes = names_of(self.path, sample)
        self.notes += notes
        if short:
            have = "1 row has" if short == 1 else f"{short} rows have"
            self.notes.append(f"{have} fewer cells than columns: the others are missing")
        body = sample[self.has_header :]
        self.codes = [
            name for place, name in enumerate(self.names) if are_codes(row[place] for row in body)
        ]

    def _refuse_long(self, width: int) -> None:
        lines = csv.reader(io.StringIO(self.text), delimiter=self.sep, skipinitialspace=True)
        found = next(row for row in lines if len(row) > width)
        raise ValueError(
            f"cannot read {self.path}: line {lines.line_num} has {len(found)} cells, and the first "
            f"one {width}. Columns are taken to be separated by "
            f"{SEPARATORS.get(self.sep, repr(self.sep))}: quote cells that hold one, or say "
            "another with --sep."
        )


def _utf_16(data: bytes) -> str | None:
    """UTF-16 without a mark: each other byte of Western text is 0."""
    start = data[:1000]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < len(start) / 5:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def are_codes(cells: Iterable[str]) -> bool:
    """Whether cells are whole numbers with leading zeros: postal codes, or other names."""
    texts = [cell.strip() for cell in cells]
    zeros = any(len(text) > 1 and text[0] == "0" for text in texts)
    return zeros and all(text.isdigit() for text in texts if text)


def _separator(path: str, text: str) -> str:
    """The separator that gives rows as long as the first one.

    Of several, the one whose cells look least as if they held another separator.
    """
    ranked, above = [], 0
    for sep in (",", ";", "\t", "|"):
        lines = filter(None, csv.reader(io.StringIO(text), delimiter=sep, skipinitialspace=True))
        try:
            rows = list(islice(lines, SAMPLE))
        except csv.Error:
            continue
        width, usual = len(rows[0]), Counter(map(len, rows)).most_common(1)[0][0]
        if width == 1 < usual:
            above = usual
        if width < 2:
            continue
        alike = sum(width <= len(row) <= width + 1 for row in rows) / len(rows)
        cells = [cell.strip() for row in rows[: MANY_CELLS // width + 1] for cell in row]
        whole = sum(not _holds_another(cell, sep) for cell in cells) / len(cells)
        ranked.append((round(alike, 1), whole, width, sep))
    if not ranked and above:
        raise ValueError(
            f"{path}: the first line must have the names of the columns; it has one cell, and most "
            f"others {above}. Take out the lines above the table, or say the separator with --sep."
        )
    if not ranked:
        blanks = "; blanks: --sep space" if len(text.splitlines()[0].split()) > 1 else ""
        raise ValueError(
            f"{path} has one column only. Columns must be separated by commas, semicolons, tabs or "
            f"pipes, and there must be at least two; --sep says another separator{blanks}."
        )
    return max(ranked)[-1]


def _holds_another(cell: str, sep: str) -> bool:
    others = any(other in cell for other in ",;\t|" if other != sep)
    return others and written(cell) is None


def read_text(text: Text, missing: Sequence[str]) -> Any:
    """Read rows as a frame; columns that are numbers throughout have their dtype.

    Parameters
    ----------
    text : Text
    missing : sequence of str
        Cells that are missing values, beside empty ones, "?" and NaN.

    Returns
    -------
    frame : DataFrame
    """
    import pandas as pd

    blanks = text.sep == " "
    try:
        return pd.read_csv(
            io.StringIO(text.text),
            sep=r"\s+" if blanks else text.sep,
            decimal=text.decimal,
            header=0 if text.has_header else None,
            names=text.names,
            dtype=dict.fromkeys(text.codes, "object"),
            index_col=False,
            skipinitialspace=True,
            low_memory=False,
            keep_default_na=False,
            na_values=["", "?", "NaN", "nan", *missing],
        )
    except (ValueError, OSError) as error:
        found = re.search(r"EOF inside string starting at row (\d+)", str(error))
        said = f"a quote is open from row {found[1]} on to the end" if found else error
        raise ValueError(f"cannot read {text.path}: {said}.") from None
