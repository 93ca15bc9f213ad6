"""to_onnx: a model as an ONNX graph, for predictions without Python."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.estimators import ESTIMATORS, RBM
from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.reconstruction import Reconstruction
from sklearn_relu.persistence import onnx_converters, onnx_inputs
from sklearn_relu.persistence.onnx_machines import convert_machine, machine_outputs
from sklearn_relu.persistence.onnx_tables import convert_encoder, encoder_outputs
from sklearn_relu.tables import TabularEncoder


def to_onnx(model, X):
    """Convert a fitted model to ONNX.

    Parameters
    ----------
    model : estimator
        A fitted network of this package, TabularEncoder or RBM, or a Pipeline or other estimator of
        scikit-learn that holds some and that skl2onnx converts: scalers, ColumnTransformer ...
    X : array-like or DataFrame of shape (n_samples, n_features)
        Rows, or images, as the model takes them, of which only the types matter. An array becomes
        one input ``X``; a DataFrame one input of shape (n_samples, 1) for each column, with its
        name and dtype (but one named like an output: ``label`` becomes ``label1``). The graph
        computes in float32 if that holds all numbers of X, else in float64: as for NumPy, int64
        makes float64.

    Returns
    -------
    onnx_model : onnx.ModelProto
        To be written with ``onnx.save(onnx_model, path)``. A classifier gives ``label`` and
        ``probabilities`` (n_samples, n_classes), or decisions if its loss gives margins; a
        regressor, a TabularEncoder or an RBM ``variable`` (n_samples, n_outputs); an Autoencoder
        ``code`` and, where it is the last step, ``reconstruction`` as the network gives it, which
        no earlier step undoes.

    Raises
    ------
    ImportError
        If skl2onnx is not installed: it and onnx come with the extra ``onnx``.
    NotFittedError
        If the model is not fitted.
    NotImplementedError
        If an activation or a loss of your own does not say what it is in ONNX (see
        :doc:`/write_a_part`), and for tables with dates.
    ValueError
        If labels are neither whole numbers nor text, or a column is neither of these nor booleans.

    See Also
    --------
    register_onnx_converters : For calls of ``skl2onnx.to_onnx`` with options of its own.
    save : For use in Python.
    """
    check_is_fitted(model)
    register_onnx_converters()
    from skl2onnx import convert_sklearn

    inputs = onnx_inputs.inputs_of(X)
    converted = convert_sklearn(
        model,
        name=f"ONNX({type(model).__name__})",
        initial_types=onnx_inputs.skl2onnx_types(inputs),
        options=_options(model),
    )
    onnx_inputs.use_own_names_and_types(converted.graph, inputs)
    return converted


def _options(model) -> dict:
    """Options of the networks: scores as arrays, and reconstructions of what comes last."""
    options: dict = {
        cls: {"zipmap": False} for cls in ESTIMATORS.values() if issubclass(cls, Classes)
    }
    while isinstance(model, Pipeline):
        model = model[-1]
    if isinstance(model, Reconstruction):
        options[id(model)] = {"reconstruction": True}
    return options


def register_onnx_converters() -> None:
    """Tell skl2onnx how to convert this package's estimators.

    After it, ``skl2onnx.to_onnx`` and ``skl2onnx.convert_sklearn`` take the networks, the
    TabularEncoder and the RBM of this package, in Pipelines and meta-estimators too.
    :func:`to_onnx` calls it itself. To call it again does nothing.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError("ONNX export needs skl2onnx: pip install skl2onnx onnx") from error
    for name, cls in ESTIMATORS.items():
        kind = onnx_converters.OF_NUMBERS
        if issubclass(cls, Classes):
            kind = onnx_converters.OF_CLASSES
        elif issubclass(cls, Reconstruction):
            kind = onnx_converters.OF_INPUTS
        update_registered_converter(cls, f"SklearnRelu{name}", overwrite=True, **kind)
    transformers = {
        TabularEncoder: (encoder_outputs, convert_encoder),
        RBM: (machine_outputs, convert_machine),
    }
    for transformer, (outputs, convert) in transformers.items():
        name = f"SklearnRelu{transformer.__name__}"
        update_registered_converter(transformer, name, outputs, convert, overwrite=True)
