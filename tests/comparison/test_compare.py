"""The main job as a function: the search, its table, its figure."""

import io
import pickle
import re
import warnings
from datetime import date, time, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import versions
from numpy.testing import assert_allclose, assert_array_equal
from rich.console import Console
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score

import sklearn_relu
from sklearn_relu.activations import Activation, LeakyReLU
from sklearn_relu.comparison import comparison_figure, comparison_rows
from sklearn_relu.comparison.datasets import category_texts, check_target, columns_of, infer_task
from sklearn_relu.comparison.table import best_row, csv_text, fits_at_max_iter, network_label
from sklearn_relu.comparison.terminal import FIGURES, IMPORTANCE, rich_table, row_label
from sklearn_relu.inspection import activation_report, final_network, gradient_report
from sklearn_relu.scorers import n_parameters_scorer
from sklearn_relu.tables import TabularEncoder

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*reached max_iter:UserWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]

RNG = np.random.RandomState(0)
N = 60
X = RNG.normal(size=(N, 3))
Y = np.where(X[:, 0] + 0.3 * RNG.normal(size=N) > 0, "yes", "no")
TARGET = 1000 + 300 * X[:, 1]
FRAME = pd.DataFrame(
    {
        "a": np.where(RNG.rand(N) < 0.1, np.nan, X[:, 0]),
        "b": X[:, 1],
        "color": RNG.choice(["red", "green", None], N),
        "flag": RNG.rand(N) > 0.5,
    }
)
SMALL = {"networks": [(4,), (3, 3)], "folds": 2, "max_iter": 3, "baselines": ()}


