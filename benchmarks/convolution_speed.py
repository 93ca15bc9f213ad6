"""Convolutions against PyTorch: single layers, and the whole training step of a small network.

A layer's row is one pass forward and one back, in float32: the products with the windows and the
bias; then the gradients of weights, of the bias and, where the layer has another one below it, of
its input. The network is conv 5 x 5 x 16, ReLU, pool, conv 5 x 5 x 32, ReLU, pool, dense 10 on
images of 28 x 28, with Adam and batches of 128.

All contenders take turns in one process. PyTorch runs in both memory layouts; a ratio is the time
of the better one over ours, of the minima and, in brackets, the median over the turns. One thread
is measured by the processor's time, two by the clock.

Run as ``python benchmarks/convolution_speed.py``; ``--help`` tells how to choose rows.
"""

import argparse
import time
from pathlib import Path

import machine
import numpy as np
import torch
from threadpoolctl import threadpool_limits

from sklearn_relu.activations import Identity, ReLU
from sklearn_relu.kernels import fused
from sklearn_relu.layers import Convolution, Dense, MaxPooling
from sklearn_relu.losses import SoftmaxLogLoss
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.stage import Stage
from sklearn_relu.optimizers import Adam
from sklearn_relu.schedules import SCHEDULES
from sklearn_relu.training.epochs import train
from sklearn_relu.training.jobs import Job, TrainingState
from sklearn_relu.training.recipe import Recipe

LAYERS = {
    # images, rows, columns, channels, size of the kernel, filters, whether layers are below
    "8 x 8 x 1, 3 x 3 x 16, batch 64": (64, 8, 8, 1, 3, 16, False),
    "28 x 28 x 1, 5 x 5 x 16, batch 128": (128, 28, 28, 1, 5, 16, False),
    "14 x 14 x 16, 5 x 5 x 32, batch 128": (128, 14, 14, 16, 5, 32, True),
    "32 x 32 x 3, 3 x 3 x 32, batch 64": (64, 32, 32, 3, 3, 32, False),
    "32 x 32 x 32, 3 x 3 x 32, batch 64": (64, 32, 32, 32, 3, 32, True),
    "16 x 16 x 32, 3 x 3 x 64, batch 64": (64, 16, 16, 32, 3, 64, True),
}
NETWORK = "network, 28 x 28, batch 128"
STEPS, BATCH = 6, 128
LAYOUTS = {"torch": torch.contiguous_format, "torch, channels last": torch.channels_last}


class OurLayer:
    """The calls of a layer, on arrays made once."""

    def __init__(self, size, loops):
        n, rows, columns, channels, kernel, filters, has_below = size
        layer = Convolution((rows, columns, channels), filters, Identity(), (kernel, kernel))
        rng, f4 = np.random.default_rng(0), np.float32
        x = rng.normal(size=(1, n, layer.reads)).astype(f4)
        params = {
            name: rng.normal(size=(1, *block.shape)).astype(f4)
            for name, block in layer.blocks().items()
        }
        memory = {name: np.empty((1, n, width), f4) for name, width in layer.memory().items()}
        memory |= {"a": memory["z"], "grad_z": rng.normal(size=memory["z"].shape).astype(f4)}
        grads = {name: np.empty_like(values) for name, values in params.items()}
        grad_x = np.empty_like(x) if has_below else None
        self.calls = layer.forward(x, memory, params)
        self.calls += layer.backward(x, memory, memory["grad_z"], grad_x, params, grads)
        self.loops = loops

    def run(self):
        """Forward and back."""
        with machine.compiled_loops(self.loops):
            for call in self.calls:
                call()


class TorchLayer:
    """The same in PyTorch."""

    def __init__(self, size, layout):
        n, rows, columns, channels, kernel, filters, has_below = size
        self.layer = torch.nn.Conv2d(channels, filters, kernel, padding="same").to(
            memory_format=layout
        )
        shape = n, rows, columns
        self.x = torch.randn(n, channels, *shape[1:]).contiguous(memory_format=layout)
        self.x.requires_grad_(has_below)
        self.grad = torch.randn(n, filters, *shape[1:]).contiguous(memory_format=layout)

    def run(self):
        """Forward and back."""
        self.x.grad = None
        self.layer.zero_grad()
        self.layer(self.x).backward(self.grad)


def images():
    """Images and their classes, for some batches."""
    rng = np.random.default_rng(0)
    X = rng.random((STEPS * BATCH, 28, 28, 1), dtype=np.float32)
    return X, rng.integers(0, 10, len(X))


