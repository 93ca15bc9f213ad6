"""Bounds on norms."""

import tracemalloc

import numpy as np
import pytest

from sklearn_relu.kernels import PIECE, limit_column_norms, limit_norms

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SHAPE = (2, PIECE // 100 + 50, 100)
BOUNDS = [
    pytest.param(limit_column_norms, 1, id="columns"),
    pytest.param(limit_norms, (1, 2), id="whole"),
]


def values(dtype, limit):
    """Arrays of two networks of which some norms are above 1, some below."""
    x = np.random.RandomState(0).normal(size=SHAPE)
    if limit is limit_norms:
        x /= np.linalg.norm(x, axis=(1, 2), keepdims=True) * [[[0.5]], [[1.5]]]
        return x.reshape(2, -1).astype(dtype)
    return (x / np.linalg.norm(x, axis=1, keepdims=True) * np.linspace(0, 2, 100)).astype(dtype)


def norms(x):
    return np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)


every_limit = pytest.mark.parametrize("limit", [limit_column_norms, limit_norms])


@every_limit
@every_dtype
def test_norms_above_the_bound_come_down_to_it_and_others_stay_bit_for_bit(limit, dtype):
    x = values(dtype, limit)
    above, limited = norms(x) > 1, x.copy()
    assert 0 < above.mean() < 1
    limit(limited, 1.0)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(limited, x / np.where(above, norms(x), 1), rtol=40 * eps)
    assert np.array_equal(limited[~above.repeat(x.shape[1], 1)], x[~above.repeat(x.shape[1], 1)])


@every_limit
@every_dtype
def test_a_network_of_a_stack_gives_the_bits_that_it_gives_alone(limit, dtype):
    together = values(dtype, limit)
    alone = [together[i : i + 1].copy() for i in range(2)]
    limit(together, 0.7)
    for one, stacked in zip(alone, together, strict=True):
        limit(one, 0.7)
        assert np.array_equal(one[0], stacked)


@every_limit
@every_dtype
def test_the_rest_of_wider_memory_is_not_touched(limit, dtype):
    x = values(dtype, limit)
    memory = np.full((2, x[0].size + 10), 7, dtype)
    view = memory[:, : x[0].size].reshape(x.shape)
    view[...] = x
    limit(view, 0.7)
    limit(x, 0.7)
    assert np.array_equal(view, x)
    assert (memory[:, x[0].size :] == 7).all()


@every_limit
@every_dtype
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_so(limit, dtype, value):
    x = values(dtype, limit)
    x[0].reshape(-1)[5] = value
    limit(x, 0.5)
    assert not np.isfinite(x[0].reshape(-1)[5])
    assert np.isfinite(x[1]).all()


@every_dtype
def test_networks_without_a_finite_norm_are_named(dtype):
    x = np.ones((5, 300), dtype)
    x[1, 7], x[3, 299] = np.nan, -np.inf
    x[4] = np.finfo(dtype).max  # each value is finite, and the norm is not
    assert limit_norms(x, 0.5) == [1, 3, 4]
    np.testing.assert_allclose(norms(x[[0, 2]]), 0.5, rtol=1e-6)
    assert (x[4] == np.finfo(dtype).max).all()
    assert limit_norms(x[[0, 2]], 0.5) == []


@every_dtype
def test_a_gradient_whose_squares_overflow_is_limited_all_the_same(dtype):
    huge = np.full((1, 100), np.finfo(dtype).max / 1000, dtype)
    limit_norms(huge, 1.0)
    np.testing.assert_allclose(huge, 0.1, rtol=1e-5)


@every_limit
def test_no_memory_is_taken_in_proportion_to_the_input(limit):
    x = np.ones((1, 2000, 500)) if limit is limit_column_norms else np.ones((1, 1_000_000))
    limit(x.copy(), 1.0)
    tracemalloc.start()
    limit(x, 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes / 100
