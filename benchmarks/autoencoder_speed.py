"""Epochs of Autoencoder against the same network in PyTorch.

784-256-784 with ReLU, batches of 128 of 5,120 rows, float32, squared error, Adam; tied and untied
weights. Rows are of rank 100, with means of 0: no unit dies, for what a solver keeps of a dead unit
comes to be subnormal numbers, with which all are slow. One process, one thread each; contenders
take turns, and figures are minima; a fit's fixed cost is measured with one epoch and taken off.
PyTorch has its fused Adam. Where it is not installed, that is said. Run as
``python benchmarks/autoencoder_speed.py [repeats]``.
"""

import sys
import time
import warnings

import machine
import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_relu import Autoencoder

N_ROWS, N_FEATURES, N_UNITS, BATCH = 5120, 784, 256, 128
N_EPOCHS = 1
"""Epochs that are timed, after one that is not."""


class Ours:
    """Trains a network from its start in each call."""

    def __init__(self, X, tied):
        self.X = X
        self.model = Autoencoder(
            (N_UNITS,), tied_weights=tied, batch_size=BATCH, alpha=0.0, random_state=0
        )

    def __call__(self, n_epochs):
        self.model.set_params(max_iter=n_epochs).fit(self.X)


class Torch:
    """Trains the same network on in each call, which costs the same, in PyTorch; rows are shuffled
    in each epoch too."""

    def __init__(self, X, tied):
        import torch

        torch.set_num_threads(1)
        self.torch, self.X = torch, torch.as_tensor(X)
        self.encoder = torch.nn.Linear(N_FEATURES, N_UNITS)
        self.decoder = torch.nn.Linear(N_UNITS, N_FEATURES)
        if tied:
            del self.decoder.weight
        self.parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-3, fused=True)
        self.tied = tied

    def loss(self, x):
        """Half the squared error, summed over the features."""
        functional = self.torch.nn.functional
        code = functional.relu(self.encoder(x))
        weight = self.encoder.weight.T if self.tied else self.decoder.weight
        raw = functional.linear(code, weight, self.decoder.bias)
        return functional.mse_loss(raw, x, reduction="sum") * (0.5 / len(x))

    def __call__(self, n_epochs):
        for _ in range(n_epochs):
            order = self.torch.randperm(len(self.X))
            for start in range(0, len(self.X), BATCH):
                self.optimizer.zero_grad()
                self.loss(self.X[order[start : start + BATCH]]).backward()
                self.optimizer.step()


def rows():
    """Rows of rank 100, of about variance 1."""
    draw = np.random.default_rng(0)
    scores, patterns = draw.normal(size=(N_ROWS, 100)), draw.normal(size=(100, N_FEATURES))
    return (scores @ patterns / 10).astype(np.float32)


def least(contenders, repeats):
    """The least seconds of an epoch of each, taking turns."""
    best = np.full((2, len(contenders)), np.inf)
    for _ in range(repeats + 1):
        for i, contender in enumerate(contenders):
            for k, n_epochs in enumerate((1, 1 + N_EPOCHS)):
                start = time.perf_counter()
                contender(n_epochs)
                best[k, i] = min(best[k, i], time.perf_counter() - start)
    return ((best[1] - best[0]) / N_EPOCHS).tolist()


def main(repeats=30):
    """Print a row for tied and one for untied weights."""
    warnings.simplefilter("ignore")
    X = rows()
    kinds = [Ours]
    try:
        import torch

        kinds.append(Torch)
        print(f"PyTorch {torch.__version__}")
    except ImportError:
        print("PyTorch is not installed: not run.")
    print(machine.kernels())
    print("| weights | Autoencoder, s an epoch | PyTorch | times as fast |")
    print("| --- | --- | --- | --- |")
    for tied in (False, True):
        with threadpool_limits(1):
            ours, *theirs = least([kind(X, tied) for kind in kinds], repeats)
        other = f"{theirs[0]:.3f} | {theirs[0] / ours:.2f}" if theirs else "not run | not run"
        print(f"| {'tied' if tied else 'untied'} | {ours:.3f} | {other} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
