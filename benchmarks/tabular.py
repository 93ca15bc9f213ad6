"""The network for tables against gradient boosting, linear models and other networks.

All contenders are at their defaults and see the same splits, 75 % of the rows to train on. Tables
are in a folder as benchmarks/table_files.py tells. Categorical columns are nominal: a contender
gets them as pandas categories if it can read these, else one-hot or as text.

Each contender has a process of its own, which fits a made table first, so that seconds hold no
imports and no compiling. They do hold what a contender needs of scaling, encoding and filling of
holes. Each fit's row is written as it ends, and a run goes on where it stopped. A fit that failed
is a row with the reason, and is tried again once its row is deleted. A contender that cannot be
imported is named, and not run.

Components of the network for tables are left out one by one as the contenders of `ABLATIONS`,
which are run only where ``--contenders`` names them.

Run as ``python benchmarks/tabular.py FOLDER LIST.txt ... --out ROWS.jsonl``, and then, for tables
in Markdown, ``python benchmarks/tabular.py FOLDER LIST.txt ... --report ROWS.jsonl ...``.
"""

import argparse
import functools
import importlib.metadata
import json
import multiprocessing
import os
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import machine
import numpy as np
import pandas as pd
import table_files
import tabular_report
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, LabelEncoder, StandardScaler
from table_files import TableFile

THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip
LEAST_PROBABILITY = 1e-6
"""Probabilities are clipped to it, so that one sure mistake does not decide a log loss."""
MOST_LEVELS_OF_BOOSTING = 255
SLOW = {"tabm"}
N_TABLES_OF_SLOW = 6
"""Slow contenders run on so many tables, spread over the lists, on one split with one seed."""


def tabular(table, seed, threads, **params):
    """The network for tables."""
    from sklearn_relu import TabularMLPClassifier, TabularMLPRegressor

    kind = TabularMLPClassifier if table.is_classification else TabularMLPRegressor
    return kind(random_state=seed, **params)


def relu_mlp(table, seed, threads):
    """This package's plain network."""
    import sklearn_relu

    kind = sklearn_relu.MLPClassifier if table.is_classification else sklearn_relu.MLPRegressor
    return standardized(table, kind(random_state=seed))


def sklearn_mlp(table, seed, threads):
    """scikit-learn's network."""
    kind = MLPClassifier if table.is_classification else MLPRegressor
    return standardized(table, kind(random_state=seed))


def standardized(table, network):
    """A network behind the preparation of a table, with standardized targets."""
    if not table.is_classification:
        network = TransformedTargetRegressor(network, transformer=StandardScaler())
    return make_pipeline(table.preparation(), network)


def linear(table, seed, threads):
    """Logistic or ridge regression."""
    model = LogisticRegression(random_state=seed) if table.is_classification else Ridge()
    return make_pipeline(table.preparation(), model)


def boosting(table, seed, threads):
    """scikit-learn's gradient boosting, which gets categories of too many levels as numbers."""
    is_classification = table.is_classification
    kind = HistGradientBoostingClassifier if is_classification else HistGradientBoostingRegressor
    model = kind(categorical_features="from_dtype", random_state=seed)
    return make_pipeline(FunctionTransformer(wide_categories_as_numbers), model)


def wide_categories_as_numbers(X):
    """A frame whose categories of more levels than scikit-learn's boosting takes are numbers."""
    categories = X.select_dtypes("category")
    wide = [name for name in categories if len(X[name].cat.categories) > MOST_LEVELS_OF_BOOSTING]
    return X.assign(**{name: X[name].cat.codes.where(X[name].notna()) for name in wide})


def lightgbm(table, seed, threads):
    """LightGBM, which finds pandas categories by itself."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMClassifier if table.is_classification else LGBMRegressor
    return kind(random_state=seed, n_jobs=threads, verbosity=-1)


def catboost(table, seed, threads):
    """CatBoost, which wants categories as text, none of them missing."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostClassifier if table.is_classification else CatBoostRegressor
    model = kind(
        random_seed=seed, thread_count=threads, cat_features=table.categorical, verbose=False,
        allow_writing_files=False,
    )  # fmt: skip
    as_text = functools.partial(categories_as_text, categorical=table.categorical)
    return make_pipeline(FunctionTransformer(as_text), model)


def categories_as_text(X, categorical):
    """A frame whose missing categories are a category too."""
    columns = {
        name: X[name].astype(object).where(X[name].notna(), "missing").astype(str)
        for name in categorical
    }
    return X.assign(**columns)


