"""From an estimator's parameters to parts."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from sklearn_relu.activations import ACTIVATIONS, Activation
from sklearn_relu.embeddings import EMBEDDINGS, NumericalEmbedding
from sklearn_relu.initializers import INITIALIZERS, Constant, Initializer
from sklearn_relu.losses import LOSSES, Loss
from sklearn_relu.optimizers import OPTIMIZERS, FullBatchOptimizer, Optimizer, Solver
from sklearn_relu.part import Part, name_hint, resolve_part
from sklearn_relu.penalties import ACTIVITY_PENALTIES, PENALTIES, ActivityPenalty, Penalty
from sklearn_relu.schedules import SCHEDULES, FunctionRate, Schedule

FAMILIES: dict[str, tuple[dict, type[Part]]] = {
    "activation": (ACTIVATIONS, Activation),
    "initialization": (INITIALIZERS, Initializer),
    "bias_initialization": (INITIALIZERS, Initializer),
    "recurrent_initialization": (INITIALIZERS, Initializer),
    "gate_activation": (ACTIVATIONS, Activation),
    "penalty": (PENALTIES, Penalty),
    "activity_penalty": (ACTIVITY_PENALTIES, ActivityPenalty),
    "loss": (LOSSES, Loss),
    "solver": (OPTIMIZERS, Solver),
    "learning_rate": (SCHEDULES, Schedule),
    "regularization_schedule": (SCHEDULES, Schedule),
    "numerical_embedding": (EMBEDDINGS, NumericalEmbedding),
}
"""For each parameter that takes a part: the family's names, and its contract."""

WITH_FLAT_PARAMETERS = {"solver", "learning_rate"}
"""Families whose hyper-parameters scikit-learn offers as parameters of the estimator."""

DISTINCT = ("activation", "solver")
"""Families whose names tell by themselves what they are names of."""

OPTIONAL = {"penalty", "activity_penalty", "numerical_embedding", "regularization_schedule"}
"""Families of which None is none."""


@dataclass(frozen=True)
class Parts:
    """The parts of one fit, as resolved from the estimator's parameters.

    Lists have one entry for each hidden layer, `penalties` one more for the output layer; of an
    autoencoder all have one for each layer of the encoder.
    """

    hidden_layer_sizes: list[int]
    activations: list[Activation]
    initializer: Initializer
    bias_initializer: Initializer
    penalties: list[Penalty | None]
    activity_penalties: list[ActivityPenalty | None]
    dropout: list[float]
    loss: Loss
    solver: Optimizer | FullBatchOptimizer
    schedule: Schedule
    regularization_schedule: Schedule | None


def resolve(estimator, parameter: str):
    """The part that a parameter of the estimator stands for."""
    return _resolve_value(estimator, parameter, getattr(estimator, parameter))


def _resolve_value(estimator, parameter: str, value):
    if value is None and parameter in OPTIONAL:
        return None
    if isinstance(value, str) and value == "auto" and (own := estimator._auto_part(parameter)):
        return own
    family, base = FAMILIES[parameter]
    check_is_meant(parameter, value)
    flat = estimator.get_params(deep=False) if parameter in WITH_FLAT_PARAMETERS else None
    return resolve_part(value, family, base, parameter, flat, parameter in OPTIONAL)


def check_is_meant(parameter: str, value) -> None:
    """Refuse what only another parameter takes.

    Parameters
    ----------
    parameter : str
        One of `FAMILIES`.
    value : object

    Raises
    ------
    ValueError
        Naming the other one.
    """
    if meant := _parameter_meant(parameter, value):
        family, base = FAMILIES[parameter]
        raise ValueError(
            f"{parameter} must be one of {sorted(family)} or a {base.__name__}; got {value!r}. "
            f"Did you mean {meant}={value!r}?"
        )


def _parameter_meant(parameter: str, value) -> str | None:
    if isinstance(value, str):
        family, base = FAMILIES[parameter]
        if value in family or name_hint(value, family, base):
            return None
        return next((other for other in DISTINCT if value in FAMILIES[other][0]), None)
    if parameter == "learning_rate" and isinstance(value, Real) and not isinstance(value, bool):
        return "learning_rate_init"
    # It is the first parameter of scikit-learn's regressor, where sizes of layers are expected.
    if parameter == "loss" and _are_sizes(value):
        return "hidden_layer_sizes"
    return None


def _are_sizes(value) -> bool:
    sizes = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    return all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes)


def resolve_parts(estimator) -> Parts:
    """All parts of a fit, checked one by one and against each other.

    Raises
    ------
    ValueError
        Naming the parameter, what was got, what is allowed and what to do.
    """
    sizes = estimator._hidden_units()
    n_hidden = len(sizes)
    parts = Parts(
        hidden_layer_sizes=sizes,
        activations=for_each_layer(estimator, "activation", n_hidden),
        initializer=resolve(estimator, "initialization"),
        bias_initializer=_bias_initializer(estimator),
        penalties=estimator._penalties(n_hidden),
        activity_penalties=estimator._activity_penalties(n_hidden),
        dropout=_dropout(estimator.dropout, n_hidden),
        loss=_loss(estimator),
        solver=resolve(estimator, "solver"),
        schedule=schedule_of(estimator),
        regularization_schedule=resolve(estimator, "regularization_schedule"),
    )
    _check_activities_are_rates(parts)
    _check_solver_can_minimize(estimator, parts)
    return parts


