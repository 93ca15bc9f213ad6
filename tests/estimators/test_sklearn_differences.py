"""Where scikit-learn contradicts itself: what it does, what ours does instead."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.neural_network._multilayer_perceptron as theirs_module
import versions
from numpy.testing import assert_allclose, assert_array_equal
from parity import assert_same, fit_pair, make_pair, make_task
from scipy.special import expit, log_softmax, softmax
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer, log_loss
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neural_network._base import binary_log_loss

from sklearn_relu import MLPClassifier

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = [
    versions.with_the_same_mlp,
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


class TestScikitLearnsMultiOutputLbfgs:
    """scikit-learn's squared error is the mean over the outputs, its gradient that of the sum.

    Its L-BFGS works with a function and the gradient of another one, so ours differs on purpose:
    it minimizes the sum, and reports the mean in `loss_` as scikit-learn does.
    """

    def test_its_gradient_is_not_that_of_its_loss(self):
        task = make_task("multi-output")
        _, theirs = fit_pair(task, solver="lbfgs", activation="tanh", alpha=0.0, max_iter=2)
        X, y = task.X, task.y
        n_layers = len(theirs.coefs_)

        def backprop():
            lists = [[None] * n_layers for _ in range(3)]
            return theirs._backprop(X, y, None, [X] + [None] * n_layers, *lists)

        _, coef_grads, _ = backprop()
        grad = [g.copy() for g in coef_grads]
        rng = np.random.RandomState(0)
        direction = [rng.normal(size=c.shape) for c in theirs.coefs_]
        slope = sum(np.vdot(g, d) for g, d in zip(grad, direction, strict=True))
        losses = []
        start = [c.copy() for c in theirs.coefs_]
        for step in (1e-5, -1e-5):
            theirs.coefs_ = [c + step * d for c, d in zip(start, direction, strict=True)]
            losses.append(backprop()[0])
        assert_allclose(slope, 3 * (losses[0] - losses[1]) / 2e-5, rtol=1e-6)

    def test_ours_reaches_the_least_squares_optimum_and_is_not_worse(self):
        task = make_task("multi-output")
        design = np.column_stack([task.X, np.ones(len(task.X))])
        solution = np.linalg.lstsq(design, task.y, rcond=None)[0]
        optimum = 0.5 * np.mean((design @ solution - task.y) ** 2)
        ours, theirs = fit_pair(
            task, hidden_layer_sizes=(), solver="lbfgs", alpha=0.0, tol=1e-9, max_iter=500
        )
        assert_allclose(np.vstack([ours.coefs_[0], ours.intercepts_[0]]), solution, atol=1e-6)
        assert_allclose(ours.loss_, optimum, rtol=1e-10)
        assert ours.loss_ <= theirs.loss_ * (1 + 1e-12)

    def test_one_output_is_consistent_so_columns_fitted_alone_agree(self):
        """The same problem, its outputs one by one: nothing of the difference is left."""
        task = make_task("multi-output")
        for column in task.y.T:
            assert_same(*fit_pair(task, y=column, solver="lbfgs"), task.X_new)


class TestScikitLearnsLogLoss:
    """scikit-learn takes its log loss from probabilities, clipped to machine epsilon.

    Its loss of a sample is at most 36, and has lost digits well below that; its gradient is the
    exact one. An L-BFGS line search that tries a step at which samples saturate is then misled.
    Ours takes the loss from the raw outputs.
    """

    def test_its_loss_is_clipped_and_ours_is_not(self):
        """After one epoch of steps that change nothing, the loss is that of the first weights."""
        task = make_task("binary")
        params = {"hidden_layer_sizes": (), "solver": "sgd", "learning_rate_init": 1e-300}
        ours, theirs = fit_pair(task, X=1e4 * task.X, alpha=0.0, max_iter=1, **params)
        raw = 1e4 * task.X @ ours.coefs_[0] + ours.intercepts_[0]
        y = (task.y == "yes")[:, None]
        assert_allclose(ours.loss_, np.logaddexp(0, np.where(y, -raw, raw)).mean(), rtol=1e-12)
        assert_allclose(theirs.loss_, binary_log_loss(y, expit(raw)), rtol=1e-12)
        assert ours.loss_ > 1000
        assert theirs.loss_ < 37

    @pytest.mark.parametrize("hidden_layer_sizes", [(7, 4), (5, 4, 3)], ids=str)
    @pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
    def test_with_the_exact_loss_its_lbfgs_gives_our_model(
        self, task, hidden_layer_sizes, monkeypatch
    ):
        """scikit-learn's own code, but for the loss, which sees the raw outputs."""
        seen = {}

        def link(raw, inverse):
            seen["raw"] = raw.copy()
            raw[...] = inverse(raw)

        def binary_loss(y, proba, sample_weight):
            return np.logaddexp(0, np.where(y, -seen["raw"], seen["raw"])).sum() / len(y)

        def softmax_loss(y, proba, sample_weight):
            return -log_softmax(seen["raw"], axis=1)[y].sum() / len(y)

        def softmax_link(raw):
            link(raw, lambda raw: softmax(raw, axis=1))

        activations, losses = theirs_module.ACTIVATIONS, theirs_module.LOSS_FUNCTIONS
        monkeypatch.setitem(activations, "logistic", lambda raw: link(raw, expit))
        monkeypatch.setitem(activations, "softmax", softmax_link)
        monkeypatch.setitem(losses, "binary_log_loss", binary_loss)
        monkeypatch.setitem(losses, "log_loss", softmax_loss)
        task = make_task(task)
        ours, theirs = fit_pair(task, solver="lbfgs", hidden_layer_sizes=hidden_layer_sizes)
        assert_same(ours, theirs, task.X_new)


