"""The files that one takes home: what they hold, and that they are written whole or not at all."""

import builtins
import errno
import html
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import slow

from sklearn_relu.__main__ import main
from sklearn_relu.comparison import command, taking_home
from sklearn_relu.comparison.folder import check_place, write_together
from sklearn_relu.comparison.taking_home import CONTENTS

for package in ("jinja2", "matplotlib", "rich", "skops"):
    pytest.importorskip(package)

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

RNG = np.random.RandomState(0)
N = 60
TABLE = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "a <b> & \"c\" 'd' é": RNG.randint(3, size=N),
        "color": RNG.choice(["red", "green"], N),
        "price": RNG.normal(size=N),
        "target": RNG.choice(["yes", "no"], N),
    }
)
TABLE["target"] = np.where(TABLE["x"] > 0, "yes", TABLE["target"])
QUICK = ["--networks", "4", "3x2", "--activations", "relu", "--max-iter", "5", "--folds", "2"]
QUICK += ["--jobs", "1", "--baselines", "constant"]


@pytest.fixture(scope="module", autouse=True)
def figure():
    """Another picture in place of compare.png, whose networks would be trained once more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "_figure_png", lambda *_: b"\x89PNG")
        yield


def compare(folder, *args):
    """The folder with the files of ``sklearn-relu compare``."""
    folder.mkdir(exist_ok=True)
    TABLE.to_csv(folder / "my table.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["compare", *args, *QUICK, "--out", "out"]) == 0
    return folder / "out"


CODE = list(TABLE)[1]
READING = ["--drop", "color", "price", "--max-rows", "50", "--categorical", CODE]
CASES = {
    "classes": ["my table.csv", "--seeds", "2", "--random-state", "3"],
    "numbers": ["my table.csv", "--target", "price", "--penalties", "l1", "none"],
    "reading": ["my table.csv", *READING, "--random-state", "1"],
    "digits": [],
}


@pytest.fixture(scope="module", params=["classes", "numbers", "reading", slow("digits")])
def home(request, tmp_path_factory):
    """What one takes home from a comparison."""
    return compare(tmp_path_factory.mktemp(request.param), *CASES[request.param])


def frame(path):
    """A table of results; "none" is a penalty."""
    return pd.read_csv(path, keep_default_na=False, na_values=["nan", ""])


def best_of(home):
    """The best row of the table."""
    table = frame(home / "compare.csv")
    table = table[~table["is_baseline"]]
    return table.loc[table["score"].idxmax()]


class TestContents:
    def test_all_files_are_there(self, home):
        assert set(os.listdir(home)) == set(CONTENTS)
        page = (home / "report.html").read_text(encoding="utf-8")
        assert all(f"<code>{name}</code>" in page for name in CONTENTS)
        for name in CONTENTS:
            if name.endswith(".png"):
                assert (home / name).read_bytes().startswith(b"\x89PNG")

    def test_the_script_prints_the_same_score_wherever_the_folders_are(
        self, home, tmp_path, capsys
    ):
        shutil.copytree(home.parent, tmp_path / "moved")
        script = tmp_path / "moved" / "out" / "best.py"
        runpy.run_path(str(script), run_name="__main__")
        name, printed = capsys.readouterr().out.split()
        score = best_of(home)["score"]
        assert name in ("accuracy", "r2")
        assert float(printed) == pytest.approx(score, abs=1e-6)
        first, *_ = script.read_text(encoding="utf-8").splitlines()
        assert first == f"# The best pipeline of the comparison: {name} {score:.6f}."

    def test_the_script_is_short(self, home):
        code = (home / "best.py").read_text(encoding="utf-8")
        statements = [line for line in code.splitlines() if re.match(r"\w+(, \w+)* = |print", line)]
        assert len(statements) <= 15

    def test_results_have_all_fits_and_the_table_their_means(self, home):
        results, table = frame(home / "results.csv"), frame(home / "compare.csv")
        assert len(results) == table["n_fits"].sum()
        assert (results["activation"] == table["activation"].iloc[-1]).sum() == 2  # the baseline
        assert set(results["fold"]) == {1, 2}
        labels = list(results.columns[: list(results.columns).index("seed")])
        assert list(table.columns[: len(labels)]) == labels
        figures = [name for name in results if name in table and name not in labels]
        assert {"score", "train_score", "epochs", "sparsity", "n_parameters"} <= set(figures)
        means = results.groupby(labels)[figures].mean()
        wanted = table.set_index(labels)[figures]
        pd.testing.assert_frame_equal(means, wanted.loc[means.index], check_dtype=False)

    def test_the_line_in_the_page_loads_the_model(self, home, monkeypatch):
        page = (home / "report.html").read_text(encoding="utf-8")
        (code,) = re.findall(r'<pre class="scroll" tabindex="0"><code>(.*?)</code>', page, re.S)
        monkeypatch.chdir(home)
        names = runpy.run_path("best.py")
        exec(html.unescape(code), names)
        fitted = names["pipeline"].fit(names["X"], names["y"])
        assert list(names["model"].predict(names["X"])) == list(fitted.predict(names["X"]))


def test_a_model_is_fitted_to_all_rows(tmp_path):
    import skops.io

    home = compare(tmp_path, "my table.csv", "--target", "price")
    types = skops.io.get_untrusted_types(file=home / "model.skops")
    model = skops.io.load(home / "model.skops", trusted=types)
    scaler = model["mlp"].transformer_
    assert scaler.n_samples_seen_ == N
    assert scaler.mean_ == pytest.approx(TABLE["price"].mean())


def test_the_command_says_what_it_wrote(tmp_path, capsys, monkeypatch):
    compare(tmp_path, "my table.csv")
    last = capsys.readouterr().out.splitlines()[-2]
    assert last == f"wrote {', '.join(CONTENTS)} to out"


@pytest.mark.slow
def test_the_script_runs_by_itself(tmp_path):
    home = compare(tmp_path, "my table.csv")
    command = [sys.executable, "-W", "ignore", home / "best.py"]
    done = subprocess.run(command, cwd=home.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("accuracy 0.")


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_failure_after_the_table_leaves_nothing(tmp_path, capsys, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(taking_home, "best_script", fail)
    monkeypatch.chdir(tmp_path)
    TABLE.to_csv("table.csv", index=False)
    status = main(["compare", "table.csv", *QUICK, "--out", "out"])
    assert status == (2 if isinstance(error, OSError) else 130)
    assert "nothing was written" in capsys.readouterr().err or status == 2
    assert os.listdir(tmp_path) == ["table.csv"]


FILES = {"a": b"new a", "b": b"new b" * 9999, "c": b"new c"}
NAMES = ("a", "b", "c", "d")


def content(path):
    """All files below a folder, by their path from there."""
    return {
        str(found.relative_to(path)): found.read_bytes()
        for found in sorted(path.rglob("*"))
        if found.is_file()
    }


def places(tmp_path):
    """Folders that files are written to, and what is there before."""
    old = {"b": b"old b", "d": b"old d", "other": b"mine", "sub/other": b"mine"}
    for name in ("existing", "linked_to"):
        for file, text in old.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    (tmp_path / "empty").mkdir()
    if os.name == "posix":
        (tmp_path / "link").symlink_to("linked_to")
    return tmp_path


PLACES = ["new", "new/below/it", "existing", "empty", "existing/sub", "link"]


class TestWholeOrNot:
    @pytest.mark.parametrize("place", PLACES)
    def test_files_are_written_and_others_left_alone(self, tmp_path, place):
        out = places(tmp_path) / place
        write_together(str(out), FILES, NAMES)
        found = content(out)
        assert {name: found[name] for name in FILES} == FILES
        assert "d" not in found  # left by an earlier call
        left = {name: text for name, text in found.items() if name not in FILES}
        assert set(left.values()) <= {b"mine"}
        assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]
        if place in ("existing", "link"):
            assert set(left) == {"other", "sub/other"}
            assert out.is_symlink() == (place == "link")

    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
    @pytest.mark.parametrize("step", ["fsync", "replace", "rename", "open", "mkdir"])
    @pytest.mark.parametrize("place", PLACES)
    def test_a_failure_at_any_step_leaves_all_as_it_was(
        self, tmp_path, monkeypatch, place, step, error
    ):
        """Each call of a function of the system fails once, before it is done and after."""
        places(tmp_path)
        before = content(tmp_path)
        owner, name = {
            "open": (builtins, "open"),
            "mkdir": (Path, "mkdir"),
        }.get(step, (os, step))
        real = getattr(owner, name)
        n_calls = self._calls(tmp_path, monkeypatch, owner, name, place)
        # A file that is open is not left to nobody.
        for afterwards in (False, True)[: 1 + (step != "open")]:
            for failing in range(n_calls):
                calls = iter(range(10**6))

                def fail(*args, **options):
                    if next(calls) != failing:  # noqa: B023
                        return real(*args, **options)
                    if afterwards:  # noqa: B023
                        real(*args, **options)
                    raise error

                with monkeypatch.context() as patch:
                    patch.setattr(owner, name, fail)
                    with pytest.raises(type(error)):
                        write_together(str(tmp_path / place), FILES, NAMES)
                is_done = afterwards and step == "rename" and place.startswith("new")
                if is_done:  # all of them have come to their place
                    assert set(content(tmp_path / place)) == set(FILES)
                    break
                assert content(tmp_path) == before
                assert not (tmp_path / "new").exists()

    @staticmethod
    def _calls(tmp_path, monkeypatch, owner, name, place):
        """How often a function is called; what is written is elsewhere."""
        other = tmp_path.parent / f"{tmp_path.name}_counted"
        other.mkdir()
        places(other)
        real, calls = getattr(owner, name), []

        def counted(*args, **options):
            calls.append(args)
            return real(*args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, counted)
            write_together(str(other / place), FILES, NAMES)
        return len(calls)

    @pytest.mark.skipif(os.name != "posix", reason="needs limits of a process")
    @pytest.mark.parametrize("place", ["new", "existing"])
    def test_a_disk_that_takes_no_more(self, tmp_path, place):
        import resource

        places(tmp_path)
        before = content(tmp_path)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                write_together(str(tmp_path / place), FILES, NAMES)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert content(tmp_path) == before
        assert not (tmp_path / "new").exists()

    def test_a_folder_of_the_name_of_a_file_is_refused_before_the_work(self, tmp_path):
        (tmp_path / "b").mkdir()
        with pytest.raises(ValueError, match=r"--out: cannot write .*b, which is a folder"):
            check_place(str(tmp_path), NAMES)
        assert os.listdir(tmp_path) == ["b"]

    @pytest.mark.parametrize("place", PLACES)
    def test_places_that_can_be_written_to(self, tmp_path, place):
        places(tmp_path)
        before = content(tmp_path)
        check_place(str(tmp_path / place), NAMES)
        assert content(tmp_path) == before
