"""The formats of files: bytes become rows of cells, or a frame with dtypes of its own."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sklearn_relu.comparison.delimited import Text, read_text
from sklearn_relu.comparison.headers import names_of

NOT_THERE = ("", "?", "NaN", "nan")
"""Cells that are missing values in any column."""

FORMATS = "CSV, TSV, JSON, Parquet, Excel (.xlsx), .npy and .npz"


class Read(NamedTuple):
    """A table as it was read."""

    frame: Any
    notes: list[str]
    """How it was read."""
    text: Text | None
    """The text that it was read from, if its cells are text."""


def read_frame(
    path: str,
    *,
    sep: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    missing: Sequence[str] = (),
) -> Read:
    """Read a file as a frame of pandas, with columns that have names of their own.

    Parameters
    ----------
    path : str
        The content tells the format; names that end in .csv, .tsv or .txt are those of text.
    sep, encoding, decimal : str, default=None
        Of text. None: found, and said.
    missing : sequence of str
        Further cells that are missing values.

    Returns
    -------
    read : Read

    Raises
    ------
    ValueError
        If the file cannot be read.
    """
    if Path(path).is_dir():
        raise ValueError(f"{path} is a directory; a file is needed: {FORMATS}.")
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such file.")
    try:
        name, data = _unpacked(Path(path).name.lower(), Path(path).read_bytes())
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise ValueError(f"cannot read {path}: {error}") from None
    if not data.strip(b"\r\n\t \xef\xbb\xbf"):
        raise ValueError(f"{path} is empty.")
    if data[:4] == b"PAR1" or name.endswith((".parquet", ".pq")):
        return _with_names(path, _parquet(path, data))
    if data[:2] == b"PK" or name.endswith((".xlsx", ".xlsm")):
        return _excel(path, data, missing)
    _refuse_others(path, data)
    if name.endswith((".json", ".jsonl", ".ndjson")):
        return _with_names(path, _records(path, data, encoding))
    text = Text.of(path, data, sep=sep, encoding=encoding, decimal=decimal)
    return Read(read_text(text, missing), text.notes, text)


def _unpacked(name: str, data: bytes) -> tuple[str, bytes]:
    """The name and the content of a file without its compression."""
    for magic, open_ in [(b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ", lzma)]:
        if data.startswith(magic):
            return name.rpartition(".")[0], open_.decompress(data)
    if data.startswith(b"PK"):
        if not zipfile.is_zipfile(io.BytesIO(data)):
            raise OSError("it begins as an Excel file or an archive, and is none; is it whole?")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.namelist()
            if "[Content_Types].xml" in members:
                return name, data
            if len(members) != 1:
                raise zipfile.BadZipFile(
                    f"it is an archive of {len(members)} files; unpack it, and name one of them"
                )
            return members[0].lower(), archive.read(members[0])
    if name.endswith((".gz", ".bz2", ".xz", ".zip")):
        raise OSError("it is not compressed as its name says; is it a whole file?")
    return name, data


_OTHERS = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls); save it as .xlsx or CSV",
    b"%PDF": "a PDF; its table must be saved as CSV",
    b"<!doctype html": "a web page; download the file that it links to",
    b"<html": "a web page; download the file that it links to",
    b"@relation": "an ARFF file; turn it into CSV",
    b"\x89HDF": "an HDF5 file; turn it into Parquet",
    b"\x93NUMPY": "a NumPy array; name it .npy",
    b"ARROW1": "a Feather file; turn it into Parquet",
    b"SQLite format 3": "a database; write its table to a CSV file",
}
"""First bytes of files that are no text."""


def _refuse_others(path: str, data: bytes) -> None:
    start = data[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for magic, what in _OTHERS.items():
        if start.startswith(magic.lower()):
            raise ValueError(f"cannot read {path}: it is {what}. Files may be {FORMATS}.")


def _parquet(path: str, data: bytes) -> Any:
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except ImportError:
        raise ValueError(
            f"cannot read {path}: Parquet needs pyarrow: pip install pyarrow"
        ) from None
    except (ValueError, OSError, NotImplementedError) as error:
        raise ValueError(f"cannot read {path}: {error}") from None
    if type(frame.index) is not pd.RangeIndex:
        numbers = frame.index.names == [None] and frame.index.dtype.kind in "iu"
        frame = frame.reset_index(drop=numbers)
    return frame


def _records(path: str, data: bytes, encoding: str | None) -> Any:
    """A frame of JSON: a list of records, or a record in each line."""
    import pandas as pd

    text = Text.decoded(path, data, encoding)[0]
    try:
        records = json.loads(text)
    except ValueError:
        records = _lines(path, text)
    if isinstance(records, dict) and not all(isinstance(v, list | dict) for v in records.values()):
        records = [records]
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ValueError(
            f"cannot read {path}: JSON must be a list of records, or a record in each line, such "
            'as {"age": 31, "city": "Graz"}.'
        )
    if not records:
        raise ValueError(f"{path} is empty.")
    return pd.DataFrame(records)


def _lines(path: str, text: str) -> list:
    records = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            records += [json.loads(line)] if line.strip() else []
        except ValueError as error:
            raise ValueError(
                f"cannot read {path}: line {number} is no JSON record ({error})."
            ) from None
    return records


def _excel(path: str, data: bytes, missing: Sequence[str]) -> Read:
    import pandas as pd

    try:
        with pd.ExcelFile(io.BytesIO(data), engine="openpyxl") as book:
            sheets = book.sheet_names
            cells = pd.read_excel(
                book,
                header=None,
                dtype=object,
                keep_default_na=False,
                na_values=[*NOT_THERE, *missing],
            )
    except ImportError:
        raise ValueError(
            f"cannot read {path}: Excel files need openpyxl: pip install openpyxl"
        ) from None
    except Exception as error:  # openpyxl's are of many kinds
        raise ValueError(f"cannot read {path}: it is no Excel file ({error}).") from None
    cells = cells.dropna(how="all")
    if not len(cells):
        raise ValueError(f"{path} is empty.")
    notes = []
    if len(sheets) > 1:
        notes.append(f"the first of {len(sheets)} sheets, {sheets[0]!r}, was read")
    rows = [["" if cell != cell else str(cell) for cell in row] for row in cells.values.tolist()]
    names, has_header, said = names_of(path, rows)
    frame = cells.iloc[int(has_header) :].reset_index(drop=True).infer_objects()
    frame.columns = names
    return Read(frame, notes + said, None)


def _with_names(path: str, frame: Any) -> Read:
    """A frame whose columns have names already; they become text."""
    if getattr(frame.columns, "nlevels", 1) > 1:
        frame.columns = ["_".join(map(str, name)) for name in frame.columns]
    names = [str(name).strip() for name in frame.columns]
    twice = [name for name in names if names.count(name) > 1] if len({*names}) < len(names) else []
    if twice:
        raise ValueError(f"{path} has two columns named {twice[0]!r}. Rename one of them.")
    frame.columns = names
    return Read(frame, [], None)
