"""A file of named arrays and one JSON document: written whole or not at all, read with suspicion.

The file is a zip archive of stored (not compressed) members: ``structure.json``, then each array in
NumPy's own format as ``NAME.npy``. The archive's comment, its last bytes, is the SHA-256 digest of
all bytes before it. So ``numpy.load`` opens it too, and a byte that is changed, missing or added is
noticed. The digest tells accidents, not malice: whoever forges a file can compute it. Against those
are the limits, which are checked before anything is allocated.
"""

import hashlib
import json
import math
import os
import re
import secrets
import stat
import struct
import zipfile
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from sklearn_relu.exceptions import LoadError

FORMAT = "sklearn_relu"

CONTAINER_VERSION = 1
"""Of the format of the file; what is in it has a version of its own."""

MAX_MEMBERS = 60_000
MAX_STRUCTURE_BYTES = 4 * 2**20
MAX_DEPTH = 60
"""Limits of a file. Much data belongs in arrays, whose size only the file bounds."""

KINDS = "biufcSU"
"""dtype.kind of arrays: booleans, numbers and text of fixed width."""

_STRUCTURE = "structure.json"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_DIGEST_BYTES = 64
_CHUNK = 2**20
_REGULAR_FILE = (stat.S_IFREG | 0o644) << 16
_LARGE = 2**30
_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")


