"""A parameter or data that change between two calls have their effect, or are an error."""

import pickle
import threading
import warnings
import zlib

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.initializers import Auto
from sklearn_relu.optimizers import Adam, RMSprop
from sklearn_relu.schedules import Adaptive

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

RNG = np.random.RandomState(0)
X, X_VAL = RNG.normal(size=(80, 3)), RNG.normal(size=(30, 3))
y, y_val = X[:, 0], X_VAL[:, 0]
LABELS = np.digitize(y, [-0.5, 0.5])
WEIGHT = RNG.uniform(0.5, 2, 80)

COMMON = {
    "hidden_layer_sizes": (8,),
    "learning_rate_init": 0.01,
    "batch_size": 20,
    "max_iter": 5,
    "random_state": 0,
    "warm_start": True,
}


START = {"initialization": Auto(n_shallow=0), "bias_initialization": 0.0}
"""From here members of the ensembles come to their ends at different epochs."""


def regressor(**params):
    return MLPRegressor(**(COMMON | START | params))


def stopping(**params):
    return regressor(**({"early_stopping": True, "max_iter": 40, "n_iter_no_change": 50} | params))


def turned(X):
    """The same rows in other features."""
    return -X[:, ::-1] * 2


# The best score


def metric(estimator, X, y):
    return -float(np.abs(estimator.predict(X) - y).mean())


def by(power):
    def metric(estimator, X, y):
        return -float((np.abs(estimator.predict(X) - y) ** power).mean())

    return metric


def held_out(X_val=X_VAL, y_val=y_val, weight=None):
    return {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight}


HALF = (np.arange(30) < 15).astype(float)

OTHER_SCORES = {
    "features": ({}, {}, (X, y), (turned(X), y), {}, {}),
    "held-out features": ({}, {}, (X, y), (X, y), held_out(), held_out(turned(X_VAL))),
    "held-out targets": ({}, {}, (X, y), (X, y), held_out(), held_out(y_val=y_val + 3)),
    "held-out weights": (
        {},
        {},
        (X, y),
        (X, y),
        held_out(y_val=y_val + 3 * HALF, weight=1 - HALF),
        held_out(y_val=y_val + 3 * HALF, weight=HALF),
    ),
    "sample weights": ({}, {}, (X, y), (X, y, WEIGHT), {}, {}),
    "own split or given": ({}, {}, (X, y), (X, y), {}, held_out()),
    "another share": ({}, {"validation_fraction": 0.3}, (X, y), (X, y), {}, {}),
    "loss": (
        {"early_stopping_metric": "loss"},
        {"loss": "absolute_error"},
        (X, y),
        (X, y),
        {},
        {},
    ),
    "loss, by score": ({"loss": "poisson"}, {"loss": "gamma"}, *[(X, np.exp(y))] * 2, {}, {}),
    "link": ({"loss": "squared_error"}, {"loss": "poisson"}, *[(X, np.exp(y))] * 2, {}, {}),
    "activation": ({"activation": "relu"}, {"activation": "tanh"}, (X, y), (X, y), {}, {}),
    "metric": ({}, {"early_stopping_metric": "loss"}, (X, y), (X, y), {}, {}),
    "named metric": (
        {"early_stopping_metric": "neg_mean_absolute_error"},
        {"early_stopping_metric": "neg_mean_squared_error"},
        (X, y),
        (X, y),
        {},
        {},
    ),
    "closure": (
        {"early_stopping_metric": by(1)},
        {"early_stopping_metric": by(2)},
        (X, y),
        (X, y),
        {},
        {},
    ),
    "precision": ({}, {"dtype": "float32"}, (X, y), (X, y), {}, {}),
}


@pytest.mark.parametrize("name", OTHER_SCORES)
def test_best_scores_of_other_things_do_not_compare(name):
    before, after, data, other_data, more, other_more = OTHER_SCORES[name]
    model = stopping(**before).fit(*data, **more)
    model._states[0]["best_score"] = 1e9  # one that nothing beats
    model.set_params(**after, max_iter=3).fit(*other_data, **other_more)
    assert model.best_validation_score_ == max(model.validation_scores_[-3:])


