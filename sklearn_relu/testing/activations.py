"""Rules of activations: what they compute, and where they write it."""

from functools import partial

import numpy as np

from sklearn_relu.activations import Activation
from sklearn_relu.testing.activation_claims import CHECKS as CLAIMS
from sklearn_relu.testing.layers import LayerArrays, back, forward, generators, layer
from sklearn_relu.testing.memory import peak_of
from sklearn_relu.testing.reporting import (
    DTYPES,
    call,
    fail,
    require,
    require_close,
    require_unwritten,
    same_bits,
)

N_ROWS = (1, 3, 6000)
"""Of the batches of a stack: large ones are walked in pieces."""

STEP = 1e-4
"""Of the wider one of two central differences; the other is four times as narrow."""


def widths_are_in_proportion_to_the_units(part: Activation) -> None:
    """``input_width`` and ``output_width`` are whole multiples of the number of units."""
    for method in ("input_width", "output_width"):
        of_one = call(part, method, 2) / 2
        for n_units in range(1, 9):
            width = call(part, method, n_units)
            require(
                isinstance(width, int | np.integer) and width == n_units * of_one and width >= 1,
                part,
                method,
                f"gives {width!r} for {n_units} units, and {2 * of_one:g} for 2",
                "Return a whole number of columns for each unit, as an int: n_units times the "
                "same number.",
            )


def outputs_are_overwritten(part: Activation) -> None:
    """``forward`` fills `a`, ``backward`` fills `grad_z` and `grad_params`, whatever is there."""
    for dtype in DTYPES:
        results = []
        for filler in (np.nan, 3.0):
            arrays = layer(part, dtype, n_rows=6000)
            arrays.z[:, ::7] = 0
            for array in _outputs(arrays).values():
                array.fill(filler)
            call(part, "forward", arrays.z, arrays.a, arrays.params)
            arrays.back(part)
            results.append({name: array.copy() for name, array in _outputs(arrays).items()})
        for name, filled in results[0].items():
            method = "forward" if name == "a" else "backward"
            require(
                not np.isnan(filled).any() and same_bits(filled, results[1][name]),
                part,
                method,
                f"does not overwrite {name} fully: what was in the memory shows in the result",
                f"Fill {name} in place, such as by np.tanh(z, out=a) or grad_z[...] = ...; what is "
                "returned is not used.",
            )


def _outputs(arrays: LayerArrays) -> dict[str, np.ndarray]:
    named = {f"grad_params[{name!r}]": grad for name, grad in arrays.grads.items()}
    return {"a": arrays.a, "grad_z": arrays.grad_z, **named}


def inputs_are_not_written(part: Activation) -> None:
    """``forward`` only reads `z` and `params`; ``backward`` only `z`, `a`, `grad_a`, `params`."""
    for dtype in DTYPES:
        arrays = layer(part, dtype, n_rows=6000)
        learned = {f"params[{name!r}]": values for name, values in arrays.params.items()}
        inputs = {"z": arrays.z, **learned}
        given = arrays.z, arrays.a, arrays.params
        require_unwritten(part, "forward", inputs, partial(call, part, "forward", *given))
        inputs |= {"a": arrays.a, "grad_a": arrays.grad_a}
        require_unwritten(part, "backward", inputs, partial(arrays.back, part))


def gradients_of_the_layer_are_left_alone(part: Activation) -> None:
    """``backward`` is given all that its layer learns, and writes to its own arrays alone."""
    arrays = layer(part, np.float64)
    weight = {"weight": np.full((len(arrays.z), 2, 3), np.nan)}
    arrays.params |= weight
    arrays.grads |= {"weight": weight["weight"].copy()}
    arrays.back(part)
    require(
        same_bits(arrays.grads["weight"], weight["weight"]),
        part,
        "backward",
        "writes to grad_params['weight'], which is its layer's",
        "Write to what parameter_shapes names: both dicts hold more.",
    )


