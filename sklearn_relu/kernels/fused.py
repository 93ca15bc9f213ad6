"""Fused loops: one pass over the data for what NumPy does in several.

They are compiled by numba where the extra ``fast`` is installed and works, and not used otherwise:
each has its NumPy form at the place that calls it, and tests compare the two. Arrays are those of
the engine, network axis first; each network is computed as if it were alone.
"""

from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from sklearn_relu.kernels import compiling
from sklearn_relu.kernels.categories import add_up, look_up
from sklearn_relu.kernels.compiling import NotCompiled
from sklearn_relu.kernels.exponentials import TAYLOR, exponential
from sklearn_relu.kernels.images.loops import largest, to_largest
from sklearn_relu.kernels.recurrent import add_rectify, gate_step, gate_step_back
from sklearn_relu.kernels.waves import waves, waves_back

OPTIONS = {"error_model": "numpy", "nogil": True}
"""For numba. With this error model no division is tested for 0, which would keep loops from vector
units."""

OPTIONS_OF_SUMS = OPTIONS | {"fastmath": {"reassoc"}}

LEAST_EXPONENT, LEAST_EXPONENT_64 = -60.0, -650.0
"""Of a probability in a gradient, for either precision: of smaller ones, which change nothing,
products come to be subnormal numbers, and processors take many times as long for these."""

IN_ORDER = 256
"""Rows whose sum float32 makes in order; the sums of such blocks are added up in float64.

In order, the rounding errors of a million rows come to hundreds of units in the last place. Of
this many they are few, and in the sum of many blocks they average out: it is as accurate as
NumPy's pairwise sums. In float64 a sum is made in order as a whole.
"""

EQUALS_IN_ORDER = 32
"""The same where many terms may be equal, as SELU's slopes on the right are: all blocks then have
the same rounding error, which no average removes."""

WEIGHTS_AT_ONCE = 4096
"""The same for sums over neighbours in memory, which vector units make of 32 or more in turn."""


@cache
def loops() -> SimpleNamespace | None:
    """The compiled loops by name, or None where numba is not installed, fails or is switched off.

    The first call for an installation and a precision compiles, which is said once; the results
    are kept on disk where a folder can be written.
    """
    with compiling.lock:
        return _new_loops()


def _new_loops() -> SimpleNamespace | None:
    if not compiling.numba_works():
        return None
    try:
        compiled = made_by(
            partial(compiling.compiled, options=OPTIONS),
            partial(compiling.compiled, options=OPTIONS_OF_SUMS),
        )
    except Exception as error:
        compiling.say_numpy_does(f"numba cannot compile them ({compiling.in_a_line(error)})")
        return None
    if compiled.adam.stats.cache_path is None:
        compiling.say(
            "cache",
            "numba compiles its loops in each process, which takes some seconds: no folder to keep "
            "them can be written. NUMBA_CACHE_DIR may name one.",
        )
    elif not any(compiling.kept(loop) for loop in vars(compiled).values()):
        compiling.say(
            "cache",
            "numba compiles its loops, once for this installation; this takes some seconds.",
        )
    return compiled


def least_exponent(dtype: np.dtype) -> float:
    """The one for this precision, for NumPy's forms."""
    return LEAST_EXPONENT if dtype.itemsize == 4 else LEAST_EXPONENT_64


def run(name: str, *args: Any) -> bool:
    """Run a loop; returns False, with nothing done, where its NumPy form is to run."""
    compiled = loops()
    if compiled is None:
        return False
    try:
        getattr(compiled, name)(*args)
    except NotCompiled:
        return False
    except Exception as error:
        _mend(compiled, name, args, error)
        return run(name, *args)
    return True


def bound(name: str, *args: Any, otherwise: Callable) -> Callable:
    """A loop with its first arguments bound, or its NumPy form, which `otherwise` makes."""
    compiled = loops()
    if compiled is None:
        return otherwise()
    return partial(_run_bound, compiled, name, args, otherwise)


def _run_bound(
    compiled: SimpleNamespace, name: str, bound_args: tuple, otherwise: Callable, *args: Any
) -> Any:
    try:
        return getattr(compiled, name)(*bound_args, *args)
    except NotCompiled:
        return otherwise()(*args)
    except Exception as error:
        _mend(compiled, name, (*bound_args, *args), error)
        return _run_bound(compiled, name, bound_args, otherwise, *args)


