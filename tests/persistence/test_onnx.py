"""onnxruntime predicts what the model does."""

import sys

import numpy as np
import pytest
import scipy.sparse as sp
from custom_parts import InverseSquareRoot
from helpers import EVERY_ACTIVATION, EVERY_LOSS, SLOW_VARIANTS, layer_arrays, name_of
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

import sklearn_relu
from sklearn_relu import Autoencoder, MLPClassifier, MLPRegressor, to_onnx
from sklearn_relu.activations import Activation
from sklearn_relu.losses import LOSSES, SquaredError
from sklearn_relu.persistence import ONNX_FUNCTIONS, register_onnx_converters

ort = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")

pytestmark = [
    pytest.mark.filterwarnings("ignore", category=ConvergenceWarning),
    pytest.mark.filterwarnings("ignore", category=sklearn_relu.TrainingWarning),
]

SMALL = {"hidden_layer_sizes": (5, 4), "max_iter": 20, "random_state": 0}
X, y = load_iris(return_X_y=True)
X -= X.mean(axis=0)


def run(onnx_model, X):
    """The outputs, for an array or the columns of a frame."""
    session = ort.InferenceSession(onnx_model.SerializeToString())
    if not hasattr(X, "columns"):
        return session.run(None, {"X": X})
    inputs = {}
    for name, given in zip(X.columns, session.get_inputs(), strict=True):
        column = np.asarray(X[name])
        column = column if column.dtype.kind in "iufb" else column.astype(str).astype(object)
        inputs[given.name] = column[:, None]
    return session.run(None, inputs)


def assert_agrees(model, X, onnx_model=None):
    """Within 1e-5 of the scale of the predictions."""
    outputs = run(to_onnx(model, X) if onnx_model is None else onnx_model, X)
    predictions = model.predict(X)
    if not is_classifier(model):
        np.testing.assert_allclose(
            outputs[0].reshape(predictions.shape),
            predictions,
            rtol=1e-5,
            atol=1e-5 * np.abs(predictions).max(),
        )
        return
    labels, scores = outputs
    if hasattr(model, "predict_proba"):
        expected = model.predict_proba(X)
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
        lead = np.diff(np.sort(expected, axis=1)[:, -2:])
        near_a_tie = (lead < 2e-5).any(axis=1)  # of a single class there is no other
    else:
        expected = model.decision_function(X)
        np.testing.assert_allclose(scores.reshape(expected.shape), expected, rtol=1e-5, atol=1e-5)
        near_a_tie = np.zeros(len(labels), bool)
    assert labels.shape == predictions.shape
    assert (labels == predictions)[~near_a_tie].all()


@pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
def test_every_activation_s_expression_is_what_it_does_forward(activation):
    rng = np.random.RandomState(0)
    z = rng.normal(size=(2, 50, activation.input_width(5))) * 3
    z, a, params, _ = layer_arrays(activation, z)
    activation.forward(z.copy(), a, params)
    np.testing.assert_allclose(activation.expression(z, params), a, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("activation", SLOW_VARIANTS, ids=name_of)
def test_every_activation_agrees(activation, dtype):
    model = MLPClassifier(**SMALL, activation=activation, ensemble_size=2).fit(X.astype(dtype), y)
    assert_agrees(model, X.astype(dtype))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("loss", [*EVERY_LOSS, SquaredError("logistic")], ids=name_of)
def test_every_loss_agrees_for_each_kind_of_target(loss, dtype):
    inputs = X.astype(dtype)
    if loss.for_numbers:
        numbers = (y[:, None] + [1.0, 2.0]) / 5  # fractions, which all take
        for targets in (numbers, numbers[:, 0]):
            for size in (1, 3):
                model = MLPRegressor(**SMALL, loss=loss, ensemble_size=size).fit(inputs, targets)
                assert_agrees(model, inputs)
    if loss.for_classes and type(loss) in LOSSES.values():
        for targets in (y, y > 0, np.column_stack([y > 0, y > 1]).astype(int)):
            for size in (1, 3):
                model = MLPClassifier(**SMALL, loss=loss, ensemble_size=size).fit(inputs, targets)
                assert_agrees(model, inputs)


AUTOENCODERS = [
    {},
    {"tied_weights": True, "loss": "log_loss", "activation": "prelu"},
    {"activation": ["tanh", "crelu"], "corruption": "masking"},
    {"activation": "maxout", "loss": "gaussian_nll"},
]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("params", AUTOENCODERS, ids=str)
def test_codes_and_reconstructions_agree(params, dtype):
    inputs = np.clip(np.abs(X), 0, 1).astype(dtype)
    model = Autoencoder(**SMALL, **params).fit(inputs)
    exported = to_onnx(model, inputs)
    assert [output.name for output in exported.graph.output] == ["code", "reconstruction"]
    code, reconstruction = run(exported, inputs)
    np.testing.assert_allclose(code, model.transform(inputs), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(reconstruction, model.reconstruct(inputs), rtol=1e-5, atol=1e-5)


def test_an_autoencoder_in_a_pipeline_agrees():
    encoder = Autoencoder(**SMALL)
    last = make_pipeline(StandardScaler(), encoder).fit(X)
    code, reconstruction = run(to_onnx(last, X), X)
    np.testing.assert_allclose(code, last.transform(X), rtol=1e-5, atol=1e-5)
    scaled = last[0].transform(X)
    np.testing.assert_allclose(reconstruction, encoder.reconstruct(scaled), rtol=1e-5, atol=1e-5)
    assert_agrees(make_pipeline(StandardScaler(), encoder, MLPClassifier(**SMALL)).fit(X, y), X)


TABLES = {
    "iris": (load_iris, MLPClassifier),
    "wine": (load_wine, MLPClassifier),
    "breast cancer": (load_breast_cancer, MLPClassifier),
    "digits": (load_digits, MLPClassifier),
    "diabetes": (load_diabetes, MLPRegressor),
}


@pytest.mark.parametrize(
    "scaler", [StandardScaler(), MinMaxScaler(), RobustScaler(), MaxAbsScaler()]
)
@pytest.mark.parametrize("table", TABLES)
def test_real_tables_with_a_scaler_agree(table, scaler):
    load_table, estimator = TABLES[table]
    inputs, targets = load_table(return_X_y=True)
    model = make_pipeline(scaler, estimator(hidden_layer_sizes=(20,), max_iter=20, random_state=0))
    model.fit(inputs, targets)
    assert_agrees(model, inputs)
    model.fit(inputs.astype("f4"), targets)
    assert_agrees(model, inputs.astype("f4"))


@pytest.fixture
def frame():
    pd = pytest.importorskip("pandas")
    table = load_wine(as_frame=True).data.rename(columns=lambda name: name.replace("/", " "))
    rng = np.random.RandomState(0)
    return pd.DataFrame(
        {
            "alcohol": table["alcohol"],
            "ash": table["ash"].astype("float32"),
            "proline": table["proline"].astype("int64"),
            "place": np.array(["Aosta", "Genova", "Zürich"], dtype=object)[
                rng.randint(3, size=178)
            ],
            "grade": rng.randint(4, size=178),
            "red": rng.randint(2, size=178).astype(bool),
            "unused": 0,
        }
    )


@pytest.mark.parametrize("encoder", [OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()])
def test_columns_of_every_kind_agree(frame, encoder):
    columns = ColumnTransformer(
        [
            ("floats", StandardScaler(), ["alcohol"]),
            ("single", MinMaxScaler(), ["ash"]),
            ("ints", StandardScaler(), ["proline"]),
            ("categories", encoder, ["place"]),
            ("numbers", encoder, ["grade", "red"]),
        ]
    )
    model = make_pipeline(columns, MLPClassifier(**SMALL)).fit(frame, load_wine().target)
    assert_agrees(model, frame)
    regressor = MLPRegressor(**SMALL, standardize_y=True)
    assert_agrees(make_pipeline(columns, regressor).fit(frame, frame["proline"]), frame)


@pytest.mark.parametrize("first", ["alcohol", "ash", "proline", "red"])
def test_numbers_of_several_types_in_one_scaler_agree(frame, first):
    numbers = [first, *frame.columns.drop([first, "place"])]
    columns = ColumnTransformer([("numbers", StandardScaler(), numbers)])
    assert_agrees(
        make_pipeline(columns, MLPClassifier(**SMALL)).fit(frame, load_wine().target), frame
    )


def test_inputs_have_the_names_and_dtypes_of_the_columns(frame):
    frame.columns = ["a b", "a_b", "a/b", "größe", "X", "input_0", "label"]
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["a b", "a_b", "a/b", "X", "input_0", "label"]),
            ("categories", OneHotEncoder(), ["größe"]),
        ]
    )
    model = make_pipeline(columns, MLPClassifier(**SMALL)).fit(frame, load_wine().target)
    assert_agrees(model, frame)
    session = ort.InferenceSession(to_onnx(model, frame).SerializeToString())
    kinds = ["double", "float", "int64", "string", "int64", "bool", "int64"]
    names = ["a b", "a_b", "a/b", "größe", "X", "input_0", "label1"]
    expected = [(name, f"tensor({kind})") for name, kind in zip(names, kinds, strict=True)]
    assert [(given.name, given.type) for given in session.get_inputs()] == expected


