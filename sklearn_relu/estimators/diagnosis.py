"""What a fit came to, in figures, on some of its rows."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_relu.engine.buffers import ParameterLayout
from sklearn_relu.engine.jobs import Job
from sklearn_relu.engine.threads import largest_product, suitable_blas_threads
from sklearn_relu.engine.trace import Trace, back, trace
from sklearn_relu.estimators.outcome import chosen_params

MOST_ROWS = 2000
"""Rows that are looked at."""

ENOUGH_ROWS = 100
"""So many are looked at in any case, if there are so many."""

SHARE_OF_ROWS = 0.005
"""Rows that are looked at, of all those that training has seen: a look is cheaper than a step."""


@dataclass(frozen=True)
class Diagnosis:
    """Figures of a fit, on at most `MOST_ROWS` of its rows.

    Attributes
    ----------
    outcomes : list of str
        How the training of each network ended; see :class:`sklearn_relu.engine.jobs.Job`.
    spread : ndarray of shape (n_networks,)
        Standard deviation of predictions over that of targets; NaN if targets are constant.
    dead : ndarray of shape (n_networks, n_hidden_layers)
        Share of dead units: those that are 0 on all rows.
    flow : ndarray of shape (n_networks,)
        Root mean square gradient for the first hidden layer's activations over that for the
        last's; NaN where there is none.
    scales : float
        Largest standard deviation of a feature over the smallest that is not 0; 1 if there is none.
    """

    outcomes: list[str]
    spread: np.ndarray
    dead: np.ndarray
    flow: np.ndarray
    scales: float


def diagnose(jobs: list[Job]) -> Diagnosis:
    """Look at the trained networks of one estimator.

    Parameters
    ----------
    jobs : list of Job
        Trained.

    Returns
    -------
    diagnosis : Diagnosis
    """
    recipe = jobs[0].recipe
    rows = _rows(jobs[0])
    X, targets = jobs[0].X[rows], jobs[0].y[rows]
    params = ParameterLayout(recipe.layers).views(np.stack([chosen_params(job) for job in jobs]))
    threads = suitable_blas_threads(largest_product(recipe.layers, X.shape[0]))
    with threads, np.errstate(all="ignore"):
        seen = trace(recipe.layers, params, X)
        raw = seen.a[-1]
        grad_raw = np.empty_like(raw)
        y = np.repeat(targets[None], len(jobs), axis=0)
        recipe.loss.value_and_gradient(y, raw, None, grad_raw)
        varies = _total_sd(targets)
        return Diagnosis(
            outcomes=[job.outcome for job in jobs],
            spread=_total_sd(recipe.loss.predict(raw)) / (varies if varies else np.nan),
            dead=_dead(seen),
            flow=_flow(seen, grad_raw),
            scales=_scales(X),
        )


def _rows(job: Job) -> slice | np.ndarray:
    """Rows at equal distances, of those with a weight; few if training was short."""
    counting = None
    n_rows = job.X.shape[0]
    if job.sample_weight is not None:
        counting = np.flatnonzero(job.sample_weight.any(axis=1))
        n_rows = len(counting)
    n_seen = int(SHARE_OF_ROWS * job.n_epochs * job.n_rows)
    n_looked_at = min(n_rows, MOST_ROWS, max(ENOUGH_ROWS, n_seen))
    step = -(-n_rows // n_looked_at)
    return slice(0, None, step) if counting is None else counting[::step]


def _total_sd(values: np.ndarray) -> np.ndarray:
    """Root of the sum over the columns of their variances: (..., n_samples, n) to (...)."""
    return np.sqrt(values.var(axis=-2).sum(axis=-1))


def _dead(seen: Trace) -> np.ndarray:
    none = np.zeros((len(seen.a[-1]), 0))
    shares = [1 - a.any(axis=1).mean(axis=1, keepdims=True) for a in seen.a[:-1]]
    return np.concatenate([none, *shares], axis=1)


def _flow(seen: Trace, grad_raw: np.ndarray) -> np.ndarray:
    if len(seen.layers) < 3:
        return np.full(len(grad_raw), np.nan)
    sizes = [np.sqrt(np.square(a).mean(axis=(1, 2))) for a in back(seen, grad_raw).a[:-1]]
    return sizes[0] / np.where(sizes[-1] > 0, sizes[-1], np.nan)


def _scales(X) -> float:
    if sp.issparse(X):
        mean, variance = mean_variance_axis(X, axis=0)
    else:
        mean, variance = X.mean(axis=0), X.var(axis=0)
    sd = np.sqrt(variance)
    # What rounding, also that of a scaler, leaves of a constant column is no spread.
    sd = sd[sd > 100 * np.finfo(X.dtype).eps * np.maximum(np.abs(mean), sd.max())]
    return float(sd.max() / sd.min()) if len(sd) else 1.0
