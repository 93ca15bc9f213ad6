"""Between an RBM and the engine: its data, its job, its fitted arrays, and what came of a fit."""

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from sklearn_relu import kernels
from sklearn_relu.estimators.log import report_of
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.network.boltzmann import Machine
from sklearn_relu.network.noise import generator_in_state, new_generator
from sklearn_relu.network.units import HIDDEN, VISIBLE
from sklearn_relu.parameters import with_python_numbers
from sklearn_relu.training.contrastive import MachineJob, MachineState

STANDARD_DEVIATION = 0.01
"""Of the weights before training (Hinton 2010, section 8)."""

FEW_ROWS = 30
"""Of fewer rows means and deviations say little of a column's scale."""

LOOKED_AT = 1000
"""Rows on which units are looked at after a fit."""


class Columns:
    """The ranges, means and deviations of the columns of X, found in bounded memory.

    Parameters
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)

    Attributes
    ----------
    n_rows : int
    lowest, highest, mean, deviation : ndarray of shape (n_features,)
    """

    def __init__(self, X: Any):
        self.n_rows = X.shape[0]
        self.lowest, self.highest = (_dense(extreme(axis=0)) for extreme in (X.min, X.max))
        total, squares = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for rows in kernels.pieces(*X.shape):
            block = X[rows].toarray() if sp.issparse(X) else X[rows]
            total += block.sum(axis=0, dtype=np.float64)
            squares += np.square(block, dtype=np.float64).sum(axis=0)
        self.mean = total / self.n_rows
        self.deviation = np.sqrt(np.maximum(squares / self.n_rows - self.mean**2, 0))


def _dense(row: Any) -> np.ndarray:
    return row.toarray().ravel() if sp.issparse(row) else row


def check_range(visible: str, columns: Columns) -> None:
    """Raise a ValueError if binary visible units cannot stand for the values."""
    lowest, highest = columns.lowest.min(), columns.highest.max()
    if visible == "binary" and not (lowest >= 0 and highest <= 1):
        raise ValueError(
            "X must be in [0, 1] for visible='binary', whose values are probabilities; it goes "
            f"from {lowest:g} to {highest:g}. Put a MinMaxScaler before the RBM, or divide by the "
            "largest possible value (255 for images). For standardized numbers use "
            "visible='gaussian'."
        )


def check_varies(columns: Columns) -> None:
    """Raise a ValueError if all of several rows are the same."""
    if columns.n_rows > 1 and (columns.lowest == columns.highest).all():
        raise ValueError(
            f"X must not be constant: all of its {columns.n_rows} rows are the same, so there is "
            "nothing to learn. Look for what has made them so, such as a scaler fitted elsewhere."
        )


def warn_unless_standardized(columns: Columns) -> None:
    """Warn if means or deviations are far from those that Gaussian units of unit variance have.

    Constant columns may be 0, as StandardScaler leaves them.
    """
    if columns.n_rows < FEW_ROWS:
        return
    varies = columns.deviation > 0
    odd = (np.abs(columns.mean) > 1) | (columns.deviation > 3)
    odd |= varies & (columns.deviation < 1 / 3)
    if odd.any():
        worst = odd.argmax()
        warnings.warn(
            "visible='gaussian' is for columns with mean 0 and standard deviation 1, as "
            f"StandardScaler gives them; {odd.sum()} of {len(odd)} columns are far from it. Column "
            f"{worst} is the first, with mean {columns.mean[worst]:g} and standard deviation "
            f"{columns.deviation[worst]:g}.",
            TrainingWarning,
            stacklevel=2,
        )


def new_job(estimator, X: Any, columns: Columns, max_epochs: int) -> MachineJob:
    """A job with weights and biases as they are before training.

    The visible biases are those of the columns' means, where no hidden unit is on: else the first
    steps would teach each hidden unit the mean of all rows, and rectified units may not survive it.
    """
    estimator = with_python_numbers(estimator)
    noise = new_generator(check_random_state(estimator.random_state))
    n_hidden, n_visible = estimator.n_components, X.shape[1]
    params = np.zeros((1, n_hidden * n_visible + n_hidden + n_visible), X.dtype)
    machine = Machine.of_flat(
        params, n_hidden, HIDDEN[estimator.hidden], VISIBLE[estimator.visible]
    )
    noise.standard_normal(out=machine.weight, dtype=X.dtype)
    machine.weight[...] *= STANDARD_DEVIATION
    machine.visible_bias[...] = machine.visible.sums_of_means(columns.mean, columns.n_rows)
    chains = None
    if estimator.persistent:
        chains = np.zeros((1, estimator.batch_size, n_hidden), X.dtype)
    state = MachineState(params, np.zeros_like(params), chains, noise.bit_generator.state)
    return _job(estimator, X, machine, state, noise, max_epochs)


