"""Recurrent layers as nodes of an ONNX graph, by its own operators RNN and LSTM."""

from typing import Any

import numpy as np


def recurrence(
    graph: Any,
    operator: str,
    x: Any,
    n_channels: int,
    params: dict[str, np.ndarray],
    gates: tuple[int, ...],
    functions: list[tuple],
    summary: str | None,
) -> Any:
    """The summary of the states of a recurrent layer.

    The operators compute in float32: onnxruntime has no others.

    Parameters
    ----------
    graph : Graph
    operator : {"RNN", "LSTM"}
    x : Value of shape (n_networks or 1, n_samples, n_steps * n_channels)
        NaN at the steps that a series does not have.
    n_channels : int
    params : dict of ndarray
        "weight" (n_networks, n_channels + width, n_sums) and "bias" (n_networks, 1, n_sums).
    gates : tuple of int
        Our numbers of the gates, in ONNX' order.
    functions : list of tuple
        Names and numbers of ONNX' functions.
    summary : {"last", "mean", "max", None}
    """
    n_steps = x.width // n_channels
    lengths = x.lengths or _lengths(graph, x, n_steps, n_channels)
    outputs = []
    n_networks = len(params["weight"])
    for i in range(n_networks):
        own = {name: array[i] for name, array in params.items()}
        inputs = _inputs_of(graph, x, min(i, x.n_networks - 1), n_steps, n_channels)
        names = [inputs, *_arrays(graph, own, n_channels, gates), lengths]
        states, last = _run(graph, operator, names, functions, len(own["weight"]) - n_channels)
        outputs.append(_summarised(graph, summary, states, last, lengths, n_steps))
    name = outputs[0] if n_networks == 1 else graph.node("Concat", outputs, axis=0)
    width = len(params["weight"][0]) - n_channels
    value = type(x)(
        graph, graph.cast(name, graph.dtype), width * (1 if summary else n_steps), n_networks
    )
    if summary is None:
        value.lengths = lengths
    return value


def _lengths(graph: Any, x: Any, n_steps: int, n_channels: int) -> str:
    """How many steps each series has: those whose first channel is a number."""
    steps = graph.shaped(x.name, -1, n_steps, n_channels)
    bounds = [graph.constant(np.array([n])) for n in (0, 1, 2)]
    absent = graph.node("IsNaN", [graph.node("Slice", [steps, *bounds])])
    absent = graph.shaped(graph.cast(absent, np.float32), -1, n_steps)
    n_absent = graph.reduce("ReduceSum", absent, 1, False)
    n_present = graph.node("Sub", [graph.constant(np.array(n_steps, np.float32)), n_absent])
    return graph.cast(n_present, np.int32)


def _inputs_of(graph: Any, x: Any, network: int, n_steps: int, n_channels: int) -> str:
    """The inputs of one network, (n_steps, n_samples, n_channels), with 0 for NaN."""
    name = x.name
    if x.n_networks > 1:
        bounds = [graph.constant(np.array([n])) for n in (network, network + 1, 0)]
        name = graph.node("Slice", [name, *bounds])
    steps = graph.cast(graph.shaped(name, -1, n_steps, n_channels), np.float32)
    zero = graph.constant(np.array(0, np.float32))
    steps = graph.node("Where", [graph.node("IsNaN", [steps]), zero, steps])
    return graph.node("Transpose", [steps], perm=[1, 0, 2])


def _arrays(
    graph: Any, params: dict[str, np.ndarray], n_channels: int, gates: tuple[int, ...]
) -> list[str]:
    """Weights of inputs and of states, and biases, as the operators take them."""

    def in_order(array: np.ndarray) -> np.ndarray:
        parts = np.split(array, len(gates), axis=-1)
        return np.concatenate([parts[gate] for gate in gates], axis=-1).astype(np.float32)

    weight, bias = in_order(params["weight"]), in_order(params["bias"])
    both = np.concatenate([bias, np.zeros_like(bias)], axis=1)  # the second ones are the states'
    arrays = weight[:n_channels].T[None], weight[n_channels:].T[None], both
    return [graph.constant(np.ascontiguousarray(array)) for array in arrays]


def _run(
    graph: Any, operator: str, inputs: list[str], functions: list[tuple], width: int
) -> tuple[str, str]:
    """The states at all steps (n_steps, n_samples, width), and the last ones."""
    outputs = [graph.scope.get_unique_variable_name(name) for name in ("states", "last")]
    numbers = {
        "activation_alpha": [float(f[1]) for f in functions if len(f) > 1],
        "activation_beta": [float(f[2]) for f in functions if len(f) > 2],
    }
    graph.container.add_node(
        operator,
        inputs,
        outputs,
        name=graph.scope.get_unique_operator_name(operator),
        activations=[f[0] for f in functions],
        hidden_size=width,
        **{name: values for name, values in numbers.items() if values},
    )
    axis = graph.constant(np.array([1]))
    return graph.node("Squeeze", [outputs[0], axis]), outputs[1]


def _summarised(
    graph: Any, summary: str | None, states: str, last: str, lengths: str, n_steps: int
) -> str:
    """The output of one network, (1, n_samples, width)."""
    if summary == "last":
        return last
    if summary is None:
        by_series = graph.node("Transpose", [states], perm=[1, 0, 2])
        rows = graph.constant(np.array([0, -1]))
        return graph.node(
            "Unsqueeze", [graph.node("Reshape", [by_series, rows]), graph.constant(np.array([0]))]
        )
    steps = graph.constant(np.arange(n_steps, dtype=np.int32)[:, None])
    present = graph.node("Less", [steps, lengths])
    present = graph.node("Unsqueeze", [present, graph.constant(np.array([2]))])
    absent = graph.constant(np.array(-np.inf if summary == "max" else 0, np.float32))
    states = graph.node("Where", [present, states, absent])
    if summary == "max":
        return graph.reduce("ReduceMax", states, 0, True)
    n_present = graph.node(
        "Unsqueeze", [graph.cast(lengths, np.float32), graph.constant(np.array([1]))]
    )
    return graph.node("Div", [graph.reduce("ReduceSum", states, 0, True), n_present])
