"""Arrays of the columns of three networks, and calls of a numerical embedding on them."""

import numpy as np

from sklearn_relu.embeddings import NumericalEmbedding
from sklearn_relu.testing.reporting import call

N_COLUMNS = 3

Arrays = dict[str, np.ndarray]


class TableArrays:
    """The arrays that methods of an embedding read and fill; outputs are 0.

    Parameters
    ----------
    part : NumericalEmbedding
    x : ndarray of shape (n_networks, n_rows, N_COLUMNS)
    grad_out : ndarray of shape (n_networks, n_rows, N_COLUMNS * width)
    params : dict of ndarray of shape (n_networks, ...)
    beside : float, default=None
        A number on both sides of each array of rows, which then is a view; None for no view.
    """

    def __init__(
        self,
        part: NumericalEmbedding,
        x: np.ndarray,
        grad_out: np.ndarray,
        params: Arrays,
        beside: float | None = None,
    ):
        self.part, self.params = part, params
        given = {"x": x, "grad_out": grad_out}
        zeros = {"out": np.zeros_like(grad_out), "grad_x": np.zeros_like(x)}
        self._wide = {
            name: array if beside is None else _with_neighbours(array, beside)
            for name, array in (given | zeros).items()
        }
        self.x, self.grad_out, self.out, self.grad_x = (
            array if beside is None else array[..., 2:-1] for array in self._wide.values()
        )
        self.grads = {name: np.zeros_like(values) for name, values in params.items()}
        sizes = call(part, "memory", N_COLUMNS).items()
        self.memory = {name: np.full((*x.shape[:2], n), np.nan, x.dtype) for name, n in sizes}

    def of(self, networks: slice) -> "TableArrays":
        """Copies for some of the networks."""
        params = {name: values[networks].copy() for name, values in self.params.items()}
        x, grad_out = self.x[networks].copy(), self.grad_out[networks].copy()
        return TableArrays(self.part, x, grad_out, params)

    def astype(self, dtype) -> "TableArrays":
        """Copies in another precision."""
        params = {name: values.astype(dtype) for name, values in self.params.items()}
        return TableArrays(self.part, self.x.astype(dtype), self.grad_out.astype(dtype), params)

    def outputs(self) -> Arrays:
        """All that the methods fill, by name."""
        named = {f"grads[{name!r}]": grad for name, grad in self.grads.items()}
        return {"out": self.out, "grad_x": self.grad_x, **named}

    def beside(self) -> Arrays:
        """For each array of rows that is filled, the columns beside the view."""
        return {
            name: np.concatenate([self._wide[name][..., :2], self._wide[name][..., -1:]], axis=-1)
            for name in ("out", "grad_x")
        }

    def forward(self, part: NumericalEmbedding) -> None:
        """Call ``forward`` on the arrays."""
        call(part, "forward", self.x, self.out, self.params, self.memory)

    def back(self, part: NumericalEmbedding, with_x: bool = True) -> None:
        """Call ``forward`` and ``backward`` on the arrays."""
        self.forward(part)
        grad_x = self.grad_x if with_x else None
        given = self.x, self.grad_out, grad_x, self.params, self.grads, self.memory
        call(part, "backward", *given)


def _with_neighbours(array: np.ndarray, beside: float) -> np.ndarray:
    wide = np.full((*array.shape[:2], array.shape[2] + 3), beside, array.dtype)
    wide[..., 2:-1] = array
    return wide


def rows(dtype, *shape: int, seed: int = 1) -> np.ndarray:
    """Columns as networks for tables see them, (..., N_COLUMNS): between -3 and 3."""
    x = np.random.RandomState(seed).normal(size=(*shape, N_COLUMNS))
    return (3 * x / np.sqrt(9 + x**2)).astype(dtype)


def kinds_of(part: NumericalEmbedding) -> dict[str, str]:
    """The kind of each parameter."""
    shapes = call(part, "parameter_shapes", N_COLUMNS)
    return {name: kind for name, (kind, _) in shapes.items()}


def initial(
    part: NumericalEmbedding, dtype, n_columns: int = N_COLUMNS, n_networks: int = 1
) -> Arrays:
    """Parameters as they are drawn; network by network, from seeds of their own."""
    shapes = call(part, "parameter_shapes", n_columns)
    params = {
        name: np.full((n_networks, *shape), np.nan, dtype) for name, (_, shape) in shapes.items()
    }
    for i in range(n_networks):
        own = {name: values[i : i + 1] for name, values in params.items()}
        call(part, "init_parameters", own, np.random.RandomState(i))
    return params


def table(
    part: NumericalEmbedding,
    dtype,
    n_rows: int = 20,
    seen: np.ndarray | None = None,
    beside: float | None = None,
) -> TableArrays:
    """Make the arrays of three networks, whose embeddings have seen some rows.

    Learned parameters are near those before training.
    """
    rng = np.random.RandomState(0)
    x = rows(dtype, 3, n_rows, seed=2)
    params = initial(part, dtype, n_networks=3)
    call(part, "init_from_rows", params, rows(dtype, 50) if seen is None else seen)
    for name, kind in kinds_of(part).items():
        if kind != "fixed":
            params[name] *= rng.uniform(0.8, 1.2, params[name].shape).astype(dtype)
            params[name] += rng.uniform(-0.1, 0.1, params[name].shape).astype(dtype)
    grad_out = rng.normal(size=(3, n_rows, N_COLUMNS * part.width)).astype(dtype)
    return TableArrays(part, x, grad_out, params, beside)
