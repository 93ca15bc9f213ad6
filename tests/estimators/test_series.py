"""Networks that read series: what X may be, the one array that comes of it, and what is refused."""

import copy
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.series import Series
from sklearn_relu.parameters import store_parameters

DRAW = np.random.default_rng(0)
LENGTHS = [5, 3, 7, 1, 7, 2]
Y = np.array([0, 1, 0, 1, 1, 0])
KINDS = [np.float32, np.float64, np.int16, np.int64, np.uint8, bool, object]


class Reader(Classes, Series):
    """Reads series, and trains nothing."""

    def __init__(self, *, series_shape=None, channels_first=False, dtype=None):
        store_parameters(self, locals())

    def fit(self, X, y=Y):
        """Read X as ``fit`` does; what it became is `rows_`."""
        self.rows_, self.targets_ = self._check_data(X, y, reset=True)
        self.coefs_ = []
        return self

    def go_on(self, X, y=Y):
        """Read X as ``partial_fit`` does."""
        return self._check_data(X, y, reset=False)

    def read(self, X):
        """Read X as ``predict`` does."""
        return self._check_inputs(X)

    def _hidden_units(self):
        return []

    def _set_hidden_units(self, units):
        raise NotImplementedError

    def _stages(self, n_inputs, parts, n_raw):
        raise NotImplementedError

    def _fitted_layers(self):
        raise NotImplementedError


def unequal(channels=1, dtype=float):
    """Series of unequal lengths, (steps, channels)."""
    return [DRAW.integers(0, 9, (n, channels)).astype(dtype) for n in LENGTHS]


def padded(series, n_steps=None, dtype=None):
    """The array (n, steps, channels) that a list stands for."""
    n_steps = n_steps or max(map(len, series))
    shape = len(series), n_steps, series[0].shape[1]
    array = np.full(shape, np.nan, dtype or np.float64)
    for row, one in zip(array, series, strict=True):
        row[: len(one)] = one
    return array


def rows(array):
    return array.reshape(len(array), -1)


def assert_rows(found, expected):
    """Equal to the last bit, C-contiguous, and of the same dtype."""
    assert found.flags.c_contiguous
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


# All forms of the same series


def objects(series):
    array = np.empty(len(series), dtype=object)
    array[:] = series
    return array


FORMS_OF_ONE_CHANNEL = {
    "arrays of one dimension": lambda s: [one[:, 0] for one in s],
    "arrays of two dimensions": lambda s: s,
    "tuple": lambda s: tuple(one[:, 0] for one in s),
    "array of objects": objects,
    "plain lists": lambda s: [one[:, 0].tolist() for one in s],
    "plain tuples": lambda s: tuple(tuple(one[:, 0].tolist()) for one in s),
    "lists of lists of lists": lambda s: [one.tolist() for one in s],
    "NumPy's scalars in lists": lambda s: [list(one[:, 0]) for one in s],
    "pandas Series": lambda s: [pd.Series(one[:, 0], index=range(3, 3 + len(one))) for one in s],
    "nullable Series": lambda s: [pd.Series(one[:, 0]).astype("Float64") for one in s],
    "nullable Series with NA at the end": lambda s: [
        pd.Series([*one[:, 0], pd.NA], dtype="Float64") for one in s
    ],
    "pandas frames": lambda s: [pd.DataFrame(one, columns=["a"]) for one in s],
    "NaN at the end of each": lambda s: [np.append(one[:, 0], [np.nan] * 2) for one in s],
    "None at the end of each": lambda s: [[*one[:, 0].tolist(), None] for one in s],
    "rows": lambda s: rows(padded(s)),
    "rows with absent columns": lambda s: rows(padded(s, 11)),
    "rows in Fortran's order": lambda s: np.asfortranarray(rows(padded(s))),
    "rows of objects": lambda s: rows(padded(s)).astype(object),
    "plain rows": lambda s: rows(padded(s)).tolist(),
    "a frame": lambda s: pd.DataFrame(rows(padded(s))),
    "a frame with names": lambda s: pd.DataFrame(rows(padded(s))).add_prefix("t"),
    "a nullable frame": lambda s: pd.DataFrame(rows(padded(s))).astype("Float64"),
    "a frame of nullable integers": lambda s: pd.DataFrame(rows(padded(s))).astype("Int64"),
    "a frame of objects": lambda s: pd.DataFrame(rows(padded(s))).astype(object),
    "three dimensions": padded,
    "three dimensions with absent steps": lambda s: padded(s, 12),
    "three dimensions, not contiguous": lambda s: padded(s, 14)[:, :7],
    "three dimensions of objects": lambda s: padded(s).astype(object),
}


