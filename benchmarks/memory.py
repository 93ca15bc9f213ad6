"""Peak memory of fits and predictions, each in a fresh process.

Prints how far the peak is above what the process held with the data loaded, pages of files left
out, which the system takes back when it wants to. A thread looks every millisecond. Linux only; run
as ``python benchmarks/memory.py``.
"""

import os
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import contextmanager

import machine
import numpy as np
import scipy.sparse as sp

N_ROWS, N_COLUMNS = 1_000_000, 50


def dense():
    """1,000,000 x 50 numbers of float32."""
    return np.random.default_rng(0).random((N_ROWS, N_COLUMNS), dtype=np.float32)


def memory_mapped():
    """The same in a file."""
    path = os.path.join(tempfile.gettempdir(), "sklearn_relu_memory.npy")
    X = np.lib.format.open_memmap(path, "w+", np.float32, (N_ROWS, N_COLUMNS))
    for start in range(0, N_ROWS, 10_000):
        X[start : start + 10_000] = np.random.default_rng(start).random((10_000, N_COLUMNS))
    X.flush()
    del X
    return np.load(path, mmap_mode="r")


def sparse():
    """1,000,000 x 2,000 of which 1 in 100 is stored: 250 MB, 8 GB if it were dense."""
    rng = np.random.default_rng(0)
    per_row = 20
    columns = rng.integers(0, 2000, (N_ROWS, per_row), dtype=np.int32)
    columns.sort(axis=1)
    values = rng.random(N_ROWS * per_row, dtype=np.float32)
    starts = np.arange(0, N_ROWS * per_row + 1, per_row, dtype=np.int32)
    return sp.csr_array((values, columns.ravel(), starts), shape=(N_ROWS, 2000))


def run(what, kind):
    """In a process of its own: train an epoch, or predict."""
    from sklearn.exceptions import ConvergenceWarning

    from sklearn_relu import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    X = {"dense": dense, "memory-mapped": memory_mapped, "sparse": sparse}[kind]()
    y = np.arange(N_ROWS) % 2
    model = MLPClassifier((50,), max_iter=1, random_state=0)
    model.fit(X[:1000], y[:1000])  # whatever is loaded once
    with peak_above() as peak:
        if what == "fit":
            model.fit(X, y)
        else:
            model.predict(X)
    print(f"{peak[0] / 2**10:.0f}")


@contextmanager
def peak_above():
    """A list of the most KB that the process holds above what it holds now."""
    before, peak, done = own_memory(), [0], threading.Event()

    def watch():
        while not done.wait(0.001):
            peak[0] = max(peak[0], own_memory() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def own_memory():
    """What this process holds beside pages of files, in KB."""
    with open("/proc/self/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))


def main():
    """Print a row for each."""
    print(machine.kernels())
    print("| X | | peak above X, MB |")
    print("| --- | --- | --- |")
    for kind in ("dense", "memory-mapped", "sparse"):
        for what in ("fit", "predict"):
            command = [sys.executable, __file__, what, kind]
            print(f"| {kind} | {what} | {subprocess.check_output(command, text=True).strip()} |")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run(*sys.argv[1:])
    else:
        main()
