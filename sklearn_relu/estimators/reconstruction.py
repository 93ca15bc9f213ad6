"""Targets that are the inputs themselves."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_array, gen_batches
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.data import (
    Data,
    checked_weight,
    combined_weight,
    finite_outputs,
    unusable_values_explained,
)
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.explained import Rows, explained_share
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.losses import Loss
from sklearn_relu.network.inference import forward_batches, raw_outputs
from sklearn_relu.parameters import only_if
from sklearn_relu.sklearn_private import ChecksFirst, fit_context
from sklearn_relu.training.batches import dense, with_stand_ins

LOOKED_AT = 1000
"""Rows that are compared at once to find two that differ."""

ONE_NETWORK = (
    "an autoencoder is one network: units of several networks' codes have nothing to do with each "
    "other, and their mean no meaning. Fit several, with another random_state each."
)


class Reconstruction(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ChecksFirst, BaseNetwork):
    """A network that gives its inputs back, through a layer with a code for them.

    Attributes
    ----------
    _n_encoding : callable
        The architecture's answer to how many layers of the fitted network lead to the code.
    """

    _n_encoding: Callable[[], int]

    loss: Any = "squared_error"
    _are_inputs = True
    _held_out_names: ClassVar[str] = "X_val or sample_weight_val"

    _described_parameters = {
        "loss": Parameter(
            "str or Loss",
            BY_ITSELF,
            """
            "squared_error" (half of it, summed over the features), "log_loss" for features in
            [0, 1], each its own logistic output; or another loss that takes numbers:
            "absolute_error", "huber", "poisson" ... The last layer is linear under the loss's link.
            """,
        ),
    }

    _described_attributes = {
        "out_activation_": Attribute(
            "str",
            """
            What turns raw outputs into reconstructions: "identity", "exp" or "logistic".
            """,
        ),
        "feature_range_": Attribute(
            "ndarray of shape (2, n_features)",
            """
            The smallest and the largest value of each feature, with
            ``corruption="salt_and_pepper"`` only.
            """,
        ),
    }

    def set_params(self, **params) -> Self:
        """Set parameters; a nested one on a name turns the name into its part first.

        So ``set_params(solver="adamw", solver__weight_decay=0.1)`` works, and a grid over both.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For an unknown parameter or name, for a nested one of what is not a part, and for an
            ensemble.
        """
        if params.get("ensemble_size", 1) != 1:
            raise ValueError(f"ensemble_size={params['ensemble_size']!r} is refused: {ONE_NETWORK}")
        return super().set_params(**params)

    def check_first(self):
        """Refuse an ensemble, which somebody may have set as an attribute."""
        if self.ensemble_size != 1:
            raise ValueError(f"ensemble_size={self.ensemble_size!r} is refused: {ONE_NETWORK}")

    @fit_context
    def fit(  # type: ignore[override]
        self, X, y=None, sample_weight=None, X_val=None, sample_weight_val=None
    ) -> Self:
        """Fit the network so that it gives X back.

        Either all fitted attributes are those of this fit, or, if it raises, the estimator is as
        it was before. An interrupted fit (Ctrl-C) keeps its last complete epoch.

        Callbacks (``set_callbacks``, with scikit-learn >= 1.9) see each epoch as a task, and may
        stop the fit; with :class:`sklearn_relu.callbacks.Checkpoint` a fit that was killed goes on.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs, and clean targets. X is not copied for the latter.
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative; None means that each sample counts 1.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Held-out rows. Their loss and score are in ``history_``, and with `early_stopping`
            they decide on stopping, in place of a part of X.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter or data that cannot be used, such as an X of which all rows are equal
            or, with ``loss="log_loss"``, an X outside [0, 1]; and if the loss or a parameter of the
            network stops being finite in the first epoch.

        Warns
        -----
        ConvergenceWarning
            If training did not converge, or went back from numbers that were not finite.
        TrainingWarning
            If on the training rows reconstructions are worse than the best constant row or hardly
            vary, if more than 95 % of a hidden layer's units are dead, if features' scales differ
            by more than 10,000, or if a feature is more than 100 of its standard deviations from 0.
            See :func:`sklearn_relu.inspection.verdict`.
        """
        return self._fit(X, None, sample_weight, validation=(X_val, X_val, sample_weight_val))

    @only_if(lambda estimator: estimator._is_stochastic())
    @fit_context
    def partial_fit(self, X, y=None, sample_weight=None) -> Self:
        """Train for one epoch on the given data, going on from the last call.

        Optimizer state and generator go on too, so n calls with the same data equal a fit of n
        epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As :meth:`fit`, but for rows that are all equal; and for ``early_stopping=True``.
        """
        return self._fit(X, None, sample_weight, incremental=True)

    # The inputs as targets.

    _y_numeric = True

    def _takes_loss(self, loss):
        return loss.for_numbers

    def _learn_targets(self, y, sample_weight, loss, new):
        if new:
            _check_rows_differ(y, sample_weight)
        if self.corruption == "salt_and_pepper":
            known = None if new else getattr(self, "feature_range_", None)
            self.feature_range_ = _range(y, sample_weight, known)
        else:
            self.__dict__.pop("feature_range_", None)
        return loss.for_target("inputs")

    def _check_known_targets(self, y):
        pass

    def _encode_targets(self, y, loss):
        if not issparse(y):
            _check_in_domain(y, loss)
            return loss.encode(y)
        values = np.array([[min(y.min(), 0.0)], [max(y.max(), 0.0)]], y.dtype)
        _check_in_domain(values, loss)
        if not np.array_equal(loss.encode(values), values):
            raise ValueError(
                f"loss={loss!r} changes its targets, which would fill every value of a sparse X. "
                "Use a loss that does not, such as 'squared_error', or pass X.toarray()."
            )
        return y

    def _encode_data(self, X, y, sample_weight, loss, dtype):
        read = with_stand_ins(None, sample_weight)
        targets = self._encode_targets(X if read is None else X[read], loss)
        return Data(
            X, X, targets, sample_weight, combined_weight(sample_weight, None, dtype), dtype
        )

    def _made_up_targets(self, n_samples):
        return None

    def _stratify_by(self, y):
        return None

    def _check_held_out_is_whole(self, X, y, sample_weight):
        if X is None:
            raise ValueError("sample_weight_val belongs to X_val; got sample_weight_val only.")

    def _truth(self, y):
        return y

    def _score_predictions(self, predictions, truth, sample_weight):
        def parts() -> Iterator[Rows]:
            for rows in gen_batches(truth.shape[0], LOOKED_AT):
                weight = None if sample_weight is None else sample_weight[rows]
                yield dense(truth[rows]), predictions[rows], weight

        return explained_share(parts())

    # From rows to codes and back.

    @property
    def _n_features_out(self) -> int:
        return self._fitted_layers()[self._n_encoding() - 1].gives

    def transform(self, X) -> np.ndarray:
        """Return the code of each row: the activations of the last layer of the encoder.

        Under a rectifier it has exact zeros.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        code : ndarray of shape (n_samples, n_components)
            As many columns as the code has units; under CReLU twice as many. In X's floating dtype.
        """
        X = self._check_inputs(X)
        return self._outputs(slice(None, self._n_encoding()), X)

    def inverse_transform(self, X) -> np.ndarray:
        """Return the reconstructions that the decoder makes of codes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_components)
            Codes, such as :meth:`transform` gives.

        Returns
        -------
        reconstructed : ndarray of shape (n_samples, n_features)
            In the codes' floating dtype.

        Raises
        ------
        ValueError
            If the codes have another width.
        """
        check_is_fitted(self)
        with unusable_values_explained():
            code = check_array(X, accept_sparse="csr", dtype=self._float_dtypes(), estimator=self)
        if code.shape[1] != self._n_features_out:
            raise ValueError(
                f"inverse_transform takes codes of {self._n_features_out} columns, as transform "
                f"gives them; X has {code.shape[1]}. Pass what transform gave, or give rows of "
                "features to reconstruct."
            )
        raw = self._outputs(slice(self._n_encoding(), None), code)
        return self._from_raw(raw)

    def reconstruct(self, X) -> np.ndarray:
        """Return the reconstructions of rows: ``inverse_transform(transform(X))``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        reconstructed : ndarray of shape (n_samples, n_features)
        """
        return self._from_raw(self._outputs(slice(None), self._check_inputs(X)))

    def reconstruction_error(self, X, per_feature=False):
        """Return the squared error of each row's reconstruction, or of each value.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        per_feature : bool, default=False
            Whether to tell the features apart.

        Returns
        -------
        error : ndarray of shape (n_samples,) or (n_samples, n_features)
            Of a row the mean over its features. Per feature, of a data frame of pandas or Polars,
            a data frame with the same names and index.
        """
        checked = self._check_inputs(X)
        shape = checked.shape if per_feature else checked.shape[:1]
        errors = np.empty(shape, checked.dtype)
        for rows, x, raw in self._raw_batches(checked):
            squares = np.square(x - self._from_raw(raw))
            errors[rows] = squares if per_feature else squares.mean(axis=1)
        return _in_the_frame_of(X, errors) if per_feature else errors

    def score_samples(self, X) -> np.ndarray:
        """Return minus the loss of each row, as ``loss_curve_`` shows it, without penalties.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        score : ndarray of shape (n_samples,)
            The larger, the more the row is like those of training. With the squared error minus
            half of its sum over the features.
        """
        X = self._check_inputs(X)
        loss, scores = self._loss, np.empty(X.shape[0], X.dtype)
        for rows, x, raw in self._raw_batches(X):
            # One row a network, of which the loss is a sum.
            targets, outputs = loss.encode(x)[:, None], raw[:, None]
            values = loss.value_and_gradient(targets, outputs, None, np.empty_like(outputs))
            scores[rows] = -loss.reported(values, self.n_outputs_)
        return finite_outputs(scores)

    def score(self, X, y=None, sample_weight=None) -> float:
        """Return the share of variance that reconstructions explain.

        It is 1 minus the sum of squared errors over the sum of squares about the mean row:
        :func:`~sklearn.metrics.r2_score` with ``multioutput="variance_weighted"``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        share : float
            At most 1; 0 for the mean row. NaN if all rows are equal.

        Warns
        -----
        UndefinedMetricWarning
            If all rows are equal.
        """
        X = self._check_inputs(X)
        weight = checked_weight(sample_weight, X, X.dtype)

        def parts() -> Iterator[Rows]:
            for rows, x, raw in self._raw_batches(X):
                yield x, self._from_raw(raw), None if weight is None else weight[rows]

        share = explained_share(parts())
        if np.isnan(share):
            message = "All rows are equal: there is no variance of which a share is explained."
            warnings.warn(message, UndefinedMetricWarning, stacklevel=2)
        return share

    def _outputs(self, of_layers: slice, X) -> np.ndarray:
        """The outputs of the last of some layers, (n_samples, width)."""
        layers, params = self._network(X.dtype)
        chosen = layers[of_layers], params[of_layers]
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = raw_outputs(*chosen, X, X.dtype, working_memory())[0]
        return finite_outputs(outputs)

    def _from_raw(self, raw: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return finite_outputs(self._loss.predict(raw))

    def _raw_batches(self, X) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Some rows at a time: where they are, themselves as an array, and their raw outputs."""
        layers, params = self._network(X.dtype)
        for rows, outputs in forward_batches(layers, params, X, X.dtype, working_memory()):
            yield rows, dense(X[rows]), outputs[-1][0]


