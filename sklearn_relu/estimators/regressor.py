"""The regressor."""

from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from sklearn_relu.estimators.base import BaseMLP


class MLPRegressor(RegressorMixin, BaseMLP):
    """Multi-layer perceptron regressor.

    scikit-learn's :class:`~sklearn.neural_network.MLPRegressor`, with every activation,
    initialization and penalty pluggable, searchable and inspectable.

    Parameters
    ----------
    loss : str or Loss, default="squared_error"
        "squared_error" (half of it), or "poisson" (half the deviance, with the logarithm as link;
        y must not be negative).
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer; ``()`` is linear or Poisson regression.
    activation : str, Activation or sequence of them, default="relu"
        What hidden units do with their summed input; a sequence has one for each hidden layer.
        Names: "identity", "logistic" (or "sigmoid"), "tanh", "relu", "leaky_relu", "prelu",
        "elu", "maxout". Parts carry parameters: ``LeakyReLU(negative_slope=0.1)``.
    solver : str or Solver, default="adam"
        "sgd", "adam" or "lbfgs". The flat parameters below belong to these names; a part such as
        ``Adam(beta_1=0.8)`` carries its own.
    alpha : float, default=0.0001
        Strength of `penalty`, which is divided by the sum of the batch's sample weights.
    batch_size : int, default="auto"
        Rows in a step of a stochastic solver; "auto" is ``min(200, n_samples)``.
    learning_rate : str or Schedule, default="constant"
        "constant"; "invscaling", ``learning_rate_init / (t + 1) ** power_t`` with the samples
        seen as t; or "adaptive", which divides the rate by 5 at each plateau. For every
        stochastic solver.
    learning_rate_init : float, default=0.001
        The initial learning rate.
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
        Whether to print a line for each epoch of a stochastic solver.
    warm_start : bool, default=False
        Whether :meth:`fit` goes on from the last call, with the solver's state, the generator and
        the validation split, so that 5 epochs and 5 more equal 10. "lbfgs" goes on from the
        weights, with its memory of gradients anew.
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
        The weights before training: "auto" (what the activation names: He for rectifiers, Glorot
        for sigmoids), "he_normal", "he_uniform", "glorot_normal", "glorot_uniform",
        "lecun_normal", "lecun_uniform", "fan_in_uniform", "variance_scaling", "orthogonal",
        "constant", or "sklearn", which draws what scikit-learn draws, biases too.
    bias_initialization : float, str or Initializer, default=0.0
        The biases before training: a number, or an initializer.
    penalty : str, Penalty or None, default="l2"
        "l2"; "l1", which sets weights exactly to 0; or "elasticnet". Of strength `alpha`, on
        weights only.
    activity_penalty : str, ActivityPenalty or None, default=None
        "l1" or "l2" on hidden activations, for sparse or small ones.
    activity_alpha : float, default=0.0001
        Strength of `activity_penalty`, on its mean over the batch.
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
    loss_ : float
        The objective in the last epoch; of an ensemble, like `best_loss_`, the networks' mean.
    best_loss_ : float or None
        The smallest in any epoch; None with `early_stopping`. Stochastic solvers only.
    loss_curve_ : list of float
        The objective in each epoch; of an ensemble one list a network. Stochastic solvers only.
    validation_scores_ : list of float or None
        R2 on the held-out rows after each epoch; of an ensemble one list a network. None without
        `early_stopping`. Stochastic solvers only.
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
        What turns raw outputs into predictions: "identity" or "exp".
    n_features_in_ : int
        Features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
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
        bias_initialization=0.0,
        penalty="l2",
        activity_penalty=None,
        activity_alpha=0.0001,
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
        self.dtype = dtype
        self.ensemble_size = ensemble_size

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    _y_numeric = True

    def _takes_loss(self, loss):
        return loss.for_numbers

    def _set_targets(self, y, new):
        return y.reshape(len(y), -1), None, "continuous"

    def _score_predictions(self, predictions, targets, sample_weight):
        return r2_score(targets, predictions, sample_weight=sample_weight)

    @available_if(lambda estimator: estimator._is_stochastic())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
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

    def predict(self, X):
        """Predict targets; an ensemble's prediction is the mean over its networks.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        predictions = self._mean_prediction(X)
        return predictions.ravel() if predictions.shape[1] == 1 else predictions
