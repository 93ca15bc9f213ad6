"""Files of arrays: .npy, .npz and IDX."""

import gzip
import struct

import numpy as np
import pytest

from sklearn_relu import CNNRegressor, compare
from sklearn_relu.__main__ import main
from sklearn_relu.comparison import comparison_rows
from sklearn_relu.comparison.arrays import IDX_TYPES, holds_arrays, read_arrays

RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(6, 3))
IMAGES = RNG.integers(0, 256, (6, 4, 5)).astype(np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2], np.uint8)


def idx(array, code):
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + shape + array.astype(IDX_TYPES[code]).tobytes()


def test_the_last_column_of_a_table_is_the_target(tmp_path):
    np.save(tmp_path / "t.npy", TABLE)
    X, y, target, note = read_arrays(str(tmp_path / "t.npy"))
    np.testing.assert_array_equal(X, TABLE[:, :2])
    np.testing.assert_array_equal(y, TABLE[:, 2])
    assert (target, note) == ("column 3", "an array of shape (6, 2)")


@pytest.mark.parametrize(
    ("names", "target"),
    [(("X", "y"), None), (("data", "target"), None), (("X", "other"), "other"), (("a", "b"), "b")],
)
def test_named_arrays(tmp_path, names, target):
    np.savez(tmp_path / "t.npz", **dict(zip(names, (IMAGES, LABELS[:, None]), strict=True)))
    X, y, found, note = read_arrays(str(tmp_path / "t.npz"), target)
    np.testing.assert_array_equal(X, IMAGES)
    np.testing.assert_array_equal(y, LABELS)
    assert found == names[1]
    assert note == "an array of shape (6, 4, 5), read as rows of 20 numbers"


@pytest.mark.parametrize("code", sorted(IDX_TYPES))
@pytest.mark.parametrize("is_zipped", [False, True])
def test_idx_files_of_each_type(tmp_path, code, is_zipped):
    images, labels = tmp_path / "images-idx3-ubyte", tmp_path / "labels-idx1-ubyte"
    pack = gzip.compress if is_zipped else bytes
    values = (IMAGES % 100).astype(int)
    images.write_bytes(pack(idx(values, code)))
    labels.write_bytes(pack(idx(LABELS, 0x08)))
    assert holds_arrays(str(images))
    X, y, target, _ = read_arrays(str(images), str(labels))
    np.testing.assert_array_equal(X, values)
    np.testing.assert_array_equal(y, LABELS)
    assert X.dtype.isnative
    assert target == "labels-idx1-ubyte"


def test_other_files_are_none(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,2\n")
    assert not holds_arrays(str(tmp_path / "t.csv"))
    assert not holds_arrays(str(tmp_path / "missing.csv"))
    assert holds_arrays(str(tmp_path / "T.NPY"))


def broken(kind, path):
    data = idx(IMAGES, 0x08)
    if kind == "cut":
        path.write_bytes(data[:-3])
    elif kind == "cut and zipped":
        path.write_bytes(gzip.compress(data)[:-9])
    elif kind == "objects":
        np.save(path, np.array([{}, 1], object), allow_pickle=True)
    elif kind == "no array":
        path.write_bytes(b"nothing")
    elif kind == "without a target":
        np.save(path, IMAGES)
    elif kind == "another number of rows":
        np.savez(path, X=TABLE, y=LABELS[:4])
    elif kind == "other names":
        np.savez(path, a=TABLE, b=LABELS, c=LABELS)


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("cut", "t", "it has 117 values, and its header says .6, 4, 5.; is it whole"),
        ("cut and zipped", "t", "cannot read"),
        ("objects", "t.npy", "cannot read .*pickle"),
        ("no array", "t.npy", "cannot read"),
        ("no file", "t.npy", "there is no such file"),
        ("without a target", "t.npy", "without a target. Name the file that has it: --target"),
        ("another number of rows", "t.npz", "got arrays of shape .6, 3. in .* and .4,. in 'y'"),
        ("other names", "t.npz", "must hold arrays named X and y; it holds a, b, c"),
    ],
)
def test_what_cannot_be_read_is_an_error(tmp_path, kind, name, message):
    broken(kind, tmp_path / name)
    with pytest.raises(ValueError, match=message):
        read_arrays(str(tmp_path / name))


def test_a_comparison_reads_them(tmp_path, capsys):
    X = RNG.normal(size=(30, 4, 2))
    np.savez(tmp_path / "t.npz", X=X, y=(X[:, 0, 0] > 0).astype(int))
    path = str(tmp_path / "t.npz")
    quick = "--networks 3 --activations relu --max-iter 2 --folds 2 --baselines --max-rows 20"
    assert main(["compare", path, *quick.split()]) == 0
    out = capsys.readouterr().out
    assert "t.npz: 20 rows, 8 numeric and 0 categorical columns" in out
    assert "an array of shape (30, 4, 2), read as rows of 8 numbers" in out
    assert "a random sample of 20 of 30 rows" in out
    assert main(["compare", path, "--drop", "a"]) == 2
    assert "--drop is for tables with named columns" in capsys.readouterr().err


def test_convolutional_networks_see_images(tmp_path, capsys):
    draw = np.random.default_rng(1)
    X = draw.integers(0, 256, (60, 6, 5)).astype(np.uint8)
    images, labels = tmp_path / "images-idx3-ubyte", tmp_path / "labels-idx1-ubyte"
    images.write_bytes(idx(X, 0x08))
    labels.write_bytes(idx((X[:, 2, 3] > 127).astype(np.uint8), 0x08))
    quick = "--networks 3 --activations relu tanh --max-iter 2 --folds 2 --baselines constant"
    command = ["compare", str(images), "--target", str(labels), *quick.split()]
    assert main([*command, "--estimators", "mlp", "cnn", "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "an array of shape (60, 6, 5)" in out
    assert "cnn" in out
    best = (tmp_path / "out" / "best.py").read_text(encoding="utf-8")
    assert "CNNClassifier(" in best or "MLPClassifier(" in best
    assert main([*command, "--estimators", "cnn", "--image-shape", "5", "6"]) == 0
    assert main([*command, "--estimators", "cnn", "--image-shape", "5", "5"]) == 2
    assert "whose product is 30" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_function_takes_arrays_of_images():
    X = RNG.normal(size=(40, 5, 4, 2))
    y = X[:, 2, 2, 0]
    options = {"networks": [()], "activations": ["relu"], "max_iter": 2, "folds": 2}
    search = compare(X, y, estimators=["cnn", "mlp"], baselines=(), **options)
    rows = comparison_rows(search)
    assert {row["estimator"] for row in rows} == {"cnn", "mlp"}
    network = search.cv_results_["params"][0]["mlp__regressor"]
    assert isinstance(network, CNNRegressor)
    assert network.image_shape == (5, 4, 2)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": range(40), "b": list("xy") * 20})
    with pytest.raises(ValueError, match=r"'cnn' is for images and series.* 'b' is none"):
        compare(frame, y, estimators=["cnn"], baselines=(), **options)
