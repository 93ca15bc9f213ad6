"""The function that training minimizes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_relu.layers import Dense
from sklearn_relu.losses import Loss
from sklearn_relu.penalties import ActivityPenalty, Penalty


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What is minimized.

    Attributes
    ----------
    layers : list of Dense
    loss : Loss
    dtype : dtype
        float32 or float64.
    n_targets : int
        Columns of the targets.
    penalties : sequence of (Penalty or None)
        One a layer, or empty; one that is the same object for all layers may see their weights as
        one block.
    activity_penalties : sequence of (ActivityPenalty or None)
        One a hidden layer, or empty.
    dropout : sequence of float
        Share of units to drop, one a hidden layer, or empty.
    input_dropout : float
        Share of input values to drop.
    input_noise : float
        Standard deviation of the noise that is added to inputs.
    """

    layers: list[Dense]
    loss: Loss
    dtype: np.dtype
    n_targets: int
    penalties: Sequence[Penalty | None] = ()
    activity_penalties: Sequence[ActivityPenalty | None] = ()
    dropout: Sequence[float] = ()
    input_dropout: float = 0.0
    input_noise: float = 0.0

    @property
    def dropout_rates(self) -> list[float]:
        """Those of the inputs and of each hidden layer."""
        return [self.input_dropout, *(self.dropout or [0.0] * (len(self.layers) - 1))]

    @property
    def is_random(self) -> bool:
        """Whether computing it draws random numbers."""
        return (
            any(self.dropout_rates)
            or self.input_noise > 0
            or any(layer.activation.is_random for layer in self.layers)
        )