def _check_in_domain(values: np.ndarray, loss: Loss) -> None:
    """Raise a ValueError that names X unless all values are in the loss's domain."""
    if not loss.condition:
        return
    for which, extreme in (("smallest", values.min()), ("largest", values.max())):
        if extreme not in loss.domain:
            raise ValueError(
                f"loss={loss!r} needs an X with values {loss.condition}; the {which} is {extreme}. "
                "Scale X (MinMaxScaler(clip=True)), or use loss='squared_error'."
            )


def _counting(rows: slice, sample_weight: np.ndarray | None) -> Any:
    """Those of some rows that have a weight."""
    if sample_weight is None:
        return rows
    return rows.start + np.flatnonzero(sample_weight[rows])


def _check_rows_differ(X, sample_weight: np.ndarray | None) -> None:
    """Raise a ValueError if all rows that count are equal."""
    index = 0 if sample_weight is None else int(np.argmax(sample_weight > 0))
    first = dense(X[index : index + 1])
    for rows in gen_batches(X.shape[0], LOOKED_AT):
        if (dense(X[_counting(rows, sample_weight)]) != first).any():
            return
    raise ValueError(
        f"X is constant: all rows are equal (n_samples={X.shape[0]}), so there is nothing to learn "
        "from. Pass rows that differ."
    )


def _range(X, sample_weight: np.ndarray | None, known: np.ndarray | None) -> np.ndarray:
    """The smallest and the largest value of each feature in rows that count, and in `known`."""
    low, high = (np.inf, -np.inf) if known is None else known
    for rows in gen_batches(X.shape[0], LOOKED_AT):
        values = dense(X[_counting(rows, sample_weight)])
        low = np.minimum(low, values.min(axis=0, initial=np.inf))
        high = np.maximum(high, values.max(axis=0, initial=-np.inf))
    return np.array([low, high], X.dtype)


def _in_the_frame_of(X, values: np.ndarray):
    """The values as a frame like X, if X is one of pandas or Polars."""
    if hasattr(X, "iloc"):
        return type(X)(values, index=X.index, columns=X.columns)
    if hasattr(X, "schema") and hasattr(X, "columns") and hasattr(X, "with_columns"):
        return type(X)(values, schema=list(X.columns))
    return values
