"""Trains on more data than memory may hold, by the recipe of examples/recipes/out_of_core.py.

Writes files of float32 rows, then trains on them, in a process whose heap the system limits
(RLIMIT_DATA), for one pass; another process under the same limit tries to load them all at once.
Linux only; run as ``python benchmarks/out_of_core.py``; ``--help`` tells the sizes.
"""

import argparse
import os
import resource
import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine

N_COLUMNS, ROWS_PER_FILE = 50, 500_000
RECIPE = Path(__file__).parents[1] / "examples" / "recipes" / "out_of_core.py"


def train(folder):
    """The recipe, on all files but the last; prints what it did."""
    recipe = runpy.run_path(str(RECIPE))
    X, y = recipe["read"](folder / "data")
    rows = X.chunks[0][0]
    start = time.perf_counter()
    model = recipe["train"](X[:-rows], y[:-rows], folder / "model.ckpt")
    seconds = time.perf_counter() - start
    accuracy = model.score(*next(recipe["blocks"](X[-rows:], y[-rows:])))
    n_rows = model[-1].t_
    print(f"trained on {n_rows:,} rows in {seconds:.0f} s, {n_rows / seconds:,.0f} rows a second")
    print(f"accuracy on the last file {accuracy:.4f}, at most 0.95")


def load_all(folder):
    """What the recipe is for: raises MemoryError under the limit."""
    import numpy as np

    np.concatenate([np.load(path) for path in sorted((folder / "data").glob("*.npy"))])


def run_limited(task, folder, limit):
    """Run a task of this module in a process with so many bytes; returns its end and peak."""
    child = subprocess.Popen(
        [sys.executable, __file__, "--task", task, "--folder", str(folder)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)),
        stderr=subprocess.PIPE if task == "load_all" else None,
        text=True,
    )
    errors = child.stderr.read() if child.stderr else ""
    _, status, usage = os.wait4(child.pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024, errors


def main():
    """Write, train, try to load, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="of data")
    parser.add_argument("--limit", type=float, default=1.0, help="gigabytes of memory")
    parser.add_argument("--rows-per-file", type=int, default=ROWS_PER_FILE)
    parser.add_argument("--task", choices=["train", "load_all"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        return {"train": train, "load_all": load_all}[options.task](options.folder)
    print(machine.kernels())
    per_file = options.rows_per_file * (N_COLUMNS + 1) * 4
    n_files = round(options.gigabytes * 1e9 / per_file) + 1  # and one to score on
    limit = round(options.limit * 1e9)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        recipe = runpy.run_path(str(RECIPE))
        recipe["write"](folder / "data", n_files, options.rows_per_file, N_COLUMNS)
        size = sum(path.stat().st_size for path in (folder / "data").iterdir())
        print(f"{size / 1e9:.2f} GB in {n_files} files; memory limited to {limit / 1e9:.2f} GB")
        code, peak, _ = run_limited("train", folder, limit)
        print(f"peak resident memory {peak / 1e6:.0f} MB")
        _, _, errors = run_limited("load_all", folder, limit)
        ends_well = "MemoryError" not in errors
        print("loading all at once", "works too" if ends_well else "raises MemoryError")
    return code


if __name__ == "__main__":
    sys.exit(main())
