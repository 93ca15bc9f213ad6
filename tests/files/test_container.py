"""The file of arrays and JSON that models and checkpoints are written to."""

import errno
import gc
import hashlib
import io
import json
import os
import random
import stat
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from sklearn_relu import LoadError
from sklearn_relu.files import container

STRUCTURE = {"text": "Grüße\x00", "list": [1, -(2**100), 0.1, True, None, [], {}], "": {"a": [[]]}}


def arrays():
    rng = np.random.RandomState(0)
    return {
        "weights": rng.normal(size=(7, 5)),
        "column_major": np.asfortranarray(rng.normal(size=(3, 4)).astype("f4")),
        "strided": np.arange(20)[::3],
        "big_endian": np.arange(5, dtype=">i4"),
        "bool": np.array([True, False]),
        "complex": np.array([1j]),
        "half": np.ones((2, 1, 3), "f2"),
        "text": np.array(["a", "größer", ""]),
        "bytes": np.array([b"x", b"yz"]),
        "empty": np.empty((0, 3)),
        "scalar": np.array(3.5),
        "uint64": np.array([2**64 - 1], "u8"),
        "a-b.c_0": np.array([np.nan, np.inf, -0.0]),
    }


def write(path, structure=STRUCTURE, arrays_=None, content="model", version=1):
    container.write(
        path, structure, arrays() if arrays_ is None else arrays_, content=content, version=version
    )


def read(path, content="model", version=1):
    return container.read(path, content=content, version=version)


def assert_equal(found, structure=STRUCTURE):
    assert found.structure == structure
    assert repr(found.structure) == repr(structure)  # 1 is no True
    expected = arrays()
    assert list(found.arrays) == list(expected)
    for name, array in expected.items():
        got = found.arrays[name]
        assert got.dtype == array.dtype
        assert got.shape == array.shape
        assert got.tobytes() == array.tobytes()
        assert got.flags.writeable
        assert got.flags.owndata
        if name == "column_major":
            assert got.flags.f_contiguous


def resealed(data: bytes) -> bytes:
    """Bytes with a checksum that is right, as a forger makes them."""
    return data[:-64] + hashlib.sha256(data[:-64]).hexdigest().encode()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.relu"


def test_a_file_gives_back_what_was_written(path):
    write(path, version=3)
    found = read(path, version=4)
    assert found.version == 3
    assert_equal(found)


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    write(path)
    write(tmp_path / "other")
    assert path.read_bytes() == (tmp_path / "other").read_bytes()


def test_numpy_opens_it_too(path):
    write(path)
    with np.load(path) as found:
        np.testing.assert_array_equal(found["weights"], arrays()["weights"])


def test_any_flipped_bit_is_noticed(path):
    container.write(path, [1], {"a": np.arange(3.0)}, content="model", version=1)
    whole = path.read_bytes()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        with pytest.raises(LoadError, match=r"model\.relu"):
            read(path)


def test_any_missing_or_added_byte_is_noticed(path):
    container.write(path, [1], {"a": np.arange(3.0)}, content="model", version=1)
    whole = path.read_bytes()
    for position in range(0, len(whole), 5):
        for data in (
            whole[:position],
            whole[position + 1 :],
            whole[:position] + whole[position + 1 :],
            whole[:position] + b"\x00" + whole[position:],
        ):
            path.write_bytes(data)
            with pytest.raises(LoadError, match=r"model\.relu"):
                read(path)
    for more in (b"\x00", whole):
        path.write_bytes(whole + more)
        with pytest.raises(LoadError, match=r"model\.relu"):
            read(path)


def forged(members, structure=STRUCTURE, header=None, **options):
    """A sealed archive of given members (name, bytes), beside a structure that names them."""
    document = {
        "format": "sklearn_relu",
        "container_version": 1,
        "content": "model",
        "version": 1,
        "arrays": [name.removesuffix(".npy") for name, _ in members],
        "structure": structure,
    } | (header or {})
    text = options.pop("text", None) or json.dumps(document)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = b"0" * 64
        for name, data in [(options.pop("first", "structure.json"), text), *members]:
            info = zipfile.ZipInfo(name)
            info.external_attr = options.get("attributes", (stat.S_IFREG | 0o644) << 16)
            with warnings.catch_warnings(action="ignore"):  # of a name that is there twice
                archive.writestr(info, data, options.get("compression"))
    return resealed(file.getvalue())


def npy(array=None, header=None, data=b"", version=(1, 0)):
    file = io.BytesIO()
    if array is not None:
        np.lib.format.write_array(file, array, version, allow_pickle=True)
    else:
        text = header.encode() + b"\n"
        file.write(b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(text)) + text + data)
    return file.getvalue()


def header(shape, descr="'<f8'"):
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


GOOD = ("a.npy", npy(np.arange(3.0)))

