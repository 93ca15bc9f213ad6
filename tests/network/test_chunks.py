"""Predictions for some rows at a time are those for all rows at once."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.losses import LOSSES

rng = np.random.RandomState(0)
X = rng.normal(size=(301, 6))
FRACTIONS = 1 / (1 + np.exp(-X[:, 0]))
SMALL = {"hidden_layer_sizes": (9, 7), "max_iter": 3, "random_state": 0}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]
CLASSIFIERS = [
    *({"activation": name} for name in ACTIVATIONS),
    *({"loss": name} for name, loss in LOSSES.items() if loss.for_classes),
    {"ensemble_size": 3},
]
REGRESSORS = [
    *({"loss": name} for name, loss in LOSSES.items() if loss.for_numbers),
    {"ensemble_size": 3},
    {"standardize_y": True},
    {"loss": "gaussian_nll", "ensemble_size": 2},
]
MODELS = [(MLPClassifier, params) for params in CLASSIFIERS]
MODELS += [(MLPRegressor, params) for params in REGRESSORS]


def outputs(model, data):
    names = ("predict_proba", "decision_function", "predict")
    each = {name: getattr(model, name)(data) for name in names if hasattr(model, name)}
    if getattr(model, "loss", "") == "gaussian_nll":
        each["std"] = model.predict(data, return_std=True)[1]
    return each


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize(("estimator", "params"), MODELS, ids=str)
def test_predictions_in_chunks_are_those_at_once(estimator, params, layout):
    y = np.digitize(X[:, 0], [-0.5, 0.5]) if estimator is MLPClassifier else FRACTIONS
    data = layout(X)
    model = estimator(**SMALL, **params).fit(data, y)
    at_once = outputs(model, data)
    with sklearn.config_context(working_memory=0.002):  # a few rows of activations
        bounded = outputs(model, data)
    cuts = [0, 1, 2, 5, 64, 200, 301]
    parts = [outputs(model, data[i:j]) for i, j in pairwise(cuts)]
    for name, whole in at_once.items():
        joined = np.concatenate([part[name] for part in parts])
        for chunked in (bounded[name], joined):
            np.testing.assert_allclose(chunked, whole, rtol=1e-12, atol=1e-12)