def nothing_is_allocated(part: Activation) -> None:
    """Neither method makes arrays that grow with the batch: training calls them in each step."""
    for dtype in DTYPES:
        arrays = layer(part, dtype, n_rows=20_000)
        calls = {
            "forward": lambda arrays=arrays: part.forward(arrays.z, arrays.a, arrays.params),
            "backward": lambda arrays=arrays: arrays.back(part),
        }
        for method, run in calls.items():
            new = peak_of(run)
            require(
                new < arrays.z.nbytes / 8,
                part,
                method,
                f"allocates {new} bytes for inputs of {arrays.z.nbytes} bytes ({arrays.z.dtype})",
                "Give each function of NumPy its out=: forward may compute in a, backward in "
                "grad_z, which is scratch memory until it is filled. Numbers of another precision "
                "than z make copies too.",
            )


def backward_is_the_derivative_of_forward(part: Activation) -> None:
    """`grad_z` is `grad_a` times the derivative, wherever there is one."""
    for noise in (generators, lambda n: None) if part.is_random else (lambda n: None,):
        arrays = layer(part, np.float64)
        grad_z, _ = back(part, arrays, noise(3))
        for column in range(arrays.z.shape[-1]):
            shift = np.zeros(arrays.z.shape[-1])
            shift[column] = 1
            coarse, fine = (
                _difference(part, arrays, noise, step * shift, {}) / (2 * step)
                for step in (STEP, STEP / 4)
            )
            smooth = abs(coarse - fine) <= 1e-5 * (1 + abs(fine))
            require(
                smooth.mean() > 0.5,
                part,
                "forward",
                "has no derivative at most points",
                "Gradient descent needs one: make it piecewise smooth, and free of rounding.",
            )
            got = np.where(smooth, grad_z[..., column], fine)
            _require_gradient(part, "grad_z", got, fine, "at points without a kink")


def gradients_of_parameters_are_summed(part: Activation) -> None:
    """`grad_params` holds the derivatives by the learned parameters, summed over the samples."""
    arrays = layer(part, np.float64)
    _, grads = back(part, arrays, None)
    require(
        grads.keys() == arrays.params.keys(),
        part,
        "backward",
        f"puts {sorted(grads)} into grad_params for the parameters {sorted(arrays.params)}",
        "Fill the arrays that are there.",
    )
    for name, values in arrays.params.items():
        for place in np.ndindex(values.shape[1:]):
            shift = np.zeros(values.shape[1:])
            shift[place] = STEP / 4
            moved = _difference(part, arrays, lambda n: None, 0.0, {name: shift})
            numeric = moved.sum(axis=1) / (STEP / 2)
            got = grads[name][:, *place]
            _require_gradient(part, f"grad_params[{name!r}]", got, numeric, "summed over samples")


def _difference(part, arrays, noise, shift, of_params):
    """``grad_a`` times the change of `a` between two sides, of each sample."""
    sides = []
    for sign in (1, -1):
        params = {
            name: values + sign * of_params.get(name, 0.0) for name, values in arrays.params.items()
        }
        sides.append(forward(part, arrays.z + sign * shift, params, noise(3)))
    return np.vecdot(sides[0] - sides[1], arrays.grad_a)


def _require_gradient(part, name, got, numeric, which):
    require_close(
        part,
        "backward",
        f"gives a wrong {name}",
        got,
        numeric,
        f"Expected are differences of forward, {which}, times grad_a. Check the formula, its sign, "
        "and that it uses z, a and params of this call.",
        rtol=1e-5,
        atol=1e-5 * (1 + abs(numeric).max()),
    )


def derivative_at_zero_is_between_the_slopes(part: Activation) -> None:
    """Where all summed inputs are 0, as for rows of zeros, `grad_z` is a slope of one side or
    between both."""
    arrays = layer(part, np.float64, n_rows=1, n_networks=1)
    arrays.z[...], step = 0, 1e-6
    at = forward(part, arrays.z, arrays.params)
    for output in range(arrays.a.shape[-1]):
        arrays.grad_a[...] = np.arange(arrays.a.shape[-1]) == output
        with np.errstate(all="ignore"):
            grad_z, _ = back(part, arrays, None)
        for column in range(arrays.z.shape[-1]):
            shift = step * (np.arange(arrays.z.shape[-1]) == column)
            right = forward(part, arrays.z + shift, arrays.params) - at
            left = at - forward(part, arrays.z - shift, arrays.params)
            slopes = sorted((right[0, 0, output] / step, left[0, 0, output] / step))
            got = grad_z[0, 0, column]
            margin = 1e-4 * (1 + max(map(abs, slopes)))
            if not slopes[0] - margin <= got <= slopes[1] + margin:
                fail(
                    part,
                    "backward",
                    f"gives the derivative {got:.6g} at z=0, where the slopes of forward are "
                    f"{slopes[0]:.6g} and {slopes[1]:.6g}",
                    "Rows of zeros are common. Avoid 0 / 0, and at a kink choose a number from the "
                    "one slope to the other.",
                )


