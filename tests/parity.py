"""Fitting our estimator and scikit-learn's side by side, and comparing all that can be seen."""

import warnings
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import sklearn.neural_network
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

import sklearn_relu

TOLERANCE = {"rtol": 1e-8, "atol": 1e-8}

NUMBERS = (
    "coefs_",
    "intercepts_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
)
EXACT = ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_")

SOLVERS = {
    "sgd-plain": {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.05},
    "sgd-momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.02},
    "sgd-nesterov": {"solver": "sgd", "nesterovs_momentum": True, "learning_rate_init": 0.02},
    "adam": {"solver": "adam", "learning_rate_init": 0.02},
    "lbfgs": {"solver": "lbfgs"},
}

TASKS = ("binary", "multiclass", "multilabel", "single-output", "multi-output", "poisson")


@dataclass(frozen=True)
class Task:
    """Training data and new rows, for one kind of target."""

    estimator: str
    X: np.ndarray
    y: np.ndarray
    X_new: np.ndarray
    params: dict = field(default_factory=dict)

    @property
    def classes(self):
        """What partial_fit needs to know of the labels; nothing for a regressor."""
        if self.estimator == "MLPRegressor":
            return {}
        return {"classes": np.arange(3) if self.y.ndim == 2 else np.unique(self.y)}


@cache
def make_task(name: str) -> Task:
    """Noisy data, so that no solver finishes early or drives probabilities to 0 and 1."""
    rng = np.random.RandomState(7)
    X = rng.normal(size=(90, 5))
    raw = np.tanh(X @ rng.normal(size=(5, 3))) + 0.7 * rng.normal(size=(90, 3))
    y = {
        "binary": lambda: np.where(raw[:, 0] > 0.3, "yes", "no"),
        "multiclass": lambda: np.array(["ash", "birch", "cedar"])[raw.argmax(axis=1)],
        "multilabel": lambda: (raw > 0.2).astype(int),
        "single-output": lambda: raw[:, 0],
        "multi-output": lambda: raw,
        "poisson": lambda: rng.poisson(np.exp(raw[:, 0])).astype(float),
    }[name]()
    estimator = "MLPClassifier" if name in TASKS[:3] else "MLPRegressor"
    params = {"loss": "poisson"} if name == "poisson" else {}
    return Task(estimator, X[:70], y[:70], X[70:], params)


def make_pair(task: Task, **params):
    """Our estimator and scikit-learn's, with the same parameters."""
    params = {"hidden_layer_sizes": (6,), "random_state": 3, "batch_size": 20, "max_iter": 12} | (
        task.params | params
    )
    # By default held-out rows do not depend on how many weights are drawn; scikit-learn's do.
    more = {"initialization": "sklearn"} if params.get("early_stopping") else {}
    ours = getattr(sklearn_relu, task.estimator)(**more, **params)
    theirs = getattr(sklearn.neural_network, task.estimator)(**params)
    return ours, theirs


def fit_pair(task: Task, X=None, y=None, sample_weight=None, **params):
    """The two estimators, fitted; whether they converge is not looked at."""
    pair = make_pair(task, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for estimator in pair:
            estimator.fit(
                task.X if X is None else X,
                task.y if y is None else y,
                sample_weight=sample_weight,
            )
    return pair


def assert_same(ours, theirs, X) -> None:
    """All fitted attributes of scikit-learn's estimator, and its predictions for X."""
    for name in EXACT + NUMBERS:
        assert hasattr(ours, name) == hasattr(theirs, name), name
    public = {name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")}
    assert public <= vars(ours).keys()
    for name in EXACT:
        if hasattr(theirs, name):
            assert getattr(ours, name) == getattr(theirs, name), name
    for name in NUMBERS:
        expected = getattr(theirs, name, None)
        actual = getattr(ours, name, None)
        if expected is None:
            assert actual is None, name
        elif name in ("coefs_", "intercepts_"):
            assert len(actual) == len(expected)
            for one, other in zip(actual, expected, strict=True):
                assert one.shape == other.shape
                assert_allclose(one, other, err_msg=name, **TOLERANCE)
        else:
            assert_allclose(actual, expected, err_msg=name, **TOLERANCE)
    if hasattr(theirs, "classes_"):
        assert_array_equal(ours.classes_, theirs.classes_)
        assert_array_equal(ours.predict(X), theirs.predict(X))
        assert ours.predict(X).dtype == theirs.predict(X).dtype
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), **TOLERANCE)
        assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), **TOLERANCE)
    else:
        assert ours.predict(X).shape == theirs.predict(X).shape
        assert_allclose(ours.predict(X), theirs.predict(X), **TOLERANCE)
