"""Test error on Fashion-MNIST, or on any images in four files of the same format.

The folder holds train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz and the same for t10k, as
Xiao, Rasul & Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms, give them; MNIST's files have the same names. The network has two blocks of 32
and 64 filters of 3 x 3 with max pools and dropout, then 128 units with dropout. Adam trains it for
20 epochs in float32, along a cosine from 0.001.

Run as ``python benchmarks/fashion_mnist.py FOLDER``; ``--epochs 1`` is a trial.
"""

import argparse
import time
from pathlib import Path

import machine
import mnist
import numpy as np

from sklearn_relu import CNNClassifier


def network(n_epochs: int, seed: int) -> CNNClassifier:
    """Two blocks, and a hidden layer."""
    return CNNClassifier(
        (32, 64),
        hidden_layer_sizes=(128,),
        dropout=(0.25, 0.25, 0.5),
        image_shape=(28, 28),
        learning_rate="cosine",
        batch_size=128,
        max_iter=n_epochs,
        n_iter_no_change=np.inf,
        random_state=seed,
    )


def main() -> None:
    """Fit, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(machine.kernels())
    train, test = mnist.load(args.folder, "train"), mnist.load(args.folder, "t10k")
    start = time.perf_counter()
    model = network(args.epochs, args.seed).fit(*train)
    seconds = time.perf_counter() - start
    errors = [100 * (1 - model.score(*each)) for each in (train, test)]
    print(
        f"training error {errors[0]:.2f} %, test error {errors[1]:.2f} %, "
        f"{model.n_iter_} epochs, {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
