"""Damaged and forged files of models: they load equal, or are refused, and cost little."""

import copy
import io
import json
import random
import re
import sys
import zipfile

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_relu import LoadError, MLPClassifier, load, save
from sklearn_relu.files import container
from sklearn_relu.persistence.models import CONTENT, VERSION

X, y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mutated")


@pytest.fixture(scope="module")
def saved(folder):
    """Two files, so that one can be spliced with the other."""
    models = [MLPClassifier((3,), activation="prelu", random_state=seed) for seed in range(2)]
    for i, model in enumerate(models):
        for _ in range(2):
            model.partial_fit(X, y, classes=[0, 1, 2])
        save(model, folder / f"{i}.relu")
    return models, [(folder / f"{i}.relu").read_bytes() for i in range(2)]


def places_of_members(data):
    """Where each member's local header begins."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [info.header_offset for info in archive.infolist()]


def mutated(rng, whole, other):
    """One of many kinds of damage."""
    data = bytearray(whole)
    kind = rng.randrange(8)
    at, end = sorted(rng.randrange(len(data)) for _ in range(2))
    if kind == 0:
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        for _ in range(rng.randrange(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == 2:
        del data[at:]
    elif kind == 3:
        del data[at:end]
    elif kind == 4:
        data[at:at] = rng.randbytes(rng.randrange(1, 100))
    elif kind == 5:
        data[at:end] = other[at:end]
    elif kind == 6:
        data = data[:at] + bytearray(other[at:])
    else:
        places = places_of_members(whole)
        first, second = sorted(rng.sample(range(len(places) - 1), 2))
        a, b, c, d = (places[i] for i in (first, first + 1, second, second + 1))
        data[a:d] = data[c:d] + data[b:c] + data[a:b]
    return bytes(data)


def check(seed, n_files, folder, saved):
    models, (whole, other) = saved
    rng = random.Random(seed)
    path = folder / "mutated.relu"
    refused = 0
    for _ in range(n_files):
        data = mutated(rng, whole, other)
        path.write_bytes(data)
        if data in (whole, other):
            expected = models[data == other].predict_proba(X)
            np.testing.assert_array_equal(load(path).predict_proba(X), expected)
            continue
        with pytest.raises(LoadError, match=re.escape(str(path))):
            load(path)
        refused += 1
    assert refused >= 0.9 * n_files


def test_damaged_files_are_refused(folder, saved):
    check(0, 500, folder, saved)


@pytest.mark.slow
def test_ten_thousand_damaged_files_are_refused_in_bounded_memory(folder, saved):
    resource = pytest.importorskip("resource", reason="measures memory as POSIX does")
    check(1, 100, folder, saved)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check(2, 10_000, folder, saved)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 20 * 2**20


ODD = [
    *(None, True, -1, 0, 10**9, 2**70, 0.5, "", "relu", "../x", [], {}, [[]]),
    *({"array": "coefs_.0"}, {"dict": {}}, {"tuple": []}, {"float": "nan"}, {"scalar": "coefs_.1"}),
    *({"part": ["activations.PReLU", {}]}, {"own part": ["os", {}]}, {"estimator": ["os", {}, {}]}),
    {"numbers": ["list", "coefs_.0"]},
]


def forge(rng, structure, arrays):
    """Change a few places of a structure, or of an array's shape and dtype."""
    structure, arrays = copy.deepcopy(structure), dict(arrays)
    for _ in range(rng.choice([1, 1, 2, 4])):
        if rng.random() < 0.3:
            name = rng.choice(list(arrays))
            array = arrays[name]
            arrays[name] = rng.choice(
                [
                    array[:1],
                    array.T,
                    array.reshape(-1),
                    array[None],
                    array.astype("f4"),
                    array.astype("U3"),
                    np.empty((0, 3)),
                    arrays[rng.choice(list(arrays))],
                    array.astype(float) * np.nan,
                ]
            )
            continue
        place = structure
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                return structure, arrays
            key = rng.choice(keys)
            inside = isinstance(place[key], dict | list) and len(place[key])
            if not inside or rng.random() < 0.1:
                break
            place = place[key]
        action = rng.randrange(3)
        if action == 0:
            place[key] = copy.deepcopy(rng.choice(ODD))
        elif action == 1 and isinstance(place, dict):
            name = rng.choice(["fit", "__class__", "__dict__", "coefs_", "_loss", "x", "array"])
            place[name] = place.pop(key)
        else:
            del place[key]
    return structure, arrays


@pytest.mark.slow
def test_forged_models_load_or_are_refused(folder, saved):
    """With a checksum that is right. What loads predicts, or says why not; nothing crashes."""
    path = folder / "0.relu"
    save(saved[0][0], path)
    _, structure, arrays = container.read(path, content=CONTENT, version=VERSION)
    rng = random.Random(0)
    outcomes = {"loaded": 0, "refused": 0}
    for _ in range(600):
        forged = forge(rng, structure, arrays)
        container.write(folder / "forged.relu", *forged, content=CONTENT, version=VERSION)
        try:
            model = load(folder / "forged.relu")
        except LoadError:
            outcomes["refused"] += 1
            continue
        outcomes["loaded"] += 1
        assert type(model).__name__ in ("MLPClassifier", "MLPRegressor", "HiddenLayer")
        assert callable(model.fit)
        assert model.__dict__.keys().isdisjoint({"fit", "__class__", "__dict__"})
        if hasattr(model, "coefs_"):
            try:
                model.predict_proba(X)
            except Exception as error:
                assert not isinstance(error, MemoryError | SystemError)  # noqa: PT017
    assert min(outcomes.values()) > 50


def test_a_pickle_in_a_file_is_never_run(folder):
    path = folder / "pickled.relu"
    touched = folder / "touched"
    pickle = b"cposix\nsystem\n(S'touch " + str(touched).encode() + b"'\ntR."
    path.write_bytes(pickle)
    with pytest.raises(LoadError, match="pickle, joblib or skops"):
        load(path)
    array = np.array([None], dtype=object)
    array_file = folder / "pickled.npy"
    np.save(array_file, array, allow_pickle=True)
    data = array_file.read_bytes()
    start = data.index(b"\n") + 1
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = b"0" * 64
        document = {
            "format": "sklearn_relu", "container_version": 1, "content": CONTENT,
            "version": VERSION, "arrays": ["a"], "structure": {"array": "a"},
        }  # fmt: skip
        for name, content in [
            ("structure.json", json.dumps(document)),
            ("a.npy", data[:start] + pickle),
        ]:
            info = zipfile.ZipInfo(name)
            info.external_attr = container.REGULAR_FILE
            archive.writestr(info, content)
    with open(path, "r+b") as file:
        digest = container.digest(file, path.stat().st_size - 64)
        file.seek(-64, 2)
        file.write(digest)
    with pytest.raises(LoadError, match="dtype"):
        load(path)
    assert not touched.exists()
