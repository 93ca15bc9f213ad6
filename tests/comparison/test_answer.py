"""The answer of a comparison, in sentences, and the baselines beside it."""

import re
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu import TabularMLPClassifier, compare
from sklearn_relu.comparison import answer, comparison_rows
from sklearn_relu.comparison.baselines import BASELINES, LABELS
from sklearn_relu.comparison.table import best_row
from sklearn_relu.comparison.terminal import rich_table, row_label
from sklearn_relu.exceptions import TrainingWarning

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

RNG = np.random.RandomState(0)
X = RNG.normal(size=(60, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")

WIDE, DEEP = (100,), (80,) * 10
NEAR, FAR = np.array([0.9, 0.91, 0.89, 0.92, 0.88]), np.array([0.5, 0.52, 0.49, 0.5, 0.51])
OTHER = np.array([0.88, 0.92, 0.87, 0.93, 0.86])
NEARLY = NEAR + np.array([1e-4, -1e-4, 2e-4, -3e-4, 0.0])


def made(candidates, refit="accuracy", **baselines):
    """A search with these candidates: parameters, and a score for each fold."""
    results = {"params": [params for params, _ in candidates]}
    for fold in range(5):
        results[f"split{fold}_test_{refit}"] = [scores[fold] for _, scores in candidates]
    return SimpleNamespace(
        cv_results_=results,
        n_splits_=5,
        refit=refit,
        baselines_={
            name.replace("_", " "): {"test_score": scores} for name, scores in baselines.items()
        },
    )


def candidate(activation, scores, network=WIDE, **others):
    params = {"activation": activation, "hidden_layer_sizes": network, **others}
    return {f"mlp__{name}": value for name, value in params.items()}, scores


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        (
            [candidate("relu", NEAR), candidate("logistic", FAR)],
            "On t.csv, relu (accuracy 0.900) is better than logistic (0.504), by 0.396 (corrected "
            "paired test, p = 0.001 or less).",
        ),
        (
            [candidate("relu", OTHER), candidate("tanh", NEAR)],
            "On t.csv, tanh (accuracy 0.900) and relu (0.892) cannot be told apart: other folds "
            "would move the difference of 0.008 by as much (corrected paired test, p = 0.51).",
        ),
        (
            [candidate("relu", NEAR), candidate("tanh", NEARLY)],
            "On t.csv, relu (accuracy 0.900) and tanh (0.900) are as good as each other: with a "
            "probability of 100 % they differ by less than 0.01.",
        ),
        (
            [candidate("relu", NEAR), candidate("tanh", NEAR - 0.001)],
            "On t.csv, relu (accuracy 0.900) is better than tanh (0.899), by 0.001, which hardly "
            "matters (corrected paired test, p = 0.001 or less).",
        ),
        (
            [candidate("relu", NEAR), candidate("elu", OTHER), candidate("logistic", FAR)],
            "; logistic (0.504) is worse than relu (p = 0.001 or less).",
        ),
        (
            [candidate("relu", NEAR), candidate("elu", NEARLY), candidate("tanh", OTHER)],
            "; tanh (0.892) cannot be told apart from relu (p = 1).",
        ),
        (
            [candidate("relu", NEAR), candidate("relu", FAR, DEEP)],
            "On t.csv, one layer of 100 (accuracy 0.900) is better than ten layers of 80 (0.504), "
            "by 0.396 (corrected paired test, p = 0.001 or less).",
        ),
        (
            [candidate("relu", NEAR, alpha=0.1), candidate("relu", FAR, alpha=1.0)],
            "On t.csv, alpha 0.1 (accuracy 0.900) is better than alpha 1.0 (0.504)",
        ),
        (
            [candidate("relu", NEAR, solver="adam"), candidate("relu", FAR, solver="sgd")],
            "On t.csv, solver adam (accuracy 0.900) is better than solver sgd (0.504)",
        ),
        (
            [
                candidate("relu", FAR),
                ({**candidate("relu", NEAR)[0], "mlp": TabularMLPClassifier()}, NEAR),
            ],
            "On t.csv, estimator tabular (accuracy 0.900) is better than estimator mlp (0.504)",
        ),
        (
            [candidate("relu", NEAR)],
            "relu, one layer of 100: accuracy 0.900; there is nothing to compare it with.",
        ),
        (
            [candidate("relu", NEAR), candidate("tanh", np.full(5, np.nan))],
            "relu, one layer of 100: accuracy 0.900; there is nothing to compare it with.",
        ),
        (
            [candidate("relu", NEAR), candidate("tanh", NEAR[::-1])],
            "relu (accuracy 0.900) and tanh (0.900) have the same mean, and cannot be told apart.",
        ),
        # An activation stands for itself by its best candidate.
        (
            [candidate("relu", FAR), candidate("relu", NEAR, DEEP), candidate("tanh", OTHER)],
            "On t.csv, relu (accuracy 0.900) and tanh (0.892) cannot be told apart",
        ),
    ],
)
def test_the_first_sentence(candidates, expected):
    assert expected in answer(made(candidates), "t.csv")[0]


