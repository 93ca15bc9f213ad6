"""What the archives say of the project, and the versions that are tested."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import sklearn_relu

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OLDEST = [
    Requirement(line)
    for line in (ROOT / ".ci" / "oldest.txt").read_text().splitlines()
    if not line.startswith("#")
]
EXTRAS = PROJECT["optional-dependencies"]
BOUNDS = {
    found.name: found.specifier
    for text in [
        *PROJECT["dependencies"],
        *(
            line
            for extra in ("fast", "onnx", "skops", "plot", "compare", "test")
            for line in EXTRAS[extra]
        ),
    ]
    if (found := Requirement(text)).name != PROJECT["name"]
}


def oldest(name, python):
    """The version of a package that is tested as the oldest."""
    (found,) = (
        each.specifier
        for each in OLDEST
        if each.name == name
        and (each.marker is None or each.marker.evaluate({"python_version": python}))
    )
    return Version(str(found).removeprefix("=="))


@pytest.mark.parametrize("name", BOUNDS)
def test_the_lower_bound_is_the_oldest_version_tested(name):
    (bound,) = BOUNDS[name]
    assert bound.operator == ">="
    assert oldest(name, "3.11") == Version(bound.version)
    assert oldest(name, "3.13") >= Version(bound.version)


def test_the_version_is_that_of_the_newest_entry_of_the_changelog():
    entries = re.findall(r"^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    version, date = entries[0]
    assert version == sklearn_relu.__version__
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", date)


def test_classifiers_name_the_pythons_that_are_tested():
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert PROJECT["requires-python"] == f">={named[0]}"
    tested = (ROOT / ".ci" / "matrix.py").read_text()
    assert all(f'"{version}"' in tested for version in named)
    ci = re.search(r"matrix\.py --quick (.*)", (ROOT / "Makefile").read_text())[1]
    assert {pair.partition("-")[0] for pair in ci.split()} == set(named)


def test_what_is_said_to_be_installed_is_to_be_had():
    """This package is on no index: a checkout of it, or packages of others."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    sources = [*(ROOT / "sklearn_relu").rglob("*.py"), *(ROOT / "examples").rglob("*.py")]
    said = [
        target
        for path in [*pages, *sources]
        for line in re.findall(r"pip install (?!\{)(.*)", path.read_text())
        for target in re.split(r"\s+", re.split(r"[#`)]|\"(?!\.)", line)[0].strip())
    ]
    assert {"matplotlib", "skl2onnx"} < set(said)
    for target in said:
        assert target.strip('"').startswith(".") or target in BOUNDS, target