FORGED = {
    "huge shape": lambda: forged([("a.npy", npy(header=header("(1000000000000,)")))]),
    "huge shape of nothing": lambda: forged([("a.npy", npy(header=header("(0, 10**30)")))]),
    "shape beyond all": lambda: forged([("a.npy", npy(header=header("(" + "9" * 400 + ", 0)")))]),
    "negative shape": lambda: forged([("a.npy", npy(header=header("(-1, -8)"), data=b"0" * 64))]),
    "shape of a float": lambda: forged([("a.npy", npy(header=header("(1.0,)"), data=b"0" * 8))]),
    "text of width 0": lambda: forged([("a.npy", npy(header=header("(9999999999,)", "'<U0'")))]),
    "too little data": lambda: forged([("a.npy", npy(header=header("(2,)"), data=b"0" * 15))]),
    "too much data": lambda: forged([("a.npy", npy(header=header("(2,)"), data=b"0" * 17))]),
    "objects": lambda: forged([("a.npy", npy(np.array([{}], object)))]),
    "records": lambda: forged([("a.npy", npy(np.zeros(2, [("x", "f8")])))]),
    "dates": lambda: forged([("a.npy", npy(np.zeros(2, "M8[s]")))]),
    "booleans of 2": lambda: forged([("a.npy", npy(header=header("(1,)", "'|b1'"), data=b"\x02"))]),
    "another version of npy": lambda: forged([("a.npy", npy(np.zeros(2), version=(2, 0)))]),
    "nested header": lambda: forged([("a.npy", npy(header="(" * 5000))]),
    "odd escapes in a header": lambda: forged([("a.npy", npy(header="{'\\d': 0}"))]),
    "python 2's header": lambda: forged([("a.npy", npy(header=header("(1L,)"), data=b"0" * 8))]),
    "no array": lambda: forged([("a.npy", b"x")]),
    "a pickle": lambda: forged([("a.npy", b"\x80\x04\x95")]),
    "twice": lambda: forged([GOOD, GOOD]),
    "not named": lambda: forged([GOOD], header={"arrays": []}),
    "named but missing": lambda: forged([GOOD], header={"arrays": ["a", "b"]}),
    "names of numbers": lambda: forged([GOOD], header={"arrays": [1]}),
    "names of nothing": lambda: forged([GOOD], header={"arrays": None}),
    "a path": lambda: forged([("../a.npy", GOOD[1])]),
    "an absolute path": lambda: forged([("/a.npy", GOOD[1])]),
    "a folder": lambda: forged([("a/", b"")]),
    "no npy": lambda: forged([("a.txt", b"")]),
    "a symbolic link": lambda: forged([GOOD], attributes=(stat.S_IFLNK | 0o777) << 16),
    "compressed": lambda: forged([GOOD], compression=zipfile.ZIP_DEFLATED),
    "a bomb": lambda: forged([("a.npy", npy(np.zeros(10**7)))], compression=zipfile.ZIP_DEFLATED),
    "no structure": lambda: forged([GOOD], first="b.npy"),
    "another format": lambda: forged([GOOD], header={"format": "other"}),
    "no version": lambda: forged([GOOD], header={"version": None}),
    "version 0": lambda: forged([GOOD], header={"version": 0}),
    "version true": lambda: forged([GOOD], header={"version": True}),
    "a list": lambda: forged([], text="[]"),
    "no JSON": lambda: forged([], text="{"),
    "no ASCII": lambda: forged([], text='{"format": "ü"}'),
    "deep": lambda: forged([], text="[" * 10**6 + "]" * 10**6),
    "rather deep": lambda: forged([], structure=json.loads("[" * 100 + "]" * 100)),
    "long": lambda: forged([], text='{"format": "' + "x" * 5 * 2**20 + '"}'),
    "a key twice": lambda: forged([], text='{"format": 1, "format": 2}'),
    "not a number": lambda: forged([], structure=float("nan")),
    "digits without end": lambda: forged([], text='{"format": ' + "1" * 10**5 + "}"),
    "many members": lambda: forged([(f"{i}.npy", b"") for i in range(60_001)]),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_file_is_refused_before_anything_large_is_made(path, name):
    data = FORGED[name]()
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(LoadError, match=r"model\.relu"):
            read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * len(data) + 3 * 2**20


def test_the_forger_of_these_tests_forges_well(path):
    path.write_bytes(forged([GOOD]))
    np.testing.assert_array_equal(read(path).arrays["a"], np.arange(3.0))


def test_mutated_files_whose_checksum_was_made_right_load_or_are_refused(path):
    write(path, structure=[0.5], arrays_={"a": np.arange(3), "b": np.array(["x"])})
    whole = path.read_bytes()
    rng = random.Random(0)
    outcomes = set()
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 2, 8])):
            data[rng.randrange(len(data))] = rng.choice([0, 1, 255, rng.randrange(256)])
        if rng.random() < 0.2:
            del data[slice(*sorted((rng.randrange(len(data)), rng.randrange(len(data)))))]
        path.write_bytes(resealed(bytes(data)))
        try:
            read(path)
            outcomes.add("loaded")
        except LoadError:
            outcomes.add("refused")
    assert outcomes == {"loaded", "refused"}


