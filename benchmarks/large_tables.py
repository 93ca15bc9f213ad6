"""Time and memory of fits to large tables, each in a fresh process.

Made tables of numbers, half of which say nothing, in two classes. Memory is how far the peak is
above what the process held with the data loaded (X in float64, y), as benchmarks/memory.py takes
it. Linux only; run as ``python benchmarks/large_tables.py``.
"""

import subprocess
import sys
import time

import machine
import memory
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

SIZES = (100_000, 50), (1_000_000, 20)
N_TEST = 20_000


def table(n_rows, n_columns):
    """Standard normal columns, and classes that depend on ten of them, some by a product."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows + N_TEST, n_columns))
    a, b, c, d, e, *rest = X[:, :10].T
    score = np.sin(2 * a) * b + abs(c) + d * (e > 0) + 0.5 * np.tanh(sum(rest)) * a
    score += rng.normal(0, 0.3, len(X))
    return X, (score > np.median(score)).astype(int)


def run(name, n_rows, n_columns):
    """Print seconds, MB above the data, epochs and the share of wrong classes."""
    from sklearn_relu import TabularMLPClassifier

    X, y = table(n_rows, n_columns)
    kind = {"tabular": TabularMLPClassifier, "hgb": HistGradientBoostingClassifier}[name]
    kind(max_iter=1).fit(X[:1000], y[:1000])  # whatever is loaded once
    X, X_test, y, y_test = X[:-N_TEST], X[-N_TEST:], y[:-N_TEST], y[-N_TEST:]
    model = kind(random_state=0)
    start = time.perf_counter()
    with memory.peak_above() as peak:
        model.fit(X, y)
    seconds = time.perf_counter() - start
    wrong = 1 - model.score(X_test, y_test)
    print(f"{seconds:.0f} | {peak[0] / 2**10:.0f} | {model.n_iter_} | {wrong:.4f}")


def main():
    """Print a row for each."""
    print(machine.kernels())
    print("| rows x columns | X, MB | | seconds | MB above X | epochs or trees | error |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for n_rows, n_columns in SIZES:
        for name in ("tabular", "hgb"):
            command = [sys.executable, __file__, name, str(n_rows), str(n_columns)]
            figures = subprocess.check_output(command, text=True).strip()
            size = n_rows * n_columns * 8 / 2**20
            print(f"| {n_rows:,} x {n_columns} | {size:.0f} | {name} | {figures} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        run(sys.argv[1], *map(int, sys.argv[2:]))
    else:
        main()
