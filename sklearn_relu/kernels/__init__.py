"""Loops over arrays that several parts need, their compiled forms, and BLAS threads."""

from sklearn_relu.kernels.elementwise import add_scaled, add_weighted, logistic, rectify
from sklearn_relu.kernels.memory import PIECE, blocks, pieces, scratch
from sklearn_relu.kernels.products import (
    Call,
    add_outer,
    as_memory,
    axpy,
    pieces_of_rows,
    product,
    product_of_few_rows,
)
from sklearn_relu.kernels.sums import (
    column_norms,
    dot,
    limit_column_norms,
    limit_norms,
    sum_abs,
    sum_columns,
    sum_samples,
    sum_squares,
)

__all__ = [
    "PIECE",
    "Call",
    "add_outer",
    "add_scaled",
    "add_weighted",
    "as_memory",
    "axpy",
    "blocks",
    "column_norms",
    "dot",
    "limit_column_norms",
    "limit_norms",
    "logistic",
    "pieces",
    "pieces_of_rows",
    "product",
    "product_of_few_rows",
    "rectify",
    "scratch",
    "sum_abs",
    "sum_columns",
    "sum_samples",
    "sum_squares",
]