class Content(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    version : int
        Of the content, as given to :func:`write`.
    structure : object
        Of dicts with text as keys, lists, text, numbers, booleans and None.
    arrays : dict of ndarray
        By name.
    """

    version: int
    structure: Any
    arrays: dict[str, np.ndarray]


def write(path, structure, arrays: dict[str, np.ndarray], *, content: str, version: int) -> None:
    """Write a file, atomically and durably.

    It is written under another name in the same folder, flushed to the disk and renamed. Until
    then a file that was there stays as it is. After an error the unfinished file is removed; one
    that ends the process leaves it, under a name that begins with a dot and ends in ``.tmp``.

    Parameters
    ----------
    path : str or path-like
        A symbolic link is followed.
    structure : object
        Of dicts with text as keys, lists, text, finite numbers, booleans and None.
    arrays : dict of ndarray
        By name: at most 100 letters, digits, ``_``, ``.`` and ``-``. Row-major and column-major
        order are kept; other strides become row-major.
    content : str
        What the file is, such as ``"model"``; :func:`read` asks for it.
    version : int
        The version of this content's structure, from 1 on.

    Raises
    ------
    ValueError
        For a name, a dtype or a structure that a file cannot hold, and a path that is no file.
    OSError
        If the file cannot be written.
    """
    _check_names_and_dtypes(arrays)
    text = _structure_text(structure, arrays, content, version)
    with _replacing(path) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.comment = b"0" * _DIGEST_BYTES
            archive.writestr(_member(_STRUCTURE), text)
            for name, array in arrays.items():
                large = array.nbytes > _LARGE
                with archive.open(_member(f"{name}.npy"), "w", force_zip64=large) as member:
                    np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
        digest = _digest(file, file.tell() - _DIGEST_BYTES)
        file.seek(-_DIGEST_BYTES, os.SEEK_END)
        file.write(digest)


def read(path, *, content: str, version: int) -> Content:
    """Read a file that :func:`write` has written.

    Nothing is executed, and memory is bounded by a small multiple of the file's size.

    Parameters
    ----------
    path : str or path-like
    content : str
        What the file must be.
    version : int
        The newest version of this content that the caller understands.

    Returns
    -------
    content : Content

    Raises
    ------
    LoadError
        If a byte of it was changed, if it is no such file, is of another content or a newer
        version, or does not keep to the limits of this module.
    OSError
        If there is no such file, or it may not be read.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise LoadError(f"Cannot load {_shown(path)}: it is not a file.")
    with open(path, "rb") as file:
        try:
            return _checked_content(file, content, version)
        except _RefusedError as refused:
            raise LoadError(f"Cannot load {_shown(path)}: {refused}") from refused.__cause__
        except Exception as error:  # parsers of zip, npy and JSON raise almost anything
            raise LoadError(
                f"Cannot load {_shown(path)}: it is damaged, or was not written by sklearn_relu "
                f"({error}). Save it again."
            ) from error


class _RefusedError(Exception):
    """Why a file is not loaded, and what to do."""


def _shown(path) -> str:
    return repr(os.fspath(path))


# Writing


@contextmanager
def _replacing(path):
    """A new file, open for writing, that takes the path's place once all of it is on the disk."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise ValueError(f"path={_shown(path)} is not a file. Name a file in a folder that exists.")
    folder, name = os.path.split(target)
    unfinished = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(8)}.tmp")
    file = open(unfinished, "x+b")  # noqa: SIM115 - closed before it is renamed
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise
    _flush_folder(folder)


def _flush_folder(folder: str) -> None:
    """Make a rename in it durable, where the system has folders that can be flushed."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_names_and_dtypes(arrays: dict[str, np.ndarray]) -> None:
    if len(arrays) >= MAX_MEMBERS:
        raise ValueError(f"A file holds less than {MAX_MEMBERS} arrays; got {len(arrays)}.")
    for name, array in arrays.items():
        if not _NAME.fullmatch(name):
            raise ValueError(
                "Names of arrays have at most 100 letters, digits and _.-, and begin with none of "
                f"the last two; got {name!r}."
            )
        if array.dtype.kind not in KINDS or not array.dtype.itemsize:
            raise ValueError(
                f"Arrays must be of numbers, booleans or text of fixed width; {name!r} has dtype "
                f"{array.dtype!r}."
            )


def _structure_text(structure, arrays, content: str, version: int) -> bytes:
    document = {
        "format": FORMAT,
        "container_version": CONTAINER_VERSION,
        "content": content,
        "version": version,
        "arrays": list(arrays),
        "structure": structure,
    }
    if not _is_plain(document):
        raise ValueError(
            "A structure is made of dicts with text as keys, lists, text, numbers, booleans and "
            f"None, at most {MAX_DEPTH} deep. Put arrays into `arrays`."
        )
    text = json.dumps(document, allow_nan=False).encode("ascii")
    if len(text) > MAX_STRUCTURE_BYTES:
        raise ValueError(
            f"A structure has at most {MAX_STRUCTURE_BYTES} bytes as JSON; got {len(text)}. Put "
            "long lists into arrays."
        )
    return text


def _is_plain(document) -> bool:
    """Whether JSON gives back the very same, and it is not too deep."""
    level = [document]
    for _ in range(MAX_DEPTH):
        following: list = []
        for value in level:
            if type(value) is dict:
                if not all(type(key) is str for key in value):
                    return False
                following.extend(value.values())
            elif type(value) is list:
                following.extend(value)
            elif value is not None and type(value) not in (str, int, float, bool):
                return False
        if not following:
            return True
        level = following
    return False


def _member(name: str) -> zipfile.ZipInfo:
    """A member without a date, so that the same content gives the same bytes."""
    info = zipfile.ZipInfo(name)
    info.external_attr = _REGULAR_FILE
    return info


def _digest(file: BinaryIO, n_bytes: int) -> bytes:
    """Of so many bytes from the beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while n_bytes > 0:
        chunk = file.read(min(_CHUNK, n_bytes))
        if not chunk:
            raise EOFError("it ended while it was read")
        digest.update(chunk)
        n_bytes -= len(chunk)
    return digest.hexdigest().encode("ascii")


# Reading


def _checked_content(file: BinaryIO, content: str, version: int) -> Content:
    size = file.seek(0, os.SEEK_END)
    _check_digest(file, size)
    _check_directory(file, size)
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        _check_members(infos, size)
        document = _document(archive.read(infos[0]))
        _check_document(document, content, version)
        expected = [_STRUCTURE, *(f"{name}.npy" for name in document["arrays"])]
        if [info.filename for info in infos] != expected:
            raise _RefusedError(
                "its members are not those that its structure names. Save it again."
            )
        arrays = {
            name: _read_array(archive, info)
            for name, info in zip(document["arrays"], infos[1:], strict=True)
        }
    return Content(document["version"], document["structure"], arrays)


def _check_digest(file: BinaryIO, size: int) -> None:
    """Every byte is that which was written."""
    file.seek(0)
    if size < _END.size + _DIGEST_BYTES or file.read(4) != b"PK\x03\x04":
        raise _RefusedError(
            "it is not a file of sklearn_relu. Models are saved by sklearn_relu.save; those that "
            "pickle, joblib or skops wrote are loaded by them."
        )
    digest = _digest(file, size - _DIGEST_BYTES)
    if file.read(_DIGEST_BYTES) != digest:
        raise _RefusedError(
            "its checksum is wrong: bytes were changed or are missing, or it was not written by "
            "sklearn_relu. Copy it again from where it is whole, or save it again."
        )


def _check_directory(file: BinaryIO, size: int) -> None:
    """The archive's directory is short; zipfile reads all of it at once."""
    end = size - _DIGEST_BYTES - _END.size
    signature, _, _, _, n_members, n_bytes, _, n_comment = _unpack(file, end, _END)
    if signature != b"PK\x05\x06" or n_comment != _DIGEST_BYTES:
        raise _RefusedError("it is not a file of sklearn_relu.")
    at = end - _END64_LOCATOR.size
    if at >= _END64.size and _unpack(file, at, _END64_LOCATOR)[0] == b"PK\x06\x07":
        large = _unpack(file, at - _END64.size, _END64)  # beyond 4 GiB; these numbers count there
        if large[0] != b"PK\x06\x06" or large[6:9] != (n_members, n_members, n_bytes):
            raise _RefusedError("its directory contradicts itself. Save it again.")
    # Of a member: 46 bytes, a name, and the sizes and place of a large one.
    if n_members > MAX_MEMBERS or n_bytes > n_members * 200:
        raise _RefusedError(f"it has more than {MAX_MEMBERS} members, or too long a directory.")


def _unpack(file: BinaryIO, at: int, fields: struct.Struct) -> tuple:
    file.seek(at)
    return fields.unpack(file.read(fields.size))


def _check_members(infos: list[zipfile.ZipInfo], size: int) -> None:
    names = [info.filename for info in infos]
    if len(set(names)) < len(names) or not names or names[0] != _STRUCTURE:
        raise _RefusedError("members are missing or there twice. Save it again.")
    for info in infos:
        plain = (
            info.compress_type == zipfile.ZIP_STORED
            and info.compress_size == info.file_size
            and not info.flag_bits
            and info.external_attr == _REGULAR_FILE
        )
        stem = info.filename.removesuffix(".npy")
        if not plain or (info.filename != _STRUCTURE and not _NAME.fullmatch(stem)):
            raise _RefusedError(
                f"its member {info.filename[:100]!r} is none that sklearn_relu writes."
            )
    if sum(info.file_size for info in infos) > size:
        raise _RefusedError("its members say that they are larger than the file. Save it again.")
    if infos[0].file_size > MAX_STRUCTURE_BYTES:
        raise _RefusedError(f"its structure has more than {MAX_STRUCTURE_BYTES} bytes.")


def _document(text: bytes) -> dict:
    document = json.loads(
        text.decode("ascii"), object_pairs_hook=_unique, parse_constant=_no_constant
    )
    if not _is_plain(document):
        raise _RefusedError(f"its structure is more than {MAX_DEPTH} levels deep.")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RefusedError("its structure has a key twice. Save it again.")
    return found


def _no_constant(name: str):
    raise _RefusedError(f"its structure has a {name}. Save it again.")


def _check_document(document, content: str, version: int) -> None:
    if document["format"] != FORMAT:
        raise _RefusedError("it is not a file of sklearn_relu.")
    versions = document["container_version"], document["version"]
    if not all(type(number) is int and number >= 1 for number in versions):
        raise _RefusedError(f"its versions are {versions}. Save it again.")
    if document["content"] != content:
        raise _RefusedError(f"it is a {str(document['content'])[:50]}, not a {content}.")
    if versions[0] > CONTAINER_VERSION or versions[1] > version:
        raise _RefusedError(
            f"its format is {versions[0]}.{versions[1]}, and this sklearn_relu reads up to "
            f"{CONTAINER_VERSION}.{version}. Update sklearn_relu."
        )


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """An array, allocated only if it is as large as its member."""
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise _RefusedError(f"{info.filename!r} is an array of another version. Save it again.")
        shape, column_major, dtype = np.lib.format.read_array_header_1_0(member)
        n_bytes = math.prod(shape) * dtype.itemsize
        if dtype.kind not in KINDS or not dtype.itemsize or min(shape, default=0) < 0:
            raise _RefusedError(f"{info.filename!r} has dtype {dtype!r}, shape {shape}.")
        if n_bytes != info.file_size - member.tell():
            raise _RefusedError(
                f"{info.filename!r} is not as large as its header says. Save it again."
            )
        array = np.empty(shape, dtype, order="F" if column_major else "C")
        flat = array.reshape(-1, order="A").view(np.uint8)
        for start in range(0, n_bytes, _CHUNK):
            chunk = member.read(min(_CHUNK, n_bytes - start))
            flat[start : start + _CHUNK] = np.frombuffer(chunk, np.uint8)
        if member.read(1):
            raise _RefusedError(f"{info.filename!r} is longer than its header says. Save it again.")
    if dtype.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
        raise _RefusedError(f"{info.filename!r} has booleans that are neither. Save it again.")
    return array
