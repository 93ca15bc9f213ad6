"""The hidden layer of a network as a transformer."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn import neural_network
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.inspection import HiddenLayer, hidden_activations

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

rng = np.random.RandomState(0)
X, y = rng.normal(size=(60, 3)), rng.randint(2, size=60)
NETWORK = MLPClassifier((5, 4), max_iter=2, random_state=0)


CHECKED = [
    HiddenLayer(MLPClassifier((4,), max_iter=2, random_state=0)),
    HiddenLayer(MLPRegressor(hidden_layer_sizes=(4,), max_iter=2, random_state=0)),
]


@parametrize_with_checks(CHECKED)
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("layer", [0, 1, -1, -2])
def test_it_gives_the_activations_of_a_clone(layer):
    transformer = HiddenLayer(NETWORK, layer)
    got = transformer.fit_transform(X, y)
    assert_array_equal(got, hidden_activations(clone(NETWORK).fit(X, y), X, layer))
    assert not hasattr(NETWORK, "coefs_")
    assert transformer.n_features_in_ == 3


def test_names_and_data_frames():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    transformer = HiddenLayer(NETWORK).set_output(transform="pandas")
    got = transformer.fit_transform(frame, y)
    assert got.columns.tolist() == [f"hiddenlayer{i}" for i in range(4)]
    assert transformer.get_feature_names_out().tolist() == got.columns.tolist()
    assert transformer.feature_names_in_.tolist() == ["a", "b", "c"]


def test_a_fitted_network_can_stay_as_it_is():
    fitted = clone(NETWORK).fit(X, y)
    transformer = HiddenLayer(FrozenEstimator(fitted), 0).fit(X)
    assert_array_equal(transformer.transform(X), hidden_activations(fitted, X, 0))


def test_in_a_search_over_layers():
    model = make_pipeline(StandardScaler(), HiddenLayer(NETWORK), LogisticRegression())
    search = GridSearchCV(model, {"hiddenlayer__layer": [0, 1]}, cv=2).fit(X, y)
    assert search.score(X, y) > 0.5


def test_pipelines_ensembles_sparse_inputs_and_scikit_learn_s_own():
    pipeline = make_pipeline(StandardScaler(), NETWORK)
    assert HiddenLayer(pipeline).fit_transform(X, y).shape == (60, 4)
    ensemble = clone(NETWORK).set_params(ensemble_size=3)
    transformer = HiddenLayer(ensemble).fit(X, y)
    each = hidden_activations(transformer.estimator_, X)
    assert_array_equal(transformer.transform(X), np.hstack(list(each)))
    assert len(transformer.get_feature_names_out()) == 12
    assert HiddenLayer(NETWORK).fit_transform(csr_array(X), y).shape == (60, 4)
    own = neural_network.MLPClassifier((5,), max_iter=2, random_state=0)
    assert HiddenLayer(own).fit_transform(X, y).shape == (60, 5)


def test_metadata_is_routed():
    weights = np.where(y == 0, 0.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        network = clone(NETWORK).set_fit_request(sample_weight=True)
        got = HiddenLayer(network).fit(X, y, sample_weight=weights)
    expected = clone(NETWORK).fit(X, y, sample_weight=weights)
    assert_array_equal(got.transform(X), hidden_activations(expected, X))


@pytest.mark.parametrize("layer", [2, -3])
def test_a_layer_that_is_not_there_is_refused(layer):
    with pytest.raises(ValueError, match=rf"between -2 and 1, .* 2 hidden layers; got {layer}"):
        HiddenLayer(NETWORK, layer).fit(X, y)


def test_an_unfitted_one_is_refused():
    with pytest.raises(NotFittedError):
        HiddenLayer(NETWORK).transform(X)
    assert not hasattr(HiddenLayer(NETWORK), "n_features_in_")
    with pytest.raises(TypeError, match="Pipeline that ends in one"):
        HiddenLayer(LogisticRegression()).fit(X, y)
