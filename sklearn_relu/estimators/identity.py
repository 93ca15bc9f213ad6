"""The identity of a fit: its parameters, its data, and where training starts."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from sklearn_relu.estimators.data import Data
from sklearn_relu.files.digests import PLAIN, UnknowableError, digest
from sklearn_relu.parameters import defaults_of
from sklearn_relu.part import Part

WITHOUT_EFFECT = {"verbose", "time_limit"}
"""Parameters that do not change what an epoch does."""

EARLIER_DEFAULTS = {"bias_initialization": {"0.0"}}
"""Defaults, as :func:`described`, of earlier versions, of parameters that act before the first
epoch only: training that has begun goes on under a later default."""

_CODE = re.compile(r" \(code (?:[0-9a-f]{16}|unknown)\)")
"""The digest of code in a description of a function or object; not in files of 0.1.0."""


@dataclass(frozen=True)
class Identity:
    """All that decides on the result of a fit, equal for equal fits.

    Attributes
    ----------
    described : dict of str to str
        A description of each thing.
    defaults : set of str
        The parameters among them that have their default.
    """

    described: dict[str, str]
    defaults: set[str]

    def differences(self, kept: dict[str, str]) -> list[str]:
        """Return the differences from the description of training that has begun, as text.

        A parameter at its default is no difference where the version that wrote the description
        did not know it, or had another default for it that does not matter any more. Nor is the
        code of a function where that version described its name only.
        """
        now = self.described
        return [
            f"{name} was {kept.get(name, 'not given')}, now {now.get(name, 'not given')}"
            for name in dict.fromkeys([*kept, *now])
            if not self._is_same(name, kept.get(name), now.get(name))
        ]

    def _is_same(self, name: str, kept: str | None, now: str | None) -> bool:
        if kept == now:
            return True
        if kept is None or now is None:
            return kept is None and name in self.defaults
        if name in self.defaults and kept in EARLIER_DEFAULTS.get(name, ()):
            return True
        return kept == _CODE.sub("", now)


def identity(estimator, data: Data, held_out: Data | None, goes_on: bool) -> Identity:
    """Describe all that decides on the result of a fit.

    Of arrays it has a checksum, of functions their name and a digest of their code. Random
    generators must not have been drawn from yet.

    Parameters
    ----------
    estimator : BaseNetwork
    data : Data
    held_out : Data or None
    goes_on : bool
        Whether training starts from the estimator's fitted attributes.

    Returns
    -------
    identity : Identity
    """
    dtype = data.dtype  # in which 0.1.0 had all of these
    said: dict[str, Any] = {
        "X": data.X,
        "y": _targets(estimator, data, dtype),
        "sample_weight": _cast(data.sample_weight, dtype),
    }
    if held_out is not None:
        said |= {
            "X_val": _cast(held_out.X, dtype),
            "y_val": _targets(estimator, held_out, dtype),
            "sample_weight_val": _cast(held_out.sample_weight, dtype),
        }
    if goes_on:
        said["the network that training goes on from"] = checksum(_fitted(estimator))
    of_parameters = identity_of_parameters(estimator)
    return Identity(of_parameters.described | _brief(said), of_parameters.defaults)


def identity_of_parameters(estimator) -> Identity:
    """The estimator's class, and its parameters but for those without effect."""
    parameters = estimator.get_params(deep=False)
    said = {name: parameters[name] for name in sorted(parameters) if name not in WITHOUT_EFFECT}
    cls: Any = type(estimator)
    now, usual = _brief(said), _brief(defaults_of(cls))
    at_default = {name for name, text in now.items() if usual.get(name) == text}
    return Identity(_brief({"estimator": type(estimator)}) | now, at_default)


def _brief(said: dict[str, Any]) -> dict[str, str]:
    """Texts that an error message can hold."""
    return {name: _shortened(described(value)) for name, value in said.items()}


def _shortened(text: str) -> str:
    if codes := _CODE.findall(text):  # at the end, that an earlier version's text is what precedes
        text = _CODE.sub("", text)
    if len(text) > 250:
        text = f"{text[:200]}... with checksum {checksum(text)}"
    if len(codes) > 1:
        codes = [f" (code {digest(codes)})"]
    return "".join([text, *codes])


def _cast(values, dtype):
    return None if values is None else values.astype(dtype, copy=False)


def _targets(estimator, data: Data, dtype) -> Any:
    classes = getattr(estimator, "classes_", None)
    targets = _cast(data.targets, dtype)
    return targets if classes is None else (targets, classes.tolist())


def _fitted(estimator) -> list:
    history = {name: one for name, one in estimator.history_.items() if name != "seconds"}
    arrays = [estimator.coefs_, estimator.intercepts_, estimator.activation_parameters_]
    states = [
        {name: value for name, value in state.items() if name != "history"}
        for state in getattr(estimator, "_states", [])
    ]
    return [arrays, history, states]


def described(value: Any) -> str:
    """A value as text: equal for equal ones, in any process.

    Functions and objects have their name, and a digest of what they are.
    """
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
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(described(each) for each in value))}}}"
    if isinstance(value, np.generic):
        return repr(value.item())
    name = _named(value)
    return (
        name if isinstance(value, type) or type(value) in PLAIN else f"{name} (code {_code(value)})"
    )


def _named(value: Any) -> str:
    if hasattr(value, "__qualname__"):
        return f"{getattr(value, '__module__', None)}.{value.__qualname__}"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def _code(value: Any) -> str:
    try:
        return digest(value)
    except UnknowableError:
        return "unknown"


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
    elif isinstance(value, np.ndarray):
        _add([value.shape, value.tolist()], sum_)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _add([key, each], sum_)
    elif isinstance(value, list | tuple):
        sum_.update(f"{len(value)}".encode())
        for each in value:
            _add(each, sum_)
    else:
        sum_.update(described(value).encode())