def test_only_its_regressor_offers_partial_fit_with_lbfgs():
    """scikit-learn's regressor forgets to call its check of the solver."""
    classifier, _ = make_pair(make_task("binary"), solver="lbfgs")
    ours, theirs = make_pair(make_task("single-output"), solver="lbfgs")
    assert hasattr(theirs, "partial_fit")
    assert not hasattr(ours, "partial_fit")
    assert not hasattr(classifier, "partial_fit")


def test_its_lbfgs_turns_float32_into_float64():
    """Ours runs L-BFGS in float64 too, but leaves parameters and predictions in X's precision."""
    task = make_task("binary")
    ours, theirs = fit_pair(task, X=task.X.astype(np.float32), solver="lbfgs")
    X_new = task.X_new.astype(np.float32)
    assert {array.dtype for array in theirs.coefs_ + theirs.intercepts_} == {np.dtype(np.float64)}
    assert {array.dtype for array in ours.coefs_ + ours.intercepts_} == {np.dtype(np.float32)}
    assert theirs.predict_proba(X_new).dtype == np.float64
    assert ours.predict_proba(X_new).dtype == np.float32


@pytest.mark.parametrize("schedule", ["invscaling", "adaptive"])
def test_its_adam_ignores_the_learning_rate_schedule(schedule):
    """Ours takes any schedule under any stochastic solver; "constant" is the default of both."""
    task = make_task("binary")
    params = {"learning_rate_init": 0.02, "n_iter_no_change": 2, "tol": 0.01, "max_iter": 60}
    ours, theirs = fit_pair(task, learning_rate=schedule, **params)
    constant, same = fit_pair(task, **params)
    assert theirs.loss_curve_ == same.loss_curve_
    assert ours.loss_curve_ != constant.loss_curve_
    assert_same(constant, theirs, task.X_new)


