"""Kinds of columns, in every container."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from sklearn_relu.tables import kind_of
from sklearn_relu.tables.kinds import doubts

TODAY = dt.date(2024, 2, 29)
NOW = dt.datetime(2024, 2, 29, 12, 30)
CASES = {
    "floats": ([1.5, None], "number"),
    "integers": ([1, None], "number"),
    "integers and floats": ([1, 2.5, float("nan")], "number"),
    "numbers of NumPy": ([np.float32(1), np.int8(2)], "number"),
    "decimals": ([Decimal("1.5"), None, Decimal("NaN")], "number"),
    "fractions": ([Fraction(1, 3), 2], "number"),
    "durations": ([dt.timedelta(hours=1), None], "number"),
    "times of day": ([dt.time(12), None], "number"),
    "nothing": ([None, float("nan")], "category"),
    "texts": (["a", None], "category"),
    "texts and NaN": (["a", float("nan")], "category"),
    "booleans": ([True, False], "category"),
    "booleans and NaN": ([True, float("nan")], "category"),
    "booleans and numbers": ([True, 2], "category"),
    "texts and numbers": (["a", 1], "category"),
    "dates and texts": ([TODAY, "yesterday"], "category"),
    "tuples": ([(1, 2), (3,)], "category"),
    "dates": ([TODAY, None], "date"),
    "dates and NaN": ([TODAY, float("nan")], "date"),
    "moments": ([NOW, NOW], "date"),
    "moments of NumPy": ([np.datetime64("2020-01-01"), np.datetime64("NaT")], "date"),
}


def objects(values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@pytest.mark.parametrize("name", CASES)
def test_objects_have_the_kind_of_those_that_are_there(name):
    values, kind = CASES[name]
    assert kind_of(objects(values)) == kind
    pd = pytest.importorskip("pandas")
    assert kind_of(pd.Series(objects(values), dtype=object)) == kind
    missing = pd.Series(objects([*values, pd.NA, pd.NaT]), dtype=object)
    assert kind_of(missing) == kind


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("float16", "number"),
        ("float64", "number"),
        ("int8", "number"),
        ("uint64", "number"),
        ("timedelta64[s]", "number"),
        ("bool", "category"),
        ("U3", "category"),
        ("S3", "category"),
        ("datetime64[D]", "date"),
        ("datetime64[ns]", "date"),
    ],
)
def test_dtypes_of_numpy(dtype, kind):
    assert kind_of(np.zeros(3, dtype=dtype)) == kind


@pytest.mark.parametrize(
    ("dtype", "values", "kind"),
    [
        ("Int64", [1, None], "number"),
        ("Float32", [1, None], "number"),
        ("Sparse[float]", [1.0, 0.0], "number"),
        ("timedelta64[ns]", [1, None], "number"),
        ("boolean", [True, None], "category"),
        ("category", [1, 2], "category"),
        ("string", ["a", None], "category"),
        ("str", ["a", None], "category"),
        ("interval", [], "category"),
        ("datetime64[ns]", [1, 2], "date"),
        ("datetime64[ns, Europe/Berlin]", [1, 2], "date"),
        ("period[M]", ["2020-01", None], "date"),
        ("int64[pyarrow]", [1, None], "number"),
        ("double[pyarrow]", [1, None], "number"),
        ("duration[s][pyarrow]", [1, None], "number"),
        ("bool[pyarrow]", [True, None], "category"),
        ("string[pyarrow]", ["a", None], "category"),
        ("date32[pyarrow]", [TODAY, None], "date"),
        ("timestamp[us][pyarrow]", [NOW, None], "date"),
    ],
)
def test_dtypes_of_pandas(dtype, values, kind):
    pd = pytest.importorskip("pandas")
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    assert kind_of(pd.Series(values, dtype=dtype)) == kind


POLARS = {
    "Int8": "number",
    "UInt64": "number",
    "Float32": "number",
    "Decimal": "number",
    "Duration": "number",
    "Time": "number",
    "Null": "category",
    "Boolean": "category",
    "String": "category",
    "Categorical": "category",
    "Date": "date",
    "Datetime": "date",
}


@pytest.mark.parametrize("name", POLARS)
def test_dtypes_of_polars(name):
    pl = pytest.importorskip("polars")
    assert kind_of(pl.Series([None], dtype=getattr(pl, name))) == POLARS[name]


def test_columns_of_arrow():
    pa = pytest.importorskip("pyarrow")
    kinds = {
        pa.int64(): "number",
        pa.float32(): "number",
        pa.decimal128(5, 2): "number",
        pa.duration("s"): "number",
        pa.time64("us"): "number",
        pa.null(): "category",
        pa.bool_(): "category",
        pa.string(): "category",
        pa.large_string(): "category",
        pa.dictionary(pa.int8(), pa.string()): "category",
        pa.date32(): "date",
        pa.timestamp("s", tz="UTC"): "date",
    }
    for dtype, kind in kinds.items():
        column = pa.array([None], type=dtype)
        assert kind_of(column) == kind_of(pa.chunked_array([column])) == kind, dtype


REFUSED = [[1], {"a": 1}, {1}, np.zeros(2), 1j]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_values_that_are_no_category_are_refused(value):
    column = objects([1, value])
    with pytest.raises(TypeError, match="must be a string, a number, a date"):
        kind_of(column)


def test_nested_columns_are_refused():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    for column in (pl.Series([[1], [2]]), pa.array([[1], [2]]), pa.array([{"a": 1}])):
        with pytest.raises(TypeError, match="must be a string, a number, a date"):
            kind_of(column)


NUMBERS_AS_TEXT = {str(value / 4): 1 for value in range(10)}


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        (NUMBERS_AS_TEXT, "numbers as text ('0.0', '0.25', '0.5')"),
        (NUMBERS_AS_TEXT | dict.fromkeys("abcdefghi", 5), "numbers as text"),
        (NUMBERS_AS_TEXT | dict.fromkeys("abcdefghij", 5), None),
        ({str(value): 9 for value in range(9)}, None),
        ({"2020-01-31": 4, "2020-02-01": 4, "?": 1}, "dates as text ('2020-01-31', "),
        ({"31.12.2020 23:59": 4}, "dates as text"),
        ({"1/31/2020": 4}, "dates as text"),
        ({"1.2.3": 4, "1.2.4": 5}, None),
        ({f"${value},500": 5 for value in range(10)}, "numbers as text ('$0,500', "),
        ({f"{value}.5 kg": 5 for value in range(10)}, "numbers as text"),
        ({f"{value}.5 kg": 5 for value in range(9)}, None),
        ({f"{value} {'abcdefg'[value % 7]} street": 5 for value in range(20)}, None),
        (
            NUMBERS_AS_TEXT | {"oops": 1},
            "numbers as text ('0.0', '0.25', '0.5'), and among them 'oops'",
        ),
        ({f"user {row}": 1 for row in range(21)}, "in nearly every row ('user 0', "),
        ({f"user {row}": 1 for row in range(20)}, None),
        ({f"user {row}": 2 for row in range(21)}, None),
        ({}, None),
    ],
    ids=str,
)
def test_texts_that_are_hardly_categories(counts, found):
    said = doubts(counts)
    assert said is None if found is None else found in said
