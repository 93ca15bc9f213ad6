"""The log of a fit, line by line."""

from collections.abc import Callable
from typing import Any


def report_of(estimator: Any) -> Callable[[str], None]:
    """Return the function that takes the lines of an estimator's log.

    Parameters
    ----------
    estimator : object
        With `verbose`, and `log_prefix`, the beginning of each line.
    """
    if not estimator.verbose:
        return lambda line: None
    prefix = estimator.log_prefix
    return lambda line: print(f"{prefix}{line}")
