"""From a search to the scores of its candidates, by activation, initialization and network."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sklearn_relu.displays.style import in_words

Cell = tuple[str, str | None, str]
"""An activation, an initialization and a network, by the names that are drawn."""


def scores_of_search(search, metric: str) -> dict[Cell, np.ndarray]:
    """The scores of each fit, of the best candidate of each activation, initialization and network.

    Parameters
    ----------
    search : GridSearchCV or another search
    metric : str

    Returns
    -------
    scores : dict of (activation, initialization, network) to ndarray of shape (n_fits,)
        With NaN for fits that failed, where a fit of each candidate did.

    Raises
    ------
    ValueError
        If the search is over neither activations nor networks, or has no such metric.
    """
    results = search.cv_results_
    if f"mean_test_{metric}" not in results:
        known = [name.removeprefix("mean_test_") for name in results if "mean_test_" in name]
        raise ValueError(f"metric must be one of {known}; got {metric!r}.")
    splits = [results[f"split{i}_test_{metric}"] for i in range(search.n_splits_)]
    scores: dict[Cell, np.ndarray] = {}
    for params, each in _pooled_over_seeds(results["params"], np.array(splits).T):
        cell = _cell(params)
        if cell not in scores or _goodness(each) > _goodness(scores[cell]):
            scores[cell] = each
    return scores


def _goodness(scores: np.ndarray) -> float:
    """The mean; of a candidate with a failed fit less than any."""
    return scores.mean() if np.isfinite(scores).all() else -np.inf


def sizes_of(params: dict) -> tuple[int, ...] | None:
    """The units of each hidden layer of a candidate; None where they were not searched.

    Parameters
    ----------
    params : dict
        An entry of ``cv_results_["params"]``.

    Returns
    -------
    sizes : tuple of int or None
    """
    for name, value in params.items():
        if name.rpartition("__")[2] == "hidden_layer_sizes":
            return tuple(int(size) for size in np.atleast_1d(value))
    return None


def are_ordered(networks: Sequence[tuple[int, ...] | None]) -> bool:
    """Whether networks, in their order, grow in one way: only in depth, or only in width.

    Parameters
    ----------
    networks : sequence of tuple of int
        Their sizes.

    Returns
    -------
    are_ordered : bool
        Then lines between their scores mean something.
    """
    if len(networks) < 2 or not all(sizes and len(set(sizes)) == 1 for sizes in networks):
        return False
    depths = [len(sizes) for sizes in networks if sizes]
    widths = [sizes[0] for sizes in networks if sizes]
    return any(
        len(set(same)) == 1 and all(a < b for a, b in pairwise(growing))
        for same, growing in ((widths, depths), (depths, widths))
    )


def layers_in_words(sizes: Any) -> str:
    """The sizes that ``hidden_layer_sizes`` means.

    Parameters
    ----------
    sizes : int or sequence of int

    Returns
    -------
    words : str
        Such as ``10 layers of 80``.
    """
    sizes = [int(size) for size in np.atleast_1d(sizes)]
    if not sizes:
        return "none"
    if len(set(sizes)) == 1:
        return f"{len(sizes)} layer{'s' if len(sizes) > 1 else ''} of {sizes[0]}"
    return f"{len(sizes)} layers: {','.join(map(str, sizes))}"


def _pooled_over_seeds(candidates: list[dict], scores: np.ndarray) -> list[tuple[dict, np.ndarray]]:
    """Candidates that differ in `random_state` only as one, with the scores of all."""
    pooled: dict[str, tuple[dict, list]] = {}
    for params, each in zip(candidates, scores, strict=True):
        short = {name.rpartition("__")[2]: value for name, value in params.items()}
        short.pop("random_state", None)
        pooled.setdefault(str(sorted(short.items(), key=lambda item: item[0])), (short, []))[
            1
        ].append(each)
    return [(params, np.concatenate(each)) for params, each in pooled.values()]


def _cell(params: dict) -> Cell:
    if not {"activation", "hidden_layer_sizes"} & params.keys():
        raise ValueError(
            "the search must be over activation or hidden_layer_sizes; it is over "
            f"{sorted(params)}."
        )
    initialization = params.get("initialization")
    sizes = params.get("hidden_layer_sizes")
    return (
        _name(params.get("activation", "score")),
        None if initialization is None else _name(initialization),
        "as given" if sizes is None else layers_in_words(sizes),
    )


def _name(value: Any) -> str:
    return in_words(" ".join(map(str, value)) if isinstance(value, list | tuple) else value)