@pytest.mark.parametrize("between", [lambda m: m, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        ({}, {}, {}),
        ({}, {"learning_rate_init": 0.1, "alpha": 1.0, "solver": "sgd", "tol": 0.5}, {}),
        ({"early_stopping_metric": metric}, {"early_stopping_metric": metric}, {}),
        ({"early_stopping_metric": by(2)}, {"early_stopping_metric": by(2)}, {}),
        ({"early_stopping_metric": "loss"}, {}, {"sample_weight": WEIGHT}),
        ({"ensemble_size": 2}, {}, {}),
        ({}, {"batch_size": 10, "dropout": 0.1, "shuffle": False}, held_out(weight=HALF)),
    ],
)
def test_best_scores_of_the_same_do(before, after, more, between):
    if "early_stopping_metric" not in before or before["early_stopping_metric"] == "loss":
        before = {"early_stopping_metric": "loss", **before}
    model = stopping(**before).fit(X, y, **more)
    for state in model._states:
        state["best_score"] = 1e9
    try:
        model = between(model)
    except (pickle.PicklingError, AttributeError):
        pytest.skip("a closure is not pickled")
    coefs = [coef.copy() for coef in model.coefs_]
    model.set_params(**after, max_iter=3).fit(X, y, **more)
    assert model.best_validation_score_ == 1e9
    for coef, best in zip(model.coefs_, coefs, strict=True):
        np.testing.assert_array_equal(coef, best)


def test_best_weights_from_before_early_stopping_was_off_and_on_again():
    model = stopping().fit(X, y)
    model._states[0]["best_score"] = 1e9
    model.set_params(early_stopping=False, max_iter=2).fit(X, y)
    model.set_params(early_stopping=True, max_iter=2).fit(X, y)
    assert model.best_validation_score_ == max(model.validation_scores_[-2:])


def test_best_weights_after_calls_of_partial_fit():
    model = stopping().fit(X, y)
    model._states[0]["best_score"] = 1e9
    model.set_params(early_stopping=False).partial_fit(X, y)
    model.set_params(early_stopping=True, max_iter=2).fit(X, y)
    assert model.best_validation_score_ == max(model.validation_scores_[-2:])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_weights_that_a_user_assigns_have_no_best_score_or_loss(early_stopping):
    model = regressor(early_stopping=early_stopping, max_iter=30, n_iter_no_change=50).fit(X, y)
    model.coefs_ = [np.full_like(coef, 0.5) for coef in model.coefs_]
    model.set_params(max_iter=2).fit(X, y)
    if early_stopping:
        assert model.best_validation_score_ == max(model.validation_scores_[-2:])
        assert (model.coefs_[0] != 0.5).any()
    else:
        assert model.best_loss_ == min(model.loss_curve_[-2:])


class Holding:
    """A metric that holds what only its own process knows."""

    def __init__(self):
        self.lock = threading.Lock()

    def __call__(self, estimator, X, y):
        with self.lock:
            return metric(estimator, X, y)


