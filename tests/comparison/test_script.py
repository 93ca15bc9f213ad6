"""Code that builds estimators anew gives equal ones."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, RepeatedStratifiedKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, TabularMLPClassifier
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.comparison.datasets import category_texts
from sklearn_relu.comparison.script import WIDTH, Script
from sklearn_relu.initializers import HeNormal
from sklearn_relu.penalties import L1
from sklearn_relu.tables import TabularEncoder

MANY = [f"column {i}" for i in range(200)]
VALUES = [
    *(None, True, 3, -2.5, float("inf"), float("-inf"), float("nan"), "", "a \"b\" 'c'\n", b"x"),
    *([], (), {}, [1, "a"], (1,), (1, 2), {"a": [1], 2: (None,)}, [[1, 2], [3]], [()], [{}]),
    *(np.float32(0.5), np.int64(3), np.str_("a"), np.bool_(True)),
    *(int, np.float64, np.tanh, len, category_texts),
    *(KFold(3, shuffle=True, random_state=0), StratifiedKFold(4), MANY, tuple(MANY)),
]
ESTIMATORS = [
    StandardScaler(),
    DummyClassifier(strategy="prior"),
    LogisticRegression(C=10.0),
    RidgeCV(alphas=np.array([0.1, 1.0])),
    HistGradientBoostingClassifier(categorical_features="from_dtype"),
    MLPClassifier((80,) * 10, LeakyReLU(0.1), penalty=L1(), initialization=HeNormal()),
    TabularMLPClassifier(max_iter=3),
    TabularEncoder(),
    FunctionTransformer(np.log1p),
    make_pipeline(SimpleImputer(missing_values=-1, strategy="median"), StandardScaler()),
    TransformedTargetRegressor(MLPRegressor(max_iter=3), transformer=StandardScaler()),
    Pipeline(
        [
            (
                "prepare",
                ColumnTransformer(
                    [
                        ("numeric", make_pipeline(SimpleImputer(), StandardScaler()), MANY),
                        ("categorical", OneHotEncoder(handle_unknown="ignore"), ["<b>", "ü"]),
                        ("class", OneHotEncoder(handle_unknown="ignore", max_categories=3), [0]),
                        ("two words", OneHotEncoder(handle_unknown="ignore", min_frequency=3), []),
                    ],
                    remainder="passthrough",
                ),
            ),
            ("again", Pipeline([("prepare", ColumnTransformer([("numeric", "drop", [0])]))])),
            ("mlp", MLPClassifier((3,), max_iter=20, learning_rate_init=0.01)),
        ]
    ),
]


def built(value):
    """The value that the code builds, and the code."""
    script = Script()
    script.assign("result", value)
    code = "\n".join([script.header(), *script.statements.values()])
    names = {}
    exec(code, names)
    return names["result"], code


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30].split(" at ")[0])
def test_values(value):
    found, _ = built(value)
    assert type(found) is type(value) or isinstance(value, np.generic)
    assert repr(found) == repr(value.item() if isinstance(value, np.generic) else value)


def test_an_array():
    found, _ = built(np.array([[1.5, 2.0]]))
    assert found.tolist() == [[1.5, 2.0]]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
def test_estimators(estimator):
    found, code = built(estimator)
    assert repr_of(found) == repr_of(estimator)
    assert max(map(len, code.splitlines())) <= WIDTH
    assert "_" not in {part[0] for line in code.splitlines() if line[:5] == "from " for part in
                       line.split()[1].split(".")}  # fmt: skip


def repr_of(estimator):
    """All parameters, deep."""
    return sorted((name, repr(value)) for name, value in estimator.get_params().items())


def test_long_steps_are_statements_of_their_own():
    _, code = built(ESTIMATORS[-1])
    assert "\nprepare = ColumnTransformer(" in code
    assert "('prepare', prepare)," in code
    assert "\nclass = " not in code
    assert "\ntwo words = " not in code


def test_repeated_folds():
    folds = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    X, y = np.zeros((12, 1)), np.repeat([0, 1], 6)
    found, _ = built(folds)
    for split, again in zip(folds.split(X, y), found.split(X, y), strict=True):
        assert split[1].tolist() == again[1].tolist()


def test_functions_without_a_name_are_refused():
    with pytest.raises(ValueError, match="cannot be imported, so there is no code"):
        built(FunctionTransformer(lambda X: X))
