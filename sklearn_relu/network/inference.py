"""Outputs of layers for many rows, in bounded memory."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import DTypeLike

from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.layers import Arrays, Layer, largest_product
from sklearn_relu.network.joining import computed
from sklearn_relu.network.memory import Memory

CHUNK_BYTES = 4 * 2**20
"""Hidden activations that a forward pass over many rows holds at once: they stay in the cache."""


def raw_outputs(
    layers: list[Layer], params: list[Arrays], X: Any, dtype: DTypeLike, max_bytes: int
) -> np.ndarray:
    """The outputs of the last layer for X, in bounded memory.

    Parameters
    ----------
    layers : list of Layer
    params : list of dict of ndarray
        For each layer its parameters by name, network axis first.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        What is of another dtype is cast some rows at a time.
    dtype : dtype
    max_bytes : int
        Bound on the memory for activations, beside the output.

    Returns
    -------
    raw : ndarray of shape (n_networks, n_samples, n_raw)
    """
    layers = reading(layers, X.shape[1])
    out = np.empty((n_networks_of(params), X.shape[0], layers[-1].gives), dtype)
    found = computed(layers)
    layers, params = [each.layer for each in found], [params[each.owner] for each in found]
    for rows, outputs in forward_batches(layers, params, X, dtype, max_bytes):
        out[:, rows] = outputs[-1]
    return out


def forward_batches(
    layers: list[Layer], params: list[Arrays], X: Any, dtype: DTypeLike, max_bytes: int
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Every layer's activations for X, some rows at a time: memory as for :func:`raw_outputs`.

    Yields
    ------
    rows : slice
        The rows of X.
    activations : list of ndarray of shape (n_networks, n_rows, width)
        One a layer, the last one's being the raw outputs; overwritten by the next batch.
    """
    n_networks = n_networks_of(params)
    layers = reading(layers, X.shape[1])
    memory = Memory(np.dtype(dtype))
    width = sum(layer.memory()["z"] + layer.gives + layer.scratch for layer in layers)
    row_bytes = memory.dtype.itemsize * n_networks * width
    n_rows = max(1, min(max_bytes, CHUNK_BYTES) // row_bytes)
    product = largest_product(layers, min(n_rows, X.shape[0]))
    for start in range(0, X.shape[0], n_rows):
        rows = slice(start, min(start + n_rows, X.shape[0]))
        batch = X[rows].astype(memory.dtype, copy=False)
        x = [batch] * n_networks if sp.issparse(batch) else batch[None]
        activations = []
        with suitable_blas_threads(product):
            for i, (layer, arrays) in enumerate(zip(layers, params, strict=True)):
                of_layer = memory.of_layer(i, layer, n_networks, batch.shape[0])
                for call in layer.forward(x, of_layer, arrays):
                    call()
                x = of_layer["a"]
                activations.append(x)
        yield rows, activations


def reading(layers: list[Layer], width: int) -> list[Layer]:
    """The layers for inputs of another width, where the first one can read such."""
    if width == layers[0].reads:
        return layers
    found = []
    for layer in layers:
        found.append(layer.reading(width))
        width = found[-1].gives
    return found


def n_networks_of(params: list[Arrays]) -> int:
    """The number of networks that parameters are of."""
    first = next(filter(None, params))
    return len(next(iter(first.values())))
