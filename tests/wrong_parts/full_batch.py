"""Wrong parts for the rules of full-batch optimizers."""

import numpy as np
from scipy.optimize import OptimizeResult

from sklearn_relu.optimizers import FullBatchOptimizer


class Backtracking(FullBatchOptimizer):
    """A right one: steps against the gradient, halved until they lower the value."""

    def minimize(self, objective, params, max_iter, tol, on_iteration):
        x, (value, gradient) = self.begin(params), objective(params)
        status, nit, n_evaluations = 1, 0, 1
        while nit < self.limit(max_iter):
            rate, lower = 1.0, np.inf
            while not lower < value - 1e-4 * rate * gradient @ gradient and rate > 1e-12:
                rate /= 2
                n_evaluations += 1
                lower, ahead = objective(x - rate * gradient)
            x -= rate * gradient
            value, gradient, nit = lower, ahead, nit + 1
            if self.tell(on_iteration, x, nit):
                status = 99
                break
            if abs(gradient).max() <= tol:
                status = 0
                break
        return OptimizeResult(
            x=x, fun=self.end(value), nit=nit, nfev=n_evaluations, status=status, message=""
        )

    def begin(self, params):
        return params.copy()

    def limit(self, max_iter):
        return max_iter

    def tell(self, on_iteration, x, nit):
        return on_iteration(x)

    def end(self, value):
        return value


class SaysLess(Backtracking):
    def end(self, value):
        return value - 0.1


class GivesUp(Backtracking):
    def limit(self, max_iter):
        return min(max_iter, 12)


class TellsFromTheSecondOn(Backtracking):
    def tell(self, on_iteration, x, nit):
        return on_iteration(x) if nit > 1 else None


class OneMore(Backtracking):
    def limit(self, max_iter):
        return max_iter + 1


class GoesOn(Backtracking):
    def tell(self, on_iteration, x, nit):
        on_iteration(x)


class WritesItsStart(Backtracking):
    def begin(self, params):
        return params


WRONG = [
    (SaysLess(), "result_is_complete", "gives fun=.*, and the objective at x is"),
    (GivesUp(), "minimum_is_neared", "on Rosenbrock's function after 12 iterations"),
    (TellsFromTheSecondOn(), "iterations_are_reported", "on_iteration 6 times in 7 iterations"),
    (OneMore(), "limits_are_kept", "makes 4 iterations with max_iter=3"),
    (GoesOn(), "true_stops_it", "goes on after on_iteration has returned True"),
    (WritesItsStart(), "start_is_not_written", "writes to its argument params"),
]