def test_it_predicts_a_class_where_its_outputs_are_nan():
    """Ours raises."""
    ours, theirs = fit_pair(make_task("multiclass"))
    X = 1.7e308 * np.random.RandomState(0).choice([-1, 1], (50, ours.n_features_in_))
    with np.errstate(all="ignore"):
        assert np.isnan(theirs.predict_proba(X)).any()
        assert len(theirs.predict(X)) == 50
    for call in (ours.predict, ours.predict_proba, ours.decision_function):
        with pytest.raises(ValueError, match=r"not finite for \d+ of 50"):
            call(X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_its_loss_is_infinite_where_targets_are_beyond_float32():
    """Ours names y."""
    task = make_task("single-output")
    ours, theirs = make_pair(task, max_iter=2)
    X = task.X.astype(np.float32)
    with np.errstate(over="ignore"):
        assert theirs.fit(X, task.y * 1e200).loss_ == np.inf
    with pytest.raises(ValueError, match="y must be finite in float32"):
        ours.fit(X, task.y * 1e200)


@pytest.mark.parametrize(
    ("given", "error", "its_words", "our_words"),
    [
        (
            {"X": np.array([[10**400]] * 3, object)},
            OverflowError,
            "too large to convert",
            "X contains a value too large for float64",
        ),
        (
            {"y": np.array([10**400] * 3, object)},
            OverflowError,
            "too large to convert",
            "y must be numbers for a regressor",
        ),
        (
            {"X": pd.DataFrame(index=range(3))},
            ValueError,
            "at least one array or dtype",
            r"Found array with 0 feature\(s\)",
        ),
        (
            {"sample_weight": ["a", "b", "c"]},
            ValueError,
            "^could not convert string to float",
            "sample_weight must hold one number for each row",
        ),
    ],
    ids=["X", "y", "no columns", "weights"],
)
def test_it_passes_on_errors_of_conversions(given, error, its_words, our_words):
    """Ours says what is wrong with what."""
    ours, theirs = make_pair(make_task("single-output"))
    data = {"X": np.ones((3, 2)), "y": np.arange(3.0)} | given
    with pytest.raises(error, match=its_words):
        theirs.fit(**data)
    with pytest.raises(ValueError, match=our_words):
        ours.fit(**data)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("label", ["only", 7, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
class TestASingleClass:
    """Its probability is 1, in one column, as scikit-learn's forests have it."""

    def models(self, dtype, label, size):
        inputs = np.random.RandomState(0).normal(size=(30, 3)).astype(dtype)
        labels = np.full(30, label)
        params = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}
        model = MLPClassifier(**params, ensemble_size=size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(inputs, labels)
            going_on = clone(model).partial_fit(inputs, labels, classes=[label])
        return inputs, (model, going_on)

    def test_probabilities_are_those_of_a_forest(self, dtype, label, size):
        inputs, models = self.models(dtype, label, size)
        forest = RandomForestClassifier(2).fit(inputs, np.full(30, label))
        for model in models:
            assert_array_equal(model.classes_, forest.classes_)
            assert_array_equal(model.predict(inputs), forest.predict(inputs))
            proba = model.predict_proba(inputs)
            assert proba.dtype == dtype
            assert_array_equal(proba, forest.predict_proba(inputs))
            assert_array_equal(model.predict_log_proba(inputs), forest.predict_log_proba(inputs))
            assert model.decision_function(inputs).shape == (30,)
            assert model.score(inputs, np.full(30, label)) == 1.0
            with pytest.raises(ValueError, match="3 features"):
                model.predict_proba(inputs[:, :2])

    def test_metrics_say_of_it_what_they_say_of_a_forest(self, dtype, label, size):
        inputs, (model, _) = self.models(dtype, label, size)
        labels = np.full(30, label)
        proba = model.predict_proba(inputs)
        if isinstance(label, str):
            assert log_loss(labels, proba, labels=["another", label]) < 1e-6
        forest = RandomForestClassifier(2).fit(inputs, labels)
        for each in (model, forest):
            with pytest.raises(ValueError, match="need classifier with two classes"):
                get_scorer("neg_log_loss")(each, inputs, labels)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_of_a_single_class_scikit_learn_s_own_has_two_columns():
    theirs = theirs_module.MLPClassifier((4,), max_iter=3).fit(np.eye(3), np.ones(3))
    assert len(theirs.classes_) == 1
    assert theirs.predict_proba(np.eye(3)).shape == (3, 2)


@pytest.mark.filterwarnings("ignore:Number of classes in training fold:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_cross_validation_finds_the_column_of_a_class_that_is_alone_in_a_fold():
    inputs = np.random.RandomState(0).normal(size=(40, 2))
    labels = np.repeat([0, 1], 20)
    model = MLPClassifier((3,), max_iter=1, random_state=0)
    proba = cross_val_predict(model, inputs, labels, cv=KFold(2), method="predict_proba")
    assert_array_equal(proba, np.eye(2)[1 - labels])
