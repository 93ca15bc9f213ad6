"""Recurrent layers: series of unequal length, masks, and what two kinds of cells compute."""

import numpy as np
import pytest
from layers_at_hand import memory_of, params_of

from sklearn_relu.activations import ACTIVATIONS, Logistic, ReLU, Tanh
from sklearn_relu.kernels import fused
from sklearn_relu.layers import LSTM, RNN
from sklearn_relu.layers.steps import order_of
from sklearn_relu.layers.summaries import SUMMARIES

N_STEPS, N_CHANNELS = 7, 2
LENGTHS = [3, 7, 1, 5, 7, 3]

LAYERS = [
    lambda summary, n_steps=N_STEPS: RNN(n_steps, N_CHANNELS, 4, ReLU(), summary),
    lambda summary, n_steps=N_STEPS: RNN(n_steps, N_CHANNELS, 4, ACTIVATIONS["prelu"](), summary),
    lambda summary, n_steps=N_STEPS: RNN(n_steps, N_CHANNELS, 4, ACTIVATIONS["maxout"](), summary),
    lambda summary, n_steps=N_STEPS: LSTM(n_steps, N_CHANNELS, 4, Tanh(), Logistic(), summary),
    lambda summary, n_steps=N_STEPS: LSTM(n_steps, N_CHANNELS, 4, ReLU(), Logistic(), summary),
    lambda summary, n_steps=N_STEPS: LSTM(
        n_steps, N_CHANNELS, 4, ACTIVATIONS["prelu"](), ACTIVATIONS["softsign"](), summary
    ),
]
every_layer = pytest.mark.parametrize(
    "make", LAYERS, ids=lambda make: repr(make("last").activation)
)
every_summary = pytest.mark.parametrize("summary", SUMMARIES)


