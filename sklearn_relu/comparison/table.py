"""The results of a comparison: one row a candidate, as plain dicts and as CSV."""

import csv
import io
import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV

from sklearn_relu.comparison.models import kind_of_network

NAMES = {
    "hidden_layer_sizes": "network",
    "activation": "activation",
    "initialization": "initialization",
    "penalty": "penalty",
    "bias_initialization": "bias",
    "alpha": "alpha",
    "learning_rate_init": "learning_rate",
}
"""For each parameter that a comparison searches, the name of its column."""

MEASURED = (
    "score",
    "score_sd",
    "train_score",
    "fit_seconds",
    "epochs",
    "sparsity",
    "dead_units",
    "saturation",
    "gradient_ratio",
    "n_parameters",
    "n_fits",
    "n_failed",
    "n_not_run",
    "n_at_max_iter",
    "is_baseline",
)
"""The columns of figures."""

SEED = "random_state"

STEPS = ("prepare", "mlp", "regressor")
"""Parameters that make the pipeline one of another network, which is one label."""


def comparison_rows(search: GridSearchCV) -> list[dict[str, Any]]:
    """One row for each candidate of :func:`sklearn_relu.compare`, over its folds and seeds.

    Parameters
    ----------
    search : GridSearchCV
        As returned by ``compare``.

    Returns
    -------
    rows : list of dict
        Grouped by network; ``pandas.DataFrame(rows)`` makes a table of them. The keys are
        ``activation`` and ``network``, then the other parameters that were searched, then

        - ``score``, ``score_sd``: mean and standard deviation over folds and seeds of accuracy
          or r2 on held-out rows; NaN if a fit failed;
        - ``train_score``, ``fit_seconds``, ``epochs``: means;
        - ``sparsity``: share of exact zeros among the hidden activations of the training rows;
        - ``dead_units``: share of hidden units that are 0 on all training rows;
        - ``saturation``: share of hidden activations on the training rows that are within 1 % of
          a bound;
        - ``gradient_ratio``: norm of the loss's gradient for the first layer's weights over that
          for the last layer's, before the first step of training;
        - ``n_parameters``: of the network, weights and biases and what activations learn;
        - ``n_fits``, ``n_failed``, ``n_not_run``, ``n_at_max_iter``: numbers of fits; in a
          comparison that ended early those without a score count as not run;
        - ``is_baseline``: whether it is no candidate. Baselines come last, with their name in
          ``activation``.
    """
    rows = [labels | _figures(search, indices) for labels, indices in candidates(search)]
    return rows + [_baseline_row(rows[0], label, each) for label, each in _baselines(search)]


def _baselines(search: GridSearchCV) -> list[tuple[str, dict[str, Any]]]:
    """Labels and scores, none for a search that was made otherwise."""
    return list(getattr(search, "baselines_", {}).items())


def candidates(search: GridSearchCV) -> list[tuple[dict[str, Any], list[int]]]:
    """The candidates that were compared: labels of each, and its indices, one a seed.

    Parameters
    ----------
    search : GridSearchCV
        As returned by ``compare``.

    Returns
    -------
    candidates : list of (labels, indices)
        Grouped by network. Labels by column; indices into ``search.cv_results_["params"]``.
    """
    found: dict[tuple, list[int]] = {}
    of_all = search.cv_results_["params"]
    are_of_several = len({kind_of_network(params) for params in of_all}) > 1
    for i, params in enumerate(of_all):
        labels = {NAMES.get(n, n): _label(n, v) for n, v in _named(params).items() if n != SEED}
        if are_of_several:
            labels["estimator"] = kind_of_network(params)
        found.setdefault(tuple(labels.items()), []).append(i)
    networks = list(dict.fromkeys(dict(labels)["network"] for labels in found))
    grouped = sorted(found.items(), key=lambda item: networks.index(dict(item[0])["network"]))
    return [(dict(labels), indices) for labels, indices in grouped]


def fits_at_max_iter(search: GridSearchCV) -> tuple[int, int]:
    """How many fits of a comparison took all the epochs they could, and how many did not fail.

    Parameters
    ----------
    search : GridSearchCV

    Returns
    -------
    n_reached, n_fits : int
    """
    indices = list(range(len(search.cv_results_["params"])))
    epochs = per_fit(search, "train_n_epochs", indices)
    return int((epochs >= _most_epochs(search, indices)).sum()), int(np.isfinite(epochs).sum())


