"""Wrong parts for the rules of losses."""

from numbers import Real

import numpy as np
from scipy.special import expit

from sklearn_relu.losses import ElementwiseLoss
from sklearn_relu.sklearn_private import Interval
from wrong_parts.neighbours import with_neighbours


class Halves(ElementwiseLoss):
    """A right one: ``(raw - y)**2 / 2``."""

    for_numbers = True

    def elements(self, y, raw, value, grad):
        np.subtract(raw, y, out=grad)
        np.square(grad, out=value)
        value /= 2

    def predict(self, raw):
        return raw

    def constant(self, y, weight):
        return np.average(y, axis=0, weights=None if weight is None else weight[:, 0])


class DoublePrecision(Halves):
    def value_and_gradient(self, y, raw, weight, grad_raw):
        return super().value_and_gradient(y, raw, weight, grad_raw).astype(np.float64)


class SkipsZeros(Halves):
    def elements(self, y, raw, value, grad):
        before = grad.copy()
        super().elements(y, raw, value, grad)
        np.copyto(grad, before, where=raw == 0)


class WritesWeightsOfSamples(Halves):
    def value_and_gradient(self, y, raw, weight, grad_raw):
        value = super().value_and_gradient(y, raw, weight, grad_raw)
        if weight is not None:
            weight *= 0
        return value


class TwiceTheSlope(Halves):
    def elements(self, y, raw, value, grad):
        super().elements(y, raw, value, grad)
        grad *= 2


class WeighsSamplesByRoots(Halves):
    def value_and_gradient(self, y, raw, weight, grad_raw):
        roots = None if weight is None else np.sqrt(weight)
        return super().value_and_gradient(y, raw, roots, grad_raw)

    def constant(self, y, weight):
        return super().constant(y, None if weight is None else np.sqrt(weight))


class MixesWeightsOfTargets(Halves):
    def value_and_gradient(self, y, raw, weight, grad_raw):
        if weight is not None:
            weight = weight.mean(axis=2, keepdims=True)
        return super().value_and_gradient(y, raw, weight, grad_raw)


class FeelsNeighbouringLosses(Halves):
    def value_and_gradient(self, y, raw, weight, grad_raw):
        value = super().value_and_gradient(y, raw, weight, grad_raw)
        with_neighbours(value)
        return value


class LosesDigitsOfLosses(Halves):
    def elements(self, y, raw, value, grad):
        super().elements(y, raw, value, grad)
        value += 1e6
        value -= 1e6


class ProbabilitiesOfNumbers(Halves):
    out_activation = "logistic"
    gives_probabilities = True

    def elements(self, y, raw, value, grad):
        p = expit(raw)
        value[...] = (p - y) ** 2 / 2
        grad[...] = (p - y) * p * (1 - p)

    def predict(self, raw):
        return expit(raw)

    def constant(self, y, weight):
        mean = super().constant(y, weight)
        return np.log(mean / (1 - mean))


class MoreOutputsForFour(Halves):
    def n_raw(self, n_targets):
        return 8 if n_targets == 4 else n_targets


class EncodesInPlace(Halves):
    def encode(self, y):
        y = super().encode(y)
        y *= 0.5
        return y


class TakesEverything(Halves):
    domain = Interval(Real, 0, None, closed="left")

    def encode(self, y):
        return y.astype(np.float64)


class NamesAnotherLink(Halves):
    out_activation = "exp"


class MarginsAsProbabilities(Halves):
    for_classes = True
    gives_probabilities = True
    threshold = 0.0


class ZeroAsConstant(Halves):
    def constant(self, y, weight):
        return np.zeros(y.shape[1])


class TwoThresholds(Halves):
    for_classes = True


class Relative(Halves):
    any_real_target = True

    def elements(self, y, raw, value, grad):
        super().elements(y, raw, value, grad)
        value *= 1 + y**2
        grad *= 1 + y**2

    def constant(self, y, weight):
        each = (1 + y**2) * (1 if weight is None else weight)
        return (each * y).sum(axis=0) / each.sum(axis=0)


class VarianceInSecret(Halves):
    def variance(self, raw):
        return np.ones_like(raw)


class TurnsIntoAnother(Halves):
    def __init__(self, level=1.0):
        self.level = level

    def for_target(self, target_type):
        return TurnsIntoAnother(2.0) if target_type == "multilabel-indicator" else self


WRONG = [
    (DoublePrecision(), "value_is_one_number_a_network", "returns float64 for raw outputs of flo"),
    (SkipsZeros(), "gradient_is_overwritten", "does not overwrite grad_raw fully"),
    (WritesWeightsOfSamples(), "inputs_are_not_written", "writes to its argument weight"),
    (TwiceTheSlope(), "gradient_is_that_of_the_value", "grad_raw that is not the derivative of"),
    (WeighsSamplesByRoots(), "weights_are_repetitions", "a sample of weight 2 is to count as tw"),
    (MixesWeightsOfTargets(), "targets_may_have_weights", "another value for weights of each ta"),
    (FeelsNeighbouringLosses(), "networks_do_not_influence_each_other", "other bits than alone"),
    (LosesDigitsOfLosses(), "float32_is_float64_rounded", "something else than in float64"),
    (ProbabilitiesOfNumbers(), "kind_of_targets_is_told", "is True, and for_classes is False"),
    (MoreOutputsForFour(), "raw_outputs_are_in_proportion_to_the_targets", "gives 8 for 4 target"),
    (EncodesInPlace(), "encoding_gives_floats_and_leaves_targets", "writes to its argument y"),
    (TakesEverything(), "targets_outside_the_domain_are_refused", "takes the target -1, and the"),
    (NamesAnotherLink(), "predictions_are_by_the_named_link", "link that out_activation='exp' n"),
    (MarginsAsProbabilities(), "probabilities_are_such", "predict gives numbers from -"),
    (ZeroAsConstant(), "constant_is_the_best_one", "is not the best: the loss is .* in place of"),
    (TwoThresholds(), "decisions_tell_classes_apart_as_predictions_do", "decision and predict do"),
    (Relative(), "shifted_targets_shift_predictions", "any_real_target is True, and a shift of"),
    (VarianceInSecret(), "variances_are_given_or_refused", "though gives_variance is False"),
    (TurnsIntoAnother(), "forms_for_other_targets_are_losses", r"level=2.0\) for 'multilabel-ind"),
]
