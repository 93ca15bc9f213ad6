"""Time of predictions over that of the bare matrix products.

The floor is NumPy's products, some thousand rows at a time into buffers made once, plus
scikit-learn's own validation of X. Contenders take turns; figures are minima. Run as
``python benchmarks/predict_speed.py``.
"""

import time
import warnings
from functools import partial

import machine
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import validate_data
from threadpoolctl import threadpool_limits

from sklearn_relu import MLPRegressor
from sklearn_relu.network.inference import CHUNK_BYTES

SIZES = [(30, (32,)), (64, (100,)), (30, (128, 128)), (50, (50,)), (784, (256, 128))]


def least(functions, repeats, calls):
    """The least seconds per call of each, taking turns."""
    best = [np.inf] * len(functions)
    for _ in range(repeats):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            for _ in range(calls):
                function()
            best[i] = min(best[i], (time.perf_counter() - start) / calls)
    return best


def products(model, X):
    """The matrix products of a prediction, into buffers made once, in pieces that stay in cache."""
    width = max(coef.shape[1] for coef in model.coefs_)
    n_rows = max(1, min(len(X), CHUNK_BYTES // (X.itemsize * 2 * width)))
    buffers = [np.empty((n_rows, coef.shape[1]), X.dtype) for coef in model.coefs_]

    def run():
        for start in range(0, len(X), n_rows):
            x = X[start : start + n_rows]
            for coef, buffer in zip(model.coefs_, buffers, strict=True):
                x = np.matmul(x, coef, out=buffer[: len(x)])

    return run


def main():
    """Print a row for each network."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(machine.kernels())
    print("| network | 1 row, us | over floor | 1,000,000 rows, s | over floor | over products |")
    print("| --- | --- | --- | --- | --- | --- |")
    for n_columns, sizes in SIZES:
        rng = np.random.default_rng(0)
        many = rng.random((1_000_000, n_columns), dtype=np.float32)
        model = MLPRegressor(hidden_layer_sizes=sizes, max_iter=1, random_state=0)
        model.fit(many[:500], many[:500, 0])
        one, bare, bare_many = many[:1], products(model, many[:1]), products(model, many)

        def floor(X, bare, model=model):
            validate_data(model, X, dtype=[np.float64, np.float32], reset=False)
            bare()

        with threadpool_limits(1):
            predict = model.predict
            for_one = least([partial(predict, one), partial(floor, one, bare)], 7, 300)
            functions = [partial(predict, many), partial(floor, many, bare_many), bare_many]
            for_many = least(functions, 5, 1)
        print(
            f"| {n_columns} {sizes} | {1e6 * for_one[0]:.0f} | {for_one[0] / for_one[1]:.2f} | "
            f"{for_many[0]:.2f} | {for_many[0] / for_many[1]:.2f} | "
            f"{for_many[0] / for_many[2]:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
