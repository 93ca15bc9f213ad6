"""The recipe for more data than memory: killed and begun again, and under a limit of memory."""

import os
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "examples" / "recipes" / "out_of_core.py"
N_FILES, N_ROWS, N_COLUMNS = 4, 2_500, 8

KILLED = f"""
import os, runpy, signal, sys
from pathlib import Path

recipe = runpy.run_path({str(RECIPE)!r})
X, y = recipe["read"](Path(sys.argv[1]) / "data")
last = int(sys.argv[2])

def end(model):
    if model.t_ == last:
        os.kill(os.getpid(), signal.SIGKILL)

recipe["train"](X, y, Path(sys.argv[1]) / "model.ckpt", n_epochs=2, each=end)
"""


@pytest.mark.parametrize("n_blocks", [1, 5])
def test_training_that_was_killed_goes_on_as_if_it_had_not_been(n_blocks, tmp_path):
    recipe = runpy.run_path(str(RECIPE))
    recipe["write"](tmp_path / "data", N_FILES, N_ROWS, N_COLUMNS)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(n_blocks * N_ROWS)], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    X, y = recipe["read"](tmp_path / "data")
    calls = []
    resumed = recipe["train"](X, y, tmp_path / "model.ckpt", n_epochs=2, each=calls.append)
    assert len(calls) == 2 * N_FILES - n_blocks
    undisturbed = recipe["train"](X, y, tmp_path / "another.ckpt", n_epochs=2)
    for ours, theirs in zip(undisturbed[-1].coefs_, resumed[-1].coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert resumed[-1].loss_curve_ == undisturbed[-1].loss_curve_


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a heap is Linux's")
def test_it_trains_within_a_limit_that_the_data_does_not_fit_in():
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "benchmarks" / "out_of_core.py",
            *("--gigabytes", "0.4", "--limit", "0.4", "--rows-per-file", "50000"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "loading all at once raises MemoryError" in done.stdout
    rows = re.search(r"trained on ([\d,]+) rows", done.stdout)[1]
    assert int(rows.replace(",", "")) == 2_000_000 * 0.98 // 50_000 * 50_000
    assert float(re.search(r"accuracy on the last file (\S+),", done.stdout)[1]) > 0.9
