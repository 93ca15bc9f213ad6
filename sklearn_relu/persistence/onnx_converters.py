"""Functions that skl2onnx calls for this package's estimators: types of outputs, and nodes."""

import math
from typing import Any

import numpy as np

from sklearn_relu.estimators.fitted import Fitted
from sklearn_relu.network.inference import n_networks_of
from sklearn_relu.persistence.onnx_tables import encoded
from sklearn_relu.persistence.onnx_values import Graph, Value, dtype_of, tensor_type

CLASSIFIER_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "output_class_labels": [False, True],
    "nocl": [True, False],
}
"""skl2onnx's own options of classifiers."""


def classifier_outputs(operator) -> None:
    """Labels, and probabilities or, of losses with margins, decisions."""
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType

    model = operator.raw_operator
    fitted = Fitted(model)
    n_samples = operator.inputs[0].get_first_dimension()
    text = _exported_classes(operator.scope_inst, model).dtype.kind in "OU"
    shape = [n_samples, model.n_outputs_] if fitted.is_multilabel else [n_samples]
    operator.outputs[0].set_type((StringTensorType if text else Int64TensorType)(shape))
    of_classes = fitted.loss.gives_probabilities and not fitted.is_multilabel
    width = len(model.classes_) if of_classes else model.n_outputs_
    operator.outputs[1].set_type(tensor_type(operator)([n_samples, width]))


def regressor_outputs(operator) -> None:
    """Predictions, one column for each target."""
    shape = [operator.inputs[0].get_first_dimension(), operator.raw_operator.n_outputs_]
    operator.outputs[0].set_type(tensor_type(operator)(shape))


def convert_classifier(scope, operator, container) -> None:
    """The nodes of a classifier."""
    model = operator.raw_operator
    fitted = Fitted(model)
    labels, scores = (output.full_name for output in operator.outputs)
    graph = Graph(scope, container, dtype_of(operator))
    mean = _mean_prediction(graph, operator)
    if len(model.classes_) == 1 and fitted.loss.gives_probabilities:
        nothing = graph.node("Sub", [mean, mean])
        graph.node("Add", [nothing, graph.value(1.0).name], scores)
    elif model.n_outputs_ == 1 and fitted.loss.gives_probabilities:
        other = graph.node("Sub", [graph.value(1.0).name, mean])
        graph.node("Concat", [other, mean], scores, axis=1)
    else:
        graph.node("Identity", [mean], scores)
    if model.n_outputs_ > 1 and not fitted.is_multilabel:
        numbers = graph.node("ArgMax", [mean], axis=1, keepdims=0)
    else:
        above = graph.node("Greater", [mean, graph.value(fitted.loss.threshold).name])
        numbers = graph.cast(above, np.int64, labels if fitted.is_multilabel else None)
    if fitted.is_multilabel:
        return
    if model.n_outputs_ == 1:
        numbers = graph.node("Reshape", [numbers, graph.constant(np.array([-1]))])
    classes = _exported_classes(scope, model)
    if len(classes) == 1:  # whatever the output is
        classes = np.repeat(classes, 2)
    graph.node("Gather", [graph.constant(classes), numbers], labels, axis=0)


def convert_regressor(scope, operator, container) -> None:
    """The nodes of a regressor."""
    model = operator.raw_operator
    graph = Graph(scope, container, dtype_of(operator))
    mean = _mean_prediction(graph, operator)
    if hasattr(model, "target_scale_"):
        mean = graph.node("Mul", [mean, graph.value(model.target_scale_).name])
        mean = graph.node("Add", [mean, graph.value(model.target_mean_).name])
    if hasattr(model, "target_range_"):
        lowest, largest = (graph.value(bound).name for bound in model.target_range_)
        mean = graph.node("Min", [graph.node("Max", [mean, lowest]), largest])
    graph.node("Identity", [mean], operator.outputs[0].full_name)


def autoencoder_parser(scope, model, inputs, custom_parsers=None) -> list:
    """The outputs: the code, and with the option "reconstruction" that too.

    Without it the steps of a Pipeline that follow read the code alone.
    """
    alias = f"SklearnRelu{type(model).__name__}"
    operator = scope.declare_local_operator(alias, model)
    operator.inputs = inputs
    both = scope.get_options(model, {"reconstruction": False})["reconstruction"]
    for name in ("code", "reconstruction") if both else ("code",):
        operator.outputs.append(scope.declare_local_variable(name, tensor_type(operator)()))
    return operator.outputs


