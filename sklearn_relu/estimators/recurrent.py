"""Recurrent networks."""

from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np

from sklearn_relu.activations import ACTIVATIONS, Activation, Identity
from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.fitted_arrays import check_lengths
from sklearn_relu.estimators.mlp import sizes_of_layers
from sklearn_relu.estimators.numbers import Numbers
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.parts import Parts, for_each_layer, resolve
from sklearn_relu.estimators.series import Series
from sklearn_relu.estimators.settled import copied_parts
from sklearn_relu.initializers import INITIALIZERS, Initializer
from sklearn_relu.layers import LSTM, RNN, Dense, Layer
from sklearn_relu.network.stage import Stage
from sklearn_relu.parameters import store_parameters
from sklearn_relu.sklearn_private import Interval, StrOptions

INPUT_SD = 0.001
"""Standard deviation of the input weights of rectified units that start as the identity
(Le, Jaitly & Hinton 2015, section 4)."""


class Recurrent(Series):
    """A recurrent network, whatever the targets are: layers with a state, then the outputs."""

    hidden_layer_sizes: Any = (100,)
    activation: Any = "auto"
    learning_rate_init: Any = 0.0005
    gradient_clipping: Any = 1.0
    cell: Any = "rnn"
    recurrent_initialization: Any = "auto"
    gate_activation: Any = "logistic"
    forget_bias: Any = 1.0
    summary: Any = "last"
    recurrent_dropout: Any = 0.0

    _described_parameters = {
        "hidden_layer_sizes": Parameter(
            "int or sequence of int",
            ["array-like", Interval(Integral, 1, None, closed="left")],
            """
            Units of each recurrent layer. All layers but the last one give the next one their
            states at all steps.
            """,
        ),
        "activation": Parameter(
            "str, Activation or sequence of them",
            BY_ITSELF,
            """
            The function of a unit, for all layers or one for each. "auto" is "relu"
            for ``cell="rnn"`` and "tanh" for ``cell="lstm"``. In an LSTM it is the function of the
            candidate and of the cell where it is shown, as in Keras: "relu" makes both unbounded.
            """,
        ),
        "cell": Parameter(
            "str",
            [StrOptions({"rnn", "lstm"})],
            """
            "rnn": a unit's state is its activation (Elman 1990). "lstm": a unit has a memory cell
            with gates that write, keep and show it (Hochreiter & Schmidhuber 1997, with the gate
            that forgets of Gers et al. 2000).
            """,
        ),
        "recurrent_initialization": Parameter(
            "str or Initializer",
            BY_ITSELF,
            """
            How the weights from state to state start. "auto" is "identity" for a simple cell whose
            activation has no upper bound, such as ReLU, and else "orthogonal". Under "auto",
            `initialization` goes with it: input weights are normal with standard deviation 0.001
            beside the identity (Le et al. 2015), and else "glorot_uniform".
            """,
        ),
        "initialization": Parameter(
            "str or Initializer",
            BY_ITSELF,
            """
            The weights for the inputs of a step, and those of the outputs, before training. "auto"
            is "glorot_uniform"; for inputs normal with standard deviation 0.001 if the states of
            all layers start as the identity (Le et al. 2015). Other names are those in
            :data:`sklearn_relu.initializers.INITIALIZERS`, such as "he_normal", "lecun_normal",
            "orthogonal" and "sparse".
            """,
        ),
        "bias_initialization": Parameter(
            "float, str or Initializer",
            BY_ITSELF,
            """
            The biases before training: a number, or an initializer. "auto" leaves them to
            `initialization`, which under "auto" sets them to 0. `forget_bias` is added.
            """,
        ),
        "gate_activation": Parameter(
            "str or Activation", BY_ITSELF, "The function of an LSTM's gates."
        ),
        "forget_bias": Parameter(
            "float",
            [Interval(Real, None, None, closed="neither")],
            """
            Added to the biases of the gates that keep an LSTM's cells, before training: with 1 they
            start open (Jozefowicz et al. 2015).
            """,
        ),
        "summary": Parameter(
            "str",
            [StrOptions({"last", "mean", "max"})],
            """
            The outputs read of the states of the last layer: the last one, their mean, or the
            largest value of each unit over the steps.
            """,
        ),
        "dropout": Parameter(
            "float or sequence of float",
            [Interval(Real, 0, 1, closed="left"), list, tuple],
            """
            Share of what a layer gives to the next one to drop in each step of training, in [0, 1),
            or one for each layer. The others are scaled up, so predictions need no scaling and are
            never random.
            """,
        ),
        "recurrent_dropout": Parameter(
            "float",
            [Interval(Real, 0, 1, closed="left")],
            """
            Share of units whose state the next step does not see, in [0, 1): one mask a series, the
            same at all its steps (Gal & Ghahramani 2016). The states that it sees are divided by
            ``1 - recurrent_dropout`` at each step. So it is for LSTM and for bounded activations,
            such as "tanh": rectified states that are kept grow with each step of training.
            """,
        ),
    }

    _described_attributes = {
        "coefs_": Attribute(
            "list of ndarray of shape (fan_in, fan_out)",
            """
            Weights of each layer. Of a recurrent one (channels + units, units): first the rows for
            the inputs of a step, then those for the state before it; of an LSTM the columns of the
            gates i (write), f (keep), o (show) and of the candidate, one after the other. Of an
            ensemble (ensemble_size, fan_in, fan_out). Predictions use them as they are, also after
            they were assigned.
            """,
        ),
    }

    # From parameters to layers.

    def _hidden_units(self):
        units = sizes_of_layers(self.hidden_layer_sizes)
        if not units:
            raise ValueError(
                "hidden_layer_sizes must have at least one recurrent layer; got "
                f"{self.hidden_layer_sizes!r}. Use MLPClassifier or MLPRegressor for a linear "
                "model."
            )
        return units

    def _set_hidden_units(self, units):
        self.hidden_layer_sizes = tuple(units)

    def _auto_part(self, parameter):
        if parameter == "activation":
            return ACTIVATIONS["tanh" if self.cell == "lstm" else "relu"]()
        if parameter == "initialization":
            activations = for_each_layer(self, "activation", len(self._hidden_units()))
            is_auto = _is_auto(self.recurrent_initialization)
            if is_auto and all(self._starts_as_identity(each) for each in activations):
                return INITIALIZERS["small_normal"](INPUT_SD)
            return INITIALIZERS["glorot_uniform"]()
        return None

    def _starts_as_identity(self, activation: Activation) -> bool:
        """Whether "auto" is the identity: an activation without a bound keeps what it is given."""
        return self.cell == "rnn" and activation.bounds[1] == np.inf

    def _recurrent_initializer(self, activation: Activation) -> Initializer:
        """Return the part that fills the weights from state to state."""
        if _is_auto(self.recurrent_initialization):
            name = "identity" if self._starts_as_identity(activation) else "orthogonal"
            return INITIALIZERS[name](gain=1.0)
        return resolve(self, "recurrent_initialization")

    def _stages(self, n_inputs, parts, n_raw):
        self._check_shape_is_as_fitted()
        self._check_solver_takes_masks(parts)
        n_channels = self.series_shape_[1]
        gates = resolve(self, "gate_activation")
        layers = recurrent_layers(
            self.cell,
            (n_inputs // n_channels, n_channels),
            tuple(parts.hidden_layer_sizes),
            tuple(parts.activations),
            gates,
            self.summary,
            n_raw,
            recurrent_initializers=[self._recurrent_initializer(a) for a in parts.activations],
            recurrent_dropout=float(self.recurrent_dropout),
            forget_bias=float(self.forget_bias),
        )
        of_layers = zip(
            layers[:-1], parts.penalties[:-1], parts.activity_penalties, parts.dropout, strict=True
        )
        hidden = [Stage(*each, max_norm=self.max_norm) for each in of_layers]
        return *hidden, Stage(layers[-1], parts.penalties[-1])

    def _for_data(self, data, held_out):
        n_steps = data.X.shape[1] // self.series_shape_[1]
        self._check_penalties_have_steps(data.X, n_steps)
        return super()._for_data(data, held_out)

    def _check_penalties_have_steps(self, X: np.ndarray, n_steps: int) -> None:
        """Raise a ValueError if an activity penalty is on states that a series does not have."""
        *inner, _ = self._activity_penalties(len(self._hidden_units()))
        if any(penalty is not None for penalty in inner) and np.isnan(X).any():
            raise ValueError(
                f"activity_penalty={self.activity_penalty!r} is on the states of all steps in all "
                f"recurrent layers but the last one, and X has series of fewer than {n_steps} "
                "steps. Use one recurrent layer, series of equal length, or a list with None for "
                "these layers."
            )

    def _check_solver_takes_masks(self, parts: Parts) -> None:
        if self.recurrent_dropout and not parts.solver.takes_batches:
            raise ValueError(
                f"solver={self.solver!r} minimizes one smooth function of all rows and cannot take "
                f"recurrent_dropout={self.recurrent_dropout!r}, which is random. Use another "
                "solver, such as 'adam', or recurrent_dropout=0."
            )

    # A fitted network.

    def _fitted_shape(self, stages):
        gates = copied_parts([resolve(self, "gate_activation")], getattr(self, "_gates", []))
        return {"_cell": str(self.cell), "_summary": str(self.summary), "_gates": gates}

    def _fitted_layers(self):
        check_lengths(self, coefs_=len(self._activations) + 1)
        widths = tuple([(np.shape(coef) or (1,))[-1] for coef in self.coefs_[:-1]])
        return list(
            _layers_of_fitted(
                self._cell,
                self.series_shape_,
                widths,
                tuple(self._activations),
                self._gates[0],
                self._summary,
                self._loss.n_raw(self.n_outputs_),
            )
        )


def recurrent_layers(
    cell: str,
    shape: tuple[int, int],
    units: tuple[int, ...],
    activations: tuple[Activation, ...],
    gates: Activation,
    summary: str,
    n_raw: int,
    recurrent_initializers: list[Initializer] | None = None,
    recurrent_dropout: float = 0.0,
    forget_bias: float = 1.0,
) -> list[Layer]:
    """All layers of a network; the last one is linear, its link is the loss's.

    Parameters
    ----------
    cell : {"rnn", "lstm"}
    shape : tuple of (steps, channels)
    units : tuple of int
    activations : tuple of Activation
        One for each recurrent layer.
    gates : Activation
        Of an LSTM.
    summary : str
        Of the last recurrent layer; the others give all their states.
    n_raw : int
    recurrent_initializers : list of Initializer, default=None
        One for each recurrent layer, where the network is to be trained.
    recurrent_dropout : float, default=0.0
    forget_bias : float, default=1.0
    """
    n_steps, width = shape
    layers: list[Layer] = []
    for i, (n_units, activation) in enumerate(zip(units, activations, strict=True)):
        of_state: dict[str, Any] = {
            "summary": summary if i == len(units) - 1 else None,
            "recurrent_initializer": recurrent_initializers and recurrent_initializers[i],
            "recurrent_dropout": recurrent_dropout,
        }
        if cell == "lstm":
            of_state |= {"gate_activation": gates, "forget_bias": forget_bias}
        kind = LSTM if cell == "lstm" else RNN
        layers.append(kind(n_steps, width, n_units, activation, **of_state))
        width = activation.output_width(n_units)
    return [*layers, Dense(width, n_raw, Identity())]


@lru_cache(maxsize=32)  # each small prediction asks for the same ones
def _layers_of_fitted(
    cell: str,
    shape: tuple[int, int],
    widths: tuple[int, ...],
    activations: tuple[Activation, ...],
    gates: Activation,
    summary: str,
    n_raw: int,
) -> tuple[Layer, ...]:
    """The layers of a fitted network, whose activations are its own and do not change."""
    n_gates = (LSTM if cell == "lstm" else RNN).n_gates
    units = tuple(
        width // (n_gates * activation.input_width(1))
        for width, activation in zip(widths, activations, strict=True)
    )
    return tuple(recurrent_layers(cell, shape, units, activations, gates, summary, n_raw))


def _is_auto(value: Any) -> bool:
    """Whether a value is "auto", by name or as a part."""
    return isinstance(value, INITIALIZERS["auto"]) or (isinstance(value, str) and value == "auto")


class RNNClassifier(Classes, Recurrent):
    """Recurrent network for classes of series, of equal or of unequal lengths.

    It reads a series step by step, and keeps a state. X is an array (n_series, steps) or
    (n_series, steps, channels), or a list of arrays whose steps may differ. Steps of NaN at the end
    of a series are absent. Unequal lengths are exact: no step that a series does not have is
    computed. Numbers should be scaled, as for any network.

    By default it is the network of Le, Jaitly & Hinton (2015): rectified units whose state starts
    by being kept as it is. ``cell="lstm"`` is the long short-term memory.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNRegressor : The same for numbers.
    CNNClassifier : Convolutions along series of equal length.

    References
    ----------
    Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified linear
    units. Hochreiter & Schmidhuber (1997), Long short-term memory. Pascanu, Mikolov & Bengio
    (2013), On the difficulty of training recurrent neural networks: clipping.

    Examples
    --------
    Series of 5 to 20 steps that rise or fall on the whole:

    >>> import numpy as np
    >>> from sklearn_relu import RNNClassifier
    >>> draw = np.random.default_rng(0)
    >>> y = draw.integers(0, 2, 300)
    >>> X = [draw.normal(rises - 0.5, 1, draw.integers(5, 21)) for rises in y]
    >>> model = RNNClassifier(20, learning_rate_init=0.003, max_iter=30, random_state=0)
    >>> model = model.fit(X[:200], y[:200])
    >>> bool(model.score(X[200:], y[200:]) > 0.85)
    True
    >>> model.series_shape_
    (20, 1)
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="auto",
        *,
        cell="rnn",
        recurrent_initialization="auto",
        gate_activation="logistic",
        forget_bias=1.0,
        summary="last",
        series_shape=None,
        channels_first=False,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.0005,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        loss="log_loss",
        initialization="auto",
        bias_initialization="auto",
        penalty="l2",
        activity_penalty=None,
        activity_alpha=0.0001,
        dropout=0.0,
        recurrent_dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=1.0,
        early_stopping_metric="score",
        time_limit=None,
        class_weight=None,
        dtype=None,
        ensemble_size=1,
    ):
        store_parameters(self, locals())


class RNNRegressor(Numbers, Recurrent):
    """Recurrent network for numbers that series have, of equal or of unequal lengths.

    X is as for :class:`RNNClassifier`. To forecast a series, make rows of its last steps, and let
    the next one be the target.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNClassifier : The same for classes.
    CNNRegressor : Convolutions along series of equal length.

    References
    ----------
    Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified linear
    units. Hochreiter & Schmidhuber (1997), Long short-term memory. Pascanu, Mikolov & Bengio
    (2013), On the difficulty of training recurrent neural networks: clipping.

    Examples
    --------
    The next value of a sine of unknown frequency, from series of 10 to 30 steps:

    >>> import numpy as np
    >>> from sklearn_relu import RNNRegressor
    >>> draw = np.random.default_rng(0)
    >>> lengths, frequencies = draw.integers(10, 31, 400), draw.uniform(0.2, 0.6, 400)
    >>> series = [np.sin(f * np.arange(n + 1)) for n, f in zip(lengths, frequencies)]
    >>> X, y = [each[:-1] for each in series], np.array([each[-1] for each in series])
    >>> model = RNNRegressor(30, learning_rate_init=0.003, max_iter=60, random_state=0)
    >>> bool(model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.9)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="auto",
        *,
        cell="rnn",
        recurrent_initialization="auto",
        gate_activation="logistic",
        forget_bias=1.0,
        summary="last",
        series_shape=None,
        channels_first=False,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.0005,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        loss="squared_error",
        initialization="auto",
        bias_initialization="auto",
        penalty="l2",
        activity_penalty=None,
        activity_alpha=0.0001,
        dropout=0.0,
        recurrent_dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=1.0,
        early_stopping_metric="score",
        time_limit=None,
        standardize_y=False,
        dtype=None,
        ensemble_size=1,
    ):
        store_parameters(self, locals())
