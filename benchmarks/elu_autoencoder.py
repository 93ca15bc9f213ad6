"""Reconstruction errors of a deep autoencoder on MNIST, by activation and learning rate.

The network of Clevert, Unterthiner & Hochreiter (2016), section 4.1: an encoder of 1000, 500, 250
and 30 units and its mirror, plain gradient descent in batches of 64 at a fixed rate. The paper
trains on 60,000 images for 500 epochs; here it is fewer images and 20 epochs. Weights start as
He's, biases at 0. The loss, which the paper does not name, is that of Martens (2010), whom it
follows: the cross-entropy of pixels, summed. What is reported is the squared error of an image,
summed too.

The folder holds the four files of MNIST; see mnist.py. Run it with ``python
benchmarks/elu_autoencoder.py FOLDER``; each fit's row is appended to
benchmarks/results/elu_autoencoder.jsonl as it ends, and a run goes on where it stopped.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import machine
import mnist
import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_relu import Autoencoder
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.optimizers import SGD

ACTIVATIONS = {"relu": "relu", "leaky_relu": LeakyReLU(0.1), "elu": "elu"}
RESULTS = Path(__file__).parent / "results" / "elu_autoencoder.jsonl"
SETTING = "activation", "rate", "rows", "epochs"


def network(activation, rate, n_epochs):
    """The autoencoder of the paper."""
    return Autoencoder(
        (1000, 500, 250, 30),
        ACTIVATIONS[activation],
        loss="log_loss",
        solver=SGD(momentum=0.0),
        learning_rate_init=rate,
        batch_size=64,
        alpha=0.0,
        max_iter=n_epochs,
        n_iter_no_change=np.inf,
        initialization="he_normal",
        bias_initialization=0.0,
        random_state=0,
    )


def fitted(setting, X, X_test):
    """The row of a fit, with mean squared errors of an image, summed over its pixels."""
    activation, rate, n_rows, n_epochs = setting
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    row = dict(zip(SETTING, setting, strict=True))
    try:
        model = network(activation, rate, n_epochs).fit(X[:n_rows])
    except ValueError as error:  # it is not finite from the first epoch on
        return row | {"diverged": str(error).partition(".")[0]}
    seconds = time.perf_counter() - start
    for name, images in (("train", X[:n_rows]), ("test", X_test)):
        errors = model.reconstruction_error(images)
        row[name] = float(images.shape[1] * errors.mean(dtype=float))
    return row | {"loss": model.history_["loss"], "seconds": round(seconds, 1)}


def run(options):
    """Every fit that the file has not got yet."""
    folder = Path(options.folder)
    X, X_test = mnist.load(folder, "train")[0], mnist.load(folder, "t10k")[0]
    done = {tuple(row[name] for name in SETTING) for row in rows_of(options.out)}
    with open(options.out, "a", encoding="utf-8") as file, threadpool_limits(1):
        for rate in options.rates:
            for activation in options.activations:
                setting = activation, rate, options.rows, options.epochs
                if setting not in done:
                    file.write(json.dumps(fitted(setting, X, X_test)) + "\n")
                    file.flush()


def rows_of(path):
    """The rows that a file has."""
    lines = Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
    return [json.loads(line) for line in lines]


def summarize(path):
    """A table of errors of training and test images."""
    print("| images | epochs | rate | activation | training | test | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row in rows_of(path):
        figures = (
            f"{row['train']:.2f} | {row['test']:.2f} | {row['seconds']:.0f}"
            if "train" in row
            else f"{row['diverged']} | |"
        )
        begin = f"| {row['rows']} | {row['epochs']} | {row['rate']:g} | {row['activation']}"
        print(f"{begin} | {figures} |")


def main():
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--out", default=RESULTS)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rates", nargs="+", type=float, default=[1e-2, 3e-3, 1e-3, 1e-4])
    parser.add_argument("--activations", nargs="+", choices=ACTIVATIONS, default=list(ACTIVATIONS))
    options = parser.parse_args()
    print(machine.kernels())
    run(options)
    summarize(options.out)


if __name__ == "__main__":
    main()
