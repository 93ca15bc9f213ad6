"""Tables in Markdown of the rows of benchmarks/tabular.py.

A contender's figure on a table is its mean over splits and seeds. Two contenders are compared on
the splits that both have. Where one of them has fewer seeds, its mean over them stands for each
seed that it lacks.
"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import rankdata
from table_files import LEAST

KEY = "contender", "table", "split", "seed"
"""Which fit a row is of."""
BASE = "sklearn-mlp"
PROBABILITY_BASES = "hgb", "linear"
CLEARLY_WORSE_THAN = "linear", "sklearn-mlp"
CLEAR_DIFFERENCE, CLEAR_SHARE = 0.005, 0.05
N_RESAMPLES = 2000
N_DIGITS = 9
"""Errors that agree in so many decimals are equal: sums in another order make no difference."""


def rows_in(paths):
    """The rows of files; of the same fit, the last one."""
    rows = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows[tuple(row[part] for part in KEY)] = row
    return [*rows.values()]


def figures_of(rows, figure):
    """A figure of all fits that have it: {contender: {table: {(split, seed): figure}}}."""
    found = {}
    for row in rows:
        if figure in row:
            of_contender = found.setdefault(row["contender"], {})
            of_contender.setdefault(row["table"], {})[row["split"], row["seed"]] = row[figure]
    return found


def paired(ours, theirs):
    """Figures of two contenders on a table, as an array of two rows; empty if they share none."""
    of_split = {}
    for (split, _), figure in theirs.items():
        of_split.setdefault(split, []).append(figure)
    pairs = [
        (figure, theirs.get(key, np.mean(of_split[key[0]])))
        for key, figure in ours.items()
        if key[0] in of_split
    ]
    return np.array(pairs, dtype=float).reshape(-1, 2).T


def log_ratios(figures, contender, against, names):
    """Logarithms of the ratios of two contenders' figures, by table."""
    found = {}
    for name in names:
        pairs = paired(*(figures.get(one, {}).get(name, {}) for one in (contender, against)))
        if pairs.size:
            ours, theirs = pairs.mean(axis=1)
            found[name] = np.log((ours + LEAST) / (theirs + LEAST))
    return found


def ratio(logs):
    """The geometric mean as text."""
    return f"{np.exp(np.mean([*logs.values()])):.3f}" if logs else ""


def resampled_means(values):
    """Means of resamples of values, always the same ones for as many values."""
    values = np.asarray(values)
    draws = np.random.default_rng(0).integers(0, len(values), (N_RESAMPLES, len(values)))
    return values[draws].mean(axis=1)


def interval(values):
    """The bootstrap interval of 95 % of a mean."""
    return np.quantile(resampled_means(values), [0.025, 0.975])


def ranks(rows, names):
    """Mean ranks by error of the contenders that ran on all tables; a failure ranks last."""
    tried = {}
    for row in rows:
        tried.setdefault(row["contender"], set()).add(row["table"])
    ranked = [contender for contender in tried if tried[contender] >= set(names)]
    if not ranked or not names:
        return {}
    failed = {(row["contender"], row["table"]) for row in rows if "failure" in row}
    errors = figures_of(rows, "error")
    means = [
        [
            np.inf if (contender, name) in failed else np.mean([*errors[contender][name].values()])
            for contender in ranked
        ]
        for name in names
    ]
    of_tables = rankdata(np.round(means, N_DIGITS), axis=1)
    return dict(zip(ranked, of_tables.mean(axis=0), strict=True))


def print_table(head, lines):
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")
    print()


def tell_summary(rows, names):
    """A line for each contender, the best mean rank first."""
    rows = [row for row in rows if row["table"] in names]
    errors, seconds = figures_of(rows, "error"), figures_of(rows, "fit_seconds")
    mean_ranks = ranks(rows, names)
    lines = []
    for contender in sorted(errors, key=lambda one: mean_ranks.get(one, np.inf)):
        # Of equal work on one table: what is more than the least is other work of the machine.
        of_tables = [min(of_fits.values()) for of_fits in seconds[contender].values()]
        lines.append(
            [
                contender,
                str(len(errors[contender])),
                f"{mean_ranks[contender]:.2f}" if contender in mean_ranks else "",
                ratio(log_ratios(errors, contender, BASE, names)),
                ratio(log_loss_ratios(rows, contender, names)),
                f"{np.mean(of_tables):.1f}",
                f"{max(of_tables):.1f}",
            ]
        )
    of_time = "seconds of a table's fastest fit, mean"
    head = [
        "contender", "tables", f"mean rank of {len(mean_ranks)}", f"error over {BASE}'s",
        "log loss over the best of " + " and ".join(PROBABILITY_BASES), of_time, "worst",
    ]  # fmt: skip
    print_table(head, lines)


