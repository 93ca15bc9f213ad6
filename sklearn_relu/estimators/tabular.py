"""The networks for tables."""

import math
from copy import copy
from functools import lru_cache
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_X_y, column_or_1d
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.activations import Activation, Identity, Parametric
from sklearn_relu.embeddings import NumericalEmbedding
from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.budget import MOST_CYCLES, N_FOLDS, n_cycles, of_data
from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.data import Data, target_array
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.mlp import sizes_of_layers
from sklearn_relu.estimators.numbers import Numbers
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.parts import resolve
from sklearn_relu.layers import Dense, Layer, Scale, TableInputs
from sklearn_relu.network.stage import Stage
from sklearn_relu.optimizers import AdamW
from sklearn_relu.parameters import store_parameters
from sklearn_relu.schedules import CosineLog
from sklearn_relu.sklearn_private import Interval, StrOptions
from sklearn_relu.tables import TabularEncoder

EFFORTS = {"fast": 0.25, "thorough": 4.0}

BIAS_RATE = 0.1
"""Factor of the learning rate of biases."""

MOST_EMBEDDED = 64
"""Columns of numbers up to which all are embedded; more are passed on as they are."""


class TabularMLP(BaseNetwork):
    """A multi-layer perceptron that reads a table as it is, whatever the targets are.

    An encoder makes numbers of the table's columns, an embedding several inputs of each number. The
    layers' learning rates go with the root of their width (the "neural tangent" parametrization).
    """

    hidden_layer_sizes: Any = (128, 128, 128)
    activation: Any = "auto"
    solver: Any = "auto"
    alpha: Any = 0.0
    batch_size: Any = "auto"
    learning_rate: Any = "auto"
    max_iter: Any = "auto"
    tol: Any = 0.0
    n_iter_no_change: Any = None
    initialization: Any = "unit_variance"
    early_stopping_metric: Any = "loss"
    dtype: Any = "float32"
    ensemble_size: Any = "auto"
    categorical_features: Any = "from_dtype"
    numerical_embedding: Any = "pbld"
    validation: Any = "auto"
    effort: Any = 1.0
    keeps_a_rest = True
    scales_inputs = True

    _described_parameters = {
        "hidden_layer_sizes": Parameter(
            "int or sequence of int",
            ["array-like", Interval(Integral, 1, None, closed="left")],
            "Units of each hidden layer.",
        ),
        "activation": Parameter(
            "str, Activation or sequence of them",
            BY_ITSELF,
            """
            What hidden units do with their summed input; a sequence has one for each hidden layer.
            "auto" is SELU for classes and Mish for numbers, each with a learned share of it for
            each unit (:class:`~sklearn_relu.activations.Parametric`). Other names are those of
            :data:`sklearn_relu.activations.ACTIVATIONS`.
            """,
        ),
        "solver": Parameter(
            "str or Solver",
            BY_ITSELF,
            '"auto" is ``AdamW(beta_2=0.95, weight_decay=0.02)``. It must be a stochastic one.',
        ),
        "learning_rate": Parameter(
            "str, Schedule or callable",
            BY_ITSELF,
            """
            The schedule, by name, part or function: "auto" is ``CosineLog(n_cycles=5)``, which
            rises and falls five times, each time twice as long as before; fewer times where
            training has less than 31 epochs.
            """,
        ),
        "batch_size": Parameter(
            "int or str",
            [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
            'Rows in a step; "auto" is about 64 up to a thousand rows, about 128 beyond.',
        ),
        "max_iter": Parameter(
            "int or str",
            [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
            'Epochs; "auto" goes by `effort` and the number of rows.',
        ),
        "n_iter_no_change": Parameter(
            "int or None",
            [Interval(Integral, 1, None, closed="left"), None],
            "Epochs without improvement before training stops; None: it goes to its end.",
        ),
        "ensemble_size": Parameter(
            "int or str",
            [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
            """
            Networks to train in lockstep from different draws; predictions are averaged. "auto" is
            8 up to 20,000 rows, 4 beyond and at less than half of the `effort`.
            """,
        ),
        "dtype": Parameter(
            '{"float32", "float64"}', [StrOptions({"float32", "float64"})], "Precision."
        ),
        "early_stopping_metric": Parameter(
            "str or callable",
            [str, callable],
            """
            The figure on held-out rows by which the best epoch is known: "loss" (minus the loss),
            for classes "brier" (minus the Brier score), "score" (that of :meth:`score`), a name of
            scikit-learn's scorers, or a ``callable(estimator, X, y)``, of X as the encoder gives
            it. Larger is better.
            """,
        ),
        "categorical_features": Parameter(
            "str, array-like of bool, int or str",
            [StrOptions({"from_dtype"}), "array-like"],
            """
            Columns that are categories: "from_dtype" takes those of categorical, string, boolean
            and object dtypes; or a mask, indices or names. See
            :class:`~sklearn_relu.tables.TabularEncoder`.
            """,
        ),
        "numerical_embedding": Parameter(
            "str, NumericalEmbedding or None",
            BY_ITSELF,
            f"""
            What becomes of each column of numbers: "pbld", a part of
            :mod:`sklearn_relu.embeddings`, or None, the column alone. More than {MOST_EMBEDDED}
            columns are not embedded.
            """,
        ),
        "validation": Parameter(
            "str or None",
            [StrOptions({"auto", "folds"}), None],
            """
            "folds": each pair of networks holds out another one of eight folds of the rows, and is
            scored on it by its mean prediction. Among the ends of the schedule's cycles, if it has
            any, all keep the last at which the mean score is best, or if it is minus a loss within
            5 % of the best, and training ends after one that is worse than that. None: all train on
            all rows, to the end. "auto" is "folds" where each class has a row for each of eight
            folds. With `X_val` each network keeps its own best epoch on these rows.
            """,
        ),
        "effort": Parameter(
            "float or str",
            [StrOptions({"fast", "thorough"}), Interval(Real, 0, None, closed="neither")],
            """
            Factor of the epochs that "auto" means: "fast" is 0.25, "thorough" 4. Below a half there
            are half as many networks, too.
            """,
        ),
    }

    _described_attributes = {
        "n_features_in_": Attribute("int", "Columns seen in :meth:`fit`."),
        "encoder_": Attribute("TabularEncoder", "Makes numbers of a table, as in :meth:`fit`."),
    }

    _activation_by_default: ClassVar[str]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.sparse = False
        return tags

    def _auto_part(self, parameter):
        if parameter == "activation":
            return Parametric(self._activation_by_default)
        if parameter == "solver":
            return AdamW(beta_2=0.95, weight_decay=0.02)
        if parameter == "learning_rate":
            is_known = not isinstance(self.max_iter, str)
            return CosineLog(n_cycles(self.max_iter) if is_known else MOST_CYCLES)
        return None

    def _is_stochastic(self):
        raise AttributeError(
            f"{type(self).__name__} has no partial_fit: its schedule and its encoder need all rows "
            "from the beginning. Use MLPClassifier or MLPRegressor for streams."
        )

    def _hidden_units(self):
        return sizes_of_layers(self.hidden_layer_sizes)

    def _set_hidden_units(self, units):
        self.hidden_layer_sizes = tuple(units)

    # From a table to an array.

    def _check_data(self, X, y, reset):
        y = target_array(y, numeric=self._y_numeric)
        if reset:
            encoder = TabularEncoder(
                self.categorical_features, many_levels="codes", dtype=self.dtype
            )
            X = encoder.fit_transform(X)
            self.encoder_ = encoder
            self.n_features_in_ = encoder.n_features_in_
            self.__dict__.pop("feature_names_in_", None)
            if hasattr(encoder, "feature_names_in_"):
                self.feature_names_in_ = encoder.feature_names_in_
        else:
            self._check_columns_are_as_fitted()
            X = self.encoder_.transform(X)
        if not X.shape[1]:
            raise ValueError(
                f"No column of X has a value: all {self.n_features_in_} are missing in training."
            )
        dtype = X.dtype
        X, y = check_X_y(
            X,
            y,
            dtype=dtype,
            order="C",
            multi_output=True,
            y_numeric=self._y_numeric,
            estimator=self,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self._check_targets(y)
        return X, y

    def _check_columns_are_as_fitted(self):
        fitted, now = self.encoder_.categorical_features, self.categorical_features
        if not np.array_equal(fitted, now):
            raise ValueError(
                f"warm_start goes on with the fitted encoder, and categorical_features has changed "
                f"from {fitted!r} to {now!r}. Set warm_start=False, or clone the estimator, to "
                "start anew."
            )

    def _check_inputs(self, X):
        check_is_fitted(self)
        if self._reads_arrays:
            return X
        # In float32 the sums of BLAS depend on how many rows there are beside a row.
        return self.encoder_.transform(X).astype(np.float64, copy=False)

    _reads_arrays = False

    def _reading_arrays(self):
        copied = super()._reading_arrays()
        copied._reads_arrays = True
        return copied

    # From an array to layers.

    def _stages(self, n_inputs, parts, n_raw):
        layers = _layers(
            self._columns(),
            self._embedding_part(),
            tuple(parts.hidden_layer_sizes),
            tuple(parts.activations),
            n_raw,
        )
        *inputs, last = layers
        first, hidden = inputs[:2], inputs[2:]
        of_layers = zip(
            hidden, parts.penalties[:-1], parts.activity_penalties, parts.dropout, strict=True
        )
        return (
            *(Stage(layer) for layer in first),
            *(Stage(*each, max_norm=self.max_norm) for each in of_layers),
            Stage(last, parts.penalties[-1]),
        )

    def _columns(self) -> tuple[int, int, tuple[int, ...]]:
        """Numbers, columns to pass on, and for each column of codes their number."""
        encoder = self.encoder_
        n_numbers = encoder.n_scaled_out_
        n_levels = tuple(int(n) + 1 for n in encoder.cardinalities_)
        return n_numbers, encoder.n_numeric_out_ - n_numbers, n_levels

    def _embedding_part(self) -> NumericalEmbedding | None:
        if self.encoder_.n_scaled_out_ > MOST_EMBEDDED:
            return None
        return resolve(self, "numerical_embedding")

    def _fitted_shape(self, stages):
        # A copy: a part that the user changes later must not change predictions.
        return {"_embedding": copy(stages[0].layer.embedding)}

    def _fitted_layers(self):
        n_hidden = len(self._activations)
        widths = tuple((np.shape(coef) or (1,))[-1] for coef in self.coefs_[-n_hidden - 1 : -1])
        n_raw = self._loss.n_raw(self.n_outputs_)
        sizes = tuple(
            width // activation.input_width(1)
            for width, activation in zip(widths, self._activations, strict=True)
        )
        arguments = self._columns(), self._embedding, sizes, tuple(self._activations), n_raw
        return list(_layers(*arguments))

    # Numbers that the data decide.

    def _for_data(self, data, held_out):
        if not resolve(self, "solver").takes_batches:
            raise ValueError(
                f"solver={self.solver!r} has no epochs, and {type(self).__name__} keeps the best "
                "one. Use 'auto' or another stochastic solver."
            )
        holds_out = held_out is None and self._holds_out(data)
        n_rows = data.X.shape[0]
        if holds_out:
            if data.weight is not None:
                n_rows = int(data.weight.any(axis=1).sum())
            n_rows -= math.ceil(n_rows / N_FOLDS)
        copied = self._shallow_copy()
        n_inputs = TableInputs(*self._columns(), self._embedding_part()).gives
        numbers = of_data(n_rows, n_inputs, self._effort())
        for name, value in vars(numbers).items():
            if isinstance(getattr(self, name), str):
                setattr(copied, name, value)
        if self.n_iter_no_change is None:
            copied.n_iter_no_change = np.inf
        if holds_out:
            copied.n_folds = N_FOLDS
        copied.early_stopping = held_out is not None or copied.n_folds > 0
        return copied

    def _holds_out(self, data: Data) -> bool:
        """Whether each network holds out a fold of the rows."""
        if self.validation is None:
            return False
        y = data.y if data.weight is None else data.y[data.weight.any(axis=1)]
        labels = self._stratify_by(y)
        rarest = len(y) if labels is None else np.unique(labels, return_counts=True)[1].min()
        if rarest >= N_FOLDS:
            return True
        if self.validation == "folds":
            raise ValueError(
                f"validation='folds' needs a row for each of {N_FOLDS} folds, of each class; got "
                f"{rarest} {'rows' if labels is None else 'of the rarest class'}. Use "
                "validation='auto' or None."
            )
        return False

    def _effort(self) -> float:
        return EFFORTS[self.effort] if isinstance(self.effort, str) else float(self.effort)


@lru_cache(maxsize=32)  # each small prediction asks for the same ones
def _layers(
    columns: tuple[int, int, tuple[int, ...]],
    embedding: NumericalEmbedding | None,
    sizes: tuple[int, ...],
    activations: tuple[Activation, ...],
    n_raw: int,
) -> tuple[Layer, ...]:
    """All layers of a network; parts are its own, and do not change."""
    inputs = TableInputs(*columns, embedding)
    layers: list[Layer] = [inputs, Scale(inputs.gives)]
    for n_units, activation in zip(sizes, activations, strict=True):
        layers.append(_dense(layers[-1].gives, n_units, activation))
    return *layers, _dense(layers[-1].gives, n_raw, Identity())


def _dense(reads: int, n_units: int, activation: Activation) -> Dense:
    """A layer whose steps are as if its weights were divided by the root of its width."""
    return Dense(reads, n_units, activation, rate=1 / math.sqrt(reads), bias_rate=BIAS_RATE)


class TabularMLPClassifier(Classes, TabularMLP):
    """Classifier for tables as they are: numbers, categories, dates, missing values.

    An ensemble of multi-layer perceptrons that needs no preparation of the data and no search for
    parameters. Numbers are scaled and embedded, categories become columns or are embedded. Each
    pair of networks holds out another fold of the rows, and the folds tell the epoch in which all
    are at their best.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    TabularMLPRegressor : The same for numbers.
    MLPClassifier : One network, of numbers.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data. Gorishniy, Kotelnikov & Babenko (2025), TabM: advancing tabular deep
    learning with parameter-efficient ensembling.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_relu import TabularMLPClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> model = TabularMLPClassifier(effort="fast", random_state=0).fit(X[::2], y[::2])
    >>> bool(model.score(X[1::2], y[1::2]) > 0.9)
    True
    """

    learning_rate_init = 0.04
    early_stopping_metric = "brier"
    _activation_by_default = "selu"

    def __init__(
        self,
        hidden_layer_sizes=(128, 128, 128),
        activation="auto",
        *,
        numerical_embedding="pbld",
        categorical_features="from_dtype",
        effort=1.0,
        validation="auto",
        early_stopping_metric="brier",
        ensemble_size="auto",
        max_iter="auto",
        n_iter_no_change=None,
        batch_size="auto",
        solver="auto",
        learning_rate="auto",
        learning_rate_init=0.04,
        loss="log_loss",
        class_weight=None,
        initialization="unit_variance",
        bias_initialization="auto",
        penalty="l2",
        alpha=0.0,
        activity_penalty=None,
        activity_alpha=0.0001,
        dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        time_limit=None,
        random_state=None,
        verbose=False,
        warm_start=False,
        dtype="float32",
    ):
        store_parameters(self, locals())


class TabularMLPRegressor(Numbers, TabularMLP):
    """Regressor for tables as they are: numbers, categories, dates, missing values.

    An ensemble of multi-layer perceptrons that needs no preparation of the data and no search for
    parameters. Numbers are scaled and embedded, categories become columns or are embedded. Each
    pair of networks holds out another fold of the rows, and the folds tell the epoch in which all
    are at their best. Targets are standardized where the loss is for all real numbers. Predictions
    do not leave the targets' range.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    TabularMLPClassifier : The same for classes.
    MLPRegressor : One network, of numbers.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data. Gorishniy, Kotelnikov & Babenko (2025), TabM: advancing tabular deep
    learning with parameter-efficient ensembling.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_relu import TabularMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = TabularMLPRegressor(effort="fast", random_state=0).fit(X[::2], y[::2])
    >>> bool(model.score(X[1::2], y[1::2]) > 0.35)
    True
    """

    learning_rate_init = 0.2
    _activation_by_default = "mish"

    _described_attributes = {
        "target_range_": Attribute(
            "ndarray of shape (2, n_outputs)", "The smallest and the largest of each target."
        ),
    }

    def __init__(
        self,
        hidden_layer_sizes=(128, 128, 128),
        activation="auto",
        *,
        numerical_embedding="pbld",
        categorical_features="from_dtype",
        effort=1.0,
        validation="auto",
        early_stopping_metric="loss",
        ensemble_size="auto",
        max_iter="auto",
        n_iter_no_change=None,
        batch_size="auto",
        solver="auto",
        learning_rate="auto",
        learning_rate_init=0.2,
        loss="squared_error",
        initialization="unit_variance",
        bias_initialization="auto",
        penalty="l2",
        alpha=0.0,
        activity_penalty=None,
        activity_alpha=0.0001,
        dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        time_limit=None,
        random_state=None,
        verbose=False,
        warm_start=False,
        dtype="float32",
    ):
        store_parameters(self, locals())

    @property
    def standardize_y(self):
        """Whether targets are standardized: where the loss is for all real numbers."""
        return resolve(self, "loss").any_real_target

    def _learn_targets(self, y, sample_weight, loss, new):
        if new:
            counting = slice(None) if sample_weight is None else sample_weight > 0
            columns = y[counting].reshape(len(y[counting]), -1)
            self.target_range_ = np.array([columns.min(axis=0), columns.max(axis=0)])
        return super()._learn_targets(y, sample_weight, loss, new)

    def _in_own_units(self, values, shift):
        return super()._in_own_units(values.astype(np.float64), shift)

    def _bounded(self, y):
        return np.clip(y, *self.target_range_)
