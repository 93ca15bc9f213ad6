"""Rules of penalties on hidden activations."""

import numpy as np

from sklearn_relu.penalties import ActivityPenalty
from sklearn_relu.testing.reporting import (
    DTYPES,
    call,
    require,
    require_close,
    require_unwritten,
    same_bits,
)

METHOD = "value_and_gradient"
STRENGTH = np.array([0.5, 2.0, 1.3])


def _arrays(part, dtype=np.float64, n_rows=30):
    """Activations, sample weights and strengths of three networks."""
    rng = np.random.RandomState(0)
    a = rng.uniform(0.05, 0.95, (3, n_rows, 4))
    if not part.needs_rates:
        a *= rng.choice([-2, 2], a.shape)
    weight = rng.uniform(0.1, 2, (3, n_rows, 1))
    return a.astype(dtype), weight.astype(dtype), STRENGTH.astype(dtype)


def _evaluate(part, a, weight, strength, start=0.0):
    grad_a = np.full_like(a, start)
    weight = None if weight is None else weight.copy()
    return call(part, METHOD, a.copy(), weight, strength.copy(), grad_a), grad_a


def value_is_one_number_a_network(part: ActivityPenalty) -> None:
    """The value has shape (n_networks,) and is finite, also for units that are silent."""
    for dtype in DTYPES:
        a, weight, strength = _arrays(part, dtype)
        for activations in (a, np.zeros_like(a)):
            value, _ = _evaluate(part, activations, weight, strength)
            require(
                np.shape(value) == (3,) and np.isfinite(value).all(),
                part,
                METHOD,
                f"returns {value!r} for 3 networks",
                "Return one finite number for each: sum over axis=(1, 2).",
            )


def inputs_are_not_written(part: ActivityPenalty) -> None:
    """`a`, `weight` and `strength` are only read."""
    a, weight, strength = _arrays(part)
    inputs = {"a": a, "weight": weight, "strength": strength}
    given = a, weight, strength, np.zeros_like(a)
    require_unwritten(part, METHOD, inputs, lambda: call(part, METHOD, *given))


def gradient_is_added(part: ActivityPenalty) -> None:
    """The gradient is added to what `grad_a` holds, which is the gradient of all behind it."""
    a, weight, strength = _arrays(part)
    (_, grad), (_, on_top) = (
        _evaluate(part, a, weight, strength, start=start) for start in (0.0, 5.0)
    )
    require_close(
        part,
        METHOD,
        "does not add its gradient to grad_a",
        on_top,
        grad + 5,
        "Write grad_a += ..., not grad_a[...] = ....",
    )


def gradient_is_that_of_the_value(part: ActivityPenalty) -> None:
    """The array added to `grad_a` is the derivative of the value, with weights and without."""
    a, weights, strength = _arrays(part)
    step = 1e-5
    for weight in (weights, None):
        _, grad = _evaluate(part, a, weight, strength)
        for seed in range(5):
            direction = np.random.RandomState(seed).normal(size=a.shape)
            up, down = (
                _evaluate(part, a + sign * step * direction, weight, strength)[0]
                for sign in (1, -1)
            )
            require_close(
                part,
                METHOD,
                "adds a gradient that is not that of its value, in a random direction",
                (grad * direction).sum(axis=(1, 2)),
                (up - down) / (2 * step),
                "Expected are differences of the value. Both have the factor strength, and weight.",
                rtol=1e-5,
                atol=1e-6 * float(np.linalg.norm(grad)),
            )


def strength_is_each_networks_own(part: ActivityPenalty) -> None:
    """Value and gradient of a network are in proportion to its own strength."""
    a, weight, strength = _arrays(part)
    value, grad = _evaluate(part, a, weight, strength)
    one_value, one_grad = _evaluate(part, a, weight, np.ones(3))
    problem = "does not multiply each network by its own strength"
    advice = "strength has shape (n_networks,): use strength[:, None, None] for the gradient."
    require_close(part, METHOD, problem, value, strength * one_value, advice)
    require_close(part, METHOD, problem, grad, strength[:, None, None] * one_grad, advice)


def weights_are_repetitions(part: ActivityPenalty) -> None:
    """A sample of weight 2 counts as two samples; without weights each counts 1."""
    a, _, strength = _arrays(part)
    counts = np.arange(a.shape[1]) % 3
    weight = np.tile(counts[:, None].astype(float), (3, 1, 1))
    value, _ = _evaluate(part, a, weight, strength)
    repeated, _ = _evaluate(part, np.repeat(a, counts, axis=1), None, strength)
    require_close(
        part,
        METHOD,
        "weighs samples wrongly: a sample of weight 2 is to count as two",
        value,
        repeated,
        "Multiply each row by its weight, and divide means by the sum of weights.",
    )


def networks_do_not_influence_each_other(part: ActivityPenalty) -> None:
    """A network of a stack gives the bits that it gives alone, for few and many rows."""
    for dtype in DTYPES:
        for n_rows in (1, 30, 10_000):
            a, weights, strength = _arrays(part, dtype, n_rows)
            for weight in (weights, None):
                together = _evaluate(part, a, weight, strength)
                for i in range(3):
                    one = slice(i, i + 1)
                    own = None if weight is None else weight[one]
                    alone = _evaluate(part, a[one], own, strength[one])
                    require(
                        all(map(same_bits, alone, (each[one] for each in together))),
                        part,
                        METHOD,
                        f"gives network {i} of a stack other bits than alone ({n_rows} rows)",
                        "The first axis counts networks: take no sum or mean over it.",
                    )


def float32_is_float64_rounded(part: ActivityPenalty) -> None:
    """Both precisions give the same numbers, up to rounding."""
    arrays = _arrays(part, np.float32)
    value, grad = _evaluate(part, *arrays)
    exact_value, exact_grad = _evaluate(part, *(array.astype(np.float64) for array in arrays))
    problem = "gives in float32 something else than in float64"
    advice = "Avoid differences of large numbers, and constants that float32 cannot hold."
    require_close(part, METHOD, problem, value, exact_value, advice, 1e-4, 1e-5)
    require_close(part, METHOD, problem, grad, exact_grad, advice, 1e-4, 1e-5)


CHECKS = (
    value_is_one_number_a_network,
    inputs_are_not_written,
    gradient_is_added,
    gradient_is_that_of_the_value,
    strength_is_each_networks_own,
    weights_are_repetitions,
    networks_do_not_influence_each_other,
    float32_is_float64_rounded,
)
