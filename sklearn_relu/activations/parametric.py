"""Any activation with a learned share of each unit; and all activations by name, which it needs."""

from numbers import Real

import numpy as np

from sklearn_relu import kernels
from sklearn_relu.activations.base import Activation
from sklearn_relu.activations.competition import LWTA, Maxout
from sklearn_relu.activations.gated import GELU, HardSwish, Mish, SiLU
from sklearn_relu.activations.leaky import LeakyReLU, PReLU, RReLU
from sklearn_relu.activations.linear import Identity
from sklearn_relu.activations.rectifiers import (
    ClippedReLU,
    NegativeReLU,
    ReLU,
    ReLU6,
    SquaredReLU,
    ThresholdReLU,
)
from sklearn_relu.activations.sigmoids import HardSigmoid, HardTanh, Logistic, Softsign, Tanh
from sklearn_relu.activations.smooth import CELU, ELU, SELU, Softplus
from sklearn_relu.activations.two_sided import CReLU, SignedReLU
from sklearn_relu.kernels import fused
from sklearn_relu.part import Wrapper, resolve_part
from sklearn_relu.sklearn_private import Interval

OUTER = 100
"""Slots of scratch memory from here on: the inner activation uses the lower ones."""


class Parametric(Wrapper, Activation):
    """Any activation f with a learned share w of each unit: ``z + w * (f(z) - z)``.

    Every w starts at 1, where it is f; at 0 it is the identity. Shares learn at a rate of their
    own, and are not penalised. A dropped unit becomes 0, also where f has another such value. At a
    kink the derivative of f is the one that f documents.

    Parameters
    ----------
    activation : str or Activation, default="selu"
        The activation f, which treats unit by unit: one summed input and one output a unit, all
        units alike, nothing drawn. A name has its default parameters.
    parameters_rate : float, default=0.1
        Factor of the learning rate for w, and for what f learns. Not negative; 0 keeps them as
        they start.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data: the parametric activations of RealMLP, with SELU for classes and Mish for
    numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu import MLPRegressor
    >>> from sklearn_relu.activations import Parametric
    >>> X = np.linspace(-1, 1, 100)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=(20,), activation=Parametric("mish"))
    >>> model = model.set_params(max_iter=500, random_state=0).fit(X, np.abs(X[:, 0]))
    >>> model.activation_parameters_[0]["share"].shape
    (20,)
    """

    inner = "activation"

    _parameter_constraints = {
        "activation": [str, Activation],
        "parameters_rate": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, activation="selu", parameters_rate=0.1):
        self.activation = activation
        self.parameters_rate = parameters_rate

    def resolve(self):
        """Return f, checked."""
        f = resolve_part(self.activation, ACTIVATIONS, Activation, "activation")
        if problem := _why_not(f):
            raise ValueError(
                f"The 'activation' parameter of Parametric must treat unit by unit; got {f!r}, "
                f"which {problem}. Use another one, such as 'selu', 'mish' or 'relu'."
            )
        return f

    @property
    def _f(self) -> Activation:
        """The inner activation; not checked, as this is asked in every step."""
        f = self.activation
        return ACTIVATIONS[f]() if isinstance(f, str) else f

    @property
    def gain(self):
        """The gain of f."""
        return self._f.gain

    @property
    def initialization(self):  # type: ignore[override]
        """The initialization of f."""
        return self._f.initialization

    @property
    def needs_its_initialization(self):  # type: ignore[override]
        """As f does."""
        return self._f.needs_its_initialization

    @property
    def sklearn_init_factor(self):  # type: ignore[override]
        """The factor of f."""
        return self._f.sklearn_init_factor

    @property
    def is_piecewise_linear(self):  # type: ignore[override]
        """As f is."""
        return self._f.is_piecewise_linear

    def parameter_shapes(self, n_units):
        """One share for each unit, and what f learns."""
        return {**self._f.parameter_shapes(n_units), "share": (n_units,)}

    def init_parameters(self, params):
        """Every share starts at 1."""
        params["share"][...] = 1
        self._f.init_parameters(_without_share(params))

    def forward(self, z, a, params, noise=None):
        """``a = w * f(z) + (1 - w) * z``."""
        f, share = self._f, params["share"]
        rest = 1 - share
        for block in kernels.blocks(*z.shape):
            networks = block[0]
            f.forward(z[block], a[block], _of(networks, _without_share(params)))
            a[block] *= share[networks]
            linear = kernels.scratch(z[block].shape, z.dtype, OUTER)
            np.multiply(z[block], rest[networks], out=linear)
            a[block] += linear

    def expression(self, z, params):
        """``w * f(z) + (1 - w) * z``."""
        share = params["share"]
        return share * self._f.expression(z, _without_share(params)) + (1 - share) * z

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        """The gradient of w is the sum of ``grad_a * (f(z) - z)`` over the samples.

        The values of f are computed again: no memory is kept for them, and `a` does not tell them
        where w is 0.
        """
        f = self._f
        learned = {name: params[name] for name in self.parameter_shapes(1)}
        totals = {name: np.zeros(values.shape) for name, values in learned.items()}
        for block in kernels.blocks(*z.shape):
            networks = block[0]
            of_block = _of(networks, learned)
            sums = {name: np.empty_like(values) for name, values in of_block.items()}
            _block_backward(f, z[block], grad_a[block], grad_z[block], of_block, sums)
            for name, total in totals.items():
                total[networks] += sums[name]
        for name, total in totals.items():
            grad_params[name][...] = total

    def linear_pieces(self, z, a, params):
        """Number the pieces of f."""
        values, of_f = np.empty_like(z), _without_share(params)
        self._f.forward(z, values, of_f)
        return self._f.linear_pieces(z, values, of_f)

    def bias_forward(self, z, bias, a, params, noise=None):
        """Add the bias, then :meth:`forward`, in fewer passes where loops are compiled."""
        function, sign, bound, exponential = _loop_of(self._f)
        if function is None or not fused.run("shift_below", z, bias, a, sign, bound):
            super().bias_forward(z, bias, a, params, noise)
            return
        if exponential is not None:
            exponential(a, out=a)
        if not fused.run("blend", z, a, params["share"], function):
            self.forward(z, a, params, noise)

    def bias_backward(self, z, a, grad_a, grad_z, grad_bias, params, grad_params):
        """:meth:`backward` and the gradient of the bias, in fewer passes where loops are
        compiled."""
        function, sign, bound, exponential = _loop_of(self._f)
        arrays = z, grad_a, grad_z, grad_bias, params["share"], grad_params["share"]
        if function is not None and fused.run("below", z, grad_z, sign, bound):
            if exponential is not None:
                exponential(grad_z, out=grad_z)
            if fused.run("blend_back", *arrays, function):
                return
        super().bias_backward(z, a, grad_a, grad_z, grad_bias, params, grad_params)