def series(lengths, dtype=np.float64, n_networks=2, seed=0):
    """Rows whose last steps are NaN."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n_networks, len(lengths), N_STEPS, N_CHANNELS)).astype(dtype)
    for i, length in enumerate(lengths):
        x[:, i, length:] = np.nan
    return x.reshape(n_networks, len(lengths), -1)


def both_ways(layer, x, params, grad_a, noise=None):
    """The output, the gradient for x, and those for parameters."""
    memory = memory_of(layer, len(params["weight"]), x.shape[1], x.dtype)
    for call in layer.forward(x, memory, params, noise):
        call()
    a = memory["a"].copy()
    memory["grad_z"] = np.full_like(memory["z"], np.nan)
    grads = {name: np.full_like(values, np.nan) for name, values in params.items()}
    grad_x = np.full_like(x, np.nan)
    for call in layer.backward(x, memory, grad_a.copy(), grad_x, params, grads):
        call()
    return a, grad_x, grads


def kept(layer, steps):
    """The columns of the outputs that a series of so many steps has."""
    return slice(steps * layer.width if layer.summary is None else layer.gives)


@every_layer
@every_summary
@pytest.mark.parametrize("compiled", [True, False])
def test_series_of_unequal_length_give_what_each_gives_alone(make, summary, compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(fused, "loops", lambda: None)
    layer = make(summary)
    x, params = series(LENGTHS), params_of(layer, 2)
    grad_a = np.random.default_rng(2).normal(size=(2, len(LENGTHS), layer.gives))
    a, grad_x, grads = both_ways(layer, x, params, grad_a)
    total = {name: np.zeros_like(values) for name, values in params.items()}
    close = {"rtol": 1e-11, "atol": 1e-12}
    for i, length in enumerate(LENGTHS):
        alone = layer.reading(length * N_CHANNELS)
        assert (alone.n_steps, alone.reads) == (length, length * N_CHANNELS)
        columns = kept(layer, length)
        own = x[:, i : i + 1, : alone.reads]
        own_a, own_x, own_grads = both_ways(alone, own, params, grad_a[:, i : i + 1, columns])
        np.testing.assert_allclose(a[:, i : i + 1, columns], own_a, **close)
        np.testing.assert_allclose(grad_x[:, i : i + 1, : alone.reads], own_x, **close)
        assert (grad_x[:, i, alone.reads :] == 0).all()
        assert np.isnan(a[:, i, columns.stop :]).all()
        for name, gradient in own_grads.items():
            total[name] += gradient
    for name, gradient in total.items():
        np.testing.assert_allclose(grads[name], gradient, rtol=1e-9, atol=1e-11)


@every_layer
@every_summary
def test_a_look_at_unequal_series_is_the_forward_pass(make, summary):
    layer = make(summary)
    x, params = series(LENGTHS), params_of(layer, 2)
    grad_a = np.random.default_rng(2).normal(size=(2, len(LENGTHS), layer.gives))
    a, grad_x, grads = both_ways(layer, x, params, grad_a)
    z, looked = layer.look(x, params)
    np.testing.assert_allclose(looked, a, rtol=1e-12)
    np.testing.assert_array_equal(layer.activations(z, params), looked)
    by_step = z.reshape(2, len(LENGTHS), N_STEPS, -1)
    absent = np.arange(N_STEPS) >= np.array(LENGTHS)[:, None]
    assert np.isnan(by_step[:, absent]).all()
    assert np.isfinite(by_step[:, ~absent]).all()
    grad_z = layer.look_back(z, a, grad_a, params)
    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(layer.input_gradient(x, z, grad_z, params), grad_x, **close)
    gradient = layer.weight_gradients(x, grad_z, params)["weight"]
    np.testing.assert_allclose(gradient, grads["weight"], **close)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_networks_whose_series_differ_in_length_have_the_same_bits_alone(make, dtype):
    layer = make("last")
    x = np.concatenate([series(LENGTHS, dtype, 1), series(LENGTHS[::-1], dtype, 1, seed=1)])
    params = params_of(layer, 2, dtype)
    grad_a = np.random.default_rng(2).normal(size=(2, len(LENGTHS), layer.gives)).astype(dtype)
    together = both_ways(layer, x, params, grad_a)
    for i in range(2):
        one = slice(i, i + 1)
        own = {name: values[one].copy() for name, values in params.items()}
        alone = both_ways(layer, x[one], own, grad_a[one])
        for found, expected in zip(alone[:2], together[:2], strict=True):
            np.testing.assert_array_equal(found, expected[one])
        for name, gradient in alone[2].items():
            np.testing.assert_array_equal(gradient, together[2][name][one])


@every_layer
@every_summary
@pytest.mark.parametrize("lengths", [LENGTHS, [7] * 6])
def test_a_series_whose_states_are_no_numbers_has_no_output(make, summary, lengths):
    """The layer above would take the first such state for the end of the series."""
    below = make(None)
    above = type(below)(N_STEPS, below.width, **of_kind(below), summary=summary)
    x, params = series(lengths, n_networks=1), params_of(below, 1)
    x[0, 0, 2 * N_CHANNELS : 3 * N_CHANNELS] = np.inf, -np.inf
    params["weight"][0, :N_CHANNELS] = 1.0
    with np.errstate(invalid="ignore"):
        states, *_ = both_ways(below, x, params, np.zeros((1, 6, below.gives)))
        a, grad_x, _ = both_ways(above, states, params_of(above, 1), np.ones((1, 6, above.gives)))
    assert np.isnan(states[0, 0]).all()
    assert np.isnan(a[0, 0]).all()
    others, *_ = both_ways(above, states[:, 1:], params_of(above, 1), np.ones((1, 5, above.gives)))
    np.testing.assert_allclose(a[:, 1:], others, rtol=1e-12)
    assert np.isfinite(grad_x[:, 1:]).all()


def of_kind(layer):
    """What makes a layer of the same kind."""
    gates = {"gate_activation": layer.gate_activation} if isinstance(layer, LSTM) else {}
    return {"n_units": 4, "activation": layer.activation} | gates


# The same again, as in a textbook: series by series, step by step, gate by gate.


def states_of(x, weight, bias, cell):
    """All states of one series (steps, channels); cells are as in their papers."""
    n_channels, n_units = x.shape[1], weight.shape[0] - x.shape[1]
    of_inputs, of_states = weight[:n_channels], weight[n_channels:]
    h = c = np.zeros(n_units)
    states = []
    for inputs in x:
        z = inputs @ of_inputs + h @ of_states + bias
        if cell == "rnn":
            h = np.tanh(z)
        else:
            i, f, o = (1 / (1 + np.exp(-each)) for each in np.split(z[: 3 * n_units], 3))
            c = f * c + i * np.tanh(z[3 * n_units :])
            h = o * np.tanh(c)
        states.append(h)
    return np.array(states)


TEXTBOOK = {
    "last": lambda states: states[-1],
    "mean": lambda states: states.mean(axis=0),
    "max": lambda states: states[states.real.argmax(axis=0), np.arange(states.shape[1])],
}


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("summary", TEXTBOOK)
@pytest.mark.parametrize("lengths", [LENGTHS, [7] * 6, [1], [7, 1]])
def test_a_cell_is_that_of_a_textbook(cell, summary, lengths):
    """Outputs, and gradients: a step along the imaginary axis gives the textbook's exactly."""
    shape = N_STEPS, N_CHANNELS, 4, Tanh()
    layer = RNN(*shape, summary) if cell == "rnn" else LSTM(*shape, Logistic(), summary)
    x, params = series(lengths, n_networks=1), params_of(layer, 1)
    draw = np.random.default_rng(2)
    grad_a = draw.normal(size=(1, len(lengths), 4))
    a, grad_x, grads = both_ways(layer, x, params, grad_a)

    def outputs(x, weight, bias):
        rows = x.reshape(len(lengths), N_STEPS, N_CHANNELS)
        each = [
            states_of(row[:n], weight, bias, cell) for row, n in zip(rows, lengths, strict=True)
        ]
        return np.array([TEXTBOOK[summary](states) for states in each])

    arrays = x[0], params["weight"][0], params["bias"][0, 0]
    np.testing.assert_allclose(a[0], outputs(*arrays), rtol=1e-12, atol=1e-14)
    found = grad_x[0], grads["weight"][0], grads["bias"][0, 0]
    for i, gradient in enumerate(found):
        direction = draw.normal(size=gradient.shape)
        moved = [array + (1e-30j * direction if j == i else 0) for j, array in enumerate(arrays)]
        slope = (outputs(*moved).imag / 1e-30 * grad_a[0]).sum()
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-10, atol=1e-12)


