"""Calls with few rows, many classes or many columns: what they cost, and that nothing is missed."""

import warnings

import numpy as np
import pytest
import sklearn
from counting import calls_and_bytes_of

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.estimators import reading, settled
from sklearn_relu.optimizers import Adam
from sklearn_relu.penalties import L1

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 4))
y = X[:, 0]
SMALL = {"hidden_layer_sizes": (5,), "random_state": 0}


# What a call costs


@pytest.mark.parametrize(
    ("method", "most"), [("predict", 400), ("predict_proba", 350), ("partial_fit", 1500)]
)
@pytest.mark.parametrize("cls", [MLPRegressor, MLPClassifier])
def test_a_call_with_one_row_makes_few_calls(cls, method, most):
    """scikit-learn 1.9 makes 450 (its classifier 590), 460 and 1,360 (4,100)."""
    if not hasattr(cls(), "predict_proba") and method == "predict_proba":
        pytest.skip("a regressor has none")
    one, target = X[:1], y[:1] if cls is MLPRegressor else np.array([0])
    model = cls(**SMALL)
    more = {} if cls is MLPRegressor else {"classes": [0, 1]}
    for _ in range(3):
        model.partial_fit(one, target, **more)
    call = getattr(model, method)
    arguments = (one, target) if method == "partial_fit" else (one,)
    counts, _ = calls_and_bytes_of(lambda: call(*arguments))
    assert sum(counts.values()) < most


def test_memory_for_classes_is_that_of_the_rows():
    """Each row has a number a class in targets, outputs and gradients; there is no square."""
    peaks = []
    for n_classes in (1000, 4000):
        model = MLPClassifier(**SMALL)
        labels = rng.integers(0, n_classes, len(X))
        classes = np.arange(n_classes)
        _, peak = calls_and_bytes_of(lambda: model.partial_fit(X, labels, classes=classes))  # noqa: B023
        peaks.append(peak)
    assert peaks[0] < 20 * len(X) * 1000 * 8
    assert peaks[1] < 4.5 * peaks[0]


def test_an_ensembles_decision_takes_time_and_memory_in_proportion_to_classes():
    costs = []
    for n_classes in (500, 2000):
        model = MLPClassifier(**SMALL, ensemble_size=2)
        model.partial_fit(X, rng.integers(0, n_classes, len(X)), classes=np.arange(n_classes))
        model.decision_function(X)
        costs.append(calls_and_bytes_of(lambda: model.decision_function(X)))  # noqa: B023
    (few_calls, few_bytes), (many_calls, many_bytes) = costs
    assert many_calls == few_calls
    assert many_bytes < 4.5 * few_bytes


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", "double[pyarrow]"])
def test_wide_frames_are_not_gone_through_column_by_column(dtype):
    pd = pytest.importorskip("pandas")
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    costs = []
    for n_columns in (500, 1500):
        wide = pd.DataFrame(rng.normal(size=(5, n_columns))).add_prefix("c").astype(dtype)
        model = MLPRegressor(**SMALL).partial_fit(wide, np.arange(5.0))
        counts, _ = calls_and_bytes_of(lambda: model.predict(wide))  # noqa: B023
        costs.append(sum(counts.values()))
    # scikit-learn and pandas look at names and dtypes; pandas takes nullable columns one by one.
    assert (costs[1] - costs[0]) / 1000 < (5 if dtype in ("float64", "float32") else 50)


# Parameters that are checked once


def changes():
    adam, penalty, activation = Adam(), L1(), LeakyReLU()
    sizes = [5]
    return {
        "a number": ({}, lambda m: setattr(m, "alpha", -1.0), "alpha"),
        "a name": ({}, lambda m: setattr(m, "activation", "rellu"), "Did you mean 'relu'"),
        "by set_params": ({}, lambda m: m.set_params(batch_size=-5), "batch_size"),
        "a part's": ({"solver": adam}, lambda m: setattr(adam, "beta_1", 2.0), "beta_1"),
        "nested": ({"solver": Adam()}, lambda m: m.set_params(solver__beta_1=2.0), "beta_1"),
        "in a list of parts": (
            {"activation": [activation]},
            lambda m: setattr(activation, "negative_slope", "steep"),
            "negative_slope",
        ),
        "a list's element": (
            {"penalty": [penalty, None]},
            lambda m: m.penalty.append(None),
            "3 of them for 2 layers",
        ),
        "a list of sizes": (
            {"hidden_layer_sizes": sizes},
            lambda m: sizes.append(2.5),
            "hidden_layer_sizes",
        ),
        "an array of sizes": (
            {"hidden_layer_sizes": np.array([5])},
            lambda m: m.hidden_layer_sizes.__setitem__(0, -1),
            "hidden_layer_sizes",
        ),
    }


