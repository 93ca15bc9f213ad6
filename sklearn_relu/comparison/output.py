"""Stdout: how wide it is, what it cannot write, and a reader that leaves."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sklearn_relu.comparison.terminal import WIDTH


def columns() -> int:
    """The width to print for: COLUMNS, or else the terminal's; without a terminal 100.

    The terminal itself is asked, since rich takes a dumb one for 80 columns wide.

    Returns
    -------
    columns : int
    """
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH


def write_what_can_be() -> None:
    """Let stdout put a question mark for what its encoding lacks, instead of an error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Print nothing more where the reader of stdout has left, as ``head`` does, and go on."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
