"""The first layers of a network for tables: embeddings of its columns, and a scale of each."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.activations import Identity
from sklearn_relu.embeddings import NumericalEmbedding
from sklearn_relu.kernels import Call, fused
from sklearn_relu.layers.base import Arrays, Block, Inputs, Layer, Noise


class TableInputs(Layer):
    """Embeds the columns of a table: numbers, then columns to pass on, then codes of categories.

    Numbers become what `embedding` makes of them. A code, a whole number from 0 to `n_levels` - 1,
    becomes the row of that number in a table which the network learns; other codes are taken to the
    nearest.

    Parameters
    ----------
    n_numbers : int
    n_passed : int
        Columns between numbers and codes, which are passed on.
    n_levels : sequence of int
        For each column of codes the number of codes.
    embedding : NumericalEmbedding or None
        None passes numbers on.
    category_width : int, default=8
        Numbers that a code becomes.

    References
    ----------
    Guo & Berkhahn (2016), Entity embeddings of categorical variables.
    """

    def __init__(
        self,
        n_numbers: int,
        n_passed: int,
        n_levels: Sequence[int],
        embedding: NumericalEmbedding | None,
        category_width: int = 8,
    ):
        self.n_numbers, self.n_passed = n_numbers, n_passed
        self.n_levels, self.category_width = tuple(n_levels), category_width
        self.embedding = embedding if n_numbers else None
        self.activation = Identity()
        self.reads = n_numbers + n_passed + len(self.n_levels)
        width = 1 if self.embedding is None else self.embedding.width
        self._n_embedded = n_numbers * width
        self.n_units = self.gives = (
            self._n_embedded + n_passed + category_width * len(self.n_levels)
        )
        of_embedding = {} if self.embedding is None else self.embedding.memory(n_numbers)
        self._memory = {"z": self.gives, **of_embedding}
        self.scratch = sum(of_embedding.values())

    def blocks(self) -> dict[str, Block]:
        """Parameters of the embedding, and a table for each column of codes."""
        blocks = {}
        if self.embedding is not None:
            rate = self.embedding.rate
            for name, (kind, shape) in self.embedding.parameter_shapes(self.n_numbers).items():
                of_kind = ("bias", 0.0) if kind == "fixed" else (kind, rate)
                blocks[name] = Block(shape, *of_kind, decay=of_kind[1], drawn=False)
        for i, n in enumerate(self.n_levels):
            blocks[f"category {i}"] = Block((n, self.category_width), "weight", drawn=False)
        return blocks

    def memory(self) -> dict[str, int]:
        """The outputs, and what the embedding needs."""
        return self._memory

    def multiplications(self) -> int:
        """None that BLAS does."""
        return 0

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether columns are passed on alone."""
        return self.embedding is None and not self.n_levels

    def init_parameters(self, params: Arrays, rng: np.random.RandomState) -> None:
        """Draw the embedding's parameters, then the tables from a standard normal distribution."""
        if self.embedding is not None:
            self.embedding.init_parameters(params, rng)
        for table in self._tables(params):
            table[...] = rng.normal(size=table.shape)

    def init_from_rows(self, params: Arrays, X: Any) -> None:
        """Show the columns of numbers to the embedding."""
        if self.embedding is not None:
            self.embedding.init_from_rows(params, X[:, : self.n_numbers])

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """Embed numbers, pass on what is to be passed on, look codes up."""
        assert isinstance(x, np.ndarray)  # it takes no sparse rows
        numbers, passed, codes = self._parts(x)
        embedded, passed_on, categories = self._outputs(memory["z"])
        calls: list[Call] = []
        if self.embedding is not None:
            calls.append(partial(self.embedding.forward, numbers, embedded, params, memory))
        elif self.n_numbers:
            calls.append(partial(np.copyto, embedded, numbers))
        if self.n_passed:
            calls.append(partial(np.copyto, passed_on, passed))
        for i, table in enumerate(self._tables(params)):
            calls.append(partial(_look_up, codes[:, :, i], table, categories[:, :, i]))
        return calls

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """Go back through the embedding, and add up each code's gradients; of codes it is 0."""
        assert isinstance(x, np.ndarray)
        numbers, _, codes = self._parts(x)
        grad_embedded, grad_passed, grad_categories = self._outputs(memory["grad_z"])
        calls: list[Call] = []
        to_numbers, to_passed, to_codes = [None] * 3 if grad_x is None else self._parts(grad_x)
        for i, grad_table in enumerate(self._tables(grads)):
            calls.append(partial(_add_up, codes[:, :, i], grad_categories[:, :, i], grad_table))
        if self.embedding is not None:
            arguments = numbers, grad_embedded, to_numbers, params, grads, memory
            calls.append(partial(self.embedding.backward, *arguments))
        elif to_numbers is not None:
            calls.append(partial(np.copyto, to_numbers, grad_embedded))
        if to_passed is not None and to_codes is not None:
            calls.append(partial(np.copyto, to_passed, grad_passed))
            calls.append(partial(to_codes.fill, 0))
        return calls

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """Embed the columns; the embedding's own offsets belong to it, not to the layer."""
        x = np.asarray(x)
        n_networks = len(next(iter(params.values()))) if params else len(x)
        memory = self._memory_for(n_networks, x)
        for call in self.forward(x, memory, params):
            call()
        return memory["z"]

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """Go back through the embedding."""
        grad_x = np.empty((len(grad_z), *x.shape[1:]), grad_z.dtype)
        self._go_back(x, grad_z, grad_x, params)
        return grad_x

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """Go back through the embedding, and add up each code's gradients."""
        grads = self._go_back(x, grad_z, None, params)
        return {
            name: grads[name] for name, block in self.blocks().items() if block.kind == "weight"
        }

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """The columns side by side: the embedding's expression, and a row of each table."""
        # What is joined has the axis of networks, also what all of them share.
        n_networks = len(next(iter(params.values()))) if params else 1
        zeros = graph.value(np.zeros((n_networks, 1, 1)))
        first, second = self.n_numbers, self.n_numbers + self.n_passed
        pieces = []
        if self.embedding is not None:
            pieces.append(self.embedding.onnx(graph, x[..., :first], params))
        if (start := 0 if self.embedding is None else first) < second:
            pieces.append(x[..., start:second] + zeros)
        for i, table in enumerate(self._tables(params)):
            codes = graph.value(np.arange(table.shape[1], dtype=float)[None, None])
            is_code = np.where(x[..., second + i : second + i + 1] == codes, 1.0, 0.0)
            pieces.append(graph.product(is_code, graph.value(table)))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=-1)

    def _parts(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Views of the numbers, of the columns to pass on, and of the codes."""
        return _cut(x, self.n_numbers, self.n_passed)

    def _outputs(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Views of what these three become; that of the codes has an axis for their columns."""
        embedded, passed, categories = _cut(z, self._n_embedded, self.n_passed)
        shape = *z.shape[:2], len(self.n_levels), self.category_width
        strides = *z.strides[:2], self.category_width * z.strides[2], z.strides[2]
        return embedded, passed, np.lib.stride_tricks.as_strided(categories, shape, strides)

    def _tables(self, params: Arrays) -> list[np.ndarray]:
        return [params[f"category {i}"] for i in range(len(self.n_levels))]

    def _memory_for(self, n_networks: int, x: np.ndarray) -> Arrays:
        """Memory of its own, for whoever looks at the layer."""
        shape = n_networks, x.shape[1]
        return {name: np.empty((*shape, n), x.dtype) for name, n in self._memory.items()}

    def _go_back(
        self, x: np.ndarray, grad_z: np.ndarray, grad_x: np.ndarray | None, params: Arrays
    ) -> Arrays:
        """The gradients of the parameters, and that of `x` unless it is None."""
        memory = self._memory_for(len(grad_z), x) | {"grad_z": grad_z}
        grads = {name: np.empty_like(values) for name, values in params.items()}
        for call in self.forward(x, memory, params):
            call()
        for call in self.backward(x, memory, grad_z, grad_x, params, grads):
            call()
        return grads


class Scale(Layer):
    """A factor for each input, which the network learns: ``z = x * scale``, 1 at the start.

    Parameters
    ----------
    reads : int
    rate : float, default=6.0
        Factor of the learning rate, and of the solver's decay.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data, section 3.
    """

    def __init__(self, reads: int, rate: float = 6.0):
        self.reads = self.gives = self.n_units = reads
        self.scratch = reads
        self.activation = Identity()
        self._blocks = {"scale": Block((1, reads), "weight", rate=rate, decay=rate, drawn=False)}

    def blocks(self) -> dict[str, Block]:
        """The factors."""
        return self._blocks

    def memory(self) -> dict[str, int]:
        """The outputs, and what the gradient is the sum of."""
        return {"z": self.gives, "products": self.gives}

    def multiplications(self) -> int:
        """None that BLAS does."""
        return 0

    def init_parameters(self, params: Arrays, rng: np.random.RandomState) -> None:
        """All 1."""
        params["scale"][...] = 1

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """``z = x * scale``."""
        return [partial(np.multiply, x, params["scale"], out=memory["z"])]

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """The sum of ``x * grad_z``, and ``grad_z * scale``."""
        assert isinstance(x, np.ndarray)
        grad_z = memory["grad_z"]
        products = memory["products"]
        calls: list[Call] = [
            partial(np.multiply, x, grad_z, out=products),
            partial(kernels.sum_samples, products, grads["scale"]),
        ]
        if grad_x is not None:
            calls.append(partial(np.multiply, grad_z, params["scale"], out=grad_x))
        return calls

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """``x * scale``."""
        return x * params["scale"]

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """``grad_z * scale``."""
        return grad_z * params["scale"]

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """The sum of ``x * grad_z``."""
        return {"scale": np.sum(x * grad_z, axis=1, keepdims=True)}

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """``x * scale``."""
        return x * graph.value(params["scale"])


def _cut(columns: np.ndarray, first: int, second: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Views of the first columns, the second ones, and the rest."""
    return (
        columns[..., :first],
        columns[..., first : first + second],
        columns[..., first + second :],
    )


def _look_up(codes: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    """``out = table[codes]`` for each network; `codes` may be one network's, for all."""
    if fused.run("look_up", codes, table, out):
        return
    for i, rows in enumerate(table):
        of_network = codes[min(i, len(codes) - 1)]
        for piece in kernels.pieces(len(of_network)):
            out[i, piece] = rows[_numbers(of_network[piece], len(rows))]


def _add_up(codes: np.ndarray, grads: np.ndarray, out: np.ndarray) -> None:
    """``out[code] = `` the sum of the gradients of that code's rows, for each network."""
    if fused.run("add_up", codes, grads, out):
        return
    for i, total in enumerate(out):
        sums = np.zeros(total.shape)
        of_network = codes[min(i, len(codes) - 1)]
        for piece in kernels.pieces(len(of_network)):
            np.add.at(sums, _numbers(of_network[piece], len(total)), grads[i, piece])
        total[...] = sums


def _numbers(codes: np.ndarray, n: int) -> np.ndarray:
    """Codes as whole numbers below n."""
    return np.clip(codes, 0, n - 1).astype(np.intp)