def test_another_content_and_a_newer_version_say_what_to_do(path):
    write(path, content="checkpoint")
    with pytest.raises(LoadError, match=r"model\.relu'.* is a checkpoint, not a model"):
        read(path)
    write(path, version=2)
    with pytest.raises(LoadError, match=r"reads up to 1\.1\. Update sklearn_relu"):
        read(path)


def test_what_is_not_a_file_of_ours_says_so(path, tmp_path):
    path.write_bytes(b"\x80\x04\x95" + b"pickled" * 100)
    with pytest.raises(LoadError, match="pickle, joblib or skops"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(LoadError, match="not a file of sklearn_relu"):
        read(path)
    np.savez(tmp_path / "plain.npz", a=np.arange(100))
    with pytest.raises(LoadError, match="not written by sklearn_relu"):
        read(tmp_path / "plain.npz")
    with pytest.raises(LoadError, match="not a file"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing")


@pytest.mark.parametrize(
    ("structure", "bad", "message"),
    [
        (float("nan"), {}, "JSON compliant"),
        ((1, 2), {}, "lists, text"),
        ({1: 2}, {}, "text as keys"),
        (np.float64(1), {}, "lists, text"),
        (json.loads("[" * 60 + "]" * 60), {}, "at most 60 deep"),
        ("x" * 5 * 2**20, {}, "as JSON"),
        ([], {"a/b": np.ones(1)}, "'a/b'"),
        ([], {"..": np.ones(1)}, r"'\.\.'"),
        ([], {"a": np.array([None])}, "dtype"),
        ([], {"a": np.zeros(1, [("x", "f8")])}, "dtype"),
        ([], {"a": np.zeros(1, "M8[s]")}, "dtype"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_in_writing(path, structure, bad, message):
    write(path)
    with pytest.raises(ValueError, match=message):
        write(path, structure, bad)
    assert_equal(read(path))
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
@pytest.mark.parametrize("there", [True, False])
def test_a_write_that_fails_leaves_what_was_there_and_no_other_file(
    path, monkeypatch, failing, there
):
    if there:
        write(path)

    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    target = (np.lib.format, "write_array") if failing == "write" else (os, failing)
    monkeypatch.setattr(*target, fail)
    with pytest.raises(OSError, match="No space left"):
        write(path, structure=["new"])
    monkeypatch.undo()
    assert os.listdir(path.parent) == ([path.name] if there else [])
    if there:
        assert_equal(read(path))


def test_a_folder_that_is_not_there_is_named(path):
    missing = path.parent / "missing"
    with pytest.raises(FileNotFoundError) as raised:
        write(missing / "model.relu")
    assert raised.value.filename == str(missing)


def test_an_interrupt_leaves_no_file_either(path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(path)
    assert os.listdir(path.parent) == []


def test_an_interrupt_as_an_array_begins_is_raised_as_such(path, monkeypatch):
    opened, members = zipfile.ZipFile.open, []

    def interrupt(archive, *args, **kwargs):
        members.append(opened(archive, *args, **kwargs))
        if len(members) > 1:  # the first one is the structure's
            raise KeyboardInterrupt
        return members[-1]

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write(path)
    assert os.listdir(path.parent) == []
    members.clear()
    gc.collect()  # nothing is said about an archive that was not closed


def test_the_file_is_on_the_disk_before_it_takes_the_name_and_then_its_folder(path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor):
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def noted_replace(source, target):
        calls.append("replace")
        assert os.path.getsize(source) > 1000
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    write(path)
    assert calls == (["file", "replace", "folder"] if os.name == "posix" else ["file", "replace"])


@pytest.mark.skipif(os.name != "posix", reason="needs links and permissions of POSIX")
def test_a_file_has_ordinary_permissions_links_are_followed_and_devices_are_left_alone(
    path, tmp_path
):
    write(path)
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode
    link = tmp_path / "link"
    link.symlink_to(plain)
    write(link)
    assert link.is_symlink()
    assert_equal(read(plain))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for use in (write, read):
        with pytest.raises(ValueError, match="not a file"):
            use(pipe)


def test_arrays_of_several_pieces_come_back(path):
    large = np.random.RandomState(0).normal(size=(500, 700)).astype("f4", order="F")
    write(path, arrays_={"large": large})
    np.testing.assert_array_equal(read(path).arrays["large"], large)


def test_members_beyond_a_gibibyte_and_archives_beyond_four_are_written_the_long_way(
    path, monkeypatch
):
    monkeypatch.setattr(container, "_LARGE", 10)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    write(path)
    assert b"PK\x06\x06" in path.read_bytes()
    assert_equal(read(path))
