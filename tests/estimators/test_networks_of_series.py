"""A network of series in searches, pipelines, streams and ensembles, whatever form X has."""

import pickle

import numpy as np
import pandas as pd
import pytest
import versions
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_validate, train_test_split
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from sklearn_relu import RNNClassifier, RNNRegressor, load, lockstep, save
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.training.epochs import _Epochs

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

DRAW = np.random.default_rng(0)
LENGTHS = DRAW.integers(3, 12, 60)
Y = np.arange(60) % 2
SERIES = [DRAW.normal(size=(n, 2)) + label for n, label in zip(LENGTHS, Y, strict=True)]
NUMBERS = np.array([one.sum(axis=1).mean() for one in SERIES])


def padded(series):
    """The same as an array of 3 dimensions."""
    array = np.full((len(series), max(map(len, series)), series[0].shape[1]), np.nan)
    for row, one in zip(array, series, strict=True):
        row[: len(one)] = one
    return array


CELLS = ["rnn", "lstm"]
SCALER = StandardScaler()


def classifier(**params):
    defaults = {"max_iter": 4, "learning_rate_init": 0.01, "random_state": 0}
    return RNNClassifier(**{"hidden_layer_sizes": (5,)} | defaults | params)


def assert_same(one, other):
    for name in ("coefs_", "intercepts_"):
        for first, second in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(first, second)


FORMS = {
    "list": (SERIES, {}),
    "tuple": (tuple(SERIES), {}),
    "frames": ([pd.DataFrame(one, columns=["a", "b"]) for one in SERIES], {}),
    "three dimensions": (padded(SERIES), {}),
    "channels first": ([one.T for one in SERIES], {"channels_first": True}),
    "flat": (padded(SERIES).reshape(60, -1), {"series_shape": (11, 2)}),
    "a flat frame": (pd.DataFrame(padded(SERIES).reshape(60, -1)), {"series_shape": (11, 2)}),
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_all_forms_give_the_same_network(form, cell):
    X, params = FORMS[form]
    params = params | {"cell": cell}
    expected = classifier(cell=cell).fit(SERIES, Y)
    model = classifier(**params).fit(X, Y)
    assert_same(model, expected)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(SERIES))
    assert model.score(X, Y) == expected.score(SERIES, Y)
    assert_same(classifier(**params, early_stopping=True).fit(X, Y),
                classifier(cell=cell, early_stopping=True).fit(SERIES, Y))  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_it_learns(cell):
    model = classifier(cell=cell, max_iter=40).fit(SERIES, Y)
    assert model.score(SERIES, Y) > 0.9
    numbers = RNNRegressor(20, cell=cell, learning_rate_init=0.01, max_iter=60, random_state=0)
    assert numbers.fit(SERIES, NUMBERS).score(SERIES, NUMBERS) > 0.8


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("summary", ["last", "mean", "max"])
def test_each_series_is_as_alone(cell, summary):
    model = classifier(cell=cell, summary=summary).fit(SERIES, Y)
    together = model.predict_proba(SERIES)
    for one, expected in zip(SERIES, together, strict=True):
        np.testing.assert_allclose(model.predict_proba([one])[0], expected, rtol=1e-12)
        np.testing.assert_allclose(model.predict_proba(one[None])[0], expected, rtol=1e-12)


def test_predictions_of_longer_series():
    model = classifier().fit(SERIES, Y)
    long = DRAW.normal(size=(3, 40, 2))
    probabilities = model.predict_proba(long)
    np.testing.assert_array_equal(model.predict_proba(list(long)), probabilities)
    ended = np.pad(long, ((0, 0), (0, 9), (0, 0)), constant_values=np.nan)
    np.testing.assert_array_equal(model.predict_proba(ended), probabilities)


def test_searches_and_pipelines_take_lists():
    model = classifier()
    scores = cross_validate(model, SERIES, Y, cv=3, error_score="raise")["test_score"]
    same = cross_validate(model, padded(SERIES), Y, cv=3, error_score="raise")["test_score"]
    np.testing.assert_array_equal(scores, same)
    grid = {"hidden_layer_sizes": [(3,), (5,)], "alpha": [0.0, 0.1]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(SERIES, Y)
    with lockstep():
        stacked = GridSearchCV(model, grid, cv=2, error_score="raise").fit(SERIES, Y)
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], stacked.cv_results_[name])
    assert_same(search.best_estimator_, stacked.best_estimator_)
    halved = FunctionTransformer(lambda X: [one / 2 for one in X])
    pipeline = make_pipeline(halved, model)
    assert 0 <= cross_validate(pipeline, SERIES, Y, cv=3, error_score="raise")["test_score"][0] <= 1
    expected = clone(model).fit([one / 2 for one in SERIES], Y)
    assert_same(pipeline.fit(SERIES, Y)[-1], expected)
    X, X_test, y, y_test = train_test_split(SERIES, Y, random_state=0)
    assert model.fit(X, y).score(X_test, y_test) >= 0


def test_flat_rows_behind_a_scaler():
    X = DRAW.normal(size=(60, 8)) * 1000
    model = make_pipeline(StandardScaler(), classifier(series_shape=(4, 2))).fit(X, Y)
    assert model[-1].series_shape_ == (4, 2)
    scaled = StandardScaler().fit_transform(X).reshape(60, 4, 2)
    np.testing.assert_array_equal(model.predict_proba(X), model[-1].predict_proba(scaled))


