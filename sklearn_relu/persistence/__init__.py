"""Models as files: safe save and load, skops' trust list, ONNX."""

from sklearn_relu.persistence.models import load, save

__all__ = ["load", "save"]
