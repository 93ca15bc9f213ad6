"""Microseconds of calls with a few rows: this package and scikit-learn, predict and partial_fit.

Contenders take turns in one process, so that a change of the machine's speed meets them all. A
figure is the least time of the processor, of many repeats; a ratio is over that of scikit-learn.
"numpy" is this package without its compiled loops, "fast" with them. Run as
``python benchmarks/small_calls.py``.
"""

import argparse
import time
import warnings
from functools import partial

import machine
import numpy as np
from sklearn import neural_network
from threadpoolctl import threadpool_limits

import sklearn_relu
from sklearn_relu.kernels import fused

N_COLUMNS, N_UNITS = 10, 32
CALLS = {"predict": 100, "predict_proba": 100, "partial_fit": 30}


def calls(package, n_rows):
    """By estimator and method, a call with that many rows, of a model that has had one before."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, N_COLUMNS))
    numbers, labels = X[:, 0], (X[:, 0] > 0).astype(int)
    params = {"hidden_layer_sizes": (N_UNITS,), "random_state": 0}
    regressor = package.MLPRegressor(**params).partial_fit(X, numbers)
    classifier = package.MLPClassifier(**params).partial_fit(X, labels, classes=[0, 1])
    return {
        ("regressor", "predict"): partial(regressor.predict, X),
        ("regressor", "partial_fit"): partial(regressor.partial_fit, X, numbers),
        ("classifier", "predict"): partial(classifier.predict, X),
        ("classifier", "predict_proba"): partial(classifier.predict_proba, X),
        ("classifier", "partial_fit"): partial(classifier.partial_fit, X, labels),
    }


def seconds(call, n):
    """Of the processor, for n calls."""
    start = time.process_time()
    for _ in range(n):
        call()
    return time.process_time() - start


def least(contenders, n, repeats):
    """The least microseconds of a call of each contender, by name, in turns."""
    best = dict.fromkeys(contenders, np.inf)
    for _ in range(repeats):
        for name, call in contenders.items():
            with machine.compiled_loops(name == "fast"):
                best[name] = min(best[name], seconds(call, n) / n * 1e6)
    return best


def main():
    """Print a row for each estimator, method and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--rows", nargs="+", type=int, default=[1, 10, 100])
    args = parser.parse_args()
    print(machine.kernels())
    own = ["numpy"] if fused.loops() is None else ["numpy", "fast"]
    heads = ["call", "rows", "scikit-learn", *own, *(f"{name} / scikit-learn" for name in own)]
    print("| " + " | ".join(heads) + " |")
    print("| --- " * len(heads) + "|")
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        for n_rows in args.rows:
            packages = {"scikit-learn": neural_network, **dict.fromkeys(own, sklearn_relu)}
            made = {name: calls(package, n_rows) for name, package in packages.items()}
            for estimator, method in made["scikit-learn"]:
                contenders = {name: each[estimator, method] for name, each in made.items()}
                best = least(contenders, CALLS[method], args.repeats)
                theirs = best.pop("scikit-learn")
                figures = [f"{us:.0f}" for us in (theirs, *best.values())]
                ratios = [f"{us / theirs:.2f}" for us in best.values()]
                cells = [f"{estimator}.{method}", str(n_rows), *figures, *ratios]
                print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
