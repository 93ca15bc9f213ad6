"""Numbers written as text: thousands separators, currencies, percent, units, brackets."""

import re
from collections.abc import Iterable
from typing import NamedTuple

MANY_MARKED = 10
"""So many different numbers with three digits after a mark, and shorter ones without it: the mark
separates thousands."""

CURRENCIES = {
    "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₴", "₫", "₪", "฿", "₦", "us$", "a$", "c$", "r$", "rs",
    "rs.", "kr", "zł", "usd", "eur", "gbp", "chf", "jpy", "cny", "inr", "aud", "cad", "nzd", "sek",
    "nok", "dkk", "pln", "czk", "huf", "brl", "mxn", "zar", "rub", "try", "krw", "sgd",
}  # fmt: skip
"""All of them have two decimals or none, never three."""

_PLAIN = str.maketrans({"\u2212": "-", "\u2019": "'"} | dict.fromkeys("\u00a0\u2009\u202f", " "))
"""A minus, an apostrophe and blanks of typography."""

_PARTS = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[-+]?)\s*(?P<prefix>[^\W\d_]{1,3}[$.]?|[^\w\s.,()+'-])?\s*"
    r"(?P<sign_2>[-+]?)(?P<digits>\d(?:[\d.,' ]*\d)?[.,]?|[.,]\d+)(?P<exponent>[eE][-+]?\d{1,3})?"
    r"\s*(?P<suffix>[^\W\d_%°][\w°/%²³$.^* -]{0,14}|[%‰°\"$£¥฿\u20a0-\u20bf][\w/]{0,3})?"
    r"\s*(?P<close>\))?"
)


class Written(NamedTuple):
    """A number as it is written."""

    negative: bool
    digits: str
    """With points and commas; other separators of thousands are taken out."""
    exponent: str
    affix: str
    """A currency or unit in small letters; "" if there is none."""
    bracketed: bool
    grouped: bool
    """Whether blanks or apostrophes separated thousands."""


def written(text: str) -> Written | None:
    """Take a number apart; None if the text is none.

    Parameters
    ----------
    text : str
        Without blanks around it.

    Returns
    -------
    written : Written or None
    """
    found = _PARTS.fullmatch(text.translate(_PLAIN))
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    prefix, suffix = (found["prefix"] or "").casefold(), (found["suffix"] or "").casefold()
    if (prefix and (prefix not in CURRENCIES or suffix)) or (found["sign"] and found["sign_2"]):
        return None
    digits = found["digits"]
    grouped = " " in digits or "'" in digits
    if grouped:
        if not re.fullmatch(r"\d{1,3}(?:(?: \d{3})+|(?:'\d{3})+)(?:[.,]\d*)?", digits):
            return None
        digits = digits.replace(" ", "").replace("'", "")
    affix = prefix or suffix.strip()
    # Codes such as 01x and 0x1F, and dates such as 1 May 2020, have no unit.
    is_code = affix and re.match("0[0-9x]", digits + affix)
    if is_code or re.search("[0-9]{2}", affix):
        return None
    return Written(
        negative=(found["sign"] or found["sign_2"]) == "-" and not found["open"],
        digits=digits,
        exponent=found["exponent"] or "",
        affix=affix,
        bracketed=bool(found["open"]),
        grouped=grouped,
    )


def decimal_marks(number: Written) -> str:
    """Give the decimal marks that a number may have been written with.

    Returns
    -------
    marks : str
        "." or "," or both of them; "" if the number makes no sense with either.
    """
    return "".join(mark for mark in ".," if value(number, mark) is not None)


_VALID = {
    mark: re.compile(
        rf"(?P<whole>\d+|\d{{1,3}}(?:\{other}\d{{3}})+|\d{{1,2}}(?:\{other}\d\d)+\{other}\d{{3}})?"
        rf"(?:\{mark}(?P<fraction>\d*))?"
    )
    for mark, other in [(".", ","), (",", ".")]
}


def value(number: Written, decimal: str) -> float | None:
    """Give the value of a number; None if it cannot be written so with this decimal mark.

    Parameters
    ----------
    number : Written
    decimal : {".", ","}
        The other one separates thousands.

    Returns
    -------
    value : float or None
    """
    found = _VALID[decimal].fullmatch(number.digits)
    if found is None:
        return None
    whole = found["whole"] or ""
    other = "," if decimal == "." else "."
    if other in whole and (whole.startswith("0") or number.grouped):
        return None
    plain = f"{whole.replace(other, '') or '0'}.{found['fraction'] or '0'}{number.exponent}"
    return -float(plain) if number.negative else float(plain)


def decimal_of(numbers: Iterable[Written]) -> str:
    """Find the decimal mark of a column by its numbers.

    Parameters
    ----------
    numbers : iterable of Written
        Different ones.

    Returns
    -------
    marks : str
        "." or "," if no other is possible, "" if some numbers have the one and some the other,
        ".," if nothing tells. Sums of money never have three decimals.
    """
    possible, marked = set(".,"), 0
    plain = []
    for number in numbers:
        marks = decimal_marks(number)
        if number.digits.isdigit():
            plain.append(len(number.digits))
        elif len(marks) == 2:
            comma = "," in number.digits
            marked += comma
            if number.affix in CURRENCIES:
                marks = "." if comma else ","
        possible &= set(marks)
    if len(possible) == 2 and marked >= MANY_MARKED and plain and max(plain) <= 3:
        return "."
    return "".join(sorted(possible, key=".,".index))
