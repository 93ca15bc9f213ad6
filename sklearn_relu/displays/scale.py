"""The scale of scores: what the others are told apart by, not what failed."""

from collections.abc import Sequence

import numpy as np

BEATEN = 1 / 4
"""Those that are no better than a baseline have no place on the scale if the others had less than
such a share of it. So do the baselines."""

BETTER = 1 / 20
"""A candidate is better than a baseline if its mean is so far on the way from there to the best."""

OUTLYING = 1 / 50
"""The same for any others, where they are at most half of all."""

FAR = 1 / 1000
"""The same where there is nothing to compare among the others, or they are less than half."""


def lowest_shown(scores: Sequence[np.ndarray], baselines: Sequence[float]) -> float:
    """The lowest score on the scale; what is below would flatten the rest.

    Parameters
    ----------
    scores : sequence of ndarray of shape (n_fits,)
        Finite scores of each candidate.
    baselines : sequence of float

    Returns
    -------
    lowest : float
        The lowest of all, where nothing flattens the rest.
    """
    ranked = sorted(scores, key=np.mean, reverse=True)
    floor = min(baselines, default=-np.inf)
    floor += BETTER * max(0.0, np.mean(ranked[0]) - floor) if baselines else 0.0
    top = max([*map(np.max, ranked), *baselines])
    lowest = min(map(np.min, ranked))
    for n_kept in range(len(ranked) - 1, 0, -1):
        low = min(map(np.min, ranked[:n_kept]))
        if top - low < _share(ranked, n_kept, floor) * (top - lowest):
            lowest = low
    share = BEATEN if len(ranked) > 1 else FAR
    for level in sorted(baselines, reverse=True):
        if top - lowest >= share * (top - level):
            lowest = min(lowest, level)
    return float(lowest)


def _share(ranked: list[np.ndarray], n_kept: int, floor: float) -> float:
    """The share of the scale below which the best candidates count as flattened by the rest."""
    if n_kept == 1:
        return FAR
    if all(np.mean(each) < floor for each in ranked[n_kept:]):
        return BEATEN
    return OUTLYING if 2 * n_kept >= len(ranked) else FAR
