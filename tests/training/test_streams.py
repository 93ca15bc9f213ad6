"""A call costs the same after any number of calls, and estimators do not share what grows."""

import copy
import pickle

import numpy as np
import pytest
from counting import calls_and_bytes_of

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.estimators import base
from sklearn_relu.estimators.curves import extend

# Fits of one epoch are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

X = np.random.default_rng(0).normal(size=(20, 4))
y = X[:, 0]
SMALL = {"hidden_layer_sizes": (5,), "random_state": 0}


def one_epoch(model):
    """A call that goes on from the last one."""
    if model.warm_start:
        return model.fit(X, y)
    return model.partial_fit(X, y)


STREAMS = {
    "partial_fit": {},
    "an ensemble": {"ensemble_size": 2},
    "warm_start": {"warm_start": True, "max_iter": 1, "learning_rate_init": 1e-12},
    "early_stopping": {
        "warm_start": True,
        "max_iter": 1,
        "learning_rate_init": 1e-12,  # what is said of a network depends on how good it is
        "early_stopping": True,
    },
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("params", STREAMS.values(), ids=STREAMS)
@pytest.mark.slow
def test_a_call_costs_the_same_after_any_number_of_calls(params):
    model = MLPRegressor(**SMALL, **params, tol=0, n_iter_no_change=np.inf)
    costs = []
    for n_calls in (20, 480):
        for _ in range(n_calls):
            one_epoch(model)
        costs.append(calls_and_bytes_of(lambda: one_epoch(model)))
    (early_calls, early_bytes), (late_calls, late_bytes) = costs
    for kind, early in early_calls.items():
        # A look at each earlier epoch would be 480 more; a list that is made anew is one or two.
        assert abs(late_calls[kind] - early) < 20
    n_curves = 7 * model.ensemble_size  # when full, a list is made anew, an eighth longer
    assert late_bytes < early_bytes + n_curves * 8 * 502 * 9 / 8


def curves_of(model):
    return copy.deepcopy([model.history_, model.loss_curve_, model.validation_scores_])


def test_curves_are_lists_of_all_calls():
    model = MLPRegressor(**SMALL)
    for n_calls in (1, 2, 3):
        model.partial_fit(X, y)
        assert type(model.loss_curve_) is list
        assert type(model.history_["loss"]) is list
        assert {len(curve) for curve in model.history_.values()} == {n_calls}
        assert model.loss_curve_ == model.history_["loss"]
        assert model.loss_curve_ is not model.history_["loss"]


def copied_by_hand(model):
    other = MLPRegressor()
    vars(other).update(vars(model))
    return other


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "attributes by hand": copied_by_hand,
}


@pytest.mark.parametrize("ensemble_size", [1, 2])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("way", COPIES)
def test_copies_that_both_go_on_have_curves_of_their_own(way, first, ensemble_size):
    model = MLPRegressor(**SMALL, ensemble_size=ensemble_size).partial_fit(X, y)
    both = [model, COPIES[way](model)]
    expected = []
    for targets in (y, -y):
        alone = MLPRegressor(**SMALL, ensemble_size=ensemble_size).partial_fit(X, y)
        expected.append(alone.partial_fit(X, targets).partial_fit(X, targets).loss_curve_)
    for i in (first, 1 - first) * 2:
        both[i].partial_fit(X, (y, -y)[i])
    assert [each.loss_curve_ for each in both] == expected
    assert [each.history_["loss"] for each in both] == expected


@pytest.mark.parametrize("way", ["copy", "deepcopy", "pickle"])
def test_a_copy_does_not_see_what_the_other_learns(way):
    model = MLPRegressor(**SMALL).partial_fit(X, y)
    copied = COPIES[way](model)
    before = curves_of(copied)
    model.partial_fit(X, y)
    assert len(model.loss_curve_) == 2
    np.testing.assert_equal(curves_of(copied), before)


