"""Dates as numbers of the calendar."""

import numpy as np

NAMES = ("time", "month_sin", "month_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos")
"""What a date becomes: years since 1970, and where in the year, the week and the day it is."""

DAYS = 365.2425
"""Days of a year."""


def calendar_numbers(dates: np.ndarray) -> np.ndarray:
    """Numbers of each date, in the order of `NAMES`; NaN for missing ones.

    Parameters
    ----------
    dates : ndarray of datetime64, of shape (n_samples,)

    Returns
    -------
    numbers : ndarray of shape (n_samples, 7)
    """
    missing = np.isnat(dates)
    days = dates.astype("datetime64[us]").astype(np.int64) / 8.64e10
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    whole = np.floor(days)
    numbers = np.column_stack(
        [
            days / DAYS,
            *_on_circle(month / 12),
            *_on_circle((whole + 3) % 7 / 7),  # the first of January 1970 was a Thursday
            *_on_circle(days - whole),
        ]
    )
    numbers[missing] = np.nan
    return numbers


def _on_circle(turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)
