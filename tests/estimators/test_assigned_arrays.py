"""Arrays that were assigned: they count, and those of a wrong shape are an error that names them.

Compiled loops do not look at bounds, so shapes are compared in each call.
"""

import copy
import re

import numpy as np
import pytest

import sklearn_relu
from sklearn_relu import MLPClassifier, MLPRegressor, inspection

X = np.random.default_rng(0).normal(size=(30, 4))
y = np.arange(30) % 3
N_UNITS = 50

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]


def fitted(ensemble_size=1):
    model = MLPClassifier(
        (N_UNITS, 5), "prelu", warm_start=True, random_state=0, ensemble_size=ensemble_size
    )
    return model.partial_fit(X, y, classes=[0, 1, 2])


MODELS = {n: fitted(n) for n in (1, 3)}


def assign(arrays, key, value):
    arrays[key] = value


WRONG = {
    "intercepts too few": (
        lambda m: assign(m.intercepts_, 0, m.intercepts_[0][..., :2]),
        "intercepts_[0]",
    ),
    "intercepts too many": (
        lambda m: assign(m.intercepts_, 1, np.zeros(6)),
        "intercepts_[1]",
    ),
    "intercepts with an axis more": (
        lambda m: assign(m.intercepts_, 0, m.intercepts_[0][None]),
        "intercepts_[0]",
    ),
    "an intercept": (lambda m: assign(m.intercepts_, 0, 1.0), "intercepts_[0]"),
    "intercepts as a list": (
        lambda m: assign(m.intercepts_, 0, m.intercepts_[0].tolist()),
        "intercepts_[0]",
    ),
    "output intercepts": (
        lambda m: assign(m.intercepts_, 2, m.intercepts_[2][..., :2]),
        "intercepts_[2]",
    ),
    "slopes": (
        lambda m: assign(m.activation_parameters_[0], "slope", np.ones(3)),
        "activation_parameters_[0]['slope']",
    ),
    "no slopes": (
        lambda m: m.activation_parameters_[1].clear(),
        "activation_parameters_[1]['slope']",
    ),
    "features": (
        lambda m: assign(m.coefs_, 0, m.coefs_[0][..., :3, :]),
        "coefs_[0]",
    ),
    "units": (lambda m: assign(m.coefs_, 1, m.coefs_[1][..., :-1, :]), "coefs_[1]"),
    "weights transposed": (
        lambda m: assign(m.coefs_, 1, m.coefs_[1].swapaxes(-1, -2)),
        "coefs_[1]",
    ),
    "outputs": (lambda m: assign(m.coefs_, 2, m.coefs_[2][..., :2]), "coefs_[2]"),
    "weights of one axis": (lambda m: assign(m.coefs_, 1, m.coefs_[1].ravel()), "coefs_[1]"),
    "a number": (lambda m: assign(m.coefs_, 1, np.array(1.0)), "coefs_[1]"),
    "a layer less": (lambda m: m.coefs_.pop(), "coefs_"),
    "intercepts for a layer more": (
        lambda m: m.intercepts_.append(np.zeros(3)),
        "intercepts_",
    ),
    "a layer without slopes": (
        lambda m: m.activation_parameters_.pop(),
        "activation_parameters_",
    ),
}


@pytest.mark.parametrize("ensemble_size", MODELS)
@pytest.mark.parametrize("wrong", WRONG)
def test_an_array_of_a_wrong_shape_is_an_error_that_names_it(wrong, ensemble_size):
    model = copy.deepcopy(MODELS[ensemble_size])
    change, name = WRONG[wrong]
    change(model)
    for call in (model.predict_proba, model.predict, lambda X: model.partial_fit(X, y)):
        with pytest.raises(ValueError, match=rf"^{re.escape(name)} must .*; it (has|is) "):
            call(X)


def test_the_error_tells_both_shapes():
    model = copy.deepcopy(MODELS[1])
    model.intercepts_[0] = model.intercepts_[0][:2]
    with pytest.raises(ValueError, match=rf"shape \({N_UNITS},\).* has shape \(2,\)"):
        model.predict(X)
    model = copy.deepcopy(MODELS[3])
    model.coefs_[1] = model.coefs_[1][:2]
    with pytest.raises(ValueError, match=r"shape \(3, 50, 5\).* has shape \(2, 50, 5\)"):
        model.predict(X)


def saved_and_loaded(model, folder):
    sklearn_relu.save(model, folder / "model.relu")
    sklearn_relu.load(folder / "model.relu")


def through_skops(model, folder):
    io = pytest.importorskip("skops.io")
    trusted = sklearn_relu.SKOPS_TRUSTED_TYPES
    io.loads(io.dumps(model), trusted=trusted).predict(X)


def to_onnx(model, folder):
    pytest.importorskip("skl2onnx")
    sklearn_relu.to_onnx(model, X)


USES = {
    "decision_function": lambda model, folder: model.decision_function(X),
    "score": lambda model, folder: model.score(X, y),
    "warm start": lambda model, folder: model.fit(X, y),
    "load": saved_and_loaded,
    "skops": through_skops,
    "ONNX": to_onnx,
    "activations": lambda model, folder: inspection.activation_report(model, X),
    "gradients": lambda model, folder: inspection.gradient_report(model, X, y),
    "hidden": lambda model, folder: inspection.hidden_activations(model, X),
    "maps": lambda model, folder: inspection.local_linear_map(model, X),
    "regions": lambda model, folder: inspection.linear_regions(model, X),
    "repair": lambda model, folder: inspection.repair_dead_units(model, X),
    "prune": lambda model, folder: inspection.prune(model, X),
}


@pytest.mark.parametrize("change", [WRONG["intercepts too few"][0], WRONG["slopes"][0]])
@pytest.mark.parametrize("use", USES)
def test_whatever_uses_the_arrays_refuses_them(use, change, tmp_path):
    model = copy.deepcopy(MODELS[1])
    change(model)
    with pytest.raises(ValueError, match=r"(intercepts_|activation_parameters_)\[0\]"):
        USES[use](model, tmp_path)


def test_arrays_that_were_assigned_or_changed_count():
    for ensemble_size in MODELS:
        model = copy.deepcopy(MODELS[ensemble_size])
        model.coefs_[2] = np.zeros_like(model.coefs_[2])
        model.intercepts_[2][...] = [0.0, 1.0, 0.0]
        assert (model.predict(X) == 1).all()
        model.intercepts_ = [np.zeros_like(each) for each in model.intercepts_]
        np.testing.assert_allclose(model.predict_proba(X), 1 / 3)


@pytest.mark.parametrize("change", ["assigned", "in place"])
def test_a_stream_goes_on_from_arrays_that_were_changed(change):
    """Their moments in the solver stay, as they do in a model that was loaded."""
    model = MLPRegressor(hidden_layer_sizes=(3,), random_state=0)
    model.partial_fit(X, X[:, 0]).partial_fit(X, X[:, 0])
    if change == "assigned":
        model.coefs_[0] = model.coefs_[0] + 1
    else:
        model.coefs_[0] += 1
    expected = copy.deepcopy(model)
    for each in (model, expected):
        each.partial_fit(X, X[:, 0])
    np.testing.assert_array_equal(model.coefs_[0], expected.coefs_[0])
    unchanged = MLPRegressor(hidden_layer_sizes=(3,), random_state=0)
    for _ in range(3):
        unchanged.partial_fit(X, X[:, 0])
    assert np.abs(model.coefs_[0] - unchanged.coefs_[0]).min() > 0.9
