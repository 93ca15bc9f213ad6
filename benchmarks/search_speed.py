"""Seconds of a grid search: scikit-learn's MLP, ours fit by fit, ours in lockstep.

All contenders run the same GridSearchCV over a Pipeline, in float64, with the same number of
epochs; they take turns in one process, and a figure is the least over the repeats, with the refit.
One BLAS thread each, but for "lockstep, 2 threads", which may use two. With n_jobs above 1, all but
lockstep use processes, started beforehand.

Run as ``python benchmarks/search_speed.py``; ``--help`` tells how to choose.
"""

import argparse
import os
import time
import warnings
from contextlib import nullcontext

import machine
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_relu import MLPClassifier, lockstep

WORKLOADS = {
    # data, hidden layers, batch size, epochs; learning rates, alphas, seeds
    "breast cancer (32) b32, 30 epochs": (
        load_breast_cancer,
        {"hidden_layer_sizes": (32,), "batch_size": 32, "max_iter": 30},
        {
            "learning_rate_init": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
            "alpha": [1e-5, 1e-4, 1e-3, 1e-2],
            "random_state": [0, 1, 2],
        },
    ),
    "digits (64,64) b64, 15 epochs": (
        load_digits,
        {"hidden_layer_sizes": (64, 64), "batch_size": 64, "max_iter": 15},
        {"learning_rate_init": [3e-4, 1e-3, 3e-3], "alpha": [1e-4, 1e-2], "random_state": [0, 1]},
    ),
}
CONTENDERS = ["scikit-learn", "fit by fit", "lockstep", "lockstep, 2 threads"]


def search_with(contender, params, grid, n_jobs):
    """The search of a contender."""
    cls = SklearnMLP if contender == "scikit-learn" else MLPClassifier
    network = cls(**params, tol=0, n_iter_no_change=10**6)
    grid = {f"{cls.__name__.lower()}__{name}": values for name, values in grid.items()}
    return GridSearchCV(make_pipeline(StandardScaler(), network), grid, cv=5, n_jobs=n_jobs)


def seconds_of_search(contender, params, grid, n_jobs, X, y):
    """Seconds, and the sizes of the stacks in lockstep."""
    search = search_with(contender, params, grid, n_jobs)
    context = lockstep() if contender.startswith("lockstep") else nullcontext()
    with threadpool_limits(2 if "threads" in contender else 1), context as stacks:
        start = time.perf_counter()
        search.fit(X, y)
        return time.perf_counter() - start, [] if stacks is None else stacks.sizes


def searches(workloads, jobs, contenders, repeats):
    """Print a row for each workload and number of jobs."""
    for name in workloads:
        load, params, grid = WORKLOADS[name]
        X, y = load(return_X_y=True)
        n_fits = 5 * int(np.prod([len(values) for values in grid.values()]))
        for n_jobs in jobs:
            least, sizes = dict.fromkeys(contenders, np.inf), []
            few = {parameter: values[:1] for parameter, values in grid.items()}
            for contender in contenders:  # whatever is done once
                seconds_of_search(contender, params | {"max_iter": 1}, few, n_jobs, X, y)
            for _ in range(repeats):
                for contender in contenders:
                    seconds, found = seconds_of_search(contender, params, grid, n_jobs, X, y)
                    least[contender] = min(least[contender], seconds)
                    sizes = found or sizes
            figures = [f"{least[each]:.2f}" if each in least else "" for each in CONTENDERS]
            best = min((least[each] for each in least if each.startswith("lockstep")), default=0)
            ratios = [
                f"{least[each] / best:.1f}" if each in least and best else ""
                for each in CONTENDERS[:2]
            ]
            stacks = f"{len(sizes)} of up to {max(sizes)}" if sizes else ""
            put([name, str(n_fits), str(n_jobs), *figures, *ratios, stacks])


def ensembles(repeats):
    """Print what eight networks cost in one fit, on the first workload."""
    load, params, _ = next(iter(WORKLOADS.values()))
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    least = {1: np.inf, 8: np.inf}
    for _ in range(repeats):
        for size in least:
            model = MLPClassifier(**params, tol=0, n_iter_no_change=10**6, ensemble_size=size)
            start = time.perf_counter()
            model.fit(X, y)
            least[size] = min(least[size], time.perf_counter() - start)
    put([str(size) for size in least] + ["8 over 1"])
    put(["---"] * 3)
    put([f"{seconds:.3f}" for seconds in least.values()] + [f"{least[8] / least[1]:.2f}"])


def put(cells):
    """Print a row of a table in Markdown."""
    print("| " + " | ".join(cells) + " |", flush=True)


def main():
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--jobs", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--workload", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--contender", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    args = parser.parse_args()
    print(machine.kernels())
    over = [f"{each} / best lockstep" for each in CONTENDERS[:2]]
    heads = ["search", "fits", "n_jobs", *(f"{each}, s" for each in CONTENDERS), *over, "stacks"]
    put(heads)
    put(["---"] * len(heads))
    searches(
        [list(WORKLOADS)[i - 1] for i in args.workload], args.jobs, args.contender, args.repeats
    )
    print("\nSeconds of one fit, of so many networks:\n")
    with threadpool_limits(1):
        ensembles(args.repeats)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    # For the processes of n_jobs.
    os.environ.update(PYTHONWARNINGS="ignore", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    main()
