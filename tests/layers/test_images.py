"""A network of other layers is an architecture of ten lines; all else knows it already."""

import pickle
from typing import Any

import numpy as np
import pytest
import versions
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from sklearn_relu import (
    activation_report,
    gradient_report,
    load,
    local_linear_map,
    lockstep,
    save,
    to_onnx,
)
from sklearn_relu.activations import Identity
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.estimators import ESTIMATORS
from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.describing import Parameter
from sklearn_relu.estimators.mlp import MLP
from sklearn_relu.estimators.numbers import Numbers
from sklearn_relu.inspection import (
    hidden_activations,
    linear_regions,
    prune,
    repair_dead_units,
    signal_report,
    verdict,
)
from sklearn_relu.layers import AveragePooling, Convolution, Dense, MaxPooling
from sklearn_relu.network.stage import Stage
from sklearn_relu.parameters import store_parameters
from sklearn_relu.scorers import dead_units_scorer, n_parameters_scorer

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

X, Y = load_digits(return_X_y=True)
X = X / 16
FEW = slice(0, 300)
SMALL: dict[str, Any] = {"max_iter": 4, "random_state": 0, "learning_rate_init": 0.01}


class Images(MLP):
    """A convolution of images of one channel, a pool, and the outputs."""

    _parameters = {
        "n_filters": Parameter("int", [int], "Filters."),
        "pooling": Parameter("str", [str], "Which pool."),
    }

    def _hidden_units(self):
        return [self.n_filters]

    _takes_sparse = False

    def _layers_of(self, n_inputs, n_filters, pooling, activation, n_raw):
        side = round(n_inputs**0.5)
        convolution = Convolution((side, side, 1), n_filters, activation)
        pool = {"max": MaxPooling, "mean": AveragePooling}[pooling](convolution.output_shape)
        return [convolution, pool, Dense(pool.gives, n_raw, Identity())]

    def _stages(self, n_inputs, parts, n_raw):
        convolution, pool, outputs = self._layers_of(
            n_inputs, self.n_filters, self.pooling, parts.activations[0], n_raw
        )
        first = Stage(convolution, parts.penalties[0], parts.activity_penalties[0])
        return first, Stage(pool, dropout=parts.dropout[0]), Stage(outputs, parts.penalties[1])

    def _fitted_shape(self, stages):
        return {"n_filters_": self.n_filters, "pooling_": self.pooling}

    def _fitted_layers(self):
        n_raw, shape = self._loss.n_raw(self.n_outputs_), (self.n_filters_, self.pooling_)
        return self._layers_of(self.n_features_in_, *shape, self._activations[0], n_raw)


class ImageClassifier(Classes, Images):
    """A classifier."""

    def __init__(
        self,
        n_filters=4,
        pooling="max",
        *,
        activation="relu",
        alpha=0.0001,
        penalty="l2",
        initialization="auto",
        dropout=0.0,
        solver="adam",
        max_iter=200,
        learning_rate_init=0.001,
        early_stopping=False,
        early_stopping_metric="score",
        warm_start=False,
        random_state=None,
        ensemble_size=1,
        dtype=None,
    ):
        store_parameters(self, locals())


class ImageRegressor(Numbers, Images):
    """A regressor."""

    def __init__(
        self, n_filters=4, pooling="max", max_iter=200, learning_rate_init=0.001, random_state=None
    ):
        store_parameters(self, locals())


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    for cls in (ImageClassifier, ImageRegressor):
        monkeypatch.setitem(ESTIMATORS, cls.__name__, cls)


def assert_same(one, other):
    for first, second in zip(one.coefs_, other.coefs_, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture(scope="module")
def model():
    return ImageClassifier(**SMALL).fit(X[FEW], Y[FEW])


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("activation", ["relu", "prelu", "maxout"])
def test_it_reads_digits(pooling, activation):
    params = SMALL | {"max_iter": 20}
    model = ImageClassifier(8, pooling, activation=activation, **params).fit(X[:1200], Y[:1200])
    assert model.score(X[1200:], Y[1200:]) > 0.9
    assert model.coefs_[0].shape[0] == 9
    assert len(model.coefs_) == len(model.intercepts_) == 2


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "lbfgs", "max_iter": 200},
        {"solver": "sgd", "dropout": 0.3, "learning_rate_init": 0.05},
        {"initialization": "lsuv"},
        {"initialization": "unit_variance"},
        {"initialization": "orthogonal", "penalty": "l1", "alpha": 0.01},
        {"penalty": ["group_lasso", "l2"], "alpha": 0.01},
        {"dtype": "float32", "early_stopping": True},
    ],
    ids=str,
)
def test_all_parts_work_with_it(params):
    model = ImageClassifier(**SMALL | {"max_iter": 15} | params).fit(X[FEW], Y[FEW])
    assert model.score(X[FEW], Y[FEW]) > 0.7


def test_lsuv_gives_each_layer_the_unit_variance():
    model = ImageClassifier(initialization="lsuv", activation="tanh", **SMALL)
    for forward in signal_report(model, X[FEW], Y[FEW]).forward[:1]:
        assert 0.99 < forward < 1.01


def test_it_is_searched_over_alone_and_in_a_stack():
    def search():
        grid = {"alpha": [1e-4, 1.0], "activation": ["relu", "tanh"]}
        return GridSearchCV(ImageClassifier(**SMALL), grid, cv=3).fit(X[FEW], Y[FEW])

    alone = search()
    with lockstep() as stacks:
        together = search()
    assert max(stacks.sizes) > 1
    np.testing.assert_array_equal(
        together.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )
    assert_same(together.best_estimator_, alone.best_estimator_)


