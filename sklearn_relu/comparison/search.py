"""The main job: compare activations and depths on one's own data, by a grid search."""

import warnings
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_relu.comparison.datasets import Columns, category_texts, check_target, columns_of
from sklearn_relu.comparison.table import fits_at_max_iter
from sklearn_relu.estimators import MLPClassifier, MLPRegressor
from sklearn_relu.estimators.parts import resolve_parts
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.inspection import final_network
from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.parallel import Stacks, another_backend_is_set, lockstep
from sklearn_relu.scorers import (
    dead_units_scorer,
    gradient_ratio_scorer,
    n_epochs_scorer,
    n_parameters_scorer,
    saturation_scorer,
    sparsity_scorer,
)
from sklearn_relu.sklearn_private import require_callbacks, validate_parameters

ACTIVATIONS = ("relu", "tanh", "logistic")
"""Activations compared unless others are named."""

NETWORKS = ((100,), (80,) * 10)
"""Networks compared unless others are named: wide, and so deep that gradients can vanish."""

MAX_CATEGORIES = 50
"""Of a categorical column, the most frequent so many categories are told apart."""


def compare(
    X: Any,
    y: Any,
    *,
    task: str | None = None,
    activations: Sequence = ACTIVATIONS,
    networks: Sequence = NETWORKS,
    initializations: Sequence | None = None,
    penalties: Sequence | None = None,
    biases: Sequence | None = None,
    alphas: Sequence | None = None,
    learning_rates: Sequence | None = None,
    categorical: Sequence = (),
    folds: int = 5,
    seeds: int = 1,
    max_iter: int = 200,
    n_jobs: int | None = None,
    random_state: int = 0,
    callbacks: Sequence = (),
) -> GridSearchCV:
    """Compare activations, depths and whatever else is named, on the same folds and seeds.

    It is a grid search over a Pipeline, in :func:`sklearn_relu.lockstep` unless a
    ``joblib.parallel_config`` says where its fits run, such as "dask": missing numbers are
    replaced by the median and all numbers are standardized; categorical columns are one-hot encoded
    (a missing value is a category of its own); then comes the network, in the step ``mlp``. For
    regression this step is a TransformedTargetRegressor that standardizes y.

    Parameters
    ----------
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Columns of text, booleans, mixed objects and pandas' categories are categorical; see
        :func:`sklearn_relu.tables.kind_of`.
    y : array-like of shape (n_samples,)
    task : {"classification", "regression"}, default=None
        None: classification if y holds text, booleans or few different whole numbers.
    activations, initializations, penalties : sequence of str or part
        Values of the network's `activation`, `initialization`, `penalty`. None: not searched; the
        network's default.
    networks : sequence of tuple of int
        Values of `hidden_layer_sizes`.
    biases : sequence of float, str or Initializer, default=None
        Values of `bias_initialization`.
    alphas, learning_rates : sequence of float, default=None
        Values of `alpha` and `learning_rate_init`.
    categorical : sequence of str or int
        Names, or for an array positions, of further categorical columns.
    folds : int, default=5
        Folds of the cross-validation, shuffled; stratified for classification.
    seeds : int, default=1
        Each candidate is fitted with so many values of the network's `random_state`.
    max_iter : int, default=200
        Most epochs of a fit.
    n_jobs : int, default=None
        Stacks of networks that are trained at the same time, in threads; -1 means all cores. In
        another backend, the fits that run at the same time.
    random_state : int, default=0
        Draws the folds, and is the first of the seeds.
    callbacks : sequence of callback
        For the search, such as ``sklearn.callback.ProgressBar(max_propagation_depth=0)``. They
        need scikit-learn >= 1.9.

    Returns
    -------
    search : GridSearchCV
        Fitted; scored by accuracy or r2, on which it is refit, and by the scorers of
        :mod:`sklearn_relu.scorers`. See :func:`sklearn_relu.comparison.comparison_rows`.
        Its attribute `stack_sizes_` has the number of fits in each stack that was trained; it is
        empty where the fits ran one by one in a backend that the user chose.

    Raises
    ------
    ValueError
        For data or parameters that cannot be used, before any work is done; and if all fits fail.
    ImportError
        For callbacks under scikit-learn < 1.9.

    Warns
    -----
    ConvergenceWarning
        Once, if fits reached `max_iter`, with their number.
    """
    y, task = check_target(y, task)
    columns = columns_of(X, categorical)
    X = X if hasattr(X, "iloc") else np.asarray(X)
    pipeline, prefix = _pipeline(columns, task, max_iter)
    searched = {
        "activation": activations,
        "hidden_layer_sizes": networks,
        "initialization": initializations,
        "penalty": penalties,
        "bias_initialization": biases,
        "alpha": alphas,
        "learning_rate_init": learning_rates,
        "random_state": range(random_state, random_state + seeds),
    }
    grid = {prefix + name: _values(name, v) for name, v in searched.items() if v is not None}
    _check_candidates(pipeline, grid)
    _check_folds(folds, y, task)
    stratified = task == "classification"
    score = "accuracy" if stratified else "r2"
    search = GridSearchCV(
        pipeline,
        grid,
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
        cv=(StratifiedKFold if stratified else KFold)(
            folds, shuffle=True, random_state=random_state
        ),
        return_train_score=True,
        n_jobs=n_jobs,
    )
    if callbacks:
        require_callbacks("compare with callbacks")
        search.set_callbacks(*callbacks)
    together = nullcontext(Stacks()) if another_backend_is_set() else lockstep()
    with suitable_blas_threads(), warnings.catch_warnings(), together as stacks:
        # One warning with their number follows instead.
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", ConvergenceWarning)
        # What comes to nothing shows in the scores.
        warnings.simplefilter("ignore", TrainingWarning)
        # The first fit loads what all need: not in the time of the first candidate.
        _first_fit()
        search.fit(X, y)
    search.stack_sizes_ = stacks.sizes
    n_reached, n_fits = fits_at_max_iter(search)
    if n_reached:
        warnings.warn(
            f"{n_reached} of {n_fits} fits reached max_iter={max_iter}; a larger max_iter may "
            "change their figures.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return search


def _first_fit() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        MLPClassifier((1,), max_iter=1, random_state=0).fit([[0.0], [1.0]], [0, 1])


def _pipeline(columns: Columns, task: str, max_iter: int) -> tuple[Pipeline, str]:
    """The pipeline, and what the names of the network's parameters begin with."""
    prepare = ColumnTransformer(
        [
            (
                "numeric",
                make_pipeline(
                    SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
                ),
                columns.numeric,
            ),
            (
                "categorical",
                make_pipeline(
                    FunctionTransformer(category_texts, feature_names_out="one-to-one"),
                    OneHotEncoder(
                        handle_unknown="ignore", max_categories=MAX_CATEGORIES, sparse_output=False
                    ),
                ),
                columns.categorical,
            ),
        ],
        sparse_threshold=0,
    )
    if task == "classification":
        return Pipeline([("prepare", prepare), ("mlp", MLPClassifier(max_iter=max_iter))]), "mlp__"
    # Standardizing y within the pipeline keeps predictions of the search in y's own units.
    network = TransformedTargetRegressor(
        MLPRegressor(max_iter=max_iter), transformer=StandardScaler()
    )
    return Pipeline([("prepare", prepare), ("mlp", network)]), "mlp__regressor__"


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


def _check_candidates(pipeline: Pipeline, grid: dict[str, list]) -> None:
    """Raise for parameters that cannot be used, before the first fit."""
    for params in ParameterGrid(grid):
        network = final_network(clone(pipeline).set_params(**params))
        validate_parameters(network)
        resolve_parts(network)
