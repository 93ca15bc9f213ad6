"""The main job: compare activations and depths on one's own data, by a grid search."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_validate

from sklearn_relu.comparison.baselines import BASELINES, baseline, label_of
from sklearn_relu.comparison.ending import Ending, ending_early
from sklearn_relu.comparison.plan import Plan, make_plan
from sklearn_relu.comparison.table import fits_at_max_iter
from sklearn_relu.estimators import MLPClassifier
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.parallel import Stacks, another_backend_is_set, lockstep
from sklearn_relu.sklearn_private import require_callbacks

ACTIVATIONS = ("relu", "tanh", "logistic")
"""Activations compared unless others are named."""

NETWORKS = ((100,), (80,) * 10)
"""Networks compared unless others are named: wide, and so deep that gradients can vanish."""


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
    parts: Mapping[str, Sequence] | None = None,
    estimators: Sequence[str] = ("mlp",),
    baselines: Sequence[str] = BASELINES,
    categorical: Sequence = (),
    image_shape: Sequence[int] | None = None,
    scoring: str | None = None,
    folds: int = 5,
    seeds: int = 1,
    max_iter: int = 200,
    early_stopping: bool = False,
    time_limit: float | None = None,
    n_jobs: int | None = None,
    random_state: int = 0,
    callbacks: Sequence = (),
) -> GridSearchCV:
    """Compare activations, depths and whatever else is named, on the same folds and seeds.

    It is a grid search over a Pipeline, in :func:`sklearn_relu.lockstep` unless a
    ``joblib.parallel_config`` says where its fits run, such as "dask". First comes a
    :class:`~sklearn_relu.tables.TabularEncoder`: numbers and dates are scaled, missing ones are the
    median and have an indicator, and categories are one-hot encoded. Then comes the network, in
    the step ``mlp``. For regression this step is a TransformedTargetRegressor that standardizes y.

    Parameters
    ----------
    X : {array-like, DataFrame, Table} of shape (n_samples, n_features)
        Or an array of images, (n_samples, rows, columns) or (n_samples, rows, columns, channels),
        which all models read as rows of pixels; or series: an array (n_series, steps, channels)
        with NaN where one has ended, or a list of arrays of unequal lengths.
        An array, a frame of pandas or polars, or a pyarrow Table. Columns of text, booleans, mixed
        objects and categories are categorical; see :func:`sklearn_relu.tables.kind_of`.
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
    parts : dict of str to sequence, default=None
        Values of whatever other parameter of the network, by its name, such as
        ``{"solver": ["adam", "lion"]}``.
    estimators : sequence of {"mlp", "tabular", "cnn", "rnn"}, default=("mlp",)
        The networks whose parameters these are: :class:`MLPClassifier` or :class:`MLPRegressor`,
        :class:`TabularMLPClassifier` or :class:`TabularMLPRegressor`, and :class:`CNNClassifier` or
        :class:`CNNRegressor`, which begins with two blocks of convolutions, after a MaxAbsScaler;
        :class:`RNNClassifier` or :class:`RNNRegressor` of recurrent layers, after a scaler of
        channels: with the simple cell for all activations, and beside it an LSTM of tanh.
    baselines : sequence of str
        What is cross-validated beside the networks, on the same folds: "constant" (the most
        frequent class, or the mean), "linear" (logistic or ridge regression), "boosting"
        (HistGradientBoosting), "tabular" (the network for tables, ``effort="fast"``).
    categorical : sequence of str or int
        Names, or for an array positions, of further categorical columns.
    image_shape : tuple of int, default=None
        (rows, columns) or (rows, columns, channels), where X has an image in each row, for "cnn".
        None: that of an array of images, else rows are series. For "rnn" its rows are steps.
    scoring : str, default=None
        A name of ``sklearn.metrics.get_scorer_names()``. None: accuracy or r2.
    folds : int, default=5
        Folds of the cross-validation, shuffled; stratified for classification.
    seeds : int, default=1
        Each candidate is fitted with so many values of the network's `random_state`.
    max_iter : int, default=200
        Most epochs of a plain network. Those for tables go by their own budget.
    early_stopping : bool, default=False
        Whether plain networks hold out a tenth of the rows, and keep their best epoch on it.
    time_limit : float, default=None
        Seconds after which training stops. What has ended till then is kept, as it is after a
        first Ctrl-C. Not where a ``joblib.parallel_config`` says where fits run.
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
        Fitted; scored by `scoring`, on which it is refit, and by the scorers of
        :mod:`sklearn_relu.scorers`. See :func:`sklearn_relu.comparison.comparison_rows` and
        :func:`sklearn_relu.comparison.answer`. Its attribute `baselines_` has for each baseline
        what ``cross_validate`` returns. `ended_by_` is "time_limit" or "interrupted" where it ended
        early: the scores of candidates that had not come to their end are NaN.
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
    plan = make_plan(
        X,
        y,
        task=task,
        activations=activations,
        networks=networks,
        initializations=initializations,
        penalties=penalties,
        biases=biases,
        alphas=alphas,
        learning_rates=learning_rates,
        parts=parts,
        estimators=estimators,
        baselines=baselines,
        categorical=categorical,
        image_shape=image_shape,
        scoring=scoring,
        folds=folds,
        seeds=seeds,
        max_iter=max_iter,
        early_stopping=early_stopping,
        time_limit=time_limit,
        n_jobs=n_jobs,
        random_state=random_state,
    )
    if callbacks:
        require_callbacks("compare with callbacks")
        plan.search.set_callbacks(*callbacks)
    search = carry_out(plan)
    n_reached, n_fits = fits_at_max_iter(search)
    if n_reached:
        warnings.warn(
            f"{n_reached} of {n_fits} fits reached max_iter={max_iter}; a larger max_iter may "
            "change their figures.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return search


def carry_out(plan: Plan, watch: Callable[[Stacks], Any] | None = None) -> GridSearchCV:
    """Do what was planned.

    Parameters
    ----------
    plan : Plan
    watch : callable, default=None
        Makes of the stacks that are trained a context for the whole work.

    Returns
    -------
    search : GridSearchCV
        That of the plan, fitted.
    """
    search = plan.search
    is_ours = not another_backend_is_set()
    if plan.time_limit is not None and not is_ours:
        raise ValueError(
            "time_limit needs fits in lockstep, and a joblib.parallel_config says where they run. "
            "Leave it out, or compare outside of it."
        )
    together = lockstep() if is_ours else nullcontext(Stacks())
    with suitable_blas_threads(), warnings.catch_warnings(), together as stacks:
        # One warning with their number follows instead.
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", ConvergenceWarning)
        # What comes to nothing shows in the scores.
        warnings.simplefilter("ignore", TrainingWarning)
        # The first fit loads what all need: not in the time of the first candidate.
        _first_fit()
        watching = nullcontext() if watch is None else watch(stacks)
        # Fits elsewhere cannot be stopped: there Ctrl-C is a KeyboardInterrupt at once.
        early = ending_early(stacks, plan.time_limit) if is_ours else nullcontext(Ending())
        with early as ending, watching:
            _fit(search, plan, ending)
            search.n_rows_ = len(plan.y)
            search.stack_sizes_ = list(stacks.sizes)
            search.baselines_ = _baselines(plan, ending)
    search.ended_by_ = ending.reason
    return search


def _fit(search: GridSearchCV, plan: Plan, ending: Ending) -> None:
    """Fit the search; where no candidate has a score, tell why."""
    try:
        search.fit(plan.X, plan.y)
        if np.isfinite(search.best_score_):
            return
        error = ValueError(
            f"no candidate has a score on each fold: scoring={search.refit!r} gave no number. "
            "Choose another, or look at results of fewer folds."
        )
    except ValueError as caught:
        error = caught
    if ending.reason == "interrupted":
        raise KeyboardInterrupt
    if ending.reason == "time_limit":
        raise ValueError(
            f"no candidate came to its end within time_limit={plan.time_limit:g} seconds. Give "
            "more time, fewer rows or smaller networks."
        )
    raise error


def _baselines(plan: Plan, ending: Ending) -> dict[str, dict[str, Any]]:
    """The scores of baselines by their labels; one that fails is left out with a warning."""
    search, found = plan.search, {}
    for name in plan.baselines:
        if ending.reason:
            break
        label = label_of(name, plan.task)
        try:
            found[label] = cross_validate(
                baseline(name, plan.task, search.estimator["prepare"], plan.categorical),
                plan.X,
                plan.y,
                scoring=search.scoring[search.refit],
                cv=search.cv,
                n_jobs=search.n_jobs,
                return_train_score=True,
            )
        except ValueError as error:
            if not ending.reason:
                warnings.warn(f"Left out the baseline {label!r}: {error}", stacklevel=2)
    return found


def _first_fit() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        MLPClassifier((1,), max_iter=1, random_state=0).fit([[0.0], [1.0]], [0, 1])
