"""Columns of a file that are no features: left out, and said by name."""

import re
from typing import Any

import numpy as np

from sklearn_relu.comparison.cleaning import Column
from sklearn_relu.comparison.doubts import shortened, three
from sklearn_relu.tables.kinds import MANY_ROWS, NEARLY_ALL

_UNNAMED = re.compile(r"(column \d+|unnamed.*|index|row|rownames|level_0|x|#|)", re.IGNORECASE)
_NAMES_OF_IDS = re.compile(
    r"(?i:(.*[^a-z])?(id|idx|uuid|guid|number|nr))|.*[a-z]I[dD]|"
    r"(?i:(s[. ]?)?(no|nr|sl\.?no|number|num|key)\.?|serial.*|index|row|rownames)"
)
FEW_CODES, ROWS_PER_CODE = 20, 10
"""Whole numbers with 3 to FEW_CODES different values, each in so many rows on average, may be
categories."""

_SIGNS_OF_NONE = (-9, -99, -999, -9999, -99999, 999, 9999, 99999)
"""Numbers that stand for a missing one, where they are far from all others."""


def reason_to_leave(column: Column, name: str, position: int) -> str | None:
    """Say why a column is no feature; None if nothing speaks against it.

    Parameters
    ----------
    column : Column
    name : str
    position : int
        Its place in the file.

    Returns
    -------
    reason : str or None
    """
    values = column.values
    missing = values.isna().to_numpy()
    present = values[~missing] if missing.any() else values
    if not len(present):
        return "it is empty"
    if len(present) == len(values) and (values.to_numpy() == present.iloc[0]).all():
        return f"it is {shortened(_shown(present.iloc[0]))} in all rows"
    if column.own:
        return f"a text of its own in nearly every row ({three(present)})"
    if column.kind != "number" or len(present) < len(values):
        return None
    whole = values.dtype.kind in "iu"
    if whole and position == 0 and _UNNAMED.fullmatch(name) and counts_rows(values):
        return "it counts the rows"
    named = len(values) > MANY_ROWS and _NAMES_OF_IDS.fullmatch(name)
    if whole and named and values.nunique() > NEARLY_ALL * len(values):
        return f"a number of its own in nearly every row ({three(map(_shown, present))})"
    return None


def _shown(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def counts_rows(values: Any) -> bool:
    """Whether whole numbers are 0, 1, 2 ... or 1, 2, 3 ... from row to row."""
    numbers = values.to_numpy()
    return len(numbers) > 2 and numbers[0] in (0, 1) and bool((np.diff(numbers) == 1).all())


def doubles(features: dict[str, Any], target: Column) -> list[str]:
    """Find columns that are the target once more, under other names or in another unit.

    Parameters
    ----------
    features : dict of str to Series
        Columns of numbers, categories or dates.
    target : Column
        Without missing values.

    Returns
    -------
    names : list of str
        None for fewer than 20 rows, in which columns can be alike by chance.
    """
    import pandas as pd

    y = target.values
    if len(y) < MANY_ROWS:
        return []
    codes, levels = pd.factorize(y)
    scaled = _scaled(y.to_numpy(np.float64)) if target.kind == "number" else None
    return [
        name
        for name, x in features.items()
        if _is_multiple(x, scaled) or _is_renamed(x, codes, len(levels))
    ]


def _is_multiple(x: Any, scaled: np.ndarray | None) -> bool:
    """Whether x is a * y + b, but for rounding."""
    if scaled is None or x.dtype.kind not in "iuf":
        return False
    x = _scaled(x.to_numpy(np.float64))
    return bool(min(np.abs(x - scaled).max(), np.abs(x - 1 + scaled).max()) < 1e-9)


def _scaled(values: np.ndarray) -> np.ndarray:
    """Numbers between 0 and 1; NaN if that is not possible."""
    with np.errstate(all="ignore"):
        low = values.min()
        return (values - low) / (values.max() - low)


def _is_renamed(x: Any, codes: np.ndarray, n_levels: int) -> bool:
    """Whether each value of x goes with one class and the other way round; classes are few."""
    import pandas as pd

    if not 1 < n_levels <= len(codes) / 4:
        return False
    n_first = 1000  # tell for most columns, and numbers faster than other things
    if x.dtype.kind in "iuf" and len(np.unique(x.to_numpy()[:n_first])) > n_levels:
        return False
    for rows in (slice(n_first), slice(None)):
        others, names = pd.factorize(x.iloc[rows])
        pairs = np.unique(codes[rows] * (len(names) + 1) + others)
        n_classes = len(np.unique(codes[rows]))
        if (others < 0).any() or not len(names) == n_classes == len(pairs):
            return False
    return True


def hints(columns: dict[str, Column]) -> list[str]:
    """Sentences about features that may be others than they seem.

    Parameters
    ----------
    columns : dict of str to Column
        The features.

    Returns
    -------
    hints : list of str
    """
    coded, counting, signs = [], [], []
    for name, column in columns.items():
        if column.kind != "number" or column.values.dtype.kind not in "iuf":
            continue
        numbers = column.values.to_numpy()
        sign = sign_of_none(numbers)
        if sign is not None:
            signs.append(f"{name!r} ({sign})")
        if numbers.dtype.kind not in "iu":
            continue
        if counts_rows(column.values):
            counting.append(repr(name))
        elif 2 < (n := len(np.unique(numbers))) <= min(FEW_CODES, len(numbers) / ROWS_PER_CODE):
            coded.append(f"{name!r} ({n})")
    said = []
    if coded:
        said.append(
            f"few different whole numbers: {_some(coded)}; --categorical takes them as categories"
        )
    if counting:
        said.append(f"counting the rows: {_some(counting)}; --drop leaves them out")
    if signs:
        said.append(f"perhaps missing values: {_some(signs)}; --missing takes them as such")
    return said


def sign_of_none(numbers: np.ndarray) -> int | None:
    """The number that stands for a missing one: in several rows, and far from all others."""
    for sign in _SIGNS_OF_NONE:
        at = numbers == sign
        if 1 < (n := np.count_nonzero(at)) < len(numbers) / 2:
            others = numbers[~at & np.isfinite(numbers)]
            low, high = others.min(), others.max()
            if min(abs(sign - low), abs(sign - high)) > high - low and not low <= sign <= high:
                return sign if n > 1 else None
    return None


def _some(shown: list[str]) -> str:
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
