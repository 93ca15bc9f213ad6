"""Data frames, their dtypes, and labels of all kinds, against the same values in NumPy arrays."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import versions
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor

N = 48
rng = np.random.default_rng(0)
INTEGERS = rng.integers(-3, 4, (N, 3))
HALVES = INTEGERS / 2
SIGNS = INTEGERS > 0
MIXED = np.column_stack([HALVES[:, 0], INTEGERS[:, 1], SIGNS[:, 2]])
CLASSES = np.digitize(HALVES[:, 0] + HALVES[:, 1], [-0.5, 0.5])
IS_LAST = CLASSES == 2
WORDS = np.array(["a", "bb", "ccc"])[CLASSES]
TARGETS = HALVES @ [1.0, -1.0, 2.0]
TWO_TARGETS = np.column_stack([TARGETS, CLASSES])
WEIGHT = rng.uniform(0.5, 2, N)
SMALL = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
ESTIMATORS = {MLPClassifier: WORDS, MLPRegressor: TARGETS}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

floats, integers, booleans, mixed = (
    pd.DataFrame(dict(zip("abc", columns, strict=True)))
    for columns in (HALVES.T, INTEGERS.T, SIGNS.T, (HALVES[:, 0], INTEGERS[:, 1], SIGNS[:, 2]))
)
ARROW_DECIMAL = pd.ArrowDtype(pa.decimal128(20, 1))
SINGLE = HALVES.astype(np.float32)
DICTIONARY = pd.arrays.ArrowExtensionArray(pa.array(INTEGERS[:, 1]).dictionary_encode())


def polars(frame, **columns):
    return pl.DataFrame({name: frame[name].to_numpy() for name in frame}).with_columns(**columns)


def arrow(frame):
    return pa.table({name: frame[name].to_numpy() for name in frame})


FEATURES = {
    "float": (floats, HALVES),
    "int": (integers, INTEGERS),
    "bool": (booleans, SIGNS),
    "float, int and bool": (mixed, MIXED),
    "float32": (floats.astype("float32"), SINGLE),
    "float32 and float64": (floats.astype({"a": "float32"}), HALVES),
    "float16": (floats.astype("float16"), HALVES),
    "object": (floats.astype(object), HALVES),
    "object, mixed": (mixed.astype(object), MIXED),
    "object, Decimal": (floats.map(Decimal), HALVES),
    "Int64": (integers.astype("Int64"), INTEGERS),
    "Int8": (integers.astype("Int8"), INTEGERS),
    "Float64": (floats.astype("Float64"), HALVES),
    "Float32": (floats.astype("Float32"), SINGLE),
    "Float32 and float32": (floats.astype({"a": "Float32"}).astype({"b": "f4", "c": "f4"}), SINGLE),
    "boolean": (booleans.astype("boolean"), SIGNS),
    "nullable, mixed": (mixed.convert_dtypes(), MIXED),
    "nullable and not": (mixed.astype({"b": "Int64"}), MIXED),
    "category of int": (integers.astype("category"), INTEGERS),
    "category of float": (floats.astype("category"), HALVES),
    "category of bool": (booleans.astype("category"), SIGNS),
    "category of Int64": (integers.astype("Int64").astype("category"), INTEGERS),
    "category, ordered": (
        mixed.assign(b=pd.Categorical(INTEGERS[:, 1], np.arange(9)[::-1] - 4, ordered=True)),
        MIXED,
    ),
    "category and bool": (booleans.astype({"a": "category"}), SIGNS),
    "category and Int64": (integers.astype({"a": "category", "b": "Int64"}), INTEGERS),
    "Arrow int64": (integers.astype("int64[pyarrow]"), INTEGERS),
    "Arrow int8": (integers.astype("int8[pyarrow]"), INTEGERS),
    "Arrow double": (floats.astype("double[pyarrow]"), HALVES),
    "Arrow float": (floats.astype("float[pyarrow]"), SINGLE),
    "Arrow bool": (booleans.astype("bool[pyarrow]"), SIGNS),
    "Arrow, mixed": (mixed.convert_dtypes(dtype_backend="pyarrow"), MIXED),
    "Arrow decimal": (floats.astype(str).astype(ARROW_DECIMAL), HALVES),
    "Arrow dictionary": (integers.assign(b=DICTIONARY), INTEGERS),
    "Arrow and NumPy": (mixed.astype({"b": "int64[pyarrow]", "c": "bool[pyarrow]"}), MIXED),
    "all at once": (mixed.astype({"a": "category", "b": "Int8", "c": "bool[pyarrow]"}), MIXED),
    "rows in another order": (floats.set_index(np.arange(N)[::-1]), HALVES),
    "polars float": (polars(floats), HALVES),
    "polars float32": (polars(floats.astype("float32")), SINGLE),
    "polars int": (polars(integers), INTEGERS),
    "polars int8": (polars(integers.astype("int8")), INTEGERS),
    "polars bool": (polars(booleans), SIGNS),
    "polars, mixed": (polars(mixed), MIXED),
    "polars decimal": (polars(floats).cast(pl.Decimal(20, 1)), HALVES),
    "polars, two chunks": (pl.concat([polars(mixed)[:9], polars(mixed)[9:]], rechunk=False), MIXED),
    "pyarrow float": (arrow(floats), HALVES),
    "pyarrow float32": (arrow(floats.astype("float32")), SINGLE),
    "pyarrow, mixed": (arrow(mixed), MIXED),
}
ARRAYS = {
    "float16": (HALVES.astype(np.float16), HALVES),
    "int8": (INTEGERS.astype(np.int8), HALVES * 2),
    "uint64": ((INTEGERS + 3).astype(np.uint64), INTEGERS + 3.0),
    "bool": (SIGNS, SIGNS * 1.0),
    "longdouble": (HALVES.astype(np.longdouble), HALVES),
    "object": (HALVES.astype(object), HALVES),
    "big-endian": (HALVES.astype(">f8"), HALVES),
    "columns in order": (np.asfortranarray(HALVES), HALVES),
    "list": (HALVES.tolist(), HALVES),
    "numbers as column names": (pd.DataFrame(HALVES), HALVES),
    "record batch": (pa.RecordBatch.from_pandas(floats), HALVES),
}


def contents(data):
    return np.array(data).tolist(), str(getattr(data, "dtypes", None))


def outputs(model, X):
    names = ["predict", "predict_proba", "decision_function"]
    each = {name: getattr(model, name)(X) for name in names if hasattr(model, name)}
    return each | {str(layer): coefs for layer, coefs in enumerate(model.coefs_)}


def assert_same(some, others):
    assert some.keys() == others.keys()
    for name, values in some.items():
        assert values.dtype == others[name].dtype, name
        np.testing.assert_array_equal(values, others[name], name, strict=True)


def fits(estimator, X, y):
    """A model with held-out rows, and one of a call of partial_fit."""
    model = estimator(**SMALL, early_stopping=True).fit(X, y, X_val=X[:20], y_val=y[:20])
    classes = {"classes": np.unique(y)} if estimator is MLPClassifier else {}
    return model, estimator(**SMALL).partial_fit(X[:20], y[:20], **classes)


FITS_OF_ARRAYS: dict = {}


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    "given",
    [pytest.param(case, id=name) for name, case in [*FEATURES.items(), *ARRAYS.items()]],
)
def test_features_of_any_kind_count_as_their_numbers(estimator, given):
    frame, array = given
    y = ESTIMATORS[estimator]
    before = contents(frame)
    key = estimator, id(array)
    if key not in FITS_OF_ARRAYS:
        FITS_OF_ARRAYS[key] = fits(estimator, array, y)
    plain, plain_in_part = FITS_OF_ARRAYS[key]
    framed, framed_in_part = fits(estimator, frame, y)
    assert_same(outputs(plain, array), outputs(framed, frame))
    assert plain.history_["validation_loss"] == framed.history_["validation_loss"]
    assert plain.score(array, y) == framed.score(frame, y)
    np.testing.assert_array_equal(plain_in_part.coefs_[0], framed_in_part.coefs_[0], strict=True)
    assert contents(frame) == before


@pytest.mark.parametrize("name", FEATURES)
def test_frames_give_their_column_names(name):
    frame = FEATURES[name][0]
    model = MLPRegressor(**SMALL).fit(frame, TARGETS)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    if not isinstance(frame, pa.Table):
        with pytest.raises(ValueError, match="feature names should match"):
            model.predict(frame[["c", "b", "a"]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_decides_on_the_precision_of_frames_too(dtype):
    for name in ("Float32", "Arrow float", "polars float32", "pyarrow float32", "polars int"):
        frame = FEATURES[name][0]
        model = MLPClassifier(**SMALL, dtype=dtype).fit(frame, WORDS)
        assert model.coefs_[0].dtype == model.predict_proba(frame).dtype == dtype


def test_sparse_columns_are_a_sparse_matrix():
    frame = floats.astype(pd.SparseDtype(float, 0.0))
    matrix = frame.sparse.to_coo().tocsr()
    models = [MLPClassifier(**SMALL).fit(X, WORDS) for X in (matrix, frame)]
    assert_same(outputs(models[0], matrix), outputs(models[1], frame))


def without(frame, column="b", value=pd.NA):
    """The frame without its third row's value in a column."""
    frame = frame.copy()
    frame.loc[2, column] = value
    return frame


