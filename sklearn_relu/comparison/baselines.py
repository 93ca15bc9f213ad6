"""Models that the networks of a comparison must be better than, on the same folds."""

from collections.abc import Sequence

from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from sklearn_relu.estimators import TabularMLPClassifier, TabularMLPRegressor

BASELINES = ("constant", "linear", "boosting", "tabular")
"""Names, from the simplest on."""

LABELS = {
    "constant": ("majority class", "mean of the target"),
    "linear": ("logistic regression", "ridge regression"),
    "boosting": ("gradient boosting", "gradient boosting"),
    "tabular": ("TabularMLP, fast", "TabularMLP, fast"),
}
"""How tables call them, for classes and for numbers."""


def label_of(name: str, task: str) -> str:
    """How a table calls a baseline.

    Parameters
    ----------
    name : str
        One of :data:`BASELINES`.
    task : {"classification", "regression"}

    Returns
    -------
    label : str
    """
    return LABELS[name][task == "regression"]


def check_baselines(names: Sequence[str]) -> None:
    """Raise a ValueError for a name that is none."""
    unknown = [name for name in names if name not in BASELINES]
    if isinstance(names, str) or unknown:
        raise ValueError(
            f"baselines must be a list of some of {', '.join(BASELINES)}; got "
            f"{names if isinstance(names, str) else unknown[0]!r}."
        )


def baseline(
    name: str, task: str, prepare: BaseEstimator, categorical: Sequence[int]
) -> BaseEstimator:
    """A model that reads the table.

    Parameters
    ----------
    name : str
        One of :data:`BASELINES`.
    task : {"classification", "regression"}
    prepare : estimator
        Makes numbers of a table, for all but the network for tables.
    categorical : sequence of int
        The positions of the categorical columns, for that network.

    Returns
    -------
    model : estimator
        Not fitted.
    """
    is_classification = task == "classification"
    if name == "tabular":
        network = TabularMLPClassifier if is_classification else TabularMLPRegressor
        columns = list(categorical) or "from_dtype"
        return network(effort="fast", categorical_features=columns, random_state=0)
    if name == "constant":
        model = DummyClassifier() if is_classification else DummyRegressor()
    elif name == "linear":
        model = LogisticRegression(max_iter=1000) if is_classification else Ridge()
    elif is_classification:
        model = HistGradientBoostingClassifier(random_state=0)
    else:
        model = HistGradientBoostingRegressor(random_state=0)
    return make_pipeline(prepare, model)
