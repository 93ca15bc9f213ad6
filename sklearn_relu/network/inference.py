"""What layers give for many rows, in bounded memory."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.layers import Arrays, Dense, largest_product
from sklearn_relu.network.memory import Memory

CHUNK_BYTES = 4 * 2**20
"""Hidden activations that a forward pass over many rows holds at once: they stay in the cache."""


def raw_outputs(layers: list[Dense], params: list[Arrays], X, dtype, max_bytes: int) -> np.ndarray:
    """What the last layer gives for X, in bounded memory.

    Parameters
    ----------
    layers : list of Dense
    params : list of dict of ndarray
        For each layer its parameters by name, network axis first.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
    dtype : dtype
    max_bytes : int
        Bound on the memory for activations, beside the output.

    Returns
    -------
    raw : ndarray of shape (n_networks, n_samples, n_raw)
    """
    out = np.empty((len(params[0]["weight"]), X.shape[0], layers[-1].output_width), dtype)
    for rows, outputs in forward_batches(layers, params, X, dtype, max_bytes):
        out[:, rows] = outputs[-1]
    return out


def forward_batches(
    layers: list[Dense], params: list[Arrays], X, dtype, max_bytes: int
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Every layer's activations for X, some rows at a time: memory as for :func:`raw_outputs`.

    Yields
    ------
    rows : slice
        The rows of X.
    activations : list of ndarray of shape (n_networks, n_rows, width)
        One a layer, the last one's being the raw outputs; overwritten by the next batch.
    """
    n_networks = len(params[0]["weight"])
    memory = Memory(np.dtype(dtype))
    width = sum(layer.input_width + layer.output_width for layer in layers)
    row_bytes = memory.dtype.itemsize * n_networks * width
    n_rows = max(1, min(max_bytes, CHUNK_BYTES) // row_bytes)
    product = largest_product(layers, min(n_rows, X.shape[0]))
    for start in range(0, X.shape[0], n_rows):
        rows = slice(start, min(start + n_rows, X.shape[0]))
        batch = X[rows]
        x = [batch] * n_networks if sp.issparse(batch) else batch[None]
        outputs = [
            memory.output(i, layer, n_networks, batch.shape[0]) for i, layer in enumerate(layers)
        ]
        with suitable_blas_threads(product):
            for layer, layer_params, out in zip(layers, params, outputs, strict=True):
                for call in layer.forward(x, out, layer_params):
                    call()
                x = out.a
        yield rows, [output.a for output in outputs]
