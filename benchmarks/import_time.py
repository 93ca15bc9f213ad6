"""Milliseconds of imports: this package and scikit-learn's networks, each in a new process.

Contenders take turns, so that a change of the machine's speed meets them all. A figure is the time
of the processor, as other work on the machine changes it least, from before the statement to after
it: the interpreter's own start does not count. Bytecode is there, as it is where a package was
installed or has been imported before; it is kept in a folder of this run. "after it" is what a
statement adds where scikit-learn's networks are imported already: as no two long times are
subtracted, it is the figure to trust on a busy machine.
Run as ``python benchmarks/import_time.py``.
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
{}
start = time.process_time()
{}
print(time.process_time() - start)
"""


def milliseconds(statement, bytecode, before=""):
    """Of the statement in a new process, after another, with bytecode in that folder."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", TIMED.format(before, statement)]
    return float(subprocess.check_output(command, env=environment, text=True)) * 1e3


def middle_and_least(times):
    """Of a list of times, the median and the least."""
    return statistics.median(times), min(times)


def main():
    """Print a row for each statement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=31, help="of each statement")
    args = parser.parse_args()
    print(machine.kernels())
    print(f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores")
    cases = [(statement, before) for before in ("", THEIRS) for statement in STATEMENTS]
    with tempfile.TemporaryDirectory() as bytecode:
        milliseconds("\n".join(STATEMENTS), bytecode)  # writes the bytecode
        turns = [
            [milliseconds(statement, bytecode, before) for statement, before in cases]
            for _ in range(args.processes)
        ]
    times = dict(zip(cases, map(middle_and_least, zip(*turns, strict=True)), strict=True))
    print("| statement | median, ms | least | minus scikit-learn's | least | after it | least |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for statement in STATEMENTS:
        alone, theirs = times[statement, ""], times[THEIRS, ""]
        more = [figure - other for figure, other in zip(alone, theirs, strict=True)]
        figures = *alone, *more, *times[statement, THEIRS]
        print(f"| `{statement}` | " + " | ".join(f"{each:.1f}" for each in figures) + " |")


if __name__ == "__main__":
    main()
