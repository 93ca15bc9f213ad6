"""Installs the wheel on several Pythons, with dependencies of several ages, and tests it there.

The tests are those of the unpacked sdist, so both archives of build/dist are tested. Run after
``python -m build --outdir build/dist .``; ``make test-all`` does both.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "build" / "dist"
ENVIRONMENTS = ROOT / "build" / "matrix"
PAIRS = (
    *("3.11-oldest", "3.11-newest", "3.12-oldest", "3.12-middle", "3.12-newest"),
    *("3.13-oldest", "3.13-newest", "3.14-newest"),
)
"""Pythons and the ages of what they have: constraints in .ci/oldest.txt and .ci/middle.txt, or none
for the newest."""
QUICK = (
    "estimators/test_data_frames.py",
    "estimators/test_data_types.py",
    "estimators/test_estimator_checks.py",
    "estimators/test_estimators.py",
    "estimators/test_meta_estimators.py",
    "estimators/test_metadata_routing.py",
    "estimators/test_sklearn_versions.py",
    "kernels/test_threads.py",
    "persistence/test_golden.py",
    "project/test_documentation_links.py",
    "training/test_lockstep.py",
)
"""Test modules that feel most of what versions differ in."""
SHOWN = ("scikit-learn", "numpy", "scipy", "joblib", "numba", "pandas", "polars")


def interpreter(version: str) -> str | None:
    """A Python of this version: on the path, or one that pyenv keeps."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *sorted(kept.glob(f"{version}.*/bin/python"))]
    for path in map(str, filter(None, found)):
        says = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        if says.returncode == 0 and says.stdout.startswith(f"Python {version}."):
            return path
    return None


def archive(pattern: str) -> Path:
    """The one archive of build/dist that matches."""
    (found,) = DIST.glob(pattern)
    return found


def environment(python: str, name: str, age: str) -> Path:
    """A new environment with the wheel in it; returns its folder of programs."""
    folder = ENVIRONMENTS / name
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([python, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    constraints = [] if age == "newest" else ["--constraint", ROOT / ".ci" / f"{age}.txt"]
    wheel = f"{archive('*.whl')}[test]"
    subprocess.run([*pip, "install", "--only-binary=:all:", *constraints, wheel], check=True)
    subprocess.run([*pip, "check"], check=True)
    return folder / "bin"


def versions(programs: Path) -> str:
    """What is installed, of what matters."""
    code = (
        "from importlib.metadata import version\n"
        f"print(*[f'{{name}} {{version(name)}}' for name in {SHOWN}], sep=', ')"
    )
    return subprocess.check_output([programs / "python", "-c", code], text=True).strip()


def unpacked_sdist() -> Path:
    """The sdist's folder, without the package: what the tests import is the installed wheel."""
    shutil.rmtree(ENVIRONMENTS / "sdist", ignore_errors=True)
    with tarfile.open(archive("*.tar.gz")) as packed:
        packed.extractall(ENVIRONMENTS / "sdist", filter="data")
    (folder,) = (ENVIRONMENTS / "sdist").iterdir()
    shutil.rmtree(folder / "sklearn_relu")
    return folder


def main() -> int:
    """Test every pair; returns 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="*", help="such as 3.12-oldest; all, unless named")
    parser.add_argument("--quick", action="store_true", help="only what versions differ in")
    parser.add_argument("--workers", default="logical", help="processes that share the tests")
    options = parser.parse_args()
    parallel = ["-n", options.workers, "--dist", "worksteal"]
    tests = [f"tests/{path}" for path in QUICK] if options.quick else []
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    folder, report = unpacked_sdist(), []
    for pair in options.pairs or PAIRS:
        version, _, age = pair.partition("-")
        python = interpreter(version)
        if python is None:
            report.append((pair, "not tested", "no such interpreter here"))
            continue
        programs = environment(python, pair, age)
        print(f"== {pair}: {versions(programs)}", flush=True)
        done = subprocess.run(
            [programs / "pytest", "-q", "-p", "no:cacheprovider", *parallel, *tests],
            cwd=folder,
            check=False,
        )
        report.append((pair, "failed" if done.returncode else "passed", versions(programs)))
    print()
    for line in report:
        print("{:12} {:10} {}".format(*line))
    return any(result == "failed" for _, result, _ in report)


if __name__ == "__main__":
    sys.exit(main())
