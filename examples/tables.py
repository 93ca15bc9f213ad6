"""What the examples share: a table, a network for it, figures, and how they are printed.

Not an example itself. Files are read, and columns told apart, as ``sklearn-relu compare`` does.
"""

import argparse
import sys
import warnings

import numpy as np
from sklearn import datasets
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, TrainingWarning
from sklearn_relu.comparison.datasets import category_texts, check_target, columns_of
from sklearn_relu.comparison.files import Table, read_table
from sklearn_relu.inspection import final_network
from sklearn_relu.tables import TabularEncoder

BUNDLED = ("breast_cancer", "wine", "digits", "diabetes")


def load(name, **options):
    """One of scikit-learn's BUNDLED tables, or a file (options: read_table's)."""
    if name not in BUNDLED:
        return read_table(name, **options)
    if any(options.values()):
        raise ValueError(f"--target, --drop and --max-rows are for files; {name} is none.")
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return Table(X, y, name, "target")


def build(table, *, scaler=None, **params):
    """Prepared columns, numbers standardized unless by another scaler, and then a network."""
    columns = columns_of(table.X, categorical=())
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), scaler or StandardScaler()
    )
    categories = make_pipeline(
        FunctionTransformer(category_texts),
        OneHotEncoder(handle_unknown="ignore", max_categories=50, sparse_output=False),
    )
    prepare = ColumnTransformer(
        [
            ("numbers", numbers, columns.numeric),
            ("categories", categories, columns.categorical),
            ("dates", TabularEncoder(), columns.dates),
        ]
    )
    if check_target(table.y, None)[1] == "classification":
        return make_pipeline(prepare, MLPClassifier(**params))
    network = TransformedTargetRegressor(MLPRegressor(**params), transformer=StandardScaler())
    return make_pipeline(prepare, network)


def measure(table, *, seeds, figures=(), **params):
    """The score on held-out rows, and each of figures on training rows, of a fit for each seed.

    A seed draws both the split of the rows and the network's start, so whatever is compared meets
    the same splits. Figures are callables ``(model, X, y)``. A fit that diverges has NaN for all.
    """
    y, task = check_target(table.y, None)
    fits = np.full((seeds, 1 + len(figures)), np.nan)
    for seed in range(seeds):
        X_train, X_test, y_train, y_test = train_test_split(
            table.X, y, stratify=y if task == "classification" else None, random_state=seed
        )
        model = build(table, random_state=seed, **params)
        try:
            model.fit(X_train, y_train)
        except ValueError as error:
            if "non-finite" not in str(error):
                raise
            continue
        with np.errstate(over="ignore"):
            score = model.score(X_test, y_test)
        fits[seed] = [score, *(figure(model, X_train, y_train) for figure in figures)]
    return fits.T


def at_start(figure):
    """The same figure before training: after one epoch of steps too small to change a weight."""

    def measure_at_start(model, X, y):
        model = clone(model)
        final_network(model).set_params(max_iter=1, learning_rate_init=1e-100)
        return figure(model.fit(X, y), X, y)

    return measure_at_start


def spread(values):
    """Mean and standard deviation, for the table."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = np.mean(values), np.std(values)
    if not np.isfinite(deviation):
        return "diverged"
    return f"{mean:.3f} ± {deviation:.3f}" if mean > -1000 else f"{mean:.0e} ± {deviation:.0e}"


def percent(shares):
    """The mean of shares, for the table."""
    mean = np.mean(shares)
    return "-" if np.isnan(mean) else f"{100 * mean:.1f} %"


def show(table, seeds, rows):
    """Print what was measured: dicts of equal keys, as an aligned table with the keys on top."""
    task = check_target(table.y, None)[1]
    score = "accuracy" if task == "classification" else "R²"
    splits = "1 split" if seeds == 1 else f"{seeds} splits"
    print(f"{table.name}, {len(table.y)} rows; score: {score} on held-out rows, {splits}")
    lines = [list(rows[0]), *([str(cell) for cell in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)]
        print("  ".join(cells))


def run(main, description, default):
    """Call main with the table that the command line names."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "table",
        nargs="?",
        default=default,
        help=f"a file, or one of {', '.join(BUNDLED)} (default: {default})",
    )
    parser.add_argument("--target", help="the file's target column (default: 'target', or last)")
    parser.add_argument("--drop", nargs="+", default=(), help="columns of the file to leave out")
    parser.add_argument("--max-rows", type=int, help="use a random sample of so many rows")
    options = vars(parser.parse_args())
    # Where the epochs do not suffice, this is the result and not an accident.
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.simplefilter("ignore", TrainingWarning)  # what fails shows in the figures
    try:
        main(load(options.pop("table"), **options))
    except ValueError as error:
        sys.exit(f"error: {' '.join(str(error).split())}")
