"""The script that builds a comparison's best pipeline anew from the table, and scores it."""

import inspect
import os
from argparse import Namespace
from pathlib import Path

from sklearn.base import is_classifier
from sklearn.model_selection import GridSearchCV

from sklearn_relu.comparison.files import read_table
from sklearn_relu.comparison.ranking import Ranked, candidate_pipeline
from sklearn_relu.comparison.script import Script
from sklearn_relu.comparison.table import SEED


def best_script(search: GridSearchCV, best: Ranked, args: Namespace) -> str:
    """Write the script.

    Parameters
    ----------
    search : GridSearchCV
        As returned by :func:`sklearn_relu.compare`.
    best : Ranked
    args : argparse.Namespace
        The options of ``sklearn-relu compare``.

    Returns
    -------
    code : str
    """
    script = Script()
    task = "classification" if is_classifier(search) else "regression"
    script.use("sklearn_relu.comparison.datasets", "check_target")
    script.use("sklearn.model_selection", "cross_val_score")
    script.use("numpy", "mean")
    read = _reading(script, args)
    script.assign("pipeline", candidate_pipeline(search, best.index))
    script.assign("folds", search.cv)
    statements = [
        read,
        f"y, _ = check_target(target, {task!r})",
        *script.statements.values(),
        _scoring(script, search, best),
        f'print(f"{search.refit} {{mean(scores):.6f}}")',
    ]
    purpose = f"# The best pipeline of the comparison: {search.refit} {best.mean:.6f}."
    return "\n".join([purpose, "", script.header(), "", *statements, ""])


def _reading(script: Script, args: Namespace) -> str:
    """Code that reads the table of a command, which it finds from the folder of the script."""
    if args.file is None:
        script.use("sklearn.datasets", "load_digits")
        return "X, target = load_digits(return_X_y=True)"
    script.use("pathlib", "Path")
    script.use("sklearn_relu.comparison.files", "read_table")
    options = {
        name: getattr(args, name)
        for name, parameter in inspect.signature(read_table).parameters.items()
        # An empty list says the same as an empty tuple.
        if (getattr(args, name, None) or None) != (parameter.default or None)
        and hasattr(args, name)
    }
    said = "".join(f", {name}={value!r}" for name, value in options.items())
    return (
        f"file = Path(__file__).parent / {_from_folder(args)!r}\n"
        f"table = read_table(str(file){said})\n"
        "X, target = table.X, table.y"
    )


def _from_folder(args: Namespace) -> str:
    """The file's path from the folder of the script; across drives, its whole path."""
    file = os.path.realpath(args.file)
    try:
        return Path(os.path.relpath(file, os.path.realpath(args.out))).as_posix()
    except ValueError:
        return Path(file).as_posix()


def _scoring(script: Script, search: GridSearchCV, best: Ranked) -> str:
    """Code for the scores of all folds, and of all seeds; the pipeline keeps the best one."""
    options = f"X, y, cv=folds, scoring={search.refit!r}"
    if len(best.indices) == 1:
        return f"scores = cross_val_score(pipeline, {options})"
    params = search.cv_results_["params"]
    (name,) = [name for name in params[best.index] if name.rpartition("__")[2] == SEED]
    seeds = [params[i][name] for i in sorted(best.indices)]
    script.use("sklearn.base", "clone")
    return (
        "scores = [\n"
        f"    cross_val_score(clone(pipeline).set_params({name}=seed), {options})\n"
        f"    for seed in {seeds}\n"
        "]"
    )
