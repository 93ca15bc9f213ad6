"""What the classifier and the regressor share: parameters, and the course of a fit."""

import copy
import warnings
from abc import ABC, abstractmethod
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, _fit_context, clone
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from sklearn_relu.activations import Activation
from sklearn_relu.engine.jobs import Job, Recipe, TrainingState
from sklearn_relu.engine.layers import Arrays, Dense
from sklearn_relu.engine.network import dense_layers, raw_outputs
from sklearn_relu.engine.training import train
from sklearn_relu.estimators import weights
from sklearn_relu.estimators.outcome import (
    continuation,
    fitted_attributes,
    fitted_curves,
    raise_or_warn,
)
from sklearn_relu.estimators.parts import FAMILIES, Parts, resolve, resolve_parts
from sklearn_relu.estimators.validation import Validation, generator, split, working_memory
from sklearn_relu.initializers import Initializer
from sklearn_relu.losses import Loss
from sklearn_relu.optimizers import FullBatchOptimizer, Solver
from sklearn_relu.part import Part
from sklearn_relu.penalties import ActivityPenalty, Penalty
from sklearn_relu.schedules import Schedule

_FROM_TRAINING = (
    "coefs_",
    "intercepts_",
    "activation_parameters_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "_states",
    "_fingerprint",
)
"""Attributes of an earlier fit that a new one need not have."""


