"""Figures of a fit, on some of its rows."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_relu.estimators.constant import (
    ROUNDING,
    AgainstConstant,
    Decide,
    against_constant,
    weights_of,
)
from sklearn_relu.estimators.course import course_of
from sklearn_relu.estimators.outcome import chosen_params, warn_of_overflow
from sklearn_relu.estimators.setting import Setting
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.layers import first_that_learns, largest_product
from sklearn_relu.network.inference import raw_outputs
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.through_time import ThroughTime
from sklearn_relu.network.trace import Gradients, Trace, back, rows_at_once, trace
from sklearn_relu.training.batches import dense
from sklearn_relu.training.jobs import Job

MOST_ROWS = 2000
"""Rows that are looked at."""

ENOUGH_ROWS = 100
"""So many are looked at in any case, if there are so many."""

SHARE_OF_ROWS = 0.005
"""Rows that are looked at, of all those that training has seen: a look is cheaper than a step."""

FEW = 10
"""On so many rows units are alike, or not."""


def _not_noted() -> np.ndarray:
    return np.full(1, np.nan)


@dataclass(frozen=True)
class Diagnosis:
    """Figures of a fit, on at most `MOST_ROWS` of its rows.

    Those that the first version did not note have defaults by which nothing is found.

    Attributes
    ----------
    outcomes : list of str
        How the training of each network ended; see :class:`sklearn_relu.training.jobs.Job`.
    spread : ndarray of shape (n_networks,)
        Standard deviation of predictions over that of targets; NaN if targets are constant.
    dead : ndarray of shape (n_networks, n_hidden_layers)
        Share of dead units: those that are 0 on all rows.
    flow : ndarray of shape (n_networks,)
        Root mean square gradient for the activations of the first hidden layer that learns over
        that for the last's; NaN where there is none.
    scales : float
        Largest standard deviation of a feature over the smallest that is not 0; 1 if there is none.
    offset : float
        How many of its standard deviations the mean of a feature is from 0, at most.
    size, largest : float
        Root mean square of the inputs, and of those of the feature of which it is largest.
    standard_targets : bool
        Whether each target's mean is near 0 and its standard deviation near 1, or it is a class.
    blank : ndarray of shape (n_networks, n_hidden_layers)
        Share of units whose summed inputs are 0 on all rows.
    alike : ndarray of bool of shape (n_networks,)
        Whether all units of a hidden layer give the same.
    loss, constant_loss, accuracy, majority : ndarray of shape (n_networks,)
        See :class:`sklearn_relu.estimators.constant.AgainstConstant`. Where some of the rows say
        that a constant would be better, these are of all rows.
    left, fell, rose, peak : ndarray of shape (n_networks,)
        See :class:`sklearn_relu.estimators.course.Course`.
    through_time : ndarray of shape (n_networks, n_layers)
        The gradient's norm at the first step of series over that at the last one, for the layer's
        summed inputs; NaN where a layer reads no series. See :class:`ThroughTime`.
    steps : int
        The steps that it is over; 0 without series.
    skipped : ndarray of shape (n_networks,)
        Share of the steps of training that were skipped, as their gradients were not finite.
    setting : dict
        What was set; see :class:`sklearn_relu.estimators.setting.Setting`.
    """

    outcomes: list[str]
    spread: np.ndarray
    dead: np.ndarray
    flow: np.ndarray
    scales: float
    offset: float = 0.0
    size: float = 1.0
    largest: float = 1.0
    standard_targets: bool = False
    blank: np.ndarray = field(default_factory=_not_noted)
    alike: np.ndarray = field(default_factory=_not_noted)
    loss: np.ndarray = field(default_factory=_not_noted)
    constant_loss: np.ndarray = field(default_factory=_not_noted)
    accuracy: np.ndarray = field(default_factory=_not_noted)
    majority: np.ndarray = field(default_factory=_not_noted)
    left: np.ndarray = field(default_factory=_not_noted)
    fell: np.ndarray = field(default_factory=_not_noted)
    rose: np.ndarray = field(default_factory=_not_noted)
    peak: np.ndarray = field(default_factory=_not_noted)
    through_time: np.ndarray = field(default_factory=_not_noted)
    steps: int = 0
    skipped: np.ndarray = field(default_factory=_not_noted)
    setting: dict = field(default_factory=dict)


def diagnose(jobs: list[Job], setting: Setting, decide: Decide) -> Diagnosis:
    """Look at the trained networks of one estimator.

    Parameters
    ----------
    jobs : list of Job
        Trained.
    setting : Setting
    decide : callable
        From predictions to classes.

    Returns
    -------
    diagnosis : Diagnosis

    Warns
    -----
    ConvergenceWarning
        If outputs for a row that was trained on are not finite.
    """
    recipe = jobs[0].recipe
    rows = _rows(jobs[0], rows_at_once(recipe.layers, len(jobs), ENOUGH_ROWS, MOST_ROWS))
    X, targets = jobs[0].X[rows].astype(recipe.dtype, copy=False), dense(jobs[0].y[rows])
    params = ParameterLayout(recipe.layers).views(np.stack([chosen_params(job) for job in jobs]))
    threads = suitable_blas_threads(largest_product(recipe.layers, X.shape[0]))
    with np.errstate(all="ignore"):
        with threads:  # only so long, for the limit is of all threads that train
            seen = trace(recipe.layers, params, X)
            raw = seen.a[-1]
            value, grad_raw = _loss(jobs, rows, raw)
            is_deep = len(seen.layers) > 2 or recipe.reads_series
            gradients = back(seen, grad_raw) if is_deep else None
        predictions = recipe.loss.predict(raw)
        _check_finite(jobs, rows, raw, predictions)
        compared = against_constant(jobs, rows, raw, value, decide)
        inputs = Inputs.of(recipe.layers[0].features(X))
        # What some of the rows suspect, all of them decide.
        if _is_suspicious(compared, jobs) and X.shape[0] < jobs[0].X.shape[0]:
            every = _deciding_rows(jobs[0])
            X = jobs[0].X[every]
            raw = raw_outputs(recipe.layers, params, X, recipe.dtype, working_memory())
            compared = against_constant(jobs, every, raw, _loss(jobs, every, raw)[0], decide)
            inputs = Inputs.of(recipe.layers[0].features(X))
        varies = _total_sd(targets)
        return Diagnosis(
            outcomes=[job.outcome for job in jobs],
            spread=_total_sd(predictions) / (varies if varies else np.nan),
            dead=_silent(seen, [seen.states(i) for i in range(len(seen.layers) - 1)]),
            flow=_flow(seen, gradients),
            **inputs._asdict(),
            standard_targets=recipe.loss.for_classes or _are_standard(targets),
            blank=_silent(seen, seen.z[:-1]),
            alike=_alike(seen),
            **compared._asdict(),
            **course_of(jobs, compared.constant_loss)._asdict(),
            **_through_time(seen, gradients),
            skipped=np.array([_share_of_skipped(job) for job in jobs]),
            setting=vars(setting),
        )


def _is_suspicious(compared: AgainstConstant, jobs: list[Job]) -> bool:
    """Whether some of the rows are worse off than with a constant, or all of them were in the last
    epoch, or those looked at happen to have all the same target."""
    last = np.array([job.history[-1].loss if job.history else np.inf for job in jobs])
    return not (~compared.is_worse & (last <= compared.constant_loss)).all()


def _loss(jobs: list[Job], rows, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weighted sum of the loss for each network, and its gradient."""
    grad_raw = np.empty_like(raw)
    y = np.repeat(dense(jobs[0].y[rows])[None], len(jobs), axis=0)
    weights = weights_of(jobs, rows)
    return jobs[0].recipe.loss.value_and_gradient(y, raw, weights, grad_raw), grad_raw


