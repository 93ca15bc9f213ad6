"""Types reach code of users: mypy passes what is right, and finds mistakes where they are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """A function that gives mypy's errors in a file, as (line, kind)."""
    folder = tmp_path_factory.mktemp("user")
    # scikit-learn has no types; with none of this project's settings.
    (folder / "mypy.ini").write_text(
        "[mypy]\n[mypy-sklearn.*]\nignore_missing_imports = True\n", encoding="utf-8"
    )

    def errors(name):
        (folder / name).write_bytes((HERE / name).read_bytes())
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", name],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        return [
            (int(line), kind)
            for line, kind in re.findall(rf"^{name}:(\d+): error: .*\[(.*)\]$", done.stdout, re.M)
        ]

    return errors


def test_right_code_passes(check):
    assert check("right.py") == []


def test_each_mistake_is_found_where_it_is(check):
    lines = (HERE / "wrong.py").read_text(encoding="utf-8").splitlines()
    expected = [(i, line.split("  # ")[1]) for i, line in enumerate(lines, 1) if "  # " in line]
    assert len(expected) == 11
    assert check("wrong.py") == expected
