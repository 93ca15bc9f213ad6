"""Epochs of Autoencoder against the same network in PyTorch.

784-256-784 with ReLU, batches of 128 of 20,000 rows, float32, squared error, Adam; tied and untied
weights. Rows are sums of a few of 50 patterns, with zeros between them, as images of strokes are.
Of rows without structure most units die, and arithmetic with subnormal numbers is what takes the
time. One process, one thread each; contenders take turns, epoch by epoch, and figures are minima.
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

N_ROWS, N_FEATURES, N_UNITS, BATCH = 20_000, 784, 256, 128


class Ours:
    """Trains an epoch in each call."""

    def __init__(self, X, tied):
        self.X = X
        self.model = Autoencoder(
            (N_UNITS,), tied_weights=tied, batch_size=BATCH, alpha=0.0, random_state=0
        )

    def __call__(self):
        self.model.partial_fit(self.X)


class Torch:
    """The same in PyTorch, rows shuffled in each epoch too."""

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

    def __call__(self):
        order = self.torch.randperm(len(self.X))
        for start in range(0, len(self.X), BATCH):
            self.optimizer.zero_grad()
            loss = self.loss(self.X[order[start : start + BATCH]])
            loss.backward()
            self.optimizer.step()
        return loss.item()


def strokes():
    """Rows in [0, 1], a fifth of whose values are not 0."""
    draw = np.random.default_rng(0)
    patterns = draw.random((50, N_FEATURES)) * (draw.random((50, N_FEATURES)) < 0.1)
    strengths = draw.random((N_ROWS, 50)) * (draw.random((N_ROWS, 50)) < 0.05)
    return np.minimum(strengths @ patterns, 1).astype(np.float32)


def least(contenders, repeats):
    """The least seconds of each, taking turns, after an epoch that is not timed."""
    best = [np.inf] * len(contenders)
    for contender in contenders:
        contender()
    for _ in range(repeats):
        for i, contender in enumerate(contenders):
            start = time.perf_counter()
            contender()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def main(repeats=10):
    """Print a row for tied and one for untied weights."""
    warnings.simplefilter("ignore")
    X = strokes()
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
