"""A saved model comes back equal, bit for bit, and goes on where it would have."""

import inspect
import re
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from custom_parts import InverseSquareRoot, Negativity, SparseNormal
from models import CASES, FITS, SMALL, X, X_numbers, assert_same, estimator_for, numbers, y
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_relu
from sklearn_relu import LoadError, MLPClassifier, MLPRegressor, load, save
from sklearn_relu.activations import Activation, LeakyReLU, PReLU
from sklearn_relu.estimators.parts import FAMILIES
from sklearn_relu.inspection import HiddenLayer, verdict
from sklearn_relu.losses import LOSSES
from sklearn_relu.part import Part
from sklearn_relu.persistence.classes import PARTS, storable
from sklearn_relu.schedules import FunctionRate, Schedule

pytestmark = [
    pytest.mark.filterwarnings("ignore", category=ConvergenceWarning),
    pytest.mark.filterwarnings("ignore", category=sklearn_relu.TrainingWarning),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.relu"


def through_a_file(model, path, **options):
    save(model, path)
    return load(path, **options)


@pytest.mark.parametrize(("parameter", "part"), CASES, ids=lambda case: str(case)[:40])
def test_a_model_with_any_part_comes_back_predicts_and_goes_on_the_same(parameter, part, path):
    model = estimator_for(parameter, part)
    assert_same(through_a_file(model, path), model)
    if isinstance(model, MLPRegressor):
        targets = np.exp(numbers / np.abs(numbers).max()) / 3
        data = X_numbers, targets
    else:
        data = X, y
    model.fit(*data)
    found = through_a_file(model, path)
    assert_same(found, model)
    assert found.predict(data[0]).tobytes() == model.predict(data[0]).tobytes()
    model.fit(*data)
    found.fit(*data)
    del model.history_["seconds"], found.history_["seconds"]
    for state in (*getattr(model, "_states", ()), *getattr(found, "_states", ())):
        del state["history"]["seconds"]
    assert_same(found, model)


def test_the_cases_hold_every_public_part():
    tested = {type(part) for _, part in CASES}
    named = {cls for family, _ in FAMILIES.values() for cls in family.values()}
    assert named <= tested
    kinds = ("multiclass", "inputs")
    become = {type(cls().for_target(kind)) for cls in LOSSES.values() for kind in kinds}
    assert set(PARTS.values()) == named | become | {FunctionRate}


HOMES = "sklearn_relu.estimators", "sklearn_relu.inspection", "sklearn_relu.tables"


def test_there_is_a_name_for_every_public_estimator():
    public = set()
    for module in (sklearn_relu, *map(import_module, HOMES)):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) and issubclass(value, BaseEstimator):
                public.add(value)
    assert public == set(storable().values()) - {FrozenEstimator}
    assert not any(issubclass(cls, Part) for cls in public)


