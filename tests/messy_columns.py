"""Columns as people have them: numbers and dates as text, missing values, ids, doubled targets."""

import numpy as np
import pandas as pd
from messy_files import (
    AREA,
    CITY,
    DATES,
    HOMES,
    KINDS,
    LABEL,
    PRICE,
    ROOMS,
    Case,
    N,
    csv,
    missing_in,
    values_of,
)


def area(values, **more):
    """Homes whose area is written so."""
    kinds = {} if "error" in more else {"kinds": KINDS}
    return Case(csv(HOMES.assign(area=list(values))), **kinds | more)


def price(values, **more):
    kinds = {} if "error" in more else {"kinds": KINDS}
    return Case(csv(HOMES.assign(price=list(values))), **kinds | more)


def more(name, values, **more):
    """Homes with one more column, which comes first."""
    frame = HOMES.copy()
    frame.insert(0, name, list(values))
    return Case(csv(frame), **{"kinds": KINDS} | more)


def classes(values, **more):
    """Homes with classes in place of prices."""
    frame = HOMES.drop(columns="price").assign(label=list(values))
    return Case(csv(frame), **{"target": "label", "task": "classification", "kinds": KINDS} | more)


def reads(expected, name="area"):
    def check(table):
        values = table.y if name == "price" else table.X[name]
        np.testing.assert_allclose(values.to_numpy(float), expected, rtol=1e-6)

    return check


def labels(*expected):
    def check(table):
        assert set(table.y) == set(expected)

    return check


def word(text):
    """A class with a name that often says that a value is missing."""
    return classes(
        np.where(LABEL == "bad", text, LABEL), check=labels(text, "fair", "good"), silent=True
    )


def some(values, others, n=3):
    """Values, the first of which are others."""
    return [*(others[i % len(others)] for i in range(n)), *list(values)[n:]]


WHOLE = (AREA * 10).astype(int)
HALF = {"rooms": ROOMS + 0.5}

