"""Estimators are found by kind."""

import pytest
from sklearn.base import clone

from sklearn_relu import (
    RBM,
    Autoencoder,
    AutoencoderDetector,
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    RNNClassifier,
    RNNRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from sklearn_relu.inspection import HiddenLayer
from sklearn_relu.tables import TabularEncoder
from sklearn_relu.utils import all_estimators

ALL = [
    ("Autoencoder", Autoencoder),
    ("AutoencoderDetector", AutoencoderDetector),
    ("CNNClassifier", CNNClassifier),
    ("CNNRegressor", CNNRegressor),
    ("HiddenLayer", HiddenLayer),
    ("MLPClassifier", MLPClassifier),
    ("MLPRegressor", MLPRegressor),
    ("RBM", RBM),
    ("RNNClassifier", RNNClassifier),
    ("RNNRegressor", RNNRegressor),
    ("TabularEncoder", TabularEncoder),
    ("TabularMLPClassifier", TabularMLPClassifier),
    ("TabularMLPRegressor", TabularMLPRegressor),
]


CLASSIFIERS = ["CNNClassifier", "MLPClassifier", "RNNClassifier", "TabularMLPClassifier"]
REGRESSORS = ["CNNRegressor", "MLPRegressor", "RNNRegressor", "TabularMLPRegressor"]
TRANSFORMERS = ["Autoencoder", "AutoencoderDetector", "HiddenLayer", "RBM", "TabularEncoder"]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (None, [name for name, _ in ALL]),
        ("classifier", CLASSIFIERS),
        ("regressor", REGRESSORS),
        ("transformer", TRANSFORMERS),
        ("cluster", []),
        (["transformer", "regressor"], [*TRANSFORMERS, *REGRESSORS]),
        ([], []),
    ],
)
def test_all_estimators_of_a_kind(kinds, expected):
    assert all_estimators(kinds) == [each for each in ALL if each[0] in expected]


def test_they_can_be_constructed():
    for _, cls in all_estimators(["classifier", "regressor"]):
        clone(cls())


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match=r"type_filter must be one of .*; got \['forest'\]"):
        all_estimators(["classifier", "forest"])
