"""The direction of imports, what an import costs, and one registry for each family."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.preprocessing import LabelBinarizer

import sklearn_relu
from sklearn_relu.estimators.parts import FAMILIES
from sklearn_relu.sklearn_private import CALLBACKS, REQUEST

ROOT = Path(sklearn_relu.__file__).parent
FAMILY_MODULES = ["activations", "initializers", "penalties", "losses", "optimizers", "schedules"]
ORDER = [
    ["sklearn_private", "parameters", "documentation", "exceptions", "container"],
    ["engine.compiling"],
    ["engine.fused"],
    ["part", "engine.kernels"],
    ["values"],
    FAMILY_MODULES,
    ["engine.layers"],
    ["engine.threads"],
    ["engine.buffers", "engine.noise", "engine.recipe"],
    ["engine.network", "engine.inference", "engine.trace"],
    ["engine.jobs", "engine.descent"],
    ["engine.batches", "engine.stopping"],
    ["engine.full_batch"],
    ["engine.training"],
    ["engine.stacks"],
    ["engine.lockstep"],
    ["parallel"],
    ["estimators"],
    ["inspection"],
    ["scorers", "displays", "persistence", "callbacks"],
    ["testing"],
    ["compare"],
    ["utils", "__main__"],
]
"""A module may import those of the lines above its own; a package stands for all in it,
compare also for its pieces compare_*."""
LINE = {place: line for line, places in enumerate(ORDER) for place in places}
OPTIONAL = {"pandas", "matplotlib", "rich", "numba", "onnx", "skl2onnx", "skops"}


def module_name(path):
    """engine/kernels.py to engine.kernels; a package's __init__ is the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
}
MODULES = [name for name in TREES if name not in ("", "engine")]
"""All but the two that hold nothing: the package, which only re-exports, and engine's docstring."""


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
        assert other not in ("", "engine"), f"{name} imports a package that only re-exports"
        place = place_of(other)
        sibling = LINE[place] == LINE[own] and own not in FAMILY_MODULES
        assert place == own or LINE[place] < LINE[own] or sibling, f"{name} imports {other}"


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


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[0] in FAMILY_MODULES])
def test_families_of_parts_never_import_each_other(name):
    others = set(FAMILY_MODULES) - {place_of(name)}
    assert not {place_of(other) for other in own_imports(name)} & others


@pytest.mark.parametrize("name", [name for name in TREES if name.split(".")[0] == "engine"])
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
    assert set(LINE) - existing <= planned | {"compare", "__main__"}


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


def test_importing_the_package_imports_its_dependencies_only():
    code = """
import sys
import sklearn.compose, sklearn.ensemble, sklearn.metrics
from contextlib import suppress
with suppress(ImportError):
    import sklearn.callback  # of scikit-learn >= 1.9
before = set(sys.modules)
import sklearn_relu
print(*{name.split(".")[0] for name in set(sys.modules) - before})
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    added = set(result.stdout.split()) - set(sys.stdlib_module_names)
    assert added <= {"sklearn_relu", "sklearn", "scipy", "numpy", "joblib"}


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
    used = {id(family): family for family, _ in FAMILIES.values()}
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