def test_a_metric_that_cannot_be_known_starts_anew_and_says_so_once():
    model = stopping(early_stopping_metric=Holding(), ensemble_size=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    for state in model._states:
        state["best_score"] = 1e9
    with pytest.warns(UserWarning, match=r"holds a _thread\.lock, so it cannot be known") as said:
        model.set_params(max_iter=2).fit(X, y)
    assert sum("cannot be known" in str(each.message) for each in said) == 1
    last = [max(scores[-2:]) for scores in model.validation_scores_]
    assert model.best_validation_score_ == pytest.approx(np.mean(last), abs=1e-12)


# The best loss and patience


@pytest.mark.parametrize(
    ("before", "after", "data"),
    [
        ({}, {"loss": "absolute_error"}, (X, y)),
        ({}, {"alpha": 10.0}, (X, y)),
        ({}, {"penalty": "l1"}, (X, y)),
        ({}, {"activation": "tanh"}, (X, y)),
        ({}, {"dropout": 0.5}, (X, y)),
        ({}, {"input_noise": 1.0}, (X, y)),
        ({}, {}, (X, 10 * y)),
        ({}, {}, (turned(X), y)),
        ({}, {}, (X, y, WEIGHT)),
        ({"solver": "lbfgs"}, {"solver": "adam"}, (X, y)),
    ],
)
def test_best_losses_of_other_things_do_not_compare(before, after, data):
    """A second call goes on for as long as its own loss falls."""
    model = regressor(**before).fit(X, y)
    model._states[0]["best_loss"] = -1e9  # one that nothing beats
    model._states[0]["no_improvement"] = 3
    model.set_params(**after, max_iter=6, tol=0, n_iter_no_change=2).fit(*data)
    assert model.n_iter_ > 1
    assert model.best_loss_ == min(model.loss_curve_[5 if not before else -6 :])


@pytest.mark.parametrize(
    "after", [{"learning_rate_init": 1e-4}, {"solver": "sgd"}, {"batch_size": 10}, {"tol": 0.0}]
)
def test_best_losses_of_the_same_do(after):
    model = regressor().fit(X, y)
    model._states[0]["best_loss"] = -1e9
    model.set_params(**after, n_iter_no_change=2).fit(X, y)
    assert model.best_loss_ == -1e9
    assert model.n_iter_ == 3


def converged(**params):
    model = regressor(tol=10.0, n_iter_no_change=2, max_iter=50, **params).fit(X, y)
    assert model.n_iter_ < 50
    return model


def test_a_network_that_had_converged_has_its_patience_anew_where_something_changed():
    model = converged()
    assert clone(model).fit(X, y).n_iter_ == 4  # the first epoch improves on nothing at all
    assert pickle.loads(pickle.dumps(model)).fit(X, y).n_iter_ == 1
    for after in ({"learning_rate_init": 0.1}, {"solver": "sgd"}, {"n_iter_no_change": 5}):
        changed = pickle.loads(pickle.dumps(model)).set_params(**after).fit(X, y)
        assert changed.n_iter_ == changed.n_iter_no_change + 1


# Members of an ensemble that had come to their end

NOISY = X[:, 0] + 0.5 * np.random.RandomState(5).normal(size=80)


def ensemble(**params):
    return regressor(
        **({"ensemble_size": 4, "tol": 0.03, "n_iter_no_change": 1, "max_iter": 10} | params)
    )


def lengths(model):
    return [len(curve) for curve in model.loss_curve_]


def assert_same(one, other):
    assert one.history_["loss"] == other.history_["loss"]
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("between", [lambda m: m, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "sgd", "learning_rate_init": 0.05, "tol": 0.015},
        {"learning_rate": Adaptive(min_rate=0.008)},
        {"dropout": 0.1},
        {"early_stopping": True, "tol": 0.02},
        {"early_stopping": True, "tol": 0.02, "early_stopping_metric": by(1)},
        {"random_state": np.random.RandomState(3)},
    ],
)
@pytest.mark.parametrize("parts", [(5, 5), (3, 4, 3), (9, 1)])
def test_the_epochs_of_several_calls_are_those_of_one(params, parts, between):
    whole = clone(ensemble(**params)).fit(X, NOISY)
    assert min(lengths(whole)) < max(lengths(whole)) == 10  # else this test shows nothing
    model = clone(ensemble(**params))
    for n_epochs in parts:
        model.set_params(max_iter=n_epochs).fit(X, NOISY)
        if "early_stopping_metric" not in params:
            model = between(model)
    assert_same(model, whole)


def test_a_member_that_had_diverged_stands_still_too():
    class Exploding(Adam):
        def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
            super().step(params, grads, state, learning_rate, n_weights, step_size)
            bad = (state["t"][:, 0] == 10) & (params[:, 0] > THRESHOLD)
            params[bad, 0] = np.inf

    first = ensemble(max_iter=2, tol=0).fit(X, NOISY).coefs_[0][:, 0, 0]
    THRESHOLD = np.sort(first)[-2:].mean()  # one of four is above it
    params = {"solver": Exploding(), "tol": 0, "n_iter_no_change": 50}
    with pytest.warns(ConvergenceWarning, match="non-finite.* in epoch 3"):
        whole = ensemble(**params).fit(X, NOISY)
    assert sorted(lengths(whole)) == [2, 10, 10, 10]
    model = ensemble(**params).set_params(max_iter=5).fit(X, NOISY)
    with pytest.warns(ConvergenceWarning, match="non-finite.* in an earlier call.*last finite"):
        model.fit(X, NOISY)
    assert_same(model, whole)