def networks_do_not_influence_each_other(part: Activation) -> None:
    """A network of a stack gives the bits that it gives alone, for few and many rows."""
    for dtype in DTYPES:
        for n_rows in N_ROWS:
            arrays = layer(part, dtype, n_rows)
            a = forward(part, arrays.z, arrays.params)
            grads = back(part, arrays, None)
            for i in range(len(arrays.z)):
                alone = arrays.of(slice(i, i + 1))
                own = back(part, alone, None)
                results = {
                    "forward": (a[i : i + 1], forward(part, alone.z, alone.params)),
                    "backward": (
                        {"z": grads[0][i : i + 1]} | {k: v[i : i + 1] for k, v in grads[1].items()},
                        {"z": own[0]} | own[1],
                    ),
                }
                for method, (stacked, single) in results.items():
                    require(
                        same_bits(stacked, single),
                        part,
                        method,
                        f"gives network {i} of a stack other bits than alone ({n_rows} rows)",
                        "The first axis counts networks: take no sum, mean or maximum over it, nor "
                        "over a whole array, but over axis=1 or axis=-1.",
                    )


def float32_is_float64_rounded(part: Activation) -> None:
    """Both precisions give the same numbers, up to rounding."""
    arrays = layer(part, np.float32)
    precise = arrays.astype(np.float64)
    a, exact = forward(part, arrays.z, arrays.params), forward(part, precise.z, precise.params)
    advice = (
        "Avoid differences of large numbers, and constants that one precision alone can hold, such "
        "as 1e-300."
    )
    problem = "gives in float32 something else than in float64"
    require_close(part, "forward", problem, a, exact, advice, 1e-5, 1e-5)
    grads, exact_grads = back(part, arrays, None), back(part, precise, None)
    pairs = {"z": (grads[0], exact_grads[0])}
    pairs |= {name: (grad, exact_grads[1][name]) for name, grad in grads[1].items()}
    for name, (got, expected) in pairs.items():
        size = 1e-5 * (1 + abs(expected).max())
        require_close(part, "backward", f"{problem} ({name})", got, expected, advice, 1e-4, size)


def extreme_inputs_give_finite_results(part: Activation) -> None:
    """Summed inputs from the smallest numbers to +-1e4 give finite results without a warning."""
    for dtype in DTYPES:
        tiny = np.finfo(dtype).smallest_subnormal
        positive: np.ndarray = np.array(
            [0.0, tiny, 1e-30, 1e-4, 0.5, 1, 3, 6, 20, 88.8, 1e4], dtype
        )
        values = np.concatenate([-positive, positive])
        arrays = layer(part, dtype, n_rows=len(values), n_networks=1, initial=True)
        arrays.z[...] = values[None, :, None]
        arrays.grad_a[...] = 1
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            a = forward(part, arrays.z, arrays.params)
            grad_z, grads = back(part, arrays, None)
        for name, array in {"a": a, "grad_z": grad_z, **grads}.items():
            require(
                np.isfinite(array).all(),
                part,
                "forward" if name == "a" else "backward",
                f"gives {name} that is not finite for summed inputs of up to 1e4 ({array.dtype})",
                "Write the formula so that no exponential of a large number appears, such as with "
                "scipy.special.expit or np.logaddexp.",
            )


