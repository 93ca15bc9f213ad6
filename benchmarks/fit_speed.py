"""Microseconds per training step, against scikit-learn (and PyTorch, if it is installed).

All contenders take turns in one process with one BLAS thread, so that a change of the machine's
speed meets them all; ratios are of medians. A fit's fixed cost (checks, initialization) is measured
with one epoch and taken off. Run as ``python benchmarks/fit_speed.py``.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import importlib.util
import itertools
import time
import warnings

import numpy as np
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as SklearnMLP

from sklearn_relu import MLPClassifier


def workloads():
    """Name, X, y, hidden layers, batch size, and epochs for about half a second."""
    X, y = make_classification(569, 30, n_informative=10, random_state=0)
    yield "569 x 30 (32) b32", X, y, (32,), 32, 60
    X, y = load_digits(return_X_y=True)
    yield "1797 x 64 (100) b200", X / 16, y, (100,), 200, 60
    X, y = make_classification(20_000, 30, n_informative=10, random_state=0)
    yield "20,000 x 30 (128, 128) b256", X, y, (128, 128), 256, 4


def sklearn_fit(estimator, X, y, sizes, batch_size, epochs):
    """Seconds of one fit under the default solver, Adam."""
    model = estimator(
        sizes, batch_size=batch_size, max_iter=epochs, random_state=0, tol=0, n_iter_no_change=10**6
    )
    start = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - start


def torch_fit(X, y, sizes, batch_size, epochs):
    """Seconds of the same fit in eager PyTorch, with its fused Adam."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    dtype = torch.float64 if X.dtype == np.float64 else torch.float32
    start = time.perf_counter()
    inputs, targets = torch.as_tensor(X), torch.as_tensor(y)
    widths, modules = [X.shape[1], *sizes], []
    for fan_in, fan_out in itertools.pairwise(widths):
        modules += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    n_classes = len(np.unique(y))
    modules.append(torch.nn.Linear(widths[-1], n_classes))
    network = torch.nn.Sequential(*modules).to(dtype)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    loss = torch.nn.CrossEntropyLoss()
    for _ in range(epochs):
        order = torch.randperm(len(X))
        for rows in order.split(batch_size):
            optimizer.zero_grad(set_to_none=False)
            loss(network(inputs[rows]), targets[rows]).backward()
            optimizer.step()
    return time.perf_counter() - start


def microseconds_per_step(fit, X, y, sizes, batch_size, epochs, steps):
    """Time of `epochs` epochs beyond the first."""
    return (
        (fit(X, y, sizes, batch_size, epochs + 1) - fit(X, y, sizes, batch_size, 1)) / steps * 1e6
    )


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9, help="interleaved repeats (default 9)")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    args = parser.parse_args()
    contenders = {
        "sklearn_relu": lambda *a: sklearn_fit(MLPClassifier, *a),
        "scikit-learn": lambda *a: sklearn_fit(SklearnMLP, *a),
    }
    if importlib.util.find_spec("torch"):
        contenders["torch"] = torch_fit
    header = "".join(f"{name:>14}" for name in contenders)
    ratios = "".join(f"{'over ' + name:>20}" for name in list(contenders)[1:])
    print(f"microseconds per step (median of {args.repeats}), {args.dtype}, 1 thread")
    print(f"{'workload':30}{header}{ratios}")
    for name, X, y, sizes, batch_size, epochs in workloads():
        X = X.astype(args.dtype)
        steps = epochs * -(-len(X) // batch_size)
        times = {contender: [] for contender in contenders}
        for _ in range(args.repeats):
            for contender, fit in contenders.items():
                measured = microseconds_per_step(fit, X, y, sizes, batch_size, epochs, steps)
                times[contender].append(measured)
        medians = {contender: np.median(values) for contender, values in times.items()}
        row = "".join(f"{median:14.0f}" for median in medians.values())
        ours, *others = medians.values()
        print(f"{name:30}{row}" + "".join(f"{other / ours:20.2f}" for other in others), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    main()
