"""TabularEncoder: numbers, categories and dates as numbers."""

import copy
import datetime as dt
import pickle
import tracemalloc
import warnings
from decimal import Decimal

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_relu import LoadError, TrainingWarning, load, save
from sklearn_relu.tables import TabularEncoder

RNG = np.random.default_rng(0)


@parametrize_with_checks([TabularEncoder(), TabularEncoder(many_levels="codes", dtype="float32")])
@pytest.mark.filterwarnings("ignore:Column:sklearn_relu.TrainingWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def squashed(z):
    return z / np.sqrt(1 + (z / 3) ** 2)


def encoded(X, **params):
    return TabularEncoder(**params).fit_transform(X)


def column(values, dtype=object):
    X = np.empty((len(values), 1), dtype=dtype)
    X[:, 0] = values
    return X


class TestNumbers:
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int16", "uint8", "int64"])
    @pytest.mark.parametrize("n_rows", [5, 50, 40_000])
    def test_they_are_scaled_by_quartiles_and_squashed(self, n_rows, dtype):
        X = (RNG.normal(size=(n_rows, 3)) * 10 + 100).astype(dtype)
        values = X.astype(np.float64)
        low, median, high = np.percentile(values, [25, 50, 75], axis=0)
        expected = squashed((values - median) / (high - low))
        encoder = TabularEncoder().fit(X)
        assert_allclose(encoder.transform(X), expected, rtol=1e-12, atol=1e-15)
        assert_allclose(encoder.center_, median, rtol=1e-15)
        assert_allclose(encoder.scale_, high - low, rtol=1e-12)

    @pytest.mark.parametrize("order", ["C", "F"])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_the_output_is_contiguous_and_of_its_dtype(self, dtype, order):
        X = np.asarray(RNG.normal(size=(30, 4)), order=order)
        out = encoded(X, dtype=dtype)
        assert out.dtype == dtype
        assert out.flags.c_contiguous
        assert_allclose(out, encoded(X), rtol=1e-6)

    def test_a_table_in_blocks_equals_its_rows(self):
        X = RNG.normal(size=(70_001, 2))
        X[::9, 1] = np.nan
        encoder = TabularEncoder().fit(X)
        out = encoder.transform(X)
        rows = RNG.integers(0, len(X), 50)
        assert_array_equal(encoder.transform(X[rows]), out[rows])
        assert_allclose(encoder.transform(X.astype(object)), out, rtol=0, atol=1e-15)

    @pytest.mark.parametrize("container", ["array", "pandas"])
    def test_memory_beyond_the_output_is_bounded(self, container):
        X = RNG.normal(size=(200_000, 10))
        if container == "pandas":
            X = pytest.importorskip("pandas").DataFrame(X).rename(columns=str)
        encoder = TabularEncoder()
        tracemalloc.start()
        try:
            encoder.fit(X)
            fit_peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.reset_peak()
            out = encoder.transform(X)
            transform_peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # A column has 1.6 MB, the table 16 MB.
        assert fit_peak < 8e6
        assert transform_peak < out.nbytes + 8e6

    def test_x_is_left_as_it_is(self):
        X = RNG.normal(size=(30, 2))
        X.flags.writeable = False
        before = X.copy()
        encoded(X)
        assert_array_equal(X, before)
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame(X, columns=["a", "b"])
        encoded(frame)
        assert_array_equal(frame.to_numpy(), before)

    def test_missing_ones_are_the_median_and_marked(self):
        X = np.array([[1.0, 1], [np.nan, 2], [3, 3], [4, 4]])
        encoder = TabularEncoder().fit(X)
        out = encoder.transform(X)
        assert encoder.get_feature_names_out().tolist() == ["x0", "x1", "x0_missing"]
        assert encoder.center_[0] == 3
        assert out[1, 0] == 0
        assert out[:, 2].tolist() == [-1, 1, -1, -1]
        # Where none was missing in training there is no mark, and the median stands.
        assert encoder.transform([[np.nan, np.nan]]).tolist() == [[0, 0, 1]]

    def test_if_all_are_missing_the_column_is_0(self):
        encoder = TabularEncoder().fit(np.full((3, 1), np.nan))
        assert encoder.transform([[np.nan], [7]]).tolist() == [[0, 1], [0, -1]]

    def test_a_constant_column_is_0_and_there(self):
        encoder = TabularEncoder().fit([[5.0, 1], [5, 2]])
        assert encoder.transform([[5.0, 1], [9, 2], [-1e308, 2]])[:, 0].tolist() == [0, 0, 0]
        assert np.isinf(encoder.scale_[0])

    def test_without_quartiles_half_of_the_range_scales(self):
        X = np.array([[0.0]] * 9 + [[4.0]])
        encoder = TabularEncoder().fit(X)
        assert encoder.scale_[0] == 2
        assert_allclose(encoder.transform([[4.0]]), squashed(2))

    @pytest.mark.parametrize("unit", [1e-323, 1e-310, 1e-200, 1e200, 3e307, 1e308])
    def test_very_small_and_very_large_ones_do_not_overflow(self, unit):
        z = np.array([-1.5, -1, -0.5, 0, 0.5, 1, 1.5])
        X = np.rint(z * 2)[:, None] * (unit / 2)
        assert len(np.unique(X)) == 7
        out = encoded(X)
        # The interquartile range of z is 1.5. The smallest numbers are multiples of 5e-324.
        assert_allclose(out[:, 0], squashed(z / 1.5), rtol=1e-9 if unit > 1e-322 else 0.35)

    def test_ranges_beyond_float64_are_scaled(self):
        X = np.array([[-1.7e308], [1.7e308], [-1.7e308], [1.7e308], [0]])
        out = encoded(X)[:, 0]
        assert_allclose(out[:2], [squashed(-0.9457), squashed(0.9457)], rtol=1e-3)
        X = np.array([[0.0]] * 9 + [[-1.7e308], [1.7e308]])
        assert_allclose(encoded(X)[-2:, 0], [squashed(-1), squashed(1)], rtol=1e-12)

    def test_far_numbers_in_new_rows_reach_3(self):
        encoder = TabularEncoder().fit([[0.0], [1e-300], [2e-300]])
        assert_array_equal(encoder.transform([[1.7e308], [-1.7e308]]), [[3], [-3]])

    @pytest.mark.parametrize("dtype", ["int64", "uint64"])
    def test_integers_beyond_2_to_the_53_stay_exact(self, dtype):
        steps = np.arange(9)[:, None]
        X = steps.astype(dtype) + np.array(2**62 if dtype == "int64" else 2**63, dtype=dtype)
        expected = encoded(steps)
        assert_array_equal(encoded(X), expected)
        assert_array_equal(encoded(X.astype(object)), expected)
        assert_array_equal(encoded(np.column_stack([X, X]))[:, 1:], expected)
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame(X, columns=["a"])
        assert_array_equal(encoded(frame), expected)
        name = {"int64": "Int64", "uint64": "UInt64"}[dtype]
        assert_array_equal(encoded(frame.astype(name)), expected)

    def test_integers_over_the_whole_range(self):
        X = np.array([[-(2**63)], [-5], [0], [5], [2**63 - 1]])
        assert_allclose(encoded(X), encoded(X.astype(np.float64)), rtol=1e-12)

    def test_decimals_and_integers_beyond_int64_are_numbers(self):
        X = column([Decimal("1.5"), None, Decimal("NaN"), 2**70, 3])
        assert_array_equal(encoded(X), encoded(column([1.5, None, np.nan, 2.0**70, 3.0])))

    @pytest.mark.parametrize("value", [np.inf, -np.inf, Decimal("Infinity"), 10**400])
    def test_infinite_ones_are_refused(self, value):
        X = column([1.0, 2.0, value])
        with pytest.raises(ValueError, match=r"Input X contains infinity.*column 0"):
            TabularEncoder().fit(X)
        with pytest.raises(ValueError, match=r"Input X contains infinity.*column 0"):
            TabularEncoder().fit(X[:2]).transform(X)

    def test_infinite_ones_are_refused_in_arrays_and_frames(self):
        X = np.array([[1.0, 2], [3, np.inf]])
        with pytest.raises(ValueError, match="Input X contains infinity"):
            TabularEncoder().fit(X)
        pd = pytest.importorskip("pandas")
        with pytest.raises(ValueError, match=r"Input X contains infinity.*column 'b'"):
            TabularEncoder().fit(pd.DataFrame(X, columns=["a", "b"]))

    def test_text_where_numbers_were_is_refused(self):
        encoder = TabularEncoder().fit(column([1.0, 2.0]))
        for values in (["1", "2"], [1, "x"], [dt.date(2020, 1, 1)]):
            with pytest.raises(ValueError, match=r"Column 0 must hold numbers, as it did"):
                encoder.transform(column(values))

    def test_durations_and_times_are_seconds(self):
        X = column([dt.timedelta(minutes=1), dt.timedelta(minutes=2), None])
        encoder = TabularEncoder().fit(X)
        assert encoder.center_[0] == 90
        spans = np.array([[60], [120], ["NaT"]], dtype="timedelta64[s]")
        assert_array_equal(encoder.transform(spans), encoder.transform(X))
        assert TabularEncoder().fit(column([dt.time(1), dt.time(3)])).center_[0] == 7200


class TestCategories:
    def test_each_level_has_a_column(self):
        X = column(["b", "a", None, "c", "a"])
        encoder = TabularEncoder().fit(X)
        assert encoder.categories_[0].tolist() == ["a", "b", "c"]
        assert encoder.transform(column(["a", "b", "c", None, "new"])).tolist() == [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
            [0, 0, 0],
            [0, 0, 0],
        ]

    def test_two_levels_share_a_column(self):
        encoder = TabularEncoder().fit(column(["no", "yes"]))
        assert encoder.get_feature_names_out().tolist() == ["x0_yes"]
        out = encoder.transform(column(["no", "yes", np.nan, "new"]))
        assert out.tolist() == [[-1], [1], [0], [0]]

    def test_one_level_has_one_column_and_none_has_none(self):
        assert encoded(column(["a", None])).tolist() == [[1], [0]]
        encoder = TabularEncoder(categorical_features=[0]).fit([[np.nan, 1], [np.nan, 2]])
        assert encoder.categories_[0].tolist() == []
        assert encoder.get_feature_names_out().tolist() == ["x1"]
        assert encoder.transform([[1, 1], [2, 2]]).shape == (2, 1)

    @pytest.mark.parametrize("n_levels", [9, 10])
    def test_many_levels_become_codes_if_asked_for(self, n_levels):
        values = [f"{level:02}x" for level in range(n_levels)]
        encoder = TabularEncoder(many_levels="codes").fit(column(values * 2))
        out = encoder.transform(column([*values, None, "new"]))
        if n_levels == 10:
            assert out[:, 0].tolist() == [*range(1, 11), 0, 0]
            assert encoder.cardinalities_.tolist() == [10]
            assert encoder.code_features_.tolist() == [0]
            assert encoder.n_numeric_out_ == 0
        else:
            assert_array_equal(out, np.vstack([np.eye(9), np.zeros((2, 9))]))
            assert encoder.cardinalities_.tolist() == encoder.code_features_.tolist() == []
        one_hot = TabularEncoder().fit(column(values * 2))
        assert one_hot.transform(column(values)).shape == (n_levels, n_levels)

    @pytest.mark.parametrize("many_levels", ["one-hot", "codes"])
    @pytest.mark.parametrize(
        ("max_levels", "kept"),
        [(None, "abcd"), (4, "abcd"), (3, "abc"), (2, "bc"), (1, "c")],
    )
    def test_the_most_frequent_levels_are_told_apart(self, max_levels, kept, many_levels):
        # "c" is most frequent, then "b"; "a" and "d" are as frequent as each other.
        X = column(list("dcbacbcbc"))
        encoder = TabularEncoder(max_levels=max_levels, many_levels=many_levels, max_one_hot=0).fit(
            X
        )
        assert encoder.categories_[0].tolist() == list(kept)
        rare = encoder.transform(column([*(level for level in "abcd" if level not in kept), None]))
        assert_array_equal(rare, np.zeros_like(rare))
        assert (encoder.transform(column(list(kept))) != 0).any(axis=1).all()

    @pytest.mark.parametrize("max_one_hot", [0, 1, 2, 3])
    def test_the_most_levels_that_are_one_hot(self, max_one_hot):
        X = np.array([["a", "a", "a"], ["a", "b", "b"], ["a", "b", "c"]], dtype=object)
        encoder = TabularEncoder(many_levels="codes", max_one_hot=max_one_hot).fit(X)
        assert encoder.cardinalities_.tolist() == [1, 2, 3][max_one_hot:]

    @pytest.mark.parametrize("dtype", ["int64", "float32", "float64", "bool", "object", "U2"])
    def test_levels_of_any_dtype(self, dtype):
        values = np.array([0, 1, 1, 0]) if dtype == "bool" else np.array([3, 1, 2, 1])
        X = values.astype(dtype)[:, None]
        encoder = TabularEncoder(categorical_features=[True]).fit(X)
        assert encoder.categories_[0].tolist() == sorted(set(values.astype(dtype).tolist()))
        expected = TabularEncoder(categorical_features=[0]).fit_transform(values[:, None])
        assert_array_equal(encoder.transform(X), expected)

    def test_numbers_are_the_same_level_in_any_dtype(self):
        encoder = TabularEncoder(categorical_features=[0]).fit([[1], [2], [3]])
        expected = encoder.transform([[1], [2], [9]])
        assert_array_equal(encoder.transform([[1.0], [2.0], [np.nan]]), expected)
        assert_array_equal(encoder.transform(column([Decimal(1), 2, None])), expected)

    def test_integers_beyond_2_to_the_53_are_different_levels(self):
        encoder = TabularEncoder(categorical_features=[0]).fit(np.array([[2**53], [2**53 + 1]]))
        assert len(encoder.categories_[0]) == 2

    def test_mixed_objects_have_an_order_of_their_own(self):
        values = ["b", 2, (1, 2), None, True, "a", dt.date(2020, 1, 1)]
        encoder = TabularEncoder().fit(column(values))
        backwards = TabularEncoder().fit(column(values[::-1]))
        assert len(encoder.categories_[0]) == 6
        assert encoder.categories_[0].tolist() == backwards.categories_[0].tolist()
        assert encoder.transform(column(values)).sum(axis=1).tolist() == [1, 1, 1, 0, 1, 1, 1]

    def test_categories_of_a_dtype_may_differ_in_new_rows(self):
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"c": pd.Categorical(["x", "z", None, "y"], list("zyxw"))})
        encoder = TabularEncoder().fit(frame)
        assert encoder.categories_[0].tolist() == ["x", "y", "z"]
        new = pd.DataFrame({"c": pd.Categorical(["new", "x", "z", None], ["new", "x", "z"])})
        assert encoder.transform(new).tolist() == [[0] * 3, [1, 0, 0], [0, 0, 1], [0] * 3]
        plain = pd.DataFrame({"c": ["new", "x", "z", None]})
        assert_array_equal(encoder.transform(plain), encoder.transform(new))

    def test_values_that_cannot_be_looked_up_are_refused(self):
        encoder = TabularEncoder().fit(column(["a", "b"]))
        with pytest.raises(TypeError, match="Column 0 must hold strings"):
            encoder.transform(column([["a"], "b"]))
        with pytest.raises(TypeError, match=r"Column 0 cannot be used.* must be a string"):
            TabularEncoder().fit(column([["a"], "b"]))
        with pytest.raises(TypeError, match="Column 0 must hold strings"):
            TabularEncoder(categorical_features=[0]).fit(column([["a"], "b"]))


