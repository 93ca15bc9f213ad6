"""Models whose arrays are mapped from a file, read-only or laid out otherwise, and such data."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier as SklearnClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_relu
from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.inspection import (
    activation_report,
    gradient_report,
    hidden_activations,
    linear_regions,
    local_linear_map,
    prune,
    repair_dead_units,
    signal_report,
    verdict,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # convergence, a dead layer

RNG = np.random.RandomState(0)
X = RNG.normal(size=(80, 5))
LABELS = np.where(X[:, 0] > 0, "yes", "no")
NUMBERS = X[:, 1] + 3

SMALL = {"hidden_layer_sizes": (6,), "max_iter": 3, "random_state": 0}
MODELS = {
    "classifier": (MLPClassifier(**SMALL, warm_start=True), LABELS),
    "learned slopes": (MLPClassifier(**SMALL, activation="prelu", warm_start=True), LABELS),
    "early stopping": (MLPClassifier(**SMALL, early_stopping=True, warm_start=True), LABELS),
    "single precision": (MLPRegressor(**SMALL, standardize_y=True, dtype="float32"), NUMBERS),
    "ensemble": (MLPRegressor(**SMALL, ensemble_size=3, warm_start=True), NUMBERS),
    "lbfgs": (MLPRegressor(**SMALL, solver="lbfgs", warm_start=True), NUMBERS),
    "scikit-learn's": (SklearnClassifier(**SMALL), LABELS),
}


def mapped(mode):
    def form(model, folder):
        joblib.dump(model, folder / "model.joblib")
        return joblib.load(folder / "model.joblib", mmap_mode=mode)

    return form


def each_array(change):
    def form(model, folder):
        model = copy.deepcopy(model)
        model.coefs_ = [change(coef) for coef in model.coefs_]
        model.intercepts_ = [change(intercept) for intercept in model.intercepts_]
        if hasattr(model, "activation_parameters_"):
            model.activation_parameters_ = [
                {name: change(values) for name, values in layer.items()}
                for layer in model.activation_parameters_
            ]
        return model

    return form


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


FORMS = {
    "mapped to read": mapped("r"),
    "mapped to copy on write": mapped("c"),
    "read-only": each_array(read_only),
    "Fortran's order": each_array(np.asfortranarray),
    "the other byte order": each_array(lambda a: a.astype(a.dtype.newbyteorder())),
    "every second element": each_array(lambda a: np.repeat(a, 2, axis=-1)[..., ::2]),
}


QUICK = {"mapped to read", "Fortran's order", "the other byte order"}


def saved(model, X, y, folder):
    sklearn_relu.save(model, folder / "model.relu")
    return sklearn_relu.load(folder / "model.relu").predict(X)


def exported(model, X, y, folder):
    pytest.importorskip("skl2onnx")
    return sklearn_relu.to_onnx(model, X).SerializeToString()


def repaired(model, X, y, folder):
    model = copy.copy(model)  # so that the caller's keeps its arrays, if they are replaced
    model.coefs_, model.intercepts_ = list(model.coefs_), list(model.intercepts_)
    before = model.predict(X)
    report = repair_dead_units(model, X, random_state=0)
    assert np.all(report.n_repaired)
    assert np.array_equal(model.predict(X), before)
    return np.concatenate([np.ravel(array) for array in (*model.coefs_, *model.intercepts_)])


def gone_on(model, X, y, folder):
    if model.solver == "lbfgs" or model.early_stopping:
        return copy.deepcopy(model).fit(X, y).predict(X)
    for _ in range(2):
        model = copy.deepcopy(model).partial_fit(X, y)
    return model.predict(X)


USES = {
    "predict": lambda model, X, y, folder: model.predict(X),
    "predict in the other precision": lambda model, X, y, folder: model.predict(X.astype("f4")),
    "score": lambda model, X, y, folder: model.score(X, y),
    "save": saved,
    "pickle": lambda model, X, y, folder: pickle.loads(pickle.dumps(model)).predict(X),
    "clone": lambda model, X, y, folder: clone(model).fit(X, y).predict(X),
    "fit again": lambda model, X, y, folder: copy.copy(model).fit(X, y).predict(X),
    "go on": gone_on,
    "to_onnx": exported,
    "activation_report": lambda model, X, y, folder: activation_report(model, X).layer_mean,
    "gradient_report": lambda model, X, y, folder: gradient_report(model, X, y).to_frame(),
    "signal_report": lambda model, X, y, folder: signal_report(model, X).to_frame(),
    "hidden_activations": lambda model, X, y, folder: hidden_activations(model, X),
    "local_linear_map": lambda model, X, y, folder: local_linear_map(model, X).coef,
    "linear_regions": lambda model, X, y, folder: linear_regions(model, X).to_frame(),
    "verdict": lambda model, X, y, folder: str(verdict(model)),
    "prune": lambda model, X, y, folder: prune(model, X).predict(X),
    "repair": repaired,
}
ONLY_OURS = {"save", "to_onnx", "verdict"}


@pytest.fixture(scope="module")
def fitted():
    """Each model, with a unit that is dead."""
    models = {}
    for name, (model, y) in MODELS.items():
        model = clone(model).fit(X, y)
        model.intercepts_[0][..., 0] = -1e3
        models[name] = model
    return models


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=[] if form in QUICK else pytest.mark.slow) for form in FORMS]
)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_in_another_form_does_what_it_did(fitted, name, form, use, tmp_path):
    y = MODELS[name][1]
    if name == "scikit-learn's" and use in ONLY_OURS:
        pytest.skip("for models of this package")
    if (name, use) == ("learned slopes", "repair"):
        pytest.skip("PReLU has no dead units")
    expected = USES[use](copy.deepcopy(fitted[name]), X, y, tmp_path)
    model = FORMS[form](fitted[name], tmp_path)
    kept = [np.array(array) for array in (*model.coefs_, *model.intercepts_)]
    given = USES[use](model, X, y, tmp_path)
    if hasattr(expected, "equals"):
        assert given.equals(expected)
    elif isinstance(expected, tuple | list):
        for one, other in zip(given, expected, strict=True):
            assert np.array_equal(one, other)
    else:
        assert np.array_equal(given, expected)
    if use != "repair":
        for array, before in zip((*model.coefs_, *model.intercepts_), kept, strict=True):
            assert np.array_equal(array, before)


def test_what_is_repaired_at_the_end_of_a_pipeline(tmp_path):
    model = make_pipeline(StandardScaler(), MLPClassifier(**SMALL)).fit(X, LABELS)
    model[-1].intercepts_[0][0] = -1e3
    model = mapped("r")(model, tmp_path)
    assert repair_dead_units(model, X, random_state=0).n_repaired[0] == 1
    assert repair_dead_units(model, X, random_state=0).n_repaired[0] == 0


def test_arrays_that_differ_in_precision_are_repaired_all():
    """One that was assigned in another dtype is not repaired in a copy that is thrown away."""
    model = MLPClassifier(**SMALL).fit(X, LABELS)
    model.intercepts_ = [intercept.astype(np.float32) for intercept in model.intercepts_]
    model.intercepts_[0][0] = -1e3
    assert repair_dead_units(model, X, random_state=0).n_repaired[0] == 1
    assert repair_dead_units(model, X, random_state=0).n_repaired[0] == 0
    model.coefs_ = [np.zeros(coef.shape, int) for coef in model.coefs_]
    model.intercepts_ = [np.full(each.shape, -1) for each in model.intercepts_]
    assert repair_dead_units(model, X, random_state=0).n_repaired[0] == 6
    assert (activation_report(model, X).unit_zeros[0] < 1).all()


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_data_that_are_read_only_or_mapped(dtype, solver, tmp_path):
    weight = RNG.uniform(size=80) * (np.arange(80) % 3 > 0)
    data = [X.astype(dtype), NUMBERS.astype(dtype), weight.astype(dtype)]
    given = [data, [read_only(array) for array in data]]
    paths = [tmp_path / f"{i}.npy" for i in range(3)]
    for path, array in zip(paths, data, strict=True):
        np.save(path, array)
    given.append([np.load(path, mmap_mode="r") for path in paths])
    if dtype == "f8":  # of float32 in the other byte order scikit-learn makes float64
        given.append([array.astype(array.dtype.newbyteorder()) for array in data])
    given.append([np.asfortranarray(data[0]), *data[1:]])
    models = []
    for x, y, w in given:
        model = MLPRegressor(**SMALL, solver=solver, standardize_y=True, initialization="lsuv")
        model.fit(x, y, w, x, y, w)
        if solver == "adam":
            model.partial_fit(x, y, w)
        models.append(model)
    for model in models[1:]:
        assert np.array_equal(model.coefs_[0], models[0].coefs_[0])
        assert np.array_equal(model.predict(X), models[0].predict(X))
        assert model.history_["validation_score"] == models[0].history_["validation_score"]
