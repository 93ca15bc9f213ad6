"""The main job as a command: read a table, compare, show and write what was found."""

import argparse
import importlib.util
import io
import re
import time
import warnings

import numpy as np

from sklearn_relu.comparison.datasets import check_target, columns_of
from sklearn_relu.comparison.files import Table, read_table
from sklearn_relu.comparison.folder import check_place, write_together
from sklearn_relu.comparison.meanings import MEANINGS
from sklearn_relu.comparison.output import columns, reader_may_leave
from sklearn_relu.comparison.plan import make_plan
from sklearn_relu.comparison.progress import bar_on_stderr
from sklearn_relu.comparison.reading import columns_in_words
from sklearn_relu.comparison.search import carry_out
from sklearn_relu.comparison.sentences import answer
from sklearn_relu.comparison.table import (
    best_row,
    comparison_rows,
    csv_text,
    fits_at_max_iter,
)
from sklearn_relu.comparison.taking_home import CONTENTS, files_to_take_home
from sklearn_relu.comparison.terminal import WIDTH, figure_in_words, rich_table, row_label


def run(args: argparse.Namespace) -> int:
    """Read, search, show, write.

    Parameters
    ----------
    args : argparse.Namespace
        The options of ``sklearn-relu compare``.

    Returns
    -------
    status : int
        130 where Ctrl-C ended training, else 0.

    Raises
    ------
    ValueError, OSError
        For input that cannot be used, before anything is printed or written.
    """
    start = time.perf_counter()
    read = ["pandas"] * (args.file is not None)
    home = ["matplotlib", "jinja2", "skops"] * (args.out is not None)
    _check_extras(["rich", *read, *home])
    if args.out is not None:
        check_place(args.out, CONTENTS)
    table = _digits(args) if args.file is None else _file(args)
    try:
        y, task = check_target(table.y, args.task or table.task)
    except ValueError as error:
        raise ValueError(f"target {table.target!r}: {error}") from None
    plan = make_plan(
        table.X,
        y,
        task=task,
        activations=args.activations,
        networks=args.networks,
        initializations=args.initializations,
        penalties=args.penalties,
        biases=args.biases,
        alphas=args.alphas,
        learning_rates=args.learning_rates,
        parts=_by_name(args.parts),
        estimators=args.estimators,
        baselines=args.baselines,
        categorical=args.categorical,
        image_shape=args.image_shape or table.image_shape,
        scoring=args.scoring,
        folds=args.folds,
        seeds=args.seeds,
        max_iter=args.max_iter,
        early_stopping=args.early_stopping,
        time_limit=args.time_limit,
        n_jobs=args.jobs,
        random_state=args.random_state,
    )
    what_was_read = _what_was_read(table, y, task, args)
    with reader_may_leave():
        print("\n".join(what_was_read), flush=True)
    with warnings.catch_warnings(record=True) as caught:
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("default", category)
        search = carry_out(plan, bar_on_stderr(plan.n_fits))
    rows = comparison_rows(search)
    console = _console()
    shown, left_out = rich_table(rows, search.refit, console.width)
    with reader_may_leave():
        for sentence in ["", *answer(search, table.name), ""]:
            console.print(sentence, markup=False)
        console.print(shown, "", sep="\n", crop=False)
        for line in [*_notes(search, rows, args.seeds, left_out), *_warnings(caught)]:
            console.print(line, markup=False)
    written = []
    if args.out is not None:
        others = {
            "compare.csv": csv_text(rows).encode(),
            "compare.png": _figure_png(search, table, y, args.jobs),
        }
        files = files_to_take_home(search, table, y, args, what_was_read, others)
        write_together(args.out, files, CONTENTS)
        written = [f"wrote {', '.join(files)} to {args.out}"]
    with reader_may_leave():
        for line in [*written, f"{time.perf_counter() - start:.0f} s"]:
            console.print(line, markup=False, soft_wrap=True)
    return 130 if search.ended_by_ == "interrupted" else 0


def _by_name(parts: list[tuple[str, list]]) -> dict[str, list]:
    """Values of further parameters; a name that comes twice has the values of both."""
    found: dict[str, list] = {}
    for name, values in parts:
        found.setdefault(name, []).extend(values)
    return found


def _console():
    from rich.console import Console

    class Report(Console):
        def on_broken_pipe(self):
            """Leave it to who prints: rich would end the process here."""
            raise BrokenPipeError

    # Without a height rich would not take the width where the terminal is a dumb one.
    return Report(highlight=False, width=columns(), height=25)