NUMBERS = {
    "thousands or decimals": Case(
        csv(HOMES.assign(area=[f"{w * 13:,}" for w in WHOLE], price=ROOMS)),
        error=("column 'area'", "two ways", "--decimal .", "--decimal ,", "'"),
    ),
    "thousands, said": Case(
        csv(HOMES.assign(area=[f"{w * 13:,}" for w in WHOLE])),
        options={"decimal": "."},
        kinds=KINDS,
        said=("'area': thousands separators ('",),
        check=reads(WHOLE * 13),
    ),
    "decimals, said": Case(
        csv(HOMES.assign(area=[f"{w * 13:,}" for w in WHOLE], price=PRICE.astype(int))),
        options={"decimal": ","},
        kinds=KINDS,
        check=reads(WHOLE * 0.013),
    ),
    "thousands beside decimal points": Case(
        csv(HOMES.assign(area=[f"{w * 13:,}" for w in WHOLE], **HALF)),
        kinds=KINDS,
        said=("thousands separators",),
        check=reads(WHOLE * 13),
    ),
    "thousands beside short numbers": Case(
        csv(HOMES.assign(area=[f"{w:,}" for w in WHOLE * np.where(ROOMS > 3, 13, 1) - 250])),
        kinds=KINDS,
        said=("thousands separators",),
        check=reads(WHOLE * np.where(ROOMS > 3, 13, 1) - 250),
    ),
    "millions": area(
        [f"{w * 10_001:,}" for w in WHOLE],
        said=("thousands separators",),
        check=reads(WHOLE * 10_001),
    ),
    "lakhs": area(
        [f"{w // 100},{w % 100:02},{w % 1000:03}" for w in WHOLE + 1000],
        said=("thousands separators",),
    ),
    "apostrophes": area(
        [f"{w * 13:,}".replace(",", "'") for w in WHOLE],
        said=("thousands separators",),
        check=reads(WHOLE * 13),
    ),
    "blanks between thousands": area(
        [f"{w * 13:,}".replace(",", " ") for w in WHOLE],
        said=("thousands separators",),
        check=reads(WHOLE * 13),
    ),
    "narrow blanks": area(
        [f"{w * 13:,}".replace(",", "\u202f") for w in WHOLE],
        said=("thousands separators",),
        check=reads(WHOLE * 13),
    ),
    "dollars": area([f"${a * 7:,.2f}" for a in AREA], said=("in $ ('$",), check=reads(AREA * 7)),
    "dollars of thousands": area(
        [f"${w * 13:,}" for w in WHOLE],
        said=("thousands separators, in $",),
        check=reads(WHOLE * 13),
    ),
    "euros": area([f"{a:.2f} €" for a in AREA], said=("in €",), check=reads(AREA)),
    "a code of money": area([f"EUR {a}" for a in AREA], said=("in eur",), check=reads(AREA)),
    "two kinds of money": area(
        some([f"${a}" for a in AREA], ["€5"]), error=("column 'area'", "several units", "'$")
    ),
    "percent": area([f"{a / 2}%" for a in AREA], said=("percent ('",), check=reads(AREA / 2)),
    "a unit": area([f"{a} m2" for a in AREA], said=("unit 'm2' ('",), check=reads(AREA)),
    "two units": area(
        [f"{a} {'m' if a < 90 else 'ft'}" for a in AREA],
        error=("column 'area'", "several units", " ft'"),
    ),
    "units of some": area(some([f"{a} m2" for a in AREA], ["55"]), error=("several units",)),
    "decimal commas": area(
        [f"{a}".replace(".", ",") for a in AREA], said=("decimal commas ('",), check=reads(AREA)
    ),
    "points and commas": area(
        some([f"{a}".replace(".", ",") for a in AREA], ["5.25"]),
        error=("decimal point", "decimal comma"),
    ),
    "minus signs": area([f"\u2212{a}" for a in AREA], check=reads(-AREA)),
    "brackets": area(
        [f"({a})" if a < 90 else f"{a}" for a in AREA],
        said=("brackets are negative",),
        check=reads(np.where(AREA < 90, -AREA, AREA)),
    ),
    "all in brackets": area([f"({a})" for a in AREA], error=("column 'area'", "in brackets")),
    "exponents": area([f"{a / 100:.3e}" for a in AREA], silent=True, check=reads(AREA / 100)),
    "leading zeros": Case(
        csv(HOMES.assign(area=[f"{r:05}" for r in ROOMS])),
        kinds={**KINDS, "area": "category"},
        said=("codes with leading zeros ('0000",),
    ),
    "numbers and words": area(
        some(AREA, ["oops", "big"]),
        error=(
            "column 'area'",
            "numbers as text",
            "'oops', 'big'",
            "--missing",
            "--categorical 'area'",
            "--drop 'area'",
        ),
    ),
    "numbers and words, missing": area(
        some(AREA, ["oops", "big"]),
        options={"missing": ["oops", "big"]},
        check=missing_in("area", 3),
        silent=True,
    ),
    "numbers and words, categories": Case(
        csv(HOMES.assign(area=some(AREA, ["oops"]))),
        options={"categorical": ["area"]},
        kinds={**KINDS, "area": "category"},
    ),
    "numbers and words, dropped": Case(
        csv(HOMES.assign(area=some(AREA, ["oops"]))),
        options={"drop": ["area"]},
        kinds={"rooms": "number", "city": "category"},
    ),
    "less than": area(some(AREA, ["<5"]), error=("column 'area'", "'<5'")),
    "a line of units": Case(
        csv().replace("price\n", "price\n[m2],[1],[-],[EUR]\n", 1), error=("'price'", "[EUR]")
    ),
    "ordinals": Case(
        csv(HOMES.assign(area=[["1st", "2nd", "3rd"][r % 3] for r in ROOMS])),
        kinds={**KINDS, "area": "category"},
        silent=True,
    ),
    "ranges": Case(
        csv(HOMES.assign(area=[["18-25", "26-35", "36+"][r % 3] for r in ROOMS])),
        kinds={**KINDS, "area": "category"},
        silent=True,
    ),
    "times of day": area(
        [f"{r + 7}:{w % 60:02}" for r, w in zip(ROOMS, WHOLE, strict=True)],
        said=("times of day in seconds ('",),
        check=reads([(r + 7) * 3600 + w % 60 * 60 for r, w in zip(ROOMS, WHOLE, strict=True)]),
    ),
    "infinite": area(some(AREA, ["inf"], 1), error=("column 'area' must hold finite numbers",)),
    "booleans": Case(
        csv(HOMES.assign(area=AREA > 90)), kinds={**KINDS, "area": "category"}, silent=True
    ),
    "prices of thousands": Case(
        csv(HOMES.assign(price=[f"{p:,.0f}" for p in PRICE])),
        kinds=KINDS,
        check=reads(PRICE, "price"),
        said=("'price': thousands separators",),
    ),
    "few prices of thousands": Case(
        csv(HOMES.assign(price=[f"{round(p, -5):,.0f}" for p in PRICE])),
        kinds=KINDS,
        said=("'price': thousands separators",),
    ),
    "few prices of thousands, as classes": Case(
        csv(HOMES.assign(price=[f"{round(p, -5):,.0f}" for p in PRICE])),
        kinds=KINDS,
        options={"task": "classification"},
        task="classification",
        silent=True,
    ),
    "prices in dollars": price(
        [f"${p:,.0f}" for p in PRICE],
        check=reads(PRICE, "price"),
        said=("'price': thousands separators, in $",),
    ),
    "prices, two ways": Case(
        csv(HOMES.assign(price=[f"{p:,.0f}" for p in PRICE], area=ROOMS + WHOLE)),
        error=("target 'price'", "two ways", "--decimal"),
    ),
    "prices and a few dashes": price(
        some([f"{p:.0f}" for p in PRICE], ["-"]),
        rows=N - 3,
        said=("missing: '-'", "3 rows without a target were left out ('-')"),
    ),
    "prices and words": price(
        some(PRICE, ["sold"]), error=("target 'price'", "'sold'", "--missing")
    ),
    "few numbers and a word": price(
        some(ROOMS, ["unknown"]), error=("target 'price'", "'unknown'", "--task classification")
    ),
    "prices of 1e300": price(AREA * 1e298, error=("up to 1e+150", "'price'")),
}

