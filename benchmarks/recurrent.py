"""Recurrent networks on two tasks: does ReLU need a careful start, and is it for LSTMs?

- rows: MNIST, an image read row by row: 28 steps of 28 channels, 128 units, 10 epochs of Adam along
  a cosine, at two rates and in batches of two sizes. The figure is the error on the 10,000 test
  images.
- adding: series of numbers between 0 and 1, two of which are marked in a second channel, one in
  each half; the target is the sum of both (Hochreiter & Schmidhuber 1997; Le, Jaitly & Hinton 2015,
  section 4.1). 100 units, batches of 32, Adam at a rate of 0.001, new series all the time. A mean
  squared error of 1/6 is that of always answering 1. The figure is how long it takes to come below
  0.01 on 2,000 other series, by the processor's time, up to a minute for 50 steps and up to ten
  minutes for 150.

The networks are the IRNN, ReLU that starts otherwise, tanh, and LSTMs with tanh and with ReLU. All
are trained in float32 under the same settings, and clip gradients at a norm of 1.

The folder holds the four files of MNIST, as mnist.py tells. Each fit's row is appended to
benchmarks/results/recurrent.jsonl as it ends, and a run goes on where it stopped. Run as ``python
benchmarks/recurrent.py FOLDER``, and then ``python benchmarks/recurrent.py --report`` for tables in
Markdown.
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

from sklearn_relu import RNNClassifier, RNNRegressor

RESULTS = Path(__file__).parent / "results" / "recurrent.jsonl"
NETWORKS = {
    "IRNN (default)": {},
    "ReLU, identity, inputs by Glorot": {"recurrent_initialization": "identity"},
    "ReLU, orthogonal": {"recurrent_initialization": "orthogonal"},
    "ReLU, Glorot": {"recurrent_initialization": "glorot_uniform"},
    "ReLU, He": {"recurrent_initialization": "he_uniform"},
    "tanh": {"activation": "tanh"},
    "LSTM, tanh (default)": {"cell": "lstm"},
    "LSTM, ReLU": {"cell": "lstm", "activation": "relu"},
}


class Rows:
    """MNIST, row by row."""

    settings = (0.001, 64), (0.001, 32), (0.002, 64), (0.003, 64)

    def __init__(self, folder: Path):
        self.train, self.test = (self._images(folder, part) for part in ("train", "t10k"))

    @classmethod
    def cases(cls):
        """All networks, at one rate and size of batches after the other."""
        for (rate, batch_size), network in itertools.product(cls.settings, NETWORKS):
            yield {"network": network, "rate": rate, "batch_size": batch_size}

    def measured(self, case) -> dict:
        """Errors in percent."""
        model = RNNClassifier(
            128,
            learning_rate="cosine",
            learning_rate_init=case["rate"],
            batch_size=case["batch_size"],
            max_iter=10,
            tol=0,
            n_iter_no_change=np.inf,
            random_state=0,
            **NETWORKS[case["network"]],
        )
        start = time.process_time()
        model.fit(*self.train)
        seconds = time.process_time() - start
        errors = [100 * (1 - model.score(*rows)) for rows in (self.test, self.train)]
        figures = dict(zip(("error", "train_error"), errors, strict=True), seconds=seconds)
        return {name: round(value, 3) for name, value in figures.items()}

    @classmethod
    def report(cls, rows):
        """Errors by network, rate and size of batches."""
        columns = {
            f"rate {rate:g}, batches of {size}": {"rate": rate, "batch_size": size}
            for rate, size in cls.settings
        }
        return _table(rows, columns, lambda row: f"{row['error']:.2f} %")

    @staticmethod
    def _images(folder, part):
        X, y = mnist.load(folder, part)
        return X.reshape(len(X), 28, 28), y


class Adding:
    """The adding problem."""

    limits = {50: 60, 150: 600}
    solved, n_new, n_test = 0.01, 5_000, 2_000

    def __init__(self, folder: Path):
        del folder  # series are made

    @classmethod
    def cases(cls):
        """All networks, short series first."""
        for steps, network in itertools.product(cls.limits, NETWORKS):
            yield {"network": network, "steps": steps}

    def measured(self, case) -> dict:
        """The last error, and how long it took to come there."""
        draw, steps = np.random.default_rng(0), case["steps"]
        X_test, y_test = _additions(draw, self.n_test, steps)
        model = RNNRegressor(
            100,
            learning_rate_init=0.001,
            batch_size=32,
            random_state=0,
            **NETWORKS[case["network"]],
        )
        seconds, n_series, error = 0.0, 0, np.inf
        while seconds < self.limits[steps] and error >= self.solved:
            X, y = _additions(draw, self.n_new, steps)
            start = time.process_time()
            model.partial_fit(X, y)
            seconds += time.process_time() - start
            n_series += self.n_new
            error = float(np.mean((model.predict(X_test) - y_test) ** 2))
        return {"mse": round(error, 5), "series": n_series, "seconds": round(seconds, 1)}

    @classmethod
    def report(cls, rows):
        """Times or errors by network and length."""
        columns = {f"{steps} steps": {"steps": steps} for steps in cls.limits}
        return _table(rows, columns, cls._cell)

    @classmethod
    def _cell(cls, row):
        if row["mse"] >= cls.solved:
            return f"{row['mse']:.3f} after {row['seconds']:.0f} s"
        return f"solved: {row['seconds']:.0f} s, {row['series']:,} series"


QUESTIONS = {"rows": Rows, "adding": Adding}


def _additions(draw, n, steps):
    """Series with their marks, (n, steps, 2), and the sums of what is marked."""
    X = np.zeros((n, steps, 2), np.float32)
    X[..., 0] = draw.random((n, steps))
    half, rows = steps // 2, np.arange(n)
    marked = draw.integers(0, half, n), draw.integers(half, steps, n)
    for where in marked:
        X[rows, where, 1] = 1
    return X, sum(X[rows, where, 0] for where in marked)


def rows_of(path: Path, question: str) -> list[dict]:
    """The rows of a question that were written."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["question"] == question]


def run(folder: Path, path: Path, question: str) -> None:
    """Fit what is not there yet."""
    kept, task = rows_of(path, question), QUESTIONS[question](folder)
    for case in task.cases():
        if not any(case.items() <= row.items() for row in kept):
            with threadpool_limits(1):
                row = {"question": question} | case | task.measured(case)
            print(row, flush=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


def _table(rows, columns, cell):
    """Lines of a table: networks by columns, each of which is part of a row."""
    lines = [f"| network | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
    for network in NETWORKS:
        found = [
            [cell(row) for row in rows if ({"network": network} | column).items() <= row.items()]
            for column in columns.values()
        ]
        lines.append(f"| {network} | {' | '.join((each or ['-'])[0] for each in found)} |")
    return lines


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--question", choices=QUESTIONS, nargs="+", default=list(QUESTIONS))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args()
    if args.report:
        for name in args.question:
            print("\n".join(QUESTIONS[name].report(rows_of(args.out, name))) + "\n")
        return
    if args.folder is None:
        sys.exit("Give the folder of MNIST, or --report.")
    print(machine.kernels())
    # Networks that fail to train are results.
    warnings.simplefilter("ignore")
    for name in args.question:
        run(args.folder, args.out, name)


if __name__ == "__main__":
    main()
