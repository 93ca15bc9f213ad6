"""From an estimator's parameters to parts."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from sklearn_relu.activations import ACTIVATIONS, Activation
from sklearn_relu.initializers import INITIALIZERS, Constant, Initializer
from sklearn_relu.losses import LOSSES, Loss
from sklearn_relu.optimizers import OPTIMIZERS, FullBatchOptimizer, Optimizer, Solver
from sklearn_relu.part import Part, resolve_part
from sklearn_relu.penalties import ACTIVITY_PENALTIES, PENALTIES, ActivityPenalty, Penalty
from sklearn_relu.schedules import SCHEDULES, Schedule

FAMILIES: dict[str, tuple[dict, type[Part]]] = {
    "activation": (ACTIVATIONS, Activation),
    "initialization": (INITIALIZERS, Initializer),
    "bias_initialization": (INITIALIZERS, Initializer),
    "penalty": (PENALTIES, Penalty),
    "activity_penalty": (ACTIVITY_PENALTIES, ActivityPenalty),
    "loss": (LOSSES, Loss),
    "solver": (OPTIMIZERS, Solver),
    "learning_rate": (SCHEDULES, Schedule),
}
"""For each parameter that takes a part: the family's names, and its contract."""

WITH_FLAT_PARAMETERS = {"solver", "learning_rate"}
"""Families whose hyper-parameters scikit-learn offers as parameters of the estimator."""


@dataclass(frozen=True)
class Parts:
    """The parts of one fit, as resolved from the estimator's parameters."""

    hidden_layer_sizes: list[int]
    activations: list[Activation]
    initializer: Initializer
    bias_initializer: Initializer
    penalty: Penalty | None
    activity_penalty: ActivityPenalty | None
    loss: Loss
    solver: Optimizer | FullBatchOptimizer
    schedule: Schedule


def resolve(estimator, parameter: str, value=None):
    """The part that a parameter of the estimator stands for; `value` replaces the parameter's."""
    family, base = FAMILIES[parameter]
    flat = estimator.get_params(deep=False) if parameter in WITH_FLAT_PARAMETERS else None
    value = getattr(estimator, parameter) if value is None else value
    return resolve_part(value, family, base, parameter, flat)


def resolve_parts(estimator) -> Parts:
    """All parts of a fit, checked one by one and against each other.

    Raises
    ------
    ValueError
        Naming the parameter, what was got, what is allowed and what to do.
    """
    sizes = _hidden_layer_sizes(estimator.hidden_layer_sizes)
    bias = estimator.bias_initialization
    parts = Parts(
        hidden_layer_sizes=sizes,
        activations=_activations(estimator, len(sizes)),
        initializer=resolve(estimator, "initialization"),
        bias_initializer=(
            Constant(float(bias))
            if isinstance(bias, Real)
            else resolve(estimator, "bias_initialization")
        ),
        penalty=None if estimator.penalty is None else resolve(estimator, "penalty"),
        activity_penalty=(
            None if estimator.activity_penalty is None else resolve(estimator, "activity_penalty")
        ),
        loss=_loss(estimator),
        solver=resolve(estimator, "solver"),
        schedule=resolve(estimator, "learning_rate"),
    )
    _check_solver_takes_penalty(estimator, parts)
    return parts


def _hidden_layer_sizes(sizes) -> list[int]:
    sizes = list(np.atleast_1d(np.asarray(sizes, dtype=object)))
    if not all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes):
        raise ValueError(
            f"hidden_layer_sizes must hold one whole number of units for each hidden layer; got "
            f"{sizes}. For one layer of 10 units pass (10,)."
        )
    if any(size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def _activations(estimator, n_hidden: int) -> list[Activation]:
    activation = estimator.activation
    if isinstance(activation, str | Activation):
        part = resolve(estimator, "activation")
        return [part] * n_hidden
    if len(activation) != n_hidden:
        raise ValueError(
            f"activation must be one for all hidden layers or a sequence with one for each; got "
            f"{len(activation)} of them for {n_hidden} hidden layers."
        )
    return [resolve(estimator, "activation", each) for each in activation]


def _loss(estimator) -> Loss:
    loss = resolve(estimator, "loss")
    if not estimator._takes_loss(loss):
        fitting = [name for name, cls in LOSSES.items() if estimator._takes_loss(cls)]
        raise ValueError(
            f"loss={estimator.loss!r} is not for {type(estimator).__name__}; "
            f"use one of {fitting} or a Loss that is."
        )
    return loss


def _check_solver_takes_penalty(estimator, parts: Parts) -> None:
    if not isinstance(parts.solver, FullBatchOptimizer):
        return
    if parts.penalty is not None and not parts.penalty.is_smooth:
        able = sorted(name for name, cls in OPTIMIZERS.items() if issubclass(cls, Optimizer))
        raise ValueError(
            f"solver={estimator.solver!r} cannot minimize penalty={estimator.penalty!r}, which is "
            f"not smooth; use one of the solvers {able}, or penalty='l2'."
        )