MISSING = {
    "a class named None": word("None"),
    "a class named NA": word("NA"),
    "a class named null": word("null"),
    "a class named n/a": word("n/a"),
    "a level named None": Case(
        csv(HOMES.assign(city=np.where(CITY == "Graz", "None", CITY))),
        kinds=KINDS,
        silent=True,
        check=values_of("city", "None", "Linz", "Wien"),
    ),
    "empty cells of text": Case(
        csv(HOMES.assign(city=np.where(CITY == "Graz", None, CITY))),
        kinds=KINDS,
        silent=True,
        check=values_of("city", "Linz", "Wien"),
    ),
    "question marks": area(some(AREA, ["?", " ?"]), silent=True, check=missing_in("area", 3)),
    "NaN": area(some(AREA, ["NaN", "nan"]), silent=True, check=missing_in("area", 3)),
    "NA among numbers": area(
        some(AREA, ["NA", "n/a"]), check=missing_in("area", 3), said=("missing: 'NA', 'n/a'",)
    ),
    "dashes among numbers": area(
        some(AREA, ["-"]), said=("missing: '-'",), check=missing_in("area", 3)
    ),
    "unknown among dates": Case(
        csv(HOMES.assign(area=some(DATES.astype(str), ["unknown"]))),
        kinds={**KINDS, "area": "date"},
        check=missing_in("area", 3),
        said=("missing: 'unknown'",),
    ),
    "a number that is none": area(
        some(AREA, ["-999"]), said=("missing values: 'area' (-999)", "--missing")
    ),
    "a number that is none, said": area(
        some(AREA, ["-999"]),
        options={"missing": ["-999"]},
        silent=True,
        check=missing_in("area", 3),
    ),
    "a word of one's own": Case(
        csv(HOMES.assign(city=np.where(CITY == "Graz", "k. A.", CITY))),
        options={"missing": ["k. A."]},
        kinds=KINDS,
        check=values_of("city", "Linz", "Wien"),
        silent=True,
    ),
    "rows without a target": price(
        some(PRICE, [""]), rows=N - 3, said=("3 rows without a target",)
    ),
    "a class that is missing": classes(
        np.where(LABEL == "bad", "x", LABEL),
        options={"missing": ["x"]},
        check=labels("fair", "good"),
        rows=int((LABEL != "bad").sum()),
        said=("without a target were left out",),
    ),
    "no target at all": price([""] * N, error=("no rows with a target in column 'price'",)),
}

