"""Each recipe runs and prints what the docs show.

``python tests/integration/test_recipes.py`` writes what they print anew.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "examples" / "recipes"
SCRIPTS = sorted(RECIPES.glob("*.py"))
NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"


def printed(script):
    """What a recipe prints, with warnings as errors of this package alone."""
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, cwd=RECIPES
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_a_recipe_prints_what_the_docs_show(script):
    found, shown = printed(script), script.with_suffix(".txt").read_text(encoding="utf-8")
    assert re.sub(NUMBER, "#", found) == re.sub(NUMBER, "#", shown)
    # Other processors and libraries round otherwise, and training carries it on.
    numbers = [[float(n) for n in re.findall(NUMBER, text)] for text in (found, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=0.05, abs=0.02)


def test_every_recipe_is_in_the_docs():
    page = (RECIPES.parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
    for script in SCRIPTS:
        assert f"../examples/recipes/{script.name}" in page
        assert f"../examples/recipes/{script.stem}.txt" in page


if __name__ == "__main__":
    for recipe in SCRIPTS:
        recipe.with_suffix(".txt").write_text(printed(recipe), encoding="utf-8")
