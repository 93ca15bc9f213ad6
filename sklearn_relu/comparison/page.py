"""The page of a report: the template, and the cells of its tables."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from sklearn_relu.comparison.meanings import MEANINGS
from sklearn_relu.comparison.table import MEASURED, best_row
from sklearn_relu.comparison.terminal import FIGURES, figure_in_words, score_in_words

HIDDEN = ("score_sd", "n_fits", "n_failed", "n_not_run", "n_at_max_iter", "is_baseline")
"""Figures that the page tells elsewhere: with the score, or below the table."""

ALWAYS = ("activation", "network")
"""Labels that are shown even if all candidates have the same."""


@dataclass(frozen=True)
class Cell:
    """A cell of a sortable table.

    Attributes
    ----------
    text : str
    order : str
        A number, or text, to sort by; empty comes last.
    """

    text: str
    order: str


@dataclass(frozen=True)
class Column:
    """A column of a sortable table.

    Attributes
    ----------
    header : str
    cells : list of Cell
    is_number : bool
    sorted : str
        "ascending", "descending" or "none".
    """

    header: str
    cells: list[Cell]
    is_number: bool
    sorted: str = "none"


def page(report: Any) -> str:
    """The page of a report.

    Parameters
    ----------
    report : ComparisonReport

    Returns
    -------
    html : str
    """
    rows = sorted(report.rows, key=lambda row: _descending(row["score"]))
    looks = report.looks
    return _template().render(
        report=report,
        looks=looks,
        candidates=_candidates(rows, report.score),
        best=rows.index(best_row(rows)),
        meanings=MEANINGS.values(),
        importances=_importances(looks.importances, report.score),
        layers=looks.inside.layers,
    )


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sklearn_relu.comparison"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")


def _descending(score: float) -> float:
    return math.inf if math.isnan(score) else -score


def _candidates(rows: list[dict[str, Any]], score: str) -> list[Column]:
    """The labels that tell rows apart, the score, and all other figures."""
    columns = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        is_label = name not in MEASURED
        if name in HIDDEN or (is_label and name not in ALWAYS and _is_constant(rows, name)):
            continue
        if name == "score":
            cells = [Cell(score_in_words(row), _order(row["score"])) for row in rows]
            columns.append(Column(f"{score} (mean\u00a0±\u00a0sd)", cells, True, "descending"))
        elif name in FIGURES:
            cells = [Cell(FIGURES[name][1](value), _order(value)) for value in values]
            columns.append(Column(figure_in_words(name), cells, True))
        else:
            numbers = all(isinstance(value, int | float) for value in values)
            cells = [Cell(str(value), _order(value)) for value in values]
            columns.append(Column(name.replace("_", " "), cells, numbers))
    return columns


def _is_constant(rows: list[dict[str, Any]], name: str) -> bool:
    """Whether all candidates have the same label."""
    return len({row[name] for row in rows if not row["is_baseline"]}) == 1


def _order(value: Any) -> str:
    return "" if isinstance(value, float) and math.isnan(value) else str(value)


def _importances(importances, score: str) -> list[Column]:
    """All of them, the largest first."""
    return [
        Column("column", [Cell(each.name, each.name) for each in importances], False),
        Column(
            f"loss of {score}",
            [Cell(f"{each.mean:.4f} ± {each.sd:.4f}", str(each.mean)) for each in importances],
            True,
            "descending",
        ),
    ]
