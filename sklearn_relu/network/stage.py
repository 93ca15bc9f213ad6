"""A layer, and what training does to it."""

from dataclasses import dataclass

from sklearn_relu.layers import Layer
from sklearn_relu.penalties import ActivityPenalty, Penalty


@dataclass(frozen=True)
class Stage:
    """A layer, and what training does to it. A network is a tuple of stages, the outputs last.

    Attributes
    ----------
    layer : Layer
    penalty : Penalty or None
        On its weights. One that is the same object in all stages may see all weights as one block.
    activity_penalty : ActivityPenalty or None
    dropout : float
        Share of activations to drop.
    drops_channels : bool
        Whether all places of a unit are dropped together.
    max_norm : float or None
        Bound on the norm of the weights into each summed input.
    """

    layer: Layer
    penalty: Penalty | None = None
    activity_penalty: ActivityPenalty | None = None
    dropout: float = 0.0
    drops_channels: bool = False
    max_norm: float | None = None
