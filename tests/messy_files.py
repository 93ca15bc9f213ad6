"""Files as people have them, and what becomes of each when it is read."""

import bz2
import gzip
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

RNG = np.random.RandomState(0)
N = 60
AREA = np.round(RNG.uniform(30, 200, N), 1)
ROOMS = RNG.permutation(np.arange(N) % 6 + 1)
CITY = RNG.permutation(np.array(["Graz", "Linz", "Wien"])[np.arange(N) % 3])
PRICE = np.round(AREA * 3017 + ROOMS * 5000)
LABEL = RNG.permutation(np.array(["bad", "fair", "good"])[np.arange(N) % 3])
HOMES = pd.DataFrame({"area": AREA, "rooms": ROOMS, "city": CITY, "price": PRICE})
DATES = pd.date_range("2019-01-20", periods=N)
KINDS = {"area": "number", "rooms": "number", "city": "category"}


@dataclass
class Case:
    """A file, how it is read, and what must come of it."""

    content: Any
    """Text, bytes, or a function that writes the file to a path."""
    suffix: str = ".csv"
    options: dict = field(default_factory=dict)
    kinds: dict = field(default_factory=dict)
    """Kinds of features by name, if the file can be read."""
    target: str = "price"
    task: str = "regression"
    rows: int = N
    said: tuple = ()
    """Words that the block about the file has."""
    silent: bool = False
    """Whether nothing is said but the kinds."""
    error: tuple = ()
    """Words of the error, if the file cannot be read."""
    check: Any = None
    """A function of the table that was read."""


def csv(frame=HOMES, **options):
    return frame.to_csv(**{"index": False} | options)


def with_area(values, **more):
    """Homes whose area is written so."""
    return csv(HOMES.assign(area=list(values)), **more)


def with_price(values, **more):
    return csv(HOMES.assign(price=list(values)), **more)


def with_first(name, values, **more):
    frame = HOMES.copy()
    frame.insert(0, name, list(values))
    return csv(frame, **more)


def reads_area(scale=1.0):
    def check(table):
        np.testing.assert_allclose(table.X["area"].to_numpy(float), AREA * scale, rtol=1e-6)

    return check


def reads_price(expected=PRICE):
    def check(table):
        np.testing.assert_allclose(table.y.to_numpy(float), expected, rtol=1e-6)

    return check


def german(number):
    """1234.5 as 1.234,5."""
    return f"{number:,.1f}".translate(str.maketrans(",.", ".,"))


def missing_in(name, n):
    def check(table):
        assert table.X[name].isna().sum() == n

    return check


def values_of(name, *values):
    def check(table):
        assert set(table.X[name].dropna()) == set(values)

    return check


def to_parquet(**columns):
    return lambda path: HOMES.assign(**columns).to_parquet(path)


def to_excel(frame=HOMES, **options):
    return lambda path: frame.to_excel(path, **{"index": False} | options)


def two_sheets(path):
    with pd.ExcelWriter(path) as book:
        HOMES.to_excel(book, sheet_name="homes", index=False)
        HOMES.head(2).to_excel(book, sheet_name="notes", index=False)


def zipped(*names):
    def write(path):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, csv())

    return write


def lines(frame):
    return frame.to_json(orient="records", lines=True)