def test_nullable_and_small_columns_and_those_of_polars_agree(frame):
    pl = pytest.importorskip("polars")
    names = ["alcohol", "proline", "grade"]
    columns = ColumnTransformer([("numbers", StandardScaler(), names)])
    model = make_pipeline(columns, MLPClassifier(**SMALL)).fit(frame, load_wine().target)
    nullable = frame[names].astype({"alcohol": "Float64", "proline": "Int64", "grade": "Int8"})
    plain = frame[names].astype({"grade": "int8"})
    assert_agrees(model, plain, to_onnx(model, nullable))
    assert_agrees(model, plain, to_onnx(model, pl.from_pandas(plain)))


def test_dates_have_no_type_in_onnx(frame):
    frame["unused"] = np.datetime64("2020-01-01", "s")
    columns = ColumnTransformer([("numbers", StandardScaler(), ["alcohol"])])
    model = make_pipeline(columns, MLPClassifier(**SMALL)).fit(frame, load_wine().target)
    with pytest.raises(ValueError, match=r"'unused' has dtype datetime64\[s\]"):
        to_onnx(model, frame)


LABELS = {
    "int8": y.astype(np.int8),
    "uint64": y.astype(np.uint64),
    "whole floats": y.astype(float),
    "bool": y > 0,
    "text": np.array(["a", "größer", "c"])[y],
    "objects": np.array(["a", "größer", "c"], dtype=object)[y],
    "two texts": np.array(["yes", "no"])[(y > 0).astype(int)],
    "one class": np.full(len(y), 7),
    "one text": np.full(len(y), "only"),
    "multilabel": np.column_stack([y > 0, y > 1]).astype(int),
    "sparse multilabel": sp.csr_array(np.column_stack([y > 0, y > 1]).astype(int)),
}


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("name", LABELS)
def test_labels_of_every_kind_agree(name, size):
    targets = LABELS[name]
    if sp.issparse(targets):
        model = MLPClassifier(**SMALL, ensemble_size=size).fit(X, targets)
        labels, scores = run(to_onnx(model, X), X)
        assert (labels == model.predict(X).toarray()).all()
        np.testing.assert_allclose(scores, model.predict_proba(X), atol=1e-5)
        return
    assert_agrees(MLPClassifier(**SMALL, ensemble_size=size).fit(X, targets), X)


def test_labels_that_are_neither_whole_numbers_nor_text_are_an_error():
    labels = np.array([{}, (1,)], dtype=object)
    model = MLPClassifier(**SMALL).fit(X, y > 0)
    model.classes_ = labels
    with pytest.raises(ValueError, match="whole numbers or text"):
        to_onnx(model, X)


def test_a_regressor_in_its_targets_units_agrees():
    inputs, targets = load_diabetes(return_X_y=True)
    for size in (1, 2):
        model = MLPRegressor(**SMALL, standardize_y=True, ensemble_size=size)
        model.fit(inputs, np.column_stack([targets, -1000 * targets]))
        assert_agrees(model, inputs)


def test_inputs_of_whole_numbers_and_no_hidden_layer_agree():
    inputs, targets = load_digits(return_X_y=True)
    model = MLPClassifier((), max_iter=5, random_state=0).fit(inputs, targets)
    outputs = run(to_onnx(model, inputs.astype(int)), inputs.astype(int))
    np.testing.assert_allclose(outputs[1], model.predict_proba(inputs), atol=1e-5)
    assert_agrees(model, inputs)


def test_sparse_rows_tell_the_types_too():
    model = MLPClassifier(**SMALL).fit(X, y)
    assert_agrees(model, X, to_onnx(model, sp.csr_array(X)))


