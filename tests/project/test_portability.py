"""What differs between systems: encodings, modules that only some have, and signals."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import slow

ROOT = Path(__file__).parents[2]
FOLDERS = ("sklearn_relu", "tests", "docs", "benchmarks", "examples", ".ci")
SOURCES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "_build" not in path.parts
)
ON_POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty"}


def trees():
    for path in SOURCES:
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def text_is_opened(call):
    """Whether a call opens text, and by no encoding of its own."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    function = call.func
    if isinstance(function, ast.Name) and function.id == "open":
        mode = named.get("mode", call.args[1] if len(call.args) > 1 else None)
    elif isinstance(function, ast.Attribute) and function.attr in ("read_text", "write_text"):
        mode = None
    else:
        return False
    binary = isinstance(mode, ast.Constant) and "b" in mode.value
    return not binary and "encoding" not in named


def test_text_is_read_and_written_with_an_encoding():
    """Windows has another one than the files of this project."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and text_is_opened(node)
    ]
    assert not found


def test_modules_of_posix_are_imported_where_they_are_used_only():
    found = []
    for path, tree in trees():
        tested_everywhere = path.parts[0] in ("sklearn_relu", "tests")
        for node in tree.body if tested_everywhere else []:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                found += [f"{path}: {name}" for name in names if name in ON_POSIX_ONLY]
    assert not found


WITHOUT_POSIX = f"""
import os, sys
for name in {sorted(ON_POSIX_ONLY - {"posix"})!r}:
    sys.modules[name] = None
for name in ("fork", "register_at_fork", "mkfifo", "getuid", "geteuid", "sched_getaffinity"):
    if hasattr(os, name):
        delattr(os, name)
import sklearn_relu, sklearn_relu.callbacks, sklearn_relu.displays, sklearn_relu.utils
path = sys.argv[1]
X = [[0.0], [1.0], [2.0], [3.0]] * 10
network = sklearn_relu.MLPClassifier((3,), max_iter=2, random_state=0, tol=0, verbose=False)
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    with sklearn_relu.lockstep():
        network.fit(X, [0, 0, 1, 1] * 10)
sklearn_relu.save(network, path)
assert (sklearn_relu.load(path).predict(X) == network.predict(X)).all()
"""


def test_it_trains_and_saves_where_python_has_nothing_of_posix(tmp_path):
    """As on Windows, as far as another system can tell."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, str(tmp_path / "model.relu")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", slow("ascii"), slow("utf-8")])
@pytest.mark.slow
def test_the_command_prints_names_that_the_console_cannot_show(tmp_path, encoding):
    table = tmp_path / "table.csv"
    rows = "".join(f"{i % 7},{i % 3},{'да' if i % 2 else 'нет'}\n" for i in range(40))
    table.write_text("幅,ответ,größe\n" + rows, encoding="utf-8")
    command = ["compare", str(table), "--activations", "relu", "--networks", "4"]
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_relu", *command, "--max-iter", "2", "--folds", "2"],
        capture_output=True,
        encoding=encoding,
        env=_environment(encoding),
    )
    assert done.returncode == 0, done.stderr
    shown = {"cp1252": "größe", "ascii": "gr??e", "utf-8": "größe"}[encoding]
    assert shown in done.stdout


def _environment(encoding):
    return os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
