"""Numbers to a common scale that outliers do not set."""

import numpy as np

BOUND = 3.0
"""Scaled numbers lie within it."""

SATURATED = 1e6
"""From here on the smooth clip gives its bound, to all digits of float32 and nearly all of float64.
"""


def center_and_scale(values: np.ndarray) -> tuple[float, float]:
    """The median, and 1 over the interquartile range, of numbers of which none is missing.

    An interquartile range of 0 is replaced by half of the range. A constant column has the scale 0,
    as one without numbers has.
    """
    if not len(values):
        return 0.0, 0.0
    values = np.asarray(values, np.float64)
    unit = max(float(np.abs(values).max()), np.finfo(float).tiny)
    unit = float(
        np.ldexp(1.0, int(np.frexp(unit)[1]))
    )  # differences in units of it do not overflow
    low, center, high = np.quantile(values, [0.25, 0.5, 0.75])
    spread = high / unit - low / unit
    if spread == 0:
        spread = 0.5 * (values.max() / unit - values.min() / unit)
    if spread == 0:
        return float(center), 0.0
    with np.errstate(over="ignore"):
        return float(center), min(1.0 / spread / unit, np.finfo(float).max)


def scaled(values: np.ndarray, center: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """``x / sqrt(1 + (x / 3)^2)`` of ``x = (values - center) * scale``, and 0 for missing values.

    Parameters
    ----------
    values : ndarray of shape (..., n_columns)
    center, scale : ndarray of shape (n_columns,)

    Returns
    -------
    scaled : ndarray like values, in float64

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data, section 3.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        x = (values - center) * scale
    np.clip(x, -SATURATED, SATURATED, out=x)
    x /= np.sqrt(1 + np.square(x / BOUND))
    np.nan_to_num(x, copy=False, nan=0.0)
    return x