def test_an_ensemble_is_its_members():
    model = ImageClassifier(ensemble_size=2, **SMALL).fit(X[FEW], Y[FEW])
    assert model.coefs_[0].shape == (2, 9, 4)
    assert model.predict_proba(X).shape == (len(X), 10)


def test_it_goes_on_call_by_call(model):
    by_call = ImageClassifier(**SMALL)
    for _ in range(model.n_iter_):
        by_call.partial_fit(X[FEW], Y[FEW], classes=np.arange(10))
    assert_same(by_call, model)
    warm = ImageClassifier(**SMALL | {"max_iter": 2}, warm_start=True)
    assert_same(warm.fit(X[FEW], Y[FEW]).fit(X[FEW], Y[FEW]), model)


@versions.with_callbacks
def test_it_goes_on_from_a_checkpoint(model, tmp_path):
    class Stop(Checkpoint):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch" and context.task_id == 1:
                raise KeyboardInterrupt

    path = tmp_path / "fit.ckpt"
    fresh = ImageClassifier(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        clone(fresh).set_callbacks(Stop(path)).fit(X[FEW], Y[FEW])
    resumed = clone(fresh).set_callbacks(Checkpoint(path)).fit(X[FEW], Y[FEW])
    assert_same(resumed, model)


def test_it_is_saved_and_pickled(model, tmp_path):
    save(model, tmp_path / "model.relu")
    for copied in (load(tmp_path / "model.relu"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))


def test_arrays_that_do_not_fit_are_refused(model):
    model = pickle.loads(pickle.dumps(model))
    model.coefs_[1] = model.coefs_[1][1:]
    with pytest.raises(ValueError, match=r"coefs_\[1\] must be an array of shape \(64, 10\)"):
        model.predict(X)


def test_it_is_looked_into(model):
    report = activation_report(model, X[FEW])
    assert report.unit_firing_rate[0].shape == (4,)
    assert len(gradient_report(model, X[FEW], Y[FEW]).weight_norms) == 2
    assert hidden_activations(model, X[FEW], layer=0).shape == (300, 256)
    assert hidden_activations(model, X[FEW]).shape == (300, 64)
    pieces = local_linear_map(model, X[:20])
    raw = (pieces.coef @ X[:20, :, None])[:, :, 0] + pieces.intercept
    raw -= raw.mean(axis=1, keepdims=True)
    expected = model.decision_function(X[:20])
    np.testing.assert_allclose(raw, expected - expected.mean(axis=1, keepdims=True), atol=1e-8)
    assert len(linear_regions(model, X[:20]).region) == 20
    assert "Verdict" in repr(verdict(model))
    assert n_parameters_scorer(model) == 9 * 4 + 4 + 64 * 10 + 10
    assert 0 <= dead_units_scorer(model, X) <= 1


def test_units_that_cannot_be_removed_are_refused_by_name(model):
    for change in (prune, repair_dead_units):
        with pytest.raises(ValueError, match="layers; layer 1 is of kind Convolution"):
            change(model, X[FEW])


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("activation", ["relu", "gelu", "prelu", "maxout", "crelu"])
@pytest.mark.parametrize("ensemble_size", [1, 3])
def test_it_becomes_onnx(pooling, activation, ensemble_size):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("skl2onnx")
    params = SMALL | {"activation": activation, "ensemble_size": ensemble_size}
    model = ImageClassifier(3, pooling, **params).fit(X[FEW], Y[FEW])
    single = X.astype(np.float32)
    session = runtime.InferenceSession(to_onnx(model, single[:1]).SerializeToString())
    _, probabilities = session.run(None, {"X": single})
    np.testing.assert_allclose(probabilities, model.predict_proba(single), atol=1e-5)


def score_by_predictions(estimator, X, y):
    return np.mean(estimator.predict(X) == y)


def test_a_metric_of_ones_own_sees_the_network_of_this_fit(model):
    params = SMALL | {"early_stopping": True, "early_stopping_metric": score_by_predictions}
    again = clone(model).set_params(**params).fit(X[FEW], Y[FEW])
    usual = clone(model).set_params(**SMALL, early_stopping=True).fit(X[FEW], Y[FEW])
    assert again.validation_scores_ == usual.validation_scores_
    again.set_params(n_filters=2, pooling="mean").fit(X[FEW], Y[FEW])
    assert again.coefs_[0].shape == (9, 2)


def test_sparse_rows_are_refused_by_name(model):
    sparse = csr_array(X[FEW])
    for call in (
        lambda: ImageClassifier(**SMALL).fit(sparse, Y[FEW]),
        lambda: ImageClassifier(**SMALL).fit(X[FEW], Y[FEW], X_val=sparse, y_val=Y[FEW]),
        lambda: model.predict(sparse),
    ):
        with pytest.raises((TypeError, ValueError), match="dense data is required"):
            call()


def test_parameters_set_after_a_fit_change_no_prediction(model):
    later = pickle.loads(pickle.dumps(model)).set_params(pooling="mean", n_filters=7)
    np.testing.assert_array_equal(later.predict_proba(X), model.predict_proba(X))


def test_numbers_are_learned_too():
    model = ImageRegressor(8, "mean", **SMALL | {"max_iter": 100}).fit(X[FEW], Y[FEW] / 3)
    assert model.score(X[FEW], Y[FEW] / 3) > 0.6
