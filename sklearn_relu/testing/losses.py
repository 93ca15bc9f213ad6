"""Rules of losses: values and gradients."""

from functools import partial

import numpy as np

from sklearn_relu.losses import Loss
from sklearn_relu.testing.loss_outputs import CHECKS as OUTPUTS
from sklearn_relu.testing.reporting import (
    DTYPES,
    call,
    require,
    require_close,
    require_unwritten,
    same_bits,
)
from sklearn_relu.testing.targets import batch, evaluate, excludes_others, kinds_of_weight

METHOD = "value_and_gradient"


def value_is_one_number_a_network(part: Loss) -> None:
    """The value has shape (n_networks,), the dtype of the raw outputs, and is finite."""
    for dtype in DTYPES:
        y, raw, weight = batch(part, dtype)
        for given in kinds_of_weight(part, weight):
            value, _ = evaluate(part, y, raw, given)
            for method, got in ((METHOD, value), ("reported", call(part, "reported", value, 3))):
                require(
                    np.shape(got) == (3,) and np.isfinite(got).all(),
                    part,
                    method,
                    f"returns {got!r} for 3 networks",
                    "Return one finite number for each: sum over axis=(1, 2).",
                )
            require(
                value.dtype == dtype,
                part,
                METHOD,
                f"returns {value.dtype} for raw outputs of {np.dtype(dtype)}",
                "Compute in the precision of raw: give sums no dtype, and use Python's numbers.",
            )


def gradient_is_overwritten(part: Loss) -> None:
    """`grad_raw` is filled, whatever is there."""
    for dtype in DTYPES:
        y, raw, weights = batch(part, dtype)
        raw[:, ::7] = 0
        for weight in kinds_of_weight(part, weights):
            one, other = (evaluate(part, y, raw, weight, filler)[1] for filler in (np.nan, 3.0))
            require(
                not np.isnan(one).any() and same_bits(one, other),
                part,
                METHOD,
                "does not overwrite grad_raw fully: what was in the memory shows in the result",
                "Fill it in place, such as by np.subtract(raw, y, out=grad_raw).",
            )


def inputs_are_not_written(part: Loss) -> None:
    """`y`, `raw` and `weight` are only read."""
    for dtype in DTYPES:
        y, raw, weights = batch(part, dtype)
        for weight in kinds_of_weight(part, weights):
            inputs = {"y": y, "raw": raw} | ({} if weight is None else {"weight": weight})
            given = y, raw, weight, np.zeros_like(raw)
            require_unwritten(part, METHOD, inputs, partial(call, part, METHOD, *given))


def gradient_is_that_of_the_value(part: Loss) -> None:
    """`grad_raw` is the derivative of the value, with weights and without."""
    y, raw, weights = batch(part)
    step = 1e-5
    for weight in kinds_of_weight(part, weights):
        _, grad = evaluate(part, y, raw, weight)
        for seed in range(5):
            direction = np.random.RandomState(seed).normal(size=raw.shape)
            up, down = (
                evaluate(part, y, raw + sign * step * direction, weight)[0] for sign in (1, -1)
            )
            require_close(
                part,
                METHOD,
                "gives a grad_raw that is not the derivative of the value, in a random direction",
                (grad * direction).sum(axis=(1, 2)),
                (up - down) / (2 * step),
                "Expected are differences of the value. The value is the weighted sum over the "
                "batch, not its mean.",
                rtol=1e-5,
                atol=1e-5 * float(np.linalg.norm(grad)),
            )


def weights_are_repetitions(part: Loss) -> None:
    """A sample of weight 2 counts as two samples; without weights each counts 1."""
    y, raw, _ = batch(part)
    counts = np.arange(y.shape[1]) % 3
    weight = np.tile(counts[:, None].astype(float), (3, 1, 1))
    value, _ = evaluate(part, y, raw, weight)
    repeated, _ = evaluate(part, np.repeat(y, counts, axis=1), np.repeat(raw, counts, axis=1))
    require_close(
        part,
        METHOD,
        "weighs samples wrongly: a sample of weight 2 is to count as two",
        value,
        repeated,
        "Return the sum of weight times loss, not a mean; without weights each sample counts 1.",
    )


def targets_may_have_weights(part: Loss) -> None:
    """Weights for each target weigh that target alone."""
    if excludes_others(part):
        return
    y, raw, weight = batch(part)
    n_targets = y.shape[2]
    weights = weight * np.arange(1, n_targets + 1)
    value, grad = evaluate(part, y, raw, weights)
    alone, alone_grad = 0.0, np.empty_like(grad)
    for k in range(n_targets):
        own = np.s_[..., k::n_targets]
        each, alone_grad[own] = evaluate(part, y[own], raw[own], weights[own])
        alone = alone + each
    for name, got, wanted in (("value", value, alone), ("grad_raw", grad, alone_grad)):
        require_close(
            part,
            METHOD,
            f"gives another {name} for weights of each target than for the targets one by one",
            got,
            wanted,
            "weight may be (n_networks, n_samples, n_targets): multiply each target's loss by its "
            "own. ElementwiseLoss does it for you.",
        )


def networks_do_not_influence_each_other(part: Loss) -> None:
    """A network of a stack gives the bits that it gives alone, for few and many rows."""
    for dtype in DTYPES:
        for n_rows in (1, 40, 5000):
            y, raw, weights = batch(part, dtype, n_rows)
            for weight in kinds_of_weight(part, weights):
                together = evaluate(part, y, raw, weight)
                for i in range(3):
                    one = slice(i, i + 1)
                    own = None if weight is None else weight[one]
                    alone = evaluate(part, y[one], raw[one], own)
                    require(
                        all(map(same_bits, alone, (each[one] for each in together))),
                        part,
                        METHOD,
                        f"gives network {i} of a stack other bits than alone ({n_rows} rows)",
                        "The first axis counts networks: take no sum, mean or maximum over it.",
                    )


def float32_is_float64_rounded(part: Loss) -> None:
    """Both precisions give the same numbers, up to rounding."""
    y, raw, weight = batch(part, np.float32)
    value, grad = evaluate(part, y, raw, weight)
    y, raw, weight = (array.astype(np.float64) for array in (y, raw, weight))
    exact_value, exact_grad = evaluate(part, y, raw, weight)
    problem = "gives in float32 something else than in float64"
    advice = "Avoid differences of large numbers, and constants that float32 cannot hold."
    size = abs(exact_value).max()
    require_close(part, METHOD, problem, value, exact_value, advice, 1e-4, 1e-5 * size)
    require_close(part, METHOD, problem, grad, exact_grad, advice, 1e-3, 1e-4)


CHECKS = (
    value_is_one_number_a_network,
    gradient_is_overwritten,
    inputs_are_not_written,
    gradient_is_that_of_the_value,
    weights_are_repetitions,
    targets_may_have_weights,
    networks_do_not_influence_each_other,
    float32_is_float64_rounded,
    *OUTPUTS,
)