def _block_backward(f, z, grad_a, grad_z, params, grads):
    """The backward pass of few rows, for which scratch memory is made."""
    of_f = _without_share(params)
    values, through = (kernels.scratch(z.shape, z.dtype, OUTER + i) for i in range(2))
    f.forward(z, values, of_f)
    np.multiply(grad_a, params["share"], out=through)
    f.backward(z, values, through, grad_z, of_f, _without_share(grads))
    np.subtract(grad_a, through, out=through)
    grad_z += through
    values -= z
    values *= grad_a
    kernels.sum_samples(values, grads["share"])


def _why_not(f: Activation) -> str:
    """Say why an activation cannot be the inner one; nothing if it can."""
    if f.input_width(1) != 1:
        return "has several summed inputs a unit"
    if f.output_width(1) != 1:
        return "has several outputs a unit"
    if f.is_random:
        return "draws random numbers"
    if not f.units_are_alike:
        return "treats a unit by its place or by the other units"
    if "share" in f.parameter_shapes(1):
        return "learns a share already"
    return ""


def _loop_of(f: Activation) -> tuple:
    """The loop for a share of f, if the very class of f says one."""
    return vars(type(f)).get("share_loop", Activation.share_loop)


def _without_share(params: dict) -> dict:
    return {name: values for name, values in params.items() if name != "share"}


def _of(networks: slice, params: dict) -> dict:
    return {name: values[networks] for name, values in params.items()}


ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "sigmoid": Logistic,
    "tanh": Tanh,
    "softsign": Softsign,
    "hard_sigmoid": HardSigmoid,
    "hard_tanh": HardTanh,
    "relu": ReLU,
    "negative_relu": NegativeReLU,
    "squared_relu": SquaredReLU,
    "threshold_relu": ThresholdReLU,
    "clipped_relu": ClippedReLU,
    "relu6": ReLU6,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "rrelu": RReLU,
    "crelu": CReLU,
    "signed_relu": SignedReLU,
    "elu": ELU,
    "celu": CELU,
    "selu": SELU,
    "softplus": Softplus,
    "silu": SiLU,
    "swish": SiLU,
    "gelu": GELU,
    "hard_swish": HardSwish,
    "mish": Mish,
    "parametric": Parametric,
    "maxout": Maxout,
    "lwta": LWTA,
}
"""The activations by name; ``sigmoid`` is also ``logistic``, and ``swish`` is ``silu``."""
