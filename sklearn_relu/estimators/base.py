"""Networks as estimators: the course of a fit."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np

from sklearn_relu.documentation import Documented
from sklearn_relu.estimators import fitted_arrays
from sklearn_relu.estimators.architecture import Architecture
from sklearn_relu.estimators.callbacks import (
    EpochTasks,
    Hooks,
    Keeper,
    context_of,
    epochs_of,
    keeper_of,
)
from sklearn_relu.estimators.curves import (
    Growth,
    copied_curves,
    extend,
    growing_curves,
    take_back,
    whole_curves,
)
from sklearn_relu.estimators.data import Data, checked_weight, finite_outputs
from sklearn_relu.estimators.diagnosis import Diagnosis, diagnose
from sklearn_relu.estimators.findings import warn
from sklearn_relu.estimators.identity import identity
from sklearn_relu.estimators.outcome import (
    continuation,
    fitted_attributes,
    raise_or_warn,
)
from sklearn_relu.estimators.parameters import NetworkParameters
from sklearn_relu.estimators.parts import FAMILIES, Parts, resolve, resolve_parts
from sklearn_relu.estimators.planning import make_jobs
from sklearn_relu.estimators.setting import setting_of
from sklearn_relu.estimators.settled import checked_parts, copied_parts
from sklearn_relu.estimators.starts import keep_at_hand
from sklearn_relu.estimators.targets import Targets
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.losses import Loss
from sklearn_relu.network.inference import raw_outputs
from sklearn_relu.optimizers import OPTIMIZERS
from sklearn_relu.optimizers.base import Solver
from sklearn_relu.parameters import only_if
from sklearn_relu.part import Part
from sklearn_relu.sklearn_private import CallbackSupportMixin, callbacks_of, fit_context
from sklearn_relu.training.gathering import train_fit
from sklearn_relu.training.jobs import Job

_FROM_TRAINING = (
    "coefs_",
    "intercepts_",
    "activation_parameters_",
    "history_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "n_skipped_steps_",
    "_states",
    "_fingerprint",
    "_diagnosis",
)
"""Attributes of an earlier fit that a new one need not have."""


NO_DATA = None, None, None
"""X_val, y_val and sample_weight_val where there are none."""


def _keep(keeper: Keeper | None, jobs: list[Job]) -> None:
    """Keep the layers that pre-training has filled."""
    if keeper is not None:
        keeper.end_layer(jobs)


class BaseNetwork(Targets, Architecture, Documented, CallbackSupportMixin, NetworkParameters):
    """A network as an estimator: the course of a fit, whatever its targets and its architecture.

    An estimator is made of a class for its targets and one for its architecture, which both derive
    from this one: ``class MLPClassifier(Classes, MLP)``.
    """

    def set_params(self, **params) -> Self:
        """Set parameters; a nested one on a name turns the name into its part first.

        So ``set_params(activation="leaky_relu", activation__negative_slope=0.1)`` works, and a
        grid over both.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For an unknown parameter or name, and for a nested one of what is not a part.
        """
        nested = {key: value for key, value in params.items() if "__" in key}
        # First the flat ones: a solver's part takes them over when its name becomes it.
        super().set_params(**{key: params[key] for key in params if key not in nested})
        for name in {key.partition("__")[0] for key in nested} & set(FAMILIES):
            value = getattr(self, name)
            if isinstance(value, str):
                setattr(self, name, resolve(self, name))
            elif not isinstance(value, Part):
                raise ValueError(
                    f"{name}={value!r} has no parameters of its own to set; pass a part, with "
                    "them in its constructor."
                )
        return super().set_params(**nested)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "coefs_")

    @fit_context
    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None) -> Self:
        """Fit the network to data.

        Either all fitted attributes are those of this fit, or, if it raises, the estimator is as
        it was before. An interrupted fit (Ctrl-C) keeps its last complete epoch.

        Callbacks (``set_callbacks``, with scikit-learn >= 1.9) see each epoch as a task, and may
        stop the fit; with :class:`sklearn_relu.callbacks.Checkpoint` a fit that was killed goes on.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Or images, or series, where the network is one of these: in the forms that its class
            describes.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or numbers for a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative; None means that each sample counts 1.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Held-out rows. Their loss and score are in ``history_``, and with `early_stopping`
            they decide on stopping, in place of a part of X.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), default=None
            Their targets.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter or data that cannot be used, and if the loss or a parameter of the
            network stops being finite in the first epoch.

        Warns
        -----
        ConvergenceWarning
            If training did not converge, or went back from numbers that were not finite.
        TrainingWarning
            If on the training rows predictions are worse than those of the best constant (the
            mean, the most frequent class ...) or hardly vary though targets do, if more than 95 %
            of a hidden layer's units are dead, if features' scales differ by more than 10,000, or
            if a feature is more than 100 of its standard deviations from 0. See
            :func:`sklearn_relu.inspection.verdict`.
        """
        return self._fit(X, y, sample_weight, validation=(X_val, y_val, sample_weight_val))

    @only_if(lambda estimator: estimator._is_stochastic())
    @fit_context
    def partial_fit(self, X, y, sample_weight=None) -> Self:
        """Train for one epoch on the given data, going on from the last call.

        Optimizer state and generator go on too, so n calls with the same data equal a fit of n
        epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As :meth:`fit`, and for ``early_stopping=True``.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _is_stochastic(self):
        solver = self.solver
        if isinstance(solver, str) and solver in OPTIMIZERS:
            solver = OPTIMIZERS[solver]  # its own parameters are checked in the call
        elif not isinstance(solver, Solver):
            solver = resolve(self, "solver")
        if not solver.takes_batches:
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{self.solver} is not stochastic."
            )
        return True

    def _fit(
        self,
        X,
        y,
        sample_weight,
        validation=NO_DATA,
        incremental=False,
        classes=None,
        unlabeled=None,
    ):
        """Work on a shallow copy, whose attributes become the estimator's if all goes well."""
        # scikit-learn validates parameters in the first call of partial_fit only.
        parts = checked_parts(self) if incremental else resolve_parts(self)
        context = context_of(self, epochs_of(self, parts.solver), incremental)
        draft = self._shallow_copy()
        keeper = None if incremental else keeper_of(self, parts.solver)
        jobs = draft._make_jobs(
            parts,
            X,
            y,
            sample_weight,
            validation,
            incremental=incremental,
            classes=classes,
            keeper=keeper,
            unlabeled=unlabeled,
        )
        resumable = incremental or self.warm_start
        before = self.__dict__ if self._goes_on(incremental) else {}

        def fitted() -> dict:
            return draft._attributes(parts, jobs, resumable, whole_curves(jobs, before))

        hooks = self._hooks(context, jobs, keeper, fitted, (X, y, sample_weight))
        try:
            with hooks or nullcontext():
                if not (incremental or before):
                    draft._pretrain(jobs, partial(_keep, keeper, jobs))
                # Of a resumed fit some networks may have ended, or all.
                if going_on := [job for job in jobs if job.outcome == "running"]:
                    train_fit(going_on)
        except KeyboardInterrupt:
            if all(job.is_whole for job in jobs):
                self.__dict__ = fitted()
            raise
        raise_or_warn(jobs, incremental, self.log_prefix)
        diagnosis = None
        if not incremental:
            setting = setting_of(self, parts)
            diagnosis = diagnose(jobs, setting, draft._decide)
            warn(diagnosis, setting, self.log_prefix)
        curves, growth = growing_curves(jobs, before)
        attributes = draft._attributes(parts, jobs, resumable, curves, diagnosis)
        if hooks is not None:
            hooks.end()
        self._take_over(attributes, growth)
        if incremental and before.get("_states"):
            keep_at_hand(jobs)
        return self

    def _take_over(self, attributes: dict, growth: Growth) -> None:
        """Have these attributes, and lists that have grown, or all as it was."""
        try:
            extend(growth)
            self.__dict__ = attributes
        except BaseException:  # a KeyboardInterrupt comes between any two steps
            if self.__dict__ is not attributes:
                take_back(growth)
            raise

    def _shallow_copy(self) -> Self:
        """A copy that shares all attributes."""
        copied = type(self).__new__(type(self))
        copied.__dict__ = vars(self).copy()
        return copied

    def _reading_arrays(self) -> Self:
        """A copy that reads X as its networks do: an array, without names."""
        copied = self._shallow_copy()
        copied.__dict__.pop("feature_names_in_", None)
        return copied

    def __copy__(self) -> Self:
        """A shallow copy with curves of its own, for these grow from call to call."""
        copied = self._shallow_copy()
        copied.__dict__.update(copied_curves(self.__dict__))
        return copied

    def _goes_on(self, incremental: bool) -> bool:
        """Whether training goes on where the last call left it."""
        return hasattr(self, "coefs_") and (self.warm_start or incremental)

    def _hooks(
        self, context, jobs: list[Job], keeper: Keeper | None, fitted: Callable[[], dict], data
    ) -> Hooks | None:
        """The calls of callbacks along with training, if there are any."""
        if not callbacks_of(self):
            return None
        X, y, sample_weight = data
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        # scikit-learn sets attributes on a copy, which must not keep those of an earlier fit.
        earlier = dict.fromkeys(vars(self).keys() & {*_FROM_TRAINING, "pretraining_history_"})
        given = {"X": X, "y": y, "metadata": metadata}
        return Hooks(
            jobs, EpochTasks(self, context, jobs, lambda: earlier | fitted(), given), keeper
        )

    def _check_no_horizon(self, parts: Parts) -> None:
        schedules = {
            "learning_rate": parts.schedule,
            "regularization_schedule": parts.regularization_schedule,
        }
        for name, schedule in schedules.items():
            if schedule is not None and schedule.has_horizon:
                raise ValueError(
                    f"partial_fit does not know how many epochs {name}={getattr(self, name)!r} "
                    "spans. Use a schedule without a horizon, such as Cosine(period=10)."
                )

    def _make_jobs(
        self,
        parts: Parts,
        X,
        y,
        sample_weight=None,
        validation=NO_DATA,
        incremental=False,
        classes=None,
        keeper: Keeper | None = None,
        unlabeled=None,
    ) -> list[Job]:
        """One job for each network, from checked data."""
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if incremental:
            self._check_no_horizon(parts)
        self._check_pretraining(parts, unlabeled, incremental)
        goes_on = self._goes_on(incremental)
        if not goes_on:
            self.__dict__.pop("pretraining_history_", None)
        if incremental:
            self._declare_classes(y, classes)
        X, y = self._check_data(X, y, reset=not goes_on)
        if self.input_noise and not isinstance(X, np.ndarray):
            raise ValueError(
                f"input_noise={self.input_noise!r} would fill every value of a sparse X. Use "
                "input_dropout, or pass X.toarray()."
            )
        dtype = self._computing_dtype(X)
        sample_weight = checked_weight(sample_weight, X, dtype)
        loss = self._learn_targets(y, sample_weight, parts.loss, new=not (goes_on or incremental))
        data = self._encode_data(X, y, sample_weight, loss, dtype)
        if unlabeled is not None:
            data = replace(data, unlabeled=self._check_unlabeled(unlabeled, dtype))
        held_out = self._held_out_data(validation, loss)
        snapshots = None
        if keeper is not None:
            snapshots = keeper.find(identity(self, data, held_out, goes_on))
        return make_jobs(
            self,
            parts,
            loss,
            data,
            held_out,
            goes_on=goes_on,
            incremental=incremental,
            is_kept=keeper is not None,
            snapshots=snapshots,
        )

    def _held_out_data(self, validation, loss: Loss) -> Data | None:
        """The data that the user held out, checked and encoded like the training data.

        They stay in the precision in which ``score`` would compute.
        """
        X, y, sample_weight = validation
        if X is None and y is None and sample_weight is None:
            return None
        self._check_held_out_is_whole(X, y, sample_weight)
        try:
            X, y = self._check_data(X, y, reset=False)
            self._check_known_targets(y)
            dtype = self._computing_dtype(X)
            return self._encode_data(X, y, checked_weight(sample_weight, X, dtype), loss, dtype)
        except ValueError as error:
            raise ValueError(f"In {self._held_out_names}: {error}") from error

    def _attributes(
        self,
        parts: Parts,
        jobs: list[Job],
        resumable: bool,
        curves: dict,
        diagnosis: Diagnosis | None = None,
    ) -> dict:
        """All attributes of a draft once its jobs are trained, to be taken over at once."""
        fitted: Any = self._shallow_copy()
        for name in _FROM_TRAINING:
            vars(fitted).pop(name, None)
        vars(fitted).update(fitted_attributes(jobs), **curves)
        vars(fitted).update(self._fitted_shape(jobs[0].recipe.stages))
        # Copies: a part that the user changes later must not change predictions.
        copies = [*getattr(self, "_activations", ()), getattr(self, "_loss", None)]
        *activations, loss = copied_parts([*parts.activations, jobs[0].recipe.loss], copies)
        fitted._activations, fitted._loss = activations, loss
        if diagnosis is not None:
            fitted._diagnosis = vars(diagnosis)
        if resumable:
            fitted._states = continuation(jobs)
            fitted._fingerprint = fitted_arrays.fingerprint(fitted)
        return vars(fitted)

    def _raw(self, X) -> np.ndarray:
        """Raw outputs of each network: (n_networks, n_samples, n_raw), in X's floating dtype."""
        X = self._check_inputs(X)
        dtype = self._computing_dtype(X)
        with np.errstate(over="ignore", invalid="ignore"):
            raw = raw_outputs(*self._network(dtype), X, dtype, working_memory())
        finite_outputs(raw.swapaxes(0, 1))
        return raw

    def _network(self, dtype) -> tuple[list[Layer], list[Arrays]]:
        """The layers, and their parameters as they are now, network axis first."""
        layers = self._fitted_layers()
        return layers, fitted_arrays.fitted_params(self, layers, dtype)
