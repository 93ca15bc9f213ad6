"""Callbacks, besides those of scikit-learn, for ``set_callbacks``."""

from sklearn_relu.callbacks.checkpoint import Checkpoint

__all__ = ["Checkpoint"]
