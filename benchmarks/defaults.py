"""Errors at defaults: scikit-learn's MLP, ours, and ours under other initializations.

For each table, network, activation and kind of target: the same splits and seeds for all
contenders, everything else at its default. "0.1.0" is that version's default: the initialization
that the activation names, and biases of 0. Tables are in a folder as benchmarks/table_files.py
tells; each fit's row is written as it ends, and a run goes on where it stopped.

Run as ``python benchmarks/defaults.py FOLDER NAMES.txt``; ``--help`` tells how to choose.
``python benchmarks/defaults.py --depth`` trains deep ReLU networks on scikit-learn's digits
instead, by SGD.
"""

import argparse
import csv
import itertools
import sys
import warnings
from pathlib import Path

import machine
import numpy as np
import table_files
from joblib import Parallel, delayed
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as SklearnClassifier
from sklearn.neural_network import MLPRegressor as SklearnRegressor
from sklearn.preprocessing import StandardScaler
from table_files import LEAST, error_of
from threadpoolctl import threadpool_limits

from sklearn_relu import MLPClassifier, MLPRegressor, lockstep
from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.initializers import Auto

NETWORKS = {"100": (100,)} | {f"50x{depth}": (50,) * depth for depth in range(2, 11)}
COLUMNS = ["table", "network", "activation", "targets", "contender", "split", "seed", "error"]


def network_of(contender, activation, is_classification, sizes, seed):
    """A contender's network."""
    params = {"hidden_layer_sizes": sizes, "activation": activation, "random_state": seed}
    if contender == "scikit-learn":
        return (SklearnClassifier if is_classification else SklearnRegressor)(**params)
    if contender == "0.1.0":
        params |= {"initialization": Auto(n_shallow=0), "bias_initialization": 0.0}
    elif contender != "auto":
        params |= {"initialization": contender}
    return (MLPClassifier if is_classification else MLPRegressor)(**params)


def fitted_error(model, targets, data, is_classification):
    """The error of a fit; 1 if it diverges."""
    warnings.simplefilter("ignore")
    X_train, X_test, y_train, y_test = data
    if targets == "standardized":
        model = TransformedTargetRegressor(model, transformer=StandardScaler())
    try:
        model.fit(X_train, y_train)
        return error_of(model.predict(X_test), y_test, is_classification)
    except ValueError:  # parameters, or outputs, that are not finite
        return 1.0


def run(options):
    """Every fit that the file has not got yet."""
    path = Path(options.out)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    done = {tuple(row[:-1]) for row in csv.reader(lines)}
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if not done:
            writer.writerow(COLUMNS)
        for name in table_files.names_in(options.names):
            table = table_files.read(options.folder, name)
            kinds = ["labels"] if table.is_classification else options.targets
            for split in range(options.splits):
                train, test = table.split(split)
                X_train, X_test = table.prepared(train, test)
                data = X_train, X_test, table.y[train], table.y[test]
                for network, activation, targets in itertools.product(
                    options.networks, options.activations, kinds
                ):
                    rows = [
                        (name, network, activation, targets, contender, str(split), str(seed))
                        for contender in options.contenders
                        for seed in range(options.seeds)
                    ]
                    rows = [row for row in rows if row not in done]
                    tasks = [
                        delayed(fitted_error)(
                            network_of(
                                row[4], activation, table.is_classification,
                                NETWORKS[network], int(row[6]),
                            ),
                            targets, data, table.is_classification,
                        )
                        for row in rows
                    ]  # fmt: skip
                    with lockstep(), threadpool_limits(1):
                        errors = Parallel(n_jobs=1)(tasks)
                    for row, error in zip(rows, errors, strict=True):
                        writer.writerow([*row, f"{error:.6g}"])
                    file.flush()
            print(name, file=sys.stderr, flush=True)


def summarize(path, against):
    """The geometric mean of each contender's error over another one's, with a bootstrap interval
    over the tables."""
    errors = {}
    for row in csv.DictReader(Path(path).read_text(encoding="utf-8").splitlines()):
        kind = "classes" if row["targets"] == "labels" else f"numbers, {row['targets']}"
        key = row["activation"], row["network"], kind, row["table"], row["split"], row["seed"]
        errors.setdefault(row["contender"], {})[key] = float(row["error"])
    groups = {key[:3] for of_one in errors.values() for key in of_one}
    print(f"| activation | network | targets | contender | over {against}'s | 95 % | tables |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for group, contender in itertools.product(sorted(groups), errors):
        if contender == against:
            continue
        ratios = {}
        for key, error in errors[contender].items():
            if key[:3] == group and key in errors.get(against, {}):
                ratio = np.log((error + LEAST) / (errors[against][key] + LEAST))
                ratios.setdefault(key[3], []).append(ratio)
        if ratios:
            means = np.array([np.mean(of_one) for of_one in ratios.values()])
            draws = np.random.default_rng(0).choice(means, (10_000, len(means))).mean(axis=1)
            low, high = np.exp(np.quantile(draws, [0.025, 0.975]))
            print(
                f"| {' | '.join(group)} | {contender} | {np.exp(means.mean()):.3f} | "
                f"{low:.3f} to {high:.3f} | {len(means)} |"
            )


def deep_accuracies(contender, depth, rate, seeds):
    """Test accuracies of deep ReLU networks on digits, under SGD, by seed."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        StandardScaler().fit_transform(X), y, random_state=0, stratify=y
    )
    models = [
        network_of(contender, "relu", True, (50,) * depth, seed).set_params(
            solver="sgd", learning_rate_init=rate
        )
        for seed in range(seeds)
    ]
    data = X_train, X_test, y_train, y_test
    with lockstep(), threadpool_limits(1):
        tasks = [delayed(fitted_error)(model, "labels", data, True) for model in models]
        return 1 - np.array(Parallel(n_jobs=1)(tasks))


def deep(options):
    """The median accuracy at the best rate, for each contender and depth."""
    print("| depth | contender | " + " | ".join(f"rate {r}" for r in options.rates) + " |")
    print("| --- |" + " --- |" * (1 + len(options.rates)))
    for depth, contender in itertools.product(options.depths, options.contenders):
        medians = [
            np.median(deep_accuracies(contender, depth, rate, options.seeds))
            for rate in options.rates
        ]
        print(f"| {depth} | {contender} | {' | '.join(f'{m:.3f}' for m in medians)} |", flush=True)


def main():
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="of the tables")
    parser.add_argument("names", nargs="?", help="a text file of names of tables, one a line")
    parser.add_argument("--out", default="defaults.csv")
    parser.add_argument("--summary", metavar="CSV", help="only summarize what a file holds")
    parser.add_argument("--against", default="scikit-learn")
    parser.add_argument("--contenders", nargs="+", default=["scikit-learn", "auto", "0.1.0"])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["100", "50x2", "50x3"])
    parser.add_argument("--activations", nargs="+", choices=ACTIVATIONS, default=["relu"])
    parser.add_argument("--targets", nargs="+", default=["standardized", "raw"])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--depth", action="store_true", help="deep networks on digits")
    parser.add_argument("--depths", nargs="+", type=int, default=[10, 20])
    parser.add_argument("--rates", nargs="+", type=float, default=[0.01, 0.03, 0.1])
    options = parser.parse_args()
    print(machine.kernels())
    if options.depth:
        deep(options)
    elif options.summary:
        summarize(options.summary, options.against)
    else:
        run(options)
        summarize(options.out, options.against)


if __name__ == "__main__":
    main()
