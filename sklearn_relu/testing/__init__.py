"""Checks for parts that users write."""

from sklearn_relu.testing.check import check_part

__all__ = ["check_part"]