class OurNetwork:
    """Epochs of the package's own training, without an estimator around them."""

    def __init__(self, loops):
        first = Convolution((28, 28, 1), 16, ReLU(), (5, 5))
        second = Convolution((14, 14, 16), 32, ReLU(), (5, 5))
        layers = [first, MaxPooling(first.output_shape), second, MaxPooling(second.output_shape)]
        layers.append(Dense(layers[-1].gives, 10, Identity()))
        self.recipe = Recipe(
            stages=tuple(Stage(layer) for layer in layers),
            loss=SoftmaxLogLoss(),
            dtype=np.dtype(np.float32),
            n_targets=10,
            optimizer=Adam(),
            batch_size=BATCH,
        )
        X, y = images()
        self.X, self.y = X.reshape(len(X), -1), np.eye(10, dtype=np.float32)[y]
        params = 0.05 * np.random.default_rng(1).normal(size=ParameterLayout(layers).n_params)
        self.params, self.loops = params.astype(np.float32), loops

    def run(self, epochs):
        """Train for some epochs."""
        job = Job(
            self.recipe,
            self.X,
            self.y,
            None,
            None,
            np.random.RandomState(0),
            TrainingState(self.params.copy()),
            learning_rate=1e-3,
            schedule=SCHEDULES["constant"](),
            alpha=0.0,
            activity_alpha=0.0,
            shuffle=True,
            max_epochs=epochs,
            tol=0.0,
            n_iter_no_change=10**6,
        )
        with machine.compiled_loops(self.loops):
            train([job])


class TorchNetwork:
    """The same in PyTorch, with its fused Adam."""

    def __init__(self, layout):
        X, y = images()
        X = torch.from_numpy(X.transpose(0, 3, 1, 2).copy())
        self.X, self.y = X.contiguous(memory_format=layout), torch.from_numpy(y)
        nn = torch.nn
        self.network = nn.Sequential(
            *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(32 * 7 * 7, 10)),
        ).to(memory_format=layout)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3, fused=True)
        self.loss = nn.CrossEntropyLoss()

    def run(self, epochs):
        """Train for some epochs; it is the same network each time, which costs the same."""
        for _ in range(epochs):
            for rows in torch.randperm(len(self.X)).split(BATCH):
                self.optimizer.zero_grad()
                self.loss(self.network(self.X[rows]), self.y[rows]).backward()
                self.optimizer.step()


def times(contenders, clock, repeats):
    """Seconds of each contender in each turn."""
    for run in contenders.values():
        run()
    found = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, run in contenders.items():
            start = clock()
            run()
            found[name].append(clock() - start)
    return {name: np.array(each) for name, each in found.items()}


def of_layer(size, clock, repeats):
    """Seconds of a layer."""
    ours = {"numpy": OurLayer(size, loops=False)}
    if fused.loops() is not None:
        ours["fast"] = OurLayer(size, loops=True)
    theirs = {name: TorchLayer(size, layout) for name, layout in LAYOUTS.items()}
    return times({name: each.run for name, each in (ours | theirs).items()}, clock, repeats)


def of_network(clock, repeats):
    """Seconds of a training step: of the second of two epochs, as the first one makes memory."""
    ours = {"numpy": OurNetwork(loops=False)}
    if fused.loops() is not None:
        ours["fast"] = OurNetwork(loops=True)
    networks = ours | {name: TorchNetwork(layout) for name, layout in LAYOUTS.items()}
    runs = {
        (name, epochs): lambda network=network, epochs=epochs: network.run(epochs)
        for name, network in networks.items()
        for epochs in (1, 3)
    }
    found = times(runs, clock, repeats)
    return {name: (found[name, 3] - found[name, 1]) / (2 * STEPS) for name in networks}


def row(name, threads, seconds):
    """A row of the table."""
    theirs = np.minimum(*(seconds[layout] for layout in LAYOUTS))
    cells = [name, str(threads)]
    cells += [f"{seconds[each].min() * 1e3:.2f}" for each in ("numpy", "fast") if each in seconds]
    cells.append(f"{theirs.min() * 1e3:.2f}")
    for each in ("numpy", "fast"):
        if each in seconds:
            ratio = theirs.min() / seconds[each].min()
            cells.append(f"{ratio:.2f} ({np.median(theirs / seconds[each]):.2f})")
    return "| " + " | ".join(cells) + " |"


def main():
    """Print a table, in Markdown, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--out", type=Path, help="a file to write the table to as well")
    args = parser.parse_args()
    print(machine.kernels())
    titles = ["images, filters", "threads", "numpy, ms", "fast, ms", "torch, ms"]
    titles += ["torch / numpy", "torch / fast"]
    lines = ["| " + " | ".join(cells) + " |" for cells in (titles, ["---"] * len(titles))]
    print("\n".join(lines))
    for threads in args.threads:
        torch.set_num_threads(threads)
        clock = time.process_time if threads == 1 else time.perf_counter
        for name in [*LAYERS, NETWORK]:
            if not name.startswith(args.only):
                continue
            with threadpool_limits(threads):
                if name == NETWORK:
                    seconds = of_network(clock, args.repeats)
                else:
                    seconds = of_layer(LAYERS[name], clock, args.repeats)
            lines.append(row(name, threads, seconds))
            print(lines[-1], flush=True)
    if args.out is not None:
        args.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