def _check_finite(jobs: list[Job], rows, raw: np.ndarray, predictions: np.ndarray) -> None:
    """Held-out rows may overflow, which shows in the validation score, and a network that went
    back to its last finite epoch, which was said."""
    finite = np.isfinite(raw).all(axis=2) & np.isfinite(predictions).all(axis=2)
    if finite.all():
        return
    looked_at = np.arange(jobs[0].X.shape[0])[rows]
    for job, fine in zip(jobs, finite, strict=True):
        trained_on = slice(None) if job.rows is None else np.isin(looked_at, job.rows)
        if job.outcome != "diverged" and not fine[trained_on].all():
            warn_of_overflow(job)


def _rows(job: Job, most: int) -> slice | np.ndarray:
    """Rows at equal distances, of those with a weight; few if training was short."""
    n_seen = int(SHARE_OF_ROWS * job.n_epochs * job.n_rows)
    return _some_rows(job, min(most, max(ENOUGH_ROWS, n_seen)))


def _deciding_rows(job: Job) -> slice | np.ndarray:
    """All rows with a weight; of a network that gives rows as wide as X not more than can be held
    beside it."""
    return _some_rows(job, MOST_ROWS) if job.reconstructs else _counting_rows(job)


def _some_rows(job: Job, most: int) -> slice | np.ndarray:
    """Rows with a weight at equal distances, at most so many."""
    counting = _counting_rows(job)
    n_rows = job.X.shape[0] if isinstance(counting, slice) else len(counting)
    step = -(-n_rows // min(n_rows, most))
    return slice(0, None, step) if isinstance(counting, slice) else counting[::step]


def _counting_rows(job: Job) -> slice | np.ndarray:
    """The rows that have a weight."""
    if job.sample_weight is None or (counts := job.sample_weight.any(axis=1)).all():
        return slice(None)
    return np.flatnonzero(counts)


def _total_sd(values: np.ndarray) -> np.ndarray:
    """Root of the sum over the columns of their variances: (..., n_samples, n) to (...)."""
    return np.sqrt(values.var(axis=-2).sum(axis=-1))


def _silent(seen: Trace, values: list[np.ndarray]) -> np.ndarray:
    """Share of each hidden layer's units of which no value is other than 0."""
    none = np.zeros((len(seen.a[-1]), 0))
    shares = []
    for i, of_layer in enumerate(values):
        by_unit = seen.layers[i].by_unit(np.any(seen.rows(i, of_layer), axis=1))
        shares.append(1 - by_unit.any(axis=-2).mean(axis=-1, keepdims=True))
    return np.concatenate([none, *shares], axis=1)


def _alike(seen: Trace) -> np.ndarray:
    """Whether all units of a hidden layer give the same, and not 0, for each network."""
    alike = np.zeros(len(seen.a[-1]), bool)
    for i, layer in enumerate(seen.layers[:-1]):
        if layer.n_units > 1:
            few = seen.rows(i, seen.states(i))[:, :FEW]
            differences, largest = np.ptp(few, axis=2).max(axis=1), np.abs(few).max(axis=(1, 2))
            alike |= (differences <= ROUNDING * largest) & (largest > 0)
    return alike


def _are_standard(targets: np.ndarray) -> bool:
    mean, sd = targets.mean(axis=0), targets.std(axis=0)
    return bool((np.abs(mean) < sd).all() and (sd > 0.3).all() and (sd < 3).all())


def _flow(seen: Trace, gradients: Gradients | None) -> np.ndarray:
    first, n_hidden = first_that_learns(seen.layers), len(seen.layers) - 1
    if gradients is None or n_hidden - first < 2:
        return np.full(len(seen.a[-1]), np.nan)
    # Where a series has no step, there is no activation to have a gradient.
    pairs = zip(gradients.a[:-1], seen.a[:-1], strict=True)
    sizes = [np.sqrt(np.square(g).mean(axis=(1, 2), where=~np.isnan(a))) for g, a in pairs]
    return sizes[first] / np.where(sizes[-1] > 0, sizes[-1], np.nan)


def _through_time(seen: Trace, gradients: Gradients | None) -> dict:
    """See :class:`Diagnosis`."""
    none = np.full(len(seen.a[-1]), np.nan)
    ratios, steps = [none for _ in seen.layers[:-1]], 0
    for i, layer in enumerate(seen.layers[:-1]):
        if gradients is not None and layer.reads_series:
            found = ThroughTime.of(seen, i, gradients.z[i])
            ratios[i], steps = found.ratio, max(steps, found.reach)
    return {"through_time": np.stack([*ratios, none], axis=1), "steps": steps}


def _share_of_skipped(job: Job) -> float:
    return job.state.skipped_steps / max(job.state.step, 1)


class Inputs(NamedTuple):
    """Of the inputs; see :class:`Diagnosis`."""

    scales: float
    offset: float
    size: float
    largest: float

    @classmethod
    def of(cls, X) -> "Inputs":
        """Those of some rows."""
        if sp.issparse(X):
            mean, variance = mean_variance_axis(X, axis=0)
        elif X.dtype.kind != "f":  # many pixels, of which no other copy is made
            mean = X.mean(axis=0)
            squared = np.einsum("ij,ij->j", X, X, dtype=np.float64, casting="unsafe")
            variance = np.maximum(squared / len(X) - mean**2, 0.0)
        else:
            mean, variance = X.mean(axis=0), X.var(axis=0)
        squares = mean**2 + variance
        size, largest = float(np.sqrt(squares.mean())), float(np.sqrt(squares.max()))
        sd, mean = np.sqrt(variance), np.abs(mean)
        # What rounding, also that of a scaler, leaves of a constant column is no spread.
        varies = sd > 100 * np.finfo(mean.dtype).eps * np.maximum(mean, sd.max())
        if not varies.any():
            return cls(1.0, 0.0, size, largest)
        sd, mean = sd[varies], mean[varies]
        return cls(float(sd.max() / sd.min()), float((mean / sd).max()), size, largest)
