"""Penalties: Omega(W) on the weights, and what is added for hidden activations."""

from abc import ABC, abstractmethod
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_relu.engine import kernels
from sklearn_relu.part import Part


class Penalty(Part, ABC):
    """Omega(W), a penalty on weights; the estimator's `alpha` is its strength.

    The objective adds ``alpha * Omega(W) / (sum of the batch's sample weights)``. Biases and the
    activations' learned parameters are not penalised.
    """

    is_smooth: bool = True
    """False: has a :meth:`prox`, and no full-batch solver can take it."""

    elementwise: ClassVar[bool] = False
    """True: a sum over single weights, so that all layers may come as one block."""

    @abstractmethod
    def value(self, weights: np.ndarray) -> np.ndarray:
        """Omega of each network: (n_networks, fan_in, fan_out) to (n_networks,)."""

    def add_gradient(self, weights: np.ndarray, grad: np.ndarray, strength: np.ndarray) -> None:
        """Add ``strength * gradient`` of the smooth part to `grad`, in place.

        Parameters
        ----------
        weights, grad : ndarray of shape (n_networks, fan_in, fan_out)
        strength : ndarray of shape (n_networks,)
        """

    def prox(self, weights: np.ndarray, step: np.ndarray) -> None:
        """Proximal step of the part that is not smooth, in place, after the optimizer's step.

        Parameters
        ----------
        weights : ndarray of shape (n_networks, fan_in, fan_out)
        step : ndarray of the same shape
            Strength times the size of the step that the optimizer took for each weight.
        """


class L2(Penalty):
    """Half the sum of squares: shrinks all weights (weight decay for plain SGD)."""

    elementwise = True

    def value(self, weights):
        """``sum(w**2) / 2``."""
        return 0.5 * kernels.sum_squares(weights)

    def add_gradient(self, weights, grad, strength):
        """The gradient is w."""
        kernels.add_scaled(grad, weights, strength)


def _soft_threshold(weights, step, share=1.0):
    """Move each weight towards 0 by ``share * step``, and set it to 0 if it would pass."""
    for matrix, matrix_step in zip(weights, step, strict=True):
        for piece in kernels.pieces(*matrix.shape):
            part = matrix[piece]
            threshold = kernels.scratch(part.shape, part.dtype)
            move = kernels.scratch(part.shape, part.dtype, slot=1)
            np.multiply(matrix_step[piece], share, out=threshold)
            np.abs(part, out=move)
            np.minimum(move, threshold, out=move)
            np.copysign(move, part, out=move)
            part -= move


class L1(Penalty):
    """Sum of absolute values: sets weights exactly to 0, by soft thresholding after each step.

    References
    ----------
    Duchi & Singer (2009), Efficient online and batch learning using forward backward splitting.
    """

    is_smooth = False
    elementwise = True

    def value(self, weights):
        """``sum(|w|)``."""
        return kernels.sum_abs(weights)

    def prox(self, weights, step):
        """``sign(w) * max(|w| - step, 0)``."""
        _soft_threshold(weights, step)


class ElasticNet(Penalty):
    """``l1_ratio * L1 + (1 - l1_ratio) * L2``, with scikit-learn's meaning of `l1_ratio`.

    Parameters
    ----------
    l1_ratio : float, default=0.5
        Share of the L1 part, in [0, 1].

    References
    ----------
    Zou & Hastie (2005), Regularization and variable selection via the elastic net.
    """

    elementwise = True

    _parameter_constraints = {"l1_ratio": [Interval(Real, 0, 1, closed="both")]}

    def __init__(self, l1_ratio=0.5):
        self.l1_ratio = l1_ratio

    @property
    def is_smooth(self):  # type: ignore[override]
        """Whether there is no L1 part."""
        return self.l1_ratio == 0

    def value(self, weights):
        """``l1_ratio * sum(|w|) + (1 - l1_ratio) * sum(w**2) / 2``."""
        squares = 0.5 * kernels.sum_squares(weights)
        return self.l1_ratio * kernels.sum_abs(weights) + (1 - self.l1_ratio) * squares

    def add_gradient(self, weights, grad, strength):
        """The gradient of the L2 part is ``(1 - l1_ratio) * w``."""
        kernels.add_scaled(grad, weights, (1 - self.l1_ratio) * strength)

    def prox(self, weights, step):
        """Soft thresholding by ``l1_ratio * step``."""
        _soft_threshold(weights, step, self.l1_ratio)


class ActivityPenalty(Part, ABC):
    """A penalty on hidden activations, for sparse representations.

    The objective adds ``activity_alpha`` times its weighted mean over the batch, summed over the
    hidden units.
    """

    @abstractmethod
    def value_and_gradient(
        self,
        a: np.ndarray,
        weight: np.ndarray | None,
        strength: np.ndarray,
        grad_a: np.ndarray,
    ) -> np.ndarray:
        """Weighted sum over the batch, times `strength`; adds its gradient to `grad_a`.

        Parameters
        ----------
        a, grad_a : ndarray of shape (n_networks, n_samples, width)
        weight : ndarray of shape (n_networks, n_samples, 1) or None
            Sample weights.
        strength : ndarray of shape (n_networks,)

        Returns
        -------
        value : ndarray of shape (n_networks,)
        """


def _row_factors(a, weight, strength):
    """What each row's penalty counts, (n_networks, n_samples, 1)."""
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


PENALTIES: dict[str, type[Penalty]] = {"l1": L1, "l2": L2, "elasticnet": ElasticNet}
"""The weight penalties by name."""

ACTIVITY_PENALTIES: dict[str, type[ActivityPenalty]] = {"l1": ActivityL1, "l2": ActivityL2}
"""The activity penalties by name."""
