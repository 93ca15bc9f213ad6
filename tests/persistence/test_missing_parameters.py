"""Estimators that were pickled before a parameter came to be have its default."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from sklearn_relu import MLPClassifier, MLPRegressor, activation_report, load, save

X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 40, "random_state": 0, "learning_rate_init": 0.02}
GIVEN = {*SMALL, "loss"}

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


def of_earlier(model, names):
    """The model as a pickle of an earlier version gives it, without some parameters."""
    model = copy.copy(model)
    for name in names:
        vars(model).pop(name, None)
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_what_a_pickle_lacks_has_its_default(cls, tmp_path):
    model = cls(**SMALL).fit(X, y)
    newer = sorted(set(model.get_params()) - GIVEN)
    for names in [[name] for name in newer] + [newer]:
        earlier = of_earlier(model, names)
        assert {name: earlier.get_params()[name] for name in names} == {
            name: cls().get_params()[name] for name in names
        }
        np.testing.assert_array_equal(earlier.predict(X), model.predict(X))
    again = clone(earlier).fit(X, y)
    np.testing.assert_array_equal(again.coefs_[0], model.coefs_[0])
    np.testing.assert_array_equal(earlier.fit(X, y).coefs_[0], model.coefs_[0])
    assert repr(of_earlier(model, newer)) == repr(model)
    assert activation_report(of_earlier(model, newer), X).sparsity is not None
    save(of_earlier(model, newer), tmp_path / "model.relu")
    np.testing.assert_array_equal(load(tmp_path / "model.relu").predict(X), model.predict(X))
