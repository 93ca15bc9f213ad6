"""Corruption of the rows that a network reads: what each kind does, and to how many values."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import stages_of

from sklearn_relu.activations import Identity, ReLU
from sklearn_relu.layers import Dense
from sklearn_relu.losses import SquaredError
from sklearn_relu.network.corruption import GaussianNoise, Masking, SaltAndPepper
from sklearn_relu.network.objective import Objective
from sklearn_relu.network.stack import NetworkStack, Scales

LOW, HIGH = np.full(300, -5.0), np.linspace(5, 6, 300)
KINDS = [Masking(0.3), GaussianNoise(0.3), SaltAndPepper(0.3, LOW, HIGH)]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def rows(n_networks=2, n_rows=400, dtype=np.float64):
    draw = np.random.default_rng(0)
    return draw.normal(2, 1, (n_networks, n_rows, 300)).astype(dtype)


def generators(n):
    return [np.random.default_rng(seed) for seed in range(n)]


def corrupted(kind, x):
    out = np.full_like(x, np.nan)
    kind.corrupt(x, generators(len(x)), out)
    return out


@every_dtype
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_masking_sets_its_share_to_0_and_leaves_the_rest(share, dtype):
    x = rows(dtype=dtype)
    out = corrupted(Masking(share), x)
    assert out.dtype == dtype
    gone = out == 0
    np.testing.assert_allclose(gone.mean(axis=(1, 2)), share, atol=0.005)
    np.testing.assert_array_equal(out[~gone], x[~gone])


@every_dtype
def test_gaussian_noise_has_its_standard_deviation(dtype):
    x = rows(dtype=dtype)
    added = corrupted(GaussianNoise(0.3), x) - x
    assert added.dtype == dtype
    np.testing.assert_allclose(added.std(axis=(1, 2)), 0.3, rtol=0.01)
    np.testing.assert_allclose(added.mean(axis=(1, 2)), 0, atol=0.005)


@every_dtype
def test_salt_and_pepper_are_half_the_share_each(dtype):
    x = rows(dtype=dtype)
    kind = SaltAndPepper(0.3, LOW.astype(dtype), HIGH.astype(dtype))
    out = corrupted(kind, x)
    is_low, is_high = out == kind.low, out == kind.high
    for each in (is_low, is_high):
        np.testing.assert_allclose(each.mean(axis=(1, 2)), 0.15, atol=0.005)
    same = ~(is_low | is_high)
    np.testing.assert_array_equal(out[same], x[same])


@every_kind
@every_dtype
@pytest.mark.parametrize("n_rows", [1, 150])
def test_a_network_draws_the_same_alone_and_in_a_stack(kind, dtype, n_rows):
    x = rows(3, n_rows, dtype)
    together, before = corrupted(kind, x), x.copy()
    for i in range(3):
        out = np.empty_like(x[:1])
        kind.corrupt(x[i : i + 1], generators(3)[i : i + 1], out)
        np.testing.assert_array_equal(out[0], together[i])
    np.testing.assert_array_equal(x, before)


def test_masking_of_sparse_rows_is_of_stored_values():
    dense = rows() * (np.random.default_rng(1).random((2, 400, 300)) < 0.2)
    x = [sp.csr_array(each) for each in dense]
    out = [None, None]
    Masking(0.4).corrupt_sparse(x, generators(2), out)
    for before, after, given in zip(dense, out, x, strict=True):
        np.testing.assert_array_equal(given.toarray(), before)
        after = after.toarray()
        gone = (after == 0) & (before != 0)
        np.testing.assert_allclose(gone.sum() / (before != 0).sum(), 0.4, atol=0.01)
        np.testing.assert_array_equal(after[~gone], before[~gone])


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: type(kind).__name__)
def test_other_kinds_fill_zeros(kind):
    with pytest.raises(NotImplementedError, match="fills the zeros"):
        kind.corrupt_sparse([], [], [])


@every_kind
def test_targets_stay_clean(kind):
    layers = [Dense(300, 4, ReLU()), Dense(4, 300, Identity())]
    goal = Objective(
        stages=stages_of(layers),
        loss=SquaredError(),
        dtype=np.dtype(float),
        n_targets=300,
        corruption=kind,
    )
    assert goal.is_random
    stack = NetworkStack(goal, 2, reconstructs=True)
    run = stack.run(slice(0, 2), 10, generators(2))
    x = rows(2, 10)
    run.x[...] = x
    value, _ = stack.objective(run, Scales.of(np.full(2, 10.0), np.zeros(2), np.zeros(2)))
    # All parameters are 0, so the network gives 0 whatever it reads.
    np.testing.assert_allclose(value, 0.5 * (x**2).sum(axis=(1, 2)) / 10)
    np.testing.assert_array_equal(run.y, x)