def _check_extras(modules: list[str]) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"this needs {' and '.join(missing)}: pip install {' '.join(missing)}")


def _digits(args: argparse.Namespace) -> Table:
    for option in (
        "target", "drop", "categorical", "max_rows", "missing", "sep", "encoding", "decimal",
    ):  # fmt: skip
        if getattr(args, option):
            raise ValueError(f"--{option.replace('_', '-')} needs a FILE.")
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return Table(X, y, "digits (scikit-learn's)", "digit", image_shape=(8, 8))


def _file(args: argparse.Namespace) -> Table:
    return read_table(
        args.file,
        target=args.target,
        drop=args.drop,
        max_rows=args.max_rows,
        random_state=args.random_state,
        task=args.task,
        categorical=args.categorical,
        missing=args.missing,
        sep=args.sep,
        encoding=args.encoding,
        decimal=args.decimal,
    )


def _what_was_read(table: Table, y: np.ndarray, task: str, args: argparse.Namespace) -> list[str]:
    lines = columns_in_words(table, columns_of(table.X, args.categorical))
    if task == "classification":
        counts = np.unique(y, return_counts=True)[1]
        what = (
            f"{len(counts)} classes, the most frequent in {100 * counts.max() / len(y):.1f} % of "
            "the rows"
        )
    else:
        what = f"numbers from {y.min():g} to {y.max():g}"
    if args.task is None and args.file is not None:
        task = f"{task}, by what the target holds (--task says otherwise)"
    return [*lines, f"target {table.target!r}: {what}", f"task: {task}"]


def _notes(search, rows: list[dict], seeds: int, left_out: list[str]) -> list[str]:
    """The meaning of the figures, and what was amiss."""
    best = best_row(rows)
    n_candidates = sum(not row["is_baseline"] for row in rows)
    n_reached, n_fits = fits_at_max_iter(search)
    notes = [
        f"{_counted(n_candidates, 'candidate')}, {search.n_splits_} folds, "
        f"{_counted(seeds, 'seed')}; best: "
        f"{row_label(best, rows)}: {search.refit} {best['score']:.3f} ± {best['score_sd']:.3f}.",
        " ".join(meaning for name, meaning in MEANINGS.items() if name not in left_out),
        _how_trained(search.stack_sizes_),
    ]
    if left_out:
        figures = ", ".join(figure_in_words(name) for name in left_out)
        notes.insert(
            1,
            f"No room for: {figures}. A wider terminal shows all (or COLUMNS={WIDTH}); --out DIR "
            "writes all.",
        )
    if search.ended_by_:
        n_not_run = sum(row["n_not_run"] > 0 for row in rows)
        why = {"time_limit": "--time-limit was over", "interrupted": "Ctrl-C"}[search.ended_by_]
        notes.insert(
            0,
            f"Ended early ({why}): {_counted(n_not_run, 'candidate')} of {n_candidates} did not "
            "come to the end, nor did all baselines.",
        )
    if n_reached:
        notes.append(
            f"{n_reached} of {n_fits} fits reached --max-iter; more epochs may change their "
            "figures."
        )
    return notes


def _how_trained(stack_sizes: list[int]) -> str:
    """How many fits trained together."""
    stacks, largest = _counted(len(stack_sizes), "stack"), max(stack_sizes, default=0)
    return f"Trained in lockstep: {sum(stack_sizes)} fits in {stacks} of up to {largest}."


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _warnings(caught: list[warnings.WarningMessage]) -> list[str]:
    """Warnings in a line each, but for what the notes and the table say."""
    lines = []
    for message in dict.fromkeys(str(each.message) for each in caught):
        if not re.search(
            "reached max_iter=|scores are non-finite|stopped before its training", message
        ):
            lines.append(f"warning: {one_line(message)}")
    return lines


def _figure_png(search, table: Table, y: np.ndarray, n_jobs: int) -> bytes:
    from sklearn_relu.comparison.figure import comparison_figure

    png = io.BytesIO()
    figure = comparison_figure(search, table.X, y, n_jobs, name=table.name)
    figure.savefig(png, format="png", dpi=150)
    return png.getvalue()


def one_line(message: str) -> str:
    """A message in one line; of a search's failed fits, how many, and the first reason.

    Parameters
    ----------
    message : str

    Returns
    -------
    line : str
    """
    failed = re.search(r"(All the \d+|\d+) fits failed", message)
    if failed:
        reason = re.search(r"^\w*(?:Error|Exception): .*", message, re.MULTILINE)
        return f"{failed[0]}: {reason[0] if reason else 'for unknown reasons'}"
    return " ".join(message.split())
