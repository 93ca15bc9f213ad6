"""save and load: a model as one file of arrays and JSON, from which nothing is executed."""

from collections.abc import Mapping
from typing import Any

from sklearn_relu.exceptions import LoadError
from sklearn_relu.files import container, values
from sklearn_relu.part import Part
from sklearn_relu.persistence.classes import storable
from sklearn_relu.persistence.structures import (
    OTHER_WAYS,
    MissingPartError,
    Parts,
    decoders,
    encode_other,
    names,
    shown,
)

CONTENT = "model"

VERSION = 1
"""Of the structure of models. Files of every version that a release wrote stay loadable."""


def save(model, path) -> None:
    """Save an estimator to one file, without pickle.

    The file is a zip archive with an array in NumPy's format for each array of the model and a
    JSON document for the rest, and a checksum. It replaces an older one in one step, when all of it
    is on the disk. :func:`load` gives back an equal estimator, which also goes on training
    (``warm_start``, ``partial_fit``) where this one would.

    Parameters
    ----------
    model : estimator
        A network of this package, an RBM, a HiddenLayer or a TabularEncoder, fitted or not.
    path : str or path-like
        Any name; ``model.relu`` says what it is.

    Raises
    ------
    TypeError
        If the model is another estimator, such as a Pipeline, or holds one.
    ValueError
        If a parameter cannot be stored, such as a function; named in the message.
    OSError
        If the file cannot be written. What was there before is still there.

    See Also
    --------
    load : Load it again.
    to_onnx : For predictions without Python.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import MLPClassifier, load, save
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.relu")
    >>> save(model, path)
    >>> (load(path).predict(X) == model.predict(X)).all()
    np.True_
    """
    if type(model) not in storable().values():
        raise TypeError(f"save takes {names(storable())}; got {shown(model)}. {OTHER_WAYS}.")
    try:
        structure, arrays = values.to_structure(model, encode_other)
    except values.UnstorableError as error:
        raise ValueError(
            f"{type(model).__name__} cannot be saved: {error}, which a file without code cannot "
            "hold. In place of a function pass a part, one of your own if need be (Schedule for "
            "learning_rate), or set it to None before; in place of categories that are objects, "
            f"fit on text or numbers. Or: {OTHER_WAYS}."
        ) from error
    container.write(path, structure, arrays, content=CONTENT, version=VERSION)


def load(path, parts: Parts | None = None) -> Any:
    """Load an estimator that :func:`save` has written.

    No code is executed that the file could choose: it holds numbers and names, and the names are
    those of this package's estimators and parts. A file that was changed by accident, in whatever
    way, is noticed by its checksum. Whoever can write the file can choose the numbers: predictions
    are as trustworthy as where it comes from.

    Parameters
    ----------
    path : str or path-like
    parts : dict of str to type, default=None
        The classes of your own parts in the model, by name: ``{"MyActivation": MyActivation}``.

    Returns
    -------
    model : estimator
        A network of this package, an RBM, a HiddenLayer or a TabularEncoder.

    Raises
    ------
    LoadError
        If the file is damaged, is no such file, is of a newer version, or has a part of your own
        that is not in `parts`. The message names the file and what to do.
    TypeError
        If `parts` is not such a dict.
    OSError
        If there is no such file, or it may not be read.

    See Also
    --------
    save : Save a model.
    """
    parts = _checked_parts(parts)
    found = container.read(path, content=CONTENT, version=VERSION)
    try:
        model = values.from_structure(found.structure, found.arrays, decoders(parts))
        if type(model) not in storable().values():
            raise ValueError(f"it holds {type(model).__name__}")
        return model
    except MissingPartError as missing:
        name = str(missing)
        raise LoadError(
            f"Cannot load {str(path)!r}: it has a part of your own, {name}. Pass its class: "
            f"load(path, parts={{{name!r}: {name}}})."
        ) from None
    except Exception as error:  # of values that save never writes
        raise LoadError(
            f"Cannot load {str(path)!r}: what it holds is no model of sklearn_relu ({error}). Save "
            "it again, or update sklearn_relu if a newer one has written it."
        ) from error


def _checked_parts(parts: Parts | None) -> Parts:
    parts = {} if parts is None else parts
    if not isinstance(parts, Mapping) or not all(
        isinstance(cls, type) and issubclass(cls, Part) for cls in parts.values()
    ):
        raise TypeError(
            "parts must be a dict from names to classes of parts, such as "
            f"{{'MyActivation': MyActivation}}; got {parts!r}."
        )
    return parts
