"""Targets and raw outputs for a loss."""

import numpy as np

from sklearn_relu.losses import Loss
from sklearn_relu.testing.reporting import call

N_TARGETS = 3


def excludes_others(part: Loss) -> bool:
    """Tell whether it is a loss of one class of several, not a sum over targets."""
    return part.out_activation == "softmax"


def plain_targets(part: Loss, n_rows: int, n_networks: int = 1) -> np.ndarray:
    """Targets in the domain of the loss, (n_networks, n_rows, 3): classes, or fractions."""
    rng = np.random.RandomState(0)
    shape = (n_networks, n_rows, N_TARGETS)
    if excludes_others(part):
        return np.eye(N_TARGETS)[rng.randint(N_TARGETS, size=shape[:-1])]
    if part.for_classes:
        return rng.randint(0, 2, shape).astype(float)
    low, high = (part.domain.left, part.domain.right)
    inside = rng.uniform(0.05, 0.95, shape)
    if low is not None and high is not None:
        return low + (high - low) * inside
    if low is not None:
        return low + inside
    return inside if high is None else high - inside


def batch(
    part: Loss, dtype=np.float64, n_rows: int = 40
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Encoded targets, raw outputs and sample weights of three networks."""
    rng = np.random.RandomState(1)
    plain = plain_targets(part, n_rows, 3)
    y = call(part, "encode", plain.reshape(-1, N_TARGETS)).reshape(plain.shape)
    raw = rng.normal(0, 2, (3, n_rows, call(part, "n_raw", N_TARGETS)))
    weight = rng.uniform(0.1, 2, (3, n_rows, 1))
    return y.astype(dtype), raw.astype(dtype), weight.astype(dtype)


def kinds_of_weight(part: Loss, weight: np.ndarray) -> list[np.ndarray | None]:
    """No weights, one for each sample, and one for each target unless targets exclude others."""
    by_target = (weight * np.arange(1, N_TARGETS + 1)).astype(weight.dtype)
    return [None, weight, *([] if excludes_others(part) else [by_target])]


def evaluate(part: Loss, y, raw, weight=None, filler: float = 0.0):
    """Return value and gradient, from copies and a buffer full of something else."""
    grad_raw = np.full_like(raw, filler)
    weight = None if weight is None else weight.copy()
    given = y.copy(), raw.copy(), weight, grad_raw
    return call(part, "value_and_gradient", *given), grad_raw
