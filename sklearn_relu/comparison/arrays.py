"""Files of arrays: .npy, .npz and IDX (the format of MNIST), also compressed by gzip."""

import gzip
import io
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

ENDINGS = (".npy", ".npz", ".npy.gz")

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""Dtypes by the third byte of an IDX file; the fourth is the number of dimensions."""

PAIRS = (("X", "y"), ("x", "y"), ("data", "target"), ("X_train", "y_train"), ("x_train", "y_train"))
"""Names of features and target in an .npz file."""


def holds_arrays(path: str) -> bool:
    """Whether a file is of arrays, by its name or by its first bytes.

    Parameters
    ----------
    path : str

    Returns
    -------
    holds_arrays : bool
    """
    if path.lower().endswith(ENDINGS):
        return True
    return Path(path).is_file() and _is_idx(_content(path, 4))


def read_arrays(path: str, target: str | None = None) -> tuple[np.ndarray, np.ndarray, str, str]:
    """Read features and target.

    Parameters
    ----------
    path : str
    target : str, default=None
        In .npz the name of the target's array, else another file of one array with a value for each
        row. None: in .npz "y" or "target"; else the last column of a table.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Or of more dimensions, as of images.
    y : ndarray of shape (n_samples,)
    target : str
        The target's name.
    note : str
        What was read.

    Raises
    ------
    ValueError
        If the file cannot be read, or has no target.
    """
    found = _arrays(path)
    if isinstance(found, Mapping):
        X, y, target = _pair(path, found, target)
    elif target is not None:
        other = _arrays(target)
        if isinstance(other, Mapping):
            raise ValueError(f"--target: {target} holds several arrays; one is needed.")
        X, y, target = found, other, Path(target).name
    elif found.ndim == 2 and found.shape[1] > 1:
        X, y, target = found[:, :-1], found[:, -1], f"column {found.shape[1]}"
    else:
        raise ValueError(
            f"{path} is an array of shape {found.shape}, without a target. Name the file that has "
            "it: --target FILE."
        )
    y = y.ravel() if y.ndim == 2 and 1 in y.shape else y
    if X.ndim < 2 or y.ndim != 1 or len(X) != len(y):
        raise ValueError(
            f"features must have a row for each value of the target; got arrays of shape {X.shape} "
            f"in {path} and {y.shape} in {target!r}."
        )
    note = f"an array of shape {X.shape}"
    if X.ndim > 2:
        note += f", read as rows of {X[0].size} numbers"
    return X, y, target, note


def _pair(
    path: str, arrays: Mapping[str, np.ndarray], target: str | None
) -> tuple[np.ndarray, np.ndarray, str]:
    """Features and target of several arrays."""
    names = ", ".join(arrays)
    for x_name, y_name in PAIRS:
        if x_name in arrays and (target or y_name) in arrays and x_name != target:
            return arrays[x_name], arrays[target or y_name], target or y_name
    if target is not None and target in arrays and len(arrays) == 2:
        (x_name,) = [name for name in arrays if name != target]
        return arrays[x_name], arrays[target], target
    raise ValueError(f"{path} must hold arrays named X and y; it holds {names}.")


def _arrays(path: str) -> np.ndarray | Mapping[str, np.ndarray]:
    """The array of a file, or several by name."""
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such file.")
    try:
        data = _content(path)
        if _is_idx(data[:4]):
            return _idx(data)
        loaded = np.load(io.BytesIO(data), allow_pickle=False)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise ValueError(f"cannot read {path}: {error}") from None
    if isinstance(loaded, np.ndarray):
        return loaded
    return {name: loaded[name] for name in loaded.files}


def _content(path: str, n_bytes: int = -1) -> bytes:
    with open(path, "rb") as file:
        is_zipped = file.read(2) == b"\x1f\x8b"
    try:
        with (gzip.open if is_zipped else open)(path, "rb") as file:
            return file.read(n_bytes)
    except (EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"cannot read {path}: {error}") from None


def _is_idx(start: bytes) -> bool:
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in IDX_TYPES and 1 <= start[3] <= 4


def _idx(data: bytes) -> np.ndarray:
    n_dimensions = data[3]
    shape = np.frombuffer(data, ">u4", n_dimensions, 4).astype(int).tolist()
    dtype = np.dtype(IDX_TYPES[data[2]])
    values = np.frombuffer(data, dtype, offset=4 + 4 * n_dimensions)
    if values.size != np.prod(shape):
        raise ValueError(f"it has {values.size} values, and its header says {shape}; is it whole?")
    return values.reshape(shape).astype(dtype.newbyteorder("="))
