"""Outliers in scikit-learn's tables: AutoencoderDetector, pyod's AutoEncoder, IsolationForest.

Two questions, on standardized columns, each detector at its defaults:

- ranking: rows of one class, and rows of the others as 5 % outliers that training sees too. ROC AUC
  and average precision of the scores on these rows, and seconds of the processor for a fit.
- alarms: half of the rows of a clean table to train on, the other half to predict: which share of
  it is called an outlier. Seeds draw the halves.

pyod, PyTorch and tqdm are for this benchmark alone: where pyod is not installed it says "not run".
Run it with ``python benchmarks/outliers.py``; each row is appended to
benchmarks/results/outliers.jsonl as it is measured, and a run goes on where it stopped.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import time
import warnings
from functools import cache
from pathlib import Path

import machine
import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_relu import AutoencoderDetector

RESULTS = Path(__file__).parent / "results" / "outliers.jsonl"
KEY = "question", "table", "contender", "seed"
SHARE = 0.05
"""Outliers among the rows."""

LOADERS = {
    "breast cancer": load_breast_cancer,
    "digits": load_digits,
    "wine": load_wine,
    "diabetes": load_diabetes,
    "iris": load_iris,
}
INLIERS = {"breast cancer": [1], "digits": list(range(10)), "wine": [0, 1, 2]}
"""Of each table of classes, those that are taken for the usual one in turn."""


def ours(seed, **params):
    """Our detector."""
    return AutoencoderDetector(random_state=seed, **params)


def forest(seed):
    """scikit-learn's forest."""
    return IsolationForest(random_state=seed)


def pyod(seed):
    """pyod's autoencoder, by PyTorch, which standardizes the columns once more."""
    import torch
    from pyod.models.auto_encoder import AutoEncoder

    torch.set_num_threads(1)
    return AutoEncoder(random_state=seed, verbose=0)


CONTENDERS = {
    "ours": ours,
    "ours, tied": lambda seed: ours(seed, tied_weights=True),
    "ours, corruption=None": lambda seed: ours(seed, corruption=None),
    "isolation forest": forest,
    "pyod": pyod,
}
PACKAGES = {"isolation forest": ["scikit-learn"], "pyod": ["pyod", "torch"]}


def scores(contender, model, X):
    """The larger, the more usual a row is."""
    return -model.decision_function(X) if contender == "pyod" else model.score_samples(X)


def flagged(contender, model, X):
    """The share of rows that are called outliers."""
    label = model.predict(X)
    return float(np.mean(label == 1 if contender == "pyod" else label == -1))


@cache
def loaded(table):
    """Columns and classes."""
    data = LOADERS[table]()
    return data.data, data.target


def mixed(table, usual, seed):
    """Rows of a class and some of the others, and which are of the others."""
    X, y = loaded(table)
    inside, outside = np.flatnonzero(y == usual), np.flatnonzero(y != usual)
    n_outliers = max(2, round(len(inside) * SHARE / (1 - SHARE)))
    chosen = np.random.RandomState(seed).permutation(outside)[:n_outliers]
    rows = np.concatenate([inside, chosen])
    return StandardScaler().fit_transform(X[rows]), np.isin(rows, chosen)


def ranking(table, contender, seed):
    """Figures of the scores, means over the table's usual classes."""
    found = []
    for usual in INLIERS[table]:
        X, is_outlier = mixed(table, usual, seed)
        model = CONTENDERS[contender](seed)
        model.fit(X[-50:])  # whatever is loaded or compiled once
        start = time.process_time()
        model.fit(X)
        seconds = time.process_time() - start
        anomaly = -scores(contender, model, X)
        figures = roc_auc_score(is_outlier, anomaly), average_precision_score(is_outlier, anomaly)
        found.append((*figures, seconds))
    means = np.mean(found, axis=0).tolist()
    return dict(zip(("roc_auc", "average_precision", "seconds"), means, strict=True))


def alarms(table, contender, seed):
    """Shares of the rows of both halves that are called outliers."""
    X, _ = loaded(table)
    order = np.random.RandomState(seed).permutation(len(X))
    half = len(X) // 2
    scaler = StandardScaler().fit(X[order[:half]])
    train, test = scaler.transform(X[order[:half]]), scaler.transform(X[order[half:]])
    model = CONTENDERS[contender](seed).fit(train)
    return {
        "train": flagged(contender, model, train),
        "held_out": flagged(contender, model, test),
    }


def cases(options):
    """Every question, table, contender and seed."""
    for contender in options.contenders:
        if contender == "pyod" and not importlib.util.find_spec("pyod"):
            print("pyod: not run, it is not installed")
            continue
        for seed in range(options.seeds):
            for table in INLIERS:
                yield ranking, table, contender, seed
            for table in LOADERS:
                yield alarms, table, contender, seed


def run(options):
    """Measure all cases that the file has not got yet."""
    warnings.simplefilter("ignore")
    done = {tuple(row[name] for name in KEY) for row in rows_of(options.out)}
    with open(options.out, "a", encoding="utf-8") as file, threadpool_limits(1):
        for measure, table, contender, seed in cases(options):
            key = measure.__name__, table, contender, seed
            if key not in done:
                packages = PACKAGES.get(contender, ["sklearn_relu"])
                versions = {name: importlib.metadata.version(name) for name in packages}
                row = dict(zip(KEY, key, strict=True)) | measure(table, contender, seed)
                file.write(json.dumps(row | {"versions": versions}) + "\n")
                file.flush()


def rows_of(path):
    """The rows that a file has."""
    lines = Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
    return [json.loads(line) for line in lines]


def summarize(path):
    """Means over the seeds, with the standard deviation of those that are scores."""
    tables = {}
    for row in rows_of(path):
        figures = {name: value for name, value in row.items() if name not in (*KEY, "versions")}
        key = row["question"], row["table"], row["contender"]
        tables.setdefault(key, []).append(figures)
    for (question, table, contender), found in tables.items():
        shown = []
        for name in found[0]:
            values = np.array([figures[name] for figures in found])
            shown.append(f"{name} {values.mean():.3f} ± {values.std():.3f}")
        print(f"{question:8s} {table:14s} {contender:22s} {', '.join(shown)}")


def main():
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=RESULTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    options = parser.parse_args()
    print(machine.kernels())
    run(options)
    summarize(options.out)


if __name__ == "__main__":
    main()
