"""What the classifier and the regressor share: parameters, and the course of a fit."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array, check_X_y, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_relu.documentation import Documented
from sklearn_relu.estimators import mlp, weights
from sklearn_relu.estimators.curves import (
    Growth,
    copied_curves,
    extend,
    growing_curves,
    take_back,
    whole_curves,
)
from sklearn_relu.estimators.data import (
    Data,
    checked_weight,
    combined_weight,
    float_dtype,
    plain_columns,
    target_array,
    unusable_values_explained,
)
from sklearn_relu.estimators.diagnosis import Diagnosis, diagnose
from sklearn_relu.estimators.findings import warn
from sklearn_relu.estimators.finite import finite_outputs, in_precision
from sklearn_relu.estimators.hooks import Hooks
from sklearn_relu.estimators.identity import identity
from sklearn_relu.estimators.jobs import make_jobs
from sklearn_relu.estimators.keeping import Keeper, keeper_of
from sklearn_relu.estimators.outcome import (
    continuation,
    fitted_attributes,
    raise_or_warn,
)
from sklearn_relu.estimators.parts import FAMILIES, Parts, resolve, resolve_parts
from sklearn_relu.estimators.quick import is_sound_table, is_sound_target, numbers_of_frame
from sklearn_relu.estimators.setting import setting_of
from sklearn_relu.estimators.settled import checked_parts, copied_parts
from sklearn_relu.estimators.starts import keep_at_hand
from sklearn_relu.estimators.tasks import EpochTasks
from sklearn_relu.estimators.typed import checks_parameters
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.losses import Loss
from sklearn_relu.network.inference import raw_outputs
from sklearn_relu.network.stage import Stage
from sklearn_relu.optimizers import OPTIMIZERS, FullBatchOptimizer, Optimizer
from sklearn_relu.parameters import WithQuickParameters
from sklearn_relu.part import Part
from sklearn_relu.sklearn_private import (
    CallbackSupportMixin,
    Interval,
    Options,
    StrOptions,
    callback_context,
    callbacks_of,
)
from sklearn_relu.training.batches import with_stand_ins
from sklearn_relu.training.gathering import train
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
    "_states",
    "_fingerprint",
    "_diagnosis",
)
"""Attributes of an earlier fit that a new one need not have."""


NO_DATA = None, None, None
"""X_val, y_val and sample_weight_val where there are none."""


class BaseMLP(Documented, CallbackSupportMixin, WithQuickParameters, ABC):
    """A multi-layer perceptron, up to what its targets are."""

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": "no_validation",  # parts are resolved, with errors of their own
        "solver": "no_validation",
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": "no_validation",
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
        "loss": "no_validation",
        "initialization": "no_validation",
        "bias_initialization": "no_validation",
        "penalty": "no_validation",
        "activity_penalty": "no_validation",
        "activity_alpha": [Interval(Real, 0, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple],
        "input_dropout": [Interval(Real, 0, 1, closed="left")],
        "input_noise": [Interval(Real, 0, None, closed="left")],
        "max_norm": [Interval(Real, 0, None, closed="neither"), None],
        "gradient_clipping": [Interval(Real, 0, None, closed="neither"), None],
        "early_stopping_metric": [str, callable],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
        "dtype": [StrOptions({"float32", "float64"}), None],
        "ensemble_size": [Interval(Integral, 1, None, closed="left")],
    }

    _y_numeric: bool

    @abstractmethod
    def _takes_loss(self, loss: Loss | type[Loss]) -> bool:
        """Whether the loss is for this kind of target."""

    def _declare_classes(self, y, classes):
        """Note the classes that a first call of partial_fit declares."""

    @abstractmethod
    def _learn_targets(self, y, sample_weight, loss: Loss, new: bool) -> Loss:
        """Note what targets are, from checked y, unless training goes on and they are known
        (`new` is False); returns the loss for them."""

    @abstractmethod
    def _encode_targets(self, y, loss: Loss) -> np.ndarray:
        """What the loss compares raw outputs with, (n_samples, n_targets)."""

    @abstractmethod
    def _stratify_by(self, y) -> np.ndarray | None:
        """Labels whose shares a validation split keeps."""

    @abstractmethod
    def _check_known_targets(self, y) -> None:
        """Raise a ValueError if targets are not like those that were learned."""

    def _class_weights(self, y) -> np.ndarray | None:
        """Weights by class, (n_samples, 1 or n_targets)."""
        return None

    def _decide(self, values, threshold: float) -> np.ndarray | None:
        """Numbers of the classes that values mean, or of labels; None if they mean no classes."""
        return None

    @abstractmethod
    def _truth(self, y):
        """What :meth:`_score_predictions` compares with, from checked y."""

    @abstractmethod
    def _score_predictions(self, predictions, truth, sample_weight) -> float:
        """What ``score`` gives for a network's inverse link's values (n_samples, n_targets); NaN
        where it has no meaning."""

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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @checks_parameters
    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None) -> Self:
        """Fit the network to data.

        Either all fitted attributes are those of this fit, or, if it raises, the estimator is as
        it was before. An interrupted fit (Ctrl-C) keeps its last complete epoch.

        Callbacks (``set_callbacks``, with scikit-learn >= 1.9) see each epoch as a task, and may
        stop the fit; with :class:`sklearn_relu.callbacks.Checkpoint` a fit that was killed goes on.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
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

    def _is_stochastic(self):
        solver = self.solver  # whose own parameters are checked in the call, with errors of theirs
        known = isinstance(solver, str) and solver in OPTIMIZERS
        stochastic = (
            issubclass(OPTIMIZERS[solver], Optimizer)
            if known
            else isinstance(solver, Optimizer) or isinstance(resolve(self, "solver"), Optimizer)
        )
        if not stochastic:
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{self.solver} is not stochastic."
            )
        return True

    def _fit(self, X, y, sample_weight, validation=NO_DATA, incremental=False, classes=None):
        """Work on a shallow copy, whose attributes become the estimator's if all goes well."""
        # scikit-learn validates parameters in the first call of partial_fit only.
        parts = checked_parts(self) if incremental else resolve_parts(self)
        context = None
        if callbacks_of(self):
            context = callback_context(
                self,
                task_name="partial_fit" if incremental else "fit",
                max_subtasks=1 if incremental else self._max_epochs(parts),
            )
        draft = self._shallow_copy()
        keeper = None if incremental else keeper_of(self, parts.solver)
        data = X, y, sample_weight, validation
        jobs = draft._make_jobs(parts, *data, incremental, classes, keeper)
        resumable = incremental or self.warm_start
        before = self.__dict__ if self._goes_on(incremental) else {}

        def fitted() -> dict:
            return draft._attributes(parts, jobs, resumable, whole_curves(jobs, before))

        hooks = self._hooks(context, jobs, keeper, fitted, (X, y, sample_weight))
        try:
            with hooks or nullcontext():
                # Of a resumed fit some networks may have ended, or all.
                if going_on := [job for job in jobs if job.outcome == "interrupted"]:
                    train(going_on)
        except KeyboardInterrupt:
            if all(job.is_whole for job in jobs):
                self.__dict__ = fitted()
            raise
        raise_or_warn(jobs, incremental)
        diagnosis = None
        if not incremental:
            setting = setting_of(self, parts)
            diagnosis = diagnose(jobs, setting, draft._decide)
            warn(diagnosis, setting)
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
        """What calls callbacks along with training, if there are any."""
        if not callbacks_of(self):
            return None
        X, y, sample_weight = data
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        # scikit-learn sets attributes on a copy, which must not keep those of an earlier fit.
        earlier = dict.fromkeys(vars(self).keys() & set(_FROM_TRAINING))
        given = {"X": X, "y": y, "metadata": metadata}
        return Hooks(
            jobs, EpochTasks(self, context, jobs, lambda: earlier | fitted(), given), keeper
        )

    def _max_epochs(self, parts: Parts) -> int:
        """Epochs of a fit; under a full-batch solver, iterations of all networks."""
        one_by_one = isinstance(parts.solver, FullBatchOptimizer)
        return self.max_iter * (self.ensemble_size if one_by_one else 1)

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
    ) -> list[Job]:
        """One job for each network, from checked data."""
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if incremental and parts.schedule.has_horizon:
            raise ValueError(
                f"partial_fit does not know how many epochs learning_rate={self.learning_rate!r} "
                "spans. Use a schedule without a horizon, such as Cosine(period=10)."
            )
        goes_on = self._goes_on(incremental)
        if incremental:
            self._declare_classes(y, classes)
        X, y = self._check_data(X, y, reset=not goes_on)
        if self.input_noise and not isinstance(X, np.ndarray):
            raise ValueError(
                f"input_noise={self.input_noise!r} would fill every value of a sparse X. Use "
                "input_dropout, or pass X.toarray()."
            )
        sample_weight = checked_weight(sample_weight, X)
        loss = self._learn_targets(y, sample_weight, parts.loss, new=not (goes_on or incremental))
        data = self._encode_data(X, y, sample_weight, loss)
        held_out = self._held_out_data(validation, loss)
        snapshots = None
        if keeper is not None:
            snapshots = keeper.find(identity(self, data, held_out, goes_on))
        plan = goes_on, incremental, keeper is not None, snapshots
        return make_jobs(self, parts, loss, data, held_out, *plan)

    def _encode_data(self, X, y, sample_weight, loss: Loss) -> Data:
        """Checked data, with targets for the loss."""
        read = with_stand_ins(None, sample_weight)
        targets = in_precision(
            self._encode_targets(y if read is None else y[read], loss),
            X.dtype,
            "y",
            "Rescale y (standardize_y=True does it), or set dtype='float64'.",
        )
        weight = combined_weight(sample_weight, self._class_weights(y), X.dtype)
        return Data(X, y, targets, sample_weight, weight)

    def _held_out_data(self, validation, loss: Loss) -> Data | None:
        """What the user held out, checked and encoded like the training data, but in the precision
        in which ``score`` would compute."""
        X, y, sample_weight = validation
        if X is None and y is None and sample_weight is None:
            return None
        if X is None or y is None:
            given = {"X_val": X, "y_val": y, "sample_weight_val": sample_weight}
            names = " and ".join(name for name, value in given.items() if value is not None)
            raise ValueError(f"X_val and y_val belong together; got {names} only.")
        try:
            X, y = self._check_data(X, y, reset=False)
            self._check_known_targets(y)
            return self._encode_data(X, y, checked_weight(sample_weight, X), loss)
        except ValueError as error:
            raise ValueError(f"In X_val, y_val or sample_weight_val: {error}") from error

    def _check_data(self, X, y, reset: bool):
        """X and y as arrays; `reset` unless they must have the fitted features."""
        y = target_array(y, numeric=self._y_numeric)
        dtypes = self._float_dtypes()
        sound = not reset and self._is_sound(X, dtypes)
        if sound and is_sound_target(y, len(X), self._y_numeric):
            return X, y
        X, y = self._validated(
            X, y, dtypes, reset, multi_output=True, y_numeric=self._y_numeric, order="C"
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

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
        # Copies: a part that the user changes later must not change predictions.
        copies = [*getattr(self, "_activations", ()), getattr(self, "_loss", None)]
        *activations, loss = copied_parts([*parts.activations, jobs[0].recipe.loss], copies)
        fitted._activations, fitted._loss = activations, loss
        if diagnosis is not None:
            fitted._diagnosis = vars(diagnosis)
        if resumable:
            fitted._states = continuation(jobs)
            fitted._fingerprint = weights.fingerprint(fitted)
        return vars(fitted)

    def _raw(self, X) -> np.ndarray:
        """Raw outputs of each network: (n_networks, n_samples, n_raw), in X's floating dtype."""
        X = self._check_inputs(X)
        with np.errstate(over="ignore", invalid="ignore"):
            raw = raw_outputs(*self._network(X.dtype), X, X.dtype, working_memory())
        finite_outputs(raw.swapaxes(0, 1))
        return raw

    def _check_inputs(self, X):
        """X for a fitted estimator."""
        check_is_fitted(self)
        dtypes = self._float_dtypes()
        if self._is_sound(X, dtypes):
            return X
        return self._validated(X, "no_validation", dtypes, reset=False)

    def _is_sound(self, X, dtypes: list[type]) -> bool:
        """Whether X is as it should be, so that scikit-learn need not look at it."""
        # It warns of arrays without names where there were some.
        named = "feature_names_in_" in vars(self)
        return not named and is_sound_table(X, dtypes, self.n_features_in_)

    def _validated(self, X, y, dtypes: list[type], reset: bool, **checks):
        """X as an array, and y too if it is to be validated, by scikit-learn's checks."""
        with unusable_values_explained():
            numbers = numbers_of_frame(X)
            if numbers is None:
                X = plain_columns(X)
                checks |= {"accept_sparse": "csr", "dtype": float_dtype(X, dtypes)}
                return validate_data(self, X, y, reset=reset, **checks)
            validate_data(self, X, y, reset=reset, skip_check_array=True)  # names of columns
            checks |= {"estimator": self, "dtype": dtypes}
            if isinstance(y, str):
                return check_array(numbers, input_name="X", **checks)
            return check_X_y(numbers, y, **checks)

    def _stages(self, parts: Parts, n_features: int, n_raw: int) -> tuple[Stage, ...]:
        """The layers that parameters ask for, and what training does to each."""
        return mlp.stages(self, parts, n_features, n_raw)

    def _fitted_layers(self) -> list[Layer]:
        """The layers of the fitted estimator, as wide as its arrays are now."""
        return mlp.fitted_layers(self)

    def _network(self, dtype) -> tuple[list[Layer], list[Arrays]]:
        """The layers, and their parameters as they are now, network axis first."""
        layers = self._fitted_layers()
        return layers, weights.fitted_params(self, layers, dtype)

    def _float_dtypes(self) -> list[type]:
        return [np.float64, np.float32] if self.dtype is None else [np.dtype(self.dtype).type]