def autoencoder_outputs(operator) -> None:
    """Codes, and reconstructions if they are asked for."""
    fitted = Fitted(operator.raw_operator)
    n_samples = operator.inputs[0].get_first_dimension()
    widths = fitted.n_components, operator.raw_operator.n_outputs_
    for output, width in zip(operator.outputs, widths, strict=False):
        output.set_type(tensor_type(operator)([n_samples, width]))


def convert_autoencoder(scope, operator, container) -> None:
    """The nodes of an autoencoder."""
    model = operator.raw_operator
    fitted = Fitted(model)
    graph = Graph(scope, container, dtype_of(operator))
    name = graph.cast(operator.inputs[0].full_name, graph.dtype)
    x = Value(graph, name, model.n_features_in_)
    layers, params = fitted.network(graph.dtype)
    outputs = [output.full_name for output in operator.outputs]
    for i, (layer, arrays) in enumerate(zip(layers, params, strict=True), start=1):
        x = layer.onnx(graph, x, arrays)
        if i == fitted.n_encoding:
            graph.rows(x, outputs[0])
            if len(outputs) == 1:
                return
    loss: Any = fitted.loss
    graph.rows(loss.predict(x), outputs[1])


OF_CLASSES: dict[str, Any] = {
    "shape_fct": classifier_outputs,
    "convert_fct": convert_classifier,
    "options": CLASSIFIER_OPTIONS,
}
OF_NUMBERS: dict[str, Any] = {"shape_fct": regressor_outputs, "convert_fct": convert_regressor}
OF_INPUTS: dict[str, Any] = {
    "shape_fct": autoencoder_outputs,
    "convert_fct": convert_autoencoder,
    "parser": autoencoder_parser,
    "options": {"reconstruction": [True, False]},
}
"""For each kind of targets, functions for the types of outputs and for nodes, and options."""


def _mean_prediction(graph: Graph, operator) -> str:
    """The inverse link's values (n_samples, n_outputs), averaged over the networks."""
    model = operator.raw_operator
    fitted = Fitted(model)
    if fitted.encoder is None:
        x = _given(graph, operator)
    else:
        width = len(fitted.encoder.get_feature_names_out())
        x = Value(graph, encoded(graph, fitted.encoder, operator), width)
        x = graph.reshape(x, width)  # with an axis for the networks: its layers slice the last one
    layers, params = fitted.network(graph.dtype)
    for layer, arrays in zip(layers, params, strict=True):
        x = layer.onnx(graph, x, arrays)
    loss: Any = fitted.loss  # it takes values that note what is done to them
    predictions = loss.predict(x)
    if n_networks_of(params) > 1:
        return graph.reduce("ReduceMean", predictions.name, 0, False)
    flat = graph.constant(np.array([-1, model.n_outputs_]))
    return graph.node("Reshape", [predictions.name, flat])


def _given(graph: Graph, operator) -> Value:
    """The graph's input as the network reads it: numbers, images or series."""
    fitted, given = Fitted(operator.raw_operator), operator.inputs[0]
    width = operator.raw_operator.n_features_in_
    n_channels = fitted.n_channels
    if n_channels is not None and None not in given.type.shape[1:]:
        width = math.prod(given.type.shape[1:])  # series may be longer than in training
    x = Value(graph, graph.cast(given.full_name, graph.dtype), width)
    if n_channels is not None and fitted.channels_come_first:
        x = graph.channels_last(x, (1, width // n_channels, n_channels))
    return x


def _exported_classes(scope, model) -> np.ndarray:
    """Labels as ONNX has them: int64, or text.

    Raises
    ------
    ValueError
        If they are neither, such as 0.5.
    """
    from skl2onnx.common.utils_classifier import get_label_classes

    classes = np.asarray(get_label_classes(scope, model))
    if classes.dtype.kind in "OU" and all(isinstance(label, str) for label in classes):
        return classes
    try:
        numbers = classes.astype(np.int64)
    except (TypeError, ValueError):
        numbers = None
    if numbers is None or (numbers != classes).any():
        raise ValueError(
            f"ONNX labels are whole numbers or text; classes_ is {classes!r}. Fit on labels of one "
            "of these."
        )
    return numbers