def _mend(compiled: SimpleNamespace, name: str, args: tuple, error: Exception) -> None:
    """Put another loop in place of one that numba could not compile, read or keep."""
    has_sums = name in {loop.__name__ for loop in _SUMS}
    options = OPTIONS_OF_SUMS if has_sums else OPTIONS
    setattr(compiled, name, compiling.mended(getattr(compiled, name), options, args, error))


def made_by(compiler: Callable, of_sums: Callable) -> SimpleNamespace:
    """All loops by name, as one compiler makes them, and those with sums as another one does."""
    loops = {loop.__name__: compiler(loop) for loop in _LOOPS}
    return SimpleNamespace(**loops, **{loop.__name__: of_sums(loop) for loop in _SUMS})


def exp(x: np.ndarray, out: np.ndarray) -> None:
    """``out = exp(x)`` of numbers up to 20, accurate to units in the last place of 1; `out` is
    `x`."""
    if not run("exponential", out, _taylor(out.dtype), 1):
        np.exp(x, out=out)


def expm1(x: np.ndarray, out: np.ndarray) -> None:
    """``out = exp(x) - 1`` of numbers up to 0; `out` is `x`."""
    if not run("exponential", out, _taylor(out.dtype), 0):
        np.expm1(x, out=out)


@cache
def _taylor(dtype: np.dtype) -> np.ndarray:
    return np.array(TAYLOR, dtype)


def shift(z: np.ndarray, bias: np.ndarray) -> None:
    """``z += bias``."""
    n_networks, n_samples, width = z.shape
    for i in range(n_networks):
        row = bias[i, 0].copy()  # contiguous, so that the inner loop is vectorized
        for j in range(n_samples):
            for k in range(width):
                z[i, j, k] += row[k]


def outer(column: np.ndarray, row: np.ndarray, out: np.ndarray) -> None:
    """``out = column @ row``."""
    n_networks, n_samples, width = out.shape
    for i in range(n_networks):
        values = row[i, 0].copy()
        for j in range(n_samples):
            factor = column[i, j, 0]
            for k in range(width):
                out[i, j, k] = factor * values[k]


def rectify(z: np.ndarray, bias: np.ndarray) -> None:
    """``z = max(z + bias, 0)``."""
    n_networks, n_samples, width = z.shape
    zero = z.dtype.type(0)  # one of another type would turn everything into float64
    for i in range(n_networks):
        row = bias[i, 0].copy()
        for j in range(n_samples):
            for k in range(width):
                z[i, j, k] = max(z[i, j, k] + row[k], zero)


def rectify_back(
    a: np.ndarray, grad_a: np.ndarray, grad_z: np.ndarray, grad_bias: np.ndarray
) -> None:
    """``grad_z = grad_a`` where a > 0, else 0; and its sum over the samples."""
    n_networks, n_samples, width = a.shape
    zero = a.dtype.type(0)
    total, sums = np.empty(width, a.dtype), np.empty(width)
    for i in range(n_networks):
        total[:] = 0
        sums[:] = 0
        for j in range(n_samples):
            for k in range(width):
                grad = grad_a[i, j, k]
                grad = grad if a[i, j, k] > zero else grad * zero
                grad_z[i, j, k] = grad
                total[k] += grad
            if a.itemsize == 4 and j % IN_ORDER == IN_ORDER - 1:
                for k in range(width):
                    sums[k] += total[k]
                    total[k] = 0
        for k in range(width):
            grad_bias[i, 0, k] = sums[k] + total[k]


def leak(z: np.ndarray, bias: np.ndarray, a: np.ndarray, slope: np.ndarray) -> None:
    """``z += bias``; ``a = z`` where z > 0, else ``slope * z``."""
    n_networks, n_samples, width = z.shape
    zero = z.dtype.type(0)
    for i in range(n_networks):
        row, factor = bias[i, 0].copy(), slope[i, 0].copy()
        for j in range(n_samples):
            for k in range(width):
                x = z[i, j, k] + row[k]
                z[i, j, k] = x
                a[i, j, k] = x if x > zero else x * factor[k]