LEFT_OUT = {
    "an index": Case(csv(index=True), kinds=KINDS, said=("'column 1': it counts the rows",)),
    "an index of one's own name": more(
        "n", range(N), kinds={**KINDS, "n": "number"}, said=("counting the rows: 'n'", "--drop")
    ),
    "ids": more(
        "id", ROOMS * 1000 + np.arange(N), said=("'id': a number of its own in nearly every row",)
    ),
    "ids by another name": more(
        "CustomerID", range(500, 500 + N), said=("'CustomerID': a number of its",)
    ),
    "ids that count": more("Home_ID", range(1, N + 1), said=("'Home_ID': a number of its own",)),
    "ids as text": more(
        "key", [f"C{i}" for i in range(N)], said=("'key': a text of its own", "'C0', 'C1'")
    ),
    "ids kept": more(
        "key",
        [f"C{i}" for i in range(N)],
        options={"categorical": ["key"]},
        kinds={**KINDS, "key": "category"},
    ),
    "comments": more(
        "note", [f"a nice flat, no {i}" for i in range(N)], said=("'note': a text of its own",)
    ),
    "addresses": more(
        "address",
        [f"{i + 3} {c}{i % 8} street" for i, c in enumerate(CITY)],
        said=("'address': a text of its own",),
    ),
    "codes that are ids": more(
        "zip", [f"{i:05}" for i in range(N)], said=("'zip': a text of its own",)
    ),
    "a constant": more("country", ["AT"] * N, said=("'country': it is 'AT' in all rows",)),
    "a constant number": more("year", [2020] * N, said=("'year': it is 2020 in all rows",)),
    "an empty column": more("remark", [""] * N, said=("'remark': it is empty",)),
    "a constant beside missing values": more(
        "flag", some(["x"] * N, [""]), kinds={**KINDS, "flag": "category"}, silent=True
    ),
    "the target twice": more("cost", PRICE, said=("'cost': it is the target 'price' once more",)),
    "the target in another unit": more(
        "cost", PRICE * 1.1 + 3, said=("'cost': it is the target 'price'",)
    ),
    "the target by other names": classes(
        LABEL,
        options={},
        kinds={"rooms": "number", "area": "number"},
        said=("'city': it is the target 'label' once more",),
    ),
    "the target and nothing else": Case(
        csv(pd.DataFrame({"cost": PRICE, "price": PRICE})),
        kinds={"cost": "number"},
        said=("the target once more", "no other feature"),
    ),
    "nothing but ids": Case(
        csv(pd.DataFrame({"id": range(N), "price": PRICE})),
        error=("no feature beside the target 'price'", "'id': a number of its own"),
    ),
    "codes of categories": Case(csv(), kinds=KINDS, said=("'rooms' (6); --categorical",)),
    "many categories": more(
        "shop",
        [f"s{i % 55}" for i in range(N)],
        kinds={**KINDS, "shop": "category"},
        said=("'shop' (55)", "of 'shop', 50 levels are told apart"),
    ),
    "a target of ids": Case(
        csv(HOMES.assign(price=[f"C{i}" for i in range(N)])),
        error=("target 'price' has a text of its own", "--target"),
    ),
    "a target of dates": Case(
        csv(HOMES.assign(price=DATES)), error=("target 'price' holds dates",)
    ),
}
LEFT_OUT["the target by other names"].content = csv(
    HOMES.drop(columns="price").assign(
        city=pd.Series(LABEL).map({"bad": "Graz", "fair": "Linz", "good": "Wien"}), label=LABEL
    )
)


def dates(values, **more):
    kinds = {} if "error" in more else {"kinds": {**KINDS, "area": "date"}}
    return Case(csv(HOMES.assign(area=list(values))), **kinds | more)


def reads_dates(expected=DATES):
    def check(table):
        assert table.X["area"].tolist() == list(expected)

    return check


WRITTEN = {
    "ISO": "%Y-%m-%d",
    "with slashes": "%Y/%m/%d",
    "of Germany": "%d.%m.%Y",
    "of America": "%m/%d/%Y",
    "of Britain": "%d/%m/%Y",
    "with short years": "%d.%m.%y",
    "with names of months": "%d %b %Y",
    "with long names of months": "%B %d, %Y",
    "with times": "%Y-%m-%dT%H:%M:%S",
    "with zones": "%Y-%m-%d %H:%M:%SZ",
}
DATED = {
    name: dates(
        DATES.strftime(form),
        said=("'area': dates ('",),
        check=reads_dates(DATES.tz_localize("UTC") if "zones" in name else DATES),
    )
    for name, form in WRITTEN.items()
} | {
    "months": dates(
        DATES.strftime("%Y-%m"), check=reads_dates(DATES.to_period("M").to_timestamp())
    ),
    "days or months": dates(
        [f"{r}/{w % 12 + 1}/2020" for r, w in zip(ROOMS, WHOLE, strict=True)],
        error=("column 'area'", "two ways", "days first, or months"),
    ),
    "dates and words": dates(some(DATES.astype(str), ["soon"]), error=("'area'", "dates as text")),
    "no dates": Case(
        csv(HOMES.assign(area=[f"2020-{r + 12}-99" for r in ROOMS])), error=("dates as text",)
    ),
}
