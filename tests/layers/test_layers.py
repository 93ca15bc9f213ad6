"""The contract of layers, held by each of them."""

import pickle
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from helpers import stages_of
from layers_at_hand import (
    ALL,
    EXAMPLES,
    N_INPUTS,
    SHAPE,
    Factored,
    inputs,
    memory_of,
    name_of,
    params_of,
)
from scipy.signal import correlate2d

from sklearn_relu.activations import ACTIVATIONS, Identity, ReLU
from sklearn_relu.estimators.fitted_arrays import initial_params
from sklearn_relu.initializers import LSUV, Auto, Constant, HeNormal, UnitVariance
from sklearn_relu.kernels import fused
from sklearn_relu.layers import (
    LAYERS,
    AveragePooling,
    Block,
    ChannelsLast,
    Convolution,
    Dense,
    LocalContrast,
    MaxPooling,
    largest_product,
)
from sklearn_relu.losses import SquaredError
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.objective import Objective
from sklearn_relu.network.stack import NetworkStack, Scales
from sklearn_relu.network.start import layer_starts
from sklearn_relu.network.trace import back, trace, weight_gradients
from sklearn_relu.optimizers import OPTIMIZERS, SGD
from sklearn_relu.penalties import L1, L2, PENALTIES
from sklearn_relu.schedules import SCHEDULES
from sklearn_relu.training.descent import Descent
from sklearn_relu.training.epochs import train
from sklearn_relu.training.jobs import Job, TrainingState
from sklearn_relu.training.recipe import Recipe

every_layer = pytest.mark.parametrize("layer", ALL, ids=name_of)


def is_own(layer):
    """Whether no block of it is another layer's."""
    return all(block.is_own for block in layer.blocks().values())


def run(layer, x, params, n_networks=None):
    """Outputs in memory, after a forward pass."""
    n_networks = n_networks or len(x)
    memory = memory_of(layer, n_networks, x.shape[1], x.dtype)
    for call in layer.forward(x, memory, params):
        call()
    return memory


def run_back(layer, x, params, memory, grad_a):
    """The gradients for x and for the parameters, in the two blocks of memory of a stack."""
    n_networks, n_samples = memory["a"].shape[:2]
    grads = {name: np.full_like(values, np.nan) for name, values in params.items()}
    widths = layer.gives, layer.reads, layer.memory()["z"]
    blocks = np.full((2, n_networks * n_samples * max(widths)), np.nan, grad_a.dtype)

    def view(block, width):
        return block[: n_networks * n_samples * width].reshape(n_networks, n_samples, width)

    here, of_z = blocks
    of_x = here
    if layer.passes_through:
        of_z, of_x = here, of_z
    grad_a, given = view(here, layer.gives), grad_a
    grad_a[...] = given
    memory["grad_z"], grad_x = view(of_z, memory["z"].shape[2]), view(of_x, layer.reads)
    for call in layer.backward(x, memory, grad_a, grad_x, params, grads):
        call()
    return grad_x, grads


def test_there_are_examples_of_each_kind():
    assert EXAMPLES.keys() == LAYERS.keys()
    assert all(type(layer) is LAYERS[name] for name in LAYERS for layer in EXAMPLES[name])


@every_layer
def test_widths_are_those_of_memory(layer):
    memory = run(layer, inputs(2, 4), params_of(layer, 2))
    assert layer.reads == N_INPUTS
    assert memory["a"].shape == (2, 4, layer.gives)
    assert all(np.isfinite(memory[name]).all() for name in ("z", "a"))
    assert layer.by_unit(memory["a"]).shape[-1] == layer.n_units
    assert layer.by_place(memory["a"]).shape[1] == 4 * layer.places
    assert layer.scratch == sum(n for name, n in layer.memory().items() if name not in "za")


