"""What makes a fit this very fit: parameters, data, and where training starts."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import issparse

from sklearn_relu.estimators.data import Data
from sklearn_relu.part import Part

WITHOUT_EFFECT = {"verbose", "time_limit"}
"""Parameters that do not change what an epoch does."""


def identity(estimator, data: Data, held_out: Data | None, goes_on: bool) -> dict[str, str]:
    """A description of each thing that decides on what a fit gives; equal for equal fits.

    Of arrays it has a checksum, of functions their name. Random generators must not have been
    drawn from yet.

    Parameters
    ----------
    estimator : BaseMLP
    data : Data
    held_out : Data or None
    goes_on : bool
        Whether training starts from the estimator's fitted attributes.

    Returns
    -------
    identity : dict of str to str
    """
    said: dict[str, Any] = {
        "X": data.X,
        "y": _targets(estimator, data),
        "sample_weight": data.sample_weight,
    }
    if held_out is not None:
        said |= {
            "X_val": held_out.X,
            "y_val": _targets(estimator, held_out),
            "sample_weight_val": held_out.sample_weight,
        }
    if goes_on:
        said["the network that training goes on from"] = checksum(_fitted(estimator))
    return described_parameters(estimator) | _brief(said)


def described_parameters(estimator) -> dict[str, str]:
    """The estimator's class, and its parameters but for those without effect."""
    parameters = estimator.get_params(deep=False)
    said = {name: parameters[name] for name in sorted(parameters) if name not in WITHOUT_EFFECT}
    return _brief({"estimator": type(estimator)} | said)


def _brief(said: dict[str, Any]) -> dict[str, str]:
    """Texts that an error message can hold."""
    texts = {name: described(value) for name, value in said.items()}
    return {
        name: text if len(text) <= 250 else f"{text[:200]}... with checksum {checksum(text)}"
        for name, text in texts.items()
    }


def _targets(estimator, data: Data) -> Any:
    classes = getattr(estimator, "classes_", None)
    return data.targets if classes is None else (data.targets, classes.tolist())


def _fitted(estimator) -> list:
    history = {name: one for name, one in estimator.history_.items() if name != "seconds"}
    arrays = [estimator.coefs_, estimator.intercepts_, estimator.activation_parameters_]
    states = [
        {name: value for name, value in state.items() if name != "history"}
        for state in getattr(estimator, "_states", [])
    ]
    return [arrays, history, states]


def described(value: Any) -> str:
    """A value as text: equal for equal ones, in any process."""
    if isinstance(value, Part):
        parameters = value.get_params(deep=False).items()
        inner = ", ".join(f"{name}={described(each)}" for name, each in parameters)
        return f"{described(type(value))}({inner})"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array {value.shape} with checksum {checksum(value)}"
    if issparse(value):
        return f"sparse {value.dtype} array {value.shape} with checksum {checksum(value)}"
    if isinstance(value, np.random.RandomState):
        return f"RandomState with checksum {checksum(value.get_state(legacy=False))}"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{described(key)}: {described(each)}" for key, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"({', '.join(described(each) for each in value)})"
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return f"{getattr(value, '__module__', None)}.{value.__qualname__}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def checksum(value: Any) -> str:
    """A checksum of arrays, alone or in lists and dicts."""
    sum_ = hashlib.blake2b(digest_size=8)
    _add(value, sum_)
    return sum_.hexdigest()


def _add(value: Any, sum_) -> None:
    if issparse(value):
        value = [value.shape, value.data, value.indices, value.indptr]
    if isinstance(value, np.ndarray) and value.dtype != object:
        sum_.update(f"{value.dtype} {value.shape}".encode())
        sum_.update(np.ascontiguousarray(value).data)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _add([key, each], sum_)
    elif isinstance(value, list | tuple):
        sum_.update(f"{len(value)}".encode())
        for each in value:
            _add(each, sum_)
    else:
        sum_.update(described(value).encode())
