"""Losses: each owns its link, and works on raw outputs, never on probabilities."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit, log_expit, log_softmax, logit, logsumexp, softmax, xlogy

from sklearn_relu.engine import kernels
from sklearn_relu.part import Part


class Loss(Part, ABC):
    """A loss on the raw outputs of the last layer, with the link that turns them into predictions.

    Shapes: targets and raw outputs are (n_networks, n_samples, n_targets or n_raw), sample weights
    (n_networks, n_samples, 1) or None.
    """

    out_activation: str = "identity"
    """The inverse link's name, shown as ``out_activation_``."""

    for_classes: bool = False
    """Whether a classifier can minimize it."""

    for_numbers: bool = False
    """Whether a regressor can minimize it."""

    def for_target(self, target_type: str) -> "Loss":
        """The loss for a kind of target, as ``sklearn.utils.multiclass.type_of_target`` calls it.

        The default is the loss itself.
        """
        return self

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Targets as floats, (n_samples, n_targets) to (n_samples, n_targets).

        Raises
        ------
        ValueError
            If a target is outside the loss's domain.
        """
        return y.astype(np.float64, copy=False) if y.dtype.kind != "f" else y

    def n_raw(self, n_targets: int) -> int:
        """Raw outputs per sample."""
        return n_targets

    @abstractmethod
    def value_and_gradient(
        self, y: np.ndarray, raw: np.ndarray, weight: np.ndarray | None, grad_raw: np.ndarray
    ) -> np.ndarray:
        """Weighted sum of the loss over the batch; overwrites `grad_raw` with its gradient.

        Returns
        -------
        value : ndarray of shape (n_networks,)
        """

    def reported(self, value: np.ndarray, n_targets: int) -> np.ndarray:
        """What ``loss_curve_`` shows for a value: the value itself, but for the squared error."""
        return value

    @abstractmethod
    def predict(self, raw: np.ndarray) -> np.ndarray:
        """The inverse link: (..., n_raw) to (..., n_targets)."""

    def log_odds(self, raw: np.ndarray) -> np.ndarray:
        """Log-odds of the mean probabilities of several networks.

        Parameters
        ----------
        raw : ndarray of shape (n_networks, n_samples, n_raw)

        Returns
        -------
        log_odds : ndarray of shape (n_samples, n_targets)
        """
        return logit(self.predict(raw).mean(axis=0))


def _weighted(per_sample, weight, grad_raw):
    """Sum (n_networks, n_samples) losses over the samples, and weigh the gradient in place."""
    if weight is None:
        return per_sample.sum(axis=1)
    grad_raw *= weight
    return np.vecdot(per_sample, weight[:, :, 0])


class SquaredError(Loss):
    """Half the squared error, summed over the targets.

    `reported` divides by the number of targets, as scikit-learn does, which shows the mean over
    the targets but minimizes the sum.
    """

    for_numbers = True

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """The gradient is ``raw - y``."""
        np.subtract(raw, y, out=grad_raw)
        per_sample = 0.5 * np.vecdot(grad_raw, grad_raw)
        return _weighted(per_sample, weight, grad_raw)

    def reported(self, value, n_targets):
        """The mean over the targets."""
        return value / n_targets

    def predict(self, raw):
        """Raw outputs are predictions."""
        return raw


class Poisson(Loss):
    """Half the Poisson deviance, with the logarithm as link: ``y log(y / mu) - y + mu``.

    `mu` is ``exp(raw)``. Targets are at least 0.
    """

    out_activation = "exp"
    for_numbers = True

    def encode(self, y):
        """Targets as floats; raises ValueError below 0."""
        y = super().encode(y)
        if (y < 0).any():
            raise ValueError(
                f"loss='poisson' needs targets >= 0; the smallest in y is {y.min()}. Counts and "
                "rates are; for other targets use loss='squared_error'."
            )
        return y

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """The gradient is ``exp(raw) - y``."""
        xlogy(y, y, out=grad_raw)
        grad_raw -= y
        per_sample = grad_raw.sum(axis=-1)
        per_sample -= np.vecdot(y, raw)
        np.exp(raw, out=grad_raw)
        per_sample += grad_raw.sum(axis=-1)
        grad_raw -= y
        return _weighted(per_sample, weight, grad_raw)

    def predict(self, raw):
        """``exp(raw)``."""
        return np.exp(raw)


class LogLoss(Loss):
    """Logistic loss: minus the log-likelihood of the classes.

    Two classes and multilabel targets have one logistic output per target; three classes or more
    have a softmax over as many outputs (:class:`SoftmaxLogLoss`). Targets may be fractions.
    """

    out_activation = "logistic"
    for_classes = True

    def for_target(self, target_type):
        """A softmax for several classes that exclude each other."""
        return SoftmaxLogLoss() if target_type == "multiclass" else self

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """``log(1 + exp(raw)) - y * raw``, whose gradient is ``expit(raw) - y``."""
        # As log1p(exp(-|raw|)) + raw * ([raw > 0] - y): no overflow, and no cancellation when a
        # sample is classified correctly with a large margin.
        np.sign(raw, out=grad_raw)
        np.maximum(grad_raw, 0, out=grad_raw)
        grad_raw -= y
        per_sample = np.vecdot(raw, grad_raw)
        np.abs(raw, out=grad_raw)
        np.negative(grad_raw, out=grad_raw)
        np.exp(grad_raw, out=grad_raw)
        np.log1p(grad_raw, out=grad_raw)
        per_sample += grad_raw.sum(axis=-1)
        expit(raw, out=grad_raw)
        grad_raw -= y
        return _weighted(per_sample, weight, grad_raw)

    def predict(self, raw):
        """``1 / (1 + exp(-raw))``."""
        return expit(raw)

    def log_odds(self, raw):
        """Finite also where the mean probability rounds to 0 or 1."""
        return logsumexp(log_expit(raw), axis=0) - logsumexp(log_expit(-raw), axis=0)


class SoftmaxLogLoss(Loss):
    """Multinomial logistic loss: ``logsumexp(raw) - raw[class]``; what ``log_loss`` means for
    three classes or more."""

    out_activation = "softmax"
    for_classes = True

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """The gradient is ``softmax(raw) - y``."""
        # The largest output of each row; over the first axis, numpy's maximum is vectorized.
        outputs_first = grad_raw.reshape(len(raw), raw.shape[2], raw.shape[1])
        np.copyto(outputs_first, raw.swapaxes(1, 2))
        largest = np.maximum.reduce(outputs_first, axis=1)
        np.subtract(raw, largest[:, :, None], out=grad_raw)
        per_sample = -np.vecdot(y, grad_raw)
        np.exp(grad_raw, out=grad_raw)
        total = kernels.sum_columns(grad_raw)
        per_sample += np.log(total[:, :, 0])
        grad_raw /= total
        grad_raw -= y
        return _weighted(per_sample, weight, grad_raw)

    def predict(self, raw):
        """``softmax(raw)``."""
        return softmax(raw, axis=-1)

    def log_odds(self, raw):
        """Finite also where the mean probability rounds to 0 or 1."""
        log_sums = logsumexp(log_softmax(raw, axis=-1), axis=0)
        others = [logsumexp(np.delete(log_sums, i, axis=-1), axis=-1) for i in range(raw.shape[-1])]
        return log_sums - np.stack(others, axis=-1)


LOSSES: dict[str, type[Loss]] = {
    "log_loss": LogLoss,
    "squared_error": SquaredError,
    "poisson": Poisson,
}
"""The losses by name."""
