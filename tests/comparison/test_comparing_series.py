"""Series in a comparison: recurrent networks beside those that read rows."""

import subprocess
import sys

import numpy as np
import pytest

from sklearn_relu import RNNClassifier, RNNRegressor, compare, save
from sklearn_relu.__main__ import main
from sklearn_relu.comparison import ComparisonReport, comparison_rows
from sklearn_relu.comparison.models import kind_of_network
from sklearn_relu.comparison.series import array_of_series, scaler_of_series, series_shape_of

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

RNG = np.random.default_rng(0)
ARRAY = 3 + RNG.normal(size=(40, 5, 2))
LISTED = [each[: 2 + i % 4] for i, each in enumerate(ARRAY)]
Y = ARRAY[:, 0, 0]
CLASSES = (np.median(Y) < Y).astype(int)
QUICK = {"networks": [(3,)], "activations": ["relu", "tanh"], "max_iter": 2, "folds": 2}


def networks_of(search):
    """The networks of all candidates, by their names."""
    of_all = search.cv_results_["params"]
    return {
        kind_of_network(params): params.get("mlp__regressor", params.get("mlp"))
        for params in of_all
    }


def test_each_activation_in_a_simple_cell_and_an_lstm():
    search = compare(ARRAY, Y, estimators=["mlp", "rnn"], baselines=["constant"], **QUICK)
    rows = [row for row in comparison_rows(search) if not row["is_baseline"]]
    assert [(row["estimator"], row["activation"]) for row in rows] == [
        ("mlp", "relu"),
        ("mlp", "tanh"),
        ("rnn", "relu"),
        ("rnn", "tanh"),
        ("lstm", "tanh"),
    ]
    assert all(np.isfinite(row["score"]) and row["n_failed"] == 0 for row in rows)
    for name in ("rnn", "lstm"):
        network = networks_of(search)[name]
        assert isinstance(network, RNNRegressor)
        assert (network.cell, network.series_shape, network.max_iter) == (name, (5, 2), 2)


def test_series_of_unequal_lengths_come_as_a_list_or_with_nan():
    options = QUICK | {"estimators": ["rnn"], "baselines": ["linear"]}
    listed = compare(LISTED, CLASSES, **options)
    padded = np.full((40, 5, 2), np.nan)
    for row, series in zip(padded, LISTED, strict=True):
        row[: len(series)] = series
    np.testing.assert_array_equal(array_of_series(LISTED), padded)
    found = compare(padded, CLASSES, **options)
    for name in ("score", "epochs", "sparsity"):
        assert [row[name] for row in comparison_rows(found)[:3]] == [
            row[name] for row in comparison_rows(listed)[:3]
        ]
    assert isinstance(networks_of(listed)["lstm"], RNNClassifier)
    predicted = listed.best_estimator_.predict(padded.reshape(40, -1))
    assert set(predicted) <= {0, 1}
    report = ComparisonReport.from_search(listed, LISTED, CLASSES)
    assert "The series have unequal lengths" in report._repr_html_()


def test_all_steps_of_a_channel_are_scaled_alike():
    rows = ARRAY.reshape(40, -1).copy()
    rows[3, 4:] = np.nan
    scaled = scaler_of_series((5, 2)).fit_transform(rows)
    assert scaled.shape == (40, 10)
    np.testing.assert_array_equal(np.isnan(scaled), np.isnan(rows))
    by_step = rows.reshape(-1, 2)
    expected = (by_step - np.nanmean(by_step, axis=0)) / np.nanstd(by_step, axis=0)
    np.testing.assert_allclose(scaled, expected.reshape(40, 10))


@pytest.mark.parametrize(
    ("shape", "is_said", "expected"),
    [((1, 12), False, (12, 1)), ((6, 2), True, (6, 2)), ((4, 5, 3), True, (4, 15))],
)
def test_shapes(shape, is_said, expected):
    assert series_shape_of(shape, is_said) == expected


def test_rows_are_series_of_one_channel_unless_a_shape_is_said():
    rows, options = ARRAY.reshape(40, -1), QUICK | {"estimators": ["rnn"], "baselines": ()}
    assert networks_of(compare(rows, Y, **options))["rnn"].series_shape == (10, 1)
    said = compare(rows, Y, image_shape=(5, 2), **options)
    assert networks_of(said)["rnn"].series_shape == (5, 2)


def test_mistakes_are_told_before_any_work():
    broken = ARRAY.copy()
    broken[7, 2] = np.nan
    with pytest.raises(ValueError, match="series 7"):
        compare(broken, Y, estimators=["rnn"], **QUICK)
    with pytest.raises(ValueError, match=r"'cnn' takes no missing values.*'rnn' takes series"):
        compare(LISTED, Y, estimators=["cnn"], **QUICK)
    with pytest.raises(ValueError, match="at least one recurrent layer"):
        compare(ARRAY, Y, estimators=["rnn"], **QUICK | {"networks": [()]})
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": range(40), "b": list("xy") * 20})
    with pytest.raises(ValueError, match=r"'rnn' is for series, whose columns .* 'b' is none"):
        compare(frame, Y, estimators=["rnn"], **QUICK)


def test_the_command_reads_a_file_and_takes_home_the_best(tmp_path, capsys):
    for module in ("rich", "pandas", "matplotlib", "jinja2", "skops"):
        pytest.importorskip(module)
    np.savez(tmp_path / "t.npz", X=array_of_series(LISTED), y=CLASSES)
    quick = "--networks 3 --activations relu --max-iter 2 --folds 2 --baselines constant"
    out = tmp_path / "out"
    command = ["compare", str(tmp_path / "t.npz"), *quick.split(), "--estimators", "rnn"]
    assert main([*command, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "an array of shape (40, 5, 2)" in shown
    assert "lstm" in shown
    code = (out / "best.py").read_text(encoding="utf-8")
    assert "RNNClassifier(" in code
    ran = subprocess.run(
        [sys.executable, str(out / "best.py")], capture_output=True, text=True, check=True
    )
    score = code.splitlines()[0].split()[-1].rstrip(".")
    assert ran.stdout.split() == ["accuracy", score]
    assert "t.npz" in (out / "report.html").read_text(encoding="utf-8")


def test_the_network_of_the_best_candidate_can_be_saved(tmp_path):
    search = compare(ARRAY, CLASSES, estimators=["rnn"], baselines=(), **QUICK)
    save(search.best_estimator_["mlp"], tmp_path / "best.relu")
    assert (tmp_path / "best.relu").stat().st_size > 0
