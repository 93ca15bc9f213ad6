"""Losses on positive numbers, with the logarithm as link."""

from numbers import Real

import numpy as np
from scipy.special import boxcox, exprel

from sklearn_relu import kernels
from sklearn_relu.losses.base import ElementwiseLoss, Loss, weighted_mean
from sklearn_relu.sklearn_private import Interval

NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")


class _Log(ElementwiseLoss):
    """A loss of ``mu = exp(raw)``."""

    out_activation = "exp"
    for_numbers = True

    def predict(self, raw):
        """``exp(raw)``."""
        return np.exp(raw)

    def constant(self, y, weight):
        """The logarithm of the mean, which is best for every deviance."""
        return np.log(np.maximum(weighted_mean(y, weight), np.finfo(y.dtype).tiny))


class Poisson(_Log):
    """Half the Poisson deviance, with the logarithm as link: ``y log(y / mu) - y + mu``.

    `mu` is ``exp(raw)``. Targets are at least 0: counts and rates.
    """

    domain = NOT_NEGATIVE

    def elements(self, y, raw, value, grad):
        """The derivative is ``exp(raw) - y``."""
        np.maximum(y, np.finfo(y.dtype).tiny, out=value)
        np.log(value, out=value)
        value -= raw
        value -= 1
        value *= y
        np.exp(raw, out=grad)
        value += grad
        grad -= y


class Gamma(_Log):
    """Half the gamma deviance, with the logarithm as link: ``y / mu - log(y / mu) - 1``.

    `mu` is ``exp(raw)``. Targets are above 0: durations and amounts, whose spread is proportional
    to their mean.
    """

    domain = POSITIVE

    def elements(self, y, raw, value, grad):
        """The derivative is ``1 - y / mu``."""
        np.log(y, out=value)
        value -= raw
        np.expm1(value, out=grad)
        np.subtract(grad, value, out=value)
        np.negative(grad, out=grad)


class Tweedie(_Log):
    """Half the Tweedie deviance, with the logarithm as link.

    With `mu` being ``exp(raw)`` it is ``max(y, 0)**(2 - p) / ((1 - p) (2 - p))
    - y mu**(1 - p) / (1 - p) + mu**(2 - p) / (2 - p)``, or its limit for p = 1 and 2. As in
    scikit-learn's ``TweedieRegressor``, targets are real for ``p <= 0``, at least 0 for
    ``0 < p < 2`` and above 0 for ``p >= 2``.

    Parameters
    ----------
    power : float, default=1.5
        The variance of the targets is proportional to this power p of their mean: 0 for a normal
        distribution, 1 Poisson, between 1 and 2 a compound Poisson-gamma (amounts with many zeros,
        such as rain or claims), 2 gamma, 3 inverse Gaussian.

    References
    ----------
    Jørgensen (1987), Exponential dispersion models.
    """

    _parameter_constraints = {"power": [Interval(Real, None, None, closed="neither")]}

    def __init__(self, power=1.5):
        self.power = power

    @property
    def domain(self):
        """Depends on `power`."""
        if self.power <= 0:
            return Loss.domain
        return NOT_NEGATIVE if self.power < 2 else POSITIVE

    def elements(self, y, raw, value, grad):
        """The derivative is ``mu**(2 - p) - y mu**(1 - p)``."""
        # In Box-Cox transforms b(x, k) = (x**k - 1) / k, which tend to logarithms as p to 1 or 2:
        # y (b(y, 1 - p) - b(mu, 1 - p)) - b(y, 2 - p) + b(mu, 2 - p).
        p = self.power
        term = kernels.scratch(raw.shape, raw.dtype, slot=1)
        # Where y = 0 so is its product with mu**(1 - p), however large that is.
        np.abs(y, out=grad)
        np.sign(grad, out=grad)
        grad *= raw
        np.maximum(y, np.finfo(y.dtype).tiny, out=value)
        boxcox(value, 1 - p, out=value)
        value -= _boxcox_of_exp(grad, 1 - p, term)
        value *= y
        np.maximum(y, 0, out=term)
        value -= boxcox(term, 2 - p, out=term)
        value += _boxcox_of_exp(raw, 2 - p, term)
        grad *= 1 - p
        np.exp(grad, out=grad)
        grad *= y
        np.multiply(raw, 2 - p, out=term)
        np.exp(term, out=term)
        np.subtract(term, grad, out=grad)


def _boxcox_of_exp(x, power, out):
    """``out = (exp(power * x) - 1) / power``, or x if `power` is 0."""
    np.multiply(x, power, out=out)
    exprel(out, out=out)
    out *= x
    return out
