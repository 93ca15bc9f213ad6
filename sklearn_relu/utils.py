"""For tools that look for estimators."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClusterMixin,
    RegressorMixin,
    TransformerMixin,
)

_KINDS = {
    "classifier": ClassifierMixin,
    "regressor": RegressorMixin,
    "transformer": TransformerMixin,
    "cluster": ClusterMixin,
}


def all_estimators(type_filter: str | list[str] | None = None) -> list[tuple[str, type]]:
    """All estimators of this package, like scikit-learn's ``utils.discovery.all_estimators``.

    Parameters
    ----------
    type_filter : {"classifier", "regressor", "transformer", "cluster"} or list, default=None
        Which kind, or kinds; None means all.

    Returns
    -------
    estimators : list of (str, type)
        Names and classes, sorted by name. Parts (activations, penalties and so on) are no
        estimators, for they are not fitted.

    Raises
    ------
    ValueError
        For a kind that there is not.

    Examples
    --------
    >>> from sklearn_relu.utils import all_estimators
    >>> [name for name, _ in all_estimators("classifier")]
    ['CNNClassifier', 'MLPClassifier', 'RNNClassifier', 'TabularMLPClassifier']
    """
    kinds = [type_filter] if isinstance(type_filter, str) else type_filter
    if unknown := sorted(set(kinds or []) - set(_KINDS)):
        raise ValueError(
            f"type_filter must be one of {list(_KINDS)}, a list of them, or None; got {unknown}."
        )
    bases = (BaseEstimator,) if kinds is None else tuple(_KINDS[kind] for kind in kinds)
    return sorted((cls.__name__, cls) for cls in _concrete() if issubclass(cls, bases))


def _concrete() -> set[type]:
    """Estimators that this package's modules define and that can be constructed."""
    return {
        cls
        for module in _modules()
        for cls in vars(module).values()
        if inspect.isclass(cls)
        and cls.__module__ == module.__name__
        and issubclass(cls, BaseEstimator)
        and hasattr(cls, "fit")
        and not inspect.isabstract(cls)
    }


def _modules() -> Iterator[ModuleType]:
    """All modules of this package, but the command's."""
    for found in pkgutil.walk_packages([str(Path(__file__).parent)], "sklearn_relu."):
        if not found.name.endswith("__main__"):
            yield import_module(found.name)