@pytest.mark.parametrize("form", FORMS_OF_ONE_CHANNEL)
def test_series_come_in_many_forms(form):
    series = unequal()
    X = FORMS_OF_ONE_CHANNEL[form](series)
    before = copy.deepcopy(X)
    model = Reader().fit(X)
    assert_rows(model.rows_, rows(padded(series)))
    assert model.series_shape_ == (7, 1)
    assert model.n_features_in_ == {"rows with absent columns": 11}.get(form, 7)
    assert_rows(model.read(X), rows(padded(series)))
    X_again, y = model.go_on(X)
    assert_rows(X_again, rows(padded(series)))
    np.testing.assert_array_equal(y, Y)
    assert repr(X) == repr(before)


FORMS_OF_CHANNELS = {
    "arrays": (lambda s: s, {}),
    "lists": (lambda s: [one.tolist() for one in s], {}),
    "frames": (lambda s: [pd.DataFrame(one, columns=["a", "b", "c"]) for one in s], {}),
    "nullable frames": (lambda s: [pd.DataFrame(one).convert_dtypes() for one in s], {}),
    "three dimensions": (padded, {}),
    "flat": (lambda s: rows(padded(s)), {"series_shape": (7, 3)}),
    "flat, with absent steps": (lambda s: rows(padded(s, 9)), {"series_shape": [9, 3]}),
    "a flat frame": (lambda s: pd.DataFrame(rows(padded(s))), {"series_shape": np.array([7, 3])}),
    "arrays, channels first": (lambda s: [one.T for one in s], {"channels_first": True}),
    "three dimensions, channels first": (
        lambda s: padded(s).swapaxes(1, 2),
        {"channels_first": True},
    ),
    "three contiguous dimensions, channels first": (
        lambda s: padded(s).swapaxes(1, 2).copy(),
        {"channels_first": True},
    ),
    "flat, channels first": (
        lambda s: rows(padded(s).swapaxes(1, 2)),
        {"channels_first": True, "series_shape": (7, 3)},
    ),
    "arrays, with a shape": (lambda s: s, {"series_shape": (8, 3)}),
}


@pytest.mark.parametrize("form", FORMS_OF_CHANNELS)
def test_series_of_several_channels(form):
    series = unequal(3)
    make, params = FORMS_OF_CHANNELS[form]
    model = Reader(**params).fit(make(series))
    assert_rows(model.rows_, rows(padded(series)))
    assert model.series_shape_ == (7, 3)
    assert_rows(model.read(make(series)), rows(padded(series)))
    assert_rows(model.go_on(make(series))[0], rows(padded(series)))
    # A fitted network reads what it was fitted on, whatever is set later.
    model.set_params(channels_first=not model.channels_first)
    assert_rows(model.read(make(series)), rows(padded(series)))


@pytest.mark.parametrize("package", ["polars", "pyarrow"])
def test_frames_of_other_packages(package):
    series = unequal()
    frame = pd.DataFrame(rows(padded(series))).add_prefix("t")
    if package == "polars":
        X = pytest.importorskip("polars").from_pandas(frame)
    else:
        X = pytest.importorskip("pyarrow").Table.from_pandas(frame)
    model = Reader().fit(X)
    assert_rows(model.rows_, rows(padded(series)))
    assert list(model.feature_names_in_) == list(frame.columns)
    assert_rows(model.read(X), rows(padded(series)))


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("n_steps", [1, 2, 30])
@pytest.mark.parametrize("n", [1, 3, 200])
@pytest.mark.parametrize("kind", KINDS)
def test_all_sizes_and_types(n, n_steps, n_channels, kind):
    array = DRAW.integers(0, 2, (n, n_steps, n_channels)).astype(kind)
    array.flags.writeable = False
    y = np.arange(n) % 2
    dtype = kind if kind in (np.float32, np.float64) else np.float64
    expected = rows(array).astype(dtype)
    forms = [array, list(array), np.asfortranarray(array), np.repeat(array, 2, axis=0)[::2]]
    if n_channels == 1:
        forms += [rows(array), list(rows(array)), np.asfortranarray(rows(array))]
    for X in forms:
        model = Reader().fit(X, y)
        assert_rows(model.rows_, expected)
        assert model.series_shape_ == (n_steps, n_channels)
        assert_rows(model.read(X), expected)
        for precision in (np.float32, np.float64):
            other = Reader(dtype=np.dtype(precision).name).fit(X, y)
            assert_rows(other.rows_, expected.astype(precision))
            assert_rows(other.read(X), expected.astype(precision))


