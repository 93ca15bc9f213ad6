"""Weights of the classes of a target, by the parameter `class_weight`."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight


def weight_of_classes(class_weight: Any, classes, y, sample_weight) -> np.ndarray:
    """The weight of each class, for classes that exclude each other.

    Parameters
    ----------
    class_weight : dict or "balanced"
    classes : ndarray of shape (n_classes,)
    y : ndarray of shape (n_samples,)
    sample_weight : ndarray of shape (n_samples,) or None

    Returns
    -------
    weight : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If weights are not finite and at least 0, or all 0.
    """
    return _checked(_by_rule(class_weight, classes, y, sample_weight), class_weight)


def weight_of_labels(class_weight: Any, indicator: np.ndarray, sample_weight) -> np.ndarray:
    """The weights of 0 and of 1 for each label.

    Parameters
    ----------
    class_weight : "balanced" or list of (dict or "balanced")
    indicator : ndarray of shape (n_samples, n_labels)
    sample_weight : ndarray of shape (n_samples,) or None

    Returns
    -------
    weight : ndarray of shape (n_labels, 2)

    Raises
    ------
    ValueError
        If there is not one rule for each label, and as :func:`weight_of_classes`.
    """
    n_labels = indicator.shape[1]
    rules = ["balanced"] * n_labels if class_weight == "balanced" else class_weight
    if not isinstance(rules, list) or len(rules) != n_labels or not all(map(_is_rule, rules)):
        raise ValueError(
            "class_weight for multilabel targets must be 'balanced' or a list with 'balanced' "
            f"or a dict {{0: weight, 1: weight}} for each of the {n_labels} labels; got "
            f"{class_weight!r}."
        )
    weight = [
        _by_rule(rule, np.arange(2), column, sample_weight)
        for column, rule in zip(indicator.T, rules, strict=True)
    ]
    return _checked(np.array(weight), class_weight)


def _is_rule(rule) -> bool:
    return set(rule) <= {0, 1} if isinstance(rule, dict) else rule == "balanced"


def _by_rule(rule, classes, y, sample_weight) -> np.ndarray:
    """Weights by a dict, or so that all classes that count in y count the same."""
    if rule != "balanced":
        if not isinstance(rule, dict):
            raise ValueError(
                "class_weight must be 'balanced' or a dict {class: weight}, and a list of these "
                f"for multilabel targets only; got {rule!r}."
            )
        if not all(isinstance(weight, Real) for weight in rule.values()):
            raise ValueError(f"class_weight must hold numbers; got {rule!r}.")
        return compute_class_weight(rule, classes=classes, y=y)
    counted = np.ones(len(y)) if sample_weight is None else sample_weight
    totals = np.bincount(np.searchsorted(classes, y), counted, minlength=len(classes))
    present = totals > 0
    weight = np.zeros(len(classes))
    weight[present] = totals.sum() / (present.sum() * totals[present])
    return weight


def _checked(weight: np.ndarray, class_weight) -> np.ndarray:
    if not (np.isfinite(weight) & (weight >= 0)).all() or not weight.any():
        raise ValueError(
            f"class_weight must hold finite numbers >= 0, not all of them 0; got {class_weight!r}."
        )
    return weight
