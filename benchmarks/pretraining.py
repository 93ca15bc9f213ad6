"""Does unsupervised pre-training help? MNIST, fine-tuned from an autoencoder, an RBM or nothing.

Networks of 3 and 5 layers of 256 units, with ReLU, tanh and the logistic function, in float32.
Pre-training reads all 60,000 rows, ten epochs a layer; 1,000 or 60,000 of them have labels. Adam
fine-tunes for 20 epochs with all labels and for 100 with few, with a rate that falls along a
cosine, so every network ends at rest. The figure is the error on the 10,000 test rows.

The folder holds the four files of MNIST, as benchmarks/mnist.py tells. Each fit's row is written as
it ends, and a run goes on where it stopped. Run as ``python benchmarks/pretraining.py FOLDER --out
ROWS.jsonl``, and then ``python benchmarks/pretraining.py --report ROWS.jsonl`` for a table in
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
import numpy as np
from mnist import load
from threadpoolctl import threadpool_limits

from sklearn_relu import MLPClassifier
from sklearn_relu.estimators.pretrainers import PRETRAININGS, named

ACTIVATIONS = "relu", "tanh", "logistic"
DEPTHS = 3, 5
LABELS = 1_000, 60_000
SEEDS = 0, 1, 2
EPOCHS = {1_000: 100, 60_000: 20}
WIDTH, BATCH_SIZE, EPOCHS_OF_A_LAYER = 256, 100, 10
STARTS = {
    None: ACTIVATIONS,
    "autoencoder": ACTIVATIONS,
    "rbm": ("relu", "logistic"),
}
"""Each start, and the activations that it is for."""
LENGTHS = {"autoencoder": "max_iter", "rbm": "n_iter"}


def cases():
    """All fits, those that a table needs first."""
    for seed, n_labels, depth, start in itertools.product(SEEDS, LABELS, DEPTHS, STARTS):
        for activation in STARTS[start]:
            if seed == 0 or n_labels == min(LABELS):
                yield {
                    "start": start,
                    "activation": activation,
                    "labels": n_labels,
                    "depth": depth,
                    "seed": seed,
                }


def network(case) -> MLPClassifier:
    """The network of a case."""
    pretraining = None
    if case["start"] is not None:
        pretraining = named(case["start"]).set_params(
            batch_size=BATCH_SIZE, **{LENGTHS[case["start"]]: EPOCHS_OF_A_LAYER}
        )
    return MLPClassifier(
        (WIDTH,) * case["depth"],
        case["activation"],
        learning_rate="cosine",
        batch_size=BATCH_SIZE,
        max_iter=EPOCHS[case["labels"]],
        n_iter_no_change=np.inf,
        random_state=case["seed"],
        pretraining=pretraining,
    )


def measured(case, train, test) -> dict:
    """The row of a case: its errors in percent, and how long it took."""
    X, y = train
    order = np.random.RandomState(case["seed"]).permutation(len(X))
    labelled, others = order[: case["labels"]], order[case["labels"] :]
    model = network(case)
    more = {"X_unlabeled": X[others]} if case["start"] is not None and len(others) else {}
    start = time.perf_counter()
    with threadpool_limits(1):
        model.fit(X[labelled], y[labelled], **more)
    seconds = time.perf_counter() - start
    layers = getattr(model, "pretraining_history_", [])
    return case | {
        "test_error": round(100 * (1 - model.score(*test)), 3),
        "train_error": round(100 * (1 - model.score(X[labelled], y[labelled])), 3),
        "seconds": round(seconds, 1),
        "seconds_of_pretraining": round(sum(sum(layer["seconds"]) for layer in layers), 1),
    }


def rows_of(path: Path) -> list[dict]:
    """The rows that were written."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(folder: Path, path: Path) -> None:
    """Fit what is not there yet."""
    print(machine.kernels(), flush=True)
    # Fits from nothing may fail to train, which is a result.
    warnings.simplefilter("ignore")
    train, test = load(folder, "train"), load(folder, "t10k")
    kept = rows_of(path)
    for case in cases():
        if case["start"] is not None and case["start"] not in PRETRAININGS:
            continue
        if any(case.items() <= row.items() for row in kept):
            continue
        row = measured(case, train, test)
        print(row, flush=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def report(rows: list[dict]) -> None:
    """Print a table: the mean error by start, and its standard deviation over seeds."""
    print("| labels | hidden layers | activation | from nothing | autoencoder | RBM |")
    print("| --- | --- | --- | --- | --- | --- |")
    for n_labels, depth, activation in itertools.product(LABELS, DEPTHS, ACTIVATIONS):
        of_line = {"labels": n_labels, "depth": depth, "activation": activation}
        found = [row for row in rows if of_line.items() <= row.items()]
        cells = [_cell([row for row in found if row["start"] == start]) for start in STARTS]
        print(f"| {n_labels:,} | {depth} | {activation} | {' | '.join(cells)} |")


def _cell(rows: list[dict]) -> str:
    errors = [row["test_error"] for row in rows]
    if not errors:
        return "-"
    spread = f" ± {np.std(errors):.2f}" if len(errors) > 1 else ""
    return f"{np.mean(errors):.2f} %{spread}"


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=Path("pretraining.jsonl"))
    parser.add_argument("--report", type=Path, nargs="+")
    args = parser.parse_args()
    if args.report:
        report([row for path in args.report for row in rows_of(path)])
    elif args.folder is None:
        sys.exit("Give the folder of MNIST, or --report and files of rows.")
    else:
        run(args.folder, args.out)


if __name__ == "__main__":
    main()
