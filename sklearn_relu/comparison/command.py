"""The main job as a command: read a table, compare, show and write what was found."""

import argparse
import importlib.util
import io
import re
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from sklearn_relu.comparison.datasets import check_target, columns_of
from sklearn_relu.comparison.files import Table, read_table
from sklearn_relu.comparison.output import columns, reader_may_leave
from sklearn_relu.comparison.search import compare
from sklearn_relu.comparison.table import (
    best_row,
    comparison_rows,
    csv_text,
    fits_at_max_iter,
)
from sklearn_relu.comparison.terminal import WIDTH, figure_in_words, rich_table, row_label
from sklearn_relu.sklearn_private import HAS_CALLBACKS

MEANINGS = {
    "sparsity": "Exact zeros: share among the hidden activations of the training rows.",
    "dead_units": "Dead units: share of hidden units that are 0 on all training rows.",
    "saturation": "Saturated: share of hidden activations within 1 % of a bound.",
    "gradient_ratio": "Gradient ratio: norm in the first layer over norm in the last, before the "
    "first step.",
}
"""The meaning of the table's figures."""


def run(args: argparse.Namespace) -> None:
    """Read, search, show, write.

    Parameters
    ----------
    args : argparse.Namespace
        The options of ``sklearn-relu compare``.

    Raises
    ------
    ValueError, OSError
        For input that cannot be used, before anything is printed or written.
    """
    start = time.perf_counter()
    plot, read = ["matplotlib"] * (args.out is not None), ["pandas"] * (args.file is not None)
    _check_extras(["rich", *read, *plot])
    _check_out(args.out)
    table = _digits(args) if args.file is None else _file(args)
    try:
        y, task = check_target(table.y, args.task)
    except ValueError as error:
        raise ValueError(f"target {table.target!r}: {error}") from None
    announcement = _Announcement(_what_was_read(table, y, task, args))
    with warnings.catch_warnings(record=True) as caught:
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("default", category)
        search = compare(
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
            categorical=args.categorical,
            folds=args.folds,
            seeds=args.seeds,
            max_iter=args.max_iter,
            n_jobs=args.jobs,
            random_state=args.random_state,
            callbacks=[announcement, *_progress_bar()] if HAS_CALLBACKS else [],
        )
    if not HAS_CALLBACKS:  # nothing tells when all input has been checked, but the end
        announcement.print()
    rows = comparison_rows(search)
    console = _console()
    shown, left_out = rich_table(rows, search.refit, console.width)
    with reader_may_leave():
        console.print("", shown, "", sep="\n", crop=False)
        for line in [*_notes(search, rows, args.seeds, left_out), *_warnings(caught)]:
            console.print(line, markup=False)
    written = []
    if args.out is not None:
        figure = _figure_png(search, table.X, y, args.jobs)
        written = [_write(args.out, csv_text(rows), figure)]
    with reader_may_leave():
        for line in [*written, f"{time.perf_counter() - start:.0f} s"]:
            console.print(line, markup=False, soft_wrap=True)


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


def _check_out(out: str | None) -> None:
    """Say before the work that it cannot be written; nothing is made yet."""
    if out is None:
        return
    parent = next(path for path in [Path(out), *Path(out).absolute().parents] if path.exists())
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise ValueError(f"--out: cannot write to {out}: {parent}: {error.strerror}.") from None


def _digits(args: argparse.Namespace) -> Table:
    for option in ("target", "drop", "categorical", "max_rows"):
        if getattr(args, option):
            raise ValueError(f"--{option.replace('_', '-')} needs a FILE.")
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return Table(X, y, "digits (scikit-learn's)", "digit")


def _file(args: argparse.Namespace) -> Table:
    return read_table(
        args.file,
        target=args.target,
        drop=args.drop,
        max_rows=args.max_rows,
        random_state=args.random_state,
    )


class _Announcement:
    """A callback that prints lines once the search begins: then its input has been checked."""

    def __init__(self, lines: list[str]):
        self.lines = lines

    def print(self):
        with reader_may_leave():
            print("\n".join(self.lines), flush=True)

    def setup(self, estimator, context):
        self.print()

    def on_fit_task_begin(self, estimator, context):
        """Nothing to do."""

    def on_fit_task_end(self, estimator, context):
        """Nothing to do."""

    def teardown(self, estimator, context):
        """Nothing to do."""


def _progress_bar() -> list:
    """A bar on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        return []
    import rich
    from sklearn.callback import ProgressBar

    rich.reconfigure(stderr=True)
    return [ProgressBar(max_propagation_depth=0)]


def _what_was_read(table: Table, y: np.ndarray, task: str, args: argparse.Namespace) -> list[str]:
    columns = columns_of(table.X, args.categorical)
    lines = [
        f"{table.name}: {len(y)} rows, {len(columns.numeric)} numeric and "
        f"{len(columns.categorical)} categorical columns",
        *table.notes,
    ]
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
    n_reached, n_fits = fits_at_max_iter(search)
    notes = [
        f"{_counted(len(rows), 'candidate')}, {search.n_splits_} folds, "
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
        if not re.search("reached max_iter=|scores are non-finite", message):
            lines.append(f"warning: {one_line(message)}")
    return lines


def _figure_png(search, X, y, n_jobs: int) -> bytes:
    from sklearn_relu.comparison.figure import comparison_figure

    png = io.BytesIO()
    comparison_figure(search, X, y, n_jobs).savefig(png, format="png", dpi=150)
    return png.getvalue()


def _write(out: str, table: str, figure: bytes) -> str:
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "compare.csv").write_text(table, encoding="utf-8")
    (directory / "compare.png").write_bytes(figure)
    return f"wrote {directory / 'compare.csv'} and {directory / 'compare.png'}"


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
