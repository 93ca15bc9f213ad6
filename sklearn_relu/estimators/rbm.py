"""Restricted Boltzmann machines with rectified or binary hidden units."""

import copy
import difflib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.documentation import Documented
from sklearn_relu.estimators import machines
from sklearn_relu.estimators.callbacks import EpochTasks, Hooks, context_of, refuse_keepers
from sklearn_relu.estimators.data import finite_outputs, unusable_values_explained
from sklearn_relu.estimators.describing import Attribute, Described, Parameter
from sklearn_relu.estimators.parameters import NetworkParameters
from sklearn_relu.estimators.reading import ReadsTables, in_the_frame_of
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.kernels.threads import suitable_blas_threads
from sklearn_relu.network.boltzmann import Machine
from sklearn_relu.network.noise import generator_in_state
from sklearn_relu.network.units import HIDDEN, VISIBLE
from sklearn_relu.parameters import only_if, store_parameters
from sklearn_relu.sklearn_private import (
    CallbackSupportMixin,
    ChecksFirst,
    Interval,
    InvalidParameterError,
    StrOptions,
    callbacks_of,
    fit_context,
)
from sklearn_relu.training.contrastive import MachineJob, train

_PARAMETERS = NetworkParameters._described_parameters
_ATTRIBUTES = NetworkParameters._described_attributes

_FROM_TRAINING = "h_samples_", "_velocity"
"""Attributes of an earlier fit that a new one need not have."""


