"""Microseconds per training step: this package, scikit-learn, PyTorch, the matrix products alone.

All contenders take turns in one process, so that a change of the machine's speed meets them all; a
figure is the minimum over the repeats. A fit's fixed cost (checks, initialization, compilation) is
measured with one epoch and taken off. "numpy" is this package without its compiled loops, "fast"
with them; the floor is only the matrix products of the same steps, by NumPy's BLAS into buffers
made once.

Run as ``python benchmarks/fit_speed.py``; ``--help`` tells how to choose rows and columns.
"""

import argparse
import importlib.util
import itertools
import time
import warnings
from pathlib import Path

import machine
import numpy as np
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as SklearnMLP
from threadpoolctl import threadpool_limits

from sklearn_relu import MLPClassifier
from sklearn_relu.kernels import fused

WORKLOADS = {
    # rows, columns, hidden layers, batch size, epochs to time: for about half a second
    "569 x 30 (32) b32": (569, 30, (32,), 32, 60),
    "1797 x 64 (100) b200": (1797, 64, (100,), 200, 60),
    "20000 x 30 (128,128) b256": (20_000, 30, (128, 128), 256, 5),
    "20000 x 784 (256,128) b128": (20_000, 784, (256, 128), 128, 1),
    "4000 x 784 (1000)x3 b128": (4000, 784, (1000, 1000, 1000), 128, 1),
}
CONTENDERS = ["numpy", "fast", "scikit-learn", "torch", "compiled torch", "floor"]
TORCH_ACTIVATIONS = {"relu": "ReLU", "logistic": "Sigmoid", "tanh": "Tanh", "prelu": "PReLU"}


def data(n_rows, n_columns):
    """Digits, or made up: two classes, ten for wide rows."""
    if (n_rows, n_columns) == (1797, 64):
        X, y = load_digits(return_X_y=True)
        return X / 16, y
    n_classes = 10 if n_columns == 784 else 2
    return make_classification(
        n_rows, n_columns, n_informative=10, n_classes=n_classes, random_state=0
    )


class Estimator:
    """Fits of an estimator, ours or scikit-learn's."""

    def __init__(self, cls, X, y, sizes, batch_size, activation, solver, loops=False):
        self.make = lambda epochs: cls(
            sizes,
            activation,
            solver=solver,
            batch_size=batch_size,
            max_iter=epochs,
            random_state=0,
            tol=0,
            n_iter_no_change=10**6,
        )
        self.X, self.y, self.loops = X, y, loops

    def fit(self, epochs):
        """Train for some epochs."""
        with machine.compiled_loops(self.loops):
            self.make(epochs).fit(self.X, self.y)


class Torch:
    """The same fits in PyTorch, with its fused Adam."""

    def __init__(self, X, y, sizes, batch_size, activation, compiled):
        import torch

        self.torch, self.batch_size = torch, batch_size
        self.X, self.y = torch.as_tensor(X), torch.as_tensor(y)
        modules = []
        for fan_in, fan_out in itertools.pairwise([X.shape[1], *sizes]):
            modules += [torch.nn.Linear(fan_in, fan_out)]
            modules += [getattr(torch.nn, TORCH_ACTIVATIONS[activation])()]
        modules.append(torch.nn.Linear(sizes[-1], len(np.unique(y))))
        network = torch.nn.Sequential(*modules).to(self.X.dtype)
        loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

        def objective(rows, labels):
            return loss(network(rows), labels)

        if compiled:
            torch.compiler.reset()  # what other networks left counts against a limit
            objective = torch.compile(objective, dynamic=False)
        self.objective = objective

    def fit(self, epochs):
        """Train for some epochs; it is the same network each time, which costs the same."""
        for _ in range(epochs):
            for rows in self.torch.randperm(len(self.X)).split(self.batch_size):
                self.optimizer.zero_grad(set_to_none=False)
                self.objective(self.X[rows], self.y[rows]).backward()
                self.optimizer.step()