def test_lists_have_the_precision_of_their_series():
    assert Reader().fit(unequal(dtype=np.float32)).rows_.dtype == np.float32
    mixed = unequal(dtype=np.float32)
    mixed[2] = mixed[2].astype(np.float64)
    assert Reader().fit(mixed).rows_.dtype == np.float64
    assert Reader(dtype="float32").fit(mixed).rows_.dtype == np.float32
    assert Reader().fit(unequal(dtype=np.float16)).rows_.dtype == np.float64


def test_plain_lists_of_one_length_are_rows():
    model = Reader().fit([[1, 2, 3], [4, 5, 6]], [0, 1])
    assert_rows(model.rows_, np.array([[1.0, 2, 3], [4, 5, 6]]))
    with pytest.raises(ValueError, match="X has 2 features, but Reader is expecting 3 features"):
        model.read([[1, 2], [3, 4]])
    assert_rows(model.read([np.array([1, 2]), np.array([3, 4])]), np.array([[1.0, 2], [3, 4]]))


@pytest.mark.parametrize("n_steps", [1, 2, 3, 8])
def test_plain_lists_are_series_where_training_had_series(n_steps):
    """One series alone is of one length with itself, and so are the few of a fold."""
    model = Reader().fit([[1, 2, 3], [4, 5], [6]], [0, 1, 0])
    for n in (1, 2):
        X = DRAW.normal(size=(n, n_steps))
        assert_rows(model.read(X.tolist()), X)
        assert_rows(model.read(tuple(map(tuple, X.tolist()))), X)
        assert_rows(model.go_on(X.tolist(), Y[:n])[0], X)
    two = Reader().fit(unequal(2))
    with pytest.raises(ValueError, match="is expecting 14 features"):
        two.read([[1.0, 2.0]])


# Predictions of shorter and of longer series


@pytest.mark.parametrize("n_steps", [1, 4, 7, 20])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_arrays_and_lists_may_have_any_number_of_steps(n_channels, n_steps):
    model = Reader().fit(unequal(n_channels))
    X = DRAW.normal(size=(4, n_steps, n_channels))
    for form in (X, list(X)):
        assert_rows(model.read(form), rows(X))
        assert_rows(model.go_on(form, Y[:4])[0], rows(X))
    assert model.n_features_in_ == 7 * n_channels
    assert model.series_shape_ == (7, n_channels)


@pytest.mark.parametrize("params", [{}, {"channels_first": True}])
def test_rows_may_be_longer_where_they_are_said_to_be_series(params):
    X = DRAW.normal(size=(6, 9, 2))
    flat = (rows(X.swapaxes(1, 2)), rows(X)) if params else (rows(X), rows(X))
    first = X[:, :4].swapaxes(1, 2) if params else X[:, :4]
    model = Reader(series_shape=(4, 2), **params).fit(rows(first))
    assert_rows(model.read(flat[0]), flat[1])
    assert_rows(model.go_on(flat[0])[0], flat[1])
    assert_rows(model.go_on(flat[0], Y.tolist())[0], flat[1])
    with pytest.raises(ValueError, match=r"rows of 17 columns.*of 2 channels.*a multiple of 2"):
        model.read(flat[0][:, :17])
    with pytest.raises(ValueError, match=r"X has 6 features.*come as a list of arrays"):
        model.read(flat[0][:, :6])


