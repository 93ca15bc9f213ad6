"""Convolutional networks on MNIST: three questions, in float32.

- keras: the example of Keras, mnist_cnn.py in its repository up to 2020: 32 and 64 filters of
  3 x 3 without padding, one max pool after the second, dropout 0.25, 128 units, dropout 0.5,
  batches of 128, 12 epochs. It has 0.75 % test error there, with Adadelta at the rate 1. Here it
  runs with that solver and with Adam at 0.001 along a cosine.
- factors: the table of Jarrett, Kavukcuoglu, Ranzato & LeCun (2009), What is the best multi-stage
  architecture for object recognition?, in small. Two blocks of 8 and 16 filters of 5 x 5 on 5,000
  images: without a detector (identity), tanh, its absolute value, ReLU; average or max pooling;
  local contrast normalization or none; filters that stay random or are trained.
- depth: ReLU, tanh and the logistic function in 2 and 6 blocks of 16 filters of 3 x 3 on 5,000
  images, 5 epochs at each of two rates.

The figure is the error on the 10,000 test images. The folder holds the four files of MNIST, as
mnist.py tells. Each fit's row is appended to benchmarks/results/convolutional.jsonl as it ends, and
a run goes on where it stopped. Run as ``python benchmarks/convolutional.py FOLDER --question
keras``, and then ``python benchmarks/convolutional.py --report`` for tables in Markdown.
"""

import argparse
import itertools
import json
import sys
import time
import warnings
from pathlib import Path

import machine
import mnist
import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_relu import CNNClassifier
from sklearn_relu.activations import Activation

RESULTS = Path(__file__).parent / "results" / "convolutional.jsonl"
SEEDS = 0, 1


