"""The architecture of a multi-layer perceptron."""

from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.estimators.describing import Parameter
from sklearn_relu.estimators.fitted_arrays import check_lengths
from sklearn_relu.estimators.parts import Parts
from sklearn_relu.estimators.tables import Tables
from sklearn_relu.layers import Layer, dense_layers
from sklearn_relu.network.stage import Stage
from sklearn_relu.sklearn_private import Interval


class MLP(Tables):
    """A multi-layer perceptron: dense layers, whatever the targets are.

    Estimators that have scikit-learn's flat parameters of single solvers find them described here.
    """

    hidden_layer_sizes: Any = (100,)
    power_t: Any
    momentum: Any
    nesterovs_momentum: Any
    beta_1: Any
    beta_2: Any
    epsilon: Any
    max_fun: Any

    _described_parameters = {
        "hidden_layer_sizes": Parameter(
            "int or sequence of int",
            ["array-like", Interval(Integral, 1, None, closed="left")],
            """
            Units of each hidden layer; ``()`` is a linear model, such as logistic or Poisson
            regression.
            """,
        ),
        "power_t": Parameter(
            "float", [Interval(Real, 0, None, closed="left")], 'Exponent of "invscaling".'
        ),
        "momentum": Parameter(
            "float", [Interval(Real, 0, 1, closed="both")], 'Momentum of "sgd", in [0, 1].'
        ),
        "nesterovs_momentum": Parameter(
            "bool", ["boolean"], 'Whether "sgd" uses Nesterov\'s momentum.'
        ),
        "beta_1": Parameter(
            "float",
            [Interval(Real, 0, 1, closed="left")],
            'Decay of "adam"\'s first moment, in [0, 1).',
        ),
        "beta_2": Parameter(
            "float",
            [Interval(Real, 0, 1, closed="left")],
            'Decay of "adam"\'s second moment, in [0, 1).',
        ),
        "epsilon": Parameter(
            "float",
            [Interval(Real, 0, None, closed="neither")],
            'Added to the root of "adam"\'s second moment.',
        ),
        "max_fun": Parameter(
            "int",
            [Interval(Integral, 1, None, closed="left")],
            'Largest number of evaluations of the objective by "lbfgs".',
        ),
    }

    def _hidden_units(self):
        return sizes_of_layers(self.hidden_layer_sizes)

    def _set_hidden_units(self, units):
        self.hidden_layer_sizes = tuple(units)

    def _stages(self, n_inputs, parts, n_raw):
        layers = self._layers(n_inputs, parts, n_raw)
        penalties, last_penalty = parts.penalties[:-1], parts.penalties[-1]
        of_layers = zip(
            layers[:-1], penalties, parts.activity_penalties, parts.dropout, strict=True
        )
        hidden = [Stage(*each, max_norm=self.max_norm) for each in of_layers]
        return *hidden, Stage(layers[-1], last_penalty)

    def _layers(self, n_inputs: int, parts: Parts, n_raw: int) -> list[Layer]:
        """All layers, the output layer with `n_raw` raw outputs last."""
        return dense_layers(n_inputs, parts.hidden_layer_sizes, parts.activations, n_raw)

    def _fitted_layers(self):
        check_lengths(self, coefs_=len(self._activations) + 1)
        widths = tuple([(np.shape(coef) or (1,))[-1] for coef in self.coefs_[:-1]])
        n_raw = self._loss.n_raw(self.n_outputs_)
        return list(_layers_of(self.n_features_in_, widths, tuple(self._activations), n_raw))


@lru_cache(maxsize=32)  # each small prediction asks for the same ones
def _layers_of(
    reads: int, widths: tuple[int, ...], activations: tuple[Activation, ...], n_raw: int
) -> tuple[Layer, ...]:
    """The layers of a fitted network, whose activations are its own and do not change."""
    sizes = [
        width // activation.input_width(1)
        for width, activation in zip(widths, activations, strict=True)
    ]
    return tuple(dense_layers(reads, sizes, activations, n_raw))


def sizes_of_layers(
    sizes: Any, parameter: str = "hidden_layer_sizes", each: str = "units for each hidden layer"
) -> list[int]:
    """The value of ``hidden_layer_sizes``, or of a parameter like it, as a list.

    Parameters
    ----------
    sizes : object
    parameter : str, default="hidden_layer_sizes"
        Its name, for errors.
    each : str, default="units for each hidden layer"
        What its numbers are, for errors.

    Raises
    ------
    ValueError
        If it holds anything but whole numbers > 0.
    """
    sizes = list(np.atleast_1d(np.asarray(sizes, dtype=object)))
    if not all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes):
        raise ValueError(
            f"{parameter} must hold one whole number of {each}; got {sizes}. For one of 10 pass "
            "(10,)."
        )
    if any(size <= 0 for size in sizes):
        raise ValueError(f"{parameter} must be > 0, got {sizes}.")
    return [int(size) for size in sizes]
