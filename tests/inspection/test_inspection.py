"""Reports on a network, against figures worked out by hand."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.inspection import (
    activation_report,
    final_network,
    gradient_report,
    hidden_activations,
)
from sklearn_relu.inspection.model import TRACED_ROWS

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

X = np.array([[1.0, 2.0], [3.0, -1.0], [-2.0, 0.5]])
y = np.array([1.0, 0.0, -1.0])
WEIGHTS = [
    np.array([[1.0, -1.0, 0.5], [0.5, 1.0, -4.0]]),
    np.array([[1.0, -1.0], [2.0, 1.0], [0.0, 3.0]]),
    np.array([[1.0], [-2.0]]),
]
BIASES = [np.array([0.0, 0.5, -2.0]), np.array([0.1, -0.2]), np.array([0.3])]


def quick(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def by_hand(**params):
    """A regressor whose weights are those above."""
    model = MLPRegressor(hidden_layer_sizes=(3, 2), max_iter=1, random_state=0, **params)
    quick(model, X, y)
    model.coefs_ = [w.copy() for w in WEIGHTS]
    model.intercepts_ = [b.copy() for b in BIASES]
    return model


def relu_layers():
    first = np.maximum(X @ WEIGHTS[0] + BIASES[0], 0)
    return [first, np.maximum(first @ WEIGHTS[1] + BIASES[1], 0)]


def relu_gradients():
    """Gradients of half the mean squared error for the weights, by the chain rule."""
    first, second = relu_layers()
    error = (second @ WEIGHTS[2] + BIASES[2] - y[:, None]) / len(X)
    back = error @ WEIGHTS[2].T * (second > 0)
    back_first = back @ WEIGHTS[1].T * (first > 0)
    return [X.T @ back_first, first.T @ back, second.T @ error]


def test_hidden_activations_are_those_of_the_forward_pass():
    model = by_hand()
    for i, expected in enumerate(relu_layers()):
        assert_allclose(hidden_activations(model, X, i), expected, rtol=1e-14)
        assert_array_equal(
            hidden_activations(model, X, i - 2), hidden_activations(model, X, layer=i)
        )
    assert_array_equal(hidden_activations(model, X), hidden_activations(model, X, 1))


def test_shares_of_zeros_and_dead_units_are_counted():
    # First layer: the third unit is dead but for the second row; then 4 of 9 are zeros.
    first, second = relu_layers()
    assert first.tolist() == [[2.0, 1.5, 0.0], [2.5, 0.0, 3.5], [0.0, 3.0, 0.0]]
    assert (second == 0).sum(axis=0).tolist() == [0, 1]
    report = activation_report(by_hand(), X)
    assert_allclose(report.layer_sparsity, [4 / 9, 1 / 6])
    assert report.sparsity == pytest.approx(5 / 15)
    assert_array_equal(report.layer_dead, [0, 0])
    assert report.dead == 0

    report = activation_report(by_hand(), X[[0, 2]])  # on these the third unit never fires
    assert_allclose(report.layer_sparsity, [3 / 6, 1 / 4])
    assert_allclose(report.layer_dead, [1 / 3, 0])
    assert report.dead == pytest.approx(1 / 5)


def test_a_unit_near_zero_is_not_zero():
    report = activation_report(by_hand(activation="logistic"), -5 * X)
    assert report.sparsity == report.dead == 0


def test_gradient_norms_are_those_of_the_chain_rule():
    report = gradient_report(by_hand(), X, y)
    expected = [np.linalg.norm(g) for g in relu_gradients()]
    assert_allclose(report.weight_norms, expected, rtol=1e-12)
    assert report.ratio == pytest.approx(expected[0] / expected[-1], rel=1e-12)


def test_penalties_do_not_hide_the_gradient():
    plain = gradient_report(by_hand(), X, y)
    penalised = gradient_report(by_hand(alpha=100.0, activity_penalty="l1"), X, y)
    assert_array_equal(penalised.weight_norms, plain.weight_norms)


def test_gradient_of_many_rows_is_that_of_their_mean():
    many = np.tile(X, (TRACED_ROWS // 2, 1))
    report = gradient_report(by_hand(), many, np.tile(y, TRACED_ROWS // 2))
    assert_allclose(report.weight_norms, gradient_report(by_hand(), X, y).weight_norms)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_initial_gradients_are_those_that_fit_starts_with(solver):
    # One step of plain gradient descent on all rows moves the weights by the rate times gradient.
    # Both see the same first weights, whatever the solver is.
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(30, 4)), rng.randint(3, size=30)
    rate = 1e-3
    model = MLPClassifier(
        (5, 4), "tanh", solver="sgd", momentum=0, alpha=0, shuffle=False, max_iter=1,
        learning_rate_init=rate, random_state=3, batch_size=30,
    )  # fmt: skip
    after = quick(clone(model), X, y).coefs_
    start = quick(clone(model).set_params(learning_rate_init=1e-300), X, y).coefs_
    expected = [np.linalg.norm(a - b) / rate for a, b in zip(after, start, strict=True)]
    report = gradient_report(model.set_params(solver=solver), X, y, initial=True)
    assert_allclose(report.weight_norms, expected, rtol=1e-6)
    assert not hasattr(model, "coefs_")


def test_an_initial_report_changes_neither_model_nor_generator():
    generator = np.random.RandomState(0)
    model = quick(MLPRegressor(hidden_layer_sizes=(3,), max_iter=2, random_state=generator), X, y)
    fitted, state = [w.copy() for w in model.coefs_], generator.get_state(legacy=False)
    first = gradient_report(model, X, y, initial=True)
    assert first.ratio == gradient_report(model, X, y, initial=True).ratio
    assert str(state) == str(generator.get_state(legacy=False))
    for before, after in zip(fitted, model.coefs_, strict=True):
        assert_array_equal(before, after)


def test_an_initial_report_does_not_mind_options_of_the_fit():
    model = MLPRegressor(
        hidden_layer_sizes=(3,),
        random_state=0,
        early_stopping=True,
        batch_size=1000,
        warm_start=True,
        verbose=True,
    )
    expected = gradient_report(
        MLPRegressor(hidden_layer_sizes=(3,), random_state=0), X, y, initial=True
    )
    assert gradient_report(model, X, y, initial=True).ratio == expected.ratio


def test_reports_use_fitted_weights_and_take_part_of_the_classes():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(20, 2)), np.array(["a", "b"] * 10)
    options = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
    model = quick(MLPClassifier(warm_start=True, **options), X, y)
    plain = quick(MLPClassifier(**options), X, y)
    some = y == "a"
    assert_array_equal(
        gradient_report(model, X[some], y[some]).weight_norms,
        gradient_report(plain, X[some], y[some]).weight_norms,
    )
    with pytest.raises(ValueError, match=r"not in `self\.classes_`"):
        gradient_report(model, X, np.array(["a", "c"] * 10))


def test_an_ensemble_has_the_network_axis_first():
    model = quick(
        MLPRegressor(hidden_layer_sizes=(3, 2), ensemble_size=2, max_iter=1, random_state=5), X, y
    )
    layers = [hidden_activations(model, X, i) for i in range(2)]
    assert [a.shape for a in layers] == [(2, 3, 3), (2, 3, 2)]
    report, gradients = activation_report(model, X), gradient_report(model, X, y)
    assert report.layer_sparsity.shape == report.layer_dead.shape == (2, 2)
    zeros = sum((a == 0).sum() for a in layers)
    assert report.sparsity == pytest.approx(zeros / sum(a.size for a in layers))
    assert gradients.weight_norms.shape == (2, 3)
    ratios = gradients.weight_norms[:, 0] / gradients.weight_norms[:, -1]
    assert gradients.ratio == pytest.approx(np.sqrt(ratios.prod()))
    for i in range(2):  # each network is what a single one with its weights is
        single = by_hand()
        single.coefs_ = [w[i] for w in model.coefs_]
        single.intercepts_ = [b[i] for b in model.intercepts_]
        for j, got in enumerate(layers):
            assert_allclose(got[i], hidden_activations(single, X, j), rtol=1e-12)
        norms = gradient_report(single, X, y).weight_norms
        assert_allclose(gradients.weight_norms[i], norms, rtol=1e-12)
    assert gradient_report(model, X, y, initial=True).weight_norms.shape == (2, 3)


def test_nothing_reaches_the_first_layer_of_a_dead_network():
    model = by_hand()
    model.intercepts_[1] = np.full(2, -1e3)
    assert activation_report(model, X).layer_dead.tolist() == [0, 1]
    assert gradient_report(model, X, y).ratio == 0


def test_a_linear_model_has_no_hidden_activations():
    model = quick(MLPRegressor(hidden_layer_sizes=(), max_iter=1, random_state=0), X, y)
    with pytest.raises(ValueError, match="layer=-1 is not there: the network has no hidden layer"):
        hidden_activations(model, X)
    report = activation_report(model, X)
    assert (report.sparsity, report.dead, report.layer_dead.size) == (0, 0, 0)
    assert gradient_report(model, X, y).ratio == 1


def test_steps_of_a_pipeline_transform_the_inputs():
    pipeline = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(3,), max_iter=1, random_state=0)
    )
    quick(pipeline, X, y)
    scaled = StandardScaler().fit_transform(X)
    assert_array_equal(hidden_activations(pipeline, X), hidden_activations(pipeline[-1], scaled))
    assert gradient_report(pipeline, X, y).ratio == gradient_report(pipeline[-1], scaled, y).ratio
    unfitted = clone(pipeline)
    expected = gradient_report(unfitted[-1], scaled, y, initial=True)
    assert gradient_report(unfitted, X, y, initial=True).ratio == expected.ratio
    assert not hasattr(unfitted[0], "mean_")
    alone = quick(
        Pipeline([("mlp", MLPRegressor(hidden_layer_sizes=(3,), max_iter=1, random_state=0))]), X, y
    )
    assert_array_equal(hidden_activations(alone, X), hidden_activations(alone[-1], X))


@pytest.mark.parametrize(
    ("transformation", "transformed"),
    [
        ({"transformer": StandardScaler()}, (y - y.mean()) / y.std()),
        ({"func": np.exp, "inverse_func": np.log}, np.exp(y)),
        ({}, y),
    ],
)
def test_a_transformed_target_is_the_network_s_target(transformation, transformed):
    network = MLPRegressor(hidden_layer_sizes=(3,), max_iter=1, random_state=0)
    model = quick(TransformedTargetRegressor(network, **transformation), X, y)
    fitted = model.regressor_
    assert final_network(model) is fitted
    assert_array_equal(hidden_activations(model, X), hidden_activations(fitted, X))
    expected = gradient_report(fitted, X, transformed)
    assert_allclose(gradient_report(model, X, y).weight_norms, expected.weight_norms)
    expected = gradient_report(network, X, transformed, initial=True)
    for wrapped in (clone(model), model):
        initial = gradient_report(wrapped, X, y, initial=True)
        assert_allclose(initial.weight_norms, expected.weight_norms)


def test_two_targets_may_be_transformed():
    both = np.column_stack([y, -2 * y])
    model = TransformedTargetRegressor(
        MLPRegressor(hidden_layer_sizes=(3,), max_iter=1, random_state=0),
        transformer=StandardScaler(),
    )
    quick(model, X, both)
    scaled = StandardScaler().fit_transform(both)
    expected = gradient_report(model.regressor_, X, scaled)
    assert_allclose(gradient_report(model, X, both).weight_norms, expected.weight_norms)


def test_sparse_and_single_precision_inputs():
    model = by_hand()
    sparse = gradient_report(model, csr_array(X), y)
    assert_allclose(sparse.weight_norms, gradient_report(model, X, y).weight_norms)
    assert activation_report(model, csr_array(X)).sparsity == pytest.approx(5 / 15)
    single = X.astype(np.float32)
    assert hidden_activations(model, single).dtype == np.float32
    assert_allclose(gradient_report(model, single, y).weight_norms, sparse.weight_norms, rtol=1e-5)


@pytest.mark.parametrize("model", [MLPRegressor(), make_pipeline(StandardScaler(), MLPRegressor())])
def test_an_unfitted_model_is_refused(model):
    for report in (hidden_activations, activation_report):
        with pytest.raises(NotFittedError):
            report(model, X)
    with pytest.raises(NotFittedError):
        gradient_report(model, X, y)
    unfitted = TransformedTargetRegressor(MLPRegressor())
    with pytest.raises(NotFittedError):
        gradient_report(unfitted, X, y)


def test_other_models_are_refused_by_name():
    other = make_pipeline(FunctionTransformer(), LogisticRegression())
    quick(other, X, y > 0)
    with pytest.raises(TypeError, match=r"Pipeline that ends in one; got LogisticRegression\(\)"):
        activation_report(other, X)


def test_initial_reports_check_parameters():
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        gradient_report(MLPRegressor(activation="rellu"), X, y, initial=True)
    with pytest.raises(ValueError, match="'alpha' parameter"):
        gradient_report(MLPRegressor(alpha=-1), X, y, initial=True)
