"""Optimizers that look at all samples in each step."""

from abc import abstractmethod
from collections.abc import Callable
from numbers import Integral

import numpy as np
import scipy.optimize

from sklearn_relu.optimizers.base import Solver
from sklearn_relu.sklearn_private import Interval


class FullBatchOptimizer(Solver):
    """An optimizer that looks at all samples in each step."""

    takes_batches = False

    @abstractmethod
    def minimize(
        self,
        objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
        params: np.ndarray,
        max_iter: int,
        tol: float,
        on_iteration: Callable[[np.ndarray], bool | None],
    ) -> scipy.optimize.OptimizeResult:
        """Minimize `objective`, which maps (n_params,) float64 to its value and gradient.

        Parameters
        ----------
        objective : callable
        params : ndarray of shape (n_params,)
            Where to start.
        max_iter : int
        tol : float
            Largest component of the gradient at which to stop.
        on_iteration : callable
            Called with the parameters after each iteration; True stops at them.

        Returns
        -------
        result : OptimizeResult
            With `x`, `fun`, `nit`, `nfev`, `message` and `status`: 0 if converged, 1 at a limit,
            2 if no better point was found, 99 if stopped by `on_iteration`.
        """


class LBFGS(FullBatchOptimizer):
    """Limited-memory BFGS (scipy's L-BFGS-B without bounds).

    Parameters
    ----------
    max_fun : int, default=15000
        Largest number of evaluations of the objective.

    References
    ----------
    Liu & Nocedal (1989), On the limited memory BFGS method for large scale optimization.
    """

    _parameter_constraints = {"max_fun": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, max_fun=15000):
        self.max_fun = max_fun

    def minimize(self, objective, params, max_iter, tol, on_iteration):
        """Run L-BFGS-B from `params`."""
        stopped = False

        def callback(x):
            nonlocal stopped
            stopped = bool(on_iteration(x))
            if stopped:
                raise StopIteration

        result = scipy.optimize.minimize(
            objective,
            params,
            method="L-BFGS-B",
            jac=True,
            callback=callback,
            options={"maxfun": self.max_fun, "maxiter": max_iter, "gtol": tol},
        )
        if stopped:  # L-BFGS-B says 2, or 1 if at a limit too; scipy's other methods say 99
            result.update(status=99, message="STOP: CALLBACK REQUESTED HALT", success=False)
        return result
