"""Reports in notebooks: one small table that needs nothing else, in the colours around it."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.datasets import make_moons

from sklearn_relu import MLPClassifier, RNNClassifier
from sklearn_relu.inspection import (
    Verdict,
    activation_report,
    attributions,
    gate_report,
    gradient_report,
    gradient_through_time,
    linear_regions,
    local_linear_map,
    repair_dead_units,
    signal_report,
    verdict,
)
from sklearn_relu.inspection.report import Report

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

X, y = make_moons(40, noise=0.2, random_state=0)
REPORTS = {
    "verdict": lambda model: verdict(model),
    "activations": lambda model: activation_report(model, X),
    "gradients": lambda model: gradient_report(model, X, y),
    "signals": lambda model: signal_report(model, X),
    "local maps": lambda model: local_linear_map(model, X),
    "attributions": lambda model: attributions(model, X),
    "regions": lambda model: linear_regions(model, X),
    "repairs": lambda model: repair_dead_units(model, X),
    "through time": lambda model: gradient_through_time(recurrent(model), X, y),
    "gates": lambda model: gate_report(recurrent(model), X),
}
HOSTILE = "<script>alert('a & b')</script>"


class Page(HTMLParser):
    """Texts by cell, and tags that are open."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.cells, self.styles = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        self.styles.append(dict(attrs).get("style", ""))
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("td", "th"):
            self.cells[-1] += data


@dataclass
class Own(Report):
    columns: dict
    title: str = "a title"

    def _title(self):
        return self.title

    def _columns(self):
        return self.columns


@pytest.fixture(scope="module", params=[1, 2])
def model(request):
    return MLPClassifier((4, 3), max_iter=3, ensemble_size=request.param, random_state=0).fit(X, y)


def recurrent(model):
    """A recurrent network of as many networks."""
    options = {"cell": "lstm", "max_iter": 1, "random_state": 0}
    return RNNClassifier((3,), ensemble_size=model.ensemble_size, **options).fit(X, y)


def test_every_report_is_among_them(model):
    made = {type(make(model)) for make in REPORTS.values()}
    assert made == {each for each in Report.__subclasses__() if each.__module__ != __name__}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_a_table_that_needs_nothing_else(name, model):
    report = REPORTS[name](model)
    html = report._repr_html_()
    page = Page(html)
    assert page.open == []
    assert set(page.tags) == {"div", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert not re.search("https?:|url\\(|src=|href=|<style", html)
    assert f"<strong>{type(report).__name__}</strong>" in html
    # As in the text: the same names, the same numbers.
    text = report.to_frame() if name == "verdict" else repr(report)
    for cell in page.cells:
        assert cell in str(text) or name == "verdict"
    assert len(page.cells) < 14 * 12


@pytest.mark.parametrize("name", REPORTS)
def test_colours_are_those_of_the_notebook(name, model):
    page = Page(REPORTS[name](model)._repr_html_())
    for style in page.styles:
        colors = re.findall(r"(?:^|;)(?:color|background):([^;]+)", style)
        assert set(colors) <= {"inherit", "transparent"}
        assert not re.search(r"#[0-9a-f]{3}|\b(?:black|white)\b", style)


@pytest.mark.parametrize("place", ["title", "name", "cell", "kind"])
def test_texts_are_escaped(place):
    column = {HOSTILE if place == "name" else "a": [HOSTILE if place == "cell" else 1.5]}
    cls = type(HOSTILE, (Own,), {}) if place == "kind" else Own
    html = cls(column, HOSTILE if place == "title" else "t")._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "script" not in Page(html).tags


@pytest.mark.parametrize("n_rows", [0, 1, 12, 13, 100_000])
@pytest.mark.parametrize("n_columns", [1, 11, 12, 300])
def test_large_tables_have_their_ends(n_rows, n_columns):
    columns = {f"c{i}": np.arange(n_rows) for i in range(n_columns)}
    page = Page(Own(columns)._repr_html_())
    if not n_rows:
        assert "table" not in page.tags
        return
    assert page.cells[0] == "c0"
    assert page.cells[-1] == str(n_rows - 1)
    assert f"c{n_columns - 1}" in page.cells
    assert ("..." in page.cells) == (n_rows > 12 or n_columns > 11)


def test_numbers_end_at_the_right_and_words_begin_at_the_left():
    columns = {"number": [1.5, np.nan], "count": [1, 2], "word": ["a", "b"]}
    html = Own(columns)._repr_html_()
    sides = re.findall(r"text-align:(\w+)", html)
    assert sides == ["right", "right", "left"] * 3


def test_a_verdict_without_findings_is_a_line():
    page = Page(html := Verdict(())._repr_html_())
    assert "table" not in page.tags
    assert "nothing wrong was found" in html
