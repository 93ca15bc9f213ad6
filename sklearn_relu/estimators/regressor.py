"""The regressor."""

from typing import Literal, Self, overload

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from sklearn_relu.estimators.base import BaseMLP
from sklearn_relu.estimators.finite import finite_outputs
from sklearn_relu.estimators.parts import check_is_meant
from sklearn_relu.estimators.typed import checks_parameters, only_if
from sklearn_relu.sklearn_private import ChecksFirst
from sklearn_relu.training.batches import with_stand_ins


class MLPRegressor(RegressorMixin, ChecksFirst, BaseMLP):
    """Multi-layer perceptron regressor.

    scikit-learn's :class:`~sklearn.neural_network.MLPRegressor`, with every activation,
    initialization and penalty pluggable, searchable and inspectable.

    Parameters
    ----------
    loss : str or Loss, default="squared_error"
        "squared_error" (half of it), "absolute_error", "huber", "log_cosh", "quantile"; with the
        logarithm as link "poisson", "gamma" and "tweedie" (half the deviances); "log_loss" for
        fractions in [0, 1]; or "gaussian_nll", which learns a variance too.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer; ``()`` is linear or Poisson regression.
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
        Whether to hold out `validation_fraction` of the data, to stop when the score on it no
        longer improves, and to keep the best epoch's weights.
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
        What early stopping looks at, and what ``history_["validation_score"]`` is: "score" (R2),
        "loss" (minus the validation loss), a name of scikit-learn's scorers, or a
        ``callable(estimator, X, y)``. Larger is better.
    time_limit : float or None, default=None
        Seconds after which no other epoch begins; the network is then as it is.
    standardize_y : bool, default=False
        Whether to train on targets of mean 0 and standard deviation 1, so that they may be of any
        magnitude. Predictions are in the targets' own units; the loss is not. Training that goes on
        keeps the mean and the deviation of its first call, also if that had few rows.
    dtype : {"float32", "float64"} or None, default=None
        Precision; None computes in X's, float32 or else float64.
    ensemble_size : int, default=1
        Networks to train in lockstep from different draws; predictions are averaged.

    Attributes
    ----------
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
    target_mean_, target_scale_ : ndarray of shape (n_outputs,)
        Only with `standardize_y`.
    t_ : int
        Rows seen in training.
    n_iter_ : int
        Epochs or iterations of the last call; of an ensemble the largest.
    n_layers_ : int
        Layers, counting the input.
    n_outputs_ : int
        Outputs.
    out_activation_ : str
        What turns raw outputs into predictions: "identity", "exp" or "logistic".
    n_features_in_ : int
        Features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where X has names that are all strings.

    See Also
    --------
    MLPClassifier : The same for classes.

    References
    ----------
    Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks.
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu import MLPRegressor
    >>> X = np.linspace(-3, 3, 200)[:, None]
    >>> y = np.sin(X[:, 0])
    >>> model = MLPRegressor(hidden_layer_sizes=(32,), solver="lbfgs", tol=1e-3, random_state=0)
    >>> round(model.fit(X, y).score(X, y), 2)
    1.0
    """

    def __init__(
        self,
        loss="squared_error",
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
        standardize_y=False,
        dtype=None,
        ensemble_size=1,
    ):
        self.loss = loss
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
        self.standardize_y = standardize_y
        self.dtype = dtype
        self.ensemble_size = ensemble_size

    _parameter_constraints: dict = BaseMLP._parameter_constraints | {"standardize_y": ["boolean"]}

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

    def _stratify_by(self, y):
        return None

    def _truth(self, y):
        return y

    def _score_predictions(self, predictions, truth, sample_weight):
        with np.errstate(over="ignore"):
            predicted = _as_targets(self._in_own_units(predictions, self._target_mean()))
        if len(truth) < 2 or not np.isfinite(predicted).all():
            return np.nan  # R2 compares with the targets' mean
        return r2_score(truth, predicted, sample_weight=sample_weight)

    @only_if(lambda estimator: estimator._is_stochastic())
    @checks_parameters
    def partial_fit(self, X, y, sample_weight=None) -> Self:
        """Train for one epoch on the given data, going on from the last call.

        Optimizer state and generator go on too, so n calls with the same data equal a fit of n
        epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As :meth:`fit`, and for ``early_stopping=True``.
        """
        return self._fit(X, y, sample_weight, incremental=True)

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
            y = self._in_own_units(mean, self._target_mean())
            if not return_std:
                return _as_targets(finite_outputs(y))
            std = np.sqrt(self._loss.variance(raw).mean(axis=0) + each.var(axis=0))
            std = self._in_own_units(std, 0.0)
        return _as_targets(finite_outputs(y)), _as_targets(finite_outputs(std))

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
