"""An estimator is one file: its architecture, and a class for each kind of targets."""

import pickle
from numbers import Integral
from typing import Any

import numpy as np
import pytest
import versions
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_checks

from sklearn_relu import (
    MLPClassifier,
    MLPRegressor,
    activation_report,
    gradient_report,
    load,
    local_linear_map,
    lockstep,
    save,
    to_onnx,
)
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.estimators import ESTIMATORS
from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.describing import Parameter
from sklearn_relu.estimators.mlp import MLP
from sklearn_relu.estimators.numbers import Numbers
from sklearn_relu.inspection import hidden_activations, prune, signal_report, verdict
from sklearn_relu.parameters import store_parameters
from sklearn_relu.scorers import dead_units_scorer, n_parameters_scorer
from sklearn_relu.sklearn_private import Interval

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
XR, YR = make_regression(80, 4, random_state=0)
YR = YR / YR.std()
SMALL: dict[str, Any] = {"max_iter": 30, "random_state": 0, "learning_rate_init": 0.01}


class Bottleneck(MLP):
    """Hidden layers of which the last has `n_bottleneck` units."""

    _described_parameters = {
        "n_bottleneck": Parameter(
            "int", [Interval(Integral, 1, None, closed="left")], "Units of the last hidden layer."
        )
    }

    def _hidden_units(self):
        return [*super()._hidden_units(), self.n_bottleneck]

    def _set_hidden_units(self, units):
        *before, self.n_bottleneck = units
        super()._set_hidden_units(before)


class BottleneckClassifier(Classes, Bottleneck):
    """A classifier.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}
    """

    def __init__(
        self,
        n_bottleneck=2,
        *,
        hidden_layer_sizes=(8,),
        activation="relu",
        max_iter=200,
        learning_rate_init=0.001,
        early_stopping=False,
        batch_size="auto",
        warm_start=False,
        random_state=None,
        class_weight=None,
        ensemble_size=1,
    ):
        store_parameters(self, locals())


class BottleneckRegressor(Numbers, Bottleneck):
    """A regressor."""

    def __init__(
        self,
        n_bottleneck=2,
        hidden_layer_sizes=(8,),
        max_iter=200,
        learning_rate_init=0.001,
        early_stopping=False,
        batch_size="auto",
        standardize_y=False,
        random_state=None,
    ):
        store_parameters(self, locals())


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    for cls in (BottleneckClassifier, BottleneckRegressor):
        monkeypatch.setitem(ESTIMATORS, cls.__name__, cls)


def assert_same(one, other):
    for first, second in zip(one.coefs_, other.coefs_, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture(scope="module")
def model():
    return BottleneckClassifier(3, **SMALL).fit(X, Y)


def test_it_is_the_perceptron_that_it_describes(model):
    assert_same(model, MLPClassifier((8, 3), **SMALL).fit(X, Y))
    own = BottleneckRegressor(3, **SMALL).fit(XR, YR)
    plain = MLPRegressor(hidden_layer_sizes=(8, 3), **SMALL).fit(XR, YR)
    assert_same(own, plain)
    np.testing.assert_array_equal(own.predict(XR), plain.predict(XR))
    assert model.predict_proba(X).shape == (150, 3)
    assert set(model.predict(X)) <= {0, 1, 2}


def test_its_parameters_are_its_own():
    params = {"n_bottleneck": 4, **SMALL}
    copied = clone(BottleneckClassifier(**params))
    assert repr(copied).startswith("BottleneckClassifier(")
    assert {name: copied.get_params()[name] for name in params} == params
    assert "momentum" not in copied.get_params()
    with pytest.raises(ValueError, match="'n_bottleneck' parameter of BottleneckClassifier must"):
        BottleneckClassifier(0).fit(X, Y)
    with pytest.raises(ValueError, match="Invalid parameter 'momentum'"):
        copied.set_params(momentum=0.5)


def test_a_parameter_that_it_does_not_offer_has_its_default(model):
    assert model.alpha == MLPClassifier().alpha
    assert "alpha" not in vars(model)


def test_its_docstring_is_complete():
    doc = BottleneckClassifier.__doc__
    assert "n_bottleneck : int, default=2\n        Units of the last hidden layer." in doc
    assert "ensemble_size : int, default=1" in doc
    assert "classes_ : ndarray of shape (n_classes,)" in doc
    assert "{parameters}" not in doc
    assert "{attributes}" not in doc


@pytest.mark.parametrize("cls", [BottleneckClassifier, BottleneckRegressor])
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_dict_unchanged,
        estimator_checks.check_estimators_dtypes,
        estimator_checks.check_fit_score_takes_y,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_mixin_order,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_param_validation,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_set_params,
    ],
    ids=lambda check: check.__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_it_passes_the_checks_of_scikit_learn(check, cls):
    check(cls.__name__, cls(max_iter=5))