class Floor:
    """Only the matrix products of the steps."""

    def __init__(self, X, y, sizes, batch_size, activation):
        rng, n_outputs = np.random.default_rng(0), len(np.unique(y))
        widths = [X.shape[1], *sizes, 1 if n_outputs == 2 else n_outputs]
        self.a = [rng.normal(size=(batch_size, width)).astype(X.dtype) for width in widths]
        self.w = [rng.normal(size=shape).astype(X.dtype) for shape in itertools.pairwise(widths)]
        self.outputs = [np.empty_like(a) for a in self.a]
        self.grads = [np.empty_like(w) for w in self.w]
        self.n_steps = -(-len(X) // batch_size)

    def fit(self, epochs):
        """The products of some epochs."""
        layers = range(len(self.w))
        for _ in range(epochs * self.n_steps):
            for i in layers:
                np.matmul(self.a[i], self.w[i], out=self.outputs[i + 1])
            for i in reversed(layers):
                np.matmul(self.a[i].T, self.a[i + 1], out=self.grads[i])
                if i:
                    np.matmul(self.a[i + 1], self.w[i].T, out=self.outputs[i])


def make(contender, X, y, sizes, batch_size, activation, solver):
    """A contender for a workload, or None if it cannot take part."""
    if contender in ("numpy", "fast"):
        if contender == "fast" and fused.loops() is None:
            return None
        loops = contender == "fast"
        return Estimator(MLPClassifier, X, y, sizes, batch_size, activation, solver, loops)
    if contender == "scikit-learn":
        if activation not in ("relu", "logistic", "tanh"):
            return None
        return Estimator(SklearnMLP, X, y, sizes, batch_size, activation, solver)
    if solver != "adam":
        return None
    if contender == "floor":
        return Floor(X, y, sizes, batch_size, activation)
    if importlib.util.find_spec("torch") is None:
        return None
    return Torch(X, y, sizes, batch_size, activation, compiled=contender != "torch")


def measure(contenders, epochs, n_steps, repeats):
    """Microseconds per step of each contender: the least over interleaved repeats."""

    def seconds(contender, n_epochs):
        start = time.perf_counter()
        contender.fit(n_epochs)
        return time.perf_counter() - start

    for contender in contenders.values():
        contender.fit(1)  # whatever is done once
    least = {name: {1: np.inf, epochs + 1: np.inf} for name in contenders}
    for _ in range(repeats):
        for name, contender in contenders.items():
            for n_epochs in least[name]:
                least[name][n_epochs] = min(least[name][n_epochs], seconds(contender, n_epochs))
    return {
        name: (each[epochs + 1] - each[1]) / (epochs * n_steps) * 1e6
        for name, each in least.items()
    }


def main():
    """Print a table, in Markdown, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dtype", nargs="+", default=["float64", "float32"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--activation", nargs="+", default=["relu"])
    parser.add_argument("--solver", choices=["adam", "lbfgs"], default="adam")
    parser.add_argument("--contender", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    parser.add_argument("--workload", nargs="+", type=int, default=[1, 2, 3, 4, 5], help="rows")
    parser.add_argument("--out", type=Path, help="a file to write the table to as well")
    args = parser.parse_args()
    print(machine.kernels())
    if args.out is not None:
        args.out.write_text("", encoding="utf-8")

    def put(cells):
        line = "| " + " | ".join(cells) + " |"
        print(line, flush=True)
        if args.out is not None:
            with args.out.open("a") as file:
                file.write(line + "\n")

    put(["workload", "threads", "dtype", *args.contender])
    put(["---"] * (3 + len(args.contender)))
    chosen = [list(WORKLOADS)[i - 1] for i in args.workload]
    for name, threads, activation in itertools.product(chosen, args.threads, args.activation):
        n_rows, n_columns, sizes, batch_size, epochs = WORKLOADS[name]
        X, y = data(n_rows, n_columns)
        if args.solver == "lbfgs":
            batch_size, epochs = n_rows, 30
        for dtype in args.dtype:
            X = X.astype(dtype)
            contenders = {
                contender: make(contender, X, y, sizes, batch_size, activation, args.solver)
                for contender in args.contender
            }
            contenders = {name: each for name, each in contenders.items() if each is not None}
            with threadpool_limits(threads):
                if importlib.util.find_spec("torch"):
                    import torch

                    torch.set_num_threads(threads)
                least = measure(contenders, epochs, -(-n_rows // batch_size), args.repeats)
            row = [f"{name} {activation}", str(threads), dtype]
            row += [f"{least[each]:.0f}" if each in least else "" for each in args.contender]
            put(row)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    main()
