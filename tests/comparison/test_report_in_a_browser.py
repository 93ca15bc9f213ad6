"""The page of a comparison in a real browser: what it shows, asks for and lets one do."""

import os

import numpy as np
import pandas as pd
import pytest

import sklearn_relu
from sklearn_relu import ComparisonReport

if os.name != "posix":
    pytest.skip("the browser is driven over pipes of POSIX", allow_module_level=True)

import browser

if browser.CHROMIUM is None:
    pytest.skip("there is no chromium", allow_module_level=True)

for package in ("jinja2", "matplotlib"):
    pytest.importorskip(package)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

RNG = np.random.RandomState(0)
N = 60
WIDTHS = [360, 800, 1600]
TABLES = {
    "plain": pd.DataFrame(RNG.normal(size=(N, 3)), columns=["a", "b", "c"]),
    "odd": pd.DataFrame(
        RNG.normal(size=(N, 4)),
        columns=["<img src=x onerror=alert(1)>", "x" * 300, "🧠 größe", "</script>"],
    ),
    "wide": pd.DataFrame(RNG.normal(size=(N, 200))).add_prefix("a column with a name "),
}
OPTIONS = {
    "plain": {"activations": ["relu", "tanh"], "networks": [(3,)], "baselines": ["constant"]},
    "odd": {"activations": ["relu"], "networks": [tuple(range(3, 15))], "baselines": ()},
    "wide": {
        "activations": ["relu"],
        "networks": [(3,)],
        "penalties": ["l1", "l2"],
        "seeds": 2,
        "baselines": (),
    },
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A browser."""
    with browser.browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Pages by the names of their tables."""
    folder, files = tmp_path_factory.mktemp("pages"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sklearn_relu.comparison.importances.N_REPEATS", 1)
        for name, X in TABLES.items():
            y = np.where(X.iloc[:, 0] > 0, "yes", "no")
            search = sklearn_relu.compare(X, y, folds=2, max_iter=5, **OPTIONS[name])
            about = list(X)[:3]
            report = ComparisonReport.from_search(
                search, X, y, name=about[0], read=about, answer=about
            )
            files[name] = folder / f"{name}.html"
            files[name].write_text(report.to_html(), encoding="utf-8")
            files[f"{name} alone"] = folder / f"{name} alone.html"
            alone = ComparisonReport.from_search(search).to_html()
            files[f"{name} alone"].write_text(alone, encoding="utf-8")
    return files


@pytest.fixture(params=[*TABLES, "plain alone"])
def page(request, opened, files):
    """A page in the browser."""
    opened.open(files[request.param].as_uri())
    opened.look(800)
    return opened


def test_nothing_is_written_to_the_console_and_nothing_asked_for(page):
    assert page.messages == []
    (own,) = page.requests
    assert own.startswith("file://")


def test_the_console_and_requests_are_heard(opened, tmp_path):
    faulty = tmp_path / "faulty.html"
    faulty.write_text(
        "<img src='http://127.0.0.1:9/x.png'><script>console.log(1); nothing.at</script>",
        encoding="utf-8",
    )
    opened.open(faulty.as_uri())
    assert "http://127.0.0.1:9/x.png" in opened.requests
    assert any("ReferenceError" in message for message in opened.messages)
    assert len(opened.messages) >= 2


OVERFLOWING = """
Array.from(document.querySelectorAll("body *")).filter(
    each => !each.closest(".scroll, svg") && each.getBoundingClientRect().right > innerWidth + 1
).map(each => each.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(page, width, scheme):
    page.look(width, scheme=scheme)
    page.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.run("innerWidth") == width
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run(OVERFLOWING) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_that_is_wider_scrolls_by_itself(opened, files, width):
    opened.open(files["plain"].as_uri())
    opened.look(width)
    region, table = opened.run(
        "[...document.querySelectorAll('.scroll')].map(e => [e.clientWidth, e.scrollWidth])[0]"
    )
    assert region <= width
    assert (table > region) == (width < 1600)


CONTRAST = """
(() => {
    const light = color => {
        const [r, g, b] = color.match(/\\d+(\\.\\d+)?/g).slice(0, 3).map(each => {
            const share = each / 255;
            return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = element => {
        const {backgroundColor} = getComputedStyle(element);
        const shinesThrough = /, 0\\)$/.test(backgroundColor) && element.parentElement;
        return shinesThrough ? paper(element.parentElement) : backgroundColor;
    };
    const found = [];
    for (const each of document.querySelectorAll("p, li, h1, h2, h3, th, td, button, pre, text")) {
        const style = getComputedStyle(each);
        const inked = each.tagName === "text" ? style.fill : style.color;
        const [a, b] = [light(inked), light(paper(each))].sort((x, y) => y - x);
        found.push([(a + 0.05) / (b + 0.05), each.tagName, each.textContent.slice(0, 40)]);
    }
    return found.sort((x, y) => x[0] - y[0])[0];
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_told_from_its_paper(page, scheme):
    page.look(800, scheme=scheme)
    least, *where = page.run(CONTRAST)
    assert least >= 4.5, where  # WCAG's AA


def test_the_two_schemes_differ_and_print_is_light(page):
    papers = {}
    for scheme, media in (("light", ""), ("dark", ""), ("dark", "print")):
        page.look(800, scheme=scheme, media=media)
        papers[scheme, media] = page.run("getComputedStyle(document.body).backgroundColor")
    assert papers["light", ""] == papers["dark", "print"] == "rgb(255, 255, 255)"
    assert papers["dark", ""] != papers["light", ""]


def test_letters_of_pictures_can_be_read_on_a_phone(page):
    page.look(360)
    sizes = page.run(
        "[...document.querySelectorAll('svg text')].map(e => e.getBoundingClientRect().height)"
    )
    assert sizes
    assert min(sizes) >= 8


def column(page, number, table=0):
    """The texts of a column, from above."""
    return page.run(
        f"""[...document.querySelectorAll("table.sortable")[{table}].tBodies[0].rows].map(
            row => row.cells[{number}].dataset.order)"""
    )


def test_tables_sort_on_click(page):
    headers = page.run("document.querySelectorAll('table.sortable')[0].tHead.rows[0].cells.length")
    for number in range(headers):
        cells = f"table.sortable th:nth-child({number + 1})"
        is_number = page.run(f"document.querySelector('{cells}').classList.contains('number')")
        orders = set()
        for _ in range(2):
            page.click(f"{cells} button")
            order = page.run(f"document.querySelector('{cells}').getAttribute('aria-sort')")
            found = column(page, number)
            values = [float(each) if is_number else each for each in found if each]
            assert values == sorted(values, reverse=order == "descending")
            assert all(found[: len(values)])  # those without a figure are last
            orders.add(order)
        assert orders == {"ascending", "descending"}
        sorted_by = "document.querySelectorAll('th[aria-sort]:not([aria-sort=none])').length"
        tables = page.run("document.querySelectorAll('table.sortable').length")
        assert page.run(sorted_by) == tables


def test_tables_sort_by_the_keyboard(opened, files):
    opened.open(files["plain"].as_uri())
    button = "document.querySelector('table.sortable th button')"
    opened.run(f"{button}.focus()")
    for kind in ("keyDown", "keyUp"):
        opened.ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r",
                   windowsVirtualKeyCode=13)  # fmt: skip
    assert opened.run(f"{button}.closest('th').getAttribute('aria-sort')") == "descending"
    assert column(opened, 0) == ["tanh", "relu", "majority class"]


def test_images_have_alternative_texts(page):
    nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
    images = [node for node in nodes if node["role"]["value"] in ("image", "img")]
    shown = page.run("document.querySelectorAll('svg').length")
    assert len(images) == shown > 0
    assert all(len(image["name"]["value"]) > 20 for image in images)


def test_names_are_shown_as_they_are(opened, files):
    opened.open(files["odd"].as_uri())
    text = opened.run("document.body.textContent")
    assert all(name in text for name in TABLES["odd"])
    assert opened.run("document.images.length") == 0


def test_it_prints_without_cutting_a_table(opened, files):
    opened.open(files["plain"].as_uri())
    opened.look(700, media="print")
    widths = opened.run("[...document.querySelectorAll('table')].map(e => e.scrollWidth)")
    assert max(widths) <= 700  # A4 without its margins
    printed = opened.ask("Page.printToPDF")["data"]
    assert printed.startswith("JVBER")  # %PDF


def test_a_notebook_shows_it_in_a_frame(opened, tmp_path):
    X = TABLES["plain"]
    y = np.where(X["a"] > 0, "yes", "no")
    search = sklearn_relu.compare(X, y, folds=2, max_iter=5, **OPTIONS["plain"])
    frame = ComparisonReport.from_search(search, name="a & b")._repr_html_()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><meta charset=utf-8>{frame}", encoding="utf-8")
    opened.open(notebook.as_uri())
    assert opened.messages == []
    opened.enter_frame()
    assert opened.messages == []
    assert opened.requests == []
    assert opened.run("document.querySelector('h1').textContent") == "a & b"
    opened.run("document.querySelector('table.sortable th button').click()")
    assert column(opened, 0) == ["tanh", "relu", "majority class"]


def test_the_console_of_a_frame_is_heard(opened, tmp_path):
    notebook = tmp_path / "notebook.html"
    frame = "<iframe sandbox='allow-scripts' srcdoc='<script>nothing.at</script>'></iframe>"
    notebook.write_text(frame, encoding="utf-8")
    opened.open(notebook.as_uri())
    opened.enter_frame()
    assert any("ReferenceError" in message for message in opened.messages)
