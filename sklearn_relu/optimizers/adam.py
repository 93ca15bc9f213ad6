"""Adam and its relatives: steps scaled by two moments of the gradient."""

import math
from functools import cache
from numbers import Real

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.docstrings import sharing
from sklearn_relu.kernels import fused
from sklearn_relu.optimizers.base import Optimizer, put_step_size
from sklearn_relu.sklearn_private import Interval

MOMENTS = """\
beta_1 : float, default=0.9
    Decay of the first moment, in [0, 1).
beta_2 : float, default=0.999
    Decay of the second moment, in [0, 1).
epsilon : float, default=1e-8
    Added to the root of the second moment."""


@sharing(moments=MOMENTS)
class Adam(Optimizer):
    """Adam, in the order of operations of section 2 of the paper, as in scikit-learn.

    ``m = beta_1 * m + (1 - beta_1) * g``; ``v = beta_2 * v + (1 - beta_2) * g**2``; the parameters
    move by ``-rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)`` in step t.

    Parameters
    ----------
    {moments}

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

    def factors(self):
        """Of both moments."""
        return {"m": 1 - self.beta_1, "v": 1 - self.beta_2}

    def begin_step(self, state, learning_rate):
        """Count."""
        state["t"] += 1

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        """Update the moments, then the parameters by their quotient."""
        g, m, v = grads, state["m"], state["v"]
        kept, n_kept = self._decay(learning_rate, n_weights)
        if step_size is None and _step_is_plain(type(self)):
            numbers = self.beta_1, self.beta_2, self.epsilon, kept, n_kept
            if fused.run("adam", params, g, m, v, state["t"], learning_rate, *numbers):
                return
        if n_kept:
            params[:, :n_kept] *= kept
        # The moments are kept without their factors 1 - beta, which saves two passes: then
        # m = beta_1 * m + g and v = beta_2 * v + g**2, and rate and epsilon take the factors over.
        of_moment, of_gradient = self._scales(learning_rate.ravel().tolist(), state)
        spread = kernels.scratch(g.shape, g.dtype)
        m *= self.beta_1
        m += g
        v *= self.beta_2
        if of_gradient:
            gradient = kernels.scratch(g.shape, g.dtype, slot=1)
            np.copyto(gradient, g)
        np.multiply(g, g, out=g)
        v += g
        self._spread(v, state, out=spread)
        np.divide(m, spread, out=g)
        kernels.add_scaled(params, g, of_moment)
        if of_gradient:
            gradient /= spread
            kernels.add_scaled(params, gradient, of_gradient)
        if step_size is not None:
            # What a steady gradient of 1 makes of m, and so of the step.
            of_steady = of_moment * (1 - self.beta_1 ** state["t"][:, 0]) / (1 - self.beta_1)
            if of_gradient:
                of_steady += of_gradient
            put_step_size(step_size, -of_steady[:, None].astype(params.dtype), spread)

    def _decay(self, learning_rate, n_weights):
        """The share of parameters, for each network, that is there after weight decay, and the
        number of these parameters."""
        return learning_rate, 0

    def _scales(self, rates, state):
        """Factors of ``m / spread`` and of ``g / spread`` in the step, for each network.

        The latter are empty if the step has no part of the gradient itself.
        """
        steps = state["t"].ravel().tolist()
        return [
            -rate * self._correction(t) * (1 - self.beta_1) / (1 - self.beta_1**t)
            for rate, t in zip(rates, steps, strict=True)
        ], []

    def _correction(self, t):
        """Corrects the second moment in step t, and gives it its factor 1 - beta_2."""
        return math.sqrt((1 - self.beta_2**t) / (1 - self.beta_2))

    def _spread(self, v, state, out):
        """Put into `out` the divisor of the step, from the second moment `v`."""
        np.sqrt(v, out=out)
        out += self.epsilon / math.sqrt(1 - self.beta_2)


@cache
def _step_is_plain(cls) -> bool:
    """Whether the step is that of Adam itself, but for decay."""
    hooks = "_scales", "_correction", "_spread"
    return all(getattr(cls, hook) is getattr(Adam, hook) for hook in hooks)


@sharing(moments=MOMENTS)
class AdamW(Adam):
    """Adam with decoupled weight decay.

    ``w -= rate * weight_decay * w`` for the weights, beside the step of :class:`Adam`: unlike a
    penalty, it is not scaled by the second moment, nor divided by the size of the batch. For decay
    alone set the estimator's ``penalty=None``.

    Parameters
    ----------
    {moments}
    weight_decay : float, default=0.01
        As in PyTorch.

    References
    ----------
    Loshchilov & Hutter (2019), Decoupled weight decay regularization, algorithm 2.
    """

    _parameter_constraints = {
        **Adam._parameter_constraints,
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.01):
        super().__init__(beta_1, beta_2, epsilon)
        self.weight_decay = weight_decay

    def _decay(self, learning_rate, n_weights):
        return 1 - learning_rate * self.weight_decay, n_weights


@sharing(moments=MOMENTS)
class AMSGrad(Adam):
    """Adam divided by the largest second moment so far, so that no step size ever grows.

    As in PyTorch and Keras, the largest is of moments before their correction, which then applies
    to it; the paper has no correction. `epsilon` is added to the root of the largest moment.

    Parameters
    ----------
    {moments}

    References
    ----------
    Reddi, Kale & Kumar (2018), On the convergence of Adam and beyond, algorithm 2.
    """

    def init_state(self, params):
        """Adam's, and the largest second moment, 0."""
        return super().init_state(params) | {"v_max": np.zeros_like(params)}

    def factors(self):
        """Of the moments, and of the largest one."""
        return super().factors() | {"v_max": 1 - self.beta_2}

    def _spread(self, v, state, out):
        v_max = state["v_max"]
        np.maximum(v_max, v, out=v_max)
        super()._spread(v_max, state, out)


