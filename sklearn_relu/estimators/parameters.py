"""The parameters and the fitted attributes that all networks share, each described once."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from sklearn_relu.estimators.describing import Attribute, Described, Parameter
from sklearn_relu.sklearn_private import Interval, Options, StrOptions

BY_ITSELF = "no_validation"
"""Constraints of a parameter that takes a part: it is resolved, with errors of its own."""


class NetworkParameters(Described):
    """Parameters that all networks share, with their defaults.

    An estimator offers them in its constructor. Of those that it does not offer, and of those that
    an earlier version did not know whose pickle is read, the values are the defaults here.
    """

    activation: Any = "relu"
    solver: Any = "adam"
    alpha: Any = 0.0001
    batch_size: Any = "auto"
    learning_rate: Any = "constant"
    learning_rate_init: Any = 0.001
    max_iter: Any = 200
    shuffle: Any = True
    random_state: Any = None
    tol: Any = 1e-4
    verbose: Any = False
    warm_start: Any = False
    early_stopping: Any = False
    validation_fraction: Any = 0.1
    n_iter_no_change: Any = 10
    loss: Any
    initialization: Any = "auto"
    bias_initialization: Any = "auto"
    penalty: Any = "l2"
    activity_penalty: Any = None
    activity_alpha: Any = 0.0001
    dropout: Any = 0.0
    input_dropout: Any = 0.0
    input_noise: Any = 0.0
    regularization_schedule: Any = None
    max_norm: Any = None
    gradient_clipping: Any = None
    early_stopping_metric: Any = "score"
    time_limit: Any = None
    dtype: Any = None
    ensemble_size: Any = 1
    corruption: Any = None
    n_folds: int = 0
    """Under `early_stopping`, if not 0, so many folds, of which each two networks hold one out. No
    parameter: an architecture decides it by the data."""

    keeps_a_rest: bool = False
    """Whether held-out rows choose among the ends of the schedule's cycles only, where it has any.
    No parameter either."""

    log_prefix: str = ""
    """The beginning of each line of the log and of warnings. No parameter: set where the fit is a
    part of another one's."""

    share_of_fit: float = 1.0
    """The share of all training that the fit is, where it is a part of another one's. No parameter
    either."""

    scales_inputs: bool = False
    """Whether X is scaled before the network, so that no remedy advises it. No parameter either."""

    reads_images: bool = False
    """Whether X are pixels, which are to be scaled alike. No parameter either."""

    reads_series: bool = False
    """Whether X are series, whose steps are to be scaled alike. No parameter either."""

    _described_parameters = {
        "activation": Parameter(
            "str, Activation or sequence of them",
            BY_ITSELF,
            """
            What hidden units do with their summed input; a sequence has one for each hidden layer.
            Names are those of :data:`sklearn_relu.activations.ACTIVATIONS`, such as "relu",
            "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "maxout", "tanh" and "logistic".
            Parts carry parameters: ``LeakyReLU(negative_slope=0.1)``.
            """,
        ),
        "solver": Parameter(
            "str or Solver",
            BY_ITSELF,
            """
            "sgd", "adam", "adamw", "amsgrad", "nadam", "radam", "rmsprop", "adagrad", "adadelta",
            "lion" or "lbfgs". The flat parameters below belong to names; a part such as
            ``AdamW(weight_decay=0.1)`` carries its own.
            """,
        ),
        "alpha": Parameter(
            "float",
            [Interval(Real, 0, None, closed="left")],
            "Strength of `penalty`, which is divided by the sum of the batch's sample weights.",
        ),
        "batch_size": Parameter(
            "int or str",
            [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
            'Rows in a step of a stochastic solver; "auto" is ``min(200, n_samples)``.',
        ),
        "learning_rate": Parameter(
            "str, Schedule or callable",
            BY_ITSELF,
            """
            "constant"; "invscaling", ``learning_rate_init / (t + 1) ** power_t`` with the samples
            seen as t; "adaptive", which divides the rate by 5 at each plateau; "step",
            "exponential", "cosine", "cosine_log", "flat_cosine", "one_cycle" or "warm_up"; or a
            function that takes a :class:`~sklearn_relu.schedules.Progress` and gives a factor of
            `learning_rate_init`.
            For every stochastic solver.
            """,
        ),
        "learning_rate_init": Parameter(
            "float",
            [Interval(Real, 0, None, closed="neither")],
            'The initial learning rate. Usual ones are 1.0 for "adadelta" and 0.0001 for "lion".',
        ),
        "max_iter": Parameter(
            "int",
            [Interval(Integral, 1, None, closed="left")],
            'Largest number of epochs, or of iterations of "lbfgs".',
        ),
        "shuffle": Parameter("bool", ["boolean"], "Whether to shuffle the rows before each epoch."),
        "random_state": Parameter(
            "int, RandomState instance or None",
            ["random_state"],
            "Draws the initial weights, the validation split and the order of the rows.",
        ),
        "tol": Parameter(
            "float",
            [Interval(Real, 0, None, closed="left")],
            """
            An epoch improves the loss (or the validation score) if it does so by at least `tol`;
            "lbfgs" stops when no component of the gradient is larger.
            """,
        ),
        "verbose": Parameter(
            "bool",
            ["verbose"],
            'Whether to print a line for each epoch, or iteration of "lbfgs".',
        ),
        "warm_start": Parameter(
            "bool",
            ["boolean"],
            """
            Whether :meth:`fit` goes on from the last call, with the solver's state, the generator
            and the validation split, so that 5 epochs and 5 more equal 10. "lbfgs" goes on from the
            weights, with its memory of gradients anew. Best losses and scores of other data, or by
            another loss or metric, are forgotten. `random_state` and initializations count in the
            first call.
            """,
        ),
        "early_stopping": Parameter(
            "bool",
            ["boolean"],
            """
            Whether to hold out `validation_fraction` of the data, to stop when the score on it no
            longer improves, and to keep the best epoch's weights.
            """,
        ),
        "validation_fraction": Parameter(
            "float",
            [Interval(Real, 0, 1, closed="left")],
            "Share of the data to hold out, in [0, 1).",
        ),
        "n_iter_no_change": Parameter(
            "int",
            [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
            "Epochs without improvement before training stops.",
        ),
        "loss": Parameter("str or Loss", BY_ITSELF, "The loss to minimize."),
        "initialization": Parameter(
            "str or Initializer",
            BY_ITSELF,
            """
            The weights before training. "auto" draws what scikit-learn draws, up to eight hidden
            layers; in deeper networks, and for "selu", "softplus", "hard_swish" and
            "threshold_relu", it is what the activation names: He for rectifiers, Glorot for
            sigmoids. Other names are those in :data:`sklearn_relu.initializers.INITIALIZERS`, such
            as "sklearn", "he_normal", "glorot_uniform", "lecun_normal", "fan_in_uniform",
            "orthogonal", "sparse", "identity", "lsuv" and "unit_variance".
            """,
        ),
        "bias_initialization": Parameter(
            "float, str or Initializer",
            BY_ITSELF,
            """
            The biases before training: a number, or an initializer. "auto" leaves them to
            `initialization`: scikit-learn's draws where that draws as scikit-learn does, else 0.
            """,
        ),
        "penalty": Parameter(
            "str, Penalty, None or sequence of them",
            BY_ITSELF,
            """
            "l2"; "l1", which sets weights exactly to 0; "elasticnet"; or "group_lasso", which does
            so for whole rows or columns. Of strength `alpha`, on weights only. A sequence has one
            for each layer, the output layer's last.
            """,
        ),
        "activity_penalty": Parameter(
            "str, ActivityPenalty, None or sequence of them",
            BY_ITSELF,
            """
            "l1", "l2" or "kl" on hidden activations, for sparse or small ones; a sequence has one
            for each hidden layer.
            """,
        ),
        "activity_alpha": Parameter(
            "float",
            [Interval(Real, 0, None, closed="left")],
            "Strength of `activity_penalty`, on its mean over the batch.",
        ),
        "dropout": Parameter(
            "float or sequence of float",
            [Interval(Real, 0, 1, closed="left"), list, tuple],
            """
            Share of a hidden layer's units to drop in each step, in [0, 1), or one for each layer.
            The others are scaled up, so predictions need no scaling and are never random. Alpha
            dropout under "selu".
            """,
        ),
        "input_dropout": Parameter(
            "float",
            [Interval(Real, 0, 1, closed="left")],
            "Share of input values to drop in each step, in [0, 1).",
        ),
        "input_noise": Parameter(
            "float",
            [Interval(Real, 0, None, closed="left")],
            "Standard deviation of the normal noise that each step adds to dense inputs.",
        ),
        "regularization_schedule": Parameter(
            "str, Schedule or None",
            BY_ITSELF,
            """
            A factor in [0, 1] of `dropout`, `input_dropout` and the solver's `weight_decay`, as a
            schedule of the rate 1: "flat_cosine" is 1 for half of ``max_iter`` epochs and then
            falls to 0. None: the factor stays 1.
            """,
        ),
        "max_norm": Parameter(
            "float or None",
            [Interval(Real, 0, None, closed="neither"), None],
            "Bound on the norm of the weights into each hidden unit, kept after every step.",
        ),
        "gradient_clipping": Parameter(
            "float or None",
            [Interval(Real, 0, None, closed="neither"), None],
            """
            Bound on the norm of the whole gradient of a step. A network skips a step whose norm is
            not finite: its parameters and its state of the solver stay as they were, and
            ``n_skipped_steps_`` counts the step. A network that skips all steps of an epoch
            diverges.
            """,
        ),
        "early_stopping_metric": Parameter(
            "str or callable",
            [str, callable],
            """
            The figure that early stopping looks at, and that ``history_["validation_score"]``
            holds: "score" (that of :meth:`score`), "loss" (minus the validation loss), for classes
            "brier" (minus the Brier score), a name of scikit-learn's scorers, or a
            ``callable(estimator, X, y)``. Larger is better.
            """,
        ),
        "time_limit": Parameter(
            "float or None",
            [Interval(Real, 0, None, closed="neither"), None],
            "Seconds after which no other epoch begins; the network is then as it is.",
        ),
        "dtype": Parameter(
            '{"float32", "float64"} or None',
            [StrOptions({"float32", "float64"}), None],
            "Precision; None computes in X's, float32 or else float64.",
        ),
        "ensemble_size": Parameter(
            "int",
            [Interval(Integral, 1, None, closed="left")],
            "Networks to train in lockstep from different draws; predictions are averaged.",
        ),
    }

    _described_attributes = {
        "coefs_": Attribute(
            "list of ndarray of shape (fan_in, fan_out)",
            """
            Weights of each layer; of an ensemble (ensemble_size, fan_in, fan_out). Predictions use
            them as they are, also after they were assigned.
            """,
        ),
        "intercepts_": Attribute(
            "list of ndarray of shape (fan_out,)",
            "Biases of each layer; of an ensemble (ensemble_size, fan_out).",
        ),
        "activation_parameters_": Attribute(
            "list of dict of ndarray",
            """
            For each hidden layer what its activation learned by name, such as PReLU's "slope".
            """,
        ),
        "history_": Attribute(
            "dict of list of float",
            """
            For each epoch, or iteration of "lbfgs": "loss" (the objective), "validation_loss" (the
            loss on held-out rows, without penalties), "validation_score", "learning_rate" and
            "seconds"; NaN where there is none. Of an ensemble one list a network.
            """,
        ),
        "loss_": Attribute(
            "float",
            """
            The objective in the last epoch; of an ensemble, like `best_loss_`, the networks' mean.
            """,
        ),
        "best_loss_": Attribute(
            "float or None",
            """
            The smallest in any epoch since data or objective last changed; None with
            `early_stopping`. Stochastic solvers only.
            """,
        ),
        "loss_curve_": Attribute(
            "list of float",
            """
            The objective in each epoch; of an ensemble one list a network. Stochastic solvers only.
            """,
        ),
        "validation_scores_": Attribute(
            "list of float or None",
            """
            `early_stopping_metric` on the held-out rows after each epoch; of an ensemble one list a
            network. None without `early_stopping`. Stochastic solvers only.
            """,
        ),
        "best_validation_score_": Attribute(
            "float or None", "The largest of them. Stochastic solvers only."
        ),
        "t_": Attribute("int", "Rows seen in training."),
        "n_iter_": Attribute(
            "int", "Epochs or iterations of the last call; of an ensemble the largest."
        ),
        "n_skipped_steps_": Attribute(
            "int or list of int",
            """
            Steps that the network skipped since training began, as their gradients were not finite;
            of an ensemble one number a network. Only with `gradient_clipping`.
            """,
        ),
        "n_layers_": Attribute("int", "Layers, counting the input."),
        "n_outputs_": Attribute("int", "Outputs."),
        "out_activation_": Attribute("str", "What turns raw outputs into predictions."),
        "n_features_in_": Attribute("int", "Features seen in :meth:`fit`."),
        "feature_names_in_": Attribute(
            "ndarray of shape (`n_features_in_`,)",
            "Their names, where X has names that are all strings.",
        ),
    }
