"""A linear map for each column, shared by several embeddings.

Arrays by column are (n_networks, n_columns, n_samples, ...); `mix` is (n_networks, n_columns,
n_outputs, n_encoded), `offset` (n_networks, n_columns, n_outputs).
"""

import numpy as np


def by_output(embedded: np.ndarray, width: int) -> np.ndarray:
    """A view (n_networks, n_samples, n_columns, width) of embedded columns."""
    strides = *embedded.strides[:2], width * embedded.strides[2], embedded.strides[2]
    shape = *embedded.shape[:2], embedded.shape[2] // width, width
    return np.lib.stride_tricks.as_strided(embedded, shape, strides)


def by_column(memory: np.ndarray, width: int) -> np.ndarray:
    """Memory of the rows, as (n_networks, n_columns, n_samples, width)."""
    n_networks, n_samples, _ = memory.shape
    return memory.reshape(n_networks, -1, n_samples, width)


def of_columns(array: np.ndarray, n_columns: int, *shape: int) -> np.ndarray:
    """Parameters or their gradients, as (n_networks, n_columns, ...)."""
    return array.reshape(len(array), n_columns, *shape)


def map_columns(encoded: np.ndarray, mix: np.ndarray, offset: np.ndarray, out: np.ndarray) -> None:
    """``out = encoded @ mix + offset`` for each column."""
    np.matmul(encoded, mix.swapaxes(2, 3), out=out)
    out += offset[:, :, None]


def map_back(
    encoded: np.ndarray, grad_out: np.ndarray, grad_mix: np.ndarray, grad_offset: np.ndarray
) -> None:
    """Overwrite the gradients of the linear maps, given that of their outputs."""
    np.matmul(grad_out.swapaxes(2, 3), encoded, out=grad_mix)
    np.sum(grad_out, axis=2, out=grad_offset)


def spread(n_columns: int, n_encoded: int) -> np.ndarray:
    """The matrix (1, n_columns, n_columns * n_encoded) that repeats each column."""
    return np.repeat(np.eye(n_columns), n_encoded, axis=1)[None]


def one_matrix(mix: np.ndarray) -> np.ndarray:
    """The linear maps as a matrix (n_networks, n_columns * n_encoded, n_columns * n_outputs)."""
    n_networks, n_columns, n_outputs, n_encoded = mix.shape
    matrix = np.zeros((n_networks, n_columns, n_encoded, n_columns, n_outputs))
    for i in range(n_columns):
        matrix[:, i, :, i] = mix[:, i].swapaxes(1, 2)
    return matrix.reshape(n_networks, n_columns * n_encoded, n_columns * n_outputs)
