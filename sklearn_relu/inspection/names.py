"""Names of the features that a network reads."""

from collections.abc import Sequence

from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


def feature_names(model, n_features: int) -> list[str] | None:
    """Names of a network's inputs: columns of a data frame, or what earlier steps made of them.

    Parameters
    ----------
    model : estimator
        Fitted.
    n_features : int
        How many features the network reads.

    Returns
    -------
    names : list of str or None
        None if nothing has names: the model has seen arrays, or a step does not tell.
    """
    names = _names_at_the_end(model)
    if names is None or len(names) != n_features:
        return None
    # Names that scikit-learn makes up for the columns of an array say less than a number.
    made_up = [f"x{i}" for i in range(n_features)]
    return None if list(names) == made_up else [str(name) for name in names]


def _names_at_the_end(model, names: Sequence | None = None) -> Sequence | None:
    """Names of the inputs of a model's network, from those of the model's own inputs."""
    if isinstance(model, Pipeline):
        if len(model) > 1:
            names = _names_after(model[:-1], names)
        return _names_at_the_end(model[-1], names)
    if isinstance(model, TransformedTargetRegressor):
        return _names_at_the_end(getattr(model, "regressor_", model.regressor), names)
    if isinstance(model, FrozenEstimator):
        return _names_at_the_end(model.estimator, names)
    return getattr(model, "feature_names_in_", names)


def _names_after(steps: Pipeline, names: Sequence | None) -> Sequence | None:
    try:
        return steps.get_feature_names_out(names)
    except (AttributeError, ValueError, NotFittedError):
        return None


def columns_by_name(
    names: Sequence[str] | None, fallback: str, n_features: int, taken: Sequence[str]
) -> list[str]:
    """Names for columns of a table: those of features, or numbered ones.

    Parameters
    ----------
    names : sequence of str or None
    fallback : str
        What comes before the number of a feature without a name.
    n_features : int
    taken : sequence of str
        Names of other columns. A feature of such a name, or of another feature's, has its number
        added.

    Returns
    -------
    columns : list of str
        No two are equal.
    """
    if names is None:
        return [f"{fallback}{i}" for i in range(n_features)]
    columns, used = [], set(taken)
    for i, name in enumerate(names):
        column = name if name not in used else f"{name} ({fallback}{i})"
        used.add(column)
        columns.append(column)
    return columns
