"""How the time of training grows: with rows, columns, width, depth, ensembles, fits and workers.

Prints one table each, as docs/scaling.md has them, in float32 with one BLAS thread. Seconds are
those of processors, of this process and all that it has started, so that other work on the machine
counts little. Run as ``python benchmarks/scaling.py [TABLE ...]``; needs psutil and distributed.
"""

import argparse
import itertools
import time
import warnings
from contextlib import contextmanager, nullcontext

import machine
import numpy as np
import psutil
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from sklearn_relu import MLPClassifier, lockstep

N_ROWS, N_COLUMNS, HIDDEN = 20_000, 50, (100,)


def data(n_rows=N_ROWS, n_columns=N_COLUMNS):
    """Standard normal rows in float32, in two classes."""
    X = np.random.default_rng(0).standard_normal((n_rows, n_columns), dtype=np.float32)
    return X, (X[:, :5].sum(axis=1) > 0).astype(int)


def epoch(X, y, hidden=HIDDEN, **params):
    """Seconds of an epoch: those of four less those of one, which holds what a fit costs once."""

    def fit(n_epochs):
        model = MLPClassifier(hidden, max_iter=n_epochs, random_state=0, **params)
        start = time.process_time()
        model.fit(X, y)
        return time.process_time() - start

    short, long = (min(fit(n) for _ in range(3)) for n in (1, 4))
    return (long - short) / 3


def table(head, rows):
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
    print()


def significant(seconds):
    """Two significant digits at least, without an exponent."""
    digits = 0 if seconds >= 10 else 2 if seconds >= 0.1 else 4
    return f"{seconds:.{digits}f}"


def rows():
    """Epochs over more and more rows."""

    def measured(n):
        seconds = epoch(*data(n))
        return f"{n:,}", significant(seconds), f"{seconds / n * 1e6:.2f}"

    table(["rows", "seconds an epoch", "microseconds a row"], map(measured, (10**4, 10**5, 10**6)))


def columns():
    """Epochs over wider and wider tables."""

    def measured(n):
        seconds = epoch(*data(n_columns=n))
        return f"{n:,}", significant(seconds), f"{seconds / N_ROWS * 1e6:.2f}"

    table(
        ["columns", "seconds an epoch", "microseconds a row"], map(measured, (10, 100, 1000, 5000))
    )


def width():
    """Epochs of wider and deeper networks."""
    X, y = data()

    def measured(hidden):
        seconds = epoch(X, y, hidden)
        sizes = (N_COLUMNS, *hidden, 1)
        n_weights = sum(a * b for a, b in itertools.pairwise(sizes))
        # Two operations a weight and row, in the pass forward and the two products back.
        rate = 6 * n_weights * N_ROWS / seconds / 1e9
        return hidden, f"{n_weights:,}", significant(seconds), f"{rate:.0f}"

    shapes = ((50,), (200,), (1000,), (200,) * 2, (200,) * 5, (1000,) * 3)
    table(
        ["hidden layers", "weights", "seconds an epoch", "operations a second, 1e9"],
        map(measured, shapes),
    )


def ensemble():
    """Epochs of larger and larger ensembles of a small network."""
    X, y = data(2_000, 20)
    one = epoch(X, y, (16,), batch_size=50)

    def measured(size):
        seconds = epoch(X, y, (16,), batch_size=50, ensemble_size=size)
        return size, significant(seconds), f"{seconds / one:.1f}"

    table(
        ["ensemble_size", "seconds an epoch", "times one network"], map(measured, (2, 4, 8, 16, 32))
    )


@contextmanager
def dask_workers():
    """A cluster of two processes on this machine."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster),
        parallel_config("dask"),
    ):
        yield


def all_seconds():
    """Seconds of processors that this process and those it has started have taken."""
    here = psutil.Process()
    times = [each.cpu_times() for each in (here, *here.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def search_seconds(n_fits, n_jobs=None, hidden=(16,), n_rows=2_000):
    """Seconds of a search over so many fits, once workers are there; without the refit."""
    X, y = data(n_rows, 20)
    model = MLPClassifier(hidden, batch_size=50, max_iter=10, random_state=0)

    def run(n):
        grid = {"learning_rate_init": np.geomspace(1e-4, 1e-2, n // 2)}
        start = all_seconds()
        GridSearchCV(model, grid, cv=2, refit=False, n_jobs=n_jobs).fit(X, y)
        return all_seconds() - start

    run(8)
    return run(n_fits)


def searches():
    """More and more fits, one by one and in lockstep."""

    def measured(n):
        alone = search_seconds(n)
        with lockstep():
            together = search_seconds(n)
        return n, significant(alone), significant(together), f"{alone / together:.1f}"

    table(
        ["fits", "one by one, s", "lockstep, s", "times as fast"], map(measured, (2, 10, 50, 200))
    )


def workers():
    """A search at home, in processes and on a cluster."""
    ways = {
        "here, n_jobs=1": (nullcontext, None),
        "here, lockstep": (lockstep, None),
        "two processes, n_jobs=2": (nullcontext, 2),
        "dask, two workers": (dask_workers, None),
    }

    def measured(way):
        context, n_jobs = ways[way]
        with context():
            small = search_seconds(40, n_jobs)
            middle = search_seconds(40, n_jobs, (128, 128), 3_000)
        return way, significant(small), significant(middle)

    table(["40 fits", "2,000 rows, (16,)", "3,000 rows, (128, 128)"], map(measured, ways))


TABLES = {each.__name__: each for each in (rows, columns, width, ensemble, searches, workers)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "tables", nargs="*", metavar="TABLE", help=f"of {list(TABLES)}; all, unless named"
    )
    warnings.simplefilter("ignore", ConvergenceWarning)
    chosen = parser.parse_args().tables or list(TABLES)
    print(machine.kernels())
    # Once, for what the first fit of a process loads.
    epoch(*data(1000))
    with threadpool_limits(1):
        for name in chosen:
            TABLES[name]()