def leak_back(
    z: np.ndarray,
    grad_a: np.ndarray,
    grad_z: np.ndarray,
    grad_bias: np.ndarray,
    slope: np.ndarray,
    grad_slope: np.ndarray,
) -> None:
    """``grad_z = grad_a`` where z > 0, else ``slope * grad_a``, and its sum over the samples; and
    the sum of ``grad_a * min(z, 0)``."""
    n_networks, n_samples, width = z.shape
    zero = z.dtype.type(0)
    total, slope_total = np.empty(width, z.dtype), np.empty(width, z.dtype)
    sums, slope_sums = np.empty(width), np.empty(width)
    for i in range(n_networks):
        factor = slope[i, 0].copy()
        total[:] = 0
        slope_total[:] = 0
        sums[:] = 0
        slope_sums[:] = 0
        for j in range(n_samples):
            for k in range(width):
                x, grad = z[i, j, k], grad_a[i, j, k]
                slope_total[k] += grad * min(x, zero)
                grad = grad if x > zero else grad * factor[k]
                grad_z[i, j, k] = grad
                total[k] += grad
            if z.itemsize == 4 and j % IN_ORDER == IN_ORDER - 1:
                for k in range(width):
                    sums[k] += total[k]
                    slope_sums[k] += slope_total[k]
                    total[k] = slope_total[k] = 0
        for k in range(width):
            grad_bias[i, 0, k] = sums[k] + total[k]
            grad_slope[i, 0, k] = slope_sums[k] + slope_total[k]


def below(z: np.ndarray, out: np.ndarray, sign: int, bound: float) -> None:
    """``out = min(sign * z, bound)``."""
    n_networks, n_samples, width = z.shape
    number = z.dtype.type
    factor, largest = number(sign), number(bound)
    for i in range(n_networks):
        for j in range(n_samples):
            for k in range(width):
                out[i, j, k] = min(factor * z[i, j, k], largest)


def shift_below(z: np.ndarray, bias: np.ndarray, out: np.ndarray, sign: int, bound: float) -> None:
    """``z += bias``; ``out = min(sign * z, bound)``."""
    n_networks, n_samples, width = z.shape
    number = z.dtype.type
    factor, largest = number(sign), number(bound)
    for i in range(n_networks):
        row = bias[i, 0].copy()
        for j in range(n_samples):
            for k in range(width):
                x = z[i, j, k] + row[k]
                z[i, j, k] = x
                out[i, j, k] = min(factor * x, largest)


RELU, SELU, SILU, MISH = range(4)
"""Functions f that :func:`blend` knows. Each is given by z and an exponential e, which NumPy's
vectorized loops or :func:`exponential` make of :func:`below`: ``expm1(min(z, 0))`` for SELU,
``exp(min(-z, 80))`` for SiLU, ``exp(min(z, 20))`` for Mish, nothing for ReLU. The other operations
are those of the NumPy forms in their order."""

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def blend(z: np.ndarray, a: np.ndarray, share: np.ndarray, function: int) -> None:
    """``a = share * f(z) + (1 - share) * z``, given e in `a`."""
    n_networks, n_samples, width = z.shape
    number = z.dtype.type
    zero, one, two = number(0), number(1), number(2)
    scale, alpha = number(SELU_SCALE), number(SELU_ALPHA)
    for i in range(n_networks):
        factor = share[i, 0].copy()
        rest = one - factor
        for j in range(n_samples):
            for k in range(width):
                x, e = z[i, j, k], a[i, j, k]
                if function == RELU:
                    f = max(x, zero)
                elif function == SELU:
                    f = (max(x, zero) + e * alpha) * scale
                elif function == SILU:
                    f = x / (e + one)
                else:
                    e = e * (e + two)
                    f = e / (e + two) * x
                a[i, j, k] = f * factor[k] + x * rest[k]