@pytest.fixture(scope="module")
def search():
    """Two activations and networks, two seeds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return sklearn_relu.compare(X, Y, activations=["relu", "tanh"], seeds=2, **SMALL)


class Broken(Activation):
    """No fit comes to an end with it."""

    def forward(self, z, a, params, noise=None):
        a[:] = np.nan

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        grad_z[:] = np.nan


def one(X, y, **options):
    """A comparison of one candidate."""
    return sklearn_relu.compare(
        X, y, **SMALL | {"activations": ["relu"], "networks": [(4,)]} | options
    )


class TestSearch:
    def test_it_is_a_fitted_grid_search_over_a_pipeline(self, search):
        assert isinstance(search, GridSearchCV)
        assert search.predict(X).shape == (N,)
        assert len(search.cv_results_["params"]) == 2 * 2 * 2
        assert list(search.best_estimator_.named_steps) == ["prepare", "mlp"]

    def test_scores_are_those_of_cross_validation_on_the_same_folds(self, search):
        folds = StratifiedKFold(2, shuffle=True, random_state=0)
        params = search.cv_results_["params"][3]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            scores = cross_val_score(clone(search.estimator).set_params(**params), X, Y, cv=folds)
        got = [search.cv_results_[f"split{i}_test_accuracy"][3] for i in range(2)]
        assert_array_equal(got, scores)

    def test_it_warns_once_of_all_fits_that_reached_max_iter(self):
        with pytest.warns(ConvergenceWarning) as caught:
            search = one(X, Y, seeds=2)
        assert [str(each.message) for each in caught] == [
            "4 of 4 fits reached max_iter=3; a larger max_iter may change their figures."
        ]
        assert fits_at_max_iter(search) == (4, 4)

    def test_nothing_is_said_if_no_fit_reached_it(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            search = one(X[:20], Y[:20], max_iter=2000, learning_rates=[0.05])
        assert fits_at_max_iter(search) == (0, 2)

    def test_results_do_not_depend_on_the_number_of_threads(self, search):
        parallel = sklearn_relu.compare(
            X, Y, activations=["relu", "tanh"], seeds=2, n_jobs=2, **SMALL
        )
        for name in ("score", "sparsity", "dead_units", "saturation", "gradient_ratio", "epochs"):
            got = [row[name] for row in comparison_rows(parallel)]
            assert_allclose(got, [row[name] for row in comparison_rows(search)], rtol=1e-6)

    def test_fits_of_one_shape_train_together(self, search):
        assert search.stack_sizes_ == [4, 4, 4, 4]  # 2 seeds, 2 folds

    def test_whatever_is_named_is_searched(self):
        search = one(
            X,
            Y,
            activations=["relu", LeakyReLU(0.1)],
            initializations=["he_normal"],
            penalties=[None, "l1"],
            biases=[0, 0.1],
            alphas=np.array([0.1, 0.1]),
            learning_rates=(0.01,),
        )
        assert len(search.cv_results_["params"]) == 2 * 2 * 2
        rows = comparison_rows(search)
        assert list(rows[0])[:7] == [
            "activation", "network", "initialization", "penalty", "bias", "alpha", "learning_rate",
        ]  # fmt: skip
        assert {row["activation"] for row in rows} == {"relu", "LeakyReLU(negative_slope=0.1)"}
        assert {row["penalty"] for row in rows} == {"none", "l1"}

    def test_an_activation_for_each_layer_is_one_candidate(self):
        search = one(X, Y, activations=[["relu", "tanh"]], networks=[[4, 3]])
        assert comparison_rows(search)[0]["activation"] == "relu tanh"

    @versions.with_callbacks
    def test_callbacks_reach_the_search(self):
        class Recorder:
            def setup(self, estimator, context):
                seen.append(type(estimator).__name__)

            def on_fit_task_begin(self, estimator, context):
                pass

            def on_fit_task_end(self, estimator, context):
                pass

            def teardown(self, estimator, context):
                seen.append("done")

        seen = []
        one(X, Y, callbacks=[Recorder()])
        assert seen == ["GridSearchCV", "done"]

    def test_the_search_survives_a_pickle(self):
        search = one(FRAME, Y)
        again = pickle.loads(pickle.dumps(search))
        assert_array_equal(again.predict(FRAME), search.predict(FRAME))


class TestRegression:
    def test_predictions_are_in_the_target_s_units(self):
        search = one(X, TARGET, networks=[(20,)], max_iter=300, learning_rates=[0.01])
        assert search.refit == "r2"
        assert isinstance(search.best_estimator_["mlp"], TransformedTargetRegressor)
        assert r2_score(TARGET, search.predict(X)) > 0.9
        row = comparison_rows(search)[0]
        assert row["score"] > 0.5
        assert row["epochs"] > 3
        assert row["gradient_ratio"] > 0

    def test_whole_numbers_can_be_said_to_be_a_quantity(self):
        y = np.arange(N) % 5
        assert one(X, y).refit == "accuracy"
        assert one(X, y, task="regression").refit == "r2"


class TestColumns:
    def test_a_frame_is_imputed_scaled_and_encoded(self):
        frame = FRAME.assign(when=pd.date_range("2020-01-01", periods=N))
        encoder = one(frame, Y).best_estimator_["prepare"]
        prepared = pd.DataFrame(encoder.transform(frame), columns=encoder.get_feature_names_out())
        assert list(prepared) == [
            "a", "b", "when_seconds", "when_month_sin", "when_month_cos", "when_weekday_sin",
            "when_weekday_cos", "color_red", "flag_True", "a_missing",
        ]  # fmt: skip
        low, median, high = FRAME["a"].quantile([0.25, 0.5, 0.75])
        scaled = (FRAME["a"].fillna(median) - median) / (high - low)
        assert_allclose(prepared["a"], scaled / np.sqrt(1 + (scaled / 3) ** 2), atol=1e-12)
        assert_array_equal(prepared["a_missing"], np.where(FRAME["a"].isna(), 1, -1))
        assert_array_equal(prepared["color_red"][FRAME["color"].isna()], 0)

    def test_unknown_and_missing_categories_are_met_in_prediction(self):
        search = one(FRAME, Y)
        new = FRAME.head(3).assign(color=["blue", None, "red"], a=np.nan)
        assert search.predict(new).shape == (3,)

    def test_rare_categories_are_put_together(self):
        many = pd.DataFrame({"id": [f"n{i}" for i in range(N)], "b": X[:, 1]})
        prepared = one(many, Y, categorical=["id"]).best_estimator_["prepare"].transform(many)
        assert prepared.shape[1] == 1 + 50
        assert (prepared[:, 1:].sum(axis=1) == 0).sum() == N - 50

    def test_a_column_without_values_does_no_harm(self):
        assert one(FRAME.assign(a=np.nan), Y).n_features_in_ == 4

    def test_numbers_are_categories_if_named(self):
        codes = pd.DataFrame({"code": np.arange(N) % 3, "b": X[:, 1]})
        columns = columns_of(codes, ["code"])
        assert (columns.numeric, columns.categorical) == (["b"], ["code"])
        array = np.column_stack([np.arange(N) % 3, X[:, 1]])
        columns = columns_of(array, [0])
        assert (columns.numeric, columns.categorical, columns.positions) == ([1], [0], [0])
        assert one(array, Y, categorical=[0]).best_estimator_[0].transform(array).shape[1] == 4

    def test_every_kind_of_pandas_column_is_told_apart(self):
        frame = pd.DataFrame(
            {
                "decimal": [Decimal(1), None] * (N // 2),
                "integer": pd.array([1, None] * (N // 2), dtype="Int64"),
                "boolean": pd.array([True, None] * (N // 2), dtype="boolean"),
                "string": pd.array(["x", None] * (N // 2), dtype="string"),
                "category": pd.Categorical(["x", None] * (N // 2)),
                "mixed": pd.Series([1, "x"] * (N // 2), dtype=object),
            }
        )
        columns = columns_of(frame, [])
        assert columns.numeric == ["decimal", "integer"]
        assert columns.categorical == ["boolean", "string", "category", "mixed"]
        assert one(frame, Y).predict(frame).shape == (N,)

    def test_lists_and_object_arrays_are_taken(self):
        assert columns_of(X, []).numeric == [0, 1, 2]
        mixed = np.array([[1, "x"], [2.5, "y"]] * (N // 2), dtype=object)
        assert columns_of(mixed, [1]) == columns_of(mixed, [])
        assert columns_of(mixed, []).numeric == [0]
        assert one(mixed, Y, categorical=[1]).predict(mixed).shape == (N,)
        assert one(mixed.tolist(), Y.tolist()).predict(mixed).shape == (N,)
        assert one(X.tolist(), Y.tolist()).predict(X).shape == (N,)

    def test_masked_values_are_missing(self):
        masked = np.ma.MaskedArray(X, mask=X > 1)
        encoder = one(masked, Y).best_estimator_["prepare"]
        assert encoder.indicator_features_.tolist() == [0, 1, 2]

    @pytest.mark.parametrize("package", ["polars", "pyarrow"])
    def test_frames_of_other_packages_are_as_those_of_pandas(self, package):
        frame = FRAME.assign(when=pd.date_range("2020-01-01", periods=N), money=[Decimal(7)] * N)
        pytest.importorskip("pyarrow")
        polars = pytest.importorskip("polars").from_pandas(frame)
        other = polars if package == "polars" else polars.to_arrow()
        expected = one(frame, Y)
        search = one(other, Y, categorical=["flag"])
        assert_array_equal(search.predict(other), expected.predict(frame))
        assert columns_of(other, []) == columns_of(frame, [])

    def test_times_and_durations_are_numbers(self):
        frame = pd.DataFrame(
            {"a": [timedelta(i % 7) for i in range(N)], "b": [time(1), time(2)] * 30}
        )
        frame["c"] = frame["b"].astype(object)
        assert columns_of(frame, []).numeric == ["a", "b", "c"]
        assert one(frame, Y).predict(frame).shape == (N,)

    def test_numbers_of_any_size_are_taken(self):
        huge = FRAME.assign(b=X[:, 1] * 1e307)
        assert one(huge, Y).predict(huge).shape == (N,)

    def test_categories_become_texts(self):
        values = np.array([[1, 1.0, True], ["x", None, np.nan], [pd.NA, pd.NaT, 2]], dtype=object)
        texts = category_texts(values)
        assert texts[0].tolist() == ["1.0"] * 3
        assert texts[1, 0] == "x"
        assert texts[2, 2] == "2.0"
        assert all(text != text for text in [*texts[1, 1:], *texts[2, :2]])

    @pytest.mark.parametrize(
        ("X", "categorical", "message"),
        [
            (csr_array(X), [], "got a sparse one"),
            (X[:, 0], [], "two dimensions; got an array of shape"),
            (FRAME[[]], [], "no columns"),
            (FRAME, ["colour"], "'flag'; got 'colour'"),
            (X, [3], "0, 1, 2; got 3"),
            (X[:-1], [], "as many rows; got 59 and 60"),
            (np.array([[1, "x"]] * N), [], "in column 0, but it is an array of text"),
            (FRAME.assign(a=[[1]] * N), [], "column 'a' .* got lists, records or other objects"),
            (FRAME.assign(a=[{"b": 1}] * N), [], "column 'a' .* got lists, records"),
            (FRAME.assign(b=np.inf), [], "column 'b' must hold finite numbers"),
            (FRAME[["b"]].assign(c=-np.inf), [], "column 'c' must hold finite numbers"),
            (FRAME.assign(b=[*X[:-1, 1].astype(str), "oops"]), [], "'b' .* as text .* 'oops'"),
            (FRAME.assign(b=X[:, 1].astype(str)), [], "'b' holds mostly numbers as text \\('"),
            (FRAME.assign(b=[f"${x:,.2f}" for x in X[:, 1]]), [], "mostly numbers as text \\('\\$"),
            (FRAME.assign(b=[f"{x:.1f} kg" for x in X[:, 1]]), [], "mostly numbers as text"),
            (FRAME.assign(b=["2020-01-31", "2020-02-01"] * 30), [], "'b' holds mostly dates"),
            (FRAME.assign(b=[f"C{i}" for i in range(N)]), [], "'b' has a value of its own .*'C0'"),
            (FRAME.set_axis(["a", "a", "b", "c"], axis=1), [], "different names; got 'a' twice"),
            (FRAME.set_axis(["a", 1, "b", "c"], axis=1), [], "all text, or none; got 1 beside"),
            (
                FRAME.set_axis(pd.MultiIndex.from_product([["a", "b"], ["c", "d"]]), axis=1),
                [],
                r"one level; got \('a', 'c'\)",
            ),
        ],
    )
    def test_what_cannot_be_used_is_named(self, X, categorical, message):
        with pytest.raises(ValueError, match=message):
            sklearn_relu.compare(X, Y, categorical=categorical)

    def test_long_lists_of_columns_are_cut(self):
        wide = pd.DataFrame(np.zeros((2, 15))).rename(columns=str)
        with pytest.raises(ValueError, match=r"'11' and 3 more; got 'x'"):
            columns_of(wide, ["x"])

    def test_wide_frames_are_encoded_as_wide_arrays(self):
        wide = RNG.normal(size=(20, 300))
        frame = pd.DataFrame(wide).rename(columns=str)
        texts = frame.assign(text=["a", "b"] * 10)
        expected = TabularEncoder().fit_transform(wide)
        assert_array_equal(TabularEncoder().fit_transform(frame), expected)
        assert_array_equal(TabularEncoder().fit_transform(texts)[:, :-1], expected)


class TestTarget:
    @pytest.mark.parametrize(
        ("y", "task"),
        [
            (["a", "b"], "classification"),
            ([True, False], "classification"),
            ([0, 1, 0], "classification"),
            ([0.0, 1.0], "classification"),
            ([0.5, 1.0], "regression"),
            (list(range(10)), "classification"),
            (list(range(11)), "regression"),
            (list(range(50)) * 5, "classification"),
            (list(range(50)) * 4, "regression"),
            (list(range(51)) * 9, "regression"),
        ],
    )
    def test_the_task_is_inferred(self, y, task):
        assert check_target(y, None)[1] == infer_task(check_target(y, None)[0]) == task

    def test_categories_are_classes_even_if_they_are_many_numbers(self):
        y = pd.Series(range(60), dtype="category")
        assert check_target(y, None)[1] == "classification"

    def test_numbers_in_an_object_array_are_numbers(self):
        y, task = check_target(np.array([1, 2.5, 3], dtype=object), None)
        assert (y.dtype, task) == (np.float64, "regression")
        y, task = check_target(pd.Series([1, 2, 3] * 4, dtype="Int64"), None)
        assert (y.dtype.kind, task) == ("i", "classification")

    def test_other_objects_are_classes_by_their_text(self):
        y, task = check_target(np.array([True, "x", 1], dtype=object), None)
        assert (y.tolist(), task) == (["True", "x", "1"], "classification")

    def test_durations_and_decimals_are_numbers(self):
        y, task = check_target(pd.Series([timedelta(1), timedelta(2.5)]), None)
        assert (y.tolist(), task) == ([86400, 216000], "classification")
        y, task = check_target([Decimal("1.5"), Decimal(2)], None)
        assert (y.tolist(), task) == ([1.5, 2], "regression")

    def test_numbers_as_text_can_be_said_to_be_classes(self):
        y, task = check_target(list(map(str, range(20))), "classification")
        assert (len(y), task) == (20, "classification")
        assert check_target(["0", "1", "0"], None)[1] == "classification"

    @pytest.mark.parametrize(
        ("y", "task", "message"),
        [
            ([], None, "y is empty"),
            ([1.0, np.nan, 2], None, "1 of them"),
            (["a", None, "b"], None, "1 of them"),
            (pd.Series([1, None, None], dtype="Int64"), None, "2 of them"),
            (["a", "b"], "regression", "numbers for regression; got 'a'"),
            ([1.5, 2.0], "classification", "got the number 1.5"),
            ([1.0, np.inf], "regression", "finite numbers"),
            (["a", "a"], None, "at least two classes; got the one class a in all 2 rows"),
            ([2.5, 2.5], None, "at least two values; got the one value 2.5"),
            ([1, 2], "ranking", "task must be .*; got 'ranking'"),
            ([date(2020, 1, 1), date(2021, 1, 1)], None, "got dates, such as '2020-01-01'"),
            (pd.date_range("2020", periods=9), None, "got dates, such as '2020-01-01"),
            (list(map(str, range(20))), None, r"y holds mostly numbers as text \('0', '1', '2'\)"),
            ([f"{i},5 kg" for i in range(20)], "regression", "y holds mostly numbers as text"),
            ([1e300, 2.5], "regression", r"numbers up to 1e\+150 .* got 1e\+300"),
            ([{"a": 1}, {}], None, "y must hold numbers or classes"),
        ],
    )
    def test_what_cannot_be_learned_is_named(self, y, task, message):
        with pytest.raises(ValueError, match=message):
            check_target(y, task)


class TestParameters:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"activations": ["rellu"]}, "Did you mean 'relu'"),
            ({"activations": "relu"}, r"for activation. For one value pass \['relu'\]"),
            ({"networks": 100}, "must come as a list; got 100"),
            ({"activations": []}, "at least one; got none for activation"),
            ({"networks": [(0,)]}, "hidden_layer_sizes must be > 0"),
            ({"alphas": [-1]}, "'alpha' parameter"),
            ({"initializations": ["he"]}, "initialization must be one of"),
            ({"max_iter": 0}, "'max_iter' parameter"),
            ({"random_state": None}, "random_state must be a whole number .*; got None"),
            ({"random_state": -1}, "random_state must .* at least 0, .* got -1"),
            ({"random_state": np.random.RandomState(0)}, "random_state must be a whole number"),
            ({"folds": 1}, "folds must be at least 2 and at most"),
            ({"folds": 50}, "the rows of the most frequent class; got 50"),
            ({"folds": 61, "task": "regression"}, "at most 60, the rows; got 61"),
        ],
    )
    def test_errors_come_before_any_work(self, options, message, monkeypatch):
        monkeypatch.setattr(GridSearchCV, "fit", lambda *args: pytest.fail("it worked"))
        y = TARGET if "task" in options else Y
        with pytest.raises(ValueError, match=message):
            sklearn_relu.compare(X, y, **options)


class TestTable:
    def test_rows_hold_means_over_folds_and_seeds(self, search):
        rows = comparison_rows(search)
        names = [(row["network"], row["activation"]) for row in rows]
        assert names == [("4", "relu"), ("4", "tanh"), ("3x2", "relu"), ("3x2", "tanh")]
        first = [
            i
            for i, params in enumerate(search.cv_results_["params"])
            if params["mlp__activation"] == "relu" and params["mlp__hidden_layer_sizes"] == (4,)
        ]
        assert len(first) == 2
        scores = [search.cv_results_[f"split{k}_test_accuracy"][i] for i in first for k in (0, 1)]
        assert rows[0]["score"] == pytest.approx(np.mean(scores))
        assert rows[0]["score_sd"] == pytest.approx(np.std(scores))
        assert (rows[0]["n_fits"], rows[0]["n_failed"], rows[0]["n_at_max_iter"]) == (4, 0, 4)

    def test_figures_are_those_of_the_reports(self):
        search = one(X, Y)
        row = comparison_rows(search)[0]
        folds = search.cv.split(X, Y)
        reports, ratios = [], []
        for train, _ in folds:
            model = clone(search.best_estimator_)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(X[train], Y[train])
            reports.append(activation_report(model, X[train]))
            ratios.append(gradient_report(model, X[train], Y[train], initial=True).ratio)
        assert row["sparsity"] == pytest.approx(np.mean([each.sparsity for each in reports]))
        assert row["dead_units"] == pytest.approx(np.mean([each.dead for each in reports]))
        assert row["saturation"] == pytest.approx(np.mean([each.saturated for each in reports]))
        assert row["gradient_ratio"] == pytest.approx(np.mean(ratios))
        assert row["n_parameters"] == n_parameters_scorer(search.best_estimator_)
        assert row["epochs"] == final_network(search.best_estimator_).n_iter_ == 3

    def test_csv_has_a_header_and_a_line_for_each_candidate(self, search, tmp_path):
        rows = comparison_rows(search)
        (tmp_path / "t.csv").write_text(csv_text(rows), encoding="utf-8")
        table = pd.read_csv(tmp_path / "t.csv", dtype={"network": str})
        assert table.columns.tolist() == list(rows[0])
        assert_allclose(table["score"], [row["score"] for row in rows])
        assert table["network"].tolist() == [row["network"] for row in rows]

    @pytest.mark.parametrize(
        ("sizes", "label"),
        [((100,), "100"), (100, "100"), ((80,) * 10, "80x10"), ((64, 32), "64,32")],
    )
    def test_networks_are_named_as_on_the_command_line(self, sizes, label):
        assert network_label(sizes) == label

    def test_a_failed_fit_is_shown_and_not_averaged_away(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search = one(X, Y, biases=[0, 1e308])
        good, bad = comparison_rows(search)
        assert (bad["n_failed"], bad["n_at_max_iter"]) == (2, 0)
        assert np.isnan(bad["score"])
        assert best_row([bad, good]) is good
        assert fits_at_max_iter(search) == (2, 2)
        assert "2 of 2 failed" in text_of([good, bad], "accuracy")
        figure = comparison_figure(search, X, Y)
        shown = [text.get_text() for text in figure.axes[0].texts]
        assert shown == [f"{good['score']:.3f}"]

    def test_an_activation_whose_fits_all_failed_is_shown_as_failed(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search = one(X, Y, activations=["relu", Broken()])
        assert np.isnan(comparison_rows(search)[1]["score"])
        scores, losses = comparison_figure(search, X, Y).axes
        labels = [text.get_text() for text in scores.get_legend().get_texts()]
        assert labels == ["relu", "Broken()", "most frequent class", "a fit failed"]
        assert len(scores.texts) == 1
        assert {line.get_color() for line in losses.lines} == {scores.lines[0].get_color()}


def printed(rows, score, width=100):
    """The table, its lines, and the figures that are left out."""
    table, left_out = rich_table(rows, score, width)
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(table, crop=False)
    return table, console.export_text().splitlines(), left_out


def text_of(rows, score, width=100):
    return "\n".join(printed(rows, score, width)[1])


def names_in(table, lines):
    """The names of each row, without blanks: folded ones are put together again."""
    columns, start = [], 0
    for column in table.columns:
        columns.append(slice(start, start + column.width))
        start += column.width + 1 + table.padding[1]
    names = [columns[i] for i, column in enumerate(table.columns) if column.justify == "left"]
    rows = []
    for line in lines:
        if re.search(r"\d ± \d", line):
            rows.append([""] * len(names))
        if rows:
            rows[-1] = [
                name + line[place].replace(" ", "")
                for name, place in zip(rows[-1], names, strict=True)
            ]
    return rows


def row(**changes):
    return {
        "activation": "relu",
        "network": "80x10",
        "score": 0.94249,
        "score_sd": 0.0136,
        "train_score": 1.0,
        "fit_seconds": 0.666,
        "epochs": 35.2,
        "sparsity": 0.4531,
        "dead_units": 0.0,
        "saturation": 0.0123,
        "gradient_ratio": 1.2e-9,
        "n_parameters": 73610.0,
        "n_fits": 5,
        "n_failed": 0,
        "n_not_run": 0,
        "n_at_max_iter": 0,
        "is_baseline": False,
    } | changes


TABLES = {
    "usual": [
        row(activation=activation, network=network)
        for network in ("100", "80x10")
        for activation in ("relu", "tanh", "logistic")
    ],
    "one setting": [row(initialization=each) for each in ("auto", "glorot_uniform")],
    "all settings": [
        row(
            activation="LeakyReLU(negative_slope=0.1)",
            network=network,
            initialization=initialization,
            penalty=penalty,
            bias=bias,
            alpha=bias / 1000,
            learning_rate=0.001 + bias,
            score=-39.539,
        )
        for network, initialization, penalty, bias in (
            ("80x10", "auto", "l1", 0.1),
            ("64,32,16,8,4", "glorot_truncated_normal", "elasticnet", 1.0),
        )
    ],
    "one for each layer": [
        row(activation=" ".join(["relu", each] * 5)) for each in ("elu", "tanh")
    ],
}
"""Rows of comparisons, from narrow to wide."""


class TestTerminal:
    def test_a_row_reads_as_its_figures(self):
        lines = text_of([row()], "accuracy").splitlines()
        figures = "0.942 ± 0.014 1.000 0.67 35 45.3 % 0 % 1.2 % 1.2e-09 74k"
        assert " ".join(lines[-1].split()) == f"relu 80x10 {figures}"

    @pytest.mark.parametrize(
        ("changes", "shown"),
        [
            ({"sparsity": 1e-5}, "<0.1 %"),
            ({"sparsity": 1.0}, "100 %"),
            ({"sparsity": np.nan}, " - "),
            ({"n_parameters": 650.0}, " 650"),
            ({"n_parameters": 7410.0}, " 7.4k"),
            ({"n_parameters": 12_345_678.0}, " 12M"),
            ({"n_parameters": np.nan}, " -"),
            ({"gradient_ratio": 0.0}, "0.00"),
            ({"gradient_ratio": 1.25}, "1.25"),
            ({"gradient_ratio": 12345.0}, "1.2e+04"),
            ({"train_score": -12345.0}, "-1.2e+04"),
            ({"train_score": np.nan}, " - "),
        ],
    )
    def test_extreme_figures_are_readable(self, changes, shown):
        assert shown in text_of([row(**changes)], "r2").splitlines()[-1]

    def test_settings_are_shown_only_if_they_differ(self):
        rows = [row(bias=0.0, penalty="l2"), row(bias=0.1, penalty="l2")]
        text = text_of(rows, "r2")
        assert "bias" in text
        assert "penalty" not in text
        assert row_label(rows[1], rows) == "relu, 80x10, 0.1"
        assert row_label(rows[0], rows[:1]) == "relu, 80x10"

    @pytest.mark.parametrize("width", [40, 60, 80, 100, 130, 200])
    @pytest.mark.parametrize("kind", TABLES)
    def test_names_and_scores_are_whole_at_every_width(self, kind, width):
        rows = TABLES[kind]
        table, lines, left_out = printed(rows, "accuracy", width)
        assert max(map(len, lines)) <= width
        shown = ["".join(each).replace(",", "") for each in names_in(table, lines)]
        assert shown == [re.sub("[, ]", "", row_label(each, rows)) for each in rows]
        text = "\n".join(lines)
        assert "…" not in text
        for each in rows:
            assert f"{each['score']:.3f} ± {each['score_sd']:.3f}" in text
        for name, (header, _) in FIGURES.items():
            assert (header.split("\n")[-1] in text) == (name not in left_out)

    @pytest.mark.parametrize("kind", TABLES)
    def test_a_wider_terminal_never_shows_less(self, kind):
        before = set(FIGURES)
        for width in range(20, 220):
            left_out = set(rich_table(TABLES[kind], "accuracy", width)[1])
            assert left_out <= before
            assert left_out == set(IMPORTANCE[len(IMPORTANCE) - len(left_out) :])
            before = left_out
        assert not left_out

    def test_the_usual_table_at_80_columns_lacks_two_figures(self):
        assert rich_table(TABLES["usual"], "accuracy", 80)[1] == ["saturation", "n_parameters"]
        assert rich_table(TABLES["usual"], "accuracy", 100)[1] == []

    @pytest.mark.parametrize("width", [1, 20])
    @pytest.mark.parametrize("kind", TABLES)
    def test_a_terminal_without_room_for_names_gets_longer_lines(self, kind, width):
        table, lines, left_out = printed(TABLES[kind], "accuracy", width)
        assert list(FIGURES) == left_out
        assert width < max(map(len, lines)) < 40
        shown = ["".join(each).replace(",", "") for each in names_in(table, lines)]
        assert shown == [re.sub("[, ]", "", row_label(each, TABLES[kind])) for each in TABLES[kind]]

    def test_every_figure_has_a_place_in_the_order_of_importance(self):
        assert sorted(IMPORTANCE) == sorted(FIGURES)


class TestFigure:
    def test_it_draws_what_was_found(self, search):
        figure = comparison_figure(search, X, Y)
        scores, first, second = figure.axes
        rows = comparison_rows(search)
        labels = [text.get_text() for text in scores.get_legend().get_texts()]
        assert sorted(labels) == ["most frequent class", "relu", "tanh"]
        ticks = [text.get_text() for text in scores.get_xticklabels()]
        assert ticks == ["1 layer of 4", "2 layers of 3"]
        written = sorted(text.get_text() for text in scores.texts)
        assert written == sorted(f"{row['score']:.3f}" for row in rows)
        assert [ax.get_title(loc="left") for ax in (first, second)] == ticks
        curves = [line for line in first.lines if len(line.get_ydata()) > 1]
        assert [len(line.get_ydata()) for line in curves] == [3] * 4
        assert [line.get_linestyle() for line in curves] == ["-", "--"] * 2
        colors = {line.get_color() for line in first.lines}
        assert len(colors) == 2

    @pytest.mark.parametrize("target", [Y, TARGET], ids=["classes", "numbers"])
    def test_losses_are_those_of_the_first_fold(self, target):
        figure = comparison_figure(search := one(X, target), X, target)
        training, held_out, _ = figure.axes[1].lines
        train, test = next(search.cv.split(X, target))
        model = clone(search.best_estimator_)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X[train], target[train])
        assert_allclose(training.get_ydata(), final_network(model).loss_curve_)
        if target is TARGET:
            scale = np.std(target[train])
            errors = target[test] - model.predict(X[test])
            loss = np.mean((errors / scale) ** 2) / 2
        else:
            places = np.searchsorted(model.classes_, target[test])
            seen = model.predict_proba(X[test])[np.arange(len(test)), places]
            loss = -np.mean(np.log(seen))
        assert held_out.get_ydata()[-1] == pytest.approx(loss)

    def test_baselines_are_level_lines(self):
        search = one(X, Y, baselines=["constant", "linear"])
        scores, _ = comparison_figure(search, X, Y).axes
        levels = {line.get_label(): line.get_ydata() for line in scores.lines}
        shown = [text.get_text() for text in scores.get_legend().get_texts()]
        for name, found in search.baselines_.items():
            assert_allclose(levels[name], found["test_score"].mean())
            assert name in shown

    def test_the_name_of_the_table_is_in_the_title(self, search):
        title = comparison_figure(search, X, Y, name="my_table").axes[0].get_title(loc="left")
        assert title.startswith("my_table")

    def test_the_best_settings_of_each_are_drawn(self):
        search = one(
            X, TARGET, networks=[(4,), (3, 2), (2,), (2, 2)], learning_rates=[1e-3, 0.1], max_iter=5
        )
        figure = comparison_figure(search, X, TARGET)
        scores = figure.axes[0]
        assert "best settings of each" in scores.get_title(loc="left")
        assert "3 layers" not in (ticks := [t.get_text() for t in scores.get_xticklabels()])
        assert ticks == ["1 layer of 4", "2 layers: 3,2", "1 layer of 2", "2 layers of 2"]
        best = {}
        for each in comparison_rows(search):
            best[each["network"]] = max(best.get(each["network"], -np.inf), each["score"])
        assert sorted(t.get_text() for t in scores.texts) == sorted(
            f"{score:.3f}" for score in best.values()
        )
        assert sum(ax.get_visible() for ax in figure.axes) == 1 + 4

    def test_many_scores_are_not_written_beside_their_marks(self):
        activations = [LeakyReLU(slope) for slope in np.linspace(0, 1, 13)]
        search = one(X, Y, activations=activations, max_iter=1)
        scores = comparison_figure(search, X, Y).axes[0]
        assert not scores.texts
        assert len(scores.get_legend().get_texts()) == 14

    def test_it_needs_no_display(self, search, tmp_path):
        comparison_figure(search, X, Y).savefig(tmp_path / "f.png")
        assert (tmp_path / "f.png").stat().st_size > 10_000
