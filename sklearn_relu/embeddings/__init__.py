"""Numerical embeddings: several inputs of a network, made of each column of numbers."""

from sklearn_relu.embeddings.base import NumericalEmbedding
from sklearn_relu.embeddings.waves import PBLD

EMBEDDINGS: dict[str, type[NumericalEmbedding]] = {
    "pbld": PBLD,
}
"""The numerical embeddings by name."""

__all__ = ["EMBEDDINGS", "PBLD", "NumericalEmbedding"]