def blend_back(
    z: np.ndarray,
    grad_a: np.ndarray,
    grad_z: np.ndarray,
    grad_bias: np.ndarray,
    share: np.ndarray,
    grad_share: np.ndarray,
    function: int,
) -> None:
    """``grad_z = grad_a * (share * f'(z) + 1 - share)``, given e in `grad_z`, and its sum over the
    samples; and the sum of ``grad_a * (f(z) - z)``."""
    n_networks, n_samples, width = z.shape
    number = z.dtype.type
    zero, one, two, four, cap = number(0), number(1), number(2), number(4), number(20)
    scale, alpha = number(SELU_SCALE), number(SELU_ALPHA)
    kink = number(SELU_SCALE * (SELU_ALPHA - 1))
    total, share_total = np.empty(width, z.dtype), np.empty(width, z.dtype)
    sums, share_sums = np.empty(width), np.empty(width)
    for i in range(n_networks):
        factor = share[i, 0].copy()
        total[:] = 0
        share_total[:] = 0
        sums[:] = 0
        share_sums[:] = 0
        for j in range(n_samples):
            for k in range(width):
                x, e, grad = z[i, j, k], grad_z[i, j, k], grad_a[i, j, k]
                if function == RELU:
                    f = max(x, zero)
                    slope = one if f > zero else zero
                elif function == SELU:
                    f = (max(x, zero) + e * alpha) * scale
                    slope = min(f, zero) + scale + (kink if f <= zero else zero)
                elif function == SILU:
                    f = x / (e + one)
                    slope = (f * e + one) / (e + one)
                else:
                    u = e + one
                    q = u * u + one
                    slope = (min(x, cap) * four * u / q + u + one) * e / q
                    e = e * (e + two)
                    f = e / (e + two) * x
                share_total[k] += (f - x) * grad
                through = grad * factor[k]
                grad = slope * through + (grad - through)
                grad_z[i, j, k] = grad
                total[k] += grad
            if z.itemsize == 4 and j % EQUALS_IN_ORDER == EQUALS_IN_ORDER - 1:
                for k in range(width):
                    sums[k] += total[k]
                    share_sums[k] += share_total[k]
                    total[k] = share_total[k] = 0
        for k in range(width):
            grad_bias[i, 0, k] = sums[k] + total[k]
            grad_share[i, 0, k] = share_sums[k] + share_total[k]


def parabola_back(
    a: np.ndarray,
    grad_a: np.ndarray,
    grad_z: np.ndarray,
    grad_bias: np.ndarray,
    constant: float,
    linear: float,
) -> None:
    """``grad_z = grad_a * (constant + linear * a - a**2)``, and its sum over the samples."""
    n_networks, n_samples, width = a.shape
    number = a.dtype.type
    offset, factor = number(constant), number(linear)
    total, sums = np.empty(width, a.dtype), np.empty(width)
    for i in range(n_networks):
        total[:] = 0
        sums[:] = 0
        for j in range(n_samples):
            for k in range(width):
                x = a[i, j, k]
                grad = grad_a[i, j, k] * (offset + (factor - x) * x)
                grad_z[i, j, k] = grad
                total[k] += grad
            if a.itemsize == 4 and j % IN_ORDER == IN_ORDER - 1:
                for k in range(width):
                    sums[k] += total[k]
                    total[k] = 0
        for k in range(width):
            grad_bias[i, 0, k] = sums[k] + total[k]


def logistic_loss(y: np.ndarray, raw: np.ndarray, grad_raw: np.ndarray, value: np.ndarray) -> None:
    """``value = sum(log(1 + exp(raw)) - y * raw)`` of each sample, and its gradient, in which no
    probability is next to nothing (:data:`LEAST_EXPONENT`)."""
    n_networks, n_samples, width = raw.shape
    number = raw.dtype.type
    least = number(np.exp(LEAST_EXPONENT if raw.itemsize == 4 else LEAST_EXPONENT_64))
    for i in range(n_networks):
        for j in range(n_samples):
            total = raw[i, j, 0] * 0
            for k in range(width):
                x, target = raw[i, j, k], y[i, j, k]
                small = np.exp(-abs(x))
                total += np.log1p(small) + (max(x, 0) - target * x)
                small = max(small, least)
                grad_raw[i, j, k] = (1 if x >= 0 else small) / (1 + small) - target
            value[i, j] = total