@pytest.mark.parametrize(
    "after", [{"learning_rate_init": 0.02}, {"tol": 0.02}, {"alpha": 1.0}, {"solver": "sgd"}]
)
def test_a_parameter_that_changes_trains_all_members_on(after):
    model = ensemble(max_iter=9).fit(X, NOISY)
    before = lengths(model)
    assert min(before) < 9
    model.set_params(**after, max_iter=1).fit(X, NOISY)
    assert lengths(model) == [n + 1 for n in before]


def test_other_data_or_weights_train_all_members_on():
    for data in ((turned(X), NOISY), (X, NOISY + 1), (X, NOISY, WEIGHT)):
        model = ensemble(max_iter=9).fit(X, NOISY)
        before = lengths(model)
        model.set_params(max_iter=1).fit(*data)
        assert lengths(model) == [n + 1 for n in before]
    model = ensemble(max_iter=9).fit(X, NOISY)
    model.coefs_[0][:] = 0.1
    model.set_params(max_iter=1).fit(X, NOISY)
    assert lengths(model) == [n + 1 for n in before]


def test_partial_fit_trains_all_members_on():
    model = ensemble(max_iter=9).fit(X, NOISY)
    before = lengths(model)
    model.partial_fit(X, NOISY)
    assert lengths(model) == [n + 1 for n in before]


def test_a_call_that_finds_all_members_converged_trains_them_on():
    model = ensemble(max_iter=50).fit(X, NOISY)
    before = lengths(model)
    assert max(before) < 50
    model.set_params(max_iter=1).fit(X, NOISY)
    assert lengths(model) == [n + 1 for n in before]


def test_an_interrupted_call_keeps_members_that_stand_still():
    model = ensemble(max_iter=8).fit(X, NOISY)
    whole = pickle.loads(pickle.dumps(model)).set_params(max_iter=2).fit(X, NOISY)
    before = lengths(model)
    assert min(before) < 8 == max(before)

    class Interrupt:
        def setup(self, estimator, context):
            self.n = 0

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            self.n += 1
            if self.n == 2:
                raise KeyboardInterrupt

    model.set_params(max_iter=4).set_callbacks(Interrupt())
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, NOISY)
    assert lengths(model) == lengths(whole)
    assert_same(model, whole)


# States of 0.1.0


def as_0_1_0_wrote_it(model, targets):
    """The model with states of 0.1.0, which lack what came later."""
    model = pickle.loads(pickle.dumps(model))
    for state in model._states:
        for name in ("factors", "conditions", "ended"):
            del state[name]
        state["score_of"] = ""
        if model.early_stopping:
            checksum = zlib.crc32(np.ascontiguousarray(targets).data)
            state["score_of"] = f"{model.early_stopping_metric!r} {checksum}"
    return model


@pytest.mark.parametrize(
    "params", [{}, {"early_stopping_metric": "loss"}, {"early_stopping_metric": metric}]
)
def test_states_of_0_1_0_go_on_with_their_best_scores_and_weights(params):
    given = held_out()
    model = stopping(max_iter=12, learning_rate_init=0.3, **params).fit(X, y, **given)
    old = as_0_1_0_wrote_it(model, y_val[:, None])
    for state in (model._states[0], old._states[0]):
        state["best_score"] = 1e9
    for each in (model, old):
        each.set_params(max_iter=3).fit(X, y, **given)
        assert each.best_validation_score_ == 1e9
    assert_same(old, model)
    other = as_0_1_0_wrote_it(model, y_val[:, None] + 1).fit(X, y, **given)
    assert other.best_validation_score_ == max(other.validation_scores_[-3:])


def test_states_of_0_1_0_go_on_with_their_best_losses_and_patience():
    model = converged()
    old = as_0_1_0_wrote_it(model, None)
    assert_same(model.fit(X, y), old.fit(X, y))
    assert old.best_loss_ == model.best_loss_
    assert old.n_iter_ == 1


# Every parameter