class TestWhichAreCategories:
    X = np.column_stack([np.arange(6) % 2, np.arange(6), np.arange(6) % 3]).astype(float)

    @pytest.mark.parametrize(
        "chosen",
        [[True, False, True], np.array([True, False, True]), [0, 2], np.array([2, 0]), (0, 2)],
        ids=repr,
    )
    def test_masks_and_positions(self, chosen):
        encoder = TabularEncoder(categorical_features=chosen).fit(self.X)
        assert encoder.kinds_ == ["category", "number", "category"]
        assert encoder.get_feature_names_out().tolist() == [
            "x1", "x0_1.0", "x2_0.0", "x2_1.0", "x2_2.0",
        ]  # fmt: skip

    def test_names_and_dtypes(self):
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame(self.X, columns=["a", "b", "c"]).assign(d=["x", "y"] * 3)
        encoder = TabularEncoder(categorical_features=["a", "c"]).fit(frame)
        assert encoder.kinds_ == ["category", "number", "category", "category"]
        assert TabularEncoder().fit(frame).kinds_ == ["number"] * 3 + ["category"]
        assert TabularEncoder([]).fit(frame).kinds_ == ["number"] * 3 + ["category"]

    @pytest.mark.parametrize(
        ("chosen", "message"),
        [
            ([3], "positions from 0 to 2; got 3"),
            ([-1], "positions from 0 to 2; got -1"),
            ([0.5], "positions from 0 to 2; got 0.5"),
            (["a"], "got 'a'. X has no names: give positions"),
            ([True], "an item for each column if it is a mask; got 1 for 3"),
            ([[0], [1]], "must have one dimension"),
        ],
        ids=repr,
    )
    def test_unknown_ones_are_named(self, chosen, message):
        with pytest.raises(ValueError, match=message):
            TabularEncoder(categorical_features=chosen).fit(self.X)

    def test_unknown_names_are_named(self):
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame(self.X, columns=["a", "b", "c"])
        with pytest.raises(ValueError, match=r"got 'd'. The columns are \['a', 'b', 'c'\]"):
            TabularEncoder(categorical_features=["d"]).fit(frame)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            (
                [f"{row / 2}" for row in range(30)],
                r"numbers as text \('0.0', '0.5', '1.0'\)",
            ),
            ([f"2020-01-{1 + row:02}" for row in range(30)], "mostly dates as text"),
            ([f"user {row}" for row in range(30)], "a value of its own in nearly every row"),
        ],
        ids=["numbers", "dates", "identifiers"],
    )
    @pytest.mark.parametrize("container", ["array", "pandas", "polars", "pyarrow"])
    def test_text_that_is_hardly_one_of_categories_gives_a_warning(self, values, said, container):
        X = column(values)
        if container != "array":
            package = pytest.importorskip(container)
            make = package.table if container == "pyarrow" else package.DataFrame
            X = make({"name": values})
        name = "0" if container == "array" else "'name'"
        with pytest.warns(TrainingWarning, match=f"Column {name} .*{said}.*categorical_features"):
            by_itself = TabularEncoder().fit(X)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            named = TabularEncoder(categorical_features=[0]).fit(X)
            assert_array_equal(named.transform(X), by_itself.transform(X))
            if container == "pandas":
                TabularEncoder().fit(X.astype("category"))