@every_layer
def test_gradients_are_those_of_differences(layer):
    x, params = inputs(2, 3), params_of(layer, 2)
    for values in params.values():  # away from kinks at 0
        values += 0.01
    draw = np.random.default_rng(2)
    grad_a = draw.normal(size=(2, 3, layer.gives))
    memory = run(layer, x, params)
    grad_x, grads = run_back(layer, x, params, memory, grad_a)
    step = 1e-6

    def slope(array, direction):
        values = []
        for sign in (1, -1):
            array += sign * step * direction
            values.append((run(layer, x, params)["a"] * grad_a).sum(axis=(1, 2)))
            array -= sign * step * direction
        return (values[0] - values[1]) / (2 * step)

    fixed = {name for name, block in layer.blocks().items() if block.rate == 0}
    assert all((grads[name] == 0).all() for name in fixed)
    learned = params.keys() - fixed
    for array, gradient in [
        (x, grad_x),
        *((params[name], grads[name]) for name in sorted(learned)),
    ]:
        direction = draw.normal(size=array.shape)
        expected = (gradient * direction).sum(axis=tuple(range(1, gradient.ndim)))
        np.testing.assert_allclose(slope(array, direction), expected, rtol=1e-6, atol=1e-8)


@every_layer
def test_what_all_networks_read_may_be_given_once(layer):
    x, params = inputs(1, 4), params_of(layer, 3)
    shared = run(layer, x, params, n_networks=3)
    own = run(layer, np.repeat(x, 3, axis=0), params)
    np.testing.assert_allclose(shared["a"], own["a"], rtol=1e-13)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_has_the_same_bits_alone_and_in_a_stack(layer, dtype):
    x, params = inputs(3, 5, dtype), params_of(layer, 3, dtype)
    grad_a = np.random.default_rng(2).normal(size=(3, 5, layer.gives)).astype(dtype)
    memory = run(layer, x, params)
    grad_x, grads = run_back(layer, x, params, memory, grad_a)
    assert memory["a"].dtype == grad_x.dtype == dtype
    for i in range(3):
        one = slice(i, i + 1)
        own_params = {name: values[one].copy(order="K") for name, values in params.items()}
        own = run(layer, x[one], own_params)
        own_x, own_grads = run_back(layer, x[one], own_params, own, grad_a[one])
        np.testing.assert_array_equal(own["a"], memory["a"][one])
        np.testing.assert_array_equal(own_x, grad_x[one])
        for name, gradient in own_grads.items():
            np.testing.assert_array_equal(gradient, grads[name][one])


@every_layer
def test_inputs_and_parameters_are_left_alone(layer):
    x, params = inputs(2, 4), params_of(layer, 2)
    before = x.copy(), {name: values.copy() for name, values in params.items()}
    memory = run(layer, x, params)
    run_back(layer, x, params, memory, np.ones((2, 4, layer.gives)))
    np.testing.assert_array_equal(x, before[0])
    for name, values in params.items():
        np.testing.assert_array_equal(values, before[1][name])


