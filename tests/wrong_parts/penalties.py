"""Wrong parts for the rules of penalties on weights."""

import numpy as np
from custom_parts import Negativity

from sklearn_relu.penalties import Penalty
from wrong_parts.neighbours import with_neighbours


class Quartic(Penalty):
    """A right one: the sum of ``w**4 / 4``."""

    def value(self, weights):
        return (weights**4 / 4).reshape(len(weights), -1).sum(axis=1)

    def add_gradient(self, weights, grad, strength):
        grad += strength[:, None, None] * weights**3


class NoNumberForZeros(Quartic):
    def value(self, weights):
        value = super().value(weights)
        return np.where(value > 0, value, np.nan)


class WritesSteps(Negativity):
    def prox(self, weights, step):
        super().prox(weights, step)
        step[...] = 0


class OverwritesTheLossesGradient(Quartic):
    def add_gradient(self, weights, grad, strength):
        grad[...] = strength[:, None, None] * weights**3


class TwiceTheGradient(Quartic):
    def add_gradient(self, weights, grad, strength):
        grad += 2 * strength[:, None, None] * weights**3


class SquaresPenaltyStrength(Quartic):
    def add_gradient(self, weights, grad, strength):
        grad += strength[:, None, None] ** 2 * weights**3


class FusesWrongly(Quartic):
    def value_and_gradient(self, weights, grad, strength):
        return 2 * super().value_and_gradient(weights, grad, strength)


class ProxInSecret(Quartic):
    def prox(self, weights, step):
        weights *= 1 - 0.01 * step


class MovesByNothing(Negativity):
    def prox(self, weights, step):
        super().prox(weights, np.maximum(step, 1e-3))


class MovesTwice(Negativity):
    def prox(self, weights, step):
        super().prox(weights, 2 * step)


class ColumnsAsElements(Quartic):
    elementwise = True

    def value(self, weights):
        return (weights.sum(axis=1) ** 2 / 2).sum(axis=1)

    def add_gradient(self, weights, grad, strength):
        grad += strength[:, None, None] * weights.sum(axis=1, keepdims=True)


class NormOfAll(Quartic):
    elementwise = True

    def value(self, weights):
        return np.sqrt(np.square(weights).sum(axis=(1, 2)))

    def add_gradient(self, weights, grad, strength):
        grad += strength[:, None, None] * weights / self.value(weights)[:, None, None]


class FeelsNeighbouringWeights(Quartic):
    def value(self, weights):
        value = super().value(weights)
        with_neighbours(value)
        return value


class LosesDigitsOfWeights(Quartic):
    def value(self, weights):
        return super().value(weights) + 1e6 - 1e6


WRONG = [
    (NoNumberForZeros(), "value_is_one_number_a_network", r"value returns array\(\[nan, nan, nan"),
    (WritesSteps(), "inputs_are_not_written", "prox writes to its argument step"),
    (OverwritesTheLossesGradient(), "gradient_is_added", r"does not add its gradient to grad"),
    (TwiceTheGradient(), "gradient_is_that_of_the_value", "a gradient that is not that of value"),
    (SquaresPenaltyStrength(), "strength_is_each_networks_own", "each network by its own strength"),
    (FusesWrongly(), "fused_calls_are_the_single_ones", "value_and_gradient gives another value"),
    (ProxInSecret(), "prox_and_smoothness_agree", "is_smooth is True, and prox moves weights"),
    (MovesByNothing(), "prox_of_no_step_moves_nothing", "prox moves weights by a step of 0"),
    (MovesTwice(), "prox_minimizes", "prox is not the proximal step of value"),
    (ColumnsAsElements(), "elementwise_penalties_may_come_as_a_block", "though elementwise is T"),
    (
        NormOfAll(),
        "elementwise_penalties_may_come_as_a_block",
        "the sum of the values of two halves",
    ),
    (FeelsNeighbouringWeights(), "networks_do_not_influence_each_other", "other bits than alone"),
    (LosesDigitsOfWeights(), "float32_is_float64_rounded", "something else than in float64"),
]
