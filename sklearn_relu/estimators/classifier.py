"""The classifier."""

from typing import Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from sklearn_relu.estimators.base import BaseMLP
from sklearn_relu.estimators.class_weight import weight_of_classes, weight_of_labels
from sklearn_relu.estimators.data import target_array
from sklearn_relu.estimators.finite import finite_outputs
from sklearn_relu.estimators.parts import resolve
from sklearn_relu.estimators.quick import SOUND_LABELS
from sklearn_relu.estimators.typed import checks_parameters, only_if
from sklearn_relu.sklearn_private import StrOptions


class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multi-layer perceptron classifier.

    scikit-learn's :class:`~sklearn.neural_network.MLPClassifier`, with every activation,
    initialization and penalty pluggable, searchable and inspectable.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer; ``()`` is logistic regression.
    activation : str, Activation or sequence of them, default="relu"
        What hidden units do with their summed input; a sequence has one for each hidden layer.
        Names are those of :data:`sklearn_relu.activations.ACTIVATIONS`, such as "relu",
        "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "maxout", "tanh" and "logistic".
        Parts carry parameters: ``LeakyReLU(negative_slope=0.1)``.
    solver : str or Solver, default="adam"
        "sgd", "adam", "adamw", "amsgrad", "nadam", "radam", "rmsprop", "adagrad", "adadelta",
        "lion" or "lbfgs". The flat parameters below belong to names; a part such as
        ``AdamW(weight_decay=0.1)`` carries its own.
    alpha : float, default=0.0001
        Strength of `penalty`, which is divided by the sum of the batch's sample weights.
    batch_size : int, default="auto"
        Rows in a step of a stochastic solver; "auto" is ``min(200, n_samples)``.
    learning_rate : str, Schedule or callable, default="constant"
        "constant"; "invscaling", ``learning_rate_init / (t + 1) ** power_t`` with the samples
        seen as t; "adaptive", which divides the rate by 5 at each plateau; "step", "exponential",
        "cosine", "one_cycle" or "warm_up"; or a function that takes a
        :class:`~sklearn_relu.schedules.Progress` and gives a factor of `learning_rate_init`. For
        every stochastic solver.
    learning_rate_init : float, default=0.001
        The initial learning rate. Usual ones are 1.0 for "adadelta" and 0.0001 for "lion".
    power_t : float, default=0.5
        Exponent of "invscaling".
    max_iter : int, default=200
        Largest number of epochs, or of iterations of "lbfgs".
    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.
    random_state : int, RandomState instance or None, default=None
        Draws the initial weights, the validation split and the order of the rows.
    tol : float, default=1e-4
        An epoch improves the loss (or the validation score) if it does so by at least `tol`;
        "lbfgs" stops when no component of the gradient is larger.
    verbose : bool, default=False
        Whether to print a line for each epoch, or iteration of "lbfgs".
    warm_start : bool, default=False
        Whether :meth:`fit` goes on from the last call, with the solver's state, the generator and
        the validation split, so that 5 epochs and 5 more equal 10. "lbfgs" goes on from the
        weights, with its memory of gradients anew. Best losses and scores of other data, or by
        another loss or metric, are forgotten. `random_state` and initializations count in the
        first call.
    momentum : float, default=0.9
        Momentum of "sgd", in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether "sgd" uses Nesterov's momentum.
    early_stopping : bool, default=False
        Whether to hold out `validation_fraction` of the data, stratified by class, to stop when
        the score on it no longer improves, and to keep the best epoch's weights.
    validation_fraction : float, default=0.1
        Share of the data to hold out, in [0, 1).
    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay of "adam"'s moments, in [0, 1).
    epsilon : float, default=1e-8
        Added to the root of "adam"'s second moment.
    n_iter_no_change : int, default=10
        Epochs without improvement before training stops.
    max_fun : int, default=15000
        Largest number of evaluations of the objective by "lbfgs".
    loss : str or Loss, default="log_loss"
        "log_loss" or "focal": logistic for two classes and multilabel targets, else softmax;
        "hinge" or "squared_hinge": one against the rest, without probabilities.
    initialization : str or Initializer, default="auto"
        The weights before training. "auto" draws what scikit-learn draws, up to eight hidden
        layers; in deeper networks, and for "selu", "softplus", "hard_swish" and
        "threshold_relu", it is what the activation names: He for rectifiers, Glorot for sigmoids.
        Other names are those in :data:`sklearn_relu.initializers.INITIALIZERS`, such as "sklearn",
        "he_normal", "glorot_uniform", "lecun_normal", "fan_in_uniform", "orthogonal", "sparse",
        "identity" and "lsuv".
    bias_initialization : float, str or Initializer, default="auto"
        The biases before training: a number, or an initializer. "auto" leaves them to
        `initialization`: scikit-learn's draws where that draws as scikit-learn does, else 0.
    penalty : str, Penalty, None or sequence of them, default="l2"
        "l2"; "l1", which sets weights exactly to 0; "elasticnet"; or "group_lasso", which does so
        for whole rows or columns. Of strength `alpha`, on weights only. A sequence has one for
        each layer, the output layer's last.
    activity_penalty : str, ActivityPenalty, None or sequence of them, default=None
        "l1", "l2" or "kl" on hidden activations, for sparse or small ones; a sequence has one for
        each hidden layer.
    activity_alpha : float, default=0.0001
        Strength of `activity_penalty`, on its mean over the batch.
    dropout : float or sequence of float, default=0.0
        Share of a hidden layer's units to drop in each step, in [0, 1), or one for each layer. The
        others are scaled up, so predictions need no scaling and are never random. Alpha dropout
        under "selu".
    input_dropout : float, default=0.0
        Share of input values to drop in each step, in [0, 1).
    input_noise : float, default=0.0
        Standard deviation of the normal noise that each step adds to dense inputs.
    max_norm : float or None, default=None
        Bound on the norm of the weights into each hidden unit, kept after every step.
    gradient_clipping : float or None, default=None
        Bound on the norm of the whole gradient of a step.
    early_stopping_metric : str or callable, default="score"
        What early stopping looks at, and what ``history_["validation_score"]`` holds: "score"
        (accuracy), "loss" (minus the validation loss), a name of scikit-learn's scorers, or a
        ``callable(estimator, X, y)``. Larger is better.
    time_limit : float or None, default=None
        Seconds after which no other epoch begins; the network is then as it is.
    class_weight : dict, "balanced", list of dict or None, default=None
        Weights of classes, by label, which multiply sample weights; "balanced" is
        ``n_samples / (n_classes * np.bincount(y))``. For multilabel targets "balanced", or one dict
        ``{0: weight, 1: weight}`` for each label.
    dtype : {"float32", "float64"} or None, default=None
        Precision; None computes in X's, float32 or else float64.
    ensemble_size : int, default=1
        Networks to train in lockstep from different draws; probabilities are averaged.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer; of an ensemble (ensemble_size, fan_in, fan_out). Predictions use
        them as they are, also after they were assigned.
    intercepts_ : list of ndarray of shape (fan_out,)
        Biases of each layer; of an ensemble (ensemble_size, fan_out).
    activation_parameters_ : list of dict of ndarray
        For each hidden layer what its activation learned by name, such as PReLU's "slope".
    history_ : dict of list of float
        For each epoch, or iteration of "lbfgs": "loss" (the objective), "validation_loss" (the
        loss on held-out rows, without penalties), "validation_score", "learning_rate" and
        "seconds"; NaN where there is none. Of an ensemble one list a network.
    loss_ : float
        The objective in the last epoch; of an ensemble, like `best_loss_`, the networks' mean.
    best_loss_ : float or None
        The smallest in any epoch since data or objective last changed; None with `early_stopping`.
        Stochastic solvers only.
    loss_curve_ : list of float
        The objective in each epoch; of an ensemble one list a network. Stochastic solvers only.
    validation_scores_ : list of float or None
        `early_stopping_metric` on the held-out rows after each epoch; of an ensemble one list a
        network. None without `early_stopping`. Stochastic solvers only.
    best_validation_score_ : float or None
        The largest of them. Stochastic solvers only.
    t_ : int
        Rows seen in training.
    n_iter_ : int
        Epochs or iterations of the last call; of an ensemble the largest.
    n_layers_ : int
        Layers, counting the input.
    n_outputs_ : int
        Outputs.
    out_activation_ : str
        What turns raw outputs into predictions: "logistic", "softmax" or
        "identity".
    n_features_in_ : int
        Features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where X has names that are all strings.

    See Also
    --------
    MLPRegressor : The same for numbers.

    References
    ----------
    Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks.
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sklearn_relu import MLPClassifier
    >>> X, y = make_moons(200, noise=0.1, random_state=0)
    >>> model = MLPClassifier((32, 32), "leaky_relu", solver="lbfgs", random_state=0)
    >>> model.set_params(activation__negative_slope=0.1).fit(X, y).score(X, y)
    1.0
    """

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
        bias_initialization="auto",
        penalty="l2",
        activity_penalty=None,
        activity_alpha=0.0001,
        dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        max_norm=None,
        gradient_clipping=None,
        early_stopping_metric="score",
        time_limit=None,
        class_weight=None,
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
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.input_noise = input_noise
        self.max_norm = max_norm
        self.gradient_clipping = gradient_clipping
        self.early_stopping_metric = early_stopping_metric
        self.time_limit = time_limit
        self.class_weight = class_weight
        self.dtype = dtype
        self.ensemble_size = ensemble_size

    _parameter_constraints: dict = BaseMLP._parameter_constraints | {
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    _y_numeric = False

    def _takes_loss(self, loss):
        return loss.for_classes

    def _check_data(self, X, y, reset):
        X, y = super()._check_data(X, y, reset)
        if y.dtype.kind == "O" and type_of_target(y) == "unknown":
            raise ValueError(
                f"Unknown label type: y has dtype object, and {type(y.flat[0]).__name__} in it, "
                "where text is expected. Convert it to a dtype of its own, as y.astype(int) does."
            )
        if y.dtype.kind == "f":
            with np.errstate(invalid="ignore"):  # it casts to int
                check_classification_targets(y)
        return X, y

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

    def _decide(self, values, threshold):
        """Numbers of classes, or for multilabel targets 0 or 1 for each."""
        if self._label_binarizer.y_type_ == "multiclass":
            return values.argmax(axis=1)
        # Of a single class nothing else is predicted.
        decided = ((values > threshold) & (len(self.classes_) > 1)).astype(int)
        return decided[:, 0] if decided.shape[1] == 1 else decided

    @only_if(lambda estimator: estimator._is_stochastic())
    @checks_parameters
    def partial_fit(self, X, y, sample_weight=None, classes=None) -> Self:
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