class TestDates:
    MOMENTS = np.array(["2024-01-01T00", "2024-04-02T06", "2024-07-07T12", "NaT"], "M8[s]")

    def test_they_become_a_calendar(self):
        X = self.MOMENTS[:, None]
        encoder = TabularEncoder().fit(X)
        assert encoder.kinds_ == ["date"]
        names = ["seconds", "month_sin", "month_cos", "weekday_sin", "weekday_cos", "hour_sin"]
        assert encoder.calendar_ == {0: [*names, "hour_cos"]}
        assert encoder.get_feature_names_out()[[0, -2, -1]].tolist() == [
            "x0_seconds", "x0_hour_cos", "x0_missing",
        ]  # fmt: skip
        assert encoder.n_scaled_out_ == len(encoder.center_) == 7
        turn = 2 * np.pi
        raw = np.array(
            [
                self.MOMENTS[:3].astype(np.int64),
                np.sin(turn * np.array([0, 3, 6]) / 12),
                np.cos(turn * np.array([0, 3, 6]) / 12),
                np.sin(turn * np.array([0, 1, 6]) / 7),
                np.cos(turn * np.array([0, 1, 6]) / 7),
                np.sin(turn * np.array([0, 6, 12]) / 24),
                np.cos(turn * np.array([0, 6, 12]) / 24),
            ]
        ).T
        out = encoder.transform(X)
        assert_allclose(out[:3, :7], encoded(raw), atol=1e-12)
        assert out[3, :7].tolist() == [0] * 7
        assert out[:, 7].tolist() == [-1, -1, -1, 1]

    def test_days_have_no_hours(self):
        days = self.MOMENTS.astype("M8[D]")[:, None]
        assert TabularEncoder().fit(days).calendar_[0][-1] == "weekday_cos"
        nine = self.MOMENTS.astype("M8[D]") + np.timedelta64(9, "h")
        assert TabularEncoder().fit(nine[:, None]).calendar_[0][-1] == "weekday_cos"

    def test_dates_before_1970(self):
        old = np.array([["1969-12-31"], ["1968-02-29"], ["1900-01-01"]], dtype="M8[D]")
        encoder = TabularEncoder().fit(old)
        python = column([day.item() for day in old[:, 0]])
        assert_array_equal(encoder.transform(python), encoder.transform(old))
        assert encoder.center_[0] == old[1, 0].astype(int) * 86400

    def test_all_missing(self):
        X = np.full((2, 1), "NaT", dtype="M8[s]")
        encoder = TabularEncoder().fit(X)
        assert encoder.transform(X).tolist() == [[0, 0, 0, 0, 0, 1]] * 2
        assert encoder.transform(column([None])).tolist() == [[0, 0, 0, 0, 0, 1]]

    @pytest.mark.parametrize("values", [["2020-01-01"], [3], [1.5, dt.date(2020, 1, 1)]], ids=str)
    def test_others_where_dates_were_are_refused(self, values):
        encoder = TabularEncoder().fit(self.MOMENTS[:, None])
        with pytest.raises(ValueError, match="Column 0 must hold dates, as it did"):
            encoder.transform(column(values))

    def test_dates_may_be_categories(self):
        encoder = TabularEncoder(categorical_features=[0]).fit(self.MOMENTS[:, None])
        assert encoder.transform(self.MOMENTS[:, None]).sum(axis=1).tolist() == [1, 1, 1, 0]


