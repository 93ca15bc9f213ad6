"""onnxruntime encodes tables as TabularEncoder does."""

import datetime as dt

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline

import sklearn_relu
from sklearn_relu import MLPClassifier, to_onnx
from sklearn_relu.embeddings import EMBEDDINGS
from sklearn_relu.tables import TabularEncoder

ort = pytest.importorskip("onnxruntime")
pytest.importorskip("skl2onnx")

RNG = np.random.default_rng(0)
N = 60


def run(graph, inputs):
    return ort.InferenceSession(graph.SerializeToString()).run(None, inputs)


def frame():
    pd = pytest.importorskip("pandas")
    number = RNG.normal(size=N)
    number[::7] = np.nan
    many = [f"level {row % 12}" for row in range(N)]
    return pd.DataFrame(
        {
            "number": number,
            "whole": RNG.integers(-5, 5, N),
            "few": RNG.choice(["a", "b", "c"], N),
            "two": RNG.choice(["no", "yes"], N),
            "flag": RNG.choice([True, False], N),
            "many": pd.Categorical(many),
            "code": RNG.integers(0, 20, N),
            "constant": 1.0,
        }
    )


def columns_of(table):
    return {
        name: np.asarray(column if column.dtype.kind in "iufb" else column.astype(object))[:, None]
        for name, column in table.items()
    }


@pytest.mark.parametrize("many_levels", ["one-hot", "codes"])
def test_a_frame_is_encoded_the_same(many_levels):
    table = frame()
    encoder = TabularEncoder(["code"], many_levels=many_levels).fit(table)
    graph = to_onnx(encoder, table)
    (out,) = run(graph, columns_of(table))
    assert out.dtype == np.float64
    assert_allclose(out, encoder.transform(table), rtol=0, atol=1e-12)
    new = table.assign(few="unseen", many="unseen", two="unseen", code=99, number=1e300)
    (out,) = run(graph, columns_of(new))
    assert_allclose(out, encoder.transform(new), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_array_is_encoded_the_same(dtype):
    X = RNG.normal(size=(N, 4)).astype(dtype)
    X[:, 1] = RNG.integers(0, 4, N)
    X[::5, 2] = np.nan
    X[:, 3] = 2
    encoder = TabularEncoder([1]).fit(X)
    (out,) = run(to_onnx(encoder, X), {"X": X})
    assert out.dtype == dtype
    assert_allclose(out, encoder.transform(X), rtol=0, atol=1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.filterwarnings("ignore", category=sklearn_relu.TrainingWarning)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_network_behind_it_predicts_the_same():
    table = frame()
    y = table["few"].to_numpy() == "a"
    model = make_pipeline(TabularEncoder(), MLPClassifier((5,), max_iter=5, random_state=0))
    model.fit(table, y)
    _, probabilities = run(to_onnx(model, table), columns_of(table))
    assert_allclose(probabilities, model.predict_proba(table), rtol=1e-6)


def test_dates_and_mixed_levels_are_refused():
    pd = pytest.importorskip("pandas")
    X = np.array([[1.0, 1], [2, 3]])
    dates = np.array([[1, dt.date(2020, 1, 1)], [2, dt.date(2021, 1, 1)]], dtype=object)
    with pytest.raises(NotImplementedError, match="Column 1 of TabularEncoder holds dates"):
        to_onnx(TabularEncoder().fit(dates), X)
    mixed = pd.DataFrame({"a": ["x", 1, 2.5]})
    with pytest.raises(NotImplementedError, match="Column 0 of TabularEncoder has levels"):
        to_onnx(TabularEncoder().fit(mixed), mixed)


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize("embedding", [*EMBEDDINGS, None])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_network_for_tables_has_its_encoder_inside(n_classes, embedding):
    table, y = frame(), np.arange(N) % n_classes
    model = sklearn_relu.TabularMLPClassifier(
        max_iter=3, numerical_embedding=embedding, dtype="float64", random_state=0
    ).fit(table, y)
    label, probabilities = run(to_onnx(model, table), columns_of(table))
    assert_allclose(probabilities, model.predict_proba(table), rtol=0, atol=1e-12)
    assert (label == model.predict(table)).all()


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize("n_networks", [1, 4])
@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_predictions_of_numbers_stay_in_range_there_too(n_networks, embedding):
    X = RNG.normal(size=(N, 3))
    model = sklearn_relu.TabularMLPRegressor(
        max_iter=3, ensemble_size=n_networks, numerical_embedding=embedding, random_state=0
    ).fit(X, X[:, 0])
    far = 100 * X
    (out,) = run(to_onnx(model, X), {"X": far})
    assert_allclose(out[:, 0], model.predict(far), rtol=0, atol=1e-4)
    assert out.min() >= X[:, 0].min() - 1e-12


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_the_precision_is_that_of_numbers_wherever_they_stand():
    table = frame()[["few", "two", "number"]]  # text first
    model = sklearn_relu.TabularMLPRegressor(max_iter=2, dtype="float64", random_state=0)
    model.fit(table, RNG.normal(size=N))
    (out,) = run(to_onnx(model, table), columns_of(table))
    assert out.dtype == np.float64
    assert_allclose(out[:, 0], model.predict(table), rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize("package", ["polars", "pyarrow"])
def test_types_are_read_off_frames_of_other_packages(package):
    own = pytest.importorskip(package)
    table = frame().drop(columns="many")
    model = sklearn_relu.TabularMLPRegressor(max_iter=2, dtype="float64", random_state=0)
    model.fit(table, RNG.normal(size=N))
    other = own.from_pandas(table) if package == "polars" else own.Table.from_pandas(table)
    (out,) = run(to_onnx(model, other), columns_of(table))
    assert_allclose(out[:, 0], model.predict(table), rtol=0, atol=1e-12)