def next_job(estimator, X: Any) -> MachineJob:
    """A job of one epoch that goes on where the last call has left the estimator.

    Raises
    ------
    ValueError
        If the parameters say another machine than the fitted one.
    """
    check_same_machine(estimator)
    estimator = with_python_numbers(estimator)
    machine = fitted_machine(estimator, X.dtype)
    arrays = machine.weight, machine.hidden_bias, machine.visible_bias
    params = np.concatenate([array.reshape(1, -1) for array in arrays], axis=1)
    velocity = getattr(estimator, "_velocity", None)
    if velocity is None or velocity.shape != params.shape:
        velocity = np.zeros_like(params)
    chains = None
    if estimator.persistent:
        chains = _chains(estimator, X.dtype)
    noise = generator_in_state(estimator._noise_state)
    state = MachineState(params, velocity.astype(X.dtype), chains, estimator._noise_state)
    return _job(estimator, X, machine, state, noise, max_epochs=1)


def _chains(estimator, dtype) -> np.ndarray:
    """The persistent chains as the last call left them; new ones if it had none."""
    chains = getattr(estimator, "h_samples_", None)
    if chains is None:
        return np.zeros((1, estimator.batch_size, estimator.n_components), dtype)
    _check_chains(chains, estimator)
    return chains[None].astype(dtype)


def _check_chains(chains: Any, estimator) -> None:
    n_hidden = len(estimator.components_)
    is_array = isinstance(chains, np.ndarray)
    if not (is_array and chains.ndim == 2 and chains.shape[1] == n_hidden and len(chains)):
        raise ValueError(
            f"h_samples_ must be an array of shape (n_chains, {n_hidden}); got {np.shape(chains)}."
        )


def _job(
    estimator,
    X: Any,
    machine: Machine,
    state: MachineState,
    noise: np.random.Generator,
    max_epochs: int,
) -> MachineJob:
    return MachineJob(
        X,
        machine.hidden,
        machine.visible,
        estimator.n_components,
        state,
        noise,
        learning_rate=estimator.learning_rate,
        momentum=estimator.momentum,
        weight_decay=estimator.weight_decay,
        batch_size=estimator.batch_size,
        n_gibbs=estimator.n_gibbs,
        max_epochs=max_epochs,
        time_limit=np.inf if estimator.time_limit is None else estimator.time_limit,
        report=report_of(estimator),
    )


def check_same_machine(estimator) -> None:
    """Raise a ValueError if parameters that shape the machine were changed after a fit."""
    fitted = {
        "n_components": len(estimator.components_),
        "hidden": estimator._hidden,
        "visible": estimator._visible,
    }
    for name, value in fitted.items():
        if getattr(estimator, name) != value:
            raise ValueError(
                f"partial_fit goes on with a machine of {name}={value!r}; {name} is now "
                f"{getattr(estimator, name)!r}. Set it back, or begin anew with fit."
            )


def fitted_machine(estimator, dtype) -> Machine:
    """The machine of a fitted estimator, with its arrays as they are now.

    Raises
    ------
    ValueError
        If arrays do not fit together, as they may not if some were assigned.
    """
    n_visible = estimator.n_features_in_
    n_hidden = len(np.atleast_1d(estimator.components_))
    wanted = {
        "components_": (n_hidden, n_visible),
        "intercept_hidden_": (n_hidden,),
        "intercept_visible_": (n_visible,),
    }
    for name, shape in wanted.items():
        array = getattr(estimator, name)
        if not isinstance(array, np.ndarray) or array.shape != shape:
            raise ValueError(
                f"{name} must be an array of shape {shape}; got {np.shape(array)}. Arrays that "
                "are assigned to a fitted RBM must fit together."
            )
    weight, hidden_bias, visible_bias = (
        getattr(estimator, name).astype(dtype, copy=False) for name in wanted
    )
    return Machine(
        HIDDEN[estimator._hidden],
        VISIBLE[estimator._visible],
        weight.T[None],
        hidden_bias[None, None],
        visible_bias[None, None],
    )


