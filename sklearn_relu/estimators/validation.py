"""Held-out rows: their split from the training data, and a network's score on them."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import replace
from numbers import Real

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from sklearn_relu.estimators import fitted_arrays
from sklearn_relu.estimators.data import Data
from sklearn_relu.estimators.starts import Start, generator
from sklearn_relu.layers import Arrays
from sklearn_relu.network.inference import raw_outputs
from sklearn_relu.training.batches import with_stand_ins
from sklearn_relu.training.recipe import Recipe


def working_memory() -> int:
    """scikit-learn's bound on temporary arrays, in bytes."""
    return int(get_config()["working_memory"] * 2**20)


def split(
    estimator, starts: list[Start], n_samples: int, labels: np.ndarray | None
) -> tuple[list[Start], list[tuple[np.ndarray, np.ndarray]]]:
    """Rows to train on and rows to validate on, for each network, drawn as scikit-learn draws them.

    A network that goes on gets the split it had: the generator's state before the draw is kept.

    Parameters
    ----------
    estimator : BaseNetwork
    starts : list of (RandomState, TrainingState)
    n_samples : int
    labels : ndarray of shape (n_samples,) or None
        Classes to stratify by.

    Returns
    -------
    starts : list of (RandomState, TrainingState)
    splits : list of (train, validation), arrays of row numbers
    """
    _check_split(estimator.validation_fraction, n_samples, labels)
    new_starts, splits = [], []
    for rng, state in starts:
        drawn = state.split_rng_state
        if drawn is None:
            split_rng = rng
            state = state.with_changes(split_rng_state=rng.get_state(legacy=False))
        else:
            split_rng = generator(drawn, None, 0)
        splits.append(
            train_test_split(
                np.arange(n_samples),
                random_state=split_rng,
                test_size=estimator.validation_fraction,
                stratify=labels,
            )
        )
        new_starts.append((rng, state))
    return new_starts, splits


