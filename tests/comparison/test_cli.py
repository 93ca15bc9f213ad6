"""The main job as a command: what it prints, writes and refuses."""

import gzip
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from helpers import slow

from sklearn_relu.__main__ import main
from sklearn_relu.comparison import command
from sklearn_relu.comparison.progress import bar_on_stderr
from sklearn_relu.comparison.taking_home import CONTENTS
from sklearn_relu.comparison.terminal import figure_in_words

RNG = np.random.RandomState(0)
N = 60
TABLE = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "code": RNG.randint(3, size=N),
        "color": RNG.choice(["red", "green"], N),
        "price": RNG.normal(size=N),
        "target": RNG.choice(["yes", "no"], N),
    }
)
QUICK = ["--networks", "4", "--activations", "relu", "--max-iter", "3", "--folds", "2"]
QUICK += ["--jobs", "1", "--baselines"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a table in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    TABLE.to_csv("table.csv", index=False)
    return tmp_path


def run(capsys, *args):
    """Status, stdout and stderr of ``sklearn-relu compare``."""
    status = main(["compare", *map(str, args)])
    out, err = capsys.readouterr()
    return status, out, err


def _without_room(text):
    """The figures that the output says it left out."""
    found = re.search(r"No room for: (.*?)\. A wider", " ".join(text.split()))
    return found[1].split(", ") if found else []


def _piped(args, **environment):
    args = [sys.executable, "-m", "sklearn_relu", *args]
    done = subprocess.run(
        args, capture_output=True, text=True, check=True, env=os.environ | environment
    )
    assert done.stderr == ""
    return done.stdout


class TestCompare:
    def test_it_says_what_was_read_and_shows_a_table(self, folder, capsys):
        status, out, err = run(capsys, "table.csv", *QUICK)
        assert (status, err) == (0, "")
        lines = out.splitlines()
        share = 100 * TABLE["target"].value_counts(normalize=True).max()
        assert lines[0] == "table.csv: 60 rows, 3 numeric and 1 categorical columns"
        assert lines[1:4] == [
            "  numbers     'x', 'code', 'price'",
            "  categories  'color' (2)",
            "  note        few different whole numbers: 'code' (3); --categorical takes them",
        ]
        assert lines[5] == (
            f"target 'target': 2 classes, the most frequent in {share:.1f} % of the rows"
        )
        assert lines[6] == (
            "task: classification, by what the target holds (--task says otherwise)"
        )
        assert any(line.startswith("relu") for line in lines)
        assert "1 candidate, 2 folds, 1 seed; best: relu, 4: accuracy" in out
        assert "2 of 2 fits reached --max-iter" in out
        assert "Trained in lockstep: 2 fits in 1 stack of up to 2." in out
        assert max(map(len, lines)) <= 100
        assert os.listdir(folder) == ["table.csv"]

    @pytest.mark.slow
    def test_every_option_is_taken(self, folder, capsys):
        options = (
            "--target price --task regression --activations tanh --networks 4 3x2 "
            "--initializations he_normal --penalties l1 none --biases fan_in_uniform 0.1 "
            "--alphas 0.01 --learning-rates 0.01 --folds 2 --seeds 2 --max-iter 2 --jobs 1 "
            "--random-state 3 --categorical code --drop target --max-rows 40 --out out/deep "
            "--baselines constant --scoring neg_mean_absolute_error --estimators mlp --time-limit "
            "1000 --early-stopping --parts solver=adam shuffle=true"
        )
        status, out, err = run(capsys, "table.csv", *options.split())
        assert (status, err) == (0, "")
        assert "table.csv: 40 rows, 1 numeric and 2 categorical columns" in out
        assert "a random sample of 40 of 60 rows" in out
        assert "task: regression\n" in out
        assert "8 candidates, 2 folds, 2 seeds" in out
        written = pd.read_csv(folder / "out" / "deep" / "compare.csv")
        assert written["activation"].tolist()[8:] == ["mean of the target"]
        written = written[~written["is_baseline"]]
        assert len(written) == 8
        assert set(written["penalty"]) == {"l1", "none"}
        assert set(written["bias"]) == {"0.1", "fan_in_uniform"}
        assert (folder / "out" / "deep" / "compare.png").read_bytes().startswith(b"\x89PNG")
        last = out.rstrip().splitlines()[-2]
        assert last == f"wrote {', '.join(CONTENTS)} to out/deep"
        assert set(os.listdir(folder / "out" / "deep")) == set(CONTENTS)

    def test_files_may_be_parquet_or_compressed(self, folder, capsys):
        TABLE.to_parquet("table.parquet")
        TABLE.to_csv("table.csv.gz", index=False)
        outputs = []
        for name in ("table.csv", "table.csv.gz", "table.parquet"):
            status, out, _ = run(capsys, name, *QUICK)
            assert status == 0
            outputs.append(
                [line.split()[2] for line in out.splitlines() if line.startswith("relu")]
            )
        assert outputs[0] == outputs[1] == outputs[2]

    def test_files_of_another_kind_are_read_by_their_options(self, folder, capsys):
        table = TABLE.assign(price=TABLE["price"].astype(str).str.replace(".", ","))
        table.loc[TABLE["price"] >= 1, "price"] = "sold"
        table.to_csv("table.txt", sep="~", decimal=",", index=False, encoding="utf-16-le")
        options = "--sep ~ --decimal , --encoding utf-16-le --missing sold --target price"
        status, out, err = run(capsys, "table.txt", *QUICK, *options.split())
        assert (status, err) == (0, "")
        assert "note        '~' separate the columns" in out
        assert f"{(TABLE['price'] >= 1).sum()} rows without a target were left out" in out
        assert "task: regression" in out

    def test_what_is_no_feature_is_left_out_and_said(self, folder, capsys):
        TABLE.assign(id=range(N), same=1).to_csv("more.csv", index=True)
        status, out, _ = run(capsys, "more.csv", *QUICK, "--target", "target")
        assert status == 0
        assert "more.csv: 60 rows, 3 numeric and 1 categorical columns" in out
        assert "  left out    'column 1': it counts the rows" in out
        assert "  left out    'id': a number of its own in nearly every row (0, 1, 2)" in out
        assert "  left out    'same': it is 1 in all rows" in out
        assert max(map(len, out[: out.index("task:")].splitlines())) <= 80

    def test_dates_are_features(self, folder, capsys):
        when = pd.date_range("2020-01-01", periods=N)
        TABLE.assign(when=when, then=when.astype(str)).to_parquet("dates.parquet")
        status, out, _ = run(capsys, "dates.parquet", *QUICK, "--target", "target")
        assert status == 0
        assert "3 numeric and 1 categorical columns, 2 of dates" in out
        assert "  dates       'when', 'then'" in out

    def test_the_last_column_is_the_target_if_none_has_that_name(self, folder, capsys):
        TABLE.drop(columns="target").to_csv("other.csv", index=False)
        status, out, _ = run(capsys, "other.csv", *QUICK)
        assert status == 0
        assert "target 'price': numbers from" in out
        assert "task: regression, by what the target holds" in out

    def test_rows_without_a_target_are_left_out_and_counted(self, folder, capsys):
        TABLE.assign(target=TABLE["target"].where(TABLE.index > 4)).to_csv("gaps.csv", index=False)
        status, out, _ = run(capsys, "gaps.csv", *QUICK)
        assert status == 0
        assert "gaps.csv: 55 rows" in out
        assert "5 rows without a target were left out" in out

    def test_question_marks_are_missing_values(self, folder, capsys):
        TABLE.assign(x=["?", *TABLE["x"][1:].astype(str)]).to_csv("gaps.csv", index=False)
        _, out, _ = run(capsys, "gaps.csv", *QUICK)
        assert "3 numeric and 1 categorical" in out

    def test_without_a_file_it_takes_the_digits(self, folder, capsys):
        status, out, _ = run(capsys, *QUICK, "--random-state", 1)
        assert status == 0
        assert out.startswith("digits (scikit-learn's): 1797 rows, 64 numeric")
        assert "target 'digit': 10 classes, the most frequent in 10.2 % of the rows" in out

    def test_nothing_is_said_of_max_iter_if_all_converge(self, folder, capsys):
        status, out, _ = run(
            capsys, "table.csv", *QUICK, "--max-iter", "3000", "--learning-rates", "0.1"
        )
        assert status == 0
        assert "max-iter" not in out

    @pytest.mark.parametrize(
        ("said", "width"),
        [("40", 40), ("60", 60), ("80", 80), ("200", 200), ("0", 100), ("", 100), ("wide", 100)],
    )
    def test_columns_sets_the_width(self, folder, capsys, monkeypatch, said, width):
        monkeypatch.setenv("COLUMNS", said)
        _, out, _ = run(capsys, "table.csv", *QUICK)
        text = out[out.index("accuracy") :]
        words = " ".join(text.split())
        longest = max(map(len, text.splitlines()))
        assert width - 20 < longest <= width
        assert re.search(r"^relu +4 +0\.\d{3} ± ", text, re.MULTILINE)
        assert ("No room for: " in text) == (width < 98)
        for name, meaning in command.MEANINGS.items():
            assert (meaning[:12] in words) == (figure_in_words(name) not in _without_room(text))

    @pytest.mark.slow  # as test_portability with another encoding
    def test_a_console_without_the_characters_gets_others(self, folder):
        out = _piped(["compare", "table.csv", *QUICK], PYTHONIOENCODING="ascii")
        assert re.search(r"relu +\|4 +\|0\.\d{3} \? ", out)

    @pytest.mark.parametrize("reader", ["true", slow("head -1")])
    @pytest.mark.slow
    def test_a_reader_that_leaves_does_not_lose_the_work(self, folder, reader):
        command_line = shlex.join([sys.executable, "-m", "sklearn_relu", "compare"])
        done = subprocess.run(
            f"{command_line} table.csv {shlex.join(QUICK)} --out out | {reader}; "
            "echo ${PIPESTATUS[0]}",
            shell=True,
            executable="/bin/bash",
            capture_output=True,
            text=True,
            check=True,
        )
        assert (done.stdout.splitlines()[-1], done.stderr) == ("0", "")
        assert set(os.listdir(folder / "out")) == set(CONTENTS)

    def test_warnings_are_lines_below_the_table(self, folder, capsys):
        rare = TABLE.assign(target=["rare", *TABLE["target"][1:]])
        rare.to_csv("rare.csv", index=False)
        status, out, err = run(capsys, "rare.csv", *QUICK)
        assert (status, err) == (0, "")
        text = " ".join(out.split())
        assert "warning: The least populated class in y has only 1 members" in text
        assert text.count("max-iter") == 1

    def test_failed_fits_are_counted_with_their_reason(self, folder, capsys):
        status, out, _ = run(capsys, "table.csv", *QUICK, "--biases", "0", "1e308")
        assert status == 0
        text = " ".join(out.split())
        assert "2 of 2 failed" in text
        assert "warning: 2 fits failed: ValueError: Solver produced non-finite" in text

    def test_a_search_without_a_fit_is_an_error(self, folder, capsys):
        status, _, err = run(capsys, "table.csv", *QUICK, "--biases", "1e308", "--out", "out")
        assert status == 2
        assert err.startswith("sklearn-relu: error: All the 2 fits failed: ValueError: Solver")
        assert err.count("\n") == 1
        assert not (folder / "out").exists()

    def test_failures_without_a_known_reason(self):
        assert command.one_line("3 fits failed out of 4") == "3 fits failed: for unknown reasons"


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return name


class TestErrors:
    """One clear line on stderr, exit status 2, nothing written."""

    def check(self, capsys, folder, args, message):
        before = sorted(os.listdir(folder))
        try:
            status = main(["compare", *args, "--out", "out"])
        except SystemExit as error:
            status = error.code
        out, err = capsys.readouterr()
        assert status == 2
        assert out == ""
        assert err.startswith("sklearn-relu: error: ")
        assert err.count("\n") == 1
        assert message in err
        assert sorted(os.listdir(folder)) == before

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            ("nothere.csv", "nothere.csv: there is no such file"),
            (".", ". is a directory"),
            ("table.csv --target zz", "no column 'zz'; it has 'x', 'code', 'color', 'price', 'ta"),
            ("table.csv --drop zz", "--drop: table.csv has no column 'zz'"),
            ("table.csv --drop target", "'target' is the target"),
            ("table.csv --categorical zz", "--categorical: table.csv has no column 'zz'"),
            ("table.csv --drop x code color price", "no feature beside the target"),
            ("table.csv --task regression", "numbers for regression; got 'no'"),
            ("table.csv --target price --task classification", "got the number"),
            ("table.csv --activations rellu", "Did you mean 'relu'"),
            ("table.csv --initializations he", "initialization must be one of"),
            ("table.csv --penalties l3", "penalty must be one of"),
            ("table.csv --biases x", "bias_initialization must be one of"),
            ("table.csv --alphas -1", "'alpha' parameter"),
            ("table.csv --alphas x", "--alphas: invalid float value: 'x'"),
            ("table.csv --learning-rates 0", "'learning_rate_init' parameter"),
            ("table.csv --networks 0", "must be like 100, 64,32 or 80x10; got '0'"),
            ("table.csv --networks 3x", "got '3x'"),
            ("table.csv --folds 1", "a whole number of at least 2; got '1'"),
            ("table.csv --folds 59", "folds must be at least 2 and at most"),
            ("table.csv --seeds 0", "at least 1; got '0'"),
            ("table.csv --max-iter x", "got 'x'"),
            ("table.csv --jobs 0", "a positive number, or -1 for all cores; got '0'"),
            ("table.csv --random-state -1", "at least 0; got '-1'"),
            ("table.csv --task ranking", "invalid choice: 'ranking'"),
            ("--target x", "--target needs a FILE"),
            ("--activations relu table.csv", "--activations got 'table.csv', which is a file. Put"),
            ("--drop x table.csv", "Put FILE before the options: sklearn-relu compare table.csv"),
            ("--folds x", "(see --help)"),
            ("--max-rows 9", "--max-rows needs a FILE"),
            ("--sep ;", "--sep needs a FILE"),
            ("--missing x", "--missing needs a FILE"),
            ("table.csv --sep ::", "--sep must be one character"),
            ("table.csv --encoding utf-9", "--encoding: there is no encoding 'utf-9'"),
            ("table.csv --decimal ;", "--decimal: invalid choice: ';'"),
        ],
    )
    def test_arguments(self, folder, capsys, args, message):
        self.check(capsys, folder, args.split(), message)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "file.csv is empty"),
            ("a,target\n", "no rows with a target in column 'target'"),
            ("a,target\n1,\n", "no rows with a target"),
            ("a,target\n1,x\n2,x\n", "target 'target': y must have at least two classes; got the"),
            ("a,target\n1,x\n2,y,3,4\n", "cannot read file.csv: line 3 has 4 cells, and the first"),
            ("a~target\n1~x\n2~y\n", "Columns must be separated by commas"),
            ("a,target\n" + "inf,x\n1,y\n" * 5, "column 'a' must hold finite numbers"),
            (
                "a,target\noops,x\n" + "".join(f"{i},{'xy'[i % 2]}\n" for i in range(30)),
                "column 'a' holds 30 different numbers as text ('0', '1', '2'), and among them "
                "'oops': --missing takes these as missing values",
            ),
        ],
    )
    def test_files(self, folder, capsys, text, message):
        self.check(capsys, folder, [write("file.csv", text)], message)

    def test_files_that_are_no_tables(self, folder, capsys):
        noise = bytes(RNG.randint(128, 256, 500).astype(np.uint8))
        for name in ("file.csv", "file.csv.gz", "file.parquet"):
            (folder / name).write_bytes(noise)
            self.check(capsys, folder, [name], f"cannot read {name}: ")
        (folder / "cut.csv.gz").write_bytes(gzip.compress(b"a,target\n1,x\n" * 50)[:25])
        self.check(capsys, folder, ["cut.csv.gz"], "cannot read cut.csv.gz: ")

    @pytest.mark.parametrize("value", [[1, 2], {"a": 1}])
    def test_lists_and_records(self, folder, capsys, value):
        TABLE.assign(tags=[value] * N).to_parquet("file.parquet")
        self.check(capsys, folder, ["file.parquet"], "column 'tags' holds lists, records or other")

    @pytest.mark.parametrize("out", ["table.csv", "table.csv/deep"])
    def test_a_place_that_cannot_be_written(self, folder, capsys, out):
        status, stdout, err = run(capsys, "table.csv", *QUICK, "--out", out)
        assert (status, stdout) == (2, "")
        assert f"--out: cannot write to {out}: " in err
        assert "Not a directory" in err

    @pytest.mark.parametrize("name", ["rich", "pandas", "matplotlib", "jinja2", "skops"])
    def test_missing_extras(self, folder, capsys, monkeypatch, name):
        monkeypatch.setitem(sys.modules, name, None)
        message = f"this needs {name}: pip install {name}\n"
        self.check(capsys, folder, ["table.csv"], message)

    def test_missing_parquet_support(self, folder, capsys, monkeypatch):
        (folder / "file.parquet").write_bytes(b"PAR1")
        monkeypatch.setattr(pd, "read_parquet", raise_import_error)
        self.check(capsys, folder, ["file.parquet"], "Parquet needs pyarrow: pip install pyarrow")

    def test_missing_excel_support(self, folder, capsys, monkeypatch):
        with zipfile.ZipFile("file.xlsx", "w") as book:
            book.writestr("[Content_Types].xml", "")
        monkeypatch.setitem(sys.modules, "openpyxl", None)
        self.check(capsys, folder, ["file.xlsx"], "Excel files need openpyxl: pip install openpyxl")

    @pytest.mark.parametrize("args", [[], ["foo"]])
    def test_no_or_another_command(self, capsys, args):
        with pytest.raises(SystemExit) as error:
            main(args)
        assert error.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1


