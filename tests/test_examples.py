"""The examples run, in short form, and print what they promise."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_depth(capsys):
    runpy.run_path(str(EXAMPLES / "depth.py"))["main"](depths=(1, 10), max_iter=15)
    _, header, shallow, deep = capsys.readouterr().out.splitlines()
    assert header.split() == ["layers", "relu", "tanh", "logistic"]
    scores = [float(cell) for cell in shallow.split()[1::2]]
    assert min(scores) > 0.8
    ratios = [float(cell.strip("()")) for cell in deep.split()[2::2]]
    assert ratios[2] < 1e-4 < ratios[0]


def test_every_example_is_tested():
    assert [path.name for path in EXAMPLES.glob("*.py")] == ["depth.py"]
