"""The HTML representation links to the page of the class, where the metadata names a site."""

from email.message import Message

import pytest
from custom_parts import InverseSquareRoot

from sklearn_relu import MLPClassifier, MLPRegressor, documentation
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.inspection import HiddenLayer
from sklearn_relu.optimizers import AdamW

NAMES = {
    MLPClassifier(): "sklearn_relu.MLPClassifier",
    MLPRegressor(): "sklearn_relu.MLPRegressor",
    HiddenLayer(MLPClassifier()): "sklearn_relu.inspection.HiddenLayer",
    LeakyReLU(): "sklearn_relu.activations.LeakyReLU",
    AdamW(): "sklearn_relu.optimizers.AdamW",
}


def metadata(*urls):
    """A package's metadata, with such URLs."""
    message = Message()
    message["Version"] = "1.2.3"
    for url in urls:
        message["Project-URL"] = url
    return lambda name: message


@pytest.fixture
def site(monkeypatch):
    given = metadata("Source, https://site.test/code", "Documentation, https://site.test/docs/")
    monkeypatch.setattr(documentation, "metadata", given)


@pytest.mark.parametrize("documented", NAMES, ids=NAMES.values())
def test_links_to_the_version_that_is_installed(documented, site):
    page = f"https://site.test/docs/1.2.3/api/{NAMES[documented]}.html"
    assert f'href="{page}"' in documented._repr_html_()


def test_names_in_links_are_those_that_the_api_page_lists():
    from pathlib import Path

    api = (Path(__file__).parents[2] / "docs" / "api.rst").read_text(encoding="utf-8")
    for name in NAMES.values():
        module, _, cls = name.rpartition(".")
        assert f".. currentmodule:: {module}\n" in api
        assert f"\n   {cls}\n" in api


def test_no_link_where_the_metadata_names_no_site(monkeypatch):
    monkeypatch.setattr(documentation, "metadata", metadata())
    html = MLPClassifier()._repr_html_()
    assert "MLPClassifier" in html
    assert "Documentation for" not in html


def test_no_link_where_the_package_is_not_installed(monkeypatch):
    def missing(name):
        raise documentation.PackageNotFoundError(name)

    monkeypatch.setattr(documentation, "metadata", missing)
    assert MLPClassifier()._get_doc_link() == ""


def test_a_class_of_ones_own_has_no_page_here(site):
    class Mine(MLPClassifier):
        pass

    assert Mine()._get_doc_link() == InverseSquareRoot()._get_doc_link() == ""
