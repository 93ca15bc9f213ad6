"""How much work a fit of a table takes: networks, epochs and rows in a step."""

import math
from dataclasses import dataclass

ROWS = 300_000
"""Rows that a network sees in all its epochs, with ``effort=1``."""

EPOCHS = 24, 200
"""The fewest epochs and the most, with ``effort=1``."""

N_NETWORKS, N_FOLDS = 8, 8

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


def of_rows(n_rows: int, effort: float, holds_out: bool) -> Budget:
    """The budget of a fit to so many rows."""
    fewest, most = (max(1, round(bound * effort)) for bound in EPOCHS)
    epochs = max(fewest, min(most, math.ceil(ROWS * effort / n_rows)))
    return Budget(N_NETWORKS if holds_out else N_NETWORKS // 2, epochs, _batch_size(n_rows))


def _batch_size(n_rows: int) -> int:
    """Rows in a step, such that the last batch of an epoch has hardly fewer than the others: at a
    large learning rate a step by three rows is a blow."""
    largest = BATCH_OF_FEW_ROWS if n_rows <= 1000 else BATCH
    return -(-n_rows // -(-n_rows // largest))
