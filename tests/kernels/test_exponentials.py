"""The exponential that has a loop of its own."""

import numpy as np
import pytest

from sklearn_relu.kernels import fused


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 70, 33), (0, 2, 3)], ids=str)
def test_it_is_as_accurate_as_a_library(dtype, shape):
    scales = 10.0 ** np.random.RandomState(0).uniform(-12, 3, shape)
    x = -np.abs(np.random.RandomState(1).standard_normal(shape) * scales).astype(dtype)
    expected = np.expm1(x.astype(np.longdouble))
    fused.expm1(x, x)
    np.testing.assert_allclose(x, expected, rtol=6 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_at_the_ends(dtype):
    x = np.array([0.0, -0.0, -np.inf, -1e30, np.nan], dtype)[None, None]
    fused.expm1(x, x)
    np.testing.assert_array_equal(x[0, 0], np.array([0, 0, -1, -1, np.nan], dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exponentials_are_accurate_beside_one(dtype):
    x = np.linspace(-100, 20, 10_001)[None, :, None].astype(dtype)
    expected = np.exp(x.astype(np.longdouble))
    fused.exp(x, x)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(x, expected, rtol=40 * eps, atol=2 * eps)
