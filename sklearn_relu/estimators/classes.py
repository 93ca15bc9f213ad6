"""Targets that are classes."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.class_weight import weight_of_classes, weight_of_labels
from sklearn_relu.estimators.data import finite_outputs, target_array
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.parts import resolve
from sklearn_relu.estimators.quick import SOUND_LABELS
from sklearn_relu.parameters import only_if
from sklearn_relu.sklearn_private import StrOptions, fit_context


class Classes(ClassifierMixin, BaseNetwork):
    """A network whose targets are classes, or several labels for each sample."""

    loss: Any = "log_loss"
    class_weight: Any = None

    _described_parameters = {
        "early_stopping": Parameter(
            "bool",
            ["boolean"],
            """
            Whether to hold out `validation_fraction` of the data, stratified by class, to stop when
            the score on it no longer improves, and to keep the best epoch's weights.
            """,
        ),
        "loss": Parameter(
            "str or Loss",
            BY_ITSELF,
            """
            "log_loss" or "focal": logistic for two classes and multilabel targets, else softmax;
            "hinge" or "squared_hinge": one against the rest, without probabilities.
            """,
        ),
        "class_weight": Parameter(
            'dict, "balanced", list of dict or None',
            [dict, list, StrOptions({"balanced"}), None],
            """
            Weights of classes, by label, which multiply sample weights; "balanced" is
            ``n_samples / (n_classes * np.bincount(y))``. For multilabel targets "balanced", or one
            dict ``{0: weight, 1: weight}`` for each label.
            """,
        ),
    }

    _described_attributes = {
        "classes_": Attribute("ndarray of shape (n_classes,)", "Class labels."),
        "out_activation_": Attribute(
            "str",
            """
            What turns raw outputs into predictions: "logistic", "softmax" or "identity".
            """,
        ),
    }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    _y_numeric = False

    def _takes_loss(self, loss):
        return loss.for_classes

    def _check_targets(self, y):
        if y.dtype.kind == "O" and type_of_target(y) == "unknown":
            raise ValueError(
                f"Unknown label type: y has dtype object, and {type(y.flat[0]).__name__} in it, "
                "where text is expected. Convert it to a dtype of its own, as y.astype(int) does."
            )
        if y.dtype.kind == "f":
            with np.errstate(invalid="ignore"):  # it casts to int
                check_classification_targets(y)

    def _declare_classes(self, y, classes):
        y, classes = target_array(y, numeric=False), target_array(classes, numeric=False)
        if hasattr(self, "classes_"):
            if classes is not None and not self._are_all_classes(classes):
                raise ValueError(
                    f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                    f"{self.classes_!r}"
                )
        elif classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        else:
            with np.errstate(invalid="ignore"):  # it casts to int
                multilabel = type_of_target(y).startswith("multilabel")
            self._learn_classes(y if multilabel else classes)

    def _are_all_classes(self, classes) -> bool:
        """Whether classes that are declared again are the same."""
        # As they come in most calls, scikit-learn need not sort them.
        return np.array_equal(self.classes_, classes) or np.array_equal(
            self.classes_, unique_labels(classes)
        )

    def _learn_classes(self, y):
        self._label_binarizer = LabelBinarizer().fit(y)
        if not self._is_multilabel():  # Of objects it makes strings.
            self._label_binarizer.classes_ = self._label_binarizer.classes_.astype(y.dtype)
        self.classes_ = self._label_binarizer.classes_

    def _learn_targets(self, y, sample_weight, loss, new):
        if new:
            self._learn_classes(y)
        elif self.warm_start:
            self._check_same_classes(y)
        else:
            self._check_known_targets(y)
        self._class_weight = self._weight_of_classes(y, sample_weight)
        return loss.for_target(self._label_binarizer.y_type_)

    def _check_same_classes(self, y):
        self._check_same_kind(y)
        classes = unique_labels(y)
        if set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
            )

    def _check_same_kind(self, y):
        if type_of_target(y).startswith("multilabel") != self._is_multilabel():
            raise ValueError(
                f"`y` is {type_of_target(y)}, and was {self._label_binarizer.y_type_} in training."
            )

    def _check_known_targets(self, y):
        if self._are_known_labels(y):
            return
        self._check_same_kind(y)
        classes = unique_labels(y)
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {classes}."
            )

    def _are_known_labels(self, y) -> bool:
        """Whether y is labels that are known, one for each sample, of the very dtype: then
        scikit-learn need not look at it. If not, it may be all the same."""
        classes = self.classes_
        if self._is_multilabel() or y.ndim != 1 or y.dtype.kind not in SOUND_LABELS:
            return False
        if y.dtype.kind != classes.dtype.kind:
            return False
        numbers = np.searchsorted(classes, y)
        numbers[numbers == len(classes)] = 0
        return bool((classes[numbers] == y).all())

    def _encode_targets(self, y, loss):
        return loss.encode(self._indicator(y))

    def _indicator(self, y):
        """As the binarizer transforms, without checking again labels that are known."""
        if self._is_multilabel():
            return self._label_binarizer.transform(y)
        numbers = np.searchsorted(self.classes_, y)
        if self._label_binarizer.y_type_ == "multiclass":
            indicator = np.zeros((len(y), len(self.classes_)))
            indicator[np.arange(len(y)), numbers] = 1
            return indicator
        return numbers[:, None]

    def _is_multilabel(self):
        return self._label_binarizer.y_type_.startswith("multilabel")

    def _made_up_targets(self, n_samples):
        return np.arange(n_samples) % 2

    def _stratify_by(self, y):
        return None if self._is_multilabel() else y

    def _weight_of_classes(self, y, sample_weight):
        """Each class's weight, or for multilabel targets (n_labels, 2): that of 0 and that of 1."""
        if self.class_weight is None:
            return None
        if self._is_multilabel():
            indicator = self._label_binarizer.transform(y)
            return weight_of_labels(self.class_weight, indicator, sample_weight)
        return weight_of_classes(self.class_weight, self.classes_, y, sample_weight)

    def _class_weights(self, y):
        weight = self._class_weight
        if weight is None:
            return None
        if self._is_multilabel():
            return np.where(self._label_binarizer.transform(y), weight[:, 1], weight[:, 0])
        return weight[np.searchsorted(self.classes_, y)][:, None]

    def _truth(self, y):
        """Numbers of classes, or for multilabel targets 0 or 1 for each."""
        return self._indicator(y) if self._is_multilabel() else np.searchsorted(self.classes_, y)

    def _score_predictions(self, predictions, truth, sample_weight):
        predicted = self._decide(predictions, self._loss.threshold).reshape(truth.shape)
        return accuracy_score(truth, predicted, sample_weight=sample_weight)

    def _brier_score(self, predictions, truth, sample_weight):
        """Minus the mean squared difference between probabilities and classes or labels."""
        if self._label_binarizer.y_type_ == "multiclass":
            squares = np.square(predictions).sum(axis=1)
            squares += 1 - 2 * np.take_along_axis(predictions, truth[:, None], axis=1)[:, 0]
        else:
            squares = np.square(predictions - truth.reshape(predictions.shape)).sum(axis=1)
        return -np.average(squares, weights=sample_weight)

    def _decide(self, values, threshold):
        """Numbers of classes, or for multilabel targets 0 or 1 for each."""
        if self._label_binarizer.y_type_ == "multiclass":
            return values.argmax(axis=1)
        # Of a single class nothing else is predicted.
        decided = ((values > threshold) & (len(self.classes_) > 1)).astype(int)
        return decided[:, 0] if decided.shape[1] == 1 else decided

    @only_if(lambda estimator: estimator._is_stochastic())
    @fit_context
    def partial_fit(self, X, y, sample_weight=None, classes=None) -> Self:
        """Train for one epoch on data that need not hold all classes, going on from the last call.

        n calls with the same data equal a fit of n epochs: the optimizer's state and the generator
        go on too.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            Classes across all calls, needed in the first one.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As :meth:`fit`, and for missing or changed `classes`, or ``early_stopping=True``.
        """
        rules = self.class_weight if isinstance(self.class_weight, list) else [self.class_weight]
        if "balanced" in rules:
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit, which does not see all "
                "of y. Compute the weights with sklearn.utils.class_weight.compute_class_weight("
                "'balanced', classes=classes, y=y) and pass them as a dict."
            )
        return self._fit(X, y, sample_weight, incremental=True, classes=classes)

    def _mean_prediction(self, X) -> np.ndarray:
        """The inverse link's values (n_samples, n_outputs), averaged over the networks."""
        raw = self._raw(X)
        with np.errstate(over="ignore"):  # in exponentials, towards a probability of 0 or 1
            predictions = self._loss.predict(raw)
        return predictions[0] if len(predictions) == 1 else predictions.mean(axis=0)

    def predict(self, X) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Labels, or an indicator matrix for multilabel targets.
        """
        values = self._mean_prediction(X)
        return self._label_binarizer.inverse_transform(
            values.ravel() if self.n_outputs_ == 1 else values, threshold=self._loss.threshold
        )

    def _gives_probabilities(self):
        loss = self._loss if hasattr(self, "_loss") else resolve(self, "loss")
        if not loss.gives_probabilities:
            raise AttributeError(
                f"loss={loss!r} gives margins, not probabilities: use decision_function, "
                "loss='log_loss', or calibrate with sklearn.calibration.CalibratedClassifierCV."
            )
        return True

    @only_if(_gives_probabilities)
    def predict_proba(self, X) -> np.ndarray:
        """Probability of each class; an ensemble's is the mean over its networks.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; of a single class one, of ones.
        """
        proba = self._mean_prediction(X)
        if len(self.classes_) == 1:
            return np.ones_like(proba)
        return np.hstack([1 - proba, proba]) if self.n_outputs_ == 1 else proba

    @only_if(_gives_probabilities)
    def predict_log_proba(self, X) -> np.ndarray:
        """Logarithm of :meth:`predict_proba`, so -inf where that is 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
        """
        proba = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(proba, out=proba)

    def decision_function(self, X) -> np.ndarray:
        """Raw outputs; of an ensemble, the log-odds of its averaged probabilities, or the mean of
        margins.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            One column, as 1-D, for two classes.
        """
        raw = self._raw(X)
        with np.errstate(over="ignore", invalid="ignore"):
            decision = raw[0] if len(raw) == 1 else finite_outputs(self._loss.decision(raw))
        return decision.ravel() if self.n_outputs_ == 1 else decision
