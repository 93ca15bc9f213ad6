"""The contract of an initializer."""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sklearn_relu.part import Part


@dataclass(frozen=True)
class LayerStart:
    """One layer of one network, to be filled in place.

    Attributes
    ----------
    weights : ndarray of shape (fan_in, fan_out)
    bias : ndarray of shape (fan_out,)
    activation : Activation
    is_output : bool
        Whether it is the output layer.
    places : int
        Places that share the weights: each reads `fan_in` inputs of its own.
    sums : callable
        Maps what the layer reads (n_samples, width) and `weights` to summed inputs without biases,
        (n_samples, places * fan_out). Before a layer without weights, such as pooling, it reads
        what that one does.
    """

    weights: np.ndarray
    bias: np.ndarray
    activation: Any
    is_output: bool = False
    places: int = 1
    sums: Callable[[Any, np.ndarray], np.ndarray] = operator.matmul

    def activations(self, z: np.ndarray) -> np.ndarray:
        """The output of the layer for summed inputs, before its activation has learned anything."""
        z = z.reshape(1, len(z) * self.places, -1)
        n_units = z.shape[2] // self.activation.input_width(1)
        shapes = self.activation.parameter_shapes(n_units)
        params = {name: np.empty((1, 1, *shape)) for name, shape in shapes.items()}
        self.activation.init_parameters(params)
        a = np.empty((1, z.shape[1], self.activation.output_width(n_units)))
        self.activation.forward(z, a, params)
        return a.reshape(z.shape[1] // self.places, -1)


class Initializer(Part, ABC):
    """A rule for the weights of a network before training.

    A subclass gives :meth:`fill`. One that needs to see all layers, or that has biases of its own,
    overrides :meth:`initialize` instead.
    """

    splits_after_weights: ClassVar[bool] = False
    """True: held-out rows are drawn after the weights, from the same generator, in scikit-learn's
    order. False: from a generator of their own, so that they do not depend on the weights."""

    elsewhere = {
        "default": "auto",
        "glorot": "glorot_uniform",
        "xavier": "glorot_uniform",
        "xavieruniform": "glorot_uniform",
        "keras": "glorot_uniform",
        "tensorflow": "glorot_uniform",
        "xaviernormal": "glorot_normal",
        "he": "he_normal",
        "heinit": "he_normal",
        "kaiming": "he_normal",
        "kaimingnormal": "he_normal",
        "msra": "he_normal",
        "kaiminguniform": "he_uniform",
        "lecun": "lecun_normal",
        "pytorch": "fan_in_uniform",
        "torch": "fan_in_uniform",
        "eye": "identity",
        "zero": "zeros",
        "one": "ones",
        "layersequentialunitvariance": "lsuv",
        "realmlp": "unit_variance",
        "scikitlearn": "sklearn",
        "normal": "Which variance? VarianceScaling(scale, mode, distribution) takes any.",
        "gaussian": "Which variance? VarianceScaling(scale, mode, distribution) takes any.",
        "randomnormal": "Which variance? VarianceScaling(scale, mode, distribution) takes any.",
        "uniform": "Which variance? VarianceScaling(scale, mode, distribution) takes any.",
        "random": "Which variance? VarianceScaling(scale, mode, distribution) takes any.",
        "randomuniform": "Which variance? VarianceScaling(scale, mode, distribution) takes any.",
        "truncatednormal": "Which variance? VarianceScaling(scale, mode, distribution) takes any.",
    }

    for_biases: ClassVar[bool] = True
    """False: ``bias_initialization`` refuses it."""

    @abstractmethod
    def fill(self, weights: np.ndarray, gain: float, rng: np.random.RandomState) -> None:
        """Fill one network's matrix of shape (fan_in, fan_out) in place.

        Draws are float64 and cast to the matrix's dtype, so that a seed means the same weights in
        both precisions. `gain` is the activation's; textbook schemes with a fixed scale ignore it.
        """

    def initialize(self, layers: list[LayerStart], rng: np.random.RandomState, X=None) -> None:
        """Fill the weights of one network, layer by layer.

        Biases are 0 before. Those that a subclass sets count unless ``bias_initialization`` is set.

        Parameters
        ----------
        layers : list of LayerStart
        rng : RandomState
        X : {ndarray, CSR matrix} of shape (n_samples, n_features), default=None
            Training rows, for an initializer that looks at them.
        """
        for layer in layers:
            self.fill(layer.weights, layer.activation.gain, rng)

    def initialize_biases(self, layers: list[LayerStart], rng: np.random.RandomState) -> None:
        """Fill the biases of one network, each layer's as one row of its weights would be.

        Raises
        ------
        ValueError
            If the scheme has no meaning for biases.
        """
        if not self.for_biases:
            raise ValueError(
                f"bias_initialization must be a number or an initializer that is for biases too; "
                f"{type(self).__name__} is for weights only. Pass 0.0, or a name such as "
                f"'fan_in_uniform'."
            )
        for layer in layers:
            matrix = np.empty(layer.weights.shape)
            self.fill(matrix, layer.activation.gain, rng)
            layer.bias[...] = matrix[0]
