"""The regressor."""

from sklearn_relu.estimators.numbers import Numbers
from sklearn_relu.estimators.pretraining import PretrainableMLP
from sklearn_relu.parameters import store_parameters


class MLPRegressor(Numbers, PretrainableMLP):
    """Multi-layer perceptron regressor.

    scikit-learn's :class:`~sklearn.neural_network.MLPRegressor`, with every activation,
    initialization and penalty pluggable, searchable and inspectable.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

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
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        early_stopping_metric="score",
        time_limit=None,
        standardize_y=False,
        dtype=None,
        ensemble_size=1,
        pretraining=None,
    ):
        store_parameters(self, locals())
