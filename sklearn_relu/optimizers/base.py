"""The contract of the stochastic optimizers, and what several of them share."""

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.part import Part


class Solver(Part, ABC):
    """A part for the parameter `solver`: an :class:`Optimizer` or a :class:`FullBatchOptimizer`.

    A solver given by its name takes over those of the estimator's flat parameters (`momentum`,
    `nesterovs_momentum`, `beta_1`, `beta_2`, `epsilon`, `max_fun`) that its constructor knows. So
    a hyper-parameter whose usual value is not the estimator's default has another name.
    """

    elsewhere = {
        "momentum": "sgd",
        "nesterov": "sgd",
        "nag": "sgd",
        "gd": "sgd",
        "gradientdescent": "sgd",
        "backprop": "sgd",
        "stochasticgradientdescent": "sgd",
        "nesterovadam": "nadam",
        "lbfgsb": "lbfgs",
        "bfgs": "lbfgs",
        "newton": "lbfgs",
        "newtoncg": "lbfgs",
    }

    takes_batches: ClassVar[bool] = True
    """True: one step a batch, at the learning rate. False: all rows in each step, and a stopping
    rule of its own, so that the objective must be one smooth function."""


class Optimizer(Solver):
    """A stochastic optimizer: one step for each batch, each parameter for itself.

    The state of an optimizer is a separate value: a dict of arrays with the network axis first. An
    array with one number a parameter is shaped like `params`; one with a number a network is
    (n_networks, 1).
    """

    optional_slots: frozenset[str] = frozenset()
    """Parts of the state that begin as new where a hyper-parameter, set between two calls, asks
    for them, while the others go on."""

    rate_slots: frozenset[str] = frozenset()
    """Parts of the state that are in proportion to the learning rate, one number a network. Where
    parameters have a factor of the learning rate, :meth:`step` reads these times that factor."""

    @abstractmethod
    def init_state(self, params: np.ndarray) -> dict[str, np.ndarray]:
        """The state before the first step, for params of shape (n_networks, n_params)."""

    def factors(self) -> dict[str, float]:
        """Return the factors that make averages of sums in the state, by name: ``1 - decay``.

        Where a decay is set anew between two calls, the average stays, and so the sum does not.
        """
        return {}

    def with_decay(self, decay: float | np.ndarray) -> "Optimizer":
        """The solver with another weight decay; itself, if that is the same.

        Parameters
        ----------
        decay : float or ndarray of shape (n_networks, 1)
            What :meth:`step` gets as `weight_decay`, and :func:`decay_weights` takes. An array is
            not copied: later steps see its new values.
        """
        if isinstance(decay, float) and decay == getattr(self, "weight_decay", 0.0):
            return self
        other: Any = copy.copy(self)
        other.weight_decay = decay
        return other

    def begin_step(self, state: dict[str, np.ndarray], learning_rate: np.ndarray) -> None:
        """Update the arrays of the state with one number a network, such as counters, in place.

        Called once for each batch, before the parameters are updated in pieces.
        """

    @abstractmethod
    def step(
        self,
        params: np.ndarray,
        grads: np.ndarray,
        state: dict[str, np.ndarray],
        learning_rate: np.ndarray,
        n_weights: int,
        step_size: np.ndarray | None = None,
    ) -> None:
        """Update some parameters of some networks, few enough for the cache, and their state.

        Parameters
        ----------
        params, grads : ndarray of shape (n_networks, n_params)
            `grads` may be overwritten.
        state : dict of ndarray
        learning_rate : ndarray of shape (n_networks, 1)
        n_weights : int
            The first `n_weights` columns are weights; biases and activation parameters follow.
        step_size : ndarray of shape (n_networks, n_weights) or None
            If given, overwritten with the effective size of each weight's step, for the proximal
            step of a penalty that is not smooth: how far this step would have moved the weight if
            its gradient had been 1 in all steps, everything that scales the step as it is.
        """


def decay_weights(
    params: np.ndarray, learning_rate: np.ndarray, n_weights: int, weight_decay: float | np.ndarray
) -> None:
    """Decoupled weight decay: ``w -= rate * weight_decay * w`` for the weights, in place.

    Unlike a penalty it acts beside the gradient, so neither the size of the batch nor what the
    solver does with gradients changes its meaning.

    Parameters
    ----------
    params : ndarray of shape (n_networks, n_params)
    learning_rate : ndarray of shape (n_networks, 1)
    n_weights : int
    weight_decay : float or ndarray of shape (n_networks, 1)

    References
    ----------
    Loshchilov & Hutter (2019), Decoupled weight decay regularization, algorithms 1 and 2.
    """
    if isinstance(weight_decay, np.ndarray) or weight_decay:
        params[:, :n_weights] *= 1 - learning_rate * weight_decay


def descend(params: np.ndarray, move: np.ndarray, learning_rate: np.ndarray) -> None:
    """``params -= learning_rate * move``, in place.

    Parameters
    ----------
    params, move : ndarray of shape (n_networks, n_params)
    learning_rate : ndarray of shape (n_networks, 1)
    """
    kernels.add_scaled(params, move, [-rate for rate in learning_rate.ravel().tolist()])


def put_step_size(step_size: np.ndarray, scale: np.ndarray, spread: np.ndarray) -> None:
    """``step_size = scale / spread`` for the weights among the parameters.

    Parameters
    ----------
    step_size : ndarray of shape (n_networks, n_weights)
    scale : ndarray of shape (n_networks, 1)
    spread : ndarray of shape (n_networks, n_params)
    """
    np.divide(scale, spread[:, : step_size.shape[1]], out=step_size)
