"""scikit-learn's own checks of what an estimator has to do."""

from itertools import product

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from sklearn_relu import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    RNNClassifier,
    RNNRegressor,
)
from sklearn_relu.activations import ACTIVATIONS

BOTH = [MLPClassifier, MLPRegressor]
KINDS = {
    "tanh": "bounded, from its output",
    "prelu": "learns parameters",
    "maxout": "several summed inputs a unit",
    "rrelu": "random",
}
"""One activation of each kind, for all checks; the default one, a rectifier, has them anyway."""

OTHERS = {part: name for name, part in reversed(ACTIVATIONS.items()) if name not in KINDS}.values()
"""Each other activation once; of aliases the first."""

FELT = {
    "check_classifiers_train",
    "check_dict_unchanged",
    "check_estimators_dtypes",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_fit2d_1feature",
    "check_fit2d_1sample",
    "check_fit_idempotent",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_readonly_memmap_input",
    "check_regressors_train",
    "check_sample_weight_equivalence_on_dense_data",
}
"""A dozen checks for a classifier or regressor that may depend on how a network computes."""

UNSCALED = {
    "check_f_contiguous_array_estimator",
    "check_regressor_data_not_an_array",
    "check_regressor_multioutput",
}
"""Checks with data that is not scaled: SGD may diverge unless its steps are small."""


def variant(Estimator, activation, solver):
    """An estimator that learns enough for the checks in a few epochs."""
    return Estimator(
        hidden_layer_sizes=(10,),
        activation=activation,
        solver=solver,
        learning_rate_init=0.05 if solver == "adam" else 0.02,
        max_iter=60,
        random_state=0,
    )


# Few epochs are enough for the checks. Those for array API inputs skip themselves.
ignore_incidental = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore::sklearn.exceptions.SkipTestWarning",
    "ignore::sklearn_relu.TrainingWarning",
)


@ignore_incidental
@parametrize_with_checks([Estimator() for Estimator in BOTH])
def test_default_estimators_pass_every_check(estimator, check):
    check(estimator)


def expected_failures(estimator):
    """A random activation draws for a row that comes twice twice, for one of double weight once."""
    if not ACTIVATIONS[estimator.activation].is_random:
        return {}
    kinds = ("dense", "sparse")
    return {f"check_sample_weight_equivalence_on_{kind}_data": "draws by row" for kind in kinds}


@ignore_incidental
@parametrize_with_checks(
    [variant(Estimator, activation, "adam") for Estimator in BOTH for activation in KINDS],
    expected_failed_checks=expected_failures,
)
def test_every_kind_of_activation_passes_every_check(estimator, check):
    check(estimator)


def checks_of(activations, solver, felt):
    """All checks with a solver; those that are named, for every second pair, are not slow."""
    for i, (activation, Estimator) in enumerate(product(activations, BOTH)):
        estimator, is_quick = variant(Estimator, activation, solver), i % 4 in (0, 3)
        for _, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            if name not in expected_failures(estimator):
                marks = [] if is_quick and name in felt else [pytest.mark.slow]
                case = f"{Estimator.__name__}-{activation}-{name}"
                yield pytest.param(estimator, check, id=case, marks=marks)


@ignore_incidental
@pytest.mark.parametrize(("estimator", "check"), [*checks_of(OTHERS, "adam", FELT)])
def test_every_activation_passes_every_check(estimator, check):
    check(estimator)


@ignore_incidental
@pytest.mark.parametrize(
    ("estimator", "check"), [*checks_of(["relu", "tanh", "maxout"], "sgd", FELT)]
)
def test_sgd_passes_every_check(estimator, check):
    if check.func.__name__ in UNSCALED:
        # A clone, for the checks share one estimator.
        estimator = clone(estimator).set_params(learning_rate_init=0.0001, momentum=0.0)
    check(estimator)


@ignore_incidental
@parametrize_with_checks([Estimator(solver="lbfgs", max_iter=60) for Estimator in BOTH])
def test_lbfgs_passes_every_check(estimator, check):
    check(estimator)


OF_SERIES = [CNNClassifier, CNNRegressor, RNNClassifier, RNNRegressor]


@ignore_incidental
@parametrize_with_checks([Estimator() for Estimator in OF_SERIES])
def test_networks_of_images_and_series_pass_every_check(estimator, check):
    """Rows of a few columns are short series."""
    check(estimator)


@pytest.mark.slow
@ignore_incidental
@parametrize_with_checks(
    [
        CNNClassifier(
            (4,), normalization="local_contrast", padding="valid", kernel_size=1, pool_size=1
        ),
        CNNRegressor((8, 8), pooling=["average", None], hidden_layer_sizes=(16,)),
        RNNClassifier((8, 8), cell="lstm", summary="mean", learning_rate_init=0.005),
        RNNRegressor(16, "tanh", summary="max", learning_rate_init=0.005),
    ]
)
def test_their_other_kinds_pass_every_check(estimator, check):
    check(estimator)


@ignore_incidental
@pytest.mark.parametrize("Estimator", [*BOTH, *OF_SERIES])
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_param_validation,
        estimator_checks.check_dataframe_column_names_consistency,
    ],
    ids=lambda check: check.__name__,
)
def test_checks_that_check_estimator_leaves_out(check, Estimator):
    check(Estimator.__name__, Estimator())


def test_tags_say_what_each_estimator_takes():
    """The regressor's `multi_output` brings in checks that scikit-learn's own does not run."""
    for estimator in (MLPClassifier(), MLPRegressor()):
        assert get_tags(estimator).input_tags.sparse
    assert get_tags(MLPRegressor()).target_tags.multi_output
    assert get_tags(MLPRegressor()).target_tags.single_output
    assert get_tags(MLPClassifier()).classifier_tags.multi_label
    assert get_tags(MLPClassifier()).classifier_tags.multi_class
