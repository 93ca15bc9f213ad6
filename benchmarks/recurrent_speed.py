"""Recurrent layers against PyTorch: one pass forward and one back, in float32.

A row is steps, series, inputs and units. The output is the last state; nothing is below the layer,
so no gradient of its inputs is asked for. PyTorch gets its inputs time first, as it likes them;
ours come as rows.

All contenders take turns in one process, on one thread. A ratio is PyTorch's time over ours, of the
minima and, in brackets, the median over the turns, by the processor's time.

Run as ``python benchmarks/recurrent_speed.py``; ``--help`` tells how to choose rows.
"""

import argparse
import time

import machine
import numpy as np
import torch
from threadpoolctl import threadpool_limits

from sklearn_relu.activations import Logistic, ReLU, Tanh
from sklearn_relu.kernels import fused
from sklearn_relu.layers import LSTM, RNN

ROWS = [(28, 128, 28, 128), (28, 32, 28, 64), (100, 64, 1, 100), (150, 16, 2, 100)]
CELLS = {
    "relu": (
        lambda steps, inputs, units: RNN(steps, inputs, units, ReLU()),
        lambda inputs, units: torch.nn.RNN(inputs, units, nonlinearity="relu"),
    ),
    "tanh": (
        lambda steps, inputs, units: RNN(steps, inputs, units, Tanh()),
        lambda inputs, units: torch.nn.RNN(inputs, units),
    ),
    "lstm": (
        lambda steps, inputs, units: LSTM(steps, inputs, units, Tanh(), Logistic()),
        torch.nn.LSTM,
    ),
}


class Ours:
    """The calls of a layer, on arrays made once."""

    def __init__(self, layer, n, loops):
        rng, f4 = np.random.default_rng(0), np.float32
        x = rng.normal(size=(1, n, layer.reads)).astype(f4)
        params = {
            name: (0.5 * rng.normal(size=(1, *block.shape)) / layer.n_units**0.5).astype(f4)
            for name, block in layer.blocks().items()
        }
        memory = {name: np.empty((1, n, width), f4) for name, width in layer.memory().items()}
        memory["grad_z"] = np.empty_like(memory["z"])
        grads = {name: np.empty_like(values) for name, values in params.items()}
        grad_a = rng.normal(size=memory["a"].shape).astype(f4)
        self.calls = layer.forward(x, memory, params)
        self.calls += layer.backward(x, memory, grad_a, None, params, grads)
        self.loops = loops

    def run(self):
        """Forward and back."""
        with machine.compiled_loops(self.loops):
            for call in self.calls:
                call()


class Torch:
    """The same in PyTorch."""

    def __init__(self, layer, steps, n, inputs, units):
        self.layer = layer
        self.x, self.grad = torch.randn(steps, n, inputs), torch.randn(n, units)

    def run(self):
        """Forward and back."""
        self.layer.zero_grad()
        self.layer(self.x)[0][-1].backward(self.grad)


def contenders(cell, row):
    """By name: PyTorch, and ours without and with compiled loops."""
    steps, n, inputs, units = row
    ours, torchs = CELLS[cell]
    found = {"torch": Torch(torchs(inputs, units), *row)}
    found["NumPy"] = Ours(ours(steps, inputs, units), n, False)
    if fused.loops() is not None:
        found["fast"] = Ours(ours(steps, inputs, units), n, True)
    return found


def measure(cell, row, turns):
    """Print the times of a row, and their ratios."""
    found = contenders(cell, row)
    times = {name: [] for name in found}
    for turn in range(-2, turns):
        for name, contender in found.items():
            start = time.process_time()
            contender.run()
            if turn >= 0:
                times[name].append(time.process_time() - start)
    ratios = [
        f"{name} {min(times['torch']) / min(own):.2f} "
        f"({np.median(np.array(times['torch']) / own):.2f})"
        for name, own in times.items()
        if name != "torch"
    ]
    size = ", ".join(map(str, row))
    print(f"{cell:5} {size:18} torch {1e3 * min(times['torch']):6.2f} ms  {'  '.join(ratios)}")


def main():
    """Measure all rows, or those that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--turns", type=int, default=40)
    options = parser.parse_args()
    print(machine.kernels())
    print(f"PyTorch {torch.__version__}, NumPy {np.__version__}")
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for cell in options.cells:
            for row in ROWS:
                measure(cell, row, options.turns)


if __name__ == "__main__":
    main()