@pytest.mark.parametrize("kind", changes())
def test_a_parameter_that_was_changed_between_calls_is_checked(kind):
    params, change, message = changes()[kind]
    model = MLPRegressor(**(SMALL | params))
    for _ in range(2):
        model.partial_fit(X, y)
    change(model)
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(X, y)


def test_parameters_that_are_changed_count():
    model, other = MLPRegressor(**SMALL, solver=Adam()), MLPRegressor(**SMALL, solver=Adam())
    for each in (model, other):
        each.partial_fit(X, y).partial_fit(X, y)
    model.solver.beta_1 = 0.5
    other.set_params(solver=Adam(beta_1=0.5))
    for each in (model, other):
        each.partial_fit(X, y)
    np.testing.assert_array_equal(model.coefs_[0], other.coefs_[0])
    model.set_params(learning_rate_init=0.5).partial_fit(X, y)
    assert np.abs(model.coefs_[0] - other.coefs_[0]).max() > 0.1


def test_parameters_are_checked_again_only_if_they_were_set(monkeypatch):
    checked = []
    original = settled.validate_parameters
    monkeypatch.setattr(
        settled, "validate_parameters", lambda model: [checked.append(model), original(model)]
    )
    model = MLPRegressor(**SMALL, solver=Adam(), alpha=np.float64(0.1))
    for _ in range(4):
        model.partial_fit(X, y)
    assert len(checked) == 1
    model.set_params(alpha=0.5)
    for _ in range(4):
        model.partial_fit(X, y)
    assert len(checked) == 2


def test_a_part_that_changes_after_a_call_does_not_change_predictions():
    part = LeakyReLU(negative_slope=0.1)
    model = MLPRegressor(**SMALL, activation=part).partial_fit(X, y).partial_fit(X, y)
    before = model.predict(X)
    part.negative_slope = 0.9
    np.testing.assert_array_equal(model.predict(X), before)
    model.partial_fit(X, y)
    assert model._activations[0].negative_slope == 0.9


# Data that scikit-learn need not look at


@pytest.fixture
def looked_at(monkeypatch):
    """What scikit-learn is asked to validate."""
    seen = []
    original = reading.validate_data

    def validate_data(estimator, X, *args, **kwargs):
        seen.append(X)
        return original(estimator, X, *args, **kwargs)

    monkeypatch.setattr(reading, "validate_data", validate_data)
    return seen


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_sound_array_is_taken_as_it_is(dtype, looked_at):
    model = MLPRegressor(**SMALL).partial_fit(X, y)
    looked_at.clear()
    rows = X.astype(dtype)
    assert model.predict(rows).dtype == dtype
    model.partial_fit(rows, y)
    assert not looked_at


def wrong(value):
    changed = X.copy()
    changed[3, 1] = value
    return changed


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (wrong(np.nan), "(?s)Input X contains NaN.*SimpleImputer"),
        (wrong(np.inf), "infinity"),
        (wrong(np.nan).astype("float32"), "Input X contains NaN"),
        (X[:, :3], "X has 3 features, but MLPRegressor is expecting 4"),
        (X[0], "2D array"),
        (X[:0], "0 sample"),
        (X[None], "dim 3"),
        (X + 1j, "Complex"),
    ],
)
def test_what_cannot_be_used_is_scikit_learns_error(rows, message):
    model = MLPRegressor(**SMALL).partial_fit(X, y)
    with pytest.raises(ValueError, match=message):
        model.predict(rows)
    with pytest.raises(ValueError, match=message):
        model.partial_fit(rows, y[: len(rows)])


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X.tolist(),
        np.asfortranarray,
        lambda X: X.astype(">f8"),
        lambda X: X.astype("float16").astype(object),
        lambda X: np.repeat(X, 2, axis=0)[::2],
    ],
)
def test_what_has_another_form_is_made_an_array(change, looked_at):
    model = MLPRegressor(**SMALL).partial_fit(X, y)
    looked_at.clear()
    rows = change(X)
    expected = model.predict(np.ascontiguousarray(np.array(rows, dtype=float)))
    np.testing.assert_allclose(model.predict(rows), expected, rtol=1e-12)
    assert len(looked_at) == 1