FORMATS = {
    "plain": Case(csv(), kinds=KINDS, silent=True, check=reads_price()),
    "txt": Case(csv(), ".txt", kinds=KINDS, silent=True),
    "semicolons": Case(
        csv(sep=";"), kinds=KINDS, said=("semicolons separate",), check=reads_area()
    ),
    "tabs": Case(csv(sep="\t"), ".tsv", kinds=KINDS, said=("tabs separate",), check=reads_area()),
    "pipes": Case(csv(sep="|"), kinds=KINDS, said=("pipes separate",), check=reads_area()),
    "blanks": Case(
        csv(sep=" "),
        ".txt",
        {"sep": "space"},
        kinds=KINDS,
        said=("blanks separate",),
        check=reads_area(),
    ),
    "blanks, not said": Case(csv(sep=" "), ".txt", error=("one column only", "--sep space")),
    "another separator": Case(csv(sep="~"), options={"sep": "~"}, kinds=KINDS, said=("'~' sep",)),
    "another separator, not said": Case(csv(sep="~"), error=("one column only", "--sep")),
    "wrong separator": Case(csv(), options={"sep": ";"}, error=("no column 'price'",)),
    "long separator": Case(csv(), options={"sep": "::"}, error=("--sep must be one character",)),
    "semicolons and decimal commas": Case(
        csv(sep=";", decimal=","),
        kinds=KINDS,
        said=("semicolons", "decimal commas"),
        check=reads_area(),
    ),
    "commas in quotes beside semicolons": Case(
        csv(HOMES.assign(city=[f"{city}, AT" for city in CITY]), sep=";"),
        kinds=KINDS,
        said=("semicolons",),
    ),
    "german": Case(
        csv(HOMES.assign(area=[german(a * 100) for a in AREA]), sep=";", decimal=","),
        kinds=KINDS,
        said=("decimal commas, thousands separators",),
        check=reads_area(100),
    ),
    "points of thousands beside decimal commas": Case(
        csv(
            HOMES.assign(price=[f"{p:,.0f}".replace(",", ".") for p in PRICE]), sep=";", decimal=","
        ),
        kinds=KINDS,
        said=("thousands separators",),
        check=reads_price(),
    ),
    "points where commas are said": Case(
        csv(), options={"decimal": ","}, error=("'price'", "none with --decimal ,")
    ),
    "a separator that Excel is told": Case(
        "sep=;\n" + csv(sep=";"), kinds=KINDS, said=("semicolons",), check=reads_area()
    ),
    "lines of Windows": Case(csv().replace("\n", "\r\n"), kinds=KINDS, silent=True),
    "lines of old Macs": Case(csv().replace("\n", "\r"), kinds=KINDS, silent=True),
    "empty lines": Case("\n" + csv().replace("\n", "\n\n") + "  \n", kinds=KINDS, silent=True),
    "UTF-8 with a mark": Case(csv().encode("utf-8-sig"), kinds=KINDS, silent=True),
    "UTF-16": Case(csv().encode("utf-16"), kinds=KINDS, check=reads_area()),
    "UTF-16 without a mark": Case(csv().encode("utf-16-be"), kinds=KINDS, check=reads_area()),
    "UTF-32": Case(csv().encode("utf-32"), kinds=KINDS, check=reads_area()),
    "cp1252": Case(
        csv(HOMES.assign(city=np.where(CITY == "Graz", "Köln", CITY))).encode("cp1252"),
        kinds=KINDS,
        said=("read as cp1252", "--encoding"),
        check=values_of("city", "Köln", "Linz", "Wien"),
    ),
    "cp1250, said": Case(
        csv(HOMES.assign(city=np.where(CITY == "Graz", "Łódź", CITY))).encode("cp1250"),
        options={"encoding": "cp1250"},
        kinds=KINDS,
        silent=True,
        check=values_of("city", "Łódź", "Linz", "Wien"),
    ),
    "no text": Case(bytes(range(128, 256)) * 5, error=("neither in UTF-8 nor", "--encoding")),
    "another encoding": Case(csv(), options={"encoding": "utf-9"}, error=("no encoding 'utf-9'",)),
    "not in this encoding": Case(
        "a,bö\n".encode("cp1252"),
        options={"encoding": "utf-8"},
        error=("not in the encoding utf-8",),
    ),
    "gzip": Case(gzip.compress(csv().encode()), ".csv.gz", kinds=KINDS, silent=True),
    "gzip under another name": Case(gzip.compress(csv().encode()), kinds=KINDS, silent=True),
    "bzip2": Case(bz2.compress(csv().encode()), ".csv.bz2", kinds=KINDS, silent=True),
    "zip": Case(zipped("homes.csv"), ".zip", kinds=KINDS, silent=True),
    "zip of two": Case(zipped("a.csv", "b.csv"), ".zip", error=("an archive of 2 files",)),
    "no gzip": Case(csv(), ".csv.gz", error=("not compressed as its name says",)),
    "JSON lines": Case(lines(HOMES), ".jsonl", kinds=KINDS, silent=True, check=reads_area()),
    "JSON lines named json": Case(lines(HOMES), ".json", kinds=KINDS, silent=True),
    "JSON records": Case(HOMES.to_json(orient="records"), ".json", kinds=KINDS, silent=True),
    "JSON of columns": Case(HOMES.to_json(), ".json", error=("a list of records",)),
    "JSON of numbers": Case("[1, 2, 3]", ".json", error=("a list of records",)),
    "JSON cut off": Case(lines(HOMES)[:-5], ".jsonl", error=("line 60 is no JSON record",)),
    "JSON without records": Case("[]", ".json", error=("is empty",)),
    "JSON with lists": Case(
        lines(HOMES.assign(area=[[a, 1] for a in AREA])), ".jsonl", error=("'area' holds lists",)
    ),
    "JSON with missing keys": Case(
        json.dumps(
            [
                {"a": i * 7 % 11, "price": i * 1.5} | ({"b": i % 7} if i % 2 else {})
                for i in range(N)
            ]
        ),
        ".json",
        kinds={"a": "number", "b": "number"},
        check=missing_in("b", N // 2),
    ),
    "parquet": Case(to_parquet(), ".parquet", kinds=KINDS, silent=True, check=reads_area()),
    "parquet with an index": Case(
        lambda path: HOMES.set_index("city").to_parquet(path), ".parquet", kinds=KINDS
    ),
    "parquet with dates": Case(
        to_parquet(area=DATES), ".parquet", kinds={**KINDS, "area": "date"}, silent=True
    ),
    "parquet with an index of dates": Case(
        lambda path: HOMES.set_index(DATES).to_parquet(path),
        ".parquet",
        kinds={**KINDS, "index": "date"},
        silent=True,
    ),
    "parquet with an index of numbers": Case(
        lambda path: HOMES.set_index(pd.Index(range(9, N + 9))[::-1]).to_parquet(path),
        ".parquet",
        kinds=KINDS,
        silent=True,
    ),
    "parquet with lists": Case(
        to_parquet(area=[[1, 2]] * N), ".parquet", error=("'area' holds lists", "--drop 'area'")
    ),
    "parquet with structs": Case(
        to_parquet(area=[{"a": 1}] * N), ".parquet", error=("'area' holds lists, records",)
    ),
    "parquet with lists, dropped": Case(
        to_parquet(area=[[1, 2]] * N),
        ".parquet",
        {"drop": ["area"]},
        kinds={"rooms": "number", "city": "category"},
    ),
    "parquet with bytes": Case(
        to_parquet(area=[b"a", b"b"] * 30), ".parquet", error=("holds bytes",)
    ),
    "parquet with text": Case(
        to_parquet(area=[f"{a:,.1f} m2" for a in AREA * 100]),
        ".parquet",
        kinds=KINDS,
        said=("unit 'm2'",),
        check=reads_area(100),
    ),
    "parquet with dictionaries": Case(
        to_parquet(city=pd.Categorical(CITY)), ".parquet", kinds=KINDS, silent=True
    ),
    "excel": Case(to_excel(), ".xlsx", kinds=KINDS, silent=True, check=reads_area()),
    "excel with an index": Case(
        to_excel(index=True), ".xlsx", kinds=KINDS, said=("counts the rows",)
    ),
    "excel with two sheets": Case(two_sheets, ".xlsx", kinds=KINDS, said=("first of 2 sheets",)),
    "excel with mixed cells": Case(
        to_excel(HOMES.assign(area=["n/a", *AREA[1:]])),
        ".xlsx",
        kinds=KINDS,
        said=("missing: 'n/a'",),
        check=missing_in("area", 1),
    ),
    "excel with dates": Case(
        to_excel(HOMES.assign(area=DATES)), ".xlsx", kinds={**KINDS, "area": "date"}, silent=True
    ),
    "excel with a title": Case(
        to_excel(HOMES, startrow=2), ".xlsx", kinds=KINDS, check=reads_area()
    ),
    "no excel": Case(b"PK\x03\x04" + bytes(range(200)), ".xlsx", error=("it begins as an Excel",)),
    "old excel": Case(b"\xd0\xcf\x11\xe0" + bytes(90), ".xls", error=("old Excel file", ".xlsx")),
    "web page": Case("<!DOCTYPE html><html>", error=("a web page",)),
    "ARFF": Case("@RELATION iris\n@ATTRIBUTE a NUMERIC\n", ".arff", error=("an ARFF file",)),
    "empty": Case("", error=("is empty",)),
    "only a mark": Case(b"\xef\xbb\xbf\n", error=("is empty",)),
    "only names": Case("a,price\n", error=("no rows with a target",)),
}

HEADERS = {
    "no header": Case(
        csv(header=False),
        target="column 4",
        said=("no header", "'column 1' to 'column 4'"),
        kinds={"column 1": "number", "column 2": "number", "column 3": "category"},
    ),
    "no header, numbers only": Case(
        csv(HOMES.drop(columns="city"), header=False),
        target="column 3",
        said=("no header",),
        kinds={"column 1": "number", "column 2": "number"},
    ),
    "no header, texts only": Case(
        csv(pd.DataFrame({"a": CITY, "b": LABEL, "c": LABEL[::-1]}), header=False),
        target="column 3",
        task="classification",
        said=("no header",),
        kinds={"column 1": "category", "column 2": "category"},
    ),
    "years as names": Case(
        "2019,2020,2021\n"
        + "".join(f"{a},{r},{p}\n" for a, r, p in zip(AREA, ROOMS, PRICE, strict=True)),
        target="2021",
        kinds={"2019": "number", "2020": "number"},
    ),
    "blanks around names and labels": Case(
        "\n".join(", ".join(f"{cell} " for cell in line.split(",")) for line in csv().splitlines()),
        kinds=KINDS,
        silent=True,
        check=values_of("city", "Graz", "Linz", "Wien"),
    ),
    "one name twice": Case(
        csv(HOMES.rename(columns={"rooms": "area"})),
        kinds={"area": "number", "area.1": "number", "city": "category"},
        said=("two columns are named 'area'",),
    ),
    "names with quotes and separators": Case(
        csv(HOMES.rename(columns={"area": 'area, "net"'})),
        kinds={'area, "net"': "number", "rooms": "number", "city": "category"},
        silent=True,
    ),
    "a line above the table": Case("Homes of 2020\n" + csv(), error=("above the table",)),
    "lines above the table": Case(
        "Homes of 2020,,,\n" + csv(), error=("first line must have the names",)
    ),
    "longer lines": Case(csv() + "1,2,Graz,4,5\n", error=("line 62 has 5 cells", "--sep")),
    "shorter lines": Case(
        csv().rstrip("\n").rsplit("\n", 1)[0] + "\n50,2\n",
        kinds=KINDS,
        rows=N - 1,
        said=("1 row has fewer cells",),
    ),
    "names of rows, as R writes them": Case(
        "area,rooms,city,price\n" + csv(header=False, index=True),
        kinds=KINDS,
        said=("counts the rows",),
    ),
    "a separator at the end of each line": Case(
        "\n".join(line + ("," if i else "") for i, line in enumerate(csv().splitlines())),
        kinds=KINDS,
        said=("it is empty",),
    ),
    "an empty column at the end": Case(
        "\n".join(line + "," for line in csv().splitlines()),
        kinds=KINDS,
        said=("it is empty",),
    ),
    "an open quote": Case('a,b\n1,"x\n2,y\n', error=("a quote is open from row 1",)),
}
