"""TabularEncoder: tables of all containers become the same numbers."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_relu.tables import TabularEncoder


@parametrize_with_checks([TabularEncoder(), TabularEncoder(many_levels="codes", dtype="float32")])
@pytest.mark.filterwarnings("ignore:Column:sklearn_relu.TrainingWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_numbers_are_robustly_scaled_and_squashed():
    X = np.random.default_rng(0).normal(size=(50, 3)) * [1, 10, 1e-3]
    z = (X - np.median(X, axis=0)) / np.subtract(*np.percentile(X, [75, 25], axis=0))
    expected = z / np.sqrt(1 + (z / 3) ** 2)
    np.testing.assert_allclose(TabularEncoder().fit_transform(X), expected, rtol=1e-12)
