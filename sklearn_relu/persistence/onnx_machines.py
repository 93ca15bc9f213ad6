"""RBM as nodes of an ONNX graph: the means of its hidden units."""

import numpy as np

from sklearn_relu.estimators.machines import fitted_machine
from sklearn_relu.persistence.onnx_values import Graph, Value, dtype_of, tensor_type


def machine_outputs(operator) -> None:
    """All hidden units, as one tensor."""
    n_samples = operator.inputs[0].get_first_dimension()
    n_hidden = len(operator.raw_operator.components_)
    operator.outputs[0].set_type(tensor_type(operator)([n_samples, n_hidden]))


def convert_machine(scope, operator, container) -> None:
    """The nodes of a machine."""
    graph = Graph(scope, container, dtype_of(operator))
    machine = fitted_machine(operator.raw_operator, graph.dtype)
    n_visible, n_hidden = machine.weight.shape[1:]
    x = Value(graph, graph.cast(operator.inputs[0].full_name, graph.dtype), n_visible)
    z = graph.product(x, graph.value(machine.weight)) + graph.value(machine.hidden_bias)
    mean = machine.hidden.expression(z)
    flat = graph.constant(np.array([-1, n_hidden]))
    graph.node("Reshape", [mean.name, flat], operator.outputs[0].full_name)
