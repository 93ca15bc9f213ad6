"""The contract of targets: the questions that the course of a fit asks of them."""

from abc import ABC, abstractmethod

import numpy as np

from sklearn_relu.estimators.data import Data, combined_weight, in_precision
from sklearn_relu.losses import Loss
from sklearn_relu.training.batches import with_stand_ins


class Targets(ABC):
    """The targets of a network. :class:`Classes` and :class:`Numbers` are such.

    It is a part of :class:`BaseNetwork`, and knows nothing of layers.
    """

    _y_numeric: bool
    """Whether y must hold numbers."""

    @abstractmethod
    def _takes_loss(self, loss: Loss | type[Loss]) -> bool:
        """Whether the loss is for this kind of target."""

    def _check_targets(self, y: np.ndarray) -> None:  # noqa: B027 (not all kinds need it)
        """Raise a ValueError if y, an array without missing values, holds no such targets."""

    def _declare_classes(self, y, classes) -> None:  # noqa: B027 (not all kinds need it)
        """Note the classes that a first call of partial_fit declares."""

    @abstractmethod
    def _learn_targets(self, y, sample_weight, loss: Loss, new: bool) -> Loss:
        """Note the targets in checked y, unless training goes on and they are known (`new` is
        False); return the loss for them."""

    @abstractmethod
    def _encode_targets(self, y, loss: Loss) -> np.ndarray:
        """Targets that the loss compares raw outputs with, (n_samples, n_targets)."""

    @abstractmethod
    def _made_up_targets(self, n_samples: int) -> np.ndarray:
        """Targets to look at the start of training with, where the user gives none."""

    @abstractmethod
    def _stratify_by(self, y) -> np.ndarray | None:
        """Labels whose shares a validation split keeps."""

    @abstractmethod
    def _check_known_targets(self, y) -> None:
        """Raise a ValueError if targets are not like those that were learned."""

    def _class_weights(self, y) -> np.ndarray | None:
        """Weights by class, (n_samples, 1 or n_targets)."""
        return None

    def _decide(self, values, threshold: float) -> np.ndarray | None:
        """Numbers of the classes that values mean, or of labels; None if they mean no classes."""
        return None

    @abstractmethod
    def _truth(self, y):
        """Values of checked y that :meth:`_score_predictions` compares with."""

    @abstractmethod
    def _score_predictions(self, predictions, truth, sample_weight) -> float:
        """The value of ``score`` for a network's inverse link's values (n_samples, n_targets); NaN
        where it has no meaning."""

    def _encode_data(self, X, y, sample_weight, loss: Loss, dtype: np.dtype) -> Data:
        """Checked data, with targets for the loss; all but X in the dtype that is computed in."""
        read = with_stand_ins(None, sample_weight)
        targets = in_precision(
            self._encode_targets(y if read is None else y[read], loss),
            dtype,
            "y",
            "Rescale y (standardize_y=True does it), or set dtype='float64'.",
        )
        weight = combined_weight(sample_weight, self._class_weights(y), dtype)
        return Data(X, y, targets, sample_weight, weight, dtype)