MISSING = {
    "float": without(floats, value=np.nan),
    "object, NA": without(floats.astype(object)),
    "object, None": without(floats.astype(object), value=None),
    "Int64": without(integers.astype("Int64")),
    "Float64": without(floats.astype("Float64")),
    "Float32": without(floats.astype("Float32")),
    "boolean": without(booleans.astype("boolean")),
    "category": without(integers.astype("category")),
    "category and int": without(integers.astype({"b": "category"})),
    "category of Int64": without(integers.astype("Int64").astype("category")),
    "category of bool": without(booleans.astype("category")),
    "Arrow int64": without(integers.astype("int64[pyarrow]")),
    "Arrow double": without(floats.astype("double[pyarrow]")),
    "Arrow bool": without(booleans.astype("bool[pyarrow]")),
    "polars float": polars(floats, b=pl.Series([None, *HALVES[1:, 1]])),
    "polars NaN": polars(floats, b=pl.lit(np.nan)),
    "polars int": polars(integers, b=pl.Series([None, *INTEGERS[1:, 1]])),
    "polars bool": polars(booleans, b=pl.Series([None, *SIGNS[1:, 1].tolist()])),
    "pyarrow": pa.Table.from_pandas(without(integers.astype("Int64"))),
}


FITTED = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs").fit(floats, TARGETS)