@every_layer
@pytest.mark.parametrize("compiled", [True, False])
def test_a_step_allocates_nothing_in_proportion_to_its_arrays(layer, compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(fused, "loops", lambda: None)
    n = 4000  # buffers of NumPy and scratch memory do not grow with it
    x, params = inputs(2, n), params_of(layer, 2)
    memory = memory_of(layer, 2, n)
    grads = {name: np.empty_like(values) for name, values in params.items()}
    memory["grad_z"] = np.empty_like(memory["z"])
    grad_a = memory["grad_z"] if layer.passes_through else np.empty((2, n, layer.gives))
    grad_x = np.empty_like(x)
    calls = layer.forward(x, memory, params)
    calls += layer.backward(x, memory, grad_a, grad_x, params, grads)

    def step():
        grad_a[...] = 1
        for call in calls:
            call()

    step()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.25 * x.nbytes


@every_layer
def test_a_look_is_a_forward_pass_that_keeps_all(layer):
    x, params = inputs(2, 4), params_of(layer, 2)
    z, a = layer.look(x, params)
    np.testing.assert_allclose(a, run(layer, x, params)["a"], rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(layer.activations(z, params), a)
    assert not np.shares_memory(z, a)


@every_layer
def test_looking_back_is_the_backward_pass(layer):
    x, params = inputs(2, 4), params_of(layer, 2)
    grad_a = np.random.default_rng(2).normal(size=(2, 4, layer.gives))
    memory = run(layer, x, params)
    grad_x, grads = run_back(layer, x, params, memory, grad_a.copy())
    z, a = layer.look(x, params)
    grad_z = layer.look_back(z, a, grad_a, params)
    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(layer.input_gradient(x, z, grad_z, params), grad_x, **close)
    gradients = layer.weight_gradients(x, grad_z, params)
    assert gradients.keys() == {n for n, block in layer.blocks().items() if block.kind == "weight"}
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, grads[name], **close)


@every_layer
def test_a_layer_is_a_value(layer):
    other = pickle.loads(pickle.dumps(layer))
    x, params = inputs(2, 4), params_of(layer, 2)
    np.testing.assert_array_equal(run(other, x, params)["a"], run(layer, x, params)["a"])


@every_layer
def test_equal_pieces_mean_one_linear_map(layer):
    if not layer.is_piecewise_linear:
        pytest.skip("is not piecewise linear")
    params = params_of(layer, 1)
    start, direction = inputs(1, 1), inputs(1, 1, seed=5)
    along = np.linspace(-0.3, 0.3, 200)[:, None]
    x = start + along[None] * direction
    z, a = layer.look(x, params)
    pieces = layer.linear_pieces(x, z, a, params)[0]
    assert pieces.shape == z[0].shape
    same = (pieces[1:-1] == pieces[:-2]) & (pieces[1:-1] == pieces[2:])
    rows = np.flatnonzero(same.all(axis=1)) + 1
    assert len(rows) > 20
    bends = np.abs(a[0, rows - 1] + a[0, rows + 1] - 2 * a[0, rows])
    assert bends.max() < 1e-9


def test_a_convolution_is_that_of_scipy():
    draw = np.random.default_rng(0)
    layer = Convolution((6, 7, 2), 3, Identity(), (3, 5))
    x, params = draw.normal(size=(1, 2, 84)), params_of(layer, 1)
    out = run(layer, x, params)["a"].reshape(2, 6, 7, 3)
    kernels = params["weight"].reshape(3, 5, 2, 3)
    for image, result in zip(x.reshape(2, 6, 7, 2), out, strict=True):
        for k in range(3):
            channels = [
                correlate2d(image[..., c], kernels[..., c, k], mode="same") for c in range(2)
            ]
            expected = sum(channels) + params["bias"][0, 0, k]
            np.testing.assert_allclose(result[..., k], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 3)])
