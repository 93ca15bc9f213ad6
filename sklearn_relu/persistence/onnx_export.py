"""to_onnx: a model as an ONNX graph, for predictions without Python."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.estimators import MLPClassifier, MLPRegressor
from sklearn_relu.persistence import onnx_converters


def to_onnx(model, X):
    """Convert a fitted model to ONNX.

    Parameters
    ----------
    model : estimator
        A fitted MLPClassifier or MLPRegressor, or a Pipeline or other estimator of scikit-learn
        that holds some and that skl2onnx converts: scalers, encoders, ColumnTransformer ...
    X : array-like or DataFrame of shape (n_samples, n_features)
        Rows as the model takes them, of which only the types matter. The graph computes in float64
        if X is of that dtype, else in float32. An array becomes one input ``X``; a DataFrame one
        input of shape (n_samples, 1) for each column, under the column's name.

    Returns
    -------
    onnx_model : onnx.ModelProto
        To be written with ``onnx.save(onnx_model, path)``. A classifier gives ``label`` and
        ``probabilities`` (n_samples, n_classes), or decisions if its loss gives margins; a
        regressor ``variable`` (n_samples, n_outputs).

    Raises
    ------
    ImportError
        If skl2onnx is not installed: it comes with the extra ``onnx``.
    NotFittedError
        If the model is not fitted.
    NotImplementedError
        If an activation or a loss of your own does not say what it is in ONNX. See
        :doc:`/write_a_part`.
    ValueError
        If labels are neither whole numbers nor text.

    See Also
    --------
    register_onnx_converters : For calls of ``skl2onnx.to_onnx`` with options of its own.
    save : For use in Python.
    """
    check_is_fitted(model)
    register_onnx_converters()
    from skl2onnx import convert_sklearn

    return convert_sklearn(
        model,
        name=f"ONNX({type(model).__name__})",
        initial_types=_input_types(X),
        options={MLPClassifier: {"zipmap": False}},
    )


def register_onnx_converters() -> None:
    """Tell skl2onnx how to convert this package's estimators.

    After it, ``skl2onnx.to_onnx`` and ``skl2onnx.convert_sklearn`` take MLPClassifier and
    MLPRegressor of this package, in Pipelines and meta-estimators too. :func:`to_onnx` calls it
    itself. To call it again does nothing.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError(
            "ONNX export needs skl2onnx: pip install 'sklearn-relu[onnx]'."
        ) from error
    update_registered_converter(
        MLPClassifier,
        "SklearnReluMLPClassifier",
        onnx_converters.classifier_outputs,
        onnx_converters.convert_classifier,
        overwrite=True,
        options=onnx_converters.CLASSIFIER_OPTIONS,
    )
    update_registered_converter(
        MLPRegressor,
        "SklearnReluMLPRegressor",
        onnx_converters.regressor_outputs,
        onnx_converters.convert_regressor,
        overwrite=True,
    )


def _input_types(X) -> list:
    """Names and types of the graph's inputs."""
    if hasattr(X, "columns"):
        return [(str(name), _type(np.asarray(X[name][:1]), 1)) for name in X.columns]
    X = X if sp.issparse(X) else np.asarray(X)
    return [("X", _type(X, X.shape[1]))]


def _type(values, width: int):
    from skl2onnx.common import data_types

    by_kind = {"i": "Int64", "u": "Int64", "b": "Boolean", "f": "Float"}
    name = "Double" if values.dtype == np.float64 else by_kind.get(values.dtype.kind, "String")
    return getattr(data_types, f"{name}TensorType")([None, width])
