"""TabularEncoder as nodes of an ONNX graph: numbers and categories, but no dates."""

from collections.abc import Iterator

import numpy as np

from sklearn_relu.persistence.onnx_values import Graph, dtype_of, tensor_type
from sklearn_relu.tables import TabularEncoder
from sklearn_relu.tables.scaling import FAR


def encoder_outputs(operator) -> None:
    """All output columns, as one tensor."""
    n_samples = operator.inputs[0].get_first_dimension()
    n_out = len(operator.raw_operator.get_feature_names_out())
    operator.outputs[0].set_type(tensor_type(operator)([n_samples, n_out]))


def convert_encoder(scope, operator, container) -> None:
    """The nodes of an encoder; errors as :func:`encoded`."""
    graph = Graph(scope, container, dtype_of(operator))
    name = encoded(graph, operator.raw_operator, operator)
    graph.node("Identity", [name], operator.outputs[0].full_name)


def encoded(graph: Graph, encoder: TabularEncoder, operator) -> str:
    """The name of what an encoder makes of an operator's inputs.

    Raises
    ------
    NotImplementedError
        For dates, for levels that are neither all text nor all numbers, and for texts where the
        levels are numbers or the other way round.
    """
    columns = list(_columns(graph, operator))
    scaled, small, codes = [], [], []
    numbers = [i for i, kind in enumerate(encoder.kinds_) if kind == "number"]
    if "date" in encoder.kinds_:
        position = encoder.kinds_.index("date")
        raise NotImplementedError(
            f"Column {position} of TabularEncoder holds dates, which have no type in ONNX. Turn "
            "them into numbers first."
        )
    for place, position in enumerate(numbers):
        scaled.append(_scaled(graph, encoder, columns[position][0], place))
    coded = set(encoder.code_features_.tolist())
    categorical = [i for i, kind in enumerate(encoder.kinds_) if kind == "category"]
    for position, levels in zip(categorical, encoder.categories_, strict=True):
        if not len(levels):
            continue
        one_hot = _one_hot(graph, *columns[position], levels, position)
        if position in coded:
            places = graph.value(np.arange(1.0, len(levels) + 1)[:, None])
            codes.append(graph.node("MatMul", [one_hot, places.name]))
        elif len(levels) == 2:
            signs = graph.value(np.array([[-1.0], [1.0]]))
            small.append(graph.node("MatMul", [one_hot, signs.name]))
        else:
            small.append(one_hot)
    one, minus_one = graph.value(1.0).name, graph.value(-1.0).name
    for position in encoder.indicator_features_:
        is_missing = graph.node("IsNaN", [columns[position][0]])
        small.append(graph.node("Where", [is_missing, one, minus_one]))
    return graph.node("Concat", [*scaled, *small, *codes], axis=1)


def _columns(graph: Graph, operator) -> Iterator[tuple[str, bool]]:
    """Each column as (n_samples, 1), and whether it is text; numbers are of the graph's dtype."""
    from skl2onnx.common.data_types import StringTensorType

    for given in operator.inputs:
        is_text = isinstance(given.type, StringTensorType)
        name = given.full_name if is_text else graph.cast(given.full_name, graph.dtype)
        width = given.type.shape[1]
        for position in range(width):
            place = graph.constant(np.array([position]))
            yield (name if width == 1 else graph.node("Gather", [name, place], axis=1)), is_text


def _scaled(graph: Graph, encoder: TabularEncoder, name: str, place: int) -> str:
    """Centred, scaled and squashed; 0 where missing."""

    def number(value: float) -> str:
        return graph.value(value).name

    z = graph.node("Sub", [name, number(encoder.center_[place])])
    z = graph.node("Div", [z, number(encoder.scale_[place])])
    z = graph.node("Max", [graph.node("Min", [z, number(FAR)]), number(-FAR)])
    third = graph.node("Div", [z, number(3.0)])
    root = graph.node("Add", [graph.node("Mul", [third, third]), number(1.0)])
    squashed = graph.node("Div", [z, graph.node("Sqrt", [root])])
    return graph.node("Where", [graph.node("IsNaN", [squashed]), number(0.0), squashed])


def _one_hot(graph: Graph, name: str, is_text: bool, levels: np.ndarray, position: int) -> str:
    """A column of 0 and 1 for each level."""
    values = levels.tolist()
    fits = all(isinstance(value, str if is_text else int | float) for value in values)
    if not fits:
        raise NotImplementedError(
            f"Column {position} of TabularEncoder has levels that ONNX cannot look up in "
            f"{'text' if is_text else 'numbers'}: {values[:3]}. Fit it on columns of one type, and "
            "pass rows of that type."
        )
    if is_text:
        codes = list(range(1, len(values) + 1))
        name = graph.node(
            "LabelEncoder",
            [name],
            op_domain="ai.onnx.ml",
            op_version=2,
            keys_strings=values,
            values_floats=[float(code) for code in codes],
            default_float=0.0,
        )
        name, values = graph.cast(name, graph.dtype), codes
    row = graph.value(np.array([values], dtype=np.float64))
    return graph.cast(graph.node("Equal", [name, row.name]), graph.dtype)
