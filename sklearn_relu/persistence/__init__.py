"""Models as files: safe save and load, skops' trust list, ONNX."""

from sklearn_relu.persistence.classes import SKOPS_TRUSTED_TYPES
from sklearn_relu.persistence.models import load, save
from sklearn_relu.persistence.onnx_export import register_onnx_converters, to_onnx
from sklearn_relu.persistence.onnx_values import ONNX_FUNCTIONS

__all__ = [
    "ONNX_FUNCTIONS",
    "SKOPS_TRUSTED_TYPES",
    "load",
    "register_onnx_converters",
    "save",
    "to_onnx",
]
