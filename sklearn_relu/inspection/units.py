"""Units that are dead, and units that can be changed one by one."""

import numpy as np

from sklearn_relu.inspection.model import Network


def check_units_are_alike(network: Network, what: str) -> None:
    """Raise a ValueError if units of a layer depend on each other or on their place, are no columns
    of its weights, or have weights in common with those of another layer."""
    if not all(block.is_own for layer in network.layers for block in layer.blocks().values()):
        raise ValueError(
            f"{what} changes the weights into a unit and those out of it, and tied weights are one "
            "array for both. Fit with tied_weights=False."
        )
    for i, layer in enumerate(network.hidden_layers, start=1):
        if not layer.units_are_columns:
            raise ValueError(
                f"{what} changes single units of fully connected layers; layer {i} is of kind "
                f"{type(layer).__name__}. Pass a network of fully connected layers."
            )
        if not layer.activation.units_are_alike:
            raise ValueError(
                f"{what} changes single units, and what a unit of hidden layer {i} gives under "
                f"{layer.activation!r} depends on its place or on the others. Train the network "
                "with another activation, such as 'relu'."
            )


def dead_units(network: Network) -> list[np.ndarray]:
    """Units that give exactly 0 on all rows: for each hidden layer (n_networks, n_units)."""
    hidden = network.hidden_layers
    silent = [np.ones((network.n_networks, layer.gives), bool) for layer in hidden]
    for _, trace in network.traces():
        for flags, a in zip(silent, trace.a, strict=False):
            flags &= ~a.any(axis=1)
    pairs = zip(silent, hidden, strict=True)
    return [np.all(layer.by_unit(flags), axis=-2) for flags, layer in pairs]