class BaseMLP(BaseEstimator, ABC):
    """A multi-layer perceptron, up to what its targets are."""

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str, Activation, list, tuple],
        "solver": [str, Solver],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [str, Schedule],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "loss": [str, Loss],
        "initialization": [str, Initializer],
        "bias_initialization": [Interval(Real, None, None, closed="neither"), str, Initializer],
        "penalty": [str, Penalty, None],
        "activity_penalty": [str, ActivityPenalty, None],
        "activity_alpha": [Interval(Real, 0, None, closed="left")],
        "dtype": [StrOptions({"float32", "float64"}), None],
        "ensemble_size": [Interval(Integral, 1, None, closed="left")],
    }

    _y_numeric: bool

    @abstractmethod
    def _takes_loss(self, loss: Loss | type[Loss]) -> bool:
        """Whether the loss is for this kind of target."""

    @abstractmethod
    def _set_targets(self, y, new: bool):
        """Turn checked y into targets (n_samples, n_targets), labels to stratify by or None, and
        the kind of target; `new` unless training goes on."""

    def _declare_classes(self, y, classes):
        """Note the classes that a first call of partial_fit declares."""

    @abstractmethod
    def _score_predictions(self, predictions, targets, sample_weight) -> float:
        """Score of the inverse link's values against the targets, both (n_samples, n_targets)."""

    def set_params(self, **params):
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the network to data.

        Either all fitted attributes are those of this fit, or, if it raises, the estimator is as
        it was before. An interrupted fit (Ctrl-C) keeps its last complete epoch.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or numbers for a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative; None means that each sample counts 1.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter or data that cannot be used, and if the loss or a parameter of the
            network stops being finite in the first epoch.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def _is_stochastic(self):
        if isinstance(resolve(self, "solver"), FullBatchOptimizer):
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{self.solver} is not stochastic."
            )
        return True

    def _fit(self, X, y, sample_weight, incremental: bool, classes=None):
        """Work on a shallow copy, whose attributes become the estimator's if all goes well."""
        if incremental:  # scikit-learn checks them in the first call only
            self._validate_params()
        draft = copy.copy(self)
        parts = resolve_parts(draft)
        jobs = draft._make_jobs(parts, X, y, sample_weight, incremental, classes)
        try:
            train(jobs)
        except KeyboardInterrupt:
            if all(job.n_epochs for job in jobs):
                self._adopt(draft, parts, jobs)
            raise
        raise_or_warn(jobs, incremental)
        return self._adopt(draft, parts, jobs)

    def _make_jobs(
        self, parts: Parts, X, y, sample_weight, incremental: bool, classes
    ) -> list[Job]:
        """One job for each network, from checked data."""
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        goes_on = hasattr(self, "coefs_") and (self.warm_start or incremental)
        if incremental:
            self._declare_classes(y, classes)
        X, y = self._check_data(X, y, reset=not goes_on)
        targets, labels, target_type = self._set_targets(y, new=not (goes_on or incremental))
        dtype = X.dtype
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=dtype, ensure_non_negative=True
            )
        loss = parts.loss.for_target(target_type)
        targets = np.ascontiguousarray(loss.encode(targets), dtype=dtype)
        n_targets = targets.shape[1]
        layers = dense_layers(
            X.shape[1], parts.hidden_layer_sizes, parts.activations, loss.n_raw(n_targets)
        )
        starts = self._resume(layers, dtype) if goes_on else self._start(layers, parts, X)

        early_stopping = self.early_stopping and not isinstance(parts.solver, FullBatchOptimizer)
        if early_stopping:
            starts, splits = split(self, starts, X.shape[0], labels)
        else:
            splits = [(None, None)] * len(starts)
        n_rows = X.shape[0] if splits[0][0] is None else len(splits[0][0])
        recipe = Recipe(
            layers,
            loss,
            parts.solver,
            parts.penalty,
            parts.activity_penalty,
            self._batch_size(n_rows, parts),
            dtype,
            n_targets,
        )
        return [
            Job(
                recipe,
                X,
                targets,
                sample_weight,
                rows,
                rng,
                state,
                learning_rate=self.learning_rate_init,
                schedule=parts.schedule,
                alpha=self.alpha,
                activity_alpha=self.activity_alpha,
                shuffle=self.shuffle,
                max_epochs=1 if incremental else self.max_iter,
                tol=self.tol,
                n_iter_no_change=self.n_iter_no_change,
                validation_score=(
                    None
                    if held_out is None
                    else Validation(self, recipe, X, targets, sample_weight, held_out).score
                ),
                report=print if self.verbose else lambda line: None,
                resumable=self.warm_start or incremental,
            )
            for (rng, state), (rows, held_out) in zip(starts, splits, strict=True)
        ]

    def _check_data(self, X, y, reset: bool):
        """X and y as arrays; `reset` unless they must have the fitted features."""
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=self._y_numeric,
            dtype=self._float_dtypes(),
            order="C",
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _batch_size(self, n_rows: int, parts: Parts) -> int:
        if isinstance(parts.solver, FullBatchOptimizer):
            return n_rows
        if self.batch_size == "auto":
            return min(200, n_rows)
        if self.batch_size > n_rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
                stacklevel=2,
            )
        return min(self.batch_size, n_rows)

    def _start(self, layers, parts: Parts, X) -> list[tuple[np.random.RandomState, TrainingState]]:
        """A generator and new parameters for each network."""
        rng = check_random_state(self.random_state)
        rngs = [rng]
        if self.ensemble_size > 1:
            seeds = rng.randint(np.iinfo(np.int32).max, size=self.ensemble_size)
            rngs = [np.random.RandomState(seed) for seed in seeds]
        return [
            (
                rng,
                TrainingState(
                    weights.initial_params(
                        layers, parts.initializer, parts.bias_initializer, rng, X, X.dtype
                    )
                ),
            )
            for rng in rngs
        ]

    def _resume(self, layers, dtype) -> list[tuple[np.random.RandomState, TrainingState]]:
        """Each network's generator and state as the last call left them."""
        reported = weights.flat_params(layers, self, self.ensemble_size, dtype)
        states = getattr(self, "_states", None)
        if states is None:  # fitted without warm_start: only what can be seen is left
            states = fitted_curves(self, len(reported))
        untouched = weights.fingerprint(self) == getattr(self, "_fingerprint", None)
        resumed = []
        for i, (params, state) in enumerate(zip(reported, states, strict=True)):
            last = state.params.astype(dtype) if state.params.size and untouched else params
            state = replace(
                state,
                params=last,
                best_params=params if np.isfinite(state.best_score) else None,
            )
            resumed.append((generator(state.rng_state, self.random_state, i), state))
        return resumed

    def _adopt(self, draft, parts: Parts, jobs: list[Job]):
        """Set the fitted attributes on the draft, then take over all that it has, at once."""
        for name in _FROM_TRAINING:
            vars(draft).pop(name, None)
        vars(draft).update(fitted_attributes(jobs))
        # Copies: a part that the user changes later must not change predictions.
        draft._activations = [clone(activation) for activation in parts.activations]
        draft._loss = clone(jobs[0].recipe.loss)
        if jobs[0].resumable:
            draft._states = continuation(jobs)
            draft._fingerprint = weights.fingerprint(draft)
        self.__dict__ = draft.__dict__
        return self

    def _raw(self, X) -> np.ndarray:
        """Raw outputs of each network: (n_networks, n_samples, n_raw), in X's floating dtype."""
        X = self._check_inputs(X)
        return raw_outputs(*self._network(X.dtype), X, X.dtype, working_memory())

    def _check_inputs(self, X):
        """X for a fitted estimator."""
        check_is_fitted(self)
        return validate_data(self, X, accept_sparse="csr", dtype=self._float_dtypes(), reset=False)

    def _network(self, dtype) -> tuple[list[Dense], list[Arrays]]:
        """The layers, and their parameters as they are now, network axis first."""
        layers = weights.fitted_layers(self, self._activations)
        return layers, weights.layer_params(self, dtype)

    def _mean_prediction(self, X) -> np.ndarray:
        """The inverse link's values (n_samples, n_outputs), averaged over the networks."""
        raw = self._raw(X)
        predictions = self._loss.predict(raw)
        return predictions[0] if len(predictions) == 1 else predictions.mean(axis=0)

    def _float_dtypes(self) -> list[type]:
        return [np.float64, np.float32] if self.dtype is None else [np.dtype(self.dtype).type]
