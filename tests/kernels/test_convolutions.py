"""Convolutions in blocks, and loops over images, give what is defined."""

from itertools import product

import numpy as np
import pytest

from sklearn_relu.kernels import fused
from sklearn_relu.kernels.images import by_pixels, by_rows, convolutions
from sklearn_relu.kernels.images.convolutions import convolve, image_gradient, weight_gradient
from sklearn_relu.kernels.images.kernel import Kernel
from sklearn_relu.layers import MaxPooling
from sklearn_relu.layers.windows import Windows

SIZES = [
    # rows, columns, channels, filters, kernel, strides
    (9, 12, 3, 4, (3, 3), (1, 1)),
    (9, 12, 1, 2, (5, 4), (1, 1)),
    (8, 7, 2, 3, (2, 3), (2, 2)),
    (7, 9, 2, 3, (3, 2), (3, 1)),
    (1, 15, 2, 3, (1, 4), (1, 3)),
    (15, 1, 2, 3, (3, 1), (2, 1)),
    (1, 1, 5, 2, (1, 1), (1, 1)),
    (2, 3, 1, 1, (5, 5), (1, 1)),
    (20, 20, 4, 8, (5, 5), (1, 1)),
]
every_size = pytest.mark.parametrize("size", SIZES, ids=str)
every_form = pytest.mark.parametrize("narrow", [0, 1000], ids=["by rows", "by pixels"])


def windows_of(size, padding):
    """The kernel, and the rows and columns of places."""
    rows, columns, _, _, kernel, strides = size
    along = [
        Windows.of(*each, padding) for each in zip((rows, columns), kernel, strides, strict=True)
    ]
    before = tuple(each.before for each in along)
    return Kernel(kernel, strides, before), tuple(each.n_windows for each in along)


def arrays(size, padding, n_networks=2, n_images=3, dtype=np.float64):
    """A kernel, images, weights, and memory for the products."""
    rows, columns, channels, filters, (height, width), _ = size
    kernel, places = windows_of(size, padding)
    draw = np.random.default_rng(0)
    images = draw.normal(size=(n_networks, n_images, rows, columns, channels)).astype(dtype)
    weight = draw.normal(size=(n_networks, height * width * channels, filters)).astype(dtype)
    return kernel, images, weight, np.full((n_networks, n_images, *places, filters), np.nan, dtype)


def defined(images, weight, shape, kernel):
    """The convolution of one network as it is defined, place by place."""
    (height, width), (down, across), (above, left), _ = kernel
    out = np.zeros(shape)
    matrices = weight.reshape(height, width, images.shape[-1], -1)
    for y, x, i, j in product(range(shape[1]), range(shape[2]), range(height), range(width)):
        row, column = y * down + i - above, x * across + j - left
        if 0 <= row < images.shape[1] and 0 <= column < images.shape[2]:
            out[:, y, x] += images[:, row, column] @ matrices[i, j]
    return out


@pytest.fixture(params=[None, 60], ids=["one block", "blocks of rows"])
def blocks(request, monkeypatch):
    """Blocks that hold all, or less than an image."""
    if request.param is not None:
        for form in (by_rows, by_pixels):
            monkeypatch.setattr(form, "BLOCK", request.param)


@every_form
@every_size
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_convolution_is_the_sum_over_windows(size, padding, narrow, blocks, monkeypatch):
    monkeypatch.setattr(convolutions, "NARROW", narrow)
    kernel, images, weight, out = arrays(size, padding)
    if 0 in out.shape:
        pytest.skip("has no places")
    convolve(images, weight, out, kernel)
    for network in range(2):
        expected = defined(images[network], weight[network], out.shape[1:], kernel)
        np.testing.assert_allclose(out[network], expected, rtol=1e-12, atol=1e-12)


