"""How much work a fit of a table takes: networks, epochs and rows in a step."""

import math
from dataclasses import dataclass

ROWS = 340_000
"""Rows that a network sees in all its epochs, with ``effort=1``."""

WIDTH, INPUTS = 256, 84
"""A row of so many embedded inputs takes as long as ``WIDTH + INPUTS`` numbers; wider rows take
longer, and a network sees fewer of them."""

EPOCHS = 18, 240
"""The fewest epochs and the most, with ``effort=1``."""

VERY_MANY_ROWS = 250_000
"""With more, the fewest epochs fall, so that steps grow with the cube root of the rows."""

MOST_CYCLES = 5

N_FOLDS = 8

MANY_ROWS = 20_000
"""With more rows, or at less than half of the effort, there are half as many networks as folds."""

BATCH, BATCH_OF_FEW_ROWS = 128, 64
"""Rows in a step: up to a thousand rows, fewer, so that an epoch has some steps."""


@dataclass(frozen=True)
class Budget:
    """The numbers that "auto" stands for.

    Attributes
    ----------
    ensemble_size, max_iter, batch_size : int
    """

    ensemble_size: int
    max_iter: int
    batch_size: int


def of_data(n_rows: int, n_inputs: int, effort: float) -> Budget:
    """The budget of a fit to so many rows, of so many embedded inputs."""
    few = EPOCHS[0] * min(1.0, VERY_MANY_ROWS / n_rows) ** (2 / 3)
    fewest, most = (max(1, round(bound * effort)) for bound in (few, EPOCHS[1]))
    share = min(1.0, (WIDTH + INPUTS) / (WIDTH + n_inputs))
    epochs = max(fewest, min(most, math.ceil(ROWS * share * effort / n_rows)))
    is_whole = n_rows <= MANY_ROWS and effort >= 0.5
    return Budget(N_FOLDS if is_whole else N_FOLDS // 2, epochs, _batch_size(n_rows))


def n_cycles(n_epochs: int) -> int:
    """How many cycles of the learning rate have an epoch each, where each has twice as many."""
    return min(MOST_CYCLES, (n_epochs + 1).bit_length() - 1)


def _batch_size(n_rows: int) -> int:
    """Rows in a step, such that the last batch of an epoch has hardly fewer than the others: at a
    large learning rate a step by three rows is a blow."""
    largest = BATCH_OF_FEW_ROWS if n_rows <= 1000 else BATCH
    return -(-n_rows // -(-n_rows // largest))
