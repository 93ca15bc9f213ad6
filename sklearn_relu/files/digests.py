"""Digests of values, functions among them: equal for equal ones, in any process."""

import copyreg
import hashlib
import inspect
import types
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse

PLAIN = {type(None), bool, int, float, complex, str, bytes, range, type(Ellipsis)}
"""Classes whose repr says all."""


class UnknowableError(Exception):
    """A value holds what only its own process knows, such as a lock or an open file."""


def digest(value: Any) -> str:
    """A digest of a value, by what it holds and never by its address.

    A function is known by its name, its bytecode and constants (those of functions inside it too),
    its defaults and its closure; not by its file, its lines or the global names that it reads. An
    object is known by its class and what a pickle of it would hold, and by the function that a
    call of it calls; classes and modules are known by their names. Python's versions compile
    one function to different bytecode.

    Raises
    ------
    UnknowableError
        For a value that cannot be known.
    """
    try:
        return _Digests().of(value)
    except RecursionError as error:
        raise UnknowableError("a structure too deep to follow") from error


class _Digests:
    """Digests of values that may hold each other."""

    def __init__(self):
        self._done: dict[int, tuple[Any, str]] = {}  # with the value, that its id stays its own

    def of(self, value: Any) -> str:
        """The digest of one value."""
        if isinstance(value, np.generic):
            value = value.item()  # a number is the same in NumPy's clothes
        if isinstance(value, np.memmap):
            value = np.asarray(value)
        if type(value) in PLAIN:
            return _hashed([type(value).__name__, repr(value)])
        if id(value) not in self._done:
            self._done[id(value)] = value, "itself"
            self._done[id(value)] = value, _hashed([type(value).__qualname__, *self._inside(value)])
        return self._done[id(value)][1]

    def _inside(self, value: Any) -> Iterable[str | bytes]:
        """The attributes that tell a value from others of its class."""
        if type(value) is np.ndarray:
            return self._array(value)
        if issparse(value):
            value = value.tocsr()
            return map(self.of, [value.shape, value.data, value.indices, value.indptr])
        if type(value) in (list, tuple):
            return map(self.of, value)
        if type(value) in (set, frozenset):
            return sorted(map(self.of, value))
        if type(value) is dict:
            return sorted(self.of(key) + self.of(each) for key, each in value.items())
        if isinstance(value, types.CodeType):
            return self._code(value)
        if isinstance(value, types.FunctionType):
            cells = map(_content, value.__closure__ or ())
            held = value.__code__, value.__defaults__, value.__kwdefaults__, *cells
            return [_name(value), *map(self.of, held)]
        if isinstance(value, types.MethodType):
            return [self.of(value.__func__), self.of(value.__self__)]
        if isinstance(value, types.ModuleType):
            return [value.__name__]
        if isinstance(value, type):
            return [_name(value)]
        if hasattr(value, "__wrapped__"):  # a function in another's clothes, such as a cache's
            return [_name(value), self.of(value.__wrapped__)]
        return self._object(value)

    def _array(self, value: np.ndarray) -> Iterable[str | bytes]:
        form = f"{value.dtype} {value.shape}"
        if value.dtype.hasobject:
            return [form, self.of(value.tolist())]
        # Of all training rows in each call, so five times as fast as a cryptographic one counts.
        content = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        return [form, str(zlib.crc32(content.data))]

    def _code(self, code: types.CodeType) -> Iterable[str | bytes]:
        form = code.co_argcount, code.co_kwonlyargcount, code.co_flags
        inside = code.co_consts, code.co_names, form
        return [code.co_code, code.co_exceptiontable, *map(self.of, inside)]

    def _object(self, value: Any) -> Iterable[str]:
        """By what a pickle would hold."""
        try:
            reduce = copyreg.dispatch_table.get(type(value))
            held = reduce(value) if reduce else value.__reduce_ex__(4)
        except Exception as error:
            raise UnknowableError(f"a {_name(type(value))}") from error
        if isinstance(held, str):
            return [getattr(value, "__module__", None) or "", held]
        maker, arguments, *more = held
        # State, and iterators over the items of lists and dicts.
        more = [list(each) if isinstance(each, Iterator) else each for each in more[:3]]
        called = inspect.getattr_static(type(value), "__call__", None)
        call = called if isinstance(called, types.FunctionType) else None
        return map(self.of, [type(value), maker, arguments, more, call])


def _name(value: Any) -> str:
    name = getattr(value, "__qualname__", type(value).__qualname__)
    return f"{getattr(value, '__module__', None)}.{name}"


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that has no value yet
        return None


def _hashed(parts: Iterable[str | bytes]) -> str:
    sum_ = hashlib.blake2b(digest_size=8)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        sum_.update(len(content).to_bytes(8, "little"))
        sum_.update(content)
    return sum_.hexdigest()
