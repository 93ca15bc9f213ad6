"""Numbers, centred and scaled by their quartiles, and squashed."""

import numpy as np

HUGE, SMALLER = 1e300, 2.0**-8
"""Beyond HUGE, numbers are multiplied by SMALLER first: their differences would overflow."""

FAR = 1e9
"""Further out every number is as good as at infinity, and its square must not overflow."""


def centre_and_scale(values: np.ndarray) -> tuple[float, float]:
    """The median, and the interquartile range, of the numbers that are there.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Overwritten. float64, NaN for missing ones.

    Returns
    -------
    centre : float
        0 if there are no numbers.
    scale : float
        Half of the range if the interquartile range is 0. Infinite if all numbers are the same,
        or none is there: any number becomes 0.
    """
    missing = np.isnan(values)
    if missing.any():
        values = values[~missing]
    if not len(values):
        return 0.0, np.inf
    low, high = values.min(), values.max()
    smaller = SMALLER if max(-low, high) > HUGE else 1.0
    values *= smaller
    quarter, median, three_quarters = np.percentile(values, [25, 50, 75], overwrite_input=True)
    scale = three_quarters - quarter or 0.5 * (high * smaller - low * smaller)
    if scale == 0:
        # Half of the smallest number is 0.
        scale = high - low or np.inf
    with np.errstate(over="ignore"):
        scale = scale / smaller
    if np.isinf(scale) and high > low:
        scale = np.finfo(np.float64).max
    return float(median / smaller), float(scale)


def centres_and_scales(columns: list[np.ndarray]) -> list[tuple[float, float]]:
    """Give :func:`centre_and_scale` of several columns, most of them at once.

    Parameters
    ----------
    columns : list of ndarray of shape (n_samples,)
        Overwritten.

    Returns
    -------
    centres_and_scales : list of (float, float)
    """
    if len(columns) < 2:
        return [centre_and_scale(values) for values in columns]
    block = np.array(columns)
    low, high = block.min(axis=1), block.max(axis=1)
    # NaN is not below anything.
    usual = np.maximum(-low, high) <= HUGE
    quarter, median, three_quarters = np.percentile(block[usual], [25, 50, 75], axis=1)
    scale = three_quarters - quarter
    usual[usual] = scale != 0
    found = iter(zip(median[scale != 0].tolist(), scale[scale != 0].tolist(), strict=True))
    return [
        next(found) if one else centre_and_scale(values)
        for values, one in zip(columns, usual, strict=True)
    ]


def squash(values: np.ndarray, centre: np.ndarray | float, scale: np.ndarray | float) -> None:
    """Centre and scale numbers in place, then squash them into (-3, 3); missing ones become 0.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_features) or (n_samples,)
        float64, NaN for missing ones.
    centre, scale : ndarray of shape (n_features,) or float
    """
    huge = (np.abs(centre) > HUGE) | ((scale > HUGE) & np.isfinite(scale))
    if np.any(huge):
        smaller = np.where(huge, SMALLER, 1.0)
        values *= smaller
        centre, scale = centre * smaller, scale * smaller
    with np.errstate(over="ignore", invalid="ignore"):
        values -= centre
        values /= scale
    values /= 3.0
    np.clip(values, -FAR, FAR, out=values)
    root = values * values
    root += 1.0
    np.sqrt(root, out=root)
    values *= 3.0
    values /= root
    np.copyto(values, 0.0, where=np.isnan(values))