def calls_with_a_bias_are_calls_of_the_sum(part: Activation) -> None:
    """``bias_forward`` leaves ``z + bias`` in `z` and does ``forward`` of it; ``bias_backward``
    does ``backward`` and sums `grad_z` over the samples."""
    for shared in (False,) if part.needs_summed_input else (False, True):
        arrays = layer(part, np.float64)
        bias = np.random.RandomState(1).normal(size=(3, 1, arrays.z.shape[-1]))
        summed = arrays.z + bias
        expected = forward(part, summed, arrays.params)
        a = arrays.z if shared else arrays.a
        call(part, "bias_forward", arrays.z, bias, a, arrays.params)
        advice = "Leave the method to the base class, or do what that does in one pass."
        near = partial(require_close, advice=advice, rtol=1e-12, atol=1e-12)
        near(part, "bias_forward", "gives a wrong a", a, expected)
        if not shared:
            problem = "does not leave z + bias in z"
            near(part, "bias_forward", problem, arrays.z, summed)
        grads = {name: np.zeros_like(values) for name, values in arrays.params.items()}
        grad_a = arrays.grad_a.copy()
        call(part, "backward", arrays.z, a, grad_a, arrays.grad_z, arrays.params, grads)
        given, with_bias = (
            (arrays.z, a, arrays.grad_a),
            (np.zeros_like(summed), np.zeros_like(bias)),
        )
        call(part, "bias_backward", *given, *with_bias, arrays.params, arrays.grads)
        wanted = {"grad_z": arrays.grad_z, "grad_bias": arrays.grad_z.sum(axis=1, keepdims=True)}
        got = dict(zip(wanted, with_bias, strict=True)) | arrays.grads
        for name, array in (wanted | grads).items():
            size = 1e-9 * (1 + float(abs(array).max()))
            near(part, "bias_backward", f"gives a wrong {name}", got[name], array, atol=size)


def shared_memory_gives_the_same(part: Activation) -> None:
    """Unless it `needs_summed_input`, `z` and `a` may be one array, and ``backward`` reads `a`."""
    if part.needs_summed_input:
        return
    arrays = layer(part, np.float64)
    expected, (grad_z, _) = forward(part, arrays.z, arrays.params), back(part, arrays, None)
    advice = "Set needs_summed_input = True, or compute in place and use a alone in backward."
    a = arrays.z.copy()
    call(part, "forward", a, a, arrays.params)
    problem = "gives something else where a is z, though needs_summed_input is False"
    require(same_bits(a, expected), part, "forward", problem, advice)
    arrays.z.fill(np.nan)
    arrays.a[...] = expected
    arrays.back(part)
    problem = "reads z, though needs_summed_input is False"
    require(same_bits(arrays.grad_z, grad_z), part, "backward", problem, advice)


def only_noise_of_its_own_is_drawn(part: Activation) -> None:
    """With `is_random`, each network draws from its own generator alone; without, none is used."""
    for dtype in DTYPES:
        _require_own_noise(part, layer(part, dtype))


def _require_own_noise(part, arrays):
    plain = [forward(part, arrays.z, arrays.params) for _ in range(2)]
    require(
        same_bits(*plain),
        part,
        "forward",
        "gives other activations in each call without generators",
        "Where noise is None, which means predicting, give what it gives on average.",
    )
    noisy = forward(part, arrays.z, arrays.params, generators(3))
    require(
        same_bits(noisy, plain[0]) != part.is_random,
        part,
        "forward",
        f"{'ignores' if part.is_random else 'uses'} its generators, and is_random is "
        f"{part.is_random}",
        "Set is_random = True just if forward draws when training.",
    )
    for i in range(3 if part.is_random else 0):
        own = arrays.of(slice(i, i + 1))
        alone = forward(part, own.z, own.params, generators(3)[i : i + 1])
        require(
            same_bits(alone, noisy[i : i + 1]),
            part,
            "forward",
            f"draws other numbers for network {i} in a stack than alone",
            "Fill a[i] from noise[i] alone: noise[i].random(out=a[i], dtype=a.dtype).",
        )


CHECKS = (
    widths_are_in_proportion_to_the_units,
    outputs_are_overwritten,
    inputs_are_not_written,
    gradients_of_the_layer_are_left_alone,
    only_noise_of_its_own_is_drawn,
    backward_is_the_derivative_of_forward,
    gradients_of_parameters_are_summed,
    derivative_at_zero_is_between_the_slopes,
    networks_do_not_influence_each_other,
    float32_is_float64_rounded,
    extreme_inputs_give_finite_results,
    shared_memory_gives_the_same,
    calls_with_a_bias_are_calls_of_the_sum,
    nothing_is_allocated,
    *CLAIMS,
)