def check_machine(estimator) -> None:
    """Raise unless a fitted estimator, such as one from a file, can be used and trained further."""
    machine = fitted_machine(estimator, np.float64)
    n_params = machine.weight.size + machine.hidden_bias.size + machine.visible_bias.size
    generator_in_state(estimator._noise_state)
    velocity = getattr(estimator, "_velocity", np.empty((1, n_params)))
    if not isinstance(velocity, np.ndarray) or velocity.shape != (1, n_params):
        raise ValueError("its velocity does not fit its parameters")
    _check_chains(
        getattr(estimator, "h_samples_", np.empty((1, len(estimator.components_)))), estimator
    )


def fitted_attributes(job: MachineJob, names: dict[str, str], keeps_velocity: bool) -> dict:
    """The attributes that training sets.

    Parameters
    ----------
    job : MachineJob
    names : dict
        The names of the `hidden` and the `visible` units.
    keeps_velocity : bool
        Whether the next call goes on exactly.
    """
    state = job.state
    machine = Machine.of_flat(state.params, job.n_hidden, job.hidden, job.visible)
    attributes = {
        "components_": machine.weight[0].copy().T,
        "intercept_hidden_": machine.hidden_bias[0, 0].copy(),
        "intercept_visible_": machine.visible_bias[0, 0].copy(),
        "history_": {"reconstruction_error": state.errors, "seconds": state.seconds},
        "n_iter_": job.n_epochs,
        "_hidden": names["hidden"],
        "_visible": names["visible"],
        "_noise_state": state.noise_state,
    }
    if state.chains is not None:
        attributes["h_samples_"] = state.chains[0]
    if keeps_velocity:
        attributes["_velocity"] = state.velocity
    return attributes


def raise_or_warn(job: MachineJob) -> None:
    """Say what went wrong, as an error if there is no complete epoch to fall back on.

    Raises
    ------
    ValueError
    """
    if job.outcome == "diverged":
        trouble = (
            "The RBM's parameters or reconstructions stopped being finite in epoch "
            f"{job.n_epochs + 1}, with learning_rate={job.learning_rate:g}"
        )
        cure = (
            f"Lower learning_rate ({job.learning_rate / 10:g}; Gaussian visible units take a tenth "
            "or a hundredth of what binary ones do), and look for extreme values in X."
        )
        if not job.is_whole:
            raise ValueError(f"{trouble}. {cure}")
        warnings.warn(
            f"{trouble}; it went back to its last finite epoch. {cure}",
            ConvergenceWarning,
            stacklevel=2,
        )
    if job.outcome == "time_limit":
        warnings.warn(
            f"Training stopped after {job.time_limit:g} seconds (time_limit), before its last "
            "epoch.",
            ConvergenceWarning,
            stacklevel=2,
        )


def warn_if_useless(job: MachineJob, columns: Columns) -> None:
    """Warn of reconstructions that are much worse than the mean row, and of dead hidden units."""
    state = job.state
    error, of_mean = state.errors[-1], float(np.mean(columns.deviation**2))
    if error > 2 * of_mean:
        warnings.warn(
            f"The machine reconstructs the rows with a mean squared error of {error:.3g}, more "
            f"than twice that of the mean row ({of_mean:.3g}): its weights grow without end. Lower "
            f"learning_rate, which is {job.learning_rate:g}.",
            TrainingWarning,
            stacklevel=2,
        )
    machine = Machine.of_flat(state.params, job.n_hidden, job.hidden, job.visible)
    with np.errstate(over="ignore"):
        dead = (machine.hidden_mean(job.X[:LOOKED_AT])[0] == 0).all(axis=0).mean()
    if dead > 0.95:
        warnings.warn(
            f"{dead:.0%} of the hidden units are dead: their mean is 0 on each of the first rows "
            f"of X. Lower learning_rate, which is {job.learning_rate:g}; where most values of X "
            "are near 1, train on 1 - X.",
            TrainingWarning,
            stacklevel=2,
        )
