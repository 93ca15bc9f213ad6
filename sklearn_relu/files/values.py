"""Between values of Python and NumPy and what a file of :mod:`sklearn_relu.files.container` holds.

Values come back with the types they had. In the structure, an object of JSON has one key, which
says what it stands for: ``{"tuple": [...]}``, ``{"array": "coefs_.0"}``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sklearn_relu.files.container import KINDS

Encode = Callable[[Any, str], Any]
Decode = Callable[[Any], Any]

MANY = 8
"""So many numbers of a list go into an array: shorter, faster, and of any length."""


class UnstorableError(ValueError):
    """A value that a file cannot hold; the message says where it is."""


def to_structure(
    value, others: Callable[[Any, str, Encode], Any] | None = None
) -> tuple[Any, dict[str, np.ndarray]]:
    """A structure and arrays for a value.

    None, bool, int, float, str, lists, tuples, dicts, NumPy's arrays and scalars, RandomState and
    Generator are known.

    Parameters
    ----------
    value : object
    others : callable, default=None
        Takes a value that is none of these, where it is, and a function (value, where) to encode
        what it holds; returns ``{tag: structure}``, or None if it does not know the value either.

    Returns
    -------
    structure : object
    arrays : dict of ndarray

    Raises
    ------
    UnstorableError
        For any other value.
    """
    arrays: dict[str, np.ndarray] = {}

    def keep(array: np.ndarray, where: str) -> str:
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", where).strip(".-")[:80] or "array"
        if name in arrays:
            name = f"{name}.{len(arrays)}"
        arrays[name] = array
        return name

    def encode(value, where: str):
        if isinstance(value, np.memmap):
            value = np.asarray(value)
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if np.isfinite(value) else {"float": repr(value)}
        if kind in (list, tuple):
            items = _numbers(value)
            if items is not None:
                return {"numbers": [kind.__name__, keep(items, where)]}
            inside = [encode(item, f"{where}.{i}") for i, item in enumerate(value)]
            return inside if kind is list else {"tuple": inside}
        if kind is dict:
            if all(type(key) is str for key in value):
                return {"dict": {key: encode(v, f"{where}.{key}") for key, v in value.items()}}
            pairs = [
                [encode(key, f"{where}, key {key!r}"), encode(v, f"{where}.{key}")]
                for key, v in value.items()
            ]
            return {"pairs": pairs}
        if kind is np.ndarray and value.dtype == object:
            flat = [encode(item, f"{where}.{i}") for i, item in enumerate(value.ravel().tolist())]
            return {"objects": [list(value.shape), flat]}
        if kind is np.ndarray and value.dtype.kind in KINDS and value.dtype.itemsize:
            return {"array": keep(value, where)}
        if isinstance(value, np.generic) and value.dtype.kind in KINDS:
            return {"scalar": keep(np.array(value), where)}
        if kind is np.random.RandomState:
            return {"RandomState": encode(value.get_state(legacy=False), where)}
        if kind is np.random.Generator:
            return {"Generator": encode(value.bit_generator.state, where)}
        encoded = others(value, where, encode) if others is not None else None
        if encoded is None:
            raise UnstorableError(f"{where.lstrip('.')} is {value!r}, of type {kind.__name__}")
        return encoded

    return encode(value, ""), arrays


def _numbers(values) -> np.ndarray | None:
    """Many Python floats, or many ints, as an array that gives them back."""
    if len(values) >= MANY:
        kinds = {type(value) for value in values}
        if kinds == {float}:
            return np.array(values, np.float64)
        if kinds == {int} and min(values) >= -(2**63) and max(values) < 2**63:
            return np.array(values, np.int64)
    return None


def from_structure(
    structure, arrays: dict[str, np.ndarray], others: dict[str, Callable[[Any, Decode], Any]]
):
    """The value that :func:`to_structure` was given.

    Parameters
    ----------
    structure : object
    arrays : dict of ndarray
        They become part of the value, uncopied.
    others : dict of callable
        For each tag of others' values, a function that takes the structure beneath it, and one to
        decode what is in that.

    Returns
    -------
    value : object

    Raises
    ------
    ValueError, TypeError, LookupError, ArithmeticError
        If it is none of its structures.
    """

    unused = dict(arrays)  # each is used once: so a value is not much larger than its file

    def decode(structure):
        if type(structure) is list:
            return [decode(item) for item in structure]
        if type(structure) is not dict:
            return structure
        [(tag, inside)] = structure.items()
        if tag in others:
            return others[tag](inside, decode)
        return tags[tag](inside)

    def objects(inside):
        shape, flat = inside
        values = np.empty(len(flat), object)
        for i, item in enumerate(flat):
            values[i] = decode(item)
        return values.reshape(shape)

    def numbers(inside):
        kind, name = inside
        return {"list": list, "tuple": tuple}[kind](unused.pop(name).reshape(-1).tolist())

    tags = {
        "float": lambda text: _NOT_FINITE[text],
        "tuple": lambda inside: tuple(decode(item) for item in inside),
        "dict": lambda inside: {key: decode(value) for key, value in inside.items()},
        "pairs": lambda inside: {decode(key): decode(value) for key, value in inside},
        "numbers": numbers,
        "array": unused.pop,
        "scalar": lambda name: unused.pop(name).reshape(())[()],
        "objects": objects,
        "RandomState": lambda inside: random_state(decode(inside)),
        "Generator": lambda inside: np.random.Generator(bit_generator(decode(inside))),
    }
    value = decode(structure)
    if unused:
        raise ValueError(f"the arrays {sorted(unused)[:5]} have no place in it")
    return value


_NOT_FINITE = {repr(value): value for value in (np.inf, -np.inf, np.nan)}


def random_state(state: dict) -> np.random.RandomState:
    """A RandomState in a state that came from a file; raises ValueError if it is none."""
    made = np.random.RandomState(bit_generator(state))
    made.set_state(state)  # the normal draw that is kept, too
    return made


_BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


def bit_generator(state: Mapping) -> np.random.BitGenerator:
    """A bit generator in a state that came from a file.

    NumPy looks at a position in the buffer no more when it draws, so it is looked at here.

    Raises
    ------
    ValueError
        If the state is none that a bit generator can be in.
    """
    name = state["bit_generator"]
    if name not in _BIT_GENERATORS:
        raise ValueError(f"there is no bit generator {name!r}")
    made = getattr(np.random, name)()
    usual = made.state
    _check_alike(state, usual, name)
    lengths = {"MT19937": (state["state"], "pos", 624), "Philox": (state, "buffer_pos", 4)}
    if name in lengths:
        where, key, length = lengths[name]
        if not 0 <= where[key] <= length:
            raise ValueError(f"{key} of {name} is {where[key]}")
    made.state = state
    return made


def _check_alike(state, usual, name: str) -> None:
    """Same keys, and arrays of the same kind; of a RandomState there is some more at the top."""
    for key, value in usual.items():
        given = state[key]
        if isinstance(value, dict):
            _check_alike(given, value, f"{name}.{key}")
        elif isinstance(value, np.ndarray):
            if given.dtype != value.dtype or given.shape != value.shape:
                raise ValueError(f"{name}.{key} has dtype {given.dtype}, shape {given.shape}")
        elif type(given) is not type(value):
            raise ValueError(f"{name}.{key} is {given!r}")
