"""The command line: ``sklearn-relu compare [FILE]``, also as ``python -m sklearn_relu``."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import sklearn_relu
from sklearn_relu.comparison.command import one_line, run
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
        args.run(args)
    except KeyboardInterrupt:
        print("sklearn-relu: interrupted; nothing was written.", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        print(f"sklearn-relu: error: {one_line(str(error))}", file=sys.stderr)
        return 2
    return 0


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
    add("file", nargs="?", metavar="FILE", help="CSV or Parquet file with a header; without it, "
        "scikit-learn's digits. Put it before the options.")  # fmt: skip
    add("--target", metavar="COLUMN", help="default: the column 'target', or else the last one")
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
    add("--folds", type=_at_least(2), default=5, metavar="N", help="default: 5")
    add("--seeds", type=_at_least(1), default=1, metavar="N",
        help="fits with different seeds on each fold; default: 1")  # fmt: skip
    add("--max-iter", type=_at_least(1), default=200, metavar="N",
        help="most epochs of a fit; default: 200")  # fmt: skip
    add("--jobs", type=_jobs, default=-1, metavar="N",
        help="stacks of networks trained at the same time; default: -1, all cores")  # fmt: skip
    add("--random-state", type=_at_least(0), default=0, metavar="N", help="default: 0")
    add("--categorical", nargs="+", default=(), metavar="COLUMN",
        help="columns of numbers that are categories")  # fmt: skip
    add("--drop", nargs="+", default=(), metavar="COLUMN", help="columns to leave out")
    add("--max-rows", type=_at_least(1), metavar="N", help="use a random sample of so many rows")
    add("--out", metavar="DIR", help="write compare.csv and compare.png there")
    command.set_defaults(run=run)
    return parser


def _network(text: str) -> tuple[int, ...]:
    """``100``, ``64,32`` or ``80x10``."""
    if re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", text):
        return tuple(int(size) for size in text.split(","))
    if repeated := re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text):
        return (int(repeated[1]),) * int(repeated[2])
    raise argparse.ArgumentTypeError(f"must be like 100, 64,32 or 80x10; got {text!r}")


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