@every_form
@every_size
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_gradients_are_those_of_a_linear_map(size, padding, narrow, blocks, monkeypatch):
    monkeypatch.setattr(convolutions, "NARROW", narrow)
    kernel, images, weight, out = arrays(size, padding)
    if 0 in out.shape:
        pytest.skip("has no places")
    draw = np.random.default_rng(1)
    grad_out = draw.normal(size=out.shape)
    grad_weight, grad_images = np.full_like(weight, np.nan), np.full_like(images, np.nan)
    weight_gradient(images, grad_out, grad_weight, kernel)
    image_gradient(grad_out, weight, grad_images, kernel)
    for moved, gradient in ((weight, grad_weight), (images, grad_images)):
        direction = draw.normal(size=moved.shape)
        pair = (images, direction) if moved is weight else (direction, weight)
        convolve(*pair, out, kernel)
        np.testing.assert_allclose((out * grad_out).sum(), (direction * gradient).sum(), rtol=1e-9)


@every_form
@pytest.mark.parametrize("block", [60, 5000, 10**6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_has_the_same_bits_alone_and_in_a_stack(narrow, block, dtype, monkeypatch):
    monkeypatch.setattr(convolutions, "NARROW", narrow)
    for form in (by_rows, by_pixels):
        monkeypatch.setattr(form, "BLOCK", block)
    kernel, images, weight, out = arrays(SIZES[-1], "same", n_networks=3, n_images=5, dtype=dtype)
    grad_out = np.random.default_rng(1).normal(size=out.shape).astype(dtype)

    def all_of(networks):
        results = out[networks].copy(), weight[networks].copy(), images[networks].copy()
        convolve(images[networks], weight[networks], results[0], kernel)
        weight_gradient(images[networks], grad_out[networks], results[1], kernel)
        image_gradient(grad_out[networks], weight[networks], results[2], kernel)
        return results

    together = all_of(slice(0, 3))
    for i in range(3):
        for own, stacked in zip(all_of(slice(i, i + 1)), together, strict=True):
            np.testing.assert_array_equal(own[0], stacked[i])


@every_form
def test_images_may_be_those_of_all_networks(narrow, blocks, monkeypatch):
    monkeypatch.setattr(convolutions, "NARROW", narrow)
    kernel, images, weight, out = arrays(SIZES[0], "same", n_networks=3)
    shared, own = out.copy(), out.copy()
    convolve(images[:1], weight, shared, kernel)
    convolve(np.repeat(images[:1], 3, axis=0), weight, own, kernel)
    np.testing.assert_array_equal(shared, own)


def test_large_products_are_cut_and_small_images_put_together():
    for rows, n_images in ((40, 2), (3, 50), (7, 9)):
        size = (rows, rows, 32, 40, (3, 3), (1, 1))
        kernel, images, weight, out = arrays(size, "same", 1, n_images)
        convolve(images, weight, out, kernel)
        expected = defined(images[0], weight[0], out.shape[1:], kernel)
        np.testing.assert_allclose(out[0], expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pool_size", [(2, 2), (3, 1), (2, 4), (9, 9)])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("channels", [1, 5, 16])
def test_pools_are_the_same_with_loops_and_without(
    pool_size, padding, channels, dtype, monkeypatch
):
    layer = MaxPooling((9, 11, channels), pool_size, padding)
    draw = np.random.default_rng(0)
    images = draw.integers(0, 3, size=(4, *layer.image_shape)).astype(dtype)  # many are equal
    images[0, 0, 0, 0], images[1, 1, 1, 0], images[2] = np.nan, np.nan, -np.inf
    grads = draw.normal(size=(4, *layer.output_shape)).astype(dtype)

    def pooled():
        out, grad_images = np.full_like(grads, np.nan), np.full_like(images, np.nan)
        layer.pool(images, out)
        layer.share_out(images, out, grads.copy(), np.empty_like(grads), grad_images)
        return out, grad_images

    by_numpy, loops = None, fused.loops
    for found in (lambda: None, loops, lambda: fused.made_by(as_written, as_written)):
        monkeypatch.setattr(fused, "loops", found)
        results = pooled()
        by_numpy = by_numpy or results
        for one, other in zip(results, by_numpy, strict=True):
            np.testing.assert_array_equal(one, other)


def as_written(loop):
    return loop
