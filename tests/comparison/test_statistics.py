"""The paired test of a comparison: against published formulas, simulations and its own limits."""

import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

from sklearn_relu.comparison.statistics import corrected, difference


@pytest.mark.parametrize("n_folds", [2, 5, 10])
def test_it_is_the_paired_t_test_with_a_larger_variance(n_folds):
    rng = np.random.default_rng(n_folds)
    a, b = rng.normal(size=(2, n_folds))
    found = difference(a, b)
    plain = ttest_rel(a, b)
    # Nadeau & Bengio: 1 / J + n_test / n_train in the place of 1 / J.
    factor = np.sqrt((1 / n_folds) / (1 / n_folds + 1 / (n_folds - 1)))
    assert found.mean == pytest.approx((a - b).mean())
    assert found.mean / found.sd == pytest.approx(plain.statistic * factor)
    assert found.p_value > plain.pvalue
    assert difference(b, a).p_value == pytest.approx(found.p_value)


def test_probabilities_within_a_region():
    rng = np.random.default_rng(0)
    found = difference(0.9 + 0.01 * rng.normal(size=10), 0.9 + 0.01 * rng.normal(size=10))
    draws = found.mean + found.sd * rng.standard_t(9, size=200_000)
    for region in (0.001, 0.01, 0.1):
        share = (np.abs(draws) < region).mean()
        assert found.probability_within(region) == pytest.approx(share, abs=0.005)
    assert found.probability_within(0.0) == 0


def test_equal_scores_and_scores_that_differ_by_a_constant():
    scores = np.array([0.25, 0.5, 0.75])
    equal, shifted = difference(scores, scores), difference(scores, scores - 0.125)
    assert (equal.p_value, equal.probability_within(0.01)) == (1, 1)
    assert (shifted.p_value, shifted.probability_within(0.01)) == (0, 0)


def test_a_difference_of_a_row_in_each_fold_is_no_sure_one():
    scores = np.full(3, 0.5)
    found = difference(scores, scores - 0.25, step=0.25)
    assert 0.05 < found.p_value < 1
    assert 0 < difference(scores, scores, step=0.25).probability_within(0.01) < 0.95
    # Where the folds differ by more, the step tells nothing.
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 5))
    assert difference(a, b, step=1e-3) == difference(a, b)


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.6, 0.5, 0.9], [1.0, 1.0, 1.0]),
        ([0.01, 0.01], [0.02, 0.02]),
    ],
)
def test_several_p_values_are_corrected_as_holm_does(p_values, expected):
    assert corrected(p_values) == pytest.approx(expected)


@pytest.mark.slow
def test_where_nothing_differs_it_says_so_about_as_often_as_it_should():
    """Two models that are each blind to one of two columns that tell as much."""
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = np.arange(80) % 2
        X = y[:, None] + 2.0 * rng.normal(size=(80, 2))
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        a, b = (cross_val_score(LogisticRegression(), X[:, [i]], y, cv=folds) for i in (0, 1))
        found.append((difference(a, b).p_value, ttest_rel(a, b).pvalue))
    wrong, wrong_without = (np.array(found) < 0.05).mean(axis=0)
    assert wrong <= 0.1
    assert wrong_without > wrong
