"""The classifier."""

import numpy as np
from scipy.special import logit
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels

from sklearn_relu.estimators.base import BaseMLP


class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multi-layer perceptron classifier."""

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        loss="log_loss",
        initialization="auto",
        bias_initialization=0.0,
        penalty="l2",
        activity_penalty=None,
        activity_alpha=0.0001,
        dtype=None,
        ensemble_size=1,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.loss = loss
        self.initialization = initialization
        self.bias_initialization = bias_initialization
        self.penalty = penalty
        self.activity_penalty = activity_penalty
        self.activity_alpha = activity_alpha
        self.dtype = dtype
        self.ensemble_size = ensemble_size

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    _y_numeric = False

    def _takes_loss(self, loss):
        return loss.for_classes

    def _declare_classes(self, y, classes):
        if hasattr(self, "classes_"):
            if classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
                raise ValueError(
                    f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                    f"{self.classes_!r}"
                )
        elif classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        else:
            multilabel = type_of_target(y).startswith("multilabel")
            self._learn_classes(y if multilabel else classes)

    def _learn_classes(self, y):
        self._label_binarizer = LabelBinarizer().fit(y)
        self.classes_ = self._label_binarizer.classes_

    def _set_targets(self, y, new):
        if new:
            self._learn_classes(y)
        else:
            self._check_known_classes(y)
        target_type = self._label_binarizer.y_type_
        labels = None if target_type.startswith("multilabel") else y
        return self._label_binarizer.transform(y), labels, target_type

    def _check_known_classes(self, y):
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {classes}."
            )

    def _score_predictions(self, predictions, targets, sample_weight):
        return accuracy_score(
            self._decide(targets), self._decide(predictions), sample_weight=sample_weight
        )

    def _decide(self, values):
        """Numbers of classes, or for multilabel targets 0 or 1 for each."""
        if self._label_binarizer.y_type_ == "multiclass":
            return values.argmax(axis=1)
        decided = (values > 0.5).astype(int)
        return decided[:, 0] if decided.shape[1] == 1 else decided

    @available_if(lambda estimator: estimator._is_stochastic())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train for one epoch on the given data, going on from the last call.

        Optimizer state and generator go on too, so n calls with the same data equal a fit of n
        epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            Classes across all calls, needed in the first one; y need not hold them all.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As :meth:`fit`, and for missing or changed `classes`, or ``early_stopping=True``.
        """
        return self._fit(X, y, sample_weight, incremental=True, classes=classes)

    def predict(self, X):
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Labels, or an indicator matrix for multilabel targets.
        """
        proba = self._mean_prediction(X)
        return self._label_binarizer.inverse_transform(
            proba.ravel() if self.n_outputs_ == 1 else proba
        )

    def predict_proba(self, X):
        """Probability of each class; an ensemble's is the mean over its networks.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        proba = self._mean_prediction(X)
        return np.hstack([1 - proba, proba]) if self.n_outputs_ == 1 else proba

    def predict_log_proba(self, X):
        """Logarithm of :meth:`predict_proba`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
        """
        proba = self.predict_proba(X)
        return np.log(proba, out=proba)

    def decision_function(self, X):
        """Raw outputs; of an ensemble, the log-odds of its averaged probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            One column, as 1-D, for two classes.
        """
        raw = self._raw(X)
        decision = raw[0] if len(raw) == 1 else logit(self._loss.predict(raw).mean(axis=0))
        return decision.ravel() if self.n_outputs_ == 1 else decision
