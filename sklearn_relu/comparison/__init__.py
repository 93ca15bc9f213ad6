"""The main job: :func:`sklearn_relu.compare`, the table and figure of its results, its command."""

from sklearn_relu.comparison.figure import comparison_figure
from sklearn_relu.comparison.report import ComparisonReport
from sklearn_relu.comparison.search import compare
from sklearn_relu.comparison.sentences import answer
from sklearn_relu.comparison.table import comparison_rows

__all__ = ["ComparisonReport", "answer", "compare", "comparison_figure", "comparison_rows"]
