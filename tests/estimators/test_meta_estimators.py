"""scikit-learn's meta-estimators and its inspection, with networks inside."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import versions
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import (
    PartialDependenceDisplay,
    partial_dependence,
    permutation_importance,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB

from sklearn_relu import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_classification(
    400, 8, n_informative=4, n_classes=3, flip_y=0.2, class_sep=0.8, random_state=0
)
NEW, Y_NEW = X[300:], Y[300:]
X, Y = X[:300], Y[:300]
UNRELATED = np.random.RandomState(0).normal(size=(300, 5))
TARGET = UNRELATED[:, 0] * 3 + UNRELATED[:, 1] ** 2
QUICK = MLPClassifier((8,), batch_size=50, max_iter=15, learning_rate_init=0.01, random_state=0)
FITS_A_LINE = MLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", max_iter=300, random_state=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic", versions.since("1.8", "temperature")])
def test_calibration_mends_a_network_that_is_too_sure(method, dtype):
    sure = MLPClassifier((50,), solver="lbfgs", alpha=0, max_iter=200, random_state=0)
    data, new = X.astype(dtype), NEW.astype(dtype)
    calibrated = CalibratedClassifierCV(sure, method=method, cv=3).fit(data, Y)
    probabilities = calibrated.predict_proba(new)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    # Of float32 it averages into float64, whose precision log_loss would ask of their sums.
    calibrated_loss = log_loss(Y_NEW, probabilities.astype(dtype))
    assert calibrated_loss < log_loss(Y_NEW, sure.fit(data, Y).predict_proba(new)) / 2


def test_calibration_of_a_fitted_network_keeps_it():
    model = QUICK.fit(X, Y)
    weights = [weight.copy() for weight in model.coefs_]
    CalibratedClassifierCV(FrozenEstimator(model)).fit(NEW, Y_NEW)
    assert all(map(np.array_equal, weights, model.coefs_))


def test_adaboost_gives_each_network_the_weights_that_the_last_one_left():
    boosted = AdaBoostClassifier(QUICK, n_estimators=2, random_state=0).fit(X, Y)
    first = boosted.estimators_[0]
    wrong = first.predict(X) != Y
    error = wrong.mean()
    factor = (1 - error) / error * 2  # SAMME's, for three classes
    weight = np.where(wrong, factor, 1.0)
    by_hand = boosted.estimators_[1]
    again = MLPClassifier(**by_hand.get_params()).fit(X, Y, sample_weight=weight / weight.sum())
    np.testing.assert_allclose(again.coefs_[0], by_hand.coefs_[0], rtol=1e-6)


def test_adaboost_of_regressors_beats_one():
    weak = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=30, random_state=0)
    boosted = AdaBoostRegressor(weak, n_estimators=10, random_state=0).fit(UNRELATED, TARGET)
    assert boosted.score(UNRELATED, TARGET) > weak.fit(UNRELATED, TARGET).score(UNRELATED, TARGET)


def test_stacking_learns_from_probabilities_of_held_out_folds():
    stack = StackingClassifier([("net", QUICK), ("bayes", GaussianNB())], cv=3, passthrough=True)
    stack.fit(X, Y)
    expected = np.hstack([e.predict_proba(NEW) for e in stack.estimators_] + [NEW])
    np.testing.assert_array_equal(stack.transform(NEW), expected)
    held_out = np.hstack(
        [cross_val_predict(e, X, Y, cv=3, method="predict_proba") for _, e in stack.estimators]
    )
    final = LogisticRegression().fit(np.hstack([held_out, X]), Y)
    np.testing.assert_allclose(final.coef_, stack.final_estimator_.coef_)


def test_a_network_stacks_what_others_say():
    data, target = make_regression(200, 5, noise=1, random_state=0)
    stack = StackingRegressor(
        [
            ("a", FITS_A_LINE),
            ("b", MLPRegressor(hidden_layer_sizes=(5,), solver="lbfgs", random_state=1)),
        ],
        final_estimator=MLPRegressor(
            hidden_layer_sizes=(), solver="lbfgs", standardize_y=True, random_state=0
        ),
        cv=3,
    )
    assert stack.fit(data, target).score(data, target) > 0.99


def test_soft_voting_averages_probabilities():
    vote = VotingClassifier([("net", QUICK), ("bayes", GaussianNB())], voting="soft").fit(X, Y)
    mean = np.mean([e.predict_proba(NEW) for e in vote.estimators_], axis=0)
    np.testing.assert_allclose(vote.predict_proba(NEW), mean)


def test_permutation_importance_finds_the_columns_that_matter():
    model = FITS_A_LINE.fit(UNRELATED, TARGET)
    importances = permutation_importance(model, UNRELATED, TARGET, n_repeats=3, random_state=0)
    first, second, *others = np.argsort(importances.importances_mean)[::-1]
    assert {first, second} == {0, 1}
    assert importances.importances_mean[others].max() < 0.05


def test_partial_dependence_is_the_mean_prediction_with_one_column_set():
    model = FITS_A_LINE.fit(UNRELATED, TARGET)
    found = partial_dependence(model, UNRELATED, [0], grid_resolution=5)
    for value, mean in zip(found["grid_values"][0], found["average"][0], strict=True):
        data = UNRELATED.copy()
        data[:, 0] = value
        np.testing.assert_allclose(mean, model.predict(data).mean())
    slopes = np.diff(found["average"][0]) / np.diff(found["grid_values"][0])
    np.testing.assert_allclose(slopes, 3, atol=0.3)


def test_partial_dependence_is_drawn_for_each_class():
    model = QUICK.fit(X, Y)
    shown = PartialDependenceDisplay.from_estimator(
        model, X, [0], target=2, method="brute", response_method="predict_proba"
    )
    (line,) = shown.axes_[0, 0].lines[:1]
    assert 0 <= line.get_ydata().min() <= line.get_ydata().max() <= 1
    plt.close(shown.figure_)