def pytabkit(table, seed, threads, name):
    """A network of pytabkit, which reads pandas categories but no missing numbers."""
    from pytabkit.models.sklearn import sklearn_interfaces

    kind = "Classifier" if table.is_classification else "Regressor"
    model = getattr(sklearn_interfaces, f"{name}_{kind}")(
        random_state=seed, n_threads=threads, device="cpu"
    )
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    filled = ColumnTransformer(
        [("numbers", fill, table.numeric)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return make_pipeline(filled, model)


CONTENDERS = {
    "tabular": tabular,
    "tabular-fast": functools.partial(tabular, effort="fast"),
    "relu-mlp": relu_mlp,
    "sklearn-mlp": sklearn_mlp,
    "hgb": boosting,
    "linear": linear,
    "lightgbm": lightgbm,
    "catboost": catboost,
    "realmlp-td": functools.partial(pytabkit, name="RealMLP_TD"),
    "realmlp-td-s": functools.partial(pytabkit, name="RealMLP_TD_S"),
    "tabm": functools.partial(pytabkit, name="TabM_D"),
}
"""Each makes a model of a table, a seed and a number of threads."""


def plain_activation(table, seed, threads):
    """The network for tables with activations that learn nothing."""
    activation = "selu" if table.is_classification else "mish"
    return tabular(table, seed, threads, activation=activation)


ABLATIONS = {
    "without-embedding": functools.partial(tabular, numerical_embedding=None),
    "plain-activation": plain_activation,
    "glorot-start": functools.partial(tabular, initialization="glorot_uniform"),
    "one-cosine": functools.partial(tabular, learning_rate="cosine"),
    "without-folds": functools.partial(tabular, validation=None),
    "two-networks": functools.partial(tabular, ensemble_size=2),
}
"""The network for tables with one of its components left out."""
PACKAGES = {
    "lightgbm": ["lightgbm"],
    "catboost": ["catboost"],
    "realmlp-td": ["pytabkit", "torch"],
    "realmlp-td-s": ["pytabkit", "torch"],
    "tabm": ["pytabkit", "torch"],
}
"""The packages of a contender beside NumPy, scikit-learn and this one."""


@functools.lru_cache(maxsize=1)
def typed_table(folder, name):
    """A table whose categorical columns are pandas categories, and whose classes are 0, 1, ..."""
    table = table_files.read(folder, name)
    y = LabelEncoder().fit_transform(table.y) if table.is_classification else table.y
    X = table.X.astype(dict.fromkeys(table.categorical, "category"))
    return replace(table, X=X, y=y)


def made_table(is_classification):
    """A small table of a number and a category, to warm up on."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"number": rng.standard_normal(200), "category": rng.integers(0, 3, 200)})
    y = X["number"].to_numpy() + X["category"].to_numpy()
    X["category"] = X["category"].astype("category")
    y = (y > 1).astype(int) if is_classification else y
    return TableFile("made", is_classification, X, y, ["category"])


@functools.cache
def versions(contender):
    """Versions of the packages that a contender runs on.

    Raises ImportError or OSError if the contender cannot be imported.
    """
    (CONTENDERS | ABLATIONS)[contender](made_table(True), 0, 1)
    names = ["numpy", "scikit-learn", *PACKAGES.get(contender, [])]
    found = {name: importlib.metadata.version(name) for name in names}
    if "sklearn_relu" in sys.modules:
        found["sklearn_relu"] = sys.modules["sklearn_relu"].__version__
    return found


@functools.cache
def warm_up(contender, is_classification, threads):
    """Fit the made table, once in a process: whatever is loaded or compiled once."""
    rows = np.arange(200)
    measured(contender, made_table(is_classification), (rows, rows), 0, threads)


def measured(contender, table, rows, seed, threads):
    """Figures of a fit."""
    X_train, X_test, y_train, y_test = (data for data in parts_of(table, rows))
    model = (CONTENDERS | ABLATIONS)[contender](table, seed, threads)
    start = time.perf_counter()
    model.fit(X_train, y_train)
    fitted = time.perf_counter()
    predictions = np.ravel(model.predict(X_test))
    seconds = {"fit_seconds": fitted - start, "predict_seconds": time.perf_counter() - fitted}
    if not np.isfinite(predictions).all():
        raise ValueError("the predictions are not finite")
    error = table_files.error_of(predictions, y_test, table.is_classification)
    scores = probability_scores(model, X_test, y_test) if table.is_classification else {}
    return {"error": error, **scores, **seconds}


def parts_of(table, rows):
    """X to train on and to test on, and y likewise."""
    return [data for of in (table.X.iloc, table.y) for data in (of[part] for part in rows)]


def probability_scores(model, X_test, y_test):
    """Log loss, and the Brier score summed over the classes."""
    given = np.asarray(model.predict_proba(X_test), dtype=float)
    if not np.isfinite(given).all():
        raise ValueError("the probabilities are not finite")
    classes = np.asarray(model.classes_, dtype=int)
    probabilities = np.zeros((len(y_test), max(classes.max(), y_test.max()) + 1))
    probabilities[:, classes] = given
    of_truth = probabilities[np.arange(len(y_test)), y_test]
    truth = np.eye(probabilities.shape[1])[y_test]
    return {
        "log_loss": float(-np.log(of_truth.clip(LEAST_PROBABILITY, 1)).mean()),
        "brier": float(((probabilities - truth) ** 2).sum(axis=1).mean()),
    }


def fitted_row(contender, folder, name, split, seed, threads):
    """The row of a fit, in the contender's process."""
    warnings.simplefilter("ignore")
    table = typed_table(folder, name)
    try:
        warm_up(contender, table.is_classification, threads)
        figures = measured(contender, table, table.split(split), seed, threads)
    except Exception as error:  # whatever a contender raises belongs in its row
        figures = {"failure": f"{type(error).__name__}: {error}"}
    return figures | {"versions": versions(contender)}


class Worker:
    """A contender's process; another one follows if it dies."""

    def __init__(self, threads):
        # Threads are counted as libraries load: a new process is the only sure place.
        os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
        self.pool = self._new_pool()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.pool.shutdown()

    def __call__(self, function, *args):
        """What a function returns there; a failure if the process dies."""
        try:
            return self.pool.submit(function, *args).result()
        except BrokenProcessPool as error:
            self.pool = self._new_pool()
            return {"failure": f"the process died: {error}"}

    @staticmethod
    def _new_pool():
        return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def keys_of(contender, names, n_splits, n_seeds):
    """Which tables, splits and seeds a contender runs on."""
    if contender in SLOW:
        names = [names[i] for i in np.linspace(0, len(names) - 1, N_TABLES_OF_SLOW).astype(int)]
        n_splits = n_seeds = 1
    return [
        (name, split, seed)
        for name in dict.fromkeys(names)
        for split in range(n_splits)
        for seed in range(n_seeds)
    ]


def run(options):
    """Every fit that the file has not got yet."""
    path = Path(options.out)
    rows = tabular_report.rows_in([path]) if path.exists() else []
    done = {tuple(row[part] for part in tabular_report.KEY) for row in rows}
    names = [name for of_one in lists_of(options).values() for name in of_one]
    with path.open("a", encoding="utf-8") as file:
        for contender in options.contenders:
            keys = keys_of(contender, names, options.splits, options.seeds)
            missing = [key for key in keys if (contender, *key) not in done]
            if missing:
                run_contender(contender, missing, options, file)


def run_contender(contender, keys, options, file):
    """The fits of a contender, in its process."""
    with Worker(options.threads) as worker:
        try:
            worker(versions, contender)
        except (ImportError, OSError) as error:  # OSError: a library of C that is missing
            print(f"{contender}: not run, {error}", file=sys.stderr, flush=True)
            return
        for name, split, seed in keys:
            figures = worker(
                fitted_row, contender, options.folder, name, split, seed, options.threads
            )
            row = dict(zip(tabular_report.KEY, (contender, name, split, seed), strict=True))
            row |= {"task": task_of(options.folder, name), "threads": options.threads} | figures
            file.write(json.dumps(row) + "\n")
            file.flush()
            told = figures.get("failure") or f"error {figures['error']:.4f}"
            print(f"{contender} {name} {split} {seed}: {told}", file=sys.stderr, flush=True)


def task_of(folder, name):
    """The task of a table, from the folder's list of them."""
    about = json.loads((Path(folder) / "tables.json").read_text(encoding="utf-8"))
    return about[name]["task"]


def lists_of(options):
    """Names of tables by the list that holds them; lists are in the folder, or anywhere."""
    return {
        Path(path).stem: table_files.names_in(Path(options.folder) / path) for path in options.lists
    }


def main():
    """Parse the command line; run, or report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="of the tables")
    parser.add_argument("lists", nargs="+", help="text files of names of tables, one a line")
    parser.add_argument("--out", default="tabular.jsonl", help="the file of rows to go on with")
    names = [*CONTENDERS, *ABLATIONS]
    parser.add_argument("--contenders", nargs="+", choices=names, default=[*CONTENDERS])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--report", nargs="+", metavar="JSONL", help="only tell what files hold")
    parser.add_argument(
        "--subject", choices=CONTENDERS, default="tabular", help="a report compares it with others"
    )
    options = parser.parse_args()
    if options.report:
        rows = tabular_report.rows_in(options.report)
        tabular_report.tell(rows, lists_of(options), options.subject)
    else:
        print(machine.kernels())
        run(options)


if __name__ == "__main__":
    main()
