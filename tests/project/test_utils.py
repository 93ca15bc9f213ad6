"""Estimators are found by kind."""

import pytest
from sklearn.base import clone

from sklearn_relu import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from sklearn_relu.inspection import HiddenLayer
from sklearn_relu.tables import TabularEncoder
from sklearn_relu.utils import all_estimators

ALL = [
    ("CNNClassifier", CNNClassifier),
    ("CNNRegressor", CNNRegressor),
    ("HiddenLayer", HiddenLayer),
    ("MLPClassifier", MLPClassifier),
    ("MLPRegressor", MLPRegressor),
    ("TabularEncoder", TabularEncoder),
    ("TabularMLPClassifier", TabularMLPClassifier),
    ("TabularMLPRegressor", TabularMLPRegressor),
]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (None, ALL),
        ("classifier", [ALL[0], ALL[3], ALL[6]]),
        ("regressor", [ALL[1], ALL[4], ALL[7]]),
        ("transformer", [ALL[2], ALL[5]]),
        ("cluster", []),
        (["transformer", "regressor"], [ALL[1], ALL[2], ALL[4], ALL[5], ALL[7]]),
        ([], []),
    ],
)
def test_all_estimators_of_a_kind(kinds, expected):
    assert all_estimators(kinds) == expected


def test_they_can_be_constructed():
    for _, cls in all_estimators(["classifier", "regressor"]):
        clone(cls())


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match=r"type_filter must be one of .*; got \['forest'\]"):
        all_estimators(["classifier", "forest"])
