"""The direction of imports, what an import costs, and one registry for each family."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.preprocessing import LabelBinarizer

import sklearn_relu
from sklearn_relu.estimators import ESTIMATORS
from sklearn_relu.estimators.parts import FAMILIES
from sklearn_relu.estimators.pretrainers import PRETRAININGS
from sklearn_relu.layers import LAYERS
from sklearn_relu.sklearn_private import CALLBACKS, REQUEST

ROOT = Path(sklearn_relu.__file__).parent
FAMILY_MODULES = [
    "activations", "initializers", "penalties", "losses", "optimizers", "schedules", "embeddings",
]  # fmt: skip
ORDER = [
    ["sklearn_private", "parameters", "documentation", "docstrings", "exceptions"],
    ["kernels"],
    ["files"],
    ["part"],
    FAMILY_MODULES,
    ["layers"],
    ["network"],
    ["training"],
    ["parallel"],
    ["tables"],
    ["estimators"],
    ["inspection"],
    ["scorers", "displays", "persistence"],
    ["callbacks"],
    ["comparison"],
    ["compare", "utils", "testing", "__main__"],
]
"""From the bottom of the house up. A module may import those of the lines above its own, and those
of its own place; the files at the bottom import each other too."""
LINE = {place: line for line, places in enumerate(ORDER) for place in places}
OPTIONAL = {
    "pandas",
    "polars",
    "pyarrow",
    "matplotlib",
    "rich",
    "numba",
    "onnx",
    "skl2onnx",
    "skops",
    "jinja2",
}


def module_name(path):
    """kernels/sums.py to kernels.sums; a package's __init__ is the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
}
MODULES = [name for name in TREES if name]
"""All but the package itself, which only re-exports."""


def imported(tree, everywhere=True):
    """Full names of the modules that a module imports; from a package, of the names too."""
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def own_imports(name):
    """Modules of this package that a module imports, without the package's name."""
    for full in imported(TREES[name]):
        package, _, rest = full.partition(".")
        if package == "sklearn_relu":
            while rest and rest not in TREES:  # a name in a module
                rest = rest.rpartition(".")[0]
            yield rest


def place_of(name):
    """The entry of ORDER that a module belongs to."""
    places = [place for place in LINE if re.match(rf"{re.escape(place)}($|[._])", name)]
    assert len(places) == 1, f"give {name} its place in ORDER"
    return places[0]


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    own = place_of(name)
    for other in set(own_imports(name)):
        if name == "__main__" and other == "":
            continue  # for the version
        assert other != "", f"{name} imports the package, which only re-exports"
        place = place_of(other)
        at_bottom = LINE[place] == LINE[own] == 0
        assert place == own or LINE[place] < LINE[own] or at_bottom, f"{name} imports {other}"


@pytest.mark.parametrize("name", MODULES)
def test_modules_ask_the_package_for_no_public_name(name):
    """While a module is imported its thread would wait for one that may need this very module."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ImportFrom) and node.module == "sklearn_relu":
            assert not {alias.name for alias in node.names} & set(dir(sklearn_relu))


def is_private(dotted):
    return any(part.startswith("_") and part[:2] != "__" for part in dotted.split("."))


PRIVATE_ATTRIBUTES = {
    name
    for cls in (BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin, LabelBinarizer)
    for name in dir(cls)
    if is_private(name)
} | CALLBACKS
PRIVATE_ATTRIBUTES |= {REQUEST, "_init_callback_context"}
PRIVATE_ATTRIBUTES -= {"_parameter_constraints"}
"""Names of scikit-learn's objects that it does not promise, but for the one by which each class
says what its parameters may be."""


@pytest.mark.parametrize("name", [name for name in TREES if name != "sklearn_private"])
def test_private_names_of_scikit_learn_are_used_in_one_module(name):
    from_sklearn = [full for full in imported(TREES[name]) if full.split(".")[0] == "sklearn"]
    assert not [full for full in from_sklearn if is_private(full)]
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Attribute):
            assert node.attr not in PRIVATE_ATTRIBUTES, f"line {node.lineno}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert node.value not in PRIVATE_ATTRIBUTES, f"line {node.lineno}"


def test_that_module_has_all_private_names_that_are_used():
    names = {full for full in imported(TREES["sklearn_private"]) if is_private(full)}
    assert "sklearn.base._fit_context" in names
    assert {"_validate_params", "_get_param_names"} <= PRIVATE_ATTRIBUTES


def test_callbacks_are_imported_where_scikit_learn_may_have_none():
    """Older ones do not; nothing but that module may need them when it is imported."""
    for name, tree in TREES.items():
        if name != "sklearn_private":
            at_import = set(imported(tree, everywhere=False))
            assert not [full for full in at_import if full.startswith("sklearn.callback")]


KINDS_OF_LAYERS = {cls.__name__ for cls in LAYERS.values()} | {"dense_layers"}


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[0] != "layers"])
def test_only_architectures_name_a_kind_of_layer(name):
    """An architecture's file defines a class with `_stages`, and is no contract."""
    tree = TREES[name]
    methods = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    if (
        name.startswith("estimators.")
        and "_stages" in methods
        and name != "estimators.architecture"
    ):
        return
    named = {full.rpartition(".")[2] for full in imported(tree) if ".layers" in full}
    assert not named & KINDS_OF_LAYERS


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[0] in FAMILY_MODULES])
def test_families_of_parts_never_import_each_other(name):
    others = set(FAMILY_MODULES) - {place_of(name)}
    assert not {place_of(other) for other in own_imports(name)} & others