@pytest.mark.parametrize("name", MISSING)
def test_missing_values_are_an_error_that_names_the_imputer(name):
    frame = MISSING[name]
    with pytest.raises(ValueError, match=r"(?s)X contains NaN.*SimpleImputer"):
        FITTED.predict(frame)
    for estimator, y in ESTIMATORS.items():
        with pytest.raises(ValueError, match=r"(?s)X contains NaN.*SimpleImputer"):
            estimator(**SMALL).fit(frame, y)
        with pytest.raises(ValueError, match=r"(?s)In X_val.*X contains NaN.*SimpleImputer"):
            estimator(**SMALL).fit(floats, y, X_val=frame, y_val=y)


def test_the_imputer_fills_in_missing_values_of_nullable_arrow_and_polars_columns():
    steps = SimpleImputer(), StandardScaler(), MLPClassifier(**SMALL)
    array = without(integers.astype(float), value=np.nan)
    expected = make_pipeline(*steps).fit(array, WORDS).predict_proba(array)
    for frame in (
        MISSING["Int64"],
        MISSING["Arrow int64"],
        pl.DataFrame(without(integers.astype("Int64")).to_dict("list"), strict=False),
    ):
        proba = make_pipeline(*steps).fit(frame, WORDS).predict_proba(frame)
        np.testing.assert_array_equal(proba, expected)


TEXT = {
    "str": floats.assign(b=WORDS),
    "object": floats.assign(b=WORDS.astype(object)),
    "string": floats.assign(b=pd.array(WORDS, "string")),
    "string and Int64": integers.astype("Int64").assign(b=WORDS),
    "category": floats.assign(b=pd.Categorical(WORDS)),
    "category and Int64": integers.astype("Int64").assign(b=pd.Categorical(WORDS)),
    "category and bool": booleans.assign(b=pd.Categorical(WORDS)),
    "Arrow string": floats.assign(b=pd.array(WORDS, pd.ArrowDtype(pa.string()))),
    "polars String": polars(floats, b=pl.Series(WORDS)),
    "polars Categorical": polars(floats, b=pl.Series(WORDS, dtype=pl.Categorical)),
    "polars Enum": polars(floats, b=pl.Series(WORDS, dtype=pl.Enum(["a", "bb", "ccc"]))),
    "pyarrow": pa.table({"a": HALVES[:, 0], "b": WORDS}),
    "array": np.column_stack([HALVES, WORDS]),
    "array of objects": np.column_stack([HALVES.astype(object), WORDS]),
}