def test_values_whose_sum_overflows_are_finite():
    model = MLPRegressor(**SMALL).partial_fit(X, y)
    large = np.full((3, 4), 1e308)
    large[:, 2:] *= -1
    model.coefs_[0][...] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(model.predict(large)).all()
        assert np.isfinite(model.predict(np.full((3, 4), 1e308))).all()


def test_nan_is_let_through_where_scikit_learn_is_told_so():
    """The network itself notices, and says so in its own words."""
    model = MLPRegressor(**SMALL).partial_fit(X, y)
    with (
        sklearn.config_context(assume_finite=True),
        pytest.raises(ValueError, match="Outputs of the network are not finite"),
    ):
        model.predict(wrong(np.nan))


def test_names_of_columns_are_compared_in_each_call():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = MLPRegressor(**SMALL)
    for _ in range(2):
        model.partial_fit(frame, y)
    model.predict(frame)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)
    with pytest.raises(ValueError, match="order"):
        model.predict(frame[list("badc")])
    with pytest.raises(ValueError, match="feature names"):
        model.partial_fit(frame.rename(columns={"a": "e"}), y)
    nameless = MLPRegressor(**SMALL).partial_fit(X, y)
    with pytest.warns(UserWarning, match="X has feature names"):
        nameless.predict(frame)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 7], "classes not in"),
        ([0.0, 1.0, 0.5], "Unknown label type: continuous|classes not in"),
        ([0, 1], "inconsistent numbers of samples"),
        ([0.0, np.nan, 1.0], "NaN"),
        (["a", "b", "a"], "classes not in|Mix"),
        ([[0, 1], [1, 0], [1, 1]], "multilabel"),
    ],
)
def test_labels_that_are_not_known_are_an_error(labels, message):
    model = MLPClassifier(**SMALL).partial_fit(X, np.arange(20) % 3, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=message):
        model.partial_fit(X[:3], labels)


@pytest.mark.parametrize("kind", ["int64", "int8", "uint16", "bool", "U", "float64"])
def test_labels_of_every_dtype_go_on(kind):
    labels = (np.arange(20) % 2).astype(kind)
    model = MLPClassifier(**SMALL)
    for rows in (slice(0, 10), slice(10, 20)):
        model.partial_fit(X[rows], labels[rows], classes=np.unique(labels))
    assert model.predict(X).dtype == model.classes_.dtype
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, labels, classes=np.unique(labels)[:1])


@pytest.mark.parametrize(
    "dtypes", [["Int64"], ["Float32", "Int8"], ["float32"], ["float32", "Float64"]]
)
def test_frames_of_numbers_are_as_their_arrays(dtypes):
    pd = pytest.importorskip("pandas")
    numbers = np.round(X * 10)
    columns = {f"c{i}": pd.array(numbers[:, i], dtype=dtypes[i % len(dtypes)]) for i in range(4)}
    frame = pd.DataFrame(columns)
    precision = "float32" if set(dtypes) <= {"float32", "Float32", "Int8"} else "float64"
    model = MLPRegressor(**SMALL).partial_fit(frame, y)
    plain = MLPRegressor(**SMALL).partial_fit(numbers.astype(precision), y)
    assert model.coefs_[0].dtype == precision
    np.testing.assert_array_equal(model.coefs_[0], plain.coefs_[0])
    np.testing.assert_array_equal(
        model.predict(frame), plain.predict(np.asfortranarray(numbers.astype(precision)))
    )
    if "Int64" in dtypes or "Float64" in dtypes:
        frame.iloc[0, frame.columns.get_loc("c1" if len(dtypes) > 1 else "c0")] = pd.NA
        with pytest.raises(ValueError, match="Input X contains NaN"):
            model.predict(frame)
