"""Steps scaled by the gradients' squares alone."""

import math
from numbers import Real

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.optimizers.base import Optimizer, descend, put_step_size
from sklearn_relu.sklearn_private import Interval


def _divide_by_root(grads, squares, epsilon):
    """Add the squares of gradients to `squares`, and divide the gradients by ``sqrt(squares) +
    epsilon``, both in place; returns the divisors, in scratch memory."""
    spread = kernels.scratch(grads.shape, grads.dtype)
    np.multiply(grads, grads, out=spread)
    squares += spread
    np.sqrt(squares, out=spread)
    spread += epsilon
    grads /= spread
    return spread


class RMSprop(Optimizer):
    """Steps divided by the root of the average square of recent gradients.

    ``s = rho * s + (1 - rho) * g**2``; ``u = heavy_ball * u + g / (sqrt(s) + epsilon)``; the
    parameters move by ``-rate * u``. The order of operations is PyTorch's. Its usual learning rate
    is 0.001.

    Parameters
    ----------
    rho : float, default=0.9
        Decay of the average, in [0, 1).
    heavy_ball : float, default=0.0
        Momentum of the scaled gradients, in [0, 1). Not called `momentum`, so that the solver
        "rmsprop" has this default and not the estimator's 0.9.
    epsilon : float, default=1e-8
        Added to the root.

    References
    ----------
    Tieleman & Hinton (2012), Neural networks for machine learning, lecture 6.5.
    """

    _parameter_constraints = {
        "rho": [Interval(Real, 0, 1, closed="left")],
        "heavy_ball": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }

    optional_slots = frozenset({"velocity", "reach"})

    def __init__(self, rho=0.9, heavy_ball=0.0, epsilon=1e-8):
        self.rho = rho
        self.heavy_ball = heavy_ball
        self.epsilon = epsilon

    def init_state(self, params):
        """The average square 0; with momentum also the velocity, and a steady gradient's."""
        state = {"squares": np.zeros_like(params)}
        if self.heavy_ball:
            state |= {
                "velocity": np.zeros_like(params),
                "reach": np.zeros((len(params), 1), params.dtype),
            }
        return state

    def factors(self):
        """Of the average square."""
        return {"squares": 1 - self.rho}

    def begin_step(self, state, learning_rate):
        """With momentum, update how far a steady gradient moves a parameter."""
        if self.heavy_ball:
            state["reach"] *= self.heavy_ball
            state["reach"] += 1

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the average squares, then the parameters."""
        # The average is kept without its factor 1 - rho, which rate and epsilon take over.
        root = math.sqrt(1 - self.rho)
        g, squares = grads, state["squares"]
        squares *= self.rho
        spread = _divide_by_root(g, squares, self.epsilon / root)
        if self.heavy_ball:
            velocity = state["velocity"]
            velocity *= self.heavy_ball
            velocity += g
            g = velocity
        kernels.add_scaled(params, g, [-rate / root for rate in learning_rate.ravel().tolist()])
        if step_size is not None:
            scale = learning_rate / root
            if self.heavy_ball:  # exact once the average square is steady
                scale = scale * state["reach"]
            put_step_size(step_size, scale, spread)


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients: rates that only fall.

    ``s = s + g**2``; the parameters move by ``-rate * g / (sqrt(s) + epsilon)``. Its usual
    learning rate is 0.01.

    Parameters
    ----------
    epsilon : float, default=1e-8
        Added to the root.

    References
    ----------
    Duchi, Hazan & Singer (2011), Adaptive subgradient methods for online learning and stochastic
    optimization, figure 1 with diagonal matrices.
    """

    _parameter_constraints = {"epsilon": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, epsilon=1e-8):
        self.epsilon = epsilon

    def init_state(self, params):
        """The sum of squares, 0."""
        return {"sum_squares": np.zeros_like(params)}

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the sums, then the parameters."""
        g, squares = grads, state["sum_squares"]
        spread = _divide_by_root(g, squares, self.epsilon)
        descend(params, g, learning_rate)
        if step_size is not None:
            put_step_size(step_size, learning_rate, spread)


class Adadelta(Optimizer):
    """Steps in units of the parameter, by recent steps over recent gradients; usual rate: 1.0.

    ``s = rho * s + (1 - rho) * g**2``; ``d = sqrt(x + eps) / sqrt(s + eps) * g``; the parameters
    move by ``-rate * d``; then ``x = rho * x + (1 - rho) * d**2``. The paper's learning rate is
    1.0: set ``learning_rate_init=1.0``.

    Parameters
    ----------
    rho : float, default=0.95
        Decay of both averages, in [0, 1).
    eps : float, default=1e-6
        Added to both averages; sets the size of the first steps. Not called `epsilon`, so that the
        solver "adadelta" has this default and not the estimator's, which is Adam's.

    References
    ----------
    Zeiler (2012), ADADELTA: an adaptive learning rate method, algorithm 1.
    """

    _parameter_constraints = {
        "rho": [Interval(Real, 0, 1, closed="left")],
        "eps": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, rho=0.95, eps=1e-6):
        self.rho = rho
        self.eps = eps

    def init_state(self, params):
        """Both averages, 0."""
        return {"squares": np.zeros_like(params), "moves": np.zeros_like(params)}

    def factors(self):
        """Of both averages."""
        return {"squares": 1 - self.rho, "moves": 1 - self.rho}

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the average squares, the parameters, and the average squared moves."""
        # The averages are kept without their factor 1 - rho, which eps takes over.
        eps = self.eps / (1 - self.rho)
        g, squares, moves = grads, state["squares"], state["moves"]
        spread, product = (kernels.scratch(g.shape, g.dtype, slot) for slot in (0, 1))
        squares *= self.rho
        np.multiply(g, g, out=product)
        squares += product
        np.add(squares, eps, out=spread)
        np.add(moves, eps, out=product)
        spread /= product
        np.sqrt(spread, out=spread)
        g /= spread
        descend(params, g, learning_rate)
        moves *= self.rho
        np.multiply(g, g, out=product)
        moves += product
        if step_size is not None:
            put_step_size(step_size, learning_rate, spread)
