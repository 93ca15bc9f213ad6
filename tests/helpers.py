"""What several test modules share."""

import re
from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.utils._param_validation import StrOptions

from sklearn_relu.activations import (
    ACTIVATIONS,
    CELU,
    ELU,
    GELU,
    LWTA,
    ClippedReLU,
    LeakyReLU,
    Maxout,
    Parametric,
    PReLU,
    RReLU,
    Softplus,
    ThresholdReLU,
)
from sklearn_relu.layers import dense_layers
from sklearn_relu.losses import LOSSES
from sklearn_relu.network.objective import Objective
from sklearn_relu.network.stack import NetworkStack, Scales
from sklearn_relu.network.stage import Stage

ADDRESS = r" at (0x)?[0-9A-Fa-f]{6,}"
"""Of an object in memory, as its repr may state it."""

VARIANTS = [
    LeakyReLU(0.0),
    LeakyReLU(0.3),
    LeakyReLU(1.0),
    PReLU(-0.5),
    PReLU(2.0),
    PReLU(shared=True),
    RReLU(0.0, 1.0),
    ThresholdReLU(0.0),
    ThresholdReLU(0.5),
    ClippedReLU(1.0),
    ELU(0.0),
    ELU(0.3),
    ELU(2.5),
    CELU(0.5),
    CELU(2.5),
    Softplus(4.0),
    GELU("tanh"),
    Maxout(1),
    Maxout(5),
    LWTA(1),
    LWTA(4),
    Parametric("mish"),
    Parametric("silu", 0.0),
    Parametric("relu", 2.0),
    Parametric(PReLU(0.5)),
    Parametric("gelu"),
    Parametric("hard_tanh"),
]
"""Activations with other hyper-parameters than the default ones."""

slow = partial(pytest.param, marks=pytest.mark.slow)
"""A case that only ``make test-slow`` runs."""

NAMED_ACTIVATIONS = [cls() for cls in dict.fromkeys(ACTIVATIONS.values())]
EVERY_ACTIVATION = NAMED_ACTIVATIONS + VARIANTS
SLOW_VARIANTS = [*NAMED_ACTIVATIONS, *map(slow, VARIANTS)]
"""All of them, for tests that take long: variants are slow."""

EVERY_LOSS = [
    loss
    for cls in LOSSES.values()
    for loss in {type(part): part for part in (cls(), cls().for_target("multiclass"))}.values()
]
"""Each loss, and what it becomes for several classes."""


def other_value(cls, name):
    """An allowed value of a hyper-parameter that is not the default one."""
    default = getattr(cls(), name)
    names = [
        option
        for constraint in cls._parameter_constraints[name]
        if isinstance(constraint, StrOptions)
        for option in sorted(constraint.options)
    ]
    for value in (0.75, 0.25, 2, 3, not default, *names, [[[0.5]]], "adaptive", "tanh"):
        part = cls(**{name: value})
        try:
            part.check()
        except ValueError:
            continue
        if value != default:
            return value
    raise AssertionError(f"no other value for {cls.__name__}({name})")


def name_of(part) -> str:
    """The name of a test's case: its repr, without addresses, which differ between processes."""
    return re.sub(ADDRESS, "", repr(part))


def layer_arrays(activation, z, params=None, shared=False):
    """What an activation reads and writes for summed inputs z: (z, a, params, grad_params).

    Outputs are full of NaN, so that what is not overwritten shows. Parameters are as before
    training unless given.
    """
    n_networks, n_samples, width = z.shape
    n_units = width // activation.input_width(1)
    shapes = activation.parameter_shapes(n_units)
    if params is None:
        params = {name: np.full((n_networks, 1, *s), np.nan, z.dtype) for name, s in shapes.items()}
        activation.init_parameters(params)
    grads = {name: np.full_like(values, np.nan) for name, values in params.items()}
    z = z.copy()
    a = np.full((n_networks, n_samples, activation.output_width(n_units)), np.nan, z.dtype)
    return z, z if shared else a, params, grads


def forward(activation, z, params=None, shared=False):
    """The activations of z."""
    z, a, params, _ = layer_arrays(activation, z, params, shared)
    activation.forward(z, a, params)
    return a


def backward(activation, z, grad_a, params=None, shared=False):
    """The gradients of z and of the parameters, given that of the activations of z."""
    z, a, params, grads = layer_arrays(activation, z, params, shared)
    activation.forward(z, a, params)
    grad_z = np.full_like(z, np.nan)
    activation.backward(z, a, grad_a, grad_z, params, grads)
    return grad_z, grads


def step(optimizer, params, grads, state, rates, *rest):
    """A whole step of an optimizer, of all parameters at once."""
    optimizer.begin_step(state, rates)
    optimizer.step(params, grads, state, rates, *rest)


