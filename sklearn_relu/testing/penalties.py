"""Rules of penalties on weights."""

import numpy as np

from sklearn_relu.penalties import Penalty
from sklearn_relu.testing.reporting import (
    DTYPES,
    call,
    require,
    require_close,
    require_unwritten,
    same_bits,
)

STRENGTH = np.array([0.5, 2.0, 1.3])
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(20)


def _weights(dtype=np.float64, shape=(3, 9, 5)):
    """Weights of three networks, none near 0."""
    rng = np.random.RandomState(0)
    return (rng.uniform(0.1, 2, shape) * rng.choice([-1, 1], shape)).astype(dtype)


def _gradient(part, weights, strength, start=0.0):
    grad = np.full_like(weights, start)
    call(part, "add_gradient", weights, grad, strength)
    return grad


def _moved(part, weights, step):
    moved = weights.copy()
    call(part, "prox", moved, step.copy())
    return moved


def value_is_one_number_a_network(part: Penalty) -> None:
    """The value has shape (n_networks,) and is finite, also for weights that are all 0."""
    for dtype in DTYPES:
        for weights in (_weights(dtype), np.zeros((3, 9, 5), dtype)):
            value = call(part, "value", weights)
            require(
                np.shape(value) == (3,) and np.isfinite(value).all(),
                part,
                "value",
                f"returns {value!r} for 3 networks",
                "Return one finite number for each: sum over axis=(1, 2).",
            )


def inputs_are_not_written(part: Penalty) -> None:
    """Weights are written by ``prox`` alone; `strength` and `step` are only read."""
    weights, step = _weights(), np.full((3, 9, 5), 0.3)
    of_weights = {"weights": weights}
    require_unwritten(part, "value", of_weights, lambda: call(part, "value", weights))
    inputs = of_weights | {"strength": STRENGTH}
    require_unwritten(
        part, "add_gradient", inputs, lambda: _gradient(part, weights, inputs["strength"])
    )
    require_unwritten(
        part, "prox", {"step": step}, lambda: call(part, "prox", weights.copy(), step)
    )


def gradient_is_added(part: Penalty) -> None:
    """The gradient is added to what `grad` holds, which is the gradient of the loss."""
    weights = _weights()
    require_close(
        part,
        "add_gradient",
        "does not add its gradient to grad",
        _gradient(part, weights, STRENGTH, start=5.0),
        _gradient(part, weights, STRENGTH) + 5,
        "Write grad += ..., not grad[...] = ....",
    )


def gradient_is_that_of_the_value(part: Penalty) -> None:
    """Of a smooth penalty, ``add_gradient`` adds the derivative of ``value``."""
    if not part.is_smooth:
        return
    weights, step = _weights(), 1e-5
    grad = _gradient(part, weights, np.ones(3))
    for seed in range(5):
        direction = np.random.RandomState(seed).normal(size=weights.shape)
        up, down = (call(part, "value", weights + sign * step * direction) for sign in (1, -1))
        require_close(
            part,
            "add_gradient",
            "adds a gradient that is not that of value, in a random direction",
            (grad * direction).sum(axis=(1, 2)),
            (up - down) / (2 * step),
            "Expected are differences of value. Mind factors such as the half of w**2 / 2.",
            rtol=1e-5,
            atol=1e-6 * (1 + float(np.linalg.norm(grad))),
        )


def strength_is_each_networks_own(part: Penalty) -> None:
    """The gradient of a network is in proportion to its own strength."""
    weights = _weights()
    require_close(
        part,
        "add_gradient",
        "does not multiply each network by its own strength",
        _gradient(part, weights, STRENGTH),
        STRENGTH[:, None, None] * _gradient(part, weights, np.ones(3)),
        "strength has shape (n_networks,): use strength[:, None, None].",
    )


def fused_calls_are_the_single_ones(part: Penalty) -> None:
    """``value_and_gradient`` and ``bound`` do ``add_gradient``, and give strength times value."""
    weights = _weights()
    expected = STRENGTH * call(part, "value", weights), _gradient(part, weights, STRENGTH)
    for method in ("value_and_gradient", "bound"):
        grad = np.zeros_like(weights)
        if method == "bound":
            value = call(part, method, weights, grad)(STRENGTH)
        else:
            value = call(part, method, weights, grad, STRENGTH)
        for name, got, wanted in zip(("value", "grad"), (value, grad), expected, strict=True):
            require_close(
                part,
                method,
                f"gives another {name} than value and add_gradient",
                got,
                wanted,
                "Leave the method to the base class, or do in it what that does.",
            )


def prox_and_smoothness_agree(part: Penalty) -> None:
    """``prox`` moves weights just if `is_smooth` is False."""
    for sign in (1, -1):
        weights = sign * abs(_weights())
        moves = not same_bits(_moved(part, weights, np.full_like(weights, 0.3)), weights)
        if moves:
            break
    require(
        moves != bool(part.is_smooth),
        part,
        "is_smooth",
        f"is {part.is_smooth!r}, and prox {'moves' if moves else 'does not move'} weights",
        "Without a prox set is_smooth = True, so that full-batch solvers take it; with one set it "
        "to False, or training never calls prox.",
    )


