"""The contracts of penalties on weights and on hidden activations."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from sklearn_relu.part import Part


class Penalty(Part, ABC):
    """Omega(W), a penalty on weights; the estimator's `alpha` is its strength.

    The objective adds ``alpha * Omega(W) / (sum of the batch's sample weights)``. Biases and the
    activations' learned parameters are not penalised.
    """

    elsewhere = {
        "ridge": "l2",
        "tikhonov": "l2",
        "weightdecay": "l2",
        "lasso": "l1",
        "l1l2": "elasticnet",
        "elastic": "elasticnet",
        "group": "group_lasso",
        "l21": "group_lasso",
        "none": "For none pass None.",
        "no": "For none pass None.",
    }

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

    def value_and_gradient(
        self, weights: np.ndarray, grad: np.ndarray, strength: np.ndarray
    ) -> np.ndarray:
        """``strength`` times :meth:`value`, after :meth:`add_gradient`."""
        self.add_gradient(weights, grad, strength)
        return strength * self.value(weights)

    def bound(
        self, weights: np.ndarray, grad: np.ndarray
    ) -> Callable[[np.ndarray], np.ndarray | Sequence[float]]:
        """Return a function from strengths to :meth:`value_and_gradient` of these very arrays.

        The function is made once and called in each step.
        """
        return partial(self.value_and_gradient, weights, grad)

    def prox(self, weights: np.ndarray, step: np.ndarray) -> None:
        """Proximal step of the part that is not smooth, in place, after the optimizer's step.

        Parameters
        ----------
        weights : ndarray of shape (n_networks, fan_in, fan_out)
        step : ndarray of the same shape
            Strength times the size of the step that the optimizer took for each weight.
        """


class ActivityPenalty(Part, ABC):
    """A penalty on hidden activations, for sparse representations.

    The objective adds ``activity_alpha`` times its weighted mean over the batch, summed over the
    hidden units. A penalty on a unit's mean activation counts as much for each sample.
    """

    elsewhere = {
        "kldivergence": "kl",
        "kld": "kl",
        "kullbackleibler": "kl",
        "sparsity": "kl",
        "lasso": "l1",
        "ridge": "l2",
        "none": "For none pass None.",
        "no": "For none pass None.",
    }

    needs_rates: ClassVar[bool] = False
    """True: only for activations whose values lie in [0, 1]."""

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
