"""Numerical embeddings: several inputs of a network, made of each column of numbers."""

from sklearn_relu.embeddings.base import NumericalEmbedding
from sklearn_relu.embeddings.periodic import Periodic
from sklearn_relu.embeddings.piecewise import PiecewiseLinear
from sklearn_relu.embeddings.waves import PBLD

EMBEDDINGS: dict[str, type[NumericalEmbedding]] = {
    "pbld": PBLD,
    "periodic": Periodic,
    "piecewise_linear": PiecewiseLinear,
}
"""The numerical embeddings by name."""

__all__ = ["EMBEDDINGS", "PBLD", "NumericalEmbedding", "Periodic", "PiecewiseLinear"]
