"""scikit-learn's own checks of the restricted Boltzmann machine."""

import pytest
import scipy.sparse as sp
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_relu import RBM

pytestmark = [
    # Data of the checks are not standardized; those for array API inputs skip themselves.
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
]

SMALL = {"n_components": 5, "n_iter": 2, "random_state": 0}
RATES = {"gaussian": 1e-4, "binary": 0.01}
"""Small ones, for data that are not scaled."""


class Squashing(RBM):
    """Reads x as ``|x| / (1 + |x|)``, for the checks have no data in [0, 1]."""

    def _checked_table(self, X, reset, **checks):
        X = abs(super()._checked_table(X, reset, **checks))
        if sp.issparse(X):
            X.data /= 1 + X.data
            return X
        return X / (1 + X)


def machine(hidden, visible, **more):
    cls = RBM if visible == "gaussian" else Squashing
    return cls(hidden=hidden, visible=visible, learning_rate=RATES[visible], **SMALL, **more)


@parametrize_with_checks([machine("nrelu", "gaussian"), machine("binary", "gaussian")])
def test_machines_with_gaussian_visible_units_pass_every_check(estimator, check):
    check(estimator)


def expected_failures(estimator):
    """The pseudo-likelihood draws a feature for each row, as BernoulliRBM's."""
    if estimator.hidden != "binary":
        return {}
    kinds = ("sample_order", "subset")
    return {f"check_methods_{kind}_invariance": "score_samples draws by row" for kind in kinds}


@parametrize_with_checks(
    [machine("nrelu", "binary"), machine("binary", "binary", persistent=True)],
    expected_failed_checks=expected_failures,
)
def test_machines_with_binary_visible_units_pass_every_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_param_validation,
        estimator_checks.check_dataframe_column_names_consistency,
    ],
    ids=lambda check: check.__name__,
)
def test_checks_that_check_estimator_leaves_out(check):
    check("RBM", machine("nrelu", "gaussian"))


def test_tags():
    tags = get_tags(RBM())
    assert tags.input_tags.sparse
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]
    assert not tags.target_tags.required
