"""Docstrings that share descriptions are as if each were written out."""

import inspect
import re

import pytest

from sklearn_relu import scorers
from sklearn_relu.docstrings import sharing

SCORERS = {
    name: value
    for name, value in vars(scorers).items()
    if inspect.isfunction(value) and value.__module__ == scorers.__name__
}


@pytest.mark.parametrize("margin", ["", "    "])
def test_a_text_gets_the_margin_of_its_line(margin):
    """Without one, as Python 3.13 and later have docstrings."""

    def documented(): ...

    documented.__doc__ = f"Summary.\n\n{margin}{{text}}\n\n{margin}Last, {{text}}.\n{margin}"
    assert sharing(text="x : int\n    One.\n\ny : int")(documented) is documented
    assert documented.__doc__ == (
        f"Summary.\n\n{margin}x : int\n{margin}    One.\n\n{margin}y : int\n\n"
        f"{margin}Last, {{text}}.\n{margin}"
    )


def test_what_has_no_docstring_keeps_none():
    def silent(): ...

    assert sharing(text="x")(silent).__doc__ is None


@pytest.mark.parametrize("doc", ["Summary.", "Summary.\n\n{text}\n{text}\n", "{texts}"])
def test_a_line_that_is_not_there_once_is_refused(doc):
    def documented(): ...

    documented.__doc__ = doc
    with pytest.raises(ValueError, match="values to unpack"):
        sharing(text="x")(documented)


@pytest.mark.parametrize("name", SCORERS)
def test_scorers_describe_their_parameters_in_order_and_what_they_return(name):
    doc = inspect.getdoc(SCORERS[name])
    parameters, returned = re.search(
        r"\n\nParameters\n----------\n(.*)\n\nReturns\n-------\n(.*)", doc, re.DOTALL
    ).groups()
    described = ", ".join(re.findall(r"^(\w.*?) : ", parameters, re.MULTILINE)).split(", ")
    assert described == list(inspect.signature(SCORERS[name]).parameters)
    assert re.match(r"\w+ : float", returned)
    assert not re.search(r"^ *\{\w+\}$", doc, re.MULTILINE)
