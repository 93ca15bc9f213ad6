"""Pages that are written from the code are as the code is."""

import runpy
from pathlib import Path

from sklearn_relu.estimators.parts import FAMILIES

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_parts_is_what_the_registries_say():
    written = runpy.run_path(str(DOCS / "parts.py"))
    assert (DOCS / "parts.md").read_text() == written["page"](), "run python docs/parts.py"
    assert set(FAMILIES) - set(written["TITLES"]) == {"bias_initialization"}


def test_the_page_of_parts_has_a_row_for_each_name():
    rows = (DOCS / "parts.md").read_text()
    for family, _ in FAMILIES.values():
        for name, cls in family.items():
            assert f'| `"{name}"` | `{cls.__name__}(' in rows
