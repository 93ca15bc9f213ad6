"""The examples run, in short form, on a table of one's own too, and show what they promise."""

import gzip
import re
import runpy
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["biases", "depth", "dying_relus", "initializations", "scaling", "sparse_activities"]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]


@pytest.fixture(autouse=True)
def _imports_as_a_script(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    yield
    sys.modules.pop("tables", None)


def short_form(name, table, capsys, **params):
    """The rows that an example prints: lists of cells, each with its first number, if any."""
    example = runpy.run_path(str(EXAMPLES / f"{name}.py"))
    example["main"](sys.modules["tables"].load(table), **params)
    return rows_of(capsys.readouterr().out, table)


def rows_of(out, table):
    title, header, *lines = out.splitlines()
    assert re.fullmatch(
        rf"{Path(table).name}, \d+ rows; score: .+ held-out rows, \d+ splits?", title
    )
    assert {len(line) for line in lines} == {len(header)}  # aligned
    names, *rows = (re.split(r"\s{2,}", line.strip()) for line in (header, *lines))
    return [dict(zip(names, row, strict=True)) for row in rows]


def number(cell):
    return float(cell.split()[0])


def test_biases(capsys):
    rows = short_form(
        "biases", "breast_cancer", capsys, networks=((20,) * 6,), max_iter=30, seeds=2
    )
    assert [row["bias"] for row in rows] == ["0.0", "0.1", "1.0"]
    assert {row["network"] for row in rows} == {"20x6"}
    assert min(number(row["score"]) for row in rows) > 0.92
    zeros = [number(row["zeros at start"]) for row in rows]
    assert 47 < zeros[0] < 53
    assert zeros[0] - 2 > zeros[1] > zeros[2] + 5
    dead = [number(row["dead at start"]) for row in rows]
    assert 0 < dead[0] < dead[2] < 15
    assert all(0 < number(row["dead after"]) < 20 for row in rows)


def test_initializations(capsys):
    rows = short_form("initializations", "digits", capsys, depths=(10,), max_iter=10, seeds=1)
    assert [row["initialization"] for row in rows] == [
        "he_uniform",
        "glorot_uniform",
        "fan_in_uniform",
    ]
    for figure in ("signal", "gradient"):
        he, glorot, fan_in = (number(row[figure]) for row in rows)
        assert 0.2 < he < 5
        assert 0.001 < glorot < he / 5
        assert fan_in < glorot / 20
    he, glorot, fan_in = (number(row["score (SGD)"]) for row in rows)
    assert he > 0.6
    assert fan_in < 0.2
    assert number(rows[0]["score (Adam)"]) > 0.6


def test_scaling(capsys):
    rows = short_form("scaling", "breast_cancer", capsys, max_iter=50, seeds=1)
    standard, min_max, none = rows
    assert [row["scaler"] for row in rows] == ["standard", "min-max", "none"]
    for activation in ("relu", "tanh", "logistic"):
        assert number(standard[activation]) > number(none[activation]) + 0.01
    assert number(standard["dead ReLUs"]) < 1
    assert 1 < number(min_max["dead ReLUs"]) < number(none["dead ReLUs"])


def test_sparse_activities(capsys):
    rows = short_form(
        "sparse_activities", "digits", capsys, strengths=(0.0, 0.1, 1.0), max_iter=40, seeds=1
    )
    none, moderate, extreme = rows
    zeros = [number(row["exact zeros"]) for row in rows]
    assert 40 < zeros[0] < zeros[1] - 15
    assert zeros[1] < zeros[2] - 5
    assert number(none["dead units"]) == 0
    assert number(none["score"]) > 0.9
    assert number(moderate["score"]) > number(none["score"]) - 0.05
    assert number(extreme["score"]) < 0.5


def test_dying_relus(capsys):
    rows = short_form("dying_relus", "digits", capsys, rates=(0.01, 1.0), max_iter=12, seeds=1)
    figures = {(row["rate"], row["activation"], row["dropout"]): row for row in rows}
    assert len(figures) == len(rows) == 14
    for (rate, activation, _), row in figures.items():
        score, dead, stuck = (number(row[name]) for name in ("score", "dead", "stuck"))
        if rate == "0.01":
            assert score > 0.9
            assert dead < 5
        elif activation == "relu":
            assert score < 0.3
            assert dead > 30
        else:
            assert dead == 0
        assert stuck >= dead
    assert number(figures["1.0", "elu", "0.0"]["stuck"]) > 10
    for activation in ("leaky_relu", "maxout"):
        survivor = figures["1.0", activation, "0.0"]
        assert number(survivor["stuck"]) == 0
        assert number(survivor["score"]) > 0.7


def test_depth(capsys):
    shallow, deep = short_form("depth", "digits", capsys, depths=(1, 10), max_iter=15, seeds=1)
    assert list(shallow) == ["layers", *(f"{a} (gradient)" for a in ("relu", "tanh", "logistic"))]
    assert [row.pop("layers") for row in (shallow, deep)] == ["1", "10"]
    assert min(map(number, shallow.values())) > 0.8
    relu, tanh, logistic = (float(re.search(r"\((.*)\)", cell)[1]) for cell in deep.values())
    assert logistic < 1e-4 < 0.1 < min(relu, tanh)
    assert number(deep["logistic (gradient)"]) < 0.5 < number(deep["tanh (gradient)"])


def test_scores_are_of_held_out_rows_of_the_same_splits():
    """Labels at random can be learnt by heart only."""
    tables = runpy.run_path(str(EXAMPLES / "tables.py"))
    rng = np.random.default_rng(0)
    table = tables["Table"](rng.normal(size=(200, 20)), rng.integers(0, 2, 200), "random", "y")

    def on_training_rows(model, X, y):
        return model.score(X, y)

    def row_sum(model, X, y):
        return X.sum()

    fits = [
        tables["measure"](table, seeds=3, figures=[on_training_rows, row_sum], activation=name)
        for name in ("relu", "tanh")
    ]
    for held_out, training, _ in fits:
        assert 0.3 < held_out.mean() < 0.7
        assert training.mean() > 0.9
    (_, _, rows), (_, _, same_rows) = fits
    assert list(rows) == list(same_rows)
    assert len(set(rows)) == 3


@pytest.fixture
def own_table(tmp_path):
    """Two of the classes of wine: numbers, some of them missing, text, and a number at the end."""
    X, y = load_wine(return_X_y=True)
    lines = ["alcohol,flavanoids,tint,kind,proline"]
    for i in range(0, 130, 2):
        flavanoids = "" if i % 5 == 0 else f"{X[i, 6]:.2f}"
        tint = "dark" if X[i, 9] > 4 else "light"
        lines.append(f"{X[i, 0]:.2f},{flavanoids},{tint},{'ab'[y[i]]},{X[i, 12] + 0.5:.1f}")
    path = tmp_path / "own.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return str(path)


@pytest.mark.parametrize("name", NAMES)
def test_own_table(name, own_table, capsys):
    shorter = {"initializations": {"depths": (1,)}, "dying_relus": {"rates": (0.01,)}}
    params = {"max_iter": 2, "seeds": 1} | shorter.get(name, {})
    rows = short_form(name, own_table, capsys, **params)
    assert len(rows) > 2


def command(name, *arguments, monkeypatch, **params):
    """What ``python examples/name.py *arguments`` does, with parameters that shorten it."""
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    example = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name=name)
    example["run"](partial(example["main"], **params), example["__doc__"], "digits")


