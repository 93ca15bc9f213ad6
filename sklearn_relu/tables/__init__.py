"""Tables as they are: columns of numbers, categories and dates, as arrays of numbers."""

from sklearn_relu.tables.encoder import TabularEncoder

__all__ = ["TabularEncoder"]
