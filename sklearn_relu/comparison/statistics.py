"""Whether scores on the same folds differ: a paired test that knows that training rows overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

LEVEL = 0.05
"""Of p-values that are less, a difference is taken for one."""

CERTAIN = 0.95
"""Of this probability on, a difference is taken for one that does not matter."""


@dataclass(frozen=True)
class Difference:
    """How much one's scores are above another's on the same folds.

    Scores of folds are not independent, for any two folds share most of their training rows. So
    the variance of their mean is that of ``1 / n_folds + n_test / n_train`` scores (Nadeau &
    Bengio 2003, *Inference for the generalization error*, section 4), not of ``1 / n_folds``.

    Attributes
    ----------
    mean : float
    sd : float
        Standard error of the mean by this variance.
    n_folds : int
    p_value : float
        Of a mean that is so far from 0 in either direction, where there is no difference (Student's
        t with ``n_folds - 1`` degrees of freedom).
    """

    mean: float
    sd: float
    n_folds: int

    @property
    def p_value(self) -> float:
        if self.sd == 0:
            return float(self.mean == 0)
        return float(2 * stdtr(self.n_folds - 1, -abs(self.mean) / self.sd))

    def probability_within(self, region: float) -> float:
        """The probability that the difference is less than `region` in either direction.

        It is that of the Bayesian correlated t test (Benavoli, Corani, Demšar & Zaffalon 2017,
        *Time for a change*, section 4.1), whose posterior has the same mean and spread.

        Parameters
        ----------
        region : float
            Differences that make no difference in practice are less.

        Returns
        -------
        probability : float
        """
        if self.sd == 0:
            return float(abs(self.mean) < region)
        bounds = (np.array([-region, region]) - self.mean) / self.sd
        below, within = stdtr(self.n_folds - 1, bounds)
        return float(within - below)


def difference(scores: np.ndarray, others: np.ndarray, step: float = 0.0) -> Difference:
    """The difference of two candidates' scores.

    Parameters
    ----------
    scores, others : ndarray of shape (n_folds,)
        Of the same folds, which are the parts of one cross-validation.
    step : float, default=0.0
        By which a score changes with one row, if it is a share of them. Scores that are rounded so
        tell no difference as less than chance, though the same on each fold.

    Returns
    -------
    difference : Difference
    """
    each = scores - others
    n_folds = len(each)
    test_over_train = 1 / (n_folds - 1)
    # The variance of two rounding errors is the least.
    variance = max(each.var(ddof=1), step**2 / 6)
    sd = np.sqrt((1 / n_folds + test_over_train) * variance)
    return Difference(float(each.mean()), float(sd), n_folds)


def corrected(p_values: Sequence[float]) -> list[float]:
    """P-values of several comparisons, such that all are right at once at their level.

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    p_values : list of float
        In the same order (Holm 1979, *A simple sequentially rejective multiple test procedure*).
    """
    found, largest = [1.0] * len(p_values), 0.0
    for n_before, i in enumerate(np.argsort(p_values, kind="stable").tolist()):
        largest = max(largest, min(1.0, (len(p_values) - n_before) * p_values[i]))
        found[i] = largest
    return found
