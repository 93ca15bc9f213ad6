"""Tables in files: features and a target."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from sklearn_relu.comparison.datasets import listed


@dataclass
class Table:
    """A table that was read: features, target, and what there is to say about it."""

    X: Any
    y: Any
    name: str
    target: str
    notes: list[str] = field(default_factory=list)


def read_table(
    path: str,
    *,
    target: str | None = None,
    drop: Sequence[str] = (),
    max_rows: int | None = None,
    random_state: int = 0,
) -> Table:
    """Read a CSV or Parquet file with a header.

    Empty cells and ``?`` are missing values. Rows without a target are left out.

    Parameters
    ----------
    path : str
        Parquet if it ends in .parquet or .pq, else CSV, also compressed (.csv.gz).
    target : str, default=None
        The target's column. None: the one named "target", or else the last.
    drop : sequence of str
        Columns to leave out.
    max_rows : int, default=None
        If there are more rows, a random sample of so many.
    random_state : int, default=0

    Returns
    -------
    table : Table

    Raises
    ------
    ValueError
        If the file cannot be read, has no rows, or lacks a column.
    """
    frame = _read(path)
    names = [str(name) for name in frame.columns]
    frame.columns = names
    target = target or ("target" if "target" in names else names[-1])
    for option, name in [("--target", target), *(("--drop", name) for name in drop)]:
        if name not in names:
            raise ValueError(f"{option}: {path} has no column {name!r}; it has {listed(names)}.")
    if target in drop:
        raise ValueError(f"--drop: {target!r} is the target; say another with --target.")
    notes = []
    known = frame[target].notna()
    if not known.any():
        raise ValueError(f"{path} has no rows with a target in column {target!r}.")
    if not known.all():
        notes.append(f"{int((~known).sum())} rows without a target were left out")
        frame = frame[known]
    if max_rows is not None and len(frame) > max_rows:
        notes.append(f"a random sample of {max_rows} of {len(frame)} rows")
        rows = check_random_state(random_state).permutation(len(frame))[:max_rows]
        frame = frame.iloc[np.sort(rows)]
    features = frame.drop(columns=[target, *drop]).reset_index(drop=True)
    if not features.shape[1]:
        raise ValueError(
            f"{path} has no feature beside the target {target!r}. Columns must be separated by "
            "commas, and there must be at least two."
        )
    return Table(features, frame[target].reset_index(drop=True), Path(path).name, target, notes)


def _read(path: str):
    import pandas as pd

    if Path(path).is_dir():
        raise ValueError(f"{path} is a directory; a CSV or Parquet file is needed.")
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such file.")
    try:
        if path.lower().endswith((".parquet", ".pq")):
            return pd.read_parquet(path)
        return pd.read_csv(path, low_memory=False, na_values=["?"], skipinitialspace=True)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path} is empty.") from None
    except (ImportError, ValueError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"cannot read {path}: {error}") from None