def test_losses_matter_by_a_share_of_them():
    losses = [candidate("relu", -1e4 * NEAR), candidate("tanh", -1e4 * NEARLY)]
    assert "as good as each other" in answer(made(losses, "neg_mean_squared_error"))[0]
    assert "as good as each other" not in answer(made(losses, "max_error"))[0]


def test_the_mean_over_seeds_is_compared():
    seeds = [
        candidate(activation, scores + shift, random_state=seed)
        for activation, scores in [("relu", NEAR), ("logistic", FAR)]
        for seed, shift in enumerate([-0.05, 0.05])
    ]
    without = [candidate("relu", NEAR), candidate("logistic", FAR)]
    assert answer(made(seeds)) == answer(made(without))


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([candidate("relu", NEAR), candidate("tanh", OTHER)], None),
        (
            [candidate("relu", NEAR), candidate("logistic", FAR, DEEP)],
            "Ten layers of 80, logistic, is no better than the majority class.",
        ),
        (
            [candidate("relu", NEAR), *(candidate(name, FAR, DEEP) for name in ("elu", "tanh"))],
            "Two of three networks are no better than the majority class (0.510): elu, 80x10; "
            "tanh, 80x10.",
        ),
        (
            [candidate("relu", FAR), candidate("tanh", FAR - 0.001)],
            "Both networks are no better than the majority class (0.510): relu, 100; tanh, 100.",
        ),
    ],
)
def test_networks_that_are_no_better_than_a_constant_are_named(candidates, expected):
    found = answer(made(candidates, majority_class=np.full(5, 0.51)))
    told = [sentence for sentence in found if "no better than the majority class" in sentence]
    assert told == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("baselines", "expected"),
    [
        ({}, None),
        ({"linear": FAR}, "Linear (0.504) is worse than the best network."),
        (
            {"linear": OTHER, "boosting": NEAR + 0.05},
            "Boosting (0.950) is better than the best network; linear (0.892) cannot be told apart "
            "from the best network.",
        ),
        (
            {"a": NEAR + 0.05, "b": NEAR + 0.04, "c": FAR},
            "A (0.950) and b (0.940) are better than the best network; c (0.504) is worse than the "
            "best network.",
        ),
        ({"a": np.full(5, np.nan)}, None),
    ],
)
def test_baselines_are_compared_with_the_best_network(baselines, expected):
    found = answer(made([candidate("relu", NEAR), candidate("tanh", OTHER)], **baselines))
    told = [sentence for sentence in found if "the best network" in sentence]
    assert told == ([] if expected is None else [expected])


def test_the_best_of_several_is_said_to_be_optimistic():
    one, two = [candidate("relu", NEAR)], [candidate("relu", NEAR), candidate("tanh", OTHER)]
    assert not any("optimistic" in sentence for sentence in answer(made(one)))
    assert "0.900 is the best of two candidates" in answer(made(two))[-1]


@pytest.fixture(scope="module")
def searches():
    """A comparison of classes, and one of numbers, with all baselines."""
    options = {"activations": ["relu"], "networks": [(4,)], "folds": 2, "max_iter": 3}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", TrainingWarning)
        return {
            "classification": compare(X, Y, **options),
            "regression": compare(X, X[:, 1], scoring="neg_mean_absolute_error", **options),
        }


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_baselines_are_rows_of_the_table_and_never_the_best(searches, task):
    search = searches[task]
    first, *baselines = comparison_rows(search)
    assert [row["activation"] for row in baselines] == [
        LABELS[name][task == "regression"] for name in BASELINES
    ]
    assert [row["is_baseline"] for row in baselines] == [True] * 4
    assert all(np.isfinite(row["score"]) for row in baselines)
    assert all(list(row) == list(first) for row in baselines)
    assert baselines[1]["score"] > baselines[0]["score"]  # a line is better than a constant
    assert best_row([*baselines, first]) is first
    table, _ = rich_table([first, *baselines], search.refit, 100)
    assert table.row_count == 5
    assert row_label(first, [first, *baselines]) == "relu, 4"
    assert any("best network" in sentence for sentence in answer(search))


