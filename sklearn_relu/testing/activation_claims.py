"""Rules of activations: what they say about themselves for other parts and for reports."""

from numbers import Real

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.initializers import INITIALIZERS
from sklearn_relu.testing.expressions import Noted, is_given
from sklearn_relu.testing.layers import N_UNITS, LayerArrays, forward, generators, layer
from sklearn_relu.testing.reporting import call, require, require_close, same_bits


def bounds_hold(part: Activation) -> None:
    """Activations are within `bounds`, and a dropped unit's value too."""
    low, high = part.bounds
    arrays = layer(part, np.float64, n_rows=2000)
    with np.errstate(all="ignore"):
        a = forward(part, np.concatenate([arrays.z, 100 * arrays.z], axis=1), arrays.params)
    margin = 1e-9 * (1 + max(abs(bound) for bound in (low, high, 0) if np.isfinite(bound)))
    for extreme in (a.min(), a.max()):
        require(
            low - margin <= extreme <= high + margin,
            part,
            "bounds",
            f"is ({low}, {high}), and forward gives {extreme:.6g}",
            "Give the infimum and the supremum of the activations.",
        )
    require(
        np.isfinite(part.dropout_value) and low - margin <= part.dropout_value <= high + margin,
        part,
        "dropout_value",
        f"is {part.dropout_value!r}, and the activations lie in [{low}, {high}]",
        "Give what a dropped unit becomes: a number that a unit may have.",
    )


def gain_keeps_the_size_of_the_signal(part: Activation) -> None:
    """`gain` is 1 over the root mean square for standard normal summed inputs."""
    n_units = 12  # a multiple of most sizes of blocks
    rng = np.random.RandomState(1)
    z = rng.normal(size=(1, 40_000, call(part, "input_width", n_units)))
    noise = generators(1) if part.is_random else None
    a = _forward(part, z, _initial(part, n_units), n_units, noise)
    size = np.sqrt(np.square(a).mean())
    require_close(
        part,
        "gain",
        "does not keep the size of the signal from layer to layer",
        part.gain,
        1 / size if size else 1.0,
        "Leave it to the base class, which computes 1 / sqrt(E[a**2]) for standard normal z, or "
        "give that number.",
        rtol=0.02,
    )


def initialization_is_a_name(part: Activation) -> None:
    """`initialization` names an initializer, and `sklearn_init_factor` is above 0."""
    require(
        part.initialization in INITIALIZERS,
        part,
        "initialization",
        f"is {part.initialization!r}",
        f"Give the name that initialization='auto' is to take: one of {sorted(INITIALIZERS)}.",
    )
    require(
        0 < part.sklearn_init_factor < np.inf,
        part,
        "sklearn_init_factor",
        f"is {part.sklearn_init_factor!r}",
        "Give a number above 0: weights are within sqrt(factor / (fan_in + fan_out)).",
    )


def parameters_rate_is_a_factor(part: Activation) -> None:
    """`parameters_rate` is a finite number that is not negative."""
    rate = part.parameters_rate
    require(
        isinstance(rate, Real) and 0 <= float(rate) < np.inf,
        part,
        "parameters_rate",
        f"is {rate!r}",
        "Give the factor of the learning rate for what the activation learns, such as 1.0; 0 keeps "
        "that as it starts.",
    )


def what_passes_through_is_the_identity(part: Activation) -> None:
    """With `passes_through`, `a` is `z`: training never calls ``backward``."""
    if part.passes_through:
        arrays = layer(part, np.float64)
        a = forward(part, arrays.z, arrays.params)
        require(
            same_bits(a, arrays.z),
            part,
            "passes_through",
            "is True, and forward does not give z as it is",
            "Set it to False, so that backward is called.",
        )


def linear_pieces_are_linear(part: Activation) -> None:
    """With `is_piecewise_linear`, rows with equal `linear_pieces` are on one linear piece."""
    if not part.is_piecewise_linear:
        return
    n_units, n_rows = 2, 4000
    rng = np.random.RandomState(0)
    scale = 10.0 ** rng.randint(-1, 3, (2, 1, n_rows, 1))
    z = scale * rng.normal(size=(2, 1, n_rows, call(part, "input_width", n_units)))
    params = _initial(part, n_units)
    a = [_forward(part, each, params, n_units) for each in z]
    pieces = [call(part, "linear_pieces", *each, params) for each in zip(z, a, strict=True)]
    require(
        pieces[0].shape == z[0].shape,
        part,
        "linear_pieces",
        f"gives shape {pieces[0].shape} for z of shape {z[0].shape}",
        "Give one value for each summed input: equal values of a unit mean the same piece.",
    )
    near = z[0] * (1 + 1e-6)
    pieces_near = call(part, "linear_pieces", near, _forward(part, near, params, n_units), params)
    require(
        (pieces_near == pieces[0]).mean() > 0.5,
        part,
        "is_piecewise_linear",
        "is True, and summed inputs next to each other are on different linear pieces",
        "Set it to False if the activation is curved.",
    )
    same = (pieces[0] == pieces[1]).all(axis=-1)[0]
    for output in range(a[0].shape[-1]):
        grad_a = np.zeros_like(a[0])
        grad_a[..., output] = 1
        arrays = LayerArrays(z[0].copy(), grad_a, params)
        arrays.a[...] = a[0]
        arrays.back(part)
        by_slope = np.vecdot(arrays.grad_z, z[1] - z[0])[0, same]
        change = (a[1] - a[0])[0, same, output]
        require_close(
            part,
            "linear_pieces",
            "says of two inputs that they are on one linear piece, but between them the "
            "activation changes by another amount than its slope makes",
            change,
            by_slope,
            "Set is_piecewise_linear = False if it is curved; else override linear_pieces so that "
            "pieces with the same slope have different values.",
            rtol=1e-6,
            atol=1e-6,
        )


