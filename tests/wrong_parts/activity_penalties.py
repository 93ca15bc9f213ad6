"""Wrong parts for the rules of penalties on activations."""

import numpy as np

from sklearn_relu.penalties import ActivityPenalty
from wrong_parts.neighbours import with_neighbours


class MeanSquare(ActivityPenalty):
    """A right one: the sum of ``a**2``."""

    def value_and_gradient(self, a, weight, strength, grad_a):
        weight = self.weigh(a, weight)
        strength = self.strengthen(strength)
        self.put(grad_a, 2 * strength[:, None, None] * weight * a)
        return strength * self.total(weight * a * a)

    def weigh(self, a, weight):
        return np.ones_like(a, shape=(*a.shape[:2], 1)) if weight is None else weight

    def strengthen(self, strength):
        return strength

    def put(self, grad_a, gradient):
        grad_a += gradient

    def total(self, squares):
        return squares.reshape(len(squares), -1).sum(axis=1)


class NoNumberForSilence(MeanSquare):
    def total(self, squares):
        total = super().total(squares)
        return np.where(total > 0, total, np.nan)


class WritesWeights(MeanSquare):
    def value_and_gradient(self, a, weight, strength, grad_a):
        value = super().value_and_gradient(a, weight, strength, grad_a)
        if weight is not None:
            weight *= 0
        return value


class OverwritesTheGradient(MeanSquare):
    def put(self, grad_a, gradient):
        grad_a *= 0.9
        grad_a += gradient


class HalfOfTheGradient(MeanSquare):
    def put(self, grad_a, gradient):
        grad_a += gradient / 2


class SquaresStrength(MeanSquare):
    def strengthen(self, strength):
        return strength**2


class WeighsByRoots(MeanSquare):
    def weigh(self, a, weight):
        return np.sqrt(super().weigh(a, weight))


class FeelsNeighbouringActivities(MeanSquare):
    def total(self, squares):
        total = super().total(squares)
        with_neighbours(total)
        return total.astype(squares.dtype)


class LosesDigitsOfActivities(MeanSquare):
    def total(self, squares):
        return super().total(squares + 1e4) - super().total(np.full_like(squares, 1e4))


WRONG = [
    (NoNumberForSilence(), "value_is_one_number_a_network", r"returns array\(\[nan, nan, nan\]"),
    (WritesWeights(), "inputs_are_not_written", "writes to its argument weight"),
    (OverwritesTheGradient(), "gradient_is_added", r"does not add its gradient.*grad_a \+= "),
    (HalfOfTheGradient(), "gradient_is_that_of_the_value", "gradient that is not that of its v"),
    (SquaresStrength(), "strength_is_each_networks_own", r"own strength.*strength\[:, None, N"),
    (WeighsByRoots(), "weights_are_repetitions", "a sample of weight 2 is to count as two"),
    (FeelsNeighbouringActivities(), "networks_do_not_influence_each_other", "other bits than al"),
    (LosesDigitsOfActivities(), "float32_is_float64_rounded", "something else than in float64"),
]
