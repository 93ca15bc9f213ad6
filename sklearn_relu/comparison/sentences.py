"""The answer that a comparison gives, in sentences."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV

from sklearn_relu.comparison.statistics import CERTAIN, LEVEL, Difference, corrected, difference
from sklearn_relu.comparison.table import candidates, per_fit

REGION = 0.01
"""Differences that make none in practice are less: of shares, and of losses as a share of them."""

WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip

SCORES = {"r2": "R2", "accuracy": "accuracy"}
"""Scores as sentences call them, where that is not their name."""


@dataclass(frozen=True)
class Scored:
    """A candidate or a baseline, and its score on each fold.

    Attributes
    ----------
    labels : dict
        Empty for a baseline.
    name : str
    scores : ndarray of shape (n_folds,)
        Means over seeds.
    """

    labels: dict[str, Any]
    name: str
    scores: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.scores.mean())


def answer(search: GridSearchCV, name: str = "") -> list[str]:
    """Say what a comparison found, in sentences, the most important one first.

    Candidates are compared by the value that the question is about: the activation, or else the
    network, or else the first setting of which several were searched. Each value stands for itself
    by its best candidate. Differences are judged by a paired test over the folds, corrected for
    what these have in common (Nadeau & Bengio 2003) and for the number of candidates (Holm).

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.
    name : str, default=""
        That of the table.

    Returns
    -------
    sentences : list of str

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import compare
    >>> from sklearn_relu.comparison import answer
    >>> X, y = load_iris(return_X_y=True)
    >>> search = compare(
    ...     X, y, activations=["relu", "tanh"], networks=[(20,)], max_iter=300,
    ...     baselines=["constant", "linear"], learning_rates=[0.01],
    ... )
    >>> print(answer(search, "iris")[0])
    On iris, relu (accuracy 0.967) and tanh (0.967) cannot be told apart: ...
    """
    of_all = _candidates(search)
    found = [each for each in of_all if np.isfinite(each.mean)]
    baselines = _baselines(search)
    best = max(found, key=lambda each: each.mean)
    region = _region(search.refit, best.mean)
    score = SCORES.get(search.refit, search.refit)
    step = _step(search)
    asked = _of_the_question(found, best)
    p_values = _p_values(best, found, step)
    first = _first(name, asked, p_values, score, region, step)
    sentences = [first, *_without_a_score(search, of_all)]
    constant = next((each for each in baselines if each.name in CONSTANTS), None)
    if constant is not None:
        sentences += _hopeless(found, constant, region)
    others = [each for each in baselines if each is not constant]
    sentences += _against_baselines(best, others, step)
    if len(found) > 1:
        sentences.append(
            f"{best.mean:.3f} is the best of {_count(len(found), 'candidate')} on these folds, so "
            "an optimistic figure: expect it to be a little worse on new rows."
        )
    return sentences


CONSTANTS = ("majority class", "mean of the target")


def _candidates(search: GridSearchCV) -> list[Scored]:
    return [
        Scored(labels, "", per_fit(search, f"test_{search.refit}", indices).mean(axis=0))
        for labels, indices in candidates(search)
    ]


def _baselines(search: GridSearchCV) -> list[Scored]:
    scored = [
        Scored({}, name, np.asarray(scores["test_score"]))
        for name, scores in getattr(search, "baselines_", {}).items()
    ]
    return [each for each in scored if np.isfinite(each.mean)]


def _region(scoring: str, best: float) -> float:
    return REGION * abs(best) if scoring.startswith("neg_") else REGION


def _of_the_question(found: list[Scored], best: Scored) -> list[Scored]:
    """The best candidate of each value that the question is about, named by it, the best first."""
    names = list(best.labels)
    varied = [name for name in names if len({each.labels[name] for each in found}) > 1]
    if not varied:
        return [best]
    asked = "activation" if "activation" in varied else varied[0]
    by_value: dict[Any, Scored] = {}
    for each in sorted(found, key=lambda each: -each.mean):
        by_value.setdefault(each.labels[asked], each)
    ordered = [
        best,
        *(each for each in by_value.values() if each.labels[asked] != best.labels[asked]),
    ]
    return [Scored(each.labels, _named(asked, each.labels[asked]), each.scores) for each in ordered]


def _named(parameter: str, value: Any) -> str:
    if parameter == "activation":
        return str(value)
    if parameter == "network":
        return _network(str(value))
    return f"{parameter.replace('_', ' ')} {value}"


def _p_values(best: Scored, found: list[Scored], step: float) -> dict[int, float]:
    """Of the best against each other candidate, corrected for their number, for each the best was
    chosen among all; by the identity of the scores."""
    others = [each.scores for each in found if each is not best]
    p_values = corrected([difference(best.scores, each, step).p_value for each in others])
    return {id(each): p for each, p in zip(others, p_values, strict=True)}


def _first(
    name: str,
    asked: list[Scored],
    p_values: dict[int, float],
    score: str,
    region: float,
    step: float,
) -> str:
    """The sentence on the best value and the others."""
    on = f"On {name}, " if name else ""
    best = asked[0]
    if len(asked) == 1:
        label = f"{best.labels['activation']}, {_network(best.labels['network'])}"
        return f"{on}{label}: {score} {best.mean:.3f}; there is nothing to compare it with."
    second = asked[1]
    found = difference(best.scores, second.scores, step)
    parts = [on + _between(best, second, found, p_values[id(second.scores)], score, region)]
    for each in asked[2:]:
        p = p_values[id(each.scores)]
        how = "is worse than" if p < LEVEL else "cannot be told apart from"
        parts.append(f"{each.name} ({each.mean:.3f}) {how} {best.name} (p = {_p(p)})")
    return "; ".join(parts) + "."


def _without_a_score(search: GridSearchCV, of_all: list[Scored]) -> list[str]:
    """Candidates that failed, or that were not trained to their end."""
    n_without = sum(not np.isfinite(each.mean) for each in of_all)
    if not n_without:
        return []
    why = "did not come to the end" if getattr(search, "ended_by_", "") else "failed"
    return [f"{_capital(_count(n_without, 'candidate'))} of {_word(len(of_all))} {why}."]


def _step(search: GridSearchCV) -> float:
    """The share that one row is of a fold."""
    if search.refit.startswith("neg_") or not hasattr(search, "n_rows_"):
        return 0.0
    return search.n_splits_ / search.n_rows_


def _between(
    a: Scored, b: Scored, found: Difference, p_value: float, score: str, region: float
) -> str:
    """How the best stands to the second."""
    both = f"{a.name} ({score} {a.mean:.3f}) and {b.name} ({b.mean:.3f})"
    how = f"corrected paired test, p = {_p(p_value)}"
    if p_value < LEVEL:
        hardly = ", which hardly matters" if found.mean < region else ""
        return (
            f"{a.name} ({score} {a.mean:.3f}) is better than {b.name} ({b.mean:.3f}), by "
            f"{found.mean:.3f}{hardly} ({how})"
        )
    probability = found.probability_within(region)
    if probability >= CERTAIN:
        return (
            f"{both} are as good as each other: with a probability of {100 * probability:.0f} % "
            f"they differ by less than {region:.2g}"
        )
    if found.mean == 0:
        return f"{both} have the same mean, and cannot be told apart"
    return (
        f"{both} cannot be told apart: other folds would move the difference of {found.mean:.3f} "
        f"by as much ({how})"
    )


def _hopeless(found: list[Scored], constant: Scored, region: float) -> list[str]:
    """Candidates whose mean is no better than a constant's, but for what hardly matters."""
    hopeless = [each for each in found if each.mean - constant.mean < region]
    if not hopeless:
        return []
    what = f"no better than the {constant.name}"
    if len(hopeless) == 1:
        one = hopeless[0].labels
        return [f"{_capital(_network(one['network']))}, {one['activation']}, is {what}."]
    names = "; ".join(f"{each.labels['activation']}, {each.labels['network']}" for each in hopeless)
    if len(hopeless) == len(found):
        both = "Both" if len(found) == 2 else f"All {_word(len(found))}"
        return [f"{both} networks are {what} ({constant.mean:.3f}): {names}."]
    n, of = _capital(_word(len(hopeless))), _word(len(found))
    return [f"{n} of {of} networks are {what} ({constant.mean:.3f}): {names}."]


