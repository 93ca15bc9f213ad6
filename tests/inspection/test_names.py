"""Features have the names of data frames, wherever the frame comes in."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import make_moons
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.inspection import attributions, local_linear_map
from sklearn_relu.inspection.names import columns_by_name

pd = pytest.importorskip("pandas")

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

X, y = make_moons(30, noise=0.2, random_state=0)
COLUMNS = ["width", "height"]
FRAME = pd.DataFrame(X, columns=COLUMNS)
TINY = {"hidden_layer_sizes": (3,), "max_iter": 1, "random_state": 0}


def network():
    return MLPClassifier(**TINY)


def regression():
    return TransformedTargetRegressor(MLPRegressor(**TINY), transformer=StandardScaler())


MODELS = {
    "network": (network, COLUMNS),
    "scaled": (lambda: make_pipeline(StandardScaler(), network()), COLUMNS),
    "scaled to frames": (
        lambda: make_pipeline(StandardScaler().set_output(transform="pandas"), network()),
        COLUMNS,
    ),
    "powers": (
        lambda: make_pipeline(PolynomialFeatures(include_bias=False), network()),
        ["width", "height", "width^2", "width height", "height^2"],
    ),
    "turned around": (
        lambda: make_pipeline(
            ColumnTransformer([("all", StandardScaler(), COLUMNS[::-1])]), network()
        ),
        ["all__height", "all__width"],
    ),
    "of a target": (regression, COLUMNS),
    "scaled, of a target": (lambda: make_pipeline(StandardScaler(), regression()), COLUMNS),
    "within the target's": (
        lambda: TransformedTargetRegressor(
            make_pipeline(StandardScaler(), MLPRegressor(**TINY)), transformer=StandardScaler()
        ),
        COLUMNS,
    ),
    "frozen": (lambda: FrozenEstimator(network().fit(FRAME, y)), COLUMNS),
    "a function": (lambda: make_pipeline(FunctionTransformer(np.asarray), network()), None),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("made", [local_linear_map, attributions])
def test_columns_have_the_names_of_the_frame(made, name):
    make, expected = MODELS[name]
    report = made(make().fit(FRAME, y), FRAME)
    assert report.feature_names == expected
    shown = list(report.to_frame().columns)
    prefix = "coef" if made is local_linear_map else "feature"
    assert shown[-len(expected or COLUMNS) :] == (expected or [f"{prefix}0", f"{prefix}1"])
    assert (expected or [f"{prefix}0"])[0] in repr(report)


@pytest.mark.parametrize(
    "name", [name for name in MODELS if name not in ("frozen", "turned around")]
)
@pytest.mark.parametrize("made", [local_linear_map, attributions])
def test_arrays_have_numbers(made, name):
    make, _ = MODELS[name]
    names = made(make().fit(X, y), X).feature_names
    # Names that scikit-learn makes up are only told where they are more than numbers.
    assert names == (["x0", "x1", "x0^2", "x0 x1", "x1^2"] if name == "powers" else None)


def test_words_are_names():
    texts = ["red wine", "white wine", "red red"] * 4
    model = make_pipeline(CountVectorizer(), network()).fit(texts, [0, 1, 0] * 4)
    assert attributions(model, texts).feature_names == ["red", "white", "wine"]


def test_names_of_other_columns_are_told_apart():
    frame = pd.DataFrame(X, columns=["output", "sample"])
    table = attributions(network().fit(frame, y), frame).to_frame()
    assert table.columns.is_unique
    assert list(table.columns[-2:]) == ["output (feature0)", "sample (feature1)"]
    np.testing.assert_allclose(table["output"], table.iloc[:, -2:].sum(axis=1) + table["intercept"])


@pytest.mark.parametrize("names", [["a", "a", "a"], ["a", "a (f1)", "a"], ["s", "b", "s"], None])
def test_no_two_columns_are_equal(names):
    columns = columns_by_name(names, "f", 3, ["s"])
    assert len({"s", *columns}) == 4
