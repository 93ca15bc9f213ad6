"""Rules of initializers."""

import numpy as np
from scipy.sparse import csr_array

from sklearn_relu.activations import ReLU, Tanh
from sklearn_relu.initializers import Initializer, LayerStart
from sklearn_relu.testing.reporting import (
    DTYPES,
    call,
    fail,
    require,
    require_unwritten,
    same_bits,
)

SHAPES = ((1, 1), (1, 5), (5, 1), (4, 9), (9, 4))


def _filled(part, shape=(9, 4), seed=0, dtype=np.float64):
    weights = np.full(shape, np.nan, dtype)
    call(part, "fill", weights, 1.7, np.random.RandomState(seed))
    return weights


def _layers(dtype=np.float64, weights=np.nan):
    """A network of 7 inputs, layers of 6 and 5 units, and 2 outputs; its biases are 0."""
    sizes, activations = (7, 6, 5, 2), (ReLU(), Tanh(), Tanh())
    return [
        LayerStart(
            np.full((n_in, n_out), weights, dtype),
            np.zeros(n_out, dtype),
            activation,
            is_output=n_out == sizes[-1],
        )
        for n_in, n_out, activation in zip(sizes[:-1], sizes[1:], activations, strict=True)
    ]


def _rows():
    return np.random.RandomState(1).normal(size=(30, 7))


def fill_overwrites_the_matrix(part: Initializer) -> None:
    """``fill`` writes finite numbers into the whole matrix, of any shape, and nowhere else."""
    for dtype in DTYPES:
        for shape in SHAPES:
            whole = np.full((shape[0] + 1, shape[1] + 1), 7.0, dtype)
            weights = whole[:-1, :-1]
            weights[...] = np.nan
            call(part, "fill", weights, 1.7, np.random.RandomState(0))
            n_left = int((~np.isfinite(weights)).sum())
            require(
                n_left == 0,
                part,
                "fill",
                f"leaves {n_left} of {weights.size} weights of a matrix of shape {shape} unfilled, "
                "or not finite",
                "Write into the matrix: weights[...] = ...; what is returned is not used.",
            )
            require(
                (whole[-1] == 7).all() and (whole[:, -1] == 7).all(),
                part,
                "fill",
                f"writes beside the matrix of shape {shape}",
                "Write into weights alone, not into its base.",
            )


def draws_are_from_the_given_generator(part: Initializer) -> None:
    """The same seed gives the same weights."""
    for method in ("fill", "initialize"):
        one, other = (
            _filled(part, seed=5) if method == "fill" else _initialized(part, 5) for _ in range(2)
        )
        require(
            same_bits(one, other),
            part,
            method,
            "gives other weights for the same seed",
            "Draw from rng alone: rng.normal(...), not np.random.normal(...) nor a generator of "
            "its own.",
        )


def _initialized(part, seed, dtype=np.float64, X=None):
    layers = _layers(dtype)
    call(part, "initialize", layers, np.random.RandomState(seed), _rows() if X is None else X)
    return {i: layer.weights for i, layer in enumerate(layers)}


def both_precisions_get_the_same_weights(part: Initializer) -> None:
    """float32 weights are the float64 ones of the same seed, rounded."""
    for shape in SHAPES:
        single, double = (_filled(part, shape, 3, dtype) for dtype in DTYPES)
        require(
            same_bits(single, double.astype(np.float32)),
            part,
            "fill",
            "gives for the same seed other weights in float32 than in float64",
            "Draw in float64 whatever the dtype of weights is, and cast when writing.",
        )


def initialize_fills_all_layers(part: Initializer) -> None:
    """``initialize`` fills the weights of each layer; biases are finite afterwards."""
    for dtype in DTYPES:
        layers = _layers(dtype)
        call(part, "initialize", layers, np.random.RandomState(0), _rows())
        for i, layer in enumerate(layers):
            require(
                np.isfinite(layer.weights).all() and np.isfinite(layer.bias).all(),
                part,
                "initialize",
                f"leaves weights or biases of layer {i} of {len(layers)} unfilled, or not finite",
                "Write into layer.weights[...] of every layer, the output layer's too.",
            )


def rows_are_not_written(part: Initializer) -> None:
    """``initialize`` only reads the training rows."""
    X, layers = _rows(), _layers()
    require_unwritten(
        part,
        "initialize",
        {"X": X},
        lambda: call(part, "initialize", layers, np.random.RandomState(0), X),
    )


def rows_may_be_sparse(part: Initializer) -> None:
    """``initialize`` takes a CSR matrix, and does with it what it does with the dense one."""
    X = np.where(_rows() > 0, _rows(), 0)
    sparse, dense = (_initialized(part, 0, X=rows) for rows in (csr_array(X), X))
    for i, weights in dense.items():
        require(
            np.allclose(sparse[i], weights),
            part,
            "initialize",
            f"gives layer {i} other weights for sparse rows than for the same dense ones",
            "X may be a CSR matrix: use X @ ... and methods that both have.",
        )


def biases_are_filled_or_refused(part: Initializer) -> None:
    """``initialize_biases`` fills biases alone; with `for_biases` False it raises ValueError."""
    layers = _layers(weights=0.5)
    rng = np.random.RandomState(0)
    if not part.for_biases:
        try:
            part.initialize_biases(layers, rng)
        except ValueError:
            return
        fail(
            part,
            "initialize_biases",
            "does not refuse biases, though for_biases is False",
            "Raise ValueError as the base class does, or set for_biases = True.",
        )
    call(part, "initialize_biases", layers, rng)
    for i, layer in enumerate(layers):
        require(
            np.isfinite(layer.bias).all(),
            part,
            "initialize_biases",
            f"leaves biases of layer {i} not finite",
            "Write into layer.bias[...], or set for_biases = False.",
        )
        require(
            (layer.weights == 0.5).all(),
            part,
            "initialize_biases",
            f"writes to the weights of layer {i}",
            "They are drawn before: write into layer.bias alone.",
        )


CHECKS = (
    fill_overwrites_the_matrix,
    draws_are_from_the_given_generator,
    both_precisions_get_the_same_weights,
    initialize_fills_all_layers,
    rows_are_not_written,
    rows_may_be_sparse,
    biases_are_filled_or_refused,
)
