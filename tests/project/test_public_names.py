"""Public names are reached where the documentation says, whatever was imported before."""

import ast
import importlib
import inspect
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_relu
from sklearn_relu.utils import all_estimators

ROOT = Path(__file__).parents[2]
PACKAGE = Path(sklearn_relu.__file__).parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def on_the_api_page():
    """By module, the names that docs/api.rst lists."""
    found, module = {}, ""
    for line in (ROOT / "docs" / "api.rst").read_text(encoding="utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            module = line.split()[-1]
        elif entry := re.fullmatch(r" {3}(\w+)|\.\. autodata:: (\w+)", line):
            found.setdefault(module, []).append(entry[1] or entry[2])
    return found


API = on_the_api_page()
MODULES = [
    f"sklearn_relu.{name}"
    for name in dir(sklearn_relu)
    if inspect.ismodule(getattr(sklearn_relu, name))
]


def _value(module, name):
    return getattr(importlib.import_module(module), name)


def in_the_pages():
    """Import statements of the package in README and docs."""
    statement = re.compile(r"^(?:from sklearn_relu[\w.]* import|import sklearn_relu)\b.*$", re.M)
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    return sorted({line for text in texts for line in statement.findall(text)})


def python(code, *args):
    """What a new interpreter prints."""
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


EACH_BY_ITSELF = """
import json, sys
for code in json.loads(sys.argv[1]):
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn_relu"]:
        del sys.modules[name]
    try:
        exec(code, {})
    except Exception as error:
        print(f"{code!r}: {error!r}")
"""


def failures(statements):
    """Which of them fail, each as the first that a process asks of the package."""
    return python(EACH_BY_ITSELF, json.dumps(statements))


def imports_of_each():
    """Statements that import names of the API page; a module's together, those at the top alone."""
    for name in API["sklearn_relu"]:
        yield f"from sklearn_relu import {name}"
    for module in API:
        yield f"from {module} import {', '.join(API[module])}"
        yield f"import {module}\n" + "\n".join(f"{module}.{name}" for name in API[module])


def attributes_of_each():
    """Statements that import the package, and reach the names of the API page by attributes."""
    for name in API["sklearn_relu"]:
        yield f"import sklearn_relu\nsklearn_relu.{name}"
    for module in API:
        yield "import sklearn_relu\n" + "\n".join(f"{module}.{name}" for name in API[module])


def test_the_api_page_has_all_public_names():
    documented = {id(_value(module, name)) for module in API for name in API[module]}
    public = {
        (module, name): _value(module, name)
        for module in ["sklearn_relu", *MODULES]
        for name in getattr(sys.modules[module], "__all__", [])
    }
    assert [name for name, value in public.items() if id(value) not in documented] == []
    assert set(API) - {"sklearn_relu"} <= set(MODULES)
    assert API["sklearn_relu.comparison"] == ["answer", "comparison_rows", "comparison_figure"]


def test_each_documented_name_is_imported_by_itself():
    assert failures(list(imports_of_each())) == ""


@pytest.mark.slow
def test_each_documented_name_is_reached_by_attributes():
    assert failures(list(attributes_of_each())) == ""


def test_imports_in_the_pages_work():
    statements = in_the_pages()
    assert "from sklearn_relu import MLPClassifier" in statements
    assert failures(statements) == ""


def test_failures_are_told():
    told = failures(["import sklearn_relu\nsklearn_relu.no_such", "import sklearn_relu.nothing"])
    assert "has no attribute 'no_such'" in told
    assert "ModuleNotFoundError" in told


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="module 'sklearn_relu' has no attribute 'MLP'"):
        _ = sklearn_relu.MLP
    with pytest.raises(ImportError, match="cannot import name 'MLP' from 'sklearn_relu'"):
        exec("from sklearn_relu import MLP")


IMPORTED_FOR_TYPE_CHECKERS = [
    (node.module.removeprefix("sklearn_relu").removeprefix("."), alias)
    for block in ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")).body
    if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
    for node in block.body
    for alias in node.names
]


def test_type_checkers_see_all_names_where_they_come_from():
    names = {alias.name: module for module, alias in IMPORTED_FOR_TYPE_CHECKERS if module}
    assert names == sklearn_relu._HOMES
    modules = [alias for module, alias in IMPORTED_FOR_TYPE_CHECKERS if not module]
    assert tuple(alias.name for alias in modules) == sklearn_relu._MODULES
    assert all(alias.asname == alias.name for alias in modules)  # else they count as private


