"""Benchmarks compare with NumPy as it is by itself, and say what runs."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
MACHINE = FOLDER / "machine.py"
BENCHMARKS = sorted(set(FOLDER.glob("*.py")) - {MACHINE})


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_imports_machine_before_whatever_loads_numpy(path):
    code = path.read_text(encoding="utf-8")
    if "__main__" not in code:
        pytest.skip("other benchmarks import it")
    imported = [
        name.partition(".")[0]
        for node in ast.parse(code).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [node.names[0].name])
    ]
    others = [name for name in imported if name not in sys.stdlib_module_names]
    assert others[0] == "machine"
    assert "print(machine.kernels())" in code


def kernels(**environment):
    """What a benchmark prints, and what a process that it starts would have of the environment."""
    code = (
        "import machine, os; print(machine.kernels(), [n in os.environ for n in machine.SLOWED_BY])"
    )
    plain = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    command = [sys.executable, "-c", code]
    return subprocess.check_output(command, cwd=FOLDER, env=plain | environment, text=True)


def test_openblas_chooses_its_kernels_itself():
    found = kernels()
    assert "kernels" in found
    assert "[False, False]" in found
    assert kernels(OPENBLAS_CORETYPE="Prescott", OPENBLAS_L2_SIZE="1") == found


def test_machine_must_come_before_numpy():
    code = "import numpy, machine"
    environment = os.environ | {"OPENBLAS_CORETYPE": "Prescott"}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER, env=environment, capture_output=True, text=True
    )
    assert "import it before NumPy" in found.stderr


def test_imports_are_timed_with_bytecode_in_the_folder_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "slow.py").write_text("sum(range(3_000_000))", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bytecode = tmp_path / "bytecode"
    code = "import import_time, sys; print(import_time.milliseconds('import slow', sys.argv[1]))"
    told = subprocess.check_output(
        [sys.executable, "-c", code, str(bytecode)], cwd=FOLDER, text=True
    )
    assert float(told) > 0
    assert list(bytecode.rglob("slow.*.pyc"))
    assert not (tmp_path / "__pycache__").exists()
