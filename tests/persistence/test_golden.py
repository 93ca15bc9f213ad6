"""Files that earlier versions wrote load, predict what they did, and go on as they would have."""

import json
import pickle
import re
import runpy
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest
import versions
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import sklearn_relu
from sklearn_relu import SKOPS_TRUSTED_TYPES, load
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.estimators import BaseNetwork
from sklearn_relu.files import container
from sklearn_relu.persistence.models import CONTENT, VERSION

pytestmark = [
    pytest.mark.filterwarnings("ignore", category=ConvergenceWarning),
    pytest.mark.filterwarnings("ignore", category=sklearn_relu.TrainingWarning),
    pytest.mark.filterwarnings("ignore:X has feature names"),
    # Pickles hold scikit-learn's objects too.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning"),
]

GOLDEN = Path(__file__).parents[1] / "golden"
FILES = sorted(GOLDEN.glob("*/*.relu"))
OBJECTS = sorted([*GOLDEN.glob("*/*.pkl"), *GOLDEN.glob("*/*.joblib"), *GOLDEN.glob("*/*.skops")])
CHECKPOINTS = sorted(set(GOLDEN.glob("*/*.ckpt")) - set(GOLDEN.glob("*/stream.ckpt")))


def name_of(path):
    return f"{path.parent.name}-{path.name.removesuffix('.relu')}"


@pytest.fixture(scope="module")
def make():
    pytest.importorskip("pandas")
    return runpy.run_path(str(GOLDEN / "make.py"))


def read_object(path):
    if path.suffix == ".pkl":
        return pickle.loads(path.read_bytes())
    if path.suffix == ".joblib":
        return joblib.load(path)
    return pytest.importorskip("skops.io").load(path, trusted=SKOPS_TRUSTED_TYPES)


def recorded_of(path):
    folder = path.parent
    recorded = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
    return (recorded | json.loads((folder / "objects.json").read_text(encoding="utf-8")))[path.stem]


def assert_predicts_what_was_recorded(make, path, model):
    recorded = recorded_of(path)
    found = make["predictions"](path.stem, model)
    assert found.keys() == recorded.keys()
    for name, values in recorded.items():
        if name == "coefs after going on":
            assert_close(found[name], values)
        elif isinstance(np.ravel(values)[0], np.str_):
            assert found[name] == values
        else:
            np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-8)


def assert_close(coefs, recorded):
    """Products round as the machine's BLAS does."""
    for one, other in zip(coefs, recorded, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


def shown(model):
    """Its repr, without addresses, such as a RandomState's."""
    return re.sub("0x[0-9A-F]+", "", repr(model))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_file_loads_and_predicts_what_was_recorded(path, make):
    assert_predicts_what_was_recorded(make, path, load(path))


@pytest.mark.parametrize("path", OBJECTS, ids=name_of)
def test_a_golden_object_loads_and_predicts_what_was_recorded(path, make):
    assert_predicts_what_was_recorded(make, path, read_object(path))


@pytest.mark.parametrize("path", [*FILES, *OBJECTS], ids=name_of)
def test_a_golden_model_prints_clones_and_is_saved_again(path, tmp_path):
    model = load(path) if path.suffix == ".relu" else read_object(path)
    assert type(model).__name__ in shown(model)
    assert type(model).__name__ in model._repr_html_()
    assert shown(clone(model)) == shown(model)
    assert shown(pickle.loads(pickle.dumps(model))) == shown(model)
    if isinstance(model, BaseNetwork):
        sklearn_relu.save(model, tmp_path / "again.relu")
        assert shown(load(tmp_path / "again.relu")) == shown(model)


@versions.with_callbacks
@pytest.mark.parametrize("path", CHECKPOINTS, ids=name_of)
def test_a_golden_checkpoint_goes_on_to_what_was_recorded(path, make, tmp_path):
    recorded = json.loads((path.parent / "checkpoints.json").read_text(encoding="utf-8"))[path.stem]
    model, data, more = make["fits"]()[path.stem]
    model.set_callbacks(Checkpoint(shutil.copy(path, tmp_path)))
    model.fit(*data, **more)
    assert_close(model.coefs_, recorded)
    assert model.n_iter_ == 8


@versions.with_callbacks
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/stream.ckpt")), ids=name_of)
def test_a_golden_stream_goes_on_to_what_was_recorded(path, make, tmp_path):
    recorded = json.loads((path.parent / "checkpoints.json").read_text(encoding="utf-8"))["stream"]
    checkpoint = Checkpoint(shutil.copy(path, tmp_path))
    X = make["X"]
    model = sklearn_relu.MLPRegressor(**make["SMALL"])
    assert checkpoint.resume(model) == 3
    model.set_callbacks(checkpoint)
    for i in range(3, 6):
        model.partial_fit(X[i::6], X[i::6, 0])
    assert_close(model.coefs_, recorded)


def test_there_are_golden_files_of_the_present_format():
    found = {container.read(path, content=CONTENT, version=VERSION).version for path in FILES}
    assert found == set(range(1, VERSION + 1))
    for folder in {path.parent for path in FILES}:
        recorded = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
        assert recorded.keys() == {path.stem for path in folder.glob("*.relu")}
        objects = (
            recorded.keys()
            | json.loads((folder / "objects.json").read_text(encoding="utf-8")).keys()
        )
        assert objects == {path.stem for path in folder.glob("*.pkl")}
        checkpoints = json.loads((folder / "checkpoints.json").read_text(encoding="utf-8"))
        assert checkpoints.keys() == {path.stem for path in folder.glob("*.ckpt")}
