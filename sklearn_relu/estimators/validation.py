"""The held-out part of the training data: its split, and the network's score on it."""

from dataclasses import replace

import numpy as np
from sklearn import get_config
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from sklearn_relu.engine.jobs import Recipe, TrainingState
from sklearn_relu.engine.layers import Arrays
from sklearn_relu.engine.network import raw_outputs

Start = tuple[np.random.RandomState, TrainingState]
Split = tuple[np.ndarray | None, np.ndarray | None]
"""Rows to train on and rows to validate on; None means all, and none."""


def generator(rng_state: dict | None, random_state, index: int) -> np.random.RandomState:
    """A generator in a saved state, or if there is none the one that `random_state` means.

    `index` tells the networks of an ensemble apart.
    """
    rng = check_random_state(random_state)
    if rng_state is not None:
        rng = np.random.RandomState(getattr(np.random, rng_state["bit_generator"])())
        rng.set_state(rng_state)
    elif index:
        rng = np.random.RandomState(rng.randint(np.iinfo(np.int32).max, size=index + 1)[index])
    return rng


def working_memory() -> int:
    """scikit-learn's bound on temporary arrays, in bytes."""
    return int(get_config()["working_memory"] * 2**20)


def split(
    estimator, starts: list[Start], n_samples: int, labels: np.ndarray | None
) -> tuple[list[Start], list[Split]]:
    """Rows to train on and rows to validate on, for each network, drawn as scikit-learn draws them.

    A network that goes on gets the split it had: the generator's state before the draw is kept.

    Parameters
    ----------
    estimator : BaseMLP
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
            state = replace(state, split_rng_state=rng.get_state(legacy=False))
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


class Validation:
    """The score of a network on its held-out rows.

    Parameters
    ----------
    estimator : BaseMLP
        Scores predictions.
    recipe : Recipe
    X, targets, sample_weight : arrays
        All of the training data; sample_weight may be None.
    rows : ndarray of int
        The held-out rows.
    """

    def __init__(self, estimator, recipe: Recipe, X, targets, sample_weight, rows: np.ndarray):
        self._estimator = estimator
        self._recipe = recipe
        self._X = X[rows]
        self._targets = targets[rows]
        self._sample_weight = None if sample_weight is None else sample_weight[rows]

    def score(self, params: list[Arrays]) -> float:
        """The score, by the estimator's own metric; NaN if a prediction is not finite."""
        recipe = self._recipe
        raw = raw_outputs(recipe.layers, params, self._X, recipe.dtype, working_memory())
        predictions = recipe.loss.predict(raw[0])
        if not np.isfinite(predictions).all():
            return np.nan
        score = self._estimator._score_predictions(predictions, self._targets, self._sample_weight)
        return float(score)
