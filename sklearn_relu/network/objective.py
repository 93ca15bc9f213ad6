"""The function that training minimizes."""

from dataclasses import dataclass, field

import numpy as np

from sklearn_relu.layers import Layer
from sklearn_relu.losses import Loss
from sklearn_relu.network.corruption import Corruption
from sklearn_relu.network.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Objective:
    """The function that training minimizes.

    Attributes
    ----------
    stages : tuple of Stage
    loss : Loss
    dtype : dtype
        float32 or float64.
    n_targets : int
        Columns of the targets.
    input_dropout : float
        Share of input values to drop.
    input_noise : float
        Standard deviation of the noise that is added to inputs.
    corruption : Corruption or None
        A disturbance of the inputs, before the other two.
    layers : list of Layer
        Those of the stages.
    """

    stages: tuple[Stage, ...]
    loss: Loss
    dtype: np.dtype
    n_targets: int
    input_dropout: float = 0.0
    input_noise: float = 0.0
    corruption: Corruption | None = None
    layers: list[Layer] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", [stage.layer for stage in self.stages])

    @property
    def dropout_rates(self) -> list[float]:
        """Those of the inputs and of each hidden layer."""
        return [self.input_dropout, *(stage.dropout for stage in self.stages[:-1])]

    @property
    def reads_series(self) -> bool:
        """Whether a layer reads series, step by step."""
        return any(layer.reads_series for layer in self.layers)

    @property
    def is_random(self) -> bool:
        """Whether computing it draws random numbers."""
        return (
            any(self.dropout_rates)
            or self.input_noise > 0
            or self.corruption is not None
            or any(layer.is_random for layer in self.layers)
        )
