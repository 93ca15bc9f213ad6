"""The files that one takes home from a comparison."""

import csv
import io
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.model_selection import GridSearchCV

from sklearn_relu.comparison.best_script import best_script
from sklearn_relu.comparison.files import Table
from sklearn_relu.comparison.ranking import ranking, refitted
from sklearn_relu.comparison.report import ComparisonReport, Home
from sklearn_relu.comparison.table import SEED, candidates, per_fit
from sklearn_relu.persistence import SKOPS_TRUSTED_TYPES

CONTENTS = {
    "report.html": "This page.",
    "model.skops": "The pipeline of the best network, fitted to all rows.",
    "best.py": "Builds this pipeline anew from the table, and prints the same score.",
    "results.csv": "All fits of the comparison: scores and figures of each fold.",
    "compare.csv": "The table of candidates and baselines.",
    "compare.png": "Scores and loss curves of the candidates.",
    "scores.png": "Score by fold.",
    "curves.png": "Training and validation curves of the best network.",
    "gradients.png": "Flow of the gradient in the best network.",
    "importances.png": "Importance of the columns.",
}
"""The content of each file."""


def files_to_take_home(
    search: GridSearchCV,
    table: Table,
    y: np.ndarray,
    args: Namespace,
    read: Sequence[str],
    others: dict[str, bytes],
) -> dict[str, bytes]:
    """Make all files.

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.
    table : Table
    y : ndarray of shape (n_samples,)
        The target, checked.
    args : argparse.Namespace
        The options of ``sklearn-relu compare``.
    read : sequence of str
        Lines on the data.
    others : dict of str to bytes
        Files that the command has already.

    Returns
    -------
    files : dict of str to bytes
        By name, in the order of CONTENTS.
    """
    import skops.io

    best = ranking(search)[0]
    model = skops.io.dumps(refitted(search, best.index, table.X, y))
    report = ComparisonReport.from_search(search, table.X, y, name=table.name, read=read)
    files = {
        "model.skops": model,
        "best.py": _encoded(best_script(search, best, args)),
        "results.csv": _encoded(results_text(search)),
        **{f"{picture.name}.png": picture.png() for picture in report.pictures.values()},
        **others,
    }
    contents = [(name, CONTENTS[name]) for name in CONTENTS if name in {"report.html", *files}]
    page = replace(report, home=Home(_loading(model), tuple(contents))).to_html()
    files["report.html"] = _encoded(page)
    return {name: files[name] for name, _ in contents}


def _encoded(text: str) -> bytes:
    # Names of files may hold what UTF-8 cannot.
    return text.encode(errors="backslashreplace")


def _loading(model: bytes) -> str:
    """Code that loads a model that skops has written."""
    import skops.io

    others = set(skops.io.get_untrusted_types(data=model)) - set(SKOPS_TRUSTED_TYPES)
    trusted = ["*SKOPS_TRUSTED_TYPES", *(f'"{name}"' for name in sorted(others))]
    return "\n".join(
        [
            "import skops.io",
            "from sklearn_relu import SKOPS_TRUSTED_TYPES",
            "",
            "trusted = [",
            *(f"    {name}," for name in trusted),
            "]",
            'model = skops.io.load("model.skops", trusted=trusted)',
            "# X is read as best.py reads it, read_table(...).X: dtypes and missing values count.",
            "model.predict(X)",
        ]
    )


def results_text(search: GridSearchCV) -> str:
    """All fits of a search as CSV: a row for each candidate, seed and fold.

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.

    Returns
    -------
    text : str
        Columns are the candidate's labels, the seed, the fold (from 1), ``score`` on held-out rows,
        ``train_score``, and the other figures on training rows. Baselines have the labels and the
        figures that :func:`comparison_rows` gives them.
    """
    splits = [name for name in search.cv_results_ if name.startswith("split0_train_")]
    others = [name.removeprefix("split0_train_") for name in splits]
    figures = {"score": f"test_{search.refit}", "train_score": f"train_{search.refit}"}
    figures |= {
        "epochs" if name == "n_epochs" else name: f"train_{name}"
        for name in others
        if name != search.refit
    }
    rows = []
    for labels, indices in candidates(search):
        values = {name: per_fit(search, figure, indices) for name, figure in figures.items()}
        for i, index in enumerate(indices):
            seed = {"seed": _seed(search.cv_results_["params"][index])}
            for fold in range(search.n_splits_):
                row = {name: each[i, fold] for name, each in values.items()}
                rows.append(labels | seed | {"fold": fold + 1} | row)
    for name, scores in getattr(search, "baselines_", {}).items():
        for fold, (score, train) in enumerate(
            zip(scores["test_score"], scores["train_score"], strict=True), 1
        ):
            row = {"activation": name, "fold": fold, "score": score, "train_score": train}
            rows.append(dict.fromkeys(labels, "-") | row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _seed(params: dict) -> object:
    return next((value for name, value in params.items() if name.rpartition("__")[2] == SEED), "")