def test_dir_has_all_names_before_they_are_imported():
    told = python("import sklearn_relu; print(dir(sklearn_relu))")
    assert ast.literal_eval(told) == dir(sklearn_relu)
    assert set(sklearn_relu.__all__) | set(sklearn_relu._MODULES) <= set(dir(sklearn_relu))
    assert sorted(sklearn_relu.__all__) == sorted(sklearn_relu._HOMES)


@pytest.mark.slow
def test_tab_completion_in_a_new_interpreter():
    code = """
import rlcompleter, sklearn_relu
print(rlcompleter.Completer({"sklearn_relu": sklearn_relu}).attr_matches("sklearn_relu.comp"))
"""
    assert ast.literal_eval(python(code)) == ["sklearn_relu.compare(", "sklearn_relu.comparison"]


def test_a_star_imports_the_names_at_the_top():
    code = "from sklearn_relu import *; print(sorted(name for name in globals() if name[0] != '_'))"
    assert ast.literal_eval(python(code)) == sorted(sklearn_relu.__all__)


COMPARE = """
import pickle, sys
import sklearn_relu
{before}
assert type(sklearn_relu.compare).__name__ == "function"
from sklearn_relu import compare
assert compare is sklearn_relu.compare is sys.modules["sklearn_relu.comparison"].compare
assert pickle.loads(pickle.dumps(compare)) is compare
"""


BEFORE = [
    "",
    "sklearn_relu.compare",
    "import sklearn_relu.comparison",
    "from sklearn_relu.comparison import search, table, command",
    "import sklearn_relu.__main__",
    "sklearn_relu.utils.all_estimators()",
    "import sklearn_relu.compare",
    "pickle.loads(b'csklearn_relu.compare.data\\ncategory_texts\\n.')",
]


@pytest.mark.slow
def test_compare_is_the_function_whatever_was_imported():
    assert failures([COMPARE.format(before=before) for before in BEFORE]) == ""


PICKLED = """
import {module}
import pickle
loaded = pickle.loads(b"csklearn_relu.compare.data\\ncategory_texts\\n.")
from sklearn_relu.comparison.datasets import category_texts
assert loaded is category_texts
assert b"sklearn_relu.comparison.datasets" in pickle.dumps(loaded)
"""


def test_pickled_comparisons_of_0_1_0_find_their_function():
    """Their preprocessing holds one, by the name of the module that it was in."""
    modules = ["pickle", "sklearn_relu"]
    assert failures([PICKLED.format(module=module) for module in modules]) == ""


@pytest.mark.parametrize("name", [*sklearn_relu.__all__, *sklearn_relu.comparison.__all__])
def test_public_names_are_pickled_by_name(name):
    package = sklearn_relu if name in sklearn_relu.__all__ else sklearn_relu.comparison
    value = getattr(package, name)
    assert pickle.loads(pickle.dumps(value)) == value


def test_threads_that_ask_for_names_at_the_same_time():
    code = """
import threading, sklearn_relu
names = sklearn_relu.__all__ * 2
begin, found = threading.Barrier(len(names)), {}
def ask(i, name):
    begin.wait()
    found[i] = getattr(sklearn_relu, name)
threads = [threading.Thread(target=ask, args=each) for each in enumerate(names)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(all(found[i] is getattr(sklearn_relu, name) for i, name in enumerate(names)))
"""
    assert python(code) == "True\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.slow
def test_a_fork_while_another_thread_imports():
    code = """
import os, threading, sklearn_relu
thread = threading.Thread(target=lambda: sklearn_relu.compare)
thread.start()
child = os.fork()
if not child:
    os._exit(not all(hasattr(sklearn_relu, name) for name in dir(sklearn_relu)))
thread.join()
print(os.waitpid(child, 0)[1])
"""
    assert python(code) == "0\n"


def test_looking_for_estimators_leaves_the_names_as_they_are():
    before = {name: getattr(sklearn_relu, name) for name in dir(sklearn_relu)}
    all_estimators()
    assert {name: getattr(sklearn_relu, name) for name in dir(sklearn_relu)} == before
