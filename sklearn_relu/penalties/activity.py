"""Penalties on hidden activations."""

from numbers import Real

import numpy as np
from scipy.special import rel_entr

from sklearn_relu import kernels
from sklearn_relu.penalties.base import ActivityPenalty
from sklearn_relu.sklearn_private import Interval


def _row_factors(a, weight, strength):
    """Return the factor of each row's penalty, (n_networks, n_samples, 1)."""
    if weight is None:
        return np.broadcast_to(strength[:, None, None], (*a.shape[:2], 1))
    return strength[:, None, None] * weight


class ActivityL1(ActivityPenalty):
    """Sum of ``|a|``: codes with exact zeros under a rectifier (Glorot, Bordes & Bengio 2011).

    The subgradient at 0 is 0.
    """

    def value_and_gradient(self, a, weight, strength, grad_a):
        """The gradient is ``strength * weight * sign(a)``."""
        kernels.add_weighted(grad_a, a, _row_factors(a, weight, strength), np.sign)
        return strength * kernels.sum_abs(a, weight)


class ActivityL2(ActivityPenalty):
    """Half the sum of ``a**2``: keeps an unbounded activation small."""

    def value_and_gradient(self, a, weight, strength, grad_a):
        """The gradient is ``strength * weight * a``."""
        kernels.add_weighted(grad_a, a, _row_factors(a, weight, strength), np.positive)
        return 0.5 * strength * kernels.sum_squares(a, weight)


class KLSparsity(ActivityPenalty):
    """``KL(rho || rate)`` of each unit, where `rate` is its mean activation over the batch.

    ``KL(rho || rate) = rho * log(rho / rate) + (1 - rho) * log((1 - rho) / (1 - rate))``: units are
    rarely active, but none is never active. Activations must lie in [0, 1]. Closer to 0 and 1 than
    the precision of the numbers it goes on as a straight line, so that all stays finite.

    Parameters
    ----------
    rho : float, default=0.05
        The rate to aim at, in (0, 1).

    References
    ----------
    Ng (2011), Sparse autoencoder, CS294A lecture notes, section 3.
    """

    needs_rates = True

    _parameter_constraints = {"rho": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, rho=0.05):
        self.rho = rho

    def value_and_gradient(self, a, weight, strength, grad_a):
        """The gradient is ``strength * weight * (rate - rho) / (rate * (1 - rate))``."""
        rates = np.empty_like(a, shape=(len(a), 1, a.shape[2]))
        if weight is None:
            weight_sum = np.full(len(a), a.shape[1], a.dtype)
        else:
            weight_sum = weight.sum(axis=(1, 2))
        kernels.sum_samples(a, rates, weight)
        rates /= weight_sum[:, None, None]
        eps = np.finfo(a.dtype).eps
        inside = np.clip(rates, eps, 1 - eps)
        slope = (inside - self.rho) / (inside * (1 - inside))
        kernels.add_outer(grad_a, _row_factors(a, weight, strength), slope)
        divergence = rel_entr(self.rho, inside) + rel_entr(1 - self.rho, 1 - inside)
        divergence += slope * (rates - inside)
        return strength * weight_sum * divergence.sum(axis=(1, 2))
