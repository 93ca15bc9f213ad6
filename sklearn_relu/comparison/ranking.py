"""Candidates and baselines of a comparison from the best to the worst, and their pipelines."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_relu.comparison.table import candidates, comparison_rows, per_fit
from sklearn_relu.comparison.terminal import row_label
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.inspection import final_network
from sklearn_relu.kernels.threads import suitable_blas_threads


@dataclass(frozen=True)
class Ranked:
    """A candidate or a baseline with a score.

    Attributes
    ----------
    name : str
        The labels that tell it from the others.
    indices : list of int
        Into ``search.cv_results_["params"]``, one a seed, that of the best seed first; none for a
        baseline.
    scores : ndarray of shape (n_fits,)
        On held-out rows.
    """

    name: str
    indices: list[int]
    scores: np.ndarray

    @property
    def index(self) -> int:
        """The index of the best seed."""
        return self.indices[0]

    @property
    def mean(self) -> float:
        """The mean score over folds and seeds."""
        return float(self.scores.mean())


def ranking(search: GridSearchCV) -> list[Ranked]:
    """The candidates of which all fits have a score, the best first.

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.

    Returns
    -------
    ranking : list of Ranked
    """
    rows = [row for row in comparison_rows(search) if not row["is_baseline"]]
    found = []
    for row, (_, indices) in zip(rows, candidates(search), strict=True):
        scores = per_fit(search, f"test_{search.refit}", indices)
        order = np.argsort(-scores.mean(axis=1), kind="stable")
        found.append(Ranked(row_label(row, rows), [indices[i] for i in order], scores.ravel()))
    return _sorted(found)


def ranked_baselines(search: GridSearchCV) -> list[Ranked]:
    """The baselines of which all fits have a score, the best first.

    Parameters
    ----------
    search : GridSearchCV

    Returns
    -------
    ranking : list of Ranked
    """
    found = getattr(search, "baselines_", {}).items()
    return _sorted([Ranked(name, [], scores["test_score"]) for name, scores in found])


def _sorted(found: list[Ranked]) -> list[Ranked]:
    whole = [each for each in found if np.isfinite(each.scores).all()]
    return sorted(whole, key=lambda each: -each.mean)


def candidate_pipeline(search: GridSearchCV, index: int) -> Any:
    """The pipeline of a candidate, not fitted.

    Parameters
    ----------
    search : GridSearchCV
    index : int
        Into ``search.cv_results_["params"]``.

    Returns
    -------
    pipeline : Pipeline
        It ends in a network, or in a TransformedTargetRegressor of one.
    """
    params = search.cv_results_["params"][index]
    return clone(search.estimator).set_params(**clone(params, safe=False))


def refitted(search: GridSearchCV, index: int, X: Any, y: Any) -> Any:
    """A candidate's pipeline, fitted to all rows; the search has the best one already.

    Parameters
    ----------
    search : GridSearchCV
    index : int
    X : {array-like, DataFrame} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)

    Returns
    -------
    pipeline : estimator
    """
    if index == search.best_index_:
        return search.best_estimator_
    with quiet():
        return candidate_pipeline(search, index).fit(X, y)


def fitted_with_held_out(pipeline: Any, X: Any, y: Any, X_val: Any, y_val: Any) -> Any:
    """Fit a pipeline that ends in a network, which notes its loss on held-out rows too.

    A network that holds out rows by itself notes that of its own ones. It would be another network
    with those that are given.

    Parameters
    ----------
    pipeline : Pipeline
        Not fitted; its last step is a network, or a TransformedTargetRegressor of one.
    X, X_val : {array-like, DataFrame} of shape (n_samples, n_features)
    y, y_val : array-like of shape (n_samples,)

    Returns
    -------
    pipeline : Pipeline
        Fitted to X and y.
    """
    *steps, (name, network) = pipeline.steps
    with quiet():
        if steps:
            prepare = Pipeline(steps)
            X, X_val = prepare.fit_transform(X, y), prepare.transform(X_val)
        if isinstance(network, TransformedTargetRegressor) and network.transformer is not None:
            # Its own fit transforms y alone.
            scale = clone(network.transformer).fit(np.reshape(y, (-1, 1)))
            y_val = scale.transform(np.reshape(y_val, (-1, 1))).ravel()
        if final_network(network).get_params().get("early_stopping", True):
            network.fit(X, y)
        else:
            network.fit(X, y, X_val=X_val, y_val=y_val)
    return Pipeline([*steps, (name, network)])


@contextmanager
def quiet() -> Iterator[None]:
    """Warn of no fit anew: the search has said how many reached `max_iter`."""
    with suitable_blas_threads(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", TrainingWarning)
        yield