def raise_import_error(path):
    raise ImportError("install pyarrow")


def test_help_and_version(capsys):
    for args in (["--help"], ["compare", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as end:
            main(args)
        assert end.value.code == 0
    assert "80x10" in capsys.readouterr().out


def test_an_interrupt_ends_with_a_line(folder, capsys, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "carry_out", interrupt)
    status, out, err = run(capsys, "table.csv", "--out", "out")
    assert status == 130
    assert "accuracy" not in out
    assert err == "sklearn-relu: interrupted; nothing was written.\n"
    assert not (folder / "out").exists()


def on_a_terminal(*args, interrupt_at=None, columns=100, term="xterm"):
    """Status and output of the module on a pseudo-terminal; Ctrl-C once some text was shown."""
    import pty  # which only some systems have
    import termios

    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        termios.tcsetwinsize(1, (40, columns))
        os.environ.pop("TERM", None)
        os.environ |= {"TERM": term} if term else {}
        # The environment as Python has it: readline, which pytest imports, may set COLUMNS in C.
        os.execve(sys.executable, [sys.executable, "-m", "sklearn_relu", *args], os.environ)
    output = b""
    while True:
        try:
            output += os.read(terminal, 65536)
        except OSError:  # Linux: the other side was closed
            break
        if interrupt_at and interrupt_at in output:
            time.sleep(0.3)
            os.write(terminal, b"\x03")
            interrupt_at = None
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return status, output.decode()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of fork, beside threads
@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
class TestTerminal:
    def test_a_bar_is_shown_on_a_terminal_only(self, monkeypatch):
        assert bar_on_stderr(4) is None
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        assert bar_on_stderr(4) is not None

    @pytest.mark.parametrize(
        ("columns", "term"),
        [
            (60, "xterm"),
            (120, "dumb"),
            *(slow(*case) for case in [(80, "xterm"), (200, "xterm"), (40, "dumb"), (80, None)]),
        ],
    )
    @pytest.mark.slow
    def test_a_bar_shows_the_progress_and_the_terminal_itself_is_measured(
        self, folder, columns, term
    ):
        status, output = on_a_terminal("compare", "table.csv", *QUICK, columns=columns, term=term)
        assert status == 0
        if term == "xterm":
            assert "training 0 of 2 networks" in output
            assert "\x1b[1mrelu" in output  # the best is bold
        text = re.sub(r"\x1b\[[\d;?]*\w", "", output)
        table = text[text.rindex("accuracy", 0, text.index("(mean ± sd)")) :]
        longest = max(len(line.rstrip()) for line in table.splitlines())
        assert columns - 20 < longest <= columns
        assert re.search(r"^relu +4 +0\.\d{3} ± ", table, re.MULTILINE)
        assert ("No room for: " in table) == (columns < 98)

    def test_ctrl_c_ends_it(self, folder):
        endless = ["--networks", "400", "--max-iter", "100000", "--jobs", "1", "--out", "out"]
        status, output = on_a_terminal("compare", *endless, interrupt_at=b"0%")
        assert status == 128 + signal.SIGINT
        assert "Stopping; what has ended is kept." in output
        assert output.rstrip().endswith("sklearn-relu: interrupted; nothing was written.")
        assert "Traceback" not in output
        assert not (folder / "out").exists()


@pytest.mark.slow
def test_the_module_runs_in_processes(folder):
    args = [sys.executable, "-m", "sklearn_relu", "compare", "table.csv", *QUICK, "--jobs", "2"]
    result = subprocess.run(args, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "1 candidate" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


@pytest.mark.slow
def test_the_digits_show_what_the_tutorial_claims(tmp_path):
    """And what it does not: tanh trains too. The folds and seeds are the defaults."""
    args = [sys.executable, "-m", "sklearn_relu", "compare", "--out", "out"]
    subprocess.run(args, cwd=tmp_path, check=True, capture_output=True)
    table = pd.read_csv(tmp_path / "out" / "compare.csv", dtype={"network": str})
    table = table[~table["is_baseline"]].set_index(["activation", "network"])
    deep = "80x10"
    assert table.loc[("logistic", deep), "score"] < 0.15
    assert table.loc[("logistic", deep), "gradient_ratio"] < 1e-4
    assert table.loc[("relu", deep), "score"] >= 0.93
    assert table.loc[("relu", deep), "gradient_ratio"] > 1e-2
    zeros = table["sparsity"].unstack()
    assert (zeros.loc["relu"] > 0.2).all()
    assert (zeros.loc[["tanh", "logistic"]] == 0).all(axis=None)