def test_skl2onnx_s_own_functions_convert_after_one_call():
    register_onnx_converters()
    register_onnx_converters()
    model = make_pipeline(StandardScaler(), MLPClassifier(**SMALL)).fit(X, y)
    single = X.astype("f4")  # onnxruntime's zipmap takes no other
    labels, probabilities = run(skl2onnx.to_onnx(model, single[:1]), single)
    assert labels.tolist() == model.predict(X).tolist()
    assert set(probabilities[0]) == {0, 1, 2}  # skl2onnx's zipmap
    options = {MLPClassifier: {"zipmap": False, "nocl": True}}
    named = MLPClassifier(**SMALL).fit(X, np.array(["a", "b", "c"])[y])
    labels, _ = run(skl2onnx.to_onnx(named, X[:1], options=options), X)
    assert labels.dtype == np.int64
    ensemble = OneVsRestClassifier(MLPClassifier(**SMALL)).fit(X, y)
    assert_agrees(ensemble, X, skl2onnx.to_onnx(ensemble, X[:1], options={"zipmap": False}))


@pytest.mark.parametrize("opset", [13, 17, 18, 21])
def test_older_opsets_agree(opset):
    register_onnx_converters()
    model = MLPClassifier(**SMALL, ensemble_size=2, activation="lwta").fit(X, y)
    converted = skl2onnx.to_onnx(
        model, X[:1], target_opset=opset, options={MLPClassifier: {"zipmap": False}}
    )
    assert_agrees(model, X, converted)


def test_the_network_of_a_users_activation_agrees():
    model = MLPClassifier(**SMALL, activation=InverseSquareRoot(0.5)).fit(X, y)
    assert_agrees(model, X)


class Cube(Activation):
    """Without an expression."""

    def forward(self, z, a, params, noise=None):
        np.multiply(z, z * z, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.multiply(3 * z * z, grad_a, out=grad_z)


def test_an_activation_without_an_expression_says_what_to_write():
    model = MLPClassifier(**SMALL, activation=Cube()).fit(X, y)
    with pytest.raises(
        NotImplementedError, match=r"Cube does not say.*expression\(self, z, params\)"
    ):
        to_onnx(model, X)


EXPRESSIONS = {
    "all functions": lambda z: np.clip(
        np.where(
            np.logical_and(z > -1, np.logical_not(z >= 1)),
            np.square(z) * np.logaddexp(z, 0) + np.sqrt(np.abs(z)) ** 2,
            np.sign(z) + np.sin(z) * np.cos(z) + 1 / (2 + np.reciprocal(1 + np.exp(z))),
        )
        - np.mean(z, axis=-1, keepdims=True),
        -3,
        3,
    )
}


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_functions_of_the_vocabulary_agree(dtype):
    class Mixed(Cube):
        def expression(self, z, params):
            return EXPRESSIONS["all functions"](z)

        def forward(self, z, a, params, noise=None):
            a[...] = self.expression(z, params)

    model = MLPClassifier(**SMALL, activation=Mixed(), solver="sgd").fit(X.astype(dtype), y)
    assert_agrees(model, X.astype(dtype))


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        (lambda z: np.sinh(z), r"np\.sinh"),
        (lambda z: np.cumsum(z, axis=-1), r"np\.cumsum"),
        (lambda z: z[0], r"indexing with \[0\]"),
        (lambda z: z[..., ::2], "a slice with a step"),
        (lambda z: np.sum(z), r"np\.sum but with axis=-1, keepdims=True"),
        (lambda z: np.concatenate([z, z]), r"np\.concatenate but with axis=-1"),
        (lambda z: np.add.reduce(z), r"np\.add with reduce"),
        (lambda z: np.exp(z, out=np.empty(3)), r"np\.exp with"),
        (lambda z: float(np.asarray(z).sum()), "what needs the numbers themselves"),
    ],
)
def test_what_has_no_form_in_onnx_is_named(expression, unknown):
    class Odd(Cube):
        def expression(self, z, params):
            return expression(z)

    model = MLPClassifier(**SMALL, activation=Odd()).fit(X, y)
    with pytest.raises(NotImplementedError, match=f"does not know {unknown}.*maximum"):
        to_onnx(model, X)


def test_the_vocabulary_is_of_functions_that_have_names():
    assert all(function.__name__ for function in ONNX_FUNCTIONS)


def test_an_unfitted_model_and_a_missing_package_say_so(monkeypatch):
    with pytest.raises(NotFittedError):
        to_onnx(MLPClassifier(), X)
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r"pip install skl2onnx onnx$"):
        to_onnx(MLPClassifier(**SMALL).fit(X, y), X)
