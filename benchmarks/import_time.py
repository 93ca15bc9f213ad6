"""Milliseconds of imports: this package and scikit-learn's networks, each in a new process.

Contenders take turns, so that a change of the machine's speed meets them all. A figure is the time
of the processor, as other work on the machine changes it least, from before the statement to after
it: the interpreter's own start does not count. Bytecode is there, as it is where a package was
installed or has been imported before; it is kept in a folder of this run. Run as
``python benchmarks/import_time.py``.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile

import machine

THEIRS = "import sklearn.neural_network"
STATEMENTS = [
    THEIRS,
    "import sklearn_relu",
    "from sklearn_relu import MLPClassifier",
    "from sklearn_relu import *",
]
TIMED = """
import time
start = time.process_time()
{}
print(time.process_time() - start)
"""


def milliseconds(statement, bytecode):
    """Of the statement in a new process, with bytecode in that folder."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", TIMED.format(statement)]
    return float(subprocess.check_output(command, env=environment, text=True)) * 1e3


def main():
    """Print a row for each statement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=31, help="of each statement")
    args = parser.parse_args()
    print(machine.kernels())
    print(f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as bytecode:
        for statement in STATEMENTS:
            milliseconds(statement, bytecode)  # writes the bytecode
        turns = [
            [milliseconds(statement, bytecode) for statement in STATEMENTS]
            for _ in range(args.processes)
        ]
    times = dict(zip(STATEMENTS, zip(*turns, strict=True), strict=True))
    print("| statement | median, ms | least, ms | more than scikit-learn: median | least |")
    print("| --- | --- | --- | --- | --- |")
    for statement, each in times.items():
        figures = statistics.median(each), min(each)
        theirs = statistics.median(times[THEIRS]), min(times[THEIRS])
        more = [figure - other for figure, other in zip(figures, theirs, strict=True)]
        cells = [f"`{statement}`", *(f"{figure:.1f}" for figure in (*figures, *more))]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
