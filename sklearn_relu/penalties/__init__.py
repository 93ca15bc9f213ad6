"""Penalties: Omega(W) on the weights, and what is added for hidden activations."""

from sklearn_relu.penalties.activity import ActivityL1, ActivityL2, KLSparsity
from sklearn_relu.penalties.base import ActivityPenalty, Penalty
from sklearn_relu.penalties.weights import L1, L2, ElasticNet, GroupLasso

PENALTIES: dict[str, type[Penalty]] = {
    "l1": L1,
    "l2": L2,
    "elasticnet": ElasticNet,
    "group_lasso": GroupLasso,
}
"""The weight penalties by name."""

ACTIVITY_PENALTIES: dict[str, type[ActivityPenalty]] = {
    "l1": ActivityL1,
    "l2": ActivityL2,
    "kl": KLSparsity,
}
"""The activity penalties by name."""

__all__ = [
    "ACTIVITY_PENALTIES",
    "L1",
    "L2",
    "PENALTIES",
    "ActivityL1",
    "ActivityL2",
    "ActivityPenalty",
    "ElasticNet",
    "GroupLasso",
    "KLSparsity",
    "Penalty",
]
