"""Whatever is handed to an estimator: the same answer as for plain numbers, or an error that was
meant; nothing that was handed over is changed, and an estimator is never half fitted."""

import linecache
import pickle
import traceback

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from input_strategies import (
    ARRAYS,
    FRAMES,
    LABELS,
    ODD_CLASS_WEIGHTS,
    SERIES,
    SPARSE,
    clothed,
    odd_columns,
    odd_tables,
    tables,
)

from sklearn_relu import MLPClassifier, MLPRegressor

SMALL = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning"),
    # Of a frame whose columns share a name, which scikit-learn refuses from 1.9 on.
    pytest.mark.filterwarnings("ignore:X has feature names, but:UserWarning"),
]


def contents(data):
    """All that is in what was handed over, to see that it stays."""
    if sp.issparse(data) and data.format in ("csr", "csc", "bsr"):
        return data.format, *(part.tobytes() for part in (data.data, data.indices, data.indptr))
    if isinstance(data, pd.Categorical):
        return repr(data)
    if isinstance(data, pd.DataFrame | pd.Series):
        return str(data.dtypes), repr(list(data.index)), repr(np.array(data).tolist())
    try:
        return pickle.dumps(data)
    except Exception:
        return repr(data)


def state_of(model):
    return {name: pickle.dumps(value) for name, value in vars(model).items()}


def outcome(course, *data):
    """What a course of calls gives, or the kind of its error."""
    try:
        return course(*data)
    except (ValueError, TypeError) as error:
        return type(error)


def assert_same(one, other):
    if isinstance(one, type) or isinstance(other, type):
        assert one is other
        return
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


COURSES = ("fit", "early stopping", "held out", "partial_fit", "warm start")


def run(course, estimator, X, y, weight=None, classes=None):
    """Fit in one of the ways, and all that is to be known of the model."""
    model = estimator(**SMALL)
    if course == "partial_fit":
        known = {} if classes is None else {"classes": classes}
        model.partial_fit(X, y, weight, **known).partial_fit(X, y, weight)
    elif course == "warm start":
        model.set_params(warm_start=True).fit(X, y, weight).fit(X, y, weight)
    elif course == "held out":
        model.fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight)
    else:
        model.set_params(early_stopping=course == "early stopping", validation_fraction=0.3)
        model.fit(X, y, weight)
    figures = [model.history_[name] for name in ("loss", "validation_loss", "validation_score")]
    found = [*figures, *model.coefs_, *model.intercepts_]
    if hasattr(model, "classes_"):
        numbers = np.searchsorted(model.classes_, model.predict(X))
        return [*found, numbers, model.predict_proba(X), model.score(X, y, weight)]
    prediction = model.predict(X)
    # scikit-learn computes it in the precision of y.
    score = round(float(model.score(X, y, weight)), 9) if len(prediction) > 1 else 0
    return [*found, prediction, score]


def weights(n_rows):
    """No weights, or one a row: plain, and in some clothes."""
    some = st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=n_rows, max_size=n_rows)
    pairs = some.map(np.array).flatmap(lambda w: st.tuples(st.just(w), clothed(ARRAYS | SERIES, w)))
    return st.just((None, ("none", None))) | pairs


@given(st.data(), tables())
def test_numbers_in_other_clothes_give_what_plain_ones_give(data, X):
    y = X @ np.arange(1.0, X.shape[1] + 1)
    _, clothed_X = data.draw(clothed(ARRAYS | FRAMES, X), label="X")
    _, clothed_y = data.draw(clothed(ARRAYS | SERIES, y), label="y")
    weight, (_, clothed_weight) = data.draw(weights(len(X)), label="sample_weight")
    course = data.draw(st.sampled_from(COURSES))
    given = clothed_X, clothed_y, clothed_weight
    before = [contents(each) for each in given]
    expected = outcome(run, course, MLPRegressor, X, y, weight)
    assert_same(outcome(run, course, MLPRegressor, *given), expected)
    assert [contents(each) for each in given] == before


@given(st.data(), tables())
def test_sparse_inputs_of_any_format_give_what_csr_gives(data, X):
    y = X @ np.arange(1.0, X.shape[1] + 1)
    plain = sp.csr_array(X)
    _, matrix = data.draw(clothed(SPARSE, plain), label="X")
    course = data.draw(st.sampled_from(COURSES))
    before = contents(matrix)
    expected = outcome(run, course, MLPRegressor, plain, y)
    found = outcome(run, course, MLPRegressor, matrix, y)
    assert isinstance(found, type) == isinstance(expected, type)
    if not isinstance(found, type):
        # Entries in another order are added in another order.
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    assert contents(matrix) == before


@given(st.data(), tables(), st.sampled_from(sorted(LABELS)))
def test_labels_of_any_kind_stand_for_their_place_among_the_classes(data, X, kind):
    labels = LABELS[kind]
    numbers = np.array(data.draw(st.lists(st.integers(0, len(labels) - 1), min_size=len(X),
                                          max_size=len(X)), label="classes"))  # fmt: skip
    numbers = np.unique(numbers, return_inverse=True)[1]
    weight, (_, clothed_weight) = data.draw(weights(len(X)), label="sample_weight")
    course = data.draw(st.sampled_from(COURSES))
    y = labels[numbers]
    before = contents(y)
    expected = outcome(run, course, MLPClassifier, X, numbers, weight, np.unique(numbers))
    found = outcome(run, course, MLPClassifier, X, y, clothed_weight, np.unique(y))
    assert_same(found, expected)
    assert contents(y) == before


