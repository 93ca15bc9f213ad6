"""Tables in files: features and a target."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.utils import check_random_state

from sklearn_relu.comparison.arrays import holds_arrays, read_arrays
from sklearn_relu.comparison.cleaning import Column, decimals_of_texts, has_fractions, read_column
from sklearn_relu.comparison.delimited import read_text
from sklearn_relu.comparison.doubts import DoubtError, listed, three
from sklearn_relu.comparison.formats import Read, read_frame
from sklearn_relu.comparison.images import rows_of_images
from sklearn_relu.comparison.leaving import doubles, hints, reason_to_leave


@dataclass
class Table:
    """A table that was read: features, target, and what there is to say about it."""

    X: Any
    y: Any
    name: str
    target: str
    notes: list[str] = field(default_factory=list)
    """About the file as a whole, and hints."""
    read_as: dict[str, str] = field(default_factory=dict)
    """How columns of texts were read, by name."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Why columns are no features, by name."""
    task: str | None = None
    """The task, if it shows in how the target is written: with separators, or with a unit."""
    image_shape: tuple[int, ...] | None = None
    """The shape of an image, where rows are such."""


@dataclass
class _Options:
    """How cells are read."""

    missing: Sequence[str]
    decimal: str | None
    file_decimal: str | None
    categorical: Sequence[str]

    def read(
        self, values: Any, use: Literal["feature", "target", "category"] = "feature"
    ) -> Column:
        """Read a column; a doubt is an error that names it and tells what to do."""
        name = values.name
        try:
            return read_column(
                values,
                missing=self.missing,
                decimal=self.decimal,
                file_decimal=self.file_decimal,
                use="category" if name in self.categorical else use,
            )
        except DoubtError as doubt:
            if use != "feature":
                raise ValueError(f"target {name!r} {doubt}. --target names another.") from None
            raise ValueError(
                f"column {name!r} {doubt}. --categorical {name!r} takes it as categories, --drop "
                f"{name!r} leaves it out."
            ) from None


def read_table(
    path: str,
    *,
    target: str | None = None,
    drop: Sequence[str] = (),
    max_rows: int | None = None,
    random_state: int = 0,
    task: str | None = None,
    categorical: Sequence[str] = (),
    missing: Sequence[str] = (),
    sep: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
) -> Table:
    """Read a table, decide what each column holds, and leave out what is no feature.

    Empty cells, ``?`` and NaN are missing values, and so are words such as "NA" among numbers.
    Rows without a target are left out. Numbers and dates may be written as text.

    Parameters
    ----------
    path : str
        A file of CSV (with any separator, also compressed), JSON, Parquet, Excel or arrays.
    target : str, default=None
        The target's column. None: the one named "target", or else the last. For arrays see
        :func:`~sklearn_relu.comparison.arrays.read_arrays`.
    drop : sequence of str
        Columns to leave out.
    max_rows : int, default=None
        If there are more rows, a random sample of so many.
    random_state : int, default=0
    task : {"classification", "regression"}, default=None
        For classification, a target of text stays text.
    categorical : sequence of str
        Columns that are categories, whatever they seem to hold.
    missing : sequence of str
        Further cells that are missing values.
    sep, encoding, decimal : str, default=None
        The separator of columns, the encoding, and the decimal mark. None: found, and said.

    Returns
    -------
    table : Table
        Categories have pandas' dtype for them.

    Raises
    ------
    ValueError
        If the file cannot be read, has no rows, or lacks a column, and for a column that can be
        read in several ways.
    """
    if holds_arrays(path):
        for option, value in [("drop", drop), ("categorical", categorical), ("missing", missing)]:
            if value:
                raise ValueError(
                    f"--{option} is for tables with named columns; {path} is of arrays."
                )
        return _table_of_arrays(path, target, max_rows, random_state)
    read = read_frame(path, sep=sep, encoding=encoding, decimal=decimal, missing=missing)
    read, file_decimal = _with_decimals(read, decimal, missing)
    frame = read.frame
    target = _target(path, frame, target, drop, categorical)
    options = _Options(missing, decimal, file_decimal, categorical)
    y = _read_target(frame[target], options, task)
    rows, notes = _rows_to_use(path, frame[target], y, max_rows, random_state)
    frame = frame.iloc[rows].reset_index(drop=True)
    y.values = y.values.iloc[rows].reset_index(drop=True)
    columns, left_out = _features(frame.drop(columns=list(drop)), target, options)
    notes = [*read.notes, *notes, *_leave_doubles(columns, y, target, left_out)]
    if not columns:
        _refuse_without_features(path, target, left_out)
    read_as = {target: y.said} | {name: column.said for name, column in columns.items()}
    notes += hints({n: column for n, column in columns.items() if n not in categorical})
    return Table(
        X=_frame(columns),
        y=y.values,
        name=Path(path).name,
        target=target,
        notes=notes,
        read_as={name: said for name, said in read_as.items() if said},
        left_out=left_out,
        task="regression" if y.quantity else None,
    )


