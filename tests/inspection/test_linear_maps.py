"""Local linear maps, regions and attributions, for every activation that is piecewise linear."""

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, backward, forward, name_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, local_linear_map
from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.inspection import angle, attributions, linear_regions

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

LINEAR = [part for part in EVERY_ACTIVATION if part.is_piecewise_linear]
SMOOTH = [part for part in EVERY_ACTIVATION if not part.is_piecewise_linear]
rng = np.random.RandomState(0)
X, y = rng.normal(size=(200, 4)), rng.randint(3, size=200)


def fitted(activation, cls=MLPClassifier, **params):
    """A network whose biases are so large that all pieces are met."""
    options = {"hidden_layer_sizes": (8, 6), "activation": activation, "max_iter": 2}
    model = cls(**{**options, "random_state": 0, **params}).fit(X, y)
    draws = np.random.RandomState(1)
    for intercept in model.intercepts_:
        intercept[:] = draws.normal(size=intercept.shape)
    return model


def applied(pieces, inputs):
    return np.einsum("...nof,nf->...no", pieces.coef, inputs) + pieces.intercept


def second_difference(activation, z):
    """How far an activation is from linear about each z."""
    step = 1e-3
    left, middle, right = (forward(activation, z + shift * step) for shift in (-1, 0, 1))
    return np.abs(left - 2 * middle + right) / step**2


@pytest.mark.parametrize("activation", EVERY_ACTIVATION, ids=name_of)
def test_an_activation_says_whether_it_is_piecewise_linear(activation):
    # What is piecewise linear has no curvature away from its kinks; what is not has some.
    z = np.random.RandomState(0).normal(size=(1, 400, 4 * activation.input_width(1))) * 2
    is_curved = (second_difference(activation, z) > 1e-6).mean() > 0.1
    without_its_curve = name_of(activation) == "ELU(alpha=0.0)"
    assert is_curved != (activation.is_piecewise_linear or without_its_curve)


@pytest.mark.parametrize("activation", LINEAR, ids=name_of)
def test_pieces_tell_apart_what_one_line_does_not_join(activation):
    # Samples with the same pieces in all units: the activation between them is between theirs.
    z = np.random.RandomState(0).normal(size=(1, 3000, 2 * activation.input_width(1))) * 3
    a = forward(activation, z)
    params = {n: np.empty((1, 1, *s)) for n, s in activation.parameter_shapes(2).items()}
    activation.init_parameters(params)
    pieces = activation.linear_pieces(z, a, params)
    assert pieces.shape == z.shape
    _, group = np.unique(pieces[0], axis=0, return_inverse=True)
    slopes, _ = backward(activation, z, np.ones_like(a))
    for number in np.unique(group):
        rows = np.flatnonzero(group == number)
        assert_allclose(slopes[0, rows], slopes[0, rows[[0]]].repeat(len(rows), 0), atol=1e-12)
        middle = forward(activation, (z[:, rows] + z[:, rows[::-1]]) / 2)
        assert_allclose(middle, (a[:, rows] + a[:, rows[::-1]]) / 2, atol=1e-12)


@pytest.mark.parametrize("activation", LINEAR, ids=name_of)
def test_the_map_gives_the_raw_output(activation):
    model = fitted(activation)
    pieces = local_linear_map(model, X)
    assert pieces.coef.shape == (200, 3, 4)
    assert pieces.intercept.shape == (200, 3)
    assert_allclose(applied(pieces, X), model.decision_function(X), rtol=0, atol=1e-9)


@pytest.mark.parametrize("activation", LINEAR, ids=name_of)
def test_the_map_is_that_of_the_whole_region(activation):
    # It also holds a small step away, unless a kink is between.
    model = fitted(activation)
    near = X + 1e-6 * np.random.RandomState(2).normal(size=X.shape)
    both = linear_regions(model, np.vstack([X, near])).region
    same = both[:200] == both[200:]
    assert same.mean() > 0.9
    predicted = applied(local_linear_map(model, X), near)[same]
    assert_allclose(predicted, model.decision_function(near)[same], rtol=0, atol=1e-9)


@pytest.mark.parametrize("activation", LINEAR, ids=name_of)
def test_samples_of_one_region_have_one_map(activation):
    model = fitted(activation, hidden_layer_sizes=(3,))
    regions = linear_regions(model, X)
    assert regions.sizes.sum() == 200
    assert (np.diff(regions.sizes) <= 0).all()
    assert_array_equal(np.bincount(regions.region), regions.sizes)
    pieces = local_linear_map(model, X)
    for number in range(len(regions.sizes)):
        rows = np.flatnonzero(regions.region == number)
        for array in (pieces.coef, pieces.intercept):
            assert_allclose(array[rows], array[rows[[0]]].repeat(len(rows), 0), atol=1e-10)


def test_regions_of_a_relu_network_are_its_patterns_of_active_units():
    model = fitted("relu", hidden_layer_sizes=(3,))
    active = X @ model.coefs_[0] + model.intercepts_[0] > 0
    patterns, sizes = np.unique(active, axis=0, return_counts=True)
    regions = linear_regions(model, X)
    assert_array_equal(regions.sizes, np.sort(sizes)[::-1])
    for number in range(len(patterns)):
        assert len(np.unique(active[regions.region == number], axis=0)) == 1


