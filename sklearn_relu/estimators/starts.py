"""Where training starts: new parameters, or the state that the last call left."""

import copy
from collections import OrderedDict
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from sklearn_relu.estimators import fitted_arrays
from sklearn_relu.estimators.data import Data
from sklearn_relu.estimators.history import without_best
from sklearn_relu.estimators.outcome import fitted_curves
from sklearn_relu.estimators.parts import Parts
from sklearn_relu.layers import Layer
from sklearn_relu.training.jobs import Job, Snapshot, TrainingState

Start = tuple[np.random.RandomState, TrainingState]
"""A network's generator and state."""


def start(estimator, layers: list[Layer], parts: Parts, data: Data) -> list[Start]:
    """A generator and new parameters for each network.

    Raises
    ------
    ValueError
        If parameters are not finite.
    """
    rng = check_random_state(estimator.random_state)
    rngs = [rng]
    if estimator.ensemble_size > 1:
        seeds = rng.randint(np.iinfo(np.int32).max, size=estimator.ensemble_size)
        rngs = [np.random.RandomState(seed) for seed in seeds]
    X, dtype = data.counting_rows, data.dtype
    initializers = parts.initializer, parts.bias_initializer
    splits = [_split_state(estimator, parts, rng) for rng in rngs]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        X, dtype = data.counting_rows, data.dtype
        params = [
            fitted_arrays.initial_params(layers, *initializers, rng, X, dtype) for rng in rngs
        ]
    if not all(np.isfinite(each).all() for each in params):
        raise ValueError(
            f"Parameters before training must be finite in {dtype}; those of initialization="
            f"{estimator.initialization!r}, bias_initialization={estimator.bias_initialization!r} "
            "are not. Choose others, or look for extreme values in X if they are made from it."
        )
    return [
        (rng, TrainingState(each, split_rng_state=split))
        for rng, each, split in zip(rngs, params, splits, strict=True)
    ]


def _split_state(estimator, parts: Parts, rng: np.random.RandomState) -> dict[str, Any] | None:
    """The state of a generator that draws held-out rows, made from a copy of `rng`.

    So held-out rows depend on `rng` alone, not on how many weights are drawn from it, and `rng` is
    as it would be without early stopping. None where `rng` itself draws them.
    """
    if not estimator.early_stopping or parts.initializer.splits_after_weights:
        return None
    words = copy.deepcopy(rng).randint(2**32, size=8, dtype=np.uint32)
    return np.random.RandomState(words).get_state(legacy=False)


def resume(estimator, layers: list[Layer], parts: Parts, dtype, *, is_stream: bool) -> list[Start]:
    """Each network's generator and state as the last call left them.

    Where a user has assigned other weights, best losses and scores are none of theirs. In a stream
    they are of all calls, whatever happened in between, as scikit-learn's are.
    """
    reported = fitted_arrays.flat_params(layers, estimator, estimator.ensemble_size, dtype)
    if kept := getattr(estimator, "_states", None):
        states = [TrainingState.from_dict(state) for state in kept]
    else:  # fitted without warm_start: only what can be seen is left
        states = fitted_curves(estimator, len(reported))
    own = any(state.params.size for state in states)  # beside those that can be seen
    matters = own or (kept and not is_stream)
    untouched = not matters or fitted_arrays.fingerprint(estimator) == estimator._fingerprint
    resumed = []
    for i, (params, state) in enumerate(zip(reported, states, strict=True)):
        if not untouched:
            state = without_best(state).with_changes(ended="")
        last = state.params.astype(dtype) if state.params.size and untouched else params
        rng = generator(state.rng_state, estimator.random_state, i)
        state = state.with_changes(
            params=last,
            history=[],
            best_params=params if np.isfinite(state.best_score) else None,
            split_rng_state=state.split_rng_state or _split_state(estimator, parts, rng),
        )
        resumed.append((rng, state))
    return resumed


def restore(estimator, starts: list[Start], snapshots: list[Snapshot]) -> list[Start]:
    """The networks' generators and states as an interrupted fit left them.

    A generator that the user passed goes on as it would have; NumPy's global one is let alone.
    """
    restored = []
    for (rng, _), (state, n_epochs, _outcome) in zip(starts, snapshots, strict=True):
        # Earlier versions wrote the epochs before the fit too.
        before = max(0, min(state.epoch, len(state.history)) - n_epochs)
        state = state.with_changes(history=state.history[before:])
        if estimator.random_state is None:
            rng = generator(state.rng_state, None, 0)
        else:
            assert state.rng_state is not None
            rng.set_state(state.rng_state)
        restored.append((rng, state))
    return restored


def generator(rng_state: dict | None, random_state, index: int) -> np.random.RandomState:
    """A generator in a saved state, or if there is none the one that `random_state` means.

    `index` tells the networks of an ensemble apart.
    """
    if rng_state is not None:
        at_hand = _at_hand.pop(id(rng_state), None)
        if at_hand is not None:
            return at_hand[1]
        rng = np.random.RandomState(getattr(np.random, rng_state["bit_generator"])())
        rng.set_state(rng_state)
        return rng
    rng = check_random_state(random_state)
    if index:
        rng = np.random.RandomState(rng.randint(np.iinfo(np.int32).max, size=index + 1)[index])
    return rng


_at_hand: OrderedDict[int, tuple[dict, np.random.RandomState]] = OrderedDict()
"""Generators in a state that is kept, with it, by its id, which is its own as long as it is here:
to make one takes as long as the rest of a small call. Whoever takes one removes it, so that nobody
else goes on with it."""

MOST_AT_HAND = 64


def keep_at_hand(jobs: list[Job]) -> None:
    """Keep the generators of jobs, made by :func:`resume` and in the jobs' states, for the next
    call."""
    for job in jobs:
        if len(_at_hand) >= MOST_AT_HAND:
            _at_hand.popitem(last=False)
        if job.state.rng_state is not None:
            _at_hand[id(job.state.rng_state)] = job.state.rng_state, job.rng
