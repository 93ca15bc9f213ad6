"""A file of named arrays and one JSON document: written whole or not at all, read with suspicion.

The file is a zip archive of stored (not compressed) members: ``structure.json``, then each array in
NumPy's own format as ``NAME.npy``. The archive's comment, its last bytes, is the SHA-256 digest of
all bytes before it. So ``numpy.load`` opens it too, and a byte that is changed, missing or added is
noticed. The digest tells accidents, not malice: whoever forges a file can compute it. Against those
are the limits, which are checked before anything is allocated.
"""

import errno
import json
import os
import secrets
import zipfile
from contextlib import contextmanager, suppress

import numpy as np

from sklearn_relu.files.format import (
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
from sklearn_relu.files.reading import Content, read

__all__ = ["KINDS", "Content", "read", "write"]

_LARGE = 2**30
"""Bytes of an array from which on zip needs its long form."""


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
        archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        try:
            archive.comment = b"0" * DIGEST_BYTES
            archive.writestr(_member(STRUCTURE), text)
            for name, array in arrays.items():
                large = array.nbytes > _LARGE
                with archive.open(_member(f"{name}.npy"), "w", force_zip64=large) as member:
                    np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            archive.close()
        except BaseException:
            # After Ctrl-C as a member begins it could not be closed, and would hide the interrupt.
            archive.fp = None
            raise
        seal = digest(file, file.tell() - DIGEST_BYTES)
        file.seek(-DIGEST_BYTES, os.SEEK_END)
        file.write(seal)


@contextmanager
def _replacing(path):
    """A new file, open for writing, that takes the path's place once all of it is on the disk."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise ValueError(f"path={shown(path)} is not a file. Name a file in a folder that exists.")
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
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
        if not NAME.fullmatch(name):
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
    if not is_plain(document):
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


def _member(name: str) -> zipfile.ZipInfo:
    """A member without a date, so that the same content gives the same bytes."""
    info = zipfile.ZipInfo(name)
    info.external_attr = REGULAR_FILE
    return info