class RBM(
    ReadsTables,
    Documented,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    ChecksFirst,
    Described,
):
    """Restricted Boltzmann machine with rectified or binary hidden units.

    scikit-learn's :class:`~sklearn.neural_network.BernoulliRBM` has binary units. Here hidden units
    may be noisy rectified linear units, whose features are sparse and know intensities, and visible
    units may stand for real numbers. Training is by contrastive divergence, or with persistent
    chains.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Warns
    -----
    TrainingWarning
        By ``fit``: with Gaussian visible units for columns that are not standardized; if
        reconstructions are much worse than the mean row; if more than 95 % of the hidden units are
        dead.
    ConvergenceWarning
        By ``fit``, if it went back from numbers that were not finite, or `time_limit` ended it.

    See Also
    --------
    MLPClassifier : A network that learns from labels.

    Notes
    -----
    Contrastive divergence takes the means of visible units as the machine's fantasies; persistent
    chains sample both layers. Before training the visible biases are those at which visible units
    have the columns' means [3]_. Each epoch shuffles the rows.

    Where rectified hidden units die on rows with many large values, lower `learning_rate`. Gaussian
    visible units take a tenth or a hundredth of the rate of binary ones.

    References
    ----------
    .. [1] Nair, V. and Hinton, G. E. (2010). Rectified linear units improve restricted Boltzmann
       machines. International Conference on Machine Learning.
    .. [2] Tieleman, T. (2008). Training restricted Boltzmann machines using approximations to the
       likelihood gradient. International Conference on Machine Learning.
    .. [3] Hinton, G. E. (2010). A practical guide to training restricted Boltzmann machines. UTML
       TR 2010-003, University of Toronto.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_relu import RBM
    >>> X = load_digits().data / 16
    >>> model = RBM(64, batch_size=10, n_iter=5, random_state=0).fit(X)
    >>> model.transform(X).shape
    (1797, 64)
    >>> bool(model.reconstruction_error(X).mean() < X.var(axis=0).mean() / 2)
    True
    """

    log_prefix: str = ""
    """The beginning of each line of the log. No parameter: set where the fit is a part of another
    one's."""

    _described_parameters = {
        "n_components": Parameter(
            "int", [Interval(Integral, 1, None, closed="left")], "Number of hidden units."
        ),
        "hidden": Parameter(
            '{"nrelu", "binary"}',
            [StrOptions(set(HIDDEN))],
            """
            Hidden units. "nrelu" are noisy rectified linear units: given the summed input x, the
            mean is ``max(0, x)`` and a sample ``max(0, x + N(0, sigmoid(x)))`` [1]_. "binary" ones
            are 1 with the probability ``sigmoid(x)``.
            """,
        ),
        "visible": Parameter(
            '{"binary", "gaussian"}',
            [StrOptions(set(VISIBLE))],
            """
            Visible units. "binary" ones take values in [0, 1] as probabilities; "gaussian" ones are
            real numbers of unit variance, for standardized columns.
            """,
        ),
        "learning_rate": Parameter(
            "float", [Interval(Real, 0, None, closed="neither")], "The learning rate."
        ),
        "batch_size": Parameter(
            "int",
            [Interval(Integral, 1, None, closed="left")],
            "Rows in a step, and the number of persistent chains.",
        ),
        "n_iter": Parameter(
            "int", [Interval(Integral, 1, None, closed="left")], "Number of epochs."
        ),
        "n_gibbs": Parameter(
            "int",
            [Interval(Integral, 1, None, closed="left")],
            "Steps of Gibbs sampling in a step of training.",
        ),
        "persistent": Parameter(
            "bool",
            ["boolean"],
            """
            Whether Gibbs sampling goes on from the last step's chains [2]_. False: it begins at the
            rows of the batch.
            """,
        ),
        "momentum": Parameter(
            "float",
            [Interval(Real, 0, 1, closed="left")],
            "Share of the last move that the next one keeps, in [0, 1).",
        ),
        "weight_decay": Parameter(
            "float",
            [Interval(Real, 0, None, closed="left")],
            "Share of each weight, times the learning rate, that a step takes away.",
        ),
        "verbose": Parameter("bool", ["verbose"], "Whether to print a line for each epoch."),
        "time_limit": _PARAMETERS["time_limit"]._replace(
            text="Seconds after which no other epoch begins; the machine is then as it is."
        ),
        "dtype": _PARAMETERS["dtype"],
        "random_state": _PARAMETERS["random_state"]._replace(
            text="Seeds the generator that draws the weights, the order of the rows and samples."
        ),
    }

    _described_attributes = {
        "components_": Attribute(
            "ndarray of shape (n_components, n_features)",
            "Weights. All methods use the arrays as they are, also after they were assigned.",
        ),
        "intercept_hidden_": Attribute(
            "ndarray of shape (n_components,)", "Biases of the hidden units."
        ),
        "intercept_visible_": Attribute(
            "ndarray of shape (n_features,)", "Biases of the visible units."
        ),
        "h_samples_": Attribute(
            "ndarray of shape (batch_size, n_components)",
            "The hidden units of the persistent chains. Only with `persistent`.",
        ),
        "history_": Attribute(
            "dict of list of float",
            """
            For each epoch of the last call "reconstruction_error", the mean squared error of the
            rows' reconstructions as the epoch went on, and "seconds".
            """,
        ),
        "n_iter_": Attribute("int", "Epochs of the last call."),
        "n_features_in_": _ATTRIBUTES["n_features_in_"],
        "feature_names_in_": _ATTRIBUTES["feature_names_in_"],
    }

    _noise_state: Mapping[str, Any]

    def __init__(
        self,
        n_components=256,
        *,
        hidden="nrelu",
        visible="binary",
        learning_rate=0.05,
        batch_size=100,
        n_iter=10,
        n_gibbs=1,
        persistent=False,
        momentum=0.5,
        weight_decay=2e-4,
        verbose=False,
        time_limit=None,
        dtype=None,
        random_state=None,
    ):
        store_parameters(self, locals())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "components_")

    def check_first(self):
        """Raise a ValueError for an unknown name of units, with the nearest known one."""
        for parameter, known in (("hidden", HIDDEN), ("visible", VISIBLE)):
            value = getattr(self, parameter)
            if isinstance(value, str) and value not in known:
                near = difflib.get_close_matches(value, known, n=1)
                raise InvalidParameterError(  # in scikit-learn's words
                    f"The {parameter!r} parameter of {type(self).__name__} must be a str among "
                    f"{list(known)}. Got {value!r} instead."
                    + (f" Did you mean {near[0]!r}?" if near else "")
                )

    @fit_context
    def fit(self, X, y=None) -> Self:
        """Fit the machine to data.

        Either all fitted attributes are those of this fit, or, if it raises, the estimator is as
        it was before. An interrupted fit (Ctrl-C) keeps its last complete epoch.

        Callbacks (``set_callbacks``, with scikit-learn >= 1.9) see each epoch as a task, and may
        stop the fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            In [0, 1] for binary visible units; standardized for Gaussian ones.
        y : None
            Ignored.

        Returns
        -------
        self : RBM

        Raises
        ------
        ValueError
            For a parameter or data that cannot be used, and if numbers stop being finite in the
            first epoch.
        """
        return self._fit(X, incremental=False)

    @fit_context
    def partial_fit(self, X, y=None) -> Self:
        """Train for one epoch on the given data, going on from the last call.

        Momentum, chains and generator go on too, so n calls with the same data equal a fit of n
        epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Ignored.

        Returns
        -------
        self : RBM

        Raises
        ------
        ValueError
            As :meth:`fit`, and if `n_components`, `hidden` or `visible` have changed.
        """
        return self._fit(X, incremental=True)

    def _fit(self, X, incremental: bool) -> Self:
        """Work on a shallow copy, whose attributes become the estimator's if all goes well."""
        refuse_keepers(self)
        context = context_of(self, 1 if incremental else int(self.n_iter), incremental)
        draft = copy.copy(self)
        columns, job = draft._make_job(X, incremental)

        def fitted() -> dict[str, Any]:
            return draft._attributes(job, incremental)

        hooks = self._hooks(context, job, fitted, X)
        try:
            with hooks or nullcontext():
                train(job)
        except KeyboardInterrupt:
            if job.is_whole:
                self.__dict__ = fitted()
            raise
        machines.raise_or_warn(job)
        if not incremental:
            machines.warn_if_useless(job, columns)
        attributes = fitted()
        if hooks is not None:
            hooks.end()
        self.__dict__ = attributes
        return self

    def _make_job(self, X, incremental: bool) -> tuple[machines.Columns, MachineJob]:
        """The columns of X, checked, and a job."""
        goes_on = incremental and hasattr(self, "components_")
        X = self._checked_table(X, reset=not goes_on, order="C")
        columns = machines.Columns(X)
        machines.check_range(self.visible, columns)
        if goes_on:
            return columns, machines.next_job(self, X)
        if not incremental:
            machines.check_varies(columns)
            if self.visible == "gaussian":
                machines.warn_unless_standardized(columns)
        max_epochs = 1 if incremental else int(self.n_iter)
        return columns, machines.new_job(self, X, columns, max_epochs)

    def _attributes(self, job: MachineJob, incremental: bool) -> dict[str, Any]:
        """All attributes of a draft once its job is trained, to be taken over at once."""
        kept = {name: value for name, value in vars(self).items() if name not in _FROM_TRAINING}
        names = {"hidden": self.hidden, "visible": self.visible}
        return kept | machines.fitted_attributes(job, names, keeps_velocity=incremental)

    def _hooks(
        self, context, job: MachineJob, fitted: Callable[[], dict[str, Any]], X
    ) -> Hooks | None:
        """The calls of callbacks along with training, if there are any."""
        if not callbacks_of(self):
            return None
        # scikit-learn sets attributes on a copy, which must not keep those of an earlier fit.
        earlier = dict.fromkeys(vars(self).keys() & set(_FROM_TRAINING))
        given = {"X": X, "y": None, "metadata": None}
        return Hooks(
            [job], EpochTasks(self, context, [job], lambda: earlier | fitted(), given), None
        )

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def _inputs_and_machine(self, X) -> tuple[Any, Machine]:
        check_is_fitted(self)
        X = self._checked_table(X, reset=False)
        return X, machines.fitted_machine(self, X.dtype)

    def transform(self, X) -> np.ndarray:
        """Return the means of the hidden units: of rectified ones with exact zeros.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        h : ndarray of shape (n_samples, n_components)
            In X's floating dtype.
        """
        X, machine = self._inputs_and_machine(X)
        of_rows = machine.hidden_mean
        return _in_chunks(machine, X, lambda rows: of_rows(rows)[0], (len(self.components_),))

    def inverse_transform(self, X) -> np.ndarray:
        """Return the means of the visible units, given values of the hidden ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Such as :meth:`transform` gives.

        Returns
        -------
        v : ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If X has another width.
        """
        check_is_fitted(self)
        with unusable_values_explained():
            h = check_array(X, dtype=self._float_dtypes(), estimator=self)
        machine = machines.fitted_machine(self, h.dtype)
        n_hidden = len(self.components_)
        if h.shape[1] != n_hidden:
            raise ValueError(
                f"inverse_transform takes values of {n_hidden} hidden units, as transform gives "
                f"them; X has {h.shape[1]} columns. Pass what transform gave, or give rows of "
                "features to reconstruct."
            )
        of_rows = machine.visible_mean
        return _in_chunks(machine, h, lambda rows: of_rows(rows[None])[0], (self.n_features_in_,))

    def reconstruct(self, X) -> np.ndarray:
        """Return the reconstructions of rows: ``inverse_transform(transform(X))``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        v : ndarray of shape (n_samples, n_features)
        """
        X, machine = self._inputs_and_machine(X)
        return _in_chunks(machine, X, lambda rows: _reconstructed(machine, rows), X.shape[1:])

    def reconstruction_error(self, X, per_feature=False):
        """Return the squared error of each row's reconstruction, or of each value.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        per_feature : bool, default=False
            Whether to tell the features apart.

        Returns
        -------
        error : ndarray of shape (n_samples,) or (n_samples, n_features)
            Of a row the mean over its features. Per feature, of a data frame of pandas or Polars,
            a data frame with the same names and index.
        """
        checked, machine = self._inputs_and_machine(X)

        def errors(rows):
            squares = np.square(np.asarray(rows - _reconstructed(machine, rows)))
            return squares if per_feature else squares.mean(axis=1)

        shape = checked.shape[1:] if per_feature else ()
        found = _in_chunks(machine, checked, errors, shape)
        return in_the_frame_of(X, found) if per_feature else found

    def gibbs(self, v) -> np.ndarray:
        """Sample the hidden units given the visible ones, then the visible units given these.

        The generator is that of the fit and goes on with each call, also for :meth:`partial_fit`.

        Parameters
        ----------
        v : {array-like, sparse matrix} of shape (n_samples, n_features)
            Values of the visible units to start from.

        Returns
        -------
        v_new : ndarray of shape (n_samples, n_features)
            Zeros and ones for binary units, real numbers for Gaussian ones.
        """
        v, machine = self._inputs_and_machine(v)
        noise = generator_in_state(self._noise_state)
        new = _in_chunks(machine, v, lambda rows: machine.gibbs(rows, [noise])[0], v.shape[1:])
        self._noise_state = noise.bit_generator.state
        return new

    def _is_binary(self) -> bool:
        """Whether all units are binary; raises an AttributeError that says why not."""
        of_fit = vars(self)
        for name in ("hidden", "visible"):
            value = of_fit.get(f"_{name}", getattr(self, name))
            if value != "binary":
                raise AttributeError(
                    f"score_samples is there for binary units only; {name}={value!r} has no "
                    "pseudo-likelihood that is known. Use reconstruction_error."
                )
        return True

    @only_if(lambda estimator: estimator._is_binary())
    def score_samples(self, X) -> np.ndarray:
        """Return the pseudo-likelihood of each row, where all units are binary.

        It is that of scikit-learn's BernoulliRBM: the log-probability of one value of the row given
        the others, drawn with `random_state`, times the number of features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Values that are 0 or 1.

        Returns
        -------
        pseudo_likelihood : ndarray of shape (n_samples,)
        """
        X, machine = self._inputs_and_machine(X)
        n_samples, n_features = X.shape
        flipped = check_random_state(self.random_state).randint(0, n_features, n_samples)
        scores = np.empty(n_samples, X.dtype)
        with suitable_blas_threads():
            for rows in machine.chunks(n_samples, working_memory()):
                v = X[rows] if isinstance(X, np.ndarray) else X[rows].toarray()
                other = v.copy()
                places = np.arange(len(v)), flipped[rows]
                other[places] = 1 - other[places]
                difference = machine.free_energy(v) - machine.free_energy(other)
                scores[rows] = -n_features * np.logaddexp(0, difference)
        return scores


def _reconstructed(machine: Machine, rows: Any) -> np.ndarray:
    return machine.visible_mean(machine.hidden_mean(rows))[0]


def _in_chunks(
    machine: Machine, X: Any, function: Callable[[Any], np.ndarray], shape: tuple[int, ...]
) -> np.ndarray:
    """Values of such a shape for each row of X, some rows at a time.

    Raises
    ------
    ValueError
        If some are not finite.
    """
    out = np.empty((X.shape[0], *shape), X.dtype)
    chunks = machine.chunks(X.shape[0], working_memory())
    product = machine.multiplications(chunks[0].stop)
    with np.errstate(over="ignore", invalid="ignore"), suitable_blas_threads(product):
        for rows in chunks:
            out[rows] = function(X[rows])
    return finite_outputs(out)