# ---- What is odd or wrong ---------------------------------------------------------------------

rng = np.random.RandomState(0)
GOOD_X = rng.randint(-3, 4, (6, 3)).astype(float)
GOOD = {MLPClassifier: np.array([0, 1, 0, 1, 2, 2]), MLPRegressor: GOOD_X @ [1.0, 2.0, -1.0]}
MEANT = ("/sklearn/", "/sklearn_relu/", "/narwhals/")
OF_NUMPY = ("Cannot cast", "could not convert")
"""Errors of conversions, which scikit-learn lets through."""


def is_meant(error):
    """Whether somebody wrote the error for those who made the mistake."""
    if not isinstance(error, (ValueError, TypeError)) or not str(error):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    raised = linecache.getline(last.filename, last.lineno).strip().startswith("raise")
    return any(place in last.filename for place in MEANT) and (
        raised or any(words in str(error) for words in OF_NUMPY)
    )


def check(model, call, *given):
    """The call succeeds and leaves a finite model, or fails as meant and leaves all as it was."""
    before, parts = state_of(model), [contents(each) for each in given]
    try:
        result = call()
    except Exception as error:
        if not is_meant(error):
            raise AssertionError(f"not meant: {error!r}") from error
        assert state_of(model) == before
    else:
        for array in [*model.coefs_, *model.intercepts_]:
            assert np.isfinite(array).all()
        if isinstance(result, np.ndarray) and result.dtype.kind == "f":
            assert np.isfinite(result).all()
    assert [contents(each) for each in given] == parts


def start(data, estimator):
    """A new model, a fitted one, or one whose training goes on."""
    model = estimator(**SMALL)
    how = data.draw(st.sampled_from(["new", "fitted", "warm start", "float32"]), label="model")
    if how == "float32":
        model.set_params(dtype="float32")
    if how != "new":
        model.set_params(warm_start=how == "warm start").fit(GOOD_X, GOOD[estimator])
    return model


ESTIMATORS = st.sampled_from([MLPClassifier, MLPRegressor])


@given(st.data(), ESTIMATORS, odd_tables())
def test_any_inputs_are_used_or_refused_as_a_whole(data, estimator, X):
    model, y = start(data, estimator), GOOD[estimator]
    names = ["fit", "partial_fit", "X_val", "predict", "score"]
    names += ["decision_function", "predict_proba"] * (estimator is MLPClassifier)
    name = data.draw(st.sampled_from(names), label="call")
    known = {"classes": [0, 1, 2]} if estimator is MLPClassifier else {}
    calls = {
        "fit": lambda: model.fit(X, y),
        "partial_fit": lambda: model.partial_fit(X, y, **known),
        "X_val": lambda: model.fit(GOOD_X, y, X_val=X, y_val=y),
        "score": lambda: model.score(X, y),
    }
    check(model, calls.get(name, lambda: getattr(model, name)(X)), X)


@given(st.data(), ESTIMATORS, odd_columns())
def test_any_targets_are_used_or_refused_as_a_whole(data, estimator, y):
    model = start(data, estimator)
    classes = data.draw(st.none() | odd_columns(3), label="classes")
    known = {"classes": classes} if estimator is MLPClassifier else {}
    settings = {
        "early stopping": {"early_stopping": True, "validation_fraction": 0.4},
        "balanced": {"class_weight": "balanced"},
        "standardize_y": {"standardize_y": True},
    }
    del settings["standardize_y" if estimator is MLPClassifier else "balanced"]
    name = data.draw(st.sampled_from(["fit", "partial_fit", "y_val", *settings]), label="call")
    model.set_params(**settings.get(name, {}))
    calls = {
        "partial_fit": lambda: model.partial_fit(GOOD_X, y, **known),
        "y_val": lambda: model.fit(GOOD_X, GOOD[estimator], X_val=GOOD_X, y_val=y),
    }
    check(model, calls.get(name, lambda: model.fit(GOOD_X, y)), y, classes)


@given(st.data(), ESTIMATORS, odd_columns(), st.sampled_from(["fit", "partial_fit", "val"]))
def test_any_weights_are_used_or_refused_as_a_whole(data, estimator, weight, name):
    model, y = start(data, estimator), GOOD[estimator]
    known = {"classes": [0, 1, 2]} if estimator is MLPClassifier else {}
    calls = {
        "fit": lambda: model.fit(GOOD_X, y, weight),
        "partial_fit": lambda: model.partial_fit(GOOD_X, y, weight, **known),
        "val": lambda: model.fit(GOOD_X, y, X_val=GOOD_X, y_val=y, sample_weight_val=weight),
    }
    check(model, calls[name], weight)


@given(st.data(), ODD_CLASS_WEIGHTS)
def test_any_weights_of_classes_are_used_or_refused_as_a_whole(data, class_weight):
    model = start(data, MLPClassifier).set_params(class_weight=class_weight)
    y = data.draw(
        st.sampled_from([GOOD[MLPClassifier], (GOOD_X > 0).astype(int), GOOD[MLPClassifier] == 1])
    )
    if data.draw(st.booleans(), label="in part"):
        check(model, lambda: model.partial_fit(GOOD_X, y, classes=[0, 1, 2]), class_weight)
    else:
        check(model, lambda: model.fit(GOOD_X, y), class_weight)