@pytest.mark.parametrize("name", TEXT)
def test_text_in_features_is_an_error_that_names_the_encoders(name):
    for estimator, y in ESTIMATORS.items():
        with pytest.raises(
            ValueError, match=r"(?s)X contains text.*'(a|bb|ccc)'.*OneHot.*OrdinalEncoder"
        ):
            estimator(**SMALL).fit(TEXT[name], y)


ENCODED = [
    *("category", "Arrow string"),
    # Before, a ColumnTransformer cannot pass columns of polars through.
    *(versions.since("1.8", name) for name in ("polars Categorical", "polars Enum")),
]


@pytest.mark.parametrize("name", ENCODED)
def test_the_encoder_makes_numbers_of_text(name):
    encoder = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    model = make_pipeline(encoder, MLPRegressor(**SMALL)).fit(TEXT[name], TARGETS)
    assert model[-1].n_features_in_ == 5


LABELS = {
    "str": WORDS,
    "str in wide fields": WORDS.astype("U9"),
    "object": WORDS.astype(object),
    "bool": IS_LAST,
    "int8": CLASSES.astype(np.int8),
    "int8, negative": (CLASSES - 1).astype(np.int8),
    "uint8": CLASSES.astype(np.uint8),
    "int64": CLASSES,
    "uint64": CLASSES.astype(np.uint64),
    "float64": CLASSES.astype(np.float64),
    "float32": IS_LAST.astype(np.float32),
    "datetime": np.datetime64("2020-01-01") + CLASSES,
}
OBJECTS, INT8, SINGLES = (LABELS[name] for name in ("object", "int8", "float32"))
LIKE = {
    "list of str": (WORDS.tolist(), WORDS),
    "list of bool": (IS_LAST.tolist(), IS_LAST),
    "pandas str": (pd.Series(WORDS), OBJECTS),
    "pandas object": (pd.Series(OBJECTS, dtype=object), OBJECTS),
    "pandas bool": (pd.Series(IS_LAST), IS_LAST),
    "pandas int8": (pd.Series(INT8), INT8),
    "string": (pd.Series(WORDS, dtype="string"), OBJECTS),
    "string, Arrow": (pd.Series(WORDS, dtype="string[pyarrow]"), OBJECTS),
    "string without index": (pd.array(WORDS, dtype="string"), OBJECTS),
    "boolean": (pd.Series(IS_LAST, dtype="boolean"), IS_LAST),
    "Int64": (pd.Series(CLASSES, dtype="Int64"), CLASSES),
    "Int8": (pd.Series(INT8, dtype="Int8"), INT8),
    "Float32": (pd.Series(SINGLES, dtype="Float32"), SINGLES),
    "ArrowDtype string": (pd.Series(WORDS, dtype=pd.ArrowDtype(pa.string())), OBJECTS),
    "ArrowDtype bool": (pd.Series(IS_LAST, dtype="bool[pyarrow]"), IS_LAST),
    "ArrowDtype int8": (pd.Series(INT8, dtype="int8[pyarrow]"), INT8),
    "ArrowDtype float": (pd.Series(SINGLES, dtype="float[pyarrow]"), SINGLES),
    "category of str": (pd.Series(WORDS, dtype="category"), OBJECTS),
    "category, ordered, more than seen": (
        pd.Series(pd.Categorical(WORDS, ["ccc", "z", "bb", "a"], ordered=True)),
        OBJECTS,
    ),
    "category of int": (pd.Series(CLASSES, dtype="category"), CLASSES),
    "category of int8, ordered": (pd.Categorical(INT8, [2, 1, 0], ordered=True), CLASSES),
    "category of bool": (pd.Series(IS_LAST, dtype="category"), IS_LAST),
    "category of Int64": (pd.Series(CLASSES, dtype="Int64").astype("category"), CLASSES),
    "polars String": (pl.Series(WORDS), WORDS),
    "polars Categorical": (pl.Series(WORDS, dtype=pl.Categorical), OBJECTS),
    "polars Enum": (pl.Series(WORDS, dtype=pl.Enum(["ccc", "bb", "a"])), OBJECTS),
    "polars Boolean": (pl.Series(IS_LAST), IS_LAST),
    "polars Int8": (pl.Series(INT8), INT8),
    "polars Float32": (pl.Series(SINGLES), SINGLES),
    "pyarrow string": (pa.array(WORDS), OBJECTS),
    "pyarrow bool": (pa.array(IS_LAST), IS_LAST),
    "pyarrow int8": (pa.chunked_array([INT8[:9], INT8[9:]]), INT8),
    "pyarrow dictionary": (pa.array(WORDS).dictionary_encode(), OBJECTS),
}
LABELS = {name: (y, y) for name, y in LABELS.items()} | LIKE