def monotone_activations_are_monotone(part: Activation) -> None:
    """With `is_monotone`, no activation falls where its summed input rises, and no other changes
    it."""
    if not part.is_monotone:
        return
    n_rows = 4000
    widths = call(part, "input_width", N_UNITS), call(part, "output_width", N_UNITS)
    require(
        widths == (N_UNITS, N_UNITS) and not part.is_random,
        part,
        "is_monotone",
        "is True, but a unit has several summed inputs or activations, or draws random numbers",
        "Set it to False: max pooling comes before the activation where it is True.",
    )
    rng = np.random.RandomState(4)
    z = np.sort(10.0 ** rng.uniform(-2, 2, (1, n_rows, 1)) * rng.choice([-1, 1], (1, n_rows, 1)), 1)
    z = np.repeat(z, N_UNITS, axis=2)
    orders = [rng.permutation(n_rows) for _ in range(N_UNITS)]
    mixed = np.stack([z[:, order, i] for i, order in enumerate(orders)], axis=2)
    params = _initial(part, N_UNITS)
    for sign in (1, -1):  # of what it learns, for training may turn it around
        learned = {name: sign * values for name, values in params.items()}
        a = _forward(part, mixed, learned, N_UNITS)
        rising = np.stack([a[0, np.argsort(order), i] for i, order in enumerate(orders)], axis=1)
        require(
            np.diff(rising, axis=0).min() >= -1e-12 * (1 + np.abs(rising).max()),
            part,
            "is_monotone",
            "is True, but a larger summed input gives a smaller activation",
            "Set it to False: max pooling comes before the activation where it is True.",
        )


def _initial(part, n_units):
    """Learned parameters of one network, as before training."""
    shapes = call(part, "parameter_shapes", n_units)
    params = {name: np.full((1, 1, *shape), np.nan) for name, shape in shapes.items()}
    call(part, "init_parameters", params)
    return params


def _forward(part, z, params, n_units, noise=None):
    a = np.zeros((*z.shape[:2], call(part, "output_width", n_units)))
    call(part, "forward", z, a, params, noise)
    return a


def alike_units_are_alike(part: Activation) -> None:
    """With `units_are_alike`, units in another order give the same activations in that order."""
    if not part.units_are_alike:
        return
    arrays = layer(part, np.float64)
    order = np.random.RandomState(3).permutation(N_UNITS)

    def permuted(columns):
        return columns.reshape(*columns.shape[:-1], -1, N_UNITS)[..., order].reshape(columns.shape)

    params = {
        name: permuted(values) if values.shape[-1] == N_UNITS else values
        for name, values in arrays.params.items()
    }
    require_close(
        part,
        "units_are_alike",
        "is True, but units in another order do not give the same",
        forward(part, permuted(arrays.z), params),
        permuted(forward(part, arrays.z, arrays.params)),
        "Set it to False if a unit depends on its place, or on other units. The columns of a unit "
        "are n_units apart.",
        rtol=1e-9,
    )


def expression_is_what_forward_does(part: Activation) -> None:
    """``expression``, if the part has one, gives what ``forward`` gives when predicting, by
    functions that can be exported."""
    if not is_given(part):
        return
    arrays = layer(part, np.float64)
    a = forward(part, arrays.z, arrays.params)
    params = {name: Noted(values) for name, values in arrays.params.items()}
    noted = call(part, "expression", Noted(arrays.z), params)
    require(
        isinstance(noted, Noted) and noted.values.shape == a.shape,
        part,
        "expression",
        f"gives {type(noted).__name__} of shape {np.shape(getattr(noted, 'values', noted))} for "
        f"activations of shape {a.shape}",
        "Return one expression of z, params and functions of NumPy.",
    )
    require_close(
        part,
        "expression",
        "gives something else than forward when predicting",
        noted.values,
        a,
        "to_onnx exports it in place of forward: write the same formula.",
    )


CHECKS = (
    bounds_hold,
    gain_keeps_the_size_of_the_signal,
    initialization_is_a_name,
    parameters_rate_is_a_factor,
    what_passes_through_is_the_identity,
    linear_pieces_are_linear,
    monotone_activations_are_monotone,
    alike_units_are_alike,
    expression_is_what_forward_does,
)
