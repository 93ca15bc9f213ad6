"""Numbers written as text."""

import numpy as np
import pytest

from sklearn_relu.tables.text_numbers import (
    CURRENCIES,
    MANY_MARKED,
    decimal_marks,
    decimal_of,
    value,
    written,
)

RNG = np.random.default_rng(0)


def values(text):
    number = written(text)
    return {mark: value(number, mark) for mark in decimal_marks(number)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234", {".": 1234, ",": 1234}),
        ("1,234", {".": 1234, ",": 1.234}),
        ("1.234", {".": 1.234, ",": 1234}),
        ("0,123", {",": 0.123}),
        ("1234,567", {",": 1234.567}),
        ("12,5", {",": 12.5}),
        ("12.5", {".": 12.5}),
        ("1,234.5", {".": 1234.5}),
        ("1.234,5", {",": 1234.5}),
        ("1,234,567", {".": 1234567}),
        ("1.234.567", {",": 1234567}),
        ("12,34,567", {".": 1234567}),
        ("1 234,5", {",": 1234.5}),
        ("1'234.5", {".": 1234.5}),
        ("1\u2019234", {".": 1234, ",": 1234}),
        ("1\u202f234", {".": 1234, ",": 1234}),
        (".5", {".": 0.5}),
        ("5.", {".": 5}),
        ("2.5e-3", {".": 0.0025}),
        ("2,5E2", {",": 250}),
        ("1,23", {",": 1.23}),
        ("1,2,3", {}),
        ("1.2.3", {}),
        ("31.12.2020", {}),
        ("1,234.567.8", {}),
    ],
)
def test_the_marks_that_a_number_may_have_been_written_with(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize("sign", ["", "-", "+", "\u2212"])
@pytest.mark.parametrize(
    ("before", "after", "affix"),
    [
        ("", "", ""),
        ("$", "", "$"),
        ("$ ", "", "$"),
        ("US$", "", "us$"),
        ("EUR ", "", "eur"),
        ("", " EUR", "eur"),
        ("", "\u20ac", "\u20ac"),
        ("", "%", "%"),
        ("", " %", "%"),
        ("", " m2", "m2"),
        ("", " m\u00b2", "m\u00b2"),
        ("", "km/h", "km/h"),
        ("", " sq ft", "sq ft"),
        ("", "\u00b0C", "\u00b0c"),
    ],
)
def test_signs_currencies_and_units(sign, before, after, affix):
    for text in (f"{sign}{before}12.5{after}", f"{before}{sign}12.5{after}"):
        number = written(text)
        assert number.affix == affix
        assert value(number, ".") == (12.5 if sign in ("", "+") else -12.5)


def test_brackets_are_left_to_the_column():
    number = written("(12.5)")
    assert number.bracketed
    assert value(number, ".") == 12.5


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "nan", "inf", "-", "--5", "-5-", "1_000", "C85", "A/5 21171", "2020-01-31",
        "12:30", "18-25", "<5", "5'11\"", "1 2", "12 34", "(5", "5)", "$5 kg", "x5", "5 / 3",
        "01x", "007b", "1 May 2020", "e5", "0x1F", ",", ".", "1 234.567,8",
    ],
)  # fmt: skip
def test_texts_that_are_no_numbers(text):
    assert written(text) is None


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize("grouped", [False, True])
def test_what_is_written_is_read(mark, grouped):
    numbers = np.round(RNG.normal(size=50) * 10.0 ** RNG.integers(1, 9, 50), 2)
    texts = [f"{number:,.2f}" if grouped else f"{number:.2f}" for number in numbers.tolist()]
    if mark == ",":
        texts = [text.translate(str.maketrans(",.", ".,")) for text in texts]
    found = [written(text) for text in texts]
    assert decimal_of(found) == mark
    assert [value(number, mark) for number in found] == numbers.tolist()


THOUSANDS = [f"{number},500" for number in range(1, MANY_MARKED + 1)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["5", "12"], ".,"),
        (["1,234", "5,678"], ".,"),
        (["1.234", "5.678"], ".,"),
        (["1,234", "5,67"], ","),
        (["1,234", "5.67"], "."),
        (["1,5", "1.5"], ""),
        (THOUSANDS, ".,"),
        ([*THOUSANDS, "250"], "."),
        ([*THOUSANDS[1:], "250"], ".,"),
        ([*THOUSANDS, "250", "1250"], ".,"),
        *((["5", f"1,234 {currency}"], ".") for currency in sorted(CURRENCIES)),
        (["1.234 eur"], ","),
        (["1,234 kg"], ".,"),
    ],
)
def test_the_decimal_mark_of_a_column(texts, expected):
    assert decimal_of(map(written, texts)) == expected