@pytest.mark.parametrize("name", LABELS)
def test_labels_come_back_in_the_dtype_they_came_in(name):
    labels, array = LABELS[name]
    before = contents(labels)
    model = MLPClassifier(hidden_layer_sizes=(), solver="lbfgs", alpha=0, random_state=0)
    predicted = model.fit(HALVES, labels).predict(HALVES)
    np.testing.assert_array_equal(predicted, array, strict=True)
    np.testing.assert_array_equal(model.classes_, np.unique(array), strict=True)
    assert model.score(HALVES, labels) == 1
    reference = LogisticRegression(max_iter=10).fit(HALVES, labels)
    np.testing.assert_array_equal(model.classes_, reference.classes_)
    assert contents(labels) == before


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_any_kind_train_as_in_an_array(name):
    labels, array = LABELS[name]
    classes = np.unique(array)
    params = {
        "class_weight": dict(zip(classes.tolist(), (1, 2, 3), strict=False)),
        "early_stopping": True,
        "early_stopping_metric": "balanced_accuracy",
    }
    if classes.dtype.kind == "M":
        params["class_weight"] = "balanced"
    expected, model = (
        MLPClassifier(**SMALL, **params).fit(HALVES, y, WEIGHT, X_val=HALVES[:20], y_val=y[:20])
        for y in (array, labels)
    )
    assert_same(outputs(model, HALVES), outputs(expected, HALVES))
    assert model.validation_scores_ == expected.validation_scores_
    expected, model = (
        MLPClassifier(**SMALL, early_stopping=True, validation_fraction=0.25).fit(HALVES, y)
        for y in (array, labels)
    )
    assert_same(outputs(model, HALVES), outputs(expected, HALVES))


@pytest.mark.parametrize("name", LABELS)
def test_partial_fit_and_warm_start_know_labels_of_any_kind(name):
    labels, array = LABELS[name]
    classes = labels.unique() if hasattr(labels, "unique") else np.unique(array)
    expected, model = MLPClassifier(**SMALL), MLPClassifier(**SMALL)
    for rows in (slice(0, 20), slice(20, N)):
        expected.partial_fit(HALVES[rows], array[rows], classes=np.unique(array))
        model.partial_fit(HALVES[rows], labels[rows], classes=classes)
    assert_same(outputs(model, HALVES), outputs(expected, HALVES))
    goes_on = MLPClassifier(**SMALL, warm_start=True).fit(HALVES, labels).fit(HALVES, labels)
    assert goes_on.predict(HALVES).dtype == array.dtype


MISSING_LABELS = {
    "object, None": np.array([None, *WORDS[1:]], object),
    "object, NaN": np.array([np.nan, *WORDS[1:]], object),
    "object, NA": np.array([pd.NA, *WORDS[1:]], object),
    "list": [None, *WORDS[1:].tolist()],
    "list of int": [None, *CLASSES[1:].tolist()],
    "float": np.array([np.nan, *CLASSES[1:]]),
    "str": pd.Series([None, *WORDS[1:]], dtype="str"),
    "string": pd.Series([None, *WORDS[1:]], dtype="string"),
    "ArrowDtype": pd.Series([None, *WORDS[1:]], dtype=pd.ArrowDtype(pa.string())),
    "category": pd.Series([None, *WORDS[1:]], dtype="category"),
    "category of int": pd.Series([None, *CLASSES[1:]], dtype="category"),
    "Int64": pd.Series([None, *CLASSES[1:]], dtype="Int64"),
    "boolean": pd.Series([None, *IS_LAST[1:]], dtype="boolean"),
    "Arrow int64": pd.Series([None, *CLASSES[1:]], dtype="int64[pyarrow]"),
    "Arrow bool": pd.Series([None, *IS_LAST[1:]], dtype="bool[pyarrow]"),
    "datetime": pd.Series([pd.NaT, *[pd.Timestamp(2020, 1, 1)] * (N - 1)]),
    "polars String": pl.Series([None, *WORDS[1:].tolist()]),
    "polars Categorical": pl.Series([None, *WORDS[1:].tolist()], dtype=pl.Categorical),
    "polars Int64": pl.Series([None, *CLASSES[1:].tolist()]),
    "polars Boolean": pl.Series([None, *IS_LAST[1:].tolist()]),
    "pyarrow": pa.array([None, *WORDS[1:].tolist()]),
    "two columns": pd.DataFrame({"a": CLASSES, "b": [None, *CLASSES[1:]]}, dtype="Int64"),
    "two columns, category": integers[["a", "b"]].assign(b=MISSING["category"]["b"]),
    "two columns, object": pd.DataFrame({"a": CLASSES, "b": [None, *CLASSES[1:]]}, dtype=object),
}