def prox_minimizes(part: Penalty) -> None:
    """``prox`` finds the least of the part that is not smooth plus the squared distance.

    That part is ``value`` without the integral of ``add_gradient``. Steps may differ by weight.
    """
    if part.is_smooth:
        return
    rng = np.random.RandomState(0)
    start = rng.normal(size=(1, 4, 3)) * [[[2], [1], [0.3], [0]]]
    step = 0.4 * 10 ** rng.uniform(-1, 0, start.shape)
    nearest = _moved(part, start, step)
    if not np.isfinite(nearest).all():
        nearest = np.full_like(start, 1e3)

    def cost(weights):
        distance = (weights - start) ** 2 / (2 * step)
        return distance.sum() + (call(part, "value", weights) - _smooth_part(part, weights))[0]

    for size in (1e-3, 0.1, 1.0):
        for _ in range(50):
            aside = size * rng.normal(size=start.shape) * (rng.uniform(size=start.shape) < 0.5)
            better = cost(nearest + aside)
            require(
                cost(nearest) <= better + 1e-10,
                part,
                "prox",
                f"is not the proximal step of value: weights at a distance of {size:g} cost "
                f"{better:.6g}, its own {cost(nearest):.6g}",
                "It is to minimize (x - w)**2 / (2 * step) plus what value has over the part that "
                "add_gradient is the gradient of. step is strength times the learning rate.",
            )


def _smooth_part(part, weights):
    """The integral of the gradient from 0 to the weights."""
    total = 0.0
    for node, factor in zip(NODES, NODE_WEIGHTS, strict=True):
        grad = _gradient(part, (node + 1) / 2 * weights, np.ones(1))
        total = total + factor / 2 * (grad * weights).sum(axis=(1, 2))
    return total


def prox_of_no_step_moves_nothing(part: Penalty) -> None:
    """Where the step is 0, as with strength 0, ``prox`` leaves the weights as they are."""
    for dtype in DTYPES:
        weights = _weights(dtype)
        weights[:, 0] = 0
        with np.errstate(all="ignore"):
            moved = _moved(part, weights, np.zeros_like(weights))
        require(
            same_bits(moved, weights),
            part,
            "prox",
            f"moves weights by a step of 0 ({np.dtype(dtype)})",
            "alpha=0 means no penalty: do not divide by the step, and let 0 move nothing.",
        )


def networks_do_not_influence_each_other(part: Penalty) -> None:
    """A network of a stack gives the bits that it gives alone, for few and many weights."""
    for dtype in DTYPES:
        for shape in ((3, 9, 5), (3, 5000, 7)):
            weights, strength = _weights(dtype, shape), STRENGTH.astype(dtype)
            together = _all_of(part, weights, strength)
            for i in range(3):
                one = slice(i, i + 1)
                alone = _all_of(part, weights[one], strength[one])
                for method, result in alone.items():
                    require(
                        same_bits(result, together[method][one]),
                        part,
                        method,
                        f"gives network {i} of a stack other bits than alone, for weights of shape "
                        f"{shape[1:]}",
                        "The first axis counts networks: take no sum, norm or maximum over it.",
                    )


def _all_of(part, weights, strength):
    return {
        "value": call(part, "value", weights),
        "add_gradient": _gradient(part, weights, strength),
        "prox": _moved(part, weights, np.full_like(weights, 0.1)),
    }


def elementwise_penalties_may_come_as_a_block(part: Penalty) -> None:
    """With `elementwise`, weights in another shape give the same, and values add up."""
    if not part.elementwise:
        return
    weights = _weights()
    halves = [call(part, "value", weights[:, rows]) for rows in (slice(0, 2), slice(2, None))]
    require_close(
        part,
        "value",
        "of all weights is not the sum of the values of two halves, though elementwise is True",
        call(part, "value", weights),
        halves[0] + halves[1],
        "Set elementwise = False unless the penalty is a sum over single weights.",
    )
    block = weights.reshape(3, -1, 1)
    expected, got = _all_of(part, weights, STRENGTH), _all_of(part, block, STRENGTH)
    for method, wanted in expected.items():
        require_close(
            part,
            method,
            "gives something else for all weights as one column, though elementwise is True",
            got[method].reshape(wanted.shape),
            wanted,
            "Set elementwise = False unless the penalty is a sum over single weights.",
        )


def float32_is_float64_rounded(part: Penalty) -> None:
    """Both precisions give the same numbers, up to rounding."""
    weights, strength = _weights(np.float32), STRENGTH.astype(np.float32)
    exact = _all_of(part, weights.astype(np.float64), strength.astype(np.float64))
    for method, got in _all_of(part, weights, strength).items():
        require_close(
            part,
            method,
            "gives in float32 something else than in float64",
            got,
            exact[method],
            "Avoid differences of large numbers, and constants that float32 cannot hold.",
            rtol=1e-4,
            atol=1e-5,
        )


CHECKS = (
    value_is_one_number_a_network,
    inputs_are_not_written,
    gradient_is_added,
    gradient_is_that_of_the_value,
    strength_is_each_networks_own,
    fused_calls_are_the_single_ones,
    prox_and_smoothness_agree,
    prox_of_no_step_moves_nothing,
    prox_minimizes,
    elementwise_penalties_may_come_as_a_block,
    networks_do_not_influence_each_other,
    float32_is_float64_rounded,
)