def test_bagging_takes_arrays_and_no_lists():
    """scikit-learn makes an array of rows of X before any estimator sees it; ends may be NaN."""
    bagging = BaggingClassifier(classifier(series_shape=(11, 2)), 2, random_state=0)
    with pytest.raises(ValueError, match="inhomogeneous"):
        bagging.fit(SERIES, Y)
    with pytest.raises(ValueError, match="dim 3"):
        bagging.fit(padded(SERIES), Y)
    flat = padded(SERIES).reshape(60, -1)
    assert bagging.fit(flat, Y).predict(flat).shape == (60,)


@pytest.mark.parametrize(
    "around",
    [
        lambda: CalibratedClassifierCV(classifier(), cv=2),
        lambda: VotingClassifier([("rnn", classifier()), ("lstm", classifier(cell="lstm"))]),
        lambda: StackingClassifier([("rnn", classifier())], cv=2),
        lambda: OneVsRestClassifier(classifier()),
        lambda: TransformedTargetRegressor(RNNRegressor(3, max_iter=2), transformer=SCALER),
        lambda: MultiOutputRegressor(RNNRegressor(3, max_iter=2)),
    ],
)
def test_estimators_around_a_network_take_lists(around):
    model = around()
    y = np.stack([NUMBERS, -NUMBERS], axis=1) if isinstance(model, MultiOutputRegressor) else Y
    assert model.fit(SERIES, y).predict(SERIES).shape == y.shape


@pytest.mark.parametrize("around", [OneVsOneClassifier, SelfTrainingClassifier])
def test_estimators_that_make_a_table_take_flat_rows(around):
    with pytest.raises(ValueError, match="inhomogeneous"):
        around(classifier()).fit(SERIES, Y)
    flat = padded(SERIES).reshape(60, -1)
    y = np.where(np.arange(60) < 3, -1, Y) if around is SelfTrainingClassifier else Y
    model = around(classifier(series_shape=(11, 2))).fit(flat, y)
    assert model.predict(flat).shape == (60,)


def test_streams_of_series_of_any_length():
    model = classifier()
    for first in range(0, 60, 20):
        few = slice(first, first + 20)
        model.partial_fit(SERIES[few], Y[few], classes=[0, 1])
    assert model.series_shape_ == (max(LENGTHS[:20]), 2)
    same = classifier()
    for first in range(0, 60, 20):
        few = slice(first, first + 20)
        same.partial_fit(padded(SERIES[few]), Y[few], classes=[0, 1])
    assert_same(model, same)
    model.partial_fit([np.ones((100, 2))], [1])
    whole = classifier(max_iter=3).fit(SERIES, Y)
    steps = classifier()
    for _ in range(3):
        steps.partial_fit(SERIES, Y, classes=[0, 1])
    assert_same(whole, steps)
    with pytest.raises(ValueError, match="channels_first has changed"):
        steps.set_params(channels_first=True).partial_fit(SERIES, Y)


@pytest.mark.parametrize("params", [{}, {"channels_first": True}])
def test_held_out_series_may_have_other_lengths(params):
    X, X_val = SERIES[:40], SERIES[40:]
    longer = [np.concatenate([one, one]) for one in X_val]
    shorter = [one[:2] for one in X_val]
    seen = []

    def metric(estimator, X, y):
        seen.append(estimator.predict(X).shape)
        return estimator.score(X, y)

    def turned(series):
        return [one.T for one in series] if params else series

    for held_out in (longer, shorter):
        for metric_ in ("score", "loss", "accuracy", metric):
            model = classifier(**params, early_stopping=True, early_stopping_metric=metric_).fit(
                turned(X), Y[:40], X_val=turned(held_out), y_val=Y[40:]
            )
            assert len(model.validation_scores_) == model.n_iter_
        best = model.best_validation_score_
        assert model.score(turned(held_out), Y[40:]) == pytest.approx(best)
    assert set(seen) == {(20,)}
    with pytest.raises(ValueError, match=r"In X_val.*series of 3 channels"):
        classifier().fit(X, Y[:40], X_val=[np.ones((4, 3))] * 2, y_val=[0, 1])


def test_series_without_weight_do_not_matter():
    weight = DRAW.uniform(0.1, 2, 60)
    weight[:5] = 0
    others = [np.full((n, 2), 1e9) for n in (30, 1, 2, 3, 4)]
    model = classifier(ensemble_size=2).fit(SERIES, Y, sample_weight=weight)
    same = clone(model).fit(others + SERIES[5:], Y, sample_weight=weight)
    assert_same(model, same)
    np.testing.assert_array_equal(model.predict_proba(SERIES), same.predict_proba(SERIES))


def test_it_is_saved_and_pickled(tmp_path):
    for params, X in (({}, SERIES), ({"channels_first": True}, [one.T for one in SERIES])):
        model = classifier(**params).fit(X, Y)
        save(model, tmp_path / "model.relu")
        for again in (load(tmp_path / "model.relu"), pickle.loads(pickle.dumps(model))):
            np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
            assert again.series_shape_ == (11, 2)


@versions.with_callbacks
def test_it_goes_on_from_a_checkpoint(tmp_path):
    whole = classifier().fit(SERIES, Y)
    path = tmp_path / "fit.relu"
    calls = 0

    batches = _Epochs.batches_of_epoch

    def interrupted(self, stop=None):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        batches(self, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Epochs, "batches_of_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            classifier().set_callbacks(Checkpoint(path)).fit(SERIES, Y)
    model = classifier().set_callbacks(Checkpoint(path)).fit(padded(SERIES), Y)
    assert_same(model, whole)
