"""The public check for parts: right parts pass, and each rule finds the part that breaks it."""

import copy
import doctest
import re
from pathlib import Path

import numpy as np
import pytest
import wrong_parts
from custom_parts import InverseSquareRoot, Negativity, SparseNormal

from sklearn_relu.activations import Activation
from sklearn_relu.initializers import FromCoefs
from sklearn_relu.losses import Loss
from sklearn_relu.testing import check_part
from sklearn_relu.testing.check import FAMILIES, checks_of
from sklearn_relu.testing.fits import CHECKS as OF_FITS
from sklearn_relu.testing.hyper_parameters import CHECKS as OF_PARAMETERS
from sklearn_relu.testing.hyper_parameters import pickles

WRONG = [
    (family, part, rule, message)
    for family, wrong in wrong_parts.WRONG.items()
    for part, rule, message in wrong
]


def name_of(value):
    return type(value).__name__ if hasattr(value, "get_params") else ""


def broken_rules(part):
    """The names of all rules that a part breaks."""
    broken = []
    for check in checks_of(part):
        try:
            check(copy.deepcopy(part))
        except AssertionError:
            broken.append(check.__name__)
    return broken


@pytest.mark.parametrize("part", wrong_parts.RIGHT, ids=name_of)
def test_right_parts_pass(part):
    check_part(part)


@pytest.mark.parametrize("part", [InverseSquareRoot, InverseSquareRoot(0.5), SparseNormal(3)])
def test_the_parts_of_the_documentation_pass(part):
    check_part(part)


@pytest.mark.parametrize(("family", "part", "rule", "message"), WRONG, ids=name_of)
def test_a_wrong_part_breaks_one_rule_and_is_told_what_to_do(family, part, rule, message):
    assert broken_rules(part) == [rule]
    with pytest.raises(AssertionError, match=f"(?s){message}") as error:
        check_part(part)
    said = str(error.value)
    assert re.match(rf"{type(part).__name__}\b", said)
    assert re.search(r"\. \S[^.]*", said), "it ends with what to do"


def test_for_every_rule_there_is_a_part_that_breaks_it():
    assert len(wrong_parts.WRONG) == len(FAMILIES) + 2
    shared = {"hyper_parameters": (*OF_PARAMETERS, pickles), "fits": OF_FITS}
    for family, wrong in wrong_parts.WRONG.items():
        base = next(base for base in FAMILIES if isinstance(wrong[0][0], base))
        checks = shared.get(family, FAMILIES[base])
        assert {check.__name__ for check in checks} == {rule for _, rule, _ in wrong}


def test_the_activation_in_the_readme_passes():
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n([^`]*?class Sine.*?)```", page, re.DOTALL)
    names = {"__name__": __name__}
    exec(compile(code.partition("\nmodel =")[0], "README.md", "exec"), names)
    part = names["Sine"]()
    globals()["Sine"] = names["Sine"]  # where a pickle looks for it
    try:
        check_part(part)
    finally:
        del globals()["Sine"]


def test_the_embedding_in_the_documentation_passes():
    page = (Path(__file__).parents[2] / "docs" / "write_a_part.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n([^`]*?class Distance.*?)```\n", page, re.DOTALL)
    names = {"__name__": __name__}
    exec(compile(code, "write_a_part.md", "exec"), names)
    globals()["Distance"] = names["Distance"]  # where a pickle looks for it
    try:
        check_part(names["Distance"])
    finally:
        del globals()["Distance"]


def test_what_is_no_part_is_refused():
    for value in (3, "relu", np.tanh, object):
        with pytest.raises(TypeError, match=r"takes a part or its class; got .* Derive the class"):
            check_part(value)


def test_a_class_that_lacks_methods_is_told_which():
    class NoLink(Loss):
        def value_and_gradient(self, y, raw, weight, grad_raw):
            return np.zeros(len(y))

    class Nothing(Activation):
        pass

    with pytest.raises(AssertionError, match=r"NoLink lacks the methods \['predict'\]"):
        check_part(NoLink)
    with pytest.raises(AssertionError, match=r"lacks the methods \['backward', 'forward'\]"):
        check_part(Nothing)


def test_a_class_that_needs_arguments_is_asked_for_as_an_instance():
    class Demanding(InverseSquareRoot):
        def __init__(self, alpha):
            super().__init__(alpha)

    with pytest.raises(AssertionError, match=r"Demanding\(\) cannot be constructed.*an instance"):
        check_part(Demanding)


def test_hyper_parameters_out_of_range_are_said_by_the_part_itself():
    with pytest.raises(AssertionError, match="'level' parameter of Sharp must be"):
        check_part(Sharp(level=3))


class Sharp(Negativity):
    _parameter_constraints = {"level": [int, None]}

    def __init__(self, level=None):
        self.level = level

    def check(self):
        if self.level == 3:
            raise ValueError("The 'level' parameter of Sharp must be 1 or 2.")


def test_first_mistakes_are_told_by_the_method_at_fault():
    mistakes = {
        wrong_parts.activations.Returns(): r"does not overwrite a fully.*np.tanh\(z, out=a\)",
        wrong_parts.hyper_parameters.Converts(): r"__init__ raises TypeError.*'self.alpha = alpha'",
        FromCoefs(): r"fill raised ValueError: from_coefs needs coefs=",
    }
    for part, message in mistakes.items():
        with pytest.raises(AssertionError, match=f"(?s){message}"):
            check_part(part)


def test_the_example_of_its_documentation_runs():
    (example,) = doctest.DocTestFinder().find(check_part)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_message_in_the_documentation_is_the_one_that_is_given():
    page = (Path(__file__).parents[2] / "docs" / "write_a_part.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    with pytest.raises(AssertionError) as error:
        check_part(wrong_parts.activations.WrongPower(0.5))
    said = str(error.value).replace("WrongPower", "InverseSquareRoot")
    without_digits = [re.sub(r"\d{3}\b", "", text) for text in (said, " ".join(written.split()))]
    assert without_digits[0] == without_digits[1]
