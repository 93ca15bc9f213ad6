"""The autoencoder."""

from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.fitted_arrays import check_lengths
from sklearn_relu.estimators.mlp import sizes_of_layers
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.parts import for_each_layer, resolve
from sklearn_relu.estimators.reconstruction import Reconstruction
from sklearn_relu.estimators.tables import Tables
from sklearn_relu.layers import Dense, Layer
from sklearn_relu.network.corruption import GaussianNoise, Masking, SaltAndPepper
from sklearn_relu.network.stage import Stage
from sklearn_relu.parameters import store_parameters
from sklearn_relu.sklearn_private import Interval, StrOptions


class MirroredMLP(Tables):
    """A multi-layer perceptron of an encoder and the decoder that mirrors it.

    Sequences of parts have one for each layer of the encoder. A layer of the decoder has that of
    the layer which it undoes: activations and dropout of what it gives, penalties of its weights.
    """

    hidden_layer_sizes: Any = (32,)
    tied_weights: Any = False
    corruption_level: Any = 0.25
    activity_penalty: Any = "l1"
    activity_alpha: Any = 0.0

    _described_parameters = {
        "hidden_layer_sizes": Parameter(
            "int or sequence of int",
            ["array-like", Interval(Integral, 1, None, closed="left")],
            """
            Units of each layer of the encoder, the code's last. The decoder has the same in the
            opposite order, and then the features: ``(64, 8)`` is a network of 64, 8, 64 and as many
            outputs as there are features.
            """,
        ),
        "activation": Parameter(
            "str, Activation or sequence of them",
            BY_ITSELF,
            """
            What hidden units do with their summed input; a sequence has one for each layer of the
            encoder, the code's last. Names are those of
            :data:`sklearn_relu.activations.ACTIVATIONS`.
            """,
        ),
        "tied_weights": Parameter(
            "bool",
            ["boolean"],
            """
            Whether the decoder's weights are the encoder's, transposed: half as many parameters.
            ``coefs_`` then has the encoder's alone; biases are each layer's own. Not for
            activations that give more or fewer values than they sum, such as "maxout" and "crelu".
            """,
        ),
        "corruption": Parameter(
            "str or None",
            [StrOptions({"masking", "gaussian", "salt_and_pepper"}), None],
            """
            What each step does to the rows that the network reads, and not to those that it is to
            give: "masking" sets values to 0, without scaling up the others; "gaussian" adds normal
            noise; "salt_and_pepper" sets half of the values that it takes to the feature's smallest
            value in X and half to its largest. A sparse X takes "masking" only, of stored values.
            """,
        ),
        "corruption_level": Parameter(
            "float",
            [Interval(Real, 0, None, closed="left")],
            'Share of values that are corrupted, below 1; with "gaussian" the standard deviation.',
        ),
        "penalty": Parameter(
            "str, Penalty, None or sequence of them",
            BY_ITSELF,
            """
            "l2"; "l1", which sets weights exactly to 0; "elasticnet"; or "group_lasso", which does
            so for whole rows or columns. Of strength `alpha`, on weights only. A sequence has one
            for each layer of the encoder. Tied weights are penalised once.
            """,
        ),
        "activity_penalty": Parameter(
            "str, ActivityPenalty or None",
            BY_ITSELF,
            """
            "l1", "l2" or "kl" on the code, for a sparse or a small one; other layers have none.
            """,
        ),
        "activity_alpha": Parameter(
            "float",
            [Interval(Real, 0, None, closed="left")],
            "Strength of `activity_penalty`, on its mean over the batch.",
        ),
        "dropout": Parameter(
            "float or sequence of float",
            [Interval(Real, 0, 1, closed="left"), list, tuple],
            """
            Share of a hidden layer's units to drop in each step, in [0, 1), or one for each layer
            of the encoder. Alpha dropout under "selu".
            """,
        ),
        "regularization_schedule": Parameter(
            "str, Schedule or None",
            BY_ITSELF,
            """
            A factor in [0, 1] of `dropout` and the solver's `weight_decay`, as a schedule of the
            rate 1; `corruption_level` has none. None: the factor stays 1.
            """,
        ),
        "early_stopping_metric": Parameter(
            "str or callable",
            [str, callable],
            """
            The figure that early stopping looks at, and that ``history_["validation_score"]``
            holds: "score" (the share of variance explained), "loss" (minus the validation loss) or
            a ``callable(estimator, X, y)``, whose y is X. Larger is better.
            """,
        ),
    }

    _described_attributes = {
        "coefs_": Attribute(
            "list of ndarray of shape (fan_in, fan_out)",
            """
            Weights of each layer, the encoder's first; with `tied_weights` the encoder's alone,
            whose transposes are the decoder's. Predictions use them as they are, also after they
            were assigned.
            """,
        ),
        "intercepts_": Attribute(
            "list of ndarray of shape (fan_out,)", "Biases of each layer, the encoder's first."
        ),
        "n_outputs_": Attribute("int", "Outputs: as many as features."),
    }

    def _hidden_units(self):
        sizes = sizes_of_layers(self.hidden_layer_sizes)
        if not sizes:
            raise ValueError(
                "hidden_layer_sizes must have a layer for the code; got (). For a code of 32 units "
                "pass (32,)."
            )
        return sizes

    def _set_hidden_units(self, units):
        self.hidden_layer_sizes = tuple(units[: (len(units) + 1) // 2])

    def _penalties(self, n_hidden):
        return for_each_layer(self, "penalty", n_hidden, "layers of the encoder")

    def _activity_penalties(self, n_hidden):
        if isinstance(self.activity_penalty, list | tuple):
            raise ValueError(
                "activity_penalty is for the code alone, so it must be one part or None; got "
                f"{self.activity_penalty!r}."
            )
        return [None] * (n_hidden - 1) + [resolve(self, "activity_penalty")]

    def _for_data(self, data, held_out):
        if self.corruption not in (None, "masking") and not isinstance(data.X, np.ndarray):
            raise ValueError(
                f"corruption={self.corruption!r} would fill every value of a sparse X. Use "
                "corruption='masking', or pass X.toarray()."
            )
        return self

    def _corruption(self):
        level = float(self.corruption_level)
        if self.corruption is None or level == 0:
            return None
        if self.corruption == "gaussian":
            return GaussianNoise(level)
        if level >= 1:
            raise ValueError(
                f"corruption_level={self.corruption_level!r} must be below 1: with "
                f"corruption={self.corruption!r} it is the share of values that are corrupted. Use "
                "0.25, or corruption='gaussian', which takes a standard deviation."
            )
        if self.corruption == "masking":
            return Masking(level)
        return SaltAndPepper(level, *self.feature_range_)

    def _stages(self, n_inputs, parts, n_raw):
        if self.tied_weights:
            _check_can_be_tied(parts.activations, n_inputs, n_raw, self.loss)
        layers = _layers(
            n_inputs,
            tuple(parts.hidden_layer_sizes),
            tuple(parts.activations),
            n_raw,
            bool(self.tied_weights),
        )
        n = len(parts.activations)
        code_penalty = parts.activity_penalties[-1] if self.activity_alpha else None
        activity = [None] * (n - 1) + [code_penalty] + [None] * (n - 1)
        dropout = _mirrored(parts.dropout)
        hidden = zip(layers[:-1], _both_ways(parts.penalties)[:-1], activity, dropout, strict=True)
        return (
            *(Stage(*each, max_norm=self.max_norm) for each in hidden),
            Stage(layers[-1], parts.penalties[0]),
        )

    def _fitted_shape(self, stages):
        return {"_are_tied": not stages[-1].layer.blocks()["weight"].is_own}

    def _n_encoding(self):
        return len(self._activations)

    def _fitted_layers(self):
        n = len(self._activations)
        check_lengths(self, coefs_=n if self._are_tied else 2 * n)
        sizes = tuple(
            (np.shape(coef) or (1,))[-1] // activation.input_width(1)
            for coef, activation in zip(self.coefs_[:n], self._activations, strict=True)
        )
        n_raw = self._loss.n_raw(self.n_outputs_)
        arguments = sizes, tuple(self._activations), n_raw, self._are_tied
        return list(_layers(self.n_features_in_, *arguments))


def _mirrored(values: list) -> list:
    """The values of hidden layers: those of the encoder's, then those of the decoder's."""
    return [*values, *values[-2::-1]]


def _both_ways(values: list) -> list:
    """The values of all layers: the encoder's, then of each layer that undoes one of them."""
    return [*values, *values[::-1]]


def _check_can_be_tied(activations: list[Activation], n_inputs: int, n_raw: int, loss: Any) -> None:
    """Raise a ValueError if a layer's weights, transposed, do not fit the layer that undoes it."""
    for activation in activations:
        if activation.input_width(1) != activation.output_width(1):
            raise ValueError(
                f"tied_weights=True needs activations that give as many values as they sum; "
                f"{activation!r} sums {activation.input_width(1)} a unit and gives "
                f"{activation.output_width(1)}. Use tied_weights=False, or another activation."
            )
    if n_raw != n_inputs:
        raise ValueError(
            f"tied_weights=True needs a loss with one raw output for each feature; loss={loss!r} "
            f"has {n_raw // n_inputs}. Use tied_weights=False, or another loss."
        )


@lru_cache(maxsize=32)  # each small prediction asks for the same ones
def _layers(
    n_inputs: int,
    sizes: tuple[int, ...],
    activations: tuple[Activation, ...],
    n_raw: int,
    tied: bool,
) -> tuple[Layer, ...]:
    """The layers of the encoder, and of the decoder: one for each of the former, the last first."""
    layers: list[Layer] = []
    reads = n_inputs
    for n_units, activation in zip(sizes, activations, strict=True):
        layers.append(Dense(reads, n_units, activation))
        reads = layers[-1].gives
    for i in reversed(range(len(sizes))):
        n_units, activation = (sizes[i - 1], activations[i - 1]) if i else (n_raw, Identity())
        layers.append(Dense(reads, n_units, activation, transposes=i if tied else None))
        reads = layers[-1].gives
    return tuple(layers)


class Autoencoder(Reconstruction, MirroredMLP):
    """Autoencoder: a network that gives its inputs back through a narrow or sparse code.

    A transformer, as :class:`~sklearn.decomposition.PCA` is, that is not linear. The encoder makes
    a code of each row, the decoder a row of each code, and both learn to give back what went in.
    Under a rectifier an L1 penalty on the code makes most of its values exactly 0. Corrupted inputs
    make it learn how features hang together (a denoising autoencoder).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    MLPRegressor : A network for other targets.
    sklearn_relu.scorers.reconstruction : The share of variance explained, for any transformer that
        has ``inverse_transform``.

    Notes
    -----
    There is no ensemble: units of several networks' codes have nothing to do with each other.

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked denoising autoencoders: learning
    useful representations in a deep network with a local denoising criterion.
    Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks, section 3.2.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_relu import Autoencoder
    >>> X = load_digits().data / 16
    >>> model = Autoencoder(
    ...     (32,), learning_rate="cosine", learning_rate_init=0.01, max_iter=30, random_state=0
    ... )
    >>> code = model.fit_transform(X)
    >>> code.shape
    (1797, 32)
    >>> bool(model.score(X) > 0.8)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(32,),
        activation="relu",
        *,
        tied_weights=False,
        corruption=None,
        corruption_level=0.25,
        activity_penalty="l1",
        activity_alpha=0.0,
        loss="squared_error",
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        initialization="auto",
        bias_initialization="auto",
        penalty="l2",
        dropout=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        early_stopping_metric="score",
        time_limit=None,
        dtype=None,
    ):
        store_parameters(self, locals())
