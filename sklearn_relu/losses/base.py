"""The contract of a loss."""

from abc import ABC, abstractmethod
from numbers import Real

import numpy as np
from scipy.optimize import minimize
from scipy.special import logit

from sklearn_relu import kernels
from sklearn_relu.part import Part
from sklearn_relu.sklearn_private import Interval

SEARCHES = 20
"""Iterations in the search for the best constant."""


class Loss(Part, ABC):
    """A loss on the raw outputs of the last layer, with the link that turns them into predictions.

    A subclass gives :meth:`value_and_gradient` and :meth:`predict`; every other hook has a default.
    One that is a sum over single outputs is an :class:`ElementwiseLoss`.

    Shapes: targets and raw outputs are (n_networks, n_samples, n_targets or n_raw). Weights are
    None, (n_networks, n_samples, 1), one for each sample, or (n_networks, n_samples, n_targets),
    one for each target of it; a softmax is one loss of all its targets, and never gets the latter.
    """

    elsewhere = {
        "crossentropy": "log_loss",
        "crossentropyloss": "log_loss",
        "categoricalcrossentropy": "log_loss",
        "sparsecategoricalcrossentropy": "log_loss",
        "binarycrossentropy": "log_loss",
        "bce": "log_loss",
        "bceloss": "log_loss",
        "bcewithlogits": "log_loss",
        "bcewithlogitsloss": "log_loss",
        "nll": "log_loss",
        "nllloss": "log_loss",
        "negativeloglikelihood": "log_loss",
        "deviance": "log_loss",
        "logistic": "log_loss",
        "softmax": "log_loss",
        "multinomial": "log_loss",
        "hingeloss": "hinge",
        "svm": "hinge",
        "mse": "squared_error",
        "mseloss": "squared_error",
        "l2": "squared_error",
        "l2loss": "squared_error",
        "rmse": "squared_error",
        "meansquarederror": "squared_error",
        "squaredloss": "squared_error",
        "leastsquares": "squared_error",
        "ls": "squared_error",
        "mae": "absolute_error",
        "maeloss": "absolute_error",
        "l1": "absolute_error",
        "l1loss": "absolute_error",
        "lad": "absolute_error",
        "meanabsoluteerror": "absolute_error",
        "smoothl1": "huber",
        "smoothl1loss": "huber",
        "huberloss": "huber",
        "pinball": "quantile",
        "pinballloss": "quantile",
        "quantileloss": "quantile",
        "gaussian": "gaussian_nll",
        "gaussiannllloss": "gaussian_nll",
        "heteroscedastic": "gaussian_nll",
        "poissonnll": "poisson",
        "poissonnllloss": "poisson",
        "poissonloss": "poisson",
    }

    out_activation: str = "identity"
    """The inverse link's name, shown as ``out_activation_``."""

    for_classes: bool = False
    """Whether a classifier can minimize it."""

    for_numbers: bool = False
    """Whether a regressor can minimize it."""

    gives_probabilities: bool = False
    """Whether :meth:`predict` gives probabilities of classes."""

    threshold: float = 0.5
    """A classifier predicts the positive class where :meth:`predict` is above it."""

    gives_variance: bool = False
    """Whether it has a :meth:`variance`."""

    any_real_target: bool = False
    """Whether shifting and scaling targets does no more than to shift and scale predictions."""

    domain: Interval = Interval(Real, None, None, closed="neither")
    """The targets that it takes, before :meth:`encode`."""

    def for_target(self, target_type: str) -> "Loss":
        """The loss for a kind of target.

        The default is the loss itself. Kinds have the names of
        ``sklearn.utils.multiclass.type_of_target``; "inputs" are those of an autoencoder.
        """
        return self

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Targets as floats, (n_samples, n_targets) to (n_samples, n_targets).

        Raises
        ------
        ValueError
            If a target is outside the loss's domain.
        """
        y = y.astype(np.float64, copy=False) if y.dtype.kind != "f" else y
        if not self.condition:  # an autoencoder's targets are all of X
            return y
        for which, extreme in (("smallest", y.min()), ("largest", y.max())):
            if extreme not in self.domain:
                raise ValueError(
                    f"loss={self!r} needs targets {self.condition}; the {which} in y is "
                    f"{extreme}. Rescale them, or for any targets use loss='squared_error'."
                )
        return y

    @property
    def condition(self) -> str:
        """The domain in words, such as ``>= 0``; empty where it has no bounds."""
        return _condition(self.domain)

    def n_raw(self, n_targets: int) -> int:
        """Raw outputs per sample: a multiple of `n_targets`, target k having every n_targets-th
        from the k-th on."""
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
        """Return what ``loss_curve_`` shows: the value itself, but for the squared error."""
        return value

    @abstractmethod
    def predict(self, raw: np.ndarray) -> np.ndarray:
        """The inverse link: (..., n_raw) to (..., n_targets).

        :func:`sklearn_relu.to_onnx` exports it as it is, so it may use what
        :meth:`sklearn_relu.activations.Activation.expression` may.
        """

    def constant(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        """The raw outputs that are best if all samples get the same: what a network must beat.

        The default searches, from 0; a loss that knows them gives them.

        Parameters
        ----------
        y : ndarray of shape (n_samples, n_targets)
            Encoded.
        weight : ndarray of shape (n_samples, 1 or n_targets) or None

        Returns
        -------
        raw : ndarray of shape (n_raw,)
        """
        y = y[None].astype(np.float64)
        weight = None if weight is None else weight[None].astype(np.float64)
        shape = (1, y.shape[1], self.n_raw(y.shape[2]))

        def value_and_gradient(raw):
            grad = np.empty(shape)
            everywhere = np.broadcast_to(raw, shape).copy()
            value = self.value_and_gradient(y, everywhere, weight, grad)
            return value[0] / shape[1], grad[0].sum(axis=0) / shape[1]

        start = np.zeros(shape[2])
        return minimize(value_and_gradient, start, jac=True, options={"maxiter": SEARCHES}).x

    def decision(self, raw: np.ndarray) -> np.ndarray:
        """Return the ``decision_function`` of several networks.

        It is the mean of their raw outputs, or the log-odds of their mean probabilities.

        Parameters
        ----------
        raw : ndarray of shape (n_networks, n_samples, n_raw)

        Returns
        -------
        decision : ndarray of shape (n_samples, n_targets)
        """
        return raw.mean(axis=0)

    def variance(self, raw: np.ndarray) -> np.ndarray:
        """Variance of a target about its prediction: (..., n_raw) to (..., n_targets).

        Raises
        ------
        ValueError
            If the loss has none; see `gives_variance`.
        """
        raise ValueError(
            f"loss={self!r} gives no standard deviation; use loss='gaussian_nll', which does."
        )


class ElementwiseLoss(Loss):
    """A loss that is a sum over the targets of a sample; a subclass gives :meth:`elements`."""

    @abstractmethod
    def elements(self, y: np.ndarray, raw: np.ndarray, value: np.ndarray, grad: np.ndarray) -> None:
        """Overwrite `value` with the loss of each target, and `grad` with the gradient of their
        sum, for some networks and some of their samples.

        Parameters
        ----------
        y : ndarray of shape (n_networks, n_samples, n_targets)
        raw : ndarray of shape (n_networks, n_samples, n_raw)
        value : ndarray of shape (n_networks, n_samples, n_targets)
            Scratch memory, of slot 0; of other slots there is more.
        grad : ndarray of shape (n_networks, n_samples, n_raw)
        """

    def value_and_gradient(self, y, raw, weight, grad_raw):
        """The sum of :meth:`elements`, in pieces that stay in the cache."""
        if raw.size <= kernels.PIECE:
            return self._piece(y, raw, weight, grad_raw)
        total = np.zeros(len(raw))
        for piece in kernels.blocks(*raw.shape):
            piece_weight = None if weight is None else weight[piece]
            total[piece[0]] += self._piece(y[piece], raw[piece], piece_weight, grad_raw[piece])
        return total.astype(raw.dtype, copy=False)

    def _piece(self, y, raw, weight, grad):
        value = kernels.scratch(y.shape, y.dtype)
        self.elements(y, raw, value, grad)
        return _weighted_sum(value, weight, grad)


def _condition(domain: Interval) -> str:
    """A domain in words, such as ``>= 0``."""
    if domain.left is None:
        return ""
    if domain.right is not None:
        return f"in [{domain.left}, {domain.right}]"
    return f"{'>=' if domain.closed == 'left' else '>'} {domain.left}"


def _weighted_sum(value, weight, grad):
    """Sum values over samples and targets, and weigh the gradient in place."""
    flat = value.reshape(len(value), -1)
    if weight is None:
        return np.add.reduce(flat, axis=1)
    n_networks, n_samples, n_targets = value.shape
    by_target = grad.reshape(n_networks, n_samples, -1, n_targets)
    by_target *= weight[:, :, None]
    if weight.shape[2] == n_targets:
        return kernels.dot(flat, weight.reshape(n_networks, -1))
    return kernels.dot(kernels.sum_columns(value)[:, :, 0], weight[:, :, 0])


def weighted_by_sample(per_sample, weight, grad_raw):
    """Sum (n_networks, n_samples) losses over the samples, and weigh the gradient in place.

    Parameters
    ----------
    per_sample : ndarray of shape (n_networks, n_samples)
    weight : ndarray of shape (n_networks, n_samples, 1) or None
    grad_raw : ndarray of shape (n_networks, n_samples, n_raw)

    Returns
    -------
    value : ndarray of shape (n_networks,)
    """
    if weight is None:
        return per_sample.sum(axis=1)
    grad_raw *= weight
    return kernels.dot(per_sample, weight[:, :, 0])


def weighted_mean(y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """The mean of each target.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_targets)
    weight : ndarray of shape (n_samples, 1 or n_targets) or None

    Returns
    -------
    mean : ndarray of shape (n_targets,)
    """
    return np.average(y, axis=0, weights=_weights_of_targets(y, weight))


def weighted_quantile(y: np.ndarray, weight: np.ndarray | None, level: float) -> np.ndarray:
    """A quantile of each target; shapes as for :func:`weighted_mean`."""
    weights = _weights_of_targets(y, weight)
    return np.quantile(y, level, axis=0, weights=weights, method="inverted_cdf")


def _weights_of_targets(y: np.ndarray, weight: np.ndarray | None) -> np.ndarray | None:
    """A weight for each target of each sample; a target that has none anywhere may be anything, and
    gets 1 everywhere."""
    if weight is None:
        return None
    return np.where(weight.any(axis=0), weight, 1) * np.ones_like(y)


def log_odds(share: np.ndarray) -> np.ndarray:
    """Return the raw output whose logistic link gives a share; finite also for 0 and 1."""
    least = np.finfo(share.dtype).eps
    return logit(np.clip(share, least, 1 - least))
