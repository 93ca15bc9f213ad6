"""Stochastic gradient descent, and descent by the gradient's sign."""

from numbers import Real

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.optimizers.base import Optimizer, decay_weights, descend, put_step_size
from sklearn_relu.sklearn_private import Interval


class SGD(Optimizer):
    """Stochastic gradient descent with momentum, as in scikit-learn.

    ``v = momentum * v - rate * g``; the parameters move by ``v``, or with Nesterov's momentum by
    ``momentum * v - rate * g`` with the new ``v``.

    Parameters
    ----------
    momentum : float, default=0.9
        In [0, 1].
    nesterovs_momentum : bool, default=True
    weight_decay : float, default=0.0
        Before each step ``w -= rate * weight_decay * w``, for weights only.

    References
    ----------
    Sutskever, Martens, Dahl & Hinton (2013), On the importance of initialization and momentum in
    deep learning. Loshchilov & Hutter (2019), Decoupled weight decay regularization, algorithm 1.
    """

    _parameter_constraints = {
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }

    rate_slots = frozenset({"reach"})

    def __init__(self, momentum=0.9, nesterovs_momentum=True, weight_decay=0.0):
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.weight_decay = weight_decay

    def init_state(self, params):
        """One velocity per parameter, 0; and how far a steady gradient of 1 would move it."""
        return {
            "velocity": np.zeros_like(params),
            "reach": np.zeros((len(params), 1), params.dtype),
        }

    def begin_step(self, state, learning_rate):
        """Update the reach.

        Momentum moves a parameter with a steady gradient by up to ``rate / (1 - momentum)`` a step.
        With the bare rate, a weight would be 0 only below ``1 - momentum`` times the strength.
        """
        reach = state["reach"]
        reach *= self.momentum
        reach += learning_rate

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the velocities, then the parameters."""
        decay_weights(params, learning_rate, n_weights, self.weight_decay)
        move, velocity = grads, state["velocity"]
        move *= learning_rate
        velocity *= self.momentum
        velocity -= move
        if self.nesterovs_momentum:
            params -= move
            np.multiply(velocity, self.momentum, out=move)
            params += move
        else:
            params += velocity
        if step_size is not None:
            reach = state["reach"]
            ahead = self.momentum * reach + learning_rate
            step_size[...] = ahead if self.nesterovs_momentum else reach


class Lion(Optimizer):
    """Steps of equal size, by the sign of an average of gradients.

    ``c = b1 * m + (1 - b1) * g``; the parameters move by ``-rate * sign(c)``; then
    ``m = b2 * m + (1 - b2) * g``. Its usual learning rate is 3 to 10 times smaller than Adam's,
    and its weight decay as many times larger.

    A sign has no size that a penalty's strength could be weighed against. So the step size that a
    proximal step gets is ``rate / max(|c|, |m|)``, both corrected for their start at 0: what the
    step is per unit of gradient. A weight at 0 then stays there just if its gradient is smaller
    than the strength. With ``|c|`` alone a weight would be lost whenever ``c`` changes its sign.

    Parameters
    ----------
    b1 : float, default=0.9
        Share of the average in what the sign is of, in [0, 1).
    b2 : float, default=0.99
        Decay of the average, in [0, 1). Not called `beta_2`, so that the solver "lion" has this
        default and not the estimator's, which is Adam's.
    weight_decay : float, default=0.0
        Before each step ``w -= rate * weight_decay * w``, for weights only.

    References
    ----------
    Chen et al. (2023), Symbolic discovery of optimization algorithms, algorithm 2.
    """

    _parameter_constraints = {
        "b1": [Interval(Real, 0, 1, closed="left")],
        "b2": [Interval(Real, 0, 1, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, b1=0.9, b2=0.99, weight_decay=0.0):
        self.b1 = b1
        self.b2 = b2
        self.weight_decay = weight_decay

    def init_state(self, params):
        """The average 0, and the number of steps."""
        return {"m": np.zeros_like(params), "t": np.zeros((len(params), 1))}

    def factors(self):
        """Of the average."""
        return {"m": 1 - self.b2}

    def begin_step(self, state, learning_rate):
        """Count."""
        state["t"] += 1

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the parameters, then the average."""
        decay_weights(params, learning_rate, n_weights, self.weight_decay)
        # m without its factor 1 - b2 and c without 1 - b1, as Adam's moments.
        share = self.b1 * (1 - self.b2) / (1 - self.b1)
        g, m = grads, state["m"]
        c = kernels.scratch(g.shape, g.dtype)
        np.multiply(m, share, out=c)
        c += g
        m *= self.b2
        m += g
        np.sign(c, out=g)
        descend(params, g, learning_rate)
        if step_size is not None:
            self._spread(m, c, state["t"], out=c)
            put_step_size(step_size, learning_rate, c)

    def _spread(self, m, c, t, out):
        """``max(|c|, |m|)``, each as large as a steady gradient; above 0, for one may be all 0."""
        size_of_m = kernels.scratch(m.shape, m.dtype, slot=1)
        np.abs(m, out=size_of_m)
        size_of_m *= ((1 - self.b2) / (1 - self.b2**t)).astype(m.dtype)
        np.abs(c, out=out)
        out *= ((1 - self.b1) / (1 - self.b1 * self.b2 ** (t - 1))).astype(c.dtype)
        np.maximum(out, size_of_m, out=out)
        out += 1e-30