def test_a_baseline_that_fails_is_left_out_with_a_warning(monkeypatch):
    class Failing(DummyClassifier):
        def fit(self, X, y):
            raise ValueError("too few")

    models = {"constant": DummyClassifier(), "boosting": Failing()}
    monkeypatch.setattr(
        "sklearn_relu.comparison.search.baseline", lambda name, *others: models[name]
    )
    options = {"activations": ["relu"], "networks": [(2,)], "folds": 2, "max_iter": 2}
    with pytest.warns(UserWarning, match="(?s)Left out the baseline 'gradient boosting'.*too few"):
        search = compare(X, Y, baselines=["boosting", "constant"], **options)
    assert list(search.baselines_) == ["majority class"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baselines": ["forest"]}, "baselines must be a list of some of constant, linear, boost"),
        ({"baselines": "linear"}, "baselines must be a list"),
        ({"estimators": ["svm"]}, r"a list of some of \('mlp', 'tabular', 'cnn', 'rnn'\)"),
        ({"estimators": "mlp"}, "estimators must be a list"),
        ({"estimators": []}, "estimators must be a list"),
        ({"scoring": "nice"}, r"scoring must be one of sklearn.metrics.get_scorer_names\(\)"),
        ({"parts": {"activation": ["relu"]}}, "parts must not hold 'activation'"),
        ({"parts": {"colour": [1]}}, "parts: 'colour' is no parameter of the network"),
        ({"parts": {"solver": "adam"}}, "values to compare must come as a list; got 'adam'"),
        ({"parts": {"solver": ["newton"]}}, "solver"),
        ({"random_state": None}, "random_state must be a whole number"),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_any_work(options, message, monkeypatch):
    monkeypatch.setattr("sklearn_relu.comparison.search.carry_out", None)
    with pytest.raises(ValueError, match=message):
        compare(X, Y, **options)


@pytest.mark.slow
def test_networks_for_tables_are_searched_beside_plain_ones():
    search = compare(
        X,
        Y,
        activations=["relu", "tanh"],
        networks=[(4,)],
        estimators=["mlp", "tabular"],
        parts={"ensemble_size": [2]},
        folds=2,
        max_iter=3,
        baselines=(),
        early_stopping=True,
    )
    rows = comparison_rows(search)
    names = [(row["activation"], row["estimator"], row["ensemble_size"]) for row in rows]
    assert sorted(names) == sorted(
        (activation, estimator, 2)
        for activation in ("relu", "tanh")
        for estimator in ("mlp", "tabular")
    )
    assert all(np.isfinite(row["sparsity"]) for row in rows)
    assert search.predict(X).shape == (60,)
    assert search.estimator.get_params()["mlp__early_stopping"]


def test_candidates_without_a_score_are_counted():
    candidates = [candidate("relu", NEAR), candidate("tanh", np.full(5, np.nan))]
    search = made(candidates)
    assert answer(search)[1] == "One candidate of two failed."
    search.ended_by_ = "time_limit"
    assert answer(search)[1] == "One candidate of two did not come to the end."


def test_few_rows_tell_no_difference():
    search = made([candidate("relu", np.full(5, 0.5)), candidate("tanh", np.full(5, 0.25))])
    assert "is better than" in answer(search)[0]
    search.n_rows_ = 20  # 4 in a fold: a row of each
    assert "is better than" in answer(search)[0]
    search = made([candidate("relu", np.full(5, 0.5)), candidate("tanh", np.full(5, 0.4))])
    search.n_rows_ = 10
    assert "cannot be told apart" in answer(search)[0]


@pytest.mark.parametrize(
    ("scoring", "y"),
    [
        ("f1", Y),
        ("roc_auc", np.arange(60) % 3),
        ("r2", Y),
        ("accuracy", X[:, 1]),
        ("neg_mean_squared_log_error", -1 - X[:, 1] ** 2),
    ],
)
def test_a_score_that_does_not_fit_the_target_is_refused_before_any_work(scoring, y, monkeypatch):
    monkeypatch.setattr("sklearn_relu.comparison.search.carry_out", None)
    with pytest.raises(ValueError, match=f"scoring='{scoring}' does not fit this target"):
        compare(X, y, scoring=scoring)


def test_networks_by_a_budget_have_not_reached_max_iter():
    options = {"activations": ["relu"], "networks": [(2,)], "folds": 2, "baselines": ()}
    search = compare(
        X, Y, estimators=["tabular"], parts={"ensemble_size": [2], "max_iter": [3]}, **options
    )
    assert comparison_rows(search)[0]["n_at_max_iter"] == 2  # as it was asked for
    search = compare(X, Y, estimators=["tabular"], parts={"effort": [0.02]}, max_iter=1, **options)
    assert comparison_rows(search)[0]["epochs"] > 1
    assert comparison_rows(search)[0]["n_at_max_iter"] == 0


def test_p_values_count_all_candidates_among_which_the_best_was_chosen():
    two = [candidate("relu", NEAR), candidate("tanh", NEAR - [0.04, 0.06, 0.05, 0.02, 0.03])]
    of_other_networks = [candidate("relu", OTHER, (n,)) for n in range(1, 4)]
    few, many = (
        float(re.search(r"tanh .* p = (0\.\d+)\)", answer(made(each))[0])[1])
        for each in (two, two + of_other_networks)
    )
    assert many == pytest.approx(4 * few, rel=0.1)  # written in two digits