ENGINE = {"kernels", "layers", "network", "training"}


@pytest.mark.parametrize("name", [name for name in TREES if name.split(".")[0] in ENGINE])
def test_the_engine_knows_no_estimators_labels_or_data_frames(name):
    assert "estimators" not in {other.split(".")[0] for other in own_imports(name)}
    from_sklearn = {full for full in imported(TREES[name]) if full.split(".")[0] == "sklearn"}
    assert all(full.startswith("sklearn.utils.") for full in from_sklearn)
    assert "pandas" not in {full.split(".")[0] for full in imported(TREES[name])}


def test_no_modules_import_each_other_in_a_circle():
    imports = {name: set(own_imports(name)) - {"", name} for name in TREES if name}
    while leaves := {name for name in imports if not imports[name] & imports.keys()}:
        for name in leaves:
            del imports[name]
    assert not imports


def test_places_in_the_order_are_of_modules_that_exist_or_are_planned():
    planned = {"inspection", "scorers", "displays", "persistence"}
    existing = {place_of(name) for name in MODULES}
    assert set(LINE) - existing <= planned | {"__main__"}


@pytest.mark.parametrize("name", TREES)
def test_optional_packages_are_imported_inside_of_functions(name):
    required = {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl"}
    allowed = set(sys.stdlib_module_names) | required | {"sklearn_relu"}
    at_import = set(imported(TREES[name], everywhere=False))
    assert {full.split(".")[0] for full in at_import} <= allowed
    assert not any(full.startswith("scipy.stats") for full in at_import)


def test_importing_the_package_imports_no_optional_package():
    # scikit-learn imports pandas and rich for itself where they are installed; so take them away.
    code = f"""
import sys
for name in {sorted(OPTIONAL)!r}:
    sys.modules[name] = None
import sklearn_relu
sklearn_relu.MLPClassifier((3,), max_iter=1)
assert not [name for name in {sorted(OPTIONAL)!r} if sys.modules[name] is not None]
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def imported_by(code, after=""):
    """Modules that a new interpreter imports for some code, beyond those of other code."""
    code = f"""
import sys
from contextlib import suppress
{after}
before = set(sys.modules)
{code}
print(*sorted(set(sys.modules) - before))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_all_public_names_import_the_dependencies_only():
    after = """
import sklearn.compose, sklearn.ensemble, sklearn.metrics
with suppress(ImportError):
    import sklearn.callback  # of scikit-learn >= 1.9
"""
    code = "import sklearn_relu\nfor name in dir(sklearn_relu): getattr(sklearn_relu, name)"
    added = {name.split(".")[0] for name in imported_by(code, after)}
    assert added - set(sys.stdlib_module_names) <= {
        "sklearn_relu",
        "sklearn",
        "scipy",
        "numpy",
        "joblib",
    }


def test_importing_the_package_imports_nothing_but_it():
    added = imported_by("import sklearn_relu")
    assert {name for name in added if name.split(".")[0] not in sys.stdlib_module_names} == {
        "sklearn_relu"
    }


WHEN_USED = {
    "sklearn_relu.callbacks",
    "sklearn_relu.comparison",
    "sklearn_relu.files.container",
    "sklearn_relu.displays",
    "sklearn_relu.inspection",
    "sklearn_relu.parallel",
    "sklearn_relu.persistence",
    "sklearn_relu.scorers",
    "sklearn_relu.utils",
    "sklearn_relu.files.values",
    "sklearn.compose",
    "sklearn.decomposition",
    "sklearn.ensemble",
    "sklearn.frozen",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.neighbors",
    "sklearn.pipeline",
    "sklearn.svm",
    "scipy.stats",
    "http",
    "urllib.request",
    "zipfile",
    *OPTIONAL,
}
"""Modules that an estimator does not need, and that its import does not bring."""


@pytest.mark.parametrize("code", ["import sklearn_relu", "from sklearn_relu import MLPClassifier"])
def test_an_import_brings_little_beyond_that_of_scikit_learns_networks(code):
    assert not imported_by(code, "import sklearn.neural_network") & WHEN_USED


def test_modules_that_an_estimator_does_not_need_exist():
    for name in WHEN_USED - OPTIONAL:
        assert importlib.util.find_spec(name) is not None, name


def registries():
    """(module, name) of every dict from names to parts that is defined at a module's top."""
    for name, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith(
                "dict[str, type["
            ):
                assert isinstance(node.value, ast.Dict)
                yield name, node.target.id


def test_each_family_has_one_registry_a_dict_defined_once():
    found = {
        name: vars(sys.modules[f"sklearn_relu.{module}"])[name] for module, name in registries()
    }
    assert len(found) == len(list(registries()))
    families = [*(each for each, _ in FAMILIES.values()), LAYERS, ESTIMATORS, PRETRAININGS]
    used = {id(family): family for family in families}
    assert used.keys() == {id(family) for family in found.values()}
    assert all(type(family) is dict for family in used.values())


def test_registries_are_never_added_to():
    names = {name for _, name in registries()}
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                assert ast.unparse(node.value) not in names, module
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in names:
                assert node.attr in {"get", "items", "keys", "values"}, module


def attributes_of_estimators():
    """Methods and attributes of the classes of estimators/."""
    for name, tree in TREES.items():
        if name.split(".")[0] == "estimators":
            for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
                yield from (node.name for node in cls.body if isinstance(node, ast.FunctionDef))
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    yield node.attr


PRIVATE_TO_ESTIMATORS = set(filter(is_private, attributes_of_estimators()))
PRIVATE_TO_ESTIMATORS -= PRIVATE_ATTRIBUTES | {"_parameter_constraints"}
"""Names by which only estimators/ reaches into an estimator."""
OUTSIDE = [name for name in TREES if name and name.split(".")[0] != "estimators"]


def reaches(tree):
    """Private attributes that a module asks another object for, by name or as text, and private
    names that it imports from estimators/, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in ("self", "cls"):
            if node.attr in PRIVATE_TO_ESTIMATORS:
                yield node.attr, node.lineno
        elif isinstance(node, ast.Constant) and node.value in PRIVATE_TO_ESTIMATORS:
            yield node.value, node.lineno
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "sklearn_relu.estimators"
        ):
            names = [alias.name for alias in node.names]
            yield from ((name, node.lineno) for name in names if is_private(name))


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_module_reaches_into_an_estimator(name):
    """They ask :class:`sklearn_relu.estimators.fitted.Fitted`."""
    assert list(reaches(TREES[name])) == []


def test_private_names_of_estimators_are_known():
    known = {"_states", "_diagnosis", "_loss", "_activations", "_check_data", "_label_binarizer"}
    assert known <= PRIVATE_TO_ESTIMATORS
    for code in ("network._loss", "getattr(network, '_loss')"):
        assert list(reaches(ast.parse(code))) == [("_loss", 1)]
    imported = "from sklearn_relu.estimators.parts import _loss"
    assert list(reaches(ast.parse(imported))) == [("_loss", 1)]


@pytest.mark.parametrize("name", TREES)
def test_docstrings_begin_with_a_verb_or_with_the_thing(name):
    texts = [
        node.value.value
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    first_words = {text.split()[0] for text in texts if isinstance(text, str) and text.strip()}
    assert not first_words & {"What", "This", "Which", "That"}
