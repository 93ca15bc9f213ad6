"""Dates as numbers."""

import numpy as np

from sklearn_relu.tables.columns import Moments

DAY = 86400.0
CYCLES = {"month": 12, "weekday": 7, "hour": 24}
"""Cycles of a calendar, and their length."""


def times_vary(moments: Moments) -> bool:
    """Whether the times of day differ."""
    times = moments.wall[~np.isnat(moments.wall)]
    times = times - times.astype("datetime64[D]")
    return bool(len(times)) and bool((times != times[0]).any())


def parts_of(with_times: bool) -> list[str]:
    """Names of the numbers that a date becomes."""
    cycles = ["month", "weekday", "hour"] if with_times else ["month", "weekday"]
    return ["seconds", *(f"{name}_{wave}" for name in cycles for wave in ("sin", "cos"))]


def calendar_number(moments: Moments, part: str) -> np.ndarray:
    """Give one of the numbers of dates.

    Parameters
    ----------
    moments : Moments
    part : str
        "seconds" since 1970, or the sine or cosine of a cycle, such as "month_sin". A month is a
        whole one, and so is a day of the week; hours have fractions.

    Returns
    -------
    numbers : ndarray of shape (n_samples,)
        float64, NaN where a date is missing.
    """
    if part == "seconds":
        numbers = moments.utc.astype(np.int64) / 1e6
    else:
        name, _, wave = part.rpartition("_")
        turn = _position(moments.wall, name) * (2 * np.pi / CYCLES[name])
        numbers = np.sin(turn) if wave == "sin" else np.cos(turn)
    numbers[np.isnat(moments.wall)] = np.nan
    return numbers


def _position(wall: np.ndarray, name: str) -> np.ndarray:
    """Where in a cycle dates are; any number where they are missing."""
    if name == "month":
        return (wall.astype("datetime64[M]").astype(np.int64) % 12).astype(np.float64)
    days = wall.astype("datetime64[D]")
    if name == "weekday":  # 1970 began on a Thursday; 0 is a Monday
        return ((days.astype(np.int64) + 3) % 7).astype(np.float64)
    return (wall - days).astype(np.int64) / 3.6e9