def below_largest(y: np.ndarray, raw: np.ndarray, out: np.ndarray, of_target: np.ndarray) -> None:
    """``out = raw - max(raw)`` of each sample, but not below :data:`LEAST_EXPONENT`, and
    ``of_target = y @ (raw - max(raw))``."""
    n_networks, n_samples, width = raw.shape
    least = LEAST_EXPONENT if raw.itemsize == 4 else LEAST_EXPONENT_64
    for i in range(n_networks):
        for j in range(n_samples):
            largest = raw[i, j, 0]
            for k in range(1, width):
                largest = max(largest, raw[i, j, k])
            total = largest * 0
            for k in range(width):
                x = raw[i, j, k] - largest
                out[i, j, k] = least if x < least else x
                total += y[i, j, k] * x
            of_target[i, j] = total


def normalize(y: np.ndarray, exponentials: np.ndarray, of_target: np.ndarray) -> None:
    """``exponentials = exponentials / sum - y`` of each sample, and ``of_target = log(sum) -
    of_target``, in place."""
    n_networks, n_samples, width = exponentials.shape
    for i in range(n_networks):
        for j in range(n_samples):
            total = exponentials[i, j, 0] * 0
            for k in range(width):
                total += exponentials[i, j, k]
            of_target[i, j] = np.log(total) - of_target[i, j]
            factor = 1 / total
            for k in range(width):
                exponentials[i, j, k] = exponentials[i, j, k] * factor - y[i, j, k]


def ridge(
    weights: np.ndarray, grads: np.ndarray, row: int, size: int, strength: np.ndarray
) -> np.ndarray:
    """``grads += strength * weights``; returns ``strength * sum(weights**2) / 2``.

    Weights and gradients come as memory (n,), in which each network's `size` begin `row` after
    those of the one before: numba does not know that parts of rows are contiguous.
    """
    values = np.empty(len(strength), weights.dtype)
    number = weights.dtype.type
    block = WEIGHTS_AT_ONCE if weights.itemsize == 4 else size
    for i in range(len(strength)):
        first, factor, squares = i * row, strength[i], 0.0
        for start in range(first, first + size, block):
            part = slice(start, min(start + block, first + size))
            w, g, total = weights[part], grads[part], number(0)
            for k in range(len(w)):
                x = w[k]
                g[k] += factor * x
                total += x * x
            squares += total
        values[i] = factor * number(squares) / 2
    return values


def adam(
    params: np.ndarray,
    grads: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: np.ndarray,
    rate: np.ndarray,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    kept: np.ndarray,
    n_kept: int,
) -> None:
    """Step t of Adam, with moments that lack their factors ``1 - beta``; of the first `n_kept`
    parameters the share `kept` is there before it."""
    n_networks, n_params = params.shape
    number = params.dtype.type
    decay_1, decay_2 = number(beta_1), number(beta_2)
    constant = number(epsilon / np.sqrt(1 - beta_2))
    for i in range(n_networks):
        second_moment = np.sqrt((1 - beta_2 ** t[i, 0]) / (1 - beta_2))
        first_moment = (1 - beta_1) / (1 - beta_1 ** t[i, 0])
        move = number(-rate[i, 0] * second_moment * first_moment)
        share = number(kept[i, 0])
        for k in range(n_kept):
            params[i, k] *= share
        for k in range(n_params):
            g = grads[i, k]
            first = decay_1 * m[i, k] + g
            second = decay_2 * v[i, k] + g * g
            m[i, k] = first
            v[i, k] = second
            params[i, k] += move * (first / (np.sqrt(second) + constant))


def move(
    params: np.ndarray, velocity: np.ndarray, grads: np.ndarray, momentum: float, decay: float
) -> None:
    """``velocity = momentum * velocity + grads - decay * params``; ``params += velocity``."""
    n_networks, n_params = params.shape
    number = params.dtype.type
    kept, lost = number(momentum), number(decay)
    for i in range(n_networks):
        for k in range(n_params):
            x = params[i, k]
            v = kept * velocity[i, k] + grads[i, k] - lost * x
            velocity[i, k] = v
            params[i, k] = x + v


_LOOPS = (
    shift, outer, rectify, rectify_back, leak, leak_back, below, shift_below, blend, blend_back,
    parabola_back, logistic_loss, adam, look_up, add_up, exponential, move,
    largest, to_largest, add_rectify, gate_step, gate_step_back,
)  # fmt: skip

_SUMS = (below_largest, normalize, ridge, waves, waves_back)
"""Loops with sums over neighbours in memory, which are vectorized if their order is free."""
