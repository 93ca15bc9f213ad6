"""The format of a container's file, and its limits."""

import hashlib
import os
import re
import stat
from typing import BinaryIO

FORMAT = "sklearn_relu"

CONTAINER_VERSION = 1
"""Of the format of the file; what is in it has a version of its own."""

MAX_MEMBERS = 60_000
MAX_STRUCTURE_BYTES = 4 * 2**20
MAX_DEPTH = 60
"""Limits of a file. Much data belongs in arrays, whose size only the file bounds."""

KINDS = "biufcSU"
"""dtype.kind of arrays: booleans, numbers and text of fixed width."""

STRUCTURE = "structure.json"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
DIGEST_BYTES = 64
CHUNK = 2**20
REGULAR_FILE = (stat.S_IFREG | 0o644) << 16


def shown(path) -> str:
    """A path, for an error."""
    return repr(os.fspath(path))


def is_plain(document) -> bool:
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


def digest(file: BinaryIO, n_bytes: int) -> bytes:
    """The digest of so many bytes from the beginning."""
    file.seek(0)
    found = hashlib.sha256()
    while n_bytes > 0:
        chunk = file.read(min(CHUNK, n_bytes))
        if not chunk:
            raise EOFError("it ended while it was read")
        found.update(chunk)
        n_bytes -= len(chunk)
    return found.hexdigest().encode("ascii")