def for_each_layer(estimator, parameter: str, n_layers: int, layers: str = "hidden layers") -> list:
    """One part for all layers, the very same object, or one of a sequence for each; or None.

    Parameters
    ----------
    estimator : BaseNetwork
    parameter : str
        One of `FAMILIES`.
    n_layers : int
    layers : str, default="hidden layers"
        The layers in words, for the error.

    Raises
    ------
    ValueError
        Naming the parameter, where a sequence has another length or a value is no part.
    """
    value = getattr(estimator, parameter)
    if not isinstance(value, list | tuple):
        return [_resolve_value(estimator, parameter, value)] * n_layers
    _check_length(parameter, value, n_layers, layers)
    parts = [_resolve_value(estimator, parameter, each) for each in value]
    # Where one part is given for several layers, it still is one if it had to be copied.
    given = {id(each): part for each, part in zip(value, parts, strict=True)}
    return [
        given[id(each)] if isinstance(each, Part) else part
        for each, part in zip(value, parts, strict=True)
    ]


def _check_length(parameter: str, values, n_layers: int, layers: str = "hidden layers") -> None:
    if len(values) != n_layers:
        raise ValueError(
            f"{parameter} must be one for all {layers} or a sequence with one for each; got "
            f"{len(values)} of them for {n_layers} {layers}."
        )


def _bias_initializer(estimator) -> Initializer:
    bias = estimator.bias_initialization
    if not isinstance(bias, Real):
        return resolve(estimator, "bias_initialization")
    if not np.isfinite(float(bias)):
        raise ValueError(f"bias_initialization must be finite, or an initializer; got {bias!r}.")
    return Constant(float(bias))


def _dropout(dropout, n_hidden: int) -> list[float]:
    if isinstance(dropout, Real):
        return [float(dropout)] * n_hidden
    _check_length("dropout", dropout, n_hidden)
    if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in dropout):
        raise ValueError(f"dropout must hold shares of units to drop, in [0, 1); got {dropout!r}.")
    return [float(rate) for rate in dropout]


def schedule_of(estimator) -> Schedule:
    """The schedule of the learning rate."""
    rate = estimator.learning_rate
    if callable(rate) and not isinstance(rate, type):
        return FunctionRate(rate)
    return resolve(estimator, "learning_rate")


def _loss(estimator) -> Loss:
    loss = resolve(estimator, "loss")
    if not estimator._takes_loss(loss):
        fitting = [name for name, cls in LOSSES.items() if estimator._takes_loss(cls)]
        raise ValueError(
            f"loss={estimator.loss!r} is not for {type(estimator).__name__}; "
            f"use one of {fitting} or a Loss that is."
        )
    return loss


def _check_activities_are_rates(parts: Parts) -> None:
    for penalty, activation in zip(parts.activity_penalties, parts.activations, strict=True):
        if penalty is not None and penalty.needs_rates:
            low, high = activation.bounds
            if low < 0 or high > 1:
                raise ValueError(
                    f"activity_penalty={penalty!r} compares mean activations with a rate, so "
                    f"activations must lie in [0, 1]; {activation!r} gives values in "
                    f"[{low:g}, {high:g}]. Use activation='logistic', or another penalty."
                )


def _check_solver_can_minimize(estimator, parts: Parts) -> None:
    """A full-batch solver takes only what is the same smooth function in each evaluation."""
    if parts.solver.takes_batches:
        return
    refused = {
        "penalty": any(p is not None and not p.is_smooth for p in parts.penalties),
        "activation": any(activation.is_random for activation in parts.activations),
        "dropout": any(parts.dropout),
        "input_dropout": estimator.input_dropout > 0,
        "input_noise": estimator.input_noise > 0,
        "corruption": estimator.corruption is not None,
        "max_norm": estimator.max_norm is not None,
        "gradient_clipping": estimator.gradient_clipping is not None,
    }
    for parameter, is_refused in refused.items():
        if is_refused:
            able = sorted(name for name, cls in OPTIMIZERS.items() if cls.takes_batches)
            value = getattr(estimator, parameter)
            neutral: dict[str, object] = {"penalty": "l2", "activation": "relu"}
            neutral |= dict.fromkeys(("dropout", "input_dropout", "input_noise"), 0)
            why = "not smooth" if parameter == "penalty" else "of single steps, or random"
            raise ValueError(
                f"solver={estimator.solver!r} minimizes one smooth function of all rows and cannot "
                f"take {parameter}={value!r}, which is {why}. Use one of the solvers {able}, or "
                f"set {parameter}={neutral.get(parameter)!r}."
            )