def _named(params: dict) -> dict[str, Any]:
    """A candidate's parameters without the path of steps, in the order of the columns."""
    short = {
        name.rpartition("__")[2]: value
        for name, value in params.items()
        if name.rpartition("__")[2] not in STEPS
    }
    order = ["activation", *NAMES, *short, SEED]
    return {name: short[name] for name in dict.fromkeys(order) if name in short}


def _most_epochs(search: GridSearchCV, indices: Sequence[int]) -> np.ndarray:
    """The epochs that candidates could take; infinite for networks that go by a budget.

    Of shape (len(indices), 1).
    """
    of_all = search.estimator.get_params()
    usual = next(value for name, value in of_all.items() if name.endswith("__max_iter"))
    found = []
    for i in indices:
        params = search.cv_results_["params"][i]
        by_budget = np.inf if kind_of_network(params) == "tabular" else usual
        found.append(_named(params).get("max_iter", by_budget))
    return np.array(found, dtype=float)[:, None]


def _label(name: str, value: Any) -> Any:
    if name == "hidden_layer_sizes":
        return network_label(value)
    if isinstance(value, list | tuple):
        return " ".join(str(each) for each in value)
    return "none" if value is None else value if isinstance(value, Real) else str(value)


def network_label(sizes: Any) -> str:
    """How the command line writes a network: ``100``, ``80x10`` (10 layers of 80), ``64,32``.

    Parameters
    ----------
    sizes : int or sequence of int

    Returns
    -------
    label : str
    """
    sizes = [int(size) for size in np.atleast_1d(sizes)]
    if len(sizes) > 1 and len(set(sizes)) == 1:
        return f"{sizes[0]}x{len(sizes)}"
    return ",".join(str(size) for size in sizes)


def per_fit(search: GridSearchCV, figure: str, indices: Sequence[int]) -> np.ndarray:
    """A figure of each single fit.

    Parameters
    ----------
    search : GridSearchCV
    figure : str
        Such as ``"test_accuracy"``.
    indices : sequence of int
        Into ``search.cv_results_["params"]``.

    Returns
    -------
    values : ndarray of shape (len(indices), n_folds)
    """
    results = search.cv_results_
    splits = [results[f"split{i}_{figure}"] for i in range(search.n_splits_)]
    return np.array(splits).T[list(indices)]


def _figures(search: GridSearchCV, indices: list[int]) -> dict[str, Any]:
    scores = per_fit(search, f"test_{search.refit}", indices)
    epochs = per_fit(search, "train_n_epochs", indices)

    def mean(figure: str) -> float:
        return float(per_fit(search, f"train_{figure}", indices).mean())

    n_without = int(np.isnan(scores).sum())
    ended_early = bool(getattr(search, "ended_by_", ""))
    return {
        "score": float(scores.mean()),
        "score_sd": float(scores.std()),
        "train_score": mean(search.refit),
        "fit_seconds": float(np.mean(search.cv_results_["mean_fit_time"][indices])),
        "epochs": float(epochs.mean()),
        "sparsity": mean("sparsity"),
        "dead_units": mean("dead_units"),
        "saturation": mean("saturation"),
        "gradient_ratio": mean("gradient_ratio"),
        "n_parameters": mean("n_parameters"),
        "n_fits": scores.size,
        "n_failed": 0 if ended_early else n_without,
        "n_not_run": n_without if ended_early else 0,
        "n_at_max_iter": int((epochs >= _most_epochs(search, indices)).sum()),
        "is_baseline": False,
    }


def _baseline_row(like: dict[str, Any], label: str, scores: dict[str, Any]) -> dict[str, Any]:
    """A row with the keys of another one."""
    test = scores["test_score"]
    figures = dict.fromkeys(MEASURED, math.nan) | {
        "score": float(test.mean()),
        "score_sd": float(test.std()),
        "train_score": float(scores["train_score"].mean()),
        "fit_seconds": float(scores["fit_time"].mean()),
        "n_fits": len(test),
        "n_failed": int(np.isnan(test).sum()),
        "n_not_run": 0,
        "n_at_max_iter": 0,
        "is_baseline": True,
    }
    labels = {name: "-" for name in like if name not in MEASURED}
    return labels | {"activation": label} | figures


def best_row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The candidate with the largest score.

    Parameters
    ----------
    rows : list of dict
        See :func:`comparison_rows`.

    Returns
    -------
    row : dict
    """
    candidates = [row for row in rows if not row["is_baseline"]]
    return max(candidates, key=lambda row: -math.inf if math.isnan(row["score"]) else row["score"])


def csv_text(rows: list[dict[str, Any]]) -> str:
    """The rows as CSV with a header.

    Parameters
    ----------
    rows : list of dict
        See :func:`comparison_rows`.

    Returns
    -------
    text : str
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
