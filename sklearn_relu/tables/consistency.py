"""Whether the attributes of an encoder that was loaded fit each other."""

from typing import Any

import numpy as np

from sklearn_relu.tables.calendar import parts_of
from sklearn_relu.tables.encoder import TabularEncoder, width_of


def check_consistent(encoder: TabularEncoder) -> None:
    """Raise if a fitted encoder could not have been fitted so.

    Raises
    ------
    ValueError
        If kinds, levels, arrays and sizes contradict each other.
    """
    kinds, n_in = encoder.kinds_, encoder.n_features_in_
    _require(isinstance(kinds, list) and len(kinds) == n_in, "kinds_")
    _require(set(kinds) <= {"number", "category", "date"}, "kinds_")
    dates = [i for i, kind in enumerate(kinds) if kind == "date"]
    _require(list(encoder.calendar_) == dates, "calendar_")
    possible = parts_of(with_times=False), parts_of(with_times=True)
    _require(all(parts in possible for parts in encoder.calendar_.values()), "calendar_")
    n_scaled = kinds.count("number") + sum(map(len, encoder.calendar_.values()))
    for name in ("center_", "scale_", "_bases", "_shifts"):
        _require(
            _is_array(getattr(encoder, name), "f") and _length(encoder, name) == n_scaled, name
        )
    positions = [i for i, kind in enumerate(kinds) if kind == "category"]
    _require(len(encoder.categories_) == len(positions), "categories_")
    _require(all(_is_array(levels, "bifO") for levels in encoder.categories_), "categories_")
    sizes = {i: len(levels) for i, levels in zip(positions, encoder.categories_, strict=True)}
    coded, indicated = encoder.code_features_, encoder.indicator_features_
    _require(_is_array(coded, "i") and _rises_within(coded, positions), "code_features_")
    others = [i for i in range(n_in) if i not in sizes]
    _require(_is_array(indicated, "i") and _rises_within(indicated, others), "indicator_features_")
    cardinalities = [sizes[i] for i in coded.tolist()]
    _require(encoder.cardinalities_.tolist() == cardinalities, "cardinalities_")
    n_small = sum(width_of(size) for i, size in sizes.items() if i not in set(coded.tolist()))
    _require(encoder.n_scaled_out_ == n_scaled, "n_scaled_out_")
    n_numeric = n_scaled + n_small + len(indicated)
    _require(encoder.n_numeric_out_ == n_numeric, "n_numeric_out_")


def _require(fits: bool, name: str) -> None:
    if not fits:
        raise ValueError(f"{name} of TabularEncoder does not fit its other attributes")


def _is_array(value: Any, kinds: str) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in kinds


def _length(encoder: TabularEncoder, name: str) -> int:
    return len(getattr(encoder, name))


def _rises_within(positions: np.ndarray, allowed: list[int]) -> bool:
    """Whether positions are some of those that are allowed, each once, in order."""
    found = positions.tolist()
    return set(found) <= set(allowed) and found == sorted(set(found))
