"""Penalties on weights."""

import math
from functools import partial
from numbers import Real

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.kernels import fused
from sklearn_relu.penalties.base import Penalty
from sklearn_relu.sklearn_private import Interval, StrOptions

MAX_ITERATIONS = 20
"""Of Newton's method; about 3 are needed, more if the steps in a group differ by many orders."""


class L2(Penalty):
    """Half the sum of squares: shrinks all weights (weight decay for plain SGD)."""

    elementwise = True

    def value(self, weights):
        """``sum(w**2) / 2``."""
        return 0.5 * kernels.sum_squares(weights)

    def add_gradient(self, weights, grad, strength):
        """The gradient is w."""
        kernels.add_scaled(grad, weights, strength)

    def bound(self, weights, grad):
        """Both while a network's weights are in the cache; in one pass where loops are compiled."""
        memory, row = kernels.as_memory(weights)
        of_grad, size = kernels.as_memory(grad)[0], weights[0].size
        by_numpy = partial(_bound_ridges, weights, grad)
        return fused.bound("ridge", memory, of_grad, row, size, otherwise=by_numpy)


def _bound_ridges(weights, grad):
    rows = [(w.reshape(-1), g.reshape(-1)) for w, g in zip(weights, grad, strict=True)]
    return partial(_ridges, rows)


def _ridges(rows, strength):
    """``grads += strength * weights`` for the rows (weights, grads) of each network; returns
    ``strength * sum(weights**2) / 2``."""
    values = []
    for (weights, grads), factor in zip(rows, strength.tolist(), strict=True):
        kernels.axpy(weights, grads, factor)
        values.append(factor * kernels.dot(weights[None], weights[None])[0] / 2)
    return values


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


class GroupLasso(Penalty):
    """``sum(sqrt(size) * norm)`` over groups of weights, of which it sets whole ones exactly to 0.

    The norm is Euclidean, the size is the number of weights in the group; its root keeps small
    groups from being favoured.

    Parameters
    ----------
    groups : {"inputs", "units"}, default="inputs"
        ``"inputs"``: a group is all that leaves one input of a layer, a row of its weight matrix.
        In the first layer this selects features, in each later one the units of the layer below.
        ``"units"``: a group is all that enters one unit, a column. A unit without weights is a
        constant. (With maxout, of which a unit has several summed inputs, it is each of these.)

    References
    ----------
    Yuan & Lin (2006), Model selection and estimation in regression with grouped variables.
    Scardapane, Comminiello, Hussain & Uncini (2017), Group sparse regularization for deep neural
    networks.
    """

    is_smooth = False

    _parameter_constraints = {"groups": [StrOptions({"inputs", "units"})]}

    def __init__(self, groups="inputs"):
        self.groups = groups

    def value(self, weights):
        """``sum(sqrt(size) * norm)``."""
        if self.groups == "inputs":
            norms = np.sqrt(np.vecdot(weights, weights))
        else:
            norms = kernels.column_norms(weights)
        size = weights[0].size // norms.shape[1]
        return math.sqrt(size) * norms.sum(axis=1)

    def prox(self, weights, step):
        """``w * max(1 - sqrt(size) * step / norm, 0)``, if all weights of a group step alike."""
        for matrix, matrix_step in zip(weights, step, strict=True):
            if self.groups == "units":
                matrix, matrix_step = matrix.T, matrix_step.T
            for piece in kernels.pieces(*matrix.shape):
                _shrink_rows(matrix[piece], matrix_step[piece])


def _shrink_rows(weights, step):
    """Group lasso's proximal step of a matrix, in place; each row is a group.

    Where weights have steps of their own (Adam), the x that minimizes
    ``sum((x - w)**2 / (2 * step)) + sqrt(size) * norm(x)`` keeps the penalised solution in place.
    With ``t = sqrt(size) * step`` it is 0 if ``norm(w / t) <= 1``; else it is ``w * r / (r + t)``,
    where ``r = norm(x)`` solves ``norm(w / (r + t)) = 1``.
    """
    info = np.finfo(weights.dtype)
    t, total, ratio = (kernels.scratch(weights.shape, weights.dtype, slot) for slot in range(3))
    np.multiply(step, math.sqrt(weights.shape[1]), out=t)
    np.maximum(t, info.tiny, out=t)
    # Newton's method for 1 / norm(w / (r + t)) = 1. The left side is concave in r, so r rises to
    # the root from any start below, as where one weight alone has a ratio of 1; and it is linear
    # if all steps are equal, so that one iteration finds the root.
    np.abs(weights, out=ratio)
    ratio -= t
    r = np.maximum(ratio.max(axis=1, keepdims=True), 0)
    for _ in range(MAX_ITERATIONS):
        np.add(r, t, out=total)
        np.divide(weights, total, out=ratio)
        squares = np.vecdot(ratio, ratio)[:, None]
        np.divide(ratio, total, out=total)
        slope = np.maximum(np.vecdot(ratio, total)[:, None], info.tiny)
        excess = np.sqrt(squares) - 1
        r = np.maximum(r + excess * squares / slope, 0)
        if not (excess > math.sqrt(info.eps)).any():
            break
    np.add(r, t, out=total)
    np.divide(t, total, out=total)
    total *= weights
    weights -= total
