"""Penalties a layer, max_norm, gradient clipping and decoupled weight decay, through fits."""

import numpy as np
import pytest
from sklearn.datasets import make_classification

from sklearn_relu import MLPClassifier
from sklearn_relu.optimizers import SGD, AdamW
from sklearn_relu.penalties import GroupLasso, KLSparsity

X, y = make_classification(200, 10, n_informative=4, random_state=0)
SMALL = {"hidden_layer_sizes": (12, 8), "random_state": 0, "max_iter": 15}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


def fit(**params):
    return MLPClassifier(**{**SMALL, **params}).fit(X, y)


def test_the_same_penalty_for_each_layer_is_the_same_as_one_for_all():
    one, each = fit(penalty="l2", alpha=1.0), fit(penalty=["l2"] * 3, alpha=1.0)
    for a, b in zip(one.coefs_, each.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_each_layer_has_its_penalty():
    model = fit(penalty=["l1", None, "l2"], alpha=3.0, max_iter=80, learning_rate_init=0.01)
    assert (model.coefs_[0] == 0).mean() > 0.5
    assert not (model.coefs_[1] == 0).any()
    assert not (model.coefs_[2] == 0).any()
    nothing = fit(penalty=None, max_iter=80, learning_rate_init=0.01)
    assert np.linalg.norm(model.coefs_[2]) < np.linalg.norm(nothing.coefs_[2])


def test_group_lasso_on_the_first_layer_selects_features():
    rng = np.random.RandomState(0)
    data = rng.normal(size=(300, 8))
    labels = np.tanh(data[:, 0]) + data[:, 1] > 0
    model = MLPClassifier((16,), penalty=[GroupLasso(), None], alpha=15.0, random_state=0)
    model.set_params(max_iter=400, batch_size=300, learning_rate_init=0.01).fit(data, labels)
    used = np.linalg.norm(model.coefs_[0], axis=1) > 0
    assert used.tolist() == [True, True] + [False] * 6


def test_activity_penalties_a_layer():
    model = fit(activity_penalty=[None, "l1"], activity_alpha=0.1, max_iter=60)
    other = fit(activity_penalty=["l1", None], activity_alpha=0.1, max_iter=60)
    assert not np.allclose(model.coefs_[0], other.coefs_[0])
    both, each = (fit(activity_penalty=value) for value in ("l2", ["l2", "l2"]))
    np.testing.assert_allclose(both.coefs_[0], each.coefs_[0], rtol=1e-9)


@pytest.mark.parametrize("penalty", ["kl", KLSparsity(0.2)], ids=str)
def test_kl_brings_mean_activations_to_their_rate(penalty):
    model = fit(
        activation="logistic",
        activity_penalty=penalty,
        activity_alpha=10,
        max_iter=100,
        learning_rate_init=0.05,
    )
    hidden = 1 / (1 + np.exp(-(X @ model.coefs_[0] + model.intercepts_[0])))
    rate = penalty.rho if isinstance(penalty, KLSparsity) else KLSparsity().rho
    np.testing.assert_allclose(hidden.mean(axis=0), rate, atol=0.05)


def test_kl_is_for_activations_between_0_and_1():
    for activation in ("relu", "tanh"):
        with pytest.raises(ValueError, match=r"activations must lie in \[0, 1\].*'logistic'"):
            fit(activation=activation, activity_penalty="kl")
    fit(activation=["relu", "logistic"], activity_penalty=[None, "kl"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"penalty": ["l2", "l1"]}, "one for each; got 2 of them for 3 layers, with the output"),
        ({"activity_penalty": ["l1"]}, "one for each; got 1 of them for 2 hidden layers"),
        ({"penalty": ["l2", "l3", None]}, "penalty must be one of .*got 'l3'"),
    ],
    ids=str,
)
def test_sequences_that_do_not_fit_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        fit(**params)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_max_norm_bounds_the_weights_into_each_hidden_unit(solver):
    free = fit(solver=solver, learning_rate_init=0.05)
    bound = fit(solver=solver, learning_rate_init=0.05, max_norm=0.8)
    for i in range(2):
        assert np.linalg.norm(free.coefs_[i], axis=0).max() > 0.9
        norms = np.linalg.norm(bound.coefs_[i], axis=0)
        assert norms.max() <= 0.8 * (1 + 1e-12)
        assert norms.min() < 0.8 or i
    assert np.linalg.norm(bound.coefs_[2]) > 0.8


def test_gradient_clipping_bounds_a_step_of_sgd():
    start = fit(solver="sgd", learning_rate_init=1e-300, max_iter=1)
    for bound in (1e-3, 1e-2):
        model = fit(
            solver=SGD(0.0), learning_rate_init=1.0, max_iter=1, batch_size=200,
            gradient_clipping=bound,
        )  # fmt: skip
        pairs = zip(
            [*model.coefs_, *model.intercepts_], [*start.coefs_, *start.intercepts_], strict=True
        )
        moved = np.sqrt(sum(((a - b) ** 2).sum() for a, b in pairs))
        np.testing.assert_allclose(moved, bound, rtol=1e-6)
    free = fit(solver="sgd", max_iter=3)
    loose = fit(solver="sgd", max_iter=3, gradient_clipping=1e6)
    assert np.array_equal(free.coefs_[0], loose.coefs_[0])


@pytest.mark.parametrize("solver", [AdamW(weight_decay=0.5), SGD(0.0, weight_decay=0.5)], ids=repr)
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_decoupled_decay_means_the_same_for_every_batch_size(solver):
    # Without a gradient, weights shrink by rate * decay a step, whatever the batch.
    nothing = np.zeros_like(X)
    for batch_size in (50, 200):
        params = {"batch_size": batch_size, "alpha": 0, "learning_rate_init": 0.1, "max_iter": 4}
        start = MLPClassifier(**{**SMALL, **params, "learning_rate_init": 1e-300, "max_iter": 1})
        start.fit(nothing, y)
        model = MLPClassifier(**{**SMALL, **params}, solver=solver).fit(nothing, y)
        n_steps = 4 * 200 // batch_size
        np.testing.assert_allclose(model.coefs_[0], start.coefs_[0] * (1 - 0.1 * 0.5) ** n_steps)


def test_weight_decay_can_be_searched_on_the_name_of_a_solver():
    model = MLPClassifier(solver="adamw").set_params(solver__weight_decay=0.3)
    assert model.solver.weight_decay == 0.3
    assert model.solver.beta_1 == 0.9
