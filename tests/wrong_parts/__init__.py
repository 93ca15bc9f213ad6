"""Parts that break one rule each: for each rule of the public check, one that it alone finds."""

from custom_parts import Negativity

from wrong_parts import (
    activations,
    activity_penalties,
    embeddings,
    fits,
    full_batch,
    hyper_parameters,
    initializers,
    losses,
    optimizers,
    penalties,
    schedules,
)

WRONG = {
    module.__name__.rpartition(".")[2]: module.WRONG
    for module in (
        hyper_parameters,
        activations,
        activity_penalties,
        penalties,
        losses,
        optimizers,
        full_batch,
        schedules,
        initializers,
        embeddings,
        fits,
    )
}
"""By module of the check: a part, the rule that it breaks, and what the message says."""

RIGHT = [
    activations.Leak(),
    activations.Scaled(),
    activity_penalties.MeanSquare(),
    penalties.Quartic(),
    Negativity(),
    losses.Halves(),
    optimizers.Momentum(),
    full_batch.Backtracking(),
    schedules.Falling(),
    initializers.Small(),
    embeddings.Linear(),
]
"""The parts that these are made from."""