SAMPLE = {
    "hidden_layer_sizes": ((7,), "shape has changed"),
    "activation": ("tanh", "effect"),
    "solver": (RMSprop(), "effect"),
    "alpha": (1.0, "effect"),
    "batch_size": (7, "effect"),
    "learning_rate": ("exponential", "effect"),
    "learning_rate_init": (0.1, "effect"),
    "power_t": (0.9, "effect"),
    "max_iter": (3, "effect"),
    "shuffle": (False, "effect"),
    "tol": (10.0, "stops"),
    "momentum": (0.1, "effect"),
    "nesterovs_momentum": (False, "effect"),
    "early_stopping": (True, "effect"),
    "validation_fraction": (0.4, "effect"),
    "beta_1": (0.3, "effect"),
    "beta_2": (0.8, "effect"),
    "epsilon": (1.0, "effect"),
    "n_iter_no_change": (1, "stops"),
    "max_fun": (1, "effect"),
    "loss": ("absolute_error", "effect"),
    "penalty": ("l1", "effect"),
    "activity_penalty": ("l2", "effect"),
    "activity_alpha": (5.0, "effect"),
    "dropout": (0.5, "effect"),
    "input_dropout": (0.5, "effect"),
    "input_noise": (1.0, "effect"),
    "regularization_schedule": ("exponential", "effect"),
    "max_norm": (0.1, "effect"),
    "gradient_clipping": (1e-3, "effect"),
    "early_stopping_metric": ("loss", "metric"),
    "time_limit": (1e-9, "stops"),
    "standardize_y": (True, "differs from the last call"),
    "class_weight": ("balanced", "effect"),
    "dtype": ("float32", "effect"),
    "ensemble_size": (2, "shape has changed"),
    # Those of the first call, where training starts, and what does not touch training.
    "random_state": (1, "none"),
    "initialization": ("orthogonal", "none"),
    "bias_initialization": (0.5, "none"),
    "pretraining": ("autoencoder", "none"),
    "verbose": (True, "none"),
    "warm_start": (False, "anew"),
}

NEEDS = {
    "tol": {"n_iter_no_change": 1},
    "n_iter_no_change": {"tol": 10.0},
    "power_t": {"learning_rate": "invscaling"},
    "momentum": {"solver": "sgd"},
    "nesterovs_momentum": {"solver": "sgd"},
    "max_fun": {"solver": "lbfgs"},
    "validation_fraction": {"early_stopping": True},
    "early_stopping_metric": {"early_stopping": True},
    "regularization_schedule": {"dropout": 0.3},
    "activity_alpha": {"activity_penalty": "l1"},
    "activity_penalty": {"activity_alpha": 1.0},
}
"""What a parameter has an effect with."""


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("name", SAMPLE)
def test_every_parameter_that_changes_has_its_effect_or_is_an_error(name, early_stopping):
    value, effect = SAMPLE[name]
    needs = {"early_stopping": early_stopping} | NEEDS.get(name, {})
    if name == "early_stopping":
        needs = {"early_stopping": False}
    cls, targets = (MLPClassifier, LABELS) if name == "class_weight" else (MLPRegressor, y)
    params = COMMON | {"n_iter_no_change": 20} | needs
    first = cls(**params).fit(X, targets)
    unchanged, changed = (pickle.loads(pickle.dumps(first)) for _ in range(2))
    unchanged.fit(X, targets)
    changed.set_params(**{name: value})
    if effect in ("shape has changed", "differs from the last call"):
        with pytest.raises(ValueError, match=effect):
            changed.fit(X, targets)
        return
    changed.fit(X, targets)
    same = all(np.array_equal(a, b) for a, b in zip(changed.coefs_, unchanged.coefs_, strict=True))
    if effect == "effect":
        assert not same or changed.loss_curve_ != unchanged.loss_curve_
    elif effect == "stops":
        assert changed.n_iter_ < unchanged.n_iter_
    elif effect == "metric":
        assert changed.validation_scores_[:5] == unchanged.validation_scores_[:5]
        assert changed.best_validation_score_ == max(changed.validation_scores_[5:])
        assert changed.validation_scores_[5:] != unchanged.validation_scores_[5:]
    elif effect == "anew":
        assert len(changed.loss_curve_) == 5
        assert not hasattr(changed, "_states")
    else:
        assert same


def test_every_parameter_is_in_the_table():
    assert SAMPLE.keys() == MLPRegressor().get_params().keys() | MLPClassifier().get_params().keys()
