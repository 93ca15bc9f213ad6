"""Parts that break one rule each: for each rule of the public check, one that it alone finds."""

from numbers import Real

import numpy as np
from custom_parts import InverseSquareRoot, Negativity
from scipy.optimize import OptimizeResult
from scipy.special import expit

from sklearn_relu.activations import Activation
from sklearn_relu.initializers import Initializer
from sklearn_relu.losses import ElementwiseLoss
from sklearn_relu.optimizers import FullBatchOptimizer, Optimizer
from sklearn_relu.penalties import ActivityPenalty, Penalty
from sklearn_relu.schedules import FunctionRate, Schedule
from sklearn_relu.sklearn_private import Interval

STACKED = 1e-15
"""A share of what is computed, for each network beside the first: networks that are not alone."""


def with_neighbours(array):
    """Multiply in place by what is 1 just for a network that is alone."""
    array *= 1 + STACKED * (len(array) - 1)


class MoreThanParameters(InverseSquareRoot):
    def __init__(self, alpha=1.0):
        super().__init__(alpha)
        self.cache = None


class Converts(InverseSquareRoot):
    def __init__(self, alpha=1.0):
        super().__init__(float(alpha))


class ClonesToItself(InverseSquareRoot):
    def __sklearn_clone__(self):
        return self


class SetsNothing(InverseSquareRoot):
    def set_params(self, **params):
        return self


class SaysNothing(InverseSquareRoot):
    def __repr__(self):
        return "a sigmoid"


class ConstrainsAnother(InverseSquareRoot):
    _parameter_constraints = {"alfa": [Interval(Real, 0, None, closed="neither")]}


HYPER_PARAMETERS = [
    (MoreThanParameters(), "constructor_stores_its_parameters", r"__init__ sets.*\['cache'\]"),
    (ClonesToItself(), "copies_are_equal_and_independent", "sklearn.clone do not fit together"),
    (SetsNothing(), "parameters_can_be_set", "set_params does not set alpha"),
    (SaysNothing(), "repr_names_the_parameters", "__repr__ gives 'a sigmoid'"),
    (FunctionRate(lambda now: 0.9), "pickles", "cannot be pickled.*nor as a lambda"),
    (ConstrainsAnother(), "hyper_parameters_are_valid", r"names \['alfa'\]"),
]


