"""Pipelines over pandas and polars: columns by name, transformers that give frames."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.inspection import HiddenLayer

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

N = 80
rng = np.random.default_rng(0)
AGE, FARE = rng.integers(1, 80, N), rng.exponential(30, N).round(2)
TOWN = rng.choice(["Cork", "Bray", "Tralee"], N)
FARE[::9] = np.nan
COLUMNS = {"age": AGE, "fare": FARE, "town": TOWN}
FRAMES = {"pandas": pd.DataFrame(COLUMNS), "polars": pl.DataFrame(COLUMNS, nan_to_null=True)}
LABELS = np.where(AGE + (TOWN == "Cork") * 20 > 45, "yes", "no")
ENCODED = ["num__age", "num__fare", "cat__town_Bray", "cat__town_Cork", "cat__town_Tralee"]


def encoder():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer(
        [
            ("num", numbers, ["age", "fare"]),
            ("cat", OneHotEncoder(sparse_output=False), ["town"]),
        ]
    )


def classifier():
    return MLPClassifier((6,), batch_size=20, max_iter=20, random_state=0)


@pytest.fixture
def plain():
    """Probabilities where transformers give arrays."""
    return make_pipeline(encoder(), classifier()).fit(FRAMES["pandas"], LABELS)


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_network_behind_a_column_transformer(frame, output, plain):
    model = make_pipeline(encoder(), classifier()).set_output(transform=output)
    model.fit(frame, LABELS)
    if output == "default":
        assert not hasattr(model[-1], "feature_names_in_")
    else:
        assert list(model[-1].feature_names_in_) == ENCODED
    expected = plain.predict_proba(FRAMES["pandas"])
    np.testing.assert_array_equal(model.predict_proba(frame), expected)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_columns_in_another_order_are_an_error(output):
    model = classifier()
    frame = encoder().set_output(transform=output).fit_transform(FRAMES[output])
    model.fit(frame, LABELS)
    with pytest.raises(ValueError, match="same order"):
        model.predict(frame[ENCODED[::-1]])


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_hidden_activations_come_as_a_frame(output):
    model = make_pipeline(encoder(), HiddenLayer(classifier())).set_output(transform=output)
    frame = model.fit(FRAMES[output], LABELS).transform(FRAMES[output])
    assert isinstance(frame, type(FRAMES[output]))
    assert list(frame.columns) == [f"hiddenlayer{i}" for i in range(6)]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_columns_selected_by_dtype(frame):
    if isinstance(frame, pl.DataFrame):
        pytest.skip("make_column_selector is of pandas only")
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("num", numbers, make_column_selector(dtype_include="number"))])
    model = make_pipeline(
        columns, MLPRegressor(hidden_layer_sizes=(5,), max_iter=5, random_state=0)
    )
    model.fit(frame, AGE.astype(float))
    assert model[-1].n_features_in_ == 2


@pytest.mark.parametrize("name", FRAMES)
def test_targets_from_a_frame(name):
    frame = FRAMES[name]
    model = MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, random_state=0)
    from_frame = model.fit(frame[["age"]], frame["age"]).predict(frame[["age"]])
    model = MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, random_state=0)
    numbers = AGE[:, None].astype(float)
    np.testing.assert_array_equal(from_frame, model.fit(numbers, AGE).predict(numbers))
