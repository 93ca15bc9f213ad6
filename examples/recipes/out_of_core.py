"""Trains on more rows than memory holds, block after block; run it again after a crash to go on."""

import tempfile
from itertools import chain, islice
from pathlib import Path

import dask
import dask.array as da
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier
from sklearn_relu.callbacks import Checkpoint


def write(folder, n_files, n_rows, n_columns):
    """Data to train on: files of rows, the last column being the class."""
    folder.mkdir()
    for number in range(n_files):
        rng = np.random.default_rng(number)
        table = 3 + 2 * rng.standard_normal((n_rows, n_columns + 1), dtype=np.float32)
        table[:, -1] = (table[:, :5].sum(axis=1) > 15) ^ (rng.random(n_rows) < 0.05)
        np.save(folder / f"{number:03}.npy", table)


def read(folder):
    """X and y as dask arrays, a block for each file; nothing is read yet."""
    paths = sorted(folder.glob("*.npy"))
    first = np.load(paths[0], mmap_mode="r")
    load_file = dask.delayed(np.load)
    table = da.concatenate(
        [da.from_delayed(load_file(path), first.shape, first.dtype) for path in paths]
    )
    return table[:, :-1], table[:, -1].astype(int)


def blocks(X, y):
    """Pairs of arrays, one after the other. Any other iterator of batches does as well."""
    for pair in zip(X.blocks, y.blocks, strict=True):
        yield dask.compute(*pair, scheduler="synchronous")


def train(X, y, path, n_epochs=1, each=lambda model: None):
    """A pipeline trained for so many passes over all blocks."""
    scaler = StandardScaler()
    for rows, _ in blocks(X, y):
        scaler.partial_fit(rows)
    checkpoint = Checkpoint(path)  # writes the file after each block
    model = MLPClassifier((64, 64), batch_size=1000, random_state=0).set_callbacks(checkpoint)
    passes = chain.from_iterable(blocks(X, y) for _ in range(n_epochs))
    for rows, labels in islice(passes, checkpoint.resume(model), None):
        model.partial_fit(scaler.transform(rows), labels, classes=[0, 1])
        each(model)
    return make_pipeline(scaler, model)


def main(folder, n_files=20, n_rows=5_000, n_columns=20):
    """Train on all files but the last, in two passes, and score on that."""
    write(folder / "data", n_files, n_rows, n_columns)
    X, y = read(folder / "data")
    held_out = (n_files - 1) * n_rows
    model = train(X[:held_out], y[:held_out], folder / "model.ckpt", n_epochs=2)
    accuracy = model.score(X[held_out:].compute(), y[held_out:].compute())
    print(f"{model[-1].t_:,} rows seen; accuracy on the last file {accuracy:.3f}, at most 0.95")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(temporary))