class Leak(Activation):
    """A right one, without an expression: ``max(z, 0.1 * z)``."""

    def forward(self, z, a, params, noise=None):
        np.multiply(z, 0.1, out=a)
        np.maximum(z, a, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.heaviside(z, 0.5, out=grad_z)
        grad_z *= 0.9
        grad_z += 0.1
        grad_z *= grad_a


class PadsOddWidths(Leak):
    def input_width(self, n_units):
        return n_units + n_units % 2

    output_width = input_width


class Scaled(Activation):
    """A right one that learns: ``slope * z``."""

    def parameter_shapes(self, n_units):
        return {"slope": (n_units,)}

    def init_parameters(self, params):
        params["slope"][...] = 0.9

    def forward(self, z, a, params, noise=None):
        np.multiply(z, params["slope"], out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.multiply(z, grad_a, out=grad_z)
        np.sum(grad_z, axis=1, keepdims=True, out=grad_params["slope"])
        np.multiply(grad_a, params["slope"], out=grad_z)


class Accumulates(Scaled):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        before = grad_params["slope"].copy()
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_params["slope"] += 1e-3 * before


class Averages(Scaled):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_params["slope"] /= z.shape[1]


class WritesTheGradientGiven(InverseSquareRoot):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_a *= 2


class NoisyInSecret(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        if noise is not None:
            a += noise[0].normal(0, 1e-3, a.shape)


class WrongPower(InverseSquareRoot):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        self._one_plus_square(z, out=grad_z)
        np.power(grad_z, -1.4, out=grad_z)
        grad_z *= grad_a


class SteepKink(Leak):
    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.heaviside(z, 5, out=grad_z)
        grad_z *= 0.9
        grad_z += 0.1
        grad_z *= grad_a


class FeelsItsNeighbours(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        with_neighbours(a)


class LosesDigits(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        a += 1e4
        a -= 1e4


class Overflows(Activation):
    """``log(1 + exp(z))``, as it is in books."""

    def forward(self, z, a, params, noise=None):
        np.exp(z, out=a)
        a += 1
        np.log(a, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.negative(z, out=grad_z)
        np.exp(grad_z, out=grad_z)
        grad_z += 1
        np.divide(grad_a, grad_z, out=grad_z)


class ReadsWhatIsGone(Activation):
    """tanh that shares memory, though its derivative is computed from `z`."""

    needs_summed_input = False

    def forward(self, z, a, params, noise=None):
        np.tanh(z, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.tanh(z, out=grad_z)
        np.square(grad_z, out=grad_z)
        np.subtract(1, grad_z, out=grad_z)
        grad_z *= grad_a


class ForgetsTheBias(InverseSquareRoot):
    def bias_forward(self, z, bias, a, params, noise=None):
        self.forward(z + bias, a, params, noise)


class Allocates(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        a[...] = z / np.sqrt(1 + self.alpha * z * z)


class Returns(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        return z / np.sqrt(1 + self.alpha * z * z)


class WrongBounds(InverseSquareRoot):
    bounds = (-0.5, 0.5)


class WrongGain(InverseSquareRoot):
    gain = 1.0


class UnknownStart(InverseSquareRoot):
    initialization = "xavier"


class PassesNothing(Leak):
    passes_through = True


class CurvedInSecret(InverseSquareRoot):
    is_piecewise_linear = True


class DependsOnThePlace(Leak):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params)
        a[..., ::2] *= -1

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        super().backward(z, a, grad_a, grad_z, params, grad_params)
        grad_z[..., ::2] *= -1


class ExpressesAnother(InverseSquareRoot):
    def expression(self, z, params):
        return z / np.sqrt(1 + self.alpha * np.abs(z))


class ExpressesTheUnknown(Activation):
    def forward(self, z, a, params, noise=None):
        np.arctan(z, out=a)

    def expression(self, z, params):
        return np.arctan(z)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.square(z, out=grad_z)
        grad_z += 1
        np.divide(grad_a, grad_z, out=grad_z)


ACTIVATIONS = [
    (PadsOddWidths(), "widths_are_in_proportion_to_the_units", "input_width gives 2 for 1 units"),
    (Accumulates(), "outputs_are_overwritten", r"grad_params\['slope'\] fully.*in place"),
    (WritesTheGradientGiven(), "inputs_are_not_written", "backward writes to its argument grad_a"),
    (NoisyInSecret(), "only_noise_of_its_own_is_drawn", "uses its generators, and is_random is F"),
    (WrongPower(), "backward_is_the_derivative_of_forward", r"wrong grad_z: got .*, expected .*\d"),
    (Averages(), "gradients_of_parameters_are_summed", r"wrong grad_params\['slope'\]: got"),
    (SteepKink(), "derivative_at_zero_is_between_the_slopes", "derivative 4.6 at z=0.*0.1 and 1"),
    (FeelsItsNeighbours(), "networks_do_not_influence_each_other", "network 0 of a stack other b"),
    (LosesDigits(), "float32_is_float64_rounded", "in float32 something else than in float64: g"),
    (Overflows(), "extreme_inputs_give_finite_results", "forward raised FloatingPointError: over"),
    (ReadsWhatIsGone(), "shared_memory_gives_the_same", "reads z, though needs_summed_input is F"),
    (ForgetsTheBias(), "calls_with_a_bias_are_calls_of_the_sum", r"does not leave z \+ bias in z"),
    (Allocates(), "nothing_is_allocated", r"forward allocates \d+ bytes for inputs of .*out="),
    (WrongBounds(), "bounds_hold", r"bounds is \(-0.5, 0.5\), and forward gives -0.9"),
    (WrongGain(), "gain_keeps_the_size_of_the_signal", "gain does not keep.*: got 1, expected 1."),
    (UnknownStart(), "initialization_is_a_name", "initialization is 'xavier'.*'glorot_normal'"),
    (PassesNothing(), "what_passes_through_is_the_identity", "passes_through is True, and forward"),
    (CurvedInSecret(), "linear_pieces_are_linear", "is_piecewise_linear is True, and summed inp"),
    (DependsOnThePlace(), "alike_units_are_alike", "units_are_alike is True, but units in anot"),
    (ExpressesAnother(), "expression_is_what_forward_does", "expression gives something else than"),
    (
        ExpressesTheUnknown(),
        "expression_is_what_forward_does",
        "to_onnx does not know arctan; it k",
    ),
]


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


ACTIVITY_PENALTIES = [
    (NoNumberForSilence(), "value_is_one_number_a_network", r"returns array\(\[nan, nan, nan\]"),
    (WritesWeights(), "inputs_are_not_written", "writes to its argument weight"),
    (OverwritesTheGradient(), "gradient_is_added", r"does not add its gradient.*grad_a \+= "),
    (HalfOfTheGradient(), "gradient_is_that_of_the_value", "gradient that is not that of its v"),
    (SquaresStrength(), "strength_is_each_networks_own", r"own strength.*strength\[:, None, N"),
    (WeighsByRoots(), "weights_are_repetitions", "a sample of weight 2 is to count as two"),
    (FeelsNeighbouringActivities(), "networks_do_not_influence_each_other", "other bits than al"),
    (LosesDigitsOfActivities(), "float32_is_float64_rounded", "something else than in float64"),
]


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


class FeelsNeighbouringWeights(Quartic):
    def value(self, weights):
        value = super().value(weights)
        with_neighbours(value)
        return value


class LosesDigitsOfWeights(Quartic):
    def value(self, weights):
        return super().value(weights) + 1e6 - 1e6


PENALTIES = [
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
    (FeelsNeighbouringWeights(), "networks_do_not_influence_each_other", "other bits than alone"),
    (LosesDigitsOfWeights(), "float32_is_float64_rounded", "something else than in float64"),
]


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


LOSSES = [
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


class Momentum(Optimizer):
    """A right one: a sum of gradients that fades."""

    decay = 0.9

    def init_state(self, params):
        return {
            "sum": np.zeros_like(params),
            "reach": np.zeros((len(params), 1)),
            "t": np.zeros((len(params), 1)),
        }

    def factors(self):
        return {"sum": 1 - self.decay}

    def begin_step(self, state, learning_rate):
        state["reach"] *= self.decay
        state["reach"] += 1
        state["t"] += 1

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        state["sum"] *= self.decay
        state["sum"] += grads
        np.multiply(state["sum"], learning_rate, out=grads)
        params -= grads
        if step_size is not None:
            step_size[...] = learning_rate * state["reach"]


class FlatCounts(Momentum):
    def init_state(self, params):
        return super().init_state(params) | {"count": np.zeros(len(params))}


class PutsAnotherArray(Momentum):
    def begin_step(self, state, learning_rate):
        super().begin_step(state, learning_rate)
        state["t"] = state["t"] + 1


class WritesRates(Momentum):
    def begin_step(self, state, learning_rate):
        super().begin_step(state, learning_rate)
        learning_rate *= 0.999


class FeelsNeighbouringParameters(Momentum):
    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        super().step(params, grads, state, learning_rate, n_weights, step_size)
        grads *= STACKED * (len(params) - 1)
        params += grads


class CountsInSteps(Momentum):
    def begin_step(self, state, learning_rate):
        super().begin_step(state, learning_rate)
        state["t"] -= 1

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        state["t"] += 1
        rates = (learning_rate * (1 + 1 / state["t"])).astype(params.dtype)
        super().step(params, grads, state, rates, n_weights, step_size)


class DecaysBiases(Momentum):
    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        params *= 1 - 0.001 * learning_rate
        super().step(params, grads, state, learning_rate, n_weights, step_size)


class LosesDigitsOfGradients(Momentum):
    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        grads += 1e5
        grads -= 1e5
        super().step(params, grads, state, learning_rate, n_weights, step_size)


class StepsOtherwiseIfAsked(Momentum):
    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        if step_size is not None:
            params *= 0.99
        super().step(params, grads, state, learning_rate, n_weights, step_size)


class BareRateAsSize(Momentum):
    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        super().step(params, grads, state, learning_rate, n_weights, step_size)
        if step_size is not None:
            step_size[...] = learning_rate


class FactorOfNothing(Momentum):
    def factors(self):
        return {"velocity": 0.1}


class AllocatesInSteps(Momentum):
    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        super().step(params, grads.copy(), state, learning_rate, n_weights, step_size)


OPTIMIZERS = [
    (FlatCounts(), "state_is_arrays_by_network", r"count ndarray of shape \(3,\) for params of"),
    (PutsAnotherArray(), "state_is_kept_where_it_was_given", r"other arrays .*\['t'\]. Change th"),
    (WritesRates(), "learning_rates_are_only_read", "begin_step writes to its argument learning"),
    (FeelsNeighbouringParameters(), "networks_step_as_they_would_alone", "other bits than alone"),
    (CountsInSteps(), "pieces_of_parameters_are_independent", "leads elsewhere if the parameter"),
    (DecaysBiases(), "zero_gradients_move_no_biases", "moves biases, .*first n_weights columns"),
    (LosesDigitsOfGradients(), "float32_is_float64_rounded", "elsewhere in float32 than in floa"),
    (StepsOtherwiseIfAsked(), "step_size_is_filled", "another step where step_size is asked for"),
    (BareRateAsSize(), "step_size_is_how_far_a_steady_gradient_moves", "not how far a steady gra"),
    (FactorOfNothing(), "factors_are_of_the_state", r"gives \{'velocity': 0.1\} for a state of"),
    (AllocatesInSteps(), "nothing_is_allocated", r"step allocates \d+ bytes for parameters"),
]


class Backtracking(FullBatchOptimizer):
    """A right one: steps against the gradient, halved until they lower the value."""

    def minimize(self, objective, params, max_iter, tol, on_iteration):
        x, (value, gradient) = self.begin(params), objective(params)
        status, nit, n_evaluations = 1, 0, 1
        while nit < self.limit(max_iter):
            rate, lower = 1.0, np.inf
            while not lower < value - 1e-4 * rate * gradient @ gradient and rate > 1e-12:
                rate /= 2
                n_evaluations += 1
                lower, ahead = objective(x - rate * gradient)
            x -= rate * gradient
            value, gradient, nit = lower, ahead, nit + 1
            if self.tell(on_iteration, x, nit):
                status = 99
                break
            if abs(gradient).max() <= tol:
                status = 0
                break
        return OptimizeResult(
            x=x, fun=self.end(value), nit=nit, nfev=n_evaluations, status=status, message=""
        )

    def begin(self, params):
        return params.copy()

    def limit(self, max_iter):
        return max_iter

    def tell(self, on_iteration, x, nit):
        return on_iteration(x)

    def end(self, value):
        return value


class SaysLess(Backtracking):
    def end(self, value):
        return value - 0.1


class GivesUp(Backtracking):
    def limit(self, max_iter):
        return min(max_iter, 12)


class TellsFromTheSecondOn(Backtracking):
    def tell(self, on_iteration, x, nit):
        return on_iteration(x) if nit > 1 else None


class OneMore(Backtracking):
    def limit(self, max_iter):
        return max_iter + 1


class GoesOn(Backtracking):
    def tell(self, on_iteration, x, nit):
        on_iteration(x)


class WritesItsStart(Backtracking):
    def begin(self, params):
        return params


FULL_BATCH = [
    (SaysLess(), "result_is_complete", "gives fun=.*, and the objective at x is"),
    (GivesUp(), "minimum_is_neared", "on Rosenbrock's function after 12 iterations"),
    (TellsFromTheSecondOn(), "iterations_are_reported", "on_iteration 6 times in 7 iterations"),
    (OneMore(), "limits_are_kept", "makes 4 iterations with max_iter=3"),
    (GoesOn(), "true_stops_it", "goes on after on_iteration has returned True"),
    (WritesItsStart(), "start_is_not_written", "writes to its argument params"),
]


class Falling(Schedule):
    """A right one."""

    def rate(self, initial, progress):
        return initial * 0.99**progress.epoch


class BelowZero(Schedule):
    def rate(self, initial, progress):
        return initial * (1 - progress.epoch / 300)


class LooksBack(Falling):
    changes_within_epoch = True
    last = 10**9

    def rate(self, initial, progress):
        rises = progress.step > LooksBack.last
        LooksBack.last = progress.step
        return initial if rises else initial / 2


class ChangesInSecret(Schedule):
    def rate(self, initial, progress):
        return initial * 0.99**progress.epochs


class LooksAhead(Schedule):
    changes_within_epoch = True

    def rate(self, initial, progress):
        return initial * (1.01 - progress.of_horizon)


class AnswersNothing(Falling):
    def stops(self, progress):
        pass


SCHEDULES = [
    (BelowZero(), "rates_are_finite_and_not_negative", r"gives -\d.* for Progress\("),
    (LooksBack(), "rate_depends_on_progress_alone", "other rates for the same progress"),
    (ChangesInSecret(), "changes_within_epochs_are_declared", "changes_within_epoch is False, an"),
    (LooksAhead(), "horizons_are_declared", "has_horizon is False, and the rate depends on n_s"),
    (AnswersNothing(), "plateaus_are_answered", "stops returns None"),
]


class Small(Initializer):
    """A right one."""

    def fill(self, weights, gain, rng):
        weights[...] = rng.normal(0, 0.3, weights.shape)


class SkipsSingleRows(Small):
    def fill(self, weights, gain, rng):
        if len(weights) > 1:
            super().fill(weights, gain, rng)


class GeneratorOfItsOwn(Small):
    def fill(self, weights, gain, rng):
        super().fill(weights, gain, rng)
        weights += 1e-13 * np.random.RandomState().uniform(size=weights.shape)


class DrawsByPrecision(Small):
    def fill(self, weights, gain, rng):
        weights[...] = rng.normal(0, 0.3 if weights.itemsize == 8 else 0.2, weights.shape)


class SpoilsBiases(Small):
    def initialize(self, layers, rng, X=None):
        super().initialize(layers, rng, X)
        for layer in layers:
            if layer.bias.itemsize == 4:
                layer.bias[...] = np.nan


class CentersRows(Small):
    def initialize(self, layers, rng, X=None):
        super().initialize(layers, rng, X)
        if isinstance(X, np.ndarray):
            X -= X.mean(axis=0)


class NeedsDenseRows(Small):
    def initialize(self, layers, rng, X=None):
        super().initialize(layers, rng, X)
        X.std(axis=0)


class BiasesAsWeights(Small):
    def initialize_biases(self, layers, rng):
        super().initialize_biases(layers, rng)
        layers[0].weights[...] = 1


INITIALIZERS = [
    (SkipsSingleRows(), "fill_overwrites_the_matrix", r"leaves 1 of 1 weights .*weights\[...\] ="),
    (GeneratorOfItsOwn(), "draws_are_from_the_given_generator", "other weights for the same seed"),
    (DrawsByPrecision(), "both_precisions_get_the_same_weights", "in float32 than in float64"),
    (SpoilsBiases(), "initialize_fills_all_layers", "weights or biases of layer 0 of 3"),
    (CentersRows(), "rows_are_not_written", "writes to its argument X"),
    (NeedsDenseRows(), "rows_may_be_sparse", "initialize raised AttributeError: .*csr_array"),
    (BiasesAsWeights(), "biases_are_filled_or_refused", "writes to the weights of layer 0"),
]


class Remembers(InverseSquareRoot):
    def forward(self, z, a, params, noise=None):
        super().forward(z, a, params, noise)
        self.last_shape = z.shape


class DrawsGlobally(Small):
    def fill(self, weights, gain, rng):
        super().fill(weights, gain, rng)
        np.random.uniform()  # noqa: NPY002


class IsAlwaysZero(Activation):
    def forward(self, z, a, params, noise=None):
        a[...] = 0

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        grad_z[...] = 0


FITS = [
    (Remembers(), "a_fit_leaves_the_part_as_it_was", r"last_shape is changed by a fit"),
    (DrawsGlobally(), "a_fit_draws_from_its_own_generators", "the global generator of np.random"),
    (IsAlwaysZero(), "a_fit_lowers_the_loss", "does not let a network learn: after 60 epochs"),
]

WRONG = {
    "hyper_parameters": HYPER_PARAMETERS,
    "activations": ACTIVATIONS,
    "activity_penalties": ACTIVITY_PENALTIES,
    "penalties": PENALTIES,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "full_batch": FULL_BATCH,
    "schedules": SCHEDULES,
    "initializers": INITIALIZERS,
    "fits": FITS,
}
"""By module of the check: a part, the rule that it breaks, and what the message says."""

RIGHT = [Leak(), Scaled(), MeanSquare(), Quartic(), Negativity(), Halves(), Momentum()]
RIGHT += [Backtracking(), Falling(), Small()]
"""The parts that these are made from."""
