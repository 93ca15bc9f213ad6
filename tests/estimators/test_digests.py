"""Functions and objects are known by what they are, the same in any process."""

import functools
import io
import os
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LinearRegression
from sklearn.metrics import fbeta_score, make_scorer, r2_score

from sklearn_relu.activations import LeakyReLU
from sklearn_relu.estimators.identity import described
from sklearn_relu.files.digests import UnknowableError, digest

SAME = """
import functools
import numpy as np
from sklearn.metrics import make_scorer, fbeta_score

def plain(estimator, X, y):
    "A docstring."
    return -float(np.abs(estimator.predict(X) - y).mean())

def among(value):
    return value in {"a", "b", "c", "d"}

def within(factor):
    def inner(x, *, shift=2.0):
        numbers = [i for i in range(3)]
        try:
            return factor * x + shift + sum(numbers)
        except (KeyError, ValueError) as error:
            raise TypeError from error
    return inner

def recursive(n):
    def again(n):
        return again(n - 1) if n else 0
    return again

class Metric:
    def __init__(self, power):
        self.power = power
        self.names = {"x", "y", "z"}
    def __call__(self, estimator, X, y):
        return within(self.power)(X)
    def method(self, estimator, X, y):
        return self.power
    @staticmethod
    def static(estimator, X, y):
        return 1
    @classmethod
    def of_class(cls, estimator, X, y):
        return 1

class Slots:
    __slots__ = ("a",)
    def __init__(self):
        self.a = 3.0

@functools.lru_cache
def cached(x):
    return x + 1

@functools.wraps(plain)
def wrapped(*args):
    return plain(*args) * 2

THINGS = {
    "function": plain,
    "set of constants": among,
    "closure": within(3),
    "recursive": recursive(3),
    "lambda": lambda x: x + 1,
    "partial": functools.partial(within(2), shift=3),
    "object": Metric(2),
    "method": Metric(3).method,
    "static": Metric.static,
    "class method": Metric.of_class,
    "scorer": make_scorer(fbeta_score, beta=2),
    "slots": Slots(),
    "cached": cached,
    "wrapped": wrapped,
    "ufunc": np.exp,
    "numpy": np.mean,
    "builtin": max,
    "array": np.arange(3.0),
}
"""


def digests_in_a_process(folder, name, code, seed):
    """Of the things of a script, run with its own hashes, from its own file."""
    path = folder / f"{name}.py"
    more = """
    from sklearn_relu.files.digests import digest
    padding = [bytearray(1000) for _ in range(int(sys.argv[1]))]
    print({name: digest(value) for name, value in THINGS.items()})
    """
    path.write_text("import sys\n" + code + textwrap.dedent(more), encoding="utf-8")
    environment = os.environ | {
        "PYTHONHASHSEED": str(seed),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, str(path), str(1000 * seed)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return eval(run.stdout)


@pytest.mark.slow
def test_digests_are_the_same_in_other_processes_files_and_lines(tmp_path):
    first = digests_in_a_process(tmp_path, "one", SAME, 1)
    second = digests_in_a_process(tmp_path, "two", "\n" * 50 + SAME, 2)
    assert first == second
    assert len(set(first.values())) == len(first)


def test_numbers_with_a_hash_of_their_own_are_told_apart():
    assert digest([1, 23]) != digest([12, 3])
    assert (
        len({digest(value) for value in (0, 0.0, -0.0, False, None, "0", b"0", "", (), [], {})})
        == 11
    )
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(np.float64(0.5)) == digest(0.5)


def adding(number):
    def add(x):
        return x + number

    return add


def with_default(number):
    def add(x, by=number):
        return x + by

    return add


def with_keyword(number):
    def add(x, *, by=number):
        return x + by

    return add


class Adder:
    def __init__(self, number):
        self.number = number

    def add(self, x):
        return x + self.number

    def __call__(self, x):
        return x + self.number


MAKERS = {
    "closure": adding,
    "default": with_default,
    "keyword": with_keyword,
    "closure over a function": lambda number: adding(adding(number)),
    "closure over an array": lambda number: adding(np.full(3, number)),
    "closure over objects": lambda number: adding(np.array([{"a": number}], dtype=object)),
    "closure over a sparse array": lambda number: adding(sp.csr_array(np.full((2, 2), number))),
    "closure over an estimator": lambda number: adding(
        LinearRegression().fit([[0.0], [1.0]], [number, 2 * number])
    ),
    "partial": lambda number: functools.partial(adding(1), number),
    "partial of a keyword": lambda number: functools.partial(with_keyword(1), by=number),
    "partial of a partial": lambda number: functools.partial(functools.partial(max, number), 3),
    "object": Adder,
    "method": lambda number: Adder(number).add,
    "method of what is called": lambda number: Adder(number).__call__,
    "scorer": lambda number: make_scorer(fbeta_score, beta=number),
    "part": LeakyReLU,
    "class": lambda number: type("Made", (), {}) if number == 1 else Adder,
    "timedelta": timedelta,
    "set": lambda number: {number, 7},
    "masked array": lambda number: np.ma.masked_equal([1, 2, 3], number),
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_a_function_or_an_object_holds_counts(name):
    make = MAKERS[name]
    assert digest(make(1)) == digest(make(1))
    assert digest(make(1)) != digest(make(2))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lambda x: x + 1", "lambda x: x + 2"),
        ("lambda x: x + 1", "lambda x: x - 1"),
        ("lambda x: x.mean()", "lambda x: x.max()"),
        ("lambda x: [i for i in x]", "lambda x: [-i for i in x]"),
        ("lambda x: (lambda: 1)", "lambda x: (lambda: 2)"),
        ("lambda x: x", "lambda *x: x"),
        ("lambda x: 1", "lambda x: 1.0"),
        ("lambda x: 0.0", "lambda x: -0.0"),
        ("lambda x: True", "lambda x: 1"),
    ],
)
def test_the_code_of_a_function_counts(one, other):
    assert digest(eval(one)) == digest(eval(f"\n\n{one}"))
    assert digest(eval(one)) != digest(eval(other))


def test_the_function_that_a_call_of_an_object_calls_counts():
    def made(function):
        return type("Metric", (), {"__call__": function, "__module__": "m"})()

    assert digest(made(adding(1))) == digest(made(adding(1)))
    assert digest(made(adding(1))) != digest(made(adding(2)))


def _deep(n):
    nested = []
    for _ in range(n):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "value", [threading.Lock(), (i for i in "ab"), io.BufferedReader(io.BytesIO()), _deep(100_000)]
)
def test_what_only_its_own_process_knows_cannot_be_known(value):
    for holds in (value, adding(value), functools.partial(max, value), Adder(value)):
        with pytest.raises(UnknowableError):
            digest(holds)
        if not isinstance(value, list):
            assert described(adding(value)).endswith("adding.<locals>.add (code unknown)")


def test_structures_that_hold_themselves_or_one_thing_often():
    itself = {}
    itself["me"] = itself
    assert digest(itself) == digest(itself)
    often = [1]
    for _ in range(100):
        often = [often, often]
    assert digest(often)


def test_a_description_names_a_function_and_never_an_address():
    assert described(r2_score).startswith("sklearn.metrics._regression.r2_score (code ")
    shown = described(functools.partial(adding(1), object))
    assert "0x" not in shown
    assert described({3, 1, 2}) == "{1, 2, 3}"
    assert described("relu") == "'relu'"
