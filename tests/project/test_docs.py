"""Pages that are written from the code are as the code is."""

import itertools
import re
import runpy
import warnings
from pathlib import Path

import pytest
import versions
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu.estimators.parts import FAMILIES

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_parts_is_what_the_registries_say():
    written = runpy.run_path(str(DOCS / "parts.py"))
    assert (DOCS / "parts.md").read_text(encoding="utf-8") == written["page"](), (
        "run python docs/parts.py"
    )
    of_others = {
        "bias_initialization",
        "gate_activation",
        "recurrent_initialization",
        "regularization_schedule",
    }
    assert set(FAMILIES) - set(written["TITLES"]) == of_others


def test_the_page_of_parts_has_a_row_for_each_name():
    rows = (DOCS / "parts.md").read_text(encoding="utf-8")
    for family, _ in FAMILIES.values():
        for name, cls in family.items():
            assert f'| `"{name}"` | `{cls.__name__}(' in rows


def test_the_snippets_about_saving_run(capsys, tmp_path, monkeypatch):
    for package in ("skops", "onnxruntime", "skl2onnx"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "saving.md").read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(code, "saving.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == ["True", "Halving()", "True", "True"]


def test_the_real_table_goes_from_file_to_onnx(capsys, tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "tabular.md").read_text(encoding="utf-8")
    section = page.partition("## One real table, from file to ONNX")[2].partition("\n## ")[0]
    *snippets, exported = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    names = {"__name__": "__main__"}
    for code in snippets:
        exec(compile(code, "tabular.md", "exec"), names)
    score, columns, important, *looked, same = capsys.readouterr().out.splitlines()
    assert score in ("R2 0.4", "R2 0.5")
    assert columns == "['sex_second' 'bp_missing' 's4_missing']"
    assert important == "['bmi', 's5']"
    assert looked[0].startswith("Verdict: ")
    assert same == "True"
    for package in ("onnxruntime", "skl2onnx"):
        pytest.importorskip(package)
    exec(compile(exported, "tabular.md", "exec"), names)
    assert capsys.readouterr().out == "True\n"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_the_snippets_about_reports_run(capsys):
    page = (DOCS / "reports.md").read_text(encoding="utf-8")
    general, recurrent = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(general, "reports.md", "exec"), {})
    printed = capsys.readouterr().out
    for name in ("ActivationReport", "GradientReport", "LocalLinearMap", "Verdict"):
        assert f"{name}: " in printed
    exec(compile(recurrent, "reports.md", "exec"), {})
    titles = re.findall(r"^(\w+): (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert [name for name, _ in titles] == ["GradientThroughTime"] * 2 + ["GateReport"]
    assert titles[0][1].startswith("the gradient is kept over 60 steps")
    assert titles[1][1].startswith("the gradient vanishes over 60 steps")


def test_the_snippet_about_boltzmann_machines_runs(capsys):
    page = (DOCS / "boltzmann.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(code, "boltzmann.md", "exec"), {})
    assert capsys.readouterr().out == "True\n"


@versions.with_callbacks
def test_the_page_on_long_fits_runs(tmp_path, monkeypatch):
    """Its snippets in order, with a small network and two batches, in a folder of its own."""
    page = (DOCS / "long_fits.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(snippets) == 4
    X, y = make_classification(100, 5, random_state=0)
    names = {
        "X": X,
        "y": y,
        "itertools": itertools,
        "batches": lambda: iter([(X, y), (X, y)]),
        "classes": [0, 1],
    }
    monkeypatch.chdir(tmp_path)
    for code in snippets:
        small = code.replace("(500, 500), max_iter=2000", "(5,), max_iter=3")
        small = small.replace("MLPClassifier()", "MLPClassifier((5,), max_iter=3)")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            exec(compile(small, "long_fits.md", "exec"), names)
    assert len(names["model"].loss_curve_) == 2
    stopped = names["MLPClassifier"]((5,), early_stopping=True, random_state=0)
    stopped.set_callbacks(names["GoodEnough"](0.0)).fit(X, y)
    assert stopped.n_iter_ == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.ckpt", "stream.ckpt"]


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_snippets_about_images_run(capsys):
    page = (DOCS / "images.md").read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(code, "images.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == [
        "[(8, 8, 16), (4, 4, 16), (4, 4, 32), (2, 2, 32), (10,)]",
        "(3, 3, 1, 16) (5, 4, 4, 32)",
        "(2, 8, 8)",
    ]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_snippets_about_autoencoders_run(capsys):
    page = (DOCS / "autoencoders.md").read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(code, "autoencoders.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == ["(1797, 32) 0.9", "0.9", "PCA"]


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_snippets_about_sequences_run(capsys):
    page = (DOCS / "sequences.md").read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(code, "sequences.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:5] == ["[1 0 0] True", "True (20, 1)", "4", "(12, 2)", "True"]
    reports = [line.partition(":")[0] for line in printed if re.match(r"[A-Z]\w+: ", line)]
    assert reports == ["ActivationReport", "GradientThroughTime", "GateReport", "Verdict"]