LABELS = {
    "int": y,
    "int8": y.astype(np.int8),
    "uint64": y.astype(np.uint64),
    "bool": y > 0,
    "float": y.astype(float),
    "text": np.array(["a", "größer", "c"])[y],
    "objects": np.array(["a", "größer", "c"], dtype=object)[y],
    "bytes as text": np.array(["x\x00y", "\ud800", "c"], dtype=object)[y],
    "one class": np.ones(60, int),
    "two classes": np.minimum(y, 1),
    "multilabel": np.column_stack([y > 0, y > 1]).astype(int),
    "sparse multilabel": sp.csr_array(np.column_stack([y > 0, y > 1]).astype(int)),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_every_dtype_come_back(name, path):
    labels = LABELS[name]
    model = MLPClassifier(**SMALL).fit(X, labels)
    found = through_a_file(model, path)
    assert_same(found, model)
    if sp.issparse(labels):
        assert (found.predict(X) != model.predict(X)).nnz == 0
    else:
        assert_same(found.predict(X), model.predict(X))
    assert_same(found.predict_proba(X), model.predict_proba(X))
    assert_same(found.decision_function(X), model.decision_function(X))


@pytest.mark.parametrize("name", FITS)
def test_fits_of_every_kind_come_back_and_go_on_the_same(name, path):
    model, data = FITS[name]
    model = clone(model)
    unfitted = through_a_file(model, path)
    assert_same(unfitted, model)
    model.fit(X, y, **data)
    found = through_a_file(model, path)
    assert_same(found, model)
    assert_same(found.predict_proba(X), model.predict_proba(X))
    assert str(verdict(found)) == str(verdict(model))
    for _ in range(2):
        model.fit(X, y, **data)
        found.fit(X, y, **data)
        assert_same(found.coefs_, model.coefs_)
    assert_same(unfitted.fit(X, y, **data).coefs_, unfitted.coefs_)


@pytest.mark.parametrize("standardize_y", [False, True])
@pytest.mark.parametrize("loss", ["squared_error", "gaussian_nll"])
def test_regressors_come_back(standardize_y, loss, path):
    model = MLPRegressor(**SMALL, standardize_y=standardize_y, loss=loss, ensemble_size=2)
    model.fit(X_numbers, numbers)
    found = through_a_file(model, path)
    assert_same(found, model)
    assert_same(found.predict(X), model.predict(X))


def test_partial_fit_goes_on_bit_for_bit(path):
    model = MLPClassifier(
        (4,), random_state=0, dropout=0.1, solver="sgd", learning_rate="invscaling"
    )
    whole = clone(model)
    for _ in range(6):
        whole.partial_fit(X, y, classes=[0, 1, 2])
    for _ in range(6):
        model.partial_fit(X, y, classes=[0, 1, 2])
        model = through_a_file(model, path)
    assert_same(model.coefs_, whole.coefs_)


def test_feature_names_routing_and_output_containers_come_back(path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["a", "b", "ü", "d", "e"])
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(**SMALL).set_fit_request(sample_weight=True, X_val="held_out")
        hidden = HiddenLayer(model.fit(frame, y), layer=0).set_output(transform="pandas")
        hidden.fit(frame, y)
        found = through_a_file(hidden, path)
        assert_same(found, hidden)
        assert found.estimator.get_metadata_routing().fit.requests["X_val"] == "held_out"
        pd.testing.assert_frame_equal(found.transform(frame), hidden.transform(frame))
        assert_same(clone(found), clone(hidden))


def test_a_hidden_layer_of_a_frozen_network_comes_back(path):
    network = MLPClassifier(**SMALL, ensemble_size=2).fit(X, y)
    hidden = HiddenLayer(FrozenEstimator(network)).fit(X, y)
    found = through_a_file(hidden, path)
    assert_same(found, hidden)
    assert_same(found.transform(X), hidden.transform(X))
    assert found.get_feature_names_out().tolist() == hidden.get_feature_names_out().tolist()


def test_arrays_that_a_user_assigned_come_back_in_their_order(path):
    model = MLPClassifier(**SMALL).fit(X, y)
    model.coefs_[0] = np.asfortranarray(model.coefs_[0])
    model.coefs_[1] = model.coefs_[1][::-1]
    found = through_a_file(model, path)
    assert found.coefs_[0].flags.f_contiguous
    assert_same(found.predict_proba(X), model.predict_proba(X))


OWN = {
    "InverseSquareRoot": InverseSquareRoot,
    "Negativity": Negativity,
    "SparseNormal": SparseNormal,
}


def own_model():
    parts = {
        "activation": InverseSquareRoot(alpha=0.5),
        "penalty": Negativity(),
        "initialization": SparseNormal(2),
    }
    return MLPClassifier(**SMALL, **parts).fit(X, y)


def test_parts_of_ones_own_are_passed_to_load(path):
    model = own_model()
    found = through_a_file(model, path, parts=OWN)
    assert_same(found, model)
    assert_same(found.predict_proba(X), model.predict_proba(X))
    for missing in OWN:
        parts = {name: cls for name, cls in OWN.items() if name != missing}
        hint = re.escape(f"parts={{{missing!r}: {missing}}}")
        with pytest.raises(LoadError, match=rf"model\.relu'.*{missing}.*{hint}"):
            load(path, parts=parts)


def test_a_part_of_ones_own_is_not_taken_for_a_built_in_one(path):
    class ReLU(InverseSquareRoot):
        pass

    model = MLPClassifier(**SMALL, activation=ReLU()).fit(X, y)
    save(model, path)
    with pytest.raises(LoadError, match="a part of your own, ReLU"):
        load(path)
    assert type(load(path, parts={"ReLU": ReLU}).activation) is ReLU


@pytest.mark.parametrize("parts", [[InverseSquareRoot], {"a": 1}, {"a": LogisticRegression}])
def test_parts_must_be_classes_by_name(parts, path):
    save(MLPClassifier(), path)
    with pytest.raises(TypeError, match="parts must be a dict"):
        load(path, parts=parts)


def test_a_part_with_more_than_parameters_is_refused(path):
    activation = LeakyReLU()
    activation.seen = 1
    with pytest.raises(ValueError, match=r"activation is LeakyReLU\(\), and has \['seen'\]"):
        save(MLPClassifier(activation=activation), path)


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"learning_rate": lambda epoch: 0.1}, "learning_rate is <function"),
        ({"learning_rate": FunctionRate(max)}, "learning_rate.function is <built-in"),
        ({"early_stopping_metric": max}, "early_stopping_metric is <built-in"),
        ({"hidden_layer_sizes": range(3, 5)}, r"hidden_layer_sizes is range\(3, 5\)"),
        ({"class_weight": {0: object()}}, r"class_weight\.0 is <object"),
        ({"activation": [LeakyReLU(lambda: 1)]}, r"activation\.0\.negative_slope is <function"),
        ({"activation": LeakyReLU}, r"activation is <class"),
    ],
)
def test_what_cannot_be_stored_is_named_with_what_to_do(params, named, path):
    with pytest.raises(
        ValueError, match=rf"^MLPClassifier cannot be saved: {named}.*skops.io.dump"
    ):
        save(MLPClassifier(**params), path)
    assert not path.exists()


