"""The main job: compare activations and depths on one's own data, in Python and as a command."""

from sklearn_relu.compare.figure import comparison_figure
from sklearn_relu.compare.search import compare
from sklearn_relu.compare.table import comparison_rows

__all__ = ["compare", "comparison_figure", "comparison_rows"]
