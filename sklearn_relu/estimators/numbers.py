"""Targets that are numbers."""

from typing import Any, Literal, overload

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.data import finite_outputs
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.parts import check_is_meant
from sklearn_relu.sklearn_private import ChecksFirst
from sklearn_relu.training.batches import with_stand_ins


class Numbers(RegressorMixin, ChecksFirst, BaseNetwork):
    """A network whose targets are numbers, one or several for each sample."""

    loss: Any = "squared_error"
    standardize_y: Any = False

    _described_parameters = {
        "loss": Parameter(
            "str or Loss",
            BY_ITSELF,
            """
            "squared_error" (half of it), "absolute_error", "huber", "log_cosh", "quantile"; with
            the logarithm as link "poisson", "gamma" and "tweedie" (half the deviances); "log_loss"
            for fractions in [0, 1]; or "gaussian_nll", which learns a variance too.
            """,
        ),
        "standardize_y": Parameter(
            "bool",
            ["boolean"],
            """
            Whether to train on targets of mean 0 and standard deviation 1, so that they may be of
            any magnitude. Predictions are in the targets' own units; the loss is not. Training that
            goes on keeps the mean and the deviation of its first call, also if that had few rows.
            """,
        ),
    }

    _described_attributes = {
        "target_mean_": Attribute(
            "ndarray of shape (n_outputs,)", "Mean of each target, with `standardize_y` only."
        ),
        "target_scale_": Attribute(
            "ndarray of shape (n_outputs,)",
            "Standard deviation of each target, with `standardize_y` only.",
        ),
        "out_activation_": Attribute(
            "str",
            """
            What turns raw outputs into predictions: "identity", "exp" or "logistic".
            """,
        ),
    }

    def check_first(self) -> None:
        """Check the loss: where sizes of layers are in its place, all that follows is shifted."""
        check_is_meant("loss", self.loss)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    _y_numeric = True

    def _takes_loss(self, loss):
        return loss.for_numbers

    def _learn_targets(self, y, sample_weight, loss, new):
        loss = loss.for_target("continuous")
        if not new and hasattr(self, "coefs_"):
            self._check_known_targets(y)
            if self.standardize_y != hasattr(self, "target_mean_"):
                raise ValueError(
                    f"standardize_y={self.standardize_y} differs from the last call, in whose "
                    "units training goes on. Leave it as it was, or fit with warm_start=False."
                )
        self._n_targets = 1 if y.ndim == 1 else y.shape[1]
        if not self.standardize_y:
            self.__dict__.pop("target_mean_", None)
            self.__dict__.pop("target_scale_", None)
            return loss
        if not loss.any_real_target:
            raise ValueError(
                f"standardize_y=True needs a loss for all real numbers; got loss={self.loss!r}. "
                "Use loss='squared_error', or standardize_y=False."
            )
        if new or not hasattr(self, "target_mean_"):
            read = with_stand_ins(None, sample_weight)
            targets = _columns(y if read is None else y[read])
            self.target_mean_, self.target_scale_ = _mean_and_scale(targets, sample_weight)
        return loss

    def _check_known_targets(self, y):
        n_targets = 1 if y.ndim == 1 else y.shape[1]
        if n_targets != self._n_targets:
            raise ValueError(f"y has {n_targets} outputs, and {self._n_targets} in training.")

    def _encode_targets(self, y, loss):
        targets = _columns(y)
        if self.standardize_y:
            targets = (targets - self.target_mean_) / self.target_scale_
        return loss.encode(targets)

    def _made_up_targets(self, n_samples):
        return np.ones(n_samples)

    def _stratify_by(self, y):
        return None

    def _truth(self, y):
        return y

    def _score_predictions(self, predictions, truth, sample_weight):
        with np.errstate(over="ignore"):
            y = self._in_own_units(predictions, self._target_mean())
            predicted = _as_targets(self._bounded(y))
        if len(truth) < 2 or not np.isfinite(predicted).all():
            return np.nan  # R2 compares with the targets' mean
        return r2_score(truth, predicted, sample_weight=sample_weight)

    @overload
    def predict(self, X, return_std: Literal[False] = False) -> np.ndarray: ...

    @overload
    def predict(self, X, return_std: Literal[True]) -> tuple[np.ndarray, np.ndarray]: ...

    def predict(self, X, return_std=False):
        """Predict targets; an ensemble's prediction is the mean over its networks.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return standard deviations too, for ``loss="gaussian_nll"``. An ensemble's
            hold the spread of its networks' means as well.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        std : ndarray of the same shape
            Only with `return_std`.

        Raises
        ------
        ValueError
            With `return_std`, if the loss says nothing about the spread of targets.
        """
        raw = self._raw(X)
        with np.errstate(over="ignore", invalid="ignore"):
            each = self._loss.predict(raw)
            mean = each[0] if len(each) == 1 else each.mean(axis=0)
            y = self._bounded(self._in_own_units(mean, self._target_mean()))
            if not return_std:
                return _as_targets(finite_outputs(y))
            std = np.sqrt(self._loss.variance(raw).mean(axis=0) + each.var(axis=0))
            std = self._in_own_units(std, 0.0)
        return _as_targets(finite_outputs(y)), _as_targets(finite_outputs(std))

    def _bounded(self, y):
        """Predictions within bounds, where there are any."""
        return y

    def _target_mean(self):
        return getattr(self, "target_mean_", 0.0)

    def _in_own_units(self, values, shift):
        """Undo `standardize_y`."""
        if not hasattr(self, "target_scale_"):
            return values
        return (values * self.target_scale_ + shift).astype(values.dtype)


def _columns(y) -> np.ndarray:
    return y.reshape(len(y), -1)


def _as_targets(columns: np.ndarray) -> np.ndarray:
    return columns.ravel() if columns.shape[1] == 1 else columns


def _mean_and_scale(targets: np.ndarray, sample_weight) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each target; a constant one is not scaled."""
    targets = targets.astype(np.float64)  # in float32, NumPy sums the rows of columns in order
    # In units of about the largest, or sums and squares could overflow; powers of 2 round nothing.
    unit = np.ldexp(np.ones_like(targets[0]), np.frexp(np.abs(targets).max(axis=0))[1] - 1)
    targets = targets / unit
    mean = np.average(targets, axis=0, weights=sample_weight)
    centered = targets - mean
    # Small beside the mean, their squares could underflow.
    largest = np.abs(centered).max(axis=0)
    largest[largest == 0] = 1.0
    spread = np.average((centered / largest) ** 2, axis=0, weights=sample_weight)
    scale = unit * (largest * np.sqrt(spread))
    scale[scale == 0] = 1.0
    return unit * mean, scale
