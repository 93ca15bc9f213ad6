"""The classifier."""

from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.pretraining import PretrainableMLP
from sklearn_relu.parameters import store_parameters


class MLPClassifier(Classes, PretrainableMLP):
    """Multi-layer perceptron classifier.

    scikit-learn's :class:`~sklearn.neural_network.MLPClassifier`, with every activation,
    initialization and penalty pluggable, searchable and inspectable.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

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
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        early_stopping_metric="score",
        time_limit=None,
        class_weight=None,
        dtype=None,
        ensemble_size=1,
        pretraining=None,
    ):
        store_parameters(self, locals())