@pytest.mark.parametrize("name", MISSING_LABELS)
def test_missing_targets_are_an_error_that_names_y(name):
    y = MISSING_LABELS[name]
    for estimator, known in ESTIMATORS.items():
        message = f"y contains NaN: 1 of {N * np.ndim(y)} values are missing"
        with pytest.raises(ValueError, match=message) as error:
            estimator(**SMALL).fit(HALVES, y)
        assert "SimpleImputer" not in str(error.value)
        with pytest.raises(ValueError, match=f"In X_val, y_val.*{message}"):
            estimator(**SMALL).fit(HALVES, known, X_val=HALVES, y_val=y)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (CLASSES.astype(object), ValueError, "Unknown label type: y has dtype object.*int.*astype"),
        (IS_LAST.astype(object), ValueError, "Unknown label type: y has dtype object.*bool"),
        (pl.Series(CLASSES).cast(pl.Decimal(20, 0)), ValueError, "Unknown label type.*Decimal"),
        (pd.Series(TARGETS + 0.1), ValueError, "Unknown label type: continuous"),
        (WORDS.astype("S"), TypeError, "bytes"),
    ],
)
def test_labels_that_are_no_classes_are_an_error(y, error, message):
    with pytest.raises(error, match=message):
        MLPClassifier(**SMALL).fit(HALVES, y)
    with pytest.raises(error, match=message):
        MLPClassifier(**SMALL).fit(HALVES, CLASSES, X_val=HALVES, y_val=y)


indicators = pd.DataFrame({"a": CLASSES > 0, "b": IS_LAST})
numbers = indicators.astype(int)
MULTILABEL = {
    "int": numbers,
    "bool": indicators,
    "int and bool": indicators.astype({"a": int}),
    "int8": indicators.astype("int8"),
    "Int64": numbers.astype("Int64"),
    "boolean": indicators.astype("boolean"),
    "Arrow int64": numbers.astype("int64[pyarrow]"),
    "Arrow bool": indicators.astype("bool[pyarrow]"),
    "category": numbers.astype("category"),
    "polars": polars(numbers),
    "polars bool": polars(indicators),
    "pyarrow": arrow(numbers),
}


@pytest.mark.parametrize("name", MULTILABEL)
def test_multilabel_targets_of_any_frame(name):
    y, array = MULTILABEL[name], numbers.to_numpy()
    params = {**SMALL, "class_weight": "balanced", "early_stopping": True}
    expected, model = (
        MLPClassifier(**params).fit(HALVES, each, WEIGHT, X_val=HALVES[:20], y_val=each[:20])
        for each in (array, y)
    )
    assert_same(outputs(model, HALVES), outputs(expected, HALVES))
    assert model.validation_scores_ == expected.validation_scores_
    expected, model = (
        MLPClassifier(**SMALL).partial_fit(HALVES, each, classes=[0, 1]) for each in (array, y)
    )
    assert_same(outputs(model, HALVES), outputs(expected, HALVES))