class AbsoluteTanh(Activation):
    """``|tanh(z)|``, with derivative ``sign(z) * (1 - a**2)``: the rectified tanh of Jarrett et
    al."""

    bounds = 0.0, 1.0

    def forward(self, z, a, params, noise=None):
        """``a = |tanh(z)|``."""
        np.tanh(z, out=a)
        np.abs(a, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """``grad_z = grad_a * sign(z) * (1 - a**2)``."""
        np.multiply(a, a, out=grad_z)
        np.subtract(1, grad_z, out=grad_z)
        np.copysign(grad_z, z, out=grad_z)
        grad_z *= grad_a


class Keras:
    """The example of Keras."""

    n_rows = 60_000
    solvers = {
        "adam": {"solver": "adam", "learning_rate_init": 0.001, "learning_rate": "cosine"},
        "adadelta": {"solver": "adadelta", "learning_rate_init": 1.0},
    }

    def cases(self):
        """The solvers."""
        return [{"solver": solver, "seed": 0} for solver in self.solvers]

    def network(self, case):
        """The network of a case."""
        return CNNClassifier(
            (32, 64),
            hidden_layer_sizes=(128,),
            padding="valid",
            pooling=[None, "max"],
            dropout=(0, 0.25, 0.5),
            initialization="glorot_uniform",
            batch_size=128,
            alpha=0,
            max_iter=12,
            **self.solvers[case["solver"]],
        )

    def report(self, rows):
        """An error for each solver."""
        return _table("solver", [row["solver"] for row in rows], {"error": [[r] for r in rows]})


class Factors:
    """The table of Jarrett et al."""

    n_rows = 5_000
    factors = {
        "activation": ("identity", "tanh", "absolute_tanh", "relu"),
        "pooling": ("average", "max"),
        "normalization": (None, "local_contrast"),
        "train_filters": (False, True),
    }
    contrasts = {
        "rectified (absolute tanh, ReLU) over not (identity, tanh)": (
            "activation",
            {"absolute_tanh": "tanh", "relu": "identity"},
        ),
        "absolute tanh over tanh": ("activation", {"absolute_tanh": "tanh"}),
        "ReLU over identity": ("activation", {"relu": "identity"}),
        "ReLU over tanh": ("activation", {"relu": "tanh"}),
        "max over average": ("pooling", {"max": "average"}),
        "local contrast over none": ("normalization", {"local_contrast": None}),
        "trained over random filters": ("train_filters", {True: False}),
    }

    def cases(self):
        """All combinations."""
        combinations = list(itertools.product(*self.factors.values()))
        for seed, values in itertools.product(SEEDS, combinations):
            yield dict(zip(self.factors, values, strict=True)) | {"seed": seed}

    def network(self, case):
        """The network of a case; filters start orthonormal, with summed inputs of variance 1."""
        factors = {name: case[name] for name in self.factors}
        if factors["activation"] == "absolute_tanh":
            factors["activation"] = AbsoluteTanh()
        return CNNClassifier(
            (8, 16),
            kernel_size=5,
            initialization="lsuv",
            learning_rate="cosine",
            learning_rate_init=0.002,
            batch_size=50,
            max_iter=25,
            **factors,
        )

    def report(self, rows):
        """Errors of all combinations, and ratios of those that differ in one factor: geometric
        means, the least and the largest."""
        lines = list(itertools.product(self.factors["train_filters"], self.factors["activation"]))
        names = [f"{'trained' if trained else 'random'} | {a}" for trained, a in lines]
        columns = {
            pooling + (", local contrast" if normalization else ""): [
                [
                    row
                    for row in rows
                    if (row["train_filters"], row["activation"]) == line
                    and (row["pooling"], row["normalization"]) == (pooling, normalization)
                ]
                for line in lines
            ]
            for pooling, normalization in itertools.product(
                self.factors["pooling"], self.factors["normalization"]
            )
        }
        return [
            *_table("filters | activation", names, columns),
            "",
            "| factor | random filters | trained filters | all |",
            "| --- | --- | --- | --- |",
            *(self._ratios(name, rows) for name in self.contrasts),
        ]

    def _ratios(self, name, rows):
        factor, pairs = self.contrasts[name]
        errors = {self._key(row): row["error"] for row in rows}
        ratios = {False: [], True: []}
        for row in rows:
            if row[factor] in pairs:
                other = errors.get(self._key(row | {factor: pairs[row[factor]]}))
                if other is not None:
                    ratios[row["train_filters"]].append(row["error"] / other)
        groups = ratios[False], ratios[True], ratios[False] + ratios[True]
        if factor == "train_filters":
            groups = [], [], groups[2]
        return f"| {name} | " + " | ".join(map(_ratio, groups)) + " |"

    def _key(self, row):
        return tuple(row[name] for name in (*self.factors, "seed"))


class Depth:
    """Activations in few and in many blocks."""

    n_rows = 5_000
    activations = "relu", "tanh", "logistic"
    rates = 0.001, 0.003
    poolings = {2: ["max", "max"], 6: [None, None, "max", None, None, "max"]}

    def cases(self):
        """All activations, depths and rates."""
        columns = SEEDS, self.poolings, self.activations, self.rates
        for seed, blocks, activation, rate in itertools.product(*columns):
            yield {"blocks": blocks, "activation": activation, "rate": rate, "seed": seed}

    def network(self, case):
        """The network of a case."""
        return CNNClassifier(
            (16,) * case["blocks"],
            activation=case["activation"],
            pooling=self.poolings[case["blocks"]],
            learning_rate="cosine",
            learning_rate_init=case["rate"],
            batch_size=50,
            max_iter=5,
        )

    def report(self, rows):
        """Errors by depth, activation and rate."""
        lines = list(itertools.product(self.poolings, self.activations))
        columns = {
            f"rate {rate:g}": [
                [r for r in rows if (r["blocks"], r["activation"], r["rate"]) == (*line, rate)]
                for line in lines
            ]
            for rate in self.rates
        }
        return _table("blocks | activation", [f"{n} | {name}" for n, name in lines], columns)


QUESTIONS = {"keras": Keras(), "factors": Factors(), "depth": Depth()}


def measured(question, case, train, test) -> dict:
    """The row of a case: its errors in percent, and how long the fit took."""
    X, y = (each[: QUESTIONS[question].n_rows] for each in train)
    model = QUESTIONS[question].network(case)
    model.set_params(random_state=case["seed"], tol=0, n_iter_no_change=np.inf)
    start = time.perf_counter()
    with threadpool_limits(1):
        model.fit(X, y)
    seconds = time.perf_counter() - start
    return case | {
        "error": round(100 * (1 - model.score(*test)), 3),
        "train_error": round(100 * (1 - model.score(X, y)), 3),
        "seconds": round(seconds, 1),
    }


def rows_of(path: Path, question: str) -> list[dict]:
    """The rows of a question that were written."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["question"] == question]


def run(folder: Path, path: Path, question: str) -> None:
    """Fit what is not there yet."""
    print(machine.kernels())
    # Networks that fail to train are results.
    warnings.simplefilter("ignore")
    train, test = (_images(folder, part) for part in ("train", "t10k"))
    kept = rows_of(path, question)
    for case in QUESTIONS[question].cases():
        if not any(case.items() <= row.items() for row in kept):
            row = {"question": question} | measured(question, case, train, test)
            print(row, flush=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


def _images(folder, part):
    X, y = mnist.load(folder, part)
    return X.reshape(len(X), 28, 28), y


def _table(title, names, columns):
    """Lines of a table: mean errors over seeds, and their standard deviation."""
    head = [*title.split(" | "), *columns]
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
    for i, name in enumerate(names):
        lines.append(f"| {name} | {' | '.join(_cell(column[i]) for column in columns.values())} |")
    return lines


def _cell(rows):
    errors = [row["error"] for row in rows]
    if not errors:
        return "-"
    spread = f" ± {np.std(errors):.2f}" if len(errors) > 1 else ""
    return f"{np.mean(errors):.2f} %{spread}"


def _ratio(ratios):
    if not ratios:
        return "-"
    return f"{np.exp(np.mean(np.log(ratios))):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--question", choices=QUESTIONS, nargs="+", default=list(QUESTIONS))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args()
    if args.folder is None and not args.report:
        sys.exit("Give the folder of MNIST, or --report.")
    for name in args.question:
        if args.report:
            print("\n".join(QUESTIONS[name].report(rows_of(args.out, name))) + "\n")
        else:
            run(args.folder, args.out, name)


if __name__ == "__main__":
    main()
