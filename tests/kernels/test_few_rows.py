"""Products of few rows, which are cut, are the products that they are cut from."""

import numpy as np
import pytest

from sklearn_relu.kernels import product_of_few_rows
from sklearn_relu.kernels.products import FEW_ROWS

SHAPES = [(n, m, k) for n in (1, 3, FEW_ROWS, FEW_ROWS + 1) for m, k in ((7, 5), (300, 500))]


def arrays(shape, n_networks, dtype, transposed):
    n, m, k = shape
    rng = np.random.default_rng(0)
    left = rng.normal(size=(n_networks, n, m)).astype(dtype)
    right = rng.normal(size=(n_networks, k, m) if transposed else (n_networks, m, k)).astype(dtype)
    return left, right.swapaxes(1, 2) if transposed else right


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_the_product_and_each_network_gives_the_bits_that_it_gives_alone(
    shape, transposed, dtype
):
    left, right = arrays(shape, 2, dtype, transposed)
    out = np.full((2, shape[0], shape[2]), np.nan, dtype)
    call = product_of_few_rows(left, right, out)
    for _ in range(2):
        call()
        scale = np.abs(left) @ np.abs(right)
        assert (np.abs(out - left @ right) <= 10 * np.finfo(dtype).eps * scale).all()
    for i in range(2):
        alone = np.empty_like(out[i : i + 1])
        product_of_few_rows(left[i : i + 1], right[i : i + 1], alone)()
        np.testing.assert_array_equal(alone[0], out[i])
