"""Recurrent networks in ONNX: by its own operators, with the outputs that they have here."""

import numpy as np
import pytest

from sklearn_relu import RNNClassifier, RNNRegressor, to_onnx
from sklearn_relu.activations import ACTIVATIONS, LeakyReLU, ReLU

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("skl2onnx")

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

DRAW = np.random.default_rng(0)
LENGTHS = [9, *DRAW.integers(1, 10, 39)]
Y = DRAW.integers(0, 3, 40)
SMALL = {"hidden_layer_sizes": 6, "max_iter": 20, "random_state": 0, "learning_rate_init": 0.01}

KNOWN = {
    part
    for part in dict.fromkeys(cls() for cls in ACTIVATIONS.values())
    if part.onnx_function is not None
}


def series(n_channels=2, dtype=np.float32):
    """Series of 1 to 9 steps, NaN after their ends."""
    X = DRAW.normal(size=(40, 9, n_channels)).astype(dtype)
    for one, length in zip(X, LENGTHS, strict=True):
        one[length:] = np.nan
    return X


def outputs(model, X, example=None):
    """The outputs of the exported graph."""
    exported = to_onnx(model, X if example is None else example)
    session = onnxruntime.InferenceSession(exported.SerializeToString())
    return session.run(None, {"X": X})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"activation": "tanh", "summary": "mean"},
        {"cell": "lstm"},
        {"cell": "lstm", "summary": "max"},
        {"cell": "lstm", "activation": "relu", "gate_activation": "hard_sigmoid"},
        {"hidden_layer_sizes": (5, 4), "summary": "mean", "ensemble_size": 2},
        {"hidden_layer_sizes": (5, 4), "cell": "lstm", "ensemble_size": 2},
        {"hidden_layer_sizes": (5, 4), "activation": ["elu", "tanh"], "summary": "max"},
        {"channels_first": True},
    ],
    ids=str,
)
def test_unequal_series_have_equal_outputs(params, dtype):
    X = series(dtype=dtype)
    if "channels_first" in params:
        X = X.swapaxes(1, 2).copy()
    model = RNNClassifier(**SMALL | params).fit(X, Y)
    labels, probabilities = outputs(model, X)
    np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=2e-6)
    np.testing.assert_array_equal(labels, model.predict(X))


@pytest.mark.parametrize("part", sorted(KNOWN, key=repr), ids=repr)
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_functions_of_the_operators_are_our_activations(part, cell):
    X = series(1)
    model = RNNRegressor(**SMALL | {"activation": part, "cell": cell}).fit(X, Y)
    (found,) = outputs(model, X)
    np.testing.assert_allclose(found.ravel(), model.predict(X), rtol=1e-4, atol=1e-5)


def test_alpha_and_beta_go_to_the_functions_that_have_them():
    X = series(1)
    params = {"cell": "lstm", "activation": LeakyReLU(0.3), "gate_activation": "hard_sigmoid"}
    model = RNNRegressor(**SMALL | params).fit(X, Y)
    np.testing.assert_allclose(outputs(model, X)[0].ravel(), model.predict(X), atol=1e-5)


def test_exported_series_may_be_longer_than_in_training():
    model = RNNRegressor(**SMALL).fit(series(), Y)
    X = DRAW.normal(size=(5, 20, 2)).astype(np.float32)
    X[0, 13:] = np.nan
    np.testing.assert_allclose(outputs(model, X)[0].ravel(), model.predict(X), atol=1e-5)


def test_rows_of_one_channel():
    X = series(1)[:, :, 0]
    model = RNNRegressor(**SMALL).fit(X, Y)
    np.testing.assert_allclose(outputs(model, X)[0].ravel(), model.predict(X), atol=1e-5)


class OwnReLU(ReLU):
    """A class that derives from a known one is another one."""


@pytest.mark.parametrize("part", ["gelu", "maxout", "prelu", OwnReLU()], ids=str)
def test_what_the_operator_lacks_is_refused_by_name(part):
    model = RNNRegressor(**SMALL | {"activation": part}).fit(series(), Y)
    name = model._activations[0]
    with pytest.raises(
        NotImplementedError, match=r"ONNX' operator RNN has no .*It has .*'relu'"
    ) as e:
        to_onnx(model, series())
    assert repr(name) in str(e.value)


def test_lists_of_series_are_refused_in_words():
    X = [one[~np.isnan(one[:, 0])] for one in series()]
    model = RNNRegressor(**SMALL).fit(X, Y)
    with pytest.raises(ValueError, match=r"an array \(n_series, steps, channels\) with NaN"):
        to_onnx(model, X)
