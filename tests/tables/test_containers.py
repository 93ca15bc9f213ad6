"""The same table in every container becomes the same numbers."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_relu.tables import TabularEncoder

N = 40
RNG = np.random.default_rng(0)
START = dt.datetime(2020, 1, 1)


def with_a_gap(values, row):
    values = list(values)
    values[row] = None
    return values


COLUMNS = {
    "number": with_a_gap(RNG.normal(size=N).tolist(), 3),
    "whole": with_a_gap(RNG.integers(0, 100, N).tolist(), 5),
    "large": with_a_gap([2**60 + int(value) for value in RNG.integers(0, 9, N)], 2),
    "text": with_a_gap(RNG.choice(["a", "b", "c"], N).tolist(), 1),
    "flag": with_a_gap(RNG.choice([True, False], N).tolist(), 4),
    "price": with_a_gap([Decimal(int(value)) / 4 for value in RNG.integers(0, 99, N)], 7),
    "moment": with_a_gap([START + dt.timedelta(hours=int(h)) for h in RNG.integers(0, 9999, N)], 6),
    "day": with_a_gap([START.date() + dt.timedelta(int(d)) for d in RNG.integers(0, 999, N)], 6),
    "lasting": with_a_gap([dt.timedelta(seconds=int(s)) for s in RNG.integers(0, 9999, N)], 8),
    "time": with_a_gap([dt.time(int(hour)) for hour in RNG.integers(0, 24, N)], 9),
}
NAMES = list(COLUMNS)


def object_array():
    X = np.empty((N, len(COLUMNS)), dtype=object)
    for position, values in enumerate(COLUMNS.values()):
        X[:, position] = values
    return X


def pandas_objects():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in COLUMNS.items()})


def pandas_own():
    pd = pytest.importorskip("pandas")
    dtypes = {"number": "float64", "whole": "float64", "large": "Int64", "text": "category"}
    frame = pandas_objects().astype(dtypes | {"flag": "boolean"})
    days = pd.to_datetime(frame["day"]).astype("datetime64[s]")
    moments, spans = pd.to_datetime(frame["moment"]), pd.to_timedelta(frame["lasting"])
    return frame.assign(moment=moments, day=days, lasting=spans)


def pandas_nullable():
    frame = pandas_own()
    moments = frame["moment"].dt.tz_localize("UTC")
    dtypes = {"number": "Float64", "whole": "Int32", "text": "string"}
    return frame.assign(text=pandas_objects()["text"], moment=moments).astype(dtypes)


def pandas_with_na():
    pd = pytest.importorskip("pandas")
    frame = pandas_objects()
    return frame.where(frame.notna(), pd.NA)


def pandas_arrow():
    pd = pytest.importorskip("pandas")
    return arrow().to_pandas(types_mapper=pd.ArrowDtype)


def polars():
    return pytest.importorskip("polars").DataFrame(COLUMNS)


def polars_categories():
    pl = pytest.importorskip("polars")
    flags = pl.Series("flag", COLUMNS["flag"], dtype=pl.Object)
    moments = pl.col("moment").dt.replace_time_zone("UTC")
    return polars().with_columns(pl.col("text").cast(pl.Categorical), flags, moments)


def polars_enums():
    pl = pytest.importorskip("polars")
    days = pl.col("day").cast(pl.Datetime("ms"))
    return polars().with_columns(pl.col("text").cast(pl.Enum(["c", "never", "b", "a"])), days)


def arrow():
    return pytest.importorskip("pyarrow").table(COLUMNS)


def arrow_dictionaries():
    table = arrow()
    return table.set_column(3, "text", table["text"].dictionary_encode())


def arrow_chunks():
    pa = pytest.importorskip("pyarrow")
    table = arrow()
    return pa.concat_tables([table.slice(0, 7), table.slice(7)])


CONTAINERS = {
    make.__name__: make
    for make in (
        object_array,
        pandas_objects,
        pandas_own,
        pandas_nullable,
        pandas_with_na,
        pandas_arrow,
        polars,
        polars_categories,
        polars_enums,
        arrow,
        arrow_dictionaries,
        arrow_chunks,
    )
}


def rows_of(X, rows):
    """Some rows of any container."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    return X.take(rows) if hasattr(X, "take") and not isinstance(X, np.ndarray) else X[rows]


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_the_same(name):
    X = CONTAINERS[name]()
    expected = TabularEncoder().fit(object_array())
    encoder = TabularEncoder().fit(X)
    out = encoder.transform(X)
    assert encoder.kinds_ == expected.kinds_
    assert (
        encoder.kinds_
        == ["number"] * 3 + ["category"] * 2 + ["number", "date", "date"] + ["number"] * 2
    )
    assert_allclose(out, expected.transform(object_array()), rtol=0, atol=1e-12)
    assert out.flags.c_contiguous
    for found, categories in zip(encoder.categories_, expected.categories_, strict=True):
        assert found.tolist() == categories.tolist()
    for rows in ([0], [6, 1], list(range(N - 1, -1, -1))):
        assert_array_equal(encoder.transform(rows_of(X, rows)), out[rows])


