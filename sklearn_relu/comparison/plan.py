"""The plan of a comparison: all that it will do, checked before any work."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid, StratifiedKFold

from sklearn_relu.comparison.baselines import check_baselines
from sklearn_relu.comparison.datasets import (
    Columns,
    check_random_state_is_number,
    check_table,
    check_target,
    columns_of,
)
from sklearn_relu.comparison.images import checked_shape, rows_of_images
from sklearn_relu.comparison.models import ESTIMATORS, choices_of, pipeline_of
from sklearn_relu.comparison.series import array_of_series, check_series, series_shape_of
from sklearn_relu.estimators.parts import resolve_parts
from sklearn_relu.inspection import final_network
from sklearn_relu.scorers import (
    dead_units_scorer,
    gradient_ratio_scorer,
    n_epochs_scorer,
    n_parameters_scorer,
    saturation_scorer,
    sparsity_scorer,
)
from sklearn_relu.sklearn_private import validate_parameters


@dataclass(frozen=True)
class Plan:
    """A comparison that may begin.

    Attributes
    ----------
    X, y : array-like
        Checked.
    task : {"classification", "regression"}
    categorical : list of int
        The positions of all categorical columns.
    search : GridSearchCV
        Not fitted.
    baselines : tuple of str
    time_limit : float or None
    """

    X: Any
    y: np.ndarray
    task: str
    categorical: list[int]
    search: GridSearchCV
    baselines: tuple[str, ...]
    time_limit: float | None

    @property
    def n_fits(self) -> int:
        """Networks that are trained, but for the last one, to all rows."""
        n_models = len(ParameterGrid(self.search.param_grid)) + ("tabular" in self.baselines)
        return n_models * self.search.cv.get_n_splits()


def make_plan(
    X: Any,
    y: Any,
    *,
    task: str | None,
    activations: Sequence,
    networks: Sequence,
    initializations: Sequence | None,
    penalties: Sequence | None,
    biases: Sequence | None,
    alphas: Sequence | None,
    learning_rates: Sequence | None,
    parts: Mapping[str, Sequence] | None,
    estimators: Sequence[str],
    baselines: Sequence[str],
    categorical: Sequence,
    image_shape: Sequence[int] | None,
    scoring: str | None,
    folds: int,
    seeds: int,
    max_iter: int,
    early_stopping: bool,
    time_limit: float | None,
    n_jobs: int | None,
    random_state: int,
) -> Plan:
    """Check all that was given to :func:`sklearn_relu.compare`; see there.

    Raises
    ------
    ValueError
        For data or parameters that cannot be used.
    """
    check_random_state_is_number(random_state)
    y, task = check_target(y, task)
    X, own_shape = rows_of_images(array_of_series(X))
    X = check_table(X, len(y))
    columns = columns_of(X, categorical)
    check_baselines(baselines)
    _check_estimators(estimators, columns)
    shape = checked_shape(image_shape, own_shape, X.shape[1])
    steps = series_shape_of(shape, is_said=bool(image_shape or own_shape))
    if "rnn" in estimators:
        check_series(X, steps)
    if "cnn" in estimators and np.isnan(np.asarray(X, dtype=np.float64)).any():
        raise ValueError(
            "estimators: 'cnn' takes no missing values, and X has some. Fill them in, or leave "
            "'cnn' out; 'rnn' takes series of unequal length, with NaN after the end of each."
        )
    if time_limit is not None and not (isinstance(time_limit, Real) and time_limit > 0):
        raise ValueError(f"time_limit must be seconds above 0, or None; got {time_limit!r}.")
    options = {"max_iter": max_iter, "early_stopping": early_stopping}
    pipeline = pipeline_of(columns, task, options)
    searched = {
        "activation": activations,
        "hidden_layer_sizes": networks,
        "initialization": initializations,
        "penalty": penalties,
        "bias_initialization": biases,
        "alpha": alphas,
        "learning_rate_init": learning_rates,
        **_other_parts(parts),
        "random_state": range(random_state, random_state + seeds),
    }
    values = {name: _values(name, each) for name, each in searched.items() if each is not None}
    grids = [
        choice.params | {choice.prefix + name: each for name, each in (values | choice.own).items()}
        for kind in estimators
        for choice in choices_of(kind, columns, task, shape, steps, options)
    ]
    _check_candidates(pipeline, grids)
    _check_folds(folds, y, task)
    is_classification = task == "classification"
    score = _score(scoring, is_classification)
    _check_scoring(score, y, is_classification)
    kind = StratifiedKFold if is_classification else KFold
    search = GridSearchCV(
        pipeline,
        grids if len(grids) > 1 else grids[0],
        scoring={
            score: score,
            "sparsity": sparsity_scorer,
            "dead_units": dead_units_scorer,
            "saturation": saturation_scorer,
            "gradient_ratio": gradient_ratio_scorer,
            "n_epochs": n_epochs_scorer,
            "n_parameters": n_parameters_scorer,
        },
        refit=score,
        cv=kind(folds, shuffle=True, random_state=random_state),
        return_train_score=True,
        n_jobs=n_jobs,
    )
    return Plan(X, y, task, columns.positions, search, tuple(baselines), time_limit)


def _score(scoring: str | None, is_classification: bool) -> str:
    if scoring is None:
        return "accuracy" if is_classification else "r2"
    if scoring not in get_scorer_names():
        raise ValueError(
            f"scoring must be one of sklearn.metrics.get_scorer_names(), such as 'roc_auc', "
            f"'neg_log_loss' or 'neg_mean_absolute_error'; got {scoring!r}."
        )
    return scoring


def _check_scoring(score: str, y: np.ndarray, is_classification: bool) -> None:
    """Raise if a constant has no score, before the work of all others."""
    model = DummyClassifier() if is_classification else DummyRegressor()
    X = np.zeros((len(y), 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = get_scorer(score)(model.fit(X, y), X, y)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"scoring={score!r} does not fit this target: {error}") from None
    if np.isnan(found):
        raise ValueError(f"scoring={score!r} does not fit this target: it gives no number.")


def _other_parts(parts: Mapping[str, Sequence] | None) -> dict[str, Sequence]:
    """Values of further parameters."""
    own = {
        "activation": "activations",
        "hidden_layer_sizes": "networks",
        "random_state": "random_state and seeds",
    }
    for name in parts or {}:
        if name in own:
            raise ValueError(f"parts must not hold {name!r}; say it by {own[name]}.")
    return dict(parts or {})


def _check_estimators(estimators: Sequence[str], columns: Columns) -> None:
    unknown = [name for name in estimators if name not in ESTIMATORS]
    if isinstance(estimators, str) or unknown or not len(estimators):
        got = estimators if isinstance(estimators, str) or not unknown else unknown[0]
        raise ValueError(f"estimators must be a list of some of {ESTIMATORS}; got {got!r}.")
    others = [*columns.categorical, *columns.dates]
    of_numbers = {"cnn": "images and series", "rnn": "series"}
    for name in estimators:
        if name in of_numbers and others:
            raise ValueError(
                f"estimators: {name!r} is for {of_numbers[name]}, whose columns are all numbers; "
                f"{others[0]!r} is none. Leave {name!r} out, or the column."
            )


def _values(parameter: str, values: Any) -> list:
    """A parameter's values as a list, each of them once."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(
            f"values to compare must come as a list; got {values!r} for {parameter}. For one value "
            f"pass [{values!r}]."
        )
    unique: list = []
    for value in values:
        value = tuple(value) if isinstance(value, list | np.ndarray) else value
        if value not in unique:
            unique.append(value)
    if not unique:
        raise ValueError(f"values to compare must be at least one; got none for {parameter}.")
    return unique


def _check_folds(folds: int, y: np.ndarray, task: str) -> None:
    most = len(y) if task == "regression" else np.unique(y, return_counts=True)[1].max()
    if not 2 <= folds <= most:
        limit = "rows" if task == "regression" else "rows of the most frequent class"
        raise ValueError(f"folds must be at least 2 and at most {most}, the {limit}; got {folds}.")


def _check_candidates(pipeline: BaseEstimator, grids: list[dict[str, list]]) -> None:
    """Raise for parameters that cannot be used, before the first fit."""
    for params in ParameterGrid(grids):
        try:
            model = clone(pipeline).set_params(**clone(params, safe=False))
        except ValueError as error:
            if "Invalid parameter" not in str(error):
                raise
            name = str(error).split("'")[1]
            raise ValueError(f"parts: {name!r} is no parameter of the network.") from None
        network = final_network(model)
        validate_parameters(network)
        resolve_parts(network)
