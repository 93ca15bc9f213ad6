"""Objective and method, as all networks of a stack share them."""

from dataclasses import dataclass

from sklearn_relu.network.objective import Objective
from sklearn_relu.optimizers import FullBatchOptimizer, Optimizer


@dataclass(frozen=True, kw_only=True)
class Recipe(Objective):
    """The objective, and the way to its minimum.

    Attributes
    ----------
    optimizer : Optimizer or FullBatchOptimizer
    batch_size : int
        Largest number of rows in a step.
    gradient_clipping : float or None
        Bound on the norm of a network's whole gradient.
    """

    optimizer: Optimizer | FullBatchOptimizer
    batch_size: int
    gradient_clipping: float | None = None
