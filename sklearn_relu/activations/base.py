"""The contract of an activation."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.part import Part

Arrays = dict[str, np.ndarray]

Noise = Sequence[np.random.Generator] | None
"""One generator for each network of the run when training, None when predicting."""

GRID = np.linspace(-10, 10, 4001)
"""Where a gain's integral is evaluated; every kink at a whole number is one of the points."""


class Activation(Part, ABC):
    """The function of a hidden unit: from its summed input to its activation.

    A subclass gives :meth:`forward` and :meth:`backward`; every other hook has a default.

    **Shapes.** Summed inputs, activations and their gradients are (n_networks, n_samples, width).
    Parameters and their gradients, for example PReLU's slopes, are (n_networks, 1, n_units).

    **Buffers.** Arrays of summed inputs, activations and their gradients are contiguous. Outputs
    are overwritten fully; inputs are never written; no reference is kept. `grad_z` never aliases
    `grad_a`, so it doubles as scratch memory. `z` and `a` are one and the same array when
    `needs_summed_input` is False.

    **Noise.** A random activation fills arrays network by network, each from its own generator,
    with ``generator.random(out=a[i], dtype=a.dtype)``: so a network draws the same numbers alone
    and in a stack. Without generators it gives what it gives on average.
    """

    elsewhere = {
        "linear": "identity",
        "none": "identity",
        "expit": "logistic",
        "sigmoidal": "logistic",
        "htanh": "hard_tanh",
        "rectifier": "relu",
        "rectified": "relu",
        "rectifiedlinear": "relu",
        "ramp": "relu",
        "relusquared": "squared_relu",
        "relu2": "squared_relu",
        "thresholdedrelu": "threshold_relu",
        "boundedrelu": "clipped_relu",
        "relun": "clipped_relu",
        "lrelu": "leaky_relu",
        "leaky": "leaky_relu",
        "parametricrelu": "prelu",
        "randomizedrelu": "rrelu",
        "randomrelu": "rrelu",
        "randomizedleakyrelu": "rrelu",
        "concatenatedrelu": "crelu",
        "softrelu": "softplus",
        "smoothrelu": "softplus",
        "gelunew": "gelu",
        "gelutanh": "gelu",
        "quickgelu": "gelu",
        "hardsilu": "hard_swish",
        "softmax": "It is for outputs: the loss of a classifier brings it.",
        "logsoftmax": "It is for outputs: the loss of a classifier brings it.",
    }

    initialization: str = "glorot_uniform"
    """The initialization that suits a layer with this activation, which ``initialization="auto"``
    takes in deep networks."""

    needs_its_initialization: ClassVar[bool] = False
    """True: ``initialization="auto"`` takes it in shallow networks too."""

    sklearn_init_factor: float = 6.0
    """Under ``initialization="sklearn"`` weights are within sqrt(factor / (fan_in + fan_out))."""

    dropout_value: float = 0.0
    """The activation of a dropped unit."""

    needs_summed_input: ClassVar[bool] = True
    """False: :meth:`backward` reads `a` only, so `z` and `a` may share memory."""

    passes_through: ClassVar[bool] = False
    """True: `a` is `z` with its gradient, and training spares the call of :meth:`backward`."""

    is_random: ClassVar[bool] = False
    """True: :meth:`forward` draws when training; full-batch solvers refuse such an activation."""

    share_loop: ClassVar[tuple] = (None, 1, 0.0, None)
    """Of an activation that the compiled loops of :class:`Parametric` know: its number there, and
    of its exponential the sign and the bound of the summed inputs, and NumPy's function. Classes
    that derive from it are others: they say it themselves."""

    tanh_form: ClassVar[tuple[float, float, float] | None] = None
    """Numbers (f, g, s) of an activation that is ``g * tanh(f * z) + s``: one tanh then does for
    all gates of an LSTM. Classes that derive from it are others: they say it themselves."""

    onnx_function: Any = None
    """Its name among the functions of ONNX' recurrent operators and, as far as it has such, its
    alpha and beta there: ``("Elu", 1.0)``. Classes that derive from it are others: they say it
    themselves."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The infimum and the supremum of the activations."""
        return -np.inf, np.inf

    machine_units: ClassVar[str | None] = None
    """The hidden units of a restricted Boltzmann machine whose mean it is, or is for large sums:
    "nrelu" or "binary". None: no such machine can pre-train a layer with it."""

    is_piecewise_linear: ClassVar[bool] = False
    """True: it is linear between its kinks and jumps; then a network of it is linear around every
    input that is on none of them, and :meth:`linear_pieces` tells the pieces apart."""

    is_monotone: ClassVar[bool] = False
    """True: each unit has one summed input, and a larger one never gives a smaller activation. Then
    the largest of several activations is that of the largest summed input, and max pooling may
    come before the activation, which has less to do."""

    parameters_rate: float = 1.0
    """Factor of the learning rate of what the activation learns; 0 keeps it as it starts."""

    units_are_alike: ClassVar[bool] = True
    """False: what a unit gives depends on its place in the layer, or on the other units."""

    @property
    def saturation(self) -> tuple[float, ...]:
        """The values at which it saturates: its finite bounds. 0 is no such value unless a subclass
        says so: a rectifier that gives 0 is silent, not saturated."""
        return tuple(bound for bound in self.bounds if bound != 0 and np.isfinite(bound))

    @property
    def gain(self) -> float:
        """The factor of weights that keeps the size of the signal from layer to layer.

        It is ``1 / sqrt(E[a**2])``, the mean being over standard normal summed inputs and the
        outputs of one unit: then weights of variance ``gain**2 / fan_in`` give the next layer's
        summed inputs a mean square of 1 again. An activation in which units depend on each other
        states its own.
        """
        z, density = _normal_inputs(self.input_width(1))
        params = {name: np.empty((1, 1, *s)) for name, s in self.parameter_shapes(1).items()}
        self.init_parameters(params)
        a = np.empty((1, z.shape[1], self.output_width(1))) if self.needs_summed_input else z
        self.forward(z, a, params)
        second_moment = density @ np.square(a[0]).mean(axis=1)
        return 1.0 / np.sqrt(second_moment) if second_moment > 0 else 1.0

    def input_width(self, n_units: int) -> int:
        """Summed inputs that a layer of `n_units` units computes."""
        return n_units

    def output_width(self, n_units: int) -> int:
        """Activations that a layer of `n_units` units gives to the next one."""
        return n_units

    def parameter_shapes(self, n_units: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the learned parameters of one network's layer, by name."""
        return {}

    def init_parameters(self, params: Arrays) -> None:
        """Fill the learned parameters in place before training."""

    @abstractmethod
    def forward(self, z: np.ndarray, a: np.ndarray, params: Arrays, noise: Noise = None) -> None:
        """Overwrite `a` with the activations of `z`; `noise` is None when predicting."""

    def expression(self, z: Any, params: dict[str, Any]) -> Any:
        """The activations of `z` when predicting, as an expression of NumPy's functions.

        :func:`sklearn_relu.to_onnx` gives it values that note what is done to them, and exports
        that. It may use operators, comparisons, ``z.shape[-1]``, slices ``z[..., a:b]`` and what
        :data:`sklearn_relu.persistence.ONNX_FUNCTIONS` lists, all without ``out``.

        Parameters
        ----------
        z : value of shape (n_networks, n_samples, input_width)
        params : dict of values of shape (n_networks, 1, n_units)

        Returns
        -------
        a : value of shape (n_networks, n_samples, output_width)

        Raises
        ------
        NotImplementedError
            Unless a subclass gives it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say what it is in ONNX. Give it a method "
            "expression(self, z, params) that returns the activations as one expression of NumPy's "
            "functions, such as np.maximum(z, 0)."
        )

    @abstractmethod
    def backward(
        self,
        z: np.ndarray,
        a: np.ndarray,
        grad_a: np.ndarray,
        grad_z: np.ndarray,
        params: Arrays,
        grad_params: Arrays,
    ) -> None:
        """Overwrite `grad_z`, and the part's own arrays of `grad_params`, summed over the samples.

        Others that the layer learns, such as its weights, are in both dicts too, and left alone.
        """

    def linear_pieces(self, z: np.ndarray, a: np.ndarray, params: Arrays) -> np.ndarray:
        """Number the linear pieces on which the summed inputs are.

        The default is the derivative; an activation of which two pieces have the same one says
        more.

        Parameters
        ----------
        z : ndarray of shape (n_networks, n_samples, input_width)
        a : ndarray of shape (n_networks, n_samples, output_width)
        params : dict of ndarray

        Returns
        -------
        pieces : ndarray like z
            Equal values of a unit mean the same piece.
        """
        pieces = np.empty_like(z)
        unused = {name: np.empty_like(values) for name, values in params.items()}
        self.backward(z, a, np.ones_like(a), pieces, params, unused)
        pieces += 0  # -0 is the same piece as 0
        return pieces

    def bias_forward(
        self, z: np.ndarray, bias: np.ndarray, a: np.ndarray, params: Arrays, noise: Noise = None
    ) -> None:
        """Add `bias` to `z` in place, then :meth:`forward`; a fused kernel may replace both.

        Afterwards `z` holds the summed inputs with their bias, unless `a` is the same array.
        """
        z += bias
        self.forward(z, a, params, noise)

    def sum_forward(
        self, z: np.ndarray, more: np.ndarray, a: np.ndarray, params: Arrays, noise: Noise = None
    ) -> None:
        """Add `more` to `z` in place, then :meth:`forward`; a fused kernel may replace both.

        Afterwards `z` holds the sums, unless `a` is the same array.
        """
        np.add(z, more, out=z)
        self.forward(z, a, params, noise)

    def bias_backward(
        self,
        z: np.ndarray,
        a: np.ndarray,
        grad_a: np.ndarray,
        grad_z: np.ndarray,
        grad_bias: np.ndarray,
        params: Arrays,
        grad_params: Arrays,
    ) -> None:
        """:meth:`backward`, then the gradient of the bias: `grad_z` summed over the samples."""
        self.backward(z, a, grad_a, grad_z, params, grad_params)
        kernels.sum_samples(grad_z, grad_bias)


def flat_pieces(*arrays: np.ndarray) -> Iterator[Sequence[np.ndarray]]:
    """Views of the same elements of each array, few enough for :func:`kernels.scratch`.

    Parameters
    ----------
    *arrays : ndarray
        Contiguous, all of one shape.

    Yields
    ------
    pieces : sequence of ndarray of shape (n,), or of the arrays' own
    """
    if arrays[0].size <= kernels.PIECE:
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for piece in kernels.pieces(flat[0].size):
        yield [array[piece] for array in flat]


def _normal_inputs(width: int) -> tuple[np.ndarray, np.ndarray]:
    """Standard normal inputs (1, n, width) and their weights: a grid, or draws if it is wider."""
    if width == 1:
        density = np.exp(-(GRID**2) / 2)
        return GRID.reshape(1, -1, 1).copy(), density / density.sum()
    n = 20_000
    return np.random.RandomState(0).normal(size=(1, n, width)), np.full(n, 1 / n)