def test_strides_and_padding_are_those_of_keras(padding, strides):
    """Each output is the product of its window, by Keras's formulas for where windows begin."""
    draw = np.random.default_rng(0)
    layer = Convolution((6, 7, 2), 3, Identity(), (3, 4), strides, padding)
    x, params = draw.normal(size=(1, 2, 84)), params_of(layer, 1)
    out = run(layer, x, params)["a"].reshape(2, *layer.output_shape)
    weight = params["weight"].reshape(3, 4, 2, 3)
    padded = np.zeros((2, 20, 20, 2))
    begins = []
    for length, size, stride, n in zip((6, 7), (3, 4), strides, out.shape[1:3], strict=True):
        expected = -(-length // stride) if padding == "same" else -(-(length - size + 1) // stride)
        assert n == expected
        beyond = max((n - 1) * stride + size - length, 0) if padding == "same" else 0
        begins.append(5 - beyond // 2)
    padded[:, 5:11, 5:12] = x.reshape(2, 6, 7, 2)
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            top, left = begins[0] + i * strides[0], begins[1] + j * strides[1]
            window = padded[:, top : top + 3, left : left + 4]
            value = np.einsum("nrcx,rcxf->nf", window, weight) + params["bias"][0]
            np.testing.assert_allclose(out[:, i, j], value, rtol=1e-12, atol=1e-12)


def test_windows_of_pools_are_those_of_keras():
    image = np.arange(7.0).reshape(1, 1, 7)
    for padding, largest, mean in (
        ("same", [1, 4, 6], [0.5, 3, 5.5]),  # one column is missing at each end
        ("valid", [2, 5], [1, 4]),
    ):
        for cls, expected in ((MaxPooling, largest), (AveragePooling, mean)):
            layer = cls((1, 7, 1), (1, 3), padding)
            assert run(layer, image, {})["a"].ravel().tolist() == expected


def test_local_contrast_is_that_of_the_paper():
    """Jarrett et al. 2009, section 2; near edges with the weights that are within the image."""
    draw = np.random.default_rng(0)
    images = draw.normal(size=(3, 11, 6, 4)) + 2
    layer = LocalContrast((11, 6, 4))
    found = run(layer, images.reshape(1, 3, -1), {})["a"].reshape(images.shape)
    places = np.arange(-4, 5)
    window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * 2.25**2))

    def mean(maps):
        return correlate2d(maps, window, "same") / correlate2d(np.ones_like(maps), window, "same")

    for image, result in zip(images, found, strict=True):
        centered = image - mean(image.mean(axis=2))[:, :, None]
        deviation = np.sqrt(mean((centered**2).mean(axis=2)))
        expected = centered / np.maximum(deviation, deviation.mean())[:, :, None]
        np.testing.assert_allclose(result, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("value", [0.0, 7.0, 1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_flat_image_has_no_contrast(value, dtype):
    layer = LocalContrast((5, 6, 1))
    x = np.full((1, 2, 30), value, dtype)
    memory = run(layer, x, {})
    assert np.abs(memory["a"]).max() <= (
        0 if value == 0 else 100 * value * np.finfo(dtype).eps / 1e-4
    )
    grad_x, _ = run_back(layer, x, {}, memory, np.ones((1, 2, 30), dtype))
    assert np.isfinite(grad_x).all()


def test_nothing_goes_back_below_the_first_layer_that_learns():
    frozen = Convolution(SHAPE, 4, ACTIVATIONS["prelu"](), is_trained=False)
    learns = Dense(frozen.gives, 2, Identity())
    for penalty in (None, L2()):
        stack, run_ = stack_of(stages_of([ChannelsLast(SHAPE), frozen, learns], penalty))
        scales = Scales.of(np.ones(2), np.ones(2), np.ones(2))
        for _ in range(2):
            stack.objective(run_, scales)
        grads = stack.layout.views(stack.grads)
        for name, grad in grads[1].items():
            if name != "weight" or penalty is None:
                assert (grad == 0).all()
        if penalty is not None:  # of one step, not of two
            np.testing.assert_allclose(
                grads[1]["weight"], stack.layout.views(stack.params)[1]["weight"]
            )
        assert (grads[2]["weight"] != 0).all()


def test_pools_take_what_there_is_of_their_windows():
    image = np.arange(15.0).reshape(1, 1, 15)
    largest, mean = (cls((5, 3, 1), (2, 2)) for cls in (MaxPooling, AveragePooling))
    assert largest.output_shape == mean.output_shape == (3, 2, 1)
    assert run(largest, image, {})["a"].ravel().tolist() == [4, 5, 10, 11, 13, 14]
    assert run(mean, image, {})["a"].ravel().tolist() == [2, 3.5, 8, 9.5, 12.5, 14]


def test_of_equal_pixels_the_first_has_the_gradient():
    layer = MaxPooling((2, 2, 1))
    x = np.full((1, 1, 4), 3.0)
    grad_x, _ = run_back(layer, x, {}, run(layer, x, {}), np.full((1, 1, 1), 7.0))
    assert grad_x.ravel().tolist() == [7, 0, 0, 0]


def network(penalty=None):
    """A convolution, pools, and fully connected layers."""
    convolution = Convolution(SHAPE, 4, ACTIVATIONS["tanh"](), (3, 3))
    pool = AveragePooling(convolution.output_shape)
    dense = Dense(pool.gives, 5, ACTIVATIONS["prelu"]())
    return stages_of([convolution, pool, dense, Dense(5, 2, Identity())], penalty)


def stack_of(stages, n_networks=2, n_rows=6):
    """A stack with random parameters, and a run with random data."""
    goal = Objective(stages=stages, loss=SquaredError(), dtype=np.dtype(float), n_targets=2)
    stack, draw = NetworkStack(goal, n_networks), np.random.default_rng(3)
    stack.params[...] = draw.normal(scale=0.5, size=stack.params.shape)
    run = stack.run(slice(0, n_networks), n_rows)
    run.x[...], run.y[...] = draw.normal(size=run.x.shape), draw.normal(size=run.y.shape)
    return stack, run


@pytest.mark.parametrize("penalty", [None, L2()], ids=repr)
def test_a_network_of_several_kinds_has_the_gradient_of_differences(penalty):
    stack, run = stack_of(network(penalty))
    ones = np.ones(2)
    scales = Scales.of(6 * ones, 0.3 * ones, ones)

    def value():
        return stack.objective(run, scales)[0].copy()

    value()
    gradient, start = stack.grads.copy(), stack.params.copy()
    direction = np.random.default_rng(4).normal(size=start.shape)
    values = []
    for sign in (1, -1):
        stack.params[...] = start + sign * 1e-6 * direction
        values.append(value())
    slope = (values[0] - values[1]) / 2e-6
    np.testing.assert_allclose(slope, (gradient * direction).sum(axis=1), rtol=1e-6)


@pytest.mark.parametrize("layer", [each for each in ALL if is_own(each)], ids=name_of)
def test_dropout_after_a_layer_leaves_its_memory_alone(layer):
    """Also that of a layer which draws masks itself: the gradient is that of differences."""
    stages = stages_of([layer, Dense(layer.gives, 2, Identity())])
    stages = replace(stages[0], dropout=0.3), stages[1]
    stack, run = stack_of(stages)
    ones, draw = np.ones(2), np.random.default_rng(4)
    scales = Scales.of(6 * ones, 0 * ones, ones)
    noise = [np.random.default_rng(5), np.random.default_rng(6)]
    before = [generator.bit_generator.state for generator in noise]
    data = run.x.copy(), run.y.copy()
    run = stack.run(slice(0, 2), 6, noise)
    run.x[...], run.y[...] = data

    def value():
        for generator, state in zip(noise, before, strict=True):
            generator.bit_generator.state = state
        return stack.objective(run, scales)[0].copy()

    value()
    gradient, start = stack.grads.copy(), stack.params.copy()
    direction = draw.normal(size=start.shape)
    direction[gradient == 0] = 0  # of what is not trained
    values = []
    for sign in (1, -1):
        stack.params[...] = start + sign * 1e-6 * direction
        values.append(value())
    slope = (values[0] - values[1]) / 2e-6
    np.testing.assert_allclose(slope, (gradient * direction).sum(axis=1), rtol=1e-5, atol=1e-8)


def test_a_trace_sees_what_a_stack_computes():
    stages = network()
    stack, run = stack_of(stages)
    layers, params = [stage.layer for stage in stages], stack.layout.views(stack.params)
    scales = Scales.of(np.ones(2), np.zeros(2), np.zeros(2))
    run.x[1] = run.x[0]
    stack.objective(run, scales)
    seen = trace(layers, params, run.x[0])
    np.testing.assert_allclose(seen.a[-1], run.raw, rtol=1e-12)
    grad_raw = np.empty_like(run.raw)
    SquaredError().value_and_gradient(run.y, run.raw, None, grad_raw)
    flow, grads = back(seen, grad_raw), stack.layout.views(stack.grads)
    for i in (0, 2, 3):
        gradients = weight_gradients(seen, i, flow.z[i])
        np.testing.assert_allclose(gradients["weight"], grads[i]["weight"], rtol=1e-9)


@pytest.mark.parametrize("penalty", [cls() for cls in dict.fromkeys(PENALTIES.values())], ids=repr)
@pytest.mark.parametrize("one_for_all", [True, False])
def test_all_weights_of_a_layer_with_two_matrices_are_penalised(penalty, one_for_all):
    layers = [Factored(5, 3, 4, ReLU()), Dense(4, 2, Identity())]
    stages = stages_of(layers, penalty)
    if not one_for_all:
        stages = stages_of(layers, type(penalty)()) and (
            stages_of(layers, penalty)[0],
            stages_of(layers, type(penalty)())[1],
        )
    stack, run = stack_of(stages, n_rows=4)
    views = stack.layout.views(stack.params)
    matrices = views[0]["inner"], views[0]["outer"], views[1]["weight"]
    expected = sum(penalty.value(matrix) for matrix in matrices)
    found = sum(np.asarray(block.value_and_gradient(np.ones(2))) for block in run.penalised)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if penalty.is_smooth:
        return
    before = [matrix.copy() for matrix in matrices]
    step = np.random.default_rng(0).uniform(0.01, 0.1, (2, stack.layout.n_weights))
    for block in run.penalised:
        block.prox(step)
    start = 0
    for matrix, old in zip(matrices, before, strict=True):
        columns = slice(start, start + old[0].size)
        penalty.prox(old, step[:, columns].reshape(old.shape))
        start = columns.stop
        np.testing.assert_array_equal(matrix, old)


class Slow(Dense):
    """Weights and biases have factors of their own."""

    def blocks(self):
        blocks = super().blocks()
        weight, bias = blocks["weight"], blocks["bias"]
        return blocks | {
            "weight": Block(weight.shape, "weight", rate=6.0, decay=0.5),
            "bias": Block(bias.shape, "bias", rate=0.1),
        }


def a_step(stages, optimizer, penalty_strength=0.3):
    recipe = Recipe(
        stages=stages,
        loss=SquaredError(),
        dtype=np.dtype(float),
        n_targets=2,
        optimizer=optimizer,
        batch_size=6,
    )
    stack, run = stack_of(stages)
    slots, rates = optimizer.init_state(stack.params), np.array([[0.1], [0.02]])
    descent = Descent(stack, run, recipe, optimizer, slots, rates, None, None)
    before, ones = stack.params.copy(), np.ones(2)
    scales = Scales.of(6 * ones, penalty_strength * ones, ones)
    descent.begin(scales.penalty)
    stack.data_objective(run, scales, descent.after_layer)
    descent.end()
    return stack, before


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_blocks_have_factors_of_the_learning_rate(name):
    optimizer = OPTIMIZERS[name]()
    if not hasattr(optimizer, "step"):
        pytest.skip("has no learning rate")
    if "weight_decay" in optimizer.get_params():
        optimizer.set_params(weight_decay=0.0)
    usual, before = a_step(stages_of([Dense(5, 4, ReLU()), Dense(4, 2, Identity())]), optimizer)
    slow, _ = a_step(stages_of([Slow(5, 4, ReLU()), Dense(4, 2, Identity())]), optimizer)
    moved, moved_slowly = usual.params - before, slow.params - before
    views = [stack.layout.views(moves) for stack, moves in ((usual, moved), (slow, moved_slowly))]
    for name, factor in (("weight", 6.0), ("bias", 0.1)):
        np.testing.assert_allclose(views[1][0][name], factor * views[0][0][name], rtol=1e-9)
        np.testing.assert_allclose(views[1][1][name], views[0][1][name], rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_blocks_have_factors_of_decay(name):
    cls = OPTIMIZERS[name]
    if "weight_decay" not in cls().get_params():
        pytest.skip("has no decay of its own")
    stages = stages_of([Slow(5, 4, ReLU()), Dense(4, 2, Identity())])
    plain, before = a_step(stages, cls(weight_decay=0.0))
    decayed, _ = a_step(stages, cls(weight_decay=0.2))
    shrunk = decayed.layout.views(decayed.params - plain.params)
    old = plain.layout.views(before)
    rates = np.array([0.1, 0.02])[:, None, None]
    np.testing.assert_allclose(
        shrunk[0]["weight"], -0.2 * 6.0 * 0.5 * rates * old[0]["weight"], rtol=1e-6, atol=1e-12
    )
    np.testing.assert_allclose(
        shrunk[1]["weight"], -0.2 * rates * old[1]["weight"], rtol=1e-6, atol=1e-12
    )
    np.testing.assert_array_equal(shrunk[0]["bias"], 0)


class Frozen(Dense):
    """Learns nothing."""

    def blocks(self):
        return {
            name: Block(block.shape, block.kind, rate=0.0)
            for name, block in super().blocks().items()
        }


@pytest.mark.parametrize("penalty", [L1(), L2()], ids=repr)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_blocks_whose_rate_is_0_stay_as_they_are(name, penalty):
    stages = stages_of([Frozen(5, 4, ReLU()), Dense(4, 2, Identity())], penalty, max_norm=0.1)
    recipe = Recipe(
        stages=stages,
        loss=SquaredError(),
        dtype=np.dtype(float),
        n_targets=2,
        optimizer=OPTIMIZERS[name](),
        batch_size=6,
    )
    if not recipe.optimizer.takes_batches and not penalty.is_smooth:
        pytest.skip("takes no such penalty")
    draw = np.random.default_rng(0)
    layout = ParameterLayout(recipe.layers)
    state = TrainingState(draw.normal(size=layout.n_params))
    X, y = draw.normal(size=(12, 5)), draw.normal(size=(12, 2))
    job = Job(
        recipe,
        X,
        y,
        None,
        None,
        np.random.RandomState(0),
        state,
        learning_rate=0.05,
        schedule=SCHEDULES["constant"](),
        alpha=2.0,
        activity_alpha=0.0,
        shuffle=True,
        max_epochs=5,
        tol=0.0,
        n_iter_no_change=10,
    )
    train([job])
    before, after = (layout.views(each[None]) for each in (state.params, job.state.params))
    for block in ("weight", "bias"):
        np.testing.assert_array_equal(after[0][block], before[0][block])
    assert (after[1]["weight"] != before[1]["weight"]).any()


def test_a_proximal_step_has_the_factor_of_its_block():
    for momentum, nesterov in ((0.9, True), (0.9, False), (0.0, False)):
        solver = SGD(momentum=momentum, nesterovs_momentum=nesterov)
        sizes = []
        for first in (Dense(5, 4, ReLU()), Slow(5, 4, ReLU())):
            stages = stages_of([first, Dense(4, 2, Identity())], L1())
            stack, run = stack_of(stages)
            recipe = Recipe(
                stages=stages,
                loss=SquaredError(),
                dtype=np.dtype(float),
                n_targets=2,
                optimizer=solver,
                batch_size=6,
            )
            slots, rates = solver.init_state(stack.params), np.array([[0.1], [0.02]])
            step_size = np.empty((2, stack.layout.n_weights))
            descent = Descent(stack, run, recipe, solver, slots, rates, None, step_size)
            scales = Scales.of(6 * np.ones(2), np.ones(2), np.ones(2))
            for _ in range(3):
                descent.begin(scales.penalty)
                stack.data_objective(run, scales, descent.after_layer)
            sizes.append(step_size)
        np.testing.assert_allclose(sizes[1][:, :20], 6 * sizes[0][:, :20], rtol=1e-12)
        np.testing.assert_allclose(sizes[1][:, 20:], sizes[0][:, 20:], rtol=1e-12)


def test_the_largest_product_counts_all_places():
    layer = Convolution((8, 8, 3), 16, ReLU())
    assert largest_product([layer, MaxPooling(layer.output_shape)], 10) == 10 * 64 * 27 * 16


def test_initializers_see_the_layers_that_have_weights():
    stages = network()
    layers = [stage.layer for stage in stages]
    layout = ParameterLayout(layers)
    starts = layer_starts(layers, layout.views(np.zeros((1, layout.n_params))))
    assert [start.weights.shape for start in starts] == [(18, 4), (24, 5), (5, 2)]
    assert [start.is_output for start in starts] == [False, False, True]


def test_each_matrix_of_a_layer_has_its_start():
    layers = [Factored(5, 3, 4, ReLU()), Dense(4, 2, Identity())]
    layout = ParameterLayout(layers)
    draw = np.random.RandomState(0)
    params = initial_params(layers, HeNormal(), Constant(0.5), draw, None, np.float64)
    first, last = layout.views(params[None])
    assert all(np.std(first[name]) > 0.1 for name in ("inner", "outer"))
    assert (first["bias"] == 0.5).all()
    assert (last["bias"] == 0.5).all()
    for from_data in (LSUV(), UnitVariance()):
        with pytest.raises(ValueError, match="layers with one matrix"):
            initial_params(layers, from_data, Constant(0.0), draw, np.ones((9, 5)), np.float64)


class Fixed(Dense):
    """Has weights of its own before training."""

    def blocks(self):
        blocks = super().blocks()
        return blocks | {"weight": Block(blocks["weight"].shape, "weight", drawn=False)}

    def init_parameters(self, params, rng):
        super().init_parameters(params, rng)
        params["weight"][...] = 1 + rng.uniform()


def test_a_layer_may_have_a_start_of_its_own():
    layers = [Fixed(5, 5, Identity()), Dense(5, 2, Identity())]
    layout, X = ParameterLayout(layers), np.random.default_rng(0).normal(size=(200, 5))
    draw = np.random.RandomState(0)
    params = initial_params(layers, LSUV(), Constant(0.0), draw, X, np.float64)
    first, last = layout.views(params[None])
    assert (first["weight"] == 1 + np.random.RandomState(0).uniform()).all()
    assert (X @ first["weight"][0] @ last["weight"][0]).std() == pytest.approx(1)


def test_unit_variance_goes_through_layers_of_their_own_start_and_over_places():
    layers = [
        Fixed(N_INPUTS, N_INPUTS, Identity()),
        Convolution(SHAPE, 4, ReLU()),
        MaxPooling((5, 3, 4)),
        Dense(MaxPooling((5, 3, 4)).gives, 2, Identity()),
    ]
    X, draw = np.random.default_rng(0).normal(size=(200, N_INPUTS)), np.random.RandomState(0)
    layout = ParameterLayout(layers)
    params = initial_params(layers, UnitVariance(), Auto(), draw, X, np.float64)
    x = X[None]
    for layer, arrays in zip(layers, layout.views(params[None]), strict=True):
        z, a = layer.look(x, arrays)
        if layer.blocks() and not isinstance(layer, Fixed):
            units = z.reshape(-1, layer.blocks()["weight"].shape[1])
            np.testing.assert_allclose(units.std(axis=0), 1)
            assert (np.unique(arrays["bias"]).size, (units > 0).mean()) > (1, 0.1)
        x = a


def test_units_of_images_are_no_columns():
    for layer in (Convolution(SHAPE, 4, ReLU()), MaxPooling(SHAPE)):
        assert not layer.units_are_columns