def _against_baselines(best: Scored, baselines: list[Scored], step: float) -> list[str]:
    """Baselines that are better, as good or worse than the best network."""
    if not baselines:
        return []
    differences = [difference(each.scores, best.scores, step) for each in baselines]
    p_values = corrected([each.p_value for each in differences])
    groups: dict[str, list[str]] = {}
    for each, found, p in zip(baselines, differences, p_values, strict=True):
        how = "cannot be told apart from" if p >= LEVEL else "better than"
        how = "worse than" if p < LEVEL and found.mean < 0 else how
        groups.setdefault(how, []).append(f"{each.name} ({each.mean:.3f})")
    parts = [
        f"{_listed(groups[how])} {'are' if len(groups[how]) > 1 else 'is'} {how} the best network"
        if "told" not in how
        else f"{_listed(groups[how])} {how} the best network"
        for how in ("better than", "cannot be told apart from", "worse than")
        if how in groups
    ]
    return [_capital("; ".join(parts)) + "."]


def _network(label: str) -> str:
    """A network in words: ten layers of 80 for ``80x10``."""
    units, _, depth = label.partition("x")
    if depth:
        return f"{_word(int(depth))} layers of {units}"
    n_layers = label.count(",") + 1
    return f"one layer of {units}" if n_layers == 1 else f"{_word(n_layers)} layers ({label})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _p(value: float) -> str:
    return "0.001 or less" if value <= 0.001 else f"{value:.2g}"


def _word(n: int) -> str:
    return WORDS[n] if n < len(WORDS) else str(n)


def _count(n: int, what: str) -> str:
    return f"{_word(n)} {what}" if n == 1 else f"{_word(n)} {what}s"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