def assert_same_model(model, other):
    """Compare parameters and histories of two fitted networks, bit for bit."""
    for name in ("coefs_", "intercepts_"):
        for one, two in zip(getattr(model, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(one, two)
    for name in ("loss_curve_", "validation_scores_", "t_", "best_loss_", "best_validation_score_"):
        assert getattr(model, name) == getattr(other, name), name


def stages_of(layers, penalty=None, activity_penalty=None, dropout=(), max_norm=None):
    """A network of some layers, all hidden ones treated alike but for their dropout."""
    rates = dropout or [0.0] * (len(layers) - 1)
    hidden = [
        Stage(layer, penalty, activity_penalty, rate, max_norm)
        for layer, rate in zip(layers[:-1], rates, strict=True)
    ]
    return *hidden, Stage(layers[-1], penalty)


class GradientCheck:
    """A stack of two networks with random parameters and data, and how wrong its gradient is.

    Parameters
    ----------
    activations : list of Activation
        One for each hidden layer.
    loss : Loss
    penalty : Penalty, default=None
    activity_penalty : ActivityPenalty, default=None
    weighted : bool, default=False
        Whether there are sample weights.
    sparse : bool, default=False
        Whether inputs are sparse.
    sizes : list of int, default=(5, 4)
        Units of the hidden layers.
    **noise
        Dropout and noise of the objective.
    """

    def __init__(
        self,
        activations,
        loss,
        penalty=None,
        activity_penalty=None,
        weighted=False,
        sparse=False,
        sizes=(5, 4),
        dropout=(),
        **noise,
    ):
        rng = np.random.RandomState(7)
        n_networks, n_rows, n_features, n_targets = 2, 6, 3, 3
        layers = dense_layers(n_features, list(sizes), activations, loss.n_raw(n_targets))
        goal = Objective(
            stages=stages_of(layers, penalty, activity_penalty, dropout),
            loss=loss,
            dtype=np.dtype(float),
            n_targets=n_targets,
            **noise,
        )
        self.stack = NetworkStack(goal, n_networks, n_weights_per_row=int(weighted), sparse=sparse)
        params = self.stack.params
        # Away from 0, where a penalty may have a kink; biases too are drawn.
        params[...] = rng.uniform(0.05, 0.8, params.shape) * rng.choice([-1, 1], params.shape)
        self.noise = [None] * n_networks
        self.run = self.stack.run(slice(0, n_networks), n_rows, self.noise)
        x = rng.normal(size=(n_networks, n_rows, n_features))
        if sparse:
            self.run.x[:] = [csr_array(np.where(rows > 0, rows, 0)) for rows in x]
        else:
            self.run.x[...] = x
        # Rows of positive numbers that sum to 1 are in the domain of every loss.
        self.run.y[...] = rng.dirichlet(np.ones(n_targets), (n_networks, n_rows))
        self.weight_sum = np.full(n_networks, float(n_rows))
        if weighted:
            self.run.weight[...] = rng.uniform(0.1, 3.0, self.run.weight.shape)
            self.weight_sum = self.run.weight.sum(axis=(1, 2))
        self.alpha = np.array([0.3, 1.7])
        self.activity_alpha = np.array([0.9, 0.4])

    def value(self):
        """The objective of each network, with the same draws of noise each time."""
        self.noise[:] = [np.random.default_rng(seed) for seed in (1, 2)]
        scales = Scales.of(self.weight_sum, self.alpha, self.activity_alpha)
        value, _ = self.stack.objective(self.run, scales)
        return value

    def gradient(self):
        """The gradient of each network's objective, at parameters where it has one.

        What a penalty leaves out of ``add_gradient`` it must do in ``prox``: for a short step t,
        ``(w - prox(w, t)) / t`` is the gradient of that part. Two steps make it exact up to t**2.
        """
        self.value()
        gradient = self.stack.grads.copy()
        if self.stack.goal.stages[0].penalty is not None:
            n_weights = self.stack.layout.n_weights
            strength = (self.alpha / self.weight_sum)[:, None]
            missing = 2 * self._moved(1e-3, n_weights) - self._moved(2e-3, n_weights)
            gradient[:, :n_weights] += strength * missing
        return gradient

    def _moved(self, step, n_weights):
        before = self.stack.params.copy()
        for block in self.run.penalised:
            block.prox(np.full((len(before), n_weights), step))
        moved = (before - self.stack.params)[:, :n_weights] / step
        self.stack.params[...] = before
        return moved

    def relative_error(self, n_directions=3, columns=slice(None)):
        """The largest relative error of the gradient, against central differences of 4th order.

        It is relative to the derivative in that direction, or to a typical direction's if that
        is larger: one nearly orthogonal to the gradient says nothing.

        Parameters
        ----------
        n_directions : int, default=3
            Random directions, of unit length.
        columns : slice, default=slice(None)
            Parameters that the directions have a part in.
        """
        rng = np.random.RandomState(8)
        params, step = self.stack.params, 1e-4
        gradient, start = self.gradient(), params.copy()
        norms = np.linalg.norm(gradient[:, columns], axis=1)
        typical = norms / np.sqrt(gradient[:, columns].shape[1])
        worst = 0.0
        for _ in range(n_directions):
            direction = np.zeros_like(params)
            direction[:, columns] = rng.normal(size=direction[:, columns].shape)
            direction /= np.linalg.norm(direction, axis=1, keepdims=True)
            numeric = 0.0
            for steps, factor in ((1, 8), (-1, -8), (2, -1), (-2, 1)):
                params[...] = start + steps * step * direction
                numeric = numeric + factor * self.value() / (12 * step)
            analytic = np.vecdot(gradient, direction)
            scale = np.maximum(abs(analytic), typical)
            worst = max(worst, (abs(numeric - analytic) / scale).max())
        params[...] = start
        return worst
