"""Parts that a user writes work wherever built-in ones do."""

import pickle

import numpy as np
import pytest
from custom_parts import InverseSquareRoot, Negativity, SparseNormal
from helpers import EVERY_LOSS, GradientCheck, backward, forward
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import Tanh
from sklearn_relu.penalties import L1

PARTS = [InverseSquareRoot(0.5), SparseNormal(3), Negativity()]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def classifier(**params):
    start = {"hidden_layer_sizes": (12, 8), "max_iter": 60, "learning_rate_init": 0.02}
    custom = dict(zip(("activation", "initialization", "penalty"), PARTS, strict=True))
    return MLPClassifier(**{**start, **custom, "random_state": 0, **params})


def test_a_classifier_learns_with_all_three(iris):
    assert classifier(alpha=0.01).fit(*iris).score(*iris) > 0.95


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_regressor_learns_with_all_three(solver):
    X, y = make_regression(200, 5, random_state=0)
    network = MLPRegressor(
        hidden_layer_sizes=(30,),
        activation=InverseSquareRoot(),
        initialization=SparseNormal(),
        penalty=Negativity(),
        solver=solver,
        learning_rate_init=0.02,
        random_state=0,
    )
    assert network.fit(X, y / y.std()).score(X, y / y.std()) > 0.95


@pytest.mark.parametrize("loss", EVERY_LOSS, ids=repr)
@pytest.mark.parametrize("alpha", [0.1, 1.0, 3.0])
def test_gradient_is_that_of_the_objective(loss, alpha):
    activation = InverseSquareRoot(alpha)
    check = GradientCheck([activation, Tanh()], loss, Negativity(), weighted=True)
    assert check.relative_error() < 1e-9


def test_the_activation_keeps_the_buffer_contract():
    rng = np.random.RandomState(0)
    z, grad_a = rng.normal(size=(2, 3, 50, 4))
    expected = z / np.sqrt(1 + 0.5 * z**2)
    np.testing.assert_allclose(forward(InverseSquareRoot(0.5), z), expected, rtol=1e-14)
    grad_z, _ = backward(InverseSquareRoot(0.5), z, grad_a)
    np.testing.assert_allclose(grad_z, grad_a * (1 + 0.5 * z**2) ** -1.5, rtol=1e-14)


def test_a_fitted_network_is_pickled_with_its_parts(iris):
    network = classifier(max_iter=5).fit(*iris)
    twin = pickle.loads(pickle.dumps(network))
    assert np.array_equal(twin.predict_proba(iris[0]), network.predict_proba(iris[0]))
    assert repr(twin) == repr(network)


def test_a_cloned_network_fits_the_same(iris):
    network = classifier(max_iter=5)
    twin = clone(network).fit(*iris)
    assert twin.activation is not network.activation
    assert np.array_equal(twin.predict_proba(iris[0]), network.fit(*iris).predict_proba(iris[0]))


def test_parts_are_as_before_after_a_fit(iris):
    before = [pickle.dumps(part) for part in PARTS]
    network = classifier(max_iter=5).fit(*iris)
    assert [pickle.dumps(part) for part in PARTS] == before
    assert [network.activation, network.initialization, network.penalty] == PARTS


def test_a_search_reaches_into_the_parts_and_over_them(iris):
    pipeline = make_pipeline(StandardScaler(), classifier(max_iter=20))
    grid = [
        {
            "mlpclassifier__activation__alpha": [0.1, 1.0],
            "mlpclassifier__initialization__n_inputs": [1, 4],
        },
        {
            "mlpclassifier__activation": ["tanh", InverseSquareRoot()],
            "mlpclassifier__penalty": [Negativity(), "l1"],
        },
    ]
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(*iris)
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 8
    assert len(set(search.cv_results_["split0_test_score"])) > 1
    assert search.best_score_ > 0.9


def test_a_nested_parameter_changes_the_fit_and_not_the_given_part(iris):
    network = clone(classifier(max_iter=3))
    first = network.fit(*iris).coefs_[0]
    assert not np.array_equal(network.set_params(activation__alpha=2.0).fit(*iris).coefs_[0], first)
    assert PARTS[0].alpha == 0.5


def test_the_initializer_leaves_each_unit_its_few_inputs():
    weights = np.full((100, 2000), np.nan)
    SparseNormal(15).fill(weights, 2.0, np.random.RandomState(0))
    assert ((weights != 0).sum(axis=0) == 15).all()
    drawn = weights[weights != 0]
    np.testing.assert_allclose(drawn.var(), 4 / 15, rtol=0.03)
    X = np.random.RandomState(1).normal(size=(20, 100))
    network = classifier(initialization=SparseNormal(4), penalty=None, max_iter=1)
    network.set_params(learning_rate_init=1e-300).fit(X, np.arange(20) % 2)
    assert ((abs(network.coefs_[0]) > 1e-200).sum(axis=0) == 4).all()


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("elementwise", [False, True])
def test_the_penalty_leaves_no_negative_weights(iris, solver, elementwise, monkeypatch):
    # As one block, or layer by layer as is the default: the same.
    monkeypatch.setattr(Negativity, "elementwise", elementwise)
    free = classifier(penalty=None, solver=solver).fit(*iris)
    network = classifier(alpha=100.0, solver=solver).fit(*iris)
    n_negative = [sum((coef < 0).sum() for coef in each.coefs_) for each in (free, network)]
    assert n_negative[0] > 30
    assert n_negative[1] == 0
    assert sum((coef == 0).sum() for coef in network.coefs_) > 30


def test_layer_by_layer_and_as_one_block_are_the_same_fit(iris, monkeypatch):
    by_layer = classifier(penalty=L1(), alpha=0.1).fit(*iris)
    monkeypatch.setattr(L1, "elementwise", not L1.elementwise)
    as_block = classifier(penalty=L1(), alpha=0.1).fit(*iris)
    for one, other in zip(by_layer.coefs_, as_block.coefs_, strict=True):
        assert np.array_equal(one, other)


def test_lbfgs_names_the_penalty_that_it_cannot_take(iris):
    with pytest.raises(ValueError, match=r"'lbfgs' .* cannot take penalty=Negativity\(\)"):
        classifier(solver="lbfgs").fit(*iris)


def test_lbfgs_takes_the_activation(iris):
    network = classifier(solver="lbfgs", penalty="l2", max_iter=200).fit(*iris)
    assert network.score(*iris) > 0.97


def test_a_stack_trains_each_network_as_if_alone(iris):
    network = classifier(ensemble_size=3, max_iter=4).fit(*iris)
    assert network.coefs_[0].shape == (3, 4, 12)
    assert not np.array_equal(network.coefs_[0][0], network.coefs_[0][1])
