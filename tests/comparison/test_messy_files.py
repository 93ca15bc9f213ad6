"""Messy files: each is read for what it is, with words about what was done, or refused by name."""

import numpy as np
import pandas as pd
import pytest
from messy_columns import DATED, LEFT_OUT, MISSING, NUMBERS
from messy_files import FORMATS, HEADERS, HOMES

from sklearn_relu.comparison.datasets import check_target, columns_of
from sklearn_relu.comparison.files import read_table
from sklearn_relu.comparison.reading import columns_in_words

CASES = {
    f"{family}: {name}": case
    for family, cases in {
        "format": FORMATS,
        "header": HEADERS,
        "numbers": NUMBERS,
        "missing": MISSING,
        "left out": LEFT_OUT,
        "dates": DATED,
    }.items()
    for name, case in cases.items()
}


def written(case, folder):
    path = folder / f"homes{case.suffix}"
    if case.suffix == ".xlsx":
        pytest.importorskip("openpyxl")
    if callable(case.content):
        case.content(path)
    elif isinstance(case.content, bytes):
        path.write_bytes(case.content)
    else:
        path.write_text(case.content, encoding="utf-8", newline="")
    return str(path)


def read(case, folder):
    """The table, its task and the block about it."""
    options = {"target": None if case.target.startswith("column") else case.target} | case.options
    table = read_table(written(case, folder), **options)
    columns = columns_of(table.X, case.options.get("categorical", ()))
    try:
        y, task = check_target(table.y, case.options.get("task") or table.task)
    except ValueError as error:
        raise ValueError(f"target {table.target!r}: {error}") from None
    return table, y, task, columns, columns_in_words(table, columns)


READ = {name: case for name, case in CASES.items() if not case.error}
REFUSED = {name: case for name, case in CASES.items() if case.error}


def test_there_are_many_kinds():
    assert len(CASES) > 140
    assert len(REFUSED) > 40


@pytest.mark.parametrize("name", READ)
def test_it_is_read(name, tmp_path):
    case = CASES[name]
    table, y, task, columns, lines = read(case, tmp_path)
    found = dict.fromkeys(columns.numeric, "number") | dict.fromkeys(columns.dates, "date")
    assert found | dict.fromkeys(columns.categorical, "category") == case.kinds
    assert (table.target, task, len(y), len(table.X)) == (
        case.target, case.task, case.rows, case.rows,
    )  # fmt: skip
    text = " ".join(" ".join(lines).split())
    for words in case.said:
        assert words in text
    if case.silent:
        assert not {line.split()[0] for line in lines[1:]} & {"read", "left"}, lines
    if case.check:
        case.check(table)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(name, tmp_path):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (words of each case)
        read(CASES[name], tmp_path)
    for words in CASES[name].error:
        assert words in str(error.value)


def block_of(frame, folder, **options):
    path = folder / "t.csv"
    frame.to_csv(path, index=False)
    table = read_table(str(path), **options)
    return columns_in_words(table, columns_of(table.X, ()))


def test_of_many_columns_the_first_are_shown(tmp_path):
    wide = pd.DataFrame(np.random.RandomState(0).normal(size=(30, 300))).add_prefix("number ")
    texts = pd.DataFrame({f"text {i}": ["a", "b"] * 15 for i in range(40)})
    same = pd.DataFrame({f"same {i}": [i] * 30 for i in range(50)})
    written = pd.DataFrame({f"money {i}": [f"${i + j}.5" for j in range(30)] for i in range(25)})
    table = pd.concat([same, texts, written, wide], axis=1)
    lines = block_of(table, tmp_path)
    assert lines[0] == "t.csv: 30 rows, 324 numeric and 40 categorical columns"
    text = " ".join(" ".join(lines).split())
    assert "'number 0'" not in text
    assert "'money 19' and 304 more" in text
    assert "'text 19' (2) and 20 more" in text
    assert "'same 19': it is 19 in all rows; and 30 more columns likewise" in text
    assert "; and 5 more columns likewise" in text
    assert max(map(len, lines)) <= 80
    assert len(lines) < 80


def test_a_name_that_is_longer_than_the_line_stays_whole(tmp_path):
    name = "a" * 100
    lines = block_of(HOMES.rename(columns={"area": name}), tmp_path)
    assert any(repr(name) in line for line in lines)
    assert max(len(line) for line in lines if name not in line) <= 80


def test_a_sample_is_of_rows_with_a_target_and_the_same_each_time(tmp_path):
    path = str(tmp_path / "t.csv")
    HOMES.assign(price=HOMES["price"].where(HOMES.index % 2 == 0)).to_csv(path, index=False)
    first, again, other = (read_table(path, max_rows=20, random_state=seed) for seed in (0, 0, 1))
    assert len(first.X) == len(first.y) == 20
    assert set(first.y) <= set(HOMES["price"][::2])
    assert "a random sample of 20 of 30 rows" in first.notes
    pd.testing.assert_frame_equal(first.X, again.X)
    assert first.y.tolist() != other.y.tolist()


def test_what_is_given_is_named_where_it_is_not_there(tmp_path):
    path = tmp_path / "t.csv"
    HOMES.to_csv(path, index=False)
    for options, words in [
        ({"target": "cost"}, "--target: .* has no column 'cost'; it has 'area', 'rooms'"),
        ({"drop": ["cost"]}, "--drop: .* has no column 'cost'"),
        ({"categorical": ["cost"]}, "--categorical: .* has no column 'cost'"),
        ({"categorical": ["price"]}, "'price' is the target; --task classification"),
        ({"drop": ["price"], "target": "price"}, "--drop: 'price' is the target"),
    ]:
        with pytest.raises(ValueError, match=words):
            read_table(str(path), **options)