@pytest.mark.parametrize("name", CONTAINERS)
def test_fitted_on_one_container_any_other_is_transformed(name):
    encoder = TabularEncoder().fit(pandas_objects())
    expected = encoder.transform(pandas_objects())
    X = CONTAINERS[name]()
    if name == "object_array":
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            out = encoder.transform(X)
    else:
        out = encoder.transform(X)
    assert_allclose(out, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name != "object_array"])
def test_columns_with_other_names_are_refused(name):
    X = CONTAINERS[name]()
    encoder = TabularEncoder().fit(X)
    assert encoder.feature_names_in_.tolist() == NAMES
    swapped = [NAMES[1], NAMES[0], *NAMES[2:]]
    with pytest.raises(ValueError, match="feature names"):
        encoder.transform(X.select(swapped) if hasattr(X, "select") else X[swapped])
    fewer = X.select(NAMES[1:]) if hasattr(X, "select") else X[NAMES[1:]]
    with pytest.raises(ValueError, match="feature"):
        encoder.transform(fewer)


@pytest.mark.parametrize("name", CONTAINERS)
def test_tables_without_rows_are_refused(name):
    X = CONTAINERS[name]()
    empty = X.slice(0, 0) if name.startswith("arrow") else X[:0]
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        TabularEncoder().fit(empty)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        TabularEncoder().fit(X).transform(empty)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_the_output_can_be_a_frame(container):
    pytest.importorskip(container)
    X = pandas_own() if container == "pandas" else polars()
    encoder = TabularEncoder().set_output(transform=container).fit(X)
    out = encoder.transform(X)
    assert list(out.columns) == encoder.get_feature_names_out().tolist()
    if container == "pandas":
        assert_array_equal(out.index, X.index)


@pytest.mark.parametrize("container", ["pandas", "objects", "polars", "pyarrow"])
def test_time_zones_move_the_clock_but_not_the_seconds(container):
    pd = pytest.importorskip("pandas")
    moments = pd.Series(pd.date_range("2020-01-01T01:00", periods=3, freq="h", tz="UTC"))
    there = moments.dt.tz_convert("Asia/Tokyo")
    if container == "objects":
        X = there.astype(object).to_frame("when")
    elif container == "pandas":
        X = there.to_frame("when")
    else:
        X = (
            pytest.importorskip(container).table({"when": there})
            if container == "pyarrow"
            else (pytest.importorskip("polars").DataFrame({"when": there.to_list()}))
        )
    encoder = TabularEncoder().fit(X)
    utc = TabularEncoder().fit(moments.to_frame("when"))
    names = encoder.get_feature_names_out().tolist()
    assert names == utc.get_feature_names_out().tolist()
    assert encoder.center_[0] == utc.center_[0]
    hour = names.index("when_hour_sin")
    assert_allclose(utc.center_[hour], np.sin(np.pi / 12 * 2))
    assert_allclose(encoder.center_[hour], np.sin(np.pi / 12 * 11))


def test_classes_derived_from_a_frame_are_frames():
    pd = pytest.importorskip("pandas")
    derived = type("Derived", (pd.DataFrame,), {"__module__": "elsewhere"})
    X = pandas_own()
    expected = TabularEncoder().fit_transform(X)
    assert_array_equal(TabularEncoder().fit_transform(derived(X)), expected)


def test_numbers_are_the_same_without_the_packages_of_frames():
    code = """
import sys
for name in ("pandas", "polars", "pyarrow"):
    sys.modules[name] = None
import numpy as np
from sklearn_relu.tables import TabularEncoder
X = np.array([[1, "a", True], [2.5, None, False], [None, "b", True]], dtype=object)
print(TabularEncoder().fit_transform(X).tolist())
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    X = np.array([[1, "a", True], [2.5, None, False], [None, "b", True]], dtype=object)
    assert result.stdout.strip() == str(TabularEncoder().fit_transform(X).tolist())
