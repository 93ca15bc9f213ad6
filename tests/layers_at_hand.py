"""Layers of each kind, for tests that go through all of them."""

from functools import partial

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.activations import ACTIVATIONS, Identity
from sklearn_relu.embeddings import EMBEDDINGS, PBLD
from sklearn_relu.layers import (
    LAYERS,
    LSTM,
    RNN,
    AveragePooling,
    Block,
    ChannelsLast,
    Convolution,
    Dense,
    Layer,
    LocalContrast,
    MaxPooling,
    Scale,
    TableInputs,
)

SHAPE = 5, 3, 2
"""Rows, columns and channels of small images; odd, so that windows reach beyond the edge."""

N_INPUTS = 30


def part(name):
    return ACTIVATIONS[name]()


EXAMPLES = {
    "dense": [
        *(
            Dense(N_INPUTS, 4, part(name))
            for name in ("relu", "tanh", "prelu", "parametric", "maxout")
        ),
        *(Dense(N_INPUTS, 4, part(name), transposes=0) for name in ("relu", "identity")),
    ],
    "convolution": [
        *(
            Convolution(SHAPE, 4, part(name))
            for name in ("relu", "gelu", "prelu", "parametric", "crelu")
        ),
        Convolution(SHAPE, 2, part("maxout"), (2, 5)),
        Convolution(SHAPE, 3, part("identity"), (1, 1)),
        Convolution((1, 15, 2), 3, part("elu"), (3, 3)),
        Convolution(SHAPE, 3, part("relu"), strides=(2, 2)),
        Convolution(SHAPE, 3, part("relu"), (2, 1), (3, 2), "valid"),
        Convolution((1, 15, 2), 3, part("tanh"), (1, 4), (1, 3)),
        Convolution(SHAPE, 3, part("prelu"), padding="valid", is_trained=False),
    ],
    "max_pooling": [
        MaxPooling(SHAPE),
        MaxPooling(SHAPE, (3, 1)),
        MaxPooling(SHAPE, (4, 2), "valid"),
        MaxPooling((1, 15, 2)),
        MaxPooling((1, 15, 2), (1, 4)),
    ],
    "table_inputs": [
        TableInputs(N_INPUTS, 0, (), PBLD(n_frequencies=2, frequency_scale=1.0)),
        TableInputs(20, 7, (2, 3, 4), PBLD(n_frequencies=2, n_outputs=2), category_width=2),
        TableInputs(20, 10, (), None),
        *(TableInputs(28, 2, (), cls()) for cls in EMBEDDINGS.values()),
        TableInputs(0, 25, (3,) * 5, PBLD(), category_width=3),
    ],
    "scale": [Scale(N_INPUTS)],
    "average_pooling": [
        AveragePooling(SHAPE),
        AveragePooling(SHAPE, (7, 2)),
        AveragePooling(SHAPE, (2, 2), "valid"),
        AveragePooling(SHAPE, (5, 3)),
    ],
    "local_contrast": [LocalContrast(SHAPE), LocalContrast((1, 30, 1)), LocalContrast((5, 6, 1))],
    "rnn": [
        *(
            RNN(10, 3, 4, part(name))
            for name in ("relu", "tanh", "identity", "prelu", "parametric", "gelu", "maxout")
        ),
        *(RNN(10, 3, 4, part("tanh"), summary) for summary in ("mean", "max", None)),
        RNN(10, 3, 4, part("prelu"), "mean", recurrent_dropout=0.5),
        RNN(30, 1, 2, part("relu"), "max"),
        RNN(6, 5, 4, part("crelu"), "mean"),
        RNN(1, 30, 2, part("tanh"), None),
    ],
    "lstm": [
        *(
            LSTM(10, 3, 4, part(name), part(gate))
            for name, gate in (
                ("tanh", "logistic"),
                ("logistic", "tanh"),
                ("relu", "logistic"),
                ("tanh", "hard_sigmoid"),
                ("parametric", "logistic"),
                ("gelu", "softsign"),
            )
        ),
        *(LSTM(10, 3, 4, part("tanh"), part("logistic"), name) for name in ("mean", "max", None)),
        LSTM(10, 3, 4, part("prelu"), part("logistic"), "mean", recurrent_dropout=0.5),
        LSTM(10, 3, 4, part("tanh"), part("logistic"), "mean", recurrent_dropout=0.5),
        LSTM(1, 30, 2, part("tanh"), part("logistic"), None),
    ],
    "channels_last": [ChannelsLast(SHAPE), ChannelsLast((1, 2, 15))],
}
"""By the names of `LAYERS`: some of each, of `N_INPUTS` inputs."""

