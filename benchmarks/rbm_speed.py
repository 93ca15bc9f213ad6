"""Seconds an epoch of RBM and scikit-learn's BernoulliRBM: 20,000 images of MNIST, 256 units.

Contenders take turns in one process with one thread. A figure is the least time of the processor;
a ratio is that of BernoulliRBM over it. BernoulliRBM trains with persistent chains. Run as
``python benchmarks/rbm_speed.py MNIST``, where MNIST is the folder of the original files.
"""

import argparse
import time
from pathlib import Path

import machine
import numpy as np
from mnist import load
from sklearn.neural_network import BernoulliRBM
from threadpoolctl import threadpool_limits

from sklearn_relu import RBM
from sklearn_relu.kernels import fused

N_ROWS, N_UNITS = 20_000, 256
REFERENCE = "BernoulliRBM"


def contenders(batch_size):
    """Unfitted machines, each for one epoch, by name."""
    shared = {"batch_size": batch_size, "n_iter": 1, "learning_rate": 0.02, "random_state": 0}
    return {
        REFERENCE: BernoulliRBM(N_UNITS, **shared),
        "rectified": RBM(N_UNITS, **shared),
        "binary": RBM(N_UNITS, hidden="binary", **shared),
        "binary, persistent": RBM(N_UNITS, hidden="binary", persistent=True, **shared),
    }


def seconds(model, X):
    """Of the processor, for one fit."""
    start = time.process_time()
    model.fit(X)
    return time.process_time() - start


def least(models, X, repeats):
    """The least seconds of each machine, in turns."""
    best = dict.fromkeys(models, np.inf)
    for _ in range(repeats):
        for name, model in models.items():
            best[name] = min(best[name], seconds(model, X))
    return best


def main():
    """Print a row for each size of batches and each machine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with the original files of MNIST")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--batches", nargs="+", type=int, default=[10, 100])
    parser.add_argument("--numpy", action="store_true", help="without compiled loops")
    args = parser.parse_args()
    print(machine.kernels())
    X = load(args.folder, "train")[0][:N_ROWS]
    print("| batch | machine | seconds an epoch | times as fast |\n| --- | --- | --- | --- |")
    wanted = not args.numpy and fused.loops() is not None
    with threadpool_limits(1), machine.compiled_loops(wanted):
        for batch_size in args.batches:
            best = least(contenders(batch_size), X, args.repeats)
            for name, figure in best.items():
                ratio = best[REFERENCE] / figure
                print(f"| {batch_size} | {name} | {figure:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
