"""A comparison as a page: ComparisonReport."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sklearn.model_selection import GridSearchCV

from sklearn_relu.comparison.looking import Looks, look
from sklearn_relu.comparison.page import page
from sklearn_relu.comparison.pictures import score_picture
from sklearn_relu.comparison.ranking import ranked_baselines, ranking
from sklearn_relu.comparison.sentences import answer as sentences_of
from sklearn_relu.comparison.svg import Picture
from sklearn_relu.comparison.table import comparison_rows, fits_at_max_iter

IN_A_NOTEBOOK = """\
import skops.io

skops.io.dump(search.best_estimator_, "model.skops")
types = skops.io.get_untrusted_types(file="model.skops")  # look at them before you trust them
model = skops.io.load("model.skops", trusted=types)
model.predict(X)"""


@dataclass(frozen=True)
class Home:
    """How to take the best pipeline home.

    Attributes
    ----------
    code : str
        It loads the pipeline.
    files : dict of str to str
        The files beside the page, and what each is.
    """

    code: str = IN_A_NOTEBOOK
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class ComparisonReport:
    """The result of a comparison as a page that needs nothing but a browser.

    It tells the answer, what was read, the table of candidates, the score of each fold, training
    and validation curves, what happens inside of the best network, the importance of the columns,
    and how to take the best pipeline home. A notebook shows it in a frame. It needs jinja2 and
    matplotlib.

    Attributes
    ----------
    name : str
        The table's.
    answer : tuple of str
        Sentences.
    read : tuple of str
        Lines on the data.
    score : str
        The name of the score.
    best : str
        The name of the best candidate.
    rows : list of dict
        See :func:`sklearn_relu.comparison.comparison_rows`.
    remarks : tuple of str
        What is to be said of the rows.
    pictures : dict of str to Picture
        By name; those that could be made.
    looks : Looks
        At the best candidate.
    home : Home
        How to take the best pipeline home.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import ComparisonReport, compare
    >>> X, y = load_iris(return_X_y=True)
    >>> search = compare(
    ...     X, y, activations=["relu"], networks=[(10,)], learning_rates=[0.01], max_iter=500,
    ...     baselines=["linear"],
    ... )
    >>> report = ComparisonReport.from_search(search, X, y, name="iris")
    >>> report
    ComparisonReport: iris, accuracy of 1 candidate
    >>> report.to_html().startswith("<!doctype html>")
    True
    """

    name: str
    answer: tuple[str, ...]
    read: tuple[str, ...]
    score: str
    best: str
    rows: list[dict[str, Any]]
    remarks: tuple[str, ...]
    pictures: dict[str, Picture]
    looks: Looks
    home: Home

    @classmethod
    def from_search(
        cls,
        search: GridSearchCV,
        X: Any = None,
        y: Any = None,
        *,
        name: str = "",
        read: Sequence[str] = (),
        answer: Sequence[str] = (),
    ) -> Self:
        """Make the report of a comparison.

        Parameters
        ----------
        search : GridSearchCV
            As returned by :func:`sklearn_relu.compare`.
        X : {array-like, DataFrame} of shape (n_samples, n_features), default=None
            The data that it was given. The best network is trained once more, without the rows of
            the first fold. Without data the report leaves out what needs them, and says so.
        y : array-like of shape (n_samples,), default=None
        name : str, default=""
            The table's.
        read : sequence of str, default=()
            Lines on the data; by default their shape.
        answer : sequence of str, default=()
            Sentences; by default those of :func:`sklearn_relu.comparison.answer`.

        Returns
        -------
        report : ComparisonReport

        Raises
        ------
        ImportError
            If jinja2 or matplotlib is not installed.
        """
        _check_packages()
        ranked = ranking(search)
        looks = look(search, ranked[0], X, y)
        scores = score_picture(ranked, ranked_baselines(search), search.refit)
        return cls(
            name=name,
            answer=tuple(answer or sentences_of(search, name)),
            read=tuple(read) or _shape(X),
            score=search.refit,
            best=ranked[0].name,
            rows=comparison_rows(search),
            remarks=_remarks(search),
            pictures={scores.name: scores} | looks.pictures,
            looks=looks,
            home=Home(),
        )

    def to_html(self) -> str:
        """The page: one file that asks the network for nothing.

        Returns
        -------
        html : str
        """
        return page(self)

    def _repr_html_(self) -> str:
        """A frame, so that the page's style and the notebook's do not meet."""
        return (
            f'<iframe srcdoc="{html.escape(self.to_html())}" title="{html.escape(self._title())}" '
            'sandbox="allow-scripts" style="width: 100%; height: 40rem; border: 0; '
            'resize: vertical"></iframe>'
        )

    def __repr__(self) -> str:
        """One line."""
        return f"{type(self).__name__}: {self._title()}"

    def _title(self) -> str:
        n_candidates = sum(not row["is_baseline"] for row in self.rows)
        candidates = f"{n_candidates} candidate{'s' if n_candidates > 1 else ''}"
        return ", ".join(filter(None, [self.name, f"{self.score} of {candidates}"]))


def _check_packages() -> None:
    for package in ("jinja2", "matplotlib"):
        try:
            __import__(package)
        except ImportError as error:
            raise ImportError(f"ComparisonReport needs {package}: pip install {package}") from error


def _remarks(search: GridSearchCV) -> tuple[str, ...]:
    n_reached, n_fits = fits_at_max_iter(search)
    remarks = {
        "The comparison ended early: not all candidates and baselines were run.": search.ended_by_,
        f"{n_reached} of {n_fits} fits took all the epochs they might: more may change their "
        "figures.": n_reached,
    }
    return tuple(remark for remark, is_meant in remarks.items() if is_meant)


def _shape(X: Any) -> tuple[str, ...]:
    if X is None:
        return ()
    n_rows, n_columns = X.shape if hasattr(X, "shape") else (len(X), len(X[0]))
    return (f"{n_rows} rows, {n_columns} columns",)