ALL = [layer for name in LAYERS for layer in EXAMPLES[name]]


def name_of(layer):
    """The name of a test's case."""
    size = getattr(layer, "kernel_size", getattr(layer, "pool_size", ""))
    tied = "" if all(block.is_own for block in layer.blocks().values()) else "-tied"
    return f"{type(layer).__name__}{size}-{layer.activation!r}-{layer.reads}-{layer.gives}{tied}"


def inputs(n_networks, n_samples, dtype=np.float64, seed=0):
    """Inputs for these layers, (n_networks, n_samples, N_INPUTS)."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(n_networks, n_samples, N_INPUTS)).astype(dtype)


def params_of(layer, n_networks, dtype=np.float64, seed=1):
    """Parameters for networks that differ; those of activations begin where they always do, and
    those that depend on rows where some rows have them."""
    draw = np.random.default_rng(seed)
    params = {
        name: draw.normal(size=(n_networks, *block.shape)).astype(dtype)
        for name, block in layer.blocks().items()
    }
    for name, block in layer.blocks().items():
        if not block.is_own:  # another layer's memory
            params[name] = params[name].swapaxes(1, 2).copy().swapaxes(1, 2)
    layer.activation.init_parameters(params)
    layer.init_from_rows(params, inputs(1, 50, dtype, seed)[0])
    return params


def memory_of(layer, n_networks, n_samples, dtype=np.float64):
    """Memory as the stack gives it, full of NaN."""
    memory = {
        name: np.full((n_networks, n_samples, columns), np.nan, dtype)
        for name, columns in layer.memory().items()
    }
    memory.setdefault("a", memory["z"])
    return memory


class Factored(Layer):
    """Two matrices of weights: ``a = activation((x @ inner) @ outer + bias)``."""

    def __init__(self, reads, rank, n_units, activation=None):
        self.reads, self.rank, self.n_units, self.gives = reads, rank, n_units, n_units
        self.scratch = 2 * rank
        self.activation = activation or Identity()

    def blocks(self):
        return {
            "inner": Block((self.reads, self.rank), "weight"),
            "outer": Block((self.rank, self.n_units), "weight"),
            "bias": Block((1, self.n_units), "bias"),
        }

    def memory(self):
        widths = {"z": self.n_units, "between": self.rank, "grad_between": self.rank}
        return widths | ({"a": self.gives} if self.activation.needs_summed_input else {})

    def multiplications(self):
        return self.rank * max(self.reads, self.n_units)

    def forward(self, x, memory, params, noise=None):
        z, a, activate = memory["z"], memory["a"], self.activation.bias_forward
        return [
            kernels.product(x, params["inner"], memory["between"]),
            kernels.product(memory["between"], params["outer"], z),
            partial(activate, z, params["bias"], a, params, noise),
        ]

    def backward(self, x, memory, grad_a, grad_x, params, grads):
        between, grad_between, grad_z = (
            memory[name] for name in ("between", "grad_between", "grad_z")
        )
        if self.passes_through:
            activation = partial(kernels.sum_samples, grad_z, grads["bias"])
        else:
            arguments = memory["z"], memory["a"], grad_a, grad_z, grads["bias"], params, grads
            activation = partial(self.activation.bias_backward, *arguments)
        calls = [
            activation,
            kernels.product(between.swapaxes(1, 2), grad_z, grads["outer"]),
            kernels.product(grad_z, params["outer"].swapaxes(1, 2), grad_between),
            kernels.product(x.swapaxes(1, 2), grad_between, grads["inner"]),
        ]
        if grad_x is not None:
            calls.append(kernels.product(grad_between, params["inner"].swapaxes(1, 2), grad_x))
        return calls

    def sums(self, x, params, biased=True):
        z = x @ params["inner"] @ params["outer"]
        return z + params["bias"] if biased else z

    def input_gradient(self, x, z, grad_z, params):
        return grad_z @ (params["inner"] @ params["outer"]).swapaxes(1, 2)

    def weight_gradients(self, x, grad_z, params):
        raise NotImplementedError

    def onnx(self, graph, x, params):
        raise NotImplementedError
