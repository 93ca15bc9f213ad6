"""Units of a Boltzmann machine draw from their distributions, and machines are what they say."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit, ndtr

from sklearn_relu.network.boltzmann import Machine
from sklearn_relu.network.noise import new_generator
from sklearn_relu.network.units import HIDDEN, VISIBLE

EVERY = {**HIDDEN, **VISIBLE}
every_units = pytest.mark.parametrize("units", EVERY.values(), ids=EVERY)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SUMS = np.array([-9.0, -2.0, -0.3, 0.0, 0.7, 3.0, 12.0])
N = 200_000


def generators(n, seed=0):
    return [new_generator(np.random.RandomState(seed + i)) for i in range(n)]


def means(units, z):
    out = np.empty_like(z)
    units.mean(z, out)
    return out


def samples(units, z, noise):
    drawn = z.copy()
    units.sample(drawn, means(units, z), noise)
    return drawn


@every_dtype
def test_means(dtype):
    z = SUMS.astype(dtype)[None, None]
    eps = np.finfo(dtype).eps
    for name, expected in (
        ("binary", expit(SUMS)), ("nrelu", np.maximum(SUMS, 0)), ("gaussian", SUMS)
    ):  # fmt: skip
        np.testing.assert_allclose(means(EVERY[name], z)[0, 0], expected, rtol=9 * eps)
        in_place = z.copy()
        EVERY[name].mean(in_place, in_place)
        np.testing.assert_array_equal(in_place, means(EVERY[name], z))


def many(dtype):
    return np.repeat(SUMS.astype(dtype)[None, None], N, axis=1)


def assert_close_in_distribution(found, expected, deviation):
    """Means of N samples within five standard errors."""
    bound = 5 * np.maximum(deviation, 1e-3) / np.sqrt(N)
    assert (np.abs(found - expected) < bound).all(), (found, expected)


@every_dtype
def test_binary_samples_are_ones_with_their_probability(dtype):
    drawn = samples(EVERY["binary"], many(dtype), generators(1))[0]
    assert set(np.unique(drawn)) == {0, 1}
    share = expit(SUMS)
    assert_close_in_distribution(drawn.mean(axis=0), share, np.sqrt(share * (1 - share)))


@every_dtype
def test_rectified_samples_are_those_of_nair_and_hinton(dtype):
    """Shares of zeros, means and variances of ``max(0, x + N(0, sigmoid(x)))``."""
    drawn = samples(EVERY["nrelu"], many(dtype), generators(1))[0].astype(np.float64)
    deviation = np.sqrt(expit(SUMS))
    ratio = SUMS / deviation
    density = np.exp(-(ratio**2) / 2) / np.sqrt(2 * np.pi)
    zeros = ndtr(-ratio)
    mean = SUMS * ndtr(ratio) + deviation * density
    second = (SUMS**2 + deviation**2) * ndtr(ratio) + SUMS * deviation * density
    variance = second - mean**2
    assert_close_in_distribution((drawn == 0).mean(axis=0), zeros, np.sqrt(zeros * (1 - zeros)))
    assert_close_in_distribution(drawn.mean(axis=0), mean, np.sqrt(variance))
    np.testing.assert_allclose(drawn.var(axis=0)[2:], variance[2:], rtol=0.03)


@every_dtype
def test_gaussian_samples_have_unit_variance(dtype):
    drawn = samples(EVERY["gaussian"], many(dtype), generators(1))[0]
    assert_close_in_distribution(drawn.mean(axis=0, dtype=np.float64), SUMS, 1)
    np.testing.assert_allclose(drawn.var(axis=0, dtype=np.float64), 1, rtol=0.02)


@every_units
def test_a_network_draws_the_same_alone_and_in_a_stack(units):
    z = np.random.default_rng(0).normal(size=(2, 30, 2000))
    together = samples(units, z, generators(2))
    for i in range(2):
        alone = samples(units, z[i : i + 1], generators(1, seed=i))
        np.testing.assert_array_equal(alone[0], together[i])


@pytest.mark.parametrize("units", VISIBLE.values(), ids=VISIBLE)
def test_visible_units_have_the_means_that_their_sums_are_asked_for(units):
    mean = np.array([0.0, 0.2, 0.5, 1.0])
    sums = units.sums_of_means(mean, 10**6)
    assert np.isfinite(sums).all()
    np.testing.assert_allclose(means(units, sums[None, None])[0, 0], mean, atol=1e-6)


def machine(hidden="binary", visible="binary", n_visible=4, n_hidden=3):
    rng = np.random.default_rng(1)
    flat = rng.normal(size=(1, n_visible * n_hidden + n_visible + n_hidden))
    return Machine.of_flat(flat, n_hidden, HIDDEN[hidden], VISIBLE[visible])


@pytest.mark.parametrize(("n_visible", "n_hidden"), [(4, 3), (1, 3), (4, 1), (1, 1)])
def test_flat_parameters_are_weights_then_hidden_then_visible_biases(n_visible, n_hidden):
    made = machine(n_visible=n_visible, n_hidden=n_hidden)
    assert made.weight.shape == (1, n_visible, n_hidden)
    assert made.hidden_bias.shape == (1, 1, n_hidden)
    assert made.visible_bias.shape == (1, 1, n_visible)
    assert np.shares_memory(made.weight, made.hidden_bias.base)


@pytest.mark.parametrize("of_rows", ["hidden_mean", "free_energy"])
def test_sparse_rows_are_dense_ones(of_rows):
    made, v = machine(), np.array([[0, 1, 0, 0.5], [0, 0, 0, 0]])
    dense, sparse = (getattr(made, of_rows)(rows) for rows in (v, sp.csr_array(v)))
    np.testing.assert_allclose(sparse, dense, rtol=1e-12)


def test_the_free_energy_is_that_of_the_joint_distribution():
    """``exp(-F(v))`` is the sum over all hidden states of ``exp(-E(v, h))``."""
    made = machine()
    states = np.array(list(product([0, 1], repeat=3)))
    for v in product([0.0, 1.0], repeat=4):
        v = np.array([v])
        energy = -(v @ made.weight[0] @ states.T) - states @ made.hidden_bias[0, 0]
        energy = energy - v @ made.visible_bias[0, 0]
        np.testing.assert_allclose(made.free_energy(v), -np.log(np.exp(-energy).sum()))


def test_gibbs_sampling_comes_to_the_joint_distribution():
    made = machine()
    states = np.array(list(product([0.0, 1.0], repeat=4)))
    expected = np.exp(-made.free_energy(states))
    expected /= expected.sum()
    v = np.zeros((20_000, 4))
    (noise,) = generators(1)
    for _ in range(60):
        v = made.gibbs(v, [noise])[0]
    codes = (v @ [8, 4, 2, 1]).astype(int)
    found = np.bincount(codes, minlength=16) / len(v)
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / len(v)) + 1e-4).all()
