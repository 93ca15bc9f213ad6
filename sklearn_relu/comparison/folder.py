"""Files that belong together: all of them are written, or none."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def check_place(out: str, names: Collection[str]) -> None:
    """Raise if files cannot be written to a folder; nothing is made yet.

    Parameters
    ----------
    out : str
        The folder, which need not exist.
    names : collection of str
        The files.

    Raises
    ------
    ValueError
        With the reason.
    """
    if not out:
        raise ValueError("--out needs a folder; got an empty name.")
    place = _existing(Path(out))
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ValueError(f"--out: cannot write to {out}: {place}: {error.strerror}.") from None
    for name in names:
        if (Path(out) / name).is_dir():
            raise ValueError(
                f"--out: cannot write {Path(out) / name}, which is a folder. Rename it, or name "
                "another DIR."
            )


def write_together(out: str, files: Mapping[str, bytes], names: Collection[str]) -> None:
    """Write files to a folder: all of them, or nothing.

    They are written to a folder with another name, flushed to the disk, and moved. If anything
    fails meanwhile, also by Ctrl-C, the folder is as it was. Its other files are never touched.
    A process that is killed may leave a folder whose name begins with ``.compare``.

    Parameters
    ----------
    out : str
        The folder. It is made if it does not exist, with those above it.
    files : dict of str to bytes
        By name.
    names : collection of str
        All names that may be written. Files of these names that an earlier call left are removed.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    target = Path(os.path.realpath(out))
    place = _existing(target)
    with _unfinished(place) as unfinished:
        # In a new folder the unfinished one becomes the topmost of the new ones.
        missing = target.relative_to(place).parts
        new = unfinished.joinpath("new", *missing[1:])
        new.mkdir(parents=True)
        for name, content in files.items():
            _write(new / name, content)
        if missing:
            os.rename(unfinished / "new", place / missing[0])
        else:
            _exchange(target, new, unfinished / "old", names)


def _existing(path: Path) -> Path:
    """The nearest path that exists, from a path upwards."""
    absolute = path.absolute()
    return next(each for each in [absolute, *absolute.parents] if each.exists())


@contextmanager
def _unfinished(place: Path) -> Iterator[Path]:
    """A folder that is gone in the end."""
    folder = place / f".compare.{secrets.token_hex(8)}.tmp"
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _exchange(target: Path, new: Path, old: Path, names: Collection[str]) -> None:
    """Move what is new to its place, and what it replaces aside; undo that if a move fails."""
    old.mkdir()
    arriving = [path.name for path in new.iterdir()]
    try:
        for name in names:
            if (target / name).exists():
                os.replace(target / name, old / name)
        for name in arriving:
            os.replace(new / name, target / name)
    except BaseException:
        for name in arriving:
            if not (new / name).exists():
                os.replace(target / name, new / name)
        for path in old.iterdir():
            os.replace(path, target / path.name)
        raise