def test_command_with_own_classes(own_table, capsys, monkeypatch):
    short = {"strengths": (0.0, 1.0), "seeds": 3}
    command("sparse_activities", own_table, "--target", "kind", monkeypatch=monkeypatch, **short)
    out = capsys.readouterr().out
    assert out.startswith("own.csv.gz, 65 rows; score: accuracy on held-out rows, 3 splits\n")
    none, extreme = rows_of(out, own_table)
    assert number(none["score"]) > 0.8
    assert number(none["exact zeros"]) < number(extreme["exact zeros"]) - 5


def test_command_with_own_numbers(own_table, capsys, monkeypatch):
    arguments = (own_table, "--drop", "alcohol", "--max-rows", "60")
    short = {"max_iter": 100, "seeds": 1}
    command("scaling", *arguments, monkeypatch=monkeypatch, **short)
    out = capsys.readouterr().out
    assert out.startswith("own.csv.gz, 60 rows; score: R² on held-out rows, 1 split\n")
    assert number(rows_of(out, own_table)[0]["relu"]) > 0.2


@pytest.mark.parametrize("name", NAMES)
def test_wrong_file_is_one_line(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, "missing.csv"])
    with pytest.raises(SystemExit) as exit_info:
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert exit_info.value.code == "error: missing.csv: there is no such file."
    assert capsys.readouterr() == ("", "")


def test_wrong_options_are_one_line(own_table, monkeypatch):
    with pytest.raises(SystemExit, match=r"^error: --target: .* has no column 'price'; .*\.$"):
        command("scaling", own_table, "--target", "price", monkeypatch=monkeypatch)
    with pytest.raises(SystemExit, match=r"^error: --target, .* are for files; wine is none\.$"):
        command("scaling", "wine", "--target", "price", monkeypatch=monkeypatch)


def test_diverged_fits_are_said(capsys):
    rows = short_form("dying_relus", "diabetes", capsys, rates=(1e300,), max_iter=2, seeds=1)
    leaky = next(row for row in rows if row["activation"] == "leaky_relu")
    assert [leaky[name] for name in ("score", "dead", "stuck")] == ["diverged", "-", "-"]


def test_every_example_is_tested():
    assert sorted(path.stem for path in EXAMPLES.glob("*.py")) == sorted([*NAMES, "tables"])