def test_the_order_is_by_falling_length():
    x = series(LENGTHS)[0]
    order = order_of(x, N_STEPS)
    assert order.rows.tolist() == [1, 4, 3, 0, 5, 2]
    assert order.counts == [6, 5, 5, 3, 3, 2, 2, 0]
    assert order.lengths.tolist() == [7, 7, 5, 3, 3, 1]
    whole = order_of(series([7, 7])[0], N_STEPS)
    assert (whole.rows, whole.counts) == (None, [2] * 7 + [0])
    assert whole.lengths.tolist() == [7, 7]


@every_layer
@every_summary
def test_steps_that_no_series_of_a_batch_has_are_left_alone(make, summary):
    """So short series cost what they have, however long another batch's are."""
    layer, lengths = make(summary), [3, 1, 2]
    x, params = series(lengths, n_networks=1), params_of(layer, 1)
    order = order_of(x[0], N_STEPS)
    assert (order.counts, order.n_steps) == ([3, 2, 1, 0], 3)
    memory = memory_of(layer, 1, 3)
    for array in memory.values():
        array.fill(np.nan)
    for call in layer.forward(x, memory, params):
        call()
    z = memory["z"].reshape(N_STEPS + 1, -1)
    assert np.isnan(z[4:]).all()
    assert np.isfinite(z[:4]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_tanh_for_all_gates_is_what_activations_say(dtype, monkeypatch):
    """Two forms of the step, and the general one, which keeps the summed inputs."""
    layer = LSTM(N_STEPS, N_CHANNELS, 5, Tanh(), Logistic())
    x, params = 3 * series([7] * 6, dtype), params_of(layer, 2, dtype)
    grad_a = np.random.default_rng(2).normal(size=(2, 6, layer.gives)).astype(dtype)
    found = [both_ways(layer, x, params, grad_a)]
    monkeypatch.setattr(fused, "loops", lambda: None)
    found.append(both_ways(layer, x, params, grad_a))
    layer._set_widths(keeps_sums=True)
    found.append(both_ways(layer, x, params, grad_a))
    tolerance = 2e-5 if dtype == np.float32 else 1e-11
    for other in found[1:]:
        for one, two in zip(found[0][:2], other[:2], strict=True):
            np.testing.assert_allclose(one, two, rtol=tolerance, atol=tolerance)
        for name, gradient in other[2].items():
            np.testing.assert_allclose(found[0][2][name], gradient, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("value", [0.0, 1e-30, 0.3, 7.8, 8.5, 1e30, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_gates_take_every_number(value, dtype):
    layer = LSTM(2, 1, 3, Tanh(), Logistic())
    params = params_of(layer, 1, dtype)
    x = np.full((1, 1, 2), [0.5, value], dtype)  # NaN would be a step that is not there
    x[0, 0, 1] = np.nan_to_num(value, nan=0.1, posinf=np.inf, neginf=-np.inf)
    if np.isnan(value):
        params["weight"][...] = np.nan
    with np.errstate(invalid="ignore", over="ignore"):
        a = both_ways(layer, x, params, np.zeros((1, 1, 3), dtype))[0]
        layer._set_widths(keeps_sums=True)
        expected = both_ways(layer, x, params, np.zeros((1, 1, 3), dtype))[0]
    np.testing.assert_allclose(a, expected, rtol=1e-5, atol=1e-6)


def test_a_mask_is_the_same_at_all_steps():
    """A unit that is dropped is not seen by the next step; the others are scaled up."""
    layer = RNN(5, 1, 4, ACTIVATIONS["identity"](), None, recurrent_dropout=0.5)
    params = params_of(layer, 1)
    x = np.random.default_rng(0).normal(size=(1, 3, 5))
    memory = memory_of(layer, 1, 3)
    for call in layer.forward(x, memory, params, [np.random.default_rng(0)]):
        call()
    mask = memory["mask"][0]
    assert set(np.unique(mask)) == {0.0, 2.0}
    state = np.zeros((3, 4))
    for t, seen in enumerate(np.split(memory["a"][0], 5, axis=1)):
        of_inputs = x[0, :, t : t + 1] @ params["weight"][0, :1]
        state = of_inputs + (state * mask) @ params["weight"][0, 1:] + params["bias"][0]
        np.testing.assert_allclose(seen, state, rtol=1e-12)
    without = memory_of(layer, 1, 3)
    for call in layer.forward(x, without, params):
        call()
    plain = RNN(5, 1, 4, ACTIVATIONS["identity"](), None)
    np.testing.assert_allclose(without["a"], plain.look(x, params)[1], rtol=1e-12)


def test_gradients_with_a_mask_are_those_of_differences():
    for make in (
        lambda: RNN(N_STEPS, N_CHANNELS, 4, Tanh(), "mean", recurrent_dropout=0.4),
        lambda: LSTM(N_STEPS, N_CHANNELS, 4, Tanh(), Logistic(), "mean", recurrent_dropout=0.4),
    ):
        layer = make()
        x, params = series(LENGTHS, n_networks=1), params_of(layer, 1)
        grad_a = np.random.default_rng(2).normal(size=(1, len(LENGTHS), layer.gives))

        def value(layer=layer, x=x, params=params, grad_a=grad_a):
            return both_ways(layer, x, params, grad_a, [np.random.default_rng(7)])

        grads = value()[2]
        for name in ("weight", "bias"):
            direction = np.random.default_rng(3).normal(size=params[name].shape)
            values = []
            for sign in (1, -1):
                params[name] += sign * 1e-6 * direction
                values.append((value()[0] * grad_a).sum())
                params[name] -= sign * 1e-6 * direction
            slope = (values[0] - values[1]) / 2e-6
            np.testing.assert_allclose(slope, (grads[name] * direction).sum(), rtol=1e-6)


def test_an_lstm_refuses_activations_with_several_sums():
    for name in ("maxout", "crelu"):
        with pytest.raises(ValueError, match="needs one of each"):
            LSTM(3, 1, 4, ACTIVATIONS[name](), Logistic())
    with pytest.raises(ValueError, match=r"gate_activation=.*learns parameters"):
        LSTM(3, 1, 4, Tanh(), ACTIVATIONS["prelu"]())