def test_it_goes_on_call_by_call(model):
    by_call = BottleneckClassifier(3, **SMALL)
    for _ in range(model.n_iter_):
        by_call.partial_fit(X, Y, classes=[0, 1, 2])
    assert_same(by_call, model)
    warm = BottleneckClassifier(3, **SMALL | {"max_iter": 15}, warm_start=True)
    assert_same(warm.fit(X, Y).fit(X, Y), model)
    with pytest.raises(ValueError, match="its shape has changed"):
        warm.set_params(n_bottleneck=5).fit(X, Y)


def test_it_is_searched_over_alone_and_in_a_stack():
    def search():
        grid = {"n_bottleneck": [2, 4], "activation": ["relu", "tanh"]}
        return GridSearchCV(BottleneckClassifier(**SMALL), grid, cv=3).fit(X, Y)

    alone = search()
    with lockstep() as stacks:
        together = search()
    assert max(stacks.sizes) > 1
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(together.cv_results_[name], alone.cv_results_[name])
    assert_same(together.best_estimator_, alone.best_estimator_)


def test_it_is_saved_and_pickled(model, tmp_path):
    save(model, tmp_path / "model.relu")
    for copied in (load(tmp_path / "model.relu"), pickle.loads(pickle.dumps(model))):
        assert type(copied) is BottleneckClassifier
        assert copied.get_params() == model.get_params()
        np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))


def test_one_that_is_not_registered_is_not_saved(model, tmp_path, monkeypatch):
    monkeypatch.delitem(ESTIMATORS, "BottleneckClassifier")
    with pytest.raises(TypeError, match="save takes MLPClassifier"):
        save(model, tmp_path / "model.relu")


@versions.with_callbacks
def test_it_goes_on_from_a_checkpoint(model, tmp_path):
    class Stop(Checkpoint):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch" and context.task_id == 11:
                raise KeyboardInterrupt

    path = tmp_path / "fit.ckpt"
    fresh = BottleneckClassifier(3, **SMALL)
    with pytest.raises(KeyboardInterrupt):
        clone(fresh).set_callbacks(Stop(path)).fit(X, Y)
    assert path.exists()
    resumed = clone(fresh).set_callbacks(Checkpoint(path)).fit(X, Y)
    assert_same(resumed, model)
    with pytest.raises(ValueError, match="n_bottleneck was 3, now 4"):
        clone(fresh).set_params(n_bottleneck=4).set_callbacks(Checkpoint(path)).fit(X, Y)


def test_it_is_looked_into(model):
    assert activation_report(model, X).unit_firing_rate[1].shape == (3,)
    assert len(gradient_report(model, X, Y).weight_norms) == 3
    assert len(signal_report(BottleneckRegressor(), XR).forward) == 2
    assert hidden_activations(model, X).shape == (150, 3)
    pieces = local_linear_map(model, X)
    raw = (pieces.coef @ X[:, :, None])[:, :, 0] + pieces.intercept
    np.testing.assert_allclose(raw, model.decision_function(X), atol=1e-9)
    assert "Verdict" in repr(verdict(model))
    assert n_parameters_scorer(model) == 4 * 8 + 8 + 8 * 3 + 3 + 3 * 3 + 3
    assert 0 <= dead_units_scorer(model, X) <= 1


def test_a_smaller_one_knows_its_shape(model):
    model = pickle.loads(pickle.dumps(model))
    model.intercepts_[0][0], model.coefs_[0][:, 0] = -100, 0  # a dead unit
    smaller = prune(model, X)
    sizes = [coef.shape[1] for coef in smaller.coefs_[:-1]]
    assert [*smaller.hidden_layer_sizes, smaller.n_bottleneck] == sizes
    assert sizes[0] < 8
    np.testing.assert_allclose(smaller.predict_proba(X), model.predict_proba(X), atol=1e-9)


@pytest.mark.parametrize(
    ("cls", "X", "y", "method"),
    [(BottleneckClassifier, X, Y, "predict_proba"), (BottleneckRegressor, XR, YR, "predict")],
)
def test_it_becomes_onnx(cls, X, y, method):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("skl2onnx")
    model = cls(**SMALL).fit(X, y)
    session = runtime.InferenceSession(to_onnx(model, X).SerializeToString())
    outputs = session.run(None, {"X": X})
    expected = getattr(model, method)(X)
    np.testing.assert_allclose(outputs[-1].reshape(expected.shape), expected, atol=1e-6)