def test_a_linear_network_has_one_region():
    model = fitted("relu", hidden_layer_sizes=())
    assert linear_regions(model, X).sizes.tolist() == [200]
    assert_allclose(local_linear_map(model, X).coef[5], model.coefs_[0].T, rtol=1e-14)


@pytest.mark.parametrize("activation", SMOOTH, ids=name_of)
def test_smooth_activations_are_refused_by_name(activation):
    model = fitted(["relu", activation])
    message = r"needs piecewise linear activations; that of hidden layer 2 is .*'leaky_relu'"
    for function in (local_linear_map, linear_regions, attributions, angle):
        with pytest.raises(ValueError, match=message):
            function(model, X)


def test_those_that_are_piecewise_linear_are_known_by_name():
    names = {name for name, cls in ACTIVATIONS.items() if cls().is_piecewise_linear}
    assert names >= {"relu", "leaky_relu", "prelu", "rrelu", "crelu", "maxout", "hard_tanh"}
    assert not names & {"tanh", "logistic", "elu", "gelu", "squared_relu", "hard_swish"}


@pytest.mark.parametrize("activation", ["relu", "maxout", "crelu"])
def test_contributions_sum_to_the_output(activation):
    model = fitted(activation)
    parts = attributions(model, X)
    assert_allclose(parts.output, model.decision_function(X), rtol=1e-13)
    total = parts.contributions.sum(axis=-1) + parts.intercept
    assert_allclose(total, parts.output, rtol=0, atol=1e-12)
    assert_array_equal(parts.contributions, local_linear_map(model, X).coef * X[:, None])


def test_a_feature_of_zero_contributes_nothing():
    with_zero = X.copy()
    with_zero[:, 2] = 0
    assert (attributions(fitted("relu"), with_zero).contributions[:, :, 2] == 0).all()


def test_the_angle_is_that_between_input_and_effective_weight():
    model = fitted("relu")
    coef = local_linear_map(model, X).coef
    angles = angle(model, X)
    assert angles.shape == (200, 3)
    cosine = coef[7, 1] @ X[7] / np.linalg.norm(coef[7, 1]) / np.linalg.norm(X[7])
    assert angles[7, 1] == pytest.approx(np.arccos(cosine), rel=1e-9)
    nothing = np.vstack([X[:1], np.zeros((1, 4))])
    assert np.isnan(angle(model, nothing)).tolist() == [[False] * 3, [True] * 3]


def test_an_angle_is_0_along_the_weights_and_pi_against_them():
    model = fitted("relu", hidden_layer_sizes=(), cls=MLPRegressor)
    along = model.coefs_[0].T
    assert_allclose(angle(model, np.vstack([along, -2 * along])), [[0], [np.pi]], atol=1e-7)


def test_steps_of_a_pipeline_come_before_the_map():
    scaler = StandardScaler()
    pipeline = make_pipeline(scaler, MLPClassifier((6,), max_iter=2, random_state=0)).fit(X, y)
    pieces = local_linear_map(pipeline, X)
    raw = pipeline.decision_function(X)
    assert_allclose(applied(pieces, scaler.transform(X)), raw, atol=1e-9)


def test_an_ensemble_has_a_map_for_each_network():
    model = fitted("relu", ensemble_size=2)
    pieces, parts = local_linear_map(model, X), attributions(model, X)
    assert pieces.coef.shape == (2, 200, 3, 4)
    assert_allclose(applied(pieces, X), model._raw(X), atol=1e-9)
    assert parts.contributions.shape == (2, 200, 3, 4)
    assert angle(model, X).shape == (2, 200, 3)
    regions = linear_regions(model, X)
    assert regions.region.shape == (2, 200)
    assert [sizes.sum() for sizes in regions.sizes] == [200, 200]
    frame = regions.to_frame()
    assert frame.columns.tolist() == ["network", "region", "size"]
    assert pieces.to_frame().columns[:4].tolist() == ["network", "sample", "output", "intercept"]


def test_sparse_inputs_and_many_rows():
    sparse = csr_array(np.where(np.abs(X) > 1, X, 0))
    model = fitted("relu")
    dense = local_linear_map(model, sparse.toarray())
    assert_allclose(local_linear_map(model, sparse).coef, dense.coef, rtol=1e-12)
    many = np.tile(X, (8, 1))  # more than are traced at once
    regions = linear_regions(model, many)
    assert_array_equal(regions.sizes, 8 * linear_regions(model, X).sizes)
    assert_allclose(local_linear_map(model, many).coef[-200:], local_linear_map(model, X).coef)


def test_repr_and_frame():
    model = fitted("relu")
    pieces = local_linear_map(model, X)
    assert repr(pieces).startswith("LocalLinearMap: 200 samples, 3 outputs, 4 features\nsample ")
    frame = pieces.to_frame()
    assert frame.shape == (600, 7)
    assert frame.loc[4, ["sample", "output"]].tolist() == [1, 1]
    assert frame.loc[4, "coef2"] == pieces.coef[1, 1, 2]
    parts = attributions(model, X)
    assert parts.to_frame().loc[4, "output"] == parts.output[1, 1]
    assert "3 outputs" in repr(parts)
    regions = linear_regions(model, X)
    assert repr(regions).startswith(f"LinearRegions: {len(regions.sizes)} regions hold 200 samples")