@pytest.mark.parametrize(
    "model",
    [make_pipeline(StandardScaler(), MLPClassifier()), SklearnMLP(), PReLU(), None, MLPClassifier],
)
def test_other_estimators_are_refused_with_what_to_do(model, path):
    with pytest.raises(TypeError, match=r"save takes MLPClassifier.*got .*skops.io.dump"):
        save(model, path)


def test_an_estimator_within_one_is_named(path):
    inner = make_pipeline(StandardScaler(), MLPClassifier())
    with pytest.raises(TypeError, match=r"estimator is a Pipeline.*skops.io.dump"):
        save(HiddenLayer(inner), path)


def test_a_subclass_is_not_saved_as_what_it_derives_from(path):
    class Mine(MLPClassifier):
        pass

    with pytest.raises(TypeError, match="save takes"):
        save(Mine(), path)


def test_the_same_model_gives_the_same_bytes(path, tmp_path):
    model = MLPClassifier(**SMALL).fit(X, y)
    save(model, path)
    save(load(path), tmp_path / "again")
    assert path.read_bytes() == (tmp_path / "again").read_bytes()


def test_numpy_reads_the_arrays_of_a_model(path):
    model = MLPClassifier(**SMALL).fit(X, y)
    save(model, path)
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["coefs_.0"], model.coefs_[0])
        np.testing.assert_array_equal(arrays["classes_"], [0, 1, 2])


def test_a_model_loads_in_another_process_and_executes_no_code_of_the_users(path):
    model = own_model()
    save(model, path)
    code = f"""
import sys
from sklearn_relu import LoadError, load
try:
    load({str(path)!r})
except LoadError as error:
    print(error)
print([name for name in ("custom_parts", "pickle_of_it") if name in sys.modules])
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "a part of your own" in result.stdout
    assert result.stdout.endswith("[]\n")


def test_a_user_s_schedule_takes_the_place_of_a_function(path):
    class Halving(Schedule):
        def rate(self, initial, progress):
            return initial / 2**progress.epoch

    model = MLPClassifier(**SMALL, solver="sgd", learning_rate=Halving()).fit(X, y)
    assert_same(through_a_file(model, path, parts={"Halving": Halving}), model)


def test_names_of_parts_tell_them_apart():
    assert PARTS["activations.Identity"] is not PARTS["initializers.Identity"]
    assert all(issubclass(cls, Part) for cls in PARTS.values())
    assert Activation not in PARTS.values()
