"""Wrong parts for the rules of initializers."""

import numpy as np

from sklearn_relu.initializers import Initializer


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


WRONG = [
    (SkipsSingleRows(), "fill_overwrites_the_matrix", r"leaves 1 of 1 weights .*weights\[...\] ="),
    (GeneratorOfItsOwn(), "draws_are_from_the_given_generator", "other weights for the same seed"),
    (DrawsByPrecision(), "both_precisions_get_the_same_weights", "in float32 than in float64"),
    (SpoilsBiases(), "initialize_fills_all_layers", "weights or biases of layer 0 of 3"),
    (CentersRows(), "rows_are_not_written", "writes to its argument X"),
    (NeedsDenseRows(), "rows_may_be_sparse", "initialize raised AttributeError: .*csr_array"),
    (BiasesAsWeights(), "biases_are_filled_or_refused", "writes to the weights of layer 0"),
]
