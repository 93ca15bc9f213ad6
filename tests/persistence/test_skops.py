"""skops keeps every model, and asks for no more trust than SKOPS_TRUSTED_TYPES gives."""

import numpy as np
import pytest
from models import CASES, FITS, SMALL, X, X_numbers, assert_same, estimator_for, numbers, y
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_relu
from sklearn_relu import (
    RBM,
    SKOPS_TRUSTED_TYPES,
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
from sklearn_relu.losses import SoftmaxFocalLoss, SoftmaxLogLoss
from sklearn_relu.schedules import FunctionRate
from sklearn_relu.tables import TabularEncoder

skops_io = pytest.importorskip("skops.io")

pytestmark = [
    pytest.mark.filterwarnings("ignore", category=ConvergenceWarning),
    pytest.mark.filterwarnings("ignore", category=sklearn_relu.TrainingWarning),
]


def through_skops(model):
    """The model loaded again, and the types that skops does not trust by itself."""
    data = skops_io.dumps(model)
    untrusted = skops_io.get_untrusted_types(data=data)
    return skops_io.loads(data, trusted=SKOPS_TRUSTED_TYPES), set(untrusted)


@pytest.mark.parametrize(("parameter", "part"), CASES, ids=lambda case: str(case)[:40])
def test_fitted_state_holds_plain_values_and_trusted_types_only(parameter, part):
    model = estimator_for(parameter, part)
    data = (X, y)
    if isinstance(model, MLPRegressor):
        data = X_numbers, np.exp(numbers / np.abs(numbers).max()) / 3
    model.fit(*data)
    found, untrusted = through_skops(model)
    assert untrusted <= set(SKOPS_TRUSTED_TYPES)
    assert_same(found, model)
    assert found.predict(data[0]).tobytes() == model.predict(data[0]).tobytes()


@pytest.mark.parametrize("name", FITS)
def test_fits_of_every_kind_come_back_and_go_on_the_same(name):
    model, data = FITS[name]
    model = clone(model).fit(X, y, **data)
    found, _ = through_skops(model)
    assert_same(found, model)
    assert_same(found.fit(X, y, **data).coefs_, model.fit(X, y, **data).coefs_)


def test_no_type_is_on_the_list_for_nothing():
    needed = set()
    more = [
        RBM(2, n_iter=1).fit(np.eye(3)),
        TabularEncoder().fit(np.array([["a", 1], ["b", None]], dtype=object)),
        HiddenLayer(make_pipeline(StandardScaler(), MLPClassifier(**SMALL))).fit(X, y),
        MLPRegressor(learning_rate=FunctionRate(max)),
        MLPRegressor(loss=SoftmaxLogLoss()),
        MLPRegressor(loss=SoftmaxFocalLoss()),
        CNNRegressor(),
        CNNClassifier((2,), max_iter=1).fit(X, y),
        RNNRegressor(cell="lstm"),
        RNNClassifier((2,), cell="lstm", max_iter=1).fit(X, y),
        TabularMLPRegressor(),
        TabularMLPClassifier(max_iter=1).fit(X, y),
        Autoencoder((3,), max_iter=1).fit(X),
        AutoencoderDetector((3,), max_iter=1).fit(X),
    ]
    for model in [estimator_for(parameter, part) for parameter, part in CASES] + more:
        needed |= set(skops_io.get_untrusted_types(data=skops_io.dumps(model)))
    needed.remove("builtins.max")
    assert sorted(needed) == SKOPS_TRUSTED_TYPES


def test_a_pipeline_needs_no_more():
    model = make_pipeline(StandardScaler(), MLPClassifier(**SMALL)).fit(X, y)
    found, untrusted = through_skops(model)
    assert untrusted <= set(SKOPS_TRUSTED_TYPES)
    assert_same(found.predict_proba(X), model.predict_proba(X))


def test_a_part_of_ones_own_needs_trust_of_its_own():
    from custom_parts import InverseSquareRoot

    data = skops_io.dumps(MLPClassifier(**SMALL, activation=InverseSquareRoot()))
    own = "custom_parts.InverseSquareRoot"
    assert own in skops_io.get_untrusted_types(data=data)
    with pytest.raises(TypeError, match="custom_parts"):
        skops_io.loads(data, trusted=SKOPS_TRUSTED_TYPES)
    found = skops_io.loads(data, trusted=[*SKOPS_TRUSTED_TYPES, own])
    assert found.activation.alpha == 1.0
