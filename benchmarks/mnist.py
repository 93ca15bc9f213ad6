"""Test error on MNIST, permutation invariant, in two published settings.

The folder holds the four files train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz and the same
for t10k. Run it with `python benchmarks/mnist.py FOLDER`.

- keras: the example of Keras, 512-512 ReLU with dropout 0.2, RMSprop, batches of 128, 20 epochs,
  all 60,000 rows, pixels divided by 255: 1.6 % error there.
- glorot: Glorot, Bordes & Bengio (2011), 3 layers of 1000, an L1 penalty of 0.001 on activations,
  50,000 rows and 10,000 to stop by: 1.43 % with rectifiers and 83 % exact zeros, 1.57 % with tanh.
  Here with momentum, batches of 100 and a rate that falls at plateaus; batches of 10, as there,
  take ten times as long.
"""

import argparse
import gzip
import time
import warnings
from pathlib import Path

import machine
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu import MLPClassifier
from sklearn_relu.inspection import activation_report
from sklearn_relu.schedules import Adaptive

KERAS = {
    "hidden_layer_sizes": (512, 512),
    "solver": "rmsprop",
    "dropout": 0.2,
    "batch_size": 128,
    "alpha": 0,
    "max_iter": 20,
    "n_iter_no_change": np.inf,
}
GLOROT = {
    "hidden_layer_sizes": (1000, 1000, 1000),
    "solver": "sgd",
    "learning_rate_init": 0.02,
    "learning_rate": Adaptive(patience=3, min_rate=1e-3),
    "batch_size": 100,
    "alpha": 0,
    "activity_penalty": "l1",
    "activity_alpha": 0.001,
    "early_stopping": True,
    "max_iter": 40,
}


def read(folder: Path, name: str) -> np.ndarray:
    """One file of the IDX format: its header has 4 bytes, and 4 more for each dimension."""
    with gzip.open(folder / name) as file:
        data = file.read()
    n_dimensions = data[3]
    shape = np.frombuffer(data, ">i4", n_dimensions, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * n_dimensions).reshape(shape)


def load(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels in [0, 1] as rows, and labels."""
    images = read(folder, f"{part}-images-idx3-ubyte.gz")
    labels = read(folder, f"{part}-labels-idx1-ubyte.gz")
    return images.reshape(len(images), -1).astype(np.float32) / 255, labels


def report(name: str, model: MLPClassifier, fit_args: dict, test) -> None:
    """Fit, and print a line."""
    start = time.perf_counter()
    model.fit(**fit_args)
    seconds = time.perf_counter() - start
    zeros = activation_report(model, test[0]).sparsity
    error = 100 * (1 - model.score(*test))
    print(
        f"{name:12s} error {error:5.2f} %  exact zeros {100 * zeros:4.1f} %  "
        f"{model.n_iter_} epochs, {seconds:.0f} s",
        flush=True,
    )


def main() -> None:
    """Run the settings that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--setting", nargs="+", choices=["keras", "glorot"], default=["keras", "glorot"]
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-iter", type=int, help="fewer epochs, to try")
    args = parser.parse_args()
    print(machine.kernels())
    warnings.simplefilter(
        "ignore", ConvergenceWarning
    )  # the number of epochs is part of the setting
    (X, y), test = load(args.folder, "train"), load(args.folder, "t10k")
    more = {"random_state": args.seed}
    if args.max_iter is not None:
        more["max_iter"] = args.max_iter
    if "keras" in args.setting:
        report("keras relu", MLPClassifier(**{**KERAS, **more}), {"X": X, "y": y}, test)
    if "glorot" in args.setting:
        held_out = {"X_val": X[50_000:], "y_val": y[50_000:]}
        for activation in ("relu", "tanh"):
            model = MLPClassifier(activation=activation, **{**GLOROT, **more})
            report(
                f"glorot {activation}", model, {"X": X[:50_000], "y": y[:50_000], **held_out}, test
            )


if __name__ == "__main__":
    main()
