"""Docstrings of estimators, which are put together from descriptions, are complete and right."""

import ast
import inspect
import pydoc
import re

import pytest

from sklearn_relu import RBM, MLPClassifier
from sklearn_relu.estimators import ESTIMATORS

DESCRIBED = {**ESTIMATORS, "RBM": RBM}
"""Networks, and others whose docstrings are put together."""

CASES = [
    pytest.param(cls, parameter, id=f"{name}-{parameter.name}")
    for name, cls in DESCRIBED.items()
    for parameter in inspect.signature(cls).parameters.values()
]
WORDS = {bool: "bool", int: "int", float: "float", tuple: "sequence", type(None): "None"}


def entries(cls, section):
    """By name, the type and the text of each entry of a section."""
    doc = inspect.getdoc(cls)
    (body,) = re.findall(rf"^{section}\n-+\n(.*?)(?=\n\n)", doc, re.DOTALL | re.MULTILINE)
    found = re.findall(r"^(\w+) : (.*)\n((?:    .*\n?)+)", body + "\n", re.MULTILINE)
    return {name: (kind, text) for name, kind, text in found}


@pytest.mark.parametrize("cls", DESCRIBED.values())
def test_parameters_are_those_of_the_constructor_in_its_order(cls):
    assert list(entries(cls, "Parameters")) == list(inspect.signature(cls).parameters)


@pytest.mark.parametrize(("cls", "parameter"), CASES)
def test_types_and_defaults_are_those_of_the_constructor(cls, parameter):
    kind, text = entries(cls, "Parameters")[parameter.name]
    kind, default = kind.rsplit(", default=", 1)
    value = ast.literal_eval(default)
    assert value == parameter.default
    assert type(value) is type(parameter.default)
    word = WORDS.get(type(value), "str")
    assert re.search(rf"\b{word}\b", kind) or f'"{value}"' in kind
    assert text.strip()[-1] in ".)"


@pytest.mark.parametrize(("cls", "parameter"), CASES)
def test_each_parameter_has_constraints_and_the_default_of_its_class(cls, parameter):
    assert parameter.name in cls._parameter_constraints
    if hasattr(cls, parameter.name):  # the value where a constructor does not offer it
        assert getattr(cls, parameter.name) == parameter.default


@pytest.mark.parametrize("cls", DESCRIBED.values())
def test_constraints_are_of_parameters_only(cls):
    assert list(cls._parameter_constraints) == list(inspect.signature(cls).parameters)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
@pytest.mark.parametrize("cls", DESCRIBED.values())
def test_fitted_attributes_are_described(cls):
    X, y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [0, 1, 0, 1]
    short = {"persistent": True} if cls is RBM else {"max_iter": 1, "hidden_layer_sizes": (3,)}
    fitted = cls(**short, random_state=0).fit(X, y)
    described = entries(cls, "Attributes")
    assert {name for name in vars(fitted) if re.fullmatch("[a-z]\\w*_", name)} <= set(described)
    of_some_fits = {
        "feature_names_in_",
        "feature_range_",
        "n_skipped_steps_",
        "pretraining_history_",
        "target_mean_",
        "target_scale_",
    }
    assert {name for name in described if not hasattr(fitted, name)} <= of_some_fits


def test_help_has_the_full_text():
    text = re.sub("\x08.", "", pydoc.render_doc(MLPClassifier, renderer=pydoc.plaintext))
    assert 'activation : str, Activation or sequence of them, default="relu"' in text
    assert "Share of the data to hold out, in [0, 1)." in text
    assert "hidden_layer_sizes=(100,), activation='relu', *, solver='adam'" in text


def test_a_subclass_keeps_its_own_docstring_and_the_constraints():
    class Mine(MLPClassifier):
        """Mine."""

        def __init__(self, hidden_layer_sizes=(3,), alpha=1.0, other=None):
            super().__init__(hidden_layer_sizes, alpha=alpha)
            self.other = other

    assert Mine.__doc__ == "Mine."
    assert Mine().get_params() == {"hidden_layer_sizes": (3,), "alpha": 1.0, "other": None}
    with pytest.raises(ValueError, match="'alpha' parameter of Mine must be a float"):
        Mine(alpha=-1.0).fit([[0.0], [1.0]], [0, 1])


def test_numpydoc_finds_nothing_missing():
    validate = pytest.importorskip("numpydoc.validate")
    for cls in DESCRIBED.values():
        found = validate.validate(f"{cls.__module__}.{cls.__qualname__}")
        codes = {code for code, _ in found["errors"]}
        assert not codes & {"PR01", "PR02", "PR03", "PR04", "PR07", "PR10", "SS03"}, found["errors"]