def folds(
    starts: list[Start], n_samples: int, labels: np.ndarray | None, n_folds: int
) -> tuple[list[Start], list[tuple[np.ndarray, np.ndarray]]]:
    """For each network rows to train on and a fold to validate on, all of one partition.

    Parameters
    ----------
    starts : list of (RandomState, TrainingState)
        The generator of the first one draws the partition, as it was at first where the network
        goes on.
    n_samples : int
    labels : ndarray of shape (n_samples,) or None
        Classes to stratify by.
    n_folds : int
        Two networks share a fold; those beyond twice as many have the folds of the first ones.

    Returns
    -------
    starts : list of (RandomState, TrainingState)
    splits : list of (train, validation), arrays of row numbers
    """
    rng, state = starts[0]
    if state.split_rng_state is None:
        state = state.with_changes(split_rng_state=rng.get_state(legacy=False))
    drawn = state.split_rng_state
    draw = generator(drawn, None, 0)
    folder = KFold if labels is None else StratifiedKFold
    rows = np.zeros(n_samples)
    splits = list(folder(n_folds, shuffle=True, random_state=draw).split(rows, labels))
    starts = [(rng, state.with_changes(split_rng_state=drawn)) for rng, state in starts]
    return starts, [splits[i // 2 % n_folds] for i in range(len(starts))]


def _check_split(fraction: float, n_samples: int, labels: np.ndarray | None) -> None:
    n_validation = int(np.ceil(fraction * n_samples))
    if n_validation < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    if labels is None:
        return
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        raise ValueError(
            "early_stopping=True keeps the classes' shares in its validation set, and for that "
            f"needs at least 2 samples of each class; class {classes[counts.argmin()]} has 1. "
            "Add samples of it, merge it with another class, drop it, or set early_stopping=False."
        )
    if min(n_validation, n_samples - n_validation) < len(classes):
        raise ValueError(
            f"early_stopping=True with validation_fraction={fraction} gives {n_validation} "
            f"validation and {n_samples - n_validation} training samples, and needs at least one "
            f"of each of the {len(classes)} classes in both. Change validation_fraction, or set "
            "early_stopping=False."
        )


Metric = str | Callable
"""A scorer, or "loss", "score" or, for classes, "brier"."""


def resolve_metric(estimator, metric) -> Metric:
    """The scorer that a name means, or what early stopping knows itself.

    Raises
    ------
    ValueError
        For an unknown name, with the nearest known one; and for a metric that is no scorer.
    """
    if not isinstance(metric, str):
        return check_scoring(estimator, scoring=metric)
    own = ["loss", "score", *(["brier"] if hasattr(estimator, "_brier_score") else [])]
    if metric in own:
        return metric
    names = [*own, *get_scorer_names()]
    if metric in names:
        return get_scorer(metric)
    near = difflib.get_close_matches(metric, names, n=1)
    raise ValueError(
        f"early_stopping_metric must be one of {own}, the name of one of scikit-learn's scorers "
        f"(sklearn.metrics.get_scorer_names()) or a callable; got {metric!r}."
        + (f" Did you mean {near[0]!r}?" if near else "")
    )


class Validation:
    """The loss and the score of a network, or of several together, on held-out rows.

    Parameters
    ----------
    estimator : BaseNetwork
        Scores predictions; it has all fitted attributes that do not come from training.
    recipe : Recipe
    activations : list of Activation
        One a hidden layer.
    data : Data
    metric : {"loss", "score", "brier"} or callable
    """

    def __init__(self, estimator, recipe: Recipe, activations, data: Data, metric: Metric):
        self._recipe = recipe
        read = with_stand_ins(None, data.sample_weight)
        self._data = data = data if read is None else replace(data, X=data.X[read], y=data.y[read])
        self._metric = metric
        # Scorers see an estimator as if it were fitted, by arrays without names; its parts are its
        # own, as after a fit.
        self._estimator = estimator._reading_arrays()
        vars(self._estimator).update(
            estimator._fitted_shape(recipe.stages),
            _activations=[clone(activation) for activation in activations],
            _loss=recipe.loss,
            n_outputs_=recipe.n_targets,
        )
        self._truth = self._estimator._truth(data.y)
        self._scored = data
        if data.sample_weight is not None and not self._scorer_weight():
            # What a scorer sees that knows nothing of weights.
            self._scored = data.take(np.flatnonzero(data.sample_weight))

    def __call__(self, network: list[Arrays]) -> tuple[float, float]:
        """The loss and the score; NaN if an output is not finite.

        Parameters
        ----------
        network : list of dict of ndarray
            The parameters, one dict a layer, with a network axis. Predictions of several networks
            are averaged; the loss is that of their mean raw outputs.
        """
        recipe, data = self._recipe, self._data
        dtype = data.dtype
        params = [
            {name: values.astype(dtype, copy=False) for name, values in layer.items()}
            for layer in network
        ]
        raw = raw_outputs(recipe.layers, params, data.X, dtype, working_memory())
        predictions = recipe.loss.predict(raw).mean(axis=0)
        if not (np.isfinite(raw).all() and np.isfinite(predictions).all()):
            return np.nan, np.nan
        loss = self._loss(raw.mean(axis=0, keepdims=True))
        if self._metric == "loss":
            return loss, -loss
        if isinstance(self._metric, str):
            if self._metric == "brier":
                weight = None if data.weight is None else data.weight.mean(axis=1)
                return loss, float(self._estimator._brier_score(predictions, self._truth, weight))
            score = self._estimator._score_predictions(predictions, self._truth, data.sample_weight)
            return loss, float(score)
        vars(self._estimator).update(fitted_arrays.fitted_arrays(recipe.layers, network))
        scored = self._scored
        score = self._metric(self._estimator, scored.X, scored.y, **self._scorer_weight())
        if not isinstance(score, Real):
            raise ValueError(
                "early_stopping_metric must return one number for (estimator, X, y), the larger "
                f"the better; {self._metric!r} returned {score!r}."
            )
        return loss, float(score)

    def _loss(self, raw: np.ndarray) -> float:
        """The weighted mean loss, as ``loss_curve_`` shows it, without penalties."""
        loss, data = self._recipe.loss, self._data
        weight = None if data.weight is None else data.weight[None]
        weight_sum = data.X.shape[0] if weight is None else weight.sum() / weight.shape[2]
        total = loss.value_and_gradient(data.targets[None], raw, weight, np.empty_like(raw))
        return float(loss.reported(total / weight_sum, self._recipe.n_targets)[0])

    def _scorer_weight(self) -> dict[str, np.ndarray]:
        weight = self._data.sample_weight
        if weight is None or isinstance(self._metric, str):
            return {}
        takes_it = "sample_weight" in inspect.signature(self._metric).parameters
        return {"sample_weight": weight} if takes_it else {}
