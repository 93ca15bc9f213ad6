"""All that a report shows of a search beside its scores."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV

from sklearn_relu.comparison.datasets import check_target
from sklearn_relu.comparison.images import rows_of_images
from sklearn_relu.comparison.importances import (
    MOST_COLUMNS,
    Importance,
    importances,
    rows_of,
)
from sklearn_relu.comparison.inside import Inside, look_inside
from sklearn_relu.comparison.pictures import (
    curve_picture,
    gradient_picture,
    importance_picture,
)
from sklearn_relu.comparison.ranking import (
    Ranked,
    candidate_pipeline,
    fitted_with_held_out,
    quiet,
    refitted,
)
from sklearn_relu.comparison.series import array_of_series
from sklearn_relu.comparison.svg import Picture
from sklearn_relu.estimators.fitted import Fitted
from sklearn_relu.inspection import final_network

WITHOUT_DATA = "pass X and y to ComparisonReport.from_search"


@dataclass
class Looks:
    """A look at the best candidate of a search.

    Attributes
    ----------
    inside : Inside
    pictures : dict of str to Picture
        By name; those that could be made.
    importances : list of Importance
    left_out : dict of str to str
        By the name of a picture the reason why there is none, as a sentence.
    """

    inside: Inside
    pictures: dict[str, Picture] = field(default_factory=dict)
    importances: list[Importance] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, picture: Picture) -> None:
        """Add a picture."""
        self.pictures[picture.name] = picture


def look(search: GridSearchCV, best: Ranked, X: Any, y: Any) -> Looks:
    """Look at the best candidate.

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.
    best : Ranked
    X : {array-like, DataFrame} of shape (n_samples, n_features), or None
        The data it was given.
    y : array-like of shape (n_samples,), or None

    Returns
    -------
    looks : Looks
    """
    if X is None or y is None:
        return _without_data(search)
    y, _ = check_target(y, "classification" if is_classifier(search) else "regression")
    X = X if hasattr(X, "iloc") else rows_of_images(np.asarray(array_of_series(X)))[0]
    looks = Looks(look_inside(refitted(search, best.index, X, y), X, y))
    looks.add(gradient_picture(looks.inside.start, looks.inside.end))
    model = _without_first_fold(looks, search, best.index, X, y)
    _add_importances(looks, search, model, X, y)
    return looks


def _without_data(search: GridSearchCV) -> Looks:
    """Look at the fitted pipeline of the search, by itself."""
    looks = Looks(look_inside(search.best_estimator_))
    looks.left_out = {
        "gradients": f"Zeros, dead units and gradients need the data: {WITHOUT_DATA}.",
        "importances": f"Importances need the data: {WITHOUT_DATA}.",
    }
    training, _ = _curves(search.best_estimator_)
    note = f"The best network on all rows. A curve of held-out rows needs the data: {WITHOUT_DATA}."
    looks.add(curve_picture(training, np.empty(0), note))
    return looks


def _without_first_fold(
    looks: Looks, search: GridSearchCV, index: int, X: Any, y: np.ndarray
) -> Any:
    """The candidate's pipeline, trained without the rows of the first fold; adds its curves."""
    train, test = next(iter(search.cv.split(X, y)))
    pipeline = candidate_pipeline(search, index)
    rows = rows_of(X, train), y[train]
    try:
        model = fitted_with_held_out(pipeline, *rows, rows_of(X, test), y[test])
    except ValueError as error:
        looks.left_out["curves"] = f"There is no curve of the first fold: {error}"
        with quiet():
            return clone(pipeline).fit(*rows)
    note = "The best network, trained once more without the rows of the first fold."
    looks.add(curve_picture(*_curves(model), note))
    return model


def _curves(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation losses of a network, or means over those of an ensemble."""
    fitted = Fitted(final_network(model))
    return _mean_curve(fitted.curves("loss")), _mean_curve(fitted.curves("validation_loss"))


def _mean_curve(curves: list[np.ndarray]) -> np.ndarray:
    """The mean over networks, as long as all of them trained; empty if there is none."""
    n_epochs = min(map(len, curves))
    mean = np.mean([curve[:n_epochs] for curve in curves], axis=0)
    return mean if np.isfinite(mean).all() else np.empty(0)


def _add_importances(looks: Looks, search: GridSearchCV, model: Any, X: Any, y: np.ndarray) -> None:
    """Add those that a pipeline shows on the rows of the first fold, which it has not seen."""
    if X.shape[1] > MOST_COLUMNS:
        looks.left_out["importances"] = (
            f"There are {X.shape[1]} columns; importances are measured up to {MOST_COLUMNS}."
        )
        return
    if final_network(model).reads_series and np.isnan(np.asarray(X, dtype=float)).any():
        looks.left_out["importances"] = (
            "The series have unequal lengths: permuted steps would be behind the end of some."
        )
        return
    _, test = next(iter(search.cv.split(X, y)))
    scorer = search.scorer_[search.refit]
    with quiet():
        looks.importances = importances(model, rows_of(X, test), y[test], scorer)
    looks.add(importance_picture(looks.importances, search.refit))