def _table_of_arrays(
    path: str, target: str | None, max_rows: int | None, random_state: int
) -> Table:
    X, y, target, note = read_arrays(path, target)
    X, image_shape = rows_of_images(X)
    rows, said = _sample(np.arange(len(y)), max_rows, random_state)
    X = X.reshape(len(X), -1)[rows]
    return Table(X, y[rows], Path(path).name, target, [note, *said], image_shape=image_shape)


def _with_decimals(
    read: Read, decimal: str | None, missing: Sequence[str]
) -> tuple[Read, str | None]:
    """Read a text once more with decimal commas, if its columns show that it has them.

    With points, 1.234 of a file of decimal commas would be a number below two.
    """
    if decimal is not None:
        return read, decimal
    marks = decimals_of_texts(read.frame)
    text = read.text
    if "," in marks and text is not None and text.sep != ",":
        text.decimal = ","
        frame = read_text(text, missing)
        marks = decimals_of_texts(frame) | {","}
        read = Read(frame, [*read.notes, "decimal commas; --decimal . says otherwise"], text)
    elif has_fractions(read.frame):
        marks |= {"."}
    return read, marks.pop() if len(marks) == 1 else None


def _target(
    path: str, frame: Any, target: str | None, drop: Sequence[str], categorical: Sequence[str]
) -> str:
    """The name of the target, if all names that were said are there."""
    names = list(frame.columns)
    if target is None:
        last = next((n for n in names[::-1] if n not in drop and frame[n].notna().any()), names[-1])
        target = "target" if "target" in names else last
    said = [("--target", target), *(("--drop", name) for name in drop)]
    for option, name in [*said, *(("--categorical", name) for name in categorical)]:
        if name not in names:
            raise ValueError(f"{option}: {path} has no column {name!r}; it has {listed(names)}.")
    if target in drop:
        raise ValueError(f"--drop: {target!r} is the target; say another with --target.")
    if target in categorical:
        raise ValueError(
            f"--categorical: {target!r} is the target; --task classification takes it as classes."
        )
    return target


def _read_target(values: Any, options: _Options, task: str | None) -> Column:
    text = values.dtype.kind not in "iufM"
    y = options.read(values, "category" if task == "classification" and text else "target")
    if y.kind == "date":
        raise ValueError(
            f"target {values.name!r} holds dates ({three(values.dropna().astype(str))}). --target "
            "names another."
        )
    if y.own:
        raise ValueError(
            f"target {values.name!r} has a text of its own in nearly every row "
            f"({three(values.dropna())}). --target names another."
        )
    return y


def _rows_to_use(
    path: str, cells: Any, y: Column, max_rows: int | None, random_state: int
) -> tuple[np.ndarray, list[str]]:
    """The rows that have a target, or a sample of them, and what there is to say about it."""
    notes = []
    known = y.values.notna().to_numpy()
    if not known.any():
        raise ValueError(f"{path} has no rows with a target in column {cells.name!r}.")
    if not known.all():
        words = dict.fromkeys(cell for cell in cells[~known].tolist() if isinstance(cell, str))
        shown = f" ({three(words)})" if words else ""
        n = int((~known).sum())
        were = "row without a target was" if n == 1 else "rows without a target were"
        notes.append(f"{n} {were} left out{shown}")
    rows, said = _sample(np.flatnonzero(known), max_rows, random_state)
    return rows, notes + said


def _sample(
    rows: np.ndarray, max_rows: int | None, random_state: int
) -> tuple[np.ndarray, list[str]]:
    """So many of the rows, and what there is to say about it."""
    if max_rows is None or len(rows) <= max_rows:
        return rows, []
    said = f"a random sample of {max_rows} of {len(rows)} rows"
    return np.sort(check_random_state(random_state).permutation(rows)[:max_rows]), [said]


def _features(
    frame: Any, target: str, options: _Options
) -> tuple[dict[str, Column], dict[str, str]]:
    """The columns that are features, and why the others are none."""
    columns, left_out = {}, {}
    for position, name in enumerate(frame.columns):
        if name == target:
            continue
        column = options.read(frame[name])
        reason = reason_to_leave(column, name, position)
        if reason is None or name in options.categorical:
            columns[name] = column
        else:
            left_out[name] = reason
    return columns, left_out


def _leave_doubles(
    columns: dict[str, Column], y: Column, target: str, left_out: dict[str, str]
) -> list[str]:
    """Move columns that are the target once more to those left out, unless there are no others."""
    again = doubles({name: column.values for name, column in columns.items()}, y)
    if again and len(again) == len(columns):
        return [f"the target once more, and kept as there is no other feature: {listed(again)}"]
    for name in again:
        del columns[name]
        left_out[name] = f"it is the target {target!r} once more"
    return []


def _refuse_without_features(path: str, target: str, left_out: dict[str, str]) -> None:
    why = "; ".join(f"{name!r}: {reason}" for name, reason in list(left_out.items())[:3])
    raise ValueError(
        f"{path} has no feature beside the target {target!r}"
        + (f". Left out: {why}. --categorical NAME keeps a column." if why else ".")
    )


def _frame(columns: dict[str, Column]) -> Any:
    import pandas as pd

    return pd.DataFrame({name: column.values for name, column in columns.items()})
