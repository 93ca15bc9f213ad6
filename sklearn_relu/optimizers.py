"""Optimizers: how gradients become new parameters."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
import scipy.optimize
from sklearn.utils._param_validation import Interval

from sklearn_relu.engine import kernels
from sklearn_relu.part import Part


class Solver(Part, ABC):
    """What the parameter `solver` takes: an :class:`Optimizer` or a :class:`FullBatchOptimizer`."""


class Optimizer(Solver):
    """A stochastic optimizer: one step for each batch.

    Its state is a separate value, a dict of arrays with the network axis first, so that one
    optimizer can serve any contiguous run of the networks of a stack.
    """

    @abstractmethod
    def init_state(self, params: np.ndarray) -> dict[str, np.ndarray]:
        """The state before the first step, for params of shape (n_networks, n_params)."""

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
        """Update `params` and `state` in place.

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
            step of a penalty that is not smooth.
        """


class SGD(Optimizer):
    """Stochastic gradient descent with momentum, as in scikit-learn.

    ``v = momentum * v - rate * g``; the parameters move by ``v``, or with Nesterov's momentum by
    ``momentum * v - rate * g`` with the new ``v``.

    Parameters
    ----------
    momentum : float, default=0.9
        In [0, 1].
    nesterovs_momentum : bool, default=True

    References
    ----------
    Sutskever, Martens, Dahl & Hinton (2013), On the importance of initialization and momentum in
    deep learning.
    """

    _parameter_constraints = {
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
    }

    def __init__(self, momentum=0.9, nesterovs_momentum=True):
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum

    def init_state(self, params):
        """One velocity per parameter, 0; and how far a steady gradient of 1 would move it."""
        return {
            "velocity": np.zeros_like(params),
            "reach": np.zeros((len(params), 1), params.dtype),
        }

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the velocities, then the parameters."""
        for piece in kernels.pieces(params.shape[1], len(params)):
            move, velocity = grads[:, piece], state["velocity"][:, piece]
            move *= learning_rate
            velocity *= self.momentum
            velocity -= move
            if self.nesterovs_momentum:
                params[:, piece] -= move
                np.multiply(velocity, self.momentum, out=move)
                params[:, piece] += move
            else:
                params[:, piece] += velocity
        # Momentum moves a parameter with a steady gradient by up to rate / (1 - momentum) a step.
        # With the bare rate, a weight would be 0 only below (1 - momentum) times the strength.
        reach = state["reach"]
        reach *= self.momentum
        reach += learning_rate
        if step_size is not None:
            ahead = self.momentum * reach + learning_rate
            step_size[...] = ahead if self.nesterovs_momentum else reach


class Adam(Optimizer):
    """Adam, in the order of operations of section 2 of the paper, as in scikit-learn.

    Parameters
    ----------
    beta_1 : float, default=0.9
        Decay of the first moment, in [0, 1).
    beta_2 : float, default=0.999
        Decay of the second moment, in [0, 1).
    epsilon : float, default=1e-8
        Added to the root of the second moment.

    References
    ----------
    Kingma & Ba (2015), Adam: a method for stochastic optimization, algorithm 1 and section 2.
    """

    _parameter_constraints = {
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def init_state(self, params):
        """Both moments 0, and the number of steps."""
        return {
            "m": np.zeros_like(params),
            "v": np.zeros_like(params),
            "t": np.zeros((len(params), 1)),
        }

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the moments, then the parameters by ``rate * m / (sqrt(v) + epsilon)``."""
        # The moments are kept without their factors 1 - beta, which saves two passes: then
        # m = beta_1 * m + g and v = beta_2 * v + g**2, and rate and epsilon take the factors over.
        t = state["t"]
        t += 1
        root = math.sqrt(1 - self.beta_2)
        epsilon = self.epsilon / root
        # One number a network: in plain floats, which cost a third of what small arrays cost.
        moves = [
            -rate * math.sqrt(1 - self.beta_2**n) / (1 - self.beta_1**n) * (1 - self.beta_1) / root
            for rate, n in zip(learning_rate[:, 0].tolist(), t[:, 0].tolist(), strict=True)
        ]
        for piece in kernels.pieces(params.shape[1], len(params)):
            g, m, v = grads[:, piece], state["m"][:, piece], state["v"][:, piece]
            spread = kernels.scratch(g.shape, g.dtype)
            m *= self.beta_1
            m += g
            v *= self.beta_2
            np.multiply(g, g, out=g)
            v += g
            np.sqrt(v, out=spread)
            spread += epsilon
            np.divide(m, spread, out=g)
            kernels.add_scaled(params[:, piece], g, moves)
            if step_size is not None and piece.start < n_weights:
                weights = slice(piece.start, min(piece.stop, n_weights))
                of_weights = spread[:, : weights.stop - weights.start]
                # rate / (sqrt(v) + epsilon), with the corrected v.
                size = learning_rate * np.sqrt(1 - self.beta_2**t) / root
                np.divide(size.astype(params.dtype), of_weights, out=step_size[:, weights])


class FullBatchOptimizer(Solver):
    """An optimizer that looks at all samples in each step."""

    @abstractmethod
    def minimize(
        self,
        objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
        params: np.ndarray,
        max_iter: int,
        tol: float,
        on_iteration: Callable[[np.ndarray], None],
    ) -> scipy.optimize.OptimizeResult:
        """Minimize `objective`, which maps (n_params,) float64 to its value and gradient.

        Parameters
        ----------
        objective : callable
        params : ndarray of shape (n_params,)
            Where to start.
        max_iter : int
        tol : float
            Largest component of the gradient at which to stop.
        on_iteration : callable
            Called with the parameters after each iteration.

        Returns
        -------
        result : OptimizeResult
            With `x`, `fun`, `nit`, `nfev`, `status` and `message`.
        """


class LBFGS(FullBatchOptimizer):
    """Limited-memory BFGS (scipy's L-BFGS-B without bounds).

    Parameters
    ----------
    max_fun : int, default=15000
        Largest number of evaluations of the objective.

    References
    ----------
    Liu & Nocedal (1989), On the limited memory BFGS method for large scale optimization.
    """

    _parameter_constraints = {"max_fun": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, max_fun=15000):
        self.max_fun = max_fun

    def minimize(self, objective, params, max_iter, tol, on_iteration):
        """Run L-BFGS-B from `params`."""
        return scipy.optimize.minimize(
            objective,
            params,
            method="L-BFGS-B",
            jac=True,
            callback=on_iteration,
            options={"maxfun": self.max_fun, "maxiter": max_iter, "gtol": tol},
        )


OPTIMIZERS: dict[str, type[Solver]] = {
    "sgd": SGD,
    "adam": Adam,
    "lbfgs": LBFGS,
}
"""The solvers by name."""
