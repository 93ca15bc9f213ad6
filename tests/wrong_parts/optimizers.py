"""Wrong parts for the rules of stochastic optimizers."""

import numpy as np

from sklearn_relu.optimizers import Optimizer
from wrong_parts.neighbours import STACKED


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


WRONG = [
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
