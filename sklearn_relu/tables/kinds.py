"""Kinds of columns: numbers, categories, dates."""

import re
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import islice
from numbers import Complex, Real
from typing import Any, Literal

import numpy as np

from sklearn_relu.tables.columns import is_missing, package, plain
from sklearn_relu.tables.text_numbers import decimal_marks, written

Kind = Literal["number", "category", "date"]

MANY_NUMBERS = 10
"""From so many different values on, a text of numbers is hardly one of codes."""

MANY_ROWS = 20
"""In more rows than these, a text that is different in nearly all of them is an identifier."""

NEARLY_ALL = 0.95

FEW_UNITS = 5
"""Numbers with more different endings than these are names, such as addresses."""

SAMPLE = 1000
"""So many different texts are looked at."""

_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})([ T]\d{1,2}:\d{2}.*)?"
)


def kind_of(column: Any) -> Kind:
    """Tell the kind of a column by its dtype, or by its objects if it has no other dtype.

    Parameters
    ----------
    column : ndarray of shape (n_samples,), pandas or polars Series, or pyarrow array
        Decimals, durations and times of day are numbers. Text, booleans, categories and mixed
        objects are categories. So are objects that are all missing: other rows may have texts.

    Returns
    -------
    kind : {"number", "category", "date"}

    Raises
    ------
    TypeError
        For complex numbers, and for cells that hold lists, dicts or arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu.tables import kind_of
    >>> kind_of(np.array(["a", "b"])), kind_of(np.array([1.5, 2.5]))
    ('category', 'number')
    """
    column = plain(column)
    if package(column) == "polars":
        return _polars_kind(column)
    if package(column) == "pyarrow":
        return _arrow_kind(column)
    if package(column) == "pandas":
        return _pandas_kind(column)
    column = np.asarray(column)
    kind = column.dtype.kind
    if kind == "O":
        return _objects_kind(column.tolist())
    if kind in "bUST":
        return "category"
    if kind in "iufm":
        return "number"
    if kind == "M":
        return "date"
    raise _refusal(column.dtype)


def _refusal(got: Any) -> TypeError:
    # The words "argument must be ... string ... number" are scikit-learn's.
    return TypeError(
        f"Each cell of an argument must be a string, a number, a date or another hashable value; "
        f"got {got}. Drop the column, or turn it into numbers."
    )


def _pandas_kind(column: Any) -> Kind:
    name = type(column.dtype).__name__
    if name in ("DatetimeTZDtype", "PeriodDtype"):
        return "date"
    if name in ("CategoricalDtype", "StringDtype", "IntervalDtype"):
        return "category"
    kind = column.dtype.kind
    if kind in "iuf":
        return "number"
    return "category" if kind == "b" else _objects_kind(column.tolist())


def _polars_kind(column: Any) -> Kind:
    import polars

    dtype = column.dtype
    if dtype == polars.Object:
        return _objects_kind(column.to_list())
    if dtype.is_nested():
        raise _refusal(dtype)
    if dtype in (polars.Date, polars.Datetime):
        return "date"
    number = dtype.is_numeric() or dtype in (polars.Duration, polars.Time)
    return "number" if number else "category"


def _arrow_kind(column: Any) -> Kind:
    from pyarrow import types

    dtype = column.type
    if types.is_nested(dtype):
        raise _refusal(dtype)
    if types.is_timestamp(dtype) or types.is_date(dtype):
        return "date"
    numeric = types.is_integer(dtype) or types.is_floating(dtype) or types.is_decimal(dtype)
    span = types.is_duration(dtype) or types.is_time(dtype)
    return "number" if numeric or span else "category"


def _objects_kind(values: list) -> Kind:
    """The kind of objects, by their types; most columns have one or two of them."""
    if all(map(is_missing, values)):
        return "category"
    kinds = {kind: _type_kind(kind) for kind in set(map(type, values))}
    # NaN is a float, also among texts, booleans and dates.
    if len(set(kinds.values()) - {None}) > 1:
        present = {type(value) for value in values if not is_missing(value)}
        kinds = {kind: kinds[kind] for kind in present}
    found = set(kinds.values()) - {None}
    if "refused" in found:
        raise _refusal(repr(next(v for v in values if kinds.get(type(v)) == "refused")))
    if found == {"number"}:
        return "number"
    return "date" if found == {"date"} else "category"


def _type_kind(kind: type) -> Any:
    """The kind of values of a type; None for a type that says missing."""
    if kind is type(None) or kind.__name__ in ("NAType", "NaTType"):
        return None
    if issubclass(kind, bool | np.bool_ | str | bytes):
        return "category"
    if issubclass(kind, date | np.datetime64):
        return "date"
    if issubclass(kind, Real | Decimal | timedelta | np.timedelta64 | time):
        return "number"
    if issubclass(kind, Complex) or kind.__hash__ is None:
        return "refused"
    return "category"


def is_text(column: Any) -> bool:
    """Whether a column is of text or objects, so that nobody said that it is categories."""
    column = plain(column)
    if package(column) == "polars":
        return str(column.dtype) in ("String", "Object")
    if package(column) == "pyarrow":
        from pyarrow import types

        text = types.is_string, types.is_large_string, types.is_string_view
        return any(is_one(column.type) for is_one in text)
    name = type(column.dtype).__name__
    return name == "StringDtype" or (isinstance(column, np.ndarray) and column.dtype.kind in "OUT")


def doubts(counts: dict[Any, int]) -> str | None:
    """Say why a text is perhaps not one of categories; None if nothing speaks against it.

    Parameters
    ----------
    counts : dict
        How often each value is there.

    Returns
    -------
    doubts : str or None
        A sentence with three values, without a subject.
    """
    found = numbers_or_dates(counts)
    if found is None and nearly_unique(counts):
        return f"has a value of its own in nearly every row ({_shown(counts)})"
    return found


def numbers_or_dates(counts: dict[Any, int]) -> str | None:
    """Say that most texts are numbers or dates; None if they are not. See :func:`doubts`."""
    texts = [value for value in islice(counts, SAMPLE) if isinstance(value, str)]
    half = min(len(counts), SAMPLE) / 2
    numbers = _numbers_among(texts)
    if len(counts) >= MANY_NUMBERS and len(numbers) > half:
        others = [text for text in texts if text not in numbers]
        among = f", and among them {others[0]!r}" if others else ""
        return f"holds mostly numbers as text ({_shown(counts)}){among}"
    if sum(_DATE.fullmatch(text) is not None for text in texts) > half:
        return f"holds mostly dates as text ({_shown(counts)})"
    return None


def nearly_unique(counts: dict[Any, int]) -> bool:
    """Whether nearly every row of more than a few has a value of its own."""
    n_present = sum(counts.values())
    return n_present > MANY_ROWS and len(counts) > NEARLY_ALL * n_present


def _numbers_among(texts: list[str]) -> set[str]:
    """The numbers among texts, also those with currencies, separators or the same few units."""
    found = {text: written(text.strip()) for text in texts}
    numbers = {text: one for text, one in found.items() if one is not None and decimal_marks(one)}
    if len({one.affix for one in numbers.values()}) > FEW_UNITS:
        return {text for text in texts if is_number(text)}
    return numbers.keys() | {text for text in texts if is_number(text)}


def _shown(counts: dict[Any, int]) -> str:
    return ", ".join(repr(value) for value in islice(counts, 3))


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
