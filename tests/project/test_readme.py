"""Every command and snippet of the README runs; what it says of files and targets is so."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SNIPPETS = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [
    line for language, code in BLOCKS if language == "sh" for line in code.splitlines() if line
]


@pytest.mark.parametrize("code", SNIPPETS, ids=range(len(SNIPPETS)))
def test_snippets_print_their_answers_and_nothing_else(code):
    """In a new interpreter, as its reader would run them: warnings would be on stderr."""
    environment = os.environ | {"PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    numba_compiles = r"sklearn_relu: numba .*\n"  # once for an installation
    assert re.sub(numba_compiles, "", done.stderr) == ""
    calls = [line for line in code.splitlines() if line.startswith("print(")]
    printed = done.stdout.splitlines()
    assert len(printed) == len(calls)
    for call, line in zip(calls, printed, strict=True):
        said = re.search(r"# (.*?):", call)
        assert not said or line.endswith(said[1])


@pytest.fixture
def own_table(tmp_path):
    rows = "\n".join(f"{i % 7},{i % 3},{'ab'[i % 2]},{i % 7 * 2.5 + i % 3}" for i in range(60))
    (tmp_path / "my_table.csv").write_text(f"size,rooms,place,price\n{rows}\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("sklearn-relu")])
def test_commands_run_on_a_table(command, own_table):
    _program, *arguments = shlex.split(command)
    quick = ["--max-iter", "3", "--folds", "2", "--networks", "4", "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_relu", *arguments, *quick],
        cwd=own_table,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "relu" in done.stdout
    suffixes = {path.suffix for path in (own_table / "comparison").iterdir()}
    assert suffixes == {".csv", ".html", ".png", ".py", ".skops"}


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("pip")])
def test_installations_name_extras_that_exist(command):
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    target = shlex.split(command, comments=True)[2]
    extras = re.search(r"\[(.*)\]", target)
    assert target.startswith(".")
    assert not extras or set(extras[1].split(",")) <= set(project["optional-dependencies"])


@pytest.mark.parametrize("target", re.findall(r"`make (\w+)`", README))
def test_make_targets_exist(target):
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_files_it_names_exist():
    for name in re.findall(r"`((?:docs/)?[\w.]+\.md)`", README):
        assert (ROOT / name).exists(), name
