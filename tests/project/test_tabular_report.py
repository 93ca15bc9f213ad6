"""The report of benchmarks/tabular.py, on rows whose figures are known."""

import json
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def report(monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.syspath_prepend(str(FOLDER))
    import tabular_report

    return tabular_report


def row(contender, table, error, split=0, seed=0, **more):
    return {
        "contender": contender, "table": table, "split": split, "seed": seed, "error": error,
        "fit_seconds": 1.0, **more,
    }  # fmt: skip


def failed_row(contender, table):
    return {
        "contender": contender, "table": table, "split": 0, "seed": 0, "failure": "ValueError: no"
    }  # fmt: skip


def test_the_last_row_of_a_fit_counts(report, tmp_path):
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path, error in zip(files, (0.5, 0.25), strict=True):
        path.write_text(json.dumps(row("hgb", "t", error)) + "\n", encoding="utf-8")
    assert [found["error"] for found in report.rows_in(files)] == [0.25]


def test_a_mean_over_seeds_stands_for_a_missing_seed(report):
    ours = {(0, 0): 0.1, (0, 1): 0.2, (1, 0): 0.3, (2, 0): 0.4}
    theirs = {(0, 1): 0.5, (0, 2): 0.7, (1, 1): 0.9}
    pairs = report.paired(ours, theirs)
    np.testing.assert_allclose(pairs, [[0.1, 0.2, 0.3], [0.6, 0.5, 0.9]])


def test_contenders_that_share_no_split_are_not_compared(report):
    assert report.paired({(0, 0): 0.1}, {(1, 0): 0.2}).size == 0
    assert report.paired({}, {(1, 0): 0.2}).size == 0


def test_a_failure_ranks_last_and_a_contender_without_all_tables_not_at_all(report):
    rows = [
        row("linear", "a", 0.3), row("linear", "b", 0.3), row("hgb", "a", 0.1),
        failed_row("hgb", "b"), row("tabm", "a", 0.01),
    ]  # fmt: skip
    assert report.ranks(rows, ["a", "b"]) == {"linear": 1.5, "hgb": 1.5}
    assert report.ranks(rows, []) == {}


def test_errors_that_differ_by_rounding_share_a_rank(report):
    rows = [row("relu-mlp", "a", 0.3), row("sklearn-mlp", "a", 0.3 + 1e-13), row("hgb", "a", 0.4)]
    assert report.ranks(rows, ["a"]) == {"relu-mlp": 1.5, "sklearn-mlp": 1.5, "hgb": 3}


def test_errors_that_differ_by_rounding_are_neither_less_nor_more(report, capsys):
    rows = [row("relu-mlp", "a", 0.3), row("sklearn-mlp", "a", 0.3 + 1e-13)]
    report.tell_intervals(rows, ["a"], "relu-mlp")
    assert "| sklearn-mlp | 1.000 | 1.000 to 1.000 | 0 | 0 | 1 |" in capsys.readouterr().out


def test_log_losses_are_compared_with_the_better_base_of_each_table(report):
    rows = [
        row(contender, table, 0.1, log_loss=loss)
        for table, losses in {"a": (0.2, 0.4, 0.1), "b": (0.4, 0.2, 0.4)}.items()
        for contender, loss in zip(("hgb", "linear", "tabular"), losses, strict=True)
    ]
    found = np.exp([*report.log_loss_ratios(rows, "tabular", ["a", "b"]).values()])
    np.testing.assert_allclose(found, [0.101 / 0.201, 0.401 / 0.201])


def test_an_interval_holds_the_mean_and_narrows_with_tables(report):
    few, many = (np.random.default_rng(0).standard_normal(n) for n in (10, 1000))
    for values in (few, many):
        low, high = report.interval(values)
        assert low < values.mean() < high
    assert np.ptp(report.interval(many)) < np.ptp(report.interval(few)) / 4


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        pytest.param([0.03, 0.04, 0.05], True, id="clear"),
        pytest.param([0.004, 0.0045, 0.0049], False, id="too-small"),
        pytest.param([0.02, 0.021, 0.022], False, id="small-share"),
        pytest.param([-0.05, 0.1, 0.1], False, id="uncertain"),
    ],
)
def test_clearly_worse_is_much_in_itself_and_in_relation(report, differences, expected):
    base = 0.02 if max(differences) < 0.005 else 0.5
    theirs = {(split, 0): base for split in range(3)}
    ours = {(split, 0): base + by for split, by in enumerate(differences)}
    assert report.is_clearly_worse(ours, theirs) == expected
    assert not report.is_clearly_worse(theirs, ours)


def test_halves_are_the_odd_and_the_even_lines_of_each_list(report):
    groups = report.groups_of({"one": ["a", "b", "c"], "two": ["d", "e"]})
    assert groups["odd lines"] == ["a", "c", "d"]
    assert groups["even lines"] == ["b", "e"]
    assert groups["all tables"] == ["a", "b", "c", "d", "e"]


def test_a_report_names_losses_and_failures(report, capsys):
    rows = [
        row(contender, "a", error, split=split)
        for contender, error in {"tabular": 0.4, "linear": 0.2, "sklearn-mlp": 0.3}.items()
        for split in range(3)
    ]
    report.tell([*rows, failed_row("hgb", "a")], {"one": ["a"]}, "tabular")
    told = capsys.readouterr().out
    assert "tabular is clearly worse than linear and sklearn-mlp on: a." in told
    assert "Fits that failed: 1 of 10." in told
    assert "- hgb a 0 0: ValueError: no" in told
    assert f"| linear | {0.401 / 0.201:.3f} | 1.995 to 1.995 | 0 | 1 | 1 |" in told