def log_loss_ratios(rows, contender, names):
    """Logarithms of the ratios of log losses to the least of the bases', by table."""
    losses = figures_of(rows, "log_loss")
    of_bases = [log_ratios(losses, contender, base, names) for base in PROBABILITY_BASES]
    shared = [name for name in names if all(name in of_base for of_base in of_bases)]
    return {name: max(of_base[name] for of_base in of_bases) for name in shared}


def tell_intervals(rows, names, subject):
    """The ratio of the subject's error to each other contender's, with an interval over tables."""
    errors = figures_of(rows, "error")
    lines = []
    for contender in errors:
        logs = [*log_ratios(errors, subject, contender, names).values()]
        if contender != subject and logs:
            low, high = np.exp(interval(logs))
            signs = np.sign(np.round(logs, N_DIGITS))
            n_wins, n_losses = np.sum(signs < 0), np.sum(signs > 0)
            lines.append(
                [
                    contender, f"{np.exp(np.mean(logs)):.3f}", f"{low:.3f} to {high:.3f}",
                    str(n_wins), str(n_losses), str(len(logs)),
                ]
            )  # fmt: skip
    print_table(
        [f"error of {subject} over that of", "ratio", "95 %", "less", "more", "tables"], lines
    )


def tell_errors(rows, names):
    """The mean error of each contender on each table."""
    errors = figures_of(rows, "error")
    print_table(
        ["table", *errors],
        [
            [name]
            + [
                f"{np.mean([*of_one[name].values()]):.4f}" if name in of_one else ""
                for of_one in errors.values()
            ]
            for name in names
        ],
    )


def is_clearly_worse(ours, theirs):
    """Whether the least that the difference of paired errors may be is much, in itself and in
    relation to the other's error."""
    pairs = paired(ours, theirs)
    if not pairs.size:
        return False
    low, _ = interval(pairs[0] - pairs[1])
    return low > CLEAR_DIFFERENCE and low > CLEAR_SHARE * pairs[1].mean()


def tell_clearly_worse(rows, names, subject):
    """The tables where the subject loses clearly to simple contenders."""
    errors = figures_of(rows, "error")
    worse = [
        name
        for name in names
        if all(
            is_clearly_worse(errors[subject].get(name, {}), errors.get(other, {}).get(name, {}))
            for other in CLEARLY_WORSE_THAN
        )
    ]
    others = " and ".join(CLEARLY_WORSE_THAN)
    print(f"{subject} is clearly worse than {others} on: {', '.join(worse) or 'no table'}.\n")


def tell_failures(rows):
    """The fits that failed."""
    failures = [row for row in rows if "failure" in row]
    print(f"Fits that failed: {len(failures)} of {len(rows)}.\n")
    for row in failures:
        reason = " ".join(row["failure"].split())
        print("- " + " ".join(str(row[part]) for part in KEY) + f": {reason}")


def groups_of(lists):
    """Names of tables by what is told of them together: all, each list, odd and even lines."""
    groups = {"all tables": [name for names in lists.values() for name in names]}
    if len(lists) > 1:
        groups |= lists
    groups["odd lines"] = [name for names in lists.values() for name in names[::2]]
    groups["even lines"] = [name for names in lists.values() for name in names[1::2]]
    return {title: [*dict.fromkeys(names)] for title, names in groups.items()}


def tell(rows, lists, subject):
    """Print everything."""
    groups = groups_of(lists)
    names = groups["all tables"]
    rows = [row for row in rows if row["table"] in names]
    has_subject = any(row["contender"] == subject and "error" in row for row in rows)
    for title, of_group in groups.items():
        print(f"## {title}: {len(of_group)}\n")
        tell_summary(rows, of_group)
        if has_subject:
            tell_intervals(rows, of_group, subject)
    print("## errors\n")
    tell_errors(rows, names)
    if has_subject:
        tell_clearly_worse(rows, names, subject)
    else:
        print(f"No fit of {subject} is among the rows: nothing is compared with it.\n")
    tell_failures(rows)