class TestOtherTypes:
    """Categories of another type than in training are known nowhere: an error, not silence."""

    @pytest.mark.parametrize(
        ("levels", "others"),
        [
            (["1", "2", None], [1, None]),
            ([True, False], ["True", "False"]),
            (["1", "2"], [b"1"]),
            ([dt.date(2020, 1, 1), "x"], [3]),
            (["a", 1], ["b"]),
            (["a", "b"], ["c", 4]),
            (["a", "b"], [None]),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("many_levels", ["one-hot", "codes"])
    def test_texts_and_others(self, levels, others, many_levels):
        encoder = TabularEncoder([0], many_levels=many_levels, max_one_hot=0).fit(column(levels))
        texts = [{isinstance(v, str) for v in some if v is not None} for some in (levels, others)]
        if {True} in texts and {False} in texts:
            with pytest.raises(ValueError, match=r"Column 0 must hold (no )?text, as it did"):
                encoder.transform(column(others))
        else:
            assert not encoder.transform(column(others)).any()

    def test_one_that_is_known_is_enough(self):
        encoder = TabularEncoder().fit(column(["a", "b"]))
        assert encoder.transform(column(["b", 3])).tolist() == [[1], [0]]

    def test_a_column_without_levels_takes_all(self):
        encoder = TabularEncoder().fit(column([None, None]))
        assert encoder.transform(column([3, "a"])).shape == (2, 0)

    def test_levels_of_a_frame_that_are_not_there_do_not_count(self):
        pd = pytest.importorskip("pandas")
        encoder = TabularEncoder().fit(pd.DataFrame({"a": ["x", "y"]}))
        unused = pd.DataFrame({"a": pd.Categorical([None], categories=[1, 2])})
        assert encoder.transform(unused).tolist() == [[0]]


@pytest.mark.parametrize("dtype", ["float64", "int64", "uint64", "O"])
def test_masked_values_are_missing(dtype):
    values = np.array([[1, 7], [2, 8], [3, 2**60 + 1], [4, 2**60 + 3]], dtype=dtype)
    mask = np.zeros((4, 2), dtype=bool)
    mask[1, 0] = mask[0, 1] = True
    objects = values.astype(object)
    objects[mask] = None
    masked = np.ma.MaskedArray(values, mask)
    encoder = TabularEncoder().fit(masked)
    assert encoder.indicator_features_.tolist() == [0, 1]
    assert_array_equal(encoder.transform(masked), encoded(objects))


def mixed():
    X = np.empty((30, 5), dtype=object)
    X[:, 0] = [f"level {row % 12:02}" for row in range(30)]
    X[:, 1] = np.random.default_rng(1).normal(size=30).tolist()
    X[:, 2] = [dt.date(2020, 1, 1) + dt.timedelta(40 * row) for row in range(30)]
    X[:, 3] = [None if row % 7 == 0 else "ab"[row % 2] for row in range(30)]
    X[:, 4] = [None if row % 5 == 0 else row for row in range(30)]
    return X


class TestWhole:
    def test_the_order_of_the_output(self):
        encoder = TabularEncoder(many_levels="codes").fit(mixed())
        assert encoder.get_feature_names_out().tolist() == [
            "x1", "x2_seconds", "x2_month_sin", "x2_month_cos", "x2_weekday_sin",
            "x2_weekday_cos", "x4", "x3_b", "x4_missing", "x0",
        ]  # fmt: skip
        assert (encoder.n_scaled_out_, encoder.n_numeric_out_) == (7, 9)
        assert (encoder.code_features_.tolist(), encoder.cardinalities_.tolist()) == ([0], [12])
        assert encoder.center_.shape == encoder.scale_.shape == (7,)
        out = encoder.transform(mixed())
        assert np.abs(out[:, :7]).max() < 3
        assert set(np.unique(out[:, 7:9])) == {-1, 0, 1}
        assert set(out[:, 9]) == set(range(1, 13))

    def test_names_are_unique(self):
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"a": ["b", "c", "d"], "a_b": [1.0, 2.0, 3.0], "a_b_2": [1.0, 2, 3]})
        names = TabularEncoder().fit(frame).get_feature_names_out().tolist()
        assert names == ["a_b", "a_b_2", "a_b_3", "a_c", "a_d"]

    def test_names_can_be_given(self):
        encoder = TabularEncoder().fit([[1.0, 2], [3, 4]])
        assert encoder.get_feature_names_out(["a", "b"]).tolist() == ["a", "b"]
        with pytest.raises(ValueError, match="input_features should have length"):
            encoder.get_feature_names_out(["a"])

    def test_lists_keep_numbers_beside_texts(self):
        rows = [[1, "a"], [2.5, "b"], [None, "c"]]
        assert TabularEncoder().fit(rows).kinds_ == ["number", "category"]
        assert_array_equal(encoded(rows), encoded(np.array(rows, dtype=object)))

    def test_all_booleans_and_all_texts(self):
        assert encoded(np.array([[True, False], [False, False]])).tolist() == [[1, 1], [-1, 1]]
        assert encoded(np.array([["a", "b"], ["c", "b"]])).tolist() == [[-1, 1], [1, 1]]

    def test_sparse_tables_are_refused(self):
        for X in (sp.csr_array(np.eye(3)), sp.coo_matrix(np.eye(3))):
            with pytest.raises(TypeError, match=r"[Ss]parse"):
                TabularEncoder().fit(X)

    @pytest.mark.parametrize(
        "params",
        [
            {"many_levels": "hash"},
            {"max_one_hot": -1},
            {"max_one_hot": 2.5},
            {"max_levels": 0},
            {"dtype": "int8"},
            {"categorical_features": None},
            {"categorical_features": "all"},
        ],
        ids=str,
    )
    def test_parameters_are_checked(self, params):
        with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter of TabularEncoder"):
            TabularEncoder(**params).fit(mixed())

    def test_an_encoder_that_is_not_fitted_says_so(self):
        for method in ("transform", "get_feature_names_out"):
            with pytest.raises(NotFittedError):
                getattr(TabularEncoder(), method)(*[mixed()] * (method == "transform"))

    def test_a_second_fit_forgets_the_first(self):
        encoder = TabularEncoder(many_levels="codes").fit(mixed())
        encoder.transform(mixed())
        other = column(["a", "b", "c", "a"])
        encoder.fit(other)
        assert_array_equal(encoder.transform(other), encoded(other))
        assert encoder.calendar_ == {}
        encoder.set_params(max_one_hot=2).fit(other)
        assert encoder.transform(other).tolist() == [[1], [2], [3], [1]]

    def test_parameters_count_when_it_is_fitted(self):
        encoder = TabularEncoder(many_levels="codes").fit(mixed())
        before = encoder.transform(mixed())
        encoder.set_params(many_levels="one-hot", max_one_hot=0)
        assert_array_equal(encoder.transform(mixed()), before)

    @pytest.mark.parametrize("params", [{}, {"many_levels": "codes", "dtype": "float32"}], ids=str)
    def test_copies_are_the_same(self, params, tmp_path):
        encoder = TabularEncoder(**params).fit(mixed())
        size = len(pickle.dumps(encoder))
        expected = encoder.transform(mixed())
        assert len(pickle.dumps(encoder)) == size
        save(encoder, tmp_path / "encoder.relu")
        copies = [pickle.loads(pickle.dumps(encoder)), copy.deepcopy(encoder)]
        copies += [load(tmp_path / "encoder.relu"), clone(encoder).fit(mixed())]
        skops_io = pytest.importorskip("skops.io")
        trusted = ["sklearn_relu.tables.encoder.TabularEncoder"]
        copies.append(skops_io.loads(skops_io.dumps(encoder), trusted=trusted))
        for found in copies:
            assert found.kinds_ == encoder.kinds_
            assert found.calendar_ == encoder.calendar_
            assert_array_equal(found.transform(mixed()), expected)
            assert_array_equal(found.get_feature_names_out(), encoder.get_feature_names_out())

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("kinds_", ["number"]),
            ("kinds_", ["number"] * 4 + ["other"]),
            ("calendar_", {}),
            ("calendar_", {2: ["seconds", "year"]}),
            ("center_", np.zeros(6)),
            ("_bases", np.zeros((7, 2))),
            ("_shifts", None),
            ("categories_", []),
            ("categories_", [np.zeros((12, 2)), np.zeros(2)]),
            ("code_features_", np.array([1])),
            ("code_features_", np.array([0, 0])),
            ("indicator_features_", np.array([9])),
            ("cardinalities_", np.array([13])),
            ("n_scaled_out_", 8),
            ("n_numeric_out_", 10**12),
        ],
        ids=lambda case: str(case)[:30] if isinstance(case, str) else None,
    )
    def test_files_with_contradictions_are_refused(self, name, value, tmp_path):
        encoder = TabularEncoder(many_levels="codes").fit(mixed())
        setattr(encoder, name, value)
        save(encoder, tmp_path / "encoder.relu")
        with pytest.raises(LoadError, match=r"encoder\.relu"):
            load(tmp_path / "encoder.relu")

    def test_an_encoder_that_is_not_fitted_can_be_saved(self, tmp_path):
        save(TabularEncoder(max_one_hot=3), tmp_path / "encoder.relu")
        assert load(tmp_path / "encoder.relu").max_one_hot == 3

    @pytest.mark.parametrize("n_rows", [1, 2])
    def test_few_rows(self, n_rows):
        """In the first row a text and a number are missing; later rows have them."""
        encoder = TabularEncoder().fit(mixed()[:n_rows])
        assert encoder.kinds_[3:] == [["category"] * 2, ["category", "number"]][n_rows - 1]
        assert np.isfinite(encoder.transform(mixed())).all()
