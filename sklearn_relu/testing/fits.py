"""Rules that show when networks are trained with a part."""

import pickle
import random
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu.activations import Activation
from sklearn_relu.embeddings import NumericalEmbedding
from sklearn_relu.estimators import MLPClassifier, MLPRegressor, TabularMLPClassifier
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.initializers import Initializer
from sklearn_relu.losses import LogLoss, Loss
from sklearn_relu.optimizers import Solver
from sklearn_relu.part import Part
from sklearn_relu.penalties import ActivityPenalty, Penalty
from sklearn_relu.schedules import Schedule
from sklearn_relu.testing.reporting import fail, require
from sklearn_relu.testing.targets import excludes_others

PARAMETERS: dict[type[Part], str] = {
    Activation: "activation",
    Initializer: "initialization",
    Penalty: "penalty",
    ActivityPenalty: "activity_penalty",
    Loss: "loss",
    Solver: "solver",
    Schedule: "learning_rate",
    NumericalEmbedding: "numerical_embedding",
}
"""The parameter of an estimator that takes a part."""

N_ROWS, N_EPOCHS = 80, 60

RATES = (0.02, 0.2, 0.002, 1.0, 20.0)
"""Learning rates to try: solvers have usual ones of their own."""


def _problem(part: Part, n_rows: int = N_ROWS):
    """Rows, and targets that the part is for: nearly linear in two of three columns."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n_rows, 3))
    score = X[:, 0] - 0.7 * X[:, 1]
    if isinstance(part, Loss) and excludes_others(part):
        return X, np.digitize(score, [-0.5, 0.7])
    if isinstance(part, Loss) and not part.for_classes:
        low, high = part.domain.left, part.domain.right
        share = 0.05 + 0.9 / (1 + np.exp(-score))
        if low is None and high is None:
            return X, share
        if low is None or high is None:
            return X, share + low if high is None else high - share
        return X, low + (high - low) * share
    return X, score > 0.3


def _estimator(part: Part, **params):
    parameter = next(name for base, name in PARAMETERS.items() if isinstance(part, base))
    if isinstance(part, NumericalEmbedding):
        small = TabularMLPClassifier(
            (6,), max_iter=N_EPOCHS, ensemble_size=1, validation=None, random_state=0
        )
        return small.set_params(**{parameter: part}, **params)
    numbers = isinstance(part, Loss) and not part.for_classes
    estimator = (MLPRegressor if numbers else MLPClassifier)(
        hidden_layer_sizes=(6,),
        max_iter=N_EPOCHS,
        batch_size=20,
        learning_rate_init=RATES[0],
        activity_alpha=1e-4,
        tol=0,
        n_iter_no_change=N_EPOCHS,
        random_state=0,
    )
    if isinstance(part, ActivityPenalty) and part.needs_rates:
        estimator.set_params(activation="logistic")
    return estimator.set_params(**{parameter: part}, **params)


def _fit(part: Part, **params):
    estimator = _estimator(part, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", TrainingWarning)
        try:
            return estimator.fit(*_problem(part))
        except Exception as error:
            raise AssertionError(
                f"A fit of {type(estimator).__name__} with {part!r} raised "
                f"{type(error).__name__}: {error}. Each rule before was kept, so this may be a "
                "combination that the part does not allow."
            ) from error


def a_fit_leaves_the_part_as_it_was(part: Part) -> None:
    """A fit changes no attribute of the part, and adds none."""
    before = dict(vars(part))
    pictures = {name: repr(value) for name, value in before.items()}
    _fit(part, max_iter=2)
    changed = sorted(
        name
        for name in vars(part).keys() | before.keys()
        if name not in before or repr(vars(part).get(name)) != pictures[name]
    )
    if changed:
        fail(
            part,
            changed[0],
            f"is changed by a fit, as are in all {changed}",
            "A part holds hyper-parameters only: several networks and fits share it. Keep state "
            "in the arrays that a method is given.",
        )


def a_fit_draws_from_its_own_generators(part: Part) -> None:
    """A fit does not touch the global generators of NumPy and Python."""
    before = _global_states()
    _fit(part, max_iter=2)
    require(
        _global_states() == before,
        part,
        "",
        "uses the global generator of np.random or random",
        "Draw from the generator that a method is given: then random_state says what comes out.",
    )


def _global_states() -> bytes:
    return pickle.dumps((np.random.get_state(), random.getstate()))  # noqa: NPY002


def a_fit_lowers_the_loss(part: Part) -> None:
    """A small network of 6 units learns something from 80 rows in 60 epochs.

    What the network minimizes is lower at the end than in the first epoch; and where neither the
    weights' start nor the rates of learning are the part's own, lower than a constant can be.
    """
    for rate in RATES if isinstance(part, Solver) else RATES[:1]:
        model = _fit(part, learning_rate_init=rate)
        least = _loss_of_a_constant(part)
        if isinstance(part, Initializer | Schedule):
            least = max(least, model.loss_curve_[0])
        if np.isfinite(model.loss_) and model.loss_ < least:
            return
    fail(
        part,
        "",
        f"does not let a network learn: after {model.n_iter_} epochs its loss is "
        f"{model.loss_:.6g}, and {least:.6g} is to be had without learning",
        "Check the signs and the sizes of gradients, steps and rates.",
    )


def _loss_of_a_constant(part) -> float:
    loss = part if isinstance(part, Loss) else LogLoss()
    _, y = _problem(part)
    if excludes_others(loss):
        y = np.eye(len(np.unique(y)))[y]
    y = loss.encode(np.asarray(y, dtype=np.float64).reshape(N_ROWS, -1))
    raw = np.tile(np.asarray(loss.constant(y, None), dtype=np.float64), (1, N_ROWS, 1))
    value = loss.value_and_gradient(y[None], raw, None, np.empty_like(raw))
    return float(loss.reported(value, y.shape[1])[0]) / N_ROWS


CHECKS = (
    a_fit_leaves_the_part_as_it_was,
    a_fit_draws_from_its_own_generators,
    a_fit_lowers_the_loss,
)
