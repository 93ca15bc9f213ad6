"""Rules of optimizers that look at all samples in each step."""

import numpy as np
from scipy.optimize import rosen, rosen_der

from sklearn_relu.optimizers import FullBatchOptimizer
from sklearn_relu.testing.reporting import call, require, require_unwritten

METHOD = "minimize"
SHARE = 0.1


def _objective(x):
    """A narrow valley: Rosenbrock's function of five numbers."""
    return rosen(x), rosen_der(x)


def _minimize(part, max_iter=600, on_iteration=lambda x: None, start=None, objective=_objective):
    start = np.zeros(5) if start is None else start
    return call(part, METHOD, objective, start, max_iter, 1e-6, on_iteration)


def result_is_complete(part: FullBatchOptimizer) -> None:
    """The result says where it ended, how low, after how many iterations, and why."""
    result = _minimize(part, max_iter=5)
    missing = sorted({"x", "fun", "nit", "nfev", "message", "status"} - set(result))
    require(
        not missing,
        part,
        METHOD,
        f"gives a result without {missing}",
        "Return a scipy.optimize.OptimizeResult with x, fun, nit, nfev, message and status.",
    )
    require(
        np.shape(result.x) == (5,) and np.isclose(result.fun, _objective(result.x)[0]),
        part,
        METHOD,
        f"gives fun={result.fun!r}, and the objective at x is {_objective(result.x)[0]!r}",
        "Give the value at the parameters that are returned.",
    )


def minimum_is_neared(part: FullBatchOptimizer) -> None:
    """The value falls to a tenth at least, in a narrow valley."""
    result = _minimize(part)
    require(
        result.fun <= SHARE * _objective(np.zeros(5))[0],
        part,
        METHOD,
        f"ends at {result.fun:.6g}, from {_objective(np.zeros(5))[0]:.6g}, on Rosenbrock's "
        f"function after {result.nit} iterations",
        "Move against the gradient, by steps that lower the value.",
    )


def iterations_are_reported(part: FullBatchOptimizer) -> None:
    """`on_iteration` gets the parameters after each iteration, and the last ones are returned."""
    seen = []
    result = _minimize(part, 7, on_iteration=lambda x: seen.append(np.array(x)))
    require(
        len(seen) == result.nit and np.array_equal(seen[-1], result.x),
        part,
        METHOD,
        f"calls on_iteration {len(seen)} times in {result.nit} iterations, or ends at other "
        "parameters than the last that it reports",
        "Call it with the parameters after each iteration: curves, validation and checkpoints "
        "come from it.",
    )


def limits_are_kept(part: FullBatchOptimizer) -> None:
    """At most `max_iter` iterations are made; the status is then 1."""
    result = _minimize(part, 3)
    require(
        result.nit <= 3 and result.status == 1,
        part,
        METHOD,
        f"makes {result.nit} iterations with max_iter=3, and gives status {result.status}",
        "Stop at max_iter with status 1.",
    )


def true_stops_it(part: FullBatchOptimizer) -> None:
    """Where `on_iteration` returns True, it stops at these parameters, with status 99."""
    seen = []

    def on_iteration(x):
        seen.append(np.array(x))
        return len(seen) == 2

    result = _minimize(part, on_iteration=on_iteration)
    require(
        len(seen) == 2 and result.status == 99 and np.array_equal(result.x, seen[-1]),
        part,
        METHOD,
        f"goes on after on_iteration has returned True: {len(seen)} calls, status {result.status}",
        "Stop at the parameters of that call, with status 99.",
    )


def start_is_not_written(part: FullBatchOptimizer) -> None:
    """The parameters that it starts from are only read."""
    start = np.zeros(5)
    require_unwritten(part, METHOD, {"params": start}, lambda: _minimize(part, 5, start=start))


CHECKS = (
    result_is_complete,
    minimum_is_neared,
    iterations_are_reported,
    limits_are_kept,
    true_stops_it,
    start_is_not_written,
)