@sharing(moments=MOMENTS)
class Nadam(Adam):
    """Adam with Nesterov's momentum.

    ``mu_t = beta_1 * (1 - 0.96**(momentum_decay * t) / 2)`` and, with ``p_t`` the product of all
    ``mu`` up to step t, the first moment of Adam's step is replaced by ``mu_(t+1) * m / (1 -
    p_(t+1)) + (1 - mu_t) * g / (1 - p_t)``; as in PyTorch.

    Parameters
    ----------
    {moments}
    momentum_decay : float, default=0.004
        How fast the momentum rises from half of `beta_1` to `beta_1`.

    References
    ----------
    Dozat (2016), Incorporating Nesterov momentum into Adam.
    """

    _parameter_constraints = {
        **Adam._parameter_constraints,
        "momentum_decay": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, beta_1=0.9, beta_2=0.999, epsilon=1e-8, momentum_decay=0.004):
        super().__init__(beta_1, beta_2, epsilon)
        self.momentum_decay = momentum_decay

    def init_state(self, params):
        """Adam's, and the product of the momenta, 1."""
        return super().init_state(params) | {"mu_product": np.ones((len(params), 1))}

    def begin_step(self, state, learning_rate):
        """Count, and multiply the momenta."""
        super().begin_step(state, learning_rate)
        steps, products = state["t"].ravel().tolist(), state["mu_product"][:, 0]
        for i, t in enumerate(steps):
            products[i] *= self._mu(t)

    def _scales(self, rates, state):
        of_moment, of_gradient = [], []
        steps, products = (state[name].ravel().tolist() for name in ("t", "mu_product"))
        for rate, t, product in zip(rates, steps, products, strict=True):
            mu, mu_next = self._mu(t), self._mu(t + 1)
            scale = -rate * self._correction(t)
            of_moment.append(scale * mu_next / (1 - product * mu_next) * (1 - self.beta_1))
            of_gradient.append(scale * (1 - mu) / (1 - product))
        return of_moment, of_gradient

    def _mu(self, t):
        return self.beta_1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * t))


@sharing(moments=MOMENTS)
class RAdam(Adam):
    """Rectified Adam: small steps while the second moment rests on few gradients.

    With ``n = 2 / (1 - beta_2) - 1`` and ``n_t = n - 2 * t * beta_2**t / (1 - beta_2**t)``, Adam's
    step is multiplied by ``sqrt((n_t - 4) * (n_t - 2) * n / ((n - 4) * (n - 2) * n_t))``; while
    ``n_t <= 5`` it is ``-rate * m / (1 - beta_1**t)``, without the second moment. The 5 is that of
    the authors' code and of PyTorch; the paper has 4. With `beta_2` up to 2/3 the second moment is
    never used.

    Parameters
    ----------
    {moments}

    References
    ----------
    Liu et al. (2020), On the variance of the adaptive learning rate and beyond, algorithm 2.
    """

    def _rectification(self, t):
        """The factor of Adam's step t; 0: the step does without the second moment."""
        n, decayed = 2 / (1 - self.beta_2) - 1, self.beta_2**t
        n_t = n - 2 * t * decayed / (1 - decayed)
        if n_t <= 5:
            return 0.0
        return math.sqrt((n_t - 4) * (n_t - 2) * n / ((n - 4) * (n - 2) * n_t))

    def _correction(self, t):
        return self._rectification(t) * super()._correction(t) or 1.0

    def _spread(self, v, state, out):
        super()._spread(v, state, out)
        out[[not self._rectification(t) for t in state["t"].ravel().tolist()]] = 1
