"""What the archives say of the project, and the versions that are tested."""

import os
import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import sklearn_relu

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


def constraints(name):
    """Lines of a file of constraints."""
    lines = (ROOT / ".ci" / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


OLDEST = [Requirement(line) for line in constraints("oldest.txt")]
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
    entries = re.findall(
        r"^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M
    )
    version, date = entries[0]
    assert version == sklearn_relu.__version__
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", date)


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = dict(re.findall(r'^([\w-]+): "?([^"\n]+)"?$', citation, re.M))
    ((version, date), *_) = re.findall(
        r"^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M
    )
    assert fields["version"] == sklearn_relu.__version__ == version
    assert fields["date-released"] == date
    assert fields["cff-version"] == "1.2.0"
    assert fields["license"] == PROJECT["license"]
    assert {"message", "title", "type"} <= fields.keys()


def test_the_citation_names_authors():
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    (author,) = citation["authors"]
    assert f"the {author['name']}" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert set(citation["keywords"]) == set(PROJECT["keywords"])


def test_the_sdist_has_what_a_reader_of_the_project_looks_for():
    hatch = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert all((ROOT / name.removeprefix("/")).exists() for name in hatch if not unpacked(name))
    for name in (
        ".ci",
        ".github",
        "CHANGELOG.md",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ):
        assert f"/{name}" in hatch


def unpacked(name):
    """Whether it is the package, which tests of the installed wheel do without."""
    return name == "/sklearn_relu"


def workflow_commands():
    """What the workflow runs, line by line; without a parser of YAML too."""
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    return re.findall(r"^\s*- run: (.+)$", text, re.M)


def test_the_workflow_runs_what_there_is():
    commands = workflow_commands()
    assert ".ci/run" in commands
    for command in commands:
        program, *arguments = shlex.split(command)
        if program == "python":
            assert arguments[:2] in (["-m", "pip"], ["-m", "pytest"])
        else:
            assert (ROOT / program).is_file()
            assert os.name != "posix" or os.access(ROOT / program, os.X_OK)
    (tests,) = [command for command in commands if "pytest" in command]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert tests.removeprefix("python ") in makefile, "make test-quick is the same"


def test_the_workflow_is_yaml_of_jobs_with_steps():
    yaml = pytest.importorskip("yaml")
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert runs == workflow_commands()
    systems = {
        each["os"].partition("-")[0] for each in jobs["quick"]["strategy"]["matrix"]["include"]
    }
    assert {"windows", "macos"} <= systems
    # Pythons for the matrix of versions; the last one runs the checks.
    (setup,) = [step for step in jobs["all"]["steps"] if "setup-python" in step.get("uses", "")]
    pythons = set(setup["with"]["python-version"].split())
    assert pythons == {pair.partition("-")[0] for pair in ci_pairs()}


def test_quick_tests_are_modules_that_there_are(pytestconfig):
    conftest = pytestconfig.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    matrix = runpy.run_path(str(ROOT / ".ci" / "matrix.py"))
    for path in [*conftest.QUICK, *matrix["QUICK"]]:
        assert (ROOT / "tests" / path).is_file(), path


def ci_pairs():
    """Pythons and ages of dependencies that each run of the checks tests."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.search(r"matrix\.py .*--quick (.*)", makefile)[1].split()


def test_three_minor_releases_of_scikit_learn_are_tested():
    ages = {pair.partition("-")[2] for pair in ci_pairs()}
    assert ages == {"oldest", "middle", "newest"}
    middle = [Requirement(line) for line in constraints("middle.txt")]
    (pinned,) = [each for each in middle if each.name == "scikit-learn"]
    assert Version("1.8") <= Version(str(pinned.specifier).removeprefix("==")) < Version("1.9")
    assert all(
        Version(str(each.specifier).removeprefix("==")) >= oldest(each.name, "3.12")
        for each in middle
    )


def test_classifiers_name_the_pythons_that_are_tested():
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert PROJECT["requires-python"] == f">={named[0]}"
    tested = (ROOT / ".ci" / "matrix.py").read_text(encoding="utf-8")
    assert all(f'"{version}-newest"' in tested for version in named)
    assert {pair.partition("-")[0] for pair in ci_pairs()} == set(named)


def test_what_is_said_to_be_installed_is_to_be_had():
    """This package is on no index: a checkout of it, or packages of others."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    sources = [*(ROOT / "sklearn_relu").rglob("*.py"), *(ROOT / "examples").rglob("*.py")]
    said = [
        target
        for path in [*pages, *sources]
        for line in re.findall(r"pip install (?!\{)(.*)", path.read_text(encoding="utf-8"))
        for target in re.split(r"\s+", re.split(r"[#`)]|\"(?!\.)", line)[0].strip())
    ]
    assert {"matplotlib", "skl2onnx"} < set(said)
    for target in said:
        assert target.strip('"').startswith((".", "-")) or target in BOUNDS, target
