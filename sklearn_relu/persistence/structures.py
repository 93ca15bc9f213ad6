"""Models as structures: estimators and parts by name, and what else only this package knows."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metadata_routing import MetadataRequest

from sklearn_relu.estimators import RBM
from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.fitted import Fitted, is_fitted
from sklearn_relu.estimators.machines import check_machine
from sklearn_relu.files import values
from sklearn_relu.part import Part
from sklearn_relu.persistence.classes import PART_NAMES, PARTS, attributes, storable
from sklearn_relu.sklearn_private import (
    REQUEST,
    metadata_request,
    metadata_requests,
    parameter_names,
)
from sklearn_relu.tables import TabularEncoder
from sklearn_relu.tables.consistency import check_consistent

Parts = Mapping[str, type[Part]]

OTHER_WAYS = (
    "skops.io.dump(model, path) keeps any estimator of scikit-learn and this package, "
    "joblib.dump(model, path) anything, for files that you trust"
)


class MissingPartError(Exception):
    """The name of a class that is not in `parts`."""


def names(classes) -> str:
    """Names of classes as a sentence has them."""
    *others, last = classes
    return f"{', '.join(others)} or {last}"


def shown(model) -> str:
    """The object that was given in place of a model, for an error."""
    return f"a {type(model).__name__}" if isinstance(model, BaseEstimator) else repr(model)


def encode_other(value, where: str, encode: values.Encode):
    """Structures of what only this package knows; None for what it does not know either."""
    if type(value) in storable().values():
        return {"estimator": [type(value).__name__, *_inside(value, where, encode)]}
    if isinstance(value, Part):
        return _encode_part(value, where, encode)
    if type(value) is LabelBinarizer:
        noted = {name: getattr(value, name) for name in _LABEL_BINARIZER}
        return {"LabelBinarizer": encode(noted, where)}
    if type(value) is MetadataRequest:
        return encode(metadata_requests(value), where)
    if isinstance(value, BaseEstimator):
        raise TypeError(
            f"save takes {names(storable())}; {where.lstrip('.')} is {shown(value)}. {OTHER_WAYS}."
        )
    return None


def _inside(value: BaseEstimator, where: str, encode: values.Encode) -> list:
    """Parameters, and what else there is."""
    return [
        {name: encode(held, f"{where}.{name}") for name, held in group.items()}
        for group in (value.get_params(deep=False), attributes(value))
    ]


def _encode_part(part: Part, where: str, encode: values.Encode) -> dict:
    params, more = _inside(part, where, encode)
    if more:
        raise values.UnstorableError(
            f"{where.lstrip('.')} is {part!r}, and has {sorted(more)} beside its parameters"
        )
    known = PART_NAMES.get(type(part))
    return {"part": [known, params]} if known else {"own part": [type(part).__name__, params]}


_LABEL_BINARIZER = ("classes_", "y_type_", "sparse_input_")


def decoders(parts: Parts) -> dict[str, Callable[[Any, values.Decode], Any]]:
    """By its key, what makes each of the structures of :func:`encode_other` again.

    Classes are those of this package and, for a part of the user's own, those in `parts`.
    """

    def decode_params(cls, params: dict, decode: values.Decode):
        known = parameter_names(cls)
        if unknown := [name for name in params if name not in known]:
            raise ValueError(f"{cls.__name__} has no parameters {unknown}")
        return cls(**{name: decode(value) for name, value in params.items()})

    def part(inside, decode):
        name, params = inside
        return decode_params(PARTS[name], params, decode)

    def own_part(inside, decode):
        name, params = inside
        if name not in parts:
            raise MissingPartError(name)
        return decode_params(parts[name], params, decode)

    def estimator(inside, decode):
        name, params, more = inside
        made = decode_params(storable()[name], params, decode)
        attributes = {attribute: decode(value) for attribute, value in more.items()}
        for attribute in attributes:
            _check_attribute(made, attribute)
        if REQUEST in attributes:
            attributes[REQUEST] = metadata_request(made, attributes[REQUEST])
        vars(made).update(attributes)
        if isinstance(made, BaseNetwork) and is_fitted(made):
            Fitted(made).check()
        if isinstance(made, RBM) and hasattr(made, "components_"):
            check_machine(made)
        if isinstance(made, TabularEncoder) and hasattr(made, "kinds_"):
            check_consistent(made)
        return made

    return {
        "part": part,
        "own part": own_part,
        "estimator": estimator,
        "LabelBinarizer": _label_binarizer,
    }


def _check_attribute(estimator, name: str) -> None:
    """Nothing takes the place of a method or of a parameter."""
    fitted = name.endswith("_") or name.startswith("_")
    if not fitted or "__" in name or hasattr(type(estimator), name):
        raise ValueError(f"{type(estimator).__name__} has no attribute {name!r}")


def _label_binarizer(inside, decode: values.Decode) -> LabelBinarizer:
    noted = decode(inside)
    classes = noted["classes_"]
    if not isinstance(classes, np.ndarray) or set(noted) != set(_LABEL_BINARIZER):
        raise ValueError("its classes are none")
    made = LabelBinarizer()
    vars(made).update(noted)
    return made
