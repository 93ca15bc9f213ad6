"""Pages that are written from the code are as the code is."""

import re
import runpy
from pathlib import Path

import pytest

from sklearn_relu.estimators.parts import FAMILIES

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_parts_is_what_the_registries_say():
    written = runpy.run_path(str(DOCS / "parts.py"))
    assert (DOCS / "parts.md").read_text() == written["page"](), "run python docs/parts.py"
    assert set(FAMILIES) - set(written["TITLES"]) == {"bias_initialization"}


def test_the_page_of_parts_has_a_row_for_each_name():
    rows = (DOCS / "parts.md").read_text()
    for family, _ in FAMILIES.values():
        for name, cls in family.items():
            assert f'| `"{name}"` | `{cls.__name__}(' in rows


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_the_snippets_about_saving_run(capsys, tmp_path, monkeypatch):
    for package in ("skops", "onnxruntime", "skl2onnx"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "saving.md").read_text()
    names = {"__name__": "__main__"}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(code, "saving.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == ["True", "Halving()", "True", "True"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_snippet_about_reports_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "reports.md").read_text(), re.DOTALL)
    exec(compile(code, "reports.md", "exec"), {})
    printed = capsys.readouterr().out
    for name in ("ActivationReport", "GradientReport", "LocalLinearMap", "Verdict"):
        assert f"{name}: " in printed