pair = pd.DataFrame(TWO_TARGETS, columns=["a", "b"]).astype({"b": int})
NUMBERS = {
    "float32": (TARGETS.astype(np.float32), TARGETS),
    "float16": (TARGETS.astype(np.float16), TARGETS),
    "int8": ((TARGETS * 2).astype(np.int8), TARGETS * 2),
    "bool": (IS_LAST, IS_LAST * 1.0),
    "object": (TARGETS.astype(object), TARGETS),
    "Decimal": (np.array([Decimal(value) for value in TARGETS]), TARGETS),
    "Series": (pd.Series(TARGETS), TARGETS),
    "Float64": (pd.Series(TARGETS, dtype="Float64"), TARGETS),
    "Int64": (pd.Series(CLASSES, dtype="Int64"), CLASSES),
    "boolean": (pd.Series(IS_LAST, dtype="boolean"), IS_LAST),
    "category": (pd.Series(TARGETS, dtype="category"), TARGETS),
    "category of bool": (pd.Series(IS_LAST, dtype="category"), IS_LAST),
    "Arrow double": (pd.Series(TARGETS, dtype="double[pyarrow]"), TARGETS),
    "Arrow int64": (pd.Series(CLASSES, dtype="int64[pyarrow]"), CLASSES),
    "Arrow decimal": (pd.Series(TARGETS).astype(str).astype(ARROW_DECIMAL), TARGETS),
    "polars Float64": (pl.Series(TARGETS), TARGETS),
    "polars Int64": (pl.Series(CLASSES), CLASSES),
    "polars Decimal": (pl.Series(TARGETS).cast(pl.Decimal(20, 1)), TARGETS),
    "pyarrow": (pa.array(TARGETS), TARGETS),
    "two": (pair, TWO_TARGETS),
    "two, object": (pair.astype(object), TWO_TARGETS),
    "two, nullable": (pair.convert_dtypes(), TWO_TARGETS),
    "two, Arrow": (pair.convert_dtypes(dtype_backend="pyarrow"), TWO_TARGETS),
    "two, category": (pair.astype({"b": "category"}), TWO_TARGETS),
    "two, polars": (polars(pair), TWO_TARGETS),
    "two, pyarrow": (arrow(pair), TWO_TARGETS),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_targets_of_any_kind_count_as_their_numbers(name):
    y, array = NUMBERS[name]
    before = contents(y)
    for params in (
        {"early_stopping": True, "early_stopping_metric": "r2"},
        {"standardize_y": True},
    ):
        expected, model = (
            MLPRegressor(**SMALL, **params).fit(
                HALVES, each, WEIGHT, X_val=HALVES[:20], y_val=each[:20]
            )
            for each in (array, y)
        )
        assert_same(outputs(model, HALVES), outputs(expected, HALVES))
        assert model.history_["validation_score"] == expected.history_["validation_score"]
    assert model.score(HALVES, y) == pytest.approx(expected.score(HALVES, array))
    expected, model = (MLPRegressor(**SMALL).partial_fit(HALVES, each) for each in (array, y))
    assert_same(outputs(model, HALVES), outputs(expected, HALVES))
    assert contents(y) == before


@pytest.mark.parametrize("name", ["str", "object", "string", "category of str", "polars Enum"])
def test_text_as_a_regressors_target_is_an_error_that_names_y(name):
    with pytest.raises(ValueError, match=r"y must be numbers for a regressor.*classifier"):
        MLPRegressor(**SMALL).fit(HALVES, LABELS[name][0])


def test_dates_are_no_numbers():
    for y in (LABELS["datetime"][0], pl.Series(LABELS["datetime"][0])):
        with pytest.raises(ValueError, match="y must be numbers for a regressor; got dtype date"):
            MLPRegressor(**SMALL).fit(HALVES, y)
    with pytest.raises(TypeError, match="DateTime64"):
        MLPRegressor(**SMALL).fit(floats.assign(b=pd.Timestamp(2020, 1, 1)), TARGETS)


@pytest.mark.parametrize(
    "weight",
    [
        pd.Series(WEIGHT, index=np.arange(N)[::-1]),
        pd.Series(WEIGHT, dtype="Float64"),
        pd.Series(WEIGHT, dtype="double[pyarrow]"),
        pl.Series(WEIGHT),
        pa.array(WEIGHT),
        WEIGHT.tolist(),
    ],
    ids=["Series", "Float64", "Arrow", "polars", "pyarrow", "list"],
)
def test_sample_weights_of_any_kind_count_by_position(weight):
    for estimator, y in ESTIMATORS.items():
        expected, model = (
            estimator(**SMALL).fit(HALVES, y, each, X_val=HALVES, y_val=y, sample_weight_val=each)
            for each in (WEIGHT, weight)
        )
        assert_same(outputs(model, HALVES), outputs(expected, HALVES))
        assert model.history_["validation_loss"] == expected.history_["validation_loss"]
        assert model.history_["validation_score"] == expected.history_["validation_score"]
        assert model.score(HALVES, y, weight) == expected.score(HALVES, y, WEIGHT)
