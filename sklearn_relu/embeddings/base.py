"""The contract of a numerical embedding."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from sklearn_relu.part import Part

Arrays = dict[str, np.ndarray]


class NumericalEmbedding(Part, ABC):
    """Several inputs of a network, made of each column of numbers.

    A subclass learns its parameters along with the network's. No column sees another one.

    **Shapes.** Columns are (n_networks or 1, n_samples, n_columns), embedded ones (n_networks,
    n_samples, n_columns * width): first all outputs of the first column. Both may be views of
    wider arrays. Parameters are (n_networks, ...) in the shapes of :meth:`parameter_shapes`.

    **Buffers.** Outputs are overwritten fully; inputs are never written; nothing is allocated in
    proportion to them: :meth:`memory` asks for what is needed.
    """

    elsewhere: ClassVar[dict[str, str]] = {
        "none": "Use None.",
        "plr": "periodic",
        "ple": "piecewise_linear",
        "q": "piecewise_linear",
        "ql": "piecewise_linear",
    }

    rate: float = 1.0
    """Factor of the learning rate of its parameters."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Outputs of a column."""

    @abstractmethod
    def parameter_shapes(self, n_columns: int) -> dict[str, tuple[str, tuple[int, int]]]:
        """For each parameter of one network by name its kind and its shape.

        The kind is "weight"; "bias" for parameters without penalty and decay; or "fixed" for those
        that no step moves. Biases and fixed parameters have the shape (1, n).
        """

    @abstractmethod
    def memory(self, n_columns: int) -> dict[str, int]:
        """The numbers that a row needs beside inputs and outputs, by name."""

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """Return the embedded columns for `x`, a value of an ONNX graph.

        `graph` makes values of arrays (``graph.value``) and products (``graph.product``); values
        take what :data:`sklearn_relu.persistence.ONNX_FUNCTIONS` lists.

        Raises
        ------
        NotImplementedError
            Unless a subclass gives it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say what it is in ONNX. Give it a method "
            "onnx(self, graph, x, params)."
        )

    @abstractmethod
    def init_parameters(self, params: Arrays, rng: np.random.RandomState) -> None:
        """Draw all parameters in place, before training."""

    def init_from_rows(self, params: Arrays, rows: np.ndarray) -> None:
        """Fill in place the parameters that depend on training rows, after `init_parameters`.

        `rows` are all that count in training, (n_samples, n_columns), at least one. By default no
        parameter depends on them.
        """

    @abstractmethod
    def forward(self, x: np.ndarray, out: np.ndarray, params: Arrays, memory: Arrays) -> None:
        """Overwrite `out` with the embedded columns. `memory` may keep numbers for `backward`."""

    @abstractmethod
    def backward(
        self,
        x: np.ndarray,
        grad_out: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
        memory: Arrays,
    ) -> None:
        """Overwrite `grads` and, unless it is None, `grad_x`; the gradient of fixed ones is 0.

        `memory` is as :meth:`forward` has left it for the same `x` and `params`.
        """
