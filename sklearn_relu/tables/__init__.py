"""Tables as they come, turned into numbers."""

from sklearn_relu.tables.encoder import TabularEncoder
from sklearn_relu.tables.kinds import kind_of

__all__ = ["TabularEncoder", "kind_of"]