def test_rows_of_other_widths_are_the_error_of_scikit_learn():
    model = Reader().fit(DRAW.normal(size=(6, 4)))
    X = DRAW.normal(size=(5, 1))
    message = "X has 1 features, but Reader is expecting 4 features as input.*a list of arrays"
    for form in (X, X.tolist(), X.astype(int)):
        with pytest.raises(ValueError, match=message):
            model.read(form)
        with pytest.raises(ValueError, match=message):
            model.go_on(form, Y[:5])
    wide = DRAW.normal(size=(5, 9))
    with pytest.raises(ValueError, match=r"X has 9 features.*longer rows with series_shape"):
        model.read(wide)
    assert_rows(model.read(wide[:, :, None]), wide)
    assert_rows(Reader(series_shape=(4,)).fit(wide[:, :4], Y[:5]).read(wide), wide)
    ended = np.pad(X, ((0, 0), (0, 3)), constant_values=np.nan)
    for form in (list(X), X[:, :, None], ended):
        assert_rows(model.read(form), X)


def test_names_of_columns_are_checked():
    frame = pd.DataFrame(DRAW.normal(size=(6, 3)), columns=["a", "b", "c"])
    model = Reader().fit(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        model.read(frame.rename(columns={"a": "d"}))
    with pytest.raises(ValueError, match="feature names should match"):
        model.read(frame.assign(d=1.0))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.read(frame.to_numpy())
    assert not hasattr(model.fit(frame.to_numpy()), "feature_names_in_")


def test_rows_are_refused_after_series_of_several_channels():
    X = DRAW.normal(size=(6, 4, 2))
    model = Reader().fit(X)
    message = (
        r"rows of 8 columns.*series of 2 channels.*\(n_series, steps, 2\), or a list of series\."
    )
    with pytest.raises(ValueError, match=message):
        model.read(rows(X))
    with pytest.raises(ValueError, match=message):
        model.go_on(rows(X))
    # Unless the parameter says how they are read.
    assert_rows(Reader(series_shape=(4, 2)).fit(X).read(rows(X)), rows(X))


def test_other_channels_than_in_training_are_refused():
    model = Reader().fit(unequal(2))
    for X in (unequal(3), padded(unequal(3)), [one[:, 0] for one in unequal()]):
        with pytest.raises(ValueError, match=r"series of [13] channels, but Reader is expecting 2"):
            model.read(X)


# What is refused


def broken(value, number=3, step=0, n_channels=1):
    series = unequal(n_channels)
    series[0] = np.ones((9, n_channels))
    series[number] = np.ones((5, n_channels))
    series[number][step, -1] = value
    return series


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_named(value, n_channels):
    series = broken(value, step=2, n_channels=n_channels)
    array = padded(series)
    what = "Input X contains NaN: " if np.isnan(value) else "Input X contains infinity.*: "
    where = "series 3 at step 2" + (r" in channel 1\." if n_channels > 1 else r"\.")
    forms = [(series, {}), (array, {}), (array.swapaxes(1, 2), {"channels_first": True})]
    forms += [(rows(array), {"series_shape": (9, n_channels)})]
    for X, params in forms:
        with pytest.raises(ValueError, match=what + where):
            Reader(**params).fit(X)
        model = Reader(**params).fit(
            np.ones_like(X) if isinstance(X, np.ndarray) else unequal(n_channels)
        )
        with pytest.raises(ValueError, match=what + where):
            model.read(X)
        with pytest.raises(ValueError, match=what + where):
            model.go_on(X)


def test_infinity_at_the_end_is_no_end():
    with pytest.raises(ValueError, match=r"infinity.*series 3 at step 4"):
        Reader().fit(broken(np.inf, step=4))


def test_a_step_that_lacks_some_channels_is_no_end():
    with pytest.raises(ValueError, match="Input X contains NaN: series 3 at step 4 in channel 1"):
        Reader().fit(broken(np.nan, step=4, n_channels=2))


def test_numbers_too_large_for_the_precision():
    large = [one * 1e300 + 1e300 for one in unequal()]
    for X in (large, padded(large), rows(padded(large))):
        assert_rows(Reader().fit(X).rows_, rows(padded(large)))
        with pytest.raises(
            ValueError, match=r"too large for dtype\('float32'\): series 0 at step 0"
        ):
            Reader(dtype="float32").fit(X)
    # The sum overflows, and no number does.
    largest = np.full((4, 3), np.finfo(np.float64).max)
    assert_rows(Reader().fit(largest, Y[:4]).rows_, largest)
    assert_rows(Reader().fit(largest, Y[:4]).read(largest[:1]), largest[:1])


@pytest.mark.parametrize("empty", [np.empty((0, 1)), np.full((4, 1), np.nan), np.empty(0)])
def test_empty_series_are_named(empty):
    series = unequal()
    series[4] = empty
    model = Reader().fit(unequal())
    for X in (series, objects(series), [one.ravel().tolist() for one in series]):
        with pytest.raises(ValueError, match="Series 4 of X is empty"):
            Reader().fit(X)
        with pytest.raises(ValueError, match="Series 4 of X is empty"):
            model.read(X)
    series[4] = empty.reshape(-1, 1)
    array = padded(series)
    for X in (array, rows(array)):
        with pytest.raises(ValueError, match="Series 4 of X is empty"):
            Reader().fit(X)
    for X in (array * np.nan, rows(array) * np.nan):
        with pytest.raises(ValueError, match="Series 0 of X is empty"):
            Reader().fit(X)


def with_item(value):
    series = unequal()
    series[2] = value
    return series


NOT_ACCEPTED = {
    "four dimensions": (np.ones((6, 2, 2, 2)), "4 dimensions"),
    "no steps": (np.ones((6, 0, 2)), r"at least one step.*\(6, 0, 2\)"),
    "no channels": (np.ones((6, 2, 0)), r"one channel.*\(6, 2, 0\)"),
    "no series": (np.ones((0, 2, 2)), "0 sample"),
    "one dimension": (np.ones(6), "Expected 2D array, got 1D array"),
    "a list of numbers": ([1.0, 2, 3, 4, 5, 6], "Expected 2D array, got 1D array"),
    "a number": (3.0, "Expected 2D array, got scalar"),
    "sparse rows": (csr_array(np.eye(6)), "[Ss]parse"),
    "other channels": (with_item(np.ones((3, 2))), "Series 2 of X has 2 channels, and series 0"),
    "series of three dimensions": (with_item(np.ones((3, 1, 1))), "Series 2 of X has 3 dim"),
    "text": (with_item(np.array(["a", "b"])), "Series 2 of X has dtype <U1"),
    "text in objects": (with_item(np.array(["a", 1], dtype=object)), "Series 2 of X is no array"),
    "text in lists": ([["a"], ["b", "c"]], "Series 0 of X has dtype"),
    "rows of text": ([["a"], ["b"]], "text"),
    "ragged steps": (with_item([[1.0], [1.0, 2.0]]), "Series 2 of X is no array"),
    "complex numbers": (with_item(np.ones(3, complex)), "Complex data not supported: series 2"),
    "complex rows": (np.ones((6, 2), complex), "Complex data not supported"),
    "complex arrays": (np.ones((6, 2, 2), complex), "Complex data not supported"),
    "dates": (with_item(np.zeros(3, "M8[s]")), "Series 2 of X has dtype datetime64"),
    "a number among series": (with_item(3.0), "item 2 of it is 3.0"),
    "missing series": (with_item(None), "item 2 of it is None"),
    "one series": (np.ones(6), r"One series alone is a list of one: \[X\]"),
    "a column of series": (pd.Series(unequal()), "are a list of arrays"),
    "a frame of series": (pd.DataFrame({"series": unequal()}), "are a list of arrays"),
    "ranges": ([range(3), range(4)] * 3, "are a list of arrays"),
    "other numbers of targets": (unequal()[:4], "inconsistent numbers of samples"),
}


@pytest.mark.parametrize("case", NOT_ACCEPTED)
def test_what_is_no_series_is_an_error(case):
    X, message = NOT_ACCEPTED[case]
    with pytest.raises((ValueError, TypeError), match=message):
        Reader().fit(X)


@pytest.mark.parametrize(
    ("X", "params", "message"),
    [
        (np.ones((6, 8)), {"series_shape": (3, 2)}, r"has 6 values, and X has 8 columns"),
        (np.ones((6, 8)), {"series_shape": (9,)}, r"has 9 values, and X has 8 columns"),
        (np.ones((6, 8, 2)), {"series_shape": (2, 8)}, "2 channels.*and set channels_first=True"),
        (np.ones((6, 8, 2)), {"series_shape": (7, 2)}, "longest series, of 8 steps and 2 channels"),
        (np.ones((6, 8)), {"series_shape": (2, 2, 2)}, r"series_shape must be \(steps,\) or"),
        (np.ones((6, 8)), {"series_shape": (8.0,)}, r"whole numbers > 0; got \(8.0,\)"),
        (np.ones((6, 8)), {"series_shape": (0, 2)}, r"whole numbers > 0"),
        (np.ones((6, 8)), {"series_shape": ()}, r"series_shape must be"),
    ],
)
def test_shapes_that_do_not_fit(X, params, message):
    with pytest.raises(ValueError, match=message):
        Reader(**params).fit(X)


def test_parameters_that_change_between_calls():
    model = Reader().fit(unequal(2))
    model._check_shape_is_as_fitted()
    with pytest.raises(ValueError, match="channels_first has changed from False to True"):
        model.set_params(channels_first=True)._check_shape_is_as_fitted()
    model.set_params(channels_first=False, series_shape=(20, 2))._check_shape_is_as_fitted()
    with pytest.raises(ValueError, match=r"of 2 channels, and series_shape=\(20,\) says 1"):
        model.set_params(series_shape=(20,))._check_shape_is_as_fitted()


def test_it_is_not_fitted():
    with pytest.raises(NotFittedError):
        Reader().read(np.ones((2, 2)))


def test_tags():
    tags = get_tags(Reader()).input_tags
    assert (tags.three_d_array, tags.allow_nan, tags.sparse) == (True, False, False)
    assert get_tags(Reader()).input_tags.two_d_array


# Arrays that are as they should be


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_are_not_copied_without_need(dtype):
    X = DRAW.normal(size=(50, 8)).astype(dtype)
    for form in (X, X[:, :, None], X.reshape(50, 4, 2)):
        model = Reader().fit(form, np.arange(50) % 2)
        assert np.shares_memory(model.rows_, X)
        assert np.shares_memory(model.read(form), X)
        assert np.shares_memory(model.go_on(form, np.arange(50) % 2)[0], X)
    ended = X.copy()
    ended[3, 5:] = np.nan
    assert np.shares_memory(Reader().fit(ended, np.arange(50) % 2).rows_, ended)


CASTS = {
    "another precision": lambda X: X.astype(np.float32),
    "integers": lambda X: X.astype(np.int64),
    "Fortran's order": np.asfortranarray,
    "absent steps": lambda X: np.pad(X, ((0, 0), (0, 20), (0, 0)), constant_values=np.nan),
    "absent steps in another precision": lambda X: np.pad(
        X.astype(np.float32), ((0, 0), (0, 20), (0, 0)), constant_values=np.nan
    ),
    "a list": lambda X: list(X[:, :, 0]),
}


@pytest.mark.parametrize("form", CASTS)
def test_large_arrays_are_copied_once(form):
    array = DRAW.normal(size=(300, 500, 2))
    X = CASTS[form](array)
    model = Reader(dtype="float64")
    y = np.arange(300) % 2
    model.fit(X, y)
    tracemalloc.start()
    try:
        model.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * model.rows_.nbytes


def test_one_row_that_is_as_it_should_be_is_not_shown_to_scikit_learn(monkeypatch):
    X = DRAW.normal(size=(6, 8))
    model, flat = Reader().fit(X), Reader(series_shape=(4, 2)).fit(X)
    monkeypatch.setattr("sklearn_relu.estimators.reading.validate_data", None)
    longer = DRAW.normal(size=(1, 10))
    for one in (X[:1], X.astype(np.float32)):
        assert model.read(one) is one
        assert model.go_on(one, Y[: len(one)])[0] is one
    for one in (X[:1], longer, X.astype(np.float32)):
        assert flat.read(one) is one
        assert flat.go_on(one, Y[: len(one)])[0] is one


def test_a_copy_reads_what_a_network_reads():
    series = unequal(2)
    model = Reader(channels_first=True).fit([one.T for one in series])
    rows_of_few = model.rows_[1:2, :6]
    assert model._reading_arrays().read(rows_of_few) is rows_of_few