@pytest.mark.parametrize("n_grown", range(7))
def test_a_call_that_is_interrupted_as_it_ends_leaves_all_as_it_was(n_grown, monkeypatch):
    model = MLPRegressor(**SMALL).partial_fit(X, y)
    before = pickle.dumps(vars(model))

    def interrupted(growth):
        assert len(growth) == 6  # of `history_` five, and `loss_curve_`
        extend(growth[:n_grown])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(base, "extend", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.partial_fit(X, y)
    assert pickle.dumps(vars(model)) == before
    alone = MLPRegressor(**SMALL).partial_fit(X, y).partial_fit(X, y)
    assert model.partial_fit(X, y).loss_curve_ == alone.loss_curve_


def test_curves_that_the_user_has_emptied_go_on():
    model = MLPRegressor(**SMALL).partial_fit(X, y).partial_fit(X, y)
    for curve in model.history_.values():
        curve.clear()
    model.loss_curve_.clear()
    model.partial_fit(X, y)
    assert len(model.loss_curve_) == len(model.history_["seconds"]) == 1
    alone = MLPRegressor(**SMALL)
    for _ in range(3):
        alone.partial_fit(X, y)
    assert model.loss_curve_ == alone.loss_curve_[2:]


def test_a_network_of_scikit_learn_keeps_its_curve():
    from sklearn import neural_network

    from sklearn_relu.inspection.from_sklearn import as_own

    theirs = neural_network.MLPRegressor(**SMALL).partial_fit(X, y)
    own = as_own(theirs).partial_fit(X, y)
    assert len(theirs.loss_curve_) == 1
    assert len(own.loss_curve_) == 2


@pytest.mark.parametrize("params", [{}, {"ensemble_size": 2}])
def test_early_stopping_that_is_switched_on_has_scores_for_all_epochs(params):
    model = MLPClassifier(**SMALL, **params, warm_start=True, max_iter=2, tol=0)
    labels = y > 0
    with pytest.warns(match="Maximum iterations"):
        model.fit(X, labels)
    with pytest.warns(match="Maximum iterations"):
        model.set_params(early_stopping=True, validation_fraction=0.2).fit(X, labels)
    for curve in np.atleast_2d(model.validation_scores_):
        assert np.isnan(curve).tolist() == [True, True, False, False]


@pytest.mark.parametrize("way", COPIES)
def test_a_call_that_fails_leaves_the_generator_as_it_was(way):
    """A failed call has shuffled; so have calls of a copy."""
    model = MLPRegressor(**SMALL).partial_fit(X, y).partial_fit(X, y)
    other = COPIES[way](model)
    with pytest.raises(ValueError, match="finite"):
        model.partial_fit(X, 1e200 * y)
    other.partial_fit(X, y)
    model.partial_fit(X, y)
    alone = MLPRegressor(**SMALL)
    for _ in range(3):
        alone.partial_fit(X, y)
    for each in (model, other):
        assert each.loss_curve_ == alone.loss_curve_
        np.testing.assert_array_equal(each.coefs_[0], alone.coefs_[0])


def test_a_users_generator_is_drawn_from_in_the_first_call_only():
    rng = np.random.RandomState(0)
    model = MLPRegressor(hidden_layer_sizes=(5,), random_state=rng).partial_fit(X, y)
    after_one = rng.get_state()[1].copy()
    for _ in range(3):
        model.partial_fit(X, y)
    np.testing.assert_array_equal(rng.get_state()[1], after_one)
    rng.rand()  # what the user draws does not count
    by_number = MLPRegressor(**SMALL)
    for _ in range(4):
        by_number.partial_fit(X, y)
    assert model.loss_curve_ == by_number.loss_curve_


def test_many_streams_at_once_are_as_each_alone():
    """More than have their generators at hand."""
    models = [MLPRegressor(hidden_layer_sizes=(2,), random_state=i) for i in range(70)]
    for _ in range(3):
        for model in models:
            model.partial_fit(X, y)
    for i in (0, 30, 69):
        alone = MLPRegressor(hidden_layer_sizes=(2,), random_state=i)
        for _ in range(3):
            alone.partial_fit(X, y)
        assert models[i].loss_curve_ == alone.loss_curve_
