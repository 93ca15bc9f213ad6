"""The command line: ``sklearn-relu compare [FILE]``, also as ``python -m sklearn_relu``."""

import argparse
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sklearn_relu
from sklearn_relu.comparison.baselines import BASELINES
from sklearn_relu.comparison.command import one_line, run
from sklearn_relu.comparison.models import ESTIMATORS
from sklearn_relu.comparison.output import reader_may_leave, write_what_can_be
from sklearn_relu.comparison.search import ACTIVATIONS, NETWORKS
from sklearn_relu.comparison.table import network_label


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments; None: those of the process.

    Returns
    -------
    status : int
        0, or 2 for input that cannot be used (one line on stderr says why), or 130 if interrupted.
    """
    write_what_can_be()
    with reader_may_leave():
        args = _parser().parse_args(argv)
    try:
        _check_file_is_first(args)
        return args.run(args)
    except KeyboardInterrupt:
        print("sklearn-relu: interrupted; nothing was written.", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        print(f"sklearn-relu: error: {one_line(str(error))}", file=sys.stderr)
        return 2


def _check_file_is_first(args: argparse.Namespace) -> None:
    """Refuse a FILE that an option with several values has taken for one of them."""
    for option, values in vars(args).items():
        for value in values if args.file is None and isinstance(values, list) else ():
            if isinstance(value, str) and Path(value).is_file():
                raise ValueError(
                    f"--{option.replace('_', '-')} got {value!r}, which is a file. Put FILE before "
                    f"the options: sklearn-relu compare {value} ..."
                )


class _Parser(argparse.ArgumentParser):
    """Reports an error in one line, without the usage."""

    def error(self, message):
        self.exit(2, f"sklearn-relu: error: {one_line(message)} (see --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="sklearn-relu", description=sklearn_relu.__doc__)
    parser.add_argument("--version", action="version", version=sklearn_relu.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "compare",
        help="compare activations and depths on a table",
        description="Compare activations and depths (and more) by cross-validation, on the same "
        "folds and seeds: scores, epochs, exact zeros, dead units, vanishing gradients.",
    )
    add = command.add_argument
    add("file", nargs="?", metavar="FILE", help="table: CSV, TSV, JSON, Parquet, Excel (.xlsx) or "
        "arrays (.npy, .npz, IDX); without it, scikit-learn's digits. Put it before the "
        "options.")  # fmt: skip
    add(
        "--target",
        type=str.strip,
        metavar="COLUMN",
        help="default: the column 'target', or else the last one",
    )
    add("--task", choices=["classification", "regression"], help="default: by the target")
    add("--activations", nargs="+", default=ACTIVATIONS, metavar="NAME",
        help=f"default: {' '.join(ACTIVATIONS)}")  # fmt: skip
    add("--networks", nargs="+", type=_network, default=NETWORKS, metavar="SIZES",
        help="hidden layers: 100, or 64,32, or 80x10 for 10 layers of 80; default: "
        + " ".join(map(network_label, NETWORKS)))  # fmt: skip
    add("--initializations", nargs="+", metavar="NAME", help="such as he_normal glorot_uniform")
    add("--penalties", nargs="+", type=_none_or_name, metavar="NAME", help="such as l1 l2 none")
    add("--biases", nargs="+", type=_number_or_name, metavar="VALUE",
        help="initial biases, such as 0 0.1 1")  # fmt: skip
    add("--alphas", nargs="+", type=float, metavar="VALUE", help="strengths of the penalty")
    add("--learning-rates", nargs="+", type=float, metavar="VALUE", help="initial learning rates")
    add("--parts", nargs="+", type=_named_values, default=[], metavar="NAME=VALUE,...",
        help="values of other parameters, such as solver=adam,lion dropout=0,0.2")  # fmt: skip
    add("--estimators", nargs="+", choices=ESTIMATORS, default=["mlp"], metavar="NAME",
        help="networks whose parameters these are: mlp, tabular, cnn, rnn; "
        "default: mlp")  # fmt: skip
    add("--image-shape", nargs="+", type=_at_least(1), metavar="N",
        help="rows and columns, and channels if several, of an image in each row, for cnn; "
        "steps and channels of a series, for rnn; default: those of the file")  # fmt: skip
    add("--baselines", nargs="*", choices=BASELINES, default=BASELINES, metavar="NAME",
        help=f"what runs beside; default: {' '.join(BASELINES)}")  # fmt: skip
    add("--scoring", metavar="NAME", help="any of scikit-learn's, such as roc_auc or "
        "neg_mean_absolute_error; default: accuracy or r2")  # fmt: skip
    add("--folds", type=_at_least(2), default=5, metavar="N", help="default: 5")
    add("--seeds", type=_at_least(1), default=1, metavar="N",
        help="fits with different seeds on each fold; default: 1")  # fmt: skip
    add("--max-iter", type=_at_least(1), default=200, metavar="N",
        help="most epochs of a plain network; default: 200")  # fmt: skip
    add("--early-stopping", action="store_true",
        help="hold out a tenth of the rows, and keep the best epoch on it")  # fmt: skip
    add("--time-limit", type=_seconds, metavar="SECONDS",
        help="stop after it, and show the candidates that have ended")  # fmt: skip
    add("--jobs", type=_jobs, default=-1, metavar="N",
        help="stacks of networks trained at the same time; default: -1, all cores")  # fmt: skip
    add("--random-state", type=_at_least(0), default=0, metavar="N", help="default: 0")
    add("--categorical", nargs="+", type=str.strip, default=(), metavar="COLUMN",
        help="columns that are categories, whatever they seem to hold")  # fmt: skip
    add("--drop", nargs="+", type=str.strip, default=(), metavar="COLUMN",
        help="columns to leave out")  # fmt: skip
    add("--missing", nargs="+", type=str.strip, default=(), metavar="VALUE",
        help="cells that are missing values, beside empty ones, ? and NaN")  # fmt: skip
    add("--sep", metavar="CHARACTER", help="between the columns: a character, or comma, semicolon, "
        "tab, pipe or space; default: found")  # fmt: skip
    add("--encoding", metavar="NAME", help="of text, such as cp1252 or utf-16; default: found")
    add("--decimal", choices=[".", ","], help="decimal mark of numbers; default: found")
    add("--max-rows", type=_at_least(1), metavar="N", help="use a random sample of so many rows")
    add("--out", metavar="DIR", help="write a report, the best model, a script that builds it "
        "anew, all results and figures there")  # fmt: skip
    command.set_defaults(run=run)
    return parser


def _network(text: str) -> tuple[int, ...]:
    """``100``, ``64,32`` or ``80x10``."""
    if re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", text):
        return tuple(int(size) for size in text.split(","))
    if repeated := re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text):
        return (int(repeated[1]),) * int(repeated[2])
    raise argparse.ArgumentTypeError(f"must be like 100, 64,32 or 80x10; got {text!r}")


def _named_values(text: str) -> tuple[str, list]:
    """``solver=adam,lion``."""
    name, equals, values = text.partition("=")
    if not (name.isidentifier() and equals and values):
        raise argparse.ArgumentTypeError(f"must be like solver=adam,lion; got {text!r}")
    return name, [_value(value) for value in values.split(",")]


def _value(text: str) -> Any:
    """A number, true, false, none or a name."""
    words = {"none": None, "true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return _number_or_name(text)


def _seconds(text: str) -> float:
    value = _number_or_name(text)
    if isinstance(value, str) or not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be seconds above 0; got {text!r}")
    return value


def _none_or_name(text: str) -> str | None:
    return None if text == "none" else text


def _number_or_name(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _jobs(text: str) -> int:
    if not re.fullmatch(r"-1|[1-9]\d*", text):
        raise argparse.ArgumentTypeError(
            f"must be a positive number, or -1 for all cores; got {text!r}"
        )
    return int(text)


def _at_least(least: int):
    def whole_number(text: str) -> int:
        if not re.fullmatch(r"\d+", text) or int(text) < least:
            raise argparse.ArgumentTypeError(
                f"must be a whole number of at least {least}; got {text!r}"
            )
        return int(text)

    return whole_number


if __name__ == "__main__":
    sys.exit(main())
