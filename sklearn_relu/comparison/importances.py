"""Permutation importances of the columns of a table, by name."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.inspection import permutation_importance
from sklearn.utils import check_random_state

N_REPEATS = 5

MOST_COLUMNS = 500
"""With more columns importances take longer than the comparison."""

CELLS = 10**8
"""Cells of all permuted tables together: of wide tables fewer rows are taken."""


@dataclass(frozen=True)
class Importance:
    """The loss of score if a column is permuted: mean and standard deviation."""

    name: str
    mean: float
    sd: float


def importances(model: Any, X: Any, y: np.ndarray, scorer: Any) -> list[Importance]:
    """Permute each column of held-out rows, and see how much worse the score becomes.

    Parameters
    ----------
    model : estimator
        Fitted, to other rows.
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    scorer : callable
        Of scikit-learn.

    Returns
    -------
    importances : list of Importance
        The largest first.
    """
    n_columns = X.shape[1]
    most = max(50, CELLS // (N_REPEATS * n_columns**2))
    if len(y) > most:
        rows = np.sort(check_random_state(0).permutation(len(y))[:most])
        X, y = rows_of(X, rows), y[rows]
    found = permutation_importance(model, X, y, scoring=scorer, n_repeats=N_REPEATS, random_state=0)
    names = X.columns if hasattr(X, "columns") else [f"column {i}" for i in range(n_columns)]
    listed = zip(names, found.importances_mean, found.importances_std, strict=True)
    unordered = [Importance(str(name), float(mean), float(sd)) for name, mean, sd in listed]
    return sorted(unordered, key=lambda each: -each.mean)


def rows_of(X: Any, rows: np.ndarray) -> Any:
    """Some rows of an array or a data frame.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
    rows : ndarray of int

    Returns
    -------
    X : {ndarray, DataFrame} of shape (len(rows), n_features)
    """
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]
