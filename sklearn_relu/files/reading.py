"""Reading a container: limits first, then what zipfile, numpy and json make of it."""

import json
import math
import os
import struct
import zipfile
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from sklearn_relu.exceptions import LoadError
from sklearn_relu.files.format import (
    CHUNK,
    CONTAINER_VERSION,
    DIGEST_BYTES,
    FORMAT,
    KINDS,
    MAX_DEPTH,
    MAX_MEMBERS,
    MAX_STRUCTURE_BYTES,
    NAME,
    REGULAR_FILE,
    STRUCTURE,
    digest,
    is_plain,
    shown,
)

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")


class Content(NamedTuple):
    """The content of a file.

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
        raise LoadError(f"Cannot load {shown(path)}: it is not a file.")
    with open(path, "rb") as file:
        try:
            return _checked_content(file, content, version)
        except _RefusedError as refused:
            raise LoadError(f"Cannot load {shown(path)}: {refused}") from refused.__cause__
        except Exception as error:  # parsers of zip, npy and JSON raise almost anything
            raise LoadError(
                f"Cannot load {shown(path)}: it is damaged, or was not written by sklearn_relu "
                f"({error}). Save it again."
            ) from error


class _RefusedError(Exception):
    """Why a file is not loaded, and what to do."""


def _checked_content(file: BinaryIO, content: str, version: int) -> Content:
    size = file.seek(0, os.SEEK_END)
    _check_digest(file, size)
    _check_directory(file, size)
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        _check_members(infos, size)
        document = _document(archive.read(infos[0]))
        _check_document(document, content, version)
        expected = [STRUCTURE, *(f"{name}.npy" for name in document["arrays"])]
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
    if size < _END.size + DIGEST_BYTES or file.read(4) != b"PK\x03\x04":
        raise _RefusedError(
            "it is not a file of sklearn_relu. Models are saved by sklearn_relu.save; those that "
            "pickle, joblib or skops wrote are loaded by them."
        )
    if digest(file, size - DIGEST_BYTES) != file.read(DIGEST_BYTES):
        raise _RefusedError(
            "its checksum is wrong: bytes were changed or are missing, or it was not written by "
            "sklearn_relu. Copy it again from where it is whole, or save it again."
        )


def _check_directory(file: BinaryIO, size: int) -> None:
    """The archive's directory is short; zipfile reads all of it at once."""
    end = size - DIGEST_BYTES - _END.size
    signature, _, _, _, n_members, n_bytes, _, n_comment = _unpack(file, end, _END)
    if signature != b"PK\x05\x06" or n_comment != DIGEST_BYTES:
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
    if len(set(names)) < len(names) or not names or names[0] != STRUCTURE:
        raise _RefusedError("members are missing or there twice. Save it again.")
    for info in infos:
        plain = (
            info.compress_type == zipfile.ZIP_STORED
            and info.compress_size == info.file_size
            and not info.flag_bits
            and info.external_attr == REGULAR_FILE
        )
        stem = info.filename.removesuffix(".npy")
        if not plain or (info.filename != STRUCTURE and not NAME.fullmatch(stem)):
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
    if not is_plain(document):
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
        for start in range(0, n_bytes, CHUNK):
            chunk = member.read(min(CHUNK, n_bytes - start))
            flat[start : start + CHUNK] = np.frombuffer(chunk, np.uint8)
        if member.read(1):
            raise _RefusedError(f"{info.filename!r} is longer than its header says. Save it again.")
    if dtype.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
        raise _RefusedError(f"{info.filename!r} has booleans that are neither. Save it again.")
    return array
