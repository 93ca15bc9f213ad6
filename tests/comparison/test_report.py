"""The page of a comparison: what it tells, for whatever tables and names."""

import doctest
import html
import re
import sys
from copy import copy
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from helpers import slow
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_relu
from sklearn_relu import (
    ComparisonReport,
    MLPClassifier,
    MLPRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from sklearn_relu.comparison import answer, comparison_rows, looking, report
from sklearn_relu.comparison.importances import importances
from sklearn_relu.comparison.pictures import curve_picture, gradient_picture, score_picture
from sklearn_relu.comparison.ranking import Ranked, fitted_with_held_out, ranking, refitted
from sklearn_relu.comparison.svg import LONGEST_NAME, label
from sklearn_relu.estimators.fitted import Fitted
from sklearn_relu.inspection import final_network

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

RNG = np.random.RandomState(0)
N = 60
X = pd.DataFrame({"a": RNG.normal(size=N), "b": RNG.choice(["u", "v"], N)})
NUMBERS = 3 * X["a"] + RNG.normal(0, 0.1, N)
CLASSES = np.where(X["a"] > 0, "yes", "no")
SMALL = {"activations": ["relu", "tanh"], "networks": [(4,), (3, 3)], "folds": 2, "max_iter": 5}
SMALL["baselines"] = ()

NAMES = {
    "html": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "svg": "</text></svg><b>",
    "entity": "a &lt; b & c",
    "quotes": "a\"b'c",
    "emoji": "🧠 größe 温度",
    "formula": r"$\frac{a}{b$",
    "dollars": "$a$ and $b$",
    "template": "{{ 7 * 7 }}{% endif %}",
    "lines": "two\nlines\tand a tab",
    "long": "x" * 200,
    "words": "a long name " * 20,
    "empty": "",
    "blank": " ",
}


def search_on(X, y, **options):
    """A comparison of seconds."""
    return sklearn_relu.compare(X, y, **(SMALL | options))


@pytest.fixture(scope="module", params=["classification", "regression"])
def compared(request):
    """A search, and the data it was given."""
    y = CLASSES if request.param == "classification" else NUMBERS
    return search_on(X, y), X, y


class Parsed(HTMLParser):
    """The elements of a page, its text, and its svg elements."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.ids, self.labels = [], [], [], []
        self.feed(page)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag == "svg":
            assert attributes["role"] == "img"
            self.labels.append(attributes["aria-label"])
        assert not [name for name in attributes if name.startswith("on")]

    def handle_data(self, data):
        self.texts.append(data)


def pictures_of(page):
    """The svg elements of a page, parsed."""
    for svg in re.findall(r"<svg .*?</svg>", page, re.DOTALL):
        # HTML knows the prefix by itself.
        svg = svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)
        yield ElementTree.fromstring(svg)


def check_page(page):
    """A page is whole, asks nobody for anything, and its ids are those that are referred to."""
    parsed = Parsed(page)
    assert page.startswith("<!doctype html>")
    assert "://" not in page.replace("http://www.w3.org/1999/xlink", "")
    assert not {"img", "iframe", "object", "embed", "b"} & set(parsed.elements)
    assert parsed.elements.count("script") == 1
    assert parsed.elements.count("link") == 1  # of no icon, so that none is asked for
    assert len(set(parsed.ids)) == len(parsed.ids)
    referred = re.findall(r'(?:url\(#|xlink:href="#|aria-labelledby=")([^)"]+)', page)
    assert referred
    assert set(referred) <= set(parsed.ids)
    assert len(list(pictures_of(page))) == len(parsed.labels)
    assert all(parsed.labels)
    return parsed


class TestPage:
    def test_it_has_all_sections_and_the_answer_first(self, compared):
        search, X, y = compared
        made = ComparisonReport.from_search(
            search, X, y, name="t.csv", read=["60 rows read"], answer=["This is best.", "So it is."]
        )
        page = made.to_html()
        parsed = check_page(page)
        places = [
            parsed.text.index(text)
            for text in (
                "This is best. So it is.",
                "60 rows read",
                "All candidates",
                "Score by fold",
                "Training and validation curves",
                "Inside the best network",
                "Verdict",
                "hidden activations are exactly 0",
                "hidden units are dead",
                "Flow of the gradient",
                "Which columns matter",
                "Take it home",
            )
        ]
        assert places == sorted(places)
        assert set(made.pictures) == {"scores", "curves", "gradients", "importances"}
        assert made.looks.left_out == {}

    def test_the_table_has_all_candidates_sorted_by_score(self, compared):
        search, *_ = compared
        page = ComparisonReport.from_search(search).to_html()
        table = page[page.index("<table") : page.index("</table>")]
        body = table[table.index("<tbody>") :]
        orders = [float(text) for text in re.findall(r'data-order="(-?[\d.e-]+)" class', body)]
        n_columns = len(orders) // 4
        scores = sorted((row["score"] for row in comparison_rows(search)), reverse=True)
        assert orders[::n_columns] == scores
        assert body.count("<tr") == 4
        assert body.index('class="best"') < body.index("</tr>")

    def test_by_default_it_answers_by_itself(self, compared):
        search, X, y = compared
        made = ComparisonReport.from_search(search, X, y, name="iris")
        assert made.answer == tuple(answer(search, "iris"))
        assert made.read == ("60 rows, 2 columns",)
        best = max(comparison_rows(search), key=lambda row: row["score"])
        assert made.best == f"{best['activation']}, {best['network']}"

    @pytest.mark.slow
    def test_names_of_all_kinds_are_text(self):
        names = list(NAMES.values())
        table = pd.DataFrame(RNG.normal(size=(N, len(names))), columns=names)
        search = search_on(table, CLASSES, activations=["relu"], networks=[(3,)])
        alone = ComparisonReport.from_search(search)
        for name in names:
            made = replace(alone, name=name, read=(name,), answer=(name,))
            parsed = check_page(made.to_html())
            wanted = " ".join(name.split())
            assert parsed.text.count(wanted) >= 4  # the title twice
        made = ComparisonReport.from_search(search, table, CLASSES)
        parsed = check_page(made.to_html())
        assert {each.name for each in made.looks.importances} == set(names)
        assert all(" ".join(name.split()) in parsed.text for name in names)

    @pytest.mark.parametrize("container", [np.asarray, pd.DataFrame, np.ndarray.tolist])
    def test_containers_of_numbers(self, container):
        numbers = RNG.normal(size=(N, 2))
        y = (numbers[:, 1] > 0).astype(int)
        search = search_on(container(numbers), y)
        made = ComparisonReport.from_search(search, container(numbers), list(y))
        assert made.looks.left_out == {}
        assert made.read == ("60 rows, 2 columns",)
        names = {each.name for each in made.looks.importances}
        assert names == ({"0", "1"} if container is pd.DataFrame else {"column 0", "column 1"})

    @pytest.mark.slow
    def test_two_hundred_columns(self, monkeypatch):
        monkeypatch.setattr("sklearn_relu.comparison.importances.N_REPEATS", 1)
        wide = pd.DataFrame(RNG.normal(size=(N, 200))).add_prefix("feature ")
        search = search_on(wide, CLASSES, activations=["relu"], networks=[(3,)])
        parsed = check_page(ComparisonReport.from_search(search, wide, CLASSES).to_html())
        assert "All 200 columns" in parsed.text
        assert all(f"feature {i} " in parsed.text for i in range(200))

    def test_settings_of_several_candidates(self):
        search = search_on(X, CLASSES, penalties=[None, "l1"], seeds=2, networks=[(3,)])
        parsed = check_page(ComparisonReport.from_search(search).to_html())
        assert "penalty" in parsed.text
        assert "tanh, 3, l1" in parsed.text

    def test_fits_that_took_all_epochs_are_counted(self, compared):
        search, *_ = compared
        parsed = Parsed(ComparisonReport.from_search(search).to_html())
        assert "8 of 8 fits took all the epochs they might" in parsed.text
        easy = search_on(X[:20], CLASSES[:20], max_iter=3000, activations=["relu"])
        assert ComparisonReport.from_search(easy).remarks == ()

    def test_baselines_are_rows_without_figures_of_networks(self):
        search = search_on(X, CLASSES, baselines=["constant", "linear"], penalties=["l1"])
        page = ComparisonReport.from_search(search, X, CLASSES).to_html()
        parsed = check_page(page)
        assert "majority class - " in parsed.text
        assert parsed.text.count("logistic regression") >= 2  # in the table, and in the picture
        assert "penalty" not in parsed.text  # all networks have the same

    @pytest.mark.slow
    def test_networks_for_tables_are_candidates_too(self):
        search = search_on(X, CLASSES, estimators=["tabular"], activations=["relu"], max_iter=2)
        made = ComparisonReport.from_search(search, X, CLASSES)
        check_page(made.to_html())
        assert made.looks.left_out == {}
        assert isinstance(final_network(search.best_estimator_), TabularMLPClassifier)

    @pytest.mark.parametrize(
        "scoring", ["neg_log_loss", slow("roc_auc"), slow("balanced_accuracy")]
    )
    def test_scores_of_scikit_learn(self, scoring):
        search = search_on(X, CLASSES, scoring=scoring, activations=["relu"])
        made = ComparisonReport.from_search(search, X, CLASSES)
        assert scoring in check_page(made.to_html()).text
        assert set(made.pictures) == {"scores", "curves", "gradients", "importances"}

    def test_a_comparison_that_ended_early_says_so(self, compared):
        search = copy(compared[0])
        search.ended_by_ = "interrupted"
        for i in range(search.n_splits_):
            name = f"split{i}_test_{search.refit}"
            scores = search.cv_results_[name].copy()
            scores[(search.best_index_ + 1) % 4] = np.nan
            search.cv_results_ = search.cv_results_ | {name: scores}
        made = ComparisonReport.from_search(search, *compared[1:])
        parsed = check_page(made.to_html())
        assert "The comparison ended early" in parsed.text
        assert "not run" in parsed.text

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
    @pytest.mark.filterwarnings("ignore:One or more of the:UserWarning")
    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_failed_candidates_are_told_and_not_drawn(self):
        search = search_on(X, CLASSES, biases=[0, 1e308], activations=["relu"], networks=[(3,)])
        made = ComparisonReport.from_search(search, X, CLASSES)
        parsed = check_page(made.to_html())
        assert "2 of 2 failed" in parsed.text
        assert "The best of 1 candidate is" in made.pictures["scores"].text


class TestWithoutSomething:
    def test_without_data_the_rest_is_there(self, compared):
        search, *_ = compared
        made = ComparisonReport.from_search(search)
        parsed = check_page(made.to_html())
        assert list(made.pictures) == ["scores", "curves"]
        assert set(made.looks.left_out) == {"gradients", "importances"}
        assert parsed.text.count("pass X and y to ComparisonReport.from_search") == 3
        assert "Verdict" in parsed.text

    def test_more_columns_than_are_permuted(self, monkeypatch, compared):
        search, X, y = compared
        monkeypatch.setattr(looking, "MOST_COLUMNS", 1)
        made = ComparisonReport.from_search(search, X, y)
        assert "importances" not in made.pictures
        told = "There are 2 columns; importances are measured up to 1."
        assert told in check_page(made.to_html()).text

    @pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
    @pytest.mark.parametrize(("row", "is_held_out"), [(0, True), (N - 1, False)])
    def test_a_class_of_one_row_that_may_be_in_the_first_fold(self, row, is_held_out):
        rare = np.where(X.index == row, "rare", CLASSES).astype(object)
        search = search_on(X, rare, activations=["relu"], networks=[(3,)])
        assert (row in next(search.cv.split(X, rare))[1]) == is_held_out
        made = ComparisonReport.from_search(search, X, rare)
        assert ("curves" in made.looks.left_out) == is_held_out
        assert ("curves" in made.pictures) == (not is_held_out)
        check_page(made.to_html())

    @pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
    def test_packages_that_are_missing(self, monkeypatch, compared, package):
        search, *_ = compared
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ImportError, match=f"needs {package}: pip install {package}"):
            ComparisonReport.from_search(search)


class TestNotebook:
    def test_a_frame_holds_the_page(self, compared):
        search, *_ = compared
        made = ComparisonReport.from_search(search, name='"<b>')
        frame = made._repr_html_()
        (page,) = re.findall(r'srcdoc="([^"]*)"', frame)
        assert html.unescape(page) == made.to_html()
        assert "<b>" not in frame
        assert 'sandbox="allow-scripts"' in frame

    def test_it_tells_how_to_keep_the_best(self, compared, tmp_path, monkeypatch):
        pytest.importorskip("skops")
        search, X, _ = compared
        monkeypatch.chdir(tmp_path)
        code = ComparisonReport.from_search(search).home.code
        names = {"search": search, "X": X}
        exec(code, names)
        assert list(names["model"].predict(X)) == list(search.predict(X))

    def test_the_example_of_the_docstring(self):
        assert doctest.testmod(report) == doctest.TestResults(failed=0, attempted=7)

    def test_repr_is_one_line(self, compared):
        search, *_ = compared
        assert repr(ComparisonReport.from_search(search, name="t.csv")) == (
            f"ComparisonReport: t.csv, {search.refit} of 4 candidates"
        )


class TestRanking:
    def test_the_best_comes_first_with_its_best_seed(self):
        search = search_on(X, NUMBERS, seeds=3, networks=[(3,)])
        ranked = ranking(search)
        means = [each.mean for each in ranked]
        assert means == sorted(means, reverse=True)
        by_seed = search.cv_results_["mean_test_r2"]
        for each in ranked:
            assert by_seed[each.index] == max(by_seed[each.indices])
            assert each.mean == pytest.approx(np.mean(by_seed[each.indices]))
        assert sorted(i for each in ranked for i in each.indices) == list(range(6))

    def test_any_candidate_is_refitted_to_all_rows(self, compared):
        search, X, y = compared
        assert refitted(search, search.best_index_, X, y) is search.best_estimator_
        other = (search.best_index_ + 1) % 4
        network = final_network(refitted(search, other, X, y))
        params = search.cv_results_["params"][other]
        assert network.activation in params.values()
        assert network.hidden_layer_sizes in params.values()


SCALED = TransformedTargetRegressor(
    MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0), transformer=StandardScaler()
)


class TestHeldOut:
    @pytest.mark.parametrize(
        ("steps", "y"),
        [
            ([StandardScaler(), MLPClassifier((4,), max_iter=3, random_state=0)], CLASSES),
            ([MLPClassifier((4,), max_iter=3, random_state=0)], CLASSES),
            ([StandardScaler(), SCALED], NUMBERS),
            ([TabularMLPClassifier(max_iter=3, random_state=0)], CLASSES),
            ([TabularMLPRegressor(max_iter=3, random_state=0)], NUMBERS),
        ],
    )
    def test_the_loss_on_held_out_rows_is_noted_and_the_fit_the_same(self, steps, y):
        data = X if len(steps) == 1 and "Tabular" in repr(steps[0]) else X[["a"]].to_numpy()
        take = data.iloc if hasattr(data, "iloc") else data
        y = np.asarray(y)
        model = fitted_with_held_out(
            clone(make_pipeline(*steps)), take[:40], y[:40], take[40:], y[40:]
        )
        alone = clone(model).fit(take[:40], y[:40])
        assert list(model.predict(take[40:])) == list(alone.predict(take[40:]))
        curves = Fitted(final_network(model)).curves("validation_loss")
        assert all(np.isfinite(curve).all() and len(curve) for curve in curves)


class TestImportances:
    def test_the_column_that_matters_is_first(self):
        table = pd.DataFrame({"noise": RNG.normal(size=N), "signal": NUMBERS})
        model = SimpleNamespace(predict=lambda X: X["signal"], fit=print)
        scorer = lambda model, X, y: -np.mean(np.abs(model.predict(X) - y))  # noqa: E731
        found = importances(model, table, NUMBERS.to_numpy(), scorer)
        assert [each.name for each in found] == ["signal", "noise"]
        assert found[0].mean > 1
        assert found[1].mean == found[1].sd == 0

    def test_wide_tables_are_permuted_on_fewer_rows(self):
        seen = []

        def scorer(model, X, y):
            seen.append(X.shape[0])
            return 0.0

        for n_columns in (2, 400):
            model = SimpleNamespace(fit=print)
            importances(model, np.zeros((1000, n_columns)), np.zeros(1000), scorer)
        assert set(seen) == {1000, 125}


def ranked(*means, n=3):
    """Candidates with these mean scores, a thousandth apart from fold to fold."""
    spread = np.linspace(-0.001, 0.001, n)
    return [Ranked(f"c{i}", [i], mean + spread) for i, mean in enumerate(means)]


def marks(picture):
    """The x of each row's mean, or of its arrow."""
    (ax,) = picture.figure.axes
    kinds = {"D": "mean", "<": "arrow"}
    return {
        int(line.get_ydata()[0]): (kinds[line.get_marker()], float(line.get_xdata()[0]))
        for line in ax.lines
        if line.get_marker() in kinds
    }


class TestPictures:
    @pytest.mark.parametrize("hopeless", [-1e9, -10.0, 0.1])
    def test_hopeless_candidates_do_not_flatten_the_others(self, hopeless):
        picture = score_picture(ranked(0.95, 0.94, 0.93, hopeless), [], "r2")
        (ax,) = picture.figure.axes
        shown = marks(picture)
        assert [shown[i][0] for i in range(4)] == ["mean", "mean", "mean", "arrow"]
        low, high = ax.get_xlim()
        assert high - low < 0.1
        assert f"{hopeless:.3g}" in [text.get_text() for text in ax.texts]

    @pytest.mark.parametrize("means", [[0.9], [0.9, 0.1], [0.9, 0.8, 0.7, 0.6], [0.5, 0.5, 0.5]])
    def test_others_are_drawn_at_their_means(self, means):
        shown = marks(score_picture(ranked(*means), [], "r2"))
        assert {kind for kind, _ in shown.values()} == {"mean"}
        assert [shown[i][1] for i in range(len(means))] == pytest.approx(means)

    def test_many_candidates_are_cut_and_counted(self):
        picture = score_picture(ranked(*np.linspace(1, 0, 50)), [], "r2")
        assert len(marks(picture)) == 20
        assert picture.note.endswith("The picture has the best 20 of 50 candidates.")

    def test_baselines_are_among_the_candidates_in_grey(self):
        baselines = [Ranked("linear", [], np.array([0.85])), Ranked("constant", [], np.zeros(1))]
        picture = score_picture(ranked(0.9, 0.8), baselines, "r2")
        (ax,) = picture.figure.axes
        names = [text.get_text() for text in ax.get_yticklabels()]
        assert names == ["c0", "linear", "c1", "constant"]
        colors = {int(line.get_ydata()[0]): line.get_color() for line in ax.lines}
        assert colors[1] == colors[3] not in (colors[0], colors[2])
        assert "Baselines are grey." in picture.note
        assert "of 2 candidates is c0" in picture.text

    @pytest.mark.parametrize(
        ("training", "validation", "scale"),
        [
            ([1.0, 0.1], [1.0, 0.2], "log"),
            ([1.0, 0.1], [], "log"),
            ([1.0], [20.0], "log"),
            ([1.0], [2.0], "linear"),
            ([1.0, 0.9], [], "linear"),
            ([1.0, 0.0], [1.0, 0.2], "linear"),
            ([1.0, 0.5], [-1.0, -2.0], "linear"),
        ],
    )
    def test_curves(self, training, validation, scale):
        picture = curve_picture(np.array(training), np.array(validation), "")
        (ax,) = picture.figure.axes
        assert ax.get_yscale() == scale
        names = [text.get_text() for text in ax.get_legend().get_texts()]
        assert names == ["training rows", "held-out rows"][: 1 + bool(validation)]
        assert ("held-out" in picture.text) == bool(validation)

    @pytest.mark.parametrize(
        ("start", "end", "scale"),
        [
            ([1.0, 2.0], [0.1, 0.2], "log"),
            ([1.0, 2.0], [0.0, 1e-12], "log"),
            ([1.0, 2.0], [1.0, 0.9], "linear"),
            ([0.0, 0.0], [0.0, 0.0], "linear"),
        ],
    )
    def test_gradients_that_vanish(self, start, end, scale):
        picture = gradient_picture(np.array(start), np.array(end))
        assert picture.figure.axes[0].get_yscale() == scale
        ElementTree.fromstring(
            picture.svg().replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ')
        )

    def test_black_and_white_are_the_pages_colours(self, compared):
        search, *_ = compared
        page = ComparisonReport.from_search(search).to_html()
        svg = "".join(re.findall(r"<svg .*?</svg>", page, re.DOTALL))
        assert "#000000" not in svg
        assert "#ffffff" not in svg
        assert "currentColor" in svg

    def test_a_style_of_the_user_does_not_change_the_page(self, compared):
        import matplotlib

        search, *_ = compared
        page = ComparisonReport.from_search(search).to_html()
        with matplotlib.rc_context({"text.usetex": True, "axes.facecolor": "red"}):
            assert ComparisonReport.from_search(search).to_html() == page

    @pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
    def test_labels_are_short(self, name):
        shown = label(name)
        assert len(shown.replace(r"\$", "$")) <= LONGEST_NAME
        assert "\n" not in shown
